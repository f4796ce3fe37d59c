"""Runs of a neuron whose only state is its charge: chunks of lanes through `charge`, and the range of their input."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import numpy as np

from ..stimulus.base import C2, C3, D0, D1, E0, E1, F0, F1, Segments
from ..trace import Trace
from . import charge
from .job import Job
from .solve import Piece, assemble, in_threads

INF = np.inf


def run(job: Job, numbers: np.ndarray, table: np.ndarray, check: Callable[[float, float], None]) -> Trace:
    """The job with the neuron's numbers and table as `charge` wants them; `check` is told the least and the largest input
    of all lanes."""
    signals = np.full((job.n, len(job.record), len(job.times)), np.nan)
    extremes = np.zeros((job.n, 2))
    pieces = in_threads(job, partial(run_part, job, numbers, table, signals, extremes))
    check(float(extremes[:, 0].min()), float(extremes[:, 1].max()))
    return assemble(job, pieces, signals)


def run_part(
    job: Job, numbers: np.ndarray, table: np.ndarray, signals: np.ndarray, extremes: np.ndarray, lanes: range,
    stop: threading.Event,
) -> Piece:  # fmt: skip
    """One chunk of lanes."""
    found, n = job.segments(lanes), len(lanes)
    stimulus = (found.rows, found.first, found.table, found.gain)
    times = job.times if job.record else np.empty(0)
    samples = signals[lanes.start : lanes.stop, 0] if job.record else np.empty((n, 0))
    energy, count, room = np.zeros(n), np.zeros(1, dtype=np.int64), 64 * n
    limits = (job.duration, 1e-6 * (job.rtol / 1e-8) ** 0.5)
    whole, spikes, which = False, np.empty(0), np.empty(0, dtype=np.int64)
    while not whole and not stop.is_set():
        spikes, which = np.empty(room), np.empty(room, dtype=np.int64)
        count[0] = 0
        found_spikes = (spikes, which, count, energy, extremes[lanes.start : lanes.stop])
        whole = charge.run_lanes(*stimulus, numbers, table, *limits, times, samples, *found_spikes)
        room *= 4
    spikes, which = spikes[: count[0]], which[: count[0]]
    order = np.argsort(which, kind="stable")
    return Piece(lanes, spikes[order], which[order], [], energy)


def extremes_of(table: Segments, stop: float) -> tuple[float, float]:
    """Least and largest value of a stimulus up to `stop` (rows that are no straight lines: at 33 points each)."""
    low, high = INF, -INF
    for lane, which in enumerate(table.table):
        rows = table.rows[table.first[which] : table.first[which + 1]]
        starts = rows[rows[:, 0] < stop, 0]
        straight = not np.any(rows[:, [C2, C3, D0, D1, E0, E1, F0, F1]])
        fractions = np.array([0.0, 1 - 1e-12]) if straight else np.linspace(0, 1 - 1e-12, 33)
        times = starts[:, None] + np.diff(starts, append=stop)[:, None] * fractions
        one = Segments(rows, np.array([0, len(rows)]), np.zeros(1, dtype=np.int64), table.gain[lane : lane + 1])
        values = one.value(times.ravel())
        low, high = min(low, float(values.min())), max(high, float(values.max()))
        if np.any(rows[:, 1]):
            high = INF
    return low, high
