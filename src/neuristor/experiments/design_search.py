"""Sequential linear programming: the least of a smooth function under smooth limits, from values and gradients.

About each design everything is a straight line in the logarithms of the sizes, which is what power laws are; a linear
program finds the best step within a trust region, where exceeding a limit has a price (exact penalty). A step that does
not keep what it promised, or leads where nothing can be measured, makes the region smaller and is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linprog

FIRST, LARGEST, LEAST = 0.3, 1.2, 2e-3  # radius of the trust region, in e-folds
SHRINK, GROW = 0.4, 2.0
MARGIN = 5e-4  # the search aims so far inside the limits, so that what is a little off still keeps them
PRICES = (30.0, 300.0, 3e3, 3e4)  # of exceeding a limit, against the objective: the next where the limits stay exceeded
ENOUGH = 5e-4  # a promised gain below this ends the search
KEPT = 0.1  # part of the promised gain that a step must bring
ROUNDING = 1e-9  # a limit that is exceeded by less is kept


@dataclass(frozen=True)
class Look:
    """One evaluated point: the objective is the largest of `goals` (n,), `limits` (m,) are kept where not positive.

    goal_slopes (n, variables), limit_slopes (m, variables); what: anything that belongs to the point
    """

    goals: np.ndarray
    goal_slopes: np.ndarray
    limits: np.ndarray
    limit_slopes: np.ndarray
    what: object = None

    @property
    def goal(self) -> float:
        return float(np.max(self.goals))

    @property
    def excess(self) -> float:
        """How far the limits are exceeded; 0 if they are kept."""
        most = float(np.max(self.limits, initial=0.0))
        return most if most > ROUNDING else 0.0

    @property
    def aim(self) -> float:
        """How far the limits with their margin are exceeded."""
        return float(np.max(self.limits + MARGIN, initial=0.0))


T = TypeVar("T")


def search(
    look: Callable[[np.ndarray], Look | None],
    start: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    most: int = 60,
    progress: Callable[[float], None] | None = None,
) -> tuple[np.ndarray, Look, str]:
    """The best point found, what was seen there, and why the search ended.

    look evaluates a point, or gives None where that is impossible; it must succeed at `start`. At most `most` looks.
    """
    x, here, radius = start.copy(), look(start), FIRST
    if here is None:
        raise ValueError("the search must begin where something can be seen")
    best, why, price = (x, here), f"{most} designs were evaluated", 0
    for count in range(1, most):
        if progress:
            progress(min(0.99, max(count / most, np.log(FIRST / radius) / np.log(FIRST / LEAST))))
        step, promised = best_step(here, x, low, high, radius, PRICES[price])
        while promised < ENOUGH and here.excess and price + 1 < len(PRICES):
            price += 1
            step, promised = best_step(here, x, low, high, radius, PRICES[price])
        if promised < ENOUGH:
            why = "no direction improves it further"
            break
        there = look(np.clip(x + step, low, high))
        if there is None:
            gained = -np.inf
        else:
            gained = here.goal - there.goal + PRICES[price] * (here.aim - there.aim)
            best = min(best, (np.clip(x + step, low, high), there), key=rank)
        if there is not None and gained > KEPT * promised:
            at_edge = np.max(np.abs(step)) > 0.99 * radius
            x, here = np.clip(x + step, low, high), there
            if gained < 0.25 * promised:
                radius *= 0.5
            elif at_edge and gained > 0.5 * promised:
                radius = min(GROW * radius, LARGEST)
            continue
        radius = SHRINK * min(radius, float(np.max(np.abs(step))))
        if radius < LEAST:
            why = f"steps below {100 * LEAST:g} % improve nothing"
            break
    return *best, why


def rank(point: tuple[np.ndarray, Look]) -> tuple[float, float]:
    """What makes a point the best so far: to keep the limits, or be nearest to that; then the lowest objective."""
    return point[1].excess, point[1].goal


def best_step(
    here: Look, x: np.ndarray, low: np.ndarray, high: np.ndarray, radius: float, price: float
) -> tuple[np.ndarray, float]:
    """The step that the straight lines make best in objective + price * excess, and the gain they promise."""
    n, goals, limits = len(x), len(here.goals), len(here.limits)
    goal_rows = np.hstack([here.goal_slopes, np.full((goals, 1), -1.0), np.zeros((goals, 1))])
    limit_rows = np.hstack([here.limit_slopes, np.zeros((limits, 1)), np.full((limits, 1), -1.0)])
    reach = [(max(-radius, a - v), min(radius, b - v)) for v, a, b in zip(x, low, high, strict=True)]
    found = linprog(
        np.r_[np.zeros(n), 1.0, price],
        A_ub=np.vstack([goal_rows, limit_rows]),
        b_ub=np.r_[-here.goals, -here.limits - MARGIN],
        bounds=[*reach, (None, None), (0.0, None)],
        method="highs",
    )
    if found.x is None:
        return np.zeros(n), 0.0
    return found.x[:n], here.goal + price * here.aim - float(found.fun)
