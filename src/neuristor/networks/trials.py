"""The same network from several seeds: how good, and how sure that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..experiments.statistics import Bounded, mean_bounds
from .datasets import Dataset
from .evaluation import part_of
from .unsupervised import UnsupervisedNetwork


@dataclass(frozen=True, eq=False)
class Trials:
    """accuracy  one a seed, Wilson's bounds: of the test pictures as a sample;  mean: over seeds, Student's interval

    seconds    a training;  per_picture: s of a showing in training;  silent: neurons that answered nothing, a seed
    """

    seeds: tuple[int, ...]
    accuracy: tuple[Bounded, ...]
    mean: Bounded
    seconds: tuple[float, ...]
    per_picture: float
    silent: tuple[int, ...]


def trials(
    data: Dataset, seeds: Sequence[int] = (0, 1, 2), *, epochs: int = 1, assigned: int = 10_000, by: str = "labels",
    progress: Callable[[float], None] | None = None, **network: Any,
) -> Trials:  # fmt: skip
    """Train, assign on the first `assigned` training pictures, test; `network` as for UnsupervisedNetwork.

    Every seed has first weights, spikes and an order of the training pictures of its own; the pictures tested are the
    same for all, so that the interval over seeds does not hold their choice: Wilson's bounds of each seed do.
    """
    if not seeds:
        raise InputError("trials: at least one seed is needed")
    accuracy, seconds, silent = [], [], []
    for k, seed in enumerate(seeds):
        one = UnsupervisedNetwork(seed=seed, **network)
        begun = time.perf_counter()
        one.train(data, epochs, shuffled=True, progress=part_of(progress, k, 1, len(seeds) - k - 1))
        seconds.append(time.perf_counter() - begun)
        silent.append(one.assign(data.x_train[:assigned], data.y_train[:assigned], len(data.classes)).silent)
        accuracy.append(one.accuracy(data.x_test, data.y_test, by))
    mean = mean_bounds([a.value for a in accuracy])
    per_picture = float(np.mean(seconds)) / (epochs * len(data.x_train))
    return Trials(tuple(seeds), tuple(accuracy), mean, tuple(seconds), per_picture, tuple(silent))
