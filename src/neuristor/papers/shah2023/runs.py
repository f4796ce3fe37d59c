"""Everything that is simulated for the document, in the order of its sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...circuits import op
from ...circuits.cells import AxonHillock, CmosLIF, TwoCapacitorLIF
from ...circuits.cells.cmos_lif import m4_length
from ...circuits.netlist import Element, Netlist
from ...experiments import (
    CapacitanceSweep,
    Energy,
    FICurve,
    Fluctuation,
    Row,
    Saving,
    SpikeShape,
    capacitance_sweep,
    compare,
    energy,
    fi_curve,
    fluctuation,
    one_against_two,
    rheobase,
    spike_shape,
)
from ...experiments.base import latencies
from ...neurons import PerfectIntegrator
from ...stimulus import Fluctuated, Pulse, Step
from ...trace import Trace

CURRENT, CAPACITANCE, SUPPLY = 10e-12, 10e-15, 1.0  # section 3.1
POWER, ENERGY = 14.7e-6, 2.2e-9  # section 4, per spike of eqs. 2 and 3
FAULTS = ("stuck_lrs", "stuck_hrs", "combined")  # figures 4 and 5: (a), (b), (c)
SHARES = (0.0, 0.02, 0.04, 0.06, 0.08, 0.10)  # "between 0 % and 10 %"
SAMPLES, SAMPLES_BETWEEN = 1000, 200  # at 10 %, and at the other shares of figure 5
SPACING = 20e-6  # s, between nodes of the ripple: chosen
CURRENTS = np.array([0.0, 0.5, 1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100]) * 1e-12
CAPACITANCES = np.array([1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50]) * 1e-15


@dataclass(frozen=True)
class Condition:
    """A point at which the published energy and power occur together: supply (V), current (A), and what is found there."""

    vdd: float
    current: float
    rate: float
    power: float
    energy: float


@dataclass(frozen=True)
class Reading:
    """A way to connect the circuit: how often it spikes in the run, and where the membrane and the output end (V)."""

    name: str
    works: bool
    spikes: int
    v_mem: float
    v_spk: float


@dataclass(frozen=True)
class Reset:
    """What a spike leaves on the membrane (V) with M4 of this length (m)."""

    c_mem: float
    length: float
    left: float


@dataclass(frozen=True)
class Runs:
    """All results, by the names that claims and figures use."""

    pulse: Trace
    shape: SpikeShape
    energy: Energy
    curve: FICurve
    rheobase: float
    sweep: CapacitanceSweep
    resets: list[Reset]
    readings: list[Reading]
    faulty: dict[str, Trace]
    ripple: dict[str, Fluctuation]
    shares: dict[str, Fluctuation]
    changes: np.ndarray
    moved: np.ndarray
    column: dict[str, Fluctuation]
    integrator: dict[str, Fluctuation]
    constant: dict[str, Fluctuation]
    saving: Saving
    saving_large: Saving
    baseline: Energy
    supply_limit: float
    condition: Condition
    five_kilohertz: float
    rows: list[Row]


Tell = Callable[[float], None]


def all_runs(tell: Tell) -> Runs:
    """Simulate everything; `tell` hears the fraction done."""
    cell = CmosLIF(vdd=SUPPLY, c_mem=CAPACITANCE)
    shape, spent = spike_shape(cell, CURRENT), energy(cell, CURRENT)
    tell(0.10)
    curve = fi_curve(cell, CURRENTS, duration=60e-3)
    tell(0.18)
    lowest = rheobase(cell, duration=0.4, low=0.0, high=2e-12)
    sweep = capacitance_sweep(cell, CAPACITANCES, current=CURRENT)
    tell(0.25)
    readings = [reading(name) for name in names_of_readings()]
    resets = [reset(100e-15, 0.35e-6), reset(100e-15, m4_length(100e-15)), reset(1e-12, m4_length(1e-12))]
    condition = published_condition(cell)
    tell(0.32)
    ripple = each(lambda f, t: fluctuation(cell, f, 0.10, samples=SAMPLES, current=CURRENT, progress=t), tell, 0.32, 0.64)
    shares = each(
        lambda f, t: fluctuation(cell, f, list(SHARES), samples=SAMPLES_BETWEEN, current=CURRENT, progress=t),
        tell,
        0.64,
        0.9,
    )
    column = each(lambda f, t: fluctuation(cell, f, 0.10, shape="column", samples=SAMPLES, current=CURRENT), tell, 0.9, 0.95)
    constant = each(lambda f, t: fluctuation(cell, f, 0.10, shape="constant", current=CURRENT), tell, 0.95, 0.96)
    changes = np.linspace(-0.2, 0.2, 41)
    alike = PerfectIntegrator(v_th=CURRENT * shape.interval / CAPACITANCE)
    integrator = each(
        lambda f, t: fluctuation(alike, f, list(SHARES), samples=SAMPLES, current=CURRENT, spacing=SPACING), tell, 0.96, 0.98
    )
    two = TwoCapacitorLIF(c_mem=CAPACITANCE, c_w=CAPACITANCE)
    large = CmosLIF(c_mem=1e-12).with_(**{"m4.l": m4_length(1e-12)}), TwoCapacitorLIF(c_mem=1e-12, c_w=1e-12)
    runs = Runs(
        pulse=cell.simulate(Pulse(CURRENT, 0.2e-3, 3.6e-3, duration=5e-3), samples=0),
        shape=shape,
        energy=spent,
        curve=curve,
        rheobase=lowest,
        sweep=sweep,
        resets=resets,
        readings=readings,
        faulty={f: faulty_trace(cell, f) for f in FAULTS},
        ripple=ripple,
        shares=shares,
        changes=changes,
        moved=moved_by(cell, changes),
        column=column,
        integrator=integrator,
        constant=constant,
        saving=one_against_two(cell, two),
        saving_large=one_against_two(*large),
        baseline=energy(two, CURRENT),
        supply_limit=supply_limit(cell),
        condition=condition,
        five_kilohertz=float(np.interp(5e3, curve.rates, curve.currents)),
        rows=compare([cell, two, AxonHillock(c_mem=CAPACITANCE)]),
    )
    tell(1.0)
    return runs


def each(run: Callable[[str, Tell], Any], tell: Tell, first: float, last: float) -> dict[str, Any]:
    """One result a kind of fault."""
    found = {}
    for k, fault in enumerate(FAULTS):
        begin, length = first + (last - first) * k / len(FAULTS), (last - first) / len(FAULTS)
        found[fault] = run(fault, lambda part, begin=begin, length=length: tell(begin + length * part))  # type: ignore[misc]
    return found


def faulty_trace(cell: CmosLIF, fault: str) -> Trace:
    """One sample of the 10 % ripple with its waveforms."""
    sign = {"stuck_lrs": "up", "stuck_hrs": "down", "combined": "both"}[fault]
    ripple = Fluctuated(Step(CURRENT), 0.10, SPACING, sign, duration=5e-3)
    return cell.simulate(ripple, samples=0, record=("vmem", "vspk"))


def moved_by(cell: CmosLIF, changes: np.ndarray) -> np.ndarray:
    """Shift index (%) of the first spike where the current is constantly changed by these shares."""
    first = latencies(cell.simulate(Step(CURRENT * np.append(1.0, 1 + changes)), 2e-3, record=()))
    return 100 * (1 - first[1:] / first[0])


def names_of_readings() -> Sequence[str]:
    return [t.name for t in CmosLIF.topologies]


def reading(name: str) -> Reading:
    """5 ms of one topology at the paper's values."""
    cell = CmosLIF(topology=name, vdd=SUPPLY, c_mem=CAPACITANCE)
    trace = cell.simulate(Step(CURRENT), 5e-3, record=("vmem", "vspk"), samples=501)
    ends = (float(trace["vmem"][0, -1]), float(trace["vspk"][0, -1]))
    spikes = trace.spikes[0]
    works = len(spikes) >= 3 and spikes[-1] > 0.7 * trace.duration  # and not only for a while
    return Reading(name, bool(works), len(spikes), *ends)


def reset(c_mem: float, length: float) -> Reset:
    """A spike of a larger membrane, at a current that makes it as fast as 10 pA at 10 fF."""
    cell = CmosLIF(c_mem=c_mem, vdd=SUPPLY).with_(**{"m4.l": length})
    shape = spike_shape(cell, CURRENT * c_mem / CAPACITANCE)
    return Reset(c_mem, length, shape.left)


def supply_limit(cell: CmosLIF) -> float:
    """The largest power that the supply can give: all four PMOS fully on into ground at once (W)."""
    pull = [e for e in cell.netlist.elements.values() if e.kind == "m" and e.model == "pmos"]
    netlist = Netlist(title="all PMOS on", models=cell.netlist.models).add(
        Element("vdd", "v", ("vdd", "0"), {"dc": SUPPLY}),
        *(Element(e.name, "m", ("0", "0", "vdd", "vdd"), e.params, model="pmos") for e in pull),
    )
    return float(-SUPPLY * op(netlist)["i(vdd)"][0])


def published_condition(cell: CmosLIF) -> Condition:
    """The supply and current at which a period takes the published energy at the published power.

    Power hardly depends on the current, so the supply follows from it (secant on its logarithm); the current then from the
    rate, power / energy, which is linear in it.
    """
    current, supplies = 100e-12, [1.6, 2.0]
    logs = [np.log(spent(cell, v, current)[1]) for v in supplies]
    for _ in range(4):
        slope = (logs[-1] - logs[-2]) / (supplies[-1] - supplies[-2])
        supplies.append(supplies[-1] + (np.log(POWER) - logs[-1]) / slope)
        rate, power = spent(cell, supplies[-1], current)
        logs.append(np.log(power))
        current *= POWER / ENERGY / rate
    rate, power = spent(cell, supplies[-1], current)
    return Condition(supplies[-1], current, rate, power, power / rate)


def spent(cell: CmosLIF, vdd: float, current: float) -> tuple[float, float]:
    """Rate (Hz) and power (W) of one period."""
    found = energy(cell.with_(vdd=vdd), current)
    return 1 / found.period, found.power
