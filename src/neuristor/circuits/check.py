"""What is wrong with a circuit before it is solved: `errors` make its equations unsolvable, `warnings` its results doubtful.

Both look at the netlist only; no device is evaluated. A finding names the line of the text that the circuit was read
from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import InputError, nearest
from .check_graph import (
    CAPACITOR,
    CONTROL,
    CURRENT,
    GATE,
    SUPPLY,
    Link,
    Parts,
    charging,
    conducting,
    fed_back,
    links,
    loops,
    touching,
)  # fmt: skip
from .check_values import doubts
from .netlist import GROUND, KINDS, Element, Netlist, Noise, Place, Tran

NAMED = 4  # elements or nodes that a sentence lists
NO_POINT, HELD_POINT, FREE_POINT = range(3)  # operating point: not asked for; with nodes held by .ic; without


@dataclass(frozen=True)
class Finding:
    """One thing found: severity "error" or "warning", where it stands (None: in no text), what it is."""

    severity: str
    where: Place | None
    sentence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


def errors(netlist: Netlist) -> list[Finding]:
    """What leaves the circuit's equations without a solution, or with many, in the analyses it asks for."""
    return [f for f in _structure(netlist, _point(netlist)) if f.severity == "error"]


def warnings(netlist: Netlist) -> list[Finding]:
    """What can be solved but is probably not meant: connections, values and options."""
    found = [f for f in _structure(netlist, _point(netlist)) if f.severity == "warning"]
    return found + [Finding("warning", where, sentence) for where, sentence in doubts(netlist)]


def require_sound(netlist: Netlist, needs_op: bool) -> None:
    """InputError with the first error's sentence, if there is one.

    needs_op  an operating point will be solved; without one (a transient run from given voltages) a capacitor or a gate
              may be all that fixes a node, and inductors may form loops
    """
    point = NO_POINT if not needs_op else _point(netlist) or FREE_POINT
    for finding in _structure(netlist, point, inductors=needs_op):
        if finding.severity == "error":
            raise InputError(str(finding))


def report(netlist: Netlist) -> list[dict[str, str | int | None]]:
    """All findings for JSON, errors first: severity, file, line (null if the circuit comes from no text), sentence."""
    return [
        {
            "severity": f.severity,
            "file": f.where.file if f.where else None,
            "line": f.where.line if f.where else None,
            "sentence": f.sentence,
        }
        for f in [*errors(netlist), *warnings(netlist)]
    ]


def _point(netlist: Netlist) -> int:
    """Which operating point the analyses ask for. That of a transient run holds the nodes of `.ic`, others do not."""
    if any(not isinstance(a, Tran) for a in netlist.analyses):
        return FREE_POINT
    return HELD_POINT if any(isinstance(a, Tran) and not a.uic for a in netlist.analyses) else NO_POINT


def _structure(netlist: Netlist, point: int, inductors: bool = True) -> Iterator[Finding]:
    """Everything that follows from the connections alone."""
    elements = list(netlist.elements.values())
    if not elements:
        yield Finding("error", None, "the circuit has no elements")
        return
    yield from _references(netlist)
    yield from (_loop(loop) for loop in loops(netlist, "vleh" if inductors else "veh"))
    near = touching(netlist)
    if GROUND not in near:
        sentence = "the circuit has no ground: connect a node that is named 0 or gnd"
        yield Finding("error", elements[0].place, sentence)
        return
    floating: set[str] = set()
    for group, finding in _groups(netlist, near, point):
        floating.update(group)
        yield finding
    yield from _loose_ends(netlist, near, floating)


def _references(netlist: Netlist) -> Iterator[Finding]:
    """Controlling sources and models that do not exist."""
    for e in netlist.elements.values():
        if e.kind in "fh":
            control = netlist.elements.get(e.control)
            if control is None or control.kind != "v":
                known = [name for name, other in netlist.elements.items() if other.kind == "v"]
                sentence = f"{e.name} is controlled by the current of a voltage source {e.control!r}, which does not exist"
                yield Finding("error", e.place, sentence + nearest(e.control, known))
        if e.kind in "dmsyu" and e.model not in netlist.models:
            sentence = f"{e.name}: there is no model {e.model!r}{nearest(e.model, netlist.models)}"
            yield Finding("error", e.place, sentence)


def _loop(loop: Sequence[Element]) -> Finding:
    """The error of a closed loop of voltage sources and inductors."""
    last, kinds = loop[-1], {e.kind for e in loop}
    if len(loop) == 1:
        node = last.nodes[0]
        what = KINDS[last.kind][0]
        where = f"{last.name} is {'an' if what[0] in 'aeiou' else 'a'} {what} with both ends on node {node}"
        return Finding("error", last.place, f"{where}: its current is undetermined; connect one end elsewhere")
    plain = "inductors" if kinds == {"l"} else "voltage sources" if "l" not in kinds else "voltage sources and inductors"
    nodes = listed(list(dict.fromkeys(n for e in loop for n in e.nodes[:2])))
    why = "nothing limits the current around it" + (" at DC, where an inductor is a short" if "l" in kinds else "")
    sentence = f"{_names(loop)} form a loop of {plain} (nodes {nodes}): {why}; put a resistor into the loop"
    return Finding("error", last.place, sentence)


def _groups(netlist: Netlist, near: dict[str, list[Element]], point: int) -> Iterator[tuple[list[str], Finding]]:
    """Groups of nodes that nothing joins to ground, or nothing but capacitors, gates and current sources."""
    dc, joined = Parts(), Parts()
    for e in netlist.elements.values():
        for a, b in conducting(e):
            dc.join(a, b)
            joined.join(a, b)
        for a, b in charging(e):
            joined.join(a, b)
    cut_off: set[str] = set()
    for group in joined.apart_from(GROUND, netlist.nodes):
        found = links(group, near)
        if not fed_back(found):
            cut_off.update(group)
            yield group, _cut_off(group, found, near)
    for group in dc.apart_from(GROUND, netlist.nodes):
        found = links(group, near)
        if group[0] not in cut_off and not fed_back(found):
            yield group, _undetermined(group, found, netlist, near, point)


def _cut_off(group: list[str], found: Sequence[Link], near: dict[str, list[Element]]) -> Finding:
    """The error of nodes that are not connected to ground at all."""
    nodes, verb = _nodes(group)
    sources = [e for e, role in found if role == CURRENT]
    if sources:
        sentence = f"{nodes} {verb} no path to ground, so that the current of {_names(sources)} has nowhere to go"
        return Finding("error", sources[0].place, f"{sentence}; connect a resistor or a capacitor")
    sentence = f"{nodes} {verb} no connection to ground, so that nothing determines the voltage; connect a resistor"
    return Finding("error", near[group[0]][0].place, sentence)


def _undetermined(
    group: list[str], found: Sequence[Link], netlist: Netlist, near: dict[str, list[Element]], point: int
) -> Finding:
    """The finding on nodes without a path to ground for direct current."""
    nodes, verb = _nodes(group)
    roles = {role for _, role in found}
    started = any(n in netlist.initial for n in group)
    first = near[group[0]][0].place
    if roles <= {GATE, CONTROL}:
        fixed = point != FREE_POINT and started
        connects = "connects" if len(group) == 1 else "connect"
        sentence = f"{nodes} {connects} to nothing but gates ({_named_links(found)})"
        why = "its voltage is that of .ic for ever" if fixed else "nothing determines its voltage"
        return Finding("warning" if fixed else "error", first, f"{sentence}: {why}")
    sources = [e for e, role in found if role == CURRENT]
    where = sources[0].place if sources else first
    sentence = f"{nodes} {verb} no DC path to ground (only {_named_links(found)})"
    if point == NO_POINT or point == HELD_POINT and started:
        return Finding(
            "warning", where, f"{sentence}: its voltage keeps every error in charge, from the start (.ic, else 0 V) on"
        )
    cure = f"connect a resistor, or start a .tran from .ic v({group[0]})=... with uic"
    if sources:
        why = f"in an operating point the current of {_names(sources)} has nowhere to go"
    else:
        why = "its voltage is undetermined in an operating point"
    return Finding("error", where, f"{sentence}: {why}; {cure}")


def _loose_ends(netlist: Netlist, near: dict[str, list[Element]], floating: set[str]) -> Iterator[Finding]:
    """Nodes with one connection that nothing measures."""
    signals = [m.signal for m in netlist.measures]
    signals += [c.signal for m in netlist.measures for c in (m.trigger, m.target) if c]
    used = {name for s in signals if s for name in (s.name, s.reference)}
    used |= {name for a in netlist.analyses if isinstance(a, Noise) for name in (a.output, a.reference)}
    for node in netlist.nodes:
        if len(near[node]) == 1 and node not in floating and node not in used:
            e = near[node][0]
            yield Finding("warning", e.place, f"node {node} has a single connection, to {e.name}: is its name right?")


def _nodes(group: list[str]) -> tuple[str, str]:
    """The group as subject of a sentence, and its verb."""
    return (f"node {group[0]}", "has") if len(group) == 1 else (f"nodes {listed(group)}", "have")


def _names(elements: Sequence[Element]) -> str:
    return listed([e.name for e in elements])


def _named_links(found: Sequence[Link]) -> str:
    """ "i1, c1, gate of m1": current sources and capacitors by name, terminals with what they are."""
    rank = {CURRENT: 0, CAPACITOR: 1, GATE: 2, CONTROL: 3, SUPPLY: 4}
    ordered = sorted(found, key=lambda link: rank[link[1]])
    return listed([e.name if role in (CURRENT, CAPACITOR) else f"{role} of {e.name}" for e, role in ordered])


def listed(names: Sequence[str]) -> str:
    """ "a, b and c", or "a, b, c, d and 3 more"."""
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
