"""Reading a study: its stored columns as (samples, points) grids, and what its axes, draws and limits are.

    reading = read_results("lif_spread.study")
    reading.grid("rate")        # (samples, points of the axes), NaN where a run failed or is not stored
    reading.point(3)            # {"current": "0.2 mA"}

All points of the axes see the same samples, so only the samples are independent of each other, not the runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..experiments.corners import CORNERS
from ..experiments.metrics import Limit
from ..quantities import show
from .axes import CORNER, Axis
from .plan import Plan, plan_of
from .spec import read_study
from .store import Store, open_store

MOST_NAMED = 4  # columns of one axis whose values name a point
USUAL = 0.9  # of the values that the best point has


class Reading:
    """The stored results of a study.

    plan, limits   of the study; limits are those of its file where it still is the same study
    shape, points  of the axes;  samples: all that were asked for
    """

    def __init__(self, store: Store, plan: Plan, limits: tuple[Limit, ...] | None = None, title: str = "") -> None:
        self.store, self.plan = store, plan
        self.limits = plan.limits if limits is None else limits
        self.title = title or plan.study.title
        self.shape, self.points = plan.shape, plan.points
        self.samples = -(-store.runs // plan.points)
        self._grids: dict[str, np.ndarray] = {}
        self._within: dict[tuple[Limit, ...], np.ndarray] = {}

    @property
    def axes(self) -> list[Axis]:
        return self.plan.axes

    @property
    def metrics(self) -> dict[str, str]:
        """Name -> unit."""
        return {name: self.plan.columns[name] for name in self.plan.metrics}

    @property
    def drawn(self) -> dict[str, str]:
        """Random parameters and scores of mismatch, name -> unit."""
        moved = {name for axis in self.axes for name in axis.columns}
        return {name: unit for name, unit in self.plan.inputs.items() if name not in moved}

    @cached_property
    def runs(self) -> np.ndarray:
        """(stored,) numbers of the stored runs."""
        return np.asarray(self.store.results(["run"])["run"].to_numpy())

    @cached_property
    def stored(self) -> np.ndarray:
        """(samples, points) whether a run is stored."""
        return self.placed(np.ones(len(self.runs), dtype=bool), False)

    @cached_property
    def failed(self) -> np.ndarray:
        """(samples, points) whether a stored run has a reason why it failed."""
        from pyarrow import compute

        reasons = self.store.results(["reason"])["reason"]
        return self.placed(compute.not_equal(reasons, "").to_numpy(), False)

    @cached_property
    def complete(self) -> np.ndarray:
        """(samples,) whether all points of a sample are stored."""
        return np.asarray(self.stored.all(axis=1))

    def placed(self, values: np.ndarray, empty: Any) -> np.ndarray:
        """Values of the stored runs in their places of (samples, points)."""
        whole = np.full(self.samples * self.points, empty, dtype=values.dtype)
        whole[self.runs] = values
        return whole.reshape(self.samples, self.points)

    def grid(self, name: str) -> np.ndarray:
        """(samples, points) of a column; NaN where it is not stored, failed, or has no finite value."""
        if name not in self._grids:
            values = self.store.results([name])[name].to_numpy()
            self._grids[name] = self.placed(np.where(np.isfinite(values), values, np.nan), np.nan)
        return self._grids[name]

    def draws(self, count: int) -> dict[str, np.ndarray]:
        """Name -> (count,) of everything that is drawn, of the first samples: drawn again, which gives what is stored."""
        return self.plan.draws.values(0, min(count, self.samples))

    def whole(self, names: list[str], most: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the first samples: those (n,) with values of all these metrics at all of the points (m,) that have hardly less
        values than the best one; at the others too many runs have none."""
        there = np.all([~np.isnan(self.grid(name)[:most]) for name in names], axis=0)
        count = there.sum(axis=0)
        points = np.flatnonzero(count >= USUAL * count.max())
        return np.flatnonzero(there[:, points].all(axis=1)), points

    def own(self, name: str) -> float:
        """The value of a parameter or option that nothing varies; InputError if it has none."""
        if name == CORNER:
            return 0.0  # place of the typical one
        self.plan.unit_of(name, name)
        return self.plan.own(name)

    def chosen(self, names: list[str] | None) -> list[str]:
        """The metrics of these names, all without any; InputError for one that is not stored."""
        for name in names or []:
            if name not in self.metrics:
                told = f"{nearest(name, self.metrics)}; there are {', '.join(self.metrics)}"
                raise InputError(f"{self.store.folder} has no metric {name!r}{told}")
        return list(dict.fromkeys(names)) if names else list(self.metrics)

    def limit_of(self, name: str) -> Limit | None:
        return next((limit for limit in self.limits if limit.name == name), None)

    def within(self, limits: tuple[Limit, ...]) -> np.ndarray:
        """(samples, points) whether a run meets all these limits; one that failed meets none."""
        if limits not in self._within:
            good = self.stored & ~self.failed
            for limit in limits:
                good = good & limit.passes(self.grid(limit.name))
            self._within[limits] = np.asarray(good)
        return self._within[limits]

    def point(self, number: int) -> dict[str, str]:
        """Axis column -> value in words, of one point."""
        found: dict[str, str] = {}
        for axis, at in zip(self.axes, np.unravel_index(number, self.shape) if self.axes else (), strict=True):
            found |= {name: value_words(axis, name, int(at)) for name in axis.columns}
        return found

    def point_words(self, number: int) -> str:
        """`current 0.1 mA, corner TT`; nothing if there are no axes."""
        return ", ".join(f"{name} {value}" for name, value in list(self.point(number).items())[:MOST_NAMED])

    def run_words(self, run: int) -> str:
        where = self.point_words(run % self.points)
        return f"run {run} (sample {run // self.points}{', ' + where if where else ''})"


def axis_name(axis: Axis) -> str:
    """An axis by its first column."""
    return next(iter(axis.columns))


def value_words(axis: Axis, name: str, at: int) -> str:
    """A value of an axis as a reader wants it."""
    value = float(axis.columns[name][at])
    return list(CORNERS)[int(value)] if name == CORNER else show(value, axis.units[name])


def read_results(path: str | Path) -> Reading:
    """A study's results, by its folder or its file; a file that still is that study gives limits and title.

    InputError if nothing is stored.
    """
    store, limits, title = open_store(path), None, ""
    if not store.chunks:
        raise InputError(f"{store.folder} holds no runs yet; `neuristor run` makes them")
    if Path(path).suffix == ".toml" and Path(path).is_file():
        study = read_study(path)
        if study.digest == store.manifest.digest:
            limits, title = Plan(study).limits, study.title
    return Reading(store, plan_of(store.manifest.document), limits, title)


def direction(limit: Limit | None) -> int:
    """What is better of a metric: +1 more, -1 less, 0 neither, as its limit tells."""
    if limit is None or (np.isfinite(limit.low) and np.isfinite(limit.high)):
        return 0
    return 1 if np.isfinite(limit.low) else -1


def overview(reading: Reading) -> Mapping[str, Any]:
    """What was run, as plain numbers and texts."""
    store, study = reading.store, reading.plan.study.tables
    progress = store.progress()
    sessions = store.manifest.sessions
    return {
        "title": reading.title,
        "folder": str(store.folder),
        "subject": study.subject.network or study.subject.neuron,
        "experiment": study.experiment.name,
        "runs": store.runs,
        "stored": progress.stored,
        "good": progress.stored - progress.failed,
        "failed": progress.failed,
        "reasons": store.reasons() if progress.failed else {},
        "samples": reading.samples,
        "axes": {axis_name(a): a.points for a in reading.axes},
        "drawn": list(reading.drawn),
        "sampling": study.study.sampling,
        "seed": study.study.seed,
        "digest": store.manifest.digest,
        "seconds": progress.seconds,
        "hosts": sorted({session.host for session in sessions}),
        "begun": sessions[0].begun if sessions else "",
        "versions": sessions[-1].versions if sessions else {},
    }
