"""Bulks of transistors that are not where the junctions stay closed: below everything (NMOS), above everything (PMOS)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from .check_graph import Parts, conducting, potentials
from .netlist import Element, Netlist, Place

CLOSE = 1e-6  # V


def bulks(netlist: Netlist) -> Iterator[tuple[Place | None, str]]:
    """(place, sentence) for each transistor whose bulk a supply within its reach can open.

    Supplies are the nodes that constant voltage sources hold, and ground; without any nothing is said. A bulk on the
    transistor's own source or drain is a well of its own.
    """
    held = {node: volts for node, (volts, _) in potentials(netlist, constant).items()}
    if len(held) == 1:
        return
    reach = Reach(netlist, held)
    for e in netlist.elements.values():
        card = netlist.models.get(e.model)
        if e.kind != "m" or card is None or card.kind not in ("nmos", "pmos"):
            continue
        drain, _, source, bulk = e.nodes
        if bulk in (drain, source):
            continue
        below = card.kind == "nmos"
        limit = "lowest" if below else "highest"
        if bulk not in held:
            yield e.place, f"the bulk of {e.name} is on node {bulk}, which no supply holds: connect it to the {limit} supply"
            continue
        near = reach.of(drain) | reach.of(source)
        worst = (min if below else max)(near, key=lambda node: (held[node], node), default=bulk)
        if (held[bulk] - held[worst] if below else held[worst] - held[bulk]) > CLOSE:
            yield (
                e.place,
                (
                    f"the bulk of {e.name} ({card.kind}) is on node {bulk} at {held[bulk]:g} V,"
                    f" but the {limit} supply is node {worst} at {held[worst]:g} V"
                ),
            )


def constant(e: Element) -> float | None:
    """The voltage of a source without a time course."""
    return float(np.ravel(e.params.get("dc", 0.0))[0]) if e.wave is None else None


class Reach:
    """Which supplies a node can be pulled to through channels, resistors, inductors, diodes and switches."""

    def __init__(self, netlist: Netlist, held: Mapping[str, float]) -> None:
        self.held, self.parts = held, Parts()
        pairs = [conducting(e)[0] for e in netlist.elements.values() if e.kind in "rldsmy"]
        for a, b in pairs:
            if a not in held and b not in held:
                self.parts.join(a, b)
        self.supplies: dict[str, set[str]] = {}
        for a, b in pairs:
            for node, supply in ((a, b), (b, a)):
                if supply in held and node not in held:
                    self.supplies.setdefault(self.parts.find(node), set()).add(supply)

    def of(self, node: str) -> set[str]:
        return {node} if node in self.held else self.supplies.get(self.parts.find(node), set())
