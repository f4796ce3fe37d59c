"""A netlist as arrays for the compiled solver: unknowns, index tables of devices, order of elimination.

Nodes held by a grounded voltage source are known, not solved for; their current follows from the balance of charge at
the node. Unknowns are the other nodes, then the branch currents of inductors and of the sources that need one, then the
states "x(name)" of memristors, without unit. A state stays at its initial value in an operating point and in a `.dc`
sweep, and begins a transient from there; for small signals it is free. Nothing here compiles code for this circuit:
device kernels exist per model, and the solver reads tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..devices import model_of
from ..devices.base import graph_of
from ..errors import InputError
from ..kernel.device import DeviceKernel
from .elimination import tamed
from .expand import expanded
from .layout import lay_out
from .netlist import GROUND, HOLD, Element, Netlist

IGNORED = 1e300  # scale of unknowns that error control leaves out: currents of sources
MISMATCH = frozenset({"delvto", "mulu0"})
_KERNELS: dict[Any, DeviceKernel] = {}


def kernel_of(model: Any, varying: frozenset[str]) -> DeviceKernel:
    """The compiled kernel of a model variant for parameters that vary from lane to lane: none, the two of a mismatch
    in threshold and mobility, or any. One per process, kept on disk."""
    extent = "none" if not varying else "mismatch" if varying <= MISMATCH else "any"
    key = (model.variant.key, extent)
    if key not in _KERNELS:
        graph = graph_of(model.variant)
        wide = {"none": frozenset[str](), "mismatch": MISMATCH, "any": frozenset(graph.params)}[extent]
        _KERNELS[key] = DeviceKernel(graph, wide)
    return _KERNELS[key]


@dataclass
class Instance:
    """One device in the circuit: its model, the unknown or known index of each terminal, parameter values."""

    element: Element
    model: Any
    terminals: list[int]
    values: dict[str, Any]

    @property
    def varying(self) -> frozenset[str]:
        return frozenset(k for k, v in self.values.items() if np.ndim(v))


@dataclass
class Group:
    """Instances that one kernel serves."""

    kernel: DeviceKernel
    instances: list[Instance]


class Compiled:
    """The circuit as the solver sees it.

    nodes     unknown node names, then `branches`: element names with a branch current, then `states`: memristors;
              `known`: node names held by sources, values of other sources ("u:name"), HOLD if a device has it, ground last
    """

    def __init__(self, netlist: Netlist, lanes: int = 1) -> None:
        self.models = {
            name: model_of("m" if card.kind in ("nmos", "pmos") else card.kind, card.kind, card.params, f"model {name}")
            for name, card in netlist.models.items()
        }
        self.netlist = netlist = expanded(netlist, self.models)
        elements = netlist.elements
        controls = {e.control for e in elements.values() if e.control}
        self.holders: dict[str, tuple[str, float]] = {}  # known node -> (its source, sign)
        self.branches: list[str] = []
        self.values_of: list[str] = []  # sources with a "u" value of their own
        for e in elements.values():
            self._place_source(e, controls)
        self.held_by = {name: (node, sign) for node, (name, sign) in self.holders.items()}
        self.nodes = [n for n in netlist.nodes if n not in self.holders]
        self.states = [e.name for e in elements.values() if e.kind == "y"]
        gate = [HOLD] if any(e.kind in "yu" for e in elements.values()) else []
        self.known = [*self.holders, *(f"u:{name}" for name in self.values_of), *gate, GROUND]
        unknown = [*self.nodes, *(f"i({name})" for name in self.branches), *(f"x({name})" for name in self.states)]
        self.index = {name: k for k, name in enumerate([*unknown, *self.known])}
        self.n = len(unknown)
        self.rows = len(self.index)
        self.lanes = lanes
        self.groups = self._group()
        closed = [e for e in elements.values() if e.kind == "s"]
        self.switch_levels = np.array([self.models[e.model].levels for e in closed]).reshape(-1, 2)
        self.closed_at_start = np.array([float(e.params.get("on", 0.0)) for e in closed])
        at = lay_out(self)
        self.place, self.matrix, self.charge_matrix, self.trash = at.place, at.matrix, at.charge_matrix, at.trash
        self.program, self.diagonal, self.corrections = at.program, at.diagonal, at.corrections
        self.tables, self.meters, self.switches = at.tables, at.meters, at.switches

    def _place_source(self, e: Element, controls: set[str]) -> None:
        measured = e.name in controls or "measured" in e.params
        if e.kind == "v" and not measured and GROUND in e.nodes and e.nodes[0] != e.nodes[1]:
            node, sign = (e.nodes[0], 1.0) if e.nodes[1] == GROUND else (e.nodes[1], -1.0)
            if node in self.holders:
                other = self.holders[node][0]
                raise InputError(f"{e.where}{e.name} and {other} are voltage sources in a loop (both hold node {node})")
            self.holders[node] = (e.name, sign)
            return
        if e.kind in "vehl":
            self.branches.append(e.name)
        if e.kind in "vis":
            self.values_of.append(e.name)

    def source_index(self, name: str) -> tuple[int, float]:
        """Where the value of an independent source stands among the knowns, and its sign: a node it holds, else "u:"."""
        node, sign = self.held_by.get(name, (f"u:{name}", 1.0))
        return self.index[node], sign

    def _terminals(self, e: Element, graph_terminals: tuple[str, ...]) -> list[int]:
        places = dict(zip(("p", "n", "cp", "cn"), e.nodes, strict=False))
        places |= {"br": f"i({e.name})", "u": f"u:{e.name}", "control": f"i({e.control})"}
        if e.kind == "y":
            places = dict(zip(graph_terminals, (*e.nodes, f"x({e.name})", HOLD), strict=True))
        elif e.kind == "u":
            places = dict(zip(graph_terminals, (*e.nodes, HOLD), strict=True))
        elif e.kind not in "rclviegfhs":
            places = dict(zip(graph_terminals, e.nodes, strict=True))
        return [self.index[places[t]] for t in graph_terminals]

    def _group(self) -> list[Group]:
        instances: dict[Any, list[Instance]] = {}
        for e in self.netlist.elements.values():
            if e.kind == "v" and e.name in self.held_by:
                self._count_lanes(e, {})
                continue
            model = self.models[e.model] if e.model else model_of(e.kind, "", {}, e.name)
            if hasattr(model, "check_instance"):
                model.check_instance(e.params, self.netlist.temperature, f"{e.where}{e.name}")
            values = model.instance_values(e.params, self.netlist.temperature)
            self._count_lanes(e, values)
            instances.setdefault(model.variant.key, []).append(Instance(e, model, [], values))
        groups = []
        for members in instances.values():
            varying = frozenset().union(*(i.varying for i in members))
            group = Group(kernel_of(members[0].model, varying), members)
            for i in members:
                i.terminals = self._terminals(i.element, group.kernel.terminals)
            groups.append(group)
        return groups

    def _count_lanes(self, e: Element, values: dict[str, Any]) -> None:
        for key, value in [*values.items(), *((k, v) for k, v in e.params.items() if k not in values)]:
            size = np.size(value) if np.ndim(value) else 1
            if size > 1 and self.lanes > 1 and size != self.lanes:
                raise InputError(f"{e.where}{e.name}: {key} has {size} values, but other parameters have {self.lanes}")
            self.lanes = max(self.lanes, size)

    def sample_jacobians(self) -> np.ndarray:
        """(n_samples, n, n) Jacobians G + alpha C at random voltages within the supplies, for the choice of pivots.

        Rows of states are divided by their diagonal, so that they compare with those of nodes whatever the device's rate.
        """
        rng = np.random.default_rng(1)
        scale = self.voltage_scale
        shots = [(alpha, level) for alpha in (0.0, 1e3, 1e9, 1e13) for level in (0.0, 0.5, 1.0)]
        total = np.zeros((len(shots), self.n, self.n))
        x = rng.uniform(0.0, 1.0, (len(shots), self.rows)) * scale * np.array([[lv] for _, lv in shots])
        x[:, self.index[GROUND]] = 0.0
        alpha = np.array([a for a, _ in shots])
        states = [self.index[f"x({name})"] for name in self.states]
        x[:, states] = rng.uniform(0.0, 1.0, (len(shots), len(states)))
        if HOLD in self.index:
            x[:, self.index[HOLD]] = alpha == 0.0
        for group in self.groups:
            for i in group.instances:
                g, c = group.kernel.jacobians(x[:, i.terminals], {k: first(v) for k, v in i.values.items()})
                g, c = tamed(g, c) if i.element.kind in "dm" else (g, c)
                g[:2] = tamed(g[:2], c[:2])[0] if i.element.kind == "y" else g[:2]
                for a, r in enumerate(i.terminals):
                    for b, col in enumerate(i.terminals):
                        if r < self.n and col < self.n:
                            total[:, r, col] += g[a][b] + alpha * c[a][b]
        for k in range(len(self.nodes)):
            total[:, k, k] += 1e-15
        for k in states:
            total[:, k] /= np.abs(total[:, k, k])[:, None]
        return total

    @property
    def is_passive(self) -> bool:
        """Whether nothing but voltage sources drives the circuit, so that no node can leave their range."""
        return all(
            e.kind in "rcdmy" or (e.kind == "v" and e.name not in self.branches)
            or (e.kind == "i" and e.wave is None and not np.any(e.params.get("dc", 0.0)))
            for e in self.netlist.elements.values()
        )  # fmt: skip

    @cached_property
    def voltage_scale(self) -> float:
        """The circuit's own scale of voltage: the largest value that a voltage source takes, else 1 V."""
        largest = 0.0
        for e in self.netlist.elements.values():
            if e.kind == "v":
                values = e.wave.values if e.wave else ()
                shown = values[1::2] if e.wave and e.wave.kind == "pwl" else values[:2]
                largest = max(largest, float(np.max(np.abs(e.params.get("dc", 0.0)))), *(abs(x) for x in shown), 0.0)
        return largest or 1.0


def first(value: Any) -> Any:
    return np.ravel(value)[0] if np.ndim(value) else value
