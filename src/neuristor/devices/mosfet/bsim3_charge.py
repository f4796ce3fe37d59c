"""BSIM3v3.3: intrinsic charges for CAPMOD 0 to 3, overlap charges, junction currents and charges.

Manual chapter 4 (charges), 8 (junctions). Intrinsic charges are functions of (v_gs, v_ds, v_bs) in normal mode and
return (q_gate, q_bulk, q_drain, q_inversion); q_source is minus the sum of the first three. XPART selects how the
channel charge is divided between drain and source: "40/60", "50/50", "0/100", or no intrinsic charge ("none").
"""

from __future__ import annotations

from typing import Any

import casadi as ca

from .bsim3_card import EPS_SI
from .bsim3_current import MAX_EXP
from .bsim3_geometry import E_MINUS_34, EXP_LIMIT

DELTA = 0.02  # V, the smoothing of overlap, flat-band and saturation voltage


def source_share(vg: Any, t0: Any, t1: Any, inversion: Any, partition: str) -> Any:
    """Charge of the source (4.4.x), in units of -C_ox W L; t0 = A_bulk v_dseff, t1 = vg - t0/2 + 1e-20."""
    if partition == "0/100":
        return 0.5 * vg + 0.25 * t0 - t0 * t0 / (24.0 * t1)
    if partition == "40/60":
        cubic = vg * (2.0 / 3.0 * t0 * t0 + vg * (vg - 4.0 / 3.0 * t0)) - 2.0 / 15.0 * t0 * t0 * t0
        return 0.5 / (t1 * t1) * cubic
    return 0.5 * inversion


def drift_charges(cox_wl: Any, vg: Any, abulk: Any, vds: Any, partition: str) -> tuple[Any, Any, Any]:
    """Gate, bulk and source charge of the inverted channel with v_ds already limited to saturation."""
    t0 = abulk * vds
    t1 = vg - 0.5 * t0 + 1e-20
    t3 = t0 * vds / (12.0 * t1)
    gate = vg - 0.5 * vds + t3
    bulk = (1.0 - abulk) * (0.5 * vds - t3)
    source = source_share(vg, t0, t1, gate + bulk, partition)
    return cox_wl * gate, cox_wl * bulk, -cox_wl * source


def depletion_root(p: Any, excess: Any, accumulation: Any) -> Any:
    """K_1 (sqrt(K_1^2/4 + excess) - K_1/2), `accumulation` where the excess is negative."""
    half = 0.5 * p.k1ox
    depleted = p.k1ox * (ca.sqrt(half * half + ca.fmax(excess, 0.0)) - half)
    return ca.if_else(excess < 0.0, accumulation, depleted)


def depletion_root_with_body(p: Any, excess: Any) -> Any:
    """The same, linear where the excess is negative, and zero without body effect (K_1 = 0)."""
    return depletion_root(p, excess, ca.if_else(p.k1ox == 0.0, 0.0, excess))


def cv_overdrive(p: Any, vgst: Any, n: Any) -> Any:
    """V_gsteff,CV with its own NOFF and VOFFCV (4.3.x)."""
    scale = p.vtm * n * p.noff
    x = (vgst - p.voffcv) / scale
    soft = scale * ca.log1p(ca.exp(ca.fmax(ca.fmin(x, EXP_LIMIT), -EXP_LIMIT)))
    off = scale * E_MINUS_34
    return ca.if_else(x > EXP_LIMIT, vgst - p.voffcv, ca.if_else(x < -EXP_LIMIT, off, soft))


def flat_band(vfb: Any, vgb: Any) -> Any:
    """V_fbeff: the smaller of v_fb and v_gb, smoothed (4.4.x)."""
    v3 = vfb - vgb - DELTA
    return vfb - 0.5 * (v3 + ca.sqrt(v3 * v3 + 4.0 * DELTA * ca.fabs(vfb)))


def limited_vds(vdsat: Any, vds: Any) -> Any:
    """V_dseff,CV, in the form of `effective_vds` (no cancellation, zero at v_ds = 0)."""
    x = vdsat - vds - DELTA
    return 2.0 * vdsat * vds / (vdsat + vds + DELTA + ca.sqrt(x * x + 4.0 * DELTA * vdsat))


def capmod0(p: Any, d: Any, vg_eff: Any, vbs: Any, vb: Any, vds: Any, abulk0: Any, partition: str) -> tuple:
    """Piecewise long-channel charges of BSIM1/2 (4.2)."""
    bulk = ca.if_else(vb < 0.0, vbs, p.phi - d.phis)
    vth = p.vfbcv + p.phi + p.k1ox * d.sqrt_phis
    vgst = vg_eff - vth
    cox_wl = p.cox * p.weff_cv * p.leff_cv
    arg = vg_eff - bulk - p.vfbcv
    abulk = abulk0 * p.abulk_cv_factor
    on = ca.fmax(vgst, 1e-30)
    vdsat = on / abulk
    v = ca.fmin(vds, vdsat)
    t1 = 2.0 * vdsat - v
    t2 = v / (3.0 * t1)
    gate = vg_eff - p.vfbcv - p.phi - 0.5 * (v - t2 * v)
    channel = 0.5 * abulk * (t1 + t2 * v)
    if partition == "0/100":
        drain = 0.25 * abulk * (2.0 * v - t1 - 3.0 * t2 * v)
    elif partition == "40/60":
        poly = 8.0 * vdsat * vdsat - 6.0 * vdsat * v + 1.2 * v * v
        drain = 0.25 * abulk * (v - t1 - t2 / t1 * poly)
    else:
        drain = -0.5 * channel
    accumulated, depleted = cox_wl * arg, cox_wl * depletion_root(p, arg, 0.0)
    strong = vgst > 0.0
    q_gate = ca.if_else(arg <= 0.0, accumulated, ca.if_else(strong, cox_wl * gate, depleted))
    q_channel = ca.if_else(ca.logic_and(strong, arg > 0.0), -cox_wl * channel, 0.0)
    q_drain = ca.if_else(ca.logic_and(strong, arg > 0.0), cox_wl * drain, 0.0)
    q_bulk = -(q_gate + q_channel)
    return q_gate, q_bulk, q_drain, q_channel


def capmod1(p: Any, vg: Any, vg_eff: Any, vb_cv: Any, vds: Any, abulk0: Any, partition: str) -> tuple:
    """Piecewise in saturation, smooth at threshold (4.3)."""
    cox_wl = p.cox * p.weff_cv * p.leff_cv
    excess = vg_eff - vb_cv - p.vfbzb - vg
    depleted = cox_wl * depletion_root(p, excess, excess)
    abulk = abulk0 * p.abulk_cv_factor
    gate, bulk, source = drift_charges(cox_wl, vg, abulk, ca.fmin(vds, vg / abulk), partition)
    inversion = -(gate + bulk)
    return gate + depleted, bulk - depleted, inversion - source, inversion


def capmod2(p: Any, vg: Any, vg_eff: Any, vb_cv: Any, vds: Any, abulk0: Any, partition: str) -> tuple:
    """Smooth everywhere (4.4)."""
    cox_wl = p.cox * p.weff_cv * p.leff_cv
    vfb = flat_band(p.vfbzb, vg_eff - vb_cv)
    fixed = cox_wl * (vfb - p.vfbzb + depletion_root_with_body(p, vg_eff - vfb - vb_cv - vg))
    abulk = abulk0 * p.abulk_cv_factor
    limited = limited_vds(vg / abulk, vds)
    gate, bulk, source = drift_charges(cox_wl, vg, abulk, limited, partition)
    inversion = -(gate + bulk)
    return gate + fixed, bulk - fixed, inversion - source, inversion


def capmod3(p: Any, vg: Any, vg_eff: Any, vb_cv: Any, vds: Any, vth: Any, abulk0: Any, partition: str) -> tuple:
    """Charge-thickness model (4.5): the charge sits a finite distance T_cen below the oxide."""
    cox_wl = p.cox * p.weff_cv * p.leff_cv
    vfb = flat_band(p.vfbzb, vg_eff - vb_cv)
    x = (vg_eff - vb_cv - p.vfbzb) / (1e8 * p.tox) * p.acde
    inside = ca.exp(ca.fmin(ca.fmax(x, -EXP_LIMIT), EXP_LIMIT))
    t_cen = p.ldeb * ca.if_else(x <= -EXP_LIMIT, E_MINUS_34, ca.if_else(x < EXP_LIMIT, inside, MAX_EXP))
    link = 1e-3 * p.tox
    v3 = p.ldeb - t_cen - link
    t_cen = p.ldeb - 0.5 * (v3 + ca.sqrt(v3 * v3 + 4.0 * link * p.ldeb))
    accumulation = cox_wl * centred(p, t_cen)
    fixed = accumulation * (vfb - p.vfbzb + depletion_root_with_body(p, vg_eff - vfb - vb_cv - vg))
    has_body = p.k1ox > 0.0
    denominator = p.moin * p.vtm * ca.if_else(has_body, p.k1ox * p.k1ox, 0.25)
    t0 = p.sqrt_phi * ca.if_else(has_body, p.k1ox, 0.5)
    delta_phi = p.vtm * ca.log1p((2.0 * t0 + vg) * vg / denominator)
    t = vg - delta_phi - 0.001
    drive = 0.5 * (t + ca.sqrt(t * t + 0.004 * vg))
    t3 = 4.0 * (vth - p.vfbzb - p.phi)
    field = (vg + ca.if_else(t3 >= 0.0, t3, 1e-20)) / (2e8 * p.tox)
    t_cen = 1.9e-9 / (1.0 + ca.exp(0.7 * ca.log(field)))
    abulk = abulk0 * p.abulk_cv_factor
    limited = limited_vds(drive / abulk, vds)
    channel = cox_wl * centred(p, t_cen)
    gate, bulk, source = drift_charges(channel, drive, abulk, limited, partition)
    t0 = abulk * limited  # the gate charge of this model counts the channel alone
    gate = channel * (drive - t0 * (0.5 - t0 / (12.0 * (drive - 0.5 * t0 + 1e-20))))
    source = -0.5 * gate if partition == "50/50" else source
    q_gate, q_bulk = gate + fixed - bulk, bulk - fixed
    return q_gate, q_bulk, -(q_gate + q_bulk + source), -gate


def centred(p: Any, t_cen: Any) -> Any:
    """C_oxeff / C_ox: oxide in series with the distance of the charge."""
    return EPS_SI / (p.cox * t_cen + EPS_SI)


def overlap_charge(v: Any, fixed: Any, lightly_doped: Any, kappa: Any, capmod: int, no_ldd: bool) -> Any:
    """Charge of the gate over drain or source, v = v_gd or v_gs (4.6)."""
    if capmod == 0 or no_ldd:
        return fixed * v
    if capmod == 1:
        reverse = -0.5 * lightly_doped * kappa * (ca.sqrt(1.0 - 4.0 * ca.fmin(v, 0.0) / kappa) - 1.0)
        return fixed * v + ca.if_else(v < 0.0, reverse, lightly_doped * v)
    t0 = v + DELTA
    t2 = 0.5 * (t0 - ca.sqrt(t0 * t0 + 4.0 * DELTA))
    return (fixed + lightly_doped) * v - lightly_doped * (t2 + 0.5 * kappa * (ca.sqrt(1.0 - 4.0 * t2 / kappa) - 1.0))


def junction_current(v: Any, isat: Any, nvtm: Any, ijth: Any) -> Any:
    """Bulk diode, linear above the voltage where it carries IJTH (8.1)."""
    knee = ca.if_else(ijth > 0.0, nvtm * ca.log1p(ijth / ca.fmax(isat, 1e-300)), 1e3)
    inside = isat * ca.expm1(ca.fmin(v, knee) / nvtm)
    return inside + ca.if_else(v > knee, (isat + ijth) / nvtm * (v - knee), 0.0)


def junction_charge(v: Any, parts: list[tuple[Any, Any, Any]]) -> Any:
    """Depletion charge of bottom and sidewalls: (capacitance, potential, grading) each (8.2)."""
    reverse, linear, slope = 0.0, 0.0, 0.0
    for c, potential, grading in parts:
        arg = 1.0 - ca.fmin(v, 0.0) / potential
        reverse += potential * c * (1.0 - ca.exp((1.0 - grading) * ca.log(arg))) / (1.0 - grading)
        linear += c
        slope += c * grading / potential
    return ca.if_else(v < 0.0, reverse, v * (linear + 0.5 * v * slope))
