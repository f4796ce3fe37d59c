"""Crossbars of synapse cells: from weights to column currents, with everything that goes wrong between."""

from .cell import Cell
from .crossbar import Crossbar
from .faults import Faults
from .mapping import MAPPINGS, Balanced, Differential, Direct, Mapping, Offset, Slices
from .nonlinear import NonlinearSolution, nonlinear_currents
from .output_error import OutputError
from .periphery import ADC, DAC
from .phase_change import phase_change
from .programming import Programmed, Programming, UpdateCurve, WriteVerify
from .retention import PowerLawDrift, Relaxation, Retention
from .variation import Variation, VariationTable
from .wire_resistance import EffectiveNetwork, Wires, WireSolution, effective_conductance, effective_network, solve

__all__ = [
    "ADC",
    "Balanced",
    "Cell",
    "Crossbar",
    "DAC",
    "Differential",
    "Direct",
    "EffectiveNetwork",
    "Faults",
    "MAPPINGS",
    "Mapping",
    "NonlinearSolution",
    "Offset",
    "OutputError",
    "PowerLawDrift",
    "Programmed",
    "Programming",
    "Relaxation",
    "Retention",
    "Slices",
    "UpdateCurve",
    "Variation",
    "VariationTable",
    "WireSolution",
    "Wires",
    "WriteVerify",
    "effective_conductance",
    "effective_network",
    "nonlinear_currents",
    "phase_change",
    "solve",
]
