"""Spike response model of document 003 (Iakymchuk et al. 2015), eqs. 1-4."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf
IAK = "Iakymchuk et al. 2015"


class SpikeResponse(Neuron):
    """The potential is a sum of responses: one to every incoming spike, one to every spike of the neuron itself.

    P(t)   = sum_ij w_i PSP(t - t_ij - d_i) + sum_f eta(t - t_f)                    (eq. 4)
    PSP(t) = (e^(-t/tau_m) - e^(-t/tau_s)) H(t)                                     (eq. 1)
    eta(t) = -v_th e^(-t/tau_r) H(t)                                                (eq. 2)
    P = v_th: spike.

    The printed eq. 2 has e^(+t/tau_r), which would never let the neuron fire again; the text calls it a decay, so the
    minus sign is a slip. The sums are the solution of a linear system that needs no spike list:
    du_m/dt = -u_m/tau_m + x, du_s/dt = -u_s/tau_s + x, dr/dt = -r/tau_r, P = u_m - u_s + r; a spike takes v_th off r.

    States: u_m, u_s, r (V). Input x (V/s): a spike of weight w is an impulse of area w volt (SpikeTrain, with delays);
    a steady x counts weighted spikes per second and holds P at x (tau_m - tau_s).
    Source: Iakymchuk et al., EURASIP J. Image Video Process. 2015:4, eqs. 1-4; its text fixes no numbers: those here
    are chosen. Valid: tau_s < tau_m. Checked against: the sums of eq. 4 (`membrane_potential`), to 1e-12.
    """

    name = "spike_response"
    title = "Spike response model"
    source = "Iakymchuk et al., EURASIP J. Image Video Process. 2015:4"
    states = {
        "u_m": State("V", 10e-3, "slowly decaying part of the responses"),
        "u_s": State("V", 10e-3, "fast decaying part of the responses"),
        "r": State("V", 10e-3, "refractory part"),
    }
    input_unit = "V/s"
    default_method = "exact"

    tau_m = param("10 ms", unit="s", symbol="tau_m", bounds=(0, INF), doc="decay of a response (chosen)", source=IAK)
    tau_s = param("2.5 ms", unit="s", symbol="tau_s", bounds=(0, INF), doc="rise of a response (chosen)", source=IAK)
    tau_r = param("10 ms", unit="s", symbol="tau_r", bounds=(0, INF), doc="refractory decay (chosen)", source=IAK)
    v_th = param("30 mV", unit="V", symbol="v", bounds=(0, INF), doc="threshold above rest (chosen)", source=IAK)

    def derivative(self, x, i_in):
        return {"u_m": i_in - x.u_m / self.tau_m, "u_s": i_in - x.u_s / self.tau_s, "r": -x.r / self.tau_r}

    def potential(self, x):
        """P of eq. 4 from the states."""
        return x.u_m - x.u_s + x.r

    def threshold(self, x):
        return self.potential(x) - self.v_th

    def reset(self, x):
        return {"r": x.r - self.v_th}

    def scales(self):
        return Scales(input=2 * scalar(self.v_th / (self.tau_m - self.tau_s)), time=scalar(self.tau_m))


def membrane_potential(
    neuron: SpikeResponse,
    t: np.ndarray,
    inputs: list[np.ndarray],
    weights: list[float],
    delays: list[float],
    outputs: np.ndarray,
) -> np.ndarray:
    """P(t) of eq. 4 as the literal sum over spikes, right-continuous; times in s, weights in V."""

    def after(dt: np.ndarray, tau: float) -> np.ndarray:
        return np.where(dt >= 0, np.exp(-np.maximum(dt, 0) / tau), 0.0)

    total = np.zeros_like(t)
    for spikes, w, d in zip(inputs, weights, delays, strict=True):
        for t_i in spikes:
            total += w * (after(t - t_i - d, neuron.tau_m) - after(t - t_i - d, neuron.tau_s))
    for t_f in outputs:
        total -= neuron.v_th * after(t - t_f, neuron.tau_r)
    return total
