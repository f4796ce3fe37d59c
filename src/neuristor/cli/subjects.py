"""From the words of a command to what experiments work on: an equation neuron, a cell, a user's circuit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..circuits.cells import CELLS, MACS, Cell, MixedSignalMAC
from ..circuits.neuron import CircuitNeuron
from ..circuits.settings import PARAMETERS
from ..circuits.spice import CIRCUIT_FILES, read_spice
from ..errors import InputError, nearest
from ..experiments import MAC_EXPERIMENTS
from ..neurons import NEURONS
from ..neurons.behavioural import load
from .devices import DEVICES, is_device, not_a_neuron, with_memristor
from .words import read_neuron, read_range, split


def read_subject(
    word: str, settings: list[str], sweep: str | None = None, *, input: str = "", spikes: str = "", membrane: str = "",
    macs: bool = False,
) -> Any:  # fmt: skip
    """`lif`, `izhikevich:RS`, `cmos_lif`, `cmos_lif:TOPOLOGY`, `my_neuron.cir`, a saved model `cmos_lif.toml`.

    input, spikes, membrane  of a user's circuit: its input current source, node@level of its spikes, node of its membrane
    macs   whether a neuron that does not spike will do, `mixed_signal_mac`
    """
    name = word.partition(":")[0]
    is_file = word.lower().endswith(CIRCUIT_FILES)
    if not is_file and (input or spikes or membrane):
        raise InputError(f"--input, --spikes and --membrane are for a circuit's file; {name} has its own")
    if name in NEURONS:
        return read_neuron(word, with_memristor(NEURONS[name], settings), sweep)
    if name in CELLS:
        return read_cell(CELLS[name], word.partition(":")[2], with_memristor(CELLS[name], settings), sweep)
    if name in MACS:
        if not macs:
            raise InputError(f"{name} does not spike: `neuristor measure` takes it for {', '.join(MAC_EXPERIMENTS)}")
        return read_mac(word, settings)
    if is_device(word):
        raise InputError(not_a_neuron(word))
    if word.lower().endswith(".toml"):
        if settings or sweep:
            raise InputError(f"{word} is a model extracted from a circuit: its numbers belong together and cannot be set")
        return load(word)
    if is_file or Path(word).is_file():
        return read_circuit(word, settings, sweep, input, spikes, membrane)
    known = [*NEURONS, *CELLS, *MACS]
    told = f"{nearest(name, [*known, *DEVICES])}; there are {', '.join(known)}, or a circuit's .cir file"
    raise InputError(f"unknown neuron {name!r}{told}")


def read_cell(kind: type[Cell], topology: str, settings: list[str], sweep: str | None) -> Cell:
    """A cell with NAME=VALUE settings: vdd, c_mem, card, without=m4,m5, m1.w, ..."""
    changes: dict[str, Any] = {"topology": topology} if topology else {}
    for text in settings:
        key, value = split(text, "--set")
        changes[key.lower()] = [v.strip() for v in value.split(",")] if key == "without" else value
    if sweep:
        key, text = split(sweep, "--sweep")
        changes[key.lower()] = read_range(text, unit_of(kind, key.lower()), f"--sweep {key}")
    return kind(**changes)


def read_mac(word: str, settings: list[str]) -> MixedSignalMAC:
    """A mixed-signal neuron with NAME=VALUE settings: bits=3, weights=7,5, i_unit=1n, weighting=width, card, ..."""
    name, _, preset = word.partition(":")
    if preset:
        raise InputError(f"{name} has no preset {preset!r}; choose with --set weighting=width, load=triode, ...")
    return MACS[name](**dict(split(text, "--set") for text in settings))


def unit_of(kind: type[Cell], key: str) -> str:
    """The unit of a cell's parameter, or of a transistor's ("m1.w")."""
    if key in kind.params:
        return kind.params[key].unit
    param = key.rpartition(".")[2]
    if "." in key and param in PARAMETERS["m"]:
        return PARAMETERS["m"][param]
    known = f"{nearest(key, kind.params)}; it has {', '.join(kind.params)}, m1.w, ..."
    raise InputError(f"--sweep: {kind.name} has no parameter {key!r}{known}")


def read_circuit(word: str, settings: list[str], sweep: str | None, input: str, spikes: str, membrane: str) -> CircuitNeuron:
    """A user's circuit as a neuron, its settings and sweep as of `simulate`."""
    from .circuit_words import with_settings, with_sweep

    netlist, _ = with_sweep(with_settings(read_spice(word), settings), sweep)
    return CircuitNeuron(netlist, input=input, spikes=spikes, membrane=membrane, name=Path(word).stem)
