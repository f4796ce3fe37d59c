"""How well a spiking network tells the pictures of a data set apart: accuracy by both decisions, confusion, answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..experiments.statistics import Bounded, proportion_bounds
from ..trace import plain
from .datasets import Dataset
from .encoding import recordings
from .labels import decide
from .samples import Samples
from .unsupervised import Progress, UnsupervisedNetwork

EVENTS = "events"  # in place of an encoding: the spikes of an event camera as they are


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network made of the test pictures.

    labels, shares  accuracy by the two decisions of `labels.decide`, Wilson's 95 % bounds
    confusion       (classes, classes) pictures: rows are true, columns decided by labels
    answers         (neurons,) mean spikes a picture
    neurons_of      (classes,) neurons that stand for each class;  silent: those that stand for none
    seconds         of assigning and of testing;  events: whether recorded events were shown
    """

    dataset: str
    classes: tuple[str, ...]
    labels: Bounded
    shares: Bounded
    confusion: np.ndarray
    answers: np.ndarray
    neurons_of: np.ndarray
    silent: int
    seconds: dict[str, float]
    events: bool = False

    @property
    def pictures(self) -> int:
        return int(self.confusion.sum())

    def to_json_dict(self) -> dict[str, Any]:
        """Everything but the answers, as JSON can hold it."""
        found = {key: value for key, value in vars(self).items() if key != "answers"}
        return plain({**found, "labels": vars(self.labels), "shares": vars(self.shares), "pictures": self.pictures})


def samples_of(data: Dataset, part: str, count: int | None = None, *, events: bool = False) -> Samples:
    """The first `count` pictures (all: None) of the part "train" or "test", or the recordings behind them."""
    if not events:
        return getattr(data, f"x_{part}")[:count]
    recorded = getattr(data, f"events_{part}")
    if recorded is None:
        raise InputError(f"{data.name} has pictures, no recorded events: choose an encoding")
    return recordings(recorded)[:count]


def evaluate(
    network: UnsupervisedNetwork, data: Dataset, *, assigned: int | None = 10_000, images: int | None = None,
    events: bool = False, progress: Progress | None = None,
) -> Evaluation:  # fmt: skip
    """Classify the first `images` test pictures, after assigning classes by the first `assigned` training pictures.

    assigned = None: with the classes that the network has.  progress  is called with the share done of both.
    """
    begun, y = time.perf_counter(), data.y_test[:images]
    before = len(data.y_train[:assigned]) if assigned is not None else 0
    if assigned is not None:
        known = samples_of(data, "train", assigned, events=events)
        network.assign(known, data.y_train[:assigned], len(data.classes), part_of(progress, 0, before, len(y)))
    if network.assignment is None:
        raise InputError("the network has no classes yet: it is the checkpoint of an unfinished training")
    if len(network.assignment.rates) != len(data.classes):
        told = f"the network tells {len(network.assignment.rates)} classes apart"
        raise InputError(f"{told}; {data.name} has {len(data.classes)}")
    between = time.perf_counter()
    shown = samples_of(data, "test", images, events=events)
    counts = network.responses(shown, progress=part_of(progress, before, len(y), 0))
    chosen = {by: decide(counts, network.assignment, by) for by in ("labels", "shares")}
    accuracy = {by: proportion_bounds(int(np.sum(c == y)), len(y), method="wilson") for by, c in chosen.items()}
    n = len(data.classes)
    confusion = np.bincount(y * n + chosen["labels"], minlength=n * n).reshape(n, n)
    labels, seconds = network.assignment.labels, {"assigning": between - begun, "testing": time.perf_counter() - between}
    neurons_of = np.bincount(labels[labels >= 0], minlength=n)
    return Evaluation(
        data.name, data.classes, accuracy["labels"], accuracy["shares"], confusion, counts.mean(axis=0), neurons_of,
        network.assignment.silent, seconds, events,
    )  # fmt: skip


def part_of(progress: Progress | None, before: int, own: int, after: int) -> Progress | None:
    """Progress of a part of the work as that of the whole."""
    return progress and (lambda share: progress((before + share * own) / (before + own + after)))
