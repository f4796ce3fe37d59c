"""Neurons drawn alike that differ in some parameters, run at many constant currents at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..experiments.base import checked, constant
from ..experiments.diagnosis import why_silent
from ..quantities import one_number, show
from ..subject import Subject
from ..trace import Trace

MOST_LANES = 100_000  # of one run
SHARES = (1 / 64, 1 / 8, 1.0)  # of the time, run one after another
DOUBLINGS = 12  # of the time in which a first spike is waited for
LONG, LONGER = 1.25, 3.0  # times the window: how long a spike after its end is waited for, and where none came


@dataclass(frozen=True)
class Population:
    """`size` neurons: the subject with some parameters changed. changes: parameter -> (size,) in SI units."""

    subject: Any
    changes: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return max((len(v) for v in self.changes.values()), default=1)

    def first_spikes(self, currents: np.ndarray, duration: float) -> np.ndarray:
        """(size, n) s: first spike of every neuron at its own constant currents (size, n) A; inf if there is none.

        Runs of growing length: what has fired is not run on.
        """
        size, n = currents.shape
        which, levels = np.repeat(np.arange(size), n), currents.ravel()
        found = np.full(size * n, np.inf)
        clock = float(np.max(getattr(self.subject, "t_clock", 0.0)))
        for length in (duration * share for share in SHARES if duration * share > clock):
            late = np.flatnonzero(np.isinf(found))
            for part in np.array_split(late, len(late) // MOST_LANES + 1):
                if len(part):
                    found[part] = self.first(which[part], levels[part], length)
        return found.reshape(size, n)

    def first(self, which: np.ndarray, currents: np.ndarray, length: float) -> np.ndarray:
        """(lanes,) s: first spikes of the neurons `which` at one current each."""
        neuron = self.subject.with_(**{k: v[which] for k, v in self.changes.items()}) if self.changes else self.subject
        return of_first(checked(neuron.simulate(constant(neuron, currents), length, record=()), "response"))

    def fractional_counts(self, currents: np.ndarray, window: float) -> np.ndarray:
        """(size, n): spikes in the window, plus how much of the next interval lies in it; its whole part is the count.

        Continuous in the current: as the n-th spike slips out of the window, the value passes n. Neuron by neuron:
        models run faster with parameters of one value.
        """
        found = np.empty(currents.shape)
        for k, levels in enumerate(currents):
            neuron = self.subject.with_(**{name: float(v[k]) for name, v in self.changes.items()})
            late = np.arange(len(levels))
            for length in (LONG * window, LONGER * window):
                trace = neuron.simulate(constant(neuron, levels[late]), length, record=())
                found[k, late] = of_counts(checked(trace, "response"), window)
                late = late[trace.spike_counts <= found[k, late]]
                if not len(late):
                    break
        return found


def of_first(trace: Trace) -> np.ndarray:
    """(lanes,) s, inf for silent lanes."""
    found = np.full(trace.lanes, np.inf)
    fired = trace.spike_counts > 0
    found[fired] = trace.spike_times[trace.spike_offsets[:-1][fired]]
    return found


def of_counts(trace: Trace, window: float) -> np.ndarray:
    """(lanes,) counts in the window with the fraction of the interval across its end."""
    lane = np.repeat(np.arange(trace.lanes), trace.spike_counts)
    count = np.bincount(lane[trace.spike_times <= window], minlength=trace.lanes)
    fired, goes_on = count > 0, trace.spike_counts > count
    times, start = np.append(trace.spike_times, np.nan), trace.spike_offsets[:-1]
    last = np.where(fired, times[np.where(fired, start + count - 1, -1)], 0.0)
    following = np.where(goes_on, times[np.where(goes_on, start + count, -1)], trace.duration)
    return np.where(fired, count + (window - last) / (following - last), 0.0)


def nominal_latency(subject: Subject, current: float) -> float:
    """Time of the first spike (s) at a constant current; InputError that says why if there is none."""
    length = subject.scales().time
    for _ in range(DOUBLINGS):
        found = Population(subject).first_spikes(np.array([[current]]), length)[0, 0]
        if np.isfinite(found):
            return float(found)
        length *= 2
    told = f"{show(current, subject.input_unit)} within {show(length / 2, 's')}"
    raise InputError(f"{subject.name} does not fire at {told}: {why_silent(subject, current)}")


def read_mismatch(subject: Any, mismatch: Mapping[str, Any] | None) -> dict[str, float]:
    """Relative sigma of parameters: {"q_th": 0.02} or {"q_th": "2 %"}; InputError for what the neuron does not have."""
    if mismatch is not None and not isinstance(mismatch, Mapping):
        raise InputError(f"mismatch: parameters and their relative sigma are needed, {{'q_th': 0.02}}, not {mismatch!r}")
    found = {}
    for name, value in (mismatch or {}).items():
        if name not in subject.params:
            told = f"{nearest(str(name), subject.params)}; it has {', '.join(subject.params)}"
            raise InputError(f"mismatch: {subject.name} has no parameter {name!r}{told}")
        sigma = one_number(value, "1", f"mismatch: {name}")
        if not 0 <= sigma < 1:
            raise InputError(f"mismatch: {name}: a relative sigma lies between 0 and 1 (2 % is 0.02), not {value!r}")
        if sigma:
            found[name] = sigma
    return found


def drawn(subject: Any, sigmas: Mapping[str, float], chips: int, neurons: int, seed: int, layer: int) -> Population:
    """Neurons of all chips, chip after chip: every parameter times 1 + sigma z; a chip's depend on seed, layer, chip."""
    changes: dict[str, np.ndarray] = {}
    for name, sigma in sigmas.items():
        place = list(subject.params).index(name)
        z = [np.random.default_rng([seed, chip, layer, place]).standard_normal(neurons) for chip in range(chips)]
        changes[name] = getattr(subject, name) * (1.0 + sigma * np.concatenate(z))
    try:
        subject.with_(**changes)
    except InputError as error:
        raise InputError(f"mismatch: a draw cannot be, its sigma is too large: {error}") from None
    return Population(subject, changes)
