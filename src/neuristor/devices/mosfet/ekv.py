"""EKV, a charge-based MOSFET for all inversion levels, symmetric in drain and source: one transistor's equations.

Sources: M. Bucher, C. Lallement, C. Enz, F. Theodoloz, F. Krummenacher, "The EPFL-EKV MOSFET Model Equations for
Simulation, Version 2.6", EPFL 1997 ("manual": names of parameters, pinch-off voltage, currents, charges); C. Enz,
E. Vittoz, "Charge-based MOS Transistor Modeling", Wiley 2006. Valid for long and moderately short channels (threshold
and body effect do not depend on size), -55 to 150 C. Not the manual's, so that all is smooth and symmetric: velocity
saturation, channel shortening, the charge's passage into accumulation, and one slope factor n for current and charge.
Also ours is ETA, the pull of drain and source on the barrier of a short channel (DIBL): VTO - ETA (V_DB + V_SB), symmetric.
Not built in: how threshold and body effect depend on size (LETA, WETA, Q0), field-dependent mobility (E0: use THETA),
impact ionisation (IBA), series resistances.

Terminals drain, gate, source, bulk; voltages count from the bulk; a PMOS is an NMOS with all signs turned. Level 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ...quantities import K_B, Q_E, ZERO_CELSIUS
from ..base import DeviceGraph, Variant
from .ekv_card import CARD, EPS_SI, INSTANCE, read_card
from .ekv_channel import channel_charge, channel_charges, channel_current, inversion, pinch_off

D, G, S, B = range(4)
JUNCTION_LIMIT = 0.1  # A, where a forward junction goes on as a straight line


@dataclass(frozen=True)
class Options:
    """Effects without coefficients, left out of the equations."""

    zero: frozenset[str]


class EKV:
    """A `.model` card of level 44: its parameters and the form of equations it needs.

    params  of the card, any case;  kind  "nmos" or "pmos";  where  what an error message begins with
    """

    levels = (44,)
    instance = INSTANCE

    def __init__(self, params: Mapping[str, Any], kind: str, where: str) -> None:
        self.values, self.defaulted = read_card(params, kind, where)
        self.values["type"] = -1.0 if kind == "pmos" else 1.0
        self.where = where
        effects = {"theta": ("theta",), "lambda": ("lambda",), "eta": ("eta",), "cj": ("cj", "cjsw"), "js": ("js", "jsw"),
                   "cgo": ("cgso", "cgdo", "cgbo")}  # fmt: skip
        self.options = Options(frozenset(e for e, names in effects.items() if not any(self.values[k] for k in names)))

    @property
    def variant(self) -> Variant:
        return Variant(("ekv", self.options), lambda: graph(self.options))

    def instance_values(self, params: Mapping[str, Any], celsius: float) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance."""
        own = {k: params.get(k, default) for k, default in INSTANCE.items()}
        return {**self.values, **own, "temp": celsius + ZERO_CELSIUS}


def gap(t: Any) -> Any:
    """Band gap of silicon, eV (manual: temperature)."""
    return 1.16 - 7.02e-4 * t * t / (t + 1108.0)


def sized(c: Any) -> SimpleNamespace:
    """Parameters of an instance at its size and temperature (manual); the multiplier m enters here."""
    p = SimpleNamespace(**vars(c))
    nominal = c.tnom + ZERO_CELSIUS
    ratio, rise = c.temp / nominal, c.temp - nominal
    p.ut = K_B / Q_E * c.temp
    width, length = c.w + c.dw, c.l + c.dl
    p.area = c.m * width * length
    shift = -3.0 * p.ut * ca.log(ratio) - gap(nominal) * ratio + gap(c.temp)
    p.phi = c.phi * ratio + shift
    p.vto = c.type * (c.vto - c.tcv * rise) + c.delvto * c.type
    p.beta = c.mulu0 * c.m * c.kp * ca.power(ratio, c.bex) * width / length  # A/V^2
    p.ucrit = c.ucrit * ca.power(ratio, c.ucex)
    p.velocity = p.ut / (p.ucrit * length)
    l_c = ca.sqrt(EPS_SI * c.xj / c.cox)  # characteristic length of the pinched-off region
    p.pinch = p.ut / (l_c * p.ucrit)
    p.shortening = 0.5 * getattr(c, "lambda") * l_c / length
    p.i_spec = 2.0 * p.beta * p.ut * p.ut  # the specific current without its factor n
    p.q_spec = p.area * c.cox * p.ut
    v_t0 = K_B / Q_E * nominal
    grown = ca.exp((gap(nominal) / v_t0 - gap(c.temp) / p.ut + c.xti * ca.log(ratio)) / c.n)
    for terminal, area, perimeter in (("d", c.ad, c.pd), ("s", getattr(c, "as"), c.ps)):
        setattr(p, f"isat_{terminal}", c.m * (c.js * area + c.jsw * perimeter) * grown)
        parts = []
        for capacitance, potential, grading, extent in ((c.cj, c.pb, c.mj, area), (c.cjsw, c.pbsw, c.mjsw, perimeter)):
            warm = potential * ratio + shift
            swell = 1.0 + grading * (4e-4 * rise + 1.0 - warm / potential)
            parts.append((c.m * extent * capacitance * swell, warm, grading))
        setattr(p, f"cj_{terminal}", parts)
    p.cg_d, p.cg_s, p.cg_b = c.m * width * c.cgdo, c.m * width * c.cgso, c.m * length * c.cgbo
    return p


def graph(options: Options) -> DeviceGraph:
    """The transistor as expressions of its terminal voltages and parameters."""
    params = {name: ca.SX.sym(name) for name in (*CARD, *INSTANCE, "type", "temp")}
    p = sized(SimpleNamespace(**params))
    volts = [ca.SX.sym(f"v_{t}") for t in "dgsb"]
    p.unit = p.type / p.ut
    v = [p.unit * (volts[t] - volts[B]) for t in (D, G, S)]
    k = pinch_off(p, v[G] if "eta" in options.zero else v[G] + p.eta * (v[D] + v[S]), options.zero)
    f, r = inversion(k.v_p - v[S]), inversion(k.v_p - v[D])
    drain, slopes, factor = channel_current(p, k, f, r, v[D] - v[S], options.zero)
    charges, c = channel_charges(p, k, f, r)
    if "eta" not in options.zero:
        for by in (slopes, *c):
            by[D], by[S] = by[D] + p.eta * by[G], by[S] + p.eta * by[G]
    row, none = [*slopes, -(slopes[D] + slopes[G] + slopes[S])], ca.SX(0)
    currents, g = [drain, none, -drain, none], [row, [none] * 4, [-x for x in row], [none] * 4]
    if "js" not in options.zero:
        add_junction_currents(p, v, currents, g)
    if "cj" not in options.zero:
        add_junction_charges(p, v, charges, c)
    if "cgo" not in options.zero:
        add_overlaps(p, v, charges, c)
    charges, c = with_bulk(charges, c)
    noise = channel_noise(p, k, f, r, factor, slopes[G])
    source = p.phi + ca.fmax(p.ut * v[S], -p.phi)
    report = {"i_d": drain, "gm": slopes[G], "gds": slopes[D], "gms": -slopes[S], "gmbs": row[B],
              "v_th": p.vto + p.gamma * (ca.sqrt(source) - ca.sqrt(p.phi)), "v_dsat": p.ut * (2.0 * ca.sqrt(f.i) + 4.0),
              "v_p": k.v_p * p.ut, "n": k.n, "i_f": f.i, "i_r": r.i}  # fmt: skip
    return DeviceGraph("ekv", ("d", "g", "s", "b"), volts, params, currents, charges, g, c, noise, report)


def with_bulk(values: list[Any], slopes: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
    """Values and derivatives of all four terminals from those of drain, gate, source by voltages against the bulk."""
    rows = [[*row, -(row[0] + row[1] + row[2])] for row in slopes]
    return [*values, -(values[0] + values[1] + values[2])], [*rows, [-(a + b + c) for a, b, c in zip(*rows, strict=True)]]


def add_junction_currents(p: Any, v: list[Any], currents: list[Any], g: list[list[Any]]) -> None:
    """Diodes from bulk to drain and source (as in SPICE); straight lines above JUNCTION_LIMIT."""
    n_ut = p.n * p.ut
    for isat, t in ((p.isat_d, D), (p.isat_s, S)):
        u = -p.ut * v[t]
        limit = p.m * JUNCTION_LIMIT
        knee = n_ut * ca.log1p(limit / ca.fmax(isat, 1e-300))
        below = isat * ca.expm1(ca.fmin(u, knee) / n_ut)
        current = p.type * (below + (limit + isat) / n_ut * ca.fmax(u - knee, 0.0))
        slope = (below + isat) / n_ut
        currents[t], currents[B] = currents[t] - current, currents[B] + current
        for row, column, change in ((t, t, slope), (B, B, slope), (t, B, -slope), (B, t, -slope)):
            g[row][column] = g[row][column] + change


def add_junction_charges(p: Any, v: list[Any], charges: list[Any], c: list[list[Any]]) -> None:
    """Depletion charge of drain and source against the bulk (as in SPICE), of constant dC/dV above 0 V."""
    for parts, t in ((p.cj_d, D), (p.cj_s, S)):
        u = -p.ut * v[t]
        reverse, ahead = ca.fmin(u, 0.0), ca.fmax(u, 0.0)
        charge, slope, flat, rise = 0.0, 0.0, 0.0, 0.0
        for zero_bias, potential, grading in parts:
            rest = 1.0 - reverse / potential
            capacitance = zero_bias * ca.exp(-grading * ca.log(rest))
            charge += potential / (1.0 - grading) * (zero_bias - rest * capacitance)
            slope += capacitance
            flat += zero_bias
            rise += zero_bias * grading / potential
        charges[t] = charges[t] - p.type * (charge + ahead * (flat + 0.5 * rise * ahead))
        c[t][t] = c[t][t] + slope + rise * ahead


def add_overlaps(p: Any, v: list[Any], charges: list[Any], c: list[list[Any]]) -> None:
    """Constant capacitances of the gate to drain, source and bulk."""
    scale = p.type * p.ut
    for capacitance, terminal in ((p.cg_d, D), (p.cg_s, S)):
        q = capacitance * scale * (v[G] - v[terminal])
        charges[G], charges[terminal] = charges[G] + q, charges[terminal] - q
        for row, column, sign in ((G, G, 1.0), (terminal, terminal, 1.0), (G, terminal, -1.0), (terminal, G, -1.0)):
            c[row][column] = c[row][column] + sign * capacitance
    charges[G] = charges[G] + p.cg_b * scale * v[G]
    c[G][G] = c[G][G] + p.cg_b


def channel_noise(p: Any, k: Any, f: Any, r: Any, factor: Any, gm: Any) -> list[Any]:
    """Thermal noise 4 k T mu |Q_I| / L^2 and flicker noise of the gate (manual).

    The inversion charge is the one whose integral is the current, q = di/dv, not the manual's sqrt(1/4 + i) - 1/2: so
    the noise at v_ds = 0 is 4 k T g_ds at all inversion levels, as it must be.
    """
    inverted = channel_charge(f.q + 0.5, r.q + 0.5)[0][0]
    conductance = p.beta * p.ut * k.gain * factor * inverted
    flicker = p.kf * gm * gm / (p.area * p.cox)
    return [
        ("thermal", D, S, 4.0 * K_B * p.temp * ca.fmax(conductance, 0.0), ca.SX(0)),
        ("flicker", D, S, flicker, p.af),
    ]
