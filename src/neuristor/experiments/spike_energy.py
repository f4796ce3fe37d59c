"""What each spike costs under a square wave: energy delivered between one spike and the next, early and late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..neurons import Neuron
from ..quantities import one_number
from ..stimulus import Stimulus
from ..stimulus.base import T0, Segments, lane_rows, many_tables, rows_at
from ..subject import Subject
from .base import Result, checked
from .burst_adaptation import burst_of, square, stimulus_of


@dataclass(frozen=True)
class SpikeEnergy(Result):
    """Energy that the sources of a neuron deliver under a square wave, spike by spike and burst by burst.

    times, intervals, energy   (n,) of the intervals inside bursts: their ends (s), lengths (s), and the J delivered in them
    burst_energy, burst_spikes (bursts,) J in every period, pause and all, and its spikes
    first_spike                J delivered from the start of the input to the first spike of all
    early, late                J of the first and of the last interval;  energy_ratio: late / early
    rate_ratio, power_ratio    of the late interval to the early one: rate 1 / T, power E / T
    total (J), duration (s), power (W, mean over the run), per_spike (J): over all
    """

    subject: str
    input_unit: str
    amplitude: float
    frequency: float
    times: np.ndarray
    intervals: np.ndarray
    energy: np.ndarray
    first_spike: float
    burst_energy: np.ndarray
    burst_spikes: np.ndarray
    total: float
    duration: float

    @property
    def early(self) -> float:
        return float(self.energy[0])

    @property
    def late(self) -> float:
        return float(self.energy[-1])

    @property
    def energy_ratio(self) -> float:
        return self.late / self.early

    @property
    def rate_ratio(self) -> float:
        return float(self.intervals[0] / self.intervals[-1])

    @property
    def power_ratio(self) -> float:
        return self.energy_ratio * self.rate_ratio

    @property
    def burst_power(self) -> np.ndarray:
        """W in every period."""
        return self.burst_energy / (1 / self.frequency if self.frequency else self.duration)

    @property
    def power(self) -> float:
        return self.total / self.duration

    @property
    def per_spike(self) -> float:
        return self.total / int(self.burst_spikes.sum())

    def to_json_dict(self) -> dict[str, Any]:
        told = ("early", "late", "energy_ratio", "rate_ratio", "power_ratio", "power", "per_spike")
        return {**super().to_json_dict(), **{name: getattr(self, name) for name in told}}


def spike_energy(
    subject: Subject,
    amplitude: Any = None,
    frequency: Any = None,
    *,
    duty: float = 0.5,
    duration: Any = None,
) -> SpikeEnergy:
    """Energy of every interval of `subject` under one unipolar square wave (a frequency of 0: a constant input).

    InputError for a model that states no power, for a circuit (whose supplies `energy` measures), and for a neuron
    without two spikes in one burst.
    """
    if not isinstance(subject, Neuron) or subject.power is None:
        raise InputError(f"spike_energy: {subject.name} is no equation neuron that states its electrical power")
    amplitude, frequency, duration = stimulus_of(subject, amplitude, frequency, duration)
    level = one_number(amplitude, subject.input_unit, "spike_energy: amplitude")
    rate, length = (
        one_number(frequency, "Hz", "spike_energy: frequency"),
        one_number(duration, "s", "spike_energy: duration"),
    )
    stimulus = square(level, rate, duty, length, subject.input_unit)
    trace = checked(subject.simulate(stimulus, length, record=()), "spike_energy")
    spikes = trace.spikes[0]
    burst = burst_of(spikes, rate)
    same = burst[1:] == burst[:-1]
    if not np.any(same):
        raise InputError(f"spike_energy: {subject.name} has no two spikes in one burst of {stimulus.describe()}")
    seams = np.arange(1, max(1, int(np.ceil(length * rate - 1e-9)))) / rate if rate else np.empty(0)
    known = delivered_by(subject, stimulus, np.concatenate([spikes, seams]), length)
    at_spikes, at_seams = known[: len(spikes)], known[len(spikes) :]
    total = float(sum(v[0] for v in trace.energy.values()))
    return SpikeEnergy(
        subject=subject.name, input_unit=subject.input_unit, amplitude=level, frequency=rate,
        times=spikes[1:][same], intervals=np.diff(spikes)[same], energy=np.diff(at_spikes)[same],
        first_spike=float(at_spikes[0]),
        burst_energy=np.diff(np.concatenate([[0.0], at_seams, [total]])),
        burst_spikes=np.bincount(burst, minlength=len(seams) + 1), total=total, duration=length,
    )  # fmt: skip


def delivered_by(subject: Subject, stimulus: Stimulus, times: np.ndarray, length: float) -> np.ndarray:
    """J that the input has delivered by each time: one run, with the input cut off at another time in every lane."""
    trace = checked(subject.simulate(CutOff(stimulus, times), length, record=()), "spike_energy")
    return np.asarray(sum(trace.energy.values()))


class CutOff(Stimulus):
    """A stimulus of one lane that ends at a time of its own in every lane."""

    def __init__(self, inner: Stimulus, times: np.ndarray) -> None:
        self.inner, self.times = inner, times
        self.unit, self.seed, self.duration, self.lanes = inner.unit, inner.seed, inner.duration, len(times)

    def segments(self, lanes: range) -> Segments:
        rows = lane_rows(self.inner.segments(range(1)), 0)
        ends = self.times[lanes.start : lanes.stop]
        return many_tables([np.vstack([rows[rows[:, T0] < end], rows_at([end])]) for end in ends])

    def describe(self) -> str:
        return f"{self.inner.describe()}, cut off at {self.lanes} times"
