"""Neuron cells: one file a cell, one line here."""

from ..cards import CARDS, Card
from .axon_hillock import AxonHillock
from .base import Cell, Topology
from .cmos_lif import CmosLIF
from .memristive_alif import MemristiveALIFCircuit
from .two_capacitor_lif import TwoCapacitorLIF

CELLS: dict[str, type[Cell]] = {cls.name: cls for cls in (CmosLIF, TwoCapacitorLIF, AxonHillock, MemristiveALIFCircuit)}

__all__ = ["CARDS", "CELLS", "Card", "Cell", "Topology", *(cls.__name__ for cls in CELLS.values())]
