"""BSIM3v3.3: channel and substrate current, normal mode (v_ds >= 0, source is the lower terminal).

Equation numbers of the BSIM3v3.3 Users' Manual (2005) stand at the lines. The current is written in two stages: what
follows from (v_gs, v_ds, v_bseff) up to the smoothed overdrive v_gsteff, and the current as a function of
(v_gsteff, v_ds, v_bseff), so that derivatives are chained instead of spread.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import casadi as ca

from .bsim3_card import EPS_SI
from .bsim3_geometry import CHARGE, EXP_LIMIT, limited_theta

MAX_EXP = 5.834617425e14  # e^34
DELTA_BULK = 0.001


def smooth_floor(x: Any, low: float, above: Callable[[Any], Any], below: Callable[[Any], Any]) -> Any:
    """above(x) from `low` on, the rational continuation below(x) under it, which keeps a factor positive."""
    x = ca.SX(x)
    if x.is_constant():
        return above(x) if float(x) >= low else below(x)
    return ca.if_else(x >= low, above(x), below(x))


def one_plus(x: Any) -> Any:
    return 1.0 + x


def itself(x: Any) -> Any:
    return x


def above_minus_09(t: Any) -> Any:
    """1 + t, positive also where t < -0.9."""
    return smooth_floor(t, -0.9, one_plus, lambda t: 0.05 - 0.05 / (17.0 + 20.0 * t))


def inverse_floor(t: Any) -> Any:
    """1 / (1 + t), finite also where t < -0.9."""
    return smooth_floor(t, -0.9, lambda t: 1.0 / (1.0 + t), lambda t: 20.0 + 1.0 / (0.8 + t))


def bulk_bias(p: Any, vbs: Any) -> Any:
    """v_bseff: v_bs limited smoothly at v_bsc (2.1.26)."""
    t0 = vbs - p.vbsc - DELTA_BULK
    v = p.vbsc + 0.5 * (t0 + ca.sqrt(t0 * t0 - 4.0 * DELTA_BULK * p.vbsc))
    return ca.if_else(v < vbs, vbs, v)


def depletion(p: Any, vb: Any) -> SimpleNamespace:
    """Surface potential minus bulk bias, its root, and the depletion depth (2.1.x)."""
    forward = vb > 0.0
    ratio = p.phi / (p.phi + vb)
    phis = ca.if_else(forward, p.phi * ratio, p.phi - vb)
    sqrt_phis = ca.if_else(forward, p.phis3 / (p.phi + 0.5 * vb), ca.sqrt(ca.fabs(p.phi - vb)))
    xdep = p.xdep0 * sqrt_phis / p.sqrt_phi
    return SimpleNamespace(phis=phis, sqrt_phis=sqrt_phis, xdep=xdep, rise=sqrt_phis - p.sqrt_phi)


def short_channel(p: Any, d: Any, vb: Any, slope: Any) -> Any:
    """Characteristic length of the charge sharing, l_t (2.1.11): factor1 sqrt(X_dep) (1 + D_vt2 v_b)."""
    t0 = slope * vb
    return p.factor1 * ca.sqrt(d.xdep) * smooth_floor(t0, -0.5, one_plus, lambda t: 0.375 - 0.125 / (3.0 + 8.0 * t))


def threshold(p: Any, d: Any, vds: Any, vb: Any, zero: frozenset[str]) -> tuple[Any, Any]:
    """V_th (2.1.25) and the charge-sharing factor theta0."""
    theta0 = limited_theta(-0.5 * p.dvt1 * p.leff / short_channel(p, d, vb, p.dvt2))
    barrier = p.vbi - p.phi
    narrow = 0.0
    if "dvt0w" not in zero:
        width = short_channel(p, d, vb, p.dvt2w)
        narrow = p.dvt0w * limited_theta(-0.5 * p.dvt1w * p.weff * p.leff / width) * barrier
    warm = (p.kt1 + p.kt1l / p.leff + p.kt2 * vb) * p.temp_ratio
    eta = p.eta0 + p.etab * vb
    eta = smooth_floor(eta, 1e-4, itself, lambda e: 5e-5 + 5e-5 / (3.0 - 2e4 * e))
    body = p.k1ox * d.sqrt_phis - p.k1 * p.sqrt_phi - p.k2ox * vb
    narrow_width = (p.k3 + p.k3b * vb) * p.narrow_slope
    vth = p.vth_zero + body - p.dvt0 * theta0 * barrier - narrow + narrow_width + p.lateral + warm
    return vth - eta * p.theta0_vb0 * vds, theta0


def ideality(p: Any, d: Any, vds: Any, vb: Any, theta0: Any) -> Any:
    """Subthreshold slope factor n (2.4.4)."""
    sharing = (p.cdsc + p.cdscb * vb + p.cdscd * vds) * theta0
    t = (p.nfactor * EPS_SI / d.xdep + sharing + p.cit) / p.cox
    return smooth_floor(t, -0.5, one_plus, lambda t: 0.375 - 0.125 / (3.0 + 8.0 * t))


def poly_depletion(p: Any, vgs: Any) -> Any:
    """Effective gate voltage with depletion of the polysilicon gate (2.9.x); v_gs where NGATE does not apply."""
    start = p.vfb + p.phi
    t1 = 1e6 * CHARGE * EPS_SI * p.ngate / (p.cox * p.cox)
    t2 = t1 * (ca.sqrt(1.0 + 2.0 * ca.fmax(vgs - start, 0.0) / t1) - 1.0)
    drop = 1.12 - 0.5 * t2 * t2 / t1 - 0.05
    effective = vgs - (1.12 - 0.5 * (drop + ca.sqrt(drop * drop + 0.224)))
    applies = ca.logic_and(ca.logic_and(p.ngate > 1e18, p.ngate < 1e25), vgs > start)
    return ca.if_else(applies, effective, vgs)


def overdrive(p: Any, vgst: Any, n: Any) -> Any:
    """V_gsteff (3.1.3): linear above threshold, exponential below."""
    two_nvt = 2.0 * n * p.vtm
    x = vgst / two_nvt
    y = (2.0 * p.voff - vgst) / two_nvt
    numerator = two_nvt * ca.log1p(ca.exp(ca.fmin(x, EXP_LIMIT)))
    c_ratio = p.cox / (p.vtm * p.cdep0)
    middle = numerator / (1.0 + two_nvt * c_ratio * ca.exp(ca.fmin(y, EXP_LIMIT)))
    deep = ca.exp((vgst - p.voff) / (n * p.vtm)) / c_ratio
    return ca.if_else(x > EXP_LIMIT, vgst, ca.if_else(y > EXP_LIMIT, deep, middle))


def bulk_charge(p: Any, d: Any, vg: Any, vb: Any) -> tuple[Any, Any]:
    """A_bulk (2.2.2 with gate bias) and A_bulk0 (without)."""
    t1 = 0.5 * p.k1ox / d.sqrt_phis
    t5 = p.leff / (p.leff + 2.0 * ca.sqrt(p.xj * d.xdep))
    zero = 1.0 + t1 * (p.a0 * t5 + p.b0 / (p.weff + p.b1))
    full = zero - t1 * p.ags * p.a0 * t5 * t5 * t5 * vg
    zero, full = (smooth_floor(a, 0.1, itself, lambda a: 0.05 + 0.05 / (3.0 - 20.0 * a)) for a in (zero, full))
    factor = inverse_floor(p.keta * vb)
    return full * factor, zero * factor


def effective_mobility(p: Any, vg: Any, vth: Any, vb: Any, mobmod: int) -> Any:
    """mu_eff for MOBMOD 1, 2 or 3 (2.3.2 to 2.3.4)."""
    if mobmod == 2:
        t3 = vg / p.tox
        t5 = t3 * (p.ua + p.uc * vb + p.ub * t3)
    else:
        t3 = (vg + 2.0 * vth) / p.tox
        t5 = t3 * (p.ua + p.uc * vb + p.ub * t3) if mobmod == 1 else t3 * (p.ua + p.ub * t3) * (1.0 + p.uc * vb)
    return p.u0_temp / smooth_floor(t5, -0.8, one_plus, lambda t: 0.1 - 0.1 / (7.0 + 10.0 * t))


def channel_width(p: Any, d: Any, vg: Any) -> Any:
    w = p.weff - 2.0 * (p.dwg * vg + p.dwb * d.rise)
    return smooth_floor(w, 2e-8, itself, lambda w: 1e-8 + 2e-16 / (6e-8 - 2.0 * w))


def series_resistance(p: Any, d: Any, vg: Any) -> Any:
    """R_ds (2.5.9)."""
    t = p.prwg * vg + p.prwb * d.rise
    return p.rds0 * above_minus_09(t)


def saturation_lambda(p: Any, vg: Any, zero: frozenset[str]) -> Any:
    """Lambda = A_1 v_gsteff + A_2, kept below 1 (2.6.x)."""
    if "a1" in zero:
        return p.a2
    high, low = 1.0 - p.a2, p.a2
    t1 = high - p.a1 * vg - 1e-4
    up = p.a2 + high - 0.5 * (t1 + ca.sqrt(ca.fabs(t1 * t1 + 4e-4 * high)))
    t1 = low + p.a1 * vg - 1e-4
    down = 0.5 * (t1 + ca.sqrt(ca.fabs(t1 * t1 + 4e-4 * low)))
    return ca.if_else(p.a1 == 0.0, p.a2, ca.if_else(p.a1 > 0.0, up, down))


def saturation_voltage(p: Any, q: Any) -> Any:
    """V_dsat with series resistance (2.6.5 to 2.6.8)."""
    simple = q.esat_l * q.v2t / (q.abulk * q.esat_l + q.v2t)
    t9 = q.abulk * q.wv_cox_rds
    a = 2.0 * q.abulk * (t9 - 1.0 + 1.0 / q.lam)
    b = q.v2t * (2.0 / q.lam - 1.0) + q.abulk * q.esat_l + 3.0 * q.v2t * t9
    c = q.v2t * (q.esat_l + 2.0 * q.v2t * q.wv_cox_rds)
    root = 2.0 * c / (b + ca.sqrt(b * b - 2.0 * a * c))  # = (b - sqrt) / a, without its cancellation
    return ca.if_else(ca.logic_and(q.rds == 0.0, q.lam == 1.0), simple, root)


def effective_vds(vdsat: Any, vds: Any, delta: Any) -> Any:
    """V_dseff = V_dsat - (x + sqrt(x^2 + 4 delta V_dsat))/2, x = V_dsat - v_ds - delta (3.1.4), free of cancellation."""
    x = vdsat - vds - delta
    return 2.0 * vdsat * vds / (vdsat + vds + delta + ca.sqrt(x * x + 4.0 * delta * vdsat))


def early_voltages(p: Any, q: Any, vds: Any, vb: Any) -> tuple[Any, Any]:
    """V_A (2.7.x: velocity saturation, channel-length modulation, DIBL) and 1/V_ASCBE."""
    drive = q.wv_cox_rds * q.vg
    shape = 1.0 - 0.5 * q.abulk * q.vdsat / q.v2t
    va_sat = (q.esat_l + q.vdsat + 2.0 * drive * shape) / (2.0 / q.lam - 1.0 + q.wv_cox_rds * q.abulk)
    modulation = p.leff * (q.abulk + q.vg / q.esat_l) * q.excess / (p.pclm * q.abulk * p.litl)
    va_clm = ca.if_else(ca.logic_and(p.pclm > 0.0, q.excess > 1e-10), modulation, MAX_EXP)
    t8 = q.abulk * q.vdsat
    bulk = inverse_floor(p.pdiblcb * vb)
    va_dibl = ca.if_else(p.theta_rout > 0.0, q.v2t * q.v2t / (q.v2t + t8) / p.theta_rout * bulk, MAX_EXP)
    gate = above_minus_09(p.pvag / q.esat_l * q.vg)
    va = va_sat + gate * va_clm * va_dibl / (va_clm + va_dibl)
    near = q.excess > p.pscbe1 * p.litl / EXP_LIMIT
    decay = ca.if_else(near, ca.exp(-p.pscbe1 * p.litl / ca.fmax(q.excess, 1e-12)), 1.0 / MAX_EXP)
    return va, ca.if_else(p.pscbe2 > 0.0, p.pscbe2 / p.leff * decay, 1.0 / MAX_EXP)


def channel(p: Any, d: Any, vg: Any, vth: Any, vds: Any, vb: Any, options: Any) -> SimpleNamespace:
    """Drain and substrate current as functions of (v_gsteff, v_ds, v_bseff); everything on the way, for noise."""
    q = SimpleNamespace(vg=vg)
    weff = channel_width(p, d, vg)
    q.rds = series_resistance(p, d, vg)
    q.abulk, q.abulk0 = bulk_charge(p, d, vg, vb)
    q.ueff = effective_mobility(p, vg, vth, vb, options.mobmod)
    q.wv_cox_rds = weff * p.vsat_temp * p.cox * q.rds
    q.esat_l = 2.0 * p.vsat_temp / q.ueff * p.leff
    q.lam = saturation_lambda(p, vg, options.zero)
    q.v2t = vg + 2.0 * p.vtm
    q.vdsat = saturation_voltage(p, q)
    q.vdseff = effective_vds(q.vdsat, vds, p.delta)
    q.excess = vds - q.vdseff
    va, inverse_scbe = early_voltages(p, q, vds, vb)
    beta = q.ueff * p.cox * weff / p.leff
    g_channel = beta * vg * (1.0 - 0.5 * q.abulk * q.vdseff / q.v2t) / (1.0 + q.vdseff / q.esat_l)
    linear = g_channel * q.vdseff / (1.0 + g_channel * q.rds)
    saturated = linear * (1.0 + q.excess / va)
    q.ids = saturated * (1.0 + q.excess * inverse_scbe)
    q.isub = 0.0
    if not {"alpha0", "alpha1"} <= options.zero:
        strength = (p.alpha0 + p.alpha1 * p.leff) / p.leff
        far = q.excess > p.beta0 / EXP_LIMIT
        ionised = ca.if_else(far, ca.exp(-p.beta0 / ca.fmax(q.excess, 1e-12)), 1.0 / MAX_EXP)
        on = ca.logic_and(strength > 0.0, p.beta0 > 0.0)
        q.isub = ca.if_else(on, strength * q.excess * ionised * saturated, 0.0)
    return q
