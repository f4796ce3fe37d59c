"""The mixed-signal neuron in closed form: binary-weighted differential pairs on a common load, all in weak inversion.

Synapse k of weight w_k (0 to w_max = 2^N - 1 unit currents) sees the differential voltage V_k. Every pair is always on: its
tail current flows whatever the weight; the weight decides how much of it follows the input. With ideal tails, saturated
pairs, no leakage and PMOS loads whose gate is their drain, each source-coupled pair divides its current as tanh, and
the load turns a ratio of currents into a voltage:

    V_out = 2 n_P U_T atanh(sum_k w_k tanh(V_k / (2 n_N U_T)) / (synapses w_max))

Weak inversion means inversion coefficients far below 1; n_N, n_P are the slope factors, taken as constants. Shot noise is
2 q I a device (C. Enz, E. Vittoz, "Charge-based MOS Transistor Modeling", 2006, thermal noise of a saturated channel in
weak inversion); flicker noise, tails and switches are left out, and a tail's noise is common to both outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..quantities import K_B, Q_E, ZERO_CELSIUS


def shot_noise_floor(n: Any, u_t: Any, v_dd: Any) -> Any:
    """Energy of an operation times noise in its own band, J V^2: 16 q (n U_T)^2 V_DD; n = 1 bounds every transistor."""
    return 16.0 * Q_E * (n * u_t) ** 2 * v_dd


@dataclass(frozen=True)
class WeakInversion:
    """A neuron of `synapses` synapses of `bits` bits.

    i_unit      A, tail current of the least bit;  v_dd  V, supply
    n_n, n_p    slope factors of pairs and loads;  celsius  degrees
    c_out       F between each output and ground;  conductance g_p of the loads is i / (n_p U_T)
    """

    bits: int
    synapses: int
    i_unit: Any
    v_dd: Any
    n_n: Any = 1.5
    n_p: Any = 1.5
    c_out: Any = 0.0
    celsius: Any = 27.0

    @property
    def u_t(self) -> Any:
        """Thermal voltage k T / q, V."""
        return K_B / Q_E * (self.celsius + ZERO_CELSIUS)

    @property
    def w_max(self) -> int:
        return 2**self.bits - 1

    @property
    def current(self) -> Any:
        """The supply's current, A: all tails, synapses (2^N - 1) I_u."""
        return self.synapses * self.w_max * self.i_unit

    @property
    def power(self) -> Any:
        """V_DD synapses (2^N - 1) I_u, W."""
        return self.v_dd * self.current

    def output(self, weights: Any, inputs: Any) -> Any:
        """V_out (V) for weights and inputs (V) whose last axis are the synapses."""
        share = np.sum(np.asarray(weights) * np.tanh(np.asarray(inputs) / (2.0 * self.n_n * self.u_t)), axis=-1)
        return 2.0 * self.n_p * self.u_t * np.arctanh(share / (self.synapses * self.w_max))

    def gain(self, weight: Any) -> Any:
        """dV_out / dV_k of a synapse of this weight, all inputs at zero."""
        return weight / (self.synapses * self.w_max) * self.n_p / self.n_n

    @property
    def load_conductance(self) -> Any:
        """g_p of one load, S: half of the current over n_p U_T."""
        return 0.5 * self.current / (self.n_p * self.u_t)

    @property
    def bandwidth(self) -> Any:
        """f_3dB, Hz: g_p / (2 pi C), whatever the weight."""
        return self.load_conductance / (2.0 * np.pi * self.c_out)

    @property
    def output_density(self) -> Any:
        """Shot noise of pairs and loads between the outputs, V^2/Hz: 4 q I / g_p^2 with I the supply's current.

        Each of the two sides carries I / 2 in pairs and in loads, and 2 q I / 2 of noise from either.
        """
        return 4.0 * Q_E * self.current / self.load_conductance**2

    @property
    def energy(self) -> Any:
        """Of one output in the time 1 / f_3dB, J: all synapses' products together."""
        return self.power / self.bandwidth

    def output_noise(self, band: Any = None) -> Any:
        """V^2 between the outputs: the density times `band` (Hz; default f_3dB), a rectangle.

        The exact integral over all frequencies of one pole is pi / 2 times that of f_3dB.
        """
        return self.output_density * (self.bandwidth if band is None else band)

    def input_noise(self, weight: Any, band: Any = None) -> Any:
        """The same as a voltage at the input of one synapse of this weight, V^2."""
        return self.output_noise(band) / self.gain(weight) ** 2

    @property
    def invariant(self) -> Any:
        """Energy times noise at the output in the neuron's own band, J V^2: 16 q (n_P U_T)^2 V_DD.

        Neither current nor capacitance, neither bits nor synapses are in it. Of one synapse of full weight the noise at
        the input gives the same with n_N for n_P.
        """
        return shot_noise_floor(self.n_p, self.u_t, self.v_dd)
