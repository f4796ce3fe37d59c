"""Mean metastable switch: a population of two-state switches, described by the fraction that is ON."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ...parameters import param
from ...presets.memristors import BETA_AGH, COLDEST, published
from ...quantities import K_B, Q_E, ZERO_CELSIUS, parse
from .alone import Device
from .elementary import inverse_thermal_voltage, logistic

INF = np.inf


class MMS(Device):
    """Switches in parallel, each ON or OFF, that flip at rates given by a Boltzmann factor of the voltage.

    i = G(x) v,  G(x) = x / r_on + (1 - x) / r_off
    dx/dt = (a (1 - x) - b x) / tau,  a = 1 / (1 + e^(-beta (v - v_on))),  b = 1 / (1 + e^(beta (v - v_off)))
    beta = q / (k T)

    v_off is signed and negative for a non-volatile device: a published set that counts it positive comes in through
    `from_knowm`, `from_agh` or `from_signed`. At constant v the state relaxes to x_inf = a / (a + b) at the rate
    (a + b) / tau.
    Valid: currents proportional to v at fixed state; the model forgets at v = 0 (`retention`), within seconds for the
    published sets, where real devices hold for days. Below threshold only tau e^(beta v_on) is identifiable.
    Source: Nugent & Molter, PLoS ONE 9 (2014) e85175; Molter & Nugent, "The generalized metastable switch memristor
    model", CNNA 2016.
    Checked against: its closed form at constant voltage.
    """

    name = "mms"
    title = "Mean metastable switch"
    source = "Nugent & Molter 2014, PLoS ONE 9, e85175; defaults: Knowm's SPICE subcircuit"
    presets = published("mms")

    r_on = param("500 Ohm", unit="Ohm", symbol="R_on", bounds=(0, INF), doc="resistance with every switch ON")
    r_off = param("1500 Ohm", unit="Ohm", symbol="R_off", bounds=(0, INF), doc="resistance with every switch OFF")
    v_on = param("0.27 V", unit="V", symbol="V_on", doc="voltage of switching ON")
    v_off = param("-0.27 V", unit="V", symbol="V_off", doc="voltage of switching OFF, signed")
    tau = param("0.1 ms", unit="s", symbol="tau", bounds=(0, INF), doc="time constant of the switches")
    temperature = param(25.0, symbol="T", bounds=(COLDEST, INF), doc="temperature in degrees Celsius")

    def turn_on(self, x: Any) -> Any:
        """The voltage of switching ON in state x; the same for every x here."""
        return self.v_on

    def switching(self, v: Any, x: Any = 0.0) -> tuple[Any, Any]:
        """a and b: the probabilities of switching ON and OFF within tau, without units."""
        beta = inverse_thermal_voltage(self.temperature)
        return logistic(beta * (v - self.turn_on(x))), logistic(-beta * (v - self.v_off))

    def rate(self, v: Any, x: Any) -> Any:
        a, b = self.switching(v, x)
        return (a * (1.0 - x) - b * x) / self.tau

    def resistance(self, x: Any) -> Any:
        return 1.0 / (x / self.r_on + (1.0 - x) / self.r_off)

    def state_of(self, resistance: Any) -> Any:
        return self.r_on * (self.r_off - resistance) / (resistance * (self.r_off - self.r_on))

    def x_inf(self, v: Any) -> Any:
        """The state reached at constant v, a / (a + b); 1/2 exactly at v = 0 if v_off = -v_on."""
        a, b = self.switching(v)
        return a / (a + b)

    def relaxation(self, v: Any) -> Any:
        """The rate at which it is reached, (a + b) / tau, 1/s."""
        a, b = self.switching(v)
        return (a + b) / self.tau

    def at(self, t: Any, v: Any, x0: Any) -> Any:
        """x after the time t at constant v: the closed form, written without cancellation for small t."""
        final = self.x_inf(v)
        return x0 - (final - x0) * np.expm1(-self.relaxation(v) * t)

    def retention(self, v: Any = 0.0) -> Any:
        """Time constant of forgetting at v, s; tau (1 + e^(beta v_on)) / 2 at v = 0 if v_off = -v_on."""
        return 1.0 / self.relaxation(v)

    @classmethod
    def from_signed(cls, **values: Any) -> Self:
        """From a source that writes b = 1 - 1 / (1 + e^(-beta (V - V_off))): Ostrovskii 2022, Bednarz; our own.

        Bednarz et al. print a = 1 / (1 + e^(beta (v - v_on))), which would switch OFF at high voltage: a slip of sign.
        Their parameters are read as for a = 1 / (1 + e^(-beta (v - v_on))).
        """
        return cls(**kelvin(values))

    from_ostrovskii = from_signed
    from_bednarz = from_signed

    @classmethod
    def from_knowm(cls, **values: Any) -> Self:
        """From a source that writes b = 1 - 1 / (1 + e^(-beta (V + V_off))): Knowm's jspice, LTspice and Xyce files.

        V_off > 0 there is our v_off < 0. `temp` in kelvin is read as `temperature` in Celsius.
        """
        return cls(**flipped(kelvin(values), cls))

    @classmethod
    def from_agh(cls, **values: Any) -> Self:
        """From the AGH fit code (`MMS_prime.m`): Knowm's expression, with beta fixed at 38.4615 1/V.

        Its bounds let V_off be negative, which is a positive v_off here: the OFF branch is then active at V = 0, and
        the device is volatile. Without a temperature the one of that beta is set, 28.6 C.
        """
        values = kelvin(values)
        values.setdefault("temperature", Q_E / (K_B * BETA_AGH) - ZERO_CELSIUS)
        return cls(**flipped(values, cls))

    @classmethod
    def from_agh_julia(cls, **values: Any) -> Self:
        """From the AGH Julia code (`memristor_SDE.jl`): signed V_off. Its default, +0.8 V, switches OFF below 0.8 V."""
        values = kelvin(values)
        values.setdefault("temperature", Q_E / (K_B * BETA_AGH) - ZERO_CELSIUS)
        return cls(**values)


def kelvin(values: dict[str, Any]) -> dict[str, Any]:
    """`temp` in kelvin or `beta` in 1/V, as the sources give them, to `temperature` in Celsius."""
    values = dict(values)
    if "temp" in values:
        values["temperature"] = parse(values.pop("temp"), "K") - ZERO_CELSIUS
    if "beta" in values:
        values["temperature"] = Q_E / (K_B * parse(values.pop("beta"), "1/V")) - ZERO_CELSIUS
    return values


def flipped(values: dict[str, Any], model: type[MMS]) -> dict[str, Any]:
    """The values with the sign of v_off turned."""
    if "v_off" in values:
        values["v_off"] = -model.v_off.read(values["v_off"], model.name)
    return values
