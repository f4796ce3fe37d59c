"""Everything that is simulated for the document: figures 5 and 6, and the tests of its statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...circuits.cells.memristive_alif import MemristiveALIFCircuit
from ...circuits.results import CircuitTrace
from ...devices.memristor import MMS
from ...experiments.burst_adaptation import BurstAdaptation, burst_adaptation, inside
from ...experiments.spike_energy import SpikeEnergy, spike_energy
from ...neurons.memristive_alif import MemristiveALIF
from ...presets.memristive_alif import AMPLITUDE, DURATION, FREQUENCY, protocol
from ...stimulus import Step
from ...trace import Trace
from .grid import GridRun, grid_run

DEVICE = ("r_on", "r_off", "v_on", "v_off", "tau", "temperature")
FROZEN = 1e9  # s: a tau with which the memristor does not move
REST = 1.0  # s after the input, for the reset of the state
LEVELS, RATES = (0.3e-3, 0.5e-3, 1e-3, 2e-3), (300.0, 1e3, 3e3)  # A, Hz: around the document's 1 mA and 1 kHz
CURRENTS = np.array([0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0]) * 1e-3  # A, for the law of the interval
STEPS = {"switch": (100e-9, 50e-9), "at once": (1e-6, 100e-9)}  # s
NO_LOAD, FAST_AMPLIFIER = "no load (R x 100, its corner kept)", "no input capacitance, faster amplifier (x 100)"
FAST_COMPARATOR, ALL = "faster comparator (x 10)", "all of them"
# The hardware with one part better than it is: (r_amp, c_amp) keep or leave the corner of the amplifier's network
PARTS: dict[str, dict[str, float]] = {
    "as it is": {},
    NO_LOAD: {"r_amp": 100.0, "c_amp": 0.01},
    "no input capacitance": {"c_amp": 0.0},
    FAST_AMPLIFIER: {"c_amp": 0.0, "gbw": 100.0, "slew": 100.0},
    FAST_COMPARATOR: {"t_delay": 0.1},
    ALL: {"r_amp": 100.0, "c_amp": 1e-5, "gbw": 100.0, "slew": 100.0, "t_delay": 0.1},
}
Tell = Callable[[float], None]


@dataclass(frozen=True)
class Adapted:
    """How the interval inside bursts grows: first and last (s), and all spike times (s)."""

    name: str
    spikes: np.ndarray
    first: float
    last: float

    @property
    def ratio(self) -> float:
        return self.last / self.first


@dataclass(frozen=True)
class DeviceSet:
    """The neuron with one published parameter set: state at rest, time to get there (s), adaptation, state after pulses."""

    name: str
    x_rest: float
    retention: float
    spikes: int
    ratio: float
    highest: float


@dataclass(frozen=True)
class Law:
    """ISI = a + t_m ln(I R_m / (I R_m - v_th)) fitted at a frozen state; t_m over (R_m + R_s) C, largest misfit."""

    name: str
    currents: np.ndarray
    intervals: np.ndarray
    a: float
    t_m: float
    relative: float
    misfit: float


@dataclass(frozen=True)
class Spent:
    """Energy of the hardware by source (J) in the first and in the last period, and the spikes of both."""

    first: dict[str, float]
    last: dict[str, float]
    spikes: tuple[int, int]


@dataclass(frozen=True)
class Runs:
    """All results, by the names that claims and figures use."""

    trace: Trace
    adaptation: BurstAdaptation
    spent: SpikeEnergy
    frozen: Adapted
    at_capacitor: tuple[float, float]
    closed_form: float
    rest: float
    hardware: CircuitTrace
    adapted: dict[str, Adapted]
    parts: dict[str, Adapted]
    hardware_spent: Spent
    sets: list[DeviceSet]
    levels: BurstAdaptation
    laws: list[Law]
    grid: list[GridRun]
    neuron: MemristiveALIF


def all_runs(tell: Tell) -> Runs:
    """Simulate everything; `tell` hears the fraction done."""
    neuron = MemristiveALIF()
    hardware, ideal = (MemristiveALIFCircuit(topology=t) for t in ("hardware", "ideal"))
    trace = neuron.simulate(protocol(), samples=20001, rtol=1e-9)
    adaptation, spent = burst_adaptation(neuron), spike_energy(neuron)
    tell(0.2)
    waves = hardware.simulate(protocol(), record=("vmem", "vk", "vspk", "x(y1)"), samples=100_001, rtol=1e-6)
    adapted = {
        "equations": of_spikes("equations", trace.spikes[0]),
        "ideal": of_spikes("ideal", ideal.simulate(protocol(), record=(), rtol=1e-7).spikes[0]),
        "hardware": of_spikes("hardware", waves.spikes[0]),
    }
    parts = variants(hardware)
    tell(0.5)
    runs = Runs(
        trace=trace,
        adaptation=adaptation,
        spent=spent,
        frozen=of_spikes("frozen", neuron.with_(tau=FROZEN).simulate(protocol(), record=()).spikes[0]),
        at_capacitor=(threshold_at_capacitor(neuron, 0.0), threshold_at_capacitor(neuron, 1.0)),
        closed_form=float(neuron.interval(AMPLITUDE, 1.0)),
        rest=float(neuron.memristor.at(REST, 0.0, trace["x"][0, -1])),
        hardware=waves,
        adapted=adapted,
        parts=parts,
        hardware_spent=hardware_energy(hardware),
        sets=[device_set(name) for name in MMS.presets],
        levels=burst_adaptation(neuron, LEVELS, RATES, duration=DURATION),
        laws=[law("equations", neuron), law("hardware", hardware)],
        grid=grid_runs(neuron, tell),
        neuron=neuron,
    )
    tell(1.0)
    return runs


def of_spikes(name: str, spikes: np.ndarray) -> Adapted:
    lengths = inside(spikes, FREQUENCY).lengths
    first, last = (float(lengths[0]), float(lengths[-1])) if len(lengths) else (np.nan, np.nan)
    return Adapted(name, spikes, first, last)


def variants(hardware: MemristiveALIFCircuit) -> dict[str, Adapted]:
    """The hardware with its parts improved one at a time, as lanes of one run."""
    keys = ("r_amp", "c_amp", "gbw", "slew", "t_delay")
    values = {k: getattr(hardware, k) * np.array([p.get(k, 1.0) for p in PARTS.values()]) for k in keys}
    trace = hardware.with_(**values).simulate(protocol(), record=(), rtol=1e-6)
    return {name: of_spikes(name, spikes) for name, spikes in zip(PARTS, trace.spikes, strict=True)}


def threshold_at_capacitor(neuron: MemristiveALIF, x: float) -> float:
    """Interval (s) at frozen x if the threshold were on the capacitor's voltage instead of the memristor's."""
    total = float(neuron.memristor.resistance(x)) + neuron.r_s
    top = AMPLITUDE * total
    return float(total * neuron.c_mem * np.log((top - neuron.v_release) / (top - neuron.v_th)))


def hardware_energy(hardware: MemristiveALIFCircuit) -> Spent:
    """Joule by source in the first and in the last period: differences between runs of several lengths."""
    period = 1 / FREQUENCY
    traces = [
        hardware.simulate(protocol(), length, record=(), rtol=1e-6) for length in (period, DURATION - period, DURATION)
    ]
    energies = [{name: float(v[0]) for name, v in t.energy.items()} for t in traces]
    counts = [len(t.spikes[0]) for t in traces]
    last = {name: energies[2][name] - energies[1][name] for name in energies[0]}
    return Spent(energies[0], last, (counts[0], counts[2] - counts[1]))


def device_set(name: str) -> DeviceSet:
    """The neuron of figure 5 with another published device."""
    device = MMS.preset(name)
    found = burst_adaptation(MemristiveALIF(**{k: getattr(device, k) for k in DEVICE}))
    return DeviceSet(
        name, float(device.x_inf(0.0)), float(device.retention(0.0)), len(found.spikes[0]), float(found.ratio[0]),
        float(found.state[0].max()),
    )  # fmt: skip


def law(name: str, subject: Any) -> Law:
    """Intervals with the memristor frozen OFF at several inputs, and the fit of the document's formula."""
    still = subject.with_(tau=FROZEN, x0=0.0)
    trace = still.simulate(Step(CURRENTS), 1e-3, record=(), rtol=1e-7)
    intervals = np.array([np.diff(s)[1:].mean() for s in trace.spikes])
    reached = CURRENTS * still.r_off
    logs = np.log(reached / (reached - still.v_th))
    design = np.column_stack([np.ones_like(logs), logs])
    (a, t_m), *_ = np.linalg.lstsq(design / intervals[:, None], np.ones_like(logs), rcond=None)
    misfit = np.abs(design @ (a, t_m) / intervals - 1).max()
    nominal = (still.r_off + still.r_s) * still.c_mem
    return Law(name, CURRENTS, intervals, float(a), float(t_m), float(t_m / nominal), float(misfit))


def grid_runs(neuron: MemristiveALIF, tell: Tell) -> list[GridRun]:
    """RK4 with a threshold test after each step, beside the located number of spikes."""
    found = []
    sudden = neuron.with_(r_switch=0.05, v_release=1e-3)
    for reset, steps in STEPS.items():
        located = (neuron if reset == "switch" else sudden).simulate(protocol(), record=(), rtol=1e-9).spikes[0]
        for dt in steps:
            found.append(grid_run(neuron, dt, reset, located))
            tell(0.6 + 0.1 * len(found))
    return found
