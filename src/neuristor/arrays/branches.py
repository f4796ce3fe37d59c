"""Branch currents of a crossbar and how well they obey Kirchhoff's laws.

A solution is kept as the voltage drops across cells and wire segments. Corrections add to the drops, each with all its
digits: a segment of 1 uOhm whose ends differ by 1e-16 of their voltage still has an accurate current. The voltage law
holds because drops are differences of node voltages; the current law is what is left to be solved.

All arrays are (rows, columns, vectors). word[:, j] belongs to the segment that leads to cell j, with the driver in
word[:, 0]; bit[i] to the segment below cell i, with the sense input in bit[-1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .wires import Wires

EPSILON = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Drops:
    """Voltages across cells and segments, V."""

    cell: np.ndarray
    word: np.ndarray
    bit: np.ndarray

    def plus(self, other: Drops, share: float = 1.0) -> Drops:
        return Drops(self.cell + share * other.cell, self.word + share * other.word, self.bit + share * other.bit)


@dataclass(frozen=True)
class Currents:
    """Currents of cells and segments, A, and what the current law leaves over at word and bit nodes."""

    cell: np.ndarray
    word: np.ndarray
    bit: np.ndarray
    left_word: np.ndarray
    left_bit: np.ndarray

    def residual(self, floor: np.ndarray) -> np.ndarray:
        """Largest left-over current of each vector over its largest current, which counts as `floor` at least."""
        left = np.maximum(np.abs(self.left_word), np.abs(self.left_bit)).max(axis=(0, 1))
        largest = np.max([np.abs(kind).max(axis=(0, 1)) for kind in (self.cell, self.word, self.bit)], axis=0)
        scale = np.maximum(largest, floor)
        return np.divide(left, scale, out=np.zeros_like(left), where=scale > 0)


def drops(v_word: np.ndarray, v_bit: np.ndarray, drive: np.ndarray) -> Drops:
    """From node voltages and those of the drivers, (rows, vectors)."""
    before = np.concatenate((drive[:, None], v_word[:, :-1]), axis=1)
    below = np.concatenate((v_bit[1:], np.zeros_like(v_bit[:1])))
    return Drops(v_word - v_bit, before - v_word, v_bit - below)


def currents(drop: Drops, cell: np.ndarray, short: np.ndarray, wires: Wires) -> Currents:
    """Currents of all branches from the drops and the currents of the cells; those of shorts follow from the rest."""
    word, bit = drop.word.copy(), drop.bit.copy()
    cell = np.where(short, 0.0, cell)
    if wires.r_word:
        word /= wires.r_word
        word[:, 0] = drop.word[:, 0] / (wires.r_driver + wires.r_word)
    if wires.r_bit:
        bit /= wires.r_bit
        bit[-1] = drop.bit[-1] / (wires.r_bit + wires.r_sense)
        cell = np.where(short & (not wires.r_word), np.diff(bit, axis=0, prepend=0.0), cell)
    if wires.r_word:
        cell = np.where(short, -np.diff(word, axis=1, append=0.0), cell)
    else:
        word = np.cumsum(cell[:, ::-1], axis=1)[:, ::-1]
    if not wires.r_bit:
        bit = np.cumsum(cell, axis=0)
    left_word = -np.diff(word, axis=1, append=0.0) - cell if wires.r_word else np.zeros_like(cell)
    left_bit = cell - np.diff(bit, axis=0, prepend=0.0) if wires.r_bit else np.zeros_like(cell)
    if wires.r_driver and not wires.r_word:
        left_word[:, 0] = drop.word[:, 0] / wires.r_driver - word[:, 0]
    if wires.r_sense and not wires.r_bit:
        left_bit[-1] = bit[-1] - drop.bit[-1] / wires.r_sense
    return Currents(cell, word, bit, left_word, left_bit)


def smallest_scale(drive: np.ndarray, g: np.ndarray, wires: Wires) -> np.ndarray:
    """A below which a vector's largest current is rounding: currents of the square of the machine's epsilon."""
    known = [c for c in (*wires.lines, g.max(initial=0.0, where=np.isfinite(g))) if np.isfinite(c)]
    return EPSILON**2 * np.abs(drive).max(axis=0) * max(known, default=0.0)
