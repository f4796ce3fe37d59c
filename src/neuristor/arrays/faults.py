"""Cells that are stuck at the low or the high resistance, whatever is programmed: at random, in clusters, in whole lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import one_number

LRS, GOOD, HRS = 1, 0, -1
PATTERNS = ("random", "clustered", "rows", "columns")


@dataclass(frozen=True, eq=False)
class Faults:
    """Shares of stuck cells (or lines), exactly round(share x number) of them.

    stuck_lrs, stuck_hrs   shares of all cells of the array, reference and bias cells too (of all lines for whole lines)
    pattern    random     every set of cells is equally likely
               clustered  the cells where a Gaussian random field is highest are stuck-LRS, where it is lowest stuck-HRS.
                          The field is white noise under a Gaussian of standard deviation `radius` cells on the array
                          closed to a torus: every cell is equally likely to be stuck, and two cells at a distance d have
                          field values of correlation exp(-d^2 / (4 radius^2))
               rows, columns   whole word lines or bit lines
    radius     of clusters, in cells
    cells      instead of shares: a map (rows, columns) with 1 for stuck-LRS, -1 for stuck-HRS, 0 for good cells

    With one seed a larger share holds the cells of a smaller one, of each kind, whatever the share of the other kind.
    """

    stuck_lrs: float = 0.0
    stuck_hrs: float = 0.0
    pattern: str = "random"
    radius: float = 2.0
    cells: Any = None

    def __post_init__(self) -> None:
        for name in ("stuck_lrs", "stuck_hrs"):
            share = one_number(getattr(self, name), "1", f"faults: {name}")
            if not 0 <= share <= 1:
                raise InputError(f"faults: {name} must lie between 0 and 1 (10 % is 0.1), not {getattr(self, name)!r}")
            object.__setattr__(self, name, share)
        if self.stuck_lrs + self.stuck_hrs > 1 + 1e-12:
            raise InputError(
                f"faults: stuck_lrs = {self.stuck_lrs:g} and stuck_hrs = {self.stuck_hrs:g} make more than all cells"
            )
        if self.pattern not in PATTERNS:
            known = ", ".join(PATTERNS)
            raise InputError(f"faults: pattern {self.pattern!r}{nearest(str(self.pattern), PATTERNS)} is none of {known}")
        object.__setattr__(self, "radius", one_number(self.radius, "1", "faults: radius"))
        if self.radius <= 0:
            raise InputError(f"faults: the radius of clusters must be positive (cells), not {self.radius!r}")
        if self.cells is not None:
            object.__setattr__(self, "cells", checked_map(self.cells))

    def __bool__(self) -> bool:
        """Whether any cell may be stuck."""
        return self.cells is not None or self.stuck_lrs > 0 or self.stuck_hrs > 0

    def draw(self, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """(rows, columns) int8: 1 stuck-LRS, -1 stuck-HRS, 0 good."""
        if self.cells is not None:
            if self.cells.shape != shape:
                raise InputError(f"faults: the map of cells has shape {self.cells.shape}, the array has {shape}")
            return self.cells
        field = self.field(shape, rng)
        n, state = field.size, np.zeros(field.size, dtype=np.int8)
        on = round(self.stuck_lrs * n)
        off = min(round(self.stuck_hrs * n), n - on)
        ends = [k for k in (off - 1, n - on) if 0 <= k < n]
        order = np.argpartition(field, ends, axis=None) if ends else np.arange(n)
        state[order[n - on :]], state[order[:off]] = LRS, HRS
        return np.broadcast_to(state.reshape(field.shape), shape)

    def field(self, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """Random numbers for cells (or lines): the highest become stuck-LRS first, the lowest stuck-HRS."""
        lines = {"rows": (shape[0], 1), "columns": (1, shape[1])}.get(self.pattern, shape)
        noise = rng.standard_normal(lines)
        if self.pattern != "clustered":
            return noise
        from scipy.ndimage import gaussian_filter

        return np.asarray(gaussian_filter(noise, self.radius, mode="wrap"))

    def describe(self) -> str:
        if self.cells is not None:
            return (
                f"a map of {int(np.sum(self.cells == LRS))} stuck-LRS and {int(np.sum(self.cells == HRS))} stuck-HRS cells"
            )
        where = {"clustered": f"in clusters of radius {self.radius:g}", "random": "at random"}.get(
            self.pattern, f"in whole {self.pattern}"
        )
        return f"{self.stuck_lrs:.4g} stuck-LRS, {self.stuck_hrs:.4g} stuck-HRS, {where}" if self else "none"


def checked_map(cells: Any) -> np.ndarray:
    """A map of stuck cells; InputError if it is none."""
    state = np.asarray(cells)
    if state.ndim != 2 or not np.all(np.isin(state, (LRS, GOOD, HRS))):
        raise InputError("faults: a map of cells is a matrix of 1 (stuck-LRS), -1 (stuck-HRS) and 0 (good), (rows, columns)")
    return state.astype(np.int8)
