"""EKV, a charge-based MOSFET for all inversion levels, symmetric in drain and source: one transistor's equations.

Sources: M. Bucher, C. Lallement, C. Enz, F. Theodoloz, F. Krummenacher, "The EPFL-EKV MOSFET Model Equations for
Simulation, Version 2.6", EPFL 1997 ("manual": names of parameters, pinch-off voltage, currents, charges); C. Enz,
E. Vittoz, "Charge-based MOS Transistor Modeling", Wiley 2006. Valid for long and moderately short channels (threshold
and body effect do not depend on size), -55 to 150 C. Not the manual's, so that all is smooth and symmetric: velocity
saturation and channel shortening (`stretch`), and one slope factor n for current and charge. Not built in: short and
narrow channel effects (LETA, WETA, Q0), field-dependent mobility (E0: use THETA), impact ionisation (IBA), resistances.

Terminals drain, gate, source, bulk; voltages count from the bulk; a PMOS is an NMOS with all signs turned. Level 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ..base import DeviceGraph, Variant
from .ekv_card import CARD, EPS_SI, INSTANCE, ZERO_CELSIUS, read_card

D, G, S, B = range(4)
BOLTZMANN, CHARGE = 1.380649e-23, 1.602176634e-19
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
        effects = {"theta": ("theta",), "lambda": ("lambda",), "cj": ("cj", "cjsw"), "js": ("js", "jsw"),
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
    """Band gap of silicon, eV (manual 5: temperature)."""
    return 1.16 - 7.02e-4 * t * t / (t + 1108.0)


def sized(c: Any) -> SimpleNamespace:
    """Parameters of an instance at its size and temperature (manual 4 and 5); the multiplier m enters here."""
    p = SimpleNamespace(**vars(c))
    nominal = c.tnom + ZERO_CELSIUS
    ratio, rise = c.temp / nominal, c.temp - nominal
    p.ut = BOLTZMANN / CHARGE * c.temp
    width, length = c.w + c.dw, c.l + c.dl
    p.area = c.m * width * length
    shift = -3.0 * p.ut * ca.log(ratio) - gap(nominal) * ratio + gap(c.temp)
    p.phi = c.phi * ratio + shift
    p.vto = c.type * (c.vto - c.tcv * rise) + c.delvto * c.type
    p.beta = c.mulu0 * c.m * c.kp * ca.power(ratio, c.bex) * width / length  # A/V^2
    p.ucrit = c.ucrit * ca.power(ratio, c.ucex)
    p.velocity = 2.0 * p.ut / (p.ucrit * length)
    l_c = ca.sqrt(EPS_SI * c.xj / c.cox)  # characteristic length of the pinched-off region
    p.pinch = p.ut / (l_c * p.ucrit)
    p.shortening = 0.5 * getattr(c, "lambda") * l_c / length
    p.i_spec = 2.0 * p.beta * p.ut * p.ut  # the specific current without its factor n
    p.q_spec = p.area * c.cox * p.ut
    v_t0 = BOLTZMANN / CHARGE * nominal
    grown = ca.exp((gap(nominal) / v_t0 - gap(c.temp) / p.ut + c.xti * ca.log(ratio)) / c.n)
    for terminal, area, perimeter in (("d", c.ad, c.pd), ("s", getattr(c, "as"), c.ps)):
        setattr(p, f"isat_{terminal}", c.m * (c.js * area + c.jsw * perimeter) * grown)
        parts = []
        for capacitance, potential, grading, extent in (
            (c.cj, c.pb, c.mj, area),
            (c.cjsw, c.pbsw, c.mjsw, perimeter),
        ):
            warm = potential * ratio + shift
            swell = 1.0 + grading * (4e-4 * rise + 1.0 - warm / potential)
            parts.append((c.m * extent * capacitance * swell, warm, grading))
        setattr(p, f"cj_{terminal}", parts)
    p.cg_d, p.cg_s, p.cg_b = c.m * width * c.cgdo, c.m * width * c.cgso, c.m * length * c.cgbo
    return p


def pinch_off(p: Any, v_g: Any, zero: frozenset[str]) -> SimpleNamespace:
    """What depends on the gate alone (manual 4.3), with derivatives by v_g (names "d_..."), all in units of U_T.

    drive     V_G' = V_G - VTO + PHI + GAMMA sqrt(PHI), made positive (`depth`) so that accumulation joins smoothly
    psi       sqrt(V_P + PHI) = sqrt(V_G' + GAMMA^2/4) - GAMMA/2, hence V_P
    n         slope factor 1 + GAMMA / (2 sqrt(V_P + PHI + 4 U_T))
    fixed     charge of the depleted or accumulated bulk
    mobility  1 / (1 + THETA V_P), V_P made positive
    """
    k = SimpleNamespace()
    drive = v_g - (p.vto - p.phi - p.gamma * ca.sqrt(p.phi)) / p.ut
    gamma = p.gamma / ca.sqrt(p.ut)
    root = ca.sqrt(drive * drive + 1.0)
    depth = 0.5 * (drive + root)
    body = ca.sqrt(depth + 0.25 * gamma * gamma)
    psi = body - 0.5 * gamma
    k.v_p = psi * psi - p.phi / p.ut
    far = psi * psi + 4.0
    bend = 0.5 * gamma / ca.sqrt(far)
    k.n = 1.0 + bend
    k.fixed = gamma * psi + drive - depth
    d_depth = depth / root
    d_psi = 0.5 * d_depth / body
    k.d_v_p = 2.0 * psi * d_psi
    k.d_n = -bend / far * psi * d_psi
    k.d_fixed = gamma * d_psi + 1.0 - d_depth
    k.gain, k.d_gain = k.n, k.d_n  # n times the mobility
    if "theta" not in zero:
        positive = ca.sqrt(k.v_p * k.v_p + 8.0)
        strength = 0.5 * p.theta * p.ut * (k.v_p + positive)
        mobility = 1.0 / (1.0 + strength)
        k.gain = k.n * mobility
        k.d_gain = k.d_n * mobility - k.gain * mobility * strength / positive * k.d_v_p
    return k


def inversion(v: Any) -> SimpleNamespace:
    """Of one channel end at v = (V_P - V) / U_T (manual 4.4): i = ln^2(1 + e^(v/2)), q = di/dv, x = sqrt(1/4 + i)."""
    y = 0.5 * v
    e = ca.exp(-ca.fabs(y))
    level = ca.fmax(y, 0.0) + ca.log1p(e)
    i = level * level
    q = level * ca.if_else(y > 0.0, 1.0, e) / (1.0 + e)
    x = ca.sqrt(0.25 + i)
    return SimpleNamespace(i=i, q=q, x=x, d_x=0.5 * q / x)


def stretch(p: Any, along: Any, v_ds: Any, zero: frozenset[str]) -> tuple[Any, Any, Any]:
    """Velocity saturation and channel shortening, a factor of the current; even in v_ds and smooth at v_ds = 0.

    2 along = 2 (x_f - x_r) is the voltage along the channel (v_ds, at most that of saturation), the rest of v_ds lies
    across the pinched-off region. The carriers slow down by sqrt(1 + (2 U_T along / (UCRIT L))^2); the shortening is the
    manual's LAMBDA L_C ln(1 + |V| / (L_C UCRIT)) at large V (4.5), with ln(1 + V^2)/2 in place of ln(1 + |V|).
    Returns the factor and its derivatives by `along` and v_ds.
    """
    fast = p.velocity * along
    slow = 1.0 / (1.0 + fast * fast)
    factor = ca.sqrt(slow)
    by_v = ca.SX(0)
    if "lambda" not in zero:
        rest = p.pinch * (v_ds - 2.0 * along)
        growth = 1.0 + rest * rest
        by_v = 2.0 * p.shortening * p.pinch * rest / growth * factor
        factor = factor * (1.0 + p.shortening * ca.log(growth))
    return factor, -p.velocity * fast * slow * factor - 2.0 * by_v, by_v


def channel_charge(x_f: Any, x_r: Any) -> tuple[list[Any], list[list[Any]]]:
    """Charge of the channel and the drain's share of it (Ward and Dutton; manual 4.7), over - n C_ox U_T W L.

    With s = x_f + x_r and r = x_r / s, the manual's rational functions are s P(r): 4/3 (1 - r + r^2) s - 1 and
    4/15 (2 - 2 r + 4 r^2 - r^3) s - 1/2. Also their derivatives by x_f and x_r.
    """
    s = x_f + x_r
    r = x_r / s
    shapes = [4.0 / 3.0 * (1.0 + r * (r - 1.0)), 4.0 / 15.0 * (2.0 + r * (r * (4.0 - r) - 2.0))]
    steep = [4.0 / 3.0 * (2.0 * r - 1.0), 4.0 / 15.0 * (r * (8.0 - 3.0 * r) - 2.0)]
    by_f = [shape - r * slope for shape, slope in zip(shapes, steep, strict=True)]
    by_r = [first + slope for first, slope in zip(by_f, steep, strict=True)]
    return [shapes[0] * s - 1.0, shapes[1] * s - 0.5], [[by_f[k], by_r[k]] for k in range(2)]


def graph(options: Options) -> DeviceGraph:
    """The transistor as expressions of its terminal voltages and parameters."""
    params = {name: ca.SX.sym(name) for name in (*CARD, *INSTANCE, "type", "temp")}
    p = sized(SimpleNamespace(**params))
    volts = [ca.SX.sym(f"v_{t}") for t in "dgsb"]
    p.unit = p.type / p.ut
    v = [p.unit * (volts[t] - volts[B]) for t in (D, G, S)]
    k = pinch_off(p, v[G], options.zero)
    f, r = inversion(k.v_p - v[S]), inversion(k.v_p - v[D])
    drain, slopes, factor = channel_current(p, k, f, r, v[D] - v[S], options.zero)
    currents, g = [drain, ca.SX(0), -drain], [slopes, [ca.SX(0)] * 3, [-x for x in slopes]]
    charges, c = channel_charges(p, k, f, r)
    add_junctions(p, v, (currents, g), (charges, c), options.zero)
    if "cgo" not in options.zero:
        add_overlaps(p, v, charges, c)
    noise = channel_noise(p, k, f, r, factor, slopes[G])
    report = {"i_d": drain, "gm": slopes[G], "gds": slopes[D], "gms": -slopes[S], "v_p": k.v_p * p.ut, "n": k.n,
              "i_f": f.i, "i_r": r.i, "v_dsat": p.ut * (2.0 * ca.sqrt(f.i) + 4.0)}  # fmt: skip
    currents, g = with_bulk(currents, g)
    charges, c = with_bulk(charges, c)
    return DeviceGraph("ekv", ("d", "g", "s", "b"), volts, params, currents, charges, g, c, noise, report)


def with_bulk(values: list[Any], slopes: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
    """Values and derivatives of all four terminals from those of drain, gate, source by voltages against the bulk."""
    rows = [[*row, -(row[0] + row[1] + row[2])] for row in slopes]
    return [*values, -(values[0] + values[1] + values[2])], [*rows, [-(a + b + c) for a, b, c in zip(*rows, strict=True)]]


def channel_current(p: Any, k: Any, f: Any, r: Any, v_ds: Any, zero: frozenset[str]) -> tuple[Any, list[Any], Any]:
    """I_D = I_spec n (i_f - i_r) with mobility and `stretch` (manual 4.6), its derivatives, and the latter factor."""
    factor, by_along, by_v = stretch(p, f.x - r.x, v_ds, zero)
    flow = f.i - r.i
    moved, further = flow * by_along, flow * by_v
    forward = factor * f.q + moved * f.d_x  # by V_P - V_S
    backward = factor * r.q + moved * r.d_x  # minus that by V_P - V_D
    pushed = p.i_spec * factor * flow
    g = p.i_spec / p.ut * k.gain
    by_gate = g * k.d_v_p * (forward - backward) + p.unit * k.d_gain * (p.type * pushed)
    return p.type * k.gain * pushed, [g * (backward + further), by_gate, -g * (forward + further)], factor


def channel_charges(p: Any, k: Any, f: Any, r: Any) -> tuple[list[Any], list[list[Any]]]:
    """Charges of drain, gate and source (manual 4.7) and their derivatives."""
    (total, drain), slopes = channel_charge(f.x, r.x)
    c_f, c_r = (p.q_spec / p.ut * end.d_x for end in (f, r))
    total_s, total_d = slopes[0][0] * c_f, slopes[0][1] * c_r  # by V_P - V_S and V_P - V_D
    drain_s, drain_d = slopes[1][0] * c_f, slopes[1][1] * c_r
    q = p.type * p.q_spec
    total, drain, fixed = q * total, q * drain, q * k.fixed
    d_n, n_v_p = p.unit * k.d_n, k.n * k.d_v_p
    by_drain = [k.n * drain_d, -(d_n * drain + n_v_p * (drain_s + drain_d)), k.n * drain_s]
    by_gate = [-total_d, k.d_v_p * (total_s + total_d) + p.q_spec / p.ut * k.d_fixed, -total_s]
    by_all = [k.n * total_d, -(d_n * total + n_v_p * (total_s + total_d)), k.n * total_s]
    by_source = [a - b for a, b in zip(by_all, by_drain, strict=True)]
    return [-k.n * drain, total + fixed, -k.n * (total - drain)], [by_drain, by_gate, by_source]


def add_junctions(p: Any, v: list[Any], flow: tuple[Any, Any], store: tuple[Any, Any], zero: frozenset[str]) -> None:
    """Diodes from bulk to drain and source (manual 4.10, as in SPICE): currents and depletion charges.

    The current goes on as a straight line above JUNCTION_LIMIT, the capacitance above 0 V.
    """
    for name, terminal in (("d", D), ("s", S)):
        u = -p.ut * v[terminal]
        if "js" not in zero:
            n_ut, isat = p.n * p.ut, getattr(p, f"isat_{name}")
            knee = n_ut * ca.log1p(JUNCTION_LIMIT / ca.fmax(isat, 1e-300))
            current = isat * ca.expm1(ca.fmin(u, knee) / n_ut)
            slope = (current + isat) / n_ut
            flow[0][terminal] -= p.type * (current + (JUNCTION_LIMIT + isat) / n_ut * ca.fmax(u - knee, 0.0))
            flow[1][terminal][terminal] += slope
        if "cj" not in zero:
            reverse, ahead = ca.fmin(u, 0.0), ca.fmax(u, 0.0)
            charge, slope, flat, rise = 0.0, 0.0, 0.0, 0.0
            for zero_bias, potential, grading in getattr(p, f"cj_{name}"):
                rest = 1.0 - reverse / potential
                c = zero_bias * ca.exp(-grading * ca.log(rest))
                charge += potential / (1.0 - grading) * (zero_bias - rest * c)
                slope += c
                flat += zero_bias
                rise += zero_bias * grading / potential
            store[0][terminal] -= p.type * (charge + ahead * (flat + 0.5 * rise * ahead))
            store[1][terminal][terminal] += slope + rise * ahead


def add_overlaps(p: Any, v: list[Any], charges: list[Any], c: list[list[Any]]) -> None:
    """Constant capacitances of the gate to drain, source and bulk."""
    scale = p.type * p.ut
    for capacitance, terminal in ((p.cg_d, D), (p.cg_s, S)):
        q = capacitance * scale * (v[G] - v[terminal])
        charges[G] += q
        charges[terminal] -= q
        for row, column, sign in ((G, G, 1.0), (terminal, terminal, 1.0), (G, terminal, -1.0), (terminal, G, -1.0)):
            c[row][column] = c[row][column] + sign * capacitance
    charges[G] += p.cg_b * scale * v[G]
    c[G][G] = c[G][G] + p.cg_b


def channel_noise(p: Any, k: Any, f: Any, r: Any, factor: Any, gm: Any) -> list[Any]:
    """Thermal noise 4 k T mu |Q_I| / L^2 and flicker noise of the gate (manual 4.9).

    The inversion charge is the one whose integral is the current, q = di/dv, not the manual's sqrt(1/4 + i) - 1/2: so
    the noise at v_ds = 0 is 4 k T g_ds at all inversion levels, as it must be.
    """
    inverted = channel_charge(f.q + 0.5, r.q + 0.5)[0][0]
    conductance = p.beta * p.ut * k.gain * factor * inverted
    flicker = p.kf * gm * gm / (p.area * p.cox)
    return [
        ("thermal", D, S, 4.0 * BOLTZMANN * p.temp * ca.fmax(conductance, 0.0), ca.SX(0)),
        ("flicker", D, S, flicker, p.af),
    ]
