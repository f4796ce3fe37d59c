"""Perfect integrator: the neuron without a leak, as a reference."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf


class PerfectIntegrator(Neuron):
    """A capacitor that fires whenever it has collected a fixed charge.

    c_mem dv/dt = i
    v = v_th: spike; v = v_reset for t_ref, then the equation again.

    State: v_mem (V). Input: current (A). Linear, so solved exactly. Under a constant current it fires at
    1 / (t_ref + c_mem (v_th - v_reset) / i): there is no rheobase, and a +-10 % change of the current moves the
    spike by -9.0909 / +11.1111 %.
    Valid: as the limit of the leaky neuron for intervals much shorter than its time constant.
    Source: Lapicque 1907 without leak; capacitor and threshold of the order of the CMOS neuron of Shah et al. 2023.
    Checked against: the closed form above.
    """

    name = "perfect_integrator"
    title = "Perfect integrator"
    source = "Lapicque 1907, without the leak"
    states = {"v_mem": State("V", 0.1, "membrane potential")}
    held = ("v_mem",)
    default_method = "exact"

    c_mem = param("10 fF", unit="F", symbol="C_m", bounds=(0, INF), doc="membrane capacitance")
    v_th = param("0.5 V", unit="V", symbol="v_th", doc="spike threshold")
    v_reset = param("0 V", unit="V", symbol="v_reset", doc="potential after a spike")
    t_ref = param("0 s", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="refractory period")

    def initial(self):
        return {"v_mem": self.v_reset}

    def derivative(self, x, i_in):
        return {"v_mem": i_in / self.c_mem}

    def threshold(self, x):
        return x.v_mem - self.v_th

    def reset(self, x):
        return {"v_mem": self.v_reset}

    def power(self, x, i_in):
        return x.v_mem * i_in

    def scales(self):
        return Scales(input=10e-12, time=scalar(self.c_mem * (self.v_th - self.v_reset)) / 10e-12)
