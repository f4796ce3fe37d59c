"""What a neuron spends at a constant current: over a window, and up to a moment before or at its first spike."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..experiments.base import constant
from ..trace import Trace
from .response import Response, currents_at

BELOW, ABOVE, TIMES = 17, 97, 401  # nodes: currents that do not fire by the deadline, that do, and times
WINDOW = 513  # currents of a whole window, whose energy jumps with every spike
JUST = 1e-6  # relative, after the first spike


@dataclass(frozen=True)
class NeuronEnergy:
    """Energy (J) of the nominal neuron at currents (A), between nodes linear; a mismatched one is taken to spend the same.

    window   (m,) over the deadline at `levels` (m,);  until: (n, times) up to the share k / (times - 1) of the time to
             the first spike (or the deadline, if that is earlier) at `currents` (n,);  fired: (n,) with the first spike
    """

    levels: np.ndarray
    window: np.ndarray
    currents: np.ndarray
    until: np.ndarray
    fired: np.ndarray

    def over_window(self, currents: np.ndarray) -> np.ndarray:
        return np.interp(currents, self.levels, self.window)

    def up_to(self, currents: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Of neurons that have not spiked yet; share (in [0, 1]) of the time to their own first spike or the deadline."""
        cell = np.clip(np.searchsorted(self.currents, currents, side="right") - 1, 0, len(self.currents) - 2)
        a = (currents - self.currents[cell]) / (self.currents[cell + 1] - self.currents[cell])
        place = np.clip(share, 0.0, 1.0) * (TIMES - 1)
        k = np.minimum(place.astype(np.int64), TIMES - 2)
        b = place - k
        low = (1 - b) * self.until[cell, k] + b * self.until[cell, k + 1]
        high = (1 - b) * self.until[cell + 1, k] + b * self.until[cell + 1, k + 1]
        return (1 - a) * low + a * high

    def of_first_spike(self, currents: np.ndarray) -> np.ndarray:
        return np.interp(currents, self.currents, self.fired)


def neuron_energy(subject: Any, response: Response) -> NeuronEnergy:
    """The energies of the neuron of this response (its first): zero if the model does not say what it spends."""
    deadline, high = response.deadline, response.high
    levels = np.linspace(0.0, high, WINDOW)
    window = total(subject.simulate(constant(subject, levels), deadline, record=()), WINDOW)
    low = response.low[:1]
    below = np.linspace(0.0, float(low[0]), BELOW)[:-1] if low[0] > 0 else np.empty(0)
    currents = np.concatenate([below, currents_at(np.linspace(0.0, 1.0, ABOVE), low, high)[0]])
    ends = np.minimum(response.times(currents[:, None])[:, 0], deadline)
    found = [one_course(subject, i, end) for i, end in zip(currents, ends, strict=True)]
    return NeuronEnergy(levels, window, currents, np.array([f[0] for f in found]), np.array([f[1] for f in found]))


def one_course(subject: Any, current: float, end: float) -> tuple[np.ndarray, float]:
    """Energy at equal times up to `end`, and with the spike that comes then."""
    trace = subject.simulate(constant(subject, [current]), end * (1 + JUST), samples=TIMES)
    fired = float(total(trace, 1)[0])
    if subject.power is None:
        return np.zeros(TIMES), fired
    power = subject.power(SimpleNamespace(**{name: trace[name][0] for name in subject.states}), current)
    steps = 0.5 * (power[1:] + power[:-1]) * np.diff(trace.time)
    return np.concatenate([[0.0], np.cumsum(steps)]), fired


def total(trace: Trace, lanes: int) -> np.ndarray:
    """(lanes,) J from all sources."""
    return sum(trace.energy.values(), start=np.zeros(lanes))
