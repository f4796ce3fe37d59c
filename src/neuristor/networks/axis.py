"""What is varied along the chain's axis: a share of stuck cells, or any option of the arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..errors import InputError, nearest
from ..quantities import base_unit, number_list, unit_of

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
        """The array with this value, itself if it has it; what does not depend on it is not computed again."""
        part, _, field = ("faults", "", self.name) if self.stuck else self.name.partition(".")
        if not field:
            return array if getattr(array, part) == value else array.with_(**{part: value})
        own = array.options[part]
        fields_ = {"stuck_lrs": 0.5 * value, "stuck_hrs": 0.5 * value} if field == "combined" else {field: value}
        if all(getattr(own, name) == wanted for name, wanted in fields_.items()):
            return array
        return array.with_(**{part: replace(own, **{name: like(getattr(own, name), v) for name, v in fields_.items()})})


def like(own: Any, value: float) -> Any:
    """A value for an option that holds whole numbers, such as bits, as one."""
    return int(value) if isinstance(own, (int, np.integer)) and value == int(value) else value


def read_axes(fault: str | Sequence[str]) -> tuple[Axis, ...]:
    names = (fault,) if isinstance(fault, str) else fault
    if not isinstance(names, (list, tuple)) or not names or len({str(n) for n in names}) < len(names):
        raise InputError(f"fault {fault!r}: give one name or a list of different ones")
    return tuple(Axis(str(name)) for name in names)


def check_axis(axis: Axis, array: Crossbar) -> None:
    """InputError if the array has no such option, or one that another overrides."""
    if axis.stuck and array.faults.cells is not None:
        raise InputError(f"fault {axis.name!r}: the array has a map of stuck cells (Faults.cells), which no share changes")
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
    stuck = any(axis.stuck for axis in axes)
    given = values if isinstance(values, (list, tuple)) else [values]
    read = [number_list(v, "1" if stuck else base_unit(unit_of(v) or "1"), "shares") for v in given]
    found = np.concatenate([*read, np.empty(0)])
    if not len(found) or len(np.unique(found)) < len(found):
        raise InputError(f"shares {values!r}: give numbers such as (0, 0.01, 0.1), each once")
    if stuck and not np.all((found >= 0) & (found <= 1)):
        raise InputError(f"shares of stuck cells lie between 0 and 1 (10 % is 0.1), not {values!r}")
    return found
