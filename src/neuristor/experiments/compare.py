"""Neurons side by side: the same few numbers for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..subject import Subject
from .adaptation import adaptation
from .base import Result, checked, constant, latencies, steady_rates
from .fi_curve import rheobase


@dataclass(frozen=True)
class Row(Result):
    """One neuron: rheobase in its input unit; at `current` (twice rheobase, or above it where that is not positive)
    its rate (Hz), latency (s), adaptation ratio (last over first interval), and, NaN if undefined, mean power of all
    sources (W) and energy per spike (J): power / rate.
    """

    subject: str
    title: str
    input_unit: str
    rheobase: float
    current: float
    rate: float
    latency: float
    adaptation: float
    power: float
    energy_per_spike: float


def compare(subjects: Sequence[Subject], *, progress: Callable[[float], None] | None = None) -> list[Row]:
    """One row a subject, in the order given."""
    rows = []
    for k, subject in enumerate(subjects):
        rows.append(measured(subject))
        if progress:
            progress((k + 1) / len(subjects))
    return rows


def measured(subject: Subject) -> Row:
    scales = subject.scales()
    threshold = rheobase(subject)
    current = 2 * threshold if threshold > 1e-3 * abs(scales.input) else threshold + abs(scales.input)
    length = 60 * scales.time
    trace = checked(subject.simulate(constant(subject, [current]), length, record=()), "comparison")
    power, rate = float("nan"), float(steady_rates(trace)[0])
    if trace.energy:
        power = float(sum(np.sum(v) for v in trace.energy.values()) / trace.duration)
    return Row(
        subject=subject.name,
        title=getattr(subject, "title", subject.name),
        input_unit=subject.input_unit,
        rheobase=threshold,
        current=current,
        rate=rate,
        latency=float(latencies(trace)[0]),
        adaptation=adaptation(subject, current, duration=length).ratio,
        power=power,
        energy_per_spike=power / rate if rate else float("nan"),
    )
