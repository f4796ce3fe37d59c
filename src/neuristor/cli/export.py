"""`neuristor export KIND SUBJECT`: circuits and devices as SPICE text, a trained network's layers as Verilog."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..circuits import write_spice
from ..circuits.cells import MixedSignalMAC
from ..circuits.engines.deck import NOT_IN_NGSPICE, comparator_step
from ..circuits.engines.ngspice import option_set
from ..circuits.netlist import Netlist, Tran
from ..circuits.neuron import CircuitNeuron
from ..circuits.spice import CIRCUIT_FILES, read_spice
from ..circuits.spice.for_ngspice import write_ngspice
from ..circuits.spice.subcircuits import amplifier_subcircuit, memristor_subcircuit, plain
from ..devices.memristor import Memristor
from ..errors import InputError, nearest
from ..quantities import one_number
from ..trace import write_whole
from .circuit_words import with_settings
from .devices import is_device, read_device, source_of
from .screen import Screen
from .subjects import read_subject
from .words import split

KINDS = {
    "spice": "for ngspice: memristors and amplifiers are subcircuits",
    "netlist": "for this package: memristors are elements y, amplifiers elements u",
    "verilog": "layers of a trained network as digital linear-decay neurons",
    "study": "all runs of a study as --output RUNS.csv, RUNS.parquet or RUNS.nc",
}


def export(kind: str, word: str, settings: Sequence[str], screen: Screen, output: Path | None) -> None:
    """Write what the word names to a file, or print it."""
    if kind not in KINDS:
        told = "; ".join(f"{name} ({meaning})" for name, meaning in KINDS.items())
        raise InputError(f"export: unknown kind {kind!r}{nearest(kind, KINDS)}; there are {told}")
    if kind == "study":
        from .study_reading import export_runs

        return export_runs(word, screen, output)
    if kind == "verilog":
        from .verilog import verilog_text

        text = verilog_text(word, settings)
    elif is_device(word) or word.lower().endswith(".toml"):
        text = device_text(kind, word, settings)
    else:
        text = circuit_text(kind, netlist_of(word, list(settings)))
    if output is None:
        screen.json({kind: text})
        if not screen.as_json:
            print(text, end="")
        return
    write_whole(output, lambda part: part.write_text(text, encoding="utf-8"))
    screen.json({"written": str(output)})
    if not screen.as_json:
        screen.written([output])


def netlist_of(word: str, settings: list[str]) -> Netlist:
    """The netlist of a circuit's file, whether it is a neuron or not, or of a cell."""
    if word.lower().endswith(CIRCUIT_FILES):
        return with_settings(read_spice(word), settings)
    subject = read_subject(word, settings, macs=True)
    if not isinstance(subject, (CircuitNeuron, MixedSignalMAC)):
        raise InputError(f"export: {subject.name} is a set of equations; only circuits have a netlist")
    return subject.netlist


def circuit_text(kind: str, netlist: Netlist) -> str:
    """The netlist with the tolerances that SPICE needs at its scale, and the steps that its comparators need."""
    netlist = netlist.with_(options=option_set(netlist))
    if kind == "netlist":
        return write_spice(netlist)
    for name in {NOT_IN_NGSPICE[m.level] for m in netlist.models.values() if m.level in NOT_IN_NGSPICE}:
        print(f"neuristor: ngspice has no {name}: choose another card to run the text there", file=sys.stderr)
    step = comparator_step(netlist)
    plans = [
        replace(a, max_step=step) if isinstance(a, Tran) and not a.max_step and step < a.step else a
        for a in netlist.analyses
    ]
    return write_ngspice(netlist.with_(analyses=tuple(plans)))


def device_text(kind: str, word: str, settings: Sequence[str]) -> str:
    """A device's subcircuit, behind lines that say what it is and how it is called."""
    if kind != "spice":
        raise InputError(f"export {kind}: {word} is a device; `neuristor export spice {word}` writes its subcircuit")
    on = [text for text in settings if text.partition("=")[0].strip().lower() == "on"]
    device = read_device(word, [text for text in settings if text not in on])
    if isinstance(device, Memristor):
        if on:
            raise InputError(f"--set {on[0]}: the state of a memristor at the start is x0 of its instance")
        text = memristor_subcircuit(device)
        call = f"* Call, with parameters of its own: xm plus minus state {name_of(text)} x0=0.1\n{STATES}"
    else:
        high = bool(on) and one_number(split(on[-1], "--set")[1], "1", "--set on") != 0.0
        text = amplifier_subcircuit(device, plain(word), high)
        call = f"* Call: xu in+ in- v+ v- out {name_of(text)}"
    origin = source_of(word)
    return f"* {word}{f': {origin}' if origin else ''}\n{call}\n{text}"


STATES = (
    "* Of transients: in .op and .dc the state runs to where it rests; there, hold it with a voltage source at its node."
)


def name_of(text: str) -> str:
    """The name of a text's subcircuit."""
    return text.partition(".subckt ")[2].split()[0]
