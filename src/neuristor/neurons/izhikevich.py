"""Izhikevich's quadratic neuron with recovery."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State

INF = np.inf
SIMPLE = "Izhikevich 2003, eqs. 1-3"


class Izhikevich(Neuron):
    """Two equations that show the firing patterns of cortical neurons: a quadratic upswing and a recovery variable.

    With V = v in millivolts and time in milliseconds (mV/ms = V/s):
    dV/dt = k2 V^2 + k1 V + k0 - u + i
    du/dt = a (b (V - v_u) - l_u u)
    v = v_peak: spike; v = c, u += d.

    States: v_mem (V), u (V/s). Input: mV/ms = V/s, as in the source, where a "current" is a rate of change.
    Parameters keep the published numbers: a in 1/ms, b in 1/ms, d in mV/ms; v_u and l_u differ from 0 and 1 in the
    accommodation pattern alone.
    Valid: as a phenomenological model at 1 ms resolution; v_peak cuts a divergence and is not a threshold.
    Source: Izhikevich, IEEE Trans. Neural Networks 14 (2003) 1569-1572; the twenty patterns: 15 (2004) 1063-1070.
    Checked against: SciPy Radau; every pattern of 2004 by what defines it.
    """

    name = "izhikevich"
    title = "Izhikevich"
    source = "Izhikevich, IEEE Trans. Neural Networks 14 (2003) 1569-1572"
    states = {"v_mem": State("V", 10e-3, "membrane potential"), "u": State("V/s", 1.0, "recovery")}
    input_unit = "V/s"

    a = param(0.02, unit="1", symbol="a", doc="rate of recovery (1/ms)", source=SIMPLE)
    b = param(0.2, unit="1", symbol="b", doc="sensitivity of recovery to the potential (1/ms)", source=SIMPLE)
    c = param("-65 mV", unit="V", symbol="c", doc="potential after a spike", source=SIMPLE)
    d = param("8 mV/ms", unit="V/s", symbol="d", doc="recovery added by a spike", source=SIMPLE)
    k2 = param(0.04, unit="1", symbol="k2", bounds=(0, INF), doc="quadratic coefficient (1/(mV ms))", source=SIMPLE)
    k1 = param(5.0, unit="1", symbol="k1", doc="linear coefficient (1/ms)", source=SIMPLE)
    k0 = param("140 mV/ms", unit="V/s", symbol="k0", doc="constant coefficient", source=SIMPLE)
    v_u = param("0 mV", unit="V", symbol="v_u", doc="potential at which recovery rests", source="Izhikevich 2004, fig. 1 R")
    l_u = param(1.0, symbol="l_u", doc="leak of recovery, 0 or 1", source="Izhikevich 2004, program of fig. 1 R")
    v_peak = param("30 mV", unit="V", symbol="v_peak", doc="potential at which a spike is noted", source=SIMPLE)

    def initial(self):
        return {"v_mem": -65e-3, "u": self.b * (-65.0 - 1e3 * self.v_u)}

    def derivative(self, x, i_in):
        v = 1e3 * x.v_mem
        return {
            "v_mem": v * (self.k2 * v + self.k1) + self.k0 - x.u + i_in,
            "u": 1e3 * self.a * (self.b * (v - 1e3 * self.v_u) - self.l_u * x.u),
        }

    def threshold(self, x):
        return x.v_mem - self.v_peak

    def reset(self, x):
        return {"v_mem": self.c, "u": x.u + self.d}

    def scales(self):
        return Scales(input=10.0, time=30e-3)
