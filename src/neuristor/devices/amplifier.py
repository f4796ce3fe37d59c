"""Op-amp and comparator as macromodels: what a data sheet states, in smooth equations, one inner node each.

Terminals in+ in- v+ v- out, the inner node, and `hold`, which is given: 1 in an operating point, else 0. The output's
current comes from v+ or goes to v-, so that the supplies deliver the energy; the inner node is a capacitor of C_INNER.
No noise, no common-mode or supply rejection, no limit of the output's current.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import casadi as ca
import numpy as np

from ..errors import InputError, nearest
from ..parameters import Parametrised, param
from ..presets.amplifiers import amplifier_values
from .base import DeviceGraph, Variant, read_number

INF = np.inf
C_INNER = 1e-12  # F
CLAMP = 0.01  # V: softness of an op-amp's swing limits
SPLIT = 1e-9  # A: around this output current the supplies share it
LN_2 = math.log(2.0)
EDGE = 2.0 * math.atanh(0.8)  # from 10 % to 90 % of a tanh, in units of its argument
LONGEST_EDGE = 1.5  # rise time over delay
FOLD_STEPS = 40  # of Newton's method for the feedback that puts the thresholds where they are asked for


class OpAmp(Parametrised):
    """One pole, limited in slew rate and swing.

    dy/dt = slew (tanh((gain v_d + m - y) / s) - p(y - high) + p(low - y)),  s = gain slew / (2 pi gbw)
    v_d = v(in+) - v(in-) + v_os,  m = (v(v+) + v(v-)) / 2,  high = v(v+) - drop_high,  low = v(v-) + drop_low
    p(u) = ln(1 + e^(u / 10 mV)),  i_out = (y - v(out)) / r_out

    Small signals see gain / (1 + j f gain / gbw); no input makes y rise or fall faster than `slew`, from which it is
    1 % away at 2 pi gbw v_d = 2.6 slew. The swing ends softly, within 10 mV of the limits.
    """

    name = "opamp"

    gain = param(1e5, symbol="A_0", bounds=(1, INF), doc="open-loop gain")
    gbw = param("1 MHz", unit="Hz", symbol="GBW", bounds=(0, INF), doc="gain-bandwidth product")
    slew = param(1e6, unit="V/s", symbol="SR", bounds=(0, INF), doc="slew rate")
    drop_high = param("0.1 V", unit="V", bounds=(0, INF), strict=False, doc="v+ minus the highest output")
    drop_low = param("0.1 V", unit="V", bounds=(0, INF), strict=False, doc="lowest output minus v-")
    v_os = param(0.0, unit="V", symbol="V_os", doc="offset, added to the input")
    r_out = param("50 Ohm", unit="Ohm", symbol="R_out", bounds=(0, INF), doc="output resistance")
    r_in = param("1 TOhm", unit="Ohm", symbol="R_in", bounds=(0, INF), doc="resistance between the inputs")
    c_in = param("5 pF", unit="F", symbol="C_in", bounds=(0, INF), strict=False, doc="capacitance of each input to v-")
    i_bias = param(0.0, unit="A", symbol="I_B", doc="current into each input")
    i_supply = param(0.0, unit="A", symbol="I_S", bounds=(0, INF), strict=False, doc="current from v+ to v- at rest")


class Comparator(Parametrised):
    """A decision s between -1 and 1 with a delay, and an output that follows it with an edge.

    tau ds/dt = tanh(g (v_d - c + h s)) - s,  tau = t_delay / ln 2,  c = (v_rise + v_fall) / 2
    output at v(v-) + (v_oh + v_ol) / 2 + (v_oh - v_ol) / 2 tanh(s / w) / tanh(1 / w) behind r_out
    w = 0.316 t_edge / t_delay,  g such that d out / d v_d = gain at h = 0 and s = 0

    h is chosen so that the state low ends exactly at v_d = v_rise and the state high at v_fall, when the input moves
    slowly; with v_rise = v_fall there is no feedback. Far from the thresholds the output passes its middle t_delay
    after the input; near them the decision takes longer, as it does in a real one. The instance parameter `on` says
    whether the output was high before t = 0: an operating point between the thresholds stays there.
    """

    name = "comparator"

    gain = param(3000.0, symbol="A_0", bounds=(0, INF), doc="gain in the middle of the transition")
    v_rise = param(0.0, unit="V", symbol="V_rise", doc="in+ minus in- at which the output goes high")
    v_fall = param(0.0, unit="V", symbol="V_fall", doc="in+ minus in- at which the output goes low, at most v_rise")
    t_delay = param("10 ns", unit="s", symbol="t_pd", bounds=(0, INF), doc="delay at large overdrive")
    t_edge = param("4 ns", unit="s", symbol="t_r", bounds=(0, INF), doc="rise and fall time of the output, 10 to 90 %")
    v_oh = param("5 V", unit="V", symbol="V_OH", doc="output high, above v-")
    v_ol = param(0.0, unit="V", symbol="V_OL", doc="output low, above v-")
    r_out = param("50 Ohm", unit="Ohm", symbol="R_out", bounds=(0, INF), doc="output resistance")
    r_in = param("1 TOhm", unit="Ohm", symbol="R_in", bounds=(0, INF), doc="resistance between the inputs")
    c_in = param("3 pF", unit="F", symbol="C_in", bounds=(0, INF), strict=False, doc="capacitance of each input to v-")
    i_bias = param(0.0, unit="A", symbol="I_B", doc="current into each input")
    i_supply = param(0.0, unit="A", symbol="I_S", bounds=(0, INF), strict=False, doc="current from v+ to v- at rest")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        for low, high, why in (("v_fall", "v_rise", "may not be above"), ("v_ol", "v_oh", "must be below")):
            a, b = np.broadcast_arrays(getattr(self, low), getattr(self, high))
            wrong = a > b if low == "v_fall" else a >= b
            if np.any(wrong):
                k = int(np.argmax(np.ravel(wrong)))
                raise InputError(f"comparator: {low} = {np.ravel(a)[k]:g} {why} {high} = {np.ravel(b)[k]:g}")
        if np.any(np.asarray(self.t_edge) > LONGEST_EDGE * np.asarray(self.t_delay)):
            raise InputError(f"comparator: t_edge may be at most {LONGEST_EDGE:g} t_delay")


AMPLIFIERS: dict[str, type[Parametrised]] = {m.name: m for m in (OpAmp, Comparator)}
INSTANCE = {"opamp": {}, "comparator": {"on": 0.0}}  # beside the parameters of the model


@dataclass
class Amplifier:
    """A `.model` card of type opamp or comparator: preset=NAME and parameters (lower-case names, SI numbers).

    where  what an error message begins with
    """

    kind: str
    params: Mapping[str, Any]
    where: str = "amplifier"
    device: Parametrised = field(init=False)

    def __post_init__(self) -> None:
        own = dict(self.params)
        preset = str(own.pop("preset", ""))
        try:
            values = amplifier_values(self.kind, preset) if preset else {}
        except InputError as error:
            raise InputError(f"{self.where}: {error}") from None
        self.device = self.read(AMPLIFIERS[self.kind](), {**values, **own}, self.where)
        self.variant = Variant(("amplifier", self.kind), lambda: graph(self.kind))

    def read(self, device: Parametrised, params: Mapping[str, Any], where: str) -> Parametrised:
        for key, value in params.items():
            if key not in device.params:
                known = [*device.params, *INSTANCE[self.kind]]
                raise InputError(
                    f"{where}: {self.kind} has no parameter {key!r}{nearest(key, known)}; it has {', '.join(known)}"
                )
            if np.ndim(value) == 0:
                read_number(key, value, f"the {self.kind}", where)
        try:
            return device.with_(**params)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    def check_instance(self, params: Mapping[str, Any], celsius: Any, where: str) -> None:
        """InputError for an instance parameter that is unknown or out of range."""
        own = {k: v for k, v in params.items() if k not in INSTANCE[self.kind]}
        self.read(self.device, own, where)
        if "on" in params and not np.all(np.isin(params["on"], (0.0, 1.0))):
            raise InputError(f"{where}: on must be 0 (the output was low) or 1 (it was high)")

    def instance_values(self, params: Mapping[str, Any], celsius: Any) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance."""
        return {**INSTANCE[self.kind], **self.device.values(), **params}

    def inner_start(self, params: Mapping[str, Any]) -> Any:
        """Voltage of the inner node where a run begins without an operating point."""
        return 2.0 * np.asarray(params.get("on", 0.0)) - 1.0 if self.kind == "comparator" else 0.0


def softplus(u: Any) -> Any:
    """ln(1 + e^u)"""
    return ca.fmax(u, 0.0) + ca.log1p(ca.exp(-ca.fabs(u)))


def opamp_inner(p: Any, v: Any) -> tuple[Any, Any]:
    """Current out of the inner node, and the voltage behind the output resistance."""
    span = p.gain * p.slew / (2.0 * math.pi * p.gbw)
    middle = 0.5 * (v.vp + v.vn)
    drive = ca.tanh((p.gain * (v.inp - v.inn + p.v_os) + middle - v.inner) / span)
    above = softplus((v.inner - v.vp + p.drop_high) / CLAMP)
    below = softplus((v.vn + p.drop_low - v.inner) / CLAMP)
    return -C_INNER * p.slew * (drive - above + below), v.inner


def feedback(width: Any, g: Any) -> Any:
    """h with which s = tanh(g (v + h s)) loses its lower solution exactly at v = width; 0 for width = 0.

    With z = g h and q = sqrt(1 - 1/z) that is z q - artanh q = g width, solved by Newton's method from above, where the
    left side is convex with slope q.
    """
    target = g * width
    z = target + 2.0 + ca.log(4.0 * (target + 2.0))
    for _ in range(FOLD_STEPS):
        q = ca.sqrt(1.0 - 1.0 / z)
        artanh = ca.log(1.0 + q) + 0.5 * ca.log(z)
        z = ca.fmax(z - (z * q - artanh - target) / q, 1.0 + 1e-14)
    return ca.if_else(width > 0, z / g, 0.0)


def edge_and_gain(p: Any) -> tuple[Any, Any]:
    """w and g of a comparator."""
    w = p.t_edge * LN_2 / (EDGE * p.t_delay)
    return w, p.gain * w * ca.tanh(1.0 / w) / (0.5 * (p.v_oh - p.v_ol))


def feedback_of(device: Comparator) -> float:
    """h of one comparator, a number."""
    return float(ca.DM(feedback(ca.DM(0.5 * (device.v_rise - device.v_fall)), ca.DM(edge_and_gain(device)[1]))))


def comparator_inner(p: Any, v: Any) -> tuple[Any, Any]:
    """Current out of the inner node, and the voltage behind the output resistance."""
    half = 0.5 * (p.v_oh - p.v_ol)
    w, g = edge_and_gain(p)
    width = 0.5 * (p.v_rise - p.v_fall)
    h = p.feedback if hasattr(p, "feedback") else feedback(width, g)
    back = v.hold * width * (2.0 * p.on - 1.0) + (1.0 - v.hold) * h * v.inner
    decision = ca.tanh(g * (v.inp - v.inn - 0.5 * (p.v_rise + p.v_fall) + back))
    target = v.vn + 0.5 * (p.v_oh + p.v_ol) + half * ca.tanh(v.inner / w) / ca.tanh(1.0 / w)
    return C_INNER * LN_2 / p.t_delay * (v.inner - decision), target


INNER: dict[str, Callable[[Any, Any], tuple[Any, Any]]] = {"opamp": opamp_inner, "comparator": comparator_inner}
TERMINALS = ("inp", "inn", "vp", "vn", "out", "inner", "hold")


def terminal_currents(kind: str, p: Any, v: Any) -> list[Any]:
    """Currents into in+ in- v+ v- out and the inner node, A; those of the first five sum to zero."""
    inner, target = INNER[kind](p, v)
    i_out = (target - v.out) / p.r_out
    sourced = 0.5 * (i_out + ca.sqrt(i_out * i_out + SPLIT * SPLIT))
    leak = (v.inp - v.inn) / p.r_in
    negative = i_out - sourced - p.i_supply - 2.0 * p.i_bias
    return [p.i_bias + leak, p.i_bias - leak, sourced + p.i_supply, negative, -i_out, inner]


def graph(kind: str) -> DeviceGraph:
    """An amplifier as expressions of its terminal voltages and parameters."""
    params = {name: ca.SX.sym(name) for name in (*AMPLIFIERS[kind].params, *INSTANCE[kind])}
    p = SimpleNamespace(**params)
    volts = [ca.SX.sym(name) for name in TERMINALS]
    v = SimpleNamespace(**dict(zip(TERMINALS, volts, strict=True)))
    zero = ca.SX(0)
    currents = [*terminal_currents(kind, p, v), zero]
    stored = [p.c_in * (v.inp - v.vn), p.c_in * (v.inn - v.vn)]
    charges = [*stored, zero, -stored[0] - stored[1], zero, C_INNER * v.inner, zero]
    return DeviceGraph(
        name=kind,
        terminals=TERMINALS,
        voltages=volts,
        params=params,
        currents=currents,
        charges=charges,
        g=[[ca.jacobian(i, x) for x in volts] for i in currents],
        c=[[ca.jacobian(q, x) for x in volts] for q in charges],
        report={"v_d": v.inp - v.inn, "i_out": -currents[4], "inner": v.inner},
    )
