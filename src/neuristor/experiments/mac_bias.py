"""A mixed-signal neuron against its bias current: energy, bandwidth, noise, limits together; bandwidth over weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import parse
from .base import Result
from .mac_point import MacPoint, mac_of, mac_point, pole, response
from .mac_transfer import read_weights

CURRENTS = tuple(f"{x:g} A" for x in (1e-12, 1e-11, 1e-10, 1e-9, 1e-8))


@dataclass(frozen=True)
class MacBias(Result):
    """One MacPoint a unit current. i_unit (n,) A; points; engine."""

    i_unit: np.ndarray
    points: tuple[MacPoint, ...]
    engine: str

    def column(self, name: str) -> np.ndarray:
        """One quantity of all points, (n,)."""
        return np.array([getattr(point, name) for point in self.points])


@dataclass(frozen=True)
class MacBandwidth(Result):
    """Gain and frequencies (Hz), (n_currents, n_weights), against unit current (A) and weight of the first synapse.

    bandwidth   -3 dB frequency of the gain; NaN where the overlaps of the gates carry the signal past the pole
    pole        -3 dB frequency of the outputs themselves
    """

    i_unit: np.ndarray
    weights: np.ndarray
    gain: np.ndarray
    bandwidth: np.ndarray
    pole: np.ndarray
    engine: str

    @property
    def spread(self) -> np.ndarray:
        """(n_currents,) range of the pole over the weights, relative to its largest."""
        return np.ptp(self.pole, axis=1) / self.pole.max(axis=1)

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"spread": self.spread.tolist()}


def mac_bias(
    subject: Any,
    *,
    i_unit: Any = CURRENTS,
    bits: int = 0,
    f_low: Any = "1 Hz",
    band: Any = "1 kHz",
    engine: str = "native",
    progress: Callable[[float], None] | None = None,
) -> MacBias:
    """Gain, bandwidth, power, energy and noise of a mixed-signal neuron at several unit currents, with their limits.

    bits    of the weights (0: the neuron's own);  f_low, band  ends of the integrals of noise (see `mac_point`)
    """
    cell = mac_of(subject, "mac_bias", bits)
    currents = read_currents(i_unit, "mac_bias")
    points = []
    for k, current in enumerate(currents):
        points.append(mac_point(cell.with_(i_unit=current), engine=engine, f_low=f_low, band=band))
        if progress:
            progress((k + 1) / len(currents))
    return MacBias(currents, tuple(points), engine)


def mac_bandwidth(
    subject: Any,
    *,
    i_unit: Any = None,
    weights: Any = None,
    bits: int = 0,
    engine: str = "native",
    progress: Callable[[float], None] | None = None,
) -> MacBandwidth:
    """Gain and bandwidth of a mixed-signal neuron against unit current and weight.

    i_unit   one or several (default: the neuron's own);  weights  of the first synapse (default: full, half, quarter, 1)
    """
    cell = mac_of(subject, "mac_bandwidth", bits)
    currents = read_currents(cell.i_unit if i_unit is None else i_unit, "mac_bandwidth")
    chosen = read_weights(cell, weights)
    if not np.all(chosen):
        raise InputError("mac_bandwidth: a weight of zero passes no signal: leave it out")
    found = np.empty((3, len(currents), len(chosen)))
    for k, (i, j) in enumerate(np.ndindex(found.shape[1:])):
        one = cell.with_(i_unit=currents[i], weights=[int(chosen[j]), *cell.weights[1:]])
        found[:, i, j] = *response(one.netlist, engine), pole(one.netlist, engine)
        if progress:
            progress((k + 1) / found[0].size)
    return MacBandwidth(currents, chosen, found[0], found[1], found[2], engine)


def read_currents(i_unit: Any, where: str) -> np.ndarray:
    """Unit currents (A), (n,)."""
    given = i_unit if isinstance(i_unit, (list, tuple, np.ndarray)) else [i_unit]
    try:
        currents = np.array([float(parse(x, "A")) for x in given])
    except InputError as error:
        raise InputError(f"{where}: i_unit: {error}") from None
    if not currents.size or np.any(currents <= 0):
        raise InputError(f"{where}: i_unit needs currents above zero")
    return currents
