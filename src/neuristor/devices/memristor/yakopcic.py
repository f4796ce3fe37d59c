"""Yakopcic's model: a hyperbolic sine of the voltage, thresholds, and motion that fades near the ends."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ...errors import InputError
from ...parameters import param
from ...presets.memristors import published
from ...quantities import parse
from .alone import Device
from .elementary import absolute, arsinh, exp, expm1, larger, sinh, stopped, where

INF = np.inf
TINY = 1e-300


class Yakopcic(Device):
    """A tunnel barrier whose width is the state.

    i = a_on x sinh(b v) for v >= 0,  a_off x sinh(b v) for v < 0
    dx/dt =  rate_on (e^v - e^v_on) f_on(x)        for v > v_on,   v in volts
    dx/dt = -rate_off (e^-v - e^-v_off) f_off(x)   for v < v_off
    f_on = e^(-alpha_on (x - x_on)) (1 - x) / (1 - x_on) for x >= x_on, else 1
    f_off = e^(alpha_off (x - 1 + x_off)) x / (1 - x_off) for x <= 1 - x_off, else 1

    v_off is signed and negative. At x = 0 the device is an open circuit (r_off is infinite), and a current cannot be
    imposed on it: give an x0 above 0 there. A negative current runs away: as x falls, v grows without bound, and x
    reaches 0 in finite time; such a lane is reported as failed.
    Valid: for metal-insulator-metal devices between their thresholds and a few volts.
    Source: Yakopcic et al., IEEE EDL 32 (2011) 1436; IEEE T-CAD 32 (2013) 1201; equations of his LTspice file (8/9/2011).
    Checked against: the equations of that file.
    """

    name = "yakopcic"
    title = "Yakopcic's generalised memristor"
    source = "Yakopcic et al. 2011, IEEE EDL 32, 1436; defaults: his LTspice file, set for Oblea 2010"
    ohmic = False
    bound_is_exact = True
    presets = published("yakopcic")

    a_on = param("0.17 A", unit="A", symbol="a_1", bounds=(0, INF), doc="current scale at v > 0")
    a_off = param("0.17 A", unit="A", symbol="a_2", bounds=(0, INF), doc="current scale at v < 0")
    b = param(0.05, unit="1/V", symbol="b", bounds=(0, INF), doc="curvature of the current")
    v_on = param("0.16 V", unit="V", symbol="V_p", bounds=(0, INF), doc="threshold of switching ON")
    v_off = param("-0.15 V", unit="V", symbol="-V_n", bounds=(-INF, 0), doc="threshold of switching OFF, negative")
    rate_on = param(4000.0, unit="1/s", symbol="A_p", bounds=(0, INF), doc="rate scale of switching ON")
    rate_off = param(4000.0, unit="1/s", symbol="A_n", bounds=(0, INF), doc="rate scale of switching OFF")
    x_on = param(0.3, symbol="x_p", bounds=(0, 1), doc="state above which switching ON fades")
    x_off = param(0.5, symbol="x_n", bounds=(0, 1), doc="1 - x below which switching OFF fades")
    alpha_on = param(1.0, symbol="alpha_p", bounds=(0, INF), strict=False, doc="decay of switching ON")
    alpha_off = param(5.0, symbol="alpha_n", bounds=(0, INF), strict=False, doc="decay of switching OFF")

    @property
    def r_on(self) -> Any:
        """Ohm at x = 1 and small positive v."""
        return 1.0 / (self.a_on * self.b)

    @property
    def r_off(self) -> Any:
        """Infinite: no current flows at x = 0."""
        return INF + 0.0 * self.r_on

    def current(self, v: Any, x: Any) -> Any:
        return self.branch(v, x, v)

    def branch(self, v: Any, x: Any, side: Any) -> Any:
        return where(side < 0, self.a_off, self.a_on) * x * sinh(self.b * v)

    def conductance(self, v: Any, x: Any) -> Any:
        cosh = 1.0 + 0.5 * (expm1(self.b * v) + expm1(-self.b * v))
        return where(v < 0, self.a_off, self.a_on) * x * self.b * cosh

    def curvature(self, v: Any, x: Any) -> Any:
        return self.b**2 * self.current(v, x)

    def bound(self, i: Any, x: Any) -> Any:
        """The voltage itself: the current has a closed inverse."""
        scale = larger(where(i < 0, self.a_off, self.a_on) * x, TINY)
        return where(i < 0, -1.0, 1.0) * arsinh(absolute(i) / scale) / self.b

    def drift(self, v: Any, x: Any) -> Any:
        on = self.rate_on * exp(self.v_on) * expm1(larger(v - self.v_on, 0.0))
        off = self.rate_off * exp(-self.v_off) * expm1(larger(self.v_off - v, 0.0))
        fade_on = exp(-self.alpha_on * (x - self.x_on)) * (1.0 - x) / (1.0 - self.x_on)
        fade_off = exp(self.alpha_off * (x - 1.0 + self.x_off)) * x / (1.0 - self.x_off)
        f_on = where(x >= self.x_on, fade_on, 1.0)
        f_off = where(x <= 1.0 - self.x_off, fade_off, 1.0)
        return on * f_on - off * f_off

    def rate(self, v: Any, x: Any) -> Any:
        return stopped(self.drift(v, x), x)

    def resistance(self, x: Any) -> Any:
        return self.r_on / larger(x, TINY)

    def state_of(self, resistance: Any) -> Any:
        return self.r_on / resistance

    @classmethod
    def from_yakopcic(
        cls, *, a1: Any, a2: Any, b: Any, vp: Any, vn: Any, ap: Any, an: Any, xp: Any, xn: Any, alphap: Any, alphan: Any,
        eta: float = 1.0,
    ) -> Self:  # fmt: skip
        """From his parameters: vn counts positive. eta = -1 (positive voltage switches OFF) swaps the terminals."""
        if eta not in (1, -1):
            raise InputError(f"{cls.name}: eta = {eta:g} must be 1 or -1")
        vp, vn = parse(vp, "V"), parse(vn, "V")
        fading = {"x_on": xp, "x_off": xn, "alpha_on": alphap, "alpha_off": alphan}
        if eta == -1:
            return cls(a_on=a2, a_off=a1, b=b, v_on=vn, v_off=-vp, rate_on=an, rate_off=ap, **fading)
        return cls(a_on=a1, a_off=a2, b=b, v_on=vp, v_off=-vn, rate_on=ap, rate_off=an, **fading)
