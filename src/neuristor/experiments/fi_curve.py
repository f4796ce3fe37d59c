"""f-I curve: rate against constant input, rheobase by bisection, slope and latency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..quantities import number_list, one_number, show
from ..subject import Subject
from .base import Result, checked, constant, latencies, steady_rates

if TYPE_CHECKING:
    import xarray

LANES = 32  # inputs tried at once by a bisection round
ROUNDS = 7


@dataclass(frozen=True)
class FICurve(Result):
    """Rates of a neuron at constant inputs.

    currents, rates (Hz), latency (s; NaN where silent): (n,); rheobase: least input that fires the neuron for good;
    slope: dRate/dInput from a straight line through the points between one and three times the lowest firing ones.
    """

    subject: str
    input_unit: str
    currents: np.ndarray
    rates: np.ndarray
    latency: np.ndarray
    rheobase: float
    slope: float
    duration: float

    def to_xarray(self) -> xarray.Dataset:
        import xarray

        return xarray.Dataset(
            {"rate": ("current", self.rates, {"units": "Hz"}), "latency": ("current", self.latency, {"units": "s"})},
            coords={"current": ("current", self.currents, {"units": self.input_unit})},
            attrs={"subject": self.subject, "rheobase": self.rheobase, "slope": self.slope},
        )


def rheobase(subject: Subject, *, duration: Any = None, low: Any = None, high: Any = None) -> float:
    """The least constant input at which `subject` fires for good, in its input unit, to 1e-9 of the searched range.

    Each round tries 32 inputs at once and keeps the interval in which firing begins. `duration` (default 40 typical
    intervals) limits how slow a rate counts as firing: within 1e-9 of rheobase a leaky neuron waits longer.
    low, high: ends of the range; without `high` it grows until the subject fires.
    Raises InputError if nothing fires up to 1000 times the subject's own guess.
    """
    scales = subject.scales()
    length = 40 * scales.time if duration is None else one_number(duration, "s", "rheobase: duration")
    bottom, top = searched(subject, low, high)
    while high is None and not fires(subject, np.array([top]), shortened(subject, top, length, duration))[0]:
        bottom, top = top, 3 * top
        if top > 1e3 * abs(scales.input):
            told = f"{show(top, subject.input_unit)} within {show(length, 's')}"
            raise InputError(f"{subject.name} does not fire at any constant input up to {told}: {reason(subject)}")
    length = shortened(subject, top, length, duration)
    span = top - bottom
    for _ in range(ROUNDS):
        inputs = np.linspace(bottom, top, LANES)
        firing = np.flatnonzero(fires(subject, inputs, length))
        if len(firing) == 0:
            raise InputError(f"{subject.name} does not fire up to {show(top, subject.input_unit)}")
        if firing[0] == 0:
            return float(bottom)  # fires throughout the range: no rheobase above `bottom`
        bottom, top = inputs[firing[0] - 1], inputs[firing[0]]
        if top - bottom < 1e-9 * span:
            break
    return float(top)


def searched(subject: Subject, low: Any, high: Any) -> tuple[float, float]:
    """The range in which a search for the rheobase begins: the ends given, else a typical input either way."""
    typical, unit = abs(subject.scales().input), subject.input_unit
    bottom = -typical if low is None else one_number(low, unit, "rheobase: low")
    top = max(typical, bottom + typical) if high is None else one_number(high, unit, "rheobase: high")
    if not bottom < top:
        raise InputError(f"rheobase: low = {show(bottom, unit)} must be less than high = {show(top, unit)}")
    return bottom, top


def shortened(subject: Subject, level: float, length: float, asked: Any) -> float:
    """A circuit charges faster at a larger input, so it need not be watched for as long (unless the user says so)."""
    faster = isinstance(subject, CircuitNeuron) and asked is None and level > subject.scales().input
    return length * subject.scales().input / level if faster else length


def reason(subject: Subject) -> str:
    """Why the subject is silent at its own typical input."""
    from .diagnosis import why_silent

    return why_silent(subject, subject.scales().input)


def fires(subject: Subject, inputs: np.ndarray, length: float) -> np.ndarray:
    """Whether each constant input makes the subject still fire in the last third of `length`."""
    trace = subject.simulate(constant(subject, inputs), length, record=())
    return np.array([len(s) > 0 and s[-1] > length * 2 / 3 for s in checked(trace, "rheobase").spikes])


def fi_curve(
    subject: Subject, currents: Any = None, *, duration: Any = None, progress: Callable[[float], None] | None = None
) -> FICurve:
    """Rates at constant inputs (default: 50 from below rheobase to five times the typical input).

    duration: simulated time per input; default 60 typical intervals. All inputs run as lanes of one simulation.
    """
    scales = subject.scales()
    length = 60 * scales.time if duration is None else one_number(duration, "s", "f-I curve: duration")
    threshold = rheobase(subject)
    if currents is None:
        top = threshold + 4 * max(abs(scales.input), abs(threshold)) / 2
        below = threshold - 0.1 * (top - threshold)
        inputs = np.linspace(below if threshold < 0 else max(below, 0.0), top, 50)
    else:
        inputs = number_list(currents, subject.input_unit, "f-I curve: currents")
    length = shortened(subject, threshold, length, duration)
    trace = checked(subject.simulate(constant(subject, inputs), length, record=(), progress=progress), "f-I curve")
    rates = steady_rates(trace)
    return FICurve(
        subject=subject.name,
        input_unit=subject.input_unit,
        currents=inputs,
        rates=rates,
        latency=latencies(trace),
        rheobase=threshold,
        slope=slope_above(inputs, rates),
        duration=length,
    )


def slope_above(inputs: np.ndarray, rates: np.ndarray) -> float:
    """Slope of the rate over the inputs from the lowest firing one to three times as far, NaN without two points."""
    firing = inputs[rates > 0]
    if len(firing) < 2:
        return float("nan")
    span = max(2 * abs(firing[0]), (inputs[-1] - firing[0]) / 2)
    use = (rates > 0) & (inputs <= firing[0] + span)
    if use.sum() < 2:
        return float("nan")
    return float(np.polyfit(inputs[use], rates[use], 1)[0])
