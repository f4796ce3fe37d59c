"""Circuits: netlists from SPICE text or Python, their analyses by this package's engine or by ngspice."""

from .analyses import ac, dc, noise, op, op_sensitivity, sensitivity, tran
from .netlist import Element, Model, Netlist, Wave
from .neuron import CircuitNeuron
from .spice import parse_spice, read_spice, write_spice

__all__ = [
    "CircuitNeuron",
    "Element",
    "Model",
    "Netlist",
    "Wave",
    "ac",
    "dc",
    "noise",
    "op",
    "op_sensitivity",
    "parse_spice",
    "read_spice",
    "sensitivity",
    "tran",
    "write_spice",
]
