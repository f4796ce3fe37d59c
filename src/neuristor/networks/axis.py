"""What is varied along the chain's axis: a share of stuck cells, or any option of the arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..errors import InputError, nearest
from ..quantities import base_unit, parse, unit_of

STUCK = ("stuck_lrs", "stuck_hrs", "combined")
PLAIN = ("time", "v_read")


@dataclass(frozen=True)
class Axis:
    """One cause of error by name: stuck_lrs, stuck_hrs, combined (half each), or PART.FIELD of the crossbar's options."""

    name: str

    @property
    def stuck(self) -> bool:
        return self.name in STUCK

    def applied(self, array: Crossbar, value: float) -> Crossbar:
        """The array with this value; what does not depend on it is not computed again."""
        if self.stuck:
            shares: dict[str, Any] = (
                {"stuck_lrs": 0.5 * value, "stuck_hrs": 0.5 * value} if self.name == "combined" else {self.name: value}
            )
            return array.with_(faults=replace(array.faults, **shares))
        part, _, field = self.name.partition(".")
        return array.with_(**{part: replace(array.options[part], **{field: value}) if field else value})


def read_axes(fault: str | Sequence[str]) -> tuple[Axis, ...]:
    names = (fault,) if isinstance(fault, str) else tuple(fault)
    if not names or len(set(names)) < len(names):
        raise InputError(f"fault {fault!r}: give one name or a list of different ones")
    return tuple(Axis(str(name)) for name in names)


def check_axis(axis: Axis, array: Crossbar) -> None:
    """InputError if the array has no such option."""
    if axis.stuck or axis.name in PLAIN:
        return
    part, _, field = axis.name.partition(".")
    known = {f"{p}.{f.name}" for p, v in array.options.items() if is_dataclass(v) and p != "cell" for f in fields(v)}
    if axis.name not in known:
        told = nearest(axis.name, [*STUCK, *sorted(known)])
        missing = f"; give {part}=... first" if array.options.get(part, 0) is None else ""
        raise InputError(
            f"unknown fault {axis.name!r}{told}; there are {', '.join(STUCK)} and options of the arrays such as "
            f"wires.r_word, variation.sigma_d2d{missing}"
        )


def read_shares(values: Any, axes: Sequence[Axis]) -> np.ndarray:
    """(S,) shares of cells in [0, 1], or values of the option in SI units."""
    given = values if isinstance(values, (list, tuple, np.ndarray)) else [values]
    found = np.array([parse(v, base_unit(unit_of(v) or "1")) for v in given], dtype=float)
    if found.ndim != 1 or not len(found):
        raise InputError(f"shares {values!r}: give numbers such as (0, 0.01, 0.1)")
    if any(axis.stuck for axis in axes) and not np.all((found >= 0) & (found <= 1)):
        raise InputError(f"shares of stuck cells lie between 0 and 1 (10 % is 0.1), not {values!r}")
    return found
