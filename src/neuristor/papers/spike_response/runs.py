"""Everything that is simulated for the document: both neurons in the same network, trained, tested, spoilt and counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ...kernel.threads import cores
from ...networks.datasets import Dataset
from ...networks.encoding import Encoding, SpikeList, round_trip
from ...networks.labels import decide
from ...networks.operations import Cost, operations
from ...networks.plasticity import PairSTDP, weight_after
from ...networks.receptive_field import ReceptiveField
from .damage import covered, inverted
from .energy import Spent, energies
from .equations import Equations, equations
from .tasks import COVERED, DECISION, MODELS, NOISE, SPOILT, Compared, Learned, Task, assigned, tasks, tested
from .word_length import WordLengths, word_lengths

Tell = Callable[[float], None]
COUNTED = 4  # pictures whose operations are counted
ROUND_TRIPS = 10  # pictures encoded and decoded
LAGS = np.arange(-60, 61, 2) * 1e-3  # s, of the neuron's spike behind the input's


@dataclass(frozen=True, eq=False)
class Runs:
    """All results, by the names that claims and figures use.

    classic    accuracy of logistic regression on the spike counts of the same pictures
    coding     correlation of pictures with what is decoded from on-cells, and from on- and off-cells
    raster     a picture, and its spikes by plain rates and by receptive fields
    window     lags (s) and change of a weight of 1/2
    costs      of a test picture, by task and model;  energies: the same in joule, by task
    digital    linear decay of the first task in whole numbers of few bits
    """

    equations: Equations
    tasks: list[Compared]
    classic: float
    coding: tuple[float, float]
    raster: tuple[np.ndarray, SpikeList, SpikeList]
    window: tuple[np.ndarray, np.ndarray]
    costs: dict[str, dict[str, tuple[Cost, ...]]]
    energies: dict[str, list[Spent]]
    digital: WordLengths


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
    tell(0.95)
    digital, spent = word_lengths(compared[0]), {name: energies(of_model) for name, of_model in costs.items()}
    tell(1.0)
    return Runs(one_neuron, compared, *told, raster, window(), costs, spent, digital)


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
    known = assigned(network.train(data, task.epochs), data)

    counts, x, y = network.responses(data.x_test), data.x_test[:SPOILT], data.y_test[:SPOILT]
    decided, labelled = (decide(counts, known, by) for by in (DECISION, "labels"))
    after, by_labels = (float(np.mean(one == data.y_test)) for one in (decided, labelled))
    clean = float(np.mean(decided[: len(y)] == y))

    def right(spoilt: np.ndarray) -> float:
        return float(np.mean(network.classify(spoilt, DECISION) == y))

    noise = [right(inverted(x, share)) for share in NOISE]
    hidden = [right(covered(x, round(part * task.width))) for part in COVERED]
    return Learned(network, data.y_test, decided, before, after, by_labels, (clean, *noise), (clean, *hidden))


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
