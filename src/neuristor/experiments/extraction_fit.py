"""Curves and numbers of a behavioural model from ramps at several currents.

Between two levels of the membrane a constant current i takes the time dt: i dt = C dv + leak dt. At each pair of levels
the ramps of all currents give as many equations for two unknowns; what they leave over tells whether the form holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from ..neurons.behavioural import Behavioural
from ..neurons.behavioural_curves import NODES, spline_basis
from ..stimulus import Step
from .extraction_runs import Drawn, Ramp, Runs

LEVELS = 49  # of the membrane voltage
LOW_MARGIN, HIGH_MARGIN = 0.03, 0.005  # of the swing, left out after the reset and before the spike
BROKEN, RUNAWAY = 0.02, 1.5  # misfit, and capacitance over its median, at which feedback has taken over
DISTINCT = 2.0  # ratio of times below which ramps do not tell leak from capacitance
# Start, bounds and scale of the numbers: ln of the charge's factor, shift of the reset, delay and dead time over the
# shortest interval, shift of the leak over the least current; ln of the firing current over the largest, its width.
FIT_START = (0.0, 0.0, 1e-3, 1e-3, 0.0, np.log(0.1), 0.03)
FIT_BOUNDS = ((-1, -0.5, 0, 0, -0.1, -8, 0.015), (1, 0.5, 0.3, 0.3, 0.1, 8, 0.4))
FIT_SCALE = (1e-2, 1e-2, 1e-3, 1e-3, 1e-2, 1.0, 0.03)
WORTH = 4.0  # fall of the squared misfit that the firing current must bring
UNSEEN = 40  # points below the lowest charge of an interval
LEAST_POWER = 1e-21  # W: floor of the power's logarithm
WIDTHS = np.geomspace(0.01, 0.3, 40)  # V over which a junction's current falls to 1/e, tried in turn


@dataclass(frozen=True)
class Curves:
    """levels (n + 1,) V; between them capacitance (n,) F and leak (n,) A; residual: largest relative misfit; q_th: charge
    from the start to the threshold; x_*: charge fractions; *_nodes: the model's curves."""

    levels: np.ndarray
    capacitance: np.ndarray
    leak: np.ndarray
    residual: float
    q_th: float
    x_low: float
    x_reset: float
    leak_nodes: np.ndarray
    junction: tuple[float, float]
    v_nodes: np.ndarray

    def parameters(self) -> dict[str, float]:
        """Keywords of Behavioural."""
        nodes = {"leak": self.leak_nodes, "v": self.v_nodes}
        curves = {f"{name}_{k}": float(v) for name, values in nodes.items() for k, v in enumerate(values)}
        single = {"q_th": self.q_th, "x_low": self.x_low, "x_reset": self.x_reset}
        return {**single, **curves, "i_junction": self.junction[0], "x_junction": self.junction[1]}


def fitted_curves(runs: Runs) -> Curves:
    """All curves of the model."""
    ramps = runs.ramps
    bottom = max(r.v[r.lowest] for r in ramps)
    top = min(r.v[-1] for r in ramps)
    for _ in range(2):  # once over the whole swing, once up to where the ramps still follow their currents
        swing = top - bottom
        levels = np.linspace(bottom + LOW_MARGIN * swing, top - HIGH_MARGIN * swing, LEVELS)
        capacitance, leak, misfit = balance(ramps, levels)
        top = levels[followed(capacitance, misfit)]
    charge = np.concatenate([[0.0], np.cumsum(capacitance * np.diff(levels))])
    q_of = Line(levels, charge)
    residual = float(misfit[: followed(capacitance, misfit)].max())
    q_start, q_top = q_of(runs.start), charge[-1]
    q_th = q_top - q_start

    def fraction(v: Any) -> Any:
        return (q_of(v) - q_start) / q_th

    x_reset = float(fraction(np.median([r.v[r.lowest] for r in ramps])))
    at = [fraction(0.5 * (levels[1:] + levels[:-1])), np.array([fraction(v) for _, v in runs.sinks])]
    values = [leak, np.array([i for i, _ in runs.sinks])]
    x_low = float(min(x_reset, 0.0, *at[1])) if len(at[1]) else min(x_reset, 0.0)
    x, y = np.concatenate(at), np.concatenate(values)
    leak_nodes, junction = leak_curve(x, y, x_low, float(runs.currents[0]))
    nodes = x_low + (1 - x_low) * np.linspace(0, 1, NODES)
    v_nodes = np.interp(q_start + nodes * q_th, *extended(levels, charge, q_start + nodes * q_th))
    return Curves(levels, capacitance, leak, residual, float(q_th), x_low, x_reset, leak_nodes, junction, v_nodes)


class Line:
    """Charge over voltage: linear between levels, straight on beyond them."""

    def __init__(self, levels: np.ndarray, charge: np.ndarray) -> None:
        self.levels, self.charge = levels, charge
        self.first = (charge[1] - charge[0]) / (levels[1] - levels[0])
        self.last = (charge[-1] - charge[-2]) / (levels[-1] - levels[-2])

    def __call__(self, v: Any) -> Any:
        inside = np.interp(v, self.levels, self.charge)
        below, above = np.minimum(v - self.levels[0], 0), np.maximum(v - self.levels[-1], 0)
        return inside + self.first * below + self.last * above


def extended(levels: np.ndarray, charge: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(charge, levels) with straight ends that reach all wanted charges."""
    line = Line(levels, charge)
    low, high = min(wanted.min(), charge[0]), max(wanted.max(), charge[-1])
    ends = levels[0] + (low - charge[0]) / line.first - 1e-9, levels[-1] + (high - charge[-1]) / line.last + 1e-9
    return np.concatenate([[low - 1e-30], charge, [high + 1e-30]]), np.concatenate([[ends[0]], levels, [ends[1]]])


def passing(ramp: Ramp, levels: np.ndarray) -> np.ndarray:
    """Times at which the membrane passes the levels on its way up."""
    rising = np.maximum.accumulate(ramp.v[ramp.lowest :])
    keep = np.concatenate([[True], np.diff(rising) > 0])
    return np.interp(levels, rising[keep], ramp.time[ramp.lowest :][keep])


def balance(ramps: list[Ramp], levels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Capacitance and leak between the levels, and the relative misfit of i dt (infinite where all ramps are alike)."""
    currents = np.array([r.current for r in ramps])
    times = np.diff([passing(r, levels) for r in ramps], axis=1)
    n, dv = times.shape[1], levels[1] - levels[0]
    capacitance, leak, misfit = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.inf)
    for k in range(n):
        dt = np.maximum(times[:, k], 1e-30)
        if dt.max() < DISTINCT * dt.min():
            continue
        total = currents * dt
        system = np.stack([np.ones_like(dt), dt], axis=1) / total[:, None]
        found = np.linalg.lstsq(system, np.ones_like(dt), rcond=None)[0]
        capacitance[k], leak[k] = found[0] / dv, found[1]
        misfit[k] = np.abs(system @ found - 1).max()
    known = np.flatnonzero(np.isfinite(capacitance))
    if len(known) == 0:
        return currents[-1] * times[-1] / dv, np.zeros(n), misfit
    capacitance = np.interp(np.arange(n), known, capacitance[known])
    blank = np.isnan(leak)
    leak[blank] = np.mean(currents[:, None] - capacitance[blank] * dv / times[:, blank], axis=0)
    return capacitance, leak, misfit


def followed(capacitance: np.ndarray, misfit: np.ndarray) -> int:
    """Number of steps in level up to which the charge balance holds: beyond, the circuit's feedback has taken over."""
    usual = np.median(capacitance)
    broken = (misfit > BROKEN) | (capacitance > RUNAWAY * usual) | (capacitance < usual / RUNAWAY)
    middle = len(misfit) // 3
    later = np.flatnonzero(broken[middle:])
    return middle + int(later[0]) if len(later) else len(misfit)


def basis_at(u: np.ndarray) -> np.ndarray:
    """(points, NODES): what each node's value adds to the spline at u."""
    powers = [np.ones_like(u), u, *(np.maximum(0, u - k / (NODES - 1)) ** 3 for k in range(NODES))]
    return np.array(powers).T @ spline_basis()


def leak_curve(x: np.ndarray, y: np.ndarray, x_low: float, least: float) -> tuple[np.ndarray, tuple[float, float]]:
    """Nodes of the leak and (current, width) of its junction, by least squares: linear but for the width."""
    basis = basis_at((x - x_low) / (1 - x_low))
    weight = 1 / (1e-3 * least + 0.01 * np.abs(y))
    smooth = 1e-2 / least * np.diff(np.eye(NODES), 2, axis=0)  # where there are no data the curve is straight
    best: tuple[float, np.ndarray, float] | None = None
    for width in WIDTHS:
        column = -np.exp(np.minimum(-x / width, 40.0))
        system = np.vstack(
            [np.column_stack([basis, column]) * weight[:, None], np.column_stack([smooth, np.zeros(NODES - 2)])]
        )
        right = np.concatenate([y * weight, np.zeros(NODES - 2)])
        found = np.linalg.lstsq(system, right, rcond=None)[0]
        misfit = float(np.sum((system @ found - right) ** 2))
        if found[-1] >= 0 and (best is None or misfit < best[0]):
            best = misfit, found, float(width)
    if best is None:
        found = np.linalg.lstsq(
            np.vstack([basis * weight[:, None], smooth]), np.concatenate([y * weight, np.zeros(NODES - 2)]), rcond=None
        )[0]
        return found, (0.0, 0.1)
    return best[1][:-1], (float(best[1][-1]), best[2])


def fitted_power(neuron: Behavioural, drawn: Drawn) -> dict[str, float]:
    """Nodes of the supply power. The charge at a time before the spike is the model's own, so that time and power pair
    as in the circuit. Least squares of the logarithm weighted by the power: the energy then comes out without bias."""
    x_low = float(neuron.x_low)
    x, time = path(neuron, min(float(neuron.x_reset), 0.0), np.array([drawn.current]))
    left = drawn.left - neuron.delay
    inside = (left > 0) & (left < time[0, -1])
    at = np.interp(left[inside], time[0], x)
    size = np.maximum(drawn.power[inside], LEAST_POWER)
    below = np.linspace(x_low, at.min(), UNSEEN)  # where the interval does not lead: the power at its lowest charges
    at, size = np.append(at, below), np.append(size, np.full(UNSEEN, np.median(size[np.argsort(at)[: len(at) // 50 + 1]])))
    weight = np.concatenate([1e-3 + np.sqrt(size / size.max()), np.full(NODES - 2, 1e-4 * np.sqrt(len(at)))])
    system = np.vstack([basis_at((at - x_low) / (1 - x_low)), np.diff(np.eye(NODES), 2, axis=0)])
    right = np.concatenate([np.log(size), np.zeros(NODES - 2)])
    found = np.exp(np.linalg.lstsq(system * weight[:, None], right * weight, rcond=None)[0])
    return {f"power_{k}": float(p) for k, p in enumerate(found)}


def path(neuron: Behavioural, x_from: float, currents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Charges from the threshold down to `x_from`, (n,), and the time from each to the threshold, (currents, n)."""
    edges = 1.0 - (1.0 - x_from) * np.linspace(0, 1, 2001) ** 2
    x = 0.5 * (edges[1:] + edges[:-1])
    rate = np.maximum(currents[:, None] - neuron.leak(x), 1e-3 * currents[:, None]) / neuron.q_th
    time = np.cumsum(-np.diff(edges) / rate, axis=1)
    return edges, np.hstack([np.zeros((len(currents), 1)), time])


def fitted_numbers(neuron: Behavioural, runs: Runs) -> dict[str, float]:
    """Charge, reset, times and a shift of the leak that meet the measured latencies and intervals best; the circuit's own
    firing current too, where it makes them meet much better."""
    currents = runs.currents
    latency, interval = np.array([r.latency for r in runs.ramps]), np.array([r.interval for r in runs.ramps])
    fastest = float(interval.min())

    def changed(p: np.ndarray) -> Behavioural:
        delay = p[2] * fastest
        nodes = {f"leak_{k}": v + p[4] * currents[0] for k, v in enumerate(neuron.curve("leak"))}
        fire = {"i_fire": np.exp(p[5]) * currents[-1], "x_fire": 1 - p[6]} if len(p) > 5 else {}
        return neuron.with_(
            **nodes, **fire, q_th=neuron.q_th * np.exp(p[0]), x_reset=min(neuron.x_reset + p[1], 0.95), delay=delay,
            t_ref=delay + p[3] * fastest,
        )  # fmt: skip

    def misfit(p: np.ndarray) -> np.ndarray:
        model = changed(p)
        first, next_ones = (path(model, x, currents)[1][:, -1] for x in (0.0, float(model.x_reset)))
        return np.concatenate([(first + model.delay) / latency - 1, (next_ones + model.t_ref) / interval - 1])

    bounds = np.array(FIT_BOUNDS)
    found = least_squares(misfit, FIT_START[:5], bounds=bounds[:, :5], x_scale=FIT_SCALE[:5])
    richer = least_squares(misfit, FIT_START, bounds=bounds, x_scale=FIT_SCALE)
    best = changed(richer.x if richer.cost < found.cost / WORTH else found.x)
    names = ("q_th", "x_reset", "delay", "t_ref", "i_fire", "x_fire", *(f"leak_{k}" for k in range(NODES)))
    return {n: float(getattr(best, n)) for n in names}


def spike_energy(neuron: Behavioural, runs: Runs) -> float:
    """Energy of a spike that the power over the charge leaves out (J), by least squares of the relative errors."""
    quiet = neuron.with_(e_spike=0.0)
    ramps = [quiet.simulate(Step(r.current), r.length, record=()) for r in runs.ramps]
    energy, spikes = np.array([r.energy for r in runs.ramps]), np.array([r.spikes for r in runs.ramps])
    left = energy - np.array([float(t.energy["vdd"][0]) for t in ramps])
    return float(np.sum(left * spikes / energy**2) / np.sum((spikes / energy) ** 2))
