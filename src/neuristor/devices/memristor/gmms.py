"""Generalised mean metastable switch: the MMS beside a Schottky diode at either contact."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ...errors import InputError
from ...parameters import param
from ...presets.memristors import published
from .elementary import cos, expm1, larger, log1p, smaller, sqrt, where
from .mms import MMS

INF = np.inf
TINY = 1e-300
SWING = 0.1  # V; Ostrovskii et al. 2022 as coded by Laguna-Sanchez


class GMMS(MMS):
    """The fraction phi of the current flows through the switches, the rest through two diodes back to back.

    i = phi G(x) v + (1 - phi) (alpha_f (e^(beta_f v) - 1) - alpha_r (e^(-beta_r v) - 1)); x as in the MMS.

    The sources write alpha_f e^(beta_f v) - alpha_r e^(-beta_r v). That is the same where alpha_f = alpha_r; elsewhere
    it leaves a current (1 - phi) (alpha_f - alpha_r) at v = 0, a source of energy, which is taken away here.
    `v_on_law` "ostrovskii" lets the voltage of switching ON swing with the state (snapback):
    v_on + 0.1 V cos(4 pi sqrt(x) / (1.7 - x)) / (1 + 10 sqrt(x)). There is then no closed form at constant voltage.
    Valid: as the MMS; r_on and r_off belong to the switches alone, `resistance` to the whole device at small v.
    Source: Molter & Nugent, "The generalized metastable switch memristor model", CNNA 2016; Ostrovskii et al.,
    Nanomaterials 12 (2022) 63. Defaults: Knowm's Xyce example.
    Checked against: the published formulas, term by term.
    """

    name = "gmms"
    title = "Generalised mean metastable switch"
    source = "Molter & Nugent 2016, CNNA; defaults: Knowm's Xyce example (knowm.cir)"
    options = {"v_on_law": ("constant", "ostrovskii")}
    ohmic = False
    presets = published("gmms")
    v_on_law: str

    phi = param(0.8, symbol="phi", bounds=(0, 1), strict=False, doc="fraction of the current through the switches")
    alpha_f = param("0.8 mA", unit="A", symbol="alpha_f", bounds=(0, INF), strict=False, doc="forward diode current")
    beta_f = param(4.0, unit="1/V", symbol="beta_f", bounds=(0, INF), doc="forward diode exponent")
    alpha_r = param("0.8 mA", unit="A", symbol="alpha_r", bounds=(0, INF), strict=False, doc="reverse diode current")
    beta_r = param(4.0, unit="1/V", symbol="beta_r", bounds=(0, INF), doc="reverse diode exponent")

    def turn_on(self, x: Any) -> Any:
        if self.v_on_law == "constant":
            return self.v_on
        root = sqrt(larger(x, 1e-18))
        return self.v_on + SWING * cos(4.0 * np.pi * root / (1.7 - x)) / (1.0 + 10.0 * root)

    def x_inf(self, v: Any) -> Any:
        self._constant_threshold()
        return super().x_inf(v)

    def relaxation(self, v: Any) -> Any:
        self._constant_threshold()
        return super().relaxation(v)

    def _constant_threshold(self) -> None:
        if self.v_on_law != "constant":
            raise InputError(f"{self.name}: with v_on_law={self.v_on_law!r} there is no closed form: use simulate")

    def diodes(self, v: Any) -> Any:
        return self.alpha_f * expm1(self.beta_f * v) - self.alpha_r * expm1(-self.beta_r * v)

    def switches(self, x: Any) -> Any:
        """G(x), S: the conductance of the switches."""
        return x / self.r_on + (1.0 - x) / self.r_off

    def current(self, v: Any, x: Any) -> Any:
        return self.phi * self.switches(x) * v + (1.0 - self.phi) * self.diodes(v)

    def conductance(self, v: Any, x: Any) -> Any:
        forward = self.alpha_f * self.beta_f * (1.0 + expm1(self.beta_f * v))
        reverse = self.alpha_r * self.beta_r * (1.0 + expm1(-self.beta_r * v))
        return self.phi * self.switches(x) + (1.0 - self.phi) * (forward + reverse)

    def curvature(self, v: Any, x: Any) -> Any:
        forward = self.alpha_f * self.beta_f**2 * (1.0 + expm1(self.beta_f * v))
        reverse = self.alpha_r * self.beta_r**2 * (1.0 + expm1(-self.beta_r * v))
        return (1.0 - self.phi) * (forward - reverse)

    def bound(self, i: Any, x: Any) -> Any:
        """The smaller of the voltages at which the switches, or the forward-biased diode, carry i by themselves."""
        rest = 1.0 - self.phi
        ohmic = i / larger(self.phi * self.switches(x), TINY)
        forward = log1p(larger(i, 0.0) / larger(rest * self.alpha_f, TINY)) / self.beta_f
        reverse = log1p(larger(-i, 0.0) / larger(rest * self.alpha_r, TINY)) / self.beta_r
        return where(i < 0, -smaller(-ohmic, reverse), smaller(ohmic, forward))

    def resistance(self, x: Any) -> Any:
        return 1.0 / self.conductance(0.0, x)

    def state_of(self, resistance: Any) -> Any:
        diodes = self.alpha_f * self.beta_f + self.alpha_r * self.beta_r
        switches = (1.0 / resistance - (1.0 - self.phi) * diodes) / larger(self.phi, TINY)
        return (switches - 1.0 / self.r_off) / (1.0 / self.r_on - 1.0 / self.r_off)

    @classmethod
    def from_knowm(cls, **values: Any) -> Self:
        """As `MMS.from_knowm`; Xyce's names sfa, sfb, sra, srb stand for alpha_f, beta_f, alpha_r, beta_r."""
        names = {"sfa": "alpha_f", "sfb": "beta_f", "sra": "alpha_r", "srb": "beta_r"}
        return super().from_knowm(**{names.get(key, key): value for key, value in values.items()})
