"""The transients that an extraction is fitted to: a circuit at constant currents, on the solver's own steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..quantities import show
from ..stimulus import Step
from ..trace import Trace
from .base import checked

TRIES, LONGER = 4, 3.0  # how often a run without two intervals is tried again, and how much longer
POWER_SAMPLES = 4001
AFTER = 0.01  # of an interval in which the last spike's currents die away
SUNK = (1.0, 0.1, 0.01)  # negative currents, as fractions of the typical one: they show the junctions


@dataclass(frozen=True)
class Ramp:
    """One constant current (A): latency and interval (s); the interval's time from its spike (s) and membrane voltage (V);
    length (s), spikes and supply energy (J) of the whole run."""

    current: float
    latency: float
    interval: float
    time: np.ndarray
    v: np.ndarray
    length: float
    spikes: int
    energy: float

    @property
    def lowest(self) -> int:
        """Index of the lowest voltage: the reset is over."""
        return int(np.argmin(self.v))


@dataclass(frozen=True)
class Drawn:
    """Supply power (W) at equal times of an interval at one current (A), told by the time left to its spike (s)."""

    current: float
    left: np.ndarray
    power: np.ndarray


@dataclass(frozen=True)
class Runs:
    """ramps: one a current that fires; start: membrane voltage at t = 0; sinks: (current, voltage) at rest under
    negative currents, down to -`sunk`; power: the supply power before a spike."""

    ramps: list[Ramp]
    start: float
    sinks: list[tuple[float, float]]
    power: Drawn

    @property
    def currents(self) -> np.ndarray:
        return np.array([r.current for r in self.ramps])

    @property
    def sunk(self) -> float:
        """Size of the largest negative current at which the membrane comes to rest (A), 0 if there is none."""
        return max((-i for i, _ in self.sinks), default=0.0)


def recorded_runs(subject: CircuitNeuron, currents: np.ndarray, progress: Callable[[float], None]) -> Runs:
    """From the largest current down; currents that do not fire are left out. InputError if fewer than four fire."""
    ramps: list[Ramp] = []
    scales = subject.scales()
    charge = scales.time * scales.input
    for k, current in enumerate(currents[::-1]):
        ramp = recorded(subject, float(current), 1.3 * charge / current)
        if ramp is None:
            break
        charge = ramp.interval * current
        ramps.append(ramp)
        progress((k + 1) / (len(currents) + len(SUNK)))
    if len(ramps) < 4:
        told = f"at {show(ramps[-1].current, 'A')} and above" if ramps else f"at {show(currents[-1], 'A')}"
        state = "fires only" if ramps else "does not fire"
        raise InputError(f"{subject.name} {state} {told}: extract with currents=(...) that make it fire")
    typical = float(np.clip(scales.input, currents[0], currents[-1]))
    length = 3 * charge / currents[0]
    sinks = [s for share in SUNK if (s := resting(subject, -share * typical, length)) is not None]
    progress(1.0)
    return Runs(ramps[::-1], start_of(subject), sinks, drawn(subject, ramps[len(ramps) // 2]))


def recorded(subject: CircuitNeuron, current: float, guess: float) -> Ramp | None:
    """The second interval at one current; None if there are no three spikes in a hundred times the guess."""
    length = 3.3 * guess
    for _ in range(TRIES):
        trace = checked(subject.simulate(Step(current), length, record=(subject.membrane,), samples=0), "extraction")
        spikes = trace.spikes[0]
        if len(spikes) >= 3:
            part = slice(*np.searchsorted(trace.time, spikes[1:3]))
            return Ramp(
                current, float(spikes[0]), float(spikes[2] - spikes[1]), trace.time[part] - spikes[1],
                trace[subject.membrane][0, part], length, len(spikes), supplied(trace),
            )  # fmt: skip
        length *= LONGER
    return None


def supplied(trace: Trace) -> float:
    """Energy from all voltage sources (J)."""
    return sum(float(e[0]) for name, e in trace.energy.items() if name.startswith("v"))


def drawn(subject: CircuitNeuron, ramp: Ramp) -> Drawn:
    """Supply power over the second interval."""
    sources = [e for e in subject.netlist.elements.values() if e.kind == "v"]
    length = ramp.latency + 1.02 * ramp.interval
    names = tuple(f"i({e.name})" for e in sources)
    trace = checked(subject.simulate(Step(ramp.current), length, record=names, samples=POWER_SAMPLES), "extraction")
    end = trace.spikes[0][-1]
    start = end - (1 - AFTER) * ramp.interval
    part = slice(*np.searchsorted(trace.time, [start, end]))
    power = -sum(float(np.median(e.params.get("dc", 0.0))) * trace[f"i({e.name})"][0, part] for e in sources)
    return Drawn(ramp.current, end - trace.time[part], np.asarray(power))


def resting(subject: CircuitNeuron, current: float, length: float) -> tuple[float, float] | None:
    """(current, membrane voltage) once a negative current no longer moves it; None if it goes on moving or spikes."""
    trace = checked(subject.simulate(Step(current), length, record=(subject.membrane,)), "extraction")
    v = trace[subject.membrane][0]
    still = abs(v[-1] - v[len(v) // 2]) < 1e-3 * (1 + abs(v[-1]))
    return (current, float(v[-1])) if still and not trace.spike_counts[0] else None


def start_of(subject: CircuitNeuron) -> float:
    """Membrane voltage at the start of a run (V)."""
    scales = subject.scales()
    trace = subject.simulate(Step(0.0), 1e-6 * scales.time, record=(subject.membrane,), samples=2)
    return float(trace[subject.membrane][0, 0])
