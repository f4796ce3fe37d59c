"""What is drawn for every sample: random parameters with their correlations, and scores of mismatch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from ..errors import InputError, nearest
from ..quantities import unit_of as written_unit
from .axes import quantity
from .random import DISTRIBUTIONS, Random, check_numbers, correlated, correlation_factor
from .sampling import uniforms


@dataclass(frozen=True)
class Draws:
    """Random parameters, the factor of their correlations, names of normal scores, and how all are sampled."""

    parameters: tuple[Random, ...]
    factor: np.ndarray | None
    scores: tuple[str, ...]
    sampling: str
    seed: int
    block: int

    def values(self, start: int, stop: int) -> dict[str, np.ndarray]:
        """Values (SI) and scores of samples start..stop-1, name -> (n,)."""
        names = [*(r.name for r in self.parameters), *self.scores]
        u = uniforms(self.sampling, names, start, stop, self.seed, self.block)
        n = len(self.parameters)
        found = {r.name: r.values(row) for r, row in zip(self.parameters, correlated(u[:n], self.factor), strict=True)}
        return found | {name: ndtri(row) for name, row in zip(self.scores, u[n:], strict=True)}


def read_draws(
    study: Any, unit_of: Callable[[str, str], str], own: Callable[[str], float], scores: tuple[str, ...]
) -> Draws:
    """The draws of [[random]] and [[correlation]]; `own` is a parameter's value where nothing varies it."""
    tables, where = study.tables, study.where
    parameters = tuple(read_random(t, unit_of, own, f"{where}: random[{k}]") for k, t in enumerate(tables.random))
    pairs = read_pairs(tables.correlation, [r.name for r in parameters], where)
    try:
        factor = correlation_factor([r.name for r in parameters], pairs)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    s = tables.study
    return Draws(parameters, factor, scores, s.sampling, s.seed, s.block)


def read_random(table: Any, unit_of: Callable[[str, str], str], own: Callable[[str], float], where: str) -> Random:
    unit = unit_of(table.name, f"{where}.name")
    needs = DISTRIBUTIONS[table.distribution].needs
    for key in ("mean", "sigma", "low", "mode", "high"):
        if key not in needs and getattr(table, key) is not None:
            raise InputError(f"{where}.{key}: a {table.distribution} distribution has {', '.join(needs)}")
    numbers = {}
    for key in needs:
        value = getattr(table, key)
        if value is None and key != "mean":
            raise InputError(f"{where}.{key}: is missing: a {table.distribution} distribution has {', '.join(needs)}")
        if key == "mean":
            numbers[key] = own(table.name) if value is None else quantity(value, unit, f"{where}.mean")
        elif key == "sigma":
            numbers[key] = sigma_of(value, table.distribution, unit, numbers["mean"], f"{where}.sigma")
        else:
            numbers[key] = quantity(value, unit, f"{where}.{key}")
    check_numbers(table.distribution, numbers, where)
    return Random(table.name, unit, table.distribution, numbers)


def sigma_of(value: Any, distribution: str, unit: str, mean: float, where: str) -> float:
    """A sigma in the parameter's unit, or "%" of the mean; of the logarithm for lognormal."""
    if distribution == "lognormal":
        return quantity(value, "1", where)
    if written_unit(value) != "%":
        return quantity(value, unit, where)
    if mean == 0:
        raise InputError(f"{where}: {value} of a mean of zero is nothing; give sigma in {unit}")
    return quantity(value, "1", where) * abs(mean)


def read_pairs(tables: Any, names: list[str], where: str) -> Mapping[tuple[str, str], float]:
    pairs: dict[tuple[str, str], float] = {}
    for k, table in enumerate(tables):
        at = f"{where}: correlation[{k}].between"
        for j, name in enumerate(table.between):
            if name not in names:
                known = ", ".join(names) or "none"
                raise InputError(f"{at}[{j}]: {name!r} is not a random parameter{nearest(name, names)}; there are {known}")
        a, b = table.between
        if a == b:
            raise InputError(f"{at}: a parameter is correlated with itself; name two")
        if (a, b) in pairs or (b, a) in pairs:
            raise InputError(f"{at}: {a} and {b} stand there twice")
        pairs[a, b] = float(table.value)
    return pairs
