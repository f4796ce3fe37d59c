"""What a joint fit is compared with: every sweep by itself, every sweep predicted from the others, a simpler model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..devices.memristor import MMS
from .memristor_fit_run import Run, currents, ready, slices
from .memristor_fit_search import Problem, Tell, polish, search
from .memristor_fit_space import Space, space
from .sweep_files import Sweep

ALONE_GENERATIONS = 30


def within(tell: Tell, first: float, last: float) -> Tell:
    """Progress of a part of the work."""
    return lambda done: tell(first + (last - first) * done)


def errors_of(problem: Problem, u: np.ndarray) -> list[float]:
    """Normalised error of every sweep."""
    r = problem.residual(u)
    return [float(np.sqrt(len(problem.fine) * np.sum(r[s] ** 2))) for s in slices(problem.fine)]


def some_runs(problem: Problem, u: np.ndarray, kept: Sequence[int]) -> tuple[Problem, np.ndarray]:
    """The problem with some of its runs, in the same bounds, and the point with their initial states."""
    where, n = problem.space, len(problem.space.coordinates)
    index = [*range(n), *(n + k for k in kept)] if where.starts else list(range(n))
    part = replace(where, starts=len(kept) if where.starts else 0)
    coarse, fine = [problem.coarse[k] for k in kept], [problem.fine[k] for k in kept]
    return replace(problem, space=part, coarse=coarse, fine=fine), u[index]


def leave_one_out(problem: Problem, u: np.ndarray, tell: Tell) -> list[float]:
    """Error of every sweep as predicted by a fit to all others, refitted from the joint optimum."""
    count = len(problem.fine)
    if count < 2:
        return [float("nan")] * count
    found = []
    for k in range(count):
        part, point = some_runs(problem, u, [j for j in range(count) if j != k])
        point, _ = polish(part, point)
        found.append(predicted(part.space, point, problem.fine[k]))
        tell((k + 1) / count)
    return found


def predicted(where: Space, u: np.ndarray, run: Run) -> float:
    """Error of a sweep that was not fitted; with free initial states at the best of 21 of them."""
    parameters = u[: len(where.coordinates)]
    one = replace(where, starts=1 if where.starts else 0)
    points = np.array([[*parameters, x] for x in np.linspace(0, 1, 21)]) if where.starts else parameters[None, :]
    model = currents(one, points, [run])[0]
    return float(np.nanmin(np.sqrt(np.mean((model - run.current) ** 2, axis=1)))) / run.sweep.rms


def each_alone(problem: Problem, u: np.ndarray, seed: int, tell: Tell) -> list[float]:
    """Error of every sweep fitted by itself: what the model could do if the other sweeps were not there."""
    count = len(problem.fine)
    if count < 2:
        return [float("nan")] * count
    found = []
    for k in range(count):
        part, point = some_runs(problem, u, [k])
        best = search(part, seed, ALONE_GENERATIONS, lambda done: None, first=point)
        found.append(errors_of(part, best.u)[0])
        tell((k + 1) / count)
    return found


def nested(where: Space, sweeps: list[Sweep], robust: bool, seed: int) -> np.ndarray | None:
    """A candidate for the first search of a GMMS: the best MMS, which it contains as a special case."""
    if where.model.name != "gmms" or where.options.get("v_on_law", "constant") != "constant":
        return None
    shared = {k: v for k, v in where.fixed.items() if k in MMS.params}
    simple = space(MMS, {}, sweeps, shared, 0)
    problem = Problem(simple, [ready(s, True) for s in sweeps], [ready(s, False) for s in sweeps], robust)
    values = simple.values(search(problem, seed, ALONE_GENERATIONS, lambda done: None).u)
    phi = float(where.fixed.get("phi", 1.0))
    diodes = {c.key: c.low for c in where.coordinates if c.key.startswith(("alpha", "beta"))}
    shifted = {**values, "r_on": phi * values["r_on"], "r_off": phi * values["r_off"]}
    return where.place({k: float(v) for k, v in {**shifted, **diodes}.items()})
