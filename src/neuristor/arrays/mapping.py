"""How weights become conductances, and column currents outputs: pairs, a reference column, slices of bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError, nearest
from ..quantities import one_number
from .cell import Cell


@dataclass(frozen=True)
class Mapping:
    """Weights (inputs, outputs) over w_max, u in [-1, 1], as conductances (inputs, columns) of a cell's range.

    w_max   the weight that takes the full range; None: the largest |weight|, so that the whole range is used
    clip    whether weights beyond w_max are cut to it; else they are an InputError

    A mapping says how u is placed in columns, which columns are subtracted from each other (`pairs`), how the
    differences make outputs (`outputs`) and what conductance a u of one is worth there (`gain`).
    """

    name: ClassVar[str] = ""

    w_max: float | None = None
    clip: bool = False

    def __post_init__(self) -> None:
        if self.w_max is not None:
            object.__setattr__(self, "w_max", one_number(self.w_max, "1", "mapping: w_max"))
            if self.w_max <= 0:
                raise InputError(f"mapping: w_max must be one positive number, not {self.w_max:g}")

    def largest(self, weights: np.ndarray) -> float:
        """The weight that takes the full range (1 if every weight is zero)."""
        return float(self.w_max if self.w_max is not None else np.max(np.abs(weights), initial=0.0) or 1.0)

    def scaled(self, weights: np.ndarray, told: str) -> np.ndarray:
        """u = weights / w_max; InputError with the place of the first weight beyond it."""
        limit = self.largest(weights)
        beyond = np.abs(weights) > limit
        if np.any(beyond) and not self.clip:
            where = tuple(int(k) for k in np.argwhere(beyond)[0])
            raise InputError(
                f"{told}: weight {list(where)} = {weights[where]:g} is beyond w_max = {limit:g}, outside the device's "
                "range of conductances; raise w_max or set clip=True"
            )
        return np.clip(weights / limit, -1.0, 1.0)

    def targets(self, weights: np.ndarray, cell: Cell, told: str) -> np.ndarray:
        """The wanted conductances (inputs, columns), S."""
        return self.place(self.scaled(weights, told), cell)

    def unit(self, weights: np.ndarray, cell: Cell) -> float:
        """Conductance (S) that a weight of one is worth at the output."""
        return self.gain(cell) / self.largest(weights)

    def place(self, u: np.ndarray, cell: Cell) -> np.ndarray:
        raise NotImplementedError

    def gain(self, cell: Cell) -> float:
        return cell.span

    def pairs(self, columns: np.ndarray) -> np.ndarray:
        """Differences of neighbouring columns, along the last axis."""
        return columns[..., 0::2] - columns[..., 1::2]

    def outputs(self, pairs: np.ndarray) -> np.ndarray:
        """Outputs from the differences, along the last axis."""
        return pairs

    def describe(self) -> str:
        return self.name


class Differential(Mapping):
    """Two neighbouring columns an output, the first for w > 0, the second for w < 0; the other cell stays at g_off."""

    name = "differential"

    def place(self, u: np.ndarray, cell: Cell) -> np.ndarray:
        return interleaved(cell.between(np.maximum(u, 0.0)), cell.between(np.maximum(-u, 0.0)))


class Balanced(Mapping):
    """Two neighbouring columns an output, at (g_on + g_off) / 2 +- u (g_on - g_off) / 2: both cells carry the weight."""

    name = "balanced"

    def place(self, u: np.ndarray, cell: Cell) -> np.ndarray:
        return interleaved(cell.between(0.5 * (1.0 + u)), cell.between(0.5 * (1.0 - u)))


class Offset(Mapping):
    """One column an output, at (g_on + g_off) / 2 + u (g_on - g_off) / 2, and one reference column, the last, for u = 0."""

    name = "offset"

    def place(self, u: np.ndarray, cell: Cell) -> np.ndarray:
        return cell.between(0.5 * (1.0 + np.hstack([u, np.zeros((len(u), 1))])))

    def gain(self, cell: Cell) -> float:
        return 0.5 * cell.span

    def pairs(self, columns: np.ndarray) -> np.ndarray:
        return columns[..., :-1] - columns[..., -1:]


@dataclass(frozen=True)
class Slices(Mapping):
    """Weights rounded to sign and `weight_bits` - 1 bits of magnitude, cut into slices of `slice_bits`, a pair a slice.

    A slice's digit d takes the share d / (2^slice_bits - 1) of the range. Slices of an output lie next to each other,
    the least significant first; their differences are added with weights 2^(slice_bits k) relative to the last.
    A perfect array gives x @ weights to half a bit of every weight.
    """

    name: ClassVar[str] = "slices"
    weight_bits: int = 8
    slice_bits: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, low, high in (("weight_bits", 2, 24), ("slice_bits", 1, 12)):
            bits = getattr(self, name)
            if isinstance(bits, bool) or not isinstance(bits, (int, np.integer)) or not low <= bits <= high:
                raise InputError(f"slices: {name} must be a whole number from {low} to {high}, not {bits!r}")

    @property
    def count(self) -> int:
        """Slices an output."""
        return -(-(self.weight_bits - 1) // self.slice_bits)

    @property
    def base(self) -> int:
        return int(2**self.slice_bits)

    @property
    def top(self) -> int:
        """The largest magnitude as a whole number."""
        return int(2 ** (self.weight_bits - 1) - 1)

    def place(self, u: np.ndarray, cell: Cell) -> np.ndarray:
        whole = np.rint(u * self.top).astype(np.int64)
        digits = np.abs(whole)[..., None] // self.base ** np.arange(self.count) % self.base
        share = np.where(whole[..., None] < 0, -1.0, 1.0) * digits / (self.base - 1)
        return Differential().place(share.reshape(len(u), -1), cell)

    def gain(self, cell: Cell) -> float:
        return cell.span * self.top / (self.base - 1) / self.base ** (self.count - 1)

    def outputs(self, pairs: np.ndarray) -> np.ndarray:
        weights = float(self.base) ** (np.arange(self.count) - self.count + 1)
        return pairs.reshape(*pairs.shape[:-1], -1, self.count) @ weights

    def describe(self) -> str:
        return f"{self.weight_bits} bits in {self.count} slices of {self.slice_bits}, differential"


class Direct(Mapping):
    """The weights are conductances in siemens, a column an output; they must lie in the device's range."""

    name = "direct"

    def targets(self, weights: np.ndarray, cell: Cell, told: str) -> np.ndarray:
        return cell.checked(weights, told)

    def unit(self, weights: np.ndarray, cell: Cell) -> float:
        return 1.0

    def pairs(self, columns: np.ndarray) -> np.ndarray:
        return columns


def interleaved(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Columns of two matrices in turn."""
    return np.stack([first, second], axis=-1).reshape(len(first), -1)


MAPPINGS: dict[str, type[Mapping]] = {m.name: m for m in (Differential, Balanced, Offset, Slices, Direct)}


def mapping_of(value: Any) -> Mapping:
    """A mapping from its name or itself."""
    if isinstance(value, Mapping):
        return value
    if str(value) not in MAPPINGS:
        raise InputError(f"unknown mapping {value!r}{nearest(str(value), MAPPINGS)}; there are {', '.join(MAPPINGS)}")
    return MAPPINGS[str(value)]()


def checked_weights(weights: Any, bias: Any, told: str) -> np.ndarray:
    """Weights (inputs, outputs) as floats, the bias as their last row; InputError for shapes and numbers that do not fit."""
    matrix = numbers(weights, f"{told}: weights must be a matrix of numbers, (inputs, outputs)")
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(f"{told}: weights must be a matrix (inputs, outputs), not of shape {matrix.shape}")
    finite(matrix, "weight", told)
    if bias is None:
        return matrix
    row = numbers(bias, f"{told}: the bias must be numbers, one an output")
    if row.shape != (matrix.shape[1],):
        raise InputError(f"{told}: the bias has shape {row.shape}; {matrix.shape[1]} outputs need ({matrix.shape[1]},)")
    finite(row, "bias", told)
    return np.vstack([matrix, row])


def numbers(values: Any, wish: str) -> np.ndarray:
    """A copy as floats; InputError with the wish if they are none."""
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(wish) from None


def finite(values: np.ndarray, what: str, told: str) -> None:
    bad = ~np.isfinite(values)
    if np.any(bad):
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        raise InputError(f"{told}: {what} {list(where)} is {values[where]}; every {what} must be a finite number")
