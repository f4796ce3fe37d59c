"""SPICE time functions as tables of closed formulas between breakpoints: the columns of `stimulus.base`, see `row_value`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import InputError
from ..stimulus.base import C0, C1, C2, C3, COLUMNS, D0, D1, E0, E1, F0, F1, K1, K2, PHI, T0, W
from .netlist import Element, Wave

MAX_PERIODS = 200_000


def row_value(c: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Values at times t (n,) of table rows c (16, n) that hold there, s = t - t0:

    c0 + c1 s + c2 s^2 + c3 s^3 + (d0 + d1 s) e^(-k1 s) + ((e0 + e1 s) + (f0 + f1 s) sin(w s + phi)) e^(-k2 s)

    as a stimulus, but that its sine fades with k2 too.
    """
    s = t - c[T0]
    polynomial = c[C0] + s * (c[C1] + s * (c[C2] + s * c[C3]))
    fading = np.exp(-c[K2] * s) * (c[E0] + c[E1] * s + (c[F0] + c[F1] * s) * np.sin(c[W] * s + c[PHI]))
    return polynomial + (c[D0] + c[D1] * s) * np.exp(-c[K1] * s) + fading


def row(t0: float, **columns: float) -> np.ndarray:
    values = np.zeros(len(COLUMNS))
    values[T0] = t0
    for name, value in columns.items():
        values[COLUMNS.index(name)] = value
    return values


def source_rows(element: Element, stop: float, step: float) -> np.ndarray:
    """(n_rows, 16) table of a v or i element from 0 to `stop`; `step` is SPICE's TSTEP, the default of rise times."""
    dc = float(np.ravel(element.params.get("dc", 0.0))[0])
    if element.wave is None:
        return np.array([row(0.0, c0=dc)])
    makers = {"pulse": pulse, "sin": sine, "exp": exponential, "pwl": piecewise}
    rows = makers[element.wave.kind](element.wave, stop, step)
    if not np.all(np.isfinite(rows)):
        raise InputError(f"{element.where}{element.name}: its {element.wave.kind.upper()} values give no finite signal")
    return rows


def standing_value(element: Element) -> Any:
    """Value of a v or i element in an operating point, a sweep or a small-signal analysis: its dc value where it has one,
    else that of its wave at t = 0 (in SPICE a transient begins with the latter either way)."""
    if "dc" in element.params or element.wave is None:
        return element.params.get("dc", 0.0)
    kind, values = element.wave.kind, [*element.wave.values, *[0.0] * 6]
    if kind == "pwl":
        return float(np.interp(0.0, element.wave.values[0::2], element.wave.values[1::2]))
    return values[0] + (values[1] * math.sin(math.radians(values[5])) if kind == "sin" else 0.0)


def given(wave: Wave, defaults: list[float]) -> list[float]:
    return [*wave.values, *defaults[len(wave.values) :]]


def lines(points: list[tuple[float, float]]) -> list[np.ndarray]:
    """Straight lines through (t, value) points of rising t, constant after the last."""
    rows = []
    for (t, a), (after, b) in zip(points[:-1], points[1:], strict=True):
        if after > t:
            rows.append(row(t, c0=a, c1=(b - a) / (after - t)))
    rows.append(row(points[-1][0], c0=points[-1][1]))
    return rows


def pulse(wave: Wave, stop: float, step: float) -> np.ndarray:
    """PULSE(v1 v2 td tr tf pw per)"""
    v1, v2, td, tr, tf, pw, per = given(wave, [0.0, 0.0, 0.0, 0.0, 0.0, math.inf, math.inf])
    tr, tf = tr or step, tf or step
    pw = min(pw, stop) or stop
    per = per or math.inf
    if math.isfinite(per) and stop / per > MAX_PERIODS:
        raise InputError(f"a PULSE with {stop / per:.3g} periods until the end of the run is too long")
    points = [(0.0, v1)] if td > 0 else []
    start = td
    while start < stop:
        points += [(start, v1), (start + tr, v2), (start + tr + pw, v2), (start + tr + pw + tf, v1)]
        start += per
    kept = [p for k, p in enumerate(points) if k == 0 or p[0] > points[k - 1][0] or p[1] != points[k - 1][1]]
    return np.array(lines(kept or [(0.0, v1)]))


def sine(wave: Wave, stop: float, step: float) -> np.ndarray:
    """SIN(vo va freq td theta phase): vo + va e^(-theta (t - td)) sin(2 pi f (t - td) + phase)"""
    vo, va, freq, td, theta, phase = given(wave, [0.0, 0.0, 1.0 / stop, 0.0, 0.0, 0.0])
    freq = freq or 1.0 / stop
    angle = math.radians(phase)
    rows = [row(0.0, c0=vo + va * math.sin(angle))] if td > 0 else []
    return np.array([*rows, row(td, c0=vo, f0=va, w=2 * math.pi * freq, phi=angle, k2=theta)])


def exponential(wave: Wave, stop: float, step: float) -> np.ndarray:
    """EXP(v1 v2 td1 tau1 td2 tau2)"""
    v1, v2, td1, tau1, td2, tau2 = given(wave, [0.0, 0.0, 0.0, step, math.nan, step])
    td2 = td1 + step if math.isnan(td2) else td2
    tau1, tau2 = tau1 or step, tau2 or step
    rows = [row(0.0, c0=v1)] if td1 > 0 else []
    rows.append(row(td1, c0=v2, d0=v1 - v2, k1=1.0 / tau1))
    if td2 < stop:
        reached = (v1 - v2) * math.exp(-(td2 - td1) / tau1)
        rows.append(row(td2, c0=v1, d0=reached, k1=1.0 / tau1, e0=v2 - v1, k2=1.0 / tau2))
    return np.array(rows)


def piecewise(wave: Wave, stop: float, step: float) -> np.ndarray:
    """PWL(t1 v1 t2 v2 ...): constant before the first and after the last point"""
    times, values = list(wave.values[0::2]), list(wave.values[1::2])
    points = list(zip(times, values, strict=True))
    if times[0] > 0:
        points.insert(0, (0.0, values[0]))
    table = np.array(lines(points))
    before = table[:, T0] < 0
    if before.any():  # a row that begins before zero is moved to begin there
        last = int(np.nonzero(before)[0][-1])
        table = table[last:]
        table[0, C0] -= table[0, C1] * table[0, T0]
        table[0, T0] = 0.0
    return table
