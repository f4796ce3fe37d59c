"""Parameters declared once: default, unit, symbol, bounds and meaning stand beside the name they describe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import casadi as ca
import numpy as np

from .errors import InputError, nearest
from .quantities import parse, show

Value = Any  # a float, or an array with one value a lane


@dataclass
class Param:
    """One parameter of a model: a descriptor that holds what is known about the number.

    Attributes: default (SI), unit, symbol (LaTeX-free, e.g. "tau_m"), bounds (open interval where `strict`,
    SI), doc (meaning in one phrase), source (paper and place the default is taken from).
    """

    default: float
    unit: str
    symbol: str
    bounds: tuple[float, float]
    doc: str
    source: str
    strict: bool
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.symbol = self.symbol or name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return instance.__dict__[self.name]

    def read(self, value: Any, where: str) -> Value:
        """Return `value` in SI units, checked; raise InputError with the sentence a user needs."""
        try:
            number = parse(value, self.unit)
        except InputError as error:
            raise InputError(f"{where}: parameter {self.name}: {error}") from None
        low, high = self.bounds
        inside = (number > low) & (number < high) if self.strict else (number >= low) & (number <= high)
        if not np.all(inside):
            worst = np.ravel(number)[~np.ravel(inside)][0]
            raise InputError(f"{where}: {self.name} = {show(worst, self.unit)} is not {self.range_text()}")
        if np.ndim(number) > 1:
            raise InputError(f"{where}: {self.name} has {np.ndim(number)} axes; give one value, or one a lane")
        return number

    def range_text(self) -> str:
        """The allowed range as words, for error sentences and documentation."""
        low, high = self.bounds
        if low == 0 and high == np.inf:
            return "positive" if self.strict else "zero or more"
        below, above = ("above", "below") if self.strict else ("at least", "at most")
        parts = [f"{below} {show(low, self.unit)}"] if low > -np.inf else []
        parts += [f"{above} {show(high, self.unit)}"] if high < np.inf else []
        return " and ".join(parts) or "a finite number"


def param(
    default: float | str,
    *,
    unit: str = "1",
    symbol: str = "",
    bounds: tuple[float, float] = (-np.inf, np.inf),
    strict: bool = True,
    doc: str,
    source: str = "",
) -> Any:
    """Declare a parameter in a class body; `bounds` are SI numbers, excluded themselves where `strict`."""
    return Param(float(parse(default, unit)), unit, symbol, bounds, doc, source, strict)


@dataclass(frozen=True)
class Scales:
    """Starting guesses for searches: an input that makes the neuron fire, a typical inter-spike interval (s)."""

    input: float
    time: float


class Parametrised:
    """Something with declared parameters: built from keywords (SI numbers, strings with unit, arrays).

    An array gives one value a lane; all arrays must have the same length.
    """

    name: ClassVar[str] = ""
    params: ClassVar[dict[str, Param]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = {k: v for k, v in vars(cls).items() if isinstance(v, Param)}
        cls.params = {**cls.params, **own}

    def __init__(self, **values: Any) -> None:
        where = self.name or type(self).__name__
        for key in values:
            if key not in self.params:
                raise InputError(
                    f"{where} has no parameter {key!r}{nearest(key, self.params)}; it has {', '.join(self.params)}"
                )
        for key, declared in self.params.items():
            self.__dict__[key] = declared.read(values[key], where) if key in values else declared.default
        lengths = {key: len(v) for key, v in self.values().items() if np.ndim(v)}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{key} has {n}" for key, n in lengths.items())
            raise InputError(f"{where}: parameters given a value per lane must have the same length: {told}")

    def values(self) -> dict[str, Value]:
        """All parameter values in SI units, in the order of declaration."""
        return {key: self.__dict__[key] for key in self.params}

    def with_(self, **changes: Any) -> Self:
        """A copy with some parameters changed."""
        copy = type(self)(**{**self.values(), **changes})
        copy.__dict__.update({k: v for k, v in self.__dict__.items() if k not in self.params})
        return copy

    @property
    def lanes(self) -> int:
        """Number of lanes the parameters ask for (1 if every one is a scalar)."""
        return max((len(v) for v in self.values().values() if np.ndim(v)), default=1)

    @classmethod
    def symbolic(cls) -> tuple[Self, dict[str, ca.SX]]:
        """An instance whose parameters are CasADi symbols, and these symbols by name."""
        symbols = {key: ca.SX.sym(key) for key in cls.params}
        instance = cls.__new__(cls)
        instance.__dict__.update(symbols)
        return instance, symbols

    def describe(self) -> Iterator[tuple[Param, Value]]:
        """Pairs of declaration and value, for parameter tables."""
        for key, declared in self.params.items():
            yield declared, self.__dict__[key]

    def __repr__(self) -> str:
        changed = [
            f"{k}={show(v, d.unit)!r}" if np.ndim(v) == 0 else f"{k}=<{len(np.atleast_1d(v))} values>"
            for (k, d), v in zip(self.params.items(), self.values().values(), strict=True)
            if np.ndim(v) or v != d.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"
