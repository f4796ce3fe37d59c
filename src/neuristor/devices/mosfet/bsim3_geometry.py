"""BSIM3v3.3: what depends on the transistor's size and temperature but not on its voltages.

Equations of the manual's chapters 2 to 4 and 7 (temperature), 1 (geometry) and appendix B (binning); the same names.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import casadi as ca

from ...quantities import ZERO_CELSIUS
from .bsim3_card import BINNED, EPS_OX, EPS_SI

K_OVER_Q = 8.617087e-5  # V/K, the model's own
CHARGE = 1.60219e-19  # C, the model's own
EXP_LIMIT = 34.0  # exponentials are cut off at e^-34, as the model is defined
E_MINUS_34 = 1.713908431e-15


def limited_theta(x: Any) -> Any:
    """e^x (1 + 2 e^x), cut off below -34."""
    e = ca.if_else(x > -EXP_LIMIT, ca.exp(x), E_MINUS_34)
    return e * (1.0 + 2.0 * e)


def clamp_above(x: Any, low: float) -> Any:
    return ca.if_else(x > low, x, low)


def sized(c: Any, given: frozenset[str], zero: frozenset[str], binunit: int) -> SimpleNamespace:
    """The parameters of one instance (`c`: card and instance symbols by name) at its size and temperature.

    given  parameters that the card names;  zero  effects that it leaves out (see `bsim3_card.EFFECTS`)
    """
    p = SimpleNamespace(**vars(c))
    temperature, nominal = c.temp, c.tnom + ZERO_CELSIUS
    ratio = temperature / nominal
    effective_size(p, c)
    unit = 1e-6 if binunit == 1 else 1.0
    inverse_l, inverse_w = unit / p.leff, unit / p.weff
    for name in BINNED:
        terms = [getattr(c, prefix + name) for prefix in "lwp"]
        value = getattr(c, name) + terms[0] * inverse_l + terms[1] * inverse_w + terms[2] * inverse_l * inverse_w
        setattr(p, name, ca.SX(0) if name in zero else value)
    p.cox = EPS_OX / c.tox
    p.vtm = K_OVER_Q * temperature
    p.factor1 = ca.sqrt(EPS_SI / EPS_OX * c.tox)
    p.temp_ratio = ratio - 1.0
    mobility(p, c, ratio)
    substrate(p, c, given, K_OVER_Q * nominal, nominal)
    threshold(p, c, given)
    overlap(p, c)
    junctions(p, c, temperature, nominal)
    return p


def effective_size(p: Any, c: Any) -> None:
    """Leff, Weff for current and for charge (manual 2.8)."""
    l_ln, w_ln = ca.power(c.l, c.lln), ca.power(c.w, c.lwn)
    dl = c.lint + c.ll / l_ln + c.lw / w_ln + c.lwl / (l_ln * w_ln)
    dl_cv = c.dlc + c.llc / l_ln + c.lwc / w_ln + c.lwlc / (l_ln * w_ln)
    l_wn, w_wn = ca.power(c.l, c.wln), ca.power(c.w, c.wwn)
    dw = c.wint + c.wl / l_wn + c.ww / w_wn + c.wwl / (l_wn * w_wn)
    dw_cv = c.dwc + c.wlc / l_wn + c.wwc / w_wn + c.wwlc / (l_wn * w_wn)
    p.leff, p.weff = c.l + c.xl - 2.0 * dl, c.w + c.xw - 2.0 * dw
    p.leff_cv, p.weff_cv = c.l + c.xl - 2.0 * dl_cv, c.w + c.xw - 2.0 * dw_cv


def mobility(p: Any, c: Any, ratio: Any) -> None:
    p.abulk_cv_factor = 1.0 + ca.power(p.clc / p.leff_cv, p.cle)
    p.ua += p.ua1 * p.temp_ratio
    p.ub += p.ub1 * p.temp_ratio
    p.uc += p.uc1 * p.temp_ratio
    u0 = ca.if_else(p.u0 > 1.0, p.u0 / 1e4, p.u0)
    p.u0_temp = u0 * ca.power(ratio, p.ute) * c.mulu0
    p.vsat_temp = p.vsat - p.at * p.temp_ratio
    p.rds0 = (p.rdsw + p.prt * p.temp_ratio) / ca.power(p.weff * 1e6, p.wr)


def substrate(p: Any, c: Any, given: frozenset[str], vtm0: Any, nominal: Any) -> None:
    """Surface potential, depletion depth and the body-effect coefficients K1, K2."""
    gap = 1.16 - 7.02e-4 * nominal**2 / (nominal + 1108.0)
    ni = 1.45e10 * (nominal / 300.15) * ca.sqrt(nominal / 300.15) * ca.exp(21.5565981 - gap / (2.0 * vtm0))
    if "nch" not in given and "gamma1" in given:
        p.nch = 3.021e22 * (p.gamma1 * p.cox) ** 2
    p.phi = 2.0 * vtm0 * ca.log(p.nch / ni)
    p.sqrt_phi = ca.sqrt(p.phi)
    p.phis3 = p.sqrt_phi * p.phi
    p.xdep0 = ca.sqrt(2.0 * EPS_SI / (CHARGE * p.nch * 1e6)) * p.sqrt_phi
    p.litl = ca.sqrt(3.0 * p.xj * c.tox)
    p.vbi = vtm0 * ca.log(1e20 * p.nch / (ni * ni))
    p.cdep0 = ca.sqrt(CHARGE * EPS_SI * p.nch * 1e6 / 2.0 / p.phi)
    p.ldeb = ca.sqrt(EPS_SI * vtm0 / (CHARGE * p.nch * 1e6)) / 3.0
    p.acde = p.acde * ca.power(p.nch / 2e16, -0.25)
    if given & {"k1", "k2"}:
        p.k1 = p.k1 if "k1" in given else 0.53
        p.k2 = p.k2 if "k2" in given else -0.0186
    else:
        vbx = p.vbx if "vbx" in given else p.phi - 7.7348e-4 * p.nch * p.xt**2
        vbx, vbm = -ca.fabs(vbx), -ca.fabs(p.vbm)
        gamma1 = p.gamma1 if "gamma1" in given else 5.753e-12 * ca.sqrt(p.nch) / p.cox
        gamma2 = p.gamma2 if "gamma2" in given else 5.753e-12 * ca.sqrt(p.nsub) / p.cox
        t1 = ca.sqrt(p.phi - vbx) - p.sqrt_phi
        t2 = ca.sqrt(p.phi * (p.phi - vbm)) - p.phi
        p.vbm = vbm
        p.k2 = (gamma1 - gamma2) * t1 / (2.0 * t2 + vbm)
        p.k1 = gamma2 - 2.0 * p.k2 * ca.sqrt(p.phi - vbm)
    inside = 0.9 * (p.phi - (0.5 * p.k1 / p.k2) ** 2)
    limit = ca.if_else(inside > -3.0, -3.0, clamp_above(inside, -30.0))
    limit = ca.if_else(p.k2 < 0.0, limit, -30.0)
    p.vbsc = ca.if_else(limit > p.vbm, p.vbm, limit)


def threshold(p: Any, c: Any, given: frozenset[str]) -> None:
    """Flat-band and threshold voltage at zero bias, DIBL coefficients, flat band for the charge model (vfbzb)."""
    shift = c.delvto * c.type
    if "vth0" in given:
        vth0 = c.type * p.vth0
        p.vfb = p.vfb if "vfb" in given else vth0 - p.phi - p.k1 * p.sqrt_phi
    else:
        vth0 = p.vfb + p.phi + p.k1 * p.sqrt_phi
    p.k1ox, p.k2ox = p.k1 * c.tox / c.toxm, p.k2 * c.tox / c.toxm
    length = ca.sqrt(EPS_SI / EPS_OX * c.tox * p.xdep0)

    def decay(coefficient: Any) -> Any:
        e = ca.exp(-0.5 * coefficient * p.leff / length)
        return e + 2.0 * e * e

    p.theta0_vb0 = decay(p.dsub)
    p.theta_rout = p.pdiblc1 * decay(p.drout) + p.pdiblc2
    lt = p.factor1 * ca.sqrt(p.xdep0)
    barrier = p.vbi - p.phi
    narrow = p.dvt0w * limited_theta(-0.5 * p.dvt1w * p.weff * p.leff / lt) * barrier
    short = p.dvt0 * limited_theta(-0.5 * p.dvt1 * p.leff / lt) * barrier
    p.narrow_slope = c.tox * p.phi / (p.weff + p.w0)
    p.lateral = p.k1ox * (ca.sqrt(1.0 + p.nlx / p.leff) - 1.0) * p.sqrt_phi
    warm = (p.kt1 + p.kt1l / p.leff) * p.temp_ratio
    flat = vth0 - narrow - short + p.k3 * p.narrow_slope + p.lateral + warm
    p.vth_zero = vth0 + shift
    p.vfb = p.vfb + shift
    p.vfbzb = flat - p.phi - p.k1 * p.sqrt_phi + shift


def overlap(p: Any, c: Any) -> None:
    p.cgdo = (c.cgdo + p.cf) * p.weff_cv
    p.cgso = (c.cgso + p.cf) * p.weff_cv
    p.cgbo = c.cgbo * p.leff_cv


def junctions(p: Any, c: Any, temperature: Any, nominal: Any) -> None:
    """Saturation currents and zero-bias capacitances of both junctions at temperature (manual 7.4, 7.5)."""
    vtm0 = K_OVER_Q * nominal
    gap0 = 1.16 - 7.02e-4 * nominal**2 / (nominal + 1108.0)
    gap = 1.16 - 7.02e-4 * temperature**2 / (temperature + 1108.0)
    rise = ca.exp((gap0 / vtm0 - gap / p.vtm + c.xti * ca.log(temperature / nominal)) / c.nj)
    js, jsw = clamp_above(c.js * rise, 0.0), clamp_above(c.jsw * rise, 0.0)
    delta = temperature - nominal
    cj, cjsw, cjswg = (getattr(c, k) * clamp_above(1.0 + getattr(c, "t" + k) * delta, 0.0) for k in ("cj", "cjsw", "cjswg"))
    for k in ("pb", "pbsw", "pbswg"):
        low = clamp_above(getattr(c, k), 0.1)
        setattr(p, k, clamp_above(low - getattr(c, "t" + k) * delta, 0.01))
    p.nvtm = p.vtm * c.nj
    for side, area, perimeter in (("s", getattr(c, "as"), c.ps), ("d", c.ad, c.pd)):
        bare = ca.logic_and(area <= 0.0, perimeter <= 0.0)
        setattr(p, f"isat_{side}", ca.if_else(bare, 1e-14, area * js + perimeter * jsw))
        is_short = perimeter < p.weff
        setattr(p, f"cz_{side}", cj * area)
        setattr(p, f"czsw_{side}", ca.if_else(is_short, 0.0, cjsw * (perimeter - p.weff)))
        setattr(p, f"czswg_{side}", cjswg * ca.if_else(is_short, perimeter, p.weff))
