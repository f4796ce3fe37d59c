"""Energy of a test picture by neuron, method and number format."""

from __future__ import annotations

from dataclasses import dataclass

from ...networks.operation_energy import Energy, energy
from ...networks.operations import Cost
from .tasks import MODELS

FORMATS = (("float32", "int32"), ("float32", "int16"))  # of MODELS: products ask for more bits than sums


@dataclass(frozen=True)
class Spent:
    """Energy of a picture shown to one model in one way."""

    model: str
    method: str
    number_format: str
    energy: Energy


def energies(costs: dict[str, tuple[Cost, ...]]) -> list[Spent]:
    """Of all methods, in the number formats of each model."""
    kinds = zip(MODELS, FORMATS, strict=True)
    return [Spent(m, c.method, f, energy(c, f)) for m, formats in kinds for c in costs[m] for f in formats]
