"""Which derivatives a transient carries along: parameters, their places in memory, the kernels that give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...devices.base import graph_of
from ...errors import InputError, nearest
from ...kernel import dae_sensitivity as z
from ...kernel import dae_step as s
from ...kernel.device import SensitivityKernel
from ..compiled import Compiled, Group, Instance
from ..netlist import GROUND

W = s.W


@dataclass
class Plan:
    """`place` of the circuit with room for the derivatives, and the index tables of `kernel.dae_sensitivity`."""

    place: np.ndarray
    names: list[str] = field(default_factory=list)
    sens: np.ndarray = field(default_factory=lambda: np.zeros(z.N_SENS, dtype=np.int64))
    groups: list[Group] = field(default_factory=list)
    tables: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    charges: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    currents: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    meters: np.ndarray = field(default_factory=lambda: np.zeros((0, 9), dtype=np.int64))
    flows: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    watched: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def count(self) -> int:
        return len(self.names)


def plain_plan(c: Compiled) -> Plan:
    """No derivatives."""
    return Plan(c.place)


def sensitivity_plan(c: Compiled, wrt: Sequence[str], watched: Sequence[int], from_op: bool) -> Plan:
    """Derivatives by "element.parameter" each; `watched`: unknown indices of the nodes whose crossings are located."""
    chosen = [read_parameter(c, name) for name in wrt]
    place, sens = c.place.copy(), np.zeros(z.N_SENS, dtype=np.int64)
    at = int(place[s.SIZE])
    count, rows, meters, n = len(wrt), c.rows, len(c.meters), c.n
    flows = flow_rows(c)
    sizes = {
        z.SR: count * rows, z.SQ: count * rows, z.SE: count * meters, z.DIFF_SQ: s.K_MAX * count * rows,
        z.DIFF_SE: s.K_MAX * count * meters, z.DIFF_QD: s.K_MAX * rows, z.DIFF_P: s.K_MAX * meters, z.X_DOT: n,
        z.Q_DOT: rows, z.POWER: meters, z.TAU: count, z.DELTA: count, z.DENOMINATOR: 1, z.FREE: 1,
        z.SHIFT: count * len(watched), z.SHIFT_OLD: count * len(watched),
        z.SLOPE: len(flows),
    }  # fmt: skip
    for name, size in sizes.items():
        sens[name] = at
        at += size * W
    place[s.SIZE] = at
    sens[z.COUNT], sens[z.STAMPED], sens[z.WATCHED], sens[z.FROM_OP] = count, 2 * count * rows, len(watched), from_op
    groups, tables = sensitivity_groups(c, chosen, sens)
    charge = [(r, p, place[s.DX_AT] + col * W) for (r, col), p in c.charge_matrix.items()]
    current = [(r, p, place[s.DX_AT] + col * W) for (r, col), p in c.matrix.items() if n <= r < rows - 1]
    return Plan(
        place,
        list(wrt),
        sens,
        groups,
        np.array(tables, dtype=np.int64),
        np.array(charge, dtype=np.int64).reshape(-1, 3),
        np.array(current, dtype=np.int64).reshape(-1, 3),
        np.array([(*meter_row(c, k, flows), own_value(k, chosen)) for k in c.meters], dtype=np.int64).reshape(-1, 9),
        np.array(list(flows.values()), dtype=np.int64).reshape(-1, 3),
        np.array(watched, dtype=np.int64),
    )


def read_parameter(c: Compiled, name: str) -> tuple[Instance, str]:
    """The instance and graph parameter of "m1.w", "c1.c", "iin.dc"; InputError if there is none."""
    element, _, parameter = name.lower().rpartition(".")
    e = c.netlist.element(element)
    for group in c.groups:
        for i in group.instances:
            if i.element.name != e.name:
                continue
            if e.kind in "vi" and parameter == "dc":
                return i, "u"
            if parameter in i.values:
                return i, parameter
            known = ["dc"] if e.kind in "vi" else [*i.values]
            raise InputError(f"{name}: {e.name} has no parameter {parameter!r}{nearest(parameter, known)}")
    raise InputError(f"{name}: derivatives by the value of a supply that holds a node are not built in")


def sensitivity_groups(
    c: Compiled, chosen: Sequence[tuple[Instance, str]], sens: np.ndarray
) -> tuple[list[Group], list[int]]:
    """One group of kernels per device group that has a chosen parameter, and their index table."""
    groups, flat = [], []
    ground = c.index[GROUND]
    for group in c.groups:
        members = [i for i in group.instances if any(i is other for other, _ in chosen)]
        names = tuple(dict.fromkeys(name for i, name in chosen if any(i is m for m in members)))
        if not members:
            continue
        graph = graph_of(members[0].model.variant)
        varying = frozenset(graph.params) if any(group.kernel.per_lane) else frozenset[str]()
        kernel = SensitivityKernel(graph, varying, names)
        groups.append(Group(kernel, members))
        for i in members:
            flat += [int(c.place[s.V_AT] + t * W) for t in i.terminals]
            for name in names:
                number = next((k for k, (other, n) in enumerate(chosen) if other is i and n == name), None)
                for start in (sens[z.SR], sens[z.SQ]):
                    for t in i.terminals:
                        nowhere = number is None or t == ground
                        flat.append(c.trash if nowhere else int(start + ((number or 0) * c.rows + t) * W))
    return groups, flat


def flow_rows(c: Compiled) -> dict[str, tuple[int, int, int]]:
    """Current source -> (its number among the sources, row that its current leaves, row that it enters)."""
    sources = [e for e in c.netlist.elements.values() if e.kind in "vi"]
    return {e.name: (k, c.index[e.nodes[0]], c.index[e.nodes[1]]) for k, e in enumerate(sources) if e.kind == "i"}


def own_value(source: str, chosen: Sequence[tuple[Instance, str]]) -> int:
    """Number of the parameter that is the value of this current source itself, or -1."""
    own = [k for k, (i, name) in enumerate(chosen) if i.element.name == source and i.element.kind == "i" and name == "u"]
    return own[0] if own else -1


def meter_row(c: Compiled, source: str, flows: Mapping[str, tuple[int, int, int]]) -> tuple[int, ...]:
    """(kind, derivative of the current, current, voltage +, voltage -, -derivatives of the voltages or -1, number of a
    current source among `flows` or -1)."""
    current, plus, minus = c.meters[source]
    number = list(flows).index(source) if source in flows else -1
    first_r, first_v = int(c.place[s.R_AT]), int(c.place[s.V_AT])
    dx = int(c.place[s.DX_AT])

    def unknown(place: int) -> int:
        k = (place - first_v) // W
        return dx + k * W if 0 <= k < c.n else -1

    slopes = (unknown(plus), unknown(minus))
    if first_r <= current < first_r + c.rows * W:
        return (0, current, current, plus, minus, *slopes, -1)
    of_current = unknown(current)
    return (1 if of_current >= 0 else 2, of_current, current, plus, minus, *slopes, number)
