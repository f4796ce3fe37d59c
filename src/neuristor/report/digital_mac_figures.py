"""Figures and tables of the digital neuron: power and energy against frequency, their shares, cells, supply, threshold."""

from __future__ import annotations

import numpy as np

from ..experiments.digital_mac import DigitalMac
from ..experiments.gate_check import GateCheck
from ..experiments.logic_energy import CellEnergy
from ..experiments.logic_supply import LogicSupply
from ..quantities import show
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks
from .tables import Table, number

TICKS = {"type": "log", "exponentformat": "power"}
DECADES = {**TICKS, "dtick": 1}


def conditions(result: DigitalMac) -> str:
    """What the numbers hold for, in a sentence."""
    shift = f", thresholds shifted by {show(result.v_t_shift, 'V')}" if result.v_t_shift else ""
    return (
        f"{result.tree.capitalize()} multiplier, sums of {result.terms} products; {show(result.v_dd, 'V')},"
        f" {result.temperature:g} degrees Celsius, card {result.card} in engine {result.engine}{shift};"
        f" {show(result.c_wire, 'F')} of wire a net; uniformly random operands, always powered and clocked."
        " Lines end at the largest frequency."
    )


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
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": axis("power", "W", **DECADES)}
    return Figure("digital-mac-power", "Power of the digital MAC", conditions(result), data, layout)


def energy_figure(result: DigitalMac) -> Figure:
    """Energy of an operation against frequency; dashed with the fetch of the weight."""
    data = []
    for k, bits in enumerate(result.bits):
        colour = COLOURS[k % len(COLOURS)]
        data.append(line(result.frequency, result.energy[k], f"{bits} bit", colour))
        data.append(line(result.frequency, result.energy_with_fetch[k], f"{bits} bit, weight fetched", colour, dash="dash"))
    data.append(marks(result.crossing, 2 * result.dynamic.sum(axis=1), "leakage = switching", ORANGE, "circle-open", 9))
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": axis("energy per operation", "J", **DECADES)}
    told = f" Fetching: {show(result.fetch_bit, 'J')} a bit ({result.fetch_source})."
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


def digital_mac_tables(result: DigitalMac) -> list[Table]:
    """One row a word length."""
    columns = ["bits", "transistors", "of the multiplier", "leakage", "switching", "without glitches", "of it clock",
               "fetch", "leakage = switching at", "largest frequency"]  # fmt: skip
    rows = [
        [
            str(bits),
            str(result.transistors[k].sum()),
            str(result.transistors[k, 0]),
            show(result.leakage[k].sum(), "W"),
            show(result.dynamic[k].sum(), "J"),
            show(result.still[k], "J"),
            show(result.clock[k], "J"),
            show(result.fetch[k], "J"),
            show(result.crossing[k], "Hz"),
            show(result.f_max[k], "Hz"),
        ]
        for k, bits in enumerate(result.bits)
    ]
    return [Table("Digital multiply-accumulate", columns, rows, conditions(result))]


def cell_tables(result: CellEnergy) -> list[Table]:
    """Leakage by state; energy from state to state."""
    states = [format(s, f"0{len(result.inputs)}b")[::-1] for s in range(len(result.leakage))]
    words = f"Inputs {' '.join(result.inputs)}; {show(result.c_load, 'F')} at every output, {show(result.v_dd, 'V')}."
    leaks = [[state, show(float(power), "W")] for state, power in zip(states, result.leakage, strict=True)]
    energies = [
        [state, *(number(1e15 * float(e), 4) for e in row)] for state, row in zip(states, result.energy, strict=True)
    ]
    return [
        Table(f"{result.cell}: leakage", ["inputs", "power"], leaks, words),
        Table(f"{result.cell}: energy in fJ, from row to column", ["", *states], energies, words),
    ]


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


def supply_table(result: LogicSupply) -> Table:
    """One row a threshold and supply."""
    columns = ["threshold", "supply", "leakage", "switching", "leakage = switching at", "largest frequency"]
    rows = [
        [
            f"V_T + {show(float(shift), 'V')}",
            show(float(v_dd), "V"),
            show(float(result.leakage[i, j]), "W"),
            show(float(result.dynamic[i, j]), "J"),
            show(float(result.crossing[i, j]), "Hz"),
            show(float(result.f_max[i, j]), "Hz"),
        ]
        for i, shift in enumerate(result.v_t_shift)
        for j, v_dd in enumerate(result.v_dd)
    ]
    return Table(f"{result.bits}-bit MAC by supply and threshold", columns, rows)


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
