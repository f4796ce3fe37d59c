"""A behavioural model against its circuit on stimuli it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..kernel.charge_run import extremes_of
from ..neurons.behavioural import Behavioural
from ..quantities import show
from ..stimulus import PWL, Fluctuated, Ramp, Square, Step, Stimulus
from ..trace import Trace
from .base import Result, checked
from .extraction_runs import Runs, supplied

INTERVALS = 6  # typical intervals a check lasts
NODES_A_SPIKE = 40  # of a ripple
CHECKED = 3  # currents at which each varying stimulus is tried


@dataclass(frozen=True)
class Check(Result):
    """One stimulus: relative errors of the model.

    interval, rms    largest and root-mean-square error of an interval (the first: from the start), inf if spikes are
                     missing or too many, NaN if neither fires: nothing is compared
    time             largest error of a spike time, relative to the time since the start; inf and NaN as above
    energy           error of the supply energy of the whole run
    least            least current of the stimulus (A)
    """

    name: str
    kind: str
    current: float
    spikes: int
    interval: float
    rms: float
    time: float
    energy: float
    least: float = 0.0

    @property
    def compared(self) -> bool:
        """Whether there was a spike to compare."""
        return not np.isnan(self.interval)

    def told(self) -> str:
        """The stimulus and what came of it."""
        if not self.compared:
            return f"{self.name}: no spike, nothing compared"
        return f"{self.name} {100 * self.interval:.3g} %" if np.isfinite(self.interval) else f"{self.name}: spikes differ"


def stimuli(neuron: Behavioural, runs: Runs, seed: int) -> list[tuple[str, str, float, Stimulus, float]]:
    """(name, kind, current, stimulus, duration) of every check: constants between the fitted ones, and at three
    currents a ripple of 10 %, steps by two, a slow ramp, pulses from zero, pulses from below zero."""
    fitted = runs.currents
    period = dict(zip(fitted, (r.interval for r in runs.ramps), strict=True))
    found: list[tuple[str, str, float, Stimulus, float]] = []
    for low, high in zip(fitted[:-1], fitted[1:], strict=True):
        between = float(np.sqrt(low * high))
        found.append((f"constant {show(between, 'A')}", "constant", between, Step(between), 4 * period[low]))
    chosen = fitted[np.unique(np.linspace(0, len(fitted) - 1, CHECKED + 2).round().astype(int))[1:-1]]
    for i in map(float, chosen):
        t, told = period[i], show(i, "A")
        length = INTERVALS * t
        ripple = Fluctuated(Step(i), 0.1, t / NODES_A_SPIKE, "both", seed=seed, duration=length)
        found.append((f"ripple +-10 % of {told}", "ripple", i, ripple, length))
        top = min(2 * i, float(neuron.i_high))
        steps = PWL(np.array([0, 1.3, 1.3, 2.9, 2.9, 6]) * t, np.array([i, i, top, top, i, i]))
        found.append((f"steps between {told} and {show(top, 'A')}", "steps", i, steps, length))
        found.append((f"slow ramp up to {show(top, 'A')}", "ramp", i, Ramp(0.0, top, length), length))
        found.append((f"pulses of {told}", "pulses", i, Square(i, 2.7 * t, 0.6, 0.0, duration=2 * length), 2 * length))
        if neuron.i_low < 0:
            low = float(neuron.i_low)
            pulses = Square(i, 2.7 * t, 0.8, low, duration=2 * length)
            found.append((f"pulses between {show(low, 'A')} and {told}", "negative", i, pulses, 2 * length))
    return found


def checks(
    subject: CircuitNeuron, neuron: Behavioural, runs: Runs, seed: int, progress: Callable[[float], None]
) -> list[Check]:
    """The errors on every stimulus, one by one."""
    found = []
    planned = stimuli(neuron, runs, seed)
    for k, (name, kind, current, stimulus, length) in enumerate(planned):
        circuit = checked(subject.simulate(stimulus, length, record=()), "extraction")
        model = neuron.simulate(stimulus, length, record=())
        one = compared(name, kind, current, circuit, model)
        found.append(replace(one, least=extremes_of(stimulus.segments(range(1)), length)[0]))
        progress((k + 1) / len(planned))
    return found


def compared(name: str, kind: str, current: float, circuit: Trace, model: Trace) -> Check:
    """The errors of one run."""
    a, b = circuit.spikes[0], model.spikes[0]
    n = min(len(a), len(b))
    drawn = supplied(circuit)
    energy = float(model.energy["vdd"][0]) / drawn - 1 if drawn else np.nan
    late = a[n:] if len(a) > n else b[n:]
    edge = len(late) <= 1 and (len(late) == 0 or late[0] > circuit.duration - 0.01 * late[0])
    if not edge or n == 0:
        wrong = np.nan if edge else np.inf
        return Check(name, kind, current, len(a), wrong, wrong, wrong, energy)
    errors = np.diff(b[:n], prepend=0.0) / np.diff(a[:n], prepend=0.0) - 1
    return Check(
        name, kind, current, len(a), float(np.abs(errors).max()), float(np.sqrt(np.mean(errors**2))),
        float(np.abs(b[:n] / a[:n] - 1).max()), energy,
    )  # fmt: skip


__all__ = ["Check", "checks", "compared", "stimuli"]
