"""The transistor circuit against the behavioural model that stood for it, on decisions drawn at random."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments.base import Result, checked, constant
from .neuron_choice import Chosen
from .population import Population
from .stages import Stage

LATER = 1.05  # of the deadline: how long the circuit is watched for a first spike


@dataclass(frozen=True)
class SpotCheck(Result):
    """Whole decisions of the last layer run again with every neuron a circuit, at the same currents.

    runs       neurons with a current, each simulated;  decisions: their number;  circuit, model: names
    currents   (runs,) A;  model_times, circuit_times: (runs,) s, first spikes, inf if none by the deadline
    errors     (runs,) relative difference of the first spikes, circuit the reference; NaN unless both spiked
    largest, rms    of the errors' sizes;  stated: the model's own claim
    within     whether largest <= stated, and where only one of both spiked by the deadline, it did so that close to it;
               False if nothing could be compared
    one_sided  runs in which only one of both spiked by the deadline
    model_counts, circuit_counts: (runs,) spikes in the window where rates are read out, else empty
    changed    decisions that the circuit makes otherwise (nominal neurons in both: mismatch is not part of it)
    seconds    the circuit's simulation took
    """

    circuit: str
    model: str
    runs: int
    decisions: int
    currents: np.ndarray
    model_times: np.ndarray
    circuit_times: np.ndarray
    errors: np.ndarray
    largest: float
    rms: float
    stated: float
    within: bool
    one_sided: int
    model_counts: np.ndarray
    circuit_counts: np.ndarray
    changed: int
    seconds: float


def compared(chosen: Chosen, stage: Stage, currents: np.ndarray, wanted: int) -> SpotCheck:
    """As many of the decisions with neuron currents (decisions, classes) A as make `wanted` runs."""
    started, circuit = time.perf_counter(), chosen.circuit
    total = np.cumsum((currents > 0).sum(axis=1))
    currents = currents[: min(int(np.searchsorted(total, wanted)) + 1, len(currents))]
    live = currents > 0
    levels = currents[live]
    model, real = np.full((2, *currents.shape), np.inf)
    model[live] = stage.first.times(levels[:, None])[:, 0]
    real[live] = first_spikes(circuit, levels, LATER * stage.deadline)
    late = real > stage.deadline
    both = np.isfinite(model) & ~late
    errors = np.where(both, model / np.where(both, real, 1.0) - 1.0, np.nan)[live]
    sizes = np.abs(errors[np.isfinite(errors)])
    largest = float(sizes.max(initial=0.0))
    real[late] = np.inf
    alone = np.isfinite(model) != np.isfinite(real)
    gap = float(np.max(stage.deadline / np.minimum(model, real)[alone] - 1.0, initial=0.0))
    counts = np.zeros((2, *currents.shape))
    if stage.count is not None:
        counts[0][live] = np.floor(stage.nominal(levels[:, None])[:, 0])
        counts[1][live] = spikes_in(circuit, levels, stage.deadline)
    decided = [stage.decisions(t, c).classes for t, c in zip((model, real), counts, strict=True)]
    return SpotCheck(
        circuit=circuit.name, model=chosen.model.name, runs=len(levels),
        decisions=len(currents), currents=levels, model_times=model[live], circuit_times=real[live], errors=errors,
        largest=largest, rms=float(np.sqrt(np.mean(sizes**2))) if len(sizes) else 0.0, stated=chosen.stated,
        within=bool(len(sizes) and max(largest, gap) <= chosen.stated), one_sided=int(np.sum(alone)),
        model_counts=counts[0][live] if stage.count else np.empty(0),
        circuit_counts=counts[1][live] if stage.count else np.empty(0),
        changed=int(np.sum(decided[0] != decided[1])), seconds=time.perf_counter() - started,
    )  # fmt: skip


def first_spikes(circuit: Any, levels: np.ndarray, duration: float) -> np.ndarray:
    """(runs,) s of the circuit's first spikes."""
    return Population(circuit).first_spikes(levels[None, :], duration)[0] if len(levels) else np.empty(0)


def spikes_in(circuit: Any, levels: np.ndarray, window: float) -> np.ndarray:
    """(runs,) spikes of the circuit in the window."""
    if not len(levels):
        return np.empty(0)
    return checked(circuit.simulate(constant(circuit, levels), window, record=()), "spot check").spike_counts
