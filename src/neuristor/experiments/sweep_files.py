"""Measured I-V sweeps of memristors: from files to voltages and currents over time, and what was assumed on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from ..errors import InputError
from ..quantities import parse, show
from .sweep_columns import Columns, read_columns

MOST_POINTS = 400  # samples a cycle that are kept
LEAST_POINTS = 16  # samples a cycle below which a loop has no shape
UNIT_RATIO = 500.0  # ratio of conductances between files that a wrong unit explains better than a device
SAME_PLACE = 1e-6  # relative difference of currents at which two files are one measurement
FREQUENCY = re.compile(r"(?<![\d.])(\d+(?:[.p]\d+)?)\s?(k|M|m)?Hz", re.IGNORECASE)
SERIES = re.compile(r"(?<![\d.])(\d+(?:[.p]\d+)?)\s?(k|M)?ohm", re.IGNORECASE)
KINDS = ("auto", "applied", "device")


@dataclass(frozen=True)
class Sweep:
    """One measurement, equally spaced in time.

    voltage   V, of the source if `series` > 0, else of the device;  current   A;  series   Ohm
    frequency Hz, of the sweep (NaN if it is not periodic);  cycles   in the file
    told      what was read and assumed, in phrases
    """

    name: str
    files: tuple[str, ...]
    time: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    series: float
    frequency: float
    cycles: float
    told: tuple[str, ...] = field(default=())

    @property
    def device_voltage(self) -> np.ndarray:
        return self.voltage - self.series * self.current

    @property
    def step(self) -> float:
        return float(self.time[1] - self.time[0])

    @property
    def rms(self) -> float:
        """Root mean square of the current, A: what residuals are divided by."""
        return float(np.sqrt(np.mean(self.current**2)))

    @property
    def cycle_points(self) -> int:
        """Samples of one cycle (all samples if the sweep is not periodic)."""
        return round(1.0 / (self.frequency * self.step)) if np.isfinite(self.frequency) else len(self.time)

    def describe(self) -> str:
        """What was understood, in a sentence."""
        amplitude = show(0.5 * float(np.ptp(self.voltage)), "V", 3)
        what = "applied voltage" if self.series else "voltage across the device"
        period = f"{self.cycles:.3g} cycles at {show(self.frequency, 'Hz')}" if np.isfinite(self.frequency) else "no period"
        behind = f"behind {show(self.series, 'Ohm')}" if self.series else "no series resistor"
        return f"{self.name}: {len(self.time)} points, {period}, {what} +-{amplitude}, {behind} ({'; '.join(self.told)})"


def read_sweeps(
    files: Sequence[str | Path], *, columns: str = "", frequency: Any = None, series: Any = None, voltage: str = "auto"
) -> list[Sweep]:
    """Read measured files; two files of one measurement (applied and device voltage) become one sweep.

    columns    "voltage:V,current:uA" instead of what the header says
    frequency  of the sweep, where files have no time column; default: a word such as `_100Hz` in the file's name
    series     resistance in series, e.g. "5 kOhm"; default: a word such as `5kohm` in the file's name
    voltage    whether the voltage column is "applied" (source) or of the "device"; default: by the file's name
    """
    if not files:
        raise InputError("no files: give at least one measured sweep, e.g. sweep.csv")
    if voltage not in KINDS:
        raise InputError(f"--voltage {voltage!r} is none of {', '.join(KINDS)}")
    known = None if frequency is None else quantity(frequency, "Hz", "--frequency")
    resistor = None if series is None else quantity(series, "Ohm", "--series")
    if known is not None and known <= 0:
        raise InputError(f"--frequency must be positive, not {show(known, 'Hz')}")
    if resistor is not None and resistor < 0:
        raise InputError(f"--series must be zero or more, not {show(resistor, 'Ohm')}")
    guessed: dict[str, bool] = {}
    sweeps = []
    for file in files:
        path = Path(file)
        read = read_columns(path, columns)
        sweep = one_sweep(path, read, known, resistor, voltage)
        guessed[sweep.name] = "current" in read.guessed
        sweeps.append(sweep)
    merged = merge(sweeps)
    refuse_mixed_units(merged, guessed)
    return merged


def quantity(value: Any, unit: str, option: str) -> float:
    """An option's value in SI; InputError that names the option."""
    try:
        return float(parse(value, unit))
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def one_sweep(path: Path, read: Columns, frequency: float | None, series: float | None, kind: str) -> Sweep:
    v, i = read.values["voltage"], read.values["current"]
    told = list(read.told)
    resistor = in_name(path, SERIES) if series is None else series
    if series is None and resistor:
        told.append("series resistor from the file's name")
    kind, why = voltage_kind(path, kind, resistor)
    told.append(f"voltage of the {'source' if kind == 'applied' else 'device'} {why}")
    source = v + (resistor or 0.0) * i if kind == "device" else v
    refuse_series(path, source, i, resistor or 0.0)
    if "time" in read.values:
        time, source, i = equal_spacing(path, read.values["time"], source, i, told)
        step = float(time[1] - time[0])
        per_sample = cycles_a_sample(source)
        found = per_sample / step if per_sample else float("nan")
        if frequency is not None and per_sample and abs(found / frequency - 1) > 0.1:
            raise InputError(
                f"{path}: its time column gives {show(found, 'Hz')}, not the {show(frequency, 'Hz')} of --frequency"
            )
        if not per_sample:
            told.append("the sweep is not periodic")
    else:
        per_sample = cycles_a_sample(source)
        if not per_sample:
            raise InputError(
                f"{path}: the voltage does not repeat and there is no time column: the sweep's speed is unknown"
            )
        named = in_name(path, FREQUENCY)
        if frequency is None and not named:
            raise InputError(
                f"{path}: neither a time column nor a frequency: give --frequency, or name the file like sweep_100Hz.csv"
            )
        if frequency is None:
            told.append("frequency from the file's name, points equally spaced")
        found = frequency or named or 1.0
        step = per_sample / found
    return finished(path, source, i, step, found, resistor or 0.0, told)


def finished(
    path: Path, source: np.ndarray, i: np.ndarray, step: float, frequency: float, series: float, told: list[str]
) -> Sweep:
    """The sweep, thinned if it is very fine; InputError if it has less than a cycle or too few points."""
    cycles = len(source) * step * frequency
    if np.isfinite(cycles) and cycles < 0.97:
        raise InputError(f"{path}: holds {cycles:.2g} of a cycle; at least one whole cycle is needed to see a loop")
    a_cycle = 1.0 / (frequency * step) if np.isfinite(frequency) else len(source)
    if a_cycle < LEAST_POINTS:
        raise InputError(f"{path}: {a_cycle:.3g} points a cycle do not show a loop; at least {LEAST_POINTS} are needed")
    stride = max(1, int(a_cycle // MOST_POINTS))
    if stride > 1:
        told.append(f"every {stride}th row used")
    time = np.arange(len(source[::stride])) * step * stride
    return Sweep(path.stem, (str(path),), time, source[::stride], i[::stride], series, frequency, cycles, tuple(told))


def in_name(path: Path, pattern: re.Pattern[str]) -> float | None:
    """A quantity in a file's name, in SI; None without one."""
    match = pattern.search(path.stem)
    if not match:
        return None
    size = {"k": 1e3, "K": 1e3, "M": 1e6, "m": 1e-3}.get(match[2] or "", 1.0)
    return float(match[1].replace("p", ".")) * size


def voltage_kind(path: Path, kind: str, resistor: float | None) -> tuple[str, str]:
    """Whether the voltage column belongs to the source or to the device, and why this is thought."""
    if kind != "auto":
        return kind, "as told"
    if not resistor:
        return "device", "(no series resistor known)"
    name = path.stem.lower()
    if re.search(r"resistor_?memristor|applied|source", name):
        return "applied", "by the file's name"
    if re.search(r"memristor|device", name):
        return "device", "by the file's name; the source is that plus the resistor's drop"
    return "applied", "(assumed, as there is a series resistor; else say --voltage device)"


def refuse_series(path: Path, source: np.ndarray, i: np.ndarray, resistor: float) -> None:
    """InputError if the device would give energy, or the resistor alone would drop more than the source gives."""
    if float(np.sum(source * i)) < 0:
        raise InputError(f"{path}: current and voltage have opposite signs; turn the sign of one of them")
    if not resistor:
        return
    large = np.abs(source) > 0.2 * np.max(np.abs(source))
    most = float(np.percentile(resistor * i[large] / source[large], 95)) if np.any(large) else 0.0
    if most > 1.02:
        raise InputError(
            f"{path}: {show(resistor, 'Ohm')} in series would drop {most:.2g} times the applied voltage: it is smaller, or "
            "the voltage is of the device (--voltage device)"
        )


def equal_spacing(
    path: Path, time: np.ndarray, v: np.ndarray, i: np.ndarray, told: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same on equally spaced times from zero; InputError if time runs backwards."""
    steps = np.diff(time)
    back = np.flatnonzero(steps <= 0)
    if len(back):
        k = int(back[0]) + 1
        raise InputError(f"{path}: time does not rise between data rows {k} and {k + 1}")
    time = time - time[0]
    if np.ptp(steps) < 0.01 * np.mean(steps):
        return np.arange(len(time)) * float(np.mean(steps)), v, i
    told.append("times not equally spaced: interpolated")
    count = min(4 * len(time), max(len(time), int(time[-1] / np.min(steps)) + 1))
    equal = np.linspace(0.0, time[-1], count)
    return equal, np.interp(equal, time, v), np.interp(equal, time, i)


def cycles_a_sample(v: np.ndarray) -> float:
    """Frequency of the sweep in cycles a sample; 0 if one sinusoid is far from describing it.

    The fundamental is fitted with offset. Where the number of cycles comes out whole within 2 %, it is taken as whole,
    the end point counted or not as fits better.
    """
    n = len(v)
    k = np.arange(n)

    def rest(cycles: float) -> float:
        columns = np.column_stack([np.cos(2 * np.pi * cycles * k / n), np.sin(2 * np.pi * cycles * k / n), np.ones(n)])
        return float(np.sum((v - columns @ np.linalg.lstsq(columns, v, rcond=None)[0]) ** 2))

    power = np.abs(np.fft.rfft(v - np.mean(v)))
    peak = max(int(np.argmax(power)), 1)
    tried = np.linspace(max(peak - 1.0, 0.3), peak + 1.0, 57)
    first = float(tried[int(np.argmin([rest(c) for c in tried]))])
    cycles = float(minimize_scalar(rest, bounds=(first - 0.05, first + 0.05), method="bounded").x)
    if rest(cycles) > 0.3 * n * float(np.var(v)):
        return 0.0
    whole = round(cycles)
    if whole >= 1 and abs(cycles - whole) < 0.02 * max(1, whole) and abs(cycles - whole) < 0.1:
        return min((whole / n, whole / (n - 1)), key=lambda c: rest(c * n))
    return cycles / n


def merge(sweeps: list[Sweep]) -> list[Sweep]:
    """Sweeps without the second copy of a measurement (its device voltage beside its applied voltage)."""
    kept: list[Sweep] = []
    for sweep in sweeps:
        twin = next((k for k, other in enumerate(kept) if same_measurement(sweep, other)), None)
        if twin is None:
            kept.append(sweep)
            continue
        other = kept[twin]
        better = max(other, sweep, key=lambda s: s.series)
        told = (*better.told, f"same currents as {sweep.name}: one measurement" if better is other else "one measurement")
        name = min(other.name, sweep.name, key=len)
        kept[twin] = replace(better, name=name, files=(*other.files, *sweep.files), told=told)
    names = [s.name for s in kept]
    return [replace(s, name=f"{s.name} ({k + 1})") if names.count(s.name) > 1 else s for k, s in enumerate(kept)]


def same_measurement(a: Sweep, b: Sweep) -> bool:
    if len(a.current) != len(b.current) or not np.isclose(a.step, b.step, rtol=1e-3):
        return False
    return bool(np.max(np.abs(a.current - b.current)) <= SAME_PLACE * np.max(np.abs(a.current)))


def refuse_mixed_units(sweeps: list[Sweep], guessed: dict[str, bool]) -> None:
    """InputError where one file's currents are thousands of times another's, as after a mistaken unit."""
    size = [s.rms / max(float(np.sqrt(np.mean(s.device_voltage**2))), 1e-300) for s in sweeps]
    low, high = int(np.argmin(size)), int(np.argmax(size))
    if size[high] > UNIT_RATIO * size[low]:
        a, b = sweeps[low], sweeps[high]
        raise InputError(
            f"the currents of {a.files[0]} (rms {show(a.rms, 'A', 3)}) and {b.files[0]} (rms {show(b.rms, 'A', 3)}) differ "
            "as if in different units; fit them apart, or give each the right unit in its header"
        )
