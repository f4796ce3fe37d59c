"""What is left of linear decay's accuracy in whole numbers of few bits: trained networks, put into fixed point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...experiments.statistics import Bounded, mean_bounds
from ...networks.datasets import Dataset
from ...networks.membranes import standard
from ...networks.unsupervised import UnsupervisedNetwork
from .tasks import MODELS, Compared, tested

FRACTION_BITS = (0, 1, 2, 3, 4, 5, 7)  # of weights and potentials, below one millivolt


@dataclass(frozen=True)
class WordLengths:
    """Accuracy of one task's linear-decay networks, mean over seeds, Student's intervals.

    weight_bits  of the weights from 0 to 1, one entry a word length;  accuracy  (word lengths,)
    loss         (word lengths,) against the same network in floating point, paired by seed;  task  its name
    """

    task: str
    weight_bits: tuple[int, ...]
    accuracy: Bounded
    loss: Bounded


def word_lengths(c: Compared) -> WordLengths:
    """Put the networks of linear decay into fixed point and test them on the test pictures of their seeds."""
    learned = c.learned[MODELS[1]]
    jobs = zip(c.task.seeds, learned, strict=True)
    found = np.array([[rounded(one.network, c.task.drawn(seed), f) for f in FRACTION_BITS] for seed, one in jobs])
    exact = np.array([one.after for one in learned])[:, None]
    bits = tuple(f + 1 for f in FRACTION_BITS)
    return WordLengths(c.task.name, bits, mean_bounds(found), mean_bounds(exact - found))


def rounded(network: UnsupervisedNetwork, data: Dataset, fraction_bits: int) -> float:
    """Accuracy with so many bits, the classes of the neurons found in fixed point too."""
    return tested(network.with_membrane(standard("linear_leak_fixed").with_(fraction_bits=fraction_bits)), data)
