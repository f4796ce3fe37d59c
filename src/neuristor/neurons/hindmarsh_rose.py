"""Hindmarsh-Rose neuron: bursting in three dimensionless equations."""

from __future__ import annotations

import numpy as np

from ..parameters import param
from .base import Neuron, Scales, State, scalar

INF = np.inf
HR = "Hindmarsh & Rose 1984, eqs. 1-3"


class HindmarshRose(Neuron):
    """A cubic spike generator with a slow adaptation variable that switches bursts on and off.

    t_unit dx/dt = y - a x^3 + b x^2 - z + i
    t_unit dy/dt = c - d x^2 - y
    t_unit dz/dt = r (s (x - x_rest) - z)
    Spike: x crosses x_spike upward; nothing is reset.

    States: x (potential), y (fast recovery), z (adaptation). Input: dimensionless, as the states; t_unit gives the unit of
    time (chosen: 1 ms). Valid: as a qualitative model; i = 1.5..3.2 bursts, chaotic near 3.2.
    Source: Hindmarsh & Rose, Proc. R. Soc. London B 221 (1984) 87-102. Checked against: SciPy Radau.
    """

    name = "hindmarsh_rose"
    title = "Hindmarsh-Rose"
    source = "Hindmarsh & Rose, Proc. R. Soc. London B 221 (1984) 87-102"
    states = {
        "x": State("1", 1.0, "potential"),
        "y": State("1", 5.0, "fast recovery"),
        "z": State("1", 3.0, "slow adaptation"),
    }
    input_unit = "1"

    a = param(1.0, symbol="a", bounds=(0, INF), doc="cubic coefficient", source=HR)
    b = param(3.0, symbol="b", doc="quadratic coefficient", source=HR)
    c = param(1.0, symbol="c", doc="drive of the recovery", source=HR)
    d = param(5.0, symbol="d", doc="quadratic coefficient of the recovery", source=HR)
    r = param(0.006, symbol="r", bounds=(0, INF), doc="rate of the adaptation", source="Hindmarsh & Rose 1984, fig. 6")
    s = param(4.0, symbol="s", doc="strength of the adaptation", source=HR)
    x_rest = param(-1.6, symbol="x_1", doc="resting potential", source=HR)
    x_spike = param(1.0, symbol="x_spike", doc="level whose upward crossing is called a spike (chosen)")
    t_unit = param("1 ms", unit="s", symbol="t_unit", bounds=(0, INF), doc="unit of time (chosen)")

    def initial(self):
        return {"x": self.x_rest, "y": self.c - self.d * self.x_rest**2, "z": 0.0}

    def derivative(self, x, i_in):
        square = x.x * x.x
        return {
            "x": (x.y + square * (self.b - self.a * x.x) - x.z + i_in) / self.t_unit,
            "y": (self.c - self.d * square - x.y) / self.t_unit,
            "z": self.r * (self.s * (x.x - self.x_rest) - x.z) / self.t_unit,
        }

    def threshold(self, x):
        return x.x - self.x_spike

    def scales(self):
        return Scales(input=3.0, time=20 * scalar(self.t_unit))
