"""Spread of an array's cells: from device to device, from one writing to the next, and of every reading."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show
from .cell import Cell

PRESERVED = ("median", "mean")
STAGES = ("device", "cycle", "programming", "retention", "faults", "read")
COLUMNS = ("conductance", "relative_error")


def generator(seed: int, sample: int, stage: str, number: int = 0) -> np.random.Generator:
    """The random numbers of one stage of one sample of an array; they depend on these four alone."""
    return np.random.default_rng([seed, sample, STAGES.index(stage), number])


@dataclass(frozen=True)
class Variation:
    """Conductances spread about those wanted.

    sigma_d2d    standard deviation of ln G from device to device: G = G_wanted e^(sigma z), one z a cell for ever
    sigma_c2c    the same from one writing to the next (`cycle` of the crossbar): a new z at every writing
    preserve     what of the distribution is G_wanted: median, or mean (G is then lower by e^(-sigma^2 / 2))
    read_noise   standard deviation over the conductance, normal, new for every cell at every read
    table        measured relative errors by conductance, drawn once a cell, beside or instead of sigma_d2d
    """

    sigma_d2d: float = 0.0
    sigma_c2c: float = 0.0
    read_noise: float = 0.0
    preserve: str = "median"
    table: VariationTable | None = None

    def __post_init__(self) -> None:
        for name in ("sigma_d2d", "sigma_c2c", "read_noise"):
            object.__setattr__(self, name, spread(getattr(self, name), f"variation: {name}"))
        if self.preserve not in PRESERVED:
            told = nearest(str(self.preserve), PRESERVED)
            raise InputError(f"variation: preserve = {self.preserve!r}{told} is neither median nor mean")
        if self.table is not None and not isinstance(self.table, VariationTable):
            raise InputError("variation: the table must be a VariationTable, e.g. VariationTable.from_csv(path)")

    def device_factors(self, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
        """Every device's own factor on its conductance; None for exactly one."""
        factors = self.lognormal(self.sigma_d2d, targets.shape, rng) if self.sigma_d2d else None
        if self.table is None:
            return factors
        measured = 1.0 + self.table.draw(targets, rng)
        return measured if factors is None else factors * measured

    def cycle_factors(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray | None:
        """The factor of one writing; None for exactly one."""
        return self.lognormal(self.sigma_c2c, shape, rng) if self.sigma_c2c else None

    @property
    def static(self) -> Variation:
        """The same without noise of reads."""
        return Variation(self.sigma_d2d, self.sigma_c2c, 0.0, self.preserve, self.table)

    @property
    def of_reads(self) -> Self:
        """The noise of reads alone."""
        return replace(self, sigma_d2d=0.0, sigma_c2c=0.0, table=None)

    @property
    def reads_noisily(self) -> bool:
        return self.read_noise > 0

    def read_noise_of(self, g: np.ndarray, cell: Cell, time: float) -> Any:
        """Standard deviation of a read over the conductance, one number or one a cell."""
        return self.read_noise

    def lognormal(self, sigma: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        shift = 0.5 * sigma**2 if self.preserve == "mean" else 0.0
        return np.exp(sigma * rng.standard_normal(shape) - shift)

    def describe(self) -> str:
        parts = [f"{k} {v:.4g}" for k, v in (("sigma_d2d", self.sigma_d2d), ("sigma_c2c", self.sigma_c2c)) if v]
        parts = [f"{', '.join(parts)} (ln G, {self.preserve} kept)"] if parts else []
        parts += [f"read noise {self.read_noise:.4g}"] if self.read_noise else []
        return ", ".join(parts + ([self.table.describe()] if self.table else [])) or "none"


@dataclass(frozen=True, eq=False)
class VariationTable:
    """Measured relative errors (G - wanted) / wanted, sorted by the wanted conductance.

    levels    (k,) S, increasing
    errors    k arrays: the errors measured at each level
    source    where they were measured

    A cell wanted between two levels draws one error of the one or of the other, with the chances of a linear
    interpolation; beyond the ends, of the end. The drawn mean is so the interpolated mean of the data.
    """

    levels: np.ndarray
    errors: tuple[np.ndarray, ...]
    source: str = ""

    @classmethod
    def of(cls, conductances: Any, errors: Any, source: str = "") -> Self:
        """From pairs of wanted conductance (S) and relative error, in any order; equal conductances are one level."""
        g, e = np.asarray(parse(conductances, "S"), dtype=float), np.asarray(parse(errors, "1"), dtype=float)
        if g.ndim != 1 or g.shape != e.shape or not len(g):
            raise InputError(
                f"variation table: {np.shape(g)} conductances for {np.shape(e)} errors; give one error for each"
            )
        if np.any(g < 0) or np.any(e < -1):
            raise InputError("variation table: a conductance must not be negative, nor a relative error lie below -1")
        levels, which = np.unique(g, return_inverse=True)
        return cls(levels, tuple(e[which == k] for k in range(len(levels))), source)

    @classmethod
    def from_csv(cls, path: str | Path, source: str = "") -> Self:
        """From columns `conductance` (S) and `relative_error`; lines that start with # tell the source."""
        file = Path(path)
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
        told = " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))
        numbered = [(k, line) for k, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
        rows = list(csv.reader(line for _, line in numbered))
        names = [name.strip() for name in rows[0]] if rows else []
        for name in COLUMNS:
            if name not in names:
                raise InputError(f"{file}: there is no column {name!r}; the first line must name {' and '.join(COLUMNS)}")
        at = [names.index(name) for name in COLUMNS]
        wanted, errors = [], []
        for (number, _), row in zip(numbered[1:], rows[1:], strict=True):
            try:
                wanted.append(float(row[at[0]]))
                errors.append(float(row[at[1]]))
            except (IndexError, ValueError):
                raise InputError(f"{file}, line {number}: expected numbers for {' and '.join(COLUMNS)}, not {row}") from None
        if not wanted:
            raise InputError(f"{file}: there are no measurements below the first line")
        try:
            return cls.of(wanted, errors, source or told or str(file))
        except InputError as error:
            raise InputError(f"{file}: {error}") from None

    def draw(self, targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One relative error for every wanted conductance."""
        last = len(self.levels) - 1
        place = np.interp(targets, self.levels, np.arange(last + 1.0))
        below = np.floor(place).astype(np.int64)
        level = np.minimum(below + (rng.random(targets.shape) < place - below), last)
        counts = np.array([len(e) for e in self.errors])
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        pick = (rng.random(targets.shape) * counts[level]).astype(np.int64)
        return np.concatenate(self.errors)[starts[level] + pick]

    def describe(self) -> str:
        ends = f"{show(self.levels[0], 'S')} to {show(self.levels[-1], 'S')}"
        told = f" ({self.source})" if self.source else ""
        return f"{sum(map(len, self.errors))} measured errors at {len(self.levels)} levels, {ends}{told}"


def spread(value: Any, told: str) -> float:
    """A standard deviation; InputError unless it is one number, zero or more."""
    number = parse(value, "1")
    if np.ndim(number) or number < 0:
        raise InputError(f"{told} must be one number, zero or more, not {value!r}")
    return float(number)


def noise_of_sums(rows: np.ndarray, noise: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise of sums over rows of cells with normal noise of their own, standard deviations `noise` (rows, columns).

    A sum of independent normal numbers is normal with the summed variance, so that this is exact in distribution.
    The noise of a vector depends on its place alone, not on how many come after it.
    """
    z = rng.standard_normal((len(rows), noise.shape[1]))
    return np.sqrt(rows**2 @ noise**2) * z
