"""What a measured sweep can be used for: its noise, whether there is a loop, whether it is pinched and closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..quantities import show
from .sweep_files import Sweep

BINS = 20  # of the source voltage, in which the two branches are compared
LEAST_LOOP = 0.005  # loop over rms current below which nothing is seen, however little the noise
SURE = 2.0  # noise of the compared means that the loop must exceed
OPEN_JUMP = 0.1  # of the peak current: a loop that misses its start by more is not closed
OFF_PINCH = 0.03  # of the peak current: more at zero voltage is not a memristor's
DRIFT = 0.1  # of the rms current between the first and the last cycle


def noise(sweep: Sweep) -> float:
    """Noise of the current over its rms, from second differences; their median leaves out the jumps of switching."""
    second = np.abs(np.diff(sweep.current, 2))
    return float(1.4826 * np.median(second) / np.sqrt(6.0)) / max(sweep.rms, 1e-300)


def loop(sweep: Sweep) -> tuple[float, float]:
    """Half the rms difference of rising and falling branch over the rms current, and what noise alone would give."""
    direction = np.gradient(sweep.voltage)
    edges = np.linspace(np.min(sweep.voltage), np.max(sweep.voltage), BINS + 1)
    place = np.clip(np.digitize(sweep.voltage, edges) - 1, 0, BINS - 1)
    differences, counts = [], []
    for k in range(BINS):
        up, down = (sweep.current[(place == k) & (direction * side > 0)] for side in (1.0, -1.0))
        if len(up) and len(down):
            slope = bin_slope(sweep, place == k)
            shift = slope * (mean_voltage(sweep, place == k, direction) if slope else 0.0)
            differences.append(0.5 * (np.mean(up) - np.mean(down) - shift))
            counts.append(1.0 / len(up) + 1.0 / len(down))
    if not differences:
        return 0.0, 0.0
    size = float(np.sqrt(np.mean(np.square(differences)))) / max(sweep.rms, 1e-300)
    return size, 0.5 * noise(sweep) * float(np.sqrt(np.mean(counts)))


def bin_slope(sweep: Sweep, inside: np.ndarray) -> float:
    """di/dv of a straight line through the points of a bin."""
    v, i = sweep.voltage[inside], sweep.current[inside]
    spread = float(np.sum((v - v.mean()) ** 2))
    return float(np.sum((v - v.mean()) * (i - i.mean()))) / spread if spread > 0 else 0.0


def mean_voltage(sweep: Sweep, inside: np.ndarray, direction: np.ndarray) -> float:
    """How much higher the rising samples of a bin lie than the falling ones, V."""
    up, down = (sweep.voltage[inside & (direction * side > 0)] for side in (1.0, -1.0))
    return float(np.mean(up) - np.mean(down))


def refuse_resistors(sweeps: Sequence[Sweep]) -> list[str]:
    """InputError if no sweep shows a loop; sentences about those that do not, if others do."""
    found = [loop(s) for s in sweeps]
    flat = [size < max(LEAST_LOOP, SURE * floor) for size, floor in found]
    if all(flat):
        size, floor = max(found)
        names = ", ".join(s.name for s in sweeps)
        raise InputError(
            f"{names}: no hysteresis: rising and falling branch differ by {100 * size:.2g} % of the current and noise "
            f"alone gives {100 * floor:.2g} %, as in a plain resistor; the data cannot determine the model"
        )
    return [f"{s.name} shows no hysteresis: it says nothing about switching" for s, f in zip(sweeps, flat, strict=True) if f]


def warnings(sweep: Sweep) -> list[str]:
    """Sentences about what a memristor model cannot follow in this sweep."""
    told = []
    peak = float(np.max(np.abs(sweep.current)))
    offset, rate = at_zero(sweep)
    if offset > OFF_PINCH * peak:
        capacitance = f", as {show(offset / rate, 'F', 2)} beside it would give" if rate > 0 else ""
        told.append(
            f"{sweep.name} is not pinched: {show(offset, 'A', 2)} ({100 * offset / peak:.2g} % of the peak) flow at "
            f"0 V{capacitance}; no memristor model has this current"
        )
    whole = np.isfinite(sweep.frequency) and abs(sweep.cycles - round(sweep.cycles)) < 0.01
    miss = abs(2 * sweep.current[-1] - sweep.current[-2] - sweep.current[0])
    if whole and miss > OPEN_JUMP * peak:
        told.append(
            f"{sweep.name} does not close: it ends {100 * miss / peak:.2g} % of the peak current from its start; "
            "if it began with a fresh device, say --start free"
        )
    n = sweep.cycle_points
    if np.isfinite(sweep.frequency) and sweep.cycles > 1.99:
        change = float(np.sqrt(np.mean((sweep.current[:n] - sweep.current[-n:]) ** 2))) / sweep.rms
        if change > DRIFT:
            told.append(
                f"{sweep.name}: the first and last cycle differ by {100 * change:.2g} % of the current; "
                "if it began with a fresh device, say --start free"
            )
    return told


def at_zero(sweep: Sweep) -> tuple[float, float]:
    """Current (A) that leads the voltage where the device's voltage crosses zero, and dV/dt there (V/s), the median."""
    v, i = sweep.device_voltage, sweep.current
    at = np.flatnonzero(v[:-1] * v[1:] < 0)
    if not len(at):
        return 0.0, 0.0
    share = v[at] / (v[at] - v[at + 1])
    current = i[at] + share * (i[at + 1] - i[at])
    rate = (v[at + 1] - v[at]) / sweep.step
    return float(np.median(current * np.sign(rate))), float(np.median(np.abs(rate)))
