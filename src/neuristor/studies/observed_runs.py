"""Experiment "metrics": rate, width, energy of a spike, ... as `mismatch` measures them, with patience for slow runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from ..experiments.base import constant
from ..experiments.inputs import firing_input
from ..experiments.metrics import METRICS, UNITS
from ..experiments.observation import CHUNK, ENOUGH, PATIENCE, Nominal, nominal, run_lanes
from ..quantities import whole_number
from ..trace import Trace
from .axes import quantity
from .measuring import Measured, Measuring, Runs, failures_of, without

REMEMBERED = 1000  # currents whose nominal run is kept


class ObservedRuns(Measuring):
    """Every current is a simulation of its own, as long as the nominal neuron needs for `spikes` spikes there, longer for
    slow runs. A run that falls silent has rate 0 and no other number."""

    options: ClassVar[Mapping[str, str]] = {
        "current": "constant input (default: a circuit's own, else twice rheobase)",
        "spikes": "of the nominal neuron in a run (5)",
    }

    def __init__(self, subject: Any, given: Mapping[str, Any], where: str) -> None:
        super().__init__(subject, given, where)
        self.spikes = whole_number(given.get("spikes", 5), f"{where}.spikes", least=3)
        self.current = None
        if "current" in given:
            self.current = quantity(given["current"], subject.input_unit, f"{where}.current")
        self.nominal = lru_cache(REMEMBERED)(self.nominal_at)

    @property
    def metrics(self) -> Mapping[str, str]:
        return UNITS

    @property
    def varied(self) -> Mapping[str, str]:
        return {"current": self.subject.input_unit}

    def own(self, name: str) -> float:
        return firing_input(self.subject, self.current, "metrics")

    def nominal_at(self, current: float | None) -> Nominal | str:
        """How to run at a current; why not, where the neuron itself does not spike."""
        try:
            return nominal(self.subject, current, self.spikes, "metrics")
        except InputError as error:
            return str(error)

    def measure(self, runs: Runs, wanted: tuple[str, ...]) -> Measured:
        own = self.nominal(float(runs.varied["current"][0]) if "current" in runs.varied else self.current)
        n = len(runs)
        if isinstance(own, str):
            if "current" not in runs.varied:
                raise InputError(own)
            return Measured({name: np.full(n, np.nan) for name in wanted}, dict.fromkeys(range(n), own))
        values = {name: np.full(n, np.nan) for name in METRICS}
        reasons: dict[int, str] = {}
        left = np.arange(n)
        for factor in PATIENCE:
            for part in np.split(left, range(CHUNK, len(left), CHUNK)):
                reasons |= self.observe(runs.part(part), part, own.current, factor * own.duration, values)
            slow = ~(values["interval"] * (ENOUGH - 1) < factor * own.duration)
            left = np.array([k for k in np.flatnonzero(slow) if k not in reasons], dtype=np.int64)
            if not len(left):
                break
        values["rate"] = np.nan_to_num(values["rate"], nan=0.0)
        return without({name: values[name] for name in wanted}, reasons)

    @staticmethod
    def observe(
        runs: Runs, place: np.ndarray, current: float, length: float, values: dict[str, np.ndarray]
    ) -> dict[int, str]:
        """Put the metrics of some runs in their places; why some stopped."""
        found = run_lanes(runs.subject, current, length)
        for name, v in found.values.items():
            values[name][place] = v[runs.lead :] if len(v) > 1 else v
        return {int(place[k]): reason for k, reason in failures_of(found.failures, runs.lead).items()}

    def companies(self, runs: Runs) -> list[np.ndarray]:
        if "current" not in runs.varied:
            return super().companies(runs)
        current = runs.varied["current"]
        groups = [np.flatnonzero(current == level) for level in np.unique(current)]
        return groups if len(groups) > 1 else super().companies(runs)

    def waveforms(self, runs: Runs) -> Trace:
        own = self.nominal(float(runs.varied["current"][0]) if "current" in runs.varied else self.current)
        if isinstance(own, str):
            raise InputError(own)
        trace: Trace = runs.subject.simulate(constant(runs.subject, [own.current]), own.duration)
        return trace
