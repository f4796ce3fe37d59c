"""Energy of a presented picture: its operations, each at what it costs in digital CMOS (presets/operation_energy.py).

A comparison is a subtraction and costs a sum. No table has an exponential: it is counted as the sums and products of the
polynomial that computes it. Every use of a weight reads it from a small memory; potentials lie in registers and are
free, which favours the spike response with its three of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from ..errors import InputError, nearest
from ..parameters import param
from ..presets.operation_energy import OPERATION_PRESETS
from .operations import Cost
from .settings import Settings

PRESETS = {p.name: p for p in OPERATION_PRESETS}
CEPHES = "expf of the Cephes library (S. Moshier): argument reduced by 3 products and 3 sums, polynomial of degree 7"


class OperationEnergy(Settings):
    """What single operations take; defaults are those of "float32"."""

    name = "operation_energy"
    add = param("0.9 pJ", unit="J", bounds=(0, inf), strict=False, doc="a sum or a comparison")
    multiply = param("3.7 pJ", unit="J", bounds=(0, inf), strict=False, doc="a product")
    read_bit = param("0.15625 pJ", unit="J", bounds=(0, inf), strict=False, doc="reading one bit of a weight")
    weight_bits = param(32, bounds=(1, 64), strict=False, doc="of a weight")
    exp_sums = param(10, bounds=(0, inf), strict=False, doc="sums that make an exponential", source=CEPHES)
    exp_products = param(10, bounds=(0, inf), strict=False, doc="products that make an exponential", source=CEPHES)


@dataclass(frozen=True)
class Energy:
    """J a picture, by kind of operation."""

    additions: float
    multiplications: float
    exponentials: float
    comparisons: float
    reads: float

    @property
    def total(self) -> float:
        return self.arithmetic + self.reads

    @property
    def arithmetic(self) -> float:
        """Without the memory."""
        return self.additions + self.multiplications + self.exponentials + self.comparisons


def operation_energy(number_format: str) -> OperationEnergy:
    """The energies of a number format: float32, float16, int32, int16, int8."""
    if number_format not in PRESETS:
        raise InputError(
            f"unknown number format {number_format!r}{nearest(str(number_format), PRESETS)}; there are {', '.join(PRESETS)}"
        )
    p = PRESETS[number_format]
    return OperationEnergy(add=p.add, multiply=p.multiply, read_bit=p.read_bit, weight_bits=p.weight_bits)


def energy(cost: Cost, of: str | OperationEnergy = "float32") -> Energy:
    """What a picture of this cost takes; `of`: a number format, or energies of one's own."""
    each = operation_energy(of) if isinstance(of, str) else of
    exponential = each.exp_sums * each.add + each.exp_products * each.multiply
    return Energy(
        cost.additions * each.add,
        cost.multiplications * each.multiply,
        cost.exponentials * exponential,
        cost.comparisons * each.add,
        cost.reads * each.weight_bits * each.read_bit,
    )
