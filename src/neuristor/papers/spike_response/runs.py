"""Everything that is simulated for the document: both neurons in the same network, trained, tested, spoilt and counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...experiments.statistics import Bounded, mean_bounds
from ...kernel.threads import cores
from ...networks.datasets import Dataset, load_dataset
from ...networks.encoding import Encoding, PoissonRate, SpikeList, round_trip
from ...networks.operations import Cost, operations
from ...networks.plasticity import PairSTDP, weight_after
from ...networks.receptive_field import ReceptiveField
from ...networks.unsupervised import Homeostasis, UnsupervisedNetwork
from .damage import covered, inverted
from .equations import Equations, equations

Tell = Callable[[float], None]
MODELS = ("spike_response", "linear_leak")
NOISE = (0.05, 0.1, 0.2)  # share of inverted pixels
COVERED = (0.375, 0.5, 0.625)  # side of the black square over the picture's
DECISION = "shares"  # every spike votes as its neuron answered the known pictures
CLASSES = tuple("0123456789")
COUNTED = 4  # pictures whose operations are counted
SPOILT = 360  # pictures spoilt, at most
ASSIGNED = 1000  # training pictures that tell the neurons' classes
ROUND_TRIPS = 10  # pictures encoded and decoded
LAGS = np.arange(-60, 61, 2) * 1e-3  # s, of the neuron's spike behind the input's


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


@dataclass(frozen=True, eq=False)
class Runs:
    """All results, by the names that claims and figures use.

    classic    accuracy of logistic regression on the spike counts of the same pictures
    coding     correlation of pictures with what is decoded from on-cells, and from on- and off-cells
    raster     a picture, and its spikes by plain rates and by receptive fields
    window     lags (s) and change of a weight of 1/2;  costs: of a test picture, by model
    """

    equations: Equations
    tasks: list[Compared]
    classic: float
    coding: tuple[float, float]
    raster: tuple[np.ndarray, SpikeList, SpikeList]
    window: tuple[np.ndarray, np.ndarray]
    costs: dict[str, dict[str, tuple[Cost, ...]]]


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


def all_runs(tell: Tell, chosen: list[Task] | None = None) -> Runs:
    """Simulate everything, in the tasks of `tasks` unless others are chosen."""
    chosen = chosen or tasks()
    one_neuron, work = equations(), sum(effort(t) for t in chosen)
    done, compared = 0.0, []
    for task in chosen:
        tell(0.9 * done / work)
        compared.append(compare(task))
        done += effort(task)
    tell(0.9)
    digits, rates, image = chosen[0].drawn(0), chosen[0].encoding, chosen[-1].x[0]
    costs = {c.task.name: {m: cost(c, m) for m in MODELS} for c in compared}
    raster = image, rates.spikes(image), ReceptiveField(rate=rates).spikes(image)
    told = logistic(digits, rates), coding_quality(digits)
    tell(1.0)
    return Runs(one_neuron, compared, *told, raster, window(), costs)


def coding_quality(data: Dataset) -> tuple[float, float]:
    """Correlation of pictures with what is decoded from on-cells, and from on- and off-cells; regular spikes."""
    fields = (ReceptiveField(cells=cells, rate="regular") for cells in ("on", "both"))
    on, both = (round_trip(field, data.x_test[:ROUND_TRIPS]).correlation for field in fields)
    return on, both


def window() -> tuple[np.ndarray, np.ndarray]:
    """LAGS and what a pair of spikes at each of them does to a weight of 1/2."""
    rule = PairSTDP()
    return LAGS, np.array([weight_after(rule, 0.5, [0.2], [0.2 + lag]) - 0.5 for lag in LAGS])


def effort(task: Task) -> float:
    """Computing that a task takes, in any unit."""
    return task.epochs * len(task.seeds) * task.train * task.width


def compare(task: Task) -> Compared:
    """Train both models from every seed, as many at a time as there are cores."""
    jobs = [(model, seed) for model in MODELS for seed in task.seeds]
    with ThreadPoolExecutor(min(cores(), len(jobs))) as pool:
        found = list(pool.map(lambda job: learn(task, *job), jobs))
    n = len(task.seeds)
    return Compared(task, {model: found[k * n : (k + 1) * n] for k, model in enumerate(MODELS)})


def learn(task: Task, model: str, seed: int) -> Learned:
    """One training from start to test; the damage is the same for all models and seeds."""
    network, data = task.network(model, seed), task.drawn(seed)
    before = tested(network, data)
    after = tested(network.train(data, task.epochs), data)

    x, y = data.x_test[:SPOILT], data.y_test[:SPOILT]

    decided = network.classify(data.x_test, DECISION)
    by_labels = float(np.mean(network.classify(data.x_test, "labels") == data.y_test))
    clean = float(np.mean(decided[: len(y)] == y))

    def right(spoilt: np.ndarray) -> float:
        return float(np.mean(network.classify(spoilt, DECISION) == y))

    noise = [right(inverted(x, share)) for share in NOISE]
    hidden = [right(covered(x, round(part * task.width))) for part in COVERED]
    return Learned(network, data.y_test, decided, before, after, by_labels, (clean, *noise), (clean, *hidden))


def tested(network: UnsupervisedNetwork, data: Dataset) -> float:
    """Accuracy of the test pictures; the neurons' classes from the first training pictures."""
    network.assign(data.x_train[:ASSIGNED], data.y_train[:ASSIGNED], len(data.classes))
    return float(network.accuracy(data.x_test, data.y_test, DECISION).value)


def cost(c: Compared, model: str) -> tuple[Cost, ...]:
    """Of the first network of a model, test pictures of its seed."""
    return operations(c.learned[model][0].network, c.task.drawn(c.task.seeds[0]).x_test[:COUNTED])


def logistic(data: Dataset, encoding: Encoding) -> float:
    """Accuracy of logistic regression that sees how often every input fired."""
    from sklearn.linear_model import LogisticRegression

    parts = (data.x_train, data.x_test)
    train, test = (np.array([encoding.spikes(x, k, seed=s).counts() for k, x in enumerate(p)]) for s, p in enumerate(parts))
    scale = train.max()
    model = LogisticRegression(max_iter=1000).fit(train / scale, data.y_train)
    return float(model.score(test / scale, data.y_test))
