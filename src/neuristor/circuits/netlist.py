"""A circuit as data: elements, models, analyses; built in Python or read from SPICE text, all numbers in SI units.

Subcircuits and expressions exist only in text (`spice`): here every element stands by itself, with its hierarchical
name ("x1.m2") and node names in lower case; "0" is ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from ..errors import InputError, nearest

GROUND = "0"
HOLD = "u:hold"  # what devices with a state listen to: 1 in an operating point, 0 while time runs
# Letter of an element -> (what it is, number of nodes)
KINDS = {
    "r": ("resistor", 2), "c": ("capacitor", 2), "l": ("inductor", 2), "v": ("voltage source", 2),
    "i": ("current source", 2), "e": ("voltage-controlled voltage source", 4),
    "g": ("voltage-controlled current source", 4), "f": ("current-controlled current source", 2),
    "h": ("current-controlled voltage source", 2), "s": ("switch", 4), "d": ("diode", 2), "m": ("MOSFET", 4),
    "y": ("memristor", 2), "u": ("amplifier", 5),
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where something stands in a text."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Wave:
    """Time course of a source in SPICE terms.

    kind    "pulse" (v1 v2 td tr tf pw per), "sin" (vo va freq td theta phase/deg), "exp" (v1 v2 td1 tau1 td2 tau2),
            "pwl" (t1 v1 t2 v2 ...)
    values  the numbers in SPICE's order; what is left out takes SPICE's default when the source is compiled
    """

    kind: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Model:
    """A `.model` card. kind: "nmos", "pmos", "d", "sw", "memristor", "opamp", "comparator"; params: lower-case names.

    level is that of a MOSFET. A memristor has the words model=, preset= and those of its options among its parameters.
    """

    name: str
    kind: str
    params: Mapping[str, float | str]
    place: Place | None = None

    @property
    def level(self) -> int:
        return int(float(self.params.get("level", 1)))


@dataclass(frozen=True)
class Element:
    """One device instance.

    kind      letter, a key of KINDS
    nodes     node names in SPICE's order (MOSFET: drain gate source bulk; controlled: out+ out- in+ in-;
              op-amp and comparator: in+ in- v+ v- out)
    params    r: r; c: c, ic; l: l, ic; v, i: dc, acmag, acphase (degrees); e, g, f, h: gain;
              d: area, m; m: w, l, ad, as, pd, ps, nrd, nrs, m, delvto, mulu0; s: on (1 if ON was written);
              y: x0 (state at t = 0), and in place of the card's any parameter of its model;
              u: any parameter of its card, on (1: a comparator's output was high before t = 0)
    model     name of the `.model` (d, m, s, y, u)
    wave      time course of v and i beyond their dc value
    control   name of the controlling voltage source (f, h)
    """

    name: str
    kind: str
    nodes: tuple[str, ...]
    params: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    wave: Wave | None = None
    control: str = ""
    place: Place | None = None

    @property
    def where(self) -> str:
        return f"{self.place}: " if self.place else ""


@dataclass(frozen=True)
class Op:
    """.op"""


@dataclass(frozen=True)
class Sweep:
    """One axis of `.dc`: a source (or "temp") from start to stop by step."""

    source: str
    start: float
    stop: float
    step: float


@dataclass(frozen=True)
class Dc:
    """.dc with one or two axes; the first varies fastest."""

    sweeps: tuple[Sweep, ...]


@dataclass(frozen=True)
class Tran:
    """.tran step stop [start [max_step]] [uic]"""

    step: float
    stop: float
    start: float = 0.0
    max_step: float = 0.0  # 0: none
    uic: bool = False


@dataclass(frozen=True)
class Ac:
    """.ac dec|oct|lin points start stop"""

    variation: str
    points: int
    start: float
    stop: float


@dataclass(frozen=True)
class Noise:
    """.noise v(output[,reference]) source dec|oct|lin points start stop"""

    output: str
    reference: str
    source: str
    variation: str
    points: int
    start: float
    stop: float


Analysis = Op | Dc | Tran | Ac | Noise


@dataclass(frozen=True)
class Signal:
    """What is measured or printed: v(node), v(node, reference), i(source)."""

    kind: str  # "v" or "i"
    name: str
    reference: str = GROUND

    def __str__(self) -> str:
        second = "" if self.reference == GROUND else f",{self.reference}"
        return f"{self.kind}({self.name}{second})"


@dataclass(frozen=True)
class Crossing:
    """A point where a signal passes a level: edge "rise", "fall" or "cross", the n-th one (-1: the last), after td."""

    signal: Signal | None  # None: at the fixed time `at`
    level: float = 0.0
    edge: str = "cross"
    count: int = 1
    delay: float = 0.0
    at: float = 0.0


@dataclass(frozen=True)
class Measure:
    """.meas ANALYSIS NAME ...

    kind   "trig_targ" (trigger, target), "find" (signal at target), "when" (target) or
           "integ" "avg" "rms" "min" "max" "pp" (signal over start..stop)
    """

    name: str
    analysis: str
    kind: str
    signal: Signal | None = None
    trigger: Crossing | None = None
    target: Crossing | None = None
    start: float | None = None
    stop: float | None = None
    place: Place | None = None


@dataclass(frozen=True)
class Netlist:
    """A flat circuit.

    elements   in order of appearance, names unique;  models  by name;  initial, nodeset  node -> volt (initial: a number
               or one a lane)
    options    of `.options`, lower case;  temperature in degrees Celsius, a number or one a
               lane (an array)
    """

    title: str = ""
    elements: Mapping[str, Element] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)
    initial: Mapping[str, Any] = field(default_factory=dict)
    nodeset: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, float | str] = field(default_factory=dict)
    temperature: Any = 27.0
    analyses: Sequence[Analysis] = ()
    measures: Sequence[Measure] = ()

    @property
    def nodes(self) -> list[str]:
        """All node names but ground, in order of appearance."""
        return list(dict.fromkeys(n for e in self.elements.values() for n in e.nodes if n != GROUND))

    def element(self, name: str) -> Element:
        """The element of this name (any case); InputError if there is none."""
        if name.lower() not in self.elements:
            raise InputError(f"the circuit has no element {name!r}{nearest(name, self.elements)}")
        return self.elements[name.lower()]

    def analysis(self, kind: type) -> Any:
        """The first analysis of a kind, or None."""
        return next((a for a in self.analyses if isinstance(a, kind)), None)

    def add(self, *elements: Element) -> Self:
        """A copy with more elements; InputError if a name is taken."""
        longer = dict(self.elements)
        for e in elements:
            if e.name in longer:
                raise InputError(f"{e.where}there are two elements named {e.name!r}")
            longer[e.name] = e
        return replace(self, elements=longer)

    def with_(self, **changes: Any) -> Self:
        """A copy with fields (title, analyses, temperature, ...) replaced."""
        return replace(self, **changes)

    def set(self, name: str, **params: float) -> Self:
        """A copy with parameters of one element changed: netlist.set("m1", w=1e-6)."""
        e = self.element(name)
        changed = replace(e, params={**e.params, **params})
        return replace(self, elements={**self.elements, e.name: changed})


def lanes_of(netlist: Netlist) -> int:
    """How many lanes the arrays in a netlist's parameters, and in its temperature, make."""
    values = [v for e in netlist.elements.values() for v in e.params.values()]
    return max((np.size(v) for v in (*values, netlist.temperature) if np.ndim(v)), default=1)
