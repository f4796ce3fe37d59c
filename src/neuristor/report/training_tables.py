"""Tables of a spiking network that learned: accuracy, how it was trained, its setting."""

from __future__ import annotations

from typing import Any

from ..experiments.statistics import Bounded
from ..networks.evaluation import Evaluation
from ..networks.unsupervised import UnsupervisedNetwork
from ..quantities import show
from .tables import Table, number


def training_tables(network: UnsupervisedNetwork, result: Evaluation, training: dict[str, Any]) -> list[Table]:
    """All tables of a training that has just ended."""
    table = accuracy_table(network, result)
    table.rows.append(["training", f"{training['here']} showings of {training['shown']} in {training['seconds']:.1f} s"])
    return [table, setting_table(network)]


def evaluation_tables(network: UnsupervisedNetwork, result: Evaluation) -> list[Table]:
    """All tables of a network that was tested."""
    return [accuracy_table(network, result), setting_table(network)]


def shown(bounds: Bounded) -> str:
    return f"{100 * bounds.value:.2f} % ({100 * bounds.low:.2f} .. {100 * bounds.high:.2f} %)"


def accuracy_table(network: UnsupervisedNetwork, result: Evaluation) -> Table:
    """Accuracy by both decisions, silent neurons, time."""
    per_picture = result.seconds["testing"] / result.pictures
    rows = [
        ["accuracy by labels", shown(result.labels)],
        ["accuracy by shares", shown(result.shares)],
        ["silent neurons", f"{result.silent} of {network.neurons}"],
        ["neurons of a class", ", ".join(f"{n} of {c}" for c, n in zip(result.classes, result.neurons_of, strict=True))],
        ["assigning", f"{result.seconds['assigning']:.1f} s"],
        ["testing", f"{result.seconds['testing']:.1f} s, {show(per_picture, 's', 3)} a picture"],
    ]
    note = (
        f"{result.pictures} test pictures, Wilson's 95 % interval. By labels: the class whose neurons fire most on average; "
        "by shares: every spike is split as the neuron answered in training."
    )
    return Table(f"{network.neurons} neurons on {result.dataset}, seed {network.seed}", ["quantity", "value"], rows, note)


def setting_table(network: UnsupervisedNetwork) -> Table:
    """What the network is made of."""
    rows = []
    for key, value in network.settings().items():
        if isinstance(value, dict):
            rows += [[f"{key}.{name}", brief(entry)] for name, entry in value.items()]
        else:
            rows.append([key, brief(value)])
    return Table("Setting (SI units)", ["name", "value"], rows)


def brief(value: Any) -> str:
    """A setting in a cell: nested ones by their name and size."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {brief(entry)}" for name, entry in value.items())
    if isinstance(value, list) and value and isinstance(value[0], list):
        return f"{len(value)} x {len(value[0])}"
    return str(value) if isinstance(value, bool) else number(value)
