"""How the runs of a study are measured: what an experiment has to say of itself (`kinds` has one line for each).

A kind of measuring says which of its options may vary from run to run and which numbers it gives; it gets the subject with
one lane a run, and measures every lane by itself, so that no run depends on which others are in the same call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ..circuits.netlist import Netlist, lanes_of
from ..errors import InputError, nearest
from ..experiments.observation import is_circuit, rewired
from ..trace import Trace

STEP = 1.1  # of supplies that share a run: the tolerance is at most so much looser than that of a run by itself


@dataclass(frozen=True)
class Runs:
    """Runs to measure, (n,) each.

    samples   the sample each belongs to;  seed: of the study
    varied    options of the experiment, name -> SI;  moved: parameters of the subject;  make: the subject of the latter
    leader    values of a first lane that stands before the runs and is not one of them, for subjects that need it: a
              circuit's engine chooses its pivots by the first lane, and a behavioural model solves a single lane in
              another way, so that without it the last digits of a run would follow its company
    """

    samples: np.ndarray
    seed: int
    varied: Mapping[str, np.ndarray]
    moved: Mapping[str, np.ndarray]
    make: Callable[[Mapping[str, np.ndarray]], Any]
    leader: Mapping[str, float] | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lead(self) -> int:
        """Lanes before those of the runs."""
        return 0 if self.leader is None else 1

    @cached_property
    def made(self) -> Any:
        """The subject with one lane a run, behind the leader as it is."""
        if self.leader is None:
            return self.make(self.moved)
        return self.make({name: np.concatenate([[self.leader[name]], v]) for name, v in self.moved.items()})

    @cached_property
    def subject(self) -> Any:
        """The subject to simulate."""
        return lifted(self.made) if self.lead and is_circuit(self.made) else self.made

    def lanes(self, name: str, own: float) -> np.ndarray:
        """An option of the experiment on every lane; `own` where nothing varies it, and for the leader."""
        values = self.varied.get(name, np.full(len(self), own))
        return np.concatenate([np.full(self.lead, own), values])

    def part(self, some: np.ndarray) -> Runs:
        varied, moved = ({k: v[some] for k, v in values.items()} for values in (self.varied, self.moved))
        return replace(self, samples=self.samples[some], varied=varied, moved=moved)


@dataclass(frozen=True)
class Measured:
    """metric -> (n,), NaN where a run failed; reasons: why those failed that did, by their place among the n."""

    values: Mapping[str, np.ndarray]
    reasons: Mapping[int, str]


class Measuring(ABC):
    """An experiment on runs.

    options  name -> meaning, of [experiment];  varied: name -> unit of those that an axis or a draw may move
    metrics  name -> unit of the numbers it gives
    """

    options: ClassVar[Mapping[str, str]] = {}
    single: ClassVar[bool] = False  # whether runs are taken one at a time, their subjects without lanes

    def __init__(self, subject: Any, given: Mapping[str, Any], where: str) -> None:
        for key in given:
            if key not in self.options:
                told = f"{nearest(key, self.options)}; there are {', '.join(self.options) or 'none'}"
                raise InputError(f"{where}.{key}: this experiment has no such option{told}")
        self.subject, self.given, self.where = subject, given, where

    @property
    @abstractmethod
    def metrics(self) -> Mapping[str, str]: ...

    @property
    def varied(self) -> Mapping[str, str]:
        return {}

    @abstractmethod
    def own(self, name: str) -> float:
        """The value (SI) of an option that may vary, where nothing varies it."""

    @abstractmethod
    def measure(self, runs: Runs, wanted: tuple[str, ...]) -> Measured:
        """All runs; InputError if one of them cannot be (the caller finds out which)."""

    def companies(self, runs: Runs) -> list[np.ndarray]:
        """Groups of runs that a solver may take together without one changing the last digits of another.

        The tolerance of a circuit's solver follows the largest voltage source of its lanes, so that only runs of the same
        `supply_class` go together.
        """
        if not runs.lead or not is_circuit(runs.made):
            return [np.arange(len(runs))]
        classes = supply_class(runs.made.netlist)[runs.lead :]
        return [np.flatnonzero(classes == k) for k in np.unique(classes)]

    def waveforms(self, runs: Runs) -> Trace:
        """One run with its waveforms."""
        raise InputError(f"{self.where}.name: this experiment has no waveforms of a run; 'simulate' and 'metrics' have")


def supplies_of(netlist: Netlist) -> dict[str, np.ndarray]:
    """Size of every voltage source on every lane (V), where it differs between lanes."""
    held = {e.name: e.params.get("dc", 0.0) for e in netlist.elements.values() if e.kind == "v"}
    return {name: np.abs(v) for name, v in held.items() if np.ndim(v)}


def supply_class(netlist: Netlist) -> np.ndarray:
    """Of every lane: how many steps of 10 % its largest varied voltage source is above the leader's; 0 below it."""
    held = list(supplies_of(netlist).values())
    if not held:
        return np.zeros(lanes_of(netlist), dtype=int)
    largest = np.max(held, axis=0)
    if not largest[0]:
        return np.unique(largest, return_inverse=True)[1]
    return np.maximum(np.ceil(np.log(np.maximum(largest, largest[0]) / largest[0]) / np.log(STEP)), 0).astype(int)


def lifted(subject: Any) -> Any:
    """The subject with its leader's largest source at the top of the highest class among its lanes, so that the tolerance
    is that of the class and not that of the company."""
    held, top = supplies_of(subject.netlist), int(supply_class(subject.netlist).max())
    if not top or not max(v[0] for v in held.values()):
        return subject
    name = max(held, key=lambda n: held[n][0])
    volts = np.array(subject.netlist.elements[name].params["dc"])
    volts[0] *= STEP**top * (1 + 1e-9)  # above every lane in spite of rounding
    return rewired(subject, subject.netlist.set(name, dc=volts))


def companies_of_one(self: Measuring, runs: Runs) -> list[np.ndarray]:
    """Every run by itself."""
    return [np.array([k]) for k in range(len(runs))]


def failures_of(texts: Iterable[str], lead: int = 0) -> dict[int, str]:
    """Reasons by run of texts such as "lane 3 stopped at 1 ms: ..."; `lead` lanes before the runs are none of them."""
    found = {}
    for text in texts:
        _, lane, reason = text.split(" ", 2)
        if int(lane) >= lead:
            found[int(lane) - lead] = reason
    return found


def without(values: dict[str, np.ndarray], reasons: Mapping[int, str]) -> Measured:
    """The values, NaN where there is a reason."""
    for v in values.values():
        v[list(reasons)] = np.nan
    return Measured(values, reasons)
