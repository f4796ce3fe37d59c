"""A synapse of the circuit as a network sees it: one bias current gives its power, bandwidth and noise at once."""

from __future__ import annotations

from dataclasses import dataclass

from ...circuits.cells.mixed_signal_mac import MixedSignalMAC
from ...experiments.base import Result
from ...experiments.mac_point import mac_of, mac_point
from ...quantities import K_B, Q_E, ZERO_CELSIUS


@dataclass(frozen=True)
class Synapse(Result):
    """One synapse of full weight; SI units.

    i_unit       A, unit current;  power: W, of the neuron's supply by the number of its synapses
    f_3db        Hz, of the neuron's outputs, which settle with it
    noise_power  V^2 at the input, the white density times the bandwidth of the gain (`mac_point`: "rectangular"); of K
                 synapses on a load 1 / K of what a single one would need to explain the output's
    linear_range V, 2 n U_T of the pair as measured;  broken: the limits that this bias exceeds
    """

    bits: int
    i_unit: float
    power: float
    f_3db: float
    noise_power: float
    linear_range: float
    broken: tuple[str, ...]


def synapse(mac: MixedSignalMAC, bits: int = 0, engine: str = "native") -> Synapse:
    """The first synapse of the neuron at full weight, with weights of `bits` (0: its own), in either engine."""
    cell = mac_of(mac, "synapse", bits)
    cell = cell.with_(weights=[cell.w_max, *cell.weights[1:]])
    point = mac_point(cell, engine=engine)
    u_t = K_B / Q_E * (float(cell.temperature) + ZERO_CELSIUS)
    return Synapse(
        cell.bits, point.i_unit, point.power / cell.synapses, point.pole, point.noise_rectangular / cell.synapses,
        2.0 * point.n_n * u_t, point.broken,
    )  # fmt: skip
