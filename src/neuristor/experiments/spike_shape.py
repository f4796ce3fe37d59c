"""The shape of one late spike: width, threshold, reset, edges of the output, interval and delay.

`steady_period` finds the late interval from which this and the energy of a spike are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuits.engines.spikes import crossings, slopes
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..neurons import Neuron
from ..neurons.base import scalar
from ..quantities import one_number, show
from ..subject import Subject
from ..trace import Trace
from .base import Result, checked, constant
from .diagnosis import ratio_to_usual, require_spikes, why_silent
from .inputs import one_lane, typical_input

RTOL = 1e-7  # of circuits: intervals and widths to 1e-6, the energy of a period to 1e-6
FIRST, MOST = 4, 64  # spikes of the first run, and of the last while intervals still change
STEADY = 1e-4  # relative change from one interval to the next that counts as none
BEFORE, AFTER, MOST_SHOWN = 1.5, 4.0, 400  # widths of a spike that are kept of its waveform, and points
LONGEST = 4**5  # times the usual interval, until it counts as silent
NAN = float("nan")


@dataclass(frozen=True)
class Period:
    """One late interval: from a spike at `start` to the next at `end` (s); first: time of the first spike.

    change: relative difference between this interval and the one before; below 1e-4 the neuron fires regularly.
    """

    current: float
    start: float
    end: float
    first: float
    change: float

    @property
    def interval(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class SpikeShape(Result):
    """One late spike at a constant input `current`; what a model does not have is NaN.

    interval (s), rate (Hz); change: relative difference from the interval before (more than 1e-4: not regular)
    delay       from the onset of the input to the first spike (s)
    width       time the output is above `level` (s); of an equation neuron its refractory period, if it has one
    threshold   membrane voltage at the spike (of a model in other units: its first state)
    peak        its highest value before the fall
    reset       lowest membrane voltage after the spike; of a circuit with the dip that the falling edge couples onto it
    left        membrane voltage at the end of the output pulse, where the output falls through `level`: what the spike
                leaves on the membrane. Of a model that states its reset, the reset
    low, high   output half an interval before the spike and at the top of the spike (V);  amplitude: their difference
    rise, fall  time of the output from 10 to 90 % of its amplitude, and back (s)
    time        (n,) s from the spike on, some widths before and after it;  waves: node -> (n,) V. Circuits only
    """

    subject: str
    input_unit: str
    current: float
    interval: float
    rate: float
    change: float
    delay: float
    width: float
    threshold: float
    peak: float
    reset: float
    left: float
    level: float
    low: float
    high: float
    amplitude: float
    rise: float
    fall: float
    time: np.ndarray = field(default_factory=lambda: np.zeros(0))
    waves: dict[str, np.ndarray] = field(default_factory=dict)


def tolerance(rtol: Any, what: str) -> float | None:
    """A relative tolerance of the solver, None for its own; InputError unless it lies between 0 and 1."""
    if rtol is None:
        return None
    found = one_number(rtol, "1", f"{what}: rtol")
    if not 0 < found < 1:
        raise InputError(f"{what}: rtol = {found:g} must lie between 0 and 1")
    return found


def settings(subject: Subject, rtol: float | None) -> dict[str, Any]:
    """Options of `simulate`: circuits at a tight tolerance, equation neurons at their own."""
    if rtol is not None:
        return {"rtol": rtol}
    return {"rtol": RTOL} if isinstance(subject, CircuitNeuron) else {}


def steady_period(subject: Subject, level: float, rtol: float | None = None) -> Period:
    """The last interval of a run long enough that intervals no longer change, of at most 64 spikes.

    Raises InputError with the reason if the subject does not spike twice, or stops firing.
    """
    scales = subject.scales()
    usual = scales.time * ratio_to_usual(scales.input, level)
    length = FIRST * usual
    wanted = FIRST
    while True:
        trace = checked(subject.simulate(constant(subject, [level]), length, record=(), **settings(subject, rtol)), "period")
        spikes = trace.spikes[0]
        steps, fires = np.diff(spikes), still_fires(spikes, length)
        change = abs(steps[-1] / steps[-2] - 1) if len(steps) > 1 else np.inf
        enough = len(spikes) >= wanted and (change < STEADY or len(spikes) >= MOST)
        if length >= LONGEST * usual:
            require_spikes(subject, trace, level, at_least=2)
            if not fires:
                raise InputError(f"{subject.name} does not keep firing: {why_it_stops(subject, level, spikes)}")
            enough = True
        if enough and fires:
            return Period(level, float(spikes[-2]), float(spikes[-1]), float(spikes[0]), float(change))
        wanted = min(2 * wanted, MOST) if len(spikes) >= wanted else wanted
        needed = spikes[-1] + 1.1 * (wanted - len(spikes) + 1) * steps[-1] if fires else 4 * length
        length = float(min(max(needed, 1.2 * length), 4 * length, LONGEST * usual))


def still_fires(spikes: np.ndarray, length: float) -> bool:
    """Whether the silence at the end of a run is no longer than twice the longest of the later half of the intervals.

    Of a neuron that fires regularly that is its last interval; of one that fires in bursts, the gap between them.
    """
    steps = np.diff(spikes)
    return bool(len(steps) and length - spikes[-1] <= 2 * steps[len(steps) // 2 :].max())


def why_it_stops(subject: Subject, level: float, spikes: np.ndarray) -> str:
    """When the last spike was, and why there are no more."""
    reason = why_silent(subject, level)
    if reason.startswith("nothing is wrong"):
        reason = f"after {len(spikes)} spikes it is silent"
    return f"{reason}; the last spike is at {show(float(spikes[-1]), 's')}"


def spike_shape(subject: Subject, current: Any = None, *, rtol: float | None = None) -> SpikeShape:
    """Shape of a late spike of `subject` at a constant input (default: its own), from the solver's own steps.

    Times are located on the solution. Equation neurons without a reset (Hodgkin-Huxley) are sampled finely over one
    period. rtol: of the solver (circuits: 1e-7). InputError with the reason for a neuron that does not spike.
    """
    one_lane(subject, "spike shape")
    level, rtol = typical_input(subject, current, "spike shape"), tolerance(rtol, "spike shape")
    period = steady_period(subject, level, rtol)
    if isinstance(subject, CircuitNeuron):
        found = circuit_shape(subject, period, rtol)
    elif isinstance(subject, Neuron):
        found = equation_shape(subject, period)
    else:
        raise InputError(f"{subject.name} is neither a circuit nor an equation neuron: its spikes have no shape")
    return SpikeShape(
        subject=subject.name, input_unit=subject.input_unit, current=level, interval=period.interval,
        rate=1 / period.interval, change=period.change, delay=period.first, **{**MISSING, **found},
    )  # fmt: skip


MEASURES = ("width", "threshold", "peak", "reset", "left", "level", "low", "high", "amplitude", "rise", "fall")
MISSING = dict.fromkeys(MEASURES, NAN)


def recorded_period(subject: CircuitNeuron, period: Period, rtol: float | None) -> tuple[Trace, int]:
    """The run with every node at the solver's own steps to half an interval beyond the period, and the number of the
    period's first spike in it. Its own spikes count: those of another run differ by the tolerance, not by less."""
    stop = period.end + 0.5 * period.interval
    options = {"samples": 0, **settings(subject, rtol)}
    trace = checked(subject.simulate(constant(subject, [period.current]), stop, **options), "spike shape")
    return trace, int(np.argmin(np.abs(trace.spikes[0] - period.start)))


def circuit_shape(subject: CircuitNeuron, period: Period, rtol: float | None) -> dict[str, Any]:
    """What the membrane and the output do from one spike to the next."""
    trace, k = recorded_period(subject, period, rtol)
    node, level = subject.watch[0], float(np.ravel(subject.watch[1])[0])
    time, output, membrane = trace.time, trace[node][0], trace[subject.membrane][0]
    start, end = trace.spikes[0][k : k + 2]
    middle = start - 0.5 * period.interval
    inside, near = (time >= start) & (time < end), (time >= middle) & (time < end)
    low, high = value_at(time, output, middle), float(output[inside].max())
    marks = [low + part * (high - low) for part in (0.1, 0.9)]
    up = [latest(crossings(time[near], output[near], m), start, m, level) for m in marks]
    down = [following(crossings(time[near], -output[near], -m), start) for m in marks]
    bottom = time[inside][int(np.argmin(membrane[inside]))]
    width = float(trace.widths[node][0][k])  # type: ignore[attr-defined]
    shown = np.flatnonzero((time > start - BEFORE * width) & (time < min(start + AFTER * width, end)))
    shown = shown[:: 1 + len(shown) // MOST_SHOWN]
    return {
        "time": time[shown] - start,
        "waves": {name: v[0][shown] for name, v in trace.signals.items() if name != "i_in" and np.ptp(v[0]) > 0},
        "width": width,
        "threshold": value_at(time, membrane, start),
        "peak": float(membrane[near & (time <= bottom)].max()),
        "reset": float(membrane[inside].min()),
        "left": value_at(time, membrane, start + width),
        "level": level,
        "low": low,
        "high": high,
        "amplitude": high - low,
        "rise": up[1] - up[0],
        "fall": down[0] - down[1],
    }


def latest(times: np.ndarray, spike: float, mark: float, level: float) -> float:
    """The crossing of a mark that belongs to the rise at `spike`: the last before it, or the first after it."""
    chosen = times[times <= spike][-1:] if mark <= level else times[times >= spike][:1]
    return float(chosen[0]) if len(chosen) else NAN


def following(times: np.ndarray, spike: float) -> float:
    after = times[times > spike]
    return float(after[0]) if len(after) else NAN


def value_at(time: np.ndarray, values: np.ndarray, at: float) -> float:
    """The signal at a time between two steps, on the cubic with the slopes at both; at the ends its first or last value."""
    k = int(np.searchsorted(time, at))
    if k == 0 or k == len(time):
        return float(values[min(k, len(time) - 1)])
    near = slice(max(k - 2, 0), k + 2)
    slope = slopes(time[near], values[near])[k - 1 - near.start :]
    step, rise = time[k] - time[k - 1], values[k] - values[k - 1]
    u, first, second = (at - time[k - 1]) / step, slope[0] * step, slope[1] * step
    return float(values[k - 1] + u * (first + u * (3 * rise - 2 * first - second + u * (first + second - 2 * rise))))


def equation_shape(neuron: Neuron, period: Period) -> dict[str, float]:
    """Threshold and reset as the model states them; of a model without a reset, what a sampled period shows."""
    x = states_before(neuron, period)
    first = next(iter(neuron.states))
    found = {"width": scalar(neuron.values()["t_ref"])} if "t_ref" in neuron.params else {}
    reset = neuron.reset(SimpleNamespace(**x))
    if not reset:
        return found | sampled_shape(neuron, period, x, first)
    gap = margin(neuron, x)
    if first not in reset:  # the potential is a sum of states
        if "v_th" not in neuron.params:
            return found
        threshold = scalar(neuron.values()["v_th"])
        after = threshold + margin(neuron, {**x, **reset}) - gap
        return found | {"threshold": threshold, "peak": threshold, "reset": after, "left": after}
    threshold = x[first] - gap / (margin(neuron, {**x, first: x[first] + 1.0}) - gap)
    after = float(neuron.reset(SimpleNamespace(**{**x, first: threshold}))[first])
    return found | {"threshold": threshold, "peak": threshold, "reset": after, "left": after}


def margin(neuron: Neuron, x: dict[str, float]) -> float:
    """The model's spike condition at states x: it spikes where this rises through zero."""
    return float(neuron.threshold(SimpleNamespace(**x)))


def states_before(neuron: Neuron, period: Period) -> dict[str, float]:
    """The states an instant before the period's first spike."""
    stop = period.start * (1 - 1e-9)
    trace = neuron.simulate(constant(neuron, [period.current]), stop, samples=2)
    return {name: float(trace[name][0][-1]) for name in neuron.states}


def sampled_shape(neuron: Neuron, period: Period, x: dict[str, float], first: str) -> dict[str, float]:
    """Peak, lowest value and width of a spike that the model's own dynamics shape, from 20,001 points of one period."""
    if neuron.default_method == "clocked":
        return {}
    trace = neuron.simulate(constant(neuron, [period.current]), period.interval, initial=x, samples=20001)
    time, v = trace.time, trace[first][0]
    level = x[first] - margin(neuron, x)  # these models watch one state against a fixed level
    down = crossings(time, -v, -level)
    found = {"threshold": level, "level": level, "peak": float(v.max()), "reset": float(v.min())}
    found |= {"low": float(v.min()), "high": float(v.max()), "amplitude": float(np.ptp(v))}
    return found | ({"width": float(down[0])} if len(down) else {})
