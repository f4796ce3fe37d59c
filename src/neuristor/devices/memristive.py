"""Memristors in a circuit: the models of `devices.memristor` as device graphs with a state unknown, from `.model` cards.

Terminals plus, minus, the state x (an unknown of the circuit with the equation dx/dt = rate(v, x)) and `hold`, which is
given: 1 in an operating point, where the state stays at x0, and 0 while time runs and for small signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi as ca
import numpy as np

from ..errors import InputError, nearest
from ..quantities import K_B, ZERO_CELSIUS
from .base import DeviceGraph, Variant, read_number
from .memristor import MEMRISTORS, Memristor

MODELS = {name: model for name, model in MEMRISTORS.items() if name != "mss"}  # of these the state follows an equation
# LEVEL of a card -> model. Xyce has 2 (TEAM) and 3 (Yakopcic), Knowm's Xyce 5 (MMS); 6 and up are this package's own.
LEVELS = {3: "yakopcic", 5: "mms", 6: "gmms", 7: "vteam", 8: "linear_drift"}
INSTANCE = {"x0": 0.0}
STOP_WIDTH = 1e-6  # of the state: a hard stop is a ramp this wide, so that an implicit step has a slope there
SIGNED = {"voff": "v_off, which is signed here: Knowm's VOFF = 0.27 is v_off = -0.27"}


class MemristorDevice:
    """A `.model` card of type memristor: model=NAME or level=NUMBER, preset=NAME, options (window, ...) and parameters.

    params  of the card, lower-case names; numbers in SI units, words for model, preset and options
    where   what an error message begins with
    Without `temperature` on card or instance a model that has one takes the circuit's.
    """

    def __init__(self, params: Mapping[str, Any], where: str = "memristor") -> None:
        self.where = where
        rest = dict(params)
        self.model = model_named(rest, where)
        preset = rest.pop("preset", "")
        self.device = read_device(self.model, str(preset), rest, where)
        given = set(rest) | set(self.model.presets[str(preset)].values if preset else ())
        self.warms = "temperature" in self.model.params and "temperature" not in given
        key = ("memristor", self.model.name, *self.device.choices.items())
        self.variant = Variant(key, lambda: graph(self.device))

    def check_instance(self, params: Mapping[str, Any], celsius: Any, where: str) -> None:
        """InputError for an instance parameter that is unknown or out of range."""
        known = [*INSTANCE, *self.model.params]
        for key in params:
            if key not in known:
                raise InputError(f"{where}: a memristor ({self.model.name}) has no parameter {key!r}{advice(key, known)}")
        x0 = np.asarray(params.get("x0", INSTANCE["x0"]), dtype=float)
        if not np.all((x0 >= 0) & (x0 <= 1)):
            worst = np.ravel(x0)[np.ravel(~((x0 >= 0) & (x0 <= 1)))][0]
            raise InputError(f"{where}: x0 = {worst:.6g} is not between 0 (fully OFF) and 1 (fully ON)")
        self.of_instance(params, celsius, where)

    def of_instance(self, params: Mapping[str, Any], celsius: Any, where: str = "") -> Memristor:
        """The device with an instance's own parameters (arrays: one value a lane) at the circuit's temperature."""
        changes = {key: value for key, value in params.items() if key in self.model.params}
        if self.warms and "temperature" not in changes:
            changes["temperature"] = celsius
        try:
            return self.device.with_(**changes)
        except InputError as error:
            raise InputError(f"{where or self.where}: {error}") from None

    def instance_values(self, params: Mapping[str, Any], celsius: Any) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance."""
        own = self.of_instance(params, celsius).values()
        return own | {"x0": params.get("x0", INSTANCE["x0"]), "kelvin": own.get("temperature", celsius) + ZERO_CELSIUS}


def model_named(rest: dict[str, Any], where: str) -> type[Memristor]:
    """The class that model= or level= of a card names; both are taken out of `rest`."""
    name, level = rest.pop("model", None), rest.pop("level", None)
    listed = ", ".join(MODELS)
    if name is None and level is None:
        raise InputError(f"{where}: a memristor needs model=NAME; there are {listed}")
    if level is not None:
        number = read_number("level", level, "a memristor", where)
        if number not in LEVELS:
            known = ", ".join(f"{k} ({v})" for k, v in LEVELS.items())
            raise InputError(f"{where}: level {number:g} of a memristor is not built in; there are {known}, or model=NAME")
        if name not in (None, LEVELS[int(number)]):
            raise InputError(f"{where}: level {number:g} is {LEVELS[int(number)]}, but model = {name}: give one of the two")
        name = LEVELS[int(number)]
    if name == "mss":
        raise InputError(f"{where}: mss draws random numbers, which a circuit's equations cannot; use mms, its mean")
    if name not in MODELS:
        raise InputError(
            f"{where}: there is no memristor model {str(name)!r}{nearest(str(name), MODELS)}; there are {listed}"
        )
    return MODELS[str(name)]


def read_device(model: type[Memristor], preset: str, values: Mapping[str, Any], where: str) -> Memristor:
    """The device of a card; InputError, beginning with `where`, for what it does not know."""
    known = [*model.params, *model.options]
    for key, value in values.items():
        if key not in known:
            raise InputError(f"{where}: a memristor ({model.name}) has no parameter {key!r}{advice(key, known)}")
        if key in model.params:
            read_number(key, value, f"the memristor ({model.name})", where)
    try:
        return model.preset(preset, **values) if preset else model(**values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def advice(key: str, known: list[str]) -> str:
    if key in SIGNED and "v_off" in known:
        return f"; write {SIGNED[key]}"
    return f"{nearest(key, known)}; it has {', '.join(known)}"


def circuit_rate(device: Memristor, v: Any, x: Any) -> Any:
    """dx/dt as a solver with implicit steps needs it: hard stops at 0 and 1 as ramps of width STOP_WIDTH."""
    if type(device).drift is Memristor.drift:  # no stops: the rate itself leads away from both ends
        return device.rate(v, x)
    free = device.drift(v, ca.fmin(ca.fmax(x, 0.0), 1.0))
    above, below = (ca.fmin(ca.fmax(room / STOP_WIDTH, 0.0), 1.0) for room in (1.0 - x, x))
    return ca.fmax(free, 0.0) * above + ca.fmin(free, 0.0) * below


def graph(device: Memristor) -> DeviceGraph:
    """i(v, x) between the terminals; the row of the state is d((1 - h) x + h x0)/dt = rate, or x = x0 where h = 1."""
    symbolic, params = device.as_symbols()
    params = {**params, "x0": ca.SX.sym("x0"), "kelvin": ca.SX.sym("kelvin")}
    volts = [ca.SX.sym(name) for name in ("plus", "minus", "x", "hold")]
    plus, minus, x, hold = volts
    v = ca.SX.sym("v")
    i, rate = symbolic.current(v, x), circuit_rate(symbolic, v, x)
    small = 1.0 / symbolic.resistance(x)
    slopes = ca.jacobian(ca.vertcat(i, rate), ca.vertcat(v, x))
    values = ca.vertsplit(ca.substitute(ca.densify(ca.vertcat(i, rate, ca.vec(slopes))), v, plus - minus))
    i, rate, i_v, rate_v, i_x, rate_x = values
    zero, free = ca.SX(0), 1.0 - hold
    held = hold * (x - params["x0"])
    return DeviceGraph(
        name=f"memristor {device.name}",
        terminals=("plus", "minus", "x", "hold"),
        voltages=volts,
        params=params,
        currents=[i, -i, held - free * rate, zero],
        charges=[zero, zero, free * x + hold * params["x0"], zero],
        g=[[i_v, -i_v, i_x, zero], [-i_v, i_v, -i_x, zero],
           [-free * rate_v, free * rate_v, hold - free * rate_x, zero], [zero] * 4],
        c=[[zero] * 4, [zero] * 4, [zero, zero, free, zero], [zero] * 4],
        noise=[("thermal", 0, 1, 4.0 * K_B * params["kelvin"] * small, zero)],
        report={"resistance": 1.0 / small, "x": x, "i": i},
    )  # fmt: skip
