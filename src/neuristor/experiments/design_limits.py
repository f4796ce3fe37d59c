"""Limits on a design, from text: "shift_index<2%", "rate>1kHz", "area<50um2", "energy<0.5*start", "rate=start+-5%"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest
from ..quantities import one_number, show
from .design_metrics import SHIFTS, UNITS, Metrics

FORM = re.compile(r"\s*([A-Za-z_]+)\s*(<=|>=|==|<|>|=)\s*(.+?)\s*")
OF_START = re.compile(r"(?:([0-9.eE+-]+)\s*(%?)\s*\*?\s*)?start", re.IGNORECASE)
BAND = re.compile(r"\s*(?:\+-|\+/-|±)\s*")
EQUAL = 0.01  # "rate=start" holds within this part, unless the text says another


@dataclass(frozen=True)
class Constraint:
    """A metric that a design must keep below ("<"), above (">") or within `band` of ("=") a bound, with its derivatives.

    (`metrics.Limit` is the range of one that samples pass or not.)
    bound  SI number, or if `relative` a factor of the value at the start
    """

    metric: str
    kind: str
    bound: float
    relative: bool = False
    band: float = 0.0
    text: str = ""

    def fixed(self, start: Mapping[str, float]) -> Constraint:
        """The limit with a number for `start`; InputError if that is zero."""
        bound = self.bound * start[self.metric] if self.relative else self.bound
        if bound <= 0:
            raise InputError(f"subject to {self.text}: the bound is {told(self.metric, bound)}, and must be more than zero")
        return Constraint(self.metric, self.kind, bound, False, self.band, self.text)

    def excess(self, m: Metrics) -> tuple[np.ndarray, np.ndarray]:
        """(n,) how far each part of the limit is exceeded, relative to it (kept: not positive); (n, sizes) derivatives."""
        values, slopes = m.parts(self.metric)
        found = []
        for sign, bound in self.sides():
            if sign < 0:  # the metric is the largest part: that one must stay above
                values, slopes = values[[np.argmax(values)]], slopes[[np.argmax(values)]]
            if self.metric in SHIFTS:  # parts may be negative
                found.append((sign * (values / bound - 1), sign * slopes / bound))
            else:
                found.append((sign * np.log(values / bound), sign * slopes / values[:, None]))
        return np.concatenate([v for v, _ in found]), np.concatenate([s for _, s in found])

    def sides(self) -> list[tuple[float, float]]:
        """(+1, upper bound) and (-1, lower bound) of the metric, as far as there are such."""
        if self.kind == "=":
            return [(1.0, self.bound * (1 + self.band)), (-1.0, self.bound * (1 - self.band))]
        return [(1.0 if self.kind == "<" else -1.0, self.bound)]

    def __str__(self) -> str:
        band = f" within {100 * self.band:g} %" if self.kind == "=" else ""
        return f"{self.metric} {self.kind} {told(self.metric, self.bound)}{band}"


def told(metric: str, value: float) -> str:
    """A metric's value for a person: "1.9 %", "337 pJ", "14.35 um2"."""
    unit = UNITS[metric]
    if unit == "%":
        return f"{100 * value:.4g} %"
    return f"{1e12 * value:.4g} um2" if unit == "m2" else show(value, unit)


def known_metric(name: str, where: str) -> str:
    if name.lower() not in UNITS:
        raise InputError(f"{where}: unknown metric {name!r}{nearest(name, UNITS)}; there are {', '.join(UNITS)}")
    return name.lower()


def read_limit(text: str) -> Constraint:
    """A limit from its text; InputError for what it does not say."""
    where = f"subject to {text.strip()!r}"
    match = FORM.fullmatch(text)
    if not match:
        raise InputError(f"{where}: write a metric, < > or =, and a bound, as in shift_index<2%, rate>1kHz or rate=start")
    metric, kind = known_metric(match[1], where), match[2].replace("==", "=")[0]
    bound, *rest = BAND.split(match[3])
    band = EQUAL if kind == "=" else 0.0
    if rest:
        if kind != "=" or len(rest) > 1:
            raise InputError(f"{where}: +- goes with =, as in rate=start+-5%")
        band = one_number(rest[0], "1", where)
        if not 0 < band < 1:
            raise InputError(f"{where}: +- must lie between 0 and 100 %")
    start = OF_START.fullmatch(bound)
    if start:
        factor = one_number(start[1] + start[2], "1", where) if start[1] else 1.0
        return Constraint(metric, kind, factor, True, band, text.strip())
    unit = "1" if UNITS[metric] == "%" else UNITS[metric]
    return Constraint(metric, kind, one_number(bound, unit, where), False, band, text.strip())
