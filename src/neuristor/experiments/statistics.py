"""Confidence bounds that assume no distribution: of quantiles, of a proportion, of what a sample's extremes cover.

The samples must be independent draws of one distribution; nothing else is assumed (`mean_bounds` says what it needs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest

PROPORTIONS = ("exact", "wilson")


@dataclass(frozen=True)
class Bounded:
    """An estimate with the bounds of its confidence interval; floats, or arrays of one shape."""

    value: Any
    low: Any
    high: Any


def checked_confidence(confidence: Any) -> float:
    """The confidence as a number; InputError unless it lies between 0 and 1."""
    if isinstance(confidence, (bool, str)) or np.ndim(confidence) or not 0 < confidence < 1:
        raise InputError(f"the confidence must lie between 0 and 1 (95 % is 0.95), not {confidence!r}")
    return float(confidence)


def quantile_ranks(n: int, p: float, confidence: float = 0.95) -> tuple[int, int]:
    """Ranks (1 .. n) of the two order statistics between which the p-quantile lies with at least this confidence.

    The number of samples below the quantile is binomial, whatever the distribution: the ranks are the closest ones that
    leave at most half of 1 - confidence outside on each side. Rank 0 or n + 1: n samples are too few for a bound there.
    David & Nagaraja, Order Statistics (2003), section 7.1.
    """
    from scipy.stats import binom

    if n < 1 or not 0 < p < 1:
        raise InputError(f"a quantile needs at least one sample and a level between 0 and 1, not {n} samples at {p!r}")
    tail = (1 - checked_confidence(confidence)) / 2
    low, high = binom.ppf([tail, 1 - tail], n, p)  # of the number of samples below
    return int(low), int(high) + 1


def quantile_bounds(values: Any, p: float, confidence: float = 0.95) -> Bounded:
    """The p-quantile along the first axis: a sample itself (rank ceil(n p)), between two others; +-inf where n is too small.

    Values may be +-inf (known only to lie beyond all others), not NaN.
    """
    ordered = np.sort(np.asarray(values, dtype=float), axis=0)
    if np.any(np.isnan(ordered)):
        raise InputError("a quantile of values that are not numbers (NaN): leave them out or put them at an end (inf)")
    n = len(ordered)
    low, high = quantile_ranks(n, p, confidence)
    beyond = np.full((1, *ordered.shape[1:]), np.inf)
    ranked = np.concatenate([-beyond, ordered, beyond])
    middle = min(n, max(1, int(np.ceil(n * p - 1e-9))))
    return Bounded(ranked[middle][()], ranked[low][()], ranked[high][()])


def proportion_bounds(successes: Any, n: Any, confidence: float = 0.95, method: str = "exact") -> Bounded:
    """The share successes / n with its interval; arrays allowed.

    exact    Clopper & Pearson, Biometrika 26 (1934) 404: never covers less than `confidence`
    wilson   Wilson, J. Am. Stat. Assoc. 22 (1927) 209: shorter; covers about `confidence` on average
    """
    if method not in PROPORTIONS:
        raise InputError(f"proportion: unknown method {method!r}{nearest(method, PROPORTIONS)}; there are exact and wilson")
    k, total = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    if np.any(total < 1) or np.any(k < 0) or np.any(k > total):
        raise InputError(f"proportion: {successes} of {n}: the count must lie between 0 and the number of samples")
    tail = (1 - checked_confidence(confidence)) / 2
    low, high = (clopper_pearson if method == "exact" else wilson)(k, total, tail)
    return Bounded((k / total)[()], low[()], high[()])


def clopper_pearson(k: np.ndarray, n: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """The shares at which k or more, and k or fewer, successes have probability `tail`."""
    from scipy.special import betaincinv

    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, tail))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail))
    return low, high


def wilson(k: np.ndarray, n: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """The two shares p with |k/n - p| = z sqrt(p (1 - p) / n)."""
    from scipy.special import ndtri

    z2 = ndtri(tail) ** 2
    centre = (k + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (k * (n - k) / n + z2 / 4)) / (n + z2)
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)


def mean_bounds(values: Any, confidence: float = 0.95) -> Bounded:
    """Mean along the first axis with Student's interval, NaN left out; exact for normal values, else for large n.

    No interval of a mean is free of assumptions (one rare huge value moves it); the bounds are NaN below two values.
    """
    from scipy.special import stdtrit

    x = np.asarray(values, dtype=float)
    here = ~np.isnan(x)
    n = here.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(here, x, 0.0).sum(axis=0) / n
        spread = np.sqrt(np.where(here, (x - mean) ** 2, 0.0).sum(axis=0) / (n - 1))
        t = stdtrit(np.maximum(n - 1, 1), (1 + checked_confidence(confidence)) / 2)
        half = np.where(n > 1, t * spread / np.sqrt(n), np.nan)
    return Bounded(mean[()], (mean - half)[()], (mean + half)[()])


def coverage(n: Any, confidence: float = 0.95) -> Any:
    """The share of the population that, with this confidence, lies below the largest of n samples at least.

    S. S. Wilks, Ann. Math. Stat. 12 (1941) 91: the share c solves c^n = 1 - confidence; 59 samples cover 95 %.
    """
    return (1 - checked_confidence(confidence)) ** (1 / np.asarray(n, dtype=float))[()]
