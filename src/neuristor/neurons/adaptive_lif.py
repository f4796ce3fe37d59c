"""Leaky integrate-and-fire neuron with an adaptation current and a moving threshold."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf


class AdaptiveLIF(Neuron):
    """A leaky integrate-and-fire neuron that tires: every spike feeds an opposing current and lifts the threshold.

    c_mem dv/dt     = -g_leak (v - v_rest) - w + i
    tau_w dw/dt     = a (v - v_rest) - w
    tau_th dtheta/dt = v_th - theta
    v = theta: spike; v = v_reset for t_ref, w += b, theta += d_th.

    States: v_mem (V), w (A), theta (V). Input: current (A). Linear between events, so solved exactly.
    After the first spikes the intervals lengthen until what a spike adds to w decays within one interval; for weak
    coupling the rate relaxes with time constant tau_w / (1 + b tau_w df/di) (Benda & Herz 2003).
    Source: Treves 1993; Brette & Gerstner 2005 without the exponential; moving threshold after Chacron et al. 2003.
    Valid: as a phenomenological model of spike-frequency adaptation. Checked against: SciPy Radau.
    """

    name = "adaptive_lif"
    title = "Adaptive leaky integrate-and-fire"
    source = "Treves 1993; Chacron et al. 2003 (moving threshold)"
    states = {
        "v_mem": State("V", 10e-3, "membrane potential"),
        "w": State("A", 100e-12, "adaptation current"),
        "theta": State("V", 10e-3, "threshold"),
    }
    held = ("v_mem",)
    default_method = "exact"

    c_mem = param("200 pF", unit="F", symbol="C_m", bounds=(0, INF), doc="membrane capacitance")
    g_leak = param("10 nS", unit="S", symbol="g_L", bounds=(0, INF), doc="leak conductance")
    v_rest = param("-70 mV", unit="V", symbol="v_rest", doc="resting potential")
    v_th = param("-50 mV", unit="V", symbol="v_th", doc="resting value of the threshold")
    v_reset = param("-60 mV", unit="V", symbol="v_reset", doc="potential after a spike")
    t_ref = param("2 ms", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="refractory period")
    a = param("0 nS", unit="S", symbol="a", doc="coupling of the adaptation current to the potential")
    b = param("40 pA", unit="A", symbol="b", doc="adaptation current added by a spike")
    tau_w = param("100 ms", unit="s", symbol="tau_w", bounds=(0, INF), doc="adaptation time constant")
    d_th = param("0 mV", unit="V", symbol="d_th", doc="threshold lift by a spike")
    tau_th = param("50 ms", unit="s", symbol="tau_th", bounds=(0, INF), doc="threshold time constant")

    def initial(self):
        return {"v_mem": self.v_rest, "theta": self.v_th}

    def derivative(self, x, i_in):
        return {
            "v_mem": (self.g_leak * (self.v_rest - x.v_mem) - x.w + i_in) / self.c_mem,
            "w": (self.a * (x.v_mem - self.v_rest) - x.w) / self.tau_w,
            "theta": (self.v_th - x.theta) / self.tau_th,
        }

    def threshold(self, x):
        return x.v_mem - x.theta

    def reset(self, x):
        return {"v_mem": self.v_reset, "w": x.w + self.b, "theta": x.theta + self.d_th}

    def power(self, x, i_in):
        return (x.v_mem - self.v_rest) * i_in

    def scales(self):
        return Scales(
            input=2 * scalar((self.g_leak + self.a) * (self.v_th - self.v_rest)),
            time=scalar(self.c_mem / self.g_leak + self.t_ref),
        )
