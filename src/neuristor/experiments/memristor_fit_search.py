"""Global search with the lanes of one run as population, then least squares with lanes for the finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import qmc

from .memristor_fit_run import Run, residuals
from .memristor_fit_space import Space

POPULATION_PER_SIZE, LEAST_POPULATION = 24, 96
BEST_SHARE = 0.1  # of the population, towards which candidates move
LEARNING = 0.1  # weight of the newest generation in the mean of mutation factor and crossover rate
FEW = 6  # coordinates up to which the generations asked for are enough; more, as the square of further ones
STALLED, STALL = 25, 1e-3  # generations without a gain of this share end the search
FINE_POPULATION, FINE_GENERATIONS = 64, 40  # of the best at full resolution; generations shared among the sweeps
LOCAL_STARTS = 6
FAR = 0.02  # largest coordinate difference below which two candidates are one start
STEP = 1e-4  # of a coordinate, in finite differences
LOCAL_EVALUATIONS = 40
SOFT = 0.1  # normalised error from which the robust loss grows linearly
TOLERANCE = 1e-6

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Problem:
    """What is minimised over u in [0, 1]^size: the mean over the sweeps of the squared normalised error.

    coarse, fine  runs of the global and the local search;  robust  whether large residuals count linearly (soft l1)
    held          coordinates that keep their value, by index
    """

    space: Space
    coarse: Sequence[Run]
    fine: Sequence[Run]
    robust: bool = False

    def losses(self, u: np.ndarray) -> np.ndarray:
        """Coarse losses of candidates (lanes, size)."""
        return self.cost(residuals(self.space, u, self.coarse))

    def fine_losses(self, u: np.ndarray) -> np.ndarray:
        """Losses of candidates (lanes, size) at full resolution."""
        return self.cost(residuals(self.space, u, self.fine))

    def cost(self, r: np.ndarray) -> np.ndarray:
        """Loss of residuals (..., points)."""
        if not self.robust:
            return np.sum(r**2, axis=-1)
        soft = SOFT / np.sqrt(r.shape[-1])
        return np.sum(2 * soft**2 * (np.sqrt(1 + (r / soft) ** 2) - 1), axis=-1)

    def residual(self, u: np.ndarray) -> np.ndarray:
        return residuals(self.space, u[None, :], self.fine)[0]

    def linearised(self, u: np.ndarray, free: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Residual and d residual / d u (points, free coordinates), by central differences, all in one run."""
        index = np.arange(self.space.size) if free is None else free
        up, down = np.tile(u, (len(index), 1)), np.tile(u, (len(index), 1))
        rows = np.arange(len(index))
        up[rows, index] = np.minimum(u[index] + STEP, 1.0)
        down[rows, index] = np.maximum(u[index] - STEP, 0.0)
        found = residuals(self.space, np.concatenate([u[None, :], up, down]), self.fine)
        width = (up - down)[rows, index]
        return found[0], ((found[1 : len(index) + 1] - found[len(index) + 1 :]) / width[:, None]).T


@dataclass(frozen=True)
class Found:
    """The best point of one start of the search, its loss, and how many candidates were run."""

    u: np.ndarray
    loss: float
    candidates: int


def search(problem: Problem, seed: int, generations: int, tell: Tell, first: np.ndarray | None = None) -> Found:
    """One global search from `seed`, some generations of its best at full resolution, and local searches from these.

    The last two are what thresholds need: where a device switches between two samples, the loss has many small steps.
    `generations` holds up to FEW coordinates, and grows as the square of their number beyond.
    """
    rng = np.random.default_rng(seed)
    size = problem.space.size
    count = max(LEAST_POPULATION, POPULATION_PER_SIZE * size)
    x = qmc.LatinHypercube(size, rng=rng).random(count)
    if first is not None:
        x[0] = first
    whole = round(generations * max(1.0, size / FEW) ** 2)
    x, loss, coarse = evolve(problem.losses, x, whole, rng, lambda done: tell(0.6 * done))
    best = x[np.argsort(loss)[:FINE_POPULATION]]
    rounds = min(generations, FINE_GENERATIONS // len(problem.fine))
    x, loss, fine = evolve(problem.fine_losses, best, rounds, rng, lambda done: tell(0.6 + 0.2 * done))
    starts = distinct(x, loss, LOCAL_STARTS)
    found = []
    for k, start in enumerate(starts):
        found.append(polish(problem, start))
        tell(0.8 + 0.2 * (k + 1) / len(starts))
    u, least = min(found, key=lambda f: f[1])
    return Found(u, least, coarse + fine)


def evolve(
    losses: Callable[[np.ndarray], np.ndarray], x: np.ndarray, generations: int, rng: np.random.Generator, tell: Tell
) -> tuple[np.ndarray, np.ndarray, int]:
    """Adaptive differential evolution of candidates x: every generation one run of all of them.

    current-to-best mutation with an archive of beaten candidates and self-tuned factors. Returns candidates, losses, and
    how many devices were run.
    Source: Zhang & Sanderson, IEEE Trans. Evol. Comput. 13 (2009) 945 (JADE).
    """
    count, size = x.shape
    x, loss = x.copy(), losses(x)
    archive = np.empty((0, size))
    factor_mean, cross_mean = 0.5, 0.5
    history = [float(loss.min())]
    for generation in range(generations):
        factor = np.clip(factor_mean + 0.1 * rng.standard_cauchy(count), 0.05, 1.0)
        cross = np.clip(rng.normal(cross_mean, 0.1, count), 0.0, 1.0)
        trial = mutated(x, loss, archive, factor, cross, rng)
        found = losses(trial)
        better = found < loss
        if np.any(better):
            archive = np.concatenate([archive, x[better]])
            archive = archive[rng.permutation(len(archive))[:count]]
            f, c = factor[better], cross[better]
            factor_mean += LEARNING * (float(np.sum(f**2) / np.sum(f)) - factor_mean)
            cross_mean += LEARNING * (float(np.mean(c)) - cross_mean)
            x[better], loss[better] = trial[better], found[better]
        history.append(float(loss.min()))
        tell((generation + 1) / generations)
        if generation >= STALLED and history[-1] > (1 - STALL) * history[-1 - STALLED]:
            break
    return x, loss, count * len(history)


def mutated(
    x: np.ndarray, loss: np.ndarray, archive: np.ndarray, factor: np.ndarray, cross: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One trial for every candidate."""
    count, size = x.shape
    order = np.argsort(loss)
    best = x[rng.choice(order[: max(2, int(BEST_SHARE * count))], count)]
    one = x[(np.arange(count) + rng.integers(1, count, count)) % count]
    pool = np.concatenate([x, archive])
    two = pool[rng.integers(0, len(pool), count)]
    mutant = x + factor[:, None] * (best - x) + factor[:, None] * (one - two)
    mutant = np.where(mutant < 0.0, 0.5 * x, np.where(mutant > 1.0, 0.5 * (1.0 + x), mutant))
    taken = rng.random((count, size)) < cross[:, None]
    taken[np.arange(count), rng.integers(0, size, count)] = True
    return np.where(taken, mutant, x)


def distinct(population: np.ndarray, losses: np.ndarray, count: int) -> list[np.ndarray]:
    """The best candidates that are not neighbours."""
    kept: list[np.ndarray] = []
    for k in np.argsort(losses):
        if all(np.max(np.abs(population[k] - other)) > FAR for other in kept):
            kept.append(population[k])
        if len(kept) == count:
            break
    return kept


def polish(
    problem: Problem, start: np.ndarray, held: Sequence[int] = (), evaluations: int = LOCAL_EVALUATIONS
) -> tuple[np.ndarray, float]:
    """Least squares from a start, with some coordinates held; the point and its loss."""
    free = np.array([k for k in range(problem.space.size) if k not in held], dtype=int)
    whole = np.clip(start, 1e-6, 1.0 - 1e-6)
    whole[list(held)] = np.asarray(start)[list(held)]

    def put(part: np.ndarray) -> np.ndarray:
        u = whole.copy()
        u[free] = part
        return u

    last: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    def run(part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        key = part.tobytes()
        if key not in last:
            last.clear()
            last[key] = problem.linearised(put(part), free)
        return last[key]

    found = least_squares(
        lambda part: run(part)[0],
        whole[free],
        jac=lambda part: run(part)[1],
        bounds=(0.0, 1.0),
        x_scale="jac",
        xtol=TOLERANCE,
        ftol=TOLERANCE,
        gtol=TOLERANCE,
        max_nfev=evaluations,
        loss="soft_l1" if problem.robust else "linear",
        f_scale=SOFT / np.sqrt(sum(r.points for r in problem.fine)),
    )
    return put(found.x), float(problem.cost(found.fun))
