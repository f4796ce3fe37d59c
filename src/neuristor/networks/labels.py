"""What unlabelled neurons stand for: the class they answer most, and the decision by their answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest

DECISIONS = ("labels", "shares")
NONE = -1  # label of a neuron that answered nothing


@dataclass(frozen=True, eq=False)
class Assignment:
    """rates (classes, neurons): mean spikes of a neuron when shown a class; labels (neurons,): the class it answers most."""

    rates: np.ndarray
    labels: np.ndarray

    @property
    def silent(self) -> int:
        """Neurons that answered nothing."""
        return int(np.sum(self.labels == NONE))


def assign(counts: np.ndarray, y: np.ndarray, classes: int) -> Assignment:
    """From spike counts (pictures, neurons) and the pictures' classes."""
    rates = np.array([counts[y == c].mean(axis=0) if np.any(y == c) else np.zeros(counts.shape[1]) for c in range(classes)])
    return Assignment(rates, np.where(rates.max(axis=0) > 0, rates.argmax(axis=0), NONE))


def decide(counts: np.ndarray, assignment: Assignment, by: str = "labels") -> np.ndarray:
    """The class of every picture from its spike counts (pictures, neurons).

    labels   the class whose neurons fire most on average (Diehl & Cook 2015)
    shares   every spike is split as the neuron's mean answers are: a neuron between two classes votes for both
    """
    if by == "labels":
        own = assignment.labels == np.arange(len(assignment.rates))[:, None]
        votes = np.where(own, 1.0 / np.maximum(own.sum(axis=1, keepdims=True), 1), 0.0)
    elif by == "shares":
        votes = assignment.rates / np.maximum(assignment.rates.sum(axis=0), 1e-300)
    else:
        raise InputError(f"unknown decision {by!r}{nearest(str(by), DECISIONS)}; there are {', '.join(DECISIONS)}")
    return np.argmax(counts @ votes.T, axis=1)
