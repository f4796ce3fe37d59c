"""Spike trains as inputs: impulses, or currents through synaptic kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import base_unit, parse, show
from .base import Segments, Stimulus, amplitude, end_of, many_tables, one_table, rows_at, seconds

KERNELS = ("delta", "exponential", "alpha", "double_exponential")


class SpikeTrain(Stimulus):
    """Spikes of one or several synapses; each adds weight x kernel(t - t_spike - delay).

    delta               impulse of area `weights` (unit x s): moves the state at once
    exponential         e^(-t/tau)
    alpha               (t/tau) e^(1 - t/tau), peak 1 at tau
    double_exponential  (e^(-t/tau) - e^(-t/tau_rise)) / peak, peak 1

    times: sequence of spike times, or one sequence a synapse; weights, delays: one number, or one a synapse.
    `unit` is that of the signal; delta weights are in unit x s.
    """

    def __init__(
        self, times: Any, weights: Any = 1.0, delays: Any = 0.0, kernel: str = "delta", tau: Any = None,
        tau_rise: Any = None, unit: str | None = None, duration: Any = None,
    ):  # fmt: skip
        what = type(self).__name__
        self.shape = Kernel(kernel, tau, tau_rise, what)
        trains = [np.atleast_1d(parse(t, "s")) for t in times] if _nested(times) else [np.atleast_1d(parse(times, "s"))]
        weight, self.unit = self.shape.weights(weights, unit, what)
        delay = parse(delays, "s")
        for name, given in (("weights", weight), ("delays", delay)):
            if np.ndim(given) and len(given) != len(trains):
                raise InputError(f"{what}: {len(given)} {name} for {len(trains)} synapses")
        if np.min(delay) < 0 or any(len(t) and t.min() < 0 for t in trains):
            raise InputError(f"{what}: spike times and delays must not be negative")
        late = [t + np.broadcast_to(delay, len(trains))[k] for k, t in enumerate(trains)]
        order = np.argsort(np.concatenate(late), kind="stable")
        self.times = np.concatenate(late)[order]
        weights_of = [np.full(len(t), np.broadcast_to(weight, len(trains))[k]) for k, t in enumerate(trains)]
        self.weights = np.concatenate(weights_of)[order]
        self.duration = end_of(duration, None, what)

    def segments(self, lanes: range) -> Segments:
        return one_table(self.shape.rows(self.times, self.weights), np.ones(len(lanes)))

    def describe(self) -> str:
        return f"{len(self.times)} spikes through {self.shape.describe()}"


def _nested(times: Any) -> bool:
    return isinstance(times, (list, tuple)) and any(isinstance(t, (list, tuple, np.ndarray)) for t in times)


class Kernel:
    """A synaptic kernel as decaying terms (a + b s) e^(-s/tau), so that many spikes superpose in one row."""

    def __init__(self, name: str, tau: Any, tau_rise: Any, what: str) -> None:
        if name not in KERNELS:
            raise InputError(f"{what}: unknown kernel {name!r}{nearest(name, KERNELS)}; there are {', '.join(KERNELS)}")
        self.name = name
        if name == "delta":
            return
        if tau is None:
            raise InputError(f"{what}: the {name} kernel needs a time constant tau")
        self.tau = seconds(tau, f"{what}: tau", positive=True)
        if name == "double_exponential":
            self.tau_rise = seconds(0 if tau_rise is None else tau_rise, f"{what}: tau_rise", positive=True)
            if self.tau_rise >= self.tau:
                raise InputError(f"{what}: tau_rise must be shorter than tau; equal ones are the alpha kernel")
            peak = np.log(self.tau / self.tau_rise) / (1 / self.tau_rise - 1 / self.tau)
            self.norm = 1 / (np.exp(-peak / self.tau) - np.exp(-peak / self.tau_rise))

    def weights(self, weights: Any, unit: str | None, what: str) -> tuple[Any, str]:
        """Weights in SI and the unit of the signal they make."""
        if self.name != "delta":
            return amplitude(weights, unit, f"{what}: weights")
        signal = base_unit(unit or "A")
        try:
            return parse(weights, _times_seconds(signal)), signal
        except InputError as error:
            raise InputError(f"{what}: weights: {error}") from None

    def rows(self, times: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Rows that start at 0 and at every distinct spike time."""
        at, which = np.unique(times, return_inverse=True)
        area = np.zeros(len(at))
        np.add.at(area, which, weights)
        if len(at) == 0 or at[0] > 0:
            at, area = np.concatenate([[0.0], at]), np.concatenate([[0.0], area])
        if self.name == "delta":
            return rows_at(at, q=area)
        gap = np.diff(at, prepend=at[0])
        if self.name == "exponential":
            return rows_at(at, d0=decayed(area, gap / self.tau), k1=1 / self.tau)
        if self.name == "double_exponential":
            slow, fast = decayed(area, gap / self.tau), decayed(area, gap / self.tau_rise)
            return rows_at(at, d0=self.norm * slow, k1=1 / self.tau, e0=-self.norm * fast, k2=1 / self.tau_rise)
        slope = decayed(area * np.e / self.tau, gap / self.tau)
        level = np.zeros(len(at))
        for k in range(1, len(at)):  # the alpha kernel's level grows by slope x gap before both decay
            level[k] = (level[k - 1] + slope[k - 1] * gap[k]) * np.exp(-gap[k] / self.tau)
        return rows_at(at, d0=level, d1=slope, k1=1 / self.tau)

    def describe(self) -> str:
        return "impulses" if self.name == "delta" else f"{self.name} kernels of {show(self.tau, 's')}"


def decayed(jumps: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Level after each jump of something that decays by e^(-gap) in between."""
    level = np.empty(len(jumps))
    total = 0.0
    for k, (jump, keep) in enumerate(zip(jumps, np.exp(-gaps), strict=True)):
        total = total * keep + jump
        level[k] = total
    return level


def _times_seconds(unit: str) -> str:
    """The unit of an impulse of a signal in `unit`."""
    return {"A": "C", "V/s": "V", "1": "s", "1/s": "1", "A/m2": "C/m2"}.get(
        unit, f"{unit} s" if "/" not in unit else unit.replace("/", " s/", 1)
    )


class Regular(SpikeTrain):
    """Equally spaced spikes at `rate` from `start` to `duration`."""

    def __init__(
        self, rate: Any, duration: Any, weights: Any = 1.0, start: Any = 0.0, kernel: str = "delta", tau: Any = None,
        tau_rise: Any = None, unit: str | None = None,
    ):  # fmt: skip
        self.rate = frequency(rate, "Regular")
        end, begin = seconds(duration, "Regular: duration", positive=True), seconds(start, "Regular: start")
        times = begin + np.arange(0, max(0, int(np.ceil((end - begin) * self.rate - 1e-9)))) / self.rate
        super().__init__(times, weights, 0.0, kernel, tau, tau_rise, unit, end)

    def describe(self) -> str:
        return f"regular spikes at {show(self.rate, 'Hz')} through {self.shape.describe()}"


class Poisson(Stimulus):
    """Poisson spikes of a constant `rate`, independent on every lane, through a synaptic kernel."""

    def __init__(
        self, rate: Any, duration: Any, weight: Any = 1.0, kernel: str = "delta", tau: Any = None, tau_rise: Any = None,
        unit: str | None = None, seed: int = 0, lanes: int = 1,
    ):  # fmt: skip
        self.rate = frequency(rate, "Poisson")
        self.length = seconds(duration, "Poisson: duration", positive=True)
        self.duration = self.length
        self.shape = Kernel(kernel, tau, tau_rise, "Poisson")
        self.weight, self.unit = self.shape.weights(weight, unit, "Poisson")
        self.seed, self.lanes = seed_of(seed), lanes_of(lanes)

    def times(self, lane: int = 0) -> np.ndarray:
        """Spike times of a lane: a Poisson number of them, uniform over the duration."""
        rng = lane_generator(self.seed, lane)
        return np.sort(rng.uniform(0.0, self.length, rng.poisson(self.rate * self.length)))

    def segments(self, lanes: range) -> Segments:
        trains: Sequence[np.ndarray] = [self.times(k) for k in lanes]
        return many_tables([self.shape.rows(t, np.full(len(t), self.weight)) for t in trains])

    def describe(self) -> str:
        return f"Poisson spikes at {show(self.rate, 'Hz')} through {self.shape.describe()}, seed {self.seed}"


def frequency(rate: Any, what: str) -> float:
    value = parse(rate, "Hz")
    if np.ndim(value) or value <= 0:
        raise InputError(f"{what}: the rate must be one positive number in Hz, not {rate!r}")
    return float(value)


def seed_of(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"a seed is a whole number, zero or more, not {seed!r}")
    return int(seed)


def lanes_of(lanes: Any) -> int:
    if isinstance(lanes, bool) or not isinstance(lanes, (int, np.integer)) or lanes < 1:
        raise InputError(f"the number of lanes is a whole number, one or more, not {lanes!r}")
    return int(lanes)


def lane_generator(seed: int | None, lane: int) -> np.random.Generator:
    """The random numbers of one lane: they depend on seed and lane alone, not on how lanes are grouped."""
    return np.random.default_rng([seed or 0, lane])
