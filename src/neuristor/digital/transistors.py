"""How many transistors a circuit of standard cells has, in static CMOS.

Counts of the usual circuits (Weste and Harris, "CMOS VLSI Design", 4th ed., chapters 9 to 11): AND a NAND and an inverter;
the half adder an exclusive-or with its two inverters and an AND; the full adder the mirror adder; the flip-flop two
latches of transmission gates with clocked keepers, own clock inverters and buffered input and output. The SkyWater library
sky130_fd_sc_hd draws and2_1, fa_1 and dfxtp_1 with the same numbers; its ha_1 has 14, as it has no complementary inputs.
`circuits.cells.logic` has these circuits, transistor by transistor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError
from .gates import Gates

TRANSISTORS: Mapping[str, int] = {"AND2": 6, "HA": 18, "FA": 28, "DFF": 24}


@dataclass(frozen=True)
class Breakdown:
    """cells, transistors: part -> kind -> how many;  total: of transistors."""

    cells: Mapping[str, Mapping[str, int]]
    transistors: Mapping[str, Mapping[str, int]]

    @property
    def total(self) -> int:
        return sum(sum(kinds.values()) for kinds in self.transistors.values())


def transistors(gates: Gates, by_kind: Mapping[str, int] = TRANSISTORS) -> Breakdown:
    """Transistors of a circuit, by its parts and by kinds of cells; InputError for a kind of unknown size."""
    missing = sorted(set(gates.counts()) - set(by_kind))
    if missing:
        raise InputError(f"transistors: how many has a cell {missing[0]}? sizes of {', '.join(by_kind)} are given")
    cells = {part: gates.counts(part) for part in gates.parts}
    return Breakdown(cells, {part: {k: n * by_kind[k] for k, n in found.items()} for part, found in cells.items()})
