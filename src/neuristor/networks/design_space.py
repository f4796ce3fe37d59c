"""The design space of the mixed-signal neuron: bias current and load against energy, bandwidth, noise and accuracy at once.

Two ways to run a neuron that is biased with the unit current I_u:

own     as fast as it can, one operation each 1 / f_3dB: energy P / f_3dB, noise up to f_3dB. Both hang on the capacitance
        alone; the current buys speed.
fixed   at a rate B that the application sets, f_3dB being at least B: energy P / B, noise up to B. Here the current is a
        knob for accuracy: twice of it halves the noise and doubles the energy.

Either way energy times noise cannot fall below 16 q (n U_T)^2 V_DD (`circuits.differential_pair`), and a current cannot fall
below what leaks, nor leave tails and pairs less voltage than they need to saturate: the forbidden region.

Energy is that of one synapse, noise that of one synapse of full weight at its input: of K synapses on a load, whose noises
add up, each has 1 / K of the energy and of the noise that a single one would need to explain the output's.

Accuracy: that of a network evaluated before (`networks.mixed_signal.evaluate`), read off at the noise of each design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuits.cells.mixed_signal_mac import MixedSignalMAC
from ..circuits.differential_pair import shot_noise_floor
from ..errors import InputError
from ..experiments.base import Result
from ..experiments.mac_bias import mac_bias, read_currents
from ..experiments.mac_point import LEAK_LIMIT, SATURATED, MacPoint, mac_of
from ..quantities import K_B, Q_E, ZERO_CELSIUS, number_list, one_number

if TYPE_CHECKING:
    from .mixed_signal import NoiseErrors

CURRENTS = tuple(float(x) for x in np.geomspace(1e-13, 1e-7, 13))  # A
LOADS = (0.0, 1e-15, 1e-14)  # F
BAND = "1 MHz"
LOST_GAIN = 0.5**0.5  # of a branch, which has to be one where several synapses share a load (document 002, section II)


@dataclass(frozen=True, eq=False)
class DesignSpace(Result):
    """Designs by load and unit current; axes (loads, currents), SI units.

    i_unit (currents,); c_load (loads,)
    gain, bandwidth, power       of the neuron
    energy, noise                own: J an operation, V^2 (rectangle up to f_3dB)
    energy_fixed, noise_fixed    at the rate `band` (Hz); NaN where the neuron is slower than that
    floor, least_floor           J V^2: 16 q (n_N U_T)^2 V_DD with the least slope factor of the pairs met; with n = 1
    leakage, headroom, inversion   what bounds the current; headroom: least voltage of tails and pairs
    forbidden    why a design is none, "" where it is one;  u_t: thermal voltage, V
    network      of which `error` (own) and `error_fixed` are, share of the images; NaN beyond the noise evaluated, and
                 without a network;  clean: error of the float network;  full_scale: V
    """

    bits: int
    engine: str
    i_unit: np.ndarray
    c_load: np.ndarray
    band: float
    gain: np.ndarray
    bandwidth: np.ndarray
    power: np.ndarray
    energy: np.ndarray
    noise: np.ndarray
    energy_fixed: np.ndarray
    noise_fixed: np.ndarray
    floor: float
    least_floor: float
    leakage: np.ndarray
    headroom: np.ndarray
    inversion: np.ndarray
    forbidden: tuple[tuple[str, ...], ...]
    u_t: float
    network: str = ""
    full_scale: float = float("nan")
    clean: float = float("nan")
    error: np.ndarray | None = None
    error_fixed: np.ndarray | None = None

    @property
    def product(self) -> np.ndarray:
        """Energy times noise, own, J V^2."""
        return self.energy * self.noise

    @property
    def allowed(self) -> np.ndarray:
        """(loads, currents) whether nothing forbids the design."""
        return np.array([[not why for why in row] for row in self.forbidden])

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"product": self.product.tolist(), "allowed": self.allowed.tolist()}

    def least_energy(self, error: float, fixed: bool = False) -> tuple[int, int] | None:
        """Indices (load, current) of the allowed design of least energy whose error is at most this; None without one."""
        found, energy = (self.error_fixed, self.energy_fixed) if fixed else (self.error, self.energy)
        if found is None:
            raise InputError("design_space: errors are known with a network alone: give accuracy=evaluate(...)")
        meets = self.allowed & (np.nan_to_num(found, nan=np.inf) <= error)
        if not meets.any():
            return None
        best = int(np.argmin(np.where(meets, energy, np.inf)))
        return best // energy.shape[1], best % energy.shape[1]


def design_space(
    subject: Any,
    *,
    i_unit: Any = CURRENTS,
    c_load: Any = LOADS,
    bits: int = 0,
    band: Any = BAND,
    accuracy: NoiseErrors | None = None,
    engine: str = "native",
    progress: Callable[[float], None] | None = None,
) -> DesignSpace:
    """Sweep bias current and load capacitance of a mixed-signal neuron, with the accuracy of a network at each noise.

    The first synapse is given its full weight, to which the noise of a network's weights refers.
    bits      of the weights (0: the neuron's own);  band: rate B of the fixed-rate designs, Hz
    accuracy  result of `evaluate` at these bits
    """
    cell = mac_of(subject, "design_space", bits)
    cell = cell.with_(weights=[cell.w_max, *cell.weights[1:]])
    currents = np.sort(read_currents(list(i_unit) if isinstance(i_unit, tuple) else i_unit, "design_space"))
    loads = number_list(c_load, "F", "design_space: c_load")
    wide = one_number(band, "Hz", "design_space: band")
    if np.any(loads < 0) or wide <= 0:
        raise InputError("design_space: loads of zero or more and a band above zero are needed")
    if accuracy is not None and cell.bits not in accuracy.bits:
        raise InputError(f"design_space: {accuracy.network} was evaluated at {accuracy.bits} bits, not at {cell.bits}")
    rows = []
    for k, load in enumerate(loads):
        rows.append(mac_bias(cell.with_(c_load=load), i_unit=currents, band=wide, engine=engine).points)
        if progress:
            progress((k + 1) / len(loads))
    return gathered(rows, cell.bits, loads, wide, cell, engine, accuracy)


def gathered(
    rows: list[tuple[MacPoint, ...]], bits: int, loads: np.ndarray, band: float, cell: MixedSignalMAC, engine: str,
    accuracy: NoiseErrors | None,
) -> DesignSpace:  # fmt: skip
    """The points as arrays, with what forbids them and the network's errors."""

    def all_of(name: str) -> np.ndarray:
        return np.array([[getattr(point, name) for point in row] for row in rows])

    u_t = K_B / Q_E * (float(cell.temperature) + ZERO_CELSIUS)
    bandwidth, power, share = all_of("bandwidth"), all_of("power"), 1.0 / cell.synapses
    noise, slow = share * all_of("noise_rectangular"), bandwidth < band
    noise_fixed = np.where(slow, np.nan, share * all_of("noise_fixed"))
    least_floor = shot_noise_floor(1.0, u_t, float(cell.v_dd))
    told: dict[str, Any] = {}
    if accuracy is not None:
        told = {"network": accuracy.network, "full_scale": accuracy.full_scale, "clean": accuracy.clean}
        told["error"], told["error_fixed"] = (error_at(accuracy, bits, found) for found in (noise, noise_fixed))
    return DesignSpace(
        bits=bits, engine=engine, i_unit=all_of("i_unit")[0], c_load=loads, band=band, gain=all_of("gain"),
        bandwidth=bandwidth, power=power, energy=all_of("energy_per_mac"), noise=noise,
        energy_fixed=np.where(slow, np.nan, share * power / band), noise_fixed=noise_fixed,
        floor=least_floor * float(all_of("n_n").min()) ** 2, least_floor=least_floor, leakage=all_of("leakage"),
        headroom=np.minimum(all_of("pair"), all_of("tail")), inversion=all_of("inversion"),
        forbidden=tuple(tuple(forbidden(point, cell) for point in row) for row in rows), u_t=u_t, **told,
    )  # fmt: skip


def forbidden(point: MacPoint, cell: MixedSignalMAC) -> str:
    """Why a neuron cannot stand at this point; "" if it can.

    A diode-connected load under a current of the size of its own off-current is a resistor whose value the current no
    longer sets: gain falls, and bandwidth stops following the bias.
    """
    needed = SATURATED * K_B / Q_E * (float(cell.temperature) + ZERO_CELSIUS)
    if min(point.pair, point.tail) < needed:
        return "headroom: tails or pairs have too little voltage"
    if cell.load == "diode" and point.gain * cell.synapses < LOST_GAIN:
        return "leakage: the load leaks as much as it should carry, 3 dB of the gain are lost"
    if abs(point.leakage) > LEAK_LIMIT:
        return "leakage: the supply carries more than the tails"
    return ""


def error_at(errors: NoiseErrors, bits: int, noise: np.ndarray) -> np.ndarray:
    """Mean error of the network at noise powers (V^2), between those evaluated straight in their logarithm.

    Below the least one evaluated that one's error, which is an upper bound; NaN above the largest.
    """
    order = np.argsort(errors.noise_power)
    powers, found = errors.noise_power[order], errors.error_mean[errors.bits.index(bits)][order]
    kept = powers > 0
    return np.interp(np.log(noise), np.log(powers[kept]), found[kept], right=np.nan)
