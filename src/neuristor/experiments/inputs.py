"""The constant input of an experiment: the one asked for, or a default that makes the subject fire."""

from __future__ import annotations

from typing import Any

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..quantities import one_number
from ..subject import Subject
from .fi_curve import rheobase


def typical_input(subject: Subject, current: Any, what: str) -> float:
    """The input asked for, else the subject's own, in its unit; `what` begins an InputError."""
    return float(subject.scales().input) if current is None else given_input(subject, current, what)


def firing_input(subject: Subject, current: Any, what: str) -> float:
    """The input asked for; else a circuit's own, or twice the rheobase of an equation neuron."""
    if current is not None:
        return given_input(subject, current, what)
    return float(subject.scales().input) if isinstance(subject, CircuitNeuron) else twice_rheobase(subject)


def given_input(subject: Subject, current: Any, what: str) -> float:
    """One input from a number or text with unit."""
    return one_number(current, subject.input_unit, f"{what}: current")


def twice_rheobase(subject: Subject) -> float:
    """Twice the rheobase, and at least half the typical input above it: some fire without input."""
    threshold = rheobase(subject)
    return threshold + max(abs(threshold), 0.5 * abs(subject.scales().input))


def one_lane(subject: Subject, what: str) -> None:
    """InputError for a subject that has lanes of its own already."""
    lanes = getattr(subject, "lanes", 1)
    if lanes != 1:
        raise InputError(f"{what} starts from one neuron; {subject.name} has parameters given for {lanes} lanes")
