"""Memristors, op-amps and comparators as subcircuits that ngspice (39 or later) runs as they are.

Currents are behavioural sources, the state of a memristor the voltage of a capacitor (1 V is x = 1). Without LTspice's
functions, and with the same formulas as the native engine.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import casadi as ca

from ...devices import amplifier as amp
from ...devices.memristive import MODELS, circuit_rate
from ...devices.memristor import Memristor
from ...errors import InputError
from ..modelled import device_of
from ..netlist import Element, Netlist
from .behavioural import folded, formula

STATE_FARAD = 1e-6  # of the state's node; a rate of 1/s is this current in A
NAME = re.compile(r"[a-z_]\w*", re.ASCII)


def memristor_subcircuit(device: Memristor, name: str = "") -> str:
    """A `.subckt NAME p n x params: x0=0 r_on=... ` of a device; NAME is of the device's model and preset unless given.

    Nodes: p, n, and x, whose voltage is the state; it begins at x0 in a transient, with and without `uic`. An instance may
    change every parameter: `x1 a 0 s mms_knowm x0=0.1 tau=1m`. InputError for the stochastic model and for a device
    with many lanes.
    """
    name = name or plain("_".join(filter(None, (device.name, device.preset_used))))
    check(device, name)
    symbolic, symbols = device.as_symbols()
    v, x = ca.SX.sym("v_pn"), ca.SX.sym("x_state")
    names = {key: f"{{{key}}}" for key in symbols} | {"v_pn": "v(p,n)", "x_state": "v(x)"}
    values = {key: float(value) for key, value in device.values().items()}
    listed = {"x0": 0.0, **values}
    choices = "".join(f", {key} {word}" for key, word in device.choices.items())
    current = formula(ca.SX(symbolic.current(v, x)), names)
    rate = formula(ca.SX(circuit_rate(symbolic, v, x)), names)
    return "\n".join([
        f"* {device.title}{choices}",
        f"* {device.source}",
        "* v(p,n) > 0 switches ON; v(x) is the state, 0 fully OFF and 1 fully ON; SI units, temperature in degrees Celsius",
        folded(f".subckt {name} p n x params: ", " ".join(f"{k}={v!r}" for k, v in listed.items())),
        folded("bi p n i=", current),
        folded("bx 0 x i=", f"{STATE_FARAD!r}*{rate}"),
        f"cx x 0 {STATE_FARAD!r}",
        ".ic v(x)={x0}",
        f".ends {name}",
        "",
    ])  # fmt: skip


def memristor_values(netlist: Netlist, e: Element) -> dict[str, float]:
    """What the line of an instance sets: its own parameters, and the circuit's temperature where the card has none."""
    device = device_of(netlist, e)
    device.check_instance(e.params, netlist.temperature, f"{e.where}{e.name}")
    return ({"temperature": netlist.temperature} if device.warms else {}) | dict(e.params)


def plain(name: str) -> str:
    """A name as subcircuits may have it: "My dev 5k" is "my_dev_5k"."""
    word = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII)
    return word if NAME.fullmatch(word) else f"m_{word}"


def check(device: Memristor, name: str) -> None:
    if device.name not in MODELS:
        raise InputError(f"{device.name} has no subcircuit: it draws random numbers; there are {', '.join(MODELS)}")
    if device.lanes > 1:
        raise InputError(f"a subcircuit is of one device; this {device.name} has {device.lanes} lanes")
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} is no name for a subcircuit: letters, digits and _ in lower case, a letter first")


def amplifier_subcircuit(device: Any, name: str = "", on: bool = False) -> str:
    """A `.subckt NAME inp inn vp vn out` of an OpAmp or Comparator; `on`: a comparator's output is high before t = 0.

    The numbers stand in the formulas: a comparator's feedback follows from several of its parameters.
    """
    name = name or device.name
    if device.lanes > 1 or not NAME.fullmatch(name):
        raise InputError(f"a subcircuit {name!r} needs a plain name in lower case, and a device of one lane")
    values = {key: float(value) for key, value in device.values().items()} | {"on": float(on)}
    volts = [ca.SX.sym(t) for t in amp.TERMINALS]
    v = SimpleNamespace(**dict(zip(amp.TERMINALS, volts, strict=True)))
    v.hold = 0.0
    p = SimpleNamespace(**values)
    if device.name == "comparator":
        p.feedback = amp.feedback_of(device)
    currents = amp.terminal_currents(device.name, p, v)
    names = {t: f"v({t})" for t in amp.TERMINALS}
    sources = [folded(f"b{t} {t} 0 i=", formula(ca.SX(i), names)) for t, i in zip(amp.TERMINALS, currents, strict=False)]
    start = [f".{card} v(inner)={2.0 * on - 1.0:g}" for card in ("ic", "nodeset")] if device.name == "comparator" else []
    return "\n".join(filter(None, [
        f"* {device.name}",
        f".subckt {name} inp inn vp vn out",
        *sources,
        f"cp inp vn {values['c_in']!r}",
        f"cn inn vn {values['c_in']!r}",
        f"ci inner 0 {amp.C_INNER!r}",
        *start,
        f".ends {name}",
        "",
    ])) + "\n"  # fmt: skip
