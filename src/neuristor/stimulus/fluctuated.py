"""A waveform with random ripple, as a column of faulty synapse devices would give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show
from .base import (
    C0,
    C1,
    C2,
    C3,
    D0,
    D1,
    E0,
    E1,
    F0,
    F1,
    K1,
    K2,
    PHI,
    T0,
    Q,
    Segments,
    Stimulus,
    W,
    cut_rows,
    lane_rows,
    many_tables,
    seconds,
)
from .spikes import lane_generator, lanes_of, seed_of

COLUMNS = 16  # numbers a row of a table
MOST_NUMBERS = 2e8  # in the tables of one run (1.6 GB): more nodes are refused, not begun

SIGNS = {"both": (-1.0, 1.0), "up": (0.0, 1.0), "down": (-1.0, 0.0)}


class Fluctuated(Stimulus):
    """waveform x (1 + ripple): ripple is piecewise linear between nodes `spacing` apart, uniform in +-`amplitude`.

    sign: "up" only adds (devices stuck in the low-resistance state), "down" only removes (stuck in the
    high-resistance state), "both" does either. After Shah et al. 2023, section 4, whose node spacing is not
    stated: 20 us is chosen. Each lane has its own ripple.
    """

    def __init__(
        self, waveform: Stimulus, amplitude: Any = 0.10, spacing: Any = "20 us", sign: str = "both", seed: int = 0,
        lanes: int = 1, duration: Any = None,
    ):  # fmt: skip
        if sign not in SIGNS:
            raise InputError(f"Fluctuated: sign {sign!r}{nearest(sign, SIGNS)} must be both, up or down")
        self.waveform, self.sign = waveform, sign
        self.amplitude = float(parse(amplitude, "1"))
        if not 0 <= self.amplitude < 1:
            raise InputError(f"Fluctuated: amplitude must lie between 0 and 1 (10 % is 0.1), not {self.amplitude:g}")
        self.spacing = seconds(spacing, "Fluctuated: spacing", positive=True)
        length = waveform.duration if duration is None else seconds(duration, "Fluctuated: duration", positive=True)
        if length is None:
            raise InputError("Fluctuated: the waveform has no end, so say how long the ripple lasts (duration)")
        self.length = self.duration = length
        if self.count * COLUMNS > MOST_NUMBERS:
            raise InputError(
                f"Fluctuated: nodes {show(self.spacing, 's')} apart are too many for {show(length, 's')}: "
                f"take a spacing of {show(least_spacing(length), 's')} or more"
            )
        self.unit, self.seed = waveform.unit, seed_of(seed)
        if 1 not in (waveform.lanes, lanes) and waveform.lanes != lanes:
            raise InputError(f"Fluctuated: {lanes} lanes of ripple for a waveform of {waveform.lanes}")
        self.lanes = max(waveform.lanes, lanes_of(lanes))

    @property
    def count(self) -> float:
        """Number of nodes of a lane; a float, since it may be beyond all integers."""
        return float(node_count(self.length, self.spacing))

    def nodes(self, lane: int) -> tuple[np.ndarray, np.ndarray]:
        """Times and values of the ripple's nodes; the draw does not depend on amplitude or sign."""
        times = np.arange(int(self.count)) * self.spacing
        low, high = SIGNS[self.sign]
        uniform = lane_generator(self.seed, lane).uniform(size=len(times))
        return times, self.amplitude * (low + (high - low) * uniform)

    def segments(self, lanes: range) -> Segments:
        inner = self.waveform.segments(lanes if self.waveform.lanes > 1 else range(1))
        if self.amplitude == 0.0:  # the waveform itself, bit for bit
            if self.waveform.lanes > 1:
                return inner
            n = len(lanes)
            return replace(inner, table=np.zeros(n, dtype=np.int64), gain=np.full(n, inner.gain[0]))
        if self.waveform.lanes > 1:
            return many_tables([self.rippled(lane_rows(inner, k), range(n, n + 1))[0] for k, n in enumerate(lanes)])
        return many_tables(list(self.rippled(lane_rows(inner, 0), lanes)))

    def rippled(self, rows: np.ndarray, lanes: range) -> np.ndarray:
        """(lanes, n_rows, 16): the waveform's rows with the ripple of each lane multiplied in."""
        drawn = [self.nodes(lane) for lane in lanes]
        times, ripple = drawn[0][0], np.array([values for _, values in drawn])
        starts = np.union1d(rows[:, T0], times)
        rows = held(rows, starts) if not rows[:, C1:].any() else cut_rows(rows, starts)
        slope = np.append(np.diff(ripple) / self.spacing, np.zeros((len(ripple), 1)), axis=1)
        node = np.searchsorted(times, starts, side="right") - 1
        level = 1.0 + ripple[:, node] + slope[:, node] * (starts - times[node])
        return times_line(rows, level, slope[:, node])

    def describe(self) -> str:
        told = f"{100 * self.amplitude:g} % ripple ({self.sign}), nodes {show(self.spacing, 's')} apart, seed {self.seed}"
        return f"{self.waveform.describe()} with {told}"


def node_count(length: float, spacing: float) -> float:
    """Nodes `spacing` apart from 0 to the first at or after `length`; infinite rather than an overflow."""
    with np.errstate(over="ignore"):
        return float(np.ceil(np.float64(length) / spacing - 1e-9) + 1)


def least_spacing(length: float, lanes: int = 1) -> float:
    """The closest nodes (s), rounded up to two digits, whose tables of all lanes stay within MOST_NUMBERS.

    Infinite if there are too many lanes for any node but the first and the last.
    """
    intervals = MOST_NUMBERS / COLUMNS / lanes - 2
    if intervals < 1:
        return float("inf")
    digit = 10.0 ** (np.floor(np.log10(length / intervals)) - 1)
    return float(np.ceil(length / intervals / digit) * digit)


def affordable(samples: int, shares: int, length: float = 1.0, gap: float = 1.0) -> None:
    """InputError if samples x amplitudes x nodes are more than MOST_NUMBERS in the tables of the input."""
    nodes, lanes = node_count(length, gap), samples * shares
    if lanes == 0 or COLUMNS * nodes * lanes <= MOST_NUMBERS:
        return
    of_each = f" of {nodes:.3g} nodes each" if nodes > 2 else ""
    told = f"fluctuation: {samples} samples at {shares} amplitude{'s' * (shares > 1)}{of_each} are too many for one run"
    most = int(MOST_NUMBERS / COLUMNS / shares / nodes)
    least = least_spacing(length, lanes)
    right = [f"at most {most} samples"] if most else []
    right += [f"nodes {show(least, 's')} apart or more"] if nodes > 2 and least < length else []
    raise InputError(f"{told}: take {' or '.join(right) or 'fewer of all'}")


class Abreast(Stimulus):
    """Stimuli side by side: the lanes of the first, then those of the second, and so on."""

    def __init__(self, parts: Sequence[Stimulus]) -> None:
        self.parts = tuple(parts)
        self.unit, self.seed = parts[0].unit, parts[0].seed
        self.ends = np.cumsum([p.lanes for p in parts])
        self.lanes = int(self.ends[-1])

    def segments(self, lanes: range) -> Segments:
        found = []
        for part, end in zip(self.parts, self.ends, strict=True):
            start = int(end) - part.lanes
            own = range(max(lanes.start, start) - start, min(lanes.stop, int(end)) - start)
            if len(own):
                found.append(part.segments(own))
        tables = np.cumsum([0, *(len(f.first) - 1 for f in found)])
        rows = np.cumsum([0, *(len(f.rows) for f in found)])
        first = [f.first[:-1] + r for f, r in zip(found, rows[:-1], strict=True)]
        return Segments(
            np.concatenate([f.rows for f in found]),
            np.concatenate([*first, rows[-1:]]),
            np.concatenate([f.table + t for f, t in zip(found, tables[:-1], strict=True)]),
            np.concatenate([f.gain for f in found]),
        )

    def describe(self) -> str:
        return "; ".join(p.describe() for p in self.parts)


def held(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """What `cut_rows` gives for rows that are constants and impulses, without a loop."""
    which = np.searchsorted(rows[:, T0], times, side="right") - 1
    cut = rows[which]
    cut[:, Q] = np.where(cut[:, T0] == times, cut[:, Q], 0.0)
    cut[:, T0] += times - cut[:, T0]
    return cut


def times_line(rows: np.ndarray, level: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Rows (lanes, n, 16) of the products of rows (n, 16) with level + slope s, both (lanes, n); what leaves the family of
    rows is refused."""
    if np.any(slope[..., None] * rows[:, [C3, D1, E1, F1]]):
        raise InputError(
            "Fluctuated: this waveform's rows have no room for another factor (cubic, alpha kernel or ripple twice)"
        )
    used = np.flatnonzero(rows.any(axis=0))
    product = np.zeros((*level.shape, rows.shape[1]))
    for column in used:
        fixed = column in (T0, K1, K2, W, PHI)  # no amplitudes
        product[..., column] = rows[:, column] if fixed else rows[:, column] * level
    for low, high in ((C0, C1), (C1, C2), (C2, C3), (D0, D1), (E0, E1), (F0, F1)):
        if low in used:
            product[..., high] += rows[:, low] * slope
    return product
