"""The files that a study names, read once: their text goes with the study, to another machine and into its digest."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

from ..errors import InputError

MODEL, CIRCUIT, MISMATCH, CARD, DEVICE = "model", "circuit", "mismatch", "card", "memristor"  # keys beside "csv:NAME"


def gathered(tables: Any, folder: Path, where: str) -> dict[str, Any]:
    """Key -> text or tables of each file that is named; relative names start at the study file's folder."""
    from .subjects import is_circuit_file, is_model_file

    found: dict[str, Any] = {}
    word = tables.subject.neuron or ""
    if is_model_file(word):
        found[MODEL] = text_of(folder / word, f"{where}: subject.neuron")
    elif is_circuit_file(word, folder):
        from ..circuits.spice import read_spice, write_spice

        try:
            found[CIRCUIT] = write_spice(read_spice(folder / word))
        except InputError as error:
            raise InputError(f"{where}: subject.neuron: {error}") from None
    device, card = (tables.subject.set.get(key) for key in (DEVICE, CARD))
    if isinstance(device, str) and is_model_file(device):
        found[DEVICE] = text_of(folder / device, f"{where}: subject.set.{DEVICE}")
    if isinstance(card, str) and (path := folder / Path(card).expanduser()).is_file():
        found[CARD] = library_of(path, f"{where}: subject.set.{CARD}")
    if isinstance(tables.subject.mismatch, str):
        found[MISMATCH] = toml_of(folder / tables.subject.mismatch, f"{where}: subject.mismatch")
    for k, axis in enumerate(tables.axis):
        if axis.csv:
            found[f"csv:{axis.csv}"] = columns_of(folder / axis.csv, f"{where}: axis[{k}].csv")
    return found


def library_of(path: Path, where: str) -> dict[str, Any]:
    """The transistor models of a SPICE library, with what it includes."""
    from ..circuits.cards import card_of

    try:
        return {kind: dict(model) for kind, model in card_of(str(path)).models.items()}
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def text_of(path: Path, where: str) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{where}: {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{where}: {path} is not a text in UTF-8") from None


def toml_of(path: Path, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(path, where))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: {path} is not TOML: {error}") from None


def columns_of(path: Path, where: str) -> dict[str, list[str]]:
    """The columns of a CSV file with a header, as texts."""
    lines = text_of(path, where).removeprefix("\ufeff").splitlines()  # the mark that Excel begins with
    rows = [row for row in csv.reader(lines) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise InputError(f"{where}: {path} needs a header and at least one line of values")
    header = [cell.strip() for cell in rows[0]]
    if len(set(header)) < len(header) or not all(header):
        raise InputError(f"{where}: the header of {path} needs a name a column, each once")
    for k, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise InputError(f"{where}: line {k} of {path} has {len(row)} values, not {len(header)}")
    return {name: [row[k].strip() for row in rows[1:]] for k, name in enumerate(header)}
