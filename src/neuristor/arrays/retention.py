"""What time does to programmed conductances: drift by a power law, and relaxation towards a mean state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..devices.memristor import MMS
from ..errors import InputError
from ..quantities import K_B, Q_E, ZERO_CELSIUS, one_number, parse, show
from .cell import Cell
from .variation import spread


@dataclass(frozen=True)
class Retention:
    """What conductances have become a time after programming: `after(g, time, cell, rng)`; none here."""

    def after(self, g: np.ndarray, time: float, cell: Cell, rng: np.random.Generator) -> np.ndarray:
        """Conductances (S) at `time` (s) after programming, from those at programming; g itself at time zero."""
        return g

    def describe(self) -> str:
        return "none"


@dataclass(frozen=True)
class PowerLawDrift(Retention):
    """G(t) = G0 (t / t0)^(-nu) from t0 on, with an exponent of its own for every cell.

    nu         mean exponent; 0.05 is a choice: nu depends on material and state
    sigma_nu   its standard deviation from cell to cell, normal (single cells may have nu < 0)
    t0         s, the time after programming at which G0 was read; before it G = G0

    Source: Ielmini, Lacaita & Mantegazza, IEEE Trans. Electron Devices 54 (2007) 308 (phase-change cells).
    """

    nu: float = 0.05
    sigma_nu: float = 0.0
    t0: Any = "1 s"

    def __post_init__(self) -> None:
        nu = parse(self.nu, "1")
        if np.ndim(nu):
            raise InputError("drift: nu is one number; its spread from cell to cell is sigma_nu")
        object.__setattr__(self, "nu", float(nu))
        object.__setattr__(self, "sigma_nu", spread(self.sigma_nu, "drift: sigma_nu"))
        object.__setattr__(self, "t0", positive(self.t0, "s", "drift: t0"))

    def exponents(self, g: np.ndarray, cell: Cell, rng: np.random.Generator) -> Any:
        """nu of every cell, programmed to g."""
        return self.nu + self.sigma_nu * rng.standard_normal(g.shape) if self.sigma_nu else self.nu

    def after(self, g: np.ndarray, time: float, cell: Cell, rng: np.random.Generator) -> np.ndarray:
        if time <= self.t0:
            return g
        return g * np.exp(-np.log(time / self.t0) * self.exponents(g, cell, rng))

    def describe(self) -> str:
        return f"G (t / {show(self.t0, 's')})^-nu, nu = {self.nu:.4g} +- {self.sigma_nu:.4g}"


@dataclass(frozen=True)
class Relaxation(Retention):
    """G(t) = g_mean + (G0 - g_mean) e^(-t / tau): every cell forgets towards a mean state.

    tau         s, or text with unit
    towards     the share of the range of conductances that is left in the end (0: g_off, 1: g_on)
    sigma_tau   standard deviation of ln tau from cell to cell; tau is the median
    """

    tau: Any = "1 min"
    towards: float = 0.5
    sigma_tau: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "tau", positive(self.tau, "s", "retention: tau"))
        object.__setattr__(self, "sigma_tau", spread(self.sigma_tau, "retention: sigma_tau"))
        object.__setattr__(self, "towards", one_number(self.towards, "1", "retention: towards"))
        if not 0 <= self.towards <= 1:
            raise InputError(f"retention: `towards` is a share of the range, 0 to 1, not {self.towards!r}")

    @classmethod
    def arrhenius(
        cls, tau0: Any, energy: Any, temperature: float = 25.0, towards: float = 0.0, sigma_tau: Any = 0.0
    ) -> Self:
        """tau = tau0 e^(E / (k T)): attempt time, activation energy ("1.1 eV", or J), temperature in degrees Celsius."""
        kelvin = float(parse(temperature, "1")) + ZERO_CELSIUS
        if kelvin <= 0:
            raise InputError(
                f"retention: the temperature must lie above {-ZERO_CELSIUS} degrees Celsius, not {temperature!r}"
            )
        exponent = positive(energy, "J", "retention: energy") / (K_B * kelvin)
        if exponent > 600:
            raise InputError(
                f"retention: an energy of {show(exponent * K_B * kelvin / Q_E, 'eV')} is {exponent:.0f} k T; "
                "a bare number is in joules, write '1.1 eV'"
            )
        return cls(positive(tau0, "s", "retention: tau0") * float(np.exp(exponent)), towards, sigma_tau)

    @classmethod
    def of_device(cls, device: MMS) -> Self:
        """How a mean metastable switch forgets at 0 V: towards x_inf(0) with the time constant `retention()`.

        Exact, as the conductance of the switches is linear in the state; tau (1 + e^(beta v_on)) / 2 where
        v_off = -v_on: 1.8 s for the set of Knowm, where real devices drift by some 10 % in 30 minutes.
        """
        if not isinstance(device, MMS):
            raise InputError("retention: only the mean metastable switches (MMS, GMMS) forget at 0 V in closed form")
        return cls(float(device.retention()), float(device.x_inf(0.0)))

    def after(self, g: np.ndarray, time: float, cell: Cell, rng: np.random.Generator) -> np.ndarray:
        if time <= 0:
            return g
        z = rng.standard_normal(g.shape) if self.sigma_tau else 0.0
        return g + (cell.between(self.towards) - g) * -np.expm1(-time / (self.tau * np.exp(self.sigma_tau * z)))

    def describe(self) -> str:
        return f"towards {self.towards:.3g} of the range, tau = {show(self.tau, 's')}, sigma {self.sigma_tau:.3g}"


def positive(value: Any, unit: str, told: str) -> float:
    """One positive number in SI units."""
    number = parse(value, unit)
    if np.ndim(number) or number <= 0:
        raise InputError(f"{told} must be one positive number in {unit}, not {value!r}")
    return float(number)
