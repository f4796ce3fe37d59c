"""A circuit of standard cells as data: built gate by gate, evaluated on thousands of inputs at once, its toggles counted.

Cells AND2 (a b -> y), HA (a b -> s co), FA (a b ci -> s co), DFF (d -> q). Values of a net for many samples stand side
by side as the bits of 64-bit words, so that one operation evaluates a cell for 64 samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError

WORD = 64


@dataclass(frozen=True)
class Kind:
    """A cell: its pins, and its outputs as a function of its inputs by the operators &, | and ^ (None: it stores)."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    function: Callable[..., tuple[Any, ...]] | None


KINDS: Mapping[str, Kind] = {
    "AND2": Kind(("a", "b"), ("y",), lambda a, b: (a & b,)),
    "HA": Kind(("a", "b"), ("s", "co"), lambda a, b: (a ^ b, a & b)),
    "FA": Kind(("a", "b", "ci"), ("s", "co"), lambda a, b, ci: (a ^ b ^ ci, (a & b) | (ci & (a | b)))),
    "DFF": Kind(("d",), ("q",), None),
}


@dataclass(frozen=True)
class Cell:
    """One instance: kind, nets at its inputs and outputs, and the part of the circuit that it belongs to."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    part: str


@dataclass(frozen=True)
class Gates:
    """A netlist of cells.

    inputs, outputs  port -> its nets, lowest bit first;  nets: how many there are
    cells            in an order in which every combinational cell follows those that drive it
    """

    name: str
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    cells: tuple[Cell, ...]
    nets: int

    @property
    def combinational(self) -> tuple[Cell, ...]:
        return tuple(c for c in self.cells if c.kind != "DFF")

    @property
    def registers(self) -> tuple[Cell, ...]:
        return tuple(c for c in self.cells if c.kind == "DFF")

    def counts(self, part: str = "") -> dict[str, int]:
        """Kind -> number of cells, of the whole or of one part."""
        found = Counter(c.kind for c in self.cells if part in ("", c.part))
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(c.part for c in self.cells))

    def loaded(self, state: Any = None, **ports: Any) -> np.ndarray:
        """Nets (nets, words) with numbers (samples,) put on the inputs and into the registers (default: zeros)."""
        if set(ports) != set(self.inputs):
            raise InputError(f"{self.name} has the inputs {', '.join(self.inputs)}, not {', '.join(ports) or 'none'}")
        samples = max(np.size(numbers) for numbers in ports.values())
        values = np.zeros((self.nets, -(-samples // WORD)), np.uint64)
        for port, nets in self.inputs.items():
            values[list(nets)] = pack(np.broadcast_to(ports[port], samples), len(nets))
        if state is not None:
            held = [net for cell in self.registers for net in cell.outputs]
            values[held] = pack(state, len(held))
        return values

    def settled(self, values: np.ndarray) -> np.ndarray:
        """All nets (nets, words) once nothing moves any more, for the inputs and registers in `values`."""
        values = values.copy()
        for cell in self.combinational:
            values[list(cell.outputs)] = function_of(cell.kind)(*values[list(cell.inputs)])
        return values

    def evaluate(self, state: Any = None, **ports: Any) -> dict[str, np.ndarray]:
        """Port -> whole numbers (samples,) at the outputs, for numbers (samples,) at inputs and in the registers."""
        values = self.settled(self.loaded(state, **ports))
        samples = max(np.size(numbers) for numbers in ports.values())
        return {port: unpack(values[list(nets)], samples) for port, nets in self.outputs.items()}

    def longest_path(self, delay: Mapping[tuple[str, str], float] | None = None) -> float:
        """The latest arrival at any net: `delay` of (kind, output pin) along the slowest path; without, cells in a row.

        Whether any input makes a signal take this path is not asked: an upper bound.
        """
        arrival = np.zeros(self.nets)
        for cell in self.combinational:
            start = arrival[list(cell.inputs)].max()
            for pin, net in zip(KINDS[cell.kind].outputs, cell.outputs, strict=True):
                arrival[net] = start + (delay[cell.kind, pin] if delay else 1.0)
        return float(arrival.max())


def function_of(kind: str) -> Callable[..., tuple[Any, ...]]:
    """What a combinational cell computes."""
    function = KINDS[kind].function
    assert function is not None, f"{kind} stores"
    return function


@dataclass
class Builder:
    """Makes Gates cell by cell; `part` names what the next cells belong to."""

    part: str = ""
    nets: int = 0
    cells: list[Cell] = field(default_factory=list)

    def wires(self, count: int) -> tuple[int, ...]:
        self.nets += count
        return tuple(range(self.nets - count, self.nets))

    def add(self, kind: str, *inputs: int) -> tuple[int, ...]:
        """A cell on these nets; the nets that it drives."""
        cell = Cell(kind, inputs, self.wires(len(KINDS[kind].outputs)), self.part)
        self.cells.append(cell)
        return cell.outputs


def pack(numbers: Any, bits: int) -> np.ndarray:
    """Whole numbers (samples,) as words (bits, words): bit k of sample s is bit s % 64 of word s // 64 in row k."""
    numbers = np.atleast_1d(np.asarray(numbers))
    if numbers.dtype.kind not in "iub" or numbers.ndim != 1 or np.any(numbers < 0) or np.any(numbers > 2**bits - 1):
        raise InputError(f"whole numbers from 0 to 2^{bits} - 1 are needed, one a sample")
    rows = (numbers.astype(np.uint64) >> np.arange(bits, dtype=np.uint64)[:, None]) & np.uint64(1)
    padded = np.zeros((bits, -(-len(numbers) // WORD) * WORD), np.uint8)
    padded[:, : len(numbers)] = rows
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def unpack(words: np.ndarray, samples: int) -> np.ndarray:
    """The whole numbers (samples,) of words (bits, words)."""
    raw = np.unpackbits(words.astype("<u8").view(np.uint8), axis=1, bitorder="little")[:, :samples].astype(np.uint64)
    return (raw << np.arange(len(words), dtype=np.uint64)[:, None]).sum(axis=0, dtype=np.uint64)
