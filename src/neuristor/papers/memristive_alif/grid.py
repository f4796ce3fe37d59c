"""Equation 2 as a plain program solves it: RK4 with a fixed step, and a look at the threshold after every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...neurons.memristive_alif import MemristiveALIF
from ...presets.memristive_alif import AMPLITUDE, DURATION, DUTY, FREQUENCY
from ...quantities import K_B, Q_E, ZERO_CELSIUS

Slope = Callable[[float, float, float, float], tuple[float, float]]


@dataclass(frozen=True)
class GridRun:
    """Spikes on a grid of step `dt` (s). reset: "switch" (discharge through it) or "at once" (v_c is set to 0).

    spikes (s);  located: number of spikes of the same neuron with events located;  lag: of the last common spike (s)
    """

    dt: float
    reset: str
    spikes: np.ndarray
    located: int
    lag: float


def slope_of(n: MemristiveALIF) -> Slope:
    """dv_c/dt and dx/dt from v_c, x, i_in and the switch's conductance, in plain floats."""
    beta = Q_E / (K_B * (n.temperature + ZERO_CELSIUS))

    def slope(v: float, x: float, i: float, g: float) -> tuple[float, float]:
        r_m = 1.0 / (x / n.r_on + (1.0 - x) / n.r_off)
        v_m = v * r_m / (r_m + n.r_s)
        a = 1.0 / (1.0 + math.exp(-beta * (v_m - n.v_on)))
        b = 1.0 / (1.0 + math.exp(beta * (v_m - n.v_off)))
        return (i - v / (r_m + n.r_s) - g * v) / n.c_mem, (a * (1.0 - x) - b * x) / n.tau

    return slope


def step(slope: Slope, v: float, x: float, i: float, g: float, h: float) -> tuple[float, float]:
    """One step of the classical Runge-Kutta method."""
    a, p = slope(v, x, i, g)
    b, q = slope(v + 0.5 * h * a, x + 0.5 * h * p, i, g)
    c, r = slope(v + 0.5 * h * b, x + 0.5 * h * q, i, g)
    d, s = slope(v + h * c, x + h * r, i, g)
    return v + h * (a + 2 * b + 2 * c + d) / 6, x + h * (p + 2 * q + 2 * r + s) / 6


def grid_run(n: MemristiveALIF, dt: float, reset: str, located: np.ndarray) -> GridRun:
    """The document's input on a grid of step dt, v_rest = 0; located: spike times to compare with."""
    slope, v, x, closed = slope_of(n), 0.0, float(n.x0), False
    period, spikes = round(1 / FREQUENCY / dt), []
    for k in range(round(DURATION / dt)):
        i = AMPLITUDE if k % period < DUTY * period else 0.0
        v, x = step(slope, v, x, i, 1.0 / n.r_switch if closed else 0.0, dt)
        r_m = 1.0 / (x / n.r_on + (1.0 - x) / n.r_off)
        v_m = v * r_m / (r_m + n.r_s)
        if not closed and v_m > n.v_th:
            spikes.append((k + 1) * dt)
            if reset == "switch":
                closed = True
            else:
                v = 0.0
        elif closed and v_m < n.v_release:
            closed = False
    common = min(len(spikes), len(located))
    return GridRun(dt, reset, np.array(spikes), len(located), float(spikes[common - 1] - located[common - 1]))
