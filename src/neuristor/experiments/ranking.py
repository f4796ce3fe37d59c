"""Which devices matter most: the share of a metric's variance that each one's mismatch causes, confirmed by brute force.

    found = ranking(CmosLIF(), "interval")
    confirm(found, devices=3, samples=2000).rows

Two predictions stand side by side. `linear` is |d metric / d parameter| sigma, all derivatives of a circuit from one run
with sensitivities. `sigma` takes the metric at five points of each parameter (Gauss and Hermite's rule: of a polynomial
the mean is exact up to the ninth power of the parameter, the sigma, which squares the metric, up to the fourth), because
a leak grows exponentially with a threshold and a derivative does not see that.
What parameters do together beyond their sum is left out by both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..circuits.variation import draws
from ..errors import InputError
from ..subject import Subject
from .base import Result
from .design_metrics import Bench, NoSpikes, steady_metrics
from .metrics import checked_metric
from .mismatch import bounds, sigma_bounds
from .observation import Nominal, is_circuit, nominal, observed, part_of
from .spread import Factor, factors, moved_to, read_spread, spread_words
from .statistics import Bounded, checked_confidence

# Nodes and weights of the five-point rule for a standard normal variable (probabilists' Hermite polynomials).
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
OUTER = np.flatnonzero(np.abs(NODES) > 1e-9)  # the middle node is the nominal neuron
STEP = 0.05  # sigma, of the difference quotient of an equation neuron
MARGIN = 1.5  # of the nominal duration, for the run with derivatives to see one spike more


@dataclass(frozen=True)
class RankedFactor:
    """One parameter: sigma of it, derivative of the metric by it, what it does to the metric's sigma and mean (SI).

    linear = |slope| spread; sigma from five points; shift of the mean; note: why a number is missing or replaced
    """

    name: str
    owner: str
    unit: str
    spread: float
    slope: float
    linear: float
    sigma: float
    shift: float
    note: str = ""


@dataclass(frozen=True)
class RankedDevice:
    """All parameters of one device together: linear and five-point sigma of the metric, share of its variance."""

    name: str
    linear: float
    sigma: float
    share: float


@dataclass(frozen=True)
class Ranking(Result):
    """Devices and their parameters in falling order of the sigma they cause; totals are of independent parameters.

    proof: brute force for the first devices, if it was asked for.
    """

    subject: str
    metric: str
    unit: str
    current: float
    nominal: float
    spread: str
    devices: list[RankedDevice]
    factors: list[RankedFactor]
    linear: float
    sigma: float
    proof: Confirmation | None = None
    study: Any = field(repr=False, compare=False, default=None)

    def to_json_dict(self) -> dict[str, Any]:
        told = Result.to_json_dict(replace(self, study=None, proof=None))
        told.pop("study")
        return {**told, "proof": self.proof.to_json_dict() if self.proof else None}


@dataclass(frozen=True)
class Study:
    """What `confirm` needs of a ranking: the neuron, its nominal run, and what varies."""

    subject: Any
    own: Nominal
    varied: list[Factor]


@dataclass(frozen=True)
class Confirmed:
    """A device alone, varied at random: sigma of the metric with its bounds beside both predictions."""

    device: str
    linear: float
    predicted: float
    measured: Bounded
    samples: int
    silent: int

    @property
    def agrees(self) -> bool:
        """Whether the five-point prediction lies within the bounds."""
        return bool(self.measured.low <= self.predicted <= self.measured.high)


@dataclass(frozen=True)
class Confirmation(Result):
    """Brute force for the first devices of a ranking."""

    subject: str
    metric: str
    unit: str
    confidence: float
    seed: int
    rows: list[Confirmed]

    def to_json_dict(self) -> dict[str, Any]:
        told = super().to_json_dict()
        for row, own in zip(told["rows"], self.rows, strict=True):
            row |= {"measured": bounds(own.measured), "agrees": own.agrees}
        return told


def ranking(
    subject: Subject,
    metric: str = "interval",
    spread: Any = None,
    *,
    current: Any = None,
    spikes: int = 5,
    confirmed: int = 0,
    samples: int = 1000,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Ranking:
    """Rank what varies (`spread` as of `mismatch`) by the sigma of a metric that it causes at a constant input.

    confirmed: so many of the first devices are also varied alone, `samples` times each (see `confirm`).
    """
    checked_metric(metric)
    how = read_spread(subject, spread)
    own = nominal(subject, current, spikes, "ranking")
    varied = factors(subject, how)
    if not varied:
        raise InputError(f"ranking: nothing of {subject.name} varies")
    if not np.isfinite(own.values[metric]):
        raise InputError(f"ranking: {metric} is not defined for {subject.name}")
    at_nodes, slopes = five_points(subject, varied, own, metric, progress)
    if is_circuit(subject):
        slopes = circuit_slopes(subject, varied, own, metric, spikes)
    rows = [ranked(f, s, v, own.values[metric]) for f, s, v in zip(varied, slopes, at_nodes, strict=True)]
    rows.sort(key=lambda r: -r.sigma)
    devices = by_device(rows)
    linear, total = (float(np.sqrt(sum(getattr(r, k) ** 2 for r in rows))) for k in ("linear", "sigma"))
    found = Ranking(
        subject.name, metric, checked_metric(metric).unit, own.current, own.values[metric], spread_words(subject, spread),
        devices, rows, linear, total, None, Study(subject, own, varied),
    )  # fmt: skip
    return replace(found, proof=confirm(found, confirmed, samples, seed=seed)) if confirmed else found


def five_points(
    subject: Subject, varied: Sequence[Factor], own: Nominal, metric: str, progress: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The metric at the outer nodes of every factor alone, (factors, 4), and difference quotients (factors,)."""
    steps = np.concatenate([NODES[OUTER], [-STEP, STEP]])
    values = np.repeat([[f.value] for f in varied], len(varied) * len(steps), axis=1)
    for k, f in enumerate(varied):
        values[k, k * len(steps) : (k + 1) * len(steps)] += f.sigma * steps
    variants = moved_to(subject, [f.name for f in varied], values)
    found = observed(variants, own.current, own.duration, progress=progress).values[metric].reshape(len(varied), -1)
    slopes = (found[:, -1] - found[:, -2]) / (2 * STEP * np.array([f.sigma for f in varied]))
    return found[:, : len(OUTER)], slopes


def circuit_slopes(subject: Any, varied: Sequence[Factor], own: Nominal, metric: str, spikes: int) -> np.ndarray:
    """Derivatives of a steady metric by every factor, from runs with sensitivities."""
    bench, names = Bench(subject, own.current, spikes=spikes), [f.name for f in varied]
    try:
        found = steady_metrics(bench, subject.netlist, names, np.eye(len(names)), MARGIN * own.duration)
    except NoSpikes as error:
        raise InputError(f"ranking of {subject.name}: {error}") from None
    return found.time_slopes[0] if metric == "first_spike" else np.asarray(found.slopes[metric])


def ranked(f: Factor, slope: float, at_nodes: np.ndarray, middle: float) -> RankedFactor:
    """A factor with what it does; where the metric is not defined at a node, its linear effect."""
    linear = abs(float(slope)) * f.sigma
    if not np.all(np.isfinite(at_nodes)):
        worst = NODES[OUTER][~np.isfinite(at_nodes)][0]
        told = f"silent at {worst:+.2f} sigma: linear effect taken"
        return RankedFactor(f.name, f.owner, f.unit, f.sigma, float(slope), linear, linear, np.nan, told)
    values = np.full(len(NODES), middle)
    values[OUTER] = at_nodes
    mean = float(WEIGHTS @ values)
    sigma = float(np.sqrt(WEIGHTS @ (values - mean) ** 2))
    return RankedFactor(f.name, f.owner, f.unit, f.sigma, float(slope), linear, sigma, mean - middle)


def by_device(rows: Sequence[RankedFactor]) -> list[RankedDevice]:
    """Variances of parameters added up by device, in falling order."""
    total = sum(r.sigma**2 for r in rows) or 1.0
    found = []
    for owner in dict.fromkeys(r.owner for r in rows):
        own = [r for r in rows if r.owner == owner]
        linear, sigma = (float(np.sqrt(sum(getattr(r, k) ** 2 for r in own))) for k in ("linear", "sigma"))
        found.append(RankedDevice(owner, linear, sigma, sigma**2 / total))
    return sorted(found, key=lambda d: -d.sigma)


def confirm(
    found: Ranking,
    devices: int = 3,
    samples: int = 1000,
    *,
    seed: int = 0,
    confidence: float = 0.99,
    progress: Callable[[float], None] | None = None,
) -> Confirmation:
    """Vary each of the first devices alone, at random, and compare sigma with the predicted one."""
    if not isinstance(found.study, Study):
        raise InputError("confirm: this ranking was read from a file; make it anew with ranking(...)")
    if devices < 1 or samples < 10:
        raise InputError(f"confirm: {devices} devices and {samples} samples: at least 1 and 10 are needed")
    level, rows = checked_confidence(confidence), []
    chosen = found.devices[:devices]
    for k, device in enumerate(chosen):
        values = alone(
            found.study, device.name, samples, seed, found.metric, part_of(progress, k / len(chosen), 1 / len(chosen))
        )
        good = values[np.isfinite(values)]
        measured = sigma_bounds(good, level)
        rows.append(Confirmed(device.name, device.linear, device.sigma, measured, samples, samples - len(good)))
    return Confirmation(found.subject, found.metric, found.unit, level, seed, rows)


def alone(study: Study, device: str, samples: int, seed: int, metric: str, progress: Any = None) -> np.ndarray:
    """The metric (samples,) with only one device varying; its draws are those of `mismatch` with the same seed."""
    own = [f for f in study.varied if f.owner == device]
    draw = partial(draws, seed, samples=samples)
    owner = device if is_circuit(study.subject) else study.subject.name
    values = np.array([f.value + f.sigma * draw(owner, f.name.rpartition(".")[2]) for f in own])
    variants = moved_to(study.subject, [f.name for f in own], values)
    return observed(variants, study.own.current, study.own.duration, progress=progress).values[metric]
