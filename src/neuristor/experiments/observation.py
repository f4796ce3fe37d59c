"""How a neuron and its variants are run and measured: at one constant current, all variants as lanes.

A nominal run finds how long to simulate; lanes that show too few spikes in that time are given more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuits.netlist import Element, Netlist
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..quantities import show, whole_number
from ..subject import Subject
from ..trace import Trace
from .base import constant
from .diagnosis import why_silent
from .inputs import firing_input, one_lane
from .metrics import METRICS, measure

SAMPLES = 401  # of the power over a run: the rest after the last spike to 1e-3 of a spike's energy
CHUNK = 2000  # lanes at once: bounds the memory of the samples
ENOUGH = 3  # spikes for a steady interval
PATIENCE = (1.0, 4.0, 16.0)  # times the nominal duration, for lanes with fewer
TRIES = 8  # doublings until the nominal neuron has fired often enough
TAIL = 0.5  # intervals simulated after the last spike wanted


@dataclass(frozen=True)
class Nominal:
    """The neuron itself: its input (in its unit), how long to run (s), and its metrics."""

    current: float
    duration: float
    values: dict[str, float]


@dataclass(frozen=True)
class Observed:
    """Metrics of all lanes, name -> (lanes,) with NaN where silent; failures: "lane 3 stopped at 1 ms: ..."."""

    values: dict[str, np.ndarray]
    failures: list[str]

    @property
    def spiking(self) -> np.ndarray:
        return np.isfinite(self.values["interval"])


def is_circuit(subject: Subject) -> bool:
    return isinstance(subject, CircuitNeuron)


def rewired(subject: CircuitNeuron, netlist: Netlist, level: Any = None) -> CircuitNeuron:
    """The same neuron with another netlist, and another spike level if given."""
    watch = (subject.watch[0], subject.watch[1] if level is None else level)
    return CircuitNeuron(
        netlist, input=subject.input, spikes=watch, membrane=subject.membrane, name=subject.name, title=subject.title
    )


def taken(subject: Any, lanes: np.ndarray) -> Any:
    """The neuron with only these of its lanes."""
    if not is_circuit(subject):
        return subject.with_(**{k: v[lanes] for k, v in subject.values().items() if np.ndim(v)})
    netlist: Netlist = subject.netlist

    def of(values: Any) -> Any:
        return np.asarray(values)[lanes] if np.ndim(values) else values

    elements = {name: replace(e, params={k: of(v) for k, v in e.params.items()}) for name, e in netlist.elements.items()}
    initial = {node: of(level) for node, level in netlist.initial.items()}
    fewer = replace(netlist, elements=elements, initial=initial, temperature=of(netlist.temperature))
    return rewired(subject, fewer, of(subject.watch[1]))


def supplies(netlist: Netlist) -> list[Element]:
    """Voltage sources that hold a constant voltage other than 0."""
    found = [e for e in netlist.elements.values() if e.kind == "v" and e.wave is None]
    return [e for e in found if np.any(np.asarray(e.params.get("dc", 0.0)) != 0)]


def run_lanes(subject: Any, current: float, duration: float, progress: Callable[[float], None] | None = None) -> Observed:
    """Run all lanes of a subject at a constant input and measure them."""
    stimulus = constant(subject, [current])
    names: list[str] | None = None
    if is_circuit(subject):
        held = {e.name: e.params["dc"] for e in supplies(subject.netlist)}
        names = [e.name for e in subject.netlist.elements.values() if e.kind == "v"]
        record = tuple(f"i({name})" for name in held)
        trace = subject.simulate(stimulus, duration, record=record, samples=SAMPLES, progress=progress)
        watts = {name: -np.reshape(volts, (-1, 1)) * trace.signals[f"i({name})"] for name, volts in held.items()}
    else:
        record = tuple(subject.states) if getattr(subject, "power", None) is not None else ()
        trace = subject.simulate(stimulus, duration, record=record, samples=SAMPLES, progress=progress)
        watts = {"input": drawn_power(subject, trace, current)} if set(trace.energy) == {"input"} else {}
    trace = replace(trace, meta={**trace.meta, "watts": watts})
    return Observed(measure(trace, names), [str(f) for f in trace.failures])


def drawn_power(neuron: Any, trace: Trace, current: float) -> np.ndarray:
    """Power (lanes, n_time) that an equation neuron draws from its input, by its own formula."""
    kind: Any = type(neuron)
    wide = kind.__new__(kind)
    wide.__dict__.update({k: np.reshape(v, (-1, 1)) if np.ndim(v) else v for k, v in neuron.values().items()})
    states = SimpleNamespace(**{name: trace.signals[name] for name in neuron.states})
    return np.broadcast_to(wide.power(states, current), (trace.lanes, len(trace.time)))


def observed(subject: Any, current: float, duration: float, *, progress: Callable[[float], None] | None = None) -> Observed:
    """Metrics of all lanes of a subject; a lane with too few spikes is run up to 16 times as long.

    What a lane gets does not depend on the others.
    """
    count = subject.lanes
    values = {name: np.full(count, np.nan) for name in METRICS}
    failures: dict[int, str] = {}
    left = np.arange(count)
    for factor in PATIENCE:
        for a in range(0, len(left), CHUNK):
            lanes = left[a : a + CHUNK]
            told = part_of(progress if factor == 1 else None, a / count, len(lanes) / count)
            found = run_lanes(taken(subject, lanes) if count > 1 else subject, current, factor * duration, told)
            for name in values:
                values[name][lanes] = found.values[name]
            for text in found.failures:
                own = int(lanes[int(text.split()[1])])
                failures[own] = f"lane {own} {text.split(' ', 2)[2]}"
        slow = ~(values["interval"] * (ENOUGH - 1) < factor * duration)
        left = np.array([k for k in np.flatnonzero(slow) if k not in failures], dtype=np.int64)
        if not len(left):
            break
    return Observed(values, [failures[k] for k in sorted(failures)])


def part_of(progress: Callable[[float], None] | None, start: float, share: float) -> Callable[[float], None] | None:
    """Progress of a part as progress of the whole."""
    return None if progress is None else lambda done: progress(start + share * done)


def nominal(subject: Subject, current: Any = None, spikes: int = 5, what: str = "this experiment") -> Nominal:
    """Run the neuron itself until it has fired `spikes` times and half an interval more; InputError if it does not."""
    one_lane(subject, what)
    whole_number(spikes, f"{what}: spikes", least=ENOUGH)
    level = firing_input(subject, current, what)
    length = 2 * spikes * subject.scales().time
    for _ in range(TRIES):
        trace = subject.simulate(constant(subject, [level]), length, record=())
        if trace.failures:
            raise InputError(f"{what} of {subject.name}: {trace.failures[0]}")
        times = trace.spikes[0]
        if len(times) >= spikes:
            duration = float(times[spikes - 1] + TAIL * (times[spikes - 1] - times[spikes - 2]))
            values = run_lanes(subject, level, duration).values
            return Nominal(level, duration, {name: float(v[0]) for name, v in values.items()})
        length *= 2
    told = f"{len(times)} of {spikes} spikes in {show(length / 2, 's')} at {show(level, subject.input_unit)}"
    raise InputError(f"{what}: {subject.name} does not spike steadily, {told}: {why_silent(subject, level)}")
