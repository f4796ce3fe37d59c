"""Tables and page of the digital neuron: cells, power and energy, gates, what Yosys maps them to, supply and threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..digital.mac import mac
from ..experiments.digital_mac import DigitalMac
from ..experiments.flip_flop_energy import FlipFlopEnergy
from ..experiments.logic_energy import CellEnergy
from ..experiments.logic_supply import LogicSupply
from ..quantities import show
from .digital_mac_figures import conditions, digital_mac_figures
from .page import Page
from .tables import Table, number

MOST_ROWS = 13  # frequencies in a table
CLOCKED = "DFF"
YOSYS_NOTE = "Transistors are Yosys' estimate for the gates, flip-flops left out; adders are broken up and optimised."


@dataclass(frozen=True)
class Mapped:
    """What Yosys makes of the MAC of a word length: cells by type, and its estimate of transistors."""

    bits: int
    cells: Mapping[str, int]
    transistors: int


@dataclass(frozen=True)
class DigitalNeuron:
    """A digital MAC with what else was asked of it.

    mapped     by word length; empty without Yosys;  cells: gates in detail, flip_flop with them (None: none asked for)
    """

    mac: DigitalMac
    mapped: Sequence[Mapped] = ()
    cells: Sequence[CellEnergy] = ()
    flip_flop: FlipFlopEnergy | None = None

    def to_json_dict(self) -> dict[str, Any]:
        cells = {cell.cell: cell.to_json_dict() for cell in self.cells}
        if self.flip_flop is not None:
            cells[CLOCKED] = self.flip_flop.to_json_dict()
        return {"mac": self.mac.to_json_dict(), "mapped": [asdict(m) for m in self.mapped], "cells": cells}


def digital_neuron_page(found: DigitalNeuron) -> Page:
    """Power, energy and their parts as figures, everything else as tables."""
    result = found.mac
    return Page(
        title="Digital multiply-accumulate neuron",
        subtitle=conditions(result),
        summary=" ".join(in_short(result, k) for k in range(len(result.bits))),
        figures=digital_mac_figures(result),
        tables=digital_neuron_tables(found),
        chosen=[
            f"{show(result.c_wire, 'F')} of wire at every net; no clock tree, no registers of the operands, no activation",
            "supply and clock are never switched off: all leakage counts at every frequency",
            "operands are uniformly random and new in every cycle",
            f"reading a weight takes {show(result.fetch_bit, 'J')} a bit ({result.fetch_source})",
        ],
        computed={"operations simulated": str(result.samples)},
    )


def in_short(result: DigitalMac, k: int) -> str:
    """One word length in short."""
    return (
        f"{result.bits[k]} bits: {result.transistors[k].sum()} transistors, {show(result.leakage[k].sum(), 'W')} of leakage,"
        f" {show(result.dynamic[k].sum(), 'J')} an operation, up to {show(result.f_max[k], 'Hz')}; below"
        f" {show(result.crossing[k], 'Hz')} leakage takes more than switching."
    )


def digital_neuron_tables(found: DigitalNeuron) -> list[Table]:
    """All tables of a digital MAC and of what was asked with it."""
    tables = digital_mac_tables(found.mac)
    if found.mapped:
        tables.insert(1, mapped_table(found.mapped))
    if found.flip_flop is not None:
        tables.append(cells_table(found.cells, found.flip_flop))
        tables += [table for cell in found.cells for table in cell_tables(cell)]
    return tables


def digital_mac_tables(result: DigitalMac) -> list[Table]:
    """Cells, what an operation costs, and power and energy against frequency."""
    return [count_table(result), cost_table(result), frequency_table(result)]


def count_table(result: DigitalMac) -> Table:
    """Cells and transistors, one row a word length."""
    columns = ["bits", "AND2", "half adders", "full adders", "flip-flops", "transistors", *(f"{p}'s" for p in result.parts),
               "slowest path (cells)"]  # fmt: skip
    rows = []
    for bits, counted in zip(result.bits.tolist(), result.transistors, strict=True):
        gates = mac(bits, result.tree, result.terms)
        cells = gates.counts()
        rows.append(
            [
                str(bits),
                *(str(cells.get(kind, 0)) for kind in ("AND2", "HA", "FA", "DFF")),
                str(counted.sum()),
                *map(str, counted),
                f"{gates.longest_path():g}",
            ]
        )
    return Table("Cells of the MAC", columns, rows)


def cost_table(result: DigitalMac) -> Table:
    """Leakage, energies and frequencies, one row a word length."""
    columns = ["bits", "leakage", "energy an operation", "without glitches", "clock, of it", "to fetch the weight",
               "leakage = switching at", "largest frequency"]  # fmt: skip
    rows = [
        [
            str(bits),
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
    return Table("What an operation costs", columns, rows, conditions(result))


def frequency_table(result: DigitalMac) -> Table:
    """Power and energy, one row a frequency; at most MOST_ROWS of them."""
    words = [f"{bits} bit" for bits in result.bits]
    columns = ["frequency", *(f"power, {w}" for w in words), *(f"energy, {w}" for w in words)]
    count = len(result.frequency)
    rows = [
        [
            show(result.frequency[k], "Hz"),
            *(shown(p, "W") for p in result.power[:, k]),
            *(shown(e, "J") for e in result.energy[:, k]),
        ]
        for k in np.unique(np.linspace(0, count - 1, min(count, MOST_ROWS)).round().astype(int))
    ]
    note = "Energy of an operation, with leakage, without fetching the weight. -: faster than the MAC can be."
    return Table("Power and energy against frequency", columns, rows, note)


def shown(value: float, unit: str) -> str:
    return show(float(value), unit) if np.isfinite(value) else "-"


def mapped_table(mapped: Sequence[Mapped]) -> Table:
    """Gates after Yosys, one row a word length."""
    kinds = sorted({kind for one in mapped for kind in one.cells})
    words = {kind: kind.strip("$_").replace("DFF_P", "flip-flops") for kind in kinds}
    rows = [[str(m.bits), *(str(m.cells.get(kind, 0)) for kind in kinds), str(m.transistors)] for m in mapped]
    return Table("Mapped to CMOS gates by Yosys", ["bits", *words.values(), "transistors"], rows, YOSYS_NOTE)


def cells_table(cells: Sequence[CellEnergy], flip_flop: FlipFlopEnergy) -> Table:
    """One row a gate, the flip-flop last."""
    columns = ["gate", "transistors", "mean leakage", "energy an output change", "slowest delay", "input capacitance"]
    rows = [
        [
            c.cell,
            str(c.transistors),
            show(c.leakage_mean, "W"),
            show(c.per_output_change, "J"),
            show(float(c.delay.max()), "s"),
            show(float(c.c_in.mean()), "F"),
        ]
        for c in cells
    ]
    f = flip_flop
    stored = [show(f.leakage, "W"), show(f.change, "J"), show(f.clock_to_q, "s"), show(f.c_clock, "F")]
    rows.append([CLOCKED, str(f.transistors), *stored])
    note = (
        f"{show(f.c_load, 'F')} at every output, {show(f.v_dd, 'V')}, {f.temperature:g} degrees Celsius, card {f.card} in"
        f" engine {f.engine}. Of the DFF: a clock cycle with new data (without: {show(f.idle, 'J')}), the delay from the"
        " clock to the output, the clock's input."
    )
    return Table("Gates", columns, rows, note)


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
        Table(f"{result.cell}: energy in fJ, from row to column", ["inputs", *states], energies, words),
    ]


def supply_table(result: LogicSupply) -> Table:
    """One row a threshold and supply."""
    columns = ["threshold", "supply", "leakage", "energy an operation", "leakage = switching at", "largest frequency"]
    rows = [
        [
            f"V_T + {show(float(shift), 'V')}",
            show(float(v_dd), "V"),
            shown(result.leakage[i, j], "W"),
            shown(result.dynamic[i, j], "J"),
            shown(result.crossing[i, j], "Hz"),
            shown(result.f_max[i, j], "Hz"),
        ]
        for i, shift in enumerate(result.v_t_shift)
        for j, v_dd in enumerate(result.v_dd)
    ]
    return Table(f"{result.bits}-bit MAC by supply and threshold", columns, rows)
