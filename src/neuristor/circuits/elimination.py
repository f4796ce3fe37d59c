"""The order of elimination of a circuit's equations, found once, and the list of operations that carries it out.

Pivots are chosen by Markowitz count (little fill-in) among entries that are large enough, in their column, in every
one of several sample matrices (operating points and step sizes far apart), so that the same order serves all lanes and
times.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..kernel.dae_step import COPY, MULTIPLY, RECIPROCAL, SUBTRACT

THRESHOLDS = (1e-5, 1e-8, 1e-11, 0.0)  # of the largest entry of the column; the first that some entry reaches is used
LARGEST = 1.0  # S, of a transistor or diode in the sample matrices


def pivots(samples: np.ndarray, pattern: np.ndarray, names: list[str]) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Pivot positions (row, column) in order, and the pattern with fill-in.

    samples (n_samples, n, n), pattern (n, n) bool. Raises InputError if the equations are singular by structure.
    """
    a, filled = samples.copy(), pattern.copy()
    n = len(pattern)
    rows, columns = set(range(n)), set(range(n))
    order: list[tuple[int, int]] = []
    active = pattern.copy()
    for _ in range(n):
        rs, cs = sorted(rows), sorted(columns)
        best = next((found for t in THRESHOLDS if (found := best_pivot(a, active, rs, cs, t)) is not None), None)
        if best is None:
            unsolved = ", ".join(names[c] for c in cs[:4])
            raise InputError(
                f"the circuit's equations have no unique solution: nothing determines {unsolved}; look for a node "
                "without a path to ground or a loop of sources (`neuristor check` names it)"
            )
        r, c = best
        order.append((r, c))
        rows.remove(r)
        columns.remove(c)
        others = [i for i in rows if active[i, c]]
        along = [j for j in columns if active[r, j]]
        for i in others:
            factor = a[:, i, c] / np.where(a[:, r, c] == 0, 1e-300, a[:, r, c])
            for j in along:
                a[:, i, j] -= factor * a[:, r, j]
                active[i, j] = filled[i, j] = True
    return order, filled


def best_pivot(
    a: np.ndarray, active: np.ndarray, rows: list[int], columns: list[int], threshold: float
) -> tuple[int, int] | None:
    """The entry of least fill-in that is not zero, and above the threshold, in every sample; None if there is none."""
    best = None
    for c in columns:
        column = np.abs(a[:, rows, c])
        largest = column.max(axis=1)
        for k, r in enumerate(rows):
            if not active[r, c]:
                continue
            relative = float(np.min(column[:, k] / np.where(largest > 0, largest, np.inf)))
            if relative <= 0.0 or relative < threshold:
                continue
            count = (active[r, columns].sum() - 1) * (active[rows, c].sum() - 1)
            score = (count, r != c, -relative)
            if best is None or score < best[0]:
                best = (score, r, c)
    return None if best is None else best[1:]


def tamed(g: list[list[Any]], c: list[list[Any]]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Sample Jacobians of a device, those with conductances above LARGEST S made smaller as a whole.

    At random voltages a junction may be forward by volts; its 1e30 S would leave nothing of the other elements.
    """
    every = np.broadcast_arrays(*(np.atleast_1d(entry) for row in g for entry in row))
    factor = LARGEST / np.maximum(np.max(np.abs(every), axis=0), LARGEST)
    return [[entry * factor for entry in row] for row in g], [[entry * factor for entry in row] for row in c]


def operations(
    order: list[tuple[int, int]], filled: np.ndarray, matrix: dict[tuple[int, int], int], inverse: list[int],
    residual: list[int], solution: list[int],
) -> tuple[np.ndarray, int]:  # fmt: skip
    """The elimination and both substitutions as rows (kind, target, a, b) of places in X; how many are elimination.

    matrix: (row, column) -> place; inverse: places of the reciprocal pivots; residual, solution: places by row, column.
    """
    program: list[tuple[int, int, int, int]] = []
    for k, (r, c) in enumerate(order):
        later = order[k + 1 :]
        program.append((RECIPROCAL, inverse[k], matrix[r, c], 0))
        for i, _ in later:
            if not filled[i, c]:
                continue
            program.append((MULTIPLY, matrix[i, c], matrix[i, c], inverse[k]))
            for _, j in later:
                if filled[r, j]:
                    program.append((SUBTRACT, matrix[i, j], matrix[i, c], matrix[r, j]))
    factor = len(program)
    for k, (r, c) in enumerate(order):
        program.append((COPY, solution[c], residual[r], 0))
        for _, j in order[:k]:
            if filled[r, j]:
                program.append((SUBTRACT, solution[c], matrix[r, j], solution[j]))
    for k in reversed(range(len(order))):
        r, c = order[k]
        for _, j in order[k + 1 :]:
            if filled[r, j]:
                program.append((SUBTRACT, solution[c], matrix[r, j], solution[j]))
        program.append((MULTIPLY, solution[c], solution[c], inverse[k]))
    return np.array(program, dtype=np.int64).reshape(-1, 4), factor
