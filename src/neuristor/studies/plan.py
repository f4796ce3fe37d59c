"""Plan: every run of a study by its number, and what comes out of it.

run = sample x points + point: more samples append runs at the end. `table(start, stop)` is a function of the study and of
the two numbers alone: the same bits for any cutting into chunks, threads or processes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, nearest
from ..experiments.corners import CORNERS
from ..experiments.metrics import Limit, read_limit
from ..experiments.observation import is_circuit
from ..neurons.behavioural import Behavioural
from ..trace import Trace
from .axes import CORNER, Axis, read_axis
from .draws import read_draws
from .kinds import measuring_of
from .measuring import Measured, Runs
from .spec import Study, study_of
from .subjects import read_subject, unit_in, value_in
from .variants import Variants

if TYPE_CHECKING:
    import pyarrow

MOST_RUNS = 2**53
TRIED = 4  # runs, from the first to the last, before a study that refuses them is given up


class Plan:
    """The runs of a study.

    runs     how many: samples x points of the axes
    columns  name -> unit of every float column of `table`
    limits   of the yield
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        t, where = study.tables, study.where
        self.subject = self.read_subject()
        options = t.experiment.model_extra or {}
        self.measuring = measuring_of(t.experiment.name, self.subject, options, f"{where}: experiment")
        self.axes: list[Axis] = [
            read_axis(a, self.unit_of, study.files, f"{where}: axis[{k}]") for k, a in enumerate(t.axis)
        ]
        self.variants = Variants(self.subject, study, self.axes)
        self.draws = read_draws(study, self.unit_of, self.own, self.variants.scores)
        self.metrics = self.chosen_metrics()
        self.limits = self.read_limits()
        self.check()

    def read_subject(self) -> Any:
        try:
            return read_subject(self.study.tables.subject, self.study.files)
        except InputError as error:
            raise InputError(f"{self.study.where}: {error}") from None

    def unit_of(self, name: str, where: str) -> str:
        """The unit of what an axis or a draw may move; InputError that begins with `where`."""
        if name in self.measuring.varied:
            return self.measuring.varied[name]
        try:
            return unit_in(self.subject, name)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    def own(self, name: str) -> float:
        return self.measuring.own(name) if name in self.measuring.varied else value_in(self.subject, name)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(axis.points for axis in self.axes)

    @property
    def points(self) -> int:
        return int(np.prod(self.shape, dtype=object))

    @property
    def runs(self) -> int:
        return self.study.samples * self.points

    @property
    def inputs(self) -> dict[str, str]:
        """Axis and random columns, name -> unit."""
        moved = {name: unit for axis in self.axes for name, unit in axis.units.items()}
        drawn = {r.name: r.unit for r in self.draws.parameters}
        return moved | drawn | dict.fromkeys(self.draws.scores, "1")

    @property
    def columns(self) -> dict[str, str]:
        return self.inputs | {name: self.measuring.metrics[name] for name in self.metrics}

    @property
    def labels(self) -> dict[str, list[str]]:
        """Columns that hold the place of a name -> the names."""
        return {CORNER: list(CORNERS)} if any(CORNER in axis.columns for axis in self.axes) else {}

    def chosen_metrics(self) -> tuple[str, ...]:
        known, wanted = self.measuring.metrics, self.study.tables.outputs.metrics
        where = f"{self.study.where}: outputs.metrics"
        if wanted is None:
            return tuple(known)
        for k, name in enumerate(wanted):
            if name not in known:
                told = f"{nearest(name, known)}; there are {', '.join(known)}"
                raise InputError(f"{where}[{k}]: this experiment does not give {name!r}{told}")
        if not wanted or len(set(wanted)) < len(wanted):
            raise InputError(f"{where}: name one metric at least, and each once")
        return tuple(wanted)

    def read_limits(self) -> tuple[Limit, ...]:
        found = []
        for name, text in self.study.tables.limits.items():
            where = f"{self.study.where}: limits.{name}"
            if name not in self.metrics:
                raise InputError(f"{where}: no such metric is stored{nearest(name, self.metrics)}; "
                                 f"there are {', '.join(self.metrics)}")  # fmt: skip
            joint = "" if text.lstrip()[:1] in ("<", ">", "=") else "="
            try:
                found.append(read_limit(f"{name}{joint}{text}", self.columns))
            except InputError as error:
                raise InputError(f"{where}: {error}") from None
        return tuple(found)

    def check(self) -> None:
        """InputError for what contradicts itself, or for a point of an axis that the subject cannot have."""
        where = self.study.where
        seen: dict[str, str] = {}
        for name, place in self.moved_by():
            if name in seen:
                raise InputError(f"{where}: {place}: {name} is varied by {seen[name]} already")
            seen[name] = place
        if self.runs > MOST_RUNS:
            raise InputError(f"{where}: {self.runs} runs are too many; take fewer points or samples")
        for k, axis in enumerate(self.axes):
            moved = {n: v for n, v in axis.columns.items() if n not in self.measuring.varied}
            try:
                if not self.measuring.single:
                    self.variants.made(moved)
                for point in range(axis.points if self.measuring.single else 0):
                    self.variants.alone({n: v[point : point + 1] for n, v in moved.items()})
            except InputError as error:
                raise InputError(f"{where}: axis[{k}]: {error}") from None

    def moved_by(self) -> list[tuple[str, str]]:
        """Every name that is varied, and the path of what varies it."""
        moved = [(name, f"axis[{k}].name") for k, axis in enumerate(self.axes) for name in axis.columns]
        return moved + [(r.name, f"random[{k}].name") for k, r in enumerate(self.draws.parameters)]

    def values(self, start: int, stop: int) -> dict[str, np.ndarray]:
        """Axis and random values of runs start..stop-1, name -> (n,) SI."""
        samples, points = np.divmod(np.arange(start, stop), self.points)
        found: dict[str, np.ndarray] = {}
        for axis, at in zip(self.axes, np.unravel_index(points, self.shape) if self.axes else (), strict=True):
            found |= {name: column[at] for name, column in axis.columns.items()}
        first = start // self.points
        drawn = self.draws.values(first, -(-stop // self.points))
        return found | {name: v if self.points == 1 else v[samples - first] for name, v in drawn.items()}

    def runs_of(self, samples: np.ndarray, values: Mapping[str, np.ndarray]) -> Runs:
        """The subject with one lane a run."""
        varied = {name: v for name, v in values.items() if name in self.measuring.varied}
        moved = {name: v for name, v in values.items() if name not in varied}
        make = self.variants.alone if self.measuring.single and len(samples) == 1 else self.variants.made
        seed = self.study.tables.study.seed
        return Runs(samples, seed, varied, moved, make, self.leader if moved and not self.measuring.single else None)

    @cached_property
    def leader(self) -> dict[str, float] | None:
        """The subject's own values of all that is moved, for a lane before the runs (see `Runs`); None if it needs none."""
        if not (is_circuit(self.subject) or isinstance(self.subject, Behavioural)):
            return None
        names = [name for name in self.inputs if name not in self.measuring.varied]
        return {n: 0.0 if n in (CORNER, *self.draws.scores) else value_in(self.subject, n) for n in names}

    def measured(self, samples: np.ndarray, values: Mapping[str, np.ndarray]) -> Measured:
        """Metrics of runs; one that cannot be, whatever goes wrong in it, is found by halves and tells its reason."""
        try:
            runs = self.runs_of(samples, values)
            groups = self.measuring.companies(runs)
            if len(groups) == 1:
                return self.measuring.measure(runs, self.metrics)
        except (MemoryError, OSError):
            raise
        except Exception as error:
            if len(samples) == 1:
                return Measured({name: np.array([np.nan]) for name in self.metrics}, {0: reason_of(error)})
            groups = np.array_split(np.arange(len(samples)), 2)
        parts = [self.measured(samples[g], {name: v[g] for name, v in values.items()}) for g in groups]
        return joined(groups, parts)

    def trial(self) -> None:
        """Run the first run, and where the experiment refuses it, a few others; InputError if it refuses all alike.

        An option that cannot be, or a subject that the experiment is not for, is then told before a folder is made.
        """
        refused = []
        for run in sorted({k * (self.runs - 1) // (TRIED - 1) for k in range(TRIED)}):
            runs = self.runs_of(np.array([run // self.points]), self.values(run, run + 1))
            try:
                self.measuring.measure(runs, self.metrics)
                return
            except InputError as error:
                refused.append(reason_of(error))
            except Exception:  # a failure of this run, which is stored with its reason
                return
        if len(set(refused)) == 1:
            options = self.study.tables.experiment.model_extra or {}
            named = next((f".{key}" for key in options if re.search(rf"\b{re.escape(key)}s?\b", refused[0])), "")
            raise InputError(f"{self.study.where}: experiment{named}: {refused[0]}")

    def table(self, start: int, stop: int) -> pyarrow.Table:
        """Runs start..stop-1: "run", axis and random values and metrics (NaN if it failed), "reason" ("" if good)."""
        import pyarrow

        if not 0 <= start < stop <= self.runs:
            raise InputError(f"runs {start} to {stop}: there are 0 to {self.runs}")
        values = self.values(start, stop)
        found = self.measured(np.arange(start, stop) // self.points, values)
        columns: dict[str, Any] = {"run": pyarrow.array(np.arange(start, stop, dtype=np.int64))}
        told = values | dict(found.values)
        columns |= {name: pyarrow.array(np.asarray(told[name], dtype=float)) for name in self.columns}
        return pyarrow.table(columns | {"reason": reason_column(found.reasons, stop - start)})

    def waveforms(self, run: int) -> Trace:
        """One run again, with its waveforms."""
        if not 0 <= run < self.runs:
            raise InputError(f"there is no run {run}: there are 0 to {self.runs - 1}")
        runs = self.runs_of(np.array([run // self.points]), self.values(run, run + 1))
        return self.measuring.waveforms(replace(runs, leader=None))


def joined(groups: Sequence[np.ndarray], parts: Sequence[Measured]) -> Measured:
    """Parts that were measured by themselves, each back in its places."""
    place = np.argsort(np.concatenate(groups))
    values = {name: np.concatenate([p.values[name] for p in parts])[place] for name in parts[0].values}
    reasons = {int(g[k]): text for g, p in zip(groups, parts, strict=True) for k, text in p.reasons.items()}
    return Measured(values, reasons)


def reason_of(error: Exception) -> str:
    """Why a run failed; a lane's number would mean nothing, as the run had its lane to itself."""
    told = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return re.sub(r" in lane \d+", "", told)


def reason_column(reasons: Mapping[int, str], count: int) -> pyarrow.Array:
    import pyarrow

    if not reasons:
        return pyarrow.repeat("", count)
    return pyarrow.array([reasons.get(k, "") for k in range(count)], type=pyarrow.string())


def plan_of(document: dict[str, Any]) -> Plan:
    """The plan of a study's document: what a worker on another machine gets."""
    return Plan(study_of(document["tables"], document["where"], document["files"]))
