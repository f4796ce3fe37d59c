"""From the words of a command to a netlist: --set, --sweep, --mismatch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..circuits.netlist import KINDS, Element, Netlist
from ..circuits.run import Lanes
from ..circuits.variation import check_dc, load_mismatch, vary
from ..errors import InputError, nearest
from .request import Request
from .words import read_range, read_value, split

MAIN = {"r": "r", "c": "c", "l": "l", "v": "dc", "i": "dc", "e": "gain", "g": "gain", "f": "gain", "h": "gain", "d": "area"}
TRANSISTOR = {"w": "m", "l": "m", "ad": "m2", "as": "m2", "pd": "m", "ps": "m", "nrd": "1", "nrs": "1", "m": "1",
              "delvto": "V", "mulu0": "1"}  # fmt: skip
# Letter of an element -> parameter -> unit
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


def with_settings(netlist: Netlist, settings: list[str]) -> Netlist:
    """The netlist with every --set NAME.param=VALUE (or temp=DEGREES) done, in order."""
    for text in settings:
        name, value = split_setting(text, "--set", "m1.w=1u")
        if name == "temp":
            degrees = float(read_value(value, "1", "--set temp"))
            if degrees <= COLDEST:
                raise InputError(f"--set temp={value}: the temperature in degrees Celsius is below absolute zero")
            netlist = netlist.with_(temperature=degrees)
            continue
        element, param, unit = place(netlist, name, "--set")
        number = float(read_value(value, unit, f"--set {name}"))
        netlist = changed(netlist, element, param, number, f"--set {name}={value}")
    return netlist


def with_sweep(netlist: Netlist, sweep: str | None) -> tuple[Netlist, Lanes]:
    """The netlist with one lane a value of --sweep NAME[.param]=FROM:TO:lin|log:N."""
    if sweep is None:
        return netlist, Lanes()
    name, text = split_setting(sweep, "--sweep", "i1=1p:100p:log:20")
    if name == "temp":
        values = read_range(text, "1", "--sweep temp")
        if np.min(values) <= COLDEST:
            raise InputError(f"--sweep temp={text}: below absolute zero (degrees Celsius)")
        return netlist.with_(temperature=values), Lanes("temp", "1", values)
    element, param, unit = place(netlist, name, "--sweep")
    if param in NOT_ONE_A_LANE:
        raise InputError(f"--sweep {name}: {param} is the same in all lanes; give it with --set")
    values = read_range(text, unit, f"--sweep {name}")
    shown = name if "." in name.removeprefix(element.name) else f"{name}.{param}"
    lanes = Lanes(shown, unit, values)
    return changed(netlist, element, param, values, f"--sweep {name}={text}"), lanes


def with_samples(netlist: Netlist, lanes: Lanes, request: Request) -> tuple[Netlist, Lanes]:
    """The netlist with the lanes of --samples drawn; of a sweep every value gets all samples, one value after the other."""
    if request.samples is None or request.mismatch is None:
        return netlist, lanes
    if np.ndim(netlist.temperature):
        raise InputError("--samples with --sweep temp is not built in: run one temperature at a time with --set temp=85")
    netlist = vary(netlist, load_mismatch(request.mismatch), request.samples, request.seed or 0)
    return netlist, replace(lanes, samples=request.samples)


def split_setting(text: str, option: str, example: str) -> tuple[str, str]:
    """Name in lower case and value of NAME=VALUE."""
    try:
        name, value = split(text, option)
    except InputError:
        raise InputError(f"{option} {text!r} is not of the form NAME=VALUE, e.g. {option} {example}") from None
    return name.lower(), value


def place(netlist: Netlist, name: str, option: str) -> tuple[Element, str, str]:
    """The element, parameter and unit that "m1.w", "x1.m2.l" or "i1" means."""
    known = netlist.elements
    owner, param = name, ""
    if name not in known:
        owner, _, param = name.rpartition(".")
    if owner not in known:
        told = nearest(owner or name, known) or f"; it has {', '.join(list(known)[:8])}{' ...' if len(known) > 8 else ''}"
        hint = "" if owner else "; names of .param are gone once the text is read, so change the elements that use them"
        raise InputError(f"{option} {name}: the circuit has no element {owner or name!r}{told}{hint}")
    element = known[owner]
    units = PARAMETERS[element.kind]
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
    return netlist.set(e.name, **{param: value})
