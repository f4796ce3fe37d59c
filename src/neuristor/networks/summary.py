"""From the runs of all chips to the numbers of the result: means, intervals, quantiles, distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..experiments.fluctuation import fluctuation
from ..experiments.statistics import mean_bounds, proportion_bounds
from .axis import Axis
from .chain_result import StageRecord
from .runs import Runs
from .stages import Stage

LEVELS = np.array([0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99])
BINS, OUTSIDE = 80, 0.005  # of the histogram of changes; the share left out at each end
RIPPLES = 400  # samples of the ripple of Shah et al. 2023


def statistics(runs: Runs, images: int, confidence: float) -> dict[str, Any]:
    """Accuracy and shares over chips, energy, quantiles of times, shifts and changes."""
    student = mean_bounds(np.moveaxis(runs.correct, 2, 0), confidence)
    low, high = (np.clip(bound, 0.0, 1.0) for bound in (student.low, student.high))
    wilson = proportion_bounds(student.value * images, images, confidence, "wilson")
    undecided, missed = runs.undecided.mean(axis=2), runs.missed.mean(axis=2)
    energy = {part: joule.mean(axis=2) for part, joule in runs.energy.items()}
    known = ~np.isnan(runs.shift)
    lost = np.where(
        known.any(axis=(2, 3)), np.isneginf(runs.shift).sum(axis=(2, 3)) / known.sum(axis=(2, 3)).clip(1), np.nan
    )
    return {
        "accuracy": runs.correct, "accuracy_mean": student.value, "accuracy_low": low, "accuracy_high": high,
        "image_low": wilson.low, "image_high": wilson.high, "array_accuracy": runs.argmax.mean(axis=2),
        "agreement": mean_known(runs.agreement), "undecided": undecided, "missed": missed, "silent": undecided - missed,
        "saturated": runs.saturated.mean(axis=2), "levels": LEVELS, "latency": quantiles(runs.times),
        "shift": quantiles(runs.shift), "lost": lost, "change": quantiles(runs.change), "energy": energy,
        "energy_total": np.sum(list(energy.values()), axis=0),
    }  # fmt: skip


def mean_known(values: np.ndarray) -> np.ndarray:
    """(F, S) mean over chips of what is known."""
    known = ~np.isnan(values)
    return np.where(known.any(axis=2), np.where(known, values, 0.0).sum(axis=2) / known.sum(axis=2).clip(1), np.nan)


def quantiles(values: np.ndarray) -> np.ndarray:
    """(F, S, L) over chips and images, NaN left out; a sample each, so that -inf may be among them."""
    found = np.full((*values.shape[:2], len(LEVELS)), np.nan)
    for f, s in np.ndindex(*values.shape[:2]):
        known = values[f, s][~np.isnan(values[f, s])]
        if len(known):
            found[f, s] = np.quantile(known, LEVELS, method="inverted_cdf")
    return found


def distributions(runs: Runs, axes: Sequence[Axis], values: np.ndarray) -> dict[str, Any]:
    """Densities of the relative change of the current, the array's and the ripple's, in the same bins."""
    known = runs.change[np.isfinite(runs.change)]
    ends = np.quantile(known, [OUTSIDE, 1 - OUTSIDE]) if len(known) else np.zeros(2)
    reach = values.max() if any(axis.stuck for axis in axes) else 0.0
    edges = np.linspace(min(ends[0], -reach), max(ends[1], reach, 1e-12), BINS + 1)
    shape = (len(axes), len(values), BINS)
    own, ripple = np.zeros(shape), np.full(shape, np.nan)
    for f, s in np.ndindex(*shape[:2]):
        samples = runs.change[f, s][np.isfinite(runs.change[f, s])]
        own[f, s] = np.histogram(samples, edges)[0] / max(len(samples), 1) / np.diff(edges)
        low, high = ripple_range(axes[f], float(values[s]))
        if high > low:
            inside = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
            ripple[f, s] = np.maximum(inside, 0.0) / (high - low) / np.diff(edges)
    return {"change_edges": edges, "change_density": own, "ripple_density": ripple}


def ripple_range(axis: Axis, share: float) -> tuple[float, float]:
    """Least and largest relative change at a node of the ripple of Shah et al. 2023; NaN for other options."""
    ends = {"stuck_lrs": (0.0, share), "stuck_hrs": (-share, 0.0), "combined": (-share, share)}
    return ends.get(axis.name, (np.nan, np.nan))


def ripples(subject: Any, axes: Sequence[Axis], values: np.ndarray, current: float, seed: int) -> dict[str, Any]:
    """The ripple of Shah et al. 2023 of the same shares: quantiles of its change (uniform) and of the shift it makes."""
    shape = (len(axes), len(values), len(LEVELS))
    change, shift = np.full(shape, np.nan), np.full(shape, np.nan)
    for f, axis in enumerate(axes):
        if not axis.stuck:
            continue
        low, high = np.array([ripple_range(axis, v) for v in values]).T
        change[f] = low[:, None] + (high - low)[:, None] * LEVELS
        small = values < 1
        try:
            drawn = fluctuation(
                subject, axis.name, values[small], samples=RIPPLES, current=current, spikes=1, seed=seed
            ).shift
        except InputError:  # a neuron that does not fire for good at this current
            continue
        moved = np.where(np.isnan(drawn[:, :, 0]), -np.inf, drawn[:, :, 0])
        shift[f, small] = np.quantile(moved, LEVELS, axis=1, method="inverted_cdf").T
    return {"ripple_change": change, "ripple_shift": shift, "ripple_current": current}


def record(stage: Stage) -> StageRecord:
    """What was chosen for a layer."""
    full = stage.full + stage.bias
    inputs, outputs = stage.layer.weights.shape
    positions = stage.layer.patches(np.zeros((1, *stage.shape))).shape[1]
    return StageRecord(
        label=stage.label, inputs=inputs, outputs=outputs, positions=positions,
        unit_current=stage.crossbar.unit_current, gain=stage.gain, full_current=stage.full,
        full_activation=stage.next_scale, rheobase=float(stage.first.low[0]), top_current=stage.high,
        deadline=stage.deadline, full_latency=float(stage.first.times(np.array([[full]]))[0, 0]),
        interpolation=max(r.error for r in (stage.first, stage.latency, stage.nominal, stage.count) if r),
        nodes=len(stage.latency.nodes), neurons=len(stage.latency.low),
    )  # fmt: skip
