"""BSIM3v3.3, the industry's MOSFET of 0.5 to 0.13 um: currents, charges, junctions and noise of one transistor.

Source: W. Liu et al., "BSIM3v3.3 MOSFET Model Users' Manual", UC Berkeley 2005. Valid for the sizes and bins that a
card was extracted for, -55 to 150 C. Not built in: non-quasi-static charge (NQSMOD), the area calculation method
(ACM). Checked against ngspice 39 (BSIM3 3.3.0) over bias, size and temperature.

The equations stand in `bsim3_geometry` (size and temperature), `bsim3_current`, `bsim3_charge`; here they are put
together: terminals drain, gate, source, bulk; a PMOS is an NMOS with all signs turned; v_ds < 0 exchanges drain
and source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ...quantities import K_B, ZERO_CELSIUS
from ..base import DeviceGraph, Variant, from_branches
from .bsim3_card import EFFECTS, INSTANCE, card_symbols, read_card
from .bsim3_charge import capmod0, capmod1, capmod2, capmod3, cv_overdrive, junction_charge, junction_current, overlap_charge
from .bsim3_current import bulk_bias, channel, depletion, ideality, overdrive, poly_depletion, threshold
from .bsim3_geometry import sized
from .bsim3_limits import check_instance

D, G, S, B = range(4)
BRANCHES = ((G, S), (D, S), (B, S), (G, D), (B, D), (G, B))
MINIMUM_LOG = 1e-38


@dataclass(frozen=True)
class Options:
    """What selects a form of the equations: the card's switches, and effects that a card leaves out altogether."""

    mobmod: int
    capmod: int
    noimod: int
    binunit: int
    partition: str
    given: frozenset[str]  # of the parameters whose being given matters
    zero: frozenset[str]  # effects without coefficients
    one_sidewall: bool  # the sidewall under the gate has the law of the other sidewall


class BSIM3:
    """A `.model` card of level 8 or 49: its parameters and the form of equations it needs."""

    levels = (8, 49)
    instance = INSTANCE

    def __init__(self, params: Mapping[str, Any], kind: str, where: str) -> None:
        card = read_card(params, kind == "pmos", where)
        self.values: dict[str, float] = card["values"] | {"type": -1.0 if kind == "pmos" else 1.0}
        self.defaulted: list[str] = card["defaulted"]
        self.where = where
        v, select = self.values, card["selectors"]
        xpart = v.pop("xpart")
        self.options = Options(
            **{k: select[k] for k in ("mobmod", "capmod", "noimod", "binunit")},
            partition="none" if xpart < 0 else "40/60" if xpart < 0.5 else "0/100" if xpart > 0.5 else "50/50",
            given=frozenset(card["given"] & {"nch", "gamma1", "gamma2", "k1", "k2", "vbx", "vth0", "vfb"}),
            zero=frozenset(name for name in EFFECTS if not self.any(name)),
            one_sidewall=all(v[name] == v[f"{name}g"] for name in ("pbsw", "mjsw", "tpbsw")),
        )

    def any(self, name: str) -> bool:
        return any(self.values[prefix + name] != 0.0 for prefix in ("", "l", "w", "p"))

    @property
    def variant(self) -> Variant:
        return Variant(("bsim3", self.options), lambda: graph(self.options))

    def series_resistances(self, params: Mapping[str, Any]) -> dict[int, Any]:
        """Diffusion resistance at drain and source of an instance: RSH times its squares, Ohm."""
        squares = {D: params.get("nrd", 1.0), S: params.get("nrs", 1.0)}
        return {k: self.values["rsh"] * n / params.get("m", 1.0) for k, n in squares.items()}

    def instance_values(self, params: Mapping[str, Any], celsius: float) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance."""
        own = {k: params.get(k, default) for k, default in INSTANCE.items()}
        return {**self.values, **own, "temp": celsius + ZERO_CELSIUS}

    def check_instance(self, params: Mapping[str, Any], celsius: float, where: str) -> None:
        """InputError if the equations cannot take this size or temperature; params as for `instance_values`."""
        check_instance(self.options, self.instance_values(params, celsius), where)


def graph(options: Options) -> DeviceGraph:
    """The transistor as expressions of its terminal voltages and parameters."""
    c, symbols = card_symbols()
    p = sized(c, options.given, options.zero, options.binunit)
    volts = [ca.SX.sym(f"v_{t}") for t in "dgsb"]
    v = [c.type * x for x in volts]
    reverse = v[D] < v[S]
    core = intrinsic(p, options)
    high, low = ca.if_else(reverse, v[S], v[D]), ca.if_else(reverse, v[D], v[S])
    bias = [v[G] - low, high - low, v[B] - low]
    values = [*ca.substitute(core.outputs, core.bias, bias), bias[1]]
    ids, isub, qg, qb, qd, qinv = (values[0][k] for k in range(6))
    slopes = values[1]
    currents, g = swapped([(D, S, 0), (D, B, 1)], (ids, isub), slopes[:2, :], reverse)
    charges, cap = swapped([(G, S, 0), (B, S, 1), (D, S, 2)], (qg, qb, qd), slopes[2:5, :], reverse)
    outer_i, outer_g, outer_q, outer_c = outer(p, c, v, options)
    scale = [c.m * c.type, c.m]
    noise, report = noise_and_report(p, c, values, options, scale)
    return DeviceGraph(
        name="bsim3",
        terminals=("d", "g", "s", "b"),
        voltages=volts,
        params=symbols,
        currents=[scale[0] * (a + b) for a, b in zip(currents, outer_i, strict=True)],
        charges=[scale[0] * (a + b) for a, b in zip(charges, outer_q, strict=True)],
        g=[[scale[1] * (g[j][k] + outer_g[j][k]) for k in range(4)] for j in range(4)],
        c=[[scale[1] * (cap[j][k] + outer_c[j][k]) for k in range(4)] for j in range(4)],
        noise=noise,
        report={**report, "reverse": reverse},
    )


def intrinsic(p: Any, options: Options) -> SimpleNamespace:
    """Channel current and charges of the normal mode with derivatives by (v_gs, v_ds, v_bs)."""
    vgs, vds, vbs = bias = [ca.SX.sym(k) for k in ("vgs", "vds", "vbs")]
    vb_value = bulk_bias(p, vbs)
    vb = ca.SX.sym("vbseff")
    d = depletion(p, vb)
    vth, theta0 = threshold(p, d, vds, vb, options.zero)
    n = ideality(p, d, vds, vb, theta0)
    vg_eff = poly_depletion(p, vgs) if "ngate" not in options.zero else vgs
    vgst = vg_eff - vth
    vg, vcv = ca.SX.sym("vgsteff"), ca.SX.sym("vgsteffcv")
    q = channel(p, d, vg, vth, vds, vb, options)
    vb_cv = ca.if_else(vb < 0.0, vb, p.phi - d.phis)
    if options.partition == "none":
        charges: Any = [ca.SX(0)] * 4
    elif options.capmod == 0:
        charges = capmod0(p, d, vg_eff, vbs, vb, vds, q.abulk0, options.partition)
    elif options.capmod == 1:
        charges = capmod1(p, vcv, vg_eff, vb_cv, vds, q.abulk0, options.partition)
    elif options.capmod == 2:
        charges = capmod2(p, vcv, vg_eff, vb_cv, vds, q.abulk0, options.partition)
    else:
        charges = capmod3(p, vcv, vg_eff, vb_cv, vds, vth, q.abulk0, options.partition)
    functions = ca.vertcat(q.ids, q.isub, *charges[:3])
    inner = {vg: overdrive(p, vgst, n), vcv: cv_overdrive(p, vgst, n)}
    symbols = [vgs, vds, vbs, vb, *inner]
    partial = ca.vertcat(backward(q.ids, symbols), *[forward(ca.vertcat(q.isub, *charges[:3]), symbols)])
    by_bias = [partial[:, 0], partial[:, 1], partial[:, 2]]
    by_vb = partial[:, 3]
    for k, value in enumerate(inner.values()):
        slopes = backward(value, [vgs, vds, vb])
        by_bias = [by_bias[0] + partial[:, 4 + k] @ slopes[0], by_bias[1] + partial[:, 4 + k] @ slopes[1], by_bias[2]]
        by_vb = by_vb + partial[:, 4 + k] @ slopes[2]
    by_bias[2] = by_bias[2] + by_vb @ ca.jacobian(vb_value, vbs)
    extra = ca.vertcat(functions, charges[3], q.ueff, q.rds, q.vdsat, q.vdseff, q.abulk, q.v2t, vth, vg)
    outputs = [extra, ca.horzcat(*by_bias)]
    outputs = ca.substitute(outputs, list(inner), list(inner.values()))
    outputs = ca.substitute(outputs, [vb], [vb_value])
    return SimpleNamespace(bias=bias, outputs=outputs)


def backward(value: ca.SX, symbols: list[ca.SX]) -> ca.SX:
    """Row of derivatives of one value by reverse accumulation: cheapest for one function of many."""
    return ca.gradient(ca.SX(value), ca.vertcat(*symbols)).T


def forward(values: ca.SX, symbols: list[ca.SX]) -> ca.SX:
    """Derivatives column by column."""
    return ca.horzcat(*[ca.jacobian(values, x) for x in symbols])


def swapped(flows: list, values: tuple, slopes: ca.SX, reverse: ca.SX) -> tuple[list, list]:
    """Terminal values and derivatives of functions of (v_gs, v_ds, v_bs), drain and source exchanged if reverse."""
    branches = ((G, S), (D, S), (B, S))
    functions = [(into, out, values[k], [slopes[k, j] for j in range(3)]) for into, out, k in flows]
    value, matrix = from_branches(branches, functions, 4)
    turn = {D: S, S: D, G: G, B: B}
    pick = lambda a, b: ca.if_else(reverse, b, a) if not ca.is_equal(a, b) else a  # noqa: E731
    values_out = [pick(value[j], value[turn[j]]) for j in range(4)]
    return values_out, [[pick(matrix[j][k], matrix[turn[j]][turn[k]]) for k in range(4)] for j in range(4)]


def outer(p: Any, c: Any, v: list, options: Options) -> tuple[list, list, list, list]:
    """Junctions and overlaps: functions of one branch voltage each, never exchanged."""
    u = ca.SX.sym("u")
    at = {branch: v[branch[0]] - v[branch[1]] for branch in BRANCHES}

    def one(plus: int, minus: int, expression: ca.SX) -> tuple[int, int, ca.SX, list[ca.SX]]:
        value, slope = ca.substitute([expression, ca.jacobian(expression, u)], [u], [at[plus, minus]])
        return plus, minus, value, [slope if b == (plus, minus) else ca.SX(0) for b in BRANCHES]

    def side(name: str) -> list[tuple[Any, Any, Any]]:
        bottom, outer, inner = (getattr(p, f"{k}_{name}") for k in ("cz", "czsw", "czswg"))
        if options.one_sidewall:
            return [(bottom, p.pb, c.mj), (outer + inner, p.pbsw, c.mjsw)]
        return [(bottom, p.pb, c.mj), (outer, p.pbsw, c.mjsw), (inner, p.pbswg, c.mjswg)]

    currents, charges = [], []
    for name, terminal in (("d", D), ("s", S)):
        currents.append(one(B, terminal, junction_current(u, getattr(p, f"isat_{name}"), p.nvtm, c.ijth)))
        charges.append(one(B, terminal, junction_charge(u, side(name))))
        ldd = getattr(p, f"cg{name}l") * p.weff_cv
        over = overlap_charge(u, getattr(p, f"cg{name}o"), ldd, p.ckappa, options.capmod, f"cg{name}l" in options.zero)
        charges.append(one(G, terminal, over))
    charges.append(one(G, B, p.cgbo * u))
    return (*from_branches(BRANCHES, currents, 4), *from_branches(BRANCHES, charges, 4))


def noise_and_report(p: Any, c: Any, values: list, options: Options, scale: list) -> tuple[list, dict]:
    """Thermal and flicker noise of the channel (manual chapter 9), and what a designer asks of an operating point."""
    ids, _, _, _, _, qinv, ueff, rds, vdsat, vdseff, abulk, v2t, vth, vg = (values[0][k] for k in range(14))
    gm, gds, gmbs = (values[1][0, k] for k in range(3))
    four_kt = 4.0 * K_B * c.temp
    if options.noimod in (1, 3):
        thermal = 2.0 / 3.0 * ca.fabs(gm + gds + gmbs)
    else:
        mobile = ueff * ca.fabs(qinv)
        thermal = mobile / (p.leff * p.leff + mobile * rds)
    magnitude = ca.fmax(ca.fabs(ids), MINIMUM_LOG)
    if options.noimod in (1, 4):
        flicker = c.kf * ca.exp(c.af * ca.log(magnitude)) / (p.leff * p.leff * p.cox)
    else:
        flicker = unified_flicker(p, c, magnitude, ueff, vdseff, abulk, v2t, vg, values[2])
    noise = [
        ("thermal", D, S, scale[1] * four_kt * thermal, ca.SX(0)),
        ("flicker", D, S, scale[1] * flicker, c.ef),
    ]
    report = {"i_d": scale[0] * ids, "gm": scale[1] * gm, "gds": scale[1] * gds, "gmbs": scale[1] * gmbs}
    return noise, {**report, "v_th": vth, "v_dsat": vdsat}


def unified_flicker(p: Any, c: Any, i: Any, ueff: Any, vdseff: Any, abulk: Any, v2t: Any, vg: Any, vds: Any) -> Any:
    """Number and mobility fluctuations, NOIA, NOIB, NOIC (9.2), at 1 Hz."""
    charge, k_over_q = 1.6021918e-19, 8.62e-5
    leff = p.leff - 2.0 * c.lintnoi
    n0 = p.cox * vg / charge
    nl = n0 * (1.0 - abulk / v2t * vdseff)
    esat = 2.0 * p.vsat_temp / ueff
    excess = ca.log(ca.fmax(((vds - vdseff) / p.litl + c.em) / esat, MINIMUM_LOG))
    shortening = ca.if_else(c.em > 0.0, p.litl * ca.fmax(excess, 0.0), 0.0)
    traps = c.noia * ca.log(ca.fmax((n0 + 2e14) / (nl + 2e14), MINIMUM_LOG))
    traps = traps + c.noib * (n0 - nl) + 0.5 * c.noic * (n0 * n0 - nl * nl)
    strong = charge * charge * k_over_q * i * c.temp * ueff / (1e8 * abulk * p.cox * leff * leff) * traps
    end = (c.noia + c.noib * nl + c.noic * nl * nl) / (nl + 2e14) ** 2
    strong = strong + k_over_q * c.temp * i * i / (1e8 * leff * leff * p.weff) * shortening * end
    weak = c.noia * k_over_q * c.temp * i * i / (p.weff * p.leff * 4e36)
    return ca.if_else(weak + strong > 0.0, strong * weak / (weak + strong), 0.0)
