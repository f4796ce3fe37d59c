"""`neuristor export spice SUBJECT`: a circuit as SPICE text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..circuits import write_spice
from ..circuits.engines.ngspice import option_set
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError, nearest
from ..trace import write_whole
from .screen import Screen

KINDS = ("spice",)


def export(kind: str, subject: Any, screen: Screen, output: Path | None) -> None:
    """Write the subject's netlist to a file, or print it, with the tolerances that SPICE needs at its scale."""
    if kind not in KINDS:
        raise InputError(f"export: unknown kind {kind!r}{nearest(kind, KINDS)}; there is {', '.join(KINDS)}")
    if not isinstance(subject, CircuitNeuron):
        raise InputError(f"export spice: {subject.name} is a set of equations; only circuits have a netlist")
    netlist = subject.netlist
    text = write_spice(netlist.with_(options=option_set(netlist)))
    if output is None:
        print(text, end="")
        return
    write_whole(output, lambda part: part.write_text(text, encoding="utf-8"))
    screen.json({"written": str(output)})
    if not screen.as_json:
        screen.written([output])
