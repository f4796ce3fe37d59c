"""Circuit devices, each written once as a graph; `model_of` finds the one for an element and its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from .amplifier import AMPLIFIERS, Amplifier
from .diode import Diode
from .memristive import MemristorDevice
from .mosfet.bsim3 import BSIM3
from .mosfet.ekv import EKV
from .passive import LINEAR, Linear
from .switch import Switch

MOSFETS = (BSIM3, EKV)


def mosfet(params: Mapping[str, Any], kind: str, where: str) -> Any:
    """The MOSFET model of a card by its LEVEL; InputError if the level is not built in."""
    level = int(float(params.get("level", 1)))
    for model in MOSFETS:
        if level in model.levels:
            return model(params, kind, where)
    known = ", ".join(f"{'/'.join(str(k) for k in m.levels)} ({m.__name__})" for m in MOSFETS)
    raise InputError(f"{where}: LEVEL {level} is not built in; there are {known}")


def model_of(kind: str, card_kind: str, params: Mapping[str, Any], where: str) -> Any:
    """The device model of an element letter and, for what has one, its `.model` card."""
    if kind in LINEAR:
        return Linear(kind)
    if kind == "m":
        return mosfet(params, card_kind, where)
    if kind in ("s", "sw"):
        return Switch(params, where)
    if kind == "d":
        return Diode(params, where)
    if kind == "memristor":
        return MemristorDevice(params, where)
    if kind in AMPLIFIERS:
        return Amplifier(kind, params, where)
    raise InputError(f"{where}: devices of kind {kind!r} are not built in")
