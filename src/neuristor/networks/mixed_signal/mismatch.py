"""Devices that are not alike as relative errors of weights, by a stated law or from the circuit's Monte Carlo.

A weight of c unit currents is wrong by a relative sigma of

    sigma_c / c = sqrt(relative^2 + unit^2 / c)                                                              (1)

relative  where the bits of a synapse have equal devices ("current" weighting): the largest bit errs as much as the least
unit      where 2^b equal devices stand for bit b ("width" weighting, and tails of unit transistors): by Pelgrom's law the
          variance of c devices in parallel is c times that of one

The circuit's Monte Carlo (`mac_mismatch`) gives sigma at full weight, from which either follows; the load's part of it,
which all synapses of a neuron share, is taken as every synapse's own. A tail's error cancels there, since the load of a
single synapse carries the same current; it has to be added. A mirror in weak inversion has, by its threshold's spread,

    unit = A_VT / (sqrt(W L) n U_T)                                                                          (2)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...circuits.cells.mixed_signal_mac import MixedSignalMAC
from ...errors import InputError
from ...experiments.mac_linearity import mac_mismatch
from ...experiments.mac_point import mac_of
from ...quantities import K_B, Q_E, ZERO_CELSIUS, one_number


@dataclass(frozen=True)
class MismatchModel:
    """The two sigmas of eq. 1, each from 0 to below 1; InputError otherwise."""

    relative: float = 0.0
    unit: float = 0.0

    def __post_init__(self) -> None:
        for name, sigma in (("relative", self.relative), ("unit", self.unit)):
            if not 0 <= sigma < 1:
                raise InputError(f"mismatch: {name} = {sigma!r}: a relative sigma from 0 to 1 is needed, e.g. 0.02")

    @property
    def present(self) -> bool:
        return self.relative > 0 or self.unit > 0

    def sigma(self, codes: torch.Tensor) -> torch.Tensor:
        """Eq. 1 of weights in unit currents; a weight of zero as one of a single unit."""
        return torch.sqrt(self.relative**2 + self.unit**2 / codes.abs().clamp(min=1.0))


def read_mismatch(value: Any, where: str) -> MismatchModel:
    """A model as it is, a number as the relative sigma of every synapse."""
    return value if isinstance(value, MismatchModel) else MismatchModel(one_number(value, "1", where))


def mismatch_of(
    mac: MixedSignalMAC, *, bits: int = 0, samples: int = 200, seed: int = 0, a_vt: Any = "1.3 mV um",
    a_beta: Any = "0.7 % um", tail: Any = "0 %",
) -> MismatchModel:  # fmt: skip
    """The model of a circuit, from `samples` of it (`mac_mismatch`, which tells where the coefficients are from).

    tail  relative sigma of a unit tail, e.g. that of `mirror_tail`
    """
    cell, own = mac_of(mac, "mismatch_of", bits), one_number(tail, "1", "mismatch_of: tail")
    found = mac_mismatch(cell, samples=samples, seed=seed, a_vt=a_vt, a_beta=a_beta).gain_sigma
    if cell.weighting == "current":
        return MismatchModel(found, own)
    return MismatchModel(0.0, float(np.hypot(found * np.sqrt(cell.w_max), own)))


def mirror_tail(w: Any, l: Any, a_vt: Any = "1.3 mV um", slope: float = 1.5, celsius: float = 27.0) -> float:  # noqa: E741
    """Relative sigma of a unit tail, a mirror's transistor of this width and length (m) in weak inversion: eq. 2."""
    width, length = one_number(w, "m", "mirror_tail: w"), one_number(l, "m", "mirror_tail: l")
    if not (width > 0 and length > 0 and slope > 0):
        raise InputError("mirror_tail: width, length and slope factor must be above zero")
    u_t = K_B / Q_E * (celsius + ZERO_CELSIUS)
    return one_number(a_vt, "V m", "mirror_tail: a_vt") / (float(np.sqrt(width * length)) * slope * u_t)
