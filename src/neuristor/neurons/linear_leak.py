"""The simplified spiking neuron with linear membrane decay (document 003), in floating and in fixed point."""

from __future__ import annotations

import casadi as ca
import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf
IAK = "Iakymchuk et al. 2015"


class LinearLeak(Neuron):
    """A counter with a constant leak: input adds, the leak subtracts at a fixed rate down to a floor.

    dP/dt = x - leak   while P > p_min or x > leak, else P rests at p_min
    P = v_th: spike; P = p_reset for t_ref, then the equation again.

    State: p_mem (V). Input x (V/s): a spike of weight w is an impulse of area w volt; a steady x must exceed `leak` to
    fire the neuron. Between events the motion is a straight line reflected at the floor, solved exactly for piecewise
    linear inputs: P(h) = P0 + N(h) + max(0, p_min - P0 - min_(0..h) N), N(s) = integral of (x - leak) (Skorokhod).
    Source: document 003 proposes a "simplified model with linear membrane potential degradation" in place of the spike
    response model; update P <- P + sum(w s) - D as in Iakymchuk et al. 2015. Numbers here are chosen.
    Valid: as the model of a digital neuron whose clock is fast against its inputs. Checked against: hand-computed paths,
    the fixed-point neuron.
    """

    name = "linear_leak"
    title = "Linear membrane decay"
    source = "Iakymchuk et al., EURASIP J. Image Video Process. 2015:4"
    states = {"p_mem": State("V", 10e-3, "membrane potential above rest")}
    input_unit = "V/s"
    held = ("p_mem",)
    default_method = "exact"

    leak = param("1 V/s", unit="V/s", symbol="D", bounds=(0, INF), strict=False, doc="decay per time (chosen)", source=IAK)
    p_min = param("0 V", unit="V", symbol="P_min", doc="floor of the potential (chosen)", source=IAK)
    p_reset = param("0 V", unit="V", symbol="P_reset", doc="potential after a spike (chosen)", source=IAK)
    v_th = param("30 mV", unit="V", symbol="P_th", bounds=(0, INF), doc="threshold above rest (chosen)", source=IAK)
    t_ref = param(
        "2 ms", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="refractory period (chosen)", source=IAK
    )

    def derivative(self, x, i_in):
        net = i_in - self.leak
        return {"p_mem": ca.if_else(ca.logic_or(x.p_mem > self.p_min, net > 0), net, 0.0 * net)}

    def flow(self, x, i, h):
        """The state after h under i(s) = i.c0 + i.c1 s: the line N reflected at the floor."""
        rate = i.c0 - self.leak
        end = h * (rate + h * i.c1 / 2)
        turn = ca.fmin(ca.fmax(ca.if_else(i.c1 > 0, -rate / ca.if_else(i.c1 > 0, i.c1, 1.0), 0.0), 0.0), h)
        lowest = ca.fmin(ca.fmin(0.0, end), turn * (rate + turn * i.c1 / 2))
        return {"p_mem": x.p_mem + end + ca.fmax(0.0, self.p_min - x.p_mem - lowest)}

    def kick(self, x, area):
        """An impulse adds its area at once, not below the floor."""
        return {"p_mem": ca.fmax(x.p_mem + area, self.p_min)}

    def threshold(self, x):
        return x.p_mem - self.v_th

    def reset(self, x):
        return {"p_mem": self.p_reset}

    def scales(self):
        rate = scalar(self.leak + self.v_th / 10e-3)
        return Scales(input=2 * rate, time=scalar(self.t_ref) + 10e-3)


class LinearLeakFixedPoint(Neuron):
    """The linear-decay neuron as a digital circuit computes it: whole numbers, one update a clock.

    p <- min(2^(bits + fraction_bits) - 1, max(p_min, p + w_in - leak)) each clock, all in steps of 2^-fraction_bits mV
    p >= v_th: spike; p = 0 and no counting for `refractory` clocks.

    States: p (whole steps), wait (clocks left). Input x (V/s): impulses and the integral of x
    over a clock are added up, then rounded to a whole step (to nearest, ties upward). All operations are exact in
    floating point, so the result equals integer arithmetic bit for bit.
    Source: document 003, simplification for digital hardware; word lengths are chosen.
    Valid: bits + fraction_bits up to 50. Checked against: Python integers.
    """

    name = "linear_leak_fixed"
    title = "Linear membrane decay, fixed point"
    source = "Iakymchuk et al., EURASIP J. Image Video Process. 2015:4"
    states = {
        "p": State("1", 100.0, "membrane potential above rest, in whole steps"),
        "wait": State("1", 1.0, "clocks until the neuron counts again"),
    }
    input_unit = "V/s"
    default_method = "clocked"

    t_clock = param("0.1 ms", unit="s", symbol="t_clock", bounds=(0, INF), doc="period of the clock (chosen)", source=IAK)
    leak = param("1 V/s", unit="V/s", symbol="D", bounds=(0, INF), strict=False, doc="decay per time (chosen)", source=IAK)
    v_th = param("30 mV", unit="V", symbol="P_th", bounds=(0, INF), doc="threshold above rest (chosen)", source=IAK)
    p_min = param("0 V", unit="V", symbol="P_min", doc="floor of the potential (chosen)", source=IAK)
    bits = param(8, symbol="bits", bounds=(1, 32), strict=False, doc="bits of the potential above one millivolt (chosen)")
    fraction_bits = param(4, symbol="fraction", bounds=(0, 16), strict=False, doc="bits below one millivolt (chosen)")
    refractory = param(20, symbol="N_ref", bounds=(0, INF), strict=False, doc="refractory clocks (chosen)", source=IAK)

    def step_size(self):
        """One unit in the last place, in volts."""
        return 1e-3 / 2**self.fraction_bits

    def whole(self, volts):
        """A voltage as a whole number of steps, to nearest."""
        return ca.floor(volts / self.step_size() + 0.5)

    def update(self, x, w_in):
        """One clock: the dict of new states."""
        total = x.p + self.whole(w_in) - self.whole(self.leak * self.t_clock)
        kept = ca.fmin(ca.fmax(total, self.whole(self.p_min)), 2 ** (self.bits + self.fraction_bits) - 1)
        return {
            "p": ca.if_else(x.wait <= 0, kept, x.p),
            "wait": ca.fmax(x.wait - 1, 0.0),
        }

    def threshold(self, x):
        return x.p - self.whole(self.v_th)

    def reset(self, x):
        return {"p": 0.0, "wait": self.refractory}

    def derivative(self, x, i_in):
        """The motion that one clock after another approximates, in steps per second."""
        return {"p": (i_in - self.leak) / self.step_size(), "wait": -1 / self.t_clock}

    def scales(self):
        rate = scalar(self.leak + self.v_th / 10e-3)
        return Scales(input=2 * rate, time=scalar(self.refractory * self.t_clock) + 10e-3)
