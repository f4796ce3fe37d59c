"""From the words of a command to a netlist: --set, --sweep, --mismatch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..circuits.netlist import Netlist
from ..circuits.run import Lanes
from ..circuits.settings import COLDEST, NOT_ONE_A_LANE, changed, place
from ..circuits.variation import load_mismatch, vary
from ..errors import InputError
from .request import Request
from .words import read_range, read_value, split


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
