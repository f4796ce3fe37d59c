"""A study's subject, in the words of the command line; the units of what can be varied in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..circuits.cells import CARDS, CELLS, Card
from ..circuits.neuron import CircuitNeuron
from ..circuits.settings import NOT_ONE_A_LANE, place
from ..circuits.spice import CIRCUIT_FILES, parse_spice
from ..devices.memristor import MMS, load_memristor
from ..errors import InputError, nearest
from ..neurons import NEURONS, Neuron
from .files import CARD, CIRCUIT, DEVICE, MODEL

CLOCK = "t_clock"  # of a clocked model


def is_model_file(word: str) -> bool:
    """Whether a subject is a model extracted from a circuit, NAME.toml."""
    return word.lower().endswith(".toml")


def is_circuit_file(word: str, folder: Path = Path()) -> bool:
    """Whether a subject is a SPICE file: by its ending, or because there is a file that is no neuron's name."""
    known = word.partition(":")[0] in (*NEURONS, *CELLS)
    return word.lower().endswith(CIRCUIT_FILES) or (not known and bool(word) and (folder / word).is_file())


def with_memristor(kind: Any, settings: Mapping[str, Any], files: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with memristor = "mms:PRESET" or a fitted device's file replaced by its parameters; those set beside it
    go before them."""
    word = settings.get(DEVICE)
    if word is None or not set(MMS.params) <= set(kind.params):
        return dict(settings)
    model, _, preset = str(word).partition(":")
    if DEVICE in files:
        device = from_text(load_memristor, files[DEVICE], str(word))
    elif model == MMS.name:
        device = MMS.preset(preset) if preset else MMS()
    else:
        raise InputError(f"{word!r} is neither a file nor a preset of a mean metastable switch, mms:sdc_agh")
    if not isinstance(device, MMS):
        raise InputError(f"{word} is a {device.name} device; {kind.name} needs {MMS.name}, a mean metastable switch")
    return {**device.values(), **{k: v for k, v in settings.items() if k != DEVICE}}


def is_network(subject: Any) -> bool:
    """Whether a subject is a network on arrays (`chips.Chip`)."""
    return getattr(subject, "is_network", False)


def read_subject(table: Any, files: Mapping[str, Any]) -> Any:
    """The neuron, cell, circuit or network of [subject] with all of [subject.set]; `files` holds the text of its file.

    InputError that begins with the path of the key.
    """
    if table.network is not None:
        from .chips import read_chip

        return read_chip(table)
    if table.neuron is None:
        raise InputError(
            "subject.neuron: is missing: a neuron such as lif, a cell such as cmos_lif, or a circuit's .cir file"
        )
    for name, value in table.set.items():
        if isinstance(value, (list, dict)) and name != "without":
            raise InputError(f"subject.set.{name}: one value is needed here; several are an [[axis]]")
    own = {k: v for k in ("input", "spikes", "membrane") if (v := getattr(table, k))}
    try:
        return pinned(built(table.neuron, table.set, own, files))
    except InputError as error:
        raise InputError(f"{blamed(table, own, files)}: {error}") from None


def blamed(table: Any, own: Mapping[str, str], files: Mapping[str, Any]) -> str:
    """The path of the key because of which a subject cannot be built."""

    def fails(settings: Mapping[str, Any], own: Mapping[str, str]) -> bool:
        try:
            built(table.neuron, settings, own, files)
        except InputError:
            return True
        return False

    if fails({}, own):
        return f"subject.{next(iter(own))}" if own and not fails({}, {}) else "subject.neuron"
    return next((f"subject.set.{k}" for k, v in table.set.items() if fails({k: v}, own)), "subject.set")


def built(word: str, settings: Mapping[str, Any], own: Mapping[str, str], files: Mapping[str, Any]) -> Any:
    name, _, kind = word.partition(":")
    if CIRCUIT in files:
        return CircuitNeuron(parse_spice(files[CIRCUIT], word), name=Path(word).stem, **own).with_(**settings)
    if own:
        raise InputError(f"is for a circuit's file; {name} has its own")
    if name in NEURONS:
        model = NEURONS[name]
        changes = with_memristor(model, settings, files)
        return model.preset(kind, **changes) if kind else model(**changes)
    if name in CELLS:
        changes = with_memristor(CELLS[name], {key.lower(): value for key, value in settings.items()}, files)
        if CARD in changes:
            changes[CARD] = read_card(changes[CARD], files)
        return CELLS[name](**({"topology": kind} if kind else {}), **changes)
    if MODEL in files:
        return read_model(files[MODEL], word, settings)
    known = [*NEURONS, *CELLS]
    told = f"{nearest(name, known)}; there are {', '.join(known)}, or a circuit's .cir file"
    raise InputError(f"unknown neuron {name!r}{told}")


def pinned(neuron: Any) -> Any:
    """The neuron with its own scales kept in all copies: the solver's first step follows them, and as the median of the
    lanes that happen to run together they would make a run's last digit depend on its company."""
    if not isinstance(neuron, CircuitNeuron):
        own = neuron.scales()
        vars(neuron)["scales"] = lambda: own
    return neuron


def read_model(text: str, word: str, settings: Mapping[str, Any]) -> Any:
    """A saved behavioural model from its text."""
    from ..neurons.behavioural import load

    if settings:
        raise InputError(f"{word} is a model extracted from a circuit: its numbers belong together")
    return from_text(load, text, word)


def read_card(word: Any, files: Mapping[str, Any]) -> Any:
    """A transistor card by its name, or the models of a library that came with the study."""
    if CARD in files:
        return Card(str(word), files[CARD], str(word))
    if word not in CARDS:
        told = nearest(word, CARDS) if isinstance(word, str) else ""
        raise InputError(f"card {word!r}: there is neither such a card nor such a file{told}; there are {', '.join(CARDS)}")
    return word


def from_text(load: Callable[[Path], Any], text: str, word: str) -> Any:
    """What `load` makes of a file with this text; InputError names the file as the study does."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / Path(word).name
        file.write_text(text, encoding="utf-8")
        try:
            return load(file)
        except InputError as error:
            raise InputError(str(error).replace(str(file), word)) from None


def unit_in(subject: Any, name: str) -> str:
    """The unit of a parameter that may differ from run to run; InputError if the subject has no such one."""
    if is_network(subject):
        return subject.unit(name)
    if name == CLOCK:
        raise InputError(f"{name} is one clock for all runs; give it in [subject.set]")
    declared = getattr(subject, "params", {})
    if name in declared:
        return str(declared[name].unit)
    if isinstance(subject, Neuron):
        raise InputError(f"{subject.name} has no parameter {name!r}{nearest(name, declared)}; it has {', '.join(declared)}")
    if name == "temperature":
        return "1"
    try:
        _, param, unit = place(subject.netlist, name.lower(), f"{subject.name}:")
    except InputError as error:
        if not declared or "." in name:
            raise
        raise InputError(
            f"{subject.name} has no parameter {name!r}{nearest(name, declared)}; it has {', '.join(declared)}, m1.w, ..."
        ) from error
    if param in NOT_ONE_A_LANE:
        raise InputError(f"{name}: {param} is the same in all runs; give it in [subject.set]")
    return unit


def value_in(subject: Any, name: str) -> float:
    """The subject's own value of a parameter (SI)."""
    if is_network(subject):
        return subject.value(name)
    if name in getattr(subject, "params", {}):
        return float(getattr(subject, name))
    if name == "temperature":
        return float(subject.netlist.temperature)
    element, param, _ = place(subject.netlist, name.lower(), f"{subject.name}:")
    return float(np.asarray(element.params.get(param, 1.0 if param in ("mulu0", "m", "area") else 0.0)))
