"""Elements that are linear: resistor, capacitor, inductor, independent and controlled sources.

Each is a DeviceGraph like any transistor. A terminal may also be the current of a branch ("br", positive from the
first node through the element to the second) whose row holds the element's own equation, or the value "u" of an
independent source, which is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import casadi as ca

from ..quantities import K_B, ZERO_CELSIUS
from .base import DeviceGraph, Variant

Equations = Callable[..., tuple[list[Any], list[Any]]]


def resistor(p: Any, n: Any, r: Any) -> tuple[list[Any], list[Any]]:
    """i = (v_p - v_n) / R"""
    i = (p - n) / r
    return [i, -i], [0, 0]


def capacitor(p: Any, n: Any, c: Any) -> tuple[list[Any], list[Any]]:
    """q = C (v_p - v_n)"""
    q = c * (p - n)
    return [0, 0], [q, -q]


def inductor(p: Any, n: Any, br: Any, l: Any) -> tuple[list[Any], list[Any]]:  # noqa: E741
    """v_p - v_n = d(L i)/dt"""
    return [br, -br, p - n], [0, 0, -l * br]


def voltage_source(p: Any, n: Any, br: Any, u: Any) -> tuple[list[Any], list[Any]]:
    """v_p - v_n = u"""
    return [br, -br, p - n - u, 0], [0, 0, 0, 0]


def current_source(p: Any, n: Any, u: Any) -> tuple[list[Any], list[Any]]:
    """u flows from p through the source to n"""
    return [u, -u, 0], [0, 0, 0]


def vcvs(p: Any, n: Any, cp: Any, cn: Any, br: Any, gain: Any) -> tuple[list[Any], list[Any]]:
    """v_p - v_n = gain (v_cp - v_cn)"""
    return [br, -br, 0, 0, p - n - gain * (cp - cn)], [0] * 5


def vccs(p: Any, n: Any, cp: Any, cn: Any, gain: Any) -> tuple[list[Any], list[Any]]:
    """i = gain (v_cp - v_cn)"""
    i = gain * (cp - cn)
    return [i, -i, 0, 0], [0] * 4


def cccs(p: Any, n: Any, control: Any, gain: Any) -> tuple[list[Any], list[Any]]:
    """i = gain i_control"""
    return [gain * control, -gain * control, 0], [0] * 3


def ccvs(p: Any, n: Any, control: Any, br: Any, gain: Any) -> tuple[list[Any], list[Any]]:
    """v_p - v_n = gain i_control"""
    return [br, -br, 0, p - n - gain * control], [0] * 4


# kind -> (equations, terminals, parameters)
LINEAR: dict[str, tuple[Equations, tuple[str, ...], tuple[str, ...]]] = {
    "r": (resistor, ("p", "n"), ("r",)),
    "c": (capacitor, ("p", "n"), ("c",)),
    "l": (inductor, ("p", "n", "br"), ("l",)),
    "v": (voltage_source, ("p", "n", "br", "u"), ()),
    "i": (current_source, ("p", "n", "u"), ()),
    "e": (vcvs, ("p", "n", "cp", "cn", "br"), ("gain",)),
    "g": (vccs, ("p", "n", "cp", "cn"), ("gain",)),
    "f": (cccs, ("p", "n", "control"), ("gain",)),
    "h": (ccvs, ("p", "n", "control", "br"), ("gain",)),
}


def graph(kind: str) -> DeviceGraph:
    """The graph of a linear element."""
    equations, terminals, names = LINEAR[kind]
    volts = [ca.SX.sym(t) for t in terminals]
    params = {name: ca.SX.sym(name) for name in names}
    currents, charges = ([ca.SX(e) for e in part] for part in equations(*volts, *params.values()))
    noise = []
    if kind == "r":
        params["temp"] = ca.SX.sym("temp")
        noise = [("thermal", 0, 1, 4.0 * K_B * params["temp"] / params["r"], ca.SX(0))]
    return DeviceGraph(
        name=kind,
        terminals=terminals,
        voltages=volts,
        params=params,
        currents=currents,
        charges=charges,
        g=[[ca.jacobian(i, v) for v in volts] for i in currents],
        c=[[ca.jacobian(q, v) for v in volts] for q in charges],
        noise=noise,
    )


class Linear:
    """A linear element as a device model: the same for every netlist, so compiled once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.variant = Variant(("linear", kind), lambda: graph(kind))

    def instance_values(self, params: Mapping[str, Any], celsius: float) -> dict[str, Any]:
        """Values of all symbols of the graph for an instance; temperature in Celsius."""
        values = {name: params[name] for name in LINEAR[self.kind][2]}
        return values | ({"temp": celsius + ZERO_CELSIUS} if self.kind == "r" else {})
