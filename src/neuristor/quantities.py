"""Quantities at the border: "10 pA" to SI floats and back, and the physical constants.

Inside the package every number is an SI float. Units are read as products of powers ("uA/cm2", "mV/ms", "V s"),
so that "5 mV/ms" is accepted where V/s is expected and "0.2 mA" is refused where a voltage belongs.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

import numpy as np

from .errors import InputError

# CODATA 2018 (exact by definition of the SI).
Q_E = 1.602176634e-19  # elementary charge, C
K_B = 1.380649e-23  # Boltzmann constant, J/K
ZERO_CELSIUS = 273.15  # K


def thermal_voltage(temperature: float) -> float:
    """k T / q in volts, temperature in kelvin."""
    return K_B * temperature / Q_E


Dimension = tuple[int, int, int, int, int]  # powers of kg, m, s, A, K

UNITS: dict[str, tuple[float, Dimension]] = {
    "1": (1.0, (0, 0, 0, 0, 0)),
    "%": (1e-2, (0, 0, 0, 0, 0)),
    "m": (1.0, (0, 1, 0, 0, 0)),
    "cm": (1e-2, (0, 1, 0, 0, 0)),
    "g": (1e-3, (1, 0, 0, 0, 0)),
    "s": (1.0, (0, 0, 1, 0, 0)),
    "min": (60.0, (0, 0, 1, 0, 0)),
    "A": (1.0, (0, 0, 0, 1, 0)),
    "K": (1.0, (0, 0, 0, 0, 1)),
    "Hz": (1.0, (0, 0, -1, 0, 0)),
    "C": (1.0, (0, 0, 1, 1, 0)),
    "V": (1.0, (1, 2, -3, -1, 0)),
    "W": (1.0, (1, 2, -3, 0, 0)),
    "J": (1.0, (1, 2, -2, 0, 0)),
    "eV": (Q_E, (1, 2, -2, 0, 0)),
    "Ohm": (1.0, (1, 2, -3, -2, 0)),
    "ohm": (1.0, (1, 2, -3, -2, 0)),
    "Ω": (1.0, (1, 2, -3, -2, 0)),
    "S": (1.0, (-1, -2, 3, 2, 0)),
    "F": (1.0, (-1, -2, 4, 2, 0)),
    "H": (1.0, (1, 2, -2, -2, 0)),
}
PREFIXES = {
    "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12,
    "f": 1e-15, "a": 1e-18,
}  # fmt: skip
SPICE_SUFFIXES = {
    "t": 1e12, "g": 1e9, "meg": 1e6, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18,
}  # fmt: skip
SHOWN_PREFIXES = {v: k for k, v in reversed(list(PREFIXES.items()))} | {1.0: "", 1e-6: "u"}

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_FACTOR = re.compile(r"([^\d\s^*/.()+-]+|1|%)\^?(-?\d)?")


def parse(value: Any, unit: str) -> Any:
    """Read a quantity as SI number (float or array): "10 pA", "0.7u", "1meg", -0.07, ["1 pA", "2 pA"].

    Numbers pass as SI values. A bare suffix follows SPICE (case-insensitive, m is milli, meg is mega; but A and F are
    ampere and farad); with a unit attached prefixes are SI and case-sensitive ("MOhm" is mega). Raises InputError for
    what is not finite, not a number, of an unknown unit or of another dimension than `unit`.
    """
    if isinstance(value, str):
        return _parse_text(value, unit)
    if isinstance(value, (list, tuple)) and any(isinstance(v, str) for v in value):
        return np.array([parse(v, unit) for v in value], dtype=float)
    if isinstance(value, bool) or value is None:
        raise InputError(f"expected a quantity in {unit}, got {value!r}")
    try:
        number = np.asarray(value)
        if number.dtype.kind not in "iuf":
            raise TypeError
        number = number.astype(float)
    except (TypeError, ValueError):
        raise InputError(f"expected a quantity in {unit}, got {value!r}") from None
    if not np.all(np.isfinite(number)):
        bad = np.ravel(number)[~np.isfinite(np.ravel(number))][0]
        raise InputError(f"expected a finite quantity in {unit}, got {bad}")
    return number if number.ndim else float(number)


def _parse_text(text: str, unit: str) -> float:
    match = _NUMBER.fullmatch(text)
    if not match:
        right = "a number such as '0.1' or '10 %'" if unit == "1" else f"a number and a unit such as '10 {unit}'"
        raise InputError(f"{text!r} is not a quantity; write {right}")
    number, rest = float(match[1]), match[2]
    if not rest:
        factor = 1.0
    elif _is_suffix(rest) and not _same_dimension(rest, unit):
        factor = SPICE_SUFFIXES[rest.lower()]
    else:
        try:
            factor, dimension = unit_size(rest)
        except InputError as error:
            raise InputError(f"{text!r}: {error}; expected a quantity in {unit}") from None
        if dimension != unit_size(unit)[1]:
            raise InputError(f"{text!r} is in {rest}, but a quantity in {unit} is expected")
    result = number * factor
    if not math.isfinite(result):
        raise InputError(f"{text!r} is not a finite quantity")
    return result


def one_number(value: Any, unit: str, where: str) -> float:
    """A quantity where one belongs, as SI number; `where` ("area: thickness") begins the InputError of any other."""
    try:
        number = parse(value, unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if np.ndim(number):
        raise InputError(f"{where} must be one number, not {np.size(number)}")
    return float(number)


def number_list(value: Any, unit: str, where: str) -> np.ndarray:
    """One or several quantities as SI numbers (n,); `where` begins the InputError of what is none."""
    try:
        numbers = np.atleast_1d(np.asarray(parse(value, unit), dtype=float))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if numbers.ndim != 1 or not len(numbers):
        raise InputError(f"{where}: give one number or a list of them, not {value!r}")
    return numbers


def whole_number(value: Any, where: str, least: int = 1) -> int:
    """A count; `where` ("fluctuation: samples") begins the InputError of what is none, or less than `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        told = "one or more" if least == 1 else f"at least {least}"
        raise InputError(f"{where} = {value!r}: a whole number, {told}, is needed")
    return int(value)


def named_values(text: str, where: str) -> dict[str, str]:
    """{"vth": "20 mV", "beta": "3 %"} of "vth=20 mV, beta=3 %"; InputError for a part of another form, or a name twice."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if not name or not value:
            told = f"{part.strip()!r} in {text!r}" if "," in text else repr(text)
            raise InputError(f"{where}: {told} is not of the form NAME=VALUE")
        if name in found:
            raise InputError(f"{where}: {name} is given twice in {text!r}")
        found[name] = value
    return found


def _is_suffix(text: str) -> bool:
    """Whether this is a bare SPICE suffix; capital A and F are units."""
    return text.lower() in SPICE_SUFFIXES and text not in ("A", "F")


def _same_dimension(text: str, unit: str) -> bool:
    try:
        return unit_size(text)[1] == unit_size(unit)[1]
    except InputError:
        return False


@cache
def unit_size(unit: str) -> tuple[float, Dimension]:
    """Size in SI and dimension of a unit such as "uA/cm2", "mV/ms", "V s", "1/s"; InputError if unknown."""
    size, powers = 1.0, [0, 0, 0, 0, 0]
    for position, side in enumerate(unit.strip().split("/")):
        for piece in re.split(r"[\s*·]+", side.strip()):
            match = _FACTOR.fullmatch(piece)
            if not match:
                raise InputError(f"unknown unit {unit!r}")
            power = int(match[2] or 1) * (-1 if position else 1)
            one, dimension = _simple_unit(match[1], unit)
            size *= one**power
            powers = [a + power * b for a, b in zip(powers, dimension, strict=True)]
    return size, (powers[0], powers[1], powers[2], powers[3], powers[4])


def _simple_unit(name: str, whole: str) -> tuple[float, Dimension]:
    if name in UNITS:
        return UNITS[name]
    if name[0] in PREFIXES and name[1:] in UNITS and name[1:] not in ("1", "%", "min"):
        size, dimension = UNITS[name[1:]]
        return PREFIXES[name[0]] * size, dimension
    raise InputError(f"unknown unit {name!r}" + (f" in {whole!r}" if name != whole else ""))


def linspace(first: Any, last: Any, n: int, unit: str | None = None) -> np.ndarray:
    """n equally spaced SI values from `first` to `last`, which may carry a unit: linspace("1 pA", "100 pA", 50)."""
    return np.linspace(*_ends(first, last, unit), n)


def geomspace(first: Any, last: Any, n: int, unit: str | None = None) -> np.ndarray:
    """n values in geometric progression from `first` to `last`: geomspace("1 pA", "1 nA", 31)."""
    low, high = _ends(first, last, unit)
    if low * high <= 0:
        raise InputError(f"a geometric range needs two ends of the same sign, not {first!r} and {last!r}")
    return np.geomspace(low, high, n)


def _ends(first: Any, last: Any, unit: str | None) -> tuple[float, float]:
    expected = base_unit(unit or unit_of(first) or unit_of(last) or "1")
    return parse(first, expected), parse(last, expected)


def unit_of(text: Any) -> str | None:
    """The unit written in a text quantity ("0.2 mA" gives "mA"), or None if there is none."""
    if not isinstance(text, str):
        return None
    match = _NUMBER.fullmatch(text)
    if not match or not match[2] or _is_suffix(match[2]):
        return None
    return match[2]


def base_unit(unit: str) -> str:
    """The unit without its prefixes ("mV/ms" gives "V/s"), so that an SI number can be labelled."""
    unit_size(unit)
    sides = []
    for side in unit.split("/"):
        pieces = []
        for piece in re.split(r"[\s*·]+", side.strip()):
            match = _FACTOR.fullmatch(piece)
            assert match
            name = match[1] if match[1] in UNITS else match[1][1:]
            name = {"cm": "m", "ohm": "Ohm", "Ω": "Ohm", "%": "1", "min": "s"}.get(name, name)
            pieces.append(name + (match[2] or ""))
        sides.append(" ".join(pieces))
    return "/".join(sides)


def show(value: float, unit: str, digits: int = 4) -> str:
    """Engineering notation: "10 pA", "-70 mV"; compound units keep SI size ("0.1 A/m2")."""
    value = float(value)
    if unit in ("1", ""):
        return f"{value:.{digits}g}"
    simple = unit in UNITS and unit not in ("%", "min", "cm", "m", "g", "K")
    if not simple or value == 0 or not math.isfinite(value):
        return f"{value:.{digits}g} {unit}"
    rounded = float(f"{value:.{digits - 1}e}")
    exponent = max(-18, min(12, 3 * math.floor(math.log10(abs(rounded)) / 3 + 1e-12)))
    prefix = SHOWN_PREFIXES[float(f"1e{exponent}")]
    return f"{rounded / 10.0**exponent:.{digits}g} {prefix}{unit}"
