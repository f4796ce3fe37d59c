"""Where every quantity of a circuit lies in the solver's flat array X, and the index tables that say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..kernel import dae_step as s
from ..kernel.device import Table
from .elimination import operations, pivots
from .netlist import GROUND, HOLD

if TYPE_CHECKING:
    from .compiled import Compiled, Group

W = s.W
Entry = tuple[int, int]  # row and column
SINGLE = (s.ALPHA, s.INVERSE_ALPHA, s.GMIN, s.START, s.ACCEPT, s.DAMP, s.NEWTON, s.VOLTS, s.CUR, s.TMP, s.ONE, s.STEP,
          s.ORDER, s.VALID, s.TOLERANCE)  # fmt: skip


@dataclass
class Structure:
    """Which derivatives are not zero: `matrix` of G + alpha C and `charge` of C (rows of held nodes included), `square`
    (n, n) for the unknowns alone. Nodes have a diagonal entry always, for gmin."""

    matrix: list[Entry]
    charge: list[Entry]
    square: np.ndarray


def structure_of(groups: list[Group], n: int, nodes: int, ground: int) -> Structure:
    """The structure of a circuit of n unknowns, the first `nodes` of them voltages."""
    matrix: dict[Entry, None] = {}
    charge: dict[Entry, None] = {}
    for group in groups:
        for i in group.instances:
            for a, b, _, in_c in group.kernel.entries:
                r, c = i.terminals[a], i.terminals[b]
                if c >= n or r == ground:
                    continue
                matrix[r, c] = None
                if in_c:
                    charge[r, c] = None
    matrix |= {(k, k): None for k in range(nodes)}
    square = np.zeros((n, n), dtype=bool)
    for r, c in matrix:
        if r < n:
            square[r, c] = True
    return Structure(list(matrix), list(charge), square)


@dataclass
class Layout:
    """Places (element offsets in X) of one circuit.

    place          offsets and counts, indexed by the names of `kernel.dae_step`
    matrix         (row, column) -> place in A;  charge_matrix: -> place in C;  trash: what nobody reads
    program        elimination and substitution;  diagonal: places of the nodes' diagonal entries
    corrections    (target, matrix place, DX place) that bring Q and the currents of held nodes to the converged x
    tables         index tables of all devices, one after the other
    meters         source -> (current place, voltage + place, voltage - place); delivered power is positive
    switches       rows (place of the state, control + and - index, place of the last control voltage)
    """

    place: np.ndarray = field(default_factory=lambda: np.zeros(s.N_PLACE, dtype=np.int64))
    size: int = 0
    matrix: dict[Entry, int] = field(default_factory=dict)
    charge_matrix: dict[Entry, int] = field(default_factory=dict)
    trash: int = 0
    program: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))
    diagonal: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    corrections: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    tables: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    meters: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    switches: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))

    def take(self, slots: int) -> int:
        """The next free place, for `slots` vectors."""
        start = self.size
        self.size += slots * W
        return start

    def voltage(self, k: int) -> int:
        return int(self.place[s.V_AT] + k * W)


def lay_out(c: Compiled) -> Layout:
    """Give every quantity of a circuit its place, and write the tables."""
    at = Layout()
    place, n, rows = at.place, c.n, c.rows
    structure = structure_of(c.groups, n, len(c.nodes), c.index[GROUND])
    names = [*c.nodes, *(f"the current of {b}" for b in c.branches), *(f"the state of {y}" for y in c.states)]
    order, filled = pivots(c.sample_jacobians(), structure.square, names)
    for name in (s.V_AT, s.F_AT, s.Q_AT):
        place[name] = at.take(rows)
    place[s.A_AT] = at.size
    fill_in = [(int(r), int(col)) for r, col in np.argwhere(filled & ~structure.square)]
    at.matrix = {entry: at.take(1) for entry in [*structure.matrix, *fill_in]}
    place[s.C_AT] = at.size
    at.charge_matrix = {entry: at.take(1) for entry in structure.charge}
    at.trash = at.take(1)
    place[s.N_STAMPED] = (at.size - place[s.F_AT]) // W
    place[s.DX_AT], place[s.R_AT] = at.take(n), at.take(rows)
    at.meters, at.switches = meters(c, at), switches(c, at)
    count = len(at.meters)
    place[s.P_AT], place[s.SCALE] = at.take(count), at.take(n)
    for name in SINGLE:
        place[name] = at.take(1)
    for name in (s.HISTORY, s.SHARE, s.INVERSE, s.FULL, s.RATIO):
        place[name] = at.take(s.N_D)
    place[s.CHOICE], place[s.PREDICT], place[s.BETA] = at.take(4), at.take(s.K_MAX + 1), at.take(s.K_MAX)
    inverse = [at.take(1) for _ in range(n)]
    place[s.DIFF_X], place[s.DIFF_Q] = at.take(s.N_D * n), at.take(s.K_MAX * rows)
    place[s.DIFF_E] = at.take(s.K_MAX * count)
    place[s.HOLD] = at.voltage(c.index[HOLD]) if HOLD in c.index else -1
    place[s.N], place[s.ROWS], place[s.METERS], place[s.NODES], place[s.SIZE] = n, rows, count, len(c.nodes), at.size
    solution = [int(place[s.DX_AT] + k * W) for k in range(n)]
    residual = [int(place[s.R_AT] + k * W) for k in range(rows)]
    at.program, place[s.N_FACTOR] = operations(order, filled, at.matrix, inverse, residual[:n], solution)
    at.diagonal = np.array([at.matrix[k, k] for k in range(len(c.nodes))], dtype=np.int64)
    charges = [(int(place[s.Q_AT] + r * W), p, solution[col]) for (r, col), p in at.charge_matrix.items()]
    currents = [(residual[r], p, solution[col]) for (r, col), p in at.matrix.items() if n <= r]
    at.corrections = np.array(charges + currents, dtype=np.int64).reshape(-1, 3)
    at.tables = index_tables(c, at)
    return at


def index_tables(c: Compiled, at: Layout) -> np.ndarray:
    """The index table of every instance, in the order of the groups."""
    ground, flat = c.index[GROUND], []

    def rows(start: int, terminals: list[int]) -> list[int]:
        return [at.trash if r == ground else int(start + r * W) for r in terminals]

    for group in c.groups:
        for i in group.instances:
            t = i.terminals
            table = Table(
                [at.voltage(r) for r in t],
                rows(at.place[s.F_AT], t),
                rows(at.place[s.Q_AT], t),
                [[at.matrix.get((r, col), at.trash) for col in t] for r in t],
                [[at.charge_matrix.get((r, col), at.trash) for col in t] for r in t],
            )
            flat += table.row()
    return np.array(flat, dtype=np.int64)


def meters(c: Compiled, at: Layout) -> dict[str, tuple[int, int, int]]:
    """Where current and voltages of the sources stand whose energy is counted."""
    ground, found = c.index[GROUND], {}
    for node, (name, _) in c.holders.items():
        k = c.index[node]
        found[name] = (int(at.place[s.R_AT] + k * W), at.voltage(k), at.voltage(ground))
    for e in c.netlist.elements.values():
        if e.kind in "vi" and e.name in c.values_of:
            through = f"u:{e.name}" if e.kind == "i" else f"i({e.name})"
            nodes = [at.voltage(c.index[n]) for n in e.nodes]
            found[e.name] = (at.voltage(c.index[through]), nodes[1], nodes[0])
    return found


def switches(c: Compiled, at: Layout) -> np.ndarray:
    """Rows of the circuit's switches."""
    rows = [
        (at.voltage(c.index[f"u:{e.name}"]), c.index[e.nodes[2]], c.index[e.nodes[3]], at.take(1))
        for e in c.netlist.elements.values()
        if e.kind == "s"
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)
