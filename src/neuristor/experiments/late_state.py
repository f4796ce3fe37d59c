"""The state in which a circuit that does not spike ends, and what is said of it.

Nothing here knows a circuit by name. What is used: the watched node and its level, the membrane, the supply, the input
current, the devices' currents in the late state, and which transistors connect a node to a higher or a lower one and
what their gates do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..circuits.engines.dissipation import Flows, flows
from ..circuits.netlist import GROUND, Element
from ..circuits.neuron import CircuitNeuron
from ..quantities import show
from ..subject import Subject
from ..trace import Trace
from .base import constant

LATE = 0.7  # of the duration: from here on a run is late
SETTLED = 2e-3  # of the supply: a node that moves less in the late part is at rest
BEYOND = 0.3  # V above the supply or below ground: no node of a working neuron is there
SILENT_CURRENT = 1e-3  # of the input: a device that takes less is not named


def moving(trace: Trace, lane: int, supply: float) -> list[str]:
    """Nodes that are not at rest in the late part of a run."""
    late = slice(int(LATE * len(trace.time)), None)
    return [n for n, v in trace.signals.items() if n != "i_in" and np.ptp(v[lane][late]) > SETTLED * supply]


def reach(subject: Subject) -> float:
    """The largest voltage that a source holds: the supply."""
    if not isinstance(subject, CircuitNeuron):
        return 1.0
    held = [float(np.max(np.abs(e.params.get("dc", 0.0)))) for e in subject.netlist.elements.values() if e.kind == "v"]
    return max(held, default=0.0) or 1.0


@dataclass(frozen=True)
class LateState:
    """The end of a silent run: node -> V, device -> node -> A into the device, spikes so far, nodes still moving."""

    subject: CircuitNeuron
    volts: dict[str, float]
    lows: dict[str, float]
    highs: dict[str, float]
    currents: dict[str, dict[str, float]]
    current: float
    supply: float
    spikes: int
    duration: float
    moving: list[str]

    @property
    def level(self) -> float:
        return float(np.ravel(self.subject.watch[1])[0])

    def pulling(self, node: str, up: bool) -> list[tuple[Element, str]]:
        """Transistors (and their gates) that can lift or lower a node: PMOS up, NMOS down."""
        kind = "pmos" if up else "nmos"
        models = self.subject.netlist.models
        return [
            (e, e.nodes[1])
            for e in self.subject.netlist.elements.values()
            if e.kind == "m" and node in (e.nodes[0], e.nodes[2]) and models[e.model].kind == kind
        ]

    def driven(self, e: Element) -> bool:
        """Whether the gate is on the conducting side: beyond half the supply from the source."""
        drain, gate, source, _ = (self.volts[n] for n in e.nodes)
        n_type = self.subject.netlist.models[e.model].kind == "nmos"
        return (gate - min(drain, source) if n_type else max(drain, source) - gate) > 0.5 * self.supply


def of_circuit(subject: CircuitNeuron, trace: Trace, lane: int) -> str:
    """A circuit: where the membrane and the output end, what takes the current, which node holds which."""
    lacking = [n for n in subject.netlist.nodes if n not in trace.signals]
    if lacking:
        return f"node {lacking[0]} is not recorded, so the reason is not known"
    s = late_state(subject, trace, lane)
    node, membrane = subject.watch[0], subject.membrane
    parts = [f"after {s.spikes} spike{'s' * (s.spikes > 1)} "] if s.spikes else []
    output = s.volts[node]
    if is_swinging(s, node, membrane):
        parts.append(swinging(s, node, membrane))
    elif output > s.level:
        parts.append(f"{node} stays at {volt(output)}{between(s, node)}; {at_membrane(s)}; {held(s, node)}")
    else:
        parts.append(f"{at_membrane(s, threshold_of(s))}; {node} stays at {volt(output)}, below {volt(s.level)}")
        if s.volts[membrane] > 0.5 * s.supply or between(s, node) or not s.pulling(node, up=True):
            parts.append(f": {held(s, node)}")
    if left_out := getattr(subject, "without", ()):
        parts.append(f" ({joined(left_out)} {'is' if len(left_out) == 1 else 'are'} left out)")
    return "".join(parts)


def late_state(subject: CircuitNeuron, trace: Trace, lane: int) -> LateState:
    """Node voltages, device currents and what moves at the end of a run."""
    late = slice(int(LATE * len(trace.time)), None)
    waves = {n: v[lane] for n, v in trace.signals.items() if n != "i_in"}
    end: Flows = flows(subject.netlist, trace.time[-2:], {n: v[-2:] for n, v in waves.items()})
    supply = reach(subject)
    stimulus = trace.signals.get("i_in", np.zeros((1, 1)))
    return LateState(
        subject=subject,
        volts={**{n: float(v[-1]) for n, v in waves.items()}, GROUND: 0.0},
        lows={n: float(v[late].min()) for n, v in waves.items()},
        highs={n: float(v[late].max()) for n, v in waves.items()},
        currents={d: {n: float(i[-1]) for n, i in at.items()} for d, at in end.currents.items()},
        current=float(stimulus[min(lane, len(stimulus) - 1)][-1]),
        supply=supply,
        spikes=len(trace.spikes[lane]),
        duration=trace.duration,
        moving=moving(trace, lane, supply),
    )  # fmt: skip


def volt(value: float) -> str:
    return show(float(f"{value:.3g}") if abs(value) > 5e-4 else 0.0, "V")


def rising(s: LateState, node: str) -> bool:
    return node in s.moving and s.volts[node] > s.highs[node] - 0.1 * (s.highs[node] - s.lows[node])


def between(s: LateState, node: str) -> str:
    """Words for a node that is on neither rail."""
    return ", between the rails" if 0.1 * s.supply < s.volts[node] < 0.9 * s.supply else ""


def is_swinging(s: LateState, node: str, membrane: str) -> bool:
    """Whether membrane and output go to and fro, the output never staying above its level."""
    if not {node, membrane} <= set(s.moving) or s.lows[node] > s.level:
        return False
    return s.highs[membrane] <= s.supply + BEYOND and not rising(s, membrane)


def swinging(s: LateState, node: str, membrane: str) -> str:
    return (
        f"nothing settles: {membrane} swings between {volt(s.lows[membrane])} and {volt(s.highs[membrane])}, and {node} "
        f"reaches {volt(s.highs[node])}, where a spike is {volt(s.level)}"
    )


def at_membrane(s: LateState, short_of: str = "") -> str:
    """Where the membrane ends (and what it falls short of), and which devices take the input current."""
    node = s.subject.membrane
    takers = {d: at[node] for d, at in s.currents.items() if abs(at.get(node, 0.0)) > SILENT_CURRENT * abs(s.current)}
    takers = {d: i for d, i in takers.items() if i * s.current > 0}
    level = s.volts[node]
    if level > s.supply + BEYOND or (rising(s, node) and level > s.supply):
        gone = f"the membrane charges to {volt(level)}, beyond the supply of {volt(s.supply)}: "
        return gone + (f"nothing but the leak of {joined(takers)} empties it" if takers else "no device empties it")
    if rising(s, node):
        return f"after {show(s.duration, 's')} the membrane is at {volt(level)} and still rising: run longer"
    if s.current <= 0:
        what = "no current flows in" if s.current == 0 else f"the input of {show(s.current, 'A')} flows out of it"
        return f"the membrane stays at {volt(level)}{short_of}: {what}"
    if not takers:
        return f"the membrane stays at {volt(level)}{short_of}"
    whole = show(s.current, "A")
    if len(takers) == 1:
        (taker,) = takers
        return f"the membrane settles at {volt(level)}{short_of}: {taker} takes all of the {whole}{held_on(s, taker)}"
    shares = joined(f"{d} ({show(i, 'A')})" for d, i in takers.items())
    return f"the membrane settles at {volt(level)}{short_of}: {shares} take the {whole}"


def held_on(s: LateState, name: str) -> str:
    """Words for a transistor that empties the membrane because its gate is on, though the output is not."""
    e = s.subject.netlist.elements[name]
    if e.kind != "m" or not s.driven(e) or e.nodes[1] == s.subject.watch[0] or s.volts[s.subject.watch[0]] > s.level:
        return ""
    gate = e.nodes[1]
    return f", as its gate {gate} is at {volt(s.volts[gate])} ({held(s, gate)})"


def joined(names: Iterable[str]) -> str:
    """Words in a row: "a", "a and b", "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def threshold_of(s: LateState) -> str:
    """The membrane voltage at which the neuron fires at its own input, if it does: what the late state falls short of."""
    subject, usual = s.subject, s.subject.scales().input
    if s.current >= usual or s.volts[subject.membrane] > 0.9 * s.supply:
        return ""
    trace = subject.simulate(constant(subject, [usual]), 4 * subject.scales().time, record=(subject.membrane,), samples=0)
    if not len(trace.spikes[0]):
        return ""
    at = np.interp(trace.spikes[0][0], trace.time, trace[subject.membrane][0])
    if at <= s.volts[subject.membrane]:
        return ""
    return f", below the {volt(float(at))} at which it fires at {show(usual, 'A')}"


def held(s: LateState, node: str) -> str:
    """Why a node does not change sides: who holds it, followed gate by gate to where the reason lies."""
    seen: list[str] = []
    chain: list[str] = []
    while True:
        high = s.volts[node] > 0.5 * s.supply
        seen.append(node)
        holders = [(e, gate) for e, gate in s.pulling(node, up=high) if s.driven(e)]
        following = [gate for _, gate in holders if gate not in seen and gate not in (s.subject.membrane, "0")]
        if not holders or not following or following[0] not in s.lows or is_held(s, following[0]):
            return "".join(chain) + ending(s, node, high, holders)
        side = "up" if high else "down"
        gate = following[0]
        holder = next(e for e, g in holders if g == gate)
        chain.append(f"{holder.name} holds {node} {side} because {gate} is at {volt(s.volts[gate])}, and ")
        node = gate


def is_held(s: LateState, node: str) -> bool:
    """Whether a voltage source stands at a node."""
    return any(e.kind == "v" and node in e.nodes for e in s.subject.netlist.elements.values())


def ending(s: LateState, node: str, high: bool, holders: list[tuple[Element, str]]) -> str:
    """Who could take the last node to its other side, and why that does not happen."""
    verb = "lowers" if high else "lifts"
    others = s.pulling(node, up=not high)
    on = [e.name for e, _ in others if s.driven(e)]
    off = [f"{e.name} is off ({gate} at {volt(s.volts[gate])})" for e, gate in others if not s.driven(e)]
    if not others:
        return f"nothing {verb} {node}: no {'NMOS' if high else 'PMOS'} stands there"
    if not on:
        return f"nothing {verb} {node}: {joined(off)}"
    if holders:
        verb = "holds" if len(holders) == 1 else "hold"
        return f"{joined(e.name for e, _ in holders)} {verb} {node} at {volt(s.volts[node])} against {joined(on)}"
    gates = joined(dict.fromkeys(f"{gate} at {volt(s.volts[gate])}" for _, gate in others))
    rivals = [e.name for e, _ in s.pulling(node, up=high)]
    return f"with {gates}, {joined(on)} cannot move {node}" + (f" against {joined(rivals)}" if rivals else "")
