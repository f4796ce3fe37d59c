"""A circuit as a neuron: a current goes in, spikes come out, and every experiment runs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from ..parameters import Scales
from ..quantities import parse, show
from ..stimulus import Stimulus
from .analyses import half_supply, read_watch, tran
from .netlist import GROUND, Netlist, Tran, lanes_of
from .results import CircuitTrace
from .settings import COLDEST, changed, place

SHOWN_LANES = 8  # of more, waveforms are stored only if nodes are named
SPIKES = "vspk"  # node whose rising crossings are spikes, unless told otherwise
GUESS = 10e-12  # A, if the circuit's own input source is silent


class CircuitNeuron:
    """A netlist with one input current source and one node whose rising crossings are its spikes.

    netlist    the circuit;  input: its input current source (default: the only one)
    spikes     "node@level", "node" (level: half the supply) or (node, level), level a number or one a lane
    membrane   node of the membrane, for thresholds and resets (default: the node that the input charges)

    `simulate` takes the same stimuli as an equation neuron and gives a Trace whose spikes are located on the solution.
    """

    name: ClassVar[str] = "circuit"
    title: ClassVar[str] = "Circuit"
    source: ClassVar[str] = "the user's netlist"
    input_unit: ClassVar[str] = "A"

    def __init__(
        self, netlist: Netlist, *, input: str = "", spikes: str | tuple[str, Any] = "", membrane: str = "",
        name: str = "", title: str = "",
    ) -> None:  # fmt: skip
        self.netlist = netlist
        self.input = input_source(netlist, input)
        self.watch: tuple[str, Any] = read_watch(netlist, spikes or default_spikes(netlist))
        self.membrane = membrane.lower() or charged_node(netlist, self.input)
        if self.membrane not in netlist.nodes:
            raise InputError(f"membrane: the circuit has no node {self.membrane!r}")
        vars(self).update(name=name or netlist.title or self.name, title=title or name or netlist.title or self.title)

    @property
    def lanes(self) -> int:
        return lanes_of(self.netlist)

    @property
    def transistors(self) -> list[str]:
        """Names of all MOSFETs."""
        return [e.name for e in self.netlist.elements.values() if e.kind == "m"]

    def with_(self, **changes: Any) -> CircuitNeuron:
        """A copy with parameters of elements changed: {"m1.w": "1 um", "cmem": 2e-14, "temperature": 85}; arrays: one
        value a lane. InputError for an element, parameter or value that cannot be."""
        netlist = with_settings(self.netlist, changes, self.name)
        return CircuitNeuron(
            netlist, input=self.input, spikes=self.watch, membrane=self.membrane, name=self.name, title=self.title
        )

    def scales(self) -> Scales:
        """Guesses for searches: the circuit's own input current, and the time it takes to charge the membrane."""
        e = self.netlist.elements[self.input]
        level = float(np.median(np.abs(e.params.get("dc", 0.0)))) or GUESS
        at_membrane = [
            np.median(e.params["c"]) for e in self.netlist.elements.values() if e.kind == "c" and self.membrane in e.nodes
        ]
        plan = self.netlist.analysis(Tran)
        if at_membrane:
            return Scales(level, float(sum(at_membrane)) * half_supply(self.netlist) / level)
        return Scales(level, plan.stop / 10 if plan else 1e-3)

    def simulate(
        self,
        stimulus: Stimulus,
        duration: float | str | None = None,
        *,
        lanes: int | None = None,
        method: str = "auto",
        dt: Any = None,
        rtol: float | None = None,
        record: str | tuple[str, ...] = "auto",
        samples: int = 2001,
        initial: Mapping[str, Any] | None = None,
        engine: str = "native",
        progress: Callable[[float], None] | None = None,
    ) -> CircuitTrace:
        """Run the circuit with `stimulus` as its input current.

        record   nodes to store, "auto" for all of up to 8 lanes;  samples: equal times, 0 for the solver's own steps
        initial  node voltages that differ from the circuit's own;  rtol: local error (1e-5);  engine: native or ngspice
        """
        length = stimulus.duration if duration is None else float(parse(duration, "s"))
        if length is None:
            raise InputError(f"{self.name}: this stimulus has no end, so say how long to simulate (duration)")
        if not 0 < length < np.inf:
            raise InputError(f"{self.name}: the duration must be positive, not {show(length, 's')}")
        if method != "auto" or dt is not None:
            raise InputError(f"{self.name} is a circuit: it has an engine (native or ngspice) and rtol, not a method or dt")
        count = max(self.lanes, stimulus.lanes)
        if lanes not in (None, 1, count):
            raise InputError(f"{self.name}: {lanes} lanes are asked for, but parameters and stimulus make {count}")
        netlist = self.netlist
        if initial:
            netlist = netlist.with_(initial={**netlist.initial, **{k: float(parse(v, "V")) for k, v in initial.items()}})
        trace = tran(
            netlist.with_(analyses=(plan_of(netlist, length),)),
            length,
            spikes=[self.watch],
            record=recorded(record, count),
            samples=samples,
            rtol=1e-5 if rtol is None else rtol,
            engine=engine,
            inputs={self.input: stimulus},
            progress=progress,
        )
        return self.completed(trace, stimulus)

    def completed(self, trace: CircuitTrace, stimulus: Stimulus) -> CircuitTrace:
        """The trace with the input among its signals and what is known of the run."""
        signals, units = trace.signals, trace.units
        if signals:
            current = np.broadcast_to(stimulus.value(trace.time), (trace.lanes, len(trace.time)))
            signals, units = {**signals, "i_in": current}, {**units, "i_in": "A"}
        meta = {**trace.meta, "stimulus": stimulus.describe(), "seed": stimulus.seed}
        return replace(trace, subject=self.name, signals=signals, units=units, meta=meta)


def recorded(record: str | tuple[str, ...], lanes: int) -> list[str] | None:
    if record == "auto":
        return None if lanes <= SHOWN_LANES else []
    return [record] if isinstance(record, str) else list(record)


def plan_of(netlist: Netlist, length: float) -> Tran:
    """The circuit's own `.tran` with another end; without one, from `.ic` if there is any."""
    plan = netlist.analysis(Tran)
    if plan:
        return replace(plan, stop=length, start=0.0)
    return Tran(length / 1000, length, uic=bool(netlist.initial))


def input_source(netlist: Netlist, name: str) -> str:
    """The current source of this name, or the only one; InputError otherwise."""
    currents = [e.name for e in netlist.elements.values() if e.kind == "i"]
    if name:
        e = netlist.element(name)
        if e.kind != "i":
            raise InputError(f"input: {e.name} is not a current source; there are {', '.join(currents) or 'none'}")
        return e.name
    if len(currents) != 1:
        told = ", ".join(currents) or "none"
        raise InputError(f"input: say which current source is the neuron's input; the circuit has {told}")
    return currents[0]


def charged_node(netlist: Netlist, source: str) -> str:
    """The node that an input source drives."""
    nodes = [n for n in netlist.elements[source].nodes if n != GROUND]
    if len(nodes) != 1:
        raise InputError(f"membrane: say which node is the membrane; {source} connects {' and '.join(nodes) or 'ground'}")
    return nodes[0]


def default_spikes(netlist: Netlist) -> str:
    if SPIKES not in netlist.nodes:
        raise InputError(f"spikes: say which node spikes, as in spikes='out@0.5'; there are {', '.join(netlist.nodes)}")
    return SPIKES


def with_settings(netlist: Netlist, changes: Mapping[str, Any], where: str) -> Netlist:
    """The netlist with parameters of elements changed by name, numbers or text with unit."""
    for name, value in changes.items():
        if name == "temperature":
            degrees = np.asarray(parse(value, "1"), dtype=float)
            if np.min(degrees) <= COLDEST:
                raise InputError(f"{where}: temperature {value} (degrees Celsius) is below absolute zero")
            netlist = netlist.with_(temperature=degrees if degrees.ndim else float(degrees))
            continue
        element, param, unit = place(netlist, name.lower(), f"{where}:")
        try:
            number = parse(value, unit)
        except InputError as error:
            raise InputError(f"{where}: {name}: {error}") from None
        netlist = changed(netlist, element, param, number, f"{where}: {name}={value}")
    return netlist
