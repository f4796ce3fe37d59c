"""The numbers of a run that statistics, limits and searches speak of: one a lane, by name, with unit and meaning.

values = measure(trace)                        # {"rate": (lanes,), "energy": (lanes,), ...}, NaN where silent
limits = read_limits(["rate>1 kHz", "energy<0.4 nJ", "width=4ns..5ns"])
good = passing(values, limits)                 # (lanes,) bool; what is silent never passes
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show
from ..trace import Trace
from .base import latencies, steady_rates

TOUCH = 1e-12  # of the run: a crossing so early is the start of the circuit, no spike
REST = 4.0  # widths after a spike from which on the supply current counts as that of the next interval


@dataclass(frozen=True)
class Metric:
    """One number of a lane: its SI unit and what it means."""

    name: str
    unit: str
    doc: str


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("rate", "Hz", "steady rate: inverse of the mean of the last half of the intervals"),
        Metric("interval", "s", "steady time between spikes: inverse of the rate"),
        Metric("first_spike", "s", "time from the start to the first spike"),
        Metric("width", "s", "median time that the output stays above its spike level (circuits)"),
        Metric("energy", "J", "energy of a spike: of the sources up to the end of the last spike over the number of spikes"),
        Metric("power", "W", "energy of a spike times the rate"),
    )
}
UNITS: dict[str, str] = {name: m.unit for name, m in METRICS.items()}


def measure(trace: Trace, supplies: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Every metric of every lane, (lanes,) each; NaN for lanes without two spikes, that fall silent or that failed.

    `supplies` are the sources whose energy counts (default: all). A run does not end with a spike, so the energy after the
    last one is taken off: from the samples of power (lanes, n_time) in the trace's meta["watts"][source], which
    `observation.run_lanes` puts there. The energy of other sources is spread over the run as if it were drawn evenly,
    energy / (duration x rate); in a run of n spikes that errs by up to half a spike's in n.
    """
    trace = without_start(trace)
    rate = steady_rates(trace)
    for failure in trace.failures:
        rate[failure.lane] = 0.0
    alive = rate > 0
    rate = np.where(alive, rate, np.nan)
    spikes, first = trace.spikes, latencies(trace)
    width = widths(trace)
    energy = spike_energy(trace, spikes, width, rate, supplies)
    values = {"rate": rate, "interval": 1 / rate, "first_spike": first, "width": width, "energy": energy}
    values["power"] = energy * rate
    return {name: np.where(alive, v, np.nan) for name, v in values.items()}


def without_start(trace: Trace) -> Trace:
    """The trace without crossings in the first instant, where a circuit that starts away from rest jumps."""
    kept = trace.spike_times >= TOUCH * trace.duration
    if kept.all():
        return trace
    counts = np.concatenate([[0], np.cumsum(kept)])[trace.spike_offsets]
    return replace(trace, spike_times=trace.spike_times[kept], spike_offsets=counts)


def widths(trace: Trace) -> np.ndarray:
    """Median width (s) of each lane's spikes at the watched node, NaN where the subject has none."""
    by_node: Mapping[str, list[np.ndarray]] = getattr(trace, "widths", {})
    if not by_node:
        return np.full(trace.lanes, np.nan)
    return np.array([np.median(w) if len(w) else np.nan for w in next(iter(by_node.values()))])


def spike_energy(
    trace: Trace, spikes: Sequence[np.ndarray], width: np.ndarray, rate: np.ndarray, supplies: Sequence[str] | None
) -> np.ndarray:
    """Energy of a spike (lanes,) J, as `measure` says."""
    names = [n for n in trace.energy if supplies is None or n in supplies]
    if not names:
        return np.full(trace.lanes, np.nan)
    total = np.zeros(trace.lanes)
    for name in names:
        whole = np.asarray(trace.energy[name])
        watts = trace.meta.get("watts", {}).get(name)
        if watts is not None:
            total += (whole - after_last(trace, watts, spikes, width)) / np.maximum([len(s) for s in spikes], 1)
        else:
            total += whole / trace.duration / rate
    return total


def after_last(trace: Trace, watts: np.ndarray, spikes: Sequence[np.ndarray], width: np.ndarray) -> np.ndarray:
    """Energy (J, one a lane) between a lane's last spike and the run's end, from samples of power (lanes, n_time).

    Trapezoids; a sample within a few widths of the spike belongs to the spike.
    """
    time, found = trace.time, np.zeros(trace.lanes)
    for lane, times in enumerate(spikes):
        if not len(times):
            continue
        held = REST * width[lane] if np.isfinite(width[lane]) else 0.0
        k = int(np.searchsorted(time, times[-1] + held, side="right"))
        if k < len(time):
            p = watts[lane, k:]
            found[lane] = np.trapezoid(p, time[k:]) + p[0] * (time[k] - times[-1])
    return found


@dataclass(frozen=True)
class Limit:
    """Bounds of one metric, SI units, both included; an open side is infinite."""

    name: str
    low: float = -np.inf
    high: float = np.inf

    def passes(self, values: Any) -> np.ndarray:
        """Whether each value lies within; NaN does not."""
        v = np.asarray(values, dtype=float)
        return (v >= self.low) & (v <= self.high)

    def text(self, unit: str = "") -> str:
        """As a reader writes it: "rate > 1 kHz", "width = 4 ns .. 5 ns"."""
        u = unit or UNITS.get(self.name, "1")
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"{self.name} = {show(self.low, u)} .. {show(self.high, u)}"
        return f"{self.name} > {show(self.low, u)}" if np.isfinite(self.low) else f"{self.name} < {show(self.high, u)}"

    def __str__(self) -> str:
        return self.text()


_LIMIT = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=|<|>|=)\s*(.+?)\s*")


def read_limit(text: str, units: Mapping[str, str] = UNITS) -> Limit:
    """ "rate>1 kHz", "energy<0.4 nJ" or "width=4ns..5ns" as a Limit; `units` has the metrics that there are.

    InputError for an unknown metric, another unit, an empty range or a form that is none of these.
    """
    match = _LIMIT.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise InputError(f"limit {text!r}: write it as 'rate>1 kHz', 'energy<0.4 nJ' or 'width=4ns..5ns'")
    name, relation, value = match[1].lower(), match[2], match[3]
    if name not in units:
        raise InputError(f"limit {text!r}: there is no metric {name!r}{nearest(name, units)}; there are {', '.join(units)}")
    parts = value.split("..") if relation == "=" else [value]
    if relation == "=" and len(parts) != 2:
        raise InputError(f"limit {text!r}: '=' needs a range, as in '{name}={show(1, units[name])}..{show(2, units[name])}'")
    try:
        numbers = [float(parse(part.strip(), units[name])) for part in parts]
    except InputError as error:
        raise InputError(f"limit {text!r}: {error}") from None
    if len(numbers) == 2:
        if numbers[0] >= numbers[1]:
            raise InputError(f"limit {text!r}: the range is empty; write the smaller value first")
        return Limit(name, *numbers)
    return Limit(name, low=numbers[0]) if ">" in relation else Limit(name, high=numbers[0])


def read_limits(limits: str | Limit | Sequence[str | Limit], units: Mapping[str, str] = UNITS) -> tuple[Limit, ...]:
    """Limits from texts; one text may hold several, separated by commas or semicolons."""
    several: Sequence[str | Limit] = [limits] if isinstance(limits, (str, Limit)) else limits
    found: list[Limit] = []
    for one in several:
        if isinstance(one, Limit):
            found.append(one)
        else:
            found += [read_limit(part, units) for part in re.split(r"[,;]", one) if part.strip()]
    return tuple(found)


def passing(values: Mapping[str, np.ndarray], limits: Sequence[Limit]) -> np.ndarray:
    """Which lanes spike and meet every limit (lanes,)."""
    good = np.isfinite(values["interval"])
    for limit in limits:
        good = good & limit.passes(values[limit.name])
    return np.asarray(good)


def checked_metric(name: str) -> Metric:
    """The metric of this name; InputError if there is none."""
    if name not in METRICS:
        raise InputError(f"there is no metric {name!r}{nearest(name, METRICS)}; there are {', '.join(METRICS)}")
    return METRICS[name]
