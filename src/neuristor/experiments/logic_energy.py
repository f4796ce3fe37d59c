"""What a logic gate costs: leakage in every input state, energy of every change of its inputs, delay; from its transistors.

The gate's inputs walk through all changes from any state to any other, each followed by a rest in which all settles. The
energy of a change is what the supply gives to the gate and, through whatever drives it, to its inputs:

    E = V_DD (Q_supply + sum over inputs that end high of Q_input) - P_leak t

with the charges Q of the rest t and the leakage P_leak of the new state. An input that ends low gives its charge to
ground and costs nothing then. So energies of the gates of a circuit add up: what an output spends on the inputs that it
drives is in their energies, and only the load, which stands for the wire, is in its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.integrate import cumulative_trapezoid

from .. import circuits
from ..circuits.cells.logic import LOGIC, LogicCell, LogicFamily
from ..circuits.netlist import GROUND, Element, Netlist, Wave
from ..circuits.results import CircuitTrace
from ..errors import InputError, nearest
from ..quantities import one_number, show
from .base import Result

WIRE = "1 fF"  # chosen: 5 um of wire at 0.2 fF/um (a usual value: Weste and Harris, 4th ed., chapter 6)
EDGE = "20 ps"  # of the inputs, from rail to rail
REST = "1 ns"  # at 1.2 V; lower supplies need more
SETTLED = 0.05  # of the supply, the largest distance of an output from its rail at the end of a rest
RTOL = 1e-5


@dataclass(frozen=True)
class CellEnergy(Result):
    """One gate at one supply, temperature and load.

    A state is a number whose bit k is input k. leakage (states,): W; energy (from, to): J; outputs_at (outputs, states)
    delay (outputs,): s, the slowest change from half the input's edge to half the supply;  delay_mean: of all changes
    c_in (inputs,): F, mean charge of an input that rises alone, over the supply
    """

    cell: str
    card: str
    engine: str
    v_dd: float
    temperature: float
    v_t_shift: float
    c_load: float
    transistors: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    leakage: np.ndarray
    energy: np.ndarray
    outputs_at: np.ndarray
    delay: np.ndarray
    delay_mean: np.ndarray
    c_in: np.ndarray

    @property
    def leakage_mean(self) -> float:
        """W, all input states equally likely."""
        return float(self.leakage.mean())

    @property
    def per_output_change(self) -> float:
        """J, mean over all changes of the inputs that change an output, each divided by the outputs that change."""
        changed = np.sum(self.outputs_at[:, :, None] != self.outputs_at[:, None, :], axis=0)
        return float(np.mean(self.energy[changed > 0] / changed[changed > 0]))

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"leakage_mean": self.leakage_mean, "per_output_change": self.per_output_change}


@dataclass(frozen=True)
class Walk:
    """A gate taken through input states: charges (rests, sources) in C, the supply first, and the solver's own waveforms."""

    states: np.ndarray  # (rests,) where each rest is
    charges: np.ndarray
    trace: CircuitTrace
    edge: float
    rest: float

    def span(self, k: int) -> np.ndarray:
        """Indices of the waveforms' points in rest k."""
        start = k * self.rest
        return np.flatnonzero((self.trace.time >= start - 1e-3 * self.edge) & (self.trace.time <= start + self.rest))

    def crossing(self, node: str, k: int, level: float) -> float:
        """When a node last passes a level in rest k, s after half the edge; NaN if it does not."""
        at = self.span(k)
        v = self.trace[node][0][at] - level
        passed = np.flatnonzero(np.sign(v[1:]) != np.sign(v[:-1]))
        if not len(passed):
            return float("nan")
        p = passed[-1]
        t = self.trace.time[at]
        return float(t[p] - v[p] * (t[p + 1] - t[p]) / (v[p + 1] - v[p]) - k * self.rest - self.edge / 2)


def characterise(
    cell: str, family: LogicFamily | None = None, *, c_load: Any = WIRE, rest: Any = REST, edge: Any = EDGE,
    engine: str = "native",
) -> CellEnergy:  # fmt: skip
    """Leakage, energies and delays of a gate of `circuits.cells.logic.LOGIC` without memory.

    c_load  at every output, besides nothing else;  rest: from one change to the next;  edge: of the inputs, rail to rail
    InputError for a flip-flop (see `flip_flop`), and where an output has not settled within a rest.
    """
    family = family or LogicFamily()
    gate = gate_of(cell)
    if gate.clock:
        raise InputError(f"characterise: {cell} has a memory; use flip_flop")
    load, seconds = one_number(c_load, "F", "characterise: c_load"), one_number(rest, "s", "characterise: rest")
    steps = every_change(2 ** len(gate.inputs))
    leakage, outputs_at = resting(gate, family, engine)
    if not np.all(np.ptp(outputs_at, axis=1)):
        told = f"{cell} at {show(family.v_dd, 'V')}: an output never changes"
        raise InputError(f"{told}: the supply does not suit the thresholds of the transistors")
    found = walk(gate, family, steps, load, seconds, one_number(edge, "s", "characterise: edge"), engine)
    for k, state in enumerate(found.states):
        require_settled(found, gate, k, outputs_at[:, state] * family.v_dd, family.v_dd)
    energy = np.zeros((len(leakage), len(leakage)))
    delays = np.full((len(gate.outputs), *energy.shape), np.nan)
    for k, (start, end) in enumerate(zip(steps[:-1], steps[1:], strict=True), 1):
        energy[start, end] = drawn(found, k, family.v_dd) - leakage[end] * seconds
        for j in np.flatnonzero(outputs_at[:, start] != outputs_at[:, end]):
            delays[j, start, end] = found.crossing(gate.outputs[j], k, family.v_dd / 2)
    return CellEnergy(
        cell=cell, card=family.card.name, engine=engine, v_dd=family.v_dd, temperature=family.temperature,
        v_t_shift=family.v_t_shift, c_load=load, transistors=gate.transistors, inputs=gate.inputs, outputs=gate.outputs,
        leakage=leakage, energy=energy, outputs_at=outputs_at, delay=np.nanmax(delays, axis=(1, 2)),
        delay_mean=np.nanmean(delays, axis=(1, 2)), c_in=input_capacitance(found, steps, gate, family.v_dd),
    )  # fmt: skip


def gate_of(cell: str) -> LogicCell:
    """The gate of a name; InputError if there is none."""
    if cell not in LOGIC:
        raise InputError(f"unknown gate {cell!r}{nearest(str(cell), LOGIC)}; there are {', '.join(LOGIC)}")
    return LOGIC[cell]


def every_change(states: int) -> list[int]:
    """A closed walk that goes from each state to each other exactly once."""
    return [s for i in range(states) for j in range(i + 1, states) for s in (i, j)] + [0]


def bench(gate: LogicCell, family: LogicFamily, sources: Sequence[Element], c_load: float) -> Netlist:
    """The gate alone: its pins are nodes of their names, a load at each output."""
    pins = {pin: pin for pin in (*gate.inputs, *gate.outputs)}
    loads = [Element(f"c{pin}", "c", (pin, GROUND), {"c": c_load}) for pin in gate.outputs if c_load]
    return family.netlist(gate.name, [*family.place(gate, "x", pins), *sources, *loads])


def resting(gate: LogicCell, family: LogicFamily, engine: str) -> tuple[np.ndarray, np.ndarray]:
    """Leakage (states,) in W, of the supply and of inputs that are high, and outputs (outputs, states) as 0 and 1."""
    states = np.arange(2 ** len(gate.inputs))
    high = [(states >> k) & 1 for k in range(len(gate.inputs))]
    sources = [
        Element(f"v{pin}", "v", (pin, GROUND), {"dc": family.v_dd * bit}) for pin, bit in zip(gate.inputs, high, strict=True)
    ]
    point = circuits.op(bench(gate, family, sources, 0.0), engine)
    current = -point["i(vdd)"] - sum(bit * point[f"i(v{pin})"] for pin, bit in zip(gate.inputs, high, strict=True))
    return family.v_dd * current, np.array([(point[pin] > family.v_dd / 2).astype(int) for pin in gate.outputs])


def walk(
    gate: LogicCell, family: LogicFamily, states: Sequence[int], c_load: float, rest: float, edge: float, engine: str,
    inside: Sequence[str] = (),
) -> Walk:  # fmt: skip
    """Take the inputs from state to state, one rest each; `inside`: nodes of the gate that are recorded as well."""
    if not 0 < edge < rest:
        raise InputError(f"a rest of {show(rest, 's')} must be longer than the edge of {show(edge, 's')} at its start")
    sources = []
    for k, pin in enumerate(gate.inputs):
        levels = [family.v_dd * ((s >> k) & 1) for s in states]
        sources.append(Element(f"v{pin}", "v", (pin, GROUND), {}, wave=Wave("pwl", course(levels, rest, edge))))
    netlist = bench(gate, family, sources, c_load)
    currents = ["i(vdd)", *(f"i(v{pin})" for pin in gate.inputs)]
    record = [*currents, *gate.outputs, *(f"x.{node}" for node in inside)]
    trace = circuits.tran(netlist, len(states) * rest, record=record, engine=engine, rtol=RTOL)
    if trace.failures:
        raise InputError(f"{gate.name}: {trace.failures[0]}")
    flows = np.array([-trace[name][0] for name in currents])
    ends = np.arange(len(states) + 1) * rest
    at = np.array([np.interp(ends, trace.time, q) for q in cumulative_trapezoid(flows, trace.time, initial=0)])
    return Walk(np.array(states), np.diff(at, axis=1).T, trace, edge, rest)


def course(levels: Sequence[float], rest: float, edge: float) -> tuple[float, ...]:
    """t1 v1 t2 v2 ... of levels that are held for a rest each, with an edge at its start."""
    points = [0.0, levels[0]]
    for k, (old, new) in enumerate(zip(levels[:-1], levels[1:], strict=True), 1):
        if new != old:
            points += [k * rest, old, k * rest + edge, new]
    return tuple(points)


def drawn(found: Walk, k: int, v_dd: float) -> float:
    """J that the supply, and inputs that are high in rest k, give in it."""
    high = [(found.states[k] >> j) & 1 for j in range(found.charges.shape[1] - 1)]
    return float(v_dd * (found.charges[k, 0] + np.dot(high, found.charges[k, 1:])))


def require_settled(found: Walk, gate: LogicCell, k: int, wanted: np.ndarray, v_dd: float) -> None:
    """InputError if an output is not at its level by the end of rest k."""
    last = found.span(k)[-1]
    for pin, level in zip(gate.outputs, wanted, strict=True):
        if abs(found.trace[pin][0][last] - level) > SETTLED * v_dd:
            raise InputError(
                f"{gate.name} at {show(v_dd, 'V')}: output {pin} has not settled after {show(found.rest, 's')};"
                " give a longer rest"
            )


def input_capacitance(found: Walk, states: Sequence[int], gate: LogicCell, v_dd: float) -> np.ndarray:
    """Mean charge over the supply of each input where it alone rises (inputs,)."""
    steps = list(enumerate(zip(states[:-1], states[1:], strict=True), 1))
    return np.array(
        [
            np.mean([found.charges[k, 1 + j] for k, (start, end) in steps if end - start == 1 << j and not start >> j & 1])
            / v_dd
            for j in range(len(gate.inputs))
        ]
    )
