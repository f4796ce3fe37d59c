"""`check`: what is wrong with a circuit, and which parameters its model cards leave to their defaults."""

from __future__ import annotations

from pathlib import Path

from ..circuits.check import report
from ..circuits.netlist import Netlist
from ..circuits.run import planned
from ..circuits.spice import read_spice
from ..devices import model_of
from ..errors import InputError
from .screen import Screen

MOST_NAMES = 24
NOT_CARDS = ("sw",)  # models without a device of their own


def check_circuit(path: Path, screen: Screen) -> bool:
    """Show the findings; whether there is no error among them."""
    netlist = planned(read_spice(path))
    findings = report(netlist)
    defaulted, refused = cards(netlist)
    findings += refused
    errors = sum(f["severity"] == "error" for f in findings)
    screen.json({"findings": findings, "defaulted": defaulted})
    if not screen.as_json:
        for f in findings:
            where = f"{f['file']}:{f['line']}: " if f["file"] else ""
            print(f"{f['severity']}: {where}{f['sentence']}")
        for name, missing in defaulted.items():
            print(defaults_line(name, missing))
        many = len(findings) - errors
        told = f"{errors} error{'s' * (errors != 1)}, {many} warning{'s' * (many != 1)}"
        print(told if findings else "no problems found")
    return not errors


def cards(netlist: Netlist) -> tuple[dict[str, list[str]], list[dict[str, str | int | None]]]:
    """Model -> parameters that its card leaves out, and a warning for every card that only ngspice can use."""
    defaulted: dict[str, list[str]] = {}
    refused: list[dict[str, str | int | None]] = []
    for name, card in netlist.models.items():
        if card.kind in NOT_CARDS:
            continue
        try:
            model = model_of("m" if card.kind in ("nmos", "pmos") else card.kind, card.kind, card.params, f"model {name}")
        except InputError as error:
            file, line = (card.place.file, card.place.line) if card.place else (None, None)
            sentence = f"{error}; --engine ngspice may know it"
            refused.append({"severity": "warning", "file": file, "line": line, "sentence": sentence})
            continue
        defaulted[name] = list(getattr(model, "defaulted", []))
    return defaulted, refused


def defaults_line(name: str, missing: list[str]) -> str:
    """The sentence on one card."""
    if not missing:
        return f"model {name}: the card gives every parameter"
    listed = ", ".join(missing[:MOST_NAMES])
    more = f" and {len(missing) - MOST_NAMES} more (--json names all)" if len(missing) > MOST_NAMES else ""
    return f"model {name}: {len(missing)} parameters take their default: {listed}{more}"
