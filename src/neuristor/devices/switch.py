"""The voltage-controlled switch of SPICE: two resistances, with hysteresis.

It closes when its control voltage rises to VT + VH and opens when it falls to VT - VH. Its state is a given value of
the circuit (1: closed), which the solver changes at the located crossing; between crossings it is a resistor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi as ca

from ..errors import InputError, nearest
from ..quantities import K_B, ZERO_CELSIUS
from .base import DeviceGraph, Variant, read_number

CARD = {"vt": 0.0, "vh": 0.0, "ron": 1.0, "roff": 1e12}


def graph() -> DeviceGraph:
    """i = (v_p - v_n) (u / R_on + (1 - u) / R_off)"""
    volts = [ca.SX.sym(t) for t in ("p", "n", "u")]
    p, n, u = volts
    params = {name: ca.SX.sym(name) for name in ("ron", "roff", "temp")}
    conductance = u / params["ron"] + (1.0 - u) / params["roff"]
    i = conductance * (p - n)
    zero = ca.SX(0)
    return DeviceGraph(
        name="switch",
        terminals=("p", "n", "u"),
        voltages=volts,
        params=params,
        currents=[i, -i, zero],
        charges=[zero] * 3,
        g=[[ca.jacobian(e, v) for v in volts] for e in (i, -i, zero)],
        c=[[zero] * 3 for _ in range(3)],
        noise=[("thermal", 0, 1, 4.0 * K_B * params["temp"] * conductance, zero)],
    )


class Switch:
    """A `.model NAME SW` card. params: vt, vh (V, vh >= 0), ron, roff (Ohm, positive)."""

    def __init__(self, params: Mapping[str, Any], where: str) -> None:
        unknown = [k for k in params if k not in CARD]
        if unknown:
            raise InputError(f"{where}: a switch has no parameter {unknown[0]!r}{nearest(unknown[0], CARD)}")
        self.values = {**CARD, **{k: read_number(k, v, "a switch", where) for k, v in params.items()}}
        self.defaulted = [k for k in CARD if k not in params]
        for name in ("ron", "roff"):
            if self.values[name] <= 0:
                raise InputError(f"{where}: {name} = {self.values[name]:g} of a switch must be positive")
        if self.values["vh"] < 0:
            raise InputError(
                f"{where}: vh = {self.values['vh']:g}: a switch that changes gradually is not built in; use vh >= 0"
            )
        self.variant = Variant(("switch",), graph)

    @property
    def levels(self) -> tuple[float, float]:
        """Control voltages at which it closes and opens."""
        return self.values["vt"] + self.values["vh"], self.values["vt"] - self.values["vh"]

    def instance_values(self, params: Mapping[str, Any], celsius: float) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance; temperature in Celsius."""
        return {"ron": self.values["ron"], "roff": self.values["roff"], "temp": celsius + ZERO_CELSIUS}
