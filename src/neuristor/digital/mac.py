"""A digital neuron's multiply-accumulate as cells: multiplier, adder, accumulator register.

Every clock cycle takes one input and its weight: sum <- a b + (sum if `accumulate`, else 0). The register is as wide as a
sum of `terms` products can be. Numbers are unsigned. Not inside: the activation function, the memory of the weights, and
registers of the operands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import whole_number
from .gates import WORD, Builder, Cell, Gates
from .multipliers import checked_bits, multiply, ripple

PARTS = ("multiplier", "accumulator", "register")


def mac(bits: int, tree: str = "wallace", terms: int = 256) -> Gates:
    """The cells of a MAC: inputs a, b (bits each) and accumulate; output sum; parts `PARTS`."""
    width = 2 * checked_bits(bits) + (whole_number(terms, "mac: terms") - 1).bit_length()
    if width > WORD:
        raise InputError(f"mac: a sum of {terms} products of {bits} bits needs {width} bits; {WORD} are possible")
    build = Builder()
    a, b, (accumulate,), held = build.wires(bits), build.wires(bits), build.wires(1), build.wires(width)
    product = multiply(build, a, b, tree)
    build.cells = [Cell(c.kind, c.inputs, c.outputs, "multiplier") for c in build.cells]
    build.part = "accumulator"
    columns = [[build.add("AND2", net, accumulate)[0]] for net in held]
    for column, net in zip(columns, product, strict=False):
        column.append(net)
    found = ripple(build, columns, width)
    build.cells += [Cell("DFF", (d,), (q,), "register") for d, q in zip(found, held, strict=True)]
    ports = {"a": a, "b": b, "accumulate": (accumulate,)}
    return Gates(f"mac_{tree}_{bits}", ports, {"sum": held}, tuple(build.cells), build.nets)


def operations(gates: Gates, a: Any, b: Any, terms: int = 256) -> Iterator[np.ndarray]:
    """Settled nets of a MAC in every cycle but the last, then in every cycle but the first, for operands (cycles,).

    A new sum begins every `terms` cycles; the register starts at 0.
    """
    a, b = np.asarray(a, np.uint64), np.asarray(b, np.uint64)
    cycles = np.arange(len(a))
    width = len(gates.outputs["sum"])
    running = np.cumsum(a * b, dtype=np.uint64)
    before = np.concatenate([np.zeros(1, np.uint64), running[terms - 1 :: terms]])  # of earlier sums
    held = np.concatenate([np.zeros(1, np.uint64), (running - before[cycles // terms])[:-1]])
    keep = cycles % terms != 0
    for part in (slice(None, -1), slice(1, None)):
        loaded = gates.loaded(held[part] & np.uint64(2**width - 1), a=a[part], b=b[part], accumulate=keep[part])
        yield gates.settled(loaded)
