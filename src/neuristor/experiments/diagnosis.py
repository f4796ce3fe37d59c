"""Why a neuron does not spike, in one sentence, from the state in which it ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..neurons import Neuron
from ..quantities import parse, show
from ..subject import Subject
from ..trace import Trace
from .base import constant
from .late_state import LATE, SETTLED, moving, of_circuit, reach

FAR = 10.0  # of the supply: a membrane beyond will not come back
ROUNDS = 5  # runs, each four times as long, until the circuit is at rest


def require_spikes(subject: Subject, trace: Trace, current: Any = None, *, at_least: int = 1) -> Trace:
    """The trace, if every lane has `at_least` spikes; InputError "NAME does not spike: REASON" otherwise.

    current: the constant input of a subject of one lane, from which the reason is found by another run; without it the
    reason is read from the trace, if its nodes are recorded.
    """
    if len(trace.spike_counts) and trace.spike_counts.min() >= at_least:
        return trace
    counts = trace.spike_counts
    if current is not None or trace.signals:
        reason = why_silent(subject, trace if current is None else current)
    else:
        reason = "no waveform is recorded, so the reason is not known"
    if reason.startswith("nothing is wrong"):
        reason = f"{counts.min()} spikes in {show(trace.duration, 's')}, where {at_least} are needed: run longer"
    many = f" on {int(np.sum(counts < at_least))} of {trace.lanes} lanes" if trace.lanes > 1 else ""
    raise InputError(f"{subject.name} does not spike{many}: {reason}")


def why_silent(subject: Subject, cause: Any = None) -> str:
    """One sentence: why `subject` does not spike, or stops.

    cause: a constant input (default: the subject's own), for which it is run until it is at rest; or a Trace of it with
    all nodes recorded, of which the first silent lane is looked at.
    """
    if isinstance(cause, Trace):
        return of_trace(subject, cause, int(np.argmin(cause.spike_counts)))
    level = float(subject.scales().input if cause is None else parse(cause, subject.input_unit))
    if isinstance(subject, Neuron):
        return of_trace(subject, subject.simulate(constant(subject, [level]), 40 * subject.scales().time), 0)
    scales = subject.scales()
    length = 10 * scales.time * ratio_to_usual(scales.input, level)
    for _ in range(ROUNDS):
        try:
            trace = subject.simulate(constant(subject, [level]), length, samples=501)
        except InputError as error:
            return f"it cannot be simulated: {error}"
        spikes = trace.spikes[0]
        still_spikes = len(spikes) > 1 and spikes[-1] > LATE * length and len(spikes) < 1000
        if trace.failures or still_spikes or is_over(subject, trace):
            break
        length *= 4
    return of_trace(subject, trace, 0)


def ratio_to_usual(usual: float, level: float) -> float:
    """By how much slower a neuron may be at an input than at its usual one, from 1e-6 to 30: inputs go as rates do."""
    return float(np.clip(abs(usual / level), 1e-6, 30.0)) if level else 1.0


def of_trace(subject: Subject, trace: Trace, lane: int) -> str:
    """The sentence for one lane of a trace."""
    for failure in trace.failures:
        if failure.lane == lane:
            return f"the simulation stopped at {show(failure.time, 's')}: {failure.reason}"
    spikes = trace.spikes[lane]
    if len(spikes) > 1 and spikes[-1] > LATE * trace.duration:
        return f"nothing is wrong: {len(spikes)} spikes in {show(trace.duration, 's')}"
    if isinstance(subject, CircuitNeuron):
        if getattr(subject, "lanes", 1) > 1:
            return f"it has {subject.lanes} lanes; look at one of them alone"
        return of_circuit(subject, trace, lane)
    if isinstance(subject, Neuron):
        return of_equations(subject, trace, lane)
    return f"{len(spikes)} spikes in {show(trace.duration, 's')}"


def of_equations(neuron: Neuron, trace: Trace, lane: int) -> str:
    """An equation neuron: how far its first state stays from the threshold."""
    first, *_ = neuron.states
    if first not in trace.signals:
        return "no state is recorded, so the reason is not known"
    x = {name: trace[name][lane] for name in neuron.states}
    at = SimpleNamespace(**{k: float(v[-1]) for k, v in x.items()})
    values = {k: (v if np.ndim(v) == 0 else v[lane]) for k, v in neuron.values().items()}
    one = type(neuron)(**values)
    gap = float(one.threshold(at))
    slope = float(one.threshold(SimpleNamespace(**{**vars(at), first: vars(at)[first] + 1.0}))) - gap
    unit = neuron.states[first].unit
    told = show(vars(at)[first], unit)
    late = x[first][int(LATE * len(x[first])) :]
    after = f"after {len(trace.spikes[lane])} spikes " if len(trace.spikes[lane]) else ""
    if hasattr(one, "why_silent"):
        return f"{after}{one.why_silent(float(trace['i_in'][lane].max()), at)}"
    verb = "settles at" if np.ptp(late) < SETTLED * max(np.ptp(x[first]), 1e-300) else "is still moving, at"
    if not slope:
        return f"{after}{first} {verb} {told} and the condition for a spike is not met"
    threshold = show(vars(at)[first] - gap / slope, unit)
    return f"{after}{first} {verb} {told}, below the {threshold} of a spike"


def is_over(subject: Subject, trace: Trace) -> bool:
    """Whether a longer run would show nothing new: all at rest, to and fro for good, or far off."""
    supply = reach(subject)
    if not moving(trace, 0, supply) or not isinstance(subject, CircuitNeuron):
        return True
    v = trace[subject.membrane][0][int(LATE * len(trace.time)) :]
    turns = np.count_nonzero(np.diff(np.sign(v - 0.5 * (v.min() + v.max()))))
    return bool(turns > 3 or abs(v[-1]) > FAR * supply)
