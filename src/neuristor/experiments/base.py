"""What experiments share: late rates, and the result's way to JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from ..errors import InputError
from ..stimulus import Step, Stimulus
from ..subject import Subject
from ..trace import Trace, plain


class Result:
    """A stored result: numbers that a report draws and a file holds."""

    def to_json_dict(self) -> dict[str, Any]:
        return plain(asdict(self))  # type: ignore[call-overload]


def constant(subject: Subject, inputs: Any) -> Stimulus:
    """A constant input of the subject's own unit, one value a lane."""
    return Step(np.asarray(inputs, dtype=float), unit=subject.input_unit)


def steady_rates(trace: Trace) -> np.ndarray:
    """Rate (Hz) of every lane from the last half of its intervals; 0 for lanes silent in the last third."""
    rates = np.zeros(trace.lanes)
    for lane, spikes in enumerate(trace.spikes):
        if len(spikes) >= 2 and spikes[-1] > trace.duration * 2 / 3:
            late = np.diff(spikes)[len(spikes) // 2 - (len(spikes) == 2) :]
            rates[lane] = 1 / late.mean()
    return rates


def latencies(trace: Trace) -> np.ndarray:
    """Time to the first spike of every lane (s), NaN where there is none."""
    return np.array([s[0] if len(s) else np.nan for s in trace.spikes])


def checked(trace: Trace, what: str) -> Trace:
    """The trace, or an InputError if lanes failed: a curve with holes would mislead."""
    if trace.failures:
        raise InputError(f"{what} of {trace.subject}: {trace.failures[0]}")
    return trace
