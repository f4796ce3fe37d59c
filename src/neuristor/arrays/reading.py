"""Reading an array: column currents and the power drawn, for resistors and for curved devices, with and without wires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..devices.memristor import Memristor
from .nonlinear import nonlinear_currents
from .variation import noise_of_sums

if TYPE_CHECKING:
    from .crossbar import Crossbar

STRAIGHT = 1e-12  # relative deviation from a straight line in x that counts as rounding


@dataclass(frozen=True)
class Scaled:
    """Cells of one device, each with its own factor on the whole curve, as `nonlinear` takes them."""

    device: Memristor
    factors: np.ndarray

    def current(self, v: np.ndarray, x: np.ndarray) -> np.ndarray:
        return self.factors * self.device.current(v, x)

    def conductance(self, v: np.ndarray, x: np.ndarray) -> np.ndarray:
        return self.factors * self.device.conductance(v, x)


def column_currents(array: Crossbar, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, columns) A for row voltages over v_read (n, rows).

    Read noise acts on every cell at its conductance at v_read; between resistive lines, as far as the cell reaches its
    column (`effective`): first order in the noise.
    """
    scale = array.v_read / array.cell.r_on
    currents = curved(array, rows)[0] if is_curved(array) else rows @ array.relative * scale
    noise = array.variation.read_noise_of(array.conductances, array.cell, array.time)
    return currents + noise_of_sums(rows, array.relative * noise, rng) * scale if np.any(noise) else currents


def driver_power(array: Crossbar, rows: np.ndarray) -> np.ndarray:
    """(n,) W drawn from the row drivers."""
    if is_curved(array):
        return curved(array, rows)[1]
    if array.wired:
        return array.network.power(rows * array.v_read)
    return np.asarray(np.einsum("ij,ij,j->i", rows, rows, array.conductances.sum(axis=1) * array.v_read**2))


def is_curved(array: Crossbar) -> bool:
    """Whether the cells' currents are not proportional to their voltages."""
    return array.cell.device is not None and not array.cell.device.ohmic


def curved(array: Crossbar, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, columns) A and (n,) W of cells with the curve of a memristor model; between resistive lines by Newton's method."""
    device, volts = array.cell.device, rows * array.v_read
    assert device is not None
    states, factors = array.cell.states(array.conductances, array.v_read)
    if array.wired:
        found = nonlinear_currents(Scaled(device, factors.ravel()), states, volts, array.wires)
        return found.currents, found.power
    off, middle, on = (np.asarray(device.current(volts, x)) for x in (0.0, 0.5, 1.0))
    if np.all(np.abs(middle - 0.5 * (off + on)) <= STRAIGHT * np.abs(on)):  # i is linear in x: two matrix products
        drawn = off @ factors + (on - off) @ (factors * states)
        power = volts * off @ factors.sum(axis=1) + volts * (on - off) @ (factors * states).sum(axis=1)
        return drawn, power
    drawn, power = np.zeros((len(volts), states.shape[1])), np.zeros(len(volts))
    for v, x, factor in zip(volts.T, states, factors, strict=True):
        cells = factor * device.current(v[:, None], x)
        drawn += cells
        power += v * cells.sum(axis=1)
    return drawn, power
