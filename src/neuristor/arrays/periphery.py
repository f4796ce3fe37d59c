"""Converters at the edges of an array: DACs at the rows, ADCs behind the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show

PLACES = ("pair", "column")


@dataclass(frozen=True)
class DAC:
    """Inputs from 0 to full_scale in 2^bits - 1 equal steps; negative ones in the same steps, larger ones clipped.

    full_scale   the largest input that the converter can drive (1: the voltage v_read)
    """

    bits: int = 8
    full_scale: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", bits_of(self.bits, "DAC"))
        scale = parse(self.full_scale, "1")
        if np.ndim(scale) or scale <= 0:
            raise InputError(f"DAC: full_scale must be one positive input, such as 1, not {self.full_scale!r}")
        object.__setattr__(self, "full_scale", float(scale))

    def convert(self, x: np.ndarray) -> np.ndarray:
        """Row voltages over v_read."""
        step = self.full_scale / (2**self.bits - 1)
        return np.rint(np.clip(x, -self.full_scale, self.full_scale) / step) * step

    def clipped(self, x: np.ndarray) -> float:
        """Share of inputs beyond full scale."""
        return float(np.mean(np.abs(x) > self.full_scale))

    def describe(self) -> str:
        return f"{self.bits} bits up to {self.full_scale:g}"


@dataclass(frozen=True)
class ADC:
    """Currents rounded to equal steps within a range, and clipped to it.

    place   pair     one converter for each difference of columns (after an analogue subtraction): from -limit to limit
                     in 2^bits - 2 steps, zero among the levels
            column   one for each column, before the subtraction: from 0 to limit in 2^bits - 1 steps
    limit   A, or text with unit; None: the largest current that inputs from 0 to 1 can give on any of the wanted
            columns or pairs, so that a perfect array never clips. `Crossbar.calibrated` sets it from data.
    """

    bits: int = 8
    limit: Any = None
    place: str = "pair"

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits", bits_of(self.bits, "ADC"))
        if self.place not in PLACES:
            raise InputError(f"ADC: place {self.place!r}{nearest(str(self.place), PLACES)} is neither pair nor column")
        if self.place == "pair" and self.bits < 2:
            raise InputError("ADC: a converter of signed currents needs 2 bits or more")
        if self.limit is not None:
            limit = parse(self.limit, "A")
            if np.ndim(limit) or limit <= 0:
                raise InputError(f"ADC: the limit must be one positive current, not {self.limit!r}")
            object.__setattr__(self, "limit", float(limit))

    @property
    def signed(self) -> bool:
        return self.place == "pair"

    def step(self, limit: float) -> float:
        """A, the difference of neighbouring levels."""
        return limit / (2 ** (self.bits - 1) - 1) if self.signed else limit / (2**self.bits - 1)

    def convert(self, i: np.ndarray, limit: float) -> np.ndarray:
        """Currents as the converter tells them (A)."""
        step = self.step(limit)
        return np.rint(np.clip(i, -limit if self.signed else 0.0, limit) / step) * step

    def clipped(self, i: np.ndarray, limit: float) -> float:
        """Share of conversions beyond the range by half a step or more."""
        half = 0.5 * self.step(limit)
        low = -limit if self.signed else 0.0
        return float(np.mean((i > limit + half) | (i < low - half)))

    def describe(self) -> str:
        reach = "the largest wanted current" if self.limit is None else show(self.limit, "A")
        return f"{self.bits} bits for each {self.place}, up to {reach}"


def bits_of(bits: Any, told: str) -> int:
    if isinstance(bits, bool) or not isinstance(bits, (int, np.integer)) or not 1 <= bits <= 24:
        raise InputError(f"{told}: bits must be a whole number from 1 to 24, not {bits!r}")
    return int(bits)
