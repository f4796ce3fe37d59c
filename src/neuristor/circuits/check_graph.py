"""What conducts, what holds charge and what only listens in a circuit: the graph behind `check`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from .netlist import GROUND, Element, Netlist

HOLDERS = "vleh"  # elements that set a voltage (an inductor: zero, at DC), in the order in which loops are looked for
CURRENT, CAPACITOR, GATE, CONTROL = "current source", "capacitor", "gate", "control input"
SUPPLY = "supply pin"
Link = tuple[Element, str]  # an element at the border of a group of nodes, and what it does there


class Parts:
    """Names in disjoint sets."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        """The representative of a name's set."""
        root = name
        while (above := self.parent.setdefault(root, root)) != root:
            root = above
        while name != root:
            self.parent[name], name = root, self.parent[name]
        return root

    def join(self, a: str, b: str) -> bool:
        """Unite two sets; False if they were one already."""
        a, b = self.find(a), self.find(b)
        self.parent[a] = b
        return a != b

    def apart_from(self, name: str, nodes: Iterable[str]) -> list[list[str]]:
        """The sets of nodes that do not hold `name`."""
        groups: dict[str, list[str]] = {}
        for node in nodes:
            groups.setdefault(self.find(node), []).append(node)
        groups.pop(self.find(name), None)
        return list(groups.values())


def conducting(e: Element) -> list[tuple[str, str]]:
    """Pairs of nodes that the element joins for direct current."""
    if e.kind == "m":
        drain, _, source, bulk = e.nodes
        return [(drain, source), (drain, bulk)]
    if e.kind == "u":  # what the positive supply gives is fixed by the output alone
        inp, inn, _, negative, out = e.nodes
        return [(inp, inn), (out, negative)]
    return [(e.nodes[0], e.nodes[1])] if e.kind in "rldsvehy" else []


def charging(e: Element) -> list[tuple[str, str]]:
    """Pairs of nodes between which the element holds charge."""
    if e.kind == "m":
        return [(e.nodes[0], e.nodes[1])]
    return [(e.nodes[0], e.nodes[1])] if e.kind == "c" else []


def links(group: Iterable[str], touching: Mapping[str, list[Element]]) -> list[Link]:
    """What crosses the border of a group of nodes without joining them for direct current, in order of appearance."""
    inside = set(group)
    near = {e.name: e for node in inside for e in touching[node]}
    found: list[Link] = []
    for e in near.values():
        ends = [n in inside for n in e.nodes]
        if e.kind in "cigf" and ends[0] != ends[1]:
            found.append((e, CAPACITOR if e.kind == "c" else CURRENT))
        if e.kind in "egs" and ends[2] != ends[3]:
            found.append((e, CONTROL))
        if e.kind == "m" and ends[1] and not ends[0]:
            found.append((e, GATE))
        if e.kind == "u" and ends[0] != ends[4]:
            found.append((e, CONTROL))
        if e.kind == "u" and ends[2] and not ends[3]:
            found.append((e, SUPPLY))
    return found


def fed_back(found: Iterable[Link]) -> bool:
    """Whether a controlled current enters a group whose voltage something senses: feedback may fix its voltage.

    Without such a current the sum of the group's equations holds no unknown; without a sensor its voltage is in none.
    """
    found = list(found)
    return any(role == CURRENT and e.kind in "gf" for e, role in found) and any(r in (GATE, CONTROL) for _, r in found)


def touching(netlist: Netlist) -> dict[str, list[Element]]:
    """Node -> its elements, one entry for each terminal."""
    found: dict[str, list[Element]] = {}
    for e in netlist.elements.values():
        for node in e.nodes:
            found.setdefault(node, []).append(e)
    return found


def loops(netlist: Netlist, kinds: str = HOLDERS) -> Iterator[list[Element]]:
    """Closed loops of elements that set a voltage, each in order of appearance; none of what a current can settle.

    A controlled source in a loop whose current is sensed (f, h) may settle that current; such a loop is left out.
    """
    parts = Parts()
    edges: dict[str, list[tuple[str, Element]]] = {}
    sensed = {e.control for e in netlist.elements.values() if e.control}
    order = {name: k for k, name in enumerate(netlist.elements)}
    for e in sorted((e for e in netlist.elements.values() if e.kind in kinds), key=lambda e: kinds.index(e.kind)):
        a, b = e.nodes[:2]
        if parts.join(a, b):
            edges.setdefault(a, []).append((b, e))
            edges.setdefault(b, []).append((a, e))
            continue
        loop = sorted([*path(edges, a, b), e], key=lambda e: order[e.name])
        if not (any(e.kind in "eh" for e in loop) and any(e.name in sensed for e in loop)):
            yield loop


def path(edges: Mapping[str, list[tuple[str, Element]]], a: str, b: str) -> list[Element]:
    """Elements from a to b in a forest that joins them."""
    came: dict[str, tuple[str, Element] | None] = {a: None}
    queue = deque([a])
    while b not in came:
        node = queue.popleft()
        for other, e in edges[node]:
            if other not in came:
                came[other] = (node, e)
                queue.append(other)
    found, step = [], came[b]
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found


def potentials(netlist: Netlist, level: Callable[[Element], float | None]) -> dict[str, tuple[float, Element | None]]:
    """Voltages of the nodes that a chain of voltage sources holds, each with its source; ground is 0 V.

    level: the voltage of a source, or None for a source that holds nothing.
    """
    edges: dict[str, list[tuple[str, float, Element]]] = {}
    for e in netlist.elements.values():
        value = level(e) if e.kind == "v" else None
        if value is not None:
            edges.setdefault(e.nodes[1], []).append((e.nodes[0], value, e))
            edges.setdefault(e.nodes[0], []).append((e.nodes[1], -value, e))
    found: dict[str, tuple[float, Element | None]] = {GROUND: (0.0, None)}
    queue = deque([GROUND])
    while queue:
        node = queue.popleft()
        for other, value, e in edges.get(node, []):
            if other not in found:
                found[other] = (found[node][0] + value, e)
                queue.append(other)
    return found
