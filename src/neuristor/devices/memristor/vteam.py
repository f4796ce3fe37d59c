"""VTEAM: a threshold for either direction, and a power law beyond it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ...errors import InputError
from ...parameters import param
from ...presets.memristors import published
from ...quantities import parse
from .alone import Device
from .elementary import exp, larger, log, power, stopped, where
from .windows import HOLDING, WINDOWS, kvatinsky, window

INF = np.inf


class VTEAM(Device):
    """Nothing moves between the thresholds; beyond them the state moves at a power of the excess.

    dx/dt =  rate_on (v / v_on - 1)^alpha_on f(x)      for v > v_on > 0
    dx/dt = -rate_off (v / v_off - 1)^alpha_off f(x)   for v < v_off < 0
    `resistance_law`: linear     R = r_on x + r_off (1 - x)
                      exponential R = r_off (r_on / r_off)^x
                      parallel   1 / R = x / r_on + (1 - x) / r_off
    `window`: none, joglekar, biolek, prodromakis, kvatinsky; hard stops at 0 and 1 hold with every one.

    The source counts w from the ON side in metres and lets positive voltages switch OFF: `from_kvatinsky` translates.
    Valid: for devices with sharp thresholds; rest is for ever. dx/dt is continuous at a threshold, its slope only for
    an exponent above 1. The joglekar and prodromakis windows hold x = 0 and x = 1 for ever.
    Source: Kvatinsky, Ramadan, Friedman & Kolodny, IEEE T-CAS II 62 (2015) 786.
    Checked against: switching times in closed form, the published formulas.
    """

    name = "vteam"
    title = "Voltage threshold adaptive memristor"
    source = "Kvatinsky et al. 2015, IEEE T-CAS II 62, 786; defaults: the set of MemTorch's VTEAM class"
    options = {"resistance_law": ("linear", "exponential", "parallel"), "window": (*WINDOWS, "kvatinsky")}
    presets = published("vteam")
    resistance_law: str
    window: str

    r_on = param("50 Ohm", unit="Ohm", symbol="R_on", bounds=(0, INF), doc="resistance at x = 1")
    r_off = param("1 kOhm", unit="Ohm", symbol="R_off", bounds=(0, INF), doc="resistance at x = 0")
    v_on = param("0.2 V", unit="V", symbol="v_on", bounds=(0, INF), doc="threshold of switching ON")
    v_off = param("-0.02 V", unit="V", symbol="v_off", bounds=(-INF, 0), doc="threshold of switching OFF, negative")
    rate_on = param(10 / 3e-9, unit="1/s", symbol="k_on", bounds=(0, INF), doc="rate of switching ON at 2 v_on")
    rate_off = param(5e-4 / 3e-9, unit="1/s", symbol="k_off", bounds=(0, INF), doc="rate of switching OFF at 2 v_off")
    alpha_on = param(3.0, symbol="alpha_on", bounds=(0, INF), doc="exponent of switching ON")
    alpha_off = param(1.0, symbol="alpha_off", bounds=(0, INF), doc="exponent of switching OFF")
    p = param(1.0, symbol="p", bounds=(0, INF), doc="window exponent")
    j = param(1.0, symbol="j", bounds=(0, INF), doc="window height (prodromakis)")
    a_on = param(0.9, symbol="a_on", doc="state at which the kvatinsky window closes towards ON")
    a_off = param(0.1, symbol="a_off", doc="state at which the kvatinsky window closes towards OFF")
    a_width = param(0.05, symbol="w_c", bounds=(0, INF), doc="width of the kvatinsky window")

    @property
    def holds_ends(self) -> bool:
        return self.window in HOLDING

    def factor(self, v: Any, x: Any) -> Any:
        """The window f(x)."""
        if self.window == "kvatinsky":
            return kvatinsky(x, v, self.a_on, self.a_off, self.a_width)
        return window(self.window, x, v, self.p, self.j)

    def speed(self, v: Any) -> Any:
        """dx/dt without window and stops, 1/s."""
        on = self.rate_on * power(larger(v / self.v_on - 1.0, 0.0), self.alpha_on)
        off = self.rate_off * power(larger(v / self.v_off - 1.0, 0.0), self.alpha_off)
        return on - off

    def drift(self, v: Any, x: Any) -> Any:
        return self.speed(v) * self.factor(v, x)

    def rate(self, v: Any, x: Any) -> Any:
        return stopped(self.drift(v, x), x)

    def resistance(self, x: Any) -> Any:
        if self.resistance_law == "linear":
            return self.r_on * x + self.r_off * (1.0 - x)
        if self.resistance_law == "exponential":
            return self.r_off * exp(x * log(self.r_on / self.r_off))
        return 1.0 / (x / self.r_on + (1.0 - x) / self.r_off)

    def state_of(self, resistance: Any) -> Any:
        if self.resistance_law == "linear":
            return (self.r_off - resistance) / (self.r_off - self.r_on)
        if self.resistance_law == "exponential":
            return log(resistance / self.r_off) / log(self.r_on / self.r_off)
        return self.r_on * (self.r_off - resistance) / (resistance * (self.r_off - self.r_on))

    def switching_time(self, v: Any, x_from: Any = 0.0, x_to: Any = 1.0) -> Any:
        """Time from one state to another at constant v without a window, s; infinite if v does not lead there."""
        if self.window != "none":
            raise InputError(f"{self.name}: the switching time is a closed form only without a window, not {self.window!r}")
        speed = self.speed(v)
        distance = np.asarray(x_to, dtype=float) - x_from
        leads = speed * distance > 0
        return where(leads, distance / where(leads, speed, 1.0), where(distance == 0, 0.0, INF))

    @classmethod
    def from_kvatinsky(
        cls,
        *,
        k_on: Any,
        k_off: Any,
        v_on: Any,
        v_off: Any,
        w_on: Any = 0.0,
        w_off: Any = 1.0,
        a_on: Any = None,
        a_off: Any = None,
        w_c: Any = None,
        **values: Any,
    ) -> Self:
        """From the paper's own parameters: w in [w_on, w_off] metres, positive voltage switches OFF.

        v_off > 0 > v_on and k_off > 0 > k_on there; they become v_off < 0 < v_on and two positive rates in 1/s.
        """
        k_on, k_off, v_on, v_off = parse(k_on, "m/s"), parse(k_off, "m/s"), parse(v_on, "V"), parse(v_off, "V")
        w_on, w_off = parse(w_on, "m"), parse(w_off, "m")
        if not (k_off > 0 > k_on and v_off > 0 > v_on and w_off > w_on):
            raise InputError(
                f"{cls.name}: the source has k_off > 0 > k_on, v_off > 0 > v_on and w_off > w_on; these have not"
            )
        length = w_off - w_on
        own: dict[str, Any] = {"v_on": -v_on, "v_off": -v_off, "rate_on": -k_on / length, "rate_off": k_off / length}
        for key, at in (("a_on", a_on), ("a_off", a_off)):
            if at is not None:
                own[key] = (w_off - parse(at, "m")) / length
        if w_c is not None:
            own["a_width"] = parse(w_c, "m") / length
        return cls(**own, **values)
