"""Circuits of standard cells as RTL (Amaranth): simulated, written as Verilog, mapped and counted by Yosys.

Every AND gate, half and full adder is a module of its own in the RTL, with the wires of `gates`; registers are the clocked
signals of the top module.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, nearest
from .gates import KINDS, Cell, Gates, function_of
from .synthesis import run_yosys

try:
    from amaranth.hdl import Cat, Module, Signal
    from amaranth.lib import wiring
    from amaranth.lib.wiring import In, Out
except ImportError:
    raise InputError("RTL needs the package amaranth (the extra neuristor[rtl])") from None

TO_VERILOG = "proc; write_verilog -noattr out"
TARGETS = {  # what a circuit is mapped to -> Yosys' commands; "cmos": gates with estimated transistors
    "cells": "proc; splitcells",
    "cmos": "synth -flatten -top {top}; abc -g cmos4; opt_clean",
    "ice40": "synth_ice40 -top {top}",
    "xilinx": "synth_xilinx -top {top} -noiopad -noclkbuf",
}
PRODUCT = "product"  # name of the module


class CellRTL(wiring.Component):
    """One combinational cell."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__({pin: In(1) for pin in KINDS[kind].inputs} | {pin: Out(1) for pin in KINDS[kind].outputs})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        values = function_of(self.kind)(*(getattr(self, pin) for pin in KINDS[self.kind].inputs))
        m.d.comb += [getattr(self, pin).eq(value) for pin, value in zip(KINDS[self.kind].outputs, values, strict=True)]
        return m


class GatesRTL(wiring.Component):
    """A circuit of cells; its registers are clocked by `sync` and start at 0."""

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        ports = {name: In(len(nets)) for name, nets in gates.inputs.items()}
        super().__init__(ports | {name: Out(len(nets)) for name, nets in gates.outputs.items()})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        nets = [Signal(name=f"n{k}", reset_less=True) for k in range(self.gates.nets)]
        for name, own in self.gates.inputs.items():
            m.d.comb += Cat(*(nets[k] for k in own)).eq(getattr(self, name))
        for name, own in self.gates.outputs.items():
            m.d.comb += getattr(self, name).eq(Cat(*(nets[k] for k in own)))
        for k, cell in enumerate(self.gates.cells):
            self._place(m, k, cell, nets)
        return m

    def _place(self, m: Module, number: int, cell: Cell, nets: list[Signal]) -> None:
        """Add one cell and its wires."""
        if cell.kind == "DFF":
            m.d.sync += nets[cell.outputs[0]].eq(nets[cell.inputs[0]])
            return
        made = CellRTL(cell.kind)
        m.submodules[f"{cell.kind.lower()}_{number}"] = made
        kind = KINDS[cell.kind]
        m.d.comb += [getattr(made, pin).eq(nets[k]) for pin, k in zip(kind.inputs, cell.inputs, strict=True)]
        m.d.comb += [nets[k].eq(getattr(made, pin)) for pin, k in zip(kind.outputs, cell.outputs, strict=True)]


class ProductRTL(wiring.Component):
    """The product of two unsigned words as one operator: how it is made is left to synthesis."""

    a: Signal
    b: Signal
    p: Signal

    def __init__(self, bits: int) -> None:
        super().__init__({"a": In(bits), "b": In(bits), "p": Out(2 * bits)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.p.eq(self.a * self.b)
        return m


def write_rtlil(circuit: Gates | ProductRTL) -> str:
    """The circuit in RTLIL, the text that Yosys reads; the module of cells has the circuit's name."""
    from amaranth.back import rtlil

    if isinstance(circuit, ProductRTL):
        return str(rtlil.convert(circuit, name=PRODUCT, emit_src=False))
    return str(rtlil.convert(GatesRTL(circuit), name=circuit.name, emit_src=False))


def write_verilog(gates: Gates) -> str:
    """The circuit as Verilog: a top module of the circuit's name and one module a cell."""
    return run_yosys(TO_VERILOG, write_rtlil(gates))


@dataclass(frozen=True)
class MappedCells:
    """cells: type -> how many; transistors: Yosys' estimate for them in static CMOS, flip-flops left out (0: none made)."""

    target: str
    cells: Mapping[str, int]
    transistors: int


def mapped_cells(circuit: Gates | ProductRTL, target: str = "cells") -> MappedCells:
    """Cells after Yosys has read the RTL and mapped it to a target of `TARGETS`; "cells": those that the RTL names."""
    if target not in TARGETS:
        raise InputError(f"unknown target {target!r}{nearest(str(target), TARGETS)}; there are {', '.join(TARGETS)}")
    top = circuit.name if isinstance(circuit, Gates) else PRODUCT
    count = f"tee -q -o out stat -json -top {top}" + (" -tech cmos" if target == "cmos" else "")
    told = json.loads(run_yosys(f"{TARGETS[target].format(top=top)}; {count}", write_rtlil(circuit)))
    module = told["modules"][f"\\{top}"]
    cells: Counter[str] = Counter()
    for kind, number in module["num_cells_by_type"].items():
        named = re.fullmatch(rf"\\?{re.escape(top)}\.([a-z0-9]+)_\d+", kind)
        cells[named[1].upper() if named else kind] += int(number)
    del cells["$scopeinfo"]
    estimate = str(module.get("estimated_num_transistors", 0)).rstrip("+")
    return MappedCells(target, dict(sorted(cells.items())), int(estimate))
