"""`.meas` on waveforms over time, sweep value or frequency: crossings, values at crossings, integrals, extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from .engines.spikes import crossings
from .netlist import GROUND, Crossing, Measure, Signal

Waveforms = Mapping[str, np.ndarray]


def needed(measures: Sequence[Measure]) -> list[str]:
    """Names of the signals that measures of a transient read: nodes and "i(source)"."""
    found: dict[str, None] = {}
    for m in measures:
        signals = [m.signal, *(c.signal for c in (m.trigger, m.target) if c is not None)]
        for signal in signals:
            if signal is None:
                continue
            names = [f"i({signal.name})"] if signal.kind == "i" else [signal.name, signal.reference]
            found |= dict.fromkeys(n for n in names if n != GROUND)
    return list(found)


def evaluate(m: Measure, time: np.ndarray, waves: Waveforms) -> float:
    """The measured number in SI units, NaN if what it waits for does not happen. time (n,) s, waves (n,) each."""
    if m.kind == "trig_targ":
        assert m.trigger is not None
        assert m.target is not None
        return when(m.target, time, waves) - when(m.trigger, time, waves)
    if m.kind == "when":
        assert m.target is not None
        return when(m.target, time, waves)
    assert m.signal is not None
    values = wave(m.signal, time, waves)
    if m.kind == "find":
        assert m.target is not None
        at = when(m.target, time, waves)
        return value_at(at, time, values)
    return over_window(m, time, values)


def value_at(at: float, time: np.ndarray, values: np.ndarray) -> float:
    """The waveform at one time, by the monotone cubic through its neighbours; NaN outside."""
    if not time[0] <= at <= time[-1]:
        return np.nan
    k = int(np.searchsorted(time, at))
    near = slice(max(k - 4, 0), k + 4)
    t, first = np.unique(time[near], return_index=True)
    return float(PchipInterpolator(t, values[near][first])(at)) if len(t) > 1 else float(values[near][0])


def wave(signal: Signal, time: np.ndarray, waves: Waveforms) -> np.ndarray:
    if signal.kind == "i":
        return waves[f"i({signal.name})"]
    plus, minus = (waves[n] if n != GROUND else np.zeros(len(time)) for n in (signal.name, signal.reference))
    return plus - minus


def when(c: Crossing, time: np.ndarray, waves: Waveforms) -> float:
    """Time of a crossing, NaN if there is none."""
    if c.signal is None:
        return c.at
    values = wave(c.signal, time, waves)
    rising, falling = crossings(time, values, c.level), crossings(time, -values, -c.level)
    chosen = {"rise": rising, "fall": falling, "cross": np.sort(np.concatenate([rising, falling]))}[c.edge]
    chosen = chosen[chosen >= c.delay]
    k = c.count - 1 if c.count > 0 else len(chosen) - 1
    return float(chosen[k]) if 0 <= k < len(chosen) else np.nan


def over_window(m: Measure, time: np.ndarray, values: np.ndarray) -> float:
    """Integral, mean, root mean square or extremes between start and stop."""
    start = time[0] if m.start is None else max(m.start, time[0])
    stop = time[-1] if m.stop is None else min(m.stop, time[-1])
    if not stop > start:
        return np.nan
    inside = (time > start) & (time < stop)
    t = np.concatenate([[start], time[inside], [stop]])
    v = np.concatenate([[np.interp(start, time, values)], values[inside], [np.interp(stop, time, values)]])
    if m.kind in ("min", "max", "pp"):
        low, high = float(v.min()), float(v.max())
        return {"min": low, "max": high, "pp": high - low}[m.kind]
    integral = float(np.trapezoid(v * v if m.kind == "rms" else v, t))
    mean = integral / (stop - start)
    return integral if m.kind == "integ" else mean if m.kind == "avg" else mean**0.5


def evaluate_all(
    measures: Sequence[Measure], analysis: str, axes: Sequence[np.ndarray], waves: Sequence[Waveforms]
) -> dict[str, np.ndarray]:
    """name -> (lanes,) for the measures of one analysis; one axis (time, Hz, V) and one set of waveforms a lane."""
    ours = [m for m in measures if m.analysis == analysis]
    return {m.name: np.array([evaluate(m, t, w) for t, w in zip(axes, waves, strict=True)]) for m in ours}
