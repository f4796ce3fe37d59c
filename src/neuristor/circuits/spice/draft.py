"""What a reader collects: the parts of a netlist, and the references that are checked when all is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...errors import nearest
from ..netlist import GROUND, Analysis, Element, Measure, Model, Netlist, Place, Signal
from .places import Unplaced, located, short

MOST_ELEMENTS = 200_000
COLDEST, HOTTEST = -273.15, 1000.0


@dataclass
class Draft:
    """A netlist that is being read."""

    title: str
    elements: dict[str, Element] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    initial: dict[str, float] = field(default_factory=dict)
    nodeset: dict[str, float] = field(default_factory=dict)
    options: dict[str, float | str] = field(default_factory=dict)
    temperature: float | None = None
    analyses: list[Analysis] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)  # of all instances
    used_nodes: list[tuple[str, Place]] = field(default_factory=list)  # must be nodes of some element
    used_sources: list[tuple[str, str, Place]] = field(default_factory=list)  # (name, allowed letters, place)

    def add(self, element: Element) -> None:
        """Unplaced if the name is taken."""
        if element.name in self.elements:
            first = self.elements[element.name].place
            raise Unplaced(f"there are two elements named {short(element.name)} (the first on {first})")
        if len(self.elements) >= MOST_ELEMENTS:
            raise Unplaced(f"the circuit has more than {MOST_ELEMENTS} elements")
        self.elements[element.name] = element

    def set_temperature(self, celsius: float) -> None:
        """Unplaced if it is out of range or contradicts another card."""
        if not COLDEST < celsius < HOTTEST:
            raise Unplaced(f"{celsius:g} is no temperature in degrees Celsius between {COLDEST:g} and {HOTTEST:g}")
        if self.temperature not in (None, celsius):
            raise Unplaced(f"there are two temperatures, {self.temperature:g} and {celsius:g}; read one at a time")
        self.temperature = celsius

    def use(self, signal: Signal, place: Place) -> None:
        """Remember to check that what a signal names exists."""
        if signal.kind == "i":
            self.used_sources.append((signal.name, "v", place))
        else:
            self.used_nodes += [(name, place) for name in (signal.name, signal.reference)]

    def finished(self) -> Netlist:
        """The netlist; InputError for a reference to what does not exist."""
        nodes = {GROUND} | {n for e in self.elements.values() for n in e.nodes}
        for node, place in self.used_nodes:
            if node not in nodes:
                with located(place):
                    raise Unplaced(f"the circuit has no node {short(node)}{nearest(node, nodes)}")
        for e in self.elements.values():
            if e.control and e.place:
                self.used_sources.append((e.control, "v", e.place))
        for name, letters, place in self.used_sources:
            with located(place):
                self.check_source(name, letters)
        temperature = 27.0 if self.temperature is None else self.temperature
        return Netlist(
            self.title, self.elements, self.models, self.initial, self.nodeset, self.options, temperature,
            tuple(self.analyses), tuple(self.measures),
        )  # fmt: skip

    def check_source(self, name: str, letters: str) -> None:
        what = {"v": "voltage source", "vi": "voltage or current source"}[letters]
        if name not in self.elements:
            known = [n for n, e in self.elements.items() if e.kind in letters]
            raise Unplaced(f"the circuit has no {what} {short(name)}{nearest(name, known)}")
        if self.elements[name].kind not in letters:
            raise Unplaced(f"{short(name)} is not a {what}, which is needed here")
