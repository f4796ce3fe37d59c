"""Two studies against each other: what became better, worse, stayed the same, changed, or failed, metric by metric.

    comparison = compare_studies("a.study.old1", "a.study")
    [row for row in comparison.rows if row.verdict == "worse"]

Points of the axes are matched by their values; what only one study varies along an axis is taken where it has the other
study's own value. If both drew the same random numbers (seed, sampling, names), samples are compared in pairs.

Tests of a row: of a shift (Wilcoxon's of pairs, else Mann and Whitney's), of the spread (Morgan's of pairs, else Brown and
Forsythe's), without pairs of the whole distribution (Kolmogorov and Smirnov's), of the shares that meet the limit and that
have no value (McNemar's of pairs, else Fisher's). All tests of all rows together keep 5 % (Holm). Better and worse need a
limit, which tells the direction. Where nothing is drawn and there is one run a point, any difference counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..experiments.metrics import Limit
from ..experiments.statistics import Bounded
from ..trace import plain
from .manifest import differences
from .reading import Reading, direction, read_results
from .two_samples import difference, holm, mean, shape_test, share_difference, share_test, shift_test, spread_test

VERDICTS = ("worse", "failed", "better", "changed", "same")
ALPHA = 0.05
TOLERANCE = 1e-5  # relative: smaller differences are those of solvers
ALL_LIMITS = "all limits"


@dataclass(frozen=True)
class Row:
    """One metric at one point; metric "all limits" is the yield alone.

    old, new      runs compared;  mean_old, mean_new, sigma_old, sigma_new (SI);  change: of the means
    failed_old, failed_new   of them without a value;  yields: share within the limit, and its change
    p             the least p-value, corrected for the number of tests
    """

    metric: str
    unit: str
    where: str
    old: int
    new: int
    mean_old: float
    mean_new: float
    sigma_old: float
    sigma_new: float
    change: Bounded
    failed_old: int
    failed_new: int
    yield_old: float
    yield_new: float
    yield_change: Bounded
    p: float
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """Rows of two studies, in the order of metrics and points.

    paired    whether samples were compared one by one;  points: those of the old study and of the new one
    left_out  metrics and points that only one of the two has, in words;  changed: what differs between the two files
    """

    old: Reading
    new: Reading
    paired: bool
    points: tuple[tuple[int, int], ...]
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}

    def to_json_dict(self) -> dict[str, Any]:
        """Plain numbers and texts (SI units)."""
        names = {"old": str(self.old.store.folder), "new": str(self.new.store.folder)}
        told = {"paired": self.paired, "counts": self.counts, "left_out": self.left_out, "changed": self.changed}
        return plain({**names, **told, "rows": [asdict(row) for row in self.rows]})


def compare_studies(old: str | Path, new: str | Path, tolerance: float = TOLERANCE) -> Comparison:
    """Compare two folders of results; InputError if they have no metric or no point in common."""
    a, b = read_results(old), read_results(new)
    metrics = [name for name, unit in b.metrics.items() if a.metrics.get(name) == unit]
    if not metrics:
        raise InputError(
            f"{a.store.folder} has {', '.join(a.metrics)}, {b.store.folder} has {', '.join(b.metrics)}: no metric is in both"
        )
    points = matched(a, b)
    limits = {limit.name: limit for limit in (*a.limits, *b.limits) if limit.name in metrics}
    paired = same_draws(a, b)
    found = [Pair(a, b, p, q, paired) for p, q in points]
    drafts = [pair.draft(name, b.metrics[name], limits.get(name), tolerance) for name in metrics for pair in found]
    if len(limits) > 1:
        drafts += [pair.draft_yield(tuple(limits.values())) for pair in found]
    tests = [(k, name) for k, (_, p) in enumerate(drafts) for name in p]
    corrected = holm([drafts[k][1][name] for k, name in tests])
    own: list[dict[str, float]] = [{} for _ in drafts]
    for (k, name), p in zip(tests, corrected, strict=True):
        own[k][name] = float(p)
    rows = tuple(judged(fields, p, limits.get(fields["metric"])) for (fields, _), p in zip(drafts, own, strict=True))
    told = tuple(differences(a.store.manifest.document, b.store.manifest.document))
    return Comparison(a, b, paired, tuple(points), rows, left_out(a, b, metrics, points), told)


def same_draws(a: Reading, b: Reading) -> bool:
    """Whether samples of the same number have the same random numbers behind them."""
    one, other = (r.plan.draws for r in (a, b))
    names = [([p.name for p in d.parameters], d.scores) for d in (one, other)]
    return names[0] == names[1] and (one.sampling, one.seed, one.block) == (other.sampling, other.seed, other.block)


def matched(a: Reading, b: Reading) -> list[tuple[int, int]]:
    """Points (of old, of new) with the same values of everything that either study varies along an axis."""
    names = sorted({name for r in (a, b) for axis in r.axes for name in axis.columns})
    one, other = (np.column_stack([own_values(r, s, name) for name in names]) if names else np.zeros((1, 0))
                  for r, s in ((a, b), (b, a)))  # fmt: skip
    places = {rounded(values): p for p, values in enumerate(one)}
    found = [(places[key], q) for q, values in enumerate(other) if (key := rounded(values)) in places]
    if not found:
        raise InputError(f"{a.store.folder} and {b.store.folder} have no point of their axes ({', '.join(names)}) in common")
    return found


def rounded(values: np.ndarray) -> tuple[str, ...]:
    """Values of axes to the digits in which two studies may be expected to agree."""
    return tuple(f"{value:.9g}" for value in values)


def own_values(reading: Reading, other: Reading, name: str) -> np.ndarray:
    """(points,) of an axis column; where the study has no such axis, its own value."""
    for k, axis in enumerate(reading.axes):
        if name in axis.columns:
            return np.asarray(axis.columns[name][np.unravel_index(np.arange(reading.points), reading.shape)[k]])
    where = f"{name} is an axis of {other.store.folder}"
    if name in reading.drawn:
        raise InputError(f"{where} and random in {reading.store.folder}: these runs cannot be compared")
    try:
        return np.full(reading.points, reading.own(name))
    except InputError as error:
        raise InputError(f"{where}, and {reading.store.folder} has no value of it: {error}") from None


def left_out(a: Reading, b: Reading, metrics: list[str], points: list[tuple[int, int]]) -> tuple[str, ...]:
    told = []
    for reading, side in ((a, 0), (b, 1)):
        only = [name for name in reading.metrics if name not in metrics]
        rest = reading.points - len({pair[side] for pair in points})
        told += [f"metrics only in {reading.store.folder}: {', '.join(only)}"] if only else []
        told += [f"points only in {reading.store.folder}: {rest} of {reading.points}"] if rest else []
    return tuple(told)


class Pair:
    """One point of the axes in both studies: the runs that are compared."""

    def __init__(self, a: Reading, b: Reading, p: int, q: int, paired: bool) -> None:
        self.a, self.b, self.p, self.q, self.paired = a, b, p, q, paired
        self.where = b.point_words(q) or a.point_words(p)
        here = [r.stored[:, k] for r, k in ((a, p), (b, q))]
        n = min(map(len, here))
        both = here[0][:n] & here[1][:n]
        self.rows = (np.flatnonzero(both), np.flatnonzero(both)) if paired else tuple(map(np.flatnonzero, here))
        self.exact = paired and n == 1 and not b.drawn

    def share_test(self, old: np.ndarray, new: np.ndarray) -> float:
        return float(np.array_equal(old, new)) if self.exact else share_test(old, new, self.paired)

    def value_tests(self, old: np.ndarray, new: np.ndarray) -> dict[str, float]:
        if self.exact:
            return {"shift": 0.0}
        tests = {"shift": shift_test(old, new, self.paired), "spread": spread_test(old, new, self.paired)}
        return tests if self.paired else tests | {"shape": shape_test(old, new)}

    def columns(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        return self.a.grid(name)[self.rows[0], self.p], self.b.grid(name)[self.rows[1], self.q]

    def met(self, limits: tuple[Limit, ...]) -> tuple[np.ndarray, np.ndarray]:
        return self.a.within(limits)[self.rows[0], self.p], self.b.within(limits)[self.rows[1], self.q]

    def draft(self, name: str, unit: str, limit: Limit | None, tolerance: float) -> tuple[dict[str, Any], dict[str, float]]:
        """Fields of a row, and the p-values of its tests before correction."""
        old, new = self.columns(name)
        there = ~np.isnan(old), ~np.isnan(new)
        tests = {"failures": self.share_test(*there)}
        u, v = (old[there[0] & there[1]], new[there[0] & there[1]]) if self.paired else (old[there[0]], new[there[1]])
        if not alike(u, v, self.paired, tolerance):
            tests |= self.value_tests(u, v)
        fields = {"metric": name, "unit": unit, "where": self.where, "old": len(old), "new": len(new)}
        fields |= {"mean_old": mean(u), "mean_new": mean(v), "sigma_old": sigma(u), "sigma_new": sigma(v)}
        fields |= {"change": difference(u, v, self.paired)}
        fields |= {"failed_old": int(np.sum(~there[0])), "failed_new": int(np.sum(~there[1]))}
        return fields | self.shares((limit,) if limit else (), tests), tests

    def draft_yield(self, limits: tuple[Limit, ...]) -> tuple[dict[str, Any], dict[str, float]]:
        """The row of all limits together."""
        tests: dict[str, float] = {}
        none = dict.fromkeys(("mean_old", "mean_new", "sigma_old", "sigma_new"), np.nan)
        failed = [int(np.sum(r.failed[rows, k])) for r, rows, k in
                  ((self.a, self.rows[0], self.p), (self.b, self.rows[1], self.q))]  # fmt: skip
        fields = {"metric": ALL_LIMITS, "unit": "1", "where": self.where, "change": Bounded(np.nan, np.nan, np.nan), **none}
        fields |= {"old": len(self.rows[0]), "new": len(self.rows[1]), "failed_old": failed[0], "failed_new": failed[1]}
        return fields | self.shares(limits, tests), tests

    def shares(self, limits: tuple[Limit, ...], tests: dict[str, float]) -> dict[str, Any]:
        """Yields of a row; adds their test."""
        if not limits:
            return {"yield_old": np.nan, "yield_new": np.nan, "yield_change": Bounded(np.nan, np.nan, np.nan)}
        old, new = self.met(limits)
        tests["limits"] = self.share_test(old, new)
        change = share_difference(old, new, self.paired)
        return {"yield_old": mean(old), "yield_new": mean(new), "yield_change": change}


def sigma(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def alike(old: np.ndarray, new: np.ndarray, paired: bool, tolerance: float) -> bool:
    """Whether nothing differs by more than the tolerance: no pair, or no percentile."""
    if not len(old) or not len(new):
        return len(old) == len(new)
    if not paired:
        levels = np.linspace(0, 1, 101)
        old, new = np.quantile(old, levels), np.quantile(new, levels)
    return bool(np.all(np.abs(new - old) <= tolerance * np.abs(old)))


def judged(fields: Mapping[str, Any], p: Mapping[str, float], limit: Limit | None) -> Row:
    """The verdict of a row from its corrected p-values."""
    low = {name for name, value in p.items() if value < ALPHA}
    change, gain = fields["change"].value, fields["yield_change"].value
    gone = fields["failed_new"] == fields["new"] and fields["failed_old"] < fields["old"]
    if gone or ("failures" in low and fields["failed_new"] * fields["old"] > fields["failed_old"] * fields["new"]):
        verdict = "failed"
    elif "limits" in low:
        verdict = "better" if gain > 0 else "worse"
    elif "shift" in low and direction(limit):
        verdict = "better" if change * direction(limit) > 0 else "worse"
    else:
        verdict = "changed" if low else "same"
    return Row(**fields, p=min(p.values(), default=1.0), verdict=verdict)
