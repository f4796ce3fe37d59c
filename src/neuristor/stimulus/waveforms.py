"""Deterministic waveforms: step, pulse, square, triangle, ramp, sine, piecewise linear."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import parse, show
from .base import C0, Segments, Stimulus, amplitude, end_of, many_tables, one_table, rows_at, seconds

SHORTEST = 1e-18  # s; two points closer than this make a jump


class Waveform(Stimulus):
    """One shape for all lanes plus a baseline; the amplitude may differ from lane to lane."""

    def __init__(self, level: Any, baseline: Any, unit: str | None, duration: float | None) -> None:
        what = type(self).__name__
        self.level, self.unit = amplitude(level, unit, what)
        try:
            self.baseline = float(parse(baseline, self.unit))
        except (InputError, TypeError) as error:
            raise InputError(f"{what}: baseline: {error}") from None
        if np.ndim(self.level) > 1 or np.size(self.level) == 0:
            raise InputError(f"{what}: give one amplitude, or a list with one a lane")
        self.lanes = int(np.size(self.level))
        self.duration = duration

    def shape(self) -> np.ndarray:
        """Rows of the waveform of amplitude one without baseline."""
        raise NotImplementedError

    def segments(self, lanes: range) -> Segments:
        gains = np.atleast_1d(self.level)[lanes.start : lanes.stop] if self.lanes > 1 else np.full(len(lanes), self.level)
        shape = self.shape()
        if self.baseline == 0.0:
            return one_table(shape, gains)
        if self.lanes == 1:
            return one_table(self._on_baseline(shape, float(gains[0])), np.ones(len(lanes)))
        return many_tables([self._on_baseline(shape, g) for g in gains])

    def _on_baseline(self, shape: np.ndarray, gain: float) -> np.ndarray:
        rows = shape.copy()
        rows[:, [2, 3, 4, 5, 12, 13]] *= gain
        rows[:, C0] += self.baseline
        return rows

    def told(self) -> str:
        """The amplitude, or the range over the lanes, as text."""
        if np.ndim(self.level) == 0:
            return show(self.level, self.unit)
        return f"{show(np.min(self.level), self.unit)} to {show(np.max(self.level), self.unit)} on {self.lanes} lanes"

    def describe(self) -> str:
        end = "" if self.duration is None else f", {show(self.duration, 's')} long"
        return f"{type(self).__name__.lower()} of {self.told()}{end}"


class Step(Waveform):
    """`baseline` before `start`, `amplitude` above it for ever after."""

    def __init__(self, amplitude: Any, start: Any = 0.0, duration: Any = None, baseline: Any = 0.0, unit: str | None = None):
        super().__init__(amplitude, baseline, unit, end_of(duration, None, "Step"))
        self.start = seconds(start, "Step: start")

    def shape(self) -> np.ndarray:
        return rows_at([0.0], c0=1.0) if self.start == 0 else rows_at([0.0, self.start], c0=[0.0, 1.0])


class Pulse(Waveform):
    """`amplitude` above `baseline` from `start` for `width`."""

    def __init__(
        self, amplitude: Any, start: Any, width: Any, baseline: Any = 0.0, duration: Any = None, unit: str | None = None
    ):
        self.start, self.width = seconds(start, "Pulse: start"), seconds(width, "Pulse: width", positive=True)
        super().__init__(amplitude, baseline, unit, end_of(duration, None, "Pulse"))

    def shape(self) -> np.ndarray:
        rows = rows_at([0.0, self.start, self.start + self.width], c0=[0.0, 1.0, 0.0])
        return rows if self.start else rows[1:]


class Square(Waveform):
    """A periodic pulse: `amplitude` for the first `duty` of every period, `low` for the rest."""

    def __init__(
        self,
        amplitude: Any,
        period: Any,
        duty: float = 0.5,
        low: Any = 0.0,
        duration: Any = None,
        unit: str | None = None,
    ):
        self.period = seconds(period, "Square: period", positive=True)
        if not 0 < duty < 1:
            raise InputError(f"Square: duty must lie between 0 and 1, not {duty}")
        end = end_of(duration, None, "Square")
        if end is None:
            raise InputError("Square: say how long it lasts (duration)")
        super().__init__(amplitude, low, unit, end)
        self.duty = duty
        self.level = self.level - self.baseline

    def shape(self) -> np.ndarray:
        assert self.duration is not None
        starts = np.arange(0, int(np.ceil(self.duration / self.period - 1e-9))) * self.period
        times = np.column_stack([starts, starts + self.duty * self.period]).ravel()
        return rows_at(times, c0=np.tile([1.0, 0.0], len(starts)))


class Triangle(Waveform):
    """From 0 at `start` up to `peak` at half of `duration` and back to 0 at its end: the tutorial's stimulus."""

    def __init__(self, peak: Any, duration: Any, start: Any = 0.0, baseline: Any = 0.0, unit: str | None = None):
        self.start, self.width = (
            seconds(start, "Triangle: start"),
            seconds(duration, "Triangle: duration", positive=True),
        )
        super().__init__(peak, baseline, unit, self.start + self.width)

    def shape(self) -> np.ndarray:
        half, slope = self.width / 2, 2 / self.width
        times = [0.0, self.start, self.start + half, self.start + self.width]
        rows = rows_at(times, c0=[0.0, 0.0, 1.0, 0.0], c1=[0.0, slope, -slope, 0.0])
        return rows if self.start else rows[1:]


class Ramp(Waveform):
    """A straight line from `first` at t = 0 to `last` at `duration`, then constant."""

    def __init__(self, first: Any, last: Any, duration: Any, unit: str | None = None):
        self.width = seconds(duration, "Ramp: duration", positive=True)
        start, unit = amplitude(first, unit, "Ramp: first")
        end, _ = amplitude(last, unit, "Ramp: last")
        super().__init__(end, start, unit, self.width)
        self.level = self.level - self.baseline

    def shape(self) -> np.ndarray:
        return rows_at([0.0, self.width], c0=[0.0, 1.0], c1=[1 / self.width, 0.0])


class Sine(Waveform):
    """offset + amplitude sin(2 pi frequency t + phase), phase in radians."""

    def __init__(
        self,
        amplitude: Any,
        frequency: Any,
        offset: Any = 0.0,
        phase: float = 0.0,
        duration: Any = None,
        unit: str | None = None,
    ):
        self.frequency, self.phase = float(parse(frequency, "Hz")), float(parse(phase, "1"))
        if self.frequency <= 0:
            raise InputError(f"Sine: frequency must be positive, not {show(self.frequency, 'Hz')}")
        super().__init__(amplitude, offset, unit, end_of(duration, None, "Sine"))

    def shape(self) -> np.ndarray:
        return rows_at([0.0], f0=1.0, w=2 * np.pi * self.frequency, phi=self.phase)

    def describe(self) -> str:
        return f"sine of {self.told()} at {show(self.frequency, 'Hz')} on {show(self.baseline, self.unit)}"


class PWL(Stimulus):
    """Piecewise linear through (times, values), constant before the first and after the last.

    values: (n,) for all lanes alike or (lanes, n). Two equal times make a jump.
    """

    def __init__(self, times: Any, values: Any, unit: str | None = None, where: str = "PWL") -> None:
        self.times = np.atleast_1d(np.asarray(parse(times, "s"), dtype=float))
        levels, self.unit = amplitude(values, unit, where)
        self.values = np.atleast_2d(np.asarray(levels, dtype=float))
        if self.values.shape[1] != len(self.times):
            raise InputError(f"{where}: {len(self.times)} times but {self.values.shape[1]} values")
        if self.times[0] < 0:
            raise InputError(f"{where}: times must not be negative, but the first is {show(self.times[0], 's')}")
        back = np.flatnonzero(np.diff(self.times) < 0)
        if len(back):
            k = int(back[0]) + 1
            told = f"time {k + 1} is {show(self.times[k], 's')} after {show(self.times[k - 1], 's')}"
            raise InputError(f"{where}: times must not run backwards, but {told}")
        self.lanes = len(self.values)
        self.duration = float(self.times[-1]) or None

    @classmethod
    def from_csv(cls, path: str | Path, unit: str | None = None) -> PWL:
        """Read columns time (s) and value, or one value column a lane; a first line of names is skipped."""
        rows = list(_csv_numbers(Path(path)))
        table = np.array(rows)
        return cls(table[:, 0], table[:, 1:].T if table.shape[1] > 2 else table[:, 1], unit, where=str(path))

    def segments(self, lanes: range) -> Segments:
        wanted = self.values[lanes.start : lanes.stop] if self.lanes > 1 else self.values
        tables = [self._rows(values) for values in wanted]
        return many_tables(tables) if self.lanes > 1 else one_table(tables[0], np.ones(len(lanes)))

    def _rows(self, values: np.ndarray) -> np.ndarray:
        t = self.times
        span = np.diff(t, append=np.inf)
        slope = np.zeros(len(t))
        long = span > SHORTEST
        slope[:-1] = np.divide(np.diff(values), span[:-1], out=np.zeros(len(t) - 1), where=long[:-1])
        rows = rows_at(t, c0=values, c1=slope)[long]
        if t[0] > 0:
            rows = np.vstack([rows_at([0.0], c0=values[0]), rows])
        return rows

    def describe(self) -> str:
        return f"piecewise linear through {len(self.times)} points up to {show(self.times[-1], 's')}"


def _csv_numbers(path: Path) -> Any:
    """Rows of numbers of a CSV file; InputError with file and line for anything else."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise InputError(f"{path}: cannot be read: {reason}") from None
    width, header_seen, found = 0, False, False
    dialect = ";" if any(";" in line for line in lines[:2]) else "\t" if any("\t" in line for line in lines[:2]) else ","
    for number, cells in enumerate(csv.reader(lines, delimiter=dialect), start=1):
        if not "".join(cells).strip() or cells[0].lstrip().startswith("#"):
            continue
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            if found or header_seen:
                raise InputError(f"{path}, line {number}: {','.join(cells)!r} is not a row of numbers") from None
            header_seen = True
            continue
        if not np.all(np.isfinite(values)):
            raise InputError(f"{path}, line {number}: {','.join(cells)!r} contains a value that is not finite")
        if len(values) < 2 or (width and len(values) != width):
            raise InputError(f"{path}, line {number}: {len(values)} columns where {width or 2} are expected (time, value)")
        width, found = len(values), True
        yield values
    if not found:
        raise InputError(f"{path}: no rows of numbers; expected columns time (s) and value")
