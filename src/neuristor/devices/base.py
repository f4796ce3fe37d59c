"""What every circuit device gives: terminal currents and charges as a graph, with derivatives and noise.

A device is written once with CasADi scalars. Its instances share one graph; parameters are symbols, so that whatever
depends on them alone is evaluated once per instance (`kernel.split`), and sensitivities follow from the same graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import casadi as ca

from ..errors import InputError


@dataclass(frozen=True)
class DeviceGraph:
    """A device as expressions.

    terminals  names, in the netlist's order
    voltages   SX symbols of the terminal voltages
    params     name -> SX symbol
    currents   into each terminal, A; they sum to zero
    charges    of each terminal, C; they sum to zero
    g, c       derivatives of currents and charges by terminal voltage, rows of terminals
    noise      (name, from terminal, to terminal, S, exponent): current noise S / f^exponent in A^2/Hz
    report     further quantities of the operating point by name (v_th, gm, ...)
    """

    name: str
    terminals: tuple[str, ...]
    voltages: list[ca.SX]
    params: dict[str, ca.SX]
    currents: list[ca.SX]
    charges: list[ca.SX]
    g: list[list[ca.SX]]
    c: list[list[ca.SX]]
    noise: list[tuple[str, int, int, ca.SX, ca.SX]] = field(default_factory=list)
    report: dict[str, ca.SX] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """One compiled form of a device: how to build its graph, and the key by which it is known."""

    key: tuple[Any, ...]
    build: Callable[[], DeviceGraph] = field(compare=False)


@cache
def graph_of(variant: Variant) -> DeviceGraph:
    """The graph of a variant, built once: models of the same key share it."""
    return variant.build()


def read_number(name: str, value: Any, device: str, where: str) -> float:
    """A number of a card; InputError if it is none or not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"{where}: {name} = {value} of {device} is not a number")
    return number


def from_branches(
    branches: Sequence[tuple[int, int]], functions: Sequence[tuple[int, int, ca.SX, Sequence[ca.SX]]], n: int
) -> tuple[list[ca.SX], list[list[ca.SX]]]:
    """Terminal values and derivatives from functions of branch voltages.

    branches   (plus, minus) terminal of every branch voltage
    functions  (into, out of, value, derivatives by branch voltage)
    """
    values = [ca.SX(0) for _ in range(n)]
    matrix = [[ca.SX(0) for _ in range(n)] for _ in range(n)]
    for plus, minus, value, derivatives in functions:
        for row, sign in ((plus, 1.0), (minus, -1.0)):
            values[row] = values[row] + sign * value
            for (high, low), slope in zip(branches, derivatives, strict=True):
                matrix[row][high] = matrix[row][high] + sign * slope
                matrix[row][low] = matrix[row][low] - sign * slope
    return values, matrix
