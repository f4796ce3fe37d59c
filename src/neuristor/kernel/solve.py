"""From a neuron and a stimulus to a Trace: checks, chunks of lanes, threads, collection of spikes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show
from ..stimulus import Stimulus
from ..trace import Failure, Trace
from ..version import __version__
from . import adaptive, grid
from .collect import collect_spikes
from .programs import ADAPTIVE, GRID, GRID_LANES, Compiled, adaptive_program, grid_program

if TYPE_CHECKING:
    from ..neurons.base import Neuron

SPIKES_AT_ONCE = 1 << 15
AUTO_RECORD_LANES = 64


@dataclass
class Job:
    """Everything a driver needs, checked: one simulation of `n` lanes."""

    neuron: Neuron
    stimulus: Stimulus
    n: int
    duration: float
    method: str
    rtol: float
    dt: float
    start: np.ndarray  # (states, n or 1)
    varying: tuple[str, ...]
    record: tuple[str, ...]
    times: np.ndarray
    stride: int
    progress: Callable[[float], None] | None

    def segments(self, lanes: range) -> Any:
        """The stimulus table of some lanes; a stimulus of one lane serves all."""
        if self.stimulus.lanes > 1:
            return self.stimulus.segments(lanes)
        one = self.stimulus.segments(range(1))
        return replace(one, table=np.zeros(len(lanes), dtype=np.int64), gain=np.full(len(lanes), one.gain[0]))

    def parameters(self, lanes: range) -> np.ndarray:
        """(varying, len(lanes)) values of the parameters that differ from lane to lane."""
        rows = [np.asarray(getattr(self.neuron, k))[lanes.start : lanes.stop] for k in self.varying]
        return np.array(rows).reshape(len(rows), len(lanes))

    def initial(self, lanes: range, n_all: int) -> np.ndarray:
        """(n_all, len(lanes)) initial values; quantities beyond the states (energy) start at zero."""
        whole = np.zeros((n_all, len(lanes)))
        part = self.start if self.start.shape[1] == 1 else self.start[:, lanes.start : lanes.stop]
        whole[: len(self.start)] = part
        return whole


@dataclass
class Piece:
    """What one chunk of lanes leaves behind."""

    lanes: range
    spike_times: np.ndarray
    spike_lanes: np.ndarray
    failures: list[Failure]
    energy: np.ndarray | None


def solve(
    neuron: Neuron,
    stimulus: Stimulus,
    duration: float | str | None,
    *,
    lanes: int | None,
    method: str,
    dt: float | str | None,
    rtol: float,
    record: str | tuple[str, ...],
    samples: int,
    initial: Mapping[str, Any] | None,
    progress: Callable[[float], None] | None,
) -> Trace:
    """Simulate; see `neuristor.simulate`. Raises InputError for arguments that do not fit together."""
    job = prepare(neuron, stimulus, duration, lanes, method, dt, rtol, record, samples, initial, progress)
    signals = np.full((job.n, len(job.record), len(job.times)), np.nan)
    run = run_adaptive if job.method in ADAPTIVE else run_grid
    pieces = in_threads(job, lambda part, stop: run(job, part, signals, stop))
    return assemble(job, pieces, signals)


def prepare(
    neuron: Neuron, stimulus: Stimulus, duration: Any, lanes: int | None, method: str, dt: Any, rtol: float,
    record: Any, samples: int, initial: Mapping[str, Any] | None, progress: Any,
) -> Job:  # fmt: skip
    """Check every argument and bring it to SI numbers."""
    where = neuron.name
    if not isinstance(stimulus, Stimulus):
        raise InputError(f"{where}: the stimulus must be a Stimulus such as Step('0.2 mA'), not {stimulus!r}")
    parse_unit_match(where, neuron.input_unit, stimulus)
    length = stimulus.duration if duration is None else float(parse(duration, "s"))
    if length is None:
        raise InputError(f"{where}: this stimulus has no end, so say how long to simulate (duration)")
    if not 0 < length < np.inf:
        raise InputError(f"{where}: the duration must be positive, not {show(length, 's')}")
    n = common_lanes(where, {"the parameters": neuron.lanes, "the stimulus": stimulus.lanes, "lanes": lanes or 1})
    method = neuron.default_method if method == "auto" else method
    known = (*ADAPTIVE, *GRID)
    if method not in known:
        raise InputError(f"unknown method {method!r}{nearest(method, known)}; there are auto, {', '.join(known)}")
    if (method == "clocked") != (neuron.default_method == "clocked"):
        raise InputError(
            f"{where} is {'' if neuron.default_method == 'clocked' else 'not '}a clocked model: use method auto"
        )
    step = grid_dt(neuron, method, dt, length)
    if not 1e-14 <= rtol <= 1e-2:
        raise InputError(f"rtol must lie between 1e-14 and 1e-2, not {rtol:g}")
    names = recorded(neuron, record, n)
    times, stride = sample_times(length, step, samples if names else 0)
    start = initial_state(neuron, initial or {}, n)
    varying = tuple(k for k, v in neuron.values().items() if np.ndim(v))
    if method == "exact" and not flow_fits(neuron, stimulus):
        method = "dopri5"
    return Job(neuron, stimulus, n, length, method, rtol, step, start, varying, names, times, stride, progress)


def parse_unit_match(where: str, unit: str, stimulus: Stimulus) -> None:
    try:
        parse(f"1 {stimulus.unit}", unit)
    except InputError:
        raise InputError(f"{where} takes an input in {unit}; the stimulus is in {stimulus.unit}") from None


def common_lanes(where: str, asked: dict[str, int]) -> int:
    n = max(asked.values())
    for what, count in asked.items():
        if count not in (1, n):
            other = max(asked, key=lambda k: asked[k])
            raise InputError(f"{where}: {what} ask for {count} lanes, but {other} for {n}; give 1 or {n}")
    return n


def grid_dt(neuron: Neuron, method: str, dt: Any, length: float) -> float:
    """The step of a fixed-step method (0 for an adaptive one)."""
    if method in ADAPTIVE:
        if dt is not None:
            raise InputError(f"method {method} chooses its own steps: leave dt out, or use {', '.join(GRID[:-1])}")
        return 0.0
    if method == "clocked":
        clock = float(neuron.t_clock)  # type: ignore[attr-defined]
        if dt is not None and float(parse(dt, "s")) != clock:
            raise InputError(f"{neuron.name} steps with its own clock, {show(clock, 's')}: set t_clock instead of dt")
        dt = clock
    if dt is None:
        raise InputError(f"method {method} needs a step dt, e.g. dt='0.1 ms'")
    step = float(parse(dt, "s"))
    if step <= 0:
        raise InputError(f"dt must be positive, not {show(step, 's')}")
    if step > length:
        raise InputError(f"dt = {show(step, 's')} is larger than the duration {show(length, 's')}")
    return step


def recorded(neuron: Neuron, record: Any, n: int) -> tuple[str, ...]:
    known = list(neuron.states)
    if record == "auto":
        return tuple(known) if n <= AUTO_RECORD_LANES else ()
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in known:
            raise InputError(f"{neuron.name} has no state {name!r}{nearest(name, known)}; it has {', '.join(known)}")
    return names


def sample_times(length: float, dt: float, samples: int) -> tuple[np.ndarray, int]:
    """Times at which states are stored: `samples` equal ones, or every `stride`-th grid point."""
    if samples == 0:
        return np.empty(0), 1
    if samples < 2:
        raise InputError(f"at least 2 samples are needed, not {samples}")
    if dt == 0.0:
        return np.linspace(0.0, length, samples), 1
    steps = round(length / dt)
    stride = max(1, -(-steps // (samples - 1)))
    return np.arange(0, steps + 1, stride) * dt, stride


def initial_state(neuron: Neuron, changes: Mapping[str, Any], n: int) -> np.ndarray:
    """(states, n or 1) initial values: the model's, with the user's changes."""
    values = {**dict.fromkeys(neuron.states, 0.0), **neuron.initial()}
    for name, value in changes.items():
        if name not in neuron.states:
            raise InputError(f"{neuron.name} has no state {name!r}{nearest(name, neuron.states)}")
        values[name] = parse(value, neuron.states[name].unit)
    rows = [np.atleast_1d(np.asarray(v, dtype=float)) for v in values.values()]
    width = max(len(r) for r in rows)
    if width not in (1, n):
        raise InputError(f"{neuron.name}: {width} initial values for {n} lanes")
    return np.array([np.broadcast_to(r, width) for r in rows])


def flow_fits(neuron: Neuron, stimulus: Stimulus) -> bool:
    """Whether a model with its own `flow` meets an input that is piecewise linear, as `flow` requires."""
    if not hasattr(neuron, "flow"):
        return True
    rows = stimulus.segments(range(1)).rows
    return not np.any(rows[:, 4:])


def in_threads(job: Job, run: Callable[[range, threading.Event], Piece]) -> list[Piece]:
    """Run all chunks of lanes on the machine's cores; a failure or Ctrl-C stops the others."""
    workers = int(os.environ.get("NEURISTOR_THREADS", 0)) or len(os.sched_getaffinity(0))
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
    h_start = min(job.duration, job.neuron.scales().time) * (0.1 if job.method == "exact" else 1e-3)
    spikes: list[tuple[np.ndarray, np.ndarray]] = []
    result = adaptive.PAUSED
    while result != adaptive.DONE and not stop.is_set():
        result = adaptive.advance(
            made.kernels, made.hoists, place, X, F, M, queue, values, columns, table.first, table.table, table.gain,
            job.duration, h_start, job.times, signals[lanes.start : lanes.stop], buffer_t, buffer_lane, count,
            failed, final, 100_000,
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
        grid.begin(made.hoists, place, X)
        row_of, clock, count = np.full(width, -1), np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64)
        result = grid.FULL
        while result != grid.DONE and not stop.is_set():
            result = grid.march(
                made.kernels[0], place, X, block, row_of, clock, steps, job.dt, columns, table.first, table.table,
                table.gain, job.stride, signals[lanes.start : lanes.stop], buffer_t, buffer_lane, count,
            )  # fmt: skip
            spikes.append((buffer_t[: count[0]].copy(), buffer_lane[: count[0]].copy()))
            count[0] = 0
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
