"""How leakage, energy and speed of a digital MAC depend on its supply and on the threshold of its transistors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.cells.logic import LogicFamily
from ..errors import InputError
from ..quantities import number_list
from .base import Result
from .digital_mac import CellLibrary, cell_library, digital_mac

RESTS = 1e-9 * 10.0 ** np.arange(7)  # s, tried one after the other until everything settles
EDGE_SHARE = 0.02  # of a rest


@dataclass(frozen=True)
class LogicSupply(Result):
    """One MAC; axes (thresholds, supplies).

    v_t_shift (thresholds,), v_dd (supplies,): V;  leakage: W;  dynamic: J an operation, without fetching the weight
    f_max: Hz;  crossing: Hz, where leakage and dynamic energy are equal;  NaN where the gates do not settle within a ms
    """

    bits: int
    card: str
    engine: str
    v_t_shift: np.ndarray
    v_dd: np.ndarray
    leakage: np.ndarray
    dynamic: np.ndarray
    f_max: np.ndarray

    @property
    def crossing(self) -> np.ndarray:
        return self.leakage / self.dynamic

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"crossing": self.crossing.tolist()}


def logic_supply(
    bits: int = 8, *, v_dd: Any = ("1.2 V", "1.0 V", "0.8 V", "0.6 V"), v_t_shift: Any = ("0 V", "0.1 V", "0.2 V"),
    family: LogicFamily | None = None, tree: str = "wallace", samples: int = 512, engine: str = "native",
) -> LogicSupply:  # fmt: skip
    """Characterise the cells and run the MAC at every supply and shift of the thresholds."""
    family = family or LogicFamily()
    supplies = number_list(v_dd, "V", "logic_supply: v_dd")
    shifts = number_list(v_t_shift, "V", "logic_supply: v_t_shift")
    found = np.full((3, len(shifts), len(supplies)), np.nan)
    for i, shift in enumerate(shifts):
        for j, supply in enumerate(supplies):
            library = settled_library(family.with_(v_dd=float(supply), v_t_shift=float(shift)), engine)
            if library is not None:
                mac = digital_mac(bits, library=library, tree=tree, samples=samples)
                found[:, i, j] = mac.leakage.sum(), mac.dynamic.sum(), mac.f_max[0]
    return LogicSupply(bits, family.card.name, engine, shifts, supplies, *found)


def settled_library(family: LogicFamily, engine: str = "native", **options: Any) -> CellLibrary | None:
    """The cells, with rests as long as they need; None if a millisecond is not enough. options: of `cell_library`."""
    for rest in RESTS:
        try:
            return cell_library(family, rest=rest, edge=EDGE_SHARE * rest, engine=engine, **options)
        except InputError as error:
            if "has not settled" not in str(error):
                raise
    return None
