"""Both neurons as circuits: power of the analog multiply-accumulate by its bandwidth, of the digital one by its clock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...circuits.cells.mixed_signal_mac import MixedSignalMAC
from ...digital.multipliers import multiplier
from ...digital.transistors import transistors
from ...experiments.digital_mac import DigitalMac
from ...experiments.mac_bias import MacBandwidth, mac_bandwidth, mac_bias
from ...experiments.mac_point import WEAK, MacPoint
from ...networks.design_space import LOST_GAIN, forbidden

WORDS = (3, 8)  # bits of the neurons of figure 2
SIZINGS = {"current": "equal devices", "width": "binary widths"}
CURRENTS = {"current": np.geomspace(1e-13, 1e-7, 7), "width": np.geomspace(1e-11, 1e-6, 6)}  # A, unit current by sizing
TREES = ("wallace", "columns", "dadda")
SWITCHED_LOAD = "5 fF"  # chosen: large against the devices' own
WEIGHTS = (255, 128, 64, 16)


@dataclass(frozen=True, eq=False)
class Analog:
    """A neuron of one synapse in one sizing, at several unit currents.

    points   all that were simulated;  bandwidth (Hz), power (W): of the usable ones, ascending, the first by interpolation
             where 3 dB of the gain are lost to the load's leakage (`design_space.forbidden`)
    exponent   d ln power / d ln bandwidth by least squares, usable points in weak inversion
    """

    bits: int
    weighting: str
    points: tuple[MacPoint, ...]
    bandwidth: np.ndarray
    power: np.ndarray
    exponent: float

    @property
    def name(self) -> str:
        return f"{self.bits} bits, {SIZINGS[self.weighting]}"

    def power_at(self, frequency: np.ndarray) -> np.ndarray:
        """W of the neuron whose bandwidth is `frequency` (Hz); below the slowest that one's, NaN above the fastest."""
        x, y = np.log(self.bandwidth), np.log(self.power)
        return np.exp(np.interp(np.log(frequency), x, y, right=np.nan))

    def energy_at(self, frequency: np.ndarray) -> np.ndarray:
        """J of an operation each 1 / frequency."""
        return self.power_at(frequency) / frequency


def analog(bits: int, weighting: str) -> Analog:
    """One sizing over its currents."""
    cell = MixedSignalMAC(bits=bits, weighting=weighting)
    points = mac_bias(cell, i_unit=CURRENTS[weighting]).points
    usable = [p for p in points if not forbidden(p, cell)]
    lost = [p for p in points if p.i_unit < usable[0].i_unit]
    logs = np.log([[p.bandwidth, p.power] for p in (*lost[-1:], *usable)])
    if lost:
        gains = np.log([lost[-1].gain, usable[0].gain])
        part = (np.log(LOST_GAIN) - gains[0]) / np.diff(gains)[0]
        logs[0] += part * (logs[1] - logs[0])
    weak = np.log([[p.bandwidth, p.power] for p in usable if p.inversion < WEAK])
    exponent = float(np.polyfit(weak[:, 0], weak[:, 1], 1)[0])
    return Analog(bits, weighting, points, np.exp(logs[:, 0]), np.exp(logs[:, 1]), exponent)


def ratio(digital: DigitalMac, one: Analog, fetch: float = 0.0) -> np.ndarray:
    """Energy of an operation, digital over analog, at digital.frequency; `fetch`: J that either spends on its weight."""
    k = list(digital.bits).index(one.bits)
    return (digital.energy[k] + fetch) / (one.energy_at(digital.frequency) + fetch)


def counts() -> dict[tuple[int, str], int]:
    """Transistors of the multiplier alone, by bits and tree."""
    return {(bits, tree): transistors(multiplier(bits, tree)).total for bits in WORDS for tree in TREES}


def switched() -> dict[str, MacBandwidth]:
    """Gain and bandwidth over the weight: gates switched at a fixed bias, and tails switched."""
    cells = {way: MixedSignalMAC(switching=way, c_load=SWITCHED_LOAD) for way in ("gate", "tail")}
    return {way: mac_bandwidth(cell, weights=WEIGHTS) for way, cell in cells.items()}
