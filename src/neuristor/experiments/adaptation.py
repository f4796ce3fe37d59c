"""Spike-frequency adaptation: how intervals grow under a constant input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantities import one_number
from ..subject import Subject
from .base import Result, checked, constant
from .inputs import given_input, twice_rheobase

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Adaptation(Result):
    """Intervals under one constant input.

    times (s): middle of each interval; intervals (s); ratio: last over first interval; tau (s) and tau_error: time
    constant of rate(t) = late + (early - late) e^(-t/tau) with its standard error, NaN with a reason in `note`.
    """

    subject: str
    input_unit: str
    current: float
    times: np.ndarray
    intervals: np.ndarray
    ratio: float
    tau: float
    tau_error: float
    note: str

    def to_xarray(self) -> xarray.Dataset:
        import xarray

        return xarray.Dataset(
            {"interval": ("time", self.intervals, {"units": "s"})},
            coords={"time": ("time", self.times, {"units": "s"})},
            attrs={"subject": self.subject, "current": self.current, "ratio": self.ratio, "tau": self.tau},
        )


def adaptation(subject: Subject, current: Any = None, *, duration: Any = None) -> Adaptation:
    """Intervals of `subject` under a constant input (default: twice rheobase) for `duration` (60 intervals)."""
    level = twice_rheobase(subject) if current is None else given_input(subject, current, "adaptation")
    length = 60 * subject.scales().time if duration is None else one_number(duration, "s", "adaptation: duration")
    trace = checked(subject.simulate(constant(subject, [level]), length, record=()), "adaptation")
    spikes = trace.spikes[0]
    intervals = np.diff(spikes)
    times = (spikes[1:] + spikes[:-1]) / 2
    tau, error, note = time_constant(times, intervals)
    ratio = float(intervals[-1] / intervals[0]) if len(intervals) else float("nan")
    return Adaptation(subject.name, subject.input_unit, level, times, intervals, ratio, tau, error, note)


def time_constant(times: np.ndarray, intervals: np.ndarray) -> tuple[float, float, str]:
    """Fit of rate(t) = late + (early - late) e^(-(t - t_1)/tau): (tau, standard error, why not)."""
    from scipy.optimize import OptimizeWarning, curve_fit

    if len(intervals) < 5:
        return float("nan"), float("nan"), f"{len(intervals)} intervals are too few for a time constant"
    rate, t = 1 / intervals, times - times[0]
    if np.ptp(rate) < 1e-6 * rate.max():
        return float("nan"), float("nan"), "all intervals are equal: no adaptation"

    def model(t: np.ndarray, late: float, step: float, tau: float) -> np.ndarray:
        return late + step * np.exp(-t / tau)

    guess = (rate[-1], rate[0] - rate[-1], max(t[-1] / 5, intervals[0]))
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            found, covariance = curve_fit(model, t, rate, guess, bounds=((0, -np.inf, 1e-12), np.inf))
    except (RuntimeError, OptimizeWarning):
        return float("nan"), float("nan"), "the rate does not relax exponentially"
    if found[2] > 5 * t[-1]:
        return float("nan"), float("nan"), "the rate still changes steadily at the end: run longer"
    return float(found[2]), float(np.sqrt(covariance[2, 2])), ""
