"""Parameters of elements by name: "m1.w", "c1", "iin.dc", what unit each has and which values cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError, nearest
from . import modelled
from .netlist import KINDS, Element, Netlist
from .variation import check_dc

MAIN = {"r": "r", "c": "c", "l": "l", "v": "dc", "i": "dc", "e": "gain", "g": "gain", "f": "gain", "h": "gain", "d": "area"}
TRANSISTOR = {"w": "m", "l": "m", "ad": "m2", "as": "m2", "pd": "m", "ps": "m", "nrd": "1", "nrs": "1", "m": "1",
              "delvto": "V", "mulu0": "1"}  # fmt: skip
# Letter of an element -> parameter -> unit; those of memristors and amplifiers depend on their model
PARAMETERS: dict[str, dict[str, str]] = {
    "r": {"r": "Ohm"}, "c": {"c": "F", "ic": "V"}, "l": {"l": "H", "ic": "A"},
    "v": {"dc": "V", "acmag": "V", "acphase": "1"}, "i": {"dc": "A", "acmag": "A", "acphase": "1"},
    "e": {"gain": "1"}, "g": {"gain": "S"}, "f": {"gain": "1"}, "h": {"gain": "Ohm"},
    "d": {"area": "1", "m": "1"}, "m": TRANSISTOR, "s": {"on": "1"},
}  # fmt: skip
ABOVE_ZERO = {("m", k) for k in ("w", "l", "m", "mulu0")} | {("d", "area"), ("d", "m"), ("l", "l")}
NOT_NEGATIVE = {("m", k) for k in ("ad", "as", "pd", "ps", "nrd", "nrs")} | {("c", "c")}
NOT_ONE_A_LANE = ("ic", "on", "acmag", "acphase")
COLDEST = -273.15


def place(netlist: Netlist, name: str, option: str) -> tuple[Element, str, str]:
    """The element, parameter and unit that "m1.w", "x1.m2.l" or "i1" means; `option` begins a message."""
    known = netlist.elements
    owner, param = name, ""
    if name not in known:
        owner, _, param = name.rpartition(".")
    if owner not in known:
        told = nearest(owner or name, known) or f"; it has {', '.join(list(known)[:8])}{' ...' if len(known) > 8 else ''}"
        hint = "" if owner else "; names of .param are gone once the text is read, so change the elements that use them"
        raise InputError(f"{option} {name}: the circuit has no element {owner or name!r}{told}{hint}")
    element = known[owner]
    units = modelled.units_of(netlist, element) if element.kind in modelled.KINDS else PARAMETERS[element.kind]
    param = {"delvt0": "delvto"}.get(param, param) or MAIN.get(element.kind, "")
    what = KINDS[element.kind][0]
    if not param:
        raise InputError(f"{option} {name}: say which parameter of the {what}, e.g. {name}.{next(iter(units))}")
    if param not in units:
        choice = f"{nearest(param, units)}; it has {', '.join(units)}"
        raise InputError(f"{option} {name}: the {what} {owner} has no parameter {param!r}{choice}")
    return element, param, units[param]


def changed(netlist: Netlist, e: Element, param: str, value: Any, where: str) -> Netlist:
    """The netlist with one parameter changed; InputError for a value that cannot be."""
    lowest = float(np.min(value))
    if (e.kind, param) in ABOVE_ZERO and lowest <= 0:
        raise InputError(f"{where}: {param} of {e.name} must be more than zero")
    if (e.kind, param) in NOT_NEGATIVE and lowest < 0:
        raise InputError(f"{where}: {param} of {e.name} may not be negative")
    if e.kind == "r" and np.any(np.asarray(value) == 0):
        raise InputError(f"{where}: a resistor of 0 Ohm is a short")
    if param == "dc":
        check_dc(e, where)
    found = netlist.set(e.name, **{param: value})
    if e.kind in modelled.KINDS:
        modelled.check_values(found, found.elements[e.name], where)
    return found
