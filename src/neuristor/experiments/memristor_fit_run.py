"""Currents of many candidate devices under the measured voltages, one lane a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..devices.memristor.alone import Device
from ..stimulus import PWL
from .memristor_fit_space import Space
from .sweep_files import Sweep

COARSE_POINTS = 50  # samples a cycle in the global search
COARSE_RTOL, FINE_RTOL = 1e-3, 1e-6
CLOSED = 1e-6  # change of x over a cycle at which a start counts as periodic
MOST_CLOSINGS = 10
INNER = 1e-6  # states at which windows that hold the ends are started
LOST = 10.0  # normalised residual of a lane that could not be finished


@dataclass(frozen=True)
class Run:
    """A sweep made ready: `whole` drives all samples, `cycle` the first cycle of `period` seconds."""

    sweep: Sweep
    whole: PWL
    cycle: PWL | None
    period: float
    current: np.ndarray
    duration: float
    rtol: float

    @property
    def points(self) -> int:
        return len(self.current)


def ready(sweep: Sweep, coarse: bool) -> Run:
    """The stimuli of a sweep; coarse ones for the global search."""
    stride = max(1, sweep.cycle_points // COARSE_POINTS) if coarse else 1
    voltage, current = sweep.voltage[::stride], sweep.current[::stride]
    time = np.linspace(0.0, sweep.time[::stride][-1], len(voltage))  # the very times of the samples: no step beside them
    cycle, period = None, float("nan")
    if np.isfinite(sweep.frequency):
        period = 1.0 / sweep.frequency
        inside = time < period * (1.0 - 1e-9)
        closing = float(np.interp(period, time, voltage)) if time[-1] >= period else float(voltage[0])
        cycle = PWL(np.append(time[inside], period), np.append(voltage[inside], closing), unit="V")
    rtol = COARSE_RTOL if coarse else FINE_RTOL
    return Run(sweep, PWL(time, voltage, unit="V"), cycle, period, current, float(time[-1]), rtol)


def currents(space: Space, u: np.ndarray, runs: Sequence[Run]) -> list[np.ndarray]:
    """Currents (lanes, points), A, of every run for the candidates u (lanes, size); NaN where a lane failed.

    Without free initial states each sweep is taken as one that had been repeated for long: x at its start is the x
    after one cycle. The state equation is of first order, so that x after a cycle rises with x before it: the runs from
    x = 0 and x = 1 bracket that x, and secants find it, the first one where the equation is linear in x. In the global
    search it is x after one cycle from 1/2.
    """
    u = np.atleast_2d(u)
    device = space.device(u)
    states = space.first_states(u)
    found = []
    for k, run in enumerate(runs):
        x0 = periodic_state(device, run, len(u)) if states is None else np.clip(states[:, k], 0.0, 1.0)
        trace = device.simulate(
            run.whole, run.duration, x0=x0, r_series=run.sweep.series, record=("i",), samples=run.points, rtol=run.rtol,
            method="rodas4",
        )  # fmt: skip
        current = np.broadcast_to(trace["i"], (len(u), run.points)).copy()
        for failure in trace.failures:
            current[failure.lane] = np.nan
        found.append(current)
    return found


def periodic_state(device: Device, run: Run, lanes: int) -> np.ndarray:
    """x at the start of the cycle that is also x at its end, one a lane."""
    if run.cycle is None:
        return np.full(lanes, 0.5)
    if run.rtol == COARSE_RTOL:
        return after_cycle(device, run, np.full(lanes, 0.5))
    ends = (INNER, 1.0 - INNER) if device.holds_ends else (0.0, 1.0)
    low, high = np.full(lanes, ends[0]), np.full(lanes, ends[1])
    after = after_cycle(lanes_of(device, lanes, 2), run, np.concatenate([low, high]))
    f_low, f_high = after[:lanes] - low, after[lanes:] - high
    x = secant(low, high, f_low, f_high)
    last, open_lanes = np.zeros(lanes), np.ones(lanes, dtype=bool)
    for _ in range(MOST_CLOSINGS):
        moved = after_cycle(device, run, x) - x
        open_lanes &= np.abs(moved) >= CLOSED
        if not np.any(open_lanes):
            break
        side = np.sign(moved)
        again = side == last  # the same end twice: halving the other's height keeps the secant from creeping
        low, f_low = np.where(side > 0, x, low), np.where(side > 0, moved, np.where(again, 0.5 * f_low, f_low))
        high, f_high = np.where(side < 0, x, high), np.where(side < 0, moved, np.where(again, 0.5 * f_high, f_high))
        x, last = np.where(open_lanes, secant(low, high, f_low, f_high), x), side
    return x


def secant(low: np.ndarray, high: np.ndarray, f_low: np.ndarray, f_high: np.ndarray) -> np.ndarray:
    """Where the line through two points crosses zero, within them; the middle if it does not."""
    fall = f_low - f_high
    share = np.where(fall > 1e-12, f_low / np.where(fall > 1e-12, fall, 1.0), 0.5)
    return np.clip(low + np.clip(np.nan_to_num(share, nan=0.5), 0.0, 1.0) * (high - low), 0.0, 1.0)


def after_cycle(device: Device, run: Run, x0: np.ndarray) -> np.ndarray:
    """x after the first cycle from x0 (x0 if there is no cycle); 1/2 for lanes that failed, which fail again later."""
    if run.cycle is None:
        return x0
    trace = device.simulate(
        run.cycle, run.period, x0=x0, r_series=run.sweep.series, record=(), rtol=run.rtol, method="rodas4"
    )  # fmt: skip
    return np.nan_to_num(np.broadcast_to(trace.meta["x_end"], x0.shape), nan=0.5)


def lanes_of(device: Device, lanes: int, times: int) -> Device:
    """The device with its lanes repeated."""
    values = {k: np.tile(np.broadcast_to(v, lanes), times) for k, v in device.values().items()}
    return type(device)(**values, **device.choices)


def residuals(space: Space, u: np.ndarray, runs: Sequence[Run]) -> np.ndarray:
    """(lanes, all points): model minus measured current over the rms of the sweep's measured current.

    Divided by the root of points and sweeps, so that the sum of squares is the mean over the sweeps of the squared
    normalised error: every sweep counts alike, however many points it has and however small its currents are.
    """
    parts = []
    for run, current in zip(runs, currents(space, u, runs), strict=True):
        scale = run.sweep.rms * np.sqrt(run.points * len(runs))
        part = (current - run.current) / scale
        parts.append(np.where(np.isfinite(part), part, LOST / np.sqrt(run.points * len(runs))))
    return np.concatenate(parts, axis=1)


def slices(runs: Sequence[Run]) -> list[slice]:
    """Where each run stands in the residuals."""
    edges = np.concatenate([[0], np.cumsum([r.points for r in runs])])
    return [slice(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:], strict=True)]
