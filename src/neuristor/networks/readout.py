"""From what output neurons do to a class: who spikes first, or who spikes most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest

READOUTS = ("first_spike", "rate")
UNDECIDED = -1


@dataclass(frozen=True)
class Decisions:
    """Classes (n,), -1 where no neuron has spiked by the deadline, and when they were known (n,) s: then the deadline."""

    classes: np.ndarray
    times: np.ndarray

    @property
    def decided(self) -> np.ndarray:
        return self.classes != UNDECIDED

    def correct(self, labels: np.ndarray) -> np.ndarray:
        """(n,) bool; what is undecided is wrong."""
        return self.classes == labels


def by_first_spike(times: np.ndarray, deadline: float) -> Decisions:
    """The neuron whose first spike (n, neurons) s comes first, the lower index of equal ones; decided as it comes."""
    first = times.min(axis=1)
    decided = first <= deadline
    return Decisions(np.where(decided, np.argmin(times, axis=1), UNDECIDED), np.where(decided, first, deadline))


def by_rate(counts: np.ndarray, window: float) -> Decisions:
    """The neuron with most spikes (n, neurons), the lower index of equal ones; decided at the window's end."""
    decided = counts.max(axis=1) > 0
    return Decisions(np.where(decided, np.argmax(counts, axis=1), UNDECIDED), np.full(len(counts), window))


def checked_readout(name: str) -> str:
    if name not in READOUTS:
        raise InputError(f"unknown read-out {name!r}{nearest(str(name), READOUTS)}; there are {' and '.join(READOUTS)}")
    return name
