"""Adaptive exponential integrate-and-fire neuron."""

from __future__ import annotations

import casadi as ca
import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf
BG = "Brette & Gerstner 2005, p. 3638"


class AdEx(Neuron):
    """A leaky integrator whose upswing is an exponential and which adapts through a second, slow variable.

    c_mem dv/dt = -g_leak (v - e_leak) + g_leak delta_t exp((v - v_t) / delta_t) - w + i
    tau_w dw/dt = a (v - e_leak) - w
    v = v_peak: spike; v = v_reset, w += b.

    States: v_mem (V), w (A). Input: current (A). In the last microseconds before v_peak the potential diverges within
    1e-16 s; time is carried in two words, so the step may follow it.
    Valid: cortical neurons at the level of spike times (0.96 coincidence with a detailed model within 2 ms, in the
    source). Source: Brette & Gerstner 2005, eqs. 2-3; Naud et al. 2008 for the firing patterns.
    Checked against: SciPy Radau.
    """

    name = "adex"
    title = "Adaptive exponential integrate-and-fire"
    source = "Brette & Gerstner, J. Neurophysiol. 94 (2005) 3637-3642"
    states = {"v_mem": State("V", 10e-3, "membrane potential"), "w": State("A", 100e-12, "adaptation current")}

    c_mem = param("281 pF", unit="F", symbol="C", bounds=(0, INF), doc="membrane capacitance", source=BG)
    g_leak = param("30 nS", unit="S", symbol="g_L", bounds=(0, INF), doc="leak conductance", source=BG)
    e_leak = param("-70.6 mV", unit="V", symbol="E_L", doc="leak reversal potential", source=BG)
    v_t = param("-50.4 mV", unit="V", symbol="V_T", doc="threshold of the exponential", source=BG)
    delta_t = param("2 mV", unit="V", symbol="Delta_T", bounds=(0, INF), doc="slope of the upswing", source=BG)
    tau_w = param("144 ms", unit="s", symbol="tau_w", bounds=(0, INF), doc="adaptation time constant", source=BG)
    a = param("4 nS", unit="S", symbol="a", doc="subthreshold adaptation", source=BG)
    b = param("80.5 pA", unit="A", symbol="b", doc="adaptation added by a spike", source=BG)
    v_reset = param("-70.6 mV", unit="V", symbol="V_r", doc="potential after a spike", source=BG)
    v_peak = param("20 mV", unit="V", symbol="V_peak", doc="potential at which a spike is noted", source=BG)

    def initial(self):
        return {"v_mem": self.e_leak}

    def derivative(self, x, i_in):
        upswing = self.g_leak * self.delta_t * ca.exp((x.v_mem - self.v_t) / self.delta_t)
        return {
            "v_mem": (self.g_leak * (self.e_leak - x.v_mem) + upswing - x.w + i_in) / self.c_mem,
            "w": (self.a * (x.v_mem - self.e_leak) - x.w) / self.tau_w,
        }

    def threshold(self, x):
        return x.v_mem - self.v_peak

    def reset(self, x):
        return {"v_mem": self.v_reset, "w": x.w + self.b}

    def power(self, x, i_in):
        return (x.v_mem - self.e_leak) * i_in

    def scales(self):
        rheobase = (self.g_leak + self.a) * (self.v_t - self.e_leak - self.delta_t)
        return Scales(input=2 * abs(scalar(rheobase)) + 1e-12, time=5 * scalar(self.c_mem / self.g_leak))
