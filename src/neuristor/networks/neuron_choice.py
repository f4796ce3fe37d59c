"""Which neuron stands behind the array: its equations, and the circuit that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..circuits.cells import CELLS, CmosLIF
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError, nearest
from ..experiments.extraction import GOOD, extract
from ..neurons import NEURONS
from ..neurons.behavioural import Behavioural, load


@dataclass(frozen=True)
class Chosen:
    """model: what is simulated;  circuit: what it stands for, None if nothing

    stated   error of first spikes that the model claims; that of a good extraction where it does not say
    """

    name: str
    model: Any
    circuit: Any
    stated: float


def chosen_neuron(neuron: Any, circuit: Any = None) -> Chosen:
    """A neuron from its name, a file of an extraction, or itself; a circuit gets its behavioural model.

    The model that comes with the package is that of CmosLIF() and claims 1 %; others are extracted (half a minute).
    """
    subject = named(neuron) if isinstance(neuron, str) else neuron
    if circuit is not None and not isinstance(circuit, CircuitNeuron):
        raise InputError(f"circuit: {getattr(circuit, 'name', circuit)!r} is no circuit that a spot check could run")
    if isinstance(subject, type) or not hasattr(subject, "simulate") or getattr(subject, "lanes", 1) > 1:
        raise InputError(f"neuron {neuron!r}: one neuron is needed, its spread is the argument `mismatch`")
    if isinstance(subject, CircuitNeuron):
        if repr(subject) == repr(CmosLIF()):
            return Chosen(subject.name, Behavioural(), circuit or subject, GOOD)
        found = extract(subject)
        return Chosen(subject.name, found.neuron, circuit or subject, found.worst)
    if isinstance(subject, Behavioural) and circuit is None and subject.values() == Behavioural().values():
        circuit = CmosLIF()
    return Chosen(subject.name, subject, circuit, GOOD)


def named(name: str) -> Any:
    if name.lower().endswith(".toml"):
        return load(name)
    known = {**NEURONS, **CELLS, Behavioural.name: Behavioural}
    if name not in known:
        raise InputError(f"unknown neuron {name!r}{nearest(name, known)}; there are {', '.join(known)}, or a saved model")
    return known[name]()
