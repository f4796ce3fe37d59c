"""Any other experiment, one run at a time, and the numbers that are taken from its result: one line a number."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..experiments import EXPERIMENTS
from .axes import quantity
from .measuring import Measured, Measuring, Runs, companies_of_one
from .sampling import key_of
from .schema import shown

INPUT = "input"  # the unit of the subject's input
KIND_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
Number = tuple[str, Callable[[Any], Any]]  # unit, how to take it from the result


def plain(**units: str) -> dict[str, Number]:
    return {name: (unit, attrgetter(name)) for name, unit in units.items()}


NUMBERS: dict[str, dict[str, Number]] = {
    "rheobase": {"rheobase": (INPUT, float)},
    "fi_curve": plain(rheobase=INPUT) | {"top_rate": ("Hz", lambda r: np.max(r.rates))},
    "capacitance_sweep": plain(c_par="F", largest="1"),
    "adaptation": plain(ratio="1", tau="s"),
    "spike_shape": plain(
        interval="s", rate="Hz", delay="s", width="s", threshold="V", peak="V", reset="V", amplitude="V", rise="s", fall="s"
    ),
    "energy": plain(period="s", energy="J", power="W", input="J", supply="J", spike="J", ramp="J"),
    "area": plain(gates="m2", junctions="m2", capacitors="m2", total="m2"),
    "spike_energy": plain(total="J", power="W", per_spike="J", energy_ratio="1", rate_ratio="1"),
    "fluctuation": {  # of the last spike, as a share of its time
        "shift_mean": ("1", lambda r: r.mean.value[0, -1] / 100),
        "shift_std": ("1", lambda r: r.std[0, -1] / 100),
        "shift_largest": ("1", lambda r: r.largest[0, -1] / 100),
        "lost": ("1", lambda r: np.mean(np.isnan(r.shift[0, :, -1]))),
    },
}
UNITS = {"current": INPUT, "duration": "s", "amplitude": "1", "thickness": "m"}  # of options that may vary
ONLY = {"fluctuation": ("current", "amplitude"), "spike_energy": ("duration",)}  # experiments where it is fewer


class OneByOne(Measuring):
    """One experiment; one that draws gets a seed of its own for every sample."""

    companies = companies_of_one
    single = True

    def __init__(self, name: str, subject: Any, given: Mapping[str, Any], where: str) -> None:
        self.function: Callable[..., Any] = EXPERIMENTS[name]  # type: ignore[assignment]
        self.numbers = NUMBERS[name]
        self.declared = dict(list(inspect.signature(self.function).parameters.items())[1:])
        self.options = {k: "" for k in self.declared if k not in ("progress", "seed")}  # type: ignore[misc]
        super().__init__(subject, given, where)
        self.can_vary = ONLY.get(name, tuple(UNITS))
        for key, value in given.items():
            check_option(value, self.declared[key].default, f"{where}.{key}")
            if key in self.varied:
                quantity(value, self.varied[key], f"{where}.{key}")

    @property
    def metrics(self) -> Mapping[str, str]:
        return {name: self.si(unit) for name, (unit, _) in self.numbers.items()}

    @property
    def varied(self) -> Mapping[str, str]:
        return {k: self.si(UNITS[k]) for k in self.declared if k in self.can_vary and k in UNITS}

    def si(self, unit: str) -> str:
        return str(self.subject.input_unit) if unit == INPUT else unit

    def own(self, name: str) -> float:
        if name not in self.given:
            raise InputError(f"{self.where}.{name}: is missing: give the value that a draw of {name} starts from")
        return quantity(self.given[name], self.varied[name], f"{self.where}.{name}")

    def measure(self, runs: Runs, wanted: tuple[str, ...]) -> Measured:
        options = dict(self.given) | {name: float(v[0]) for name, v in runs.varied.items()}
        if "seed" in self.declared:
            options["seed"] = key_of(runs.seed, "experiment", int(runs.samples[0])) % 2**32
        result = self.function(runs.subject, **options)
        return Measured({name: np.array([float(self.numbers[name][1](result))]) for name in wanted}, {})


def check_option(value: Any, default: Any, where: str) -> None:
    """InputError for a value of another kind than the experiment declares."""
    wanted = next((k for k in (bool, int, float, str) if isinstance(default, k)), None)
    given = (int, float, str) if wanted is float else wanted
    if wanted and (not isinstance(value, given) or (isinstance(value, bool) and wanted is not bool)):  # type: ignore[arg-type]
        raise InputError(f"{where}: {shown(value)} is not {KIND_WORDS[wanted]}")
    if wanted is float:
        quantity(value, "1", where)


def one_by_one(name: str, where: str) -> Callable[[Any, Mapping[str, Any], str], Measuring]:
    """The kind of an experiment; InputError if there is none, or none that gives numbers of a single run."""
    if name in NUMBERS:
        return partial(OneByOne, name)
    known = ("simulate", "metrics", "network", *NUMBERS)
    if name in EXPERIMENTS:
        raise InputError(
            f"{where}: {name} does not give single numbers, so it cannot be a study; there are {', '.join(known)}"
        )
    raise InputError(f"{where}: unknown experiment {name!r}{nearest(name, known)}; there are {', '.join(known)}")
