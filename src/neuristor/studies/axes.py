"""Axes: what every combination is run of. An axis moves one parameter, the columns of a CSV file, or a circuit's corner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..experiments.corners import CORNERS, checked_corner, read_shift
from ..quantities import geomspace, linspace, number_list, one_number

CORNER = "corner"  # column of an axis of corners: the place of each in CORNERS
MOST_POINTS = 1_000_000
HOW = ("values", "from", "corners", "csv")


@dataclass(frozen=True)
class Axis:
    """Columns (points,) that move together; `shift` of corners: vth (V) and beta."""

    columns: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    shift: Mapping[str, float] | None = None

    @property
    def points(self) -> int:
        return len(next(iter(self.columns.values())))


def read_axis(table: Any, unit_of: Callable[[str, str], str], files: Mapping[str, Any], where: str) -> Axis:
    """The axis of an [[axis]] table; unit_of(name, where) knows what can vary. InputError with the path of the key."""
    given = {"values": table.values, "from": table.from_, "corners": table.corners, "csv": table.csv}
    used = [k for k in HOW if given[k] is not None]
    if len(used) != 1:
        told = f"has {' and '.join(used)}; give one of them" if used else "needs values, from and to, corners or csv"
        raise InputError(f"{where}: {told}")
    check_companions(table, used[0], where)
    if used[0] == "corners":
        return corner_axis(table, where)
    if used[0] == "csv":
        return csv_axis(table, unit_of, files[f"csv:{table.csv}"], where)
    if table.name is None:
        raise InputError(f"{where}.name: is missing: a parameter of the subject or an option of the experiment")
    unit = unit_of(table.name, f"{where}.name")
    values = spaced(table, unit, where) if used[0] == "from" else listed(table.values, unit, f"{where}.values")
    return Axis({table.name: values}, {table.name: unit})


def check_companions(table: Any, used: str, where: str) -> None:
    """InputError for a key that belongs to another kind of axis."""
    belongs = {"to": "from", "points": "from", "scale": "from", "shift": "corners", "name": "values, from or csv"}
    present = {k for k in table.model_fields_set if getattr(table, k) is not None}
    for key, owner in belongs.items():
        if key in present and used not in owner:
            raise InputError(f"{where}.{key}: goes with {owner}, and this axis has {used}")


def listed(values: Any, unit: str, where: str) -> np.ndarray:
    """A list of quantities, or FROM:TO:lin|log:N."""
    if isinstance(values, str):
        parts = values.split(":")
        if len(parts) != 4 or parts[2] not in ("lin", "log") or not parts[3].strip().isdecimal():
            raise InputError(f"{where}: {values!r} is not of the form FROM:TO:lin:N or FROM:TO:log:N")
        low, high = (quantity(p.strip(), unit, where) for p in parts[:2])
        return ranged(low, high, int(parts[3]), parts[2], where)
    found = number_list([quantity(v, unit, f"{where}[{k}]") for k, v in enumerate(values)], unit, where)
    if len(np.unique(found)) < len(found):
        raise InputError(f"{where}: a value stands there twice")
    return found


def spaced(table: Any, unit: str, where: str) -> np.ndarray:
    for key in ("to", "points"):
        if getattr(table, key) is None:
            raise InputError(f"{where}.{key}: is missing: a range needs from, to and points")
    low, high = (quantity(v, unit, f"{where}.{k}") for k, v in (("from", table.from_), ("to", table.to)))
    return ranged(low, high, table.points, table.scale[:3], where)


def ranged(low: float, high: float, count: int, scale: str, where: str) -> np.ndarray:
    if not 2 <= count <= MOST_POINTS:
        raise InputError(f"{where}: a range has 2 to {MOST_POINTS} values, not {count}")
    if low == high:
        raise InputError(f"{where}: the range starts and ends at the same value")
    if scale == "log" and (low <= 0 or high <= 0):
        raise InputError(f"{where}: a logarithmic range needs positive ends")
    return (geomspace if scale == "log" else linspace)(low, high, count, unit="1")


def csv_axis(table: Any, unit_of: Callable[[str, str], str], columns: Mapping[str, Sequence[str]], where: str) -> Axis:
    """One column by name, or all columns, a line a point."""
    if table.name is not None and table.name not in columns:
        raise InputError(f"{where}.name: {table.csv} has no column {table.name!r}; it has {', '.join(columns)}")
    names = [table.name] if table.name else list(columns)
    units = {name: unit_of(name, f"{where}.csv") for name in names}
    read = {
        n: np.array([quantity(v, units[n], f"{where}.csv: {table.csv} line {k}: {n}") for k, v in enumerate(columns[n], 2)])
        for n in names
    }
    return Axis(read, units)


def corner_axis(table: Any, where: str) -> Axis:
    if not table.corners:
        raise InputError(f"{where}.corners: no corner is named; there are {', '.join(CORNERS)}")
    try:
        names = [checked_corner(name) for name in table.corners]
    except InputError as error:
        raise InputError(f"{where}.corners: {error}") from None
    try:
        shift = read_shift(table.shift)
    except InputError as error:
        raise InputError(f"{where}.shift: {error}") from None
    if len(set(names)) < len(names):
        raise InputError(f"{where}.corners: a corner stands there twice")
    return Axis({CORNER: np.array([float(list(CORNERS).index(n)) for n in names])}, {CORNER: "1"}, shift)


MEANS = {
    "A": "a current", "V": "a voltage", "s": "a time", "F": "a capacitance", "Ohm": "a resistance", "m": "a length",
    "S": "a conductance", "Hz": "a frequency", "J": "an energy", "W": "a power", "C": "a charge", "1": "a plain number",
}  # fmt: skip


def quantity(value: Any, unit: str, where: str) -> float:
    """One quantity (SI); `study.toml: axis[1].to: "5 V" is not a current (A)` of anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InputError(f"{where}: {value!r} is not {MEANS.get(unit, 'a quantity')}{in_unit(unit)}")
    try:
        return one_number(value, unit, where)
    except InputError as error:
        if isinstance(value, str) and "is expected" in str(error):
            raise InputError(f'{where}: "{value}" is not {MEANS.get(unit, "a quantity")}{in_unit(unit)}') from None
        raise


def in_unit(unit: str) -> str:
    return "" if unit == "1" else f" ({unit})" if unit in MEANS else f" in {unit}"
