"""Local mismatch: the spread of every metric between neurons drawn alike, and the yield against limits.

    result = mismatch(CmosLIF(), samples=10_000, limits=["rate=1.1kHz..1.3kHz"])
    result.yield_, result.statistics["rate"].sigma

Draws are Gaussian and independent; those of a parameter depend on the seed and its name alone, so that more samples keep
the first ones as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import whole_number
from ..stimulus.spikes import seed_of
from ..subject import Subject
from ..trace import plain
from .base import Result
from .inputs import one_lane
from .metrics import METRICS, Limit, passing, read_limits
from .observation import nominal, observed
from .spread import drawn, read_spread, spread_words
from .statistics import Bounded, checked_confidence, mean_bounds, proportion_bounds, quantile_bounds

MOST = 10_000_000  # samples: their parameters take some gigabytes
LEVELS = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class Statistics:
    """One metric over the samples that spike: nominal value, mean, sigma and quantiles with confidence bounds (SI)."""

    name: str
    unit: str
    nominal: float
    samples: int
    mean: Bounded
    sigma: Bounded
    quantiles: dict[float, Bounded]


@dataclass(frozen=True)
class MismatchResult(Result):
    """Metrics of every sample.

    values   metric -> (samples,), NaN for samples that fall silent or whose run failed (`failures` says why)
    passed   (samples,) whether a sample spikes and meets every limit
    spread   what varied, in words;  draws: seed of the samples;  duration (s) simulated, more for slow samples
    """

    subject: str
    input_unit: str
    current: float
    duration: float
    samples: int
    seed: int
    confidence: float
    spread: str
    nominal: dict[str, float]
    values: dict[str, np.ndarray]
    limits: tuple[Limit, ...]
    passed: np.ndarray
    failures: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)

    @property
    def silent(self) -> int:
        """Samples that ran to the end without a steady rate."""
        return int(np.sum(~np.isfinite(self.values["interval"]))) - self.failed

    @property
    def yield_(self) -> Bounded:
        """Share of samples that spike and meet every limit, with Clopper and Pearson's bounds."""
        return proportion_bounds(int(self.passed.sum()), self.samples, self.confidence)

    def yield_of(self, limit: Limit) -> Bounded:
        """Share that meets one limit alone."""
        return proportion_bounds(int(limit.passes(self.values[limit.name]).sum()), self.samples, self.confidence)

    @property
    def statistics(self) -> dict[str, Statistics]:
        """Of every metric that the subject has."""
        found = {}
        for name, values in self.values.items():
            v = values[np.isfinite(values)]
            if len(v):
                found[name] = statistics_of(name, self.nominal[name], v, self.confidence)
        return found

    def to_json_dict(self) -> dict[str, Any]:
        told = super().to_json_dict()
        numbers = {}
        for name, s in self.statistics.items():
            quantiles = {str(p): bounds(q) for p, q in s.quantiles.items()}
            numbers[name] = {"mean": bounds(s.mean), "sigma": bounds(s.sigma), "quantiles": quantiles}
        return told | {"silent": self.silent, "yield": bounds(self.yield_), "statistics": plain(numbers)}


def bounds(b: Bounded) -> list[float]:
    """value, low, high"""
    return [float(b.value), float(b.low), float(b.high)]


def statistics_of(name: str, reference: float, values: np.ndarray, confidence: float) -> Statistics:
    quantiles = {p: quantile_bounds(values, p, confidence) for p in LEVELS}
    mean, sigma = mean_bounds(values, confidence), sigma_bounds(values, confidence)
    return Statistics(name, METRICS[name].unit, reference, len(values), mean, sigma, quantiles)


def sigma_bounds(values: np.ndarray, confidence: float = 0.95) -> Bounded:
    """Standard deviation with bounds for any distribution with a fourth moment, for large n.

    Its standard error is sigma/2 sqrt((kurtosis - 1) / n) (delta method; for a normal distribution sigma / sqrt(2 n)).
    """
    from scipy.special import ndtri

    n = len(values)
    if n < 2:
        return Bounded(np.nan, np.nan, np.nan)
    sigma = float(np.std(values, ddof=1))
    if sigma == 0:
        return Bounded(0.0, 0.0, 0.0)
    kurtosis = float(np.mean(((values - values.mean()) / sigma) ** 4))
    half = float(ndtri((1 + checked_confidence(confidence)) / 2)) * sigma / 2 * np.sqrt(max(kurtosis - 1, 0.0) / n)
    return Bounded(sigma, sigma - half, sigma + half)


def mismatch(
    subject: Subject,
    spread: Any = None,
    samples: int = 1000,
    *,
    current: Any = None,
    spikes: int = 5,
    limits: str | Limit | Sequence[str | Limit] = (),
    seed: int = 0,
    confidence: float = 0.95,
    progress: Callable[[float], None] | None = None,
) -> MismatchResult:
    """Monte Carlo over mismatch at a constant input.

    spread    circuits: a Mismatch, the path of its TOML file, its tables as a dict, or {"m1.delvto": "5 mV"}; default
              TYPICAL_035, which is an assumption. Equation neurons: {"c_mem": "1 %", "v_th": "2 mV"}: sigma relative
              to the value with %, else in the parameter's unit.
    current   input (default: a circuit's own, else twice rheobase);  spikes: of the nominal neuron in a run
    limits    such as "rate>1 kHz", "energy<0.4 nJ", "width=3ns..5ns"
    """
    one_lane(subject, "mismatch")
    count, seed = whole_number(samples, "mismatch: samples", least=2), seed_of(seed)
    if count > MOST:
        raise InputError(f"mismatch: samples = {count} are too many for one run: take at most {MOST}")
    checked_confidence(confidence)
    wanted, how = read_limits(limits), read_spread(subject, spread)
    variants = drawn(subject, how, count, seed)
    own = nominal(subject, current, spikes, "mismatch")
    found = observed(variants, own.current, own.duration, progress=progress)
    return MismatchResult(
        subject=subject.name,
        input_unit=subject.input_unit,
        current=own.current,
        duration=own.duration,
        samples=count,
        seed=seed,
        confidence=confidence,
        spread=spread_words(subject, spread),
        nominal=own.values,
        values=found.values,
        limits=wanted,
        passed=passing(found.values, wanted),
        failures=found.failures,
    )
