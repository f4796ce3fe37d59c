"""What the resistance of the wires leaves of a crossbar: exact column currents for any row voltages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..kernel.threads import cores
from .branches import Currents, currents, drops, smallest_scale
from .ports import node_voltages, port_network
from .wires import Wires, read_cells, read_voltages

__all__ = ["EffectiveNetwork", "WireSolution", "Wires", "effective_conductance", "effective_network", "solve"]
WANTED = 1e-15  # of the largest current; refinement ends there
PASSES = 4


@dataclass(frozen=True)
class EffectiveNetwork:
    """An array with its wires, seen from outside.

    conductance   (..., rows, columns) S: column currents = voltages @ conductance, columns at virtual ground
    between_rows  (..., rows, rows) S: between each two drivers; zero on the diagonal
    """

    conductance: np.ndarray
    between_rows: np.ndarray

    def power(self, voltages: np.ndarray) -> np.ndarray:
        """W drawn from the drivers at voltages (..., vectors, rows)."""
        own = self.conductance.sum(axis=-1) + self.between_rows.sum(axis=-1)
        return np.sum(voltages * (voltages * own[..., None, :] - voltages @ self.between_rows), axis=-1)


def effective_conductance(g: Any, wires: Wires) -> np.ndarray:
    """Conductances with which the wired array acts: column currents = voltages @ result, columns at virtual ground.

    g (..., rows, columns) S; 0 is an open cell, infinity a short. The result has the same shape, and is g itself where
    all wires are without resistance. Every entry is exact but for rounding, whatever the ratio of the resistances.
    InputError where a short leaves the currents undetermined.
    """
    cells = read_cells(g)
    rows = cells.shape[-2]
    return np.reshape(each_array(cells, wires, lambda ports: ports[:rows, rows:].copy()), cells.shape)


def effective_network(g: Any, wires: Wires) -> EffectiveNetwork:
    """As `effective_conductance`, with the conductances between the rows, which the power needs."""
    cells = read_cells(g)
    rows = cells.shape[-2]
    pairs = each_array(cells, wires, lambda ports: (ports[:rows, rows:].copy(), np.triu(ports[:rows, :rows], 1)))
    between = np.reshape([rows_only for _, rows_only in pairs], (*cells.shape[:-1], rows))
    return EffectiveNetwork(np.reshape([effective for effective, _ in pairs], cells.shape), between + between.mT)


def each_array(cells: np.ndarray, wires: Wires, part: Callable[[np.ndarray], Any]) -> list[Any]:
    """A part of every array's network between its ports."""
    if not isinstance(wires, Wires):
        raise InputError(f"wires must be Wires(r_word=..., r_bit=...), not {wires!r}")
    flat = cells.reshape(-1, *cells.shape[-2:])
    with ThreadPoolExecutor(max(1, min(cores(), len(flat)))) as pool:
        return list(pool.map(lambda array: part(port_network(array, wires)), flat))


@dataclass(frozen=True)
class WireSolution:
    """All voltages and currents of an array, by input vector.

    currents         (vectors, columns) A, into the sense inputs
    v_word, v_bit    (vectors, rows, columns) V, of the nodes
    i_cell           (vectors, rows, columns) A
    i_word, i_bit    (vectors, rows, columns) A, of the segment that leads to the cell, and of the one below it
    residual         the largest current left over at a node, over the largest current of its vector
    power            (vectors,) W, drawn from the drivers
    """

    currents: np.ndarray
    v_word: np.ndarray
    v_bit: np.ndarray
    i_cell: np.ndarray
    i_word: np.ndarray
    i_bit: np.ndarray
    residual: float
    power: np.ndarray


def solve(g: Any, voltages: Any, wires: Wires) -> WireSolution:
    """Voltages and currents everywhere in one array: g (rows, columns) S, voltages (vectors, rows) V.

    To read columns, `effective_conductance` is much cheaper. The residual is below 1e-12; the voltage law holds to
    rounding of the voltages.
    """
    cells = read_cells(g)
    if cells.ndim != 2:
        raise InputError(f"array: solve takes one array, of shape (rows, columns), not {cells.shape}")
    short = np.isinf(cells)
    if wires.lumped and short.any():
        raise InputError("wires: currents through shorts between lines without resistance are not determined")
    drive = np.ascontiguousarray(read_voltages(voltages, len(cells)).T)
    finite, shorts = np.where(short, 0.0, cells)[..., None], short[..., None]
    zero = np.zeros((*cells.shape, drive.shape[1]))
    v_word, v_bit = node_voltages(cells, wires, drive, zero, zero)
    drop, floor = drops(v_word, v_bit, drive), smallest_scale(drive, cells, wires)
    for _ in range(PASSES):
        flow = currents(drop, finite * drop.cell, shorts, wires)
        residual = float(flow.residual(floor).max(initial=0.0))
        if residual <= WANTED:
            break
        more = node_voltages(cells, wires, np.zeros_like(drive), flow.left_word, flow.left_bit)
        drop = drop.plus(drops(*more, np.zeros_like(drive)))
    return solution(v_word, v_bit, flow, drive, residual)


def solution(v_word: np.ndarray, v_bit: np.ndarray, flow: Currents, drive: np.ndarray, residual: float) -> WireSolution:
    """With the vectors first."""
    v_word, v_bit, cell, word, bit = (np.moveaxis(a, -1, 0) for a in (v_word, v_bit, flow.cell, flow.word, flow.bit))
    power = np.sum(drive * flow.word[:, 0], axis=0)
    return WireSolution(flow.bit[-1].T, v_word, v_bit, cell, word, bit, residual, power)
