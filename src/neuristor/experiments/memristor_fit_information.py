"""What the data can tell about the fitted parameters: confidence, pairs that only count together, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import chi2, t

from ..quantities import ZERO_CELSIUS
from .memristor_fit_run import slices
from .memristor_fit_search import Problem, Tell, polish
from .memristor_fit_space import Coordinate

CONFIDENCE = 0.95
ENTANGLED = 0.98  # correlation from which two parameters are named as a pair
EDGE = 1e-3  # of a coordinate's range: closer to its end counts as at the bound
UNDETERMINED = 1.0  # standard error, in ranges of the coordinate, from which nothing is known
ENOUGH = 5.0  # rise of a profile, beyond the 3.84 of the interval
STEPS = (1.5, 3.0, 6.0, 12.0)  # standard errors at which a profile is taken, until it has risen enough
COMBINED = {
    frozenset(("v_on", "tau")): "only tau e^(beta v_on) is determined by these data",
    frozenset(("v_off", "tau")): "only tau e^(-beta v_off) is determined by these data",
    frozenset(("alpha_f", "beta_f")): "only the forward diode's current at the largest voltages is determined by these data",
    frozenset(("alpha_r", "beta_r")): "only the reverse diode's current at the largest voltages is determined by these data",
    frozenset(("a_on", "b")): "only their product, the ON conductance, is determined by these data",
    frozenset(("v_on", "rate_on")): "only the speed at the voltages of switching ON is determined by these data",
    frozenset(("v_off", "rate_off")): "only the speed at the voltages of switching OFF is determined by these data",
    frozenset(("rate_on", "alpha_on")): "only the speed at the voltages of switching ON is determined by these data",
    frozenset(("rate_off", "alpha_off")): "only the speed at the voltages of switching OFF is determined by these data",
}


@dataclass(frozen=True)
class Estimate:
    """A parameter with its 95 % interval, SI; `free` False if it was fixed; `bound` "", "lower" or "upper"."""

    key: str
    value: float
    low: float
    high: float
    free: bool = True
    bound: str = ""

    @property
    def determined(self) -> bool:
        return bool(np.isfinite(self.low) and np.isfinite(self.high))


@dataclass(frozen=True)
class Pair:
    """Two parameters that the data hardly tell apart, and what is determined instead."""

    a: str
    b: str
    correlation: float
    sentence: str


@dataclass(frozen=True)
class Profile:
    """Loss over one parameter with all others fitted anew: rise of -2 ln(likelihood), and the interval below chi2's 95 %.

    low, high  ends of that interval, SI; infinite where it is not left within the values tried
    """

    key: str
    values: np.ndarray
    rises: np.ndarray
    low: float
    high: float


@dataclass(frozen=True)
class Information:
    """Estimates of the free parameters, their correlations (in the coordinates of `keys`), pairs; points that count."""

    estimates: list[Estimate]
    keys: list[str]
    correlation: np.ndarray
    pairs: list[Pair]
    effective: float
    errors_u: np.ndarray


def information(problem: Problem, u: np.ndarray) -> Information:
    """Confidence from the Jacobian at the optimum.

    Covariance H^-1 M H^-1 with H = J'J, and M = sum over the sweeps of its own residual variance times J'J of the sweep,
    times the correlation time of its residuals: neighbouring residuals are not independent where the model is not exact.
    Coordinates at a bound are left out, as if fixed.
    """
    space = problem.space
    r, jacobian = problem.linearised(u)
    runs = slices(problem.fine)
    times = np.array([correlation_time(r[s]) for s in runs])
    effective = float(np.sum([(s.stop - s.start) / time for s, time in zip(runs, times, strict=True)]))
    inner = np.flatnonzero((u > EDGE) & (u < 1 - EDGE))
    freedom = max(effective - len(inner), 1.0)
    part = jacobian[:, inner]
    spread = np.zeros((len(inner), len(inner)))
    for s, time in zip(runs, times, strict=True):
        spread += np.mean(r[s] ** 2) * effective / freedom * time * part[s].T @ part[s]
    back = np.linalg.pinv(part.T @ part + 1e-14 * np.eye(len(inner)) * np.trace(part.T @ part))
    covariance = np.full((space.size, space.size), 0.0)
    covariance[np.ix_(inner, inner)] = back @ spread @ back
    errors_u = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    slope = shown_slope(problem, u)
    shown = slope @ covariance @ slope.T
    factor = float(t.ppf(0.5 + CONFIDENCE / 2, freedom))
    estimates = [
        estimate(problem, k, c, u, factor * np.sqrt(max(shown[k, k], 0.0)), errors_u)
        for k, c in enumerate(space.coordinates)
    ]
    correlation = correlations(shown)
    return Information(estimates, space.keys, correlation, pairs(space.keys, correlation, estimates), effective, errors_u)


def correlation_time(r: np.ndarray) -> float:
    """Samples over which residuals are alike: 1 + 2 sum of the autocorrelation up to its first zero."""
    centred = r - np.mean(r)
    whole = float(centred @ centred)
    if whole == 0.0:
        return 1.0
    total = 1.0
    for lag in range(1, len(r) // 2):
        rho = float(centred[lag:] @ centred[:-lag]) / whole
        if rho <= 2.0 / np.sqrt(len(r)):
            break
        total += 2.0 * rho
    return min(total, len(r) / 4.0)


def shown_slope(problem: Problem, u: np.ndarray) -> np.ndarray:
    """d shown / d u (coordinates, size)."""
    space, h = problem.space, 1e-6
    up, down = np.tile(u, (space.size, 1)), np.tile(u, (space.size, 1))
    up[np.diag_indices(space.size)] += h
    down[np.diag_indices(space.size)] -= h
    return ((space.shown(up) - space.shown(down)) / (2 * h)).T


def estimate(problem: Problem, k: int, c: Coordinate, u: np.ndarray, half: float, errors_u: np.ndarray) -> Estimate:
    """The value with its interval in SI; infinite where the data say nothing."""
    value = float(problem.space.values(u)[c.key])
    bound = "lower" if u[k] <= EDGE else "upper" if u[k] >= 1 - EDGE else ""
    if bound or errors_u[k] > UNDETERMINED or not np.isfinite(half):
        return Estimate(c.key, value, -np.inf, np.inf, bound=bound)
    centre = float(problem.space.shown(u)[k])
    ends = sorted(unshown(c, centre + side * half) for side in (-1.0, 1.0))
    return Estimate(c.key, value, float(ends[0]), float(ends[1]))


def unshown(c: Coordinate, z: float) -> float:
    """The parameter of what `Space.shown` gives."""
    if c.scale == "linear":
        return z
    size = float(np.exp(min(z, 700.0)))
    return size - ZERO_CELSIUS if c.scale == "kelvin" else c.sign * size


def correlations(covariance: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(scale > 0, scale, np.inf)
    found = covariance / np.outer(scale, scale)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0)


def pairs(keys: list[str], correlation: np.ndarray, estimates: list[Estimate]) -> list[Pair]:
    found = []
    for a, b in combinations(range(len(keys)), 2):
        if abs(correlation[a, b]) >= ENTANGLED and not (estimates[a].bound or estimates[b].bound):
            told = COMBINED.get(frozenset((keys[a], keys[b])), "one can be traded for the other in these data")
            found.append(Pair(keys[a], keys[b], float(correlation[a, b]), f"{keys[a]} and {keys[b]}: {told}"))
    return sorted(found, key=lambda p: -abs(p.correlation))


def worst(found: Information, count: int) -> list[int]:
    """Indices of the least determined parameters inside their bounds, those of entangled pairs first."""
    named = {key for pair in found.pairs for key in (pair.a, pair.b)}
    inner = [k for k, e in enumerate(found.estimates) if not e.bound]
    return sorted(inner, key=lambda k: (found.keys[k] not in named, -found.errors_u[k]))[:count]


def profiles(problem: Problem, u: np.ndarray, found: Information, count: int, tell: Tell) -> list[Profile]:
    """Profile likelihood of the least determined parameters."""
    best = float(problem.cost(problem.residual(u)))
    chosen: Sequence[int] = worst(found, count)
    made = []
    for n, k in enumerate(chosen):
        reach = float(np.clip(found.errors_u[k], 1e-3, 0.15))
        places: list[float] = []
        rises: list[float] = []
        for side in (-1.0, 1.0):
            point = u
            for step in STEPS:
                place = float(np.clip(u[k] + side * step * reach, 0.0, 1.0))
                if place in places or place == u[k]:
                    break
                start = point.copy()
                start[k] = place
                point, loss = polish(problem, start, held=[k], evaluations=20)
                places.append(place)
                rises.append(found.effective * float(np.log(max(loss, 1e-300) / max(best, 1e-300))))
                if rises[-1] > ENOUGH:
                    break
        made.append(profile(problem, k, u, np.array(places), np.array(rises)))
        tell((n + 1) / len(chosen))
    return made


def profile(problem: Problem, k: int, u: np.ndarray, places: np.ndarray, rises: np.ndarray) -> Profile:
    """The profile in SI with its interval, by straight lines in the root of the rise."""
    order = np.argsort(np.append(places, u[k]))
    place, rise = np.append(places, u[k])[order], np.maximum(np.append(rises, 0.0)[order], 0.0)
    points = np.tile(u, (len(place), 1))
    points[:, k] = place
    values = np.asarray(problem.space.values(points)[problem.space.keys[k]], dtype=float)
    limit, middle = float(np.sqrt(chi2.ppf(CONFIDENCE, 1))), int(np.flatnonzero(place == u[k])[0])
    ends = []
    for indices in (range(middle, -1, -1), range(middle, len(place))):
        heights = np.sqrt(rise[list(indices)])
        beyond = np.flatnonzero(heights >= limit)
        if not len(beyond):
            ends.append(np.inf)
            continue
        b = int(beyond[0])
        share = (limit - heights[b - 1]) / (heights[b] - heights[b - 1])
        at = [values[list(indices)][b - 1], values[list(indices)][b]]
        ends.append(float(at[0] + share * (at[1] - at[0])))
    low, high = ends if values[-1] > values[0] else ends[::-1]
    return Profile(problem.space.keys[k], values, rise, -np.inf if low == np.inf else low, high)
