"""The wires of a crossbar: their resistances, and which cells they may meet.

Row i is driven at its left end: driver, one word-line segment, cell 0, a segment, cell 1, and so on. Column j is sensed
below its last row: a bit-line segment after every cell, the last one leading through the sense input to ground. This is
the geometry of badcrossbar (Joksas & Mehonic, SoftwareX 12 (2020) 100617), to which driver and sense input add.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import parse

SMALLEST = 1e-300  # Ohm; its reciprocal is still a number


@dataclass(frozen=True)
class Wires:
    """Resistances in Ohm, as numbers or as text with a unit; zero is exactly zero.

    r_word, r_bit       of a segment of a word line and of a bit line, from cell to cell
    r_driver, r_sense   of each row's driver and of each column's sense input
    """

    r_word: float = 0.0
    r_bit: float = 0.0
    r_driver: float = 0.0
    r_sense: float = 0.0

    def __post_init__(self) -> None:
        for part in fields(self):
            given = getattr(self, part.name)
            value = parse(given, "Ohm")
            if np.ndim(value) or not (value == 0 or value > SMALLEST):
                raise InputError(f"wires: {part.name} = {given!r} is not one resistance of 0 Ohm or more")
            object.__setattr__(self, part.name, value)

    @property
    def lines(self) -> np.ndarray:
        """Conductances as `dissection` takes them: first word segment, half of one, last bit segment, half of one."""
        with np.errstate(divide="ignore"):
            ends = 1.0 / np.array([self.r_driver + self.r_word, self.r_bit + self.r_sense])
            half = 2.0 / np.array([self.r_word, self.r_bit])
        return np.array([ends[0], half[0], ends[1], half[1]])

    @property
    def lumped(self) -> bool:
        """Whether no line has resistance, so that each is one node."""
        return not (self.r_word or self.r_bit)


def read_cells(g: Any) -> np.ndarray:
    """Conductances (..., rows, columns) as floats; InputError for what are none."""
    try:
        cells = np.ascontiguousarray(g, dtype=float)
    except (TypeError, ValueError):
        raise InputError("array: conductances must be numbers in S, of shape (..., rows, columns)") from None
    if cells.ndim < 2 or 0 in cells.shape[-2:]:
        raise InputError(f"array: conductances need the shape (..., rows, columns), not {cells.shape}")
    bad = ~(cells >= 0)
    if bad.any():
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        raise InputError(
            f"array: the conductance at {at} is {cells[at]:g} S; it must be 0 (open), positive or inf (a short)"
        )
    return cells


def read_voltages(voltages: Any, rows: int) -> np.ndarray:
    """Row voltages (vectors, rows) as floats, from that shape or one vector; InputError for what are none."""
    read = np.atleast_2d(np.asarray(parse(voltages, "V"), dtype=float))
    if read.ndim != 2 or read.shape[1] != rows or not len(read):
        raise InputError(f"array: voltages need the shape (vectors, {rows}), one for each row, not {np.shape(voltages)}")
    return read
