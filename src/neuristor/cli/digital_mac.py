"""`neuristor digital-mac`: the digital neuron from its transistors, its power and energy against frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..circuits.cells.logic import LOGIC, LogicFamily
from ..digital.gates import Gates
from ..digital.mac import mac
from ..errors import InputError
from ..experiments.digital_mac import MOST_POINTS, digital_mac
from ..experiments.logic_energy import gate_of
from ..experiments.logic_supply import settled_library
from ..presets.operation_energy import CACHE_BIT
from ..quantities import number_list, one_number, show
from ..report.digital_mac_tables import DigitalNeuron, Mapped, digital_neuron_page, digital_neuron_tables
from ..trace import write_whole
from .measure import read_list, read_range_of
from .screen import Screen, check_output
from .words import read_whole

ALL = "all"  # the word for every gate


def run_digital_mac(
    screen: Screen, *, bits: str, tree: str, terms: int, samples: int, seed: int, engine: str, frequency: str,
    fetch: str | None, wire: str, cells: str | None, verilog: Path | None, report: Path | None, **family: Any,
) -> None:  # fmt: skip
    """Read the words, characterise the gates, run the MACs, show tables, write Verilog and page."""
    check_output(report)
    check_output(verilog)
    circuits = [mac(n, tree, terms) for n in read_bits(bits)]
    asked, hertz = read_gates(cells), read_frequency(frequency)
    fetch_bit = CACHE_BIT if fetch is None else read_energy(fetch)
    transistors = LogicFamily(**{name: value for name, value in family.items() if value is not None})
    files = [write_circuits(circuits, verilog)] if verilog else []
    with screen.progress("characterising the gates") as tell:
        library = settled_library(transistors, engine, c_wire=one_number(wire, "F", "--wire"), also=asked, progress=tell)
    if library is None:
        raise InputError(f"at {show(transistors.v_dd, 'V')} the gates do not settle within a millisecond")
    with screen.progress("digital MAC") as tell:
        result = digital_mac(
            [len(gates.inputs["a"]) for gates in circuits], library=library, tree=tree, terms=terms, frequency=hertz,
            samples=samples, seed=seed, fetch_bit=fetch_bit, progress=tell,
        )  # fmt: skip
    with screen.progress("mapping to gates by Yosys") as tell:
        mapped = mapped_circuits(circuits, tell)
    shown = [library.cells[name] for name in asked]
    found = DigitalNeuron(result, mapped, shown, library.flip_flop if shown else None)
    if report:
        from ..report.page import write_page

        files.append(write_page(digital_neuron_page(found), report))
    screen.json(found.to_json_dict())
    if not screen.as_json:
        screen.tables(digital_neuron_tables(found))
        screen.written(files)


def read_bits(text: str) -> list[int]:
    """`3,8,16`."""
    found = [(word, read_whole(word)) for word in read_list(text, "--bits")]
    for word, count in found:
        if count is None:
            raise InputError(f"--bits: {word!r} is not a whole number, e.g. 3,8,16")
    return list(dict.fromkeys(count for _, count in found if count is not None))


def read_frequency(text: str) -> Any:
    """Hz, rising: one, several as A,B, or FROM:TO:lin|log:N."""
    found = read_range_of(text, "--frequency") if ":" in text else read_list(text, "--frequency")
    hertz = np.unique(number_list(found, "Hz", "--frequency"))
    if hertz[0] <= 0 or len(hertz) > MOST_POINTS:
        raise InputError(f"--frequency {text}: up to {MOST_POINTS} frequencies above 0 Hz are possible")
    return hertz


def read_energy(text: str) -> float:
    """J, zero or more."""
    joules = one_number(text, "J", "--fetch")
    if joules < 0:
        raise InputError(f"--fetch {text}: an energy of 0 J or more is needed")
    return joules


def read_gates(text: str | None) -> list[str]:
    """Gates whose numbers are shown: FA,NAND2, or all."""
    known = [name for name, gate in LOGIC.items() if not gate.clock]
    if text is None or text == ALL:
        return known if text else []
    names = list(dict.fromkeys(read_list(text, "--cells")))
    for name in names:
        if gate_of(name).clock:
            raise InputError(f"--cells: {name} is shown in any case; gates without memory are {', '.join(known)}, or all")
    return names


def write_circuits(circuits: Sequence[Gates], path: Path) -> Path:
    """All MACs as Verilog in one file."""
    from ..digital.mac_rtl import write_verilog

    text = "\n".join(write_verilog(gates) for gates in circuits)
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))
    return path


def mapped_circuits(circuits: Sequence[Gates], tell: Callable[[float], None]) -> list[Mapped]:
    """What Yosys maps the MACs to; empty where the extra neuristor[rtl] is not installed."""
    try:
        from ..digital.mac_rtl import mapped_cells
        from ..digital.synthesis import yosys_version

        yosys_version()
    except InputError:
        return []
    found = []
    for gates in circuits:
        cells = mapped_cells(gates, "cmos")
        found.append(Mapped(len(gates.inputs["a"]), cells.cells, cells.transistors))
        tell(len(found) / len(circuits))
    return found
