"""How far an array's outputs are from x @ weights, and which imperfection does how much of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .cell import Cell
from .faults import Faults
from .programming import Programming
from .reading import is_curved
from .retention import Retention
from .variation import Variation
from .wires import Wires

if TYPE_CHECKING:
    from .crossbar import Crossbar


@dataclass(frozen=True)
class Cause:
    """One imperfection. Errors are of outputs, over the root mean square of x @ weights + bias.

    alone    root mean square with this cause alone (and the weight bits of a mapping in slices)
    so_far   root mean square with this cause and all before it
    mean     mean error so far
    gain     slope of the outputs so far against the right ones: 1 if they are neither damped nor stretched
    """

    name: str
    alone: float
    so_far: float
    mean: float
    gain: float


@dataclass(frozen=True)
class OutputError:
    """Causes in the order in which they were switched on; the last row tells the array as it is.

    `size` is the root mean square of the right outputs, in units of weight times input, over `vectors` inputs.
    """

    array: str
    causes: tuple[Cause, ...]
    size: float
    vectors: int

    @property
    def total(self) -> float:
        """Root mean square error of the array as it is, relative."""
        return self.causes[-1].so_far

    @property
    def table(self) -> list[tuple[str, str, str, str, str]]:
        """Head and rows as text."""
        head = ("cause", "alone", "so far", "mean", "gain")
        told = [(c.name, f"{c.alone:.3%}", f"{c.so_far:.3%}", f"{c.mean:+.3%}", f"{c.gain:.4f}") for c in self.causes]
        return [head, *told]

    def to_json_dict(self) -> dict[str, Any]:
        return {**asdict(self), "causes": [asdict(c) for c in self.causes]}

    def __str__(self) -> str:
        lines = [f"{name:<14}" + "".join(f"{cell:>12}" for cell in cells) for name, *cells in self.table]
        return "\n".join([f"{self.array}: error of the outputs over their root mean square, {self.vectors} inputs", *lines])

    def _repr_html_(self) -> str:
        rows = ["".join(f"<td style='text-align:right'>{escape(cell)}</td>" for cell in row) for row in self.table]
        return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def output_error(array: Crossbar, x: Any, read: int = 0) -> OutputError:
    """Switch the array's imperfections on one after another, and each by itself, for inputs x (n, inputs) in [0, 1]."""
    perfect, steps = imperfections(array)
    rows = perfect.rows(x)
    right = rows @ array.matrix
    square = float(np.mean(right**2))
    size = np.sqrt(square) if square else 1.0
    causes: list[Cause] = []
    so_far = perfect
    for name, change, own in steps:
        so_far = so_far.with_(**change)
        alone, error = (a.currents(x, read) / a.unit_current - right for a in (perfect.with_(**own), so_far))
        gain = 1.0 + float(np.mean(error * right)) / square if square else float("nan")
        causes.append(Cause(name, rms(alone) / size, rms(error) / size, float(np.mean(error)) / size, gain))
    return OutputError(array.name, tuple(causes), float(size), len(rows))


def imperfections(array: Crossbar) -> tuple[Crossbar, list[tuple[str, dict[str, Any], dict[str, Any]]]]:
    """The array without any, and what switches on each that it has: beside those before it, and alone."""
    given, spread = array.options["cell"], array.variation
    ideal = Cell(array.cell.r_on, array.cell.r_off)
    steps: list[tuple[str, bool, dict[str, Any], dict[str, Any]]] = [
        ("quantisation", True, {"cell": replace(ideal, levels=given.levels)}, {}),
        ("DAC", array.dac is not None, {"dac": array.dac}, {}),
        ("programming", array.programming != Programming(), {"programming": array.programming}, {}),
        ("variation", spread.static != Variation(), {"variation": spread.static}, {}),
        ("drift", array.retention != Retention(), {"retention": array.retention}, {}),
        ("stuck cells", bool(array.faults), {"faults": array.faults}, {}),
        ("device curve", is_curved(array), {"cell": given}, {"cell": replace(array.cell, levels=None)}),
        ("wires", array.wired, {"wires": array.wires}, {}),
        ("read noise", spread.reads_noisily, {"variation": spread}, {"variation": spread.of_reads}),
        ("ADC", array.adc is not None, {"adc": array.adc}, {}),
    ]
    off = {"cell": ideal, "dac": None, "adc": None, "programming": None, "variation": None, "retention": None}
    perfect = array.with_(**off, faults=Faults(), wires=Wires())
    return perfect, [(name, change, alone or change) for name, present, change, alone in steps if present]


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
