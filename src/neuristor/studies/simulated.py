"""Experiment "simulate": one simulation a run, all runs as lanes of one call, numbers straight from spikes and energies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError, nearest
from ..experiments.metrics import widths, without_start
from ..experiments.observation import is_circuit
from ..stimulus import STIMULI, Segments, Step, Stimulus
from ..trace import Trace
from .axes import quantity
from .measuring import Measured, Measuring, Runs, failures_of, without

METRICS = {
    "spikes": "1",  # in the whole run
    "rate": "Hz",  # steady: inverse of the mean of the last half of the intervals; 0 if silent in the last third
    "interval": "s",  # inverse of it
    "mean_rate": "Hz",  # spikes over the duration
    "first_spike": "s",
    "last_spike": "s",
    "total_energy": "J",  # of all sources over the whole run
    "energy_per_spike": "J",  # that over the number of spikes
    "width": "s",  # circuits: median time above the spike level
}
LATE = 2 / 3  # of the run: without a spike after it a lane is silent


class Simulated(Measuring):
    options: ClassVar[Mapping[str, str]] = {
        "current": "constant input",
        "stimulus": 'another input, { kind = "triangle", peak = "0.2 mA", duration = "50 ms" }',
        "stop": "how long",
        "rtol": "relative tolerance",
        "method": "of an equation neuron",
        "dt": "step of a method with fixed steps",
    }

    def __init__(self, subject: Any, given: Mapping[str, Any], where: str) -> None:
        super().__init__(subject, given, where)
        self.unit = subject.input_unit
        if "current" in given and "stimulus" in given:
            raise InputError(f"{where}: give current or stimulus, not both")
        self.current = subject.scales().input
        if "current" in given:
            self.current = quantity(given["current"], self.unit, f"{where}.current")
        self.stimulus = None if "stimulus" not in given else read_stimulus(given["stimulus"], self.unit, f"{where}.stimulus")
        own_end = self.stimulus.duration if self.stimulus is not None else None
        self.stop = own_end or 20 * subject.scales().time
        if "stop" in given:
            self.stop = quantity(given["stop"], "s", f"{where}.stop")
        if self.stop <= 0:
            raise InputError(f"{where}.stop: must be positive, not {given['stop']!r}")
        self.settings = read_settings(given, where)

    @property
    def metrics(self) -> Mapping[str, str]:
        has_energy = is_circuit(self.subject) or getattr(self.subject, "power", None) is not None
        left_out = [] if has_energy else ["total_energy", "energy_per_spike"]
        left_out += [] if is_circuit(self.subject) else ["width"]
        return {k: v for k, v in METRICS.items() if k not in left_out}

    @property
    def varied(self) -> Mapping[str, str]:
        return {} if self.stimulus is not None else {"current": self.unit}

    def own(self, name: str) -> float:
        return float(self.current)

    def input_of(self, runs: Runs) -> Stimulus:
        if self.stimulus is not None:
            return OfSamples(self.stimulus, np.concatenate([runs.samples[: runs.lead], runs.samples]))
        return Step(runs.lanes("current", self.current), unit=self.unit)

    def measure(self, runs: Runs, wanted: tuple[str, ...]) -> Measured:
        trace = runs.subject.simulate(self.input_of(runs), self.stop, record=(), samples=2, **self.settings)
        trace = without_start(trace)
        values = numbers_of(trace, sources_of(self.subject, trace), wanted)
        own = {name: v[runs.lead :] for name, v in values.items()}
        return without(own, failures_of((str(f) for f in trace.failures), runs.lead))

    def waveforms(self, runs: Runs) -> Trace:
        points = 0 if isinstance(self.subject, CircuitNeuron) else 2001
        trace: Trace = runs.subject.simulate(self.input_of(runs), self.stop, samples=points, **self.settings)
        return trace


class OfSamples(Stimulus):
    """A stimulus whose draws, if it has any, are those of the sample each lane belongs to."""

    def __init__(self, inner: Stimulus, samples: np.ndarray) -> None:
        self.inner, self.samples = inner, samples
        self.unit, self.duration, self.seed = inner.unit, inner.duration, inner.seed
        self.lanes = len(samples)

    def segments(self, lanes: range) -> Segments:
        own = self.samples[lanes.start : lanes.stop] if self.inner.lanes > 1 else np.zeros(len(lanes), dtype=np.int64)
        first = int(own.min())
        table = self.inner.segments(range(first, int(own.max()) + 1))
        return replace(table, table=table.table[own - first], gain=table.gain[own - first])

    def describe(self) -> str:
        return self.inner.describe()


def read_stimulus(table: Any, unit: str, where: str) -> Stimulus:
    """The stimulus of { kind = "triangle", peak = "0.2 mA", duration = "50 ms" }; a random one draws anew every sample.

    A fluctuated one has another in it, { kind = "fluctuated", waveform = { kind = "step", ... }, duration = "50 ms" }.
    """
    if not isinstance(table, Mapping) or "kind" not in table:
        raise InputError(f'{where}: write a table with the kind and its options, as in {{ kind = "ramp", ... }}')
    from inspect import signature

    from .spec import MOST_SAMPLES

    options, name = {k: v for k, v in table.items() if k != "kind"}, table["kind"]
    if not isinstance(name, str) or name not in STIMULI:
        near = nearest(name, STIMULI) if isinstance(name, str) else ""
        raise InputError(f"{where}.kind: unknown stimulus {name!r}{near}; there are {', '.join(STIMULI)}")
    kind: Any = STIMULI[name]
    taken = signature(kind.__init__).parameters
    declared = [k for k in taken if k not in ("self", "unit", "lanes", "where")]
    for key in options:
        if key not in declared:
            told = f"{nearest(key, declared)}; there are {', '.join(declared)}"
            raise InputError(f"{where}.{key}: there is no such option{told}")
    if "waveform" in options:
        options["waveform"] = read_stimulus(options["waveform"], unit, f"{where}.waveform")
    options |= {k: v for k, v in {"lanes": MOST_SAMPLES, "unit": unit}.items() if k in taken}
    try:
        made: Stimulus = kind(**options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except TypeError as error:
        raise InputError(f"{where}: {name} needs {str(error).split(':')[-1].strip()}") from None
    except ValueError as error:
        raise InputError(f"{where}: {name} cannot be made of these options: {error}") from None
    if made.lanes not in (1, MOST_SAMPLES):
        raise InputError(f"{where}: one input for all runs is needed, and these options make {made.lanes}")
    return made


def read_settings(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """rtol, method and dt as `simulate` takes them."""
    found: dict[str, Any] = {}
    if "rtol" in given:
        found["rtol"] = quantity(given["rtol"], "1", f"{where}.rtol")
    if "dt" in given:
        found["dt"] = quantity(given["dt"], "s", f"{where}.dt")
    if "method" in given:
        if not isinstance(given["method"], str):
            raise InputError(f"{where}.method: {given['method']!r} is not a text")
        found["method"] = given["method"]
    return found


def sources_of(subject: Any, trace: Trace) -> list[str]:
    """Sources whose energy counts: voltage sources of a circuit, else all."""
    if not is_circuit(subject):
        return list(trace.energy)
    return [e.name for e in subject.netlist.elements.values() if e.kind == "v" and e.name in trace.energy]


def numbers_of(trace: Trace, sources: list[str], wanted: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The metrics wanted, (lanes,) each, from spike times and energies without a loop over lanes."""
    times, first, count = trace.spike_times, trace.spike_offsets[:-1], trace.spike_counts
    padded = np.append(times, np.nan)
    none = len(times)
    last_spike = padded[np.where(count > 0, first + count - 1, none)]
    rate = steady(padded, first, count, last_spike, trace.duration)
    energy = np.sum([trace.energy[s] for s in sources], axis=0) if sources else np.full(trace.lanes, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "spikes": count.astype(float),
            "rate": rate,
            "interval": np.where(rate > 0, 1 / rate, np.nan),
            "mean_rate": count / trace.duration,
            "first_spike": padded[np.where(count > 0, first, none)],
            "last_spike": last_spike,
            "total_energy": energy,
            "energy_per_spike": np.where(count > 0, energy / count, np.nan),
        }
    if "width" in wanted:
        found["width"] = widths(trace)
    return {name: found[name] for name in wanted}


def steady(padded: np.ndarray, first: np.ndarray, count: np.ndarray, last: np.ndarray, duration: float) -> np.ndarray:
    """Rate (Hz) from the last half of the intervals, as `experiments.base.steady_rates` has it."""
    alive = (count >= 2) & (last > LATE * duration)
    start = count // 2 - (count == 2)
    since = padded[np.where(alive, first + start, len(padded) - 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(alive, (count - 1 - start) / (last - since), 0.0)
