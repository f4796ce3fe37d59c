"""Experiment "network": a trained network on arrays, one chip a run, from faulty cells to accuracy.

Every sample is a chip with faults, spread and noise of its own; its options are words such as "wires.r_word" or
"faults.stuck_lrs".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..arrays import ADC, DAC, Cell, Faults, PowerLawDrift, Programming, Relaxation, Variation, Wires, WriteVerify
from ..errors import InputError, nearest
from ..networks import DATASETS, array_to_accuracy, load_dataset, reference_network
from .axes import quantity
from .measuring import Measured, Measuring, Runs, companies_of_one
from .sampling import key_of

PARTS: dict[str, tuple[type, ...]] = {
    "cell": (Cell,),
    "wires": (Wires,),
    "faults": (Faults,),
    "variation": (Variation,),
    "programming": (Programming, WriteVerify),
    "retention": (PowerLawDrift, Relaxation),
    "dac": (DAC,),
    "adc": (ADC,),
}  # the first kind that has all fields given is taken
PLAIN = {"v_read": "V", "time": "s"}
NAMED = ("mapping",)
UNITS = {
    "r_word": "Ohm", "r_bit": "Ohm", "r_driver": "Ohm", "r_sense": "Ohm", "r_on": "Ohm", "r_off": "Ohm", "t0": "s",
    "tau": "s", "pulse_voltage": "V", "pulse_width": "s",
}  # fmt: skip
NUMBERS = ("int", "int | None", "float", "float | None", "Any")  # declared types of fields that may vary
STUCK = "faults.stuck_lrs"  # goes through the chain's own axis


def options_known() -> dict[str, str]:
    """Every numeric option of an array -> its unit."""
    found = dict(PLAIN)
    for part, kinds in PARTS.items():
        for field in (f for kind in kinds for f in fields(kind) if str(f.type) in NUMBERS and f.name != "cells"):
            found[f"{part}.{field.name}"] = UNITS.get(field.name, "1")
    return found


class Chip:
    """A network on arrays: the name of its data set, the neuron behind it, options of the arrays by word."""

    input_unit = "1"
    is_network = True

    def __init__(self, network: str, neuron: Any, options: Mapping[str, Any]) -> None:
        self.name, self.neuron, self.options = network, neuron, dict(options)
        if network not in DATASETS:
            known = ", ".join(DATASETS)
            raise InputError(f"there is no reference network {network!r}{nearest(network, DATASETS)}; there are {known}")
        for name in options:
            if name not in NAMED and not any(name == f"{p}.{f.name}" for p in PARTS for k in PARTS[p] for f in fields(k)):
                self.unit(name)
        self.parts()

    def unit(self, name: str) -> str:
        known = options_known()
        if name not in known:
            told = f"{nearest(name, known)}; there are {', '.join(list(known)[:12])}, ..."
            raise InputError(f"arrays have no option {name!r} that is a number{told}")
        return known[name]

    def value(self, name: str) -> float:
        if name not in self.options:
            raise InputError(f"{name} has no value of its own here: give the mean, or {name} in [subject.set]")
        return quantity(self.options[name], self.unit(name), f"subject.set.{name}")

    def with_(self, **changes: Any) -> Chip:
        return Chip(self.name, self.neuron, self.options | changes)

    def parts(self) -> dict[str, Any]:
        """The options as `array_to_accuracy` takes them; InputError for values that cannot be."""
        made = {k: v for k, v in self.options.items() if k in PLAIN or k in NAMED}
        tables: dict[str, dict[str, Any]] = {}
        for name, value in self.options.items():
            part, dot, field = name.partition(".")
            if dot:
                tables.setdefault(part, {})[field] = value
        return made | {part: built(part, table) for part, table in tables.items()}


def built(part: str, table: Mapping[str, Any]) -> Any:
    """One part of the arrays, of the first kind that has all of its fields."""
    for kind in PARTS[part]:
        declared = {f.name: str(f.type) for f in fields(kind)}
        if set(table) <= set(declared):
            return kind(**{name: read(value, name, declared[name]) for name, value in table.items()})
    raise InputError(f"{part}: no kind of it has all of {', '.join(table)}")


def read(value: Any, name: str, declared: str) -> Any:
    """A whole number where the field holds one; a plain number of a text such as "2 %"; else as it is."""
    if declared.startswith("int") and isinstance(value, (float, np.floating)) and value == int(value):
        return int(value)
    if declared.startswith("float") or name in UNITS:
        return quantity(value, UNITS.get(name, "1"), name)
    return value


class ChipRuns(Measuring):
    single = True
    companies = companies_of_one
    options: ClassVar[Mapping[str, str]] = {
        "images": "first test images taken (all)",
        "readout": "first_spike or rate",
        "deadline": "of a layer",
        "full_current": "neuron current of full activation",
        "headroom": "where the mirror saturates, in full currents",
        "bias_current": "added to all neurons' currents",
        "quantile": "of training currents that is mapped to the full current",
    }

    @property
    def metrics(self) -> Mapping[str, str]:
        plain = dict.fromkeys(("accuracy", "array_accuracy", "agreement", "undecided", "saturated"), "1")
        return plain | {"energy": "J", "latency": "s"}

    def own(self, name: str) -> float:
        raise InputError(f"{self.where}.{name}: cannot vary")

    @cached_property
    def trained(self) -> tuple[Any, Any]:
        return reference_network(self.subject.name), load_dataset(self.subject.name)

    def measure(self, runs: Runs, wanted: tuple[str, ...]) -> Measured:
        network, data = self.trained
        chip = runs.subject
        options = {k: v for k, v in chip.options.items() if k != STUCK}
        result = array_to_accuracy(
            network, data, neuron=chip.neuron or "cmos_lif", fault="stuck_lrs", seeds=1, spot_check=0,
            shares=[quantity(chip.options.get(STUCK, 0.0), "1", STUCK)],
            seed=key_of(runs.seed, "chip", int(runs.samples[0])) % 2**32,
            **self.given, **Chip(chip.name, chip.neuron, options).parts(),
        )  # fmt: skip
        middle = int(np.argmin(np.abs(result.levels - 0.5)))
        found = {name: np.ravel(getattr(result, name))[0] for name in self.metrics if name not in ("energy", "latency")}
        found |= {"energy": result.energy_total[0, 0], "latency": result.latency[0, 0, middle]}
        return Measured({name: np.array([float(found[name])]) for name in wanted}, {})


def read_chip(table: Any) -> Chip:
    """The chip of [subject] with a network; InputError that begins with the path of the key."""
    for key in ("input", "spikes", "membrane", "mismatch"):
        if getattr(table, key):
            raise InputError(f"subject.{key}: is for circuits; a network has options of its arrays in [subject.set]")
    neuron = table.neuron
    if neuron is not None:
        from ..networks.neuron_choice import named

        try:
            named(neuron)
        except InputError as error:
            raise InputError(f"subject.neuron: {error}") from None
    try:
        Chip(table.network, neuron, {})
    except InputError as error:
        raise InputError(f"subject.network: {error}") from None
    for name, value in table.set.items():
        try:
            Chip(table.network, neuron, {name: value})
        except (InputError, TypeError) as error:
            raise InputError(f"subject.set.{name}: {error}") from None
    try:
        return Chip(table.network, neuron, table.set)
    except InputError as error:
        raise InputError(f"subject.set: {error}") from None
