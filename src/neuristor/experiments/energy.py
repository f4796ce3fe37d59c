"""Energy of one integrate-and-fire period, by source, by device, and during the spike apart from the ramp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.engines.dissipation import flows
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..subject import Subject
from ..trace import Trace
from .base import Result, checked, constant
from .inputs import one_lane, typical_input
from .spike_shape import NAN, Period, recorded_period, settings, steady_period, tolerance

NEAR = 4  # steps kept on both sides of the period, for slopes


@dataclass(frozen=True)
class Energy(Result):
    """Energy of one late period of a neuron at a constant input `current`: E = int_T sum v i dt, P = E / T.

    period (s), from the middle of one interval to the middle of the next, with one spike in it; change: its relative
    difference from the period before (more than 1e-4: not regular, so not a typical period)
    sources    source -> J that it delivers, counted by the solver;  energy: their sum;  power: energy / period (W)
    input      what the input source delivers of it;  supply: what all others do (J)
    spike      J that enter the devices between the two edges of the output;  ramp: in the rest of the period. The edges
               are at the watched level, so what switches before the first and after the second counts as ramp
    devices    names, largest energy first; each (n,) J:
      conduction    int v i dt over its terminals: turned to heat;  displacement: int v dq, which is near zero over a
                    period: charges return (and is not exactly zero, as the charge models of transistors are no
                    derivatives of an energy)
      in_spike      the part of their sum between the edges
    closure    (sum over devices - sum over sources) / sum over sources: two independent integrals of the same run
    drift      largest difference of a node's voltage between the ends of the period (V): zero if it is truly periodic
    Equation neurons have one source, "input", and no devices; spike, ramp, closure and drift are NaN.
    """

    subject: str
    input_unit: str
    current: float
    period: float
    change: float
    sources: dict[str, float]
    energy: float
    power: float
    input: float
    supply: float
    spike: float
    ramp: float
    devices: tuple[str, ...]
    conduction: np.ndarray
    displacement: np.ndarray
    in_spike: np.ndarray
    closure: float
    drift: float

    @property
    def by_device(self) -> dict[str, float]:
        """Device -> J in the period."""
        return dict(zip(self.devices, (self.conduction + self.displacement).tolist(), strict=True))


def energy(subject: Subject, current: Any = None, *, rtol: float | None = None) -> Energy:
    """Energy and mean power of one late period of `subject` at a constant input (default: its own).

    rtol: of the solver (circuits: 1e-7, with which sources and devices agree to 1e-6 in the CMOS neuron and to 1e-4 in
    every cell). InputError for a neuron that does not keep firing, for a model that states no power, and for a circuit
    with switches: their states along a waveform are not recorded, so what they dissipate is not known.
    """
    one_lane(subject, "energy")
    level, rtol = typical_input(subject, current, "energy"), tolerance(rtol, "energy")
    if not isinstance(subject, CircuitNeuron) and getattr(subject, "power", None) is None:
        raise InputError(f"{subject.name} states no electrical power, so its energy is not defined")
    if isinstance(subject, CircuitNeuron):
        require_no_switch(subject)
    period = steady_period(subject, level, rtol)
    if period.start <= period.first:
        raise InputError(f"{subject.name} fires only twice in the longest run: the energy of a period needs three spikes")
    if isinstance(subject, CircuitNeuron):
        return of_circuit(subject, period, rtol)
    begin, end = period.start - 0.5 * period.interval, period.end - 0.5 * period.interval
    sources = delivered(subject, period, begin, end, rtol)
    return result(subject, period, period.interval, sources)


def require_no_switch(subject: CircuitNeuron) -> None:
    """InputError for a circuit with a switch, whose dissipation needs its state."""
    switches = [e.name for e in subject.netlist.elements.values() if e.kind == "s"]
    if switches:
        raise InputError(
            f"{subject.name} has switches ({', '.join(switches)}): the energy of its devices needs their states, which a "
            "run does not record; what each source delivers in a run is in the energy of its trace"
        )


def delivered(subject: Subject, period: Period, begin: float, end: float, rtol: float | None) -> dict[str, float]:
    """Source -> J between two times, from the solver's own meters at the end of a run to each."""
    runs = [
        checked(subject.simulate(constant(subject, [period.current]), t, record=(), **settings(subject, rtol)), "energy")
        for t in (begin, end)
    ]
    return {name: float(runs[1].energy[name][0] - runs[0].energy[name][0]) for name in runs[0].energy}


def of_circuit(subject: CircuitNeuron, period: Period, rtol: float | None) -> Energy:
    """Sources from the solver's meters, devices from their currents and charges at the solver's own steps."""
    trace, k = recorded_period(subject, period, rtol)
    before, start, after = (float(t) for t in trace.spikes[0][k - 1 : k + 2])
    fall = start + float(trace.widths[subject.watch[0]][0][k])  # type: ignore[attr-defined]
    edges = [0.5 * (before + start), start, fall, 0.5 * (start + after)]
    sources = delivered(subject, period, edges[0], edges[-1], rtol)
    time, waves = window(trace, edges[0], edges[-1])
    found = flows(subject.netlist, time, waves)
    conduction, displacement = found.conduction(edges), found.displacement(edges)
    names = sorted(conduction, key=lambda d: -abs(conduction[d].sum() + displacement[d].sum()))
    heat = np.array([conduction[d] for d in names])
    moved = np.array([displacement[d] for d in names])
    whole, total = float((heat + moved).sum()), sum(sources.values())
    in_spike = (heat + moved)[:, 1]
    ends = np.array([[np.interp(t, time, v) for t in (edges[0], edges[-1])] for v in waves.values()])
    return result(
        subject, period, edges[-1] - edges[0], sources,
        input=sources.get(subject.input, 0.0),
        spike=float(in_spike.sum()),
        ramp=whole - float(in_spike.sum()),
        devices=tuple(names),
        conduction=heat.sum(axis=1),
        displacement=moved.sum(axis=1),
        in_spike=in_spike,
        closure=whole / total - 1,
        drift=float(np.abs(ends[:, 1] - ends[:, 0]).max()),
    )  # fmt: skip


def window(trace: Trace, begin: float, end: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Time and waveforms of one lane from a few steps before `begin` to a few after `end`."""
    low = max(int(np.searchsorted(trace.time, begin)) - NEAR, 0)
    high = int(np.searchsorted(trace.time, end)) + NEAR
    return trace.time[low:high], {n: v[0][low:high] for n, v in trace.signals.items() if n != "i_in"}


def result(subject: Subject, period: Period, length: float, sources: dict[str, float], **parts: Any) -> Energy:
    """The result with what follows from the sources; what is not given is not defined."""
    total = sum(sources.values())
    own = parts.pop("input", sources.get("input", 0.0))
    none = np.zeros(0)
    missing = {"spike": NAN, "ramp": NAN, "devices": (), "conduction": none, "displacement": none, "in_spike": none,
               "closure": NAN, "drift": NAN}  # fmt: skip
    return Energy(
        subject=subject.name, input_unit=subject.input_unit, current=period.current, period=length, change=period.change,
        sources=sources, energy=total, power=total / length, input=own, supply=total - own, **{**missing, **parts},
    )  # fmt: skip
