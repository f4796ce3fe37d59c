"""Neuron cells: one file a cell, one line here."""

from ..cards import CARDS, Card
from .axon_hillock import AxonHillock
from .base import Cell, Topology
from .cmos_lif import CmosLIF
from .memristive_alif import MemristiveALIFCircuit
from .mixed_signal_mac import MixedSignalMAC
from .two_capacitor_lif import TwoCapacitorLIF

CELLS: dict[str, type[Cell]] = {cls.name: cls for cls in (CmosLIF, TwoCapacitorLIF, AxonHillock, MemristiveALIFCircuit)}
MACS: dict[str, type[MixedSignalMAC]] = {MixedSignalMAC.name: MixedSignalMAC}  # no neurons that spike

__all__ = ["CARDS", "CELLS", "MACS", "Card", "Cell", "MixedSignalMAC", "Topology", *(cls.__name__ for cls in CELLS.values())]
