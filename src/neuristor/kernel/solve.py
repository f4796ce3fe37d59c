"""From a neuron and a stimulus to a Trace: chunks of lanes, threads, collection of spikes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..stimulus import Stimulus
from ..trace import Failure, Trace
from ..version import __version__
from . import adaptive, grid
from .collect import collect_spikes
from .job import Job, prepare
from .programs import ADAPTIVE, GRID, GRID_LANES, Compiled, adaptive_program, grid_program
from .threads import cores

if TYPE_CHECKING:
    from ..neurons.base import Neuron

SPIKES_AT_ONCE = 1 << 15  # size of a chunk's spike buffer, emptied when full
TRIPS_AT_ONCE = 100_000  # adaptive steps between two looks at progress and Ctrl-C
STEPS_AT_ONCE = 1_000_000  # grid steps, likewise


@dataclass
class Piece:
    """What one chunk of lanes leaves behind."""

    lanes: range
    spike_times: np.ndarray
    spike_lanes: np.ndarray
    failures: list[Failure]
    energy: np.ndarray | None


def solve(neuron: Neuron, stimulus: Stimulus, duration: float | str | None = None, **options: Any) -> Trace:
    """Simulate; arguments as of `neuristor.simulate`. Raises InputError for what does not fit together."""
    job = prepare(neuron, stimulus, duration, **options)
    signals = np.full((job.n, len(job.record), len(job.times)), np.nan)
    run = run_adaptive if job.method in ADAPTIVE else run_grid
    pieces = in_threads(job, lambda part, stop: run(job, part, signals, stop))
    return assemble(job, pieces, signals)


def in_threads(job: Job, run: Callable[[range, threading.Event], Piece]) -> list[Piece]:
    """Run all chunks of lanes on the machine's cores; a failure or Ctrl-C stops the others."""
    workers = cores()
    size = int(np.clip(job.n // (8 * workers), 64, 2048))
    if job.method in GRID:
        size = -(-size // GRID_LANES) * GRID_LANES
    parts = [range(a, min(a + size, job.n)) for a in range(0, job.n, size)]
    stop = threading.Event()
    if len(parts) == 1:
        return [run(parts[0], stop)]
    pieces: list[Piece] = []
    with ThreadPoolExecutor(workers) as pool:
        try:
            for piece in pool.map(lambda part: run(part, stop), parts):
                pieces.append(piece)
                if job.progress:
                    job.progress(len(pieces) / len(parts))
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return pieces


def new_array(made: Compiled, job: Job) -> np.ndarray:
    """The flat array of a block with the shared parameters filled in."""
    layout = made.program.layout
    X = layout.array()
    for name, value in job.neuron.values().items():
        if name not in made.varying:
            X[layout.address(f"p.{name}")] = value
    X[layout.address("p.rtol")], X[layout.address("p.dt")] = job.rtol, job.dt
    return X


def no_impulses(job: Job, made: Compiled, rows: np.ndarray) -> None:
    if not made.takes_impulses and np.any(rows[:, 1]):
        raise InputError(f"{job.neuron.name} is not affine in its input, so it cannot take delta spikes; give them a kernel")


def run_adaptive(job: Job, lanes: range, signals: np.ndarray, stop: threading.Event) -> Piece:
    """One chunk of lanes through an adaptive method."""
    table = job.segments(lanes)
    made = adaptive_program(type(job.neuron), job.method, table.form, job.varying)
    no_impulses(job, made, table.rows)
    width, n_all = made.program.layout.lanes, len(made.x)
    X = new_array(made, job)
    F, M = np.zeros((adaptive.N_F, width)), np.zeros((adaptive.N_M, width), dtype=np.int64)
    M[adaptive.LANE] = -1
    place = with_records(made.place, adaptive.N_REC, made.x, job.record)
    values = np.vstack([job.initial(lanes, n_all), job.parameters(lanes)])
    queue, count = np.array([0, len(lanes)]), np.zeros(1, dtype=np.int64)
    failed, final = np.zeros((2, len(lanes))), np.zeros((n_all, len(lanes)))
    buffer_t, buffer_lane = np.empty(SPIKES_AT_ONCE), np.empty(SPIKES_AT_ONCE, dtype=np.int64)
    columns = np.ascontiguousarray(table.rows.T)
    scale, rows = job.neuron.scales().time, int(np.diff(table.first).max())
    most = int(adaptive.MOST + adaptive.MOST_A_SCALE * job.duration / scale + adaptive.MOST_A_ROW * rows)
    h_start = min(job.duration, scale) * (0.1 if job.method == "exact" else 1e-3)
    spikes: list[tuple[np.ndarray, np.ndarray]] = []
    result = adaptive.PAUSED
    while result != adaptive.DONE and not stop.is_set():
        result = adaptive.advance(
            made.kernels, made.hoists, place, X, F, M, queue, values, columns, table.first, table.table, table.gain,
            job.duration, h_start, job.times, signals[lanes.start : lanes.stop], buffer_t, buffer_lane, count,
            failed, final, TRIPS_AT_ONCE, most,
        )  # fmt: skip
        spikes.append((buffer_t[: count[0]].copy(), buffer_lane[: count[0]].copy()))
        count[0] = 0
        if job.progress and len(lanes) == job.n:
            job.progress(float(F[adaptive.T].min() / job.duration))
    failures = [
        Failure(lanes.start + int(k), float(failed[1, k]), adaptive.REASONS[int(failed[0, k])])
        for k in np.flatnonzero(failed[0])
    ]
    energy = final[-1] if "energy" in made.x else None
    return Piece(lanes, *collect_spikes(spikes, len(lanes)), failures, energy)


def run_grid(job: Job, lanes: range, signals: np.ndarray, stop: threading.Event) -> Piece:
    """One chunk of lanes through a fixed-step method, block after block."""
    table = job.segments(lanes)
    impulses = bool(np.any(table.rows[:, 1]))
    made = grid_program(type(job.neuron), job.method, table.form, job.varying, impulses)
    no_impulses(job, made, table.rows)
    n, width, X = len(lanes), made.program.layout.lanes, new_array(made, job)
    values = np.vstack([job.initial(lanes, len(made.x)), job.parameters(lanes)])
    place = with_records(made.place, grid.N_REC, made.x, job.record)
    starts = [made.program.layout.address(k) for k in [f"x.{k}" for k in made.x] + [f"p.{k}" for k in made.varying]]
    buffer_t, buffer_lane = np.empty(SPIKES_AT_ONCE), np.empty(SPIKES_AT_ONCE, dtype=np.int64)
    columns, steps = np.ascontiguousarray(table.rows.T), round(job.duration / job.dt)
    spikes: list[tuple[np.ndarray, np.ndarray]] = []
    broken: list[int] = []
    for first in range(0, n, width):
        block = np.arange(first, min(first + width, n))
        for start, row in zip(starts, values, strict=True):
            X[start : start + width] = row[first]  # lanes beyond the block copy its first
            X[start : start + len(block)] = row[block]
        X[place[grid.READY] :][:width] = 0.0
        row_of, clock, count = np.full(width, -1), np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64)
        result = grid.PAUSED
        while result != grid.DONE and not stop.is_set():
            result = grid.march(
                made.kernels, made.hoists, place, X, block, row_of, clock, steps, job.dt, columns, table.first, table.table,
                table.gain, job.stride, signals[lanes.start : lanes.stop], buffer_t, buffer_lane, count,
                clock[0] + STEPS_AT_ONCE,
            )  # fmt: skip
            spikes.append((buffer_t[: count[0]].copy(), buffer_lane[: count[0]].copy()))
            count[0] = 0
            if job.progress and n == job.n:
                job.progress(min(1.0, (first + width * float(clock[0]) / steps) / n))
        x = np.array([X[start : start + len(block)] for start in starts[: len(made.x)]])
        broken += [int(k) for k in block[~np.all(np.isfinite(x), axis=0)]]
    reason = f"{adaptive.REASONS[adaptive.NOT_FINITE]} (is dt too large?)"
    failures = [Failure(lanes.start + k, job.duration, reason) for k in broken]
    return Piece(lanes, *collect_spikes(spikes, n), failures, None)


def with_records(place: np.ndarray, counter: int, x: tuple[str, ...], record: tuple[str, ...]) -> np.ndarray:
    """The place table with the states to record appended."""
    longer = np.concatenate([place, [x.index(k) for k in record]]).astype(np.int64)
    longer[counter] = len(record)
    return longer


def assemble(job: Job, pieces: list[Piece], signals: np.ndarray) -> Trace:
    """One Trace from the chunks, in the order of the lanes."""
    counts = np.concatenate([np.bincount(p.spike_lanes, minlength=len(p.lanes)) for p in pieces])
    named = {k: signals[:, j] for j, k in enumerate(job.record)}
    units = {k: job.neuron.states[k].unit for k in job.record}
    if job.record:
        named["i_in"] = np.broadcast_to(job.stimulus.value(job.times), (job.n, len(job.times)))
        units["i_in"] = job.neuron.input_unit
    energy = {}
    if job.method in ADAPTIVE and job.neuron.power is not None:
        energy["input"] = np.concatenate([p.energy for p in pieces if p.energy is not None])
    return Trace(
        subject=job.neuron.name,
        time=job.times,
        signals=named,
        units=units,
        spike_times=np.concatenate([p.spike_times for p in pieces]),
        spike_offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        energy=energy,
        duration=job.duration,
        failures=[f for p in pieces for f in p.failures],
        meta={
            "method": job.method,
            **({"dt": job.dt} if job.dt else {"rtol": job.rtol}),
            "stimulus": job.stimulus.describe(),
            "seed": getattr(job.stimulus, "seed", None),
            "parameters": job.neuron.values(),
            "preset": job.neuron.preset_used,
            "version": __version__,
        },
    )
