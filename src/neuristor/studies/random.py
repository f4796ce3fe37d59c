"""Random parameters: distributions by their quantiles, and a Gaussian copula that correlates them.

normal            mean (default: the parameter's own value), sigma in its unit, or "%": always of the mean
truncated_normal  the same, redrawn in effect until it lies between low and high
lognormal         mean is the median; sigma that of the logarithm, a number or "%"
uniform           between low and high;  log_uniform: its logarithm is
triangular        low, mode, high

A correlation is that of the normal scores; rank correlation follows from it (6/pi asin(r/2)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from ..errors import InputError

INF = float("inf")


@dataclass(frozen=True)
class Distribution:
    """A distribution's numbers (those it needs) in SI units; `quantile` takes them and u in (0, 1)."""

    needs: tuple[str, ...]
    quantile: Callable[..., np.ndarray]


def normal(u: np.ndarray, mean: float, sigma: float) -> np.ndarray:
    return mean + sigma * ndtri(u)


def truncated_normal(u: np.ndarray, mean: float, sigma: float, low: float, high: float) -> np.ndarray:
    below, above = ndtr((low - mean) / sigma), ndtr((high - mean) / sigma)
    return np.clip(mean + sigma * ndtri(below + u * (above - below)), low, high)


def lognormal(u: np.ndarray, mean: float, sigma: float) -> np.ndarray:
    with np.errstate(over="ignore"):  # an infinite value fails its run
        return mean * np.exp(sigma * ndtri(u))


def uniform(u: np.ndarray, low: float, high: float) -> np.ndarray:
    return low + (high - low) * u


def log_uniform(u: np.ndarray, low: float, high: float) -> np.ndarray:
    return low * (high / low) ** u


def triangular(u: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    rising = low + np.sqrt(u * (high - low) * (mode - low))
    return np.where(u * (high - low) < mode - low, rising, high - np.sqrt((1 - u) * (high - low) * (high - mode)))


DISTRIBUTIONS: dict[str, Distribution] = {
    "normal": Distribution(("mean", "sigma"), normal),
    "truncated_normal": Distribution(("mean", "sigma", "low", "high"), truncated_normal),
    "lognormal": Distribution(("mean", "sigma"), lognormal),
    "uniform": Distribution(("low", "high"), uniform),
    "log_uniform": Distribution(("low", "high"), log_uniform),
    "triangular": Distribution(("low", "mode", "high"), triangular),
}


@dataclass(frozen=True)
class Random:
    """One random parameter: where it goes, its distribution, and that one's numbers (SI)."""

    name: str
    unit: str
    distribution: str
    numbers: Mapping[str, float]

    def values(self, u: np.ndarray) -> np.ndarray:
        return DISTRIBUTIONS[self.distribution].quantile(u, **self.numbers)


def check_numbers(distribution: str, numbers: Mapping[str, float], where: str) -> None:
    """InputError for numbers that no such distribution has; `where` is the path of the table."""
    low, high = numbers.get("low", -INF), numbers.get("high", INF)
    if numbers.get("sigma", 1.0) <= 0:
        raise InputError(f"{where}.sigma: must be positive, not {numbers['sigma']:g}")
    if low >= high:
        raise InputError(f"{where}.high: must be above low = {low:g}, not {high:g}")
    if distribution == "log_uniform" and low <= 0:
        raise InputError(f"{where}.low: must be positive for log_uniform, not {low:g}")
    if distribution == "lognormal" and numbers["mean"] == 0:
        raise InputError(f"{where}.mean: must not be zero for lognormal")
    if not low <= numbers.get("mode", low) <= high:
        raise InputError(f"{where}.mode: must lie from low to high, not at {numbers['mode']:g}")
    if distribution == "truncated_normal":
        share = ndtr((high - numbers["mean"]) / numbers["sigma"]) - ndtr((low - numbers["mean"]) / numbers["sigma"])
        if share < 1e-9:
            raise InputError(f"{where}: low to high holds {share:.1g} of the normal distribution; move mean, low or high")


def correlation_factor(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> np.ndarray | None:
    """Cholesky factor (names, names) of the correlations of normal scores, None without any.

    InputError if no random numbers can have them all at once.
    """
    if not pairs:
        return None
    matrix = np.eye(len(names))
    for (a, b), value in pairs.items():
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = value
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least < 1e-12:
        raise InputError(
            f"correlation: these values contradict each other: no random numbers have all of them at once (the matrix is "
            f"not positive definite, its least eigenvalue is {least:.2g})"
        )
    return np.linalg.cholesky(matrix)


def correlated(u: np.ndarray, factor: np.ndarray | None) -> np.ndarray:
    """(names, n) uniform numbers with the Gaussian copula of a factor; every row stays uniform.

    Written as sums in order, not as a matrix product, whose rounding depends on how many columns it has.
    """
    if factor is None:
        return u
    z, mixed = ndtri(u), np.zeros_like(u)
    for i, row in enumerate(factor):
        for j in range(i + 1):
            if row[j]:
                mixed[i] += row[j] * z[j]
    return np.clip(ndtr(mixed), 2.0**-54, 1 - 2.0**-53)
