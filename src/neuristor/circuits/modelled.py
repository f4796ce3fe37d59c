"""Elements whose parameters their `.model` card names: memristors, op-amps, comparators. What those parameters are."""

from __future__ import annotations

from typing import Any

from ..devices import model_of
from ..devices.amplifier import AMPLIFIERS
from ..devices.memristive import MODELS
from ..devices.memristor import Memristor
from ..errors import InputError
from ..parameters import Param
from .netlist import Element, Model, Netlist

KINDS = "yu"
# Parameter of the instance alone -> unit
OWN = {"y": {"x0": "1"}, "u": {"on": "1"}}
DECLARED: dict[str, Param] = {k: p for m in (*MODELS.values(), *AMPLIFIERS.values()) for k, p in m.params.items()}


def device_of(netlist: Netlist, e: Element) -> Any:
    """The device model of a memristor's or an amplifier's card; InputError if there is no such card or it is wrong."""
    if e.model not in netlist.models:
        raise InputError(f"{e.where}{e.name}: there is no model {e.model!r}")
    card = netlist.models[e.model]
    return model_of(card.kind, card.kind, card.params, f"model {e.model}")


def units_of(netlist: Netlist, e: Element) -> dict[str, str]:
    """Parameter -> unit of one element."""
    return {key: p.unit for key, p in device_of(netlist, e).device.params.items()} | OWN[e.kind]


def nominal(netlist: Netlist, e: Element, param: str) -> Any:
    """The value of a parameter where the instance has none of its own: the card's."""
    if param in OWN[e.kind]:
        return 0.0
    return device_of(netlist, e).instance_values({}, netlist.temperature)[param]


def check_values(netlist: Netlist, e: Element, where: str) -> None:
    """InputError for parameters of an element that cannot be."""
    device_of(netlist, e).check_instance(e.params, netlist.temperature, where)


def memristor_model(name: str, device: Memristor) -> Model:
    """A `.model` card with every parameter and option of a device: Model for elements of kind "y".

    InputError for a device of many lanes: give arrays as parameters of the element.
    """
    if device.lanes > 1:
        raise InputError(
            f"a card has one value a parameter; this {device.name} has {device.lanes} lanes: set them at the element"
        )
    return Model(name, "memristor", {"model": device.name, **device.choices, **device.values()})


def amplifier_model(name: str, kind: str, preset: str = "", **values: float) -> Model:
    """A `.model` card of kind "opamp" or "comparator" from a preset of `presets.amplifiers` and own values (SI)."""
    params: dict[str, float | str] = {**({"preset": preset} if preset else {}), **values}
    model_of(kind, kind, params, f"model {name}")
    return Model(name, kind, params)
