"""What a neuron cell is: a topology as data, a card, sizes and supply; the netlist follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from ...errors import InputError, nearest
from ...parameters import Parametrised, Scales, param
from ...quantities import parse
from ..cards import Card, card_of
from ..netlist import GROUND, KINDS, Element, Model, Netlist, Tran
from ..neuron import CircuitNeuron
from ..settings import changed, place

INF = np.inf
SUPPLY, SOURCE = "vdd", "iin"  # node and source of the supply; the input current source
MODELLED = "syu"  # kinds whose line ends with the name of a model
SIZES = ("w", "l", "m", "delvto", "mulu0")  # what single transistors may have of their own


@dataclass(frozen=True)
class Topology:
    """One way to connect a cell.

    devices    a line a device: "m1 n drain gate source" (n or p; bulk at ground or vdd), "cmem c vmem 0 c_mem" (c, r, v, i,
               e: nodes, then the parameter of the cell that is its value), "y1 y vmem vk memristor" (s, y, u: nodes,
               then the name of one of the cell's `models`); a transistor may have its own "w=1.4u l=1u". The supply "vdd"
               and the input current into the membrane are added.
    initial    node -> volt, or a parameter of the cell ("vdd"); where the run begins
    fixed      what the source fixes;  chosen: what it leaves open and what was taken
    fails      how it fails, "" if it works;  note: in a sentence, how it works
    """

    name: str
    devices: str
    note: str
    initial: Mapping[str, float | str] = field(default_factory=dict)
    fixed: Sequence[str] = ()
    chosen: Sequence[str] = ()
    fails: str = ""
    membrane: str = "vmem"
    spike: str = "vspk"


class Cell(Parametrised, CircuitNeuron):
    """A neuron circuit of the package: `CmosLIF(c_mem="20 fF", vdd="1.2 V", **{"m4.l": "1 um"})`.

    topology  name of one of `topologies` (default: the first)
    card      a name (see `cards.CARDS`), the path of a SPICE library with one NMOS and one PMOS model, or a `Card`
    without   names of devices left out
    sizes     "m1.w", "m1.l", "m1.m", "m1.delvto", "m1.mulu0" of single transistors; areas and edges of source and drain
              follow the width: AD = AS = W `diffusion`, PD = PS = 2 (W + `diffusion`)

    All numbers may be arrays with one value a lane.
    """

    topologies: ClassVar[tuple[Topology, ...]] = ()
    typical_input: ClassVar[float] = 10e-12  # A

    vdd = param("1 V", unit="V", symbol="V_DD", bounds=(0, INF), doc="supply")
    c_mem = param("10 fF", unit="F", symbol="C_mem", bounds=(0, INF), doc="membrane capacitance")
    w = param("0.70 um", unit="m", symbol="W", bounds=(0, INF), doc="width of every transistor not set by itself")
    l = param("0.35 um", unit="m", symbol="L", bounds=(0, INF), doc="length of every transistor not set by itself")  # noqa: E741
    diffusion = param("0.85 um", unit="m", bounds=(0, INF), doc="length of a source or drain region")
    temperature = param(27.0, unit="1", symbol="T", bounds=(-273.15, INF), doc="temperature in degrees Celsius")

    def __init__(
        self, *, topology: str = "", card: str | Card = "n88y", without: Sequence[str] = (), **values: Any
    ) -> None:  # fmt: skip
        sizes = {k.lower(): v for k, v in values.items() if "." in k}
        super().__init__(**{k: v for k, v in values.items() if "." not in k})
        self.topology = self.topology_of(topology)
        self.card: Card = card_of(card)
        self.without = tuple(name.lower() for name in without)
        self.sizes = dict(sizes)
        self.input = SOURCE
        self.membrane = self.topology.membrane
        self.check()
        self.netlist  # noqa: B018  (what cannot be built is said now)

    @classmethod
    def topology_of(cls, name: str) -> Topology:
        known = {t.name: t for t in cls.topologies}
        if not name:
            return cls.topologies[0]
        if name not in known:
            raise InputError(f"{cls.name} has no topology {name!r}{nearest(name, known)}; it has {', '.join(known)}")
        return known[name]

    def with_(self, **changes: Any) -> Self:
        """A copy with parameters, sizes of transistors, topology, card or left-out devices changed."""
        chosen = {k: self.card if k == "card" else v for k, v in self.selection.items()}
        return type(self)(**{**chosen, **self.values(), **self.sizes, **{k.lower(): v for k, v in changes.items()}})

    def check(self) -> None:
        """InputError where parameters do not fit together."""

    @property
    def selection(self) -> dict[str, Any]:
        """What is chosen by name: the arguments beside numbers."""
        return {"topology": self.topology.name, "card": self.card.name, "without": self.without}

    @property
    def models(self) -> dict[str, Model]:
        """The `.model` cards that elements name."""
        return {kind: Model(kind, kind, self.card.models[kind]) for kind in ("nmos", "pmos")}

    def of_model(self, name: str) -> dict[str, Any]:
        """Parameters of this cell's own in an element that names the model `name`."""
        return {}

    @property
    def watch(self) -> tuple[str, Any]:  # type: ignore[override]
        return self.topology.spike, 0.5 * self.vdd

    @property
    def lanes(self) -> int:
        return CircuitNeuron.lanes.fget(self)  # type: ignore[attr-defined]

    def scales(self) -> Scales:
        return Scales(self.typical_input, float(np.median(self.c_mem) * 0.7 * np.median(self.vdd)) / self.typical_input)

    @cached_property
    def netlist(self) -> Netlist:  # type: ignore[override]
        """The circuit with all parameters and sizes put in."""
        supply = Element(SUPPLY, "v", (SUPPLY, GROUND), {"dc": self.vdd})
        current = Element(SOURCE, "i", (GROUND, self.topology.membrane), {"dc": self.typical_input})
        devices = [self.element(line.split()) for line in self.topology.devices.strip().splitlines()]
        for name in self.without:
            if name not in [e.name for e in devices]:
                known = [e.name for e in devices]
                raise InputError(f"{self.name} has no device {name!r} to leave out{nearest(name, known)}")
        kept = [e for e in devices if e.name not in self.without]
        initial = {
            node: (getattr(self, level) if isinstance(level, str) else float(level))
            for node, level in {SUPPLY: SUPPLY, **self.topology.initial}.items()
        }
        nodes = {n for e in (supply, current, *kept) for n in e.nodes}
        netlist = Netlist(
            title=self.title,
            models=self.models,
            initial={node: level for node, level in initial.items() if node in nodes},
            temperature=self.temperature,
            analyses=(Tran(1e-6, 1e-3, uic=True),),
        ).add(supply, current, *kept)
        return self.sized(netlist)

    def element(self, words: list[str]) -> Element:
        """One line of a topology."""
        name, kind, *rest = words
        if kind in ("n", "p"):
            bulk, model = (GROUND, "nmos") if kind == "n" else (SUPPLY, "pmos")
            own = dict(word.split("=") for word in rest[3:])
            size = {
                k: type(self).params[k].read(own[k], f"{self.name}: {name}") if k in own else getattr(self, k) for k in "wl"
            }
            return Element(name, "m", (*rest[:3], bulk), self.drawn(**size), model=model)
        count = KINDS[kind][1]
        nodes, word = tuple(rest[:count]), rest[count]
        if kind in MODELLED:
            return Element(name, kind, nodes, self.of_model(word), model=word)
        key = {"c": "c", "r": "r", "e": "gain"}.get(kind, "dc")
        return Element(name, kind, nodes, {key: getattr(self, word)})

    def drawn(self, w: Any, l: Any) -> dict[str, Any]:  # noqa: E741
        """Width, length and the drawn areas (m^2) and edges (m) of source and drain."""
        area, edge = w * self.diffusion, 2 * (w + self.diffusion)
        return {"w": w, "l": l, "ad": area, "as": area, "pd": edge, "ps": edge}

    def sized(self, netlist: Netlist) -> Netlist:
        """The netlist with the sizes of single transistors put in."""
        for name, value in self.sizes.items():
            element, key, unit = place(netlist, name, f"{self.name}:")
            if element.kind != "m" or key not in ("w", "l", "m", "delvto", "mulu0"):
                raise InputError(
                    f"{self.name}: {name}: of single devices w, l, m, delvto and mulu0 of transistors can be set"
                )
            try:
                number = type(self).params[key].read(value, self.name) if key in "wl" else parse(value, unit)
            except InputError as error:
                raise InputError(f"{self.name}: {name}: {error}") from None
            netlist = changed(netlist, element, key, number, f"{self.name}: {name}={value}")
            if key == "w":
                drawn = self.drawn(number, netlist.elements[element.name].params["l"])
                netlist = netlist.set(element.name, **drawn)
        return netlist

    def __repr__(self) -> str:
        inside = Parametrised.__repr__(self).partition("(")[2][:-1]
        words = [*(f"{k}={v!r}" for k, v in self.selection.items() if k != "without"), *([inside] if inside else [])]
        words += [f"{k}={v!r}" if np.ndim(v) == 0 else f"{k}=<{np.size(v)} values>" for k, v in self.sizes.items()]
        return f"{type(self).__name__}({', '.join(words)})"
