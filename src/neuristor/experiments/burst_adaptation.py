"""Adaptation under a square wave: intervals inside its bursts, for inputs of several amplitudes and frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..quantities import number_list, one_number, parse, show
from ..stimulus import Square, Step, Stimulus
from ..stimulus.fluctuated import Abreast
from ..subject import Subject
from .base import Result, checked

if TYPE_CHECKING:
    import xarray

NAN = float("nan")


PAPERS_NEURON = "memristive_alif"


@dataclass(frozen=True)
class Intervals:
    """Intervals between spikes of one burst: (n,) time of their end (s), length (s), number of the burst from 0."""

    times: np.ndarray
    lengths: np.ndarray
    burst: np.ndarray


@dataclass(frozen=True)
class BurstAdaptation(Result):
    """Intervals of a neuron under unipolar square waves, one condition a row (n conditions).

    amplitude (input unit), frequency (Hz, 0: a constant input): (n,)
    spikes     times of all spikes (s), one array a condition;  counts: spikes in every burst, one array a condition
    first, last, ratio   (n,) first interval of the first burst, last interval of the last burst with two spikes (s), and
               their quotient; NaN where there is none
    pause      (n,) first interval of the second burst over the last of the first: below 1 if it recovers in the pause
    state      (n, samples) at `time` (s), of the state named in `state_name`; empty where there is none
    """

    subject: str
    input_unit: str
    amplitude: np.ndarray
    frequency: np.ndarray
    duty: float
    duration: float
    spikes: list[np.ndarray]
    counts: list[np.ndarray]
    first: np.ndarray
    last: np.ndarray
    ratio: np.ndarray
    pause: np.ndarray
    state_name: str
    time: np.ndarray
    state: np.ndarray

    def intervals(self, row: int = 0) -> Intervals:
        """All intervals inside bursts of one condition."""
        return inside(self.spikes[row], self.frequency[row])

    def to_xarray(self) -> xarray.Dataset:
        import xarray

        data: dict[str, Any] = {
            name: ("condition", getattr(self, name), {"units": unit})
            for name, unit in (("first", "s"), ("last", "s"), ("ratio", "1"), ("pause", "1"))
        }
        data["spike_time"] = ("spike", np.concatenate(self.spikes), {"units": "s"})
        data["spike_condition"] = ("spike", np.repeat(np.arange(len(self.spikes)), [len(s) for s in self.spikes]))
        if self.state.size:
            data[self.state_name] = (("condition", "time"), self.state)
        coords = {"amplitude": ("condition", self.amplitude), "frequency": ("condition", self.frequency)}
        attrs = {"subject": self.subject, "input_unit": self.input_unit, "duty": self.duty, "duration": self.duration}
        return xarray.Dataset(data, coords={**coords, **({"time": self.time} if self.state.size else {})}, attrs=attrs)


def burst_adaptation(
    subject: Subject,
    amplitude: Any = None,
    frequency: Any = None,
    *,
    duty: float = 0.5,
    duration: Any = None,
    state: str = "x",
    samples: int = 2001,
    **options: Any,
) -> BurstAdaptation:
    """How the intervals of `subject` grow under unipolar square waves, every amplitude with every frequency.

    amplitude, frequency   one value or a list; a frequency of 0 is a constant input. Defaults: see `stimulus_of`
    state                  the state to record, where the subject has it;  options: of `simulate`
    InputError where a lane cannot be finished.
    """
    amplitude, frequency, duration = stimulus_of(subject, amplitude, frequency, duration)
    levels = number_list(amplitude, subject.input_unit, "burst_adaptation: amplitude")
    rates = number_list(frequency, "Hz", "burst_adaptation: frequency")
    if np.any(rates < 0):
        raise InputError(f"burst_adaptation: a frequency is zero or more, not {show(float(rates.min()), 'Hz')}")
    length = one_number(duration, "s", "burst_adaptation: duration")
    pairs = [(float(a), float(f)) for a in levels for f in rates]
    stimulus = Abreast([square(a, f, duty, length, subject.input_unit) for a, f in pairs])
    has = state in getattr(subject, "states", ())
    trace = subject.simulate(stimulus, length, record=(state,) if has else (), samples=samples, **options)
    spikes = checked(trace, "burst_adaptation").spikes
    rows = [summary(s, f) for s, (_, f) in zip(spikes, pairs, strict=True)]
    first, last, pause = (np.array(column) for column in zip(*rows, strict=True))
    return BurstAdaptation(
        subject=subject.name, input_unit=subject.input_unit, amplitude=np.array([a for a, _ in pairs]),
        frequency=np.array([f for _, f in pairs]), duty=duty, duration=length, spikes=spikes,
        counts=[per_burst(s, f, length) for s, (_, f) in zip(spikes, pairs, strict=True)],
        first=first, last=last, ratio=last / first, pause=pause, state_name=state if has else "",
        time=trace.time if has else np.empty(0), state=trace[state] if has else np.empty((len(pairs), 0)),
    )  # fmt: skip


def stimulus_of(subject: Subject, amplitude: Any, frequency: Any, duration: Any) -> tuple[Any, Any, Any]:
    """Amplitude, frequency and duration with their defaults: for the memristor-based neuron those of figures 5 and 6 of its
    paper (1 mA, 1 kHz, 20 ms), for others twice the typical input, bursts of twenty typical intervals, and ten of them."""
    if subject.name.startswith(PAPERS_NEURON):
        own: tuple[Any, Any, Any] = ("1 mA", "1 kHz", "20 ms")
    else:
        scales = subject.scales()
        rate = float(np.min(parse(frequency, "Hz"))) if frequency is not None else 1 / (40 * scales.time)
        own = (2 * abs(scales.input), rate, 10 / rate if rate > 0 else 400 * scales.time)
    given = (amplitude, frequency, duration)
    return tuple(o if g is None else g for g, o in zip(given, own, strict=True))


def square(amplitude: float, frequency: float, duty: float, duration: float, unit: str) -> Stimulus:
    """A square wave that starts with its pulse, or a constant input where the frequency is 0."""
    if frequency == 0:
        return Step(amplitude, duration=duration, unit=unit)
    return Square(amplitude, 1 / frequency, duty, duration=duration, unit=unit)


def burst_of(times: np.ndarray, frequency: float) -> np.ndarray:
    """The number of the period in which each time lies; all 0 under a constant input."""
    return np.floor(times * frequency + 1e-9).astype(int)


def inside(spikes: np.ndarray, frequency: float) -> Intervals:
    """The intervals whose two spikes lie in the same burst."""
    burst = burst_of(spikes, frequency)
    same = burst[1:] == burst[:-1]
    return Intervals(spikes[1:][same], np.diff(spikes)[same], burst[1:][same])


def per_burst(spikes: np.ndarray, frequency: float, duration: float) -> np.ndarray:
    """Number of spikes in every burst of the run."""
    bursts = max(1, int(np.ceil(duration * frequency - 1e-9)))
    return np.bincount(burst_of(spikes, frequency), minlength=bursts)


def summary(spikes: np.ndarray, frequency: float) -> tuple[float, float, float]:
    """First interval of the first burst, last interval of all, and how far the first pause undoes the adaptation."""
    found = inside(spikes, frequency)
    of_first, of_second = (found.lengths[found.burst == k] for k in (0, 1))
    first = float(of_first[0]) if len(of_first) else NAN
    last = float(found.lengths[-1]) if len(found.lengths) else NAN
    pause = float(of_second[0] / of_first[-1]) if len(of_first) and len(of_second) else NAN
    return first, last, pause
