"""Values that are probably not meant: sizes, edges and supplies far outside the usual, options that hide the signal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..devices.memristor.windows import HOLDING
from ..quantities import show
from .check_graph import potentials
from .check_wells import bulks
from .netlist import Element, Netlist, Place, Tran

Doubt = tuple[Place | None, str]
METRES = "sizes are in metres: write 1u for 1 um"
USUAL = {  # (letter of the element, parameter) -> (smallest, largest, unit, advice)
    ("c", "c"): (1e-18, math.nextafter(1e-3, 0.0), "F", "write u, n, p or f after the number"),
    ("r", "r"): (1e-3, 1e15, "Ohm", "m is milli and meg is mega"),
    ("m", "w"): (10e-9, 10e-3, "m", METRES),
    ("m", "l"): (10e-9, 10e-3, "m", METRES),
}
HIGHEST_VOLTAGE = 1e3  # V
GATE_CAPACITANCE = 5e-3  # F/m^2: 5 fF/um^2, a rough oxide
PART = 0.05  # a tolerance of more than this part of the smallest signal hides it
GOOD_PART = 1e-5  # what a tolerance should be
SPICE_DEFAULTS = {"chgtol": 1e-14, "abstol": 1e-12, "gmin": 1e-12}


def doubts(netlist: Netlist) -> Iterator[Doubt]:
    """(place, sentence) of everything suspicious in the values of a circuit."""
    yield from sizes(netlist)
    yield from high_voltages(netlist)
    yield from slow_pulses(netlist)
    yield from coarse_step(netlist)
    yield from charge_tolerance(netlist)
    yield from current_tolerances(netlist)
    yield from contradicted_starts(netlist)
    yield from unused_models(netlist)
    yield from bulks(netlist)
    yield from stuck_states(netlist)


def sizes(netlist: Netlist) -> Iterator[Doubt]:
    """Passive elements and transistors of unusual size; one finding a line of text and value."""
    seen: set[tuple[Any, ...]] = set()
    for e in netlist.elements.values():
        for (kind, key), (low, high, unit, advice) in USUAL.items():
            if e.kind != kind or key not in e.params:
                continue
            for value in np.ravel(e.params[key]).tolist():
                which = (e.place or e.name, key, value)
                if value != 0 and not low <= abs(value) <= high and which not in seen:
                    seen.add(which)
                    size = f"{key} = {show(value, unit)}" if kind == "m" else show(value, unit)
                    yield e.place, f"{e.name} has {size}, which is unusual: {advice}"


def high_voltages(netlist: Netlist) -> Iterator[Doubt]:
    for e in netlist.elements.values():
        if e.kind == "v" and peak(e) > HIGHEST_VOLTAGE:
            yield e.place, f"{e.name} reaches {show(peak(e), 'V')}, which is unusual: is it meant?"


def slow_pulses(netlist: Netlist) -> Iterator[Doubt]:
    """PULSE sources whose edges take longer than the pulse, or than the run."""
    tran = netlist.analysis(Tran)
    for e in netlist.elements.values():
        if e.wave is None or e.wave.kind != "pulse":
            continue
        values = e.wave.values
        width = values[5] if len(values) > 5 and values[5] > 0 else math.inf
        for name, edge in zip(("rise", "fall"), values[3:5], strict=False):
            if tran and edge > tran.stop:
                other, limit = "the whole run", tran.stop
            elif edge > width:
                other, limit = "its width", width
            else:
                continue
            yield e.place, f"{e.name}: the {name} time of its pulse, {show(edge, 's')}, exceeds {other}, {show(limit, 's')}"


def coarse_step(netlist: Netlist) -> Iterator[Doubt]:
    """A `.tran` step that is longer than the fastest edge of a source."""
    tran = netlist.analysis(Tran)
    found = [(edge, e) for e in netlist.elements.values() for edge in edges(e)]
    if tran is None or not found:
        return
    edge, e = min(found, key=lambda pair: pair[0])
    if tran.step > edge * (1 + 1e-9):
        yield (
            e.place,
            (
                f"the step of .tran, {show(tran.step, 's')}, is longer than the fastest edge, {show(edge, 's')} of {e.name}:"
                " stored waveforms will miss it"
            ),
        )


def charge_tolerance(netlist: Netlist) -> Iterator[Doubt]:
    """`chgtol` against the smallest charge: that of a capacitor, or of a gate where there are no capacitors."""
    if netlist.analysis(Tran) is None:
        return
    volts = voltage_scale(netlist)
    elements = list(netlist.elements.values())
    found = [(smallest(e.params["c"]), e) for e in elements if e.kind == "c" and smallest(e.params.get("c", 0.0))]
    if not found:
        found = [(gate_capacitance(e), e) for e in elements if e.kind == "m" and {"w", "l"} <= set(e.params)]
    if found:
        farads, e = min(found, key=lambda pair: pair[0])
        what = f"the charge of {e.name}, {show(farads, 'F')} x {show(volts, 'V')} = {show(farads * volts, 'C')}"
        yield from tolerance(netlist, "chgtol", "C", 1.0, farads * volts, what, e)


def current_tolerances(netlist: Netlist) -> Iterator[Doubt]:
    """`abstol`, and the leakage that `gmin` adds to each junction, against the smallest current of a source."""
    found = [(peak(e), e) for e in netlist.elements.values() if e.kind == "i" and peak(e)]
    if not found:
        return
    amperes, e = min(found, key=lambda pair: pair[0])
    what = f"the current of {e.name}, {show(amperes, 'A')}"
    yield from tolerance(netlist, "abstol", "A", 1.0, amperes, what, e)
    if any(e.kind in "dm" for e in netlist.elements.values()):
        yield from tolerance(netlist, "gmin", "S", voltage_scale(netlist), amperes, what, e)


def tolerance(
    netlist: Netlist, name: str, unit: str, per_unit: float, signal: float, what: str, e: Element
) -> Iterator[Doubt]:
    """The doubt about one option, given or left at SPICE's default, whose effect is its value times `per_unit`."""
    given = netlist.options.get(name)
    value = float(given) if isinstance(given, (int, float)) else SPICE_DEFAULTS[name]
    part = value * per_unit / signal
    if part <= PART:
        return
    effect = f"{'leaks' if name == 'gmin' else 'is'} {100 * part:.3g} % of {what}"
    better = f"1e{math.floor(math.log10(GOOD_PART * signal / per_unit) + 1e-9)}"
    if isinstance(given, (int, float)):
        yield e.place, f"the option {name} = {show(value, unit)} {effect}, which may vanish: set {name}={better}"
    else:
        default = f"{name} is not set, and SPICE's default of {show(value, unit)} {effect}"
        yield e.place, f"{default}, which may vanish in another program: set {name}={better}"


def contradicted_starts(netlist: Netlist) -> Iterator[Doubt]:
    """`.ic` of a node that sources hold at another voltage."""
    held = potentials(netlist, start)
    for node, value in netlist.initial.items():
        volts, source = held.get(node, (0.0, None))
        given = first(value)
        if source is not None and not math.isclose(given, volts, rel_tol=1e-6, abs_tol=1e-9):
            yield source.place, f".ic v({node})={given:g} is without effect: {source.name} holds the node at {volts:g} V"


def unused_models(netlist: Netlist) -> Iterator[Doubt]:
    """Models that no element names, in the files that hold elements: a library may offer more than is used."""
    used = {e.model for e in netlist.elements.values()}
    files = {e.place.file for e in netlist.elements.values() if e.place}
    needed = {netlist.models[name].place for name in used if name in netlist.models}
    for model in netlist.models.values():
        in_library = model.place is not None and model.place.file not in files
        elsewhere = model.place is not None and model.place in needed  # of another instance of the subcircuit
        if model.name not in used and not in_library and not elsewhere:
            yield model.place, f"no element uses the model {model.name!r}"


def stuck_states(netlist: Netlist) -> Iterator[Doubt]:
    """Memristors that begin at an end which their window never leaves."""
    for e in netlist.elements.values():
        card = netlist.models.get(e.model)
        window = card.params.get("window", "") if card is not None and e.kind == "y" else ""
        start_at = np.ravel(e.params.get("x0", 0.0))
        if window in HOLDING and np.any((start_at == 0) | (start_at == 1)):
            end = float(start_at[(start_at == 0) | (start_at == 1)][0])
            yield e.place, f"{e.name} begins at x0 = {end:g}, which the {window} window never leaves: begin between 0 and 1"


def first(value: Any) -> float:
    """The value of the first lane."""
    return float(np.ravel(value)[0])


def smallest(value: Any) -> float:
    """The smallest size among lanes that is not zero (0 if all are)."""
    sizes = np.abs(np.ravel(value))
    return float(np.min(sizes[sizes > 0], initial=math.inf)) if np.any(sizes > 0) else 0.0


def gate_capacitance(e: Element) -> float:
    """A rough gate capacitance of a MOSFET, F."""
    return GATE_CAPACITANCE * smallest(e.params["w"]) * smallest(e.params["l"]) * smallest(e.params.get("m", 1.0))


def levels(e: Element) -> list[float]:
    """Values that a source takes in its time course, or its dc values."""
    if e.wave is None:
        return [float(v) for v in np.ravel(e.params.get("dc", 0.0))]
    values = e.wave.values
    if e.wave.kind == "sin":
        return [values[0] - values[1], values[0] + values[1]]
    return list(values[1::2] if e.wave.kind == "pwl" else values[:2])


def peak(e: Element) -> float:
    """The largest size of a source's value."""
    return max(abs(v) for v in levels(e))


def edges(e: Element) -> list[float]:
    """Durations of the edges that a source's time course states, s."""
    if e.wave is None:
        return []
    values = e.wave.values
    if e.wave.kind == "pulse":
        return [edge for edge in values[3:5] if edge > 0 and values[0] != values[1]]
    if e.wave.kind == "pwl":
        points = list(zip(values[::2], values[1::2], strict=False))
        return [t2 - t1 for (t1, v1), (t2, v2) in zip(points, points[1:], strict=False) if v1 != v2]
    return []


def start(e: Element) -> float | None:
    """The value of a source at t = 0."""
    if e.wave is None:
        return first(e.params.get("dc", 0.0))
    values = e.wave.values
    if e.wave.kind == "pwl":
        return float(np.interp(0.0, values[::2], values[1::2]))
    if e.wave.kind == "sin":
        return values[0] + values[1] * math.sin(math.radians(values[5] if len(values) > 5 else 0.0))
    return values[0]


def voltage_scale(netlist: Netlist) -> float:
    """The circuit's own scale of voltage: the largest value of a voltage source, else of `.ic`, else 1 V."""
    sources = [peak(e) for e in netlist.elements.values() if e.kind == "v"]
    starts = [abs(first(v)) for v in netlist.initial.values()]
    return max(sources, default=0.0) or max(starts, default=0.0) or 1.0
