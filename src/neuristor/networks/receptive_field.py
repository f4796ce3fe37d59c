"""Receptive-field coding: cells that see a centre against its surround fire at a rate, as in the retina."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.ndimage import correlate

from ..errors import InputError, nearest
from ..quantities import whole_number
from .encoding import ENCODINGS, Encoding, RateCode, SpikeList, encoding_of, picture
from .settings import parameters

BY_DISTANCE = (1.0, 0.625, 0.125, -0.125, -0.5)  # 5 x 5 on-centre field of Iakymchuk et al. 2015, by Manhattan distance
CELLS = ("on", "off", "both")


def on_centre() -> np.ndarray:
    """The 5 x 5 field of Iakymchuk et al. 2015: weights by Manhattan distance from the centre."""
    away = np.abs(np.arange(-2, 3))
    return np.array(BY_DISTANCE)[away[:, None] + away]


def difference_of_gaussians(size: int = 7, sigma: float = 1.0, ratio: float = 1.6) -> np.ndarray:
    """An on-centre field: a Gaussian less one wider by `ratio`, both of sum 1 (sigma in pixels).

    1.6 comes closest to the Laplacian of a Gaussian (Marr & Hildreth, Proc. R. Soc. B 207 (1980) 187).
    """
    if whole_number(size, "difference_of_gaussians: size") % 2 == 0 or not sigma > 0 or not ratio > 1:
        raise InputError("difference_of_gaussians: an odd size, a positive sigma and a ratio above 1 are needed")
    away = np.arange(size) - size // 2
    square = away[:, None] ** 2 + away**2
    centre, surround = (np.exp(-square / (2 * s**2)) for s in (sigma, ratio * sigma))
    return centre / centre.sum() - surround / surround.sum()


class ReceptiveField(Encoding):
    """Every pixel's neighbourhood, weighted by a field, as a rate: v = sum(field x picture) / full, beyond the edge black.

    field   "on_centre" (5 x 5, document 003), "difference_of_gaussians", or an array of odd sides
    cells   "on": rate of max(v, 0); "off": of max(-v, 0); "both": all on-cells, then all off-cells
    rate    the code of the rates: an encoding of the rate family
    shape   (height, width) of the pictures; square if left out
    `full`, the field's response to its best picture (the sum of its positive weights, or of the negative ones if that
    is more), keeps |v| <= 1.
    """

    name = "receptive_field"
    title = "Receptive fields"
    boosts = True

    def __init__(
        self, field: Any = "on_centre", cells: str = "on", rate: str | Encoding = "poisson",
        shape: tuple[int, int] | None = None,
    ):  # fmt: skip
        code = encoding_of(rate)
        if not isinstance(code, RateCode):
            raise InputError(f"receptive_field: the rates need a rate code (poisson, regular), not {code.name}")
        if cells not in CELLS:
            raise InputError(f"receptive_field: unknown cells {cells!r}{nearest(str(cells), CELLS)}; on, off or both")
        super().__init__(duration=code.duration)
        self.field, self.cells, self.rate, self.shape = field_of(field), cells, code, shape

    def described(self) -> dict[str, Any]:
        sides = list(self.shape) if self.shape else None
        parts = {"field": self.field.tolist(), "cells": self.cells, "rate": self.rate.described(), "shape": sides}
        return {**super().described(), **parts}

    def inputs(self, pixels: int) -> int:
        return 2 * pixels if self.cells == "both" else pixels

    @cached_property
    def full(self) -> float:
        return float(max(self.field[self.field > 0].sum(), -self.field[self.field < 0].sum()))

    def seen(self, image: Any) -> np.ndarray:
        """v of every pixel, in [-1, 1], shape (height, width)."""
        x = picture(image)
        return correlate(x.reshape(self.sides(x.size)), self.field, mode="constant") / self.full

    def sides(self, pixels: int) -> tuple[int, int]:
        height, width = self.shape or (round(pixels**0.5),) * 2
        if height * width != pixels:
            told = f"{height} x {width}" if self.shape else "square"
            raise InputError(f"receptive_field: a picture of {pixels} pixels is not {told}; one such sheet is needed")
        return height, width

    def intensities(self, image: Any) -> np.ndarray:
        """What the cells tell by their rates, in [0, 1], one an input."""
        v = self.seen(image).ravel()
        on, off = np.maximum(v, 0.0), np.maximum(-v, 0.0)
        return {"on": on, "off": off, "both": np.concatenate([on, off])}[self.cells]

    def spikes(self, image: Any, number: int = 0, *, seed: int | tuple[int, ...] = 0, repeat: int = 0) -> SpikeList:
        return self.rate.spikes(self.intensities(image), number, seed=seed, repeat=repeat)

    def decode(self, spikes: SpikeList) -> np.ndarray:
        """The picture in [0, 1] that explains the rates best (least squares).

        Cells of one kind are silent where v has the other sign: there only the smoothest, the smallest picture is known.
        """
        from scipy.optimize import lsq_linear

        told = self.rate.decode(spikes)
        pixels = spikes.size // 2 if self.cells == "both" else spikes.size
        v = told[:pixels] - told[pixels:] if self.cells == "both" else told if self.cells == "on" else -told
        matrix = self.matrix(pixels)
        known = np.ones(pixels, bool) if self.cells == "both" else v != 0
        return np.clip(lsq_linear(matrix[known], v[known], (0.0, 1.0), lsmr_tol="auto").x, 0.0, 1.0)

    def matrix(self, pixels: int) -> Any:
        """v = matrix @ picture, sparse."""
        from scipy.sparse import csr_array

        height, width = self.sides(pixels)
        rows, columns, weights = [], [], []
        row, column = np.divmod(np.arange(pixels), width)
        for (dy, dx), weight in np.ndenumerate(self.field):
            y, x = row + dy - self.field.shape[0] // 2, column + dx - self.field.shape[1] // 2
            inside = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
            rows.append(inside)
            columns.append((y * width + x)[inside])
            weights.append(np.full(inside.size, weight / self.full))
        where = (np.concatenate(rows), np.concatenate(columns))
        return csr_array((np.concatenate(weights), where), shape=(pixels, pixels))


def encoding_from(note: dict[str, Any]) -> Encoding:
    """The encoding that `Encoding.described` tells of."""
    given = parameters(note)
    if note["name"] != ReceptiveField.name:
        return ENCODINGS[note["name"]](**given)
    shape = tuple(given["shape"]) if given["shape"] else None
    return ReceptiveField(given["field"], given["cells"], encoding_from(given["rate"]), shape)


def field_of(chosen: Any) -> np.ndarray:
    """A field by name or as given; InputError unless it is an array of odd sides with a positive weight."""
    named = {"on_centre": on_centre, "difference_of_gaussians": difference_of_gaussians}
    if isinstance(chosen, str):
        if chosen not in named:
            raise InputError(
                f"receptive_field: unknown field {chosen!r}{nearest(chosen, named)}; there are {', '.join(named)}"
            )
        return named[chosen]()
    field = np.asarray(chosen, float)
    if field.ndim != 2 or not all(side % 2 for side in field.shape) or not np.any(field > 0):
        raise InputError(f"receptive_field: a field of shape {field.shape}; two odd sides and a positive weight are needed")
    return field
