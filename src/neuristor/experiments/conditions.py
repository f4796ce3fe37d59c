"""What supply and temperature do to a circuit neuron: every metric over V_DD, or over degrees Celsius.

Temperatures are lanes of one run. Every supply is a run of its own: the solver's tolerance follows the largest supply of
its lanes, so that 1.0 V beside 1.5 V would be solved less exactly than by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..circuits.cells.base import Cell
from ..circuits.netlist import Element, Netlist
from ..circuits.neuron import CircuitNeuron
from ..circuits.settings import COLDEST
from ..errors import InputError
from ..quantities import number_list, show
from ..subject import Subject
from .base import Result
from .diagnosis import why_silent
from .inputs import one_lane
from .metrics import METRICS
from .observation import Observed, is_circuit, nominal, observed, part_of, rewired, supplies, taken


@dataclass(frozen=True)
class ConditionSweep(Result):
    """Metrics over one condition.

    condition, unit   "supply" in V or "temperature" in C;  points (n,) in rising order
    values            metric -> (n,), NaN where the neuron does not spike
    spiking           (n,) bool;  reasons: (n,) why it does not, "" where it does
    current (A), and duration (s) simulated, up to 16 times as much where spikes are slow
    """

    subject: str
    condition: str
    unit: str
    points: np.ndarray
    values: dict[str, np.ndarray]
    spiking: np.ndarray
    reasons: list[str]
    current: float
    duration: float
    nominal: dict[str, float] = field(default_factory=dict)

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """First and last point of every stretch of neighbouring points at which it spikes."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.spiking.astype(int), [0]])))
        return [(float(self.points[a]), float(self.points[b - 1])) for a, b in edges.reshape(-1, 2)]

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"ranges": self.ranges}


def supply_sweep(
    subject: Subject,
    supplies: Any,
    *,
    current: Any = None,
    spikes: int = 5,
    progress: Callable[[float], None] | None = None,
) -> ConditionSweep:
    """Metrics over supply voltages (V) at one input current (default: the circuit's own).

    Which source is the supply: a cell's V_DD, else the one of the largest constant voltage. Spikes are counted at the same
    share of it. InputError for equation neurons, which have none.
    """
    volts = supply_points(circuit_of(subject, "supply sweep"), supplies, "supply sweep")
    own = nominal(subject, current, spikes, "supply sweep")
    variants = [supplied(subject, float(v)) for v in volts]
    found = grouped(variants, own.current, own.duration, progress)
    return swept(subject, "supply", "V", volts, found, variants, own)


def temperature_sweep(
    subject: Subject,
    temperatures: Any,
    *,
    current: Any = None,
    spikes: int = 5,
    progress: Callable[[float], None] | None = None,
) -> ConditionSweep:
    """Metrics over temperatures (degrees Celsius) at one input current. InputError for equation neurons."""
    degrees = temperature_points(circuit_of(subject, "temperature sweep"), temperatures, "temperature sweep")
    own = nominal(subject, current, spikes, "temperature sweep")
    variants = [heated(subject, degrees)]
    found = grouped(variants, own.current, own.duration, progress)
    return swept(subject, "temperature", "C", degrees, found, variants, own)


def swept(
    subject: Subject, condition: str, unit: str, points: np.ndarray, found: Observed, variants: Sequence[Any], own: Any
) -> ConditionSweep:
    reasons = reasons_of(found, variants, own.current)
    return ConditionSweep(
        subject.name, condition, unit, points, found.values, found.spiking, reasons, own.current, own.duration, own.values
    )


def reasons_of(found: Observed, variants: Sequence[Any], current: float) -> list[str]:
    """Why each lane does not spike, "" where it does; `variants` are the groups of lanes in order."""
    failed = {int(text.split()[1]): text.partition(": ")[2] for text in found.failures}
    lanes = [(variant, lane) for variant in variants for lane in range(variant.lanes)]
    return [
        "" if good else failed.get(k) or why_silent(taken(lanes[k][0], np.array([lanes[k][1]])), current)
        for k, good in enumerate(found.spiking)
    ]


def joined(parts: Sequence[Observed]) -> Observed:
    """Observations of several groups of lanes as one, lanes numbered through."""
    failures, first = [], 0
    for part in parts:
        for text in part.failures:
            _, lane, rest = text.split(" ", 2)
            failures.append(f"lane {first + int(lane)} {rest}")
        first += len(part.spiking)
    return Observed({name: np.concatenate([p.values[name] for p in parts]) for name in METRICS}, failures)


def circuit_of(subject: Any, what: str) -> CircuitNeuron:
    """The subject as a circuit; InputError for equation neurons."""
    if not is_circuit(subject):
        raise InputError(f"{what}: {subject.name} is an equation neuron, without supply, temperature or transistors")
    one_lane(subject, what)
    return subject


def sorted_points(subject: CircuitNeuron, points: Any, unit: str, what: str) -> np.ndarray:
    """The points of a sweep as SI numbers in rising order, each once."""
    if not np.size(points):
        raise InputError(f"{what} of {subject.name}: no points are given")
    return np.unique(number_list(points, unit, f"{what} of {subject.name}"))


def supply_points(subject: CircuitNeuron, supplies: Any, what: str) -> np.ndarray:
    """Supplies (V) in rising order; InputError for one that is not positive."""
    volts = sorted_points(subject, supplies, "V", what)
    if volts[0] <= 0:
        raise InputError(f"{what}: {show(float(volts[0]), 'V')} is not positive")
    return volts


def temperature_points(subject: CircuitNeuron, temperatures: Any, what: str) -> np.ndarray:
    """Temperatures (degrees Celsius) in rising order; InputError for one that cannot be."""
    degrees = sorted_points(subject, temperatures, "1", f"{what} (degrees Celsius)")
    if degrees[0] <= COLDEST:
        raise InputError(f"{what}: {degrees[0]:g} (degrees Celsius) is below absolute zero, {COLDEST:g}")
    return degrees


def supply_of(netlist: Netlist) -> Element:
    """The source that supplies the circuit: "vdd", else the one of the largest constant voltage."""
    held = supplies(netlist)
    if not held:
        raise InputError("the circuit has no source of constant voltage that could be its supply")
    named = [e for e in held if e.name == "vdd"]
    return named[0] if named else max(held, key=lambda e: float(np.max(np.abs(e.params["dc"]))))


def supplied(subject: Any, volts: float) -> Any:
    """The circuit at another supply; spike level and initial voltages that equalled the old supply follow."""
    if isinstance(subject, Cell):
        return subject.with_(vdd=volts)
    e = supply_of(subject.netlist)
    old = float(e.params["dc"])
    initial = {node: volts if v == old else v for node, v in subject.netlist.initial.items()}
    netlist = subject.netlist.set(e.name, dc=volts)
    return rewired(subject, replace(netlist, initial=initial), subject.watch[1] * volts / old)


def heated(subject: Any, degrees: Any) -> Any:
    """The circuit at other temperatures, in degrees Celsius."""
    return rewired(subject, replace(subject.netlist, temperature=degrees))


def grouped(variants: Sequence[Any], current: float, duration: float, progress: Any = None) -> Observed:
    """Observe groups of lanes one after the other."""
    n = len(variants)
    return joined([observed(v, current, duration, progress=part_of(progress, k / n, 1 / n)) for k, v in enumerate(variants)])
