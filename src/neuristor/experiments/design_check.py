"""Two designs in ngspice: the same metrics from another program's waveforms."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuits.analyses import tran
from ..circuits.engines.spikes import crossings, spans
from ..circuits.netlist import GROUND, Netlist
from ..circuits.neuron import plan_of
from ..errors import InputError
from ..stimulus import Stimulus
from .design_metrics import PHASE, Bench, Metrics

STEPS = 1000  # an interval, at least: energies are trapezoids over ngspice's points
RTOLS = (1e-7, 1e-6, 1e-5)  # tried in this order: ngspice may give up at a tight one


@dataclass(frozen=True)
class Verification:
    """What ngspice says of the start and the best design.

    start, best   metric -> value; shift_max is that of the sample that shifts most in our runs
    gain, ours    energy at the start over that of the best design: ngspice's and ours;  difference  gain/ours - 1
    note          why there is no verification, else ""
    """

    engine: str = ""
    start: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    gain: float = float("nan")
    ours: float = float("nan")
    note: str = ""

    @property
    def difference(self) -> float:
        return self.gain / self.ours - 1


def verify(
    bench: Bench, designs: tuple[Netlist, Netlist], ours: tuple[Metrics, Metrics], engine: str,
    progress: Callable[[float], None] | None = None,
) -> Verification:  # fmt: skip
    """Run both designs in ngspice; a machine without it gives a note instead."""
    gain = ours[0].values["energy"] / ours[1].values["energy"]
    if not engine:
        return Verification(ours=gain, note="not verified: no second engine was asked for")
    if shutil.which("ngspice") is None:
        return Verification(ours=gain, note="not verified: ngspice is not installed")
    found: list[dict[str, float]] = []
    for netlist, m in zip(designs, ours, strict=True):
        try:
            found.append(in_ngspice(bench, netlist, m))
        except InputError as error:
            return Verification(ours=gain, note=f"not verified: {error}")
        if progress:
            progress(len(found) / 2)
    start, best = found
    return Verification(engine, start, best, start["energy"] / best["energy"], gain)


def in_ngspice(bench: Bench, netlist: Netlist, ours: Metrics) -> dict[str, float]:
    """Energy, power, rate, interval and width at constant input, and the shift of our worst sample."""
    interval, n = ours.values["interval"], bench.spikes
    stop = ours.first + (n - 1 + 0.5) * interval
    time, waves = waveforms(bench, netlist, bench.steady, stop, interval / STEPS)
    node, level = bench.subject.watch
    spikes = crossings(time, waves[node], level)
    if len(spikes) < n:
        raise InputError(f"in ngspice {len(spikes)} of {n} spikes come")
    spikes, widths = spikes[:n], spans(spikes, crossings(time, -waves[node], -level))[:n]
    ends = [spikes[k] + PHASE * (spikes[k] - spikes[k - 1] if k else spikes[1] - spikes[0]) for k in (0, n - 1)]
    joule = float(np.diff(np.interp(ends, time, delivered(netlist, time, waves)))[0]) / (n - 1)
    mean = float(spikes[-1] - spikes[0]) / (n - 1)
    found = {"energy": joule, "power": joule / mean, "rate": 1 / mean, "interval": mean, "width": float(widths.mean())}
    if ours.shifts.size:
        stop = ours.first * 2 + (n + 0.5) * interval * (1 + 1.5 * bench.amplitude)
        time, waves = waveforms(bench, netlist, bench.sample(ours.worst_sample, stop), stop, 0.0)
        moved = crossings(time, waves[node], level)[:n]
        if len(moved) == n:
            found["shift_max"] = float(np.max(np.abs(1 - moved / spikes)))
    return found


def waveforms(
    bench: Bench, netlist: Netlist, stimulus: Stimulus, stop: float, longest: float
) -> tuple[np.ndarray, Mapping[str, Any]]:
    """ngspice's own time points (n,) and, by name, waveforms (n,) of the watched node and of the supplies."""
    supplies = [e for e in netlist.elements.values() if e.kind == "v"]
    record = [bench.subject.watch[0], *(s for e in supplies for s in (*e.nodes, f"i({e.name})") if s != GROUND)]
    plan = plan_of(netlist, stop)
    plan = type(plan)(plan.step, stop, 0.0, longest or plan.max_step, plan.uic)
    for rtol in RTOLS:
        trace = tran(
            netlist.with_(analyses=(plan,)), stop, spikes=[bench.subject.watch], record=list(dict.fromkeys(record)),
            inputs={bench.subject.input: stimulus}, rtol=rtol, engine="ngspice",
        )  # fmt: skip
        if not trace.failures:
            break
    if trace.failures:
        raise InputError(trace.failures[0].reason)
    return trace.time, {name: wave[0] for name, wave in trace.signals.items()}


def delivered(netlist: Netlist, time: np.ndarray, waves: Mapping[str, np.ndarray]) -> np.ndarray:
    """Energy of the supplies up to each time (n,) J, by trapezoids."""
    power = np.zeros(len(time))
    for e in netlist.elements.values():
        if e.kind == "v":
            plus, minus = (waves[n] if n != GROUND else 0.0 for n in e.nodes)
            power -= (plus - minus) * waves[f"i({e.name})"]
    return np.concatenate([[0.0], np.cumsum(0.5 * (power[1:] + power[:-1]) * np.diff(time))])
