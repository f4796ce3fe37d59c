"""SPICE text: `read_spice` and `parse_spice` give a flat Netlist, `write_spice` writes one."""

from .reader import parse_spice, read_spice
from .writer import write_spice

CIRCUIT_FILES = (".cir", ".sp", ".net", ".spice", ".ckt")  # how their names end

__all__ = ["CIRCUIT_FILES", "parse_spice", "read_spice", "write_spice"]
