"""Linear ion drift: a doped front that moves with the charge (Strukov's picture of the TiO2 memristor)."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ...errors import InputError
from ...parameters import param
from ...presets.memristors import published
from .alone import Device
from .elementary import sqrt, stopped
from .windows import HOLDING, WINDOWS, window

INF = np.inf


class LinearDrift(Device):
    """x is the doped part of the film; the front drifts in the field of the doped part.

    i = v / R(x),  R = r_on x + r_off (1 - x)
    dx/dt = (mobility r_on / thickness^2) i f(x)

    Without a window the state is the charge that has passed, and R a function of the flux (`at_flux`). `window` is one
    of none, joglekar, biolek, prodromakis; hard stops at 0 and 1 hold with every one. The joglekar and prodromakis
    windows hold x = 0 and x = 1 for ever.
    Valid: as a textbook picture; it has no threshold, so that any read changes it.
    Source: Strukov, Snider, Stewart & Williams, Nature 453 (2008) 80; windows: see `windows`.
    Checked against: the closed form in the flux, the published window functions.
    """

    name = "linear_drift"
    title = "Linear ion drift"
    source = "Strukov et al. 2008, Nature 453, 80; defaults: the set of MemTorch's LinearIonDrift class"
    options = {"window": WINDOWS}
    presets = published("linear_drift")
    window: str

    r_on = param("100 Ohm", unit="Ohm", symbol="R_on", bounds=(0, INF), doc="resistance of the doped film")
    r_off = param("16 kOhm", unit="Ohm", symbol="R_off", bounds=(0, INF), doc="resistance of the undoped film")
    mobility = param(1e-14, unit="m2/V s", symbol="mu_v", bounds=(0, INF), doc="mobility of the dopants")
    thickness = param(10e-9, unit="m", symbol="D", bounds=(0, INF), doc="thickness of the film")
    p = param(1.0, symbol="p", bounds=(0, INF), doc="window exponent")
    j = param(1.0, symbol="j", bounds=(0, INF), doc="window height (prodromakis)")

    @property
    def holds_ends(self) -> bool:
        return self.window in HOLDING

    @property
    def per_charge(self) -> Any:
        """dx/dq without window, 1/C."""
        return self.mobility * self.r_on / (self.thickness * self.thickness)

    def drift(self, v: Any, x: Any) -> Any:
        return self.per_charge * self.current(v, x) * window(self.window, x, v, self.p, self.j)

    def rate(self, v: Any, x: Any) -> Any:
        return stopped(self.drift(v, x), x)

    def resistance(self, x: Any) -> Any:
        return self.r_on * x + self.r_off * (1.0 - x)

    def state_of(self, resistance: Any) -> Any:
        return (self.r_off - resistance) / (self.r_off - self.r_on)

    def at_flux(self, flux: Any, x0: Any) -> Any:
        """x after the flux (integral of v, V s) without a window: R^2 falls in proportion to the flux."""
        if self.window != "none":
            raise InputError(f"{self.name}: x is a function of the flux only without a window, not with {self.window!r}")
        start = self.resistance(x0)
        squared = start * start - 2.0 * self.per_charge * (self.r_off - self.r_on) * flux
        resistance = sqrt(np.maximum(squared, self.r_on * self.r_on))
        return np.clip(self.state_of(resistance), 0.0, 1.0)

    @classmethod
    def from_strukov(cls, *, eta: float = 1.0, **values: Any) -> Self:
        """From the common form with a polarity eta; only eta = 1 (positive voltage switches ON) needs no swap."""
        if eta != 1:
            raise InputError(
                f"{cls.name}: eta = {eta:g} means that the terminals are swapped: connect the device the other way"
            )
        return cls(**values)
