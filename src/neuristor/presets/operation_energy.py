"""Energy of single operations in digital CMOS, by number format: the table that comparisons of methods commonly use.

M. Horowitz, "Computing's energy problem (and what we can do about it)", IEEE ISSCC 2014, pp. 10-14: rough energies at
45 nm and 0.9 V. Read second-hand, from table 3 of the article PMC8934428 (32 bits, cache) and from data/energy.py of
stillwater-sc/esim (8 and 16 bits), which both cite it and agree where they overlap.
Range: 45 nm, 0.9 V, the arithmetic unit alone; no instructions, wires, clock or leakage. Good for ratios, and to about a
factor of two for sums; other nodes need numbers of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

HOROWITZ = "Horowitz, ISSCC 2014, 45 nm, 0.9 V"
CACHE_BIT = 10e-12 / 64  # J: 8 kB cache, 64 bits wide, 10 pJ an access; 20 pJ at 32 kB, 100 pJ at 1 MB


@dataclass(frozen=True)
class OperationPreset:
    """Energies in J of one number format: a sum, a product, reading one bit of a weight; bits of a weight."""

    name: str
    add: float
    multiply: float
    read_bit: float
    weight_bits: int
    source: str
    note: str = ""


OPERATION_PRESETS = (
    OperationPreset("float32", 0.9e-12, 3.7e-12, CACHE_BIT, 32, HOROWITZ),
    OperationPreset("float16", 0.4e-12, 1.1e-12, CACHE_BIT, 16, HOROWITZ),
    OperationPreset("int32", 0.1e-12, 3.1e-12, CACHE_BIT, 32, HOROWITZ),
    OperationPreset(
        "int16",
        0.05e-12,
        3.1e-12,
        CACHE_BIT,
        8,
        HOROWITZ,
        "Potentials of 16 bits, weights of 8. The table has no product of 16 bits: that of 32 stands here, an upper bound.",
    ),
    OperationPreset("int8", 0.03e-12, 0.2e-12, CACHE_BIT, 8, HOROWITZ, "A membrane of 8 bits saturates early."),
)
