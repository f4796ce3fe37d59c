"""Hodgkin-Huxley neurons: the squid axon of 1952 and the cortical cell of the COBAHH benchmark."""

from __future__ import annotations

import casadi as ca
import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf
HH = "Hodgkin & Huxley 1952, table 3"
COBAHH = "Brette et al. 2007, appendix 1, benchmark 3"

GATES = {
    "v_mem": State("V", 10e-3, "membrane potential"),
    "m": State("1", 1.0, "activation of sodium"),
    "h": State("1", 1.0, "availability of sodium"),
    "n": State("1", 1.0, "activation of potassium"),
}


def linear_over_exp(z):
    """z / (1 - e^(-z)), the opening rate that grows linearly with depolarisation; 1 + z/2 + z^2/12 near z = 0."""
    near = ca.fabs(z) < 1e-3
    return ca.if_else(near, 1 + z / 2 + z * z / 12, z / -ca.expm1(-ca.if_else(near, 1.0, z)))


class HodgkinHuxley(Neuron):
    """The squid giant axon: sodium and potassium channels with independent gates make the spike themselves.

    c_mem dv/dt = i - g_na m^3 h (v - e_na) - g_k n^4 (v - e_k) - g_leak (v - e_leak)
    dx/dt = q10 (alpha_x(v) (1 - x) - beta_x(v) x), x = m, h, n;  with V = v in millivolts, rates in 1/ms:
    alpha_m = z(V + 40, 10),         beta_m = 4 exp(-(V + 65) / 18),   z(y, s) = (y / s) / (1 - exp(-y / s))
    alpha_h = 0.07 exp(-(V + 65) / 20), beta_h = 1 / (1 + exp(-(V + 35) / 10))
    alpha_n = 0.1 z(V + 55, 10),     beta_n = 0.125 exp(-(V + 65) / 80)
    Spike: v crosses v_spike upward; nothing is reset.

    States: v_mem (V), m, h, n. Input: current density (A/m2; 10 uA/cm2 = 0.1 A/m2). Rest at -65 mV (the source
    counts from rest, with the opposite sign). Valid: 6.3 C; q10 = 3^((T - 6.3)/10) scales the gates.
    Source: Hodgkin & Huxley, J. Physiol. 117 (1952) 500-544, eqs. 12-26 and table 3. Checked against: SciPy Radau.
    """

    name = "hodgkin_huxley"
    title = "Hodgkin-Huxley, squid axon"
    source = "Hodgkin & Huxley, J. Physiol. 117 (1952) 500-544"
    states = GATES
    input_unit = "A/m2"

    c_mem = param("1 uF/cm2", unit="F/m2", symbol="C_m", bounds=(0, INF), doc="membrane capacitance", source=HH)
    g_na = param("120 mS/cm2", unit="S/m2", symbol="g_Na", bounds=(0, INF), doc="sodium conductance", source=HH)
    g_k = param("36 mS/cm2", unit="S/m2", symbol="g_K", bounds=(0, INF), doc="potassium conductance", source=HH)
    g_leak = param("0.3 mS/cm2", unit="S/m2", symbol="g_L", bounds=(0, INF), doc="leak conductance", source=HH)
    e_na = param("50 mV", unit="V", symbol="E_Na", doc="sodium reversal potential (rest + 115 mV)", source=HH)
    e_k = param("-77 mV", unit="V", symbol="E_K", doc="potassium reversal potential (rest - 12 mV)", source=HH)
    e_leak = param("-54.387 mV", unit="V", symbol="E_L", doc="leak reversal potential (rest + 10.613 mV)", source=HH)
    q10 = param(1.0, symbol="phi", bounds=(0, INF), doc="temperature factor of the gates", source="p. 518, eqs. at 6.3 C")
    v_spike = param("0 mV", unit="V", symbol="v_spike", doc="level whose upward crossing is called a spike (chosen)")

    def rates(self, v):
        """Opening and closing rates of m, h, n in 1/s at v (V)."""
        v = 1e3 * v
        return {
            "m": (1e3 * linear_over_exp((v + 40) / 10), 4e3 * ca.exp(-(v + 65) / 18)),
            "h": (70.0 * ca.exp(-(v + 65) / 20), 1e3 / (1 + ca.exp(-(v + 35) / 10))),
            "n": (100.0 * linear_over_exp((v + 55) / 10), 125.0 * ca.exp(-(v + 65) / 80)),
        }

    def initial(self):
        return {"v_mem": -65e-3, "m": 0.0529, "h": 0.5961, "n": 0.3177}

    def derivative(self, x, i_in):
        sodium = self.g_na * x.m * x.m * x.m * x.h * (x.v_mem - self.e_na)
        potassium = self.g_k * (x.n * x.n) * (x.n * x.n) * (x.v_mem - self.e_k)
        leak = self.g_leak * (x.v_mem - self.e_leak)
        gates = {
            name: self.q10 * (opening * (1 - getattr(x, name)) - closing * getattr(x, name))
            for name, (opening, closing) in self.rates(x.v_mem).items()
        }
        return {"v_mem": (i_in - sodium - potassium - leak) / self.c_mem, **gates}

    def threshold(self, x):
        return x.v_mem - self.v_spike

    def scales(self):
        return Scales(input=0.1, time=15e-3)


class CorticalHH(Neuron):
    """The Hodgkin-Huxley cell of the COBAHH benchmark: Traub & Miles channels in a cortical cell.

    Equations of HodgkinHuxley with u = v - v_t in millivolts and, rates in 1/ms, z as there:
    alpha_m = 1.28 z(u - 13, 4),     beta_m = 1.4 z(40 - u, 5)
    alpha_h = 0.128 exp((17 - u) / 18), beta_h = 4 / (1 + exp((40 - u) / 5))
    alpha_n = 0.16 z(u - 15, 5),     beta_n = 0.5 exp((10 - u) / 40)
    Spike: v crosses v_spike upward; no other is noted for t_ref.

    States: v_mem (V), m, h, n. Input: current (A) into the cell of 20,000 um2.
    Without input the cell fires at about 15 Hz: its rheobase is negative. Valid: as the benchmark cell, without its
    synapses. Source: Brette et al., J. Comput. Neurosci. 23 (2007) 349-398,
    after Traub & Miles 1991. Checked against: SciPy Radau; Brian2 in the benchmark.
    """

    name = "cortical_hh"
    title = "Hodgkin-Huxley, cortical (COBAHH)"
    source = "Brette et al., J. Comput. Neurosci. 23 (2007) 349-398"
    states = GATES

    c_mem = param("200 pF", unit="F", symbol="C_m", bounds=(0, INF), doc="capacitance: 1 uF/cm2 x 20,000 um2", source=COBAHH)
    g_leak = param("10 nS", unit="S", symbol="g_L", bounds=(0, INF), doc="leak: 5e-5 S/cm2 x 20,000 um2", source=COBAHH)
    g_na = param("20 uS", unit="S", symbol="g_Na", bounds=(0, INF), doc="sodium: 100 mS/cm2 x 20,000 um2", source=COBAHH)
    g_k = param("6 uS", unit="S", symbol="g_K", bounds=(0, INF), doc="potassium: 30 mS/cm2 x 20,000 um2", source=COBAHH)
    e_leak = param("-60 mV", unit="V", symbol="E_L", doc="leak reversal potential", source=COBAHH)
    e_k = param("-90 mV", unit="V", symbol="E_K", doc="potassium reversal potential", source=COBAHH)
    e_na = param("50 mV", unit="V", symbol="E_Na", doc="sodium reversal potential", source=COBAHH)
    v_t = param("-63 mV", unit="V", symbol="V_T", doc="shift of the gates' voltage scale", source=COBAHH)
    v_spike = param("-20 mV", unit="V", symbol="v_spike", doc="level whose upward crossing is called a spike")
    t_ref = param("3 ms", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="time without another spike")

    def rates(self, v):
        """Opening and closing rates of m, h, n in 1/s at v (V)."""
        u = 1e3 * (v - self.v_t)
        return {
            "m": (1280.0 * linear_over_exp((u - 13) / 4), 1400.0 * linear_over_exp((40 - u) / 5)),
            "h": (128.0 * ca.exp((17 - u) / 18), 4e3 / (1 + ca.exp((40 - u) / 5))),
            "n": (160.0 * linear_over_exp((u - 15) / 5), 500.0 * ca.exp((10 - u) / 40)),
        }

    def initial(self):
        return {"v_mem": self.e_leak, "m": 0.0, "h": 1.0, "n": 0.0}

    derivative = HodgkinHuxley.derivative
    q10 = 1.0

    def threshold(self, x):
        return x.v_mem - self.v_spike

    def scales(self):
        return Scales(input=scalar(30e-3 * self.g_leak), time=15e-3)
