"""When a waveform at uneven time points crosses a level, and the energy a source delivers."""

from __future__ import annotations

import numpy as np

HALVINGS = 50  # of the interval in which a crossing lies
ROUNDING = 8  # units in the last place of a time: points no further apart are at one time


def crossings(time: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    """Times (s, rising) at which values (n,) at time (n,) rise through `level`.

    Between two points runs the cubic with the slopes of the parabolas through three neighbouring points, or a straight
    line where that cubic is not monotone.
    """
    t, v = np.asarray(time, float), np.asarray(values, float) - level
    before = np.flatnonzero((v[:-1] < 0) & (v[1:] >= 0))
    step, rise = t[before + 1] - t[before], v[before + 1] - v[before]
    slope = slopes(t, v)
    first, second = slope[before] * step, slope[before + 1] * step
    cubic = (first >= 0) & (second >= 0) & (first**2 + second**2 <= 9 * rise**2)
    first, second = np.where(cubic, first, rise), np.where(cubic, second, rise)
    low, high = np.zeros(len(before)), np.ones(len(before))
    for _ in range(HALVINGS):
        u = 0.5 * (low + high)
        value = v[before] + u * (first + u * (3 * rise - 2 * first - second + u * (first + second - 2 * rise)))
        low, high = np.where(value < 0, u, low), np.where(value < 0, high, u)
    return t[before] + step * high


def spans(up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Time from each rising to the next falling crossing (s)."""
    after = np.searchsorted(down, up)
    whole = after < len(down)
    return down[after[whole]] - up[whole]


def slopes(t: np.ndarray, v: np.ndarray) -> np.ndarray:
    """dv/dt (n,) of the parabola through each point and its neighbours; of the first and last interval at the ends.

    Where a time occurs twice (to rounding: a switch moved) the signal jumps, and the slope is that of the interval on the
    other side; between two such jumps it is zero.
    """
    if len(t) < 2:
        return np.zeros(len(t))
    h = np.diff(t)
    jump = h <= ROUNDING * np.spacing(np.abs(t[1:]))
    s = np.where(jump, 0.0, np.diff(v) / np.where(jump, 1.0, h))
    left, right = np.concatenate([[True], jump]), np.concatenate([jump, [True]])
    before, after = np.concatenate([[0.0], h]), np.concatenate([h, [0.0]])
    s_before, s_after = np.concatenate([[0.0], s]), np.concatenate([s, [0.0]])
    both = np.where(left | right, 1.0, before + after)
    parabola = (s_before * after + s_after * before) / both
    return np.where(left, s_after, np.where(right, s_before, parabola))


def energy(time: np.ndarray, v: np.ndarray, i: np.ndarray) -> float:
    """Integral of v i over time (J) by trapezoids; positive where i flows into the terminal at v.

    The branch current "i(v1)" of a source is positive into its first node: the energy it delivers is energy(t, v, -i).
    """
    return float(np.trapezoid(np.asarray(v) * np.asarray(i), time))
