"""A netlist as arrays for the compiled solver: unknowns, index tables of devices, order of elimination.

Nodes held by a grounded voltage source are known, not solved for; their current follows from the balance of charge at
the node. Unknowns are the other nodes, then the branch currents of inductors and of the sources that need one. Nothing
here compiles code for this circuit: device kernels exist per model, and the solver reads tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..devices import model_of
from ..errors import InputError
from ..kernel import dae_step as s
from ..kernel.device import DeviceKernel, Table
from .elimination import operations, pivots, tamed
from .expand import expanded
from .netlist import GROUND, Element, Netlist

W = s.W
IGNORED = 1e300  # scale of unknowns that error control leaves out: currents of sources
MISMATCH = frozenset({"delvto", "mulu0"})
_KERNELS: dict[Any, DeviceKernel] = {}


def kernel_of(model: Any, varying: frozenset[str]) -> DeviceKernel:
    """The compiled kernel of a model variant for parameters that vary from lane to lane: none, the two of a mismatch
    in threshold and mobility, or any. One per process, kept on disk."""
    extent = "none" if not varying else "mismatch" if varying <= MISMATCH else "any"
    key = (model.variant.key, extent)
    if key not in _KERNELS:
        graph = model.variant.build()
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
    tables: list[Table] = field(default_factory=list)


class Compiled:
    """The circuit as the solver sees it.

    nodes     unknown node names, then `branches`: element names with a branch current; `known`: node names held by
              sources, values of other sources ("u:name"), ground last
    """

    def __init__(self, netlist: Netlist) -> None:
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
        self.nodes = [n for n in netlist.nodes if n not in self.holders]
        self.known = [*self.holders, *(f"u:{name}" for name in self.values_of), GROUND]
        names = [*self.nodes, *(f"i({name})" for name in self.branches), *self.known]
        self.index = {name: k for k, name in enumerate(names)}
        self.n = len(self.nodes) + len(self.branches)
        self.lanes = 1
        self.groups = self._group()
        self._lay_out()

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

    def _terminals(self, e: Element, graph_terminals: tuple[str, ...]) -> list[int]:
        places = dict(zip(("p", "n", "cp", "cn"), e.nodes, strict=False))
        places |= {"br": f"i({e.name})", "u": f"u:{e.name}", "control": f"i({e.control})"}
        if e.kind not in "rclviegfhs":
            places = dict(zip(graph_terminals, e.nodes, strict=True))
        return [self.index[places[t]] for t in graph_terminals]

    def _group(self) -> list[Group]:
        instances: dict[Any, list[Instance]] = {}
        for e in self.netlist.elements.values():
            if e.kind == "v" and e.name in {holder for holder, _ in self.holders.values()}:
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

    def _lay_out(self) -> None:
        """Give every quantity its place in X."""
        n, rows = self.n, len(self.index)
        self.rows = rows
        pattern = np.zeros((n, n), dtype=bool)
        stamped: dict[tuple[int, int], None] = {}
        stored: dict[tuple[int, int], None] = {}
        for group in self.groups:
            for i in group.instances:
                for a, b, in_g, in_c in group.kernel.entries:
                    r, c = i.terminals[a], i.terminals[b]
                    if c >= n or r == self.index[GROUND]:
                        continue
                    if in_g or in_c:
                        stamped[r, c] = None
                        if r < n:
                            pattern[r, c] = True
                    if in_c:
                        stored[r, c] = None
        for k in range(len(self.nodes)):
            pattern[k, k] = True
            stamped[k, k] = None
        self.pattern = pattern
        at = 0

        def region(size: int) -> int:
            nonlocal at
            start = at
            at += size * W
            return start

        place = np.zeros(s.N_PLACE, dtype=np.int64)
        place[s.V_AT] = region(rows)
        place[s.F_AT] = region(rows)
        place[s.Q_AT] = region(rows)
        place[s.A_AT] = region(0)
        self.matrix = {key: region(1) for key in stamped}
        self.fill_start = at
        self.order_samples_at = at
        self.place, self._region = place, region
        self.stored_keys, self._at = stored, lambda: at
        self._finish_layout()

    def _finish_layout(self) -> None:
        place, region, n, rows = self.place, self._region, self.n, self.rows
        order, filled = pivots(self._samples(), self.pattern, [*self.nodes, *(f"the current of {b}" for b in self.branches)])
        for r in range(n):
            for c in range(n):
                if filled[r, c] and (r, c) not in self.matrix:
                    self.matrix[r, c] = region(1)
        place[s.C_AT] = region(0)
        self.charge_matrix = {key: region(1) for key in self.stored_keys}
        self.trash = region(1)
        place[s.N_STAMPED] = (self.trash + W - place[s.F_AT]) // W
        place[s.DX_AT] = region(n)
        place[s.R_AT] = region(rows)
        self._find_switches()
        self._make_meters()
        place[s.P_AT] = region(len(self.meters))
        place[s.SCALE] = region(n)
        for name in (
            "ALPHA",
            "INVERSE_ALPHA",
            "GMIN",
            "START",
            "ACCEPT",
            "DAMP",
            "NEWTON",
            "VOLTS",
            "CUR",
            "TMP",
            "ONE",
            "STEP",
            "ORDER",
            "VALID",
            "TOLERANCE",
        ):
            place[getattr(s, name)] = region(1)
        place[s.HISTORY], place[s.SHARE], place[s.CHOICE] = region(s.N_D), region(s.N_D), region(4)
        place[s.PREDICT] = region(s.K_MAX + 1)
        place[s.BETA] = region(s.K_MAX)
        place[s.INVERSE], place[s.FULL], place[s.RATIO] = region(s.N_D), region(s.N_D), region(s.N_D)
        inverse = [region(1) for _ in range(n)]
        place[s.DIFF_X] = region(s.N_D * n)
        place[s.DIFF_Q] = region(s.K_MAX * rows)
        place[s.DIFF_E] = region(s.K_MAX * len(self.meters))
        place[s.N], place[s.ROWS], place[s.METERS], place[s.NODES] = n, rows, len(self.meters), len(self.nodes)
        place[s.SIZE] = self._at()
        solution = [place[s.DX_AT] + c * W for c in range(n)]
        residual = [place[s.R_AT] + r * W for r in range(n)]
        self.program, place[s.N_FACTOR] = operations(order, filled, self.matrix, inverse, residual, solution)
        self.diagonal = np.array([self.matrix[k, k] for k in range(len(self.nodes))], dtype=np.int64)
        corrections = [(place[s.Q_AT] + r * W, at, solution[c]) for (r, c), at in self.charge_matrix.items()]
        corrections += [(place[s.R_AT] + r * W, at, solution[c]) for (r, c), at in self.matrix.items() if n <= r < rows - 1]
        self.corrections = np.array(corrections, dtype=np.int64).reshape(-1, 3)
        self.tables = self._index_tables()

    def _index_tables(self) -> np.ndarray:
        place, flat = self.place, []
        ground = self.index[GROUND]
        for group in self.groups:
            for i in group.instances:
                t = i.terminals

                def row(start: int, r: int) -> int:
                    return self.trash if r == ground else int(start + r * W)

                group.tables.append(
                    Table(
                        [int(place[s.V_AT] + r * W) for r in t],
                        [row(place[s.F_AT], r) for r in t],
                        [row(place[s.Q_AT], r) for r in t],
                        [[self.matrix.get((r, c), self.trash) for c in t] for r in t],
                        [[self.charge_matrix.get((r, c), self.trash) for c in t] for r in t],
                    )
                )
                flat += group.tables[-1].row()
        return np.array(flat, dtype=np.int64)

    def _make_meters(self) -> None:
        """Sources whose energy is counted: (current place, voltage +, voltage -); delivered power is positive."""
        place, ground = self.place, self.index[GROUND]
        self.meters: dict[str, tuple[int, int, int]] = {}
        v = lambda k: int(place[s.V_AT] + k * W)  # noqa: E731
        for node, (name, _) in self.holders.items():
            k = self.index[node]
            self.meters[name] = (int(place[s.R_AT] + k * W), v(k), v(ground))
        for e in self.netlist.elements.values():
            if e.kind in "vi" and e.name in self.values_of:
                through = f"u:{e.name}" if e.kind == "i" else f"i({e.name})"
                self.meters[e.name] = (v(self.index[through]), v(self.index[e.nodes[1]]), v(self.index[e.nodes[0]]))

    def _find_switches(self) -> None:
        """Rows (place of the state, control + and - indices, place of the last control voltage), levels (on, off)."""
        found = [e for e in self.netlist.elements.values() if e.kind == "s"]
        at = [int(self.place[s.V_AT] + self.index[f"u:{e.name}"] * W) for e in found]
        control = [(self.index[e.nodes[2]], self.index[e.nodes[3]]) for e in found]
        rows = [(a, *c, self._region(1)) for a, c in zip(at, control, strict=True)]
        self.switches = np.array(rows, dtype=np.int64).reshape(-1, 4)
        self.switch_levels = np.array([self.models[e.model].levels for e in found]).reshape(-1, 2)
        self.closed_at_start = np.array([float(e.params.get("on", 0.0)) for e in found])

    def _samples(self) -> np.ndarray:
        """(n_samples, n, n) Jacobians G + alpha C at random voltages within the supplies, for the choice of pivots."""
        rng = np.random.default_rng(1)
        scale = self.voltage_scale
        shots = [(alpha, level) for alpha in (0.0, 1e3, 1e9, 1e13) for level in (0.0, 0.5, 1.0)]
        total = np.zeros((len(shots), self.n, self.n))
        x = rng.uniform(0.0, 1.0, (len(shots), self.rows)) * scale * np.array([[lv] for _, lv in shots])
        x[:, self.index[GROUND]] = 0.0
        alpha = np.array([a for a, _ in shots])
        for group in self.groups:
            for i in group.instances:
                g, c = group.kernel.jacobians(x[:, i.terminals], {k: first(v) for k, v in i.values.items()})
                g, c = tamed(g, c) if i.element.kind in "dm" else (g, c)
                for a, r in enumerate(i.terminals):
                    for b, col in enumerate(i.terminals):
                        if r < self.n and col < self.n:
                            total[:, r, col] += g[a][b] + alpha * c[a][b]
        for k in range(len(self.nodes)):
            total[:, k, k] += 1e-15
        return total

    @property
    def is_passive(self) -> bool:
        """Whether nothing but voltage sources drives the circuit, so that no node can leave their range."""
        return all(
            e.kind in "rcdm" or (e.kind == "v" and e.name not in self.branches)
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
