"""Reads of a crossbar whose cells are nonlinear devices: Newton's method, each step a linear array solved exactly.

During a read the states stand still. A step replaces every cell by its tangent, the derivative of its current, and
feeds what the current law leaves over into the nodes (`branches`); the error is squared from step to step. A step that
would make the left-over currents grow is halved. Current and conductance of a device must be of one sign, so that the
solution is unique.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..errors import InputError
from ..kernel.threads import cores
from .branches import Currents, Drops, currents, drops, smallest_scale
from .ports import node_voltages
from .wires import Wires, read_voltages

WANTED = 1e-13  # left-over current over the largest current, at which a read ends
SUFFICES = 1e-12  # where rounding lets no step improve it
STEPS = 60
HALVINGS = 40


class NonlinearCell(Protocol):
    """What a cell's device tells, as every model of `devices.memristor` does: current and its derivative by v."""

    def current(self, v: Any, x: Any) -> Any:
        """A."""

    def conductance(self, v: Any, x: Any) -> Any:
        """S; 0 or more."""


@dataclass(frozen=True)
class NonlinearSolution:
    """A read by input vector.

    currents         (vectors, columns) A, into the sense inputs
    v_cell, i_cell   (vectors, rows, columns) V, A
    v_word, v_bit    (vectors, rows, columns) V, of the nodes
    power            (vectors,) W, drawn from the drivers
    histories        of each vector: the largest current left over at a node over the largest current, before the first
                     step of Newton's method and after each
    """

    currents: np.ndarray
    v_cell: np.ndarray
    i_cell: np.ndarray
    v_word: np.ndarray
    v_bit: np.ndarray
    power: np.ndarray
    histories: list[list[float]]

    @property
    def steps(self) -> np.ndarray:
        """(vectors,) steps of Newton's method."""
        return np.array([len(history) - 1 for history in self.histories])

    @property
    def residual(self) -> float:
        """The worst of all vectors."""
        return max(history[-1] for history in self.histories)


def nonlinear_currents(device: NonlinearCell, states: Any, voltages: Any, wires: Wires) -> NonlinearSolution:
    """Column currents of an array of one kind of device, states (rows, columns), under voltages (vectors, rows).

    Parameters of the device may hold one value a cell, row after row. InputError where Newton's method does not settle.
    """
    x = np.asarray(states, dtype=float)
    if x.ndim != 2 or 0 in x.shape or not np.isfinite(x).all():
        raise InputError(f"array: states need the shape (rows, columns) and finite values, not shape {x.shape}")
    drive = read_voltages(voltages, len(x))
    cells = Cells(device, x)
    with ThreadPoolExecutor(min(cores(), len(drive))) as pool:
        found = list(pool.map(lambda k: read_one(cells, drive[k], wires, f"input vector {k}"), range(len(drive))))
    *parts, histories = zip(*found, strict=True)
    currents, v_cell, i_cell, v_word, v_bit, power = (np.array(part) for part in parts)
    return NonlinearSolution(currents, v_cell, i_cell, v_word, v_bit, power, list(histories))


@dataclass(frozen=True)
class Cells:
    """A device with its states: current and conductance of all cells, of drops (rows, columns, 1)."""

    device: NonlinearCell
    x: np.ndarray

    def of(self, function: Any, v: np.ndarray) -> np.ndarray:
        value = np.broadcast_to(function(v.ravel(), self.x.ravel()), self.x.size)
        return value.reshape(*self.x.shape, 1)

    def current(self, v: np.ndarray) -> np.ndarray:
        return self.of(self.device.current, v)

    def conductance(self, v: np.ndarray) -> np.ndarray:
        return self.of(self.device.conductance, v)


def read_one(cells: Cells, voltages: np.ndarray, wires: Wires, told: str) -> tuple[Any, ...]:
    """One vector's part of every field of the solution."""
    drive = voltages[:, None]
    zero = np.zeros((*cells.x.shape, 1))
    slope = cells.conductance(zero)
    v_word, v_bit = node_voltages(slope[..., 0], wires, drive, zero, zero)
    drop, floor = drops(v_word, v_bit, drive), smallest_scale(drive, slope, wires)
    flow = flow_of(cells, drop, wires)
    history = [float(flow.residual(floor)[0])]
    while not history[-1] <= WANTED:
        slope = cells.conductance(drop.cell)
        more = node_voltages(slope[..., 0], wires, 0.0 * drive, flow.left_word, flow.left_bit)
        share, drop, flow = damped(cells, drop, flow, drops(*more, 0.0 * drive), wires)
        if share == 0.0 and history[-1] <= SUFFICES:
            break
        if share == 0.0 or len(history) > STEPS:
            raise refusal(told, history)
        v_word, v_bit = v_word + share * more[0], v_bit + share * more[1]
        history.append(float(flow.residual(floor)[0]))
    fields = [part[..., 0] for part in (drop.cell, flow.cell, v_word, v_bit)]
    return flow.bit[-1, :, 0], *fields, float(voltages @ flow.word[:, 0, 0]), history


def flow_of(cells: Cells, drop: Drops, wires: Wires) -> Currents:
    return currents(drop, cells.current(drop.cell), np.zeros(drop.cell.shape, dtype=bool), wires)


def left_over(flow: Currents) -> float:
    return float(np.sum(flow.left_word**2) + np.sum(flow.left_bit**2))


def damped(cells: Cells, drop: Drops, flow: Currents, step: Drops, wires: Wires) -> tuple[float, Drops, Currents]:
    """The largest share 1, 1/2, 1/4, ... of a step that leaves less over, with where it leads; share 0 if there is none."""
    before, share = left_over(flow), 1.0
    for _ in range(HALVINGS):
        there = drop.plus(step, share)
        after = flow_of(cells, there, wires)
        if left_over(after) < before:
            return share, there, after
        share *= 0.5
    return 0.0, drop, flow


def refusal(told: str, history: list[float]) -> InputError:
    return InputError(
        f"array: Newton's method does not settle for {told}: after {len(history) - 1} steps "
        f"{history[-1]:.1e} of the current is left over; check the voltages against the range of the device's model"
    )
