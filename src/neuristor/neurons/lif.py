"""Leaky integrate-and-fire neuron."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf


class LIF(Neuron):
    """A capacitor with a leak that fires at a fixed threshold.

    tau_m dv/dt = v_rest - v + r_mem i,   tau_m = r_mem c_mem
    v = v_th: spike; v = v_reset for t_ref, then the equation again.

    State: v_mem (V). Input: current (A). Linear between events, so solved exactly. Under a constant current above
    rheobase (v_th - v_rest) / r_mem it fires at 1 / (t_ref + tau_m ln((v_inf - v_reset) / (v_inf - v_th))),
    v_inf = v_rest + r_mem i.
    Valid: for the timing of spikes; the spike itself has no shape.
    Source: Lapicque 1907; parameters of the tutorial "Neuromorphic Engineering Book", chapter 5.1.
    Checked against: that closed form, the tutorial's own arithmetic.
    """

    name = "lif"
    title = "Leaky integrate-and-fire"
    source = "Neuromorphic Engineering Book, ch. 5.1 (tutorial)"
    states = {"v_mem": State("V", 10e-3, "membrane potential")}
    held = ("v_mem",)
    default_method = "exact"

    c_mem = param("5 uF", unit="F", symbol="C_m", bounds=(0, INF), doc="membrane capacitance")
    r_mem = param("1 kOhm", unit="Ohm", symbol="R_m", bounds=(0, INF), doc="membrane resistance")
    v_rest = param("-70 mV", unit="V", symbol="v_rest", doc="resting potential")
    v_th = param("-40 mV", unit="V", symbol="v_th", doc="spike threshold")
    v_reset = param("-70 mV", unit="V", symbol="v_reset", doc="potential after a spike")
    t_ref = param("1 ms", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="refractory period")

    def initial(self):
        return {"v_mem": self.v_rest}

    def derivative(self, x, i_in):
        return {"v_mem": (self.v_rest - x.v_mem + self.r_mem * i_in) / (self.r_mem * self.c_mem)}

    def threshold(self, x):
        return x.v_mem - self.v_th

    def reset(self, x):
        return {"v_mem": self.v_reset}

    def power(self, x, i_in):
        return (x.v_mem - self.v_rest) * i_in

    def scales(self):
        return Scales(
            input=2 * scalar((self.v_th - self.v_rest) / self.r_mem),
            time=scalar(self.r_mem * self.c_mem + self.t_ref),
        )
