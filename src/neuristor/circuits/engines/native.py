"""The engine of this package: thousands of copies of one circuit at once, every lane with its own time and step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...kernel import dae, dae_drive
from ...kernel import dae_step as s
from ...kernel.lanes import aligned
from ...kernel.threads import cores
from ...trace import Failure
from ..compiled import IGNORED, Compiled
from .drive import Drive, Inputs, make_drive
from .plan import Plan, plain_plan

W = s.W
TRIPS_AT_ONCE = 20_000
EVENTS_AT_ONCE = 1 << 14
TRAIL_AT_ONCE = 1 << 14
FIRST_STEP = 1e-7  # of the run
SHARE, SENSITIVE_SHARE = 0.1, 1e-4  # part of the tolerance that Newton's method may leave
CONTRACTION = 20.0  # 1/V: 1/(2 U_T), the error of one Newton step on an exponential


@dataclass(frozen=True)
class Settings:
    """How accurately to solve. rtol: local error of a step relative to each quantity's scale; max_order 1..5."""

    rtol: float = 1e-5
    max_order: int = 5
    max_step: float = np.inf


@dataclass
class Block:
    """Working memory of one thread: X, H and the tables of its W slots."""

    x: np.ndarray
    h: np.ndarray
    groups: np.ndarray
    pointers: np.ndarray
    sens_groups: np.ndarray
    sens_pointers: np.ndarray


def make_block(c: Compiled, plan: Plan, store: HoistStore) -> Block:
    """Memory of one thread; device parameters that differ between lanes are loaded from `store` with each lane."""
    x = aligned(int(plan.place[s.SIZE]) + W)
    x[c.place[s.ONE] : c.place[s.ONE] + W] = 1.0
    at = c.place[s.SCALE]
    x[at : at + c.n * W] = np.repeat(unknown_scales(c), W)
    h = aligned(len(store.shared) + 8)
    h[: len(store.shared)] = store.shared
    return Block(
        x,
        h,
        group_rows(c.groups, store.starts[: len(c.groups)]),
        np.array([g.kernel.address for g in c.groups], dtype=np.int64),
        group_rows(plan.groups, store.starts[len(c.groups) :]),
        np.array([g.kernel.address for g in plan.groups], dtype=np.int64),
    )


def group_rows(groups: Sequence[Any], starts: Sequence[int]) -> np.ndarray:
    """Rows (instances, start in H, start in the index table) of every group."""
    index = np.concatenate([[0], np.cumsum([g.kernel.idx_size * len(g.instances) for g in groups])])
    rows = [(len(g.instances), at, int(index[k])) for k, (g, at) in enumerate(zip(groups, starts, strict=True))]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


class HoistStore:
    """What all instances need of their parameters, evaluated once for a run.

    shared   (size of H,) with the values of lane 0 everywhere;  places: where the values that differ between lanes go,
    varying  (n_places, lanes): these values;  starts: where each group begins in H
    """

    def __init__(self, groups: Sequence[Any], lanes: int) -> None:
        parts, places, varying, size = [], [], [], 0
        self.starts: list[int] = []
        for g in groups:
            kernel = g.kernel
            first, wide = kernel.hoist([i.values for i in g.instances], lanes)
            self.starts.append(size)
            block = np.zeros((len(g.instances), kernel.h_size))
            sizes = np.where(kernel.per_lane, W, 1)
            for k, at in enumerate(kernel.offsets[:-1]):
                block[:, at : at + sizes[k]] = first[:, k, None]
            wide_at = kernel.offsets[:-1][np.array(kernel.per_lane, dtype=bool)]
            for j in range(len(g.instances)):
                places.append(size + j * kernel.h_size + wide_at)
                varying.append(wide[j])
            parts.append(block.ravel())
            size += block.size
        self.shared = np.concatenate(parts) if parts else np.zeros(0)
        self.places = np.concatenate(places).astype(np.int64) if places else np.zeros(0, dtype=np.int64)
        self.varying = np.concatenate(varying) if varying else np.zeros((0, lanes))


@dataclass
class TranResult:
    """What a transient gives: events (time, lane, detector, +1 rising or -1 falling), samples, energies, statuses."""

    signals: np.ndarray
    events: np.ndarray
    event_of: np.ndarray
    energy: np.ndarray
    failures: list[Failure]
    trail: np.ndarray
    totals: np.ndarray
    event_shift: np.ndarray
    energy_shift: np.ndarray


def transient(
    c: Compiled,
    stop: float,
    initial: np.ndarray,
    *,
    step: float = 0.0,
    settings: Settings = Settings(),
    detectors: Sequence[tuple[int, int]] = (),
    levels: np.ndarray | None = None,
    recorded: Sequence[int] = (),
    times: np.ndarray | None = None,
    keep_steps: bool = False,
    plan: Plan | None = None,
    inputs: Inputs | None = None,
    progress: Callable[[float], None] | None = None,
) -> TranResult:
    """Run all lanes from `initial` (rows, lanes) at t = 0 to `stop`.

    detectors (plus, minus) unknown or known indices, levels (n_detectors, lanes); recorded unknown indices.
    """
    drive = make_drive(c, stop, step or stop / 100, inputs)
    times = np.zeros(0) if times is None else times
    signals = np.full((c.lanes, len(recorded), len(times)), np.nan)
    levels = np.zeros((len(detectors), c.lanes)) if levels is None else levels
    limits = np.array([stop, settings.rtol, c.voltage_scale, settings.max_step, FIRST_STEP * stop,
                       settings.max_order, 0.5 * c.voltage_scale, CONTRACTION,
                       SHARE if plan is None else SENSITIVE_SHARE])  # fmt: skip
    plan = plan or plain_plan(c)
    store = HoistStore([*c.groups, *plan.groups], c.lanes)
    workers = cores()
    size = int(np.clip(-(-c.lanes // (2 * workers)), W, 512))
    parts = [range(a, min(a + size, c.lanes)) for a in range(0, c.lanes, size)]
    halt = threading.Event()
    args = (c, drive, initial, detectors, levels, recorded, times, signals, limits, keep_steps, plan, store, halt)
    done = np.zeros(len(parts))

    def tell(k: int, fraction: float) -> None:
        done[k] = fraction
        if progress is not None:
            progress(float(np.dot(done, [len(p) for p in parts]) / c.lanes))

    with ThreadPoolExecutor(min(workers, len(parts))) as pool:
        futures = [pool.submit(run_part, part, partial(tell, k), *args) for k, part in enumerate(parts)]
        try:
            pieces = [f.result() for f in futures]
        except BaseException:
            halt.set()
            raise
    return TranResult(
        signals,
        np.concatenate([p["events"] for p in pieces]),
        np.concatenate([p["event_of"] for p in pieces]),
        np.concatenate([p["energy"] for p in pieces], axis=1),
        [f for p in pieces for f in p["failures"]],
        np.concatenate([p["trail"] for p in pieces]),
        np.concatenate([p["totals"] for p in pieces], axis=1),
        np.concatenate([p["event_shift"] for p in pieces]),
        np.concatenate([p["energy_shift"] for p in pieces], axis=1),
    )


def run_part(
    part: range, tell: Callable[[float], None], c: Compiled, drive: Drive, initial: np.ndarray, detectors: Any,
    levels: np.ndarray, recorded: Any, times: np.ndarray, signals: np.ndarray, limits: np.ndarray, keep_steps: bool,
    plan: Plan, store: HoistStore, halt: threading.Event,
) -> dict[str, Any]:  # fmt: skip
    """One thread's lanes, from a fresh block of memory."""
    n = len(part)
    b = make_block(c, plan, store)
    hoisted = np.ascontiguousarray(store.varying[:, part.start : part.stop])
    f, m = np.zeros((dae.N_F, W)), np.zeros((dae.N_M + len(drive.sources), W), dtype=np.int64)
    m[dae.LANE] = -1
    events, event_of = np.zeros(EVENTS_AT_ONCE), np.zeros((EVENTS_AT_ONCE, 3), dtype=np.int64)
    trail = np.zeros((TRAIL_AT_ONCE if keep_steps else dae_drive.TRAIL * W, 2 + len(recorded)))
    count, queue = np.zeros(2, dtype=np.int64), np.array([0, n])
    failed, energy = np.zeros((2, n)), np.zeros((len(c.meters), n))
    totals = np.zeros((2, n), dtype=np.int64)
    event_shift, energy_shift = np.zeros((EVENTS_AT_ONCE, plan.count)), np.zeros((plan.count * len(c.meters), n))
    own = np.ascontiguousarray(initial[:, part.start : part.stop])
    detectors = detector_rows(c, drive, detectors)
    out: dict[str, list[np.ndarray]] = {"events": [], "event_of": [], "event_shift": [], "trail": []}
    first_lane = np.concatenate([[part.start], np.zeros(1 + len(recorded))])
    meters = np.array(list(c.meters.values()), dtype=np.int64).reshape(-1, 3)
    chosen = np.array(recorded, dtype=np.int64)
    columns, spans, gain = drive.of_lanes(part)
    level = np.ascontiguousarray(levels[:, part.start : part.stop])
    result = dae.PAUSED
    while result != dae.DONE and not halt.is_set():
        result = dae_drive.advance(
            plan.place, b.groups, b.pointers, c.tables, c.program, c.diagonal, c.corrections,
            meters, drive.sources, spans, columns, c.switches, c.switch_levels, detectors, chosen, gain, level, own, hoisted,
            store.places, limits, times, queue,
            plan.sens, b.sens_groups, b.sens_pointers, plan.tables, plan.charges, plan.currents, plan.meters,
            plan.flows, plan.watched,
            event_shift, energy_shift,
            b.x, b.h, f, m, signals[part.start : part.stop], events, event_of, trail, count, failed, energy,
            totals, TRIPS_AT_ONCE,
        )  # fmt: skip
        out["events"].append(events[: count[0]].copy())
        out["event_of"].append(event_of[: count[0]] + np.array([part.start, 0, 0]))
        out["event_shift"].append(event_shift[: count[0]].copy())
        out["trail"].append(trail[: count[1] if keep_steps else 0] + first_lane)
        count[:] = 0
        running = m[dae.LANE] >= 0
        tell((queue[0] - running.sum() + (f[dae.T][running] / limits[dae.STOP]).sum()) / n)
    failures = [
        Failure(part.start + int(k), float(failed[1, k]), dae.REASONS[int(failed[0, k])]) for k in np.flatnonzero(failed[0])
    ]
    joined: dict[str, Any] = {key: np.concatenate(value) for key, value in out.items()}
    return {**joined, "failures": failures, "energy": energy, "totals": totals, "energy_shift": energy_shift}


def detector_rows(c: Compiled, drive: Drive, detectors: Sequence[tuple[int, int]]) -> np.ndarray:
    """Rows (plus, minus, source that holds plus and changes with time, the same of minus; else -1)."""
    moving = {int((row[0] - c.place[s.V_AT]) // W): k for k, row in enumerate(drive.sources) if row[1]}
    rows = [(a, b, moving.get(a, -1), moving.get(b, -1)) for a, b in detectors]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def unknown_scales(c: Compiled) -> np.ndarray:
    """(n,) the size below which an unknown's error does not matter: the circuit's voltage, of a state 1."""
    scale = np.full(c.n, c.voltage_scale)
    for k, name in enumerate(c.branches):
        is_inductor = c.netlist.elements[name].kind == "l"
        scale[len(c.nodes) + k] = 1e-12 if is_inductor else IGNORED
    scale[c.n - len(c.states) :] = 1.0
    return scale
