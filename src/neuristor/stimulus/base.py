"""What a stimulus is to a solver: a table of rows, each a closed formula of time, and impulses between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import base_unit, parse, show, unit_of

COLUMNS = ("t0", "q", "c0", "c1", "c2", "c3", "d0", "d1", "k1", "e0", "e1", "k2", "f0", "f1", "w", "phi")
T0, Q, C0, C1, C2, C3, D0, D1, K1, E0, E1, K2, F0, F1, W, PHI = range(16)
AMPLITUDES = [Q, C0, C1, C2, C3, D0, D1, E0, E1, F0, F1]  # the columns that scale with the stimulus


def segment_value(c: Any, s: Any, exp: Callable[[Any], Any], sin: Callable[[Any], Any]) -> Any:
    """Value of a row at time s after its start; `c` is indexed by column, for NumPy and CasADi alike.

    i(s) = c0 + c1 s + c2 s^2 + c3 s^3 + (d0 + d1 s) e^(-k1 s) + (e0 + e1 s) e^(-k2 s) + (f0 + f1 s) sin(w s + phi)
    """
    polynomial = c[C0] + s * (c[C1] + s * (c[C2] + s * c[C3]))
    decays = (c[D0] + c[D1] * s) * exp(-c[K1] * s) + (c[E0] + c[E1] * s) * exp(-c[K2] * s)
    return polynomial + decays + (c[F0] + c[F1] * s) * sin(c[W] * s + c[PHI])


@dataclass(frozen=True)
class Segments:
    """Stimulus tables of some lanes.

    rows   (n_rows, 16): a row holds from its t0 to the next row's, q is an impulse (unit x s) delivered at t0
    first  (n_tables + 1,): where each table starts; the first row of a table has t0 = 0
    table  (lanes,): which table a lane reads
    gain   (lanes,): factor on all amplitudes and impulses of a lane
    """

    rows: np.ndarray
    first: np.ndarray
    table: np.ndarray
    gain: np.ndarray

    @property
    def form(self) -> str:
        """The simplest family that holds all rows: "constant", "polynomial" or "full"."""
        if np.any(self.rows[:, [D0, D1, E0, E1, F0, F1]]):
            return "full"
        return "polynomial" if np.any(self.rows[:, [C1, C2, C3]]) else "constant"

    def value(self, times: np.ndarray) -> np.ndarray:
        """(lanes, n_times) values, right-continuous, impulses left out."""
        per_table = []
        for a, b in zip(self.first[:-1], self.first[1:], strict=True):
            rows = self.rows[a:b]
            at = rows[np.maximum(np.searchsorted(rows[:, T0], times, side="right") - 1, 0)].T
            per_table.append(segment_value(at, times - at[T0], np.exp, np.sin))
        return self.gain[:, None] * np.array(per_table).reshape(len(per_table), len(times))[self.table]


def rows_at(times: Sequence[float] | np.ndarray, **columns: Any) -> np.ndarray:
    """Rows that start at `times` with the columns given by name, the others zero."""
    rows = np.zeros((len(times), len(COLUMNS)))
    rows[:, T0] = times
    for name, values in columns.items():
        rows[:, COLUMNS.index(name)] = values
    return rows


def one_table(rows: np.ndarray, gain: np.ndarray) -> Segments:
    """All lanes read the same rows, each with its own gain."""
    return Segments(rows, np.array([0, len(rows)]), np.zeros(len(gain), dtype=np.int64), np.asarray(gain, dtype=float))


def many_tables(tables: list[np.ndarray]) -> Segments:
    """Every lane reads its own rows."""
    first = np.concatenate([[0], np.cumsum([len(t) for t in tables])]).astype(np.int64)
    return Segments(np.concatenate(tables), first, np.arange(len(tables)), np.ones(len(tables)))


class Stimulus(ABC):
    """An input signal on one or many lanes. `lanes` is 1 where all lanes see the same signal."""

    unit: str = "A"
    lanes: int = 1
    duration: float | None = None
    seed: int | None = None

    @abstractmethod
    def segments(self, lanes: range) -> Segments:
        """Tables of these lanes; what a lane gets does not depend on which others are asked for."""

    @abstractmethod
    def describe(self) -> str:
        """The stimulus in one phrase, with its numbers."""

    def value(self, times: Any) -> np.ndarray:
        """(lanes, n_times) values at `times` (s), right-continuous; impulses are not part of it."""
        return self.segments(range(self.lanes)).value(np.atleast_1d(np.asarray(times, dtype=float)))

    def breakpoints(self, lane: int = 0) -> np.ndarray:
        """Times after 0 at which the formula of a lane changes or an impulse arrives."""
        at = 0 if self.lanes == 1 else lane
        return self.segments(range(at, at + 1)).rows[1:, T0]

    def __add__(self, other: Stimulus) -> Stimulus:
        return Sum(self, other)

    def __mul__(self, factor: float) -> Stimulus:
        return Scaled(self, float(factor))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"<{self.describe()}>"


class Scaled(Stimulus):
    """A stimulus times a number."""

    def __init__(self, inner: Stimulus, factor: float) -> None:
        self.inner, self.factor = inner, factor
        self.unit, self.lanes, self.duration, self.seed = inner.unit, inner.lanes, inner.duration, inner.seed

    def segments(self, lanes: range) -> Segments:
        inner = self.inner.segments(lanes)
        return replace(inner, gain=inner.gain * self.factor)

    def describe(self) -> str:
        return f"{self.factor:g} x ({self.inner.describe()})"


class Sum(Stimulus):
    """Two stimuli added, row by row: a row holds two decays and one sine at most."""

    def __init__(self, first: Stimulus, second: Stimulus) -> None:
        if base_unit(first.unit) != base_unit(second.unit):
            raise InputError(f"cannot add a stimulus in {second.unit} to one in {first.unit}")
        if 1 not in (first.lanes, second.lanes) and first.lanes != second.lanes:
            raise InputError(f"cannot add stimuli of {first.lanes} and {second.lanes} lanes")
        self.parts = (first, second)
        self.unit, self.lanes = first.unit, max(first.lanes, second.lanes)
        known = [p.duration for p in self.parts if p.duration is not None]
        self.duration = max(known, default=None)
        self.seed = first.seed if first.seed is not None else second.seed

    def segments(self, lanes: range) -> Segments:
        a, b = (p.segments(lanes if p.lanes > 1 else range(1)) for p in self.parts)
        tables = []
        for k in range(len(lanes)):
            tables.append(add_rows(*(lane_rows(p, k if len(p.gain) > 1 else 0) for p in (a, b))))
        return many_tables(tables)

    def describe(self) -> str:
        return " + ".join(p.describe() for p in self.parts)


def lane_rows(segments: Segments, k: int) -> np.ndarray:
    """The rows of one lane with its gain multiplied in."""
    table = segments.table[k]
    rows = segments.rows[segments.first[table] : segments.first[table + 1]].copy()
    rows[:, AMPLITUDES] *= segments.gain[k]
    return rows


def shifted(row: np.ndarray, s: float) -> np.ndarray:
    """The same formula written from time s after the row's start."""
    c = row.copy()
    c[T0] += s
    c[Q] = 0.0
    c[C0] = row[C0] + s * (row[C1] + s * (row[C2] + s * row[C3]))
    c[C1] = row[C1] + s * (2 * row[C2] + s * 3 * row[C3])
    c[C2] = row[C2] + s * 3 * row[C3]
    for level, slope, rate in ((D0, D1, K1), (E0, E1, K2)):
        decay = np.exp(-row[rate] * s)
        c[level], c[slope] = (row[level] + row[slope] * s) * decay, row[slope] * decay
    c[F0], c[PHI] = row[F0] + row[F1] * s, row[PHI] + row[W] * s
    return c


def cut_rows(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The same signal with rows that start at every one of `times` (which contain the rows' own starts)."""
    which = np.searchsorted(rows[:, T0], times, side="right") - 1
    return np.array(
        [rows[k] if rows[k, T0] == t else shifted(rows[k], t - rows[k, T0]) for k, t in zip(which, times, strict=True)]
    )


def add_rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Rows of the sum of two signals."""
    times = np.union1d(a[:, T0], b[:, T0])
    left, right = cut_rows(a, times), cut_rows(b, times)
    total = left.copy()
    total[:, [Q, C0, C1, C2, C3]] += right[:, [Q, C0, C1, C2, C3]]
    for k in range(len(times)):
        for level, slope, rate in ((D0, D1, K1), (E0, E1, K2)):
            if right[k, level] or right[k, slope]:
                put_decay(total[k], right[k, level], right[k, slope], right[k, rate])
        if right[k, F0] or right[k, F1]:
            if total[k, F0] or total[k, F1]:
                raise InputError("a sum of stimuli can hold one sine at a time")
            total[k, [F0, F1, W, PHI]] = right[k, [F0, F1, W, PHI]]
    return total


def put_decay(row: np.ndarray, level: float, slope: float, rate: float) -> None:
    """Add (level + slope s) e^(-rate s) to a row, in a free place or one of the same rate."""
    for a, b, k in ((D0, D1, K1), (E0, E1, K2)):
        if not (row[a] or row[b]) or row[k] == rate:
            row[a], row[b], row[k] = row[a] + level, row[b] + slope, rate
            return
    raise InputError("a sum of stimuli can hold two decay times at a time")


def amplitude(value: Any, unit: str | None, what: str) -> tuple[Any, str]:
    """An amplitude in SI and its unit: the one written in the text, else `unit`, else ampere."""
    texts = (
        [value]
        if isinstance(value, str)
        else [v for v in value if isinstance(v, str)]
        if isinstance(value, (list, tuple))
        else []
    )
    written = next((u for t in texts if (u := unit_of(t))), None)
    try:
        expected = base_unit(unit or written or "A")
        return parse(value, expected), expected
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def seconds(value: Any, what: str, *, positive: bool = False) -> float:
    """A time in seconds, zero or more (or above zero)."""
    try:
        time = parse(value, "s")
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    if np.ndim(time):
        raise InputError(f"{what} must be one number, not {np.shape(time)[0]}")
    if time < 0 or (positive and time == 0):
        raise InputError(f"{what} must be {'positive' if positive else 'zero or more'}, not {show(time, 's')}")
    return float(time)


def end_of(duration: Any, default: float | None, what: str) -> float | None:
    return default if duration is None else seconds(duration, f"{what}: duration", positive=True)
