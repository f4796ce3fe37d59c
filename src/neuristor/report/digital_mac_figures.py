"""Figures of the digital neuron: power and energy against frequency, their shares, supply and threshold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiments.digital_mac import DigitalMac
from ..experiments.gate_check import GateCheck
from ..experiments.logic_supply import LogicSupply
from ..quantities import show
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks

TICKS = {"type": "log", "exponentformat": "power"}
DECADES = {**TICKS, "dtick": 1}
ENDS = " Lines end at the largest frequency."


def conditions(result: DigitalMac) -> str:
    """What the numbers hold for, in a sentence."""
    shift = f", thresholds shifted by {show(result.v_t_shift, 'V')}" if result.v_t_shift else ""
    return (
        f"{result.tree.capitalize()} multiplier, sums of {result.terms} products; {show(result.v_dd, 'V')},"
        f" {result.temperature:g} degrees Celsius, card {result.card} in engine {result.engine}{shift};"
        f" {show(result.c_wire, 'F')} of wire a net; uniformly random operands, always powered and clocked."
    )


def log_axis(name: str, unit: str, values: np.ndarray) -> dict[str, Any]:
    """Labelled at whole decades where the values span one."""
    finite = values[np.isfinite(values)]
    wide = len(finite) and finite.max() >= 10 * finite.min()
    return axis(name, unit, **(DECADES if wide else TICKS))


def digital_mac_figures(result: DigitalMac) -> list[Figure]:
    """Power, energy and their shares."""
    return [power_figure(result), energy_figure(result), share_figure(result)]


def power_figure(result: DigitalMac) -> Figure:
    """Power against frequency, leakage dotted."""
    data = []
    for k, bits in enumerate(result.bits):
        colour = COLOURS[k % len(COLOURS)]
        data.append(line(result.frequency, result.power[k], f"{bits} bit", colour))
        leak = np.full(len(result.frequency), result.leakage[k].sum())
        data.append(line(result.frequency, leak, f"{bits} bit, leakage", colour, dash="dot", width=1.0))
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": log_axis("power", "W", result.power)}
    return Figure("digital-mac-power", "Power of the digital MAC", conditions(result) + ENDS, data, layout)


def energy_figure(result: DigitalMac) -> Figure:
    """Energy of an operation against frequency; dashed with the fetch of the weight."""
    data = []
    for k, bits in enumerate(result.bits):
        colour = COLOURS[k % len(COLOURS)]
        data.append(line(result.frequency, result.energy[k], f"{bits} bit", colour))
        data.append(line(result.frequency, result.energy_with_fetch[k], f"{bits} bit, weight fetched", colour, dash="dash"))
    data.append(marks(result.crossing, 2 * result.dynamic.sum(axis=1), "leakage = switching", ORANGE, "circle-open", 9))
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": log_axis("energy per operation", "J", result.energy)}
    told = f"{ENDS} Fetching: {show(result.fetch_bit, 'J')} a bit ({result.fetch_source})."
    return Figure("digital-mac-energy", "Energy of a multiply-accumulate", conditions(result) + told, data, layout)


def share_figure(result: DigitalMac) -> Figure:
    """Where the energy of an operation goes."""
    words = [f"{bits} bit" for bits in result.bits]
    register = result.parts.index("register")
    parts = {part: result.dynamic[:, k] for k, part in enumerate(result.parts)}
    parts["register"] = result.dynamic[:, register] - result.clock
    parts |= {"clock": result.clock, "fetching the weight": result.fetch}
    shades = (*COLOURS, GREY)
    data = [
        {"type": "bar", "x": words, "y": 1e15 * joules, "name": name, "marker": {"color": shades[k % len(shades)]}}
        for k, (name, joules) in enumerate(parts.items())
    ]
    layout = {"barmode": "stack", "xaxis": axis("", ""), "yaxis": axis("energy per operation", "fJ")}
    return Figure("digital-mac-shares", "Switching energy by part", conditions(result), data, layout)


def supply_figures(result: LogicSupply) -> list[Figure]:
    """Leakage, energy and largest frequency against the supply, one line a threshold."""
    drawn = [
        ("leakage", "Leakage", result.leakage, "W"),
        ("energy", "Switching energy of an operation", result.dynamic, "J"),
        ("frequency", "Largest frequency", result.f_max, "Hz"),
    ]
    words = (
        f"{result.bits}-bit MAC, card {result.card} in engine {result.engine}; every threshold raised by the same amount."
    )
    return [
        Figure(
            f"logic-supply-{name}", f"{title} against supply", words,
            [
                {**line(result.v_dd, values[k], f"V_T + {show(float(shift), 'V')}", COLOURS[k % len(COLOURS)]),
                 "mode": "lines+markers"}
                for k, shift in enumerate(result.v_t_shift)
            ],
            {"xaxis": axis("supply", "V"), "yaxis": axis(title.lower(), unit, **TICKS)},
        )
        for name, title, values, unit in drawn
    ]  # fmt: skip


def check_figure(result: GateCheck) -> Figure:
    """Energy of each operation by the sum over gates against that by all transistors."""
    most = 1e15 * float(max(result.simulated.max(), result.estimated.max()))
    data = [
        line([0, most], [0, most], "equal", GREY, dash="dot"),
        marks(1e15 * result.simulated, 1e15 * result.estimated, "with glitches", BLUE, "circle", 6),
        marks(1e15 * result.simulated, 1e15 * result.still, "without", ORANGE, "circle-open", 6),
    ]
    words = f"{result.transistors} transistors in engine {result.engine}; all operations: {100 * result.error:+.2g} %."
    layout = {"xaxis": axis("transistor by transistor", "fJ"), "yaxis": axis("sum over gates", "fJ")}
    return Figure("gate-check", f"Energy of operations of {result.circuit}", words, data, layout)
