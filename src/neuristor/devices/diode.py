"""The junction diode of SPICE (level 1): current with reverse breakdown, charge, noise.

Source: the diode of SPICE3 (T. Quarles et al., "SPICE3 Version 3f3 User's Manual", UC Berkeley 1993, 3.4.2; equations
in G. Massobrio and P. Antognetti, "Semiconductor Device Modeling with SPICE", 2nd ed. 1993, chapter 1) with the
constants of ngspice 39. Valid from -55 to 150 C, forward until the junction carries IS e^100. Not built in: sidewalls,
high injection (IKF), recombination (ISR), tunnelling, self-heating, the minimal conductance of a simulator (gmin).

Terminals anode, cathode. The series resistance RS needs a node of its own, so that a circuit adds it as a resistor of
`Diode.series_resistances` ohm between its anode and the anode of this device.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ..errors import InputError, nearest
from ..quantities import ZERO_CELSIUS
from .base import DeviceGraph, Variant, from_branches, read_number

BOLTZMANN, CHARGE = 1.38064852e-23, 1.6021766208e-19  # J/K, C, as ngspice has them
REFERENCE = 300.15  # K; the band gap at REFERENCE is GAP_REFERENCE
GAP_REFERENCE = 1.1150877  # eV
EXP_LIMIT = 100.0  # exponentials go on as straight lines from here: 1e-14 A e^100 is 1e29 A
BREAKDOWN_STEPS = 25  # of the fixed-point iteration that joins reverse and breakdown current, as in SPICE
SMALLEST_CURRENT = 1e-38  # A, below which flicker noise does not fall

# name -> default: is A, n, rs Ohm, tt s, cjo F, vj V, mj (M), fc, bv V (0: none), ibv A, eg eV, xti, kf, af, tnom C, nbv
CARD = {
    "is": 1e-14, "n": 1.0, "rs": 0.0, "tt": 0.0, "cjo": 0.0, "vj": 1.0, "mj": 0.5, "fc": 0.5, "bv": 0.0, "ibv": 1e-3,
    "eg": 1.11, "xti": 3.0, "kf": 0.0, "af": 1.0, "tnom": 27.0,
}  # fmt: skip
INSTANCE = {"area": 1.0, "m": 1.0}
ALIASES = {"js": "is", "cj0": "cjo", "cj": "cjo", "pb": "vj", "m": "mj", "ib": "ibv", "tref": "tnom", "ik": "ikf",
           "trs1": "trs", "ctc": "cta", "tvj": "tpb", "cjsw": "cjp"}  # fmt: skip
REFUSED = {
    "jsw": "sidewalls are", "cjp": "sidewalls are", "pj": "sidewalls are", "ikf": "high injection is",
    "ikr": "high injection is", "isr": "recombination is", "jtun": "tunnelling is", "jtunsw": "tunnelling is",
    "rth0": "self-heating is", "lm": "metal over the junction is", "lp": "polysilicon over the junction is",
    "wm": "metal over the junction is", "wp": "polysilicon over the junction is",
} | dict.fromkeys(("tlev", "tlevc", "trs", "trs2", "ttt1", "ttt2", "tm1", "tm2", "cta", "ctp", "tpb", "tphp", "tcv"),
                  "this dependence on temperature is")  # fmt: skip
# Of effects that are refused, or limits that only cause warnings.
NO_EFFECT = {"ns", "php", "mjsw", "fcs", "ntun", "xtitun", "keg", "nr", "cth0", "xom", "xoi", "xm", "xp", "fv_max",
             "bv_max", "id_max", "te_max", "pd_max"}  # fmt: skip
RANGES = {"is": (1e-28, math.inf), "n": (0.1, 100.0), "rs": (0.0, math.inf), "tt": (0.0, math.inf), "cjo": (0.0, math.inf),
          "vj": (0.1, 10.0), "mj": (0.0, 0.9), "fc": (0.0, 0.95), "bv": (0.0, math.inf), "ibv": (1e-28, math.inf),
          "eg": (0.1, 10.0), "kf": (0.0, math.inf), "nbv": (0.1, 100.0), "area": (0.0, math.inf)}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Effects that a card has."""

    breakdown: bool
    depletion: bool
    diffusion: bool


class Diode:
    """A `.model` card of type d: its parameters and the form of equations it needs.

    params  of the card, any case;  where  what an error message begins with
    """

    levels = (1,)
    instance = INSTANCE

    def __init__(self, params: Mapping[str, Any], where: str = "diode") -> None:
        given = read_card(params, where)
        self.where = where
        self.area = given.pop("area", 1.0)
        self.defaulted = [name for name in CARD if name not in given]
        self.values: dict[str, float] = {"nbv": given.get("n", CARD["n"]), **CARD, **given}
        v = self.values
        self.options = Options(v["bv"] > 0.0, v["cjo"] > 0.0, v["tt"] > 0.0)

    @property
    def variant(self) -> Variant:
        return Variant(("diode", self.options), lambda: graph(self.options))

    def instance_values(self, params: Mapping[str, Any], celsius: float) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance with `area` and `m`."""
        own = {"area": params.get("area", self.area), "m": params.get("m", 1.0)}
        return {**self.values, **own, "temp": celsius + ZERO_CELSIUS}

    def series_resistances(self, params: Mapping[str, Any]) -> dict[int, Any]:
        """Resistance in series with the anode of an instance, Ohm; 0: none, no node is needed."""
        return {0: self.values["rs"] / (params.get("area", self.area) * params.get("m", 1.0))}


def read_card(params: Mapping[str, Any], where: str) -> dict[str, float]:
    """Parameters of a card under our names; InputError for one that is unknown, not built in or out of range."""
    given: dict[str, float] = {}
    for raw, value in params.items():
        name = ALIASES.get(raw.lower(), raw.lower())
        if name not in CARD and name not in {"level", "area", "nbv", *REFUSED, *NO_EFFECT}:
            raise InputError(f"{where}: a diode has no parameter {raw!r}{nearest(raw, [*CARD, *ALIASES, *REFUSED, 'nbv'])}")
        number = read_number(raw, value, "the diode", where)
        if name == "level" and number != 1:
            raise InputError(f"{where}: level {number:g} of the diode is not built in; use level = 1")
        if name in REFUSED and number != 0:
            raise InputError(f"{where}: {raw} = {number:g}: {REFUSED[name]} not built into the diode; use {raw} = 0")
        if name in CARD or name in ("area", "nbv"):
            low, high = RANGES.get(name, (-math.inf, math.inf))
            if not low <= number <= high:
                raise InputError(f"{where}: {raw} = {number:g} of the diode must be {bounds(low, high)}")
            given[name] = number
    return given


def bounds(low: float, high: float) -> str:
    return f"at least {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"


def graph(options: Options) -> DeviceGraph:
    """The diode as expressions of its terminal voltages and parameters."""
    params = {name: ca.SX.sym(name) for name in (*CARD, "nbv", *INSTANCE, "temp")}
    p = at_temperature(SimpleNamespace(**params), options)
    anode, cathode = volts = [ca.SX.sym("v_a"), ca.SX.sym("v_c")]
    v = ca.SX.sym("v")
    i = current(p, v, options)
    q = charge(p, v, i, options)
    values = ca.densify(ca.vertcat(i, q, ca.jacobian(i, v), ca.jacobian(q, v)))
    i, q, gd, cd = ca.vertsplit(ca.substitute(values, v, anode - cathode))
    currents, g = from_branches([(0, 1)], [(0, 1, i, [gd])], 2)
    charges, c = from_branches([(0, 1)], [(0, 1, q, [cd])], 2)
    size = ca.fabs(i)
    noise = [
        ("shot", 0, 1, 2.0 * CHARGE * size, ca.SX(0)),
        ("flicker", 0, 1, p.m * p.kf * ca.power(ca.fmax(size / p.m, SMALLEST_CURRENT), p.af), ca.SX(1)),
    ]
    report = {"i_d": i, "g_d": gd, "c_d": cd, "i_s": p.isat, "v_j": p.vj}
    return DeviceGraph("diode", ("a", "c"), volts, params, currents, charges, g, c, noise, report)


def limited_exp(x: Any) -> Any:
    """e^x, from EXP_LIMIT on its tangent."""
    return ca.exp(ca.fmin(x, EXP_LIMIT)) * (1.0 + ca.fmax(x - EXP_LIMIT, 0.0))


def current(p: Any, v: Any, options: Options) -> Any:
    """Forward, reverse (from -3 n V_T: - I_S (1 + (3 n V_T / (e v))^3)) and breakdown current, A."""
    forward = p.isat * (limited_exp(v / p.nvt) - 1.0)
    ratio = 3.0 * p.nvt / (math.e * ca.fmin(v, -3.0 * p.nvt))
    backward = -p.isat * (1.0 + ratio**3)
    if options.breakdown:
        backward = ca.if_else(v >= -p.v_break, backward, -p.isat * limited_exp(-(p.v_break + v) / (p.nbv * p.vt)))
    return ca.if_else(v >= -3.0 * p.nvt, forward, backward)


def charge(p: Any, v: Any, i: Any, options: Options) -> Any:
    """Charge of the depletion layer, its capacitance going on as a tangent above FC V_J, and of carriers in transit, C."""
    q = p.tt * i if options.diffusion else ca.SX(0)
    if options.depletion:
        knee = p.fc * p.vj
        rest = 1.0 - ca.fmin(v, knee) / p.vj
        below = p.vj * p.cj * (1.0 - ca.exp((1.0 - p.mj) * ca.log(rest))) / (1.0 - p.mj)
        above = ca.fmax(v - knee, 0.0)
        steep = p.cj * ca.power(1.0 - p.fc, -1.0 - p.mj)  # C(v) = steep (1 - FC (1 + M) + M v / V_J)
        q = q + below + above * steep * (1.0 - p.fc + 0.5 * p.mj / p.vj * above)
    return q


def gap(t: Any) -> Any:
    """Band gap of silicon, eV (Varshni)."""
    return 1.16 - 7.02e-4 * t * t / (t + 1108.0)


def at_temperature(c: Any, options: Options) -> SimpleNamespace:
    """Saturation current, potential, capacitance and breakdown voltage of an instance at its temperature."""
    p = SimpleNamespace(**vars(c))
    nominal = c.tnom + ZERO_CELSIUS
    size = c.area * c.m
    p.vt = BOLTZMANN / CHARGE * c.temp
    p.nvt = c.n * p.vt
    ratio = c.temp / nominal
    p.isat = size * getattr(c, "is") * ca.exp((ratio - 1.0) * c.eg / p.nvt + c.xti / c.n * ca.log(ratio))

    def drift(t: Any) -> Any:
        """Change of the junction potential between REFERENCE and t, without its proportional part, V."""
        gaps = -gap(t) / (2.0 * BOLTZMANN * t) + GAP_REFERENCE / (2.0 * BOLTZMANN * REFERENCE)
        return -2.0 * BOLTZMANN / CHARGE * t * (1.5 * ca.log(t / REFERENCE) + CHARGE * gaps)

    at_reference = (c.vj - drift(nominal)) * REFERENCE / nominal
    p.vj = drift(c.temp) + c.temp / REFERENCE * at_reference

    def swell(t: Any, potential: Any) -> Any:
        return 1.0 + c.mj * (4e-4 * (t - REFERENCE) - (potential - at_reference) / at_reference)

    p.cj = size * c.cjo * swell(c.temp, p.vj) / swell(nominal, c.vj)
    if options.breakdown:
        p.v_break = breakdown_voltage(p, c)
    return p


def breakdown_voltage(p: Any, c: Any) -> Any:
    """Where the breakdown current begins so that it is IBV at BV; BV itself if the reverse current exceeds IBV, V."""
    relative = c.m * c.ibv / p.isat
    v = c.bv - c.nbv * p.vt * ca.log(1.0 + relative)
    for _ in range(BREAKDOWN_STEPS):
        v = c.bv - c.nbv * p.vt * ca.log(relative + 1.0 - v / p.vt)
    return ca.if_else(relative < c.bv / p.vt, c.bv, v)
