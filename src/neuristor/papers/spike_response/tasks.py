"""Which pictures both neurons learn, in which network and coding, and what is known of a training and of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...experiments.statistics import Bounded, mean_bounds
from ...networks.datasets import Dataset, load_dataset
from ...networks.encoding import Encoding, PoissonRate
from ...networks.labels import Assignment
from ...networks.receptive_field import ReceptiveField
from ...networks.unsupervised import Homeostasis, UnsupervisedNetwork

MODELS = ("spike_response", "linear_leak")
NOISE = (0.05, 0.1, 0.2)  # share of inverted pixels
COVERED = (0.375, 0.5, 0.625)  # side of the black square over the picture's
DECISION = "shares"  # every spike votes as its neuron answered the known pictures
CLASSES = tuple("0123456789")
SPOILT = 360  # pictures spoilt, at most
ASSIGNED = 1000  # training pictures that tell the neurons' classes


@dataclass(frozen=True)
class Task:
    """Pictures, the coding of them, and how the network learns them; the rest as UnsupervisedNetwork has it.

    Every seed draws its own `train` and `test` pictures from the whole data set, so that the spread over seeds is also
    that over pictures and over their order.
    """

    name: str
    pictures: str
    x: np.ndarray
    y: np.ndarray
    encoding: Encoding
    weight_sum: float
    train: int
    test: int
    neurons: int = 100
    epochs: int = 2
    seeds: tuple[int, ...] = (0, 1, 2, 3)

    def __str__(self) -> str:
        sizes = f"{self.train:,} pictures of {self.pictures} x {self.epochs}, {self.test:,} tested"
        return f"{self.neurons} neurons, {sizes}, seeds {self.seeds[0]} to {self.seeds[-1]}"

    def network(self, model: str, seed: int) -> UnsupervisedNetwork:
        inputs = self.encoding.inputs(self.x.shape[1])
        learning: dict[str, Any] = {"weight_sum": self.weight_sum, "homeostasis": Homeostasis(theta_plus="0.2 mV")}
        return UnsupervisedNetwork(inputs, self.neurons, model, encoding=self.encoding, seed=seed, **learning)

    def drawn(self, seed: int) -> Dataset:
        """The pictures of a seed."""
        order = np.random.default_rng([seed, len(self.y)]).permutation(len(self.y))[: self.train + self.test]
        x, y, k = self.x[order], self.y[order], self.train
        return Dataset(self.pictures, x[:k], y[:k], x[k:], y[k:], CLASSES)

    @property
    def width(self) -> int:
        """Of a picture, pixels."""
        return round(self.x.shape[1] ** 0.5)


@dataclass(frozen=True, eq=False)
class Learned:
    """One training: the network, true and decided classes, accuracy before and after training.

    by_labels       accuracy after training if each neuron stands for one class only
    noise, covered  accuracy of the first SPOILT test pictures: clean, then by the grades of NOISE and of COVERED
    """

    network: UnsupervisedNetwork
    true: np.ndarray
    decided: np.ndarray
    before: float
    after: float
    by_labels: float
    noise: tuple[float, ...]
    covered: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Compared:
    """Both models in one task: a training a seed, by the model's name."""

    task: Task
    learned: dict[str, list[Learned]]

    def accuracy(self, model: str) -> Bounded:
        """Mean over seeds after training, Student's interval."""
        return mean_bounds([one.after for one in self.learned[model]])

    def before(self, model: str) -> float:
        return float(np.mean([one.before for one in self.learned[model]]))

    def gain(self, model: str) -> Bounded:
        """Rise of the accuracy by training, seed by seed."""
        return mean_bounds([one.after - one.before for one in self.learned[model]])

    def advantage(self) -> Bounded:
        """Accuracy of linear decay less that of the spike response, seed by seed: equal first weights and spikes."""
        classic, linear = ([one.after for one in self.learned[m]] for m in MODELS)
        return mean_bounds(np.subtract(linear, classic))

    def advantage_by_labels(self) -> Bounded:
        """The same where each neuron stands for one class only."""
        classic, linear = ([one.by_labels for one in self.learned[m]] for m in MODELS)
        return mean_bounds(np.subtract(linear, classic))

    def curve(self, model: str, damage: str) -> Bounded:
        """Accuracy against damage ("noise", "covered"), the clean pictures first; mean over seeds."""
        return mean_bounds([getattr(one, damage) for one in self.learned[model]])

    def loss(self, damage: str, grade: int) -> tuple[float, ...]:
        """Accuracy lost by both models at a grade of damage, counted from 1."""
        curves = [self.curve(model, damage).value for model in MODELS]
        return tuple(float(c[0] - c[grade]) for c in curves)

    def sides(self) -> tuple[int, ...]:
        """Of the covering squares, pixels."""
        return tuple(round(part * self.task.width) for part in COVERED)

    def hidden(self) -> tuple[float, ...]:
        """Covered share of the picture."""
        return tuple((side / self.task.width) ** 2 for side in self.sides())


def assigned(network: UnsupervisedNetwork, data: Dataset) -> Assignment:
    """The neurons' classes, from the first training pictures."""
    return network.assign(data.x_train[:ASSIGNED], data.y_train[:ASSIGNED], len(data.classes))


def tested(network: UnsupervisedNetwork, data: Dataset) -> float:
    """Accuracy of the test pictures, the neurons' classes found anew."""
    assigned(network, data)
    return float(network.accuracy(data.x_test, data.y_test, DECISION).value)


def tasks() -> list[Task]:
    """The small digits by plain rates and by receptive fields; MNIST by receptive fields where it is installed."""
    rates = PoissonRate(total_rate="12 kHz", duration="150 ms")
    digits, fields = pooled(load_dataset("digits")), ReceptiveField(cells="both", rate=rates)
    found = [
        Task("digits, rates", "digits", *digits, rates, 15.0, 1297, 500),
        Task("digits, receptive fields", "digits", *digits, fields, 20.0, 1297, 500),
    ]
    try:
        mnist = pooled(load_dataset("mnist"))
    except InputError:
        return found
    field = ReceptiveField(rate=PoissonRate(total_rate="6.4 kHz"))
    return [*found, Task("MNIST, receptive fields", "MNIST", *mnist, field, 78.4, 5000, 1000, epochs=1)]


def pooled(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """All pictures and their classes."""
    return np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])
