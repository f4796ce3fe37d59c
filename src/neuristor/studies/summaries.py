"""What a study's metrics are: distributions, averages along axes, yields, extremes, correlations.

Bounds hold 95 % for independent samples (Monte Carlo draws). Latin hypercube and Sobol samples cover more evenly than
independent ones do, so that for them the bounds of means are wider than need be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..experiments.metrics import Limit
from ..experiments.statistics import Bounded, mean_bounds, proportion_bounds, quantile_ranks
from .reading import Reading, axis_name

LEVELS = (0.01, 0.05, 0.5, 0.95, 0.99)
BINS = 60
FAR = 4.0  # times the range that holds 99.8 % of the values: a wider one is cut for the histogram
RANKED = 50_000  # samples that rank correlations take at most


@dataclass(frozen=True)
class Distribution:
    """How a metric is distributed over runs.

    defined, undefined   good runs with and without a value (a neuron that never spikes has no interval)
    mean, quantiles      with bounds where the runs are independent (one point of the axes), else bounds are NaN
    counts, edges        a histogram; below and above: runs outside of its edges
    """

    metric: str
    unit: str
    defined: int
    undefined: int
    mean: Bounded
    sigma: float
    least: float
    most: float
    quantiles: dict[float, Bounded]
    counts: np.ndarray
    edges: np.ndarray
    below: int
    above: int


def distribution(reading: Reading, metric: str) -> Distribution:
    """The distribution of a metric over all stored runs."""
    ordered = np.sort(reading.grid(metric), axis=None)
    ordered = ordered[: np.searchsorted(ordered, np.inf, side="right")]  # NaN are sorted last
    good = int(reading.stored.sum() - reading.failed.sum())
    unit, n = reading.metrics[metric], len(ordered)
    if not n:
        none = Bounded(np.nan, np.nan, np.nan)
        empty = np.zeros(0)
        levels = dict.fromkeys(LEVELS, none)
        return Distribution(metric, unit, 0, good, none, np.nan, np.nan, np.nan, levels, empty, empty, 0, 0)
    mean, alone = mean_bounds(ordered), reading.points == 1
    edges = histogram_edges(ordered)
    counts = np.diff(np.searchsorted(ordered, edges, side="left"))
    counts[-1] += np.searchsorted(ordered, edges[-1], side="right") - np.searchsorted(ordered, edges[-1], side="left")
    return Distribution(
        metric, unit, n, good - n,
        mean if alone else Bounded(mean.value, np.nan, np.nan),
        float(ordered.std(ddof=1)) if n > 1 else np.nan,
        float(ordered[0]), float(ordered[-1]),
        {p: quantile(ordered, p, alone) for p in LEVELS},
        counts, edges,
        below=int(np.searchsorted(ordered, edges[0], side="left")),
        above=int(n - np.searchsorted(ordered, edges[-1], side="right")),
    )  # fmt: skip


def quantile(ordered: np.ndarray, p: float, bounded: bool) -> Bounded:
    """The p-quantile of sorted values, a value itself; bounds between two others, infinite where there are too few."""
    n = len(ordered)
    middle = float(ordered[min(n, max(1, int(np.ceil(n * p - 1e-9)))) - 1])
    if not bounded:
        return Bounded(middle, np.nan, np.nan)
    low, high = ranks(n, p)
    return Bounded(middle, float(ordered[low - 1]) if low else -np.inf, float(ordered[high - 1]) if high <= n else np.inf)


@lru_cache(maxsize=256)
def ranks(n: int, p: float) -> tuple[int, int]:
    return quantile_ranks(n, p)


def histogram_edges(ordered: np.ndarray) -> np.ndarray:
    """Edges of a histogram of sorted values: whole numbers between two, far outliers outside."""
    n, low, high = len(ordered), float(ordered[0]), float(ordered[-1])
    if low == high:
        half = 0.05 * abs(low) or 0.5
        return np.array([low - half, low + half])
    if high - low <= BINS and np.array_equal(ordered, np.round(ordered)):
        return np.arange(low - 0.5, high + 1.0)
    inner = ordered[[int(0.001 * (n - 1)), int(np.ceil(0.999 * (n - 1)))]]
    if inner[0] < inner[1] and high - low > FAR * (inner[1] - inner[0]):
        reach = 0.25 * (inner[1] - inner[0])
        low, high = max(low, float(inner[0]) - reach), min(high, float(inner[1]) + reach)
    return np.linspace(low, high, BINS + 1)


@dataclass(frozen=True)
class Along:
    """A metric along one axis, over all samples and all points of the other axes.

    values     (n,) of the axis (SI; corners by their place)
    mean       (n,) with bounds: each sample's mean over the other axes is one independent number
    quantiles  level -> (n,)
    """

    metric: str
    axis: int
    name: str
    values: np.ndarray
    mean: Bounded
    quantiles: dict[float, np.ndarray]


def along(reading: Reading, metric: str, axis: int) -> Along:
    """A metric along the axis of this number."""
    values = np.moveaxis(reading.grid(metric).reshape(-1, *reading.shape), axis + 1, 0)
    flat = np.sort(values.reshape(len(values), -1), axis=1)
    counts = np.sum(~np.isnan(flat), axis=1)
    per_sample = mean_without_nan(values.reshape(*values.shape[:2], -1))
    levels = {p: quantiles_of_rows(flat, counts, p) for p in LEVELS}
    name = axis_name(reading.axes[axis])
    return Along(metric, axis, name, reading.axes[axis].columns[name], mean_bounds(per_sample.T), levels)


def quantiles_of_rows(rows: np.ndarray, counts: np.ndarray, p: float) -> np.ndarray:
    """The p-quantile of the first `counts` values of each sorted row, NaN of none."""
    place = np.clip(np.ceil(counts * p - 1e-9).astype(np.int64), 1, np.maximum(counts, 1)) - 1
    return np.asarray(np.take_along_axis(rows, place[:, None], axis=1)[:, 0])


def mean_without_nan(values: np.ndarray) -> np.ndarray:
    """Mean along the last axis of what is not NaN."""
    if values.shape[-1] == 1:
        return values[..., 0]
    here = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(here, values, 0.0).sum(axis=-1) / here.sum(axis=-1))


@dataclass(frozen=True)
class Yield:
    """Shares of samples that meet limits; what failed, or has no value, meets none.

    limits   which
    points   (points,) shares of the stored samples at each point of the axes; Clopper and Pearson's bounds
    every    share of the complete samples that meet them at every point
    """

    limits: tuple[Limit, ...]
    points: Bounded
    every: Bounded


def yields(reading: Reading) -> list[Yield]:
    """The yield of every limit, and of all together if there are several."""
    several = [reading.limits] if len(reading.limits) > 1 else []
    return [yield_of(reading, limits) for limits in [*((limit,) for limit in reading.limits), *several]]


def yield_of(reading: Reading, limits: tuple[Limit, ...]) -> Yield:
    good, complete = reading.within(limits), reading.complete
    return Yield(limits, shares(good.sum(axis=0), reading.stored.sum(axis=0)), shares(good[complete].all(axis=1).sum(),
                 complete.sum()))  # fmt: skip


def shares(k: Any, n: Any) -> Bounded:
    """Proportions with bounds; NaN, and bounds of 0 and 1, where there is nothing."""
    found = proportion_bounds(np.where(np.asarray(n) > 0, k, 0), np.maximum(n, 1))
    some = np.asarray(n) > 0
    return Bounded(
        np.where(some, found.value, np.nan)[()], np.where(some, found.low, 0.0)[()], np.where(some, found.high, 1.0)[()]
    )


@dataclass(frozen=True)
class Extremes:
    """Runs with the lowest and the highest values of a metric, the utmost first; worst: of these, as the limit tells."""

    metric: str
    lowest: np.ndarray
    highest: np.ndarray
    middle: int
    worst: np.ndarray


def extremes(reading: Reading, metric: str, count: int) -> Extremes:
    """The `count` runs at each end; worst are those farthest beyond the limit, or both ends without one."""
    values = reading.grid(metric).ravel()
    runs = np.flatnonzero(~np.isnan(values))
    own = values[runs]
    k = min(count, len(runs))
    low = runs[utmost(own, k)]
    high = runs[utmost(-own, k)]
    middle = int(runs[np.argpartition(own, len(own) // 2)[len(own) // 2]]) if len(runs) else -1
    limit = reading.limit_of(metric)
    if limit is None:
        worst = np.ravel(np.column_stack([low, high]))[:k]
    else:
        beyond = np.maximum(limit.low - own, own - limit.high)
        worst = runs[utmost(-beyond, k)]
    return Extremes(metric, low, high, middle, worst)


def utmost(values: np.ndarray, k: int) -> np.ndarray:
    """Places of the k least values, the least first; of equal ones the earlier."""
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    bound = np.partition(values, k - 1)[k - 1]
    found = np.flatnonzero(values <= bound)
    return found[np.argsort(values[found], kind="stable")][:k]


def correlations(reading: Reading, metrics: Sequence[str]) -> np.ndarray:
    """(metrics, metrics) rank correlations between samples at the same point, averaged over the points; NaN if constant."""
    from scipy.stats import rankdata

    some = [k for k, name in enumerate(metrics) if np.any(~np.isnan(reading.grid(name)))]
    found = np.full((len(metrics), len(metrics)), np.nan)
    rows, points = reading.whole([metrics[k] for k in some], RANKED) if some else (np.zeros(0), np.zeros(0))
    if len(rows) < 3:
        return found
    z = np.array([rankdata(reading.grid(metrics[k])[np.ix_(rows, points)], axis=0) for k in some])  # (metrics, n, points)
    z -= (len(rows) + 1) / 2
    covariance = np.einsum("isp,jsp->ij", z, z)
    scale = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        found[np.ix_(some, some)] = covariance / np.outer(scale, scale)
    return found
