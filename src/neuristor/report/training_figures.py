"""Page of a spiking network that learned: weights as tiles, accuracy of every class, confusion, answers and thresholds."""

from __future__ import annotations

from math import ceil, isqrt, sqrt

import numpy as np

from ..experiments.statistics import proportion_bounds
from ..networks.evaluation import Evaluation
from ..networks.labels import NONE
from ..networks.receptive_field import ReceptiveField
from ..networks.unsupervised import UnsupervisedNetwork
from .figures import BLUE, GREY, ORANGE, Figure, axis, line, marks
from .page import Page
from .training_tables import evaluation_tables, shown

MOST_TILES = 400
SHARES = [[0, "rgba(47,111,181,0.04)"], [1, BLUE]]
SHADES = 255  # of the weights as drawn
PALETTE = (BLUE, ORANGE, "#2f8f5b", "#8659a5", "#b5892f", "#2fa3a8", "#c24d7a", "#6b7f2a", "#5a5fc7", "#9a5b3c")


def training_page(network: UnsupervisedNetwork, result: Evaluation) -> Page:
    """What the network learned and how well."""
    coding = "recorded events" if result.events else f"{network.encoding.title} coding"
    return Page(
        title=f"{result.dataset}, learned by spike timing",
        subtitle=f"{network.neurons} {network.membrane.name} neurons, {network.plasticity.name}, "
        f"{coding}, {network.shown} showings, seed {network.seed}",
        summary=f"Without labels the layer learned to tell {shown(result.labels)} of {result.pictures} test pictures, by "
        f"shares {shown(result.shares)}; {result.silent} of {network.neurons} neurons stayed silent.",
        figures=[
            weights_figure(network), classes_figure(result), confusion_figure(result), answers_figure(network, result),
            thresholds_figure(network, result),
        ],
        tables=evaluation_tables(network, result),
        computed={"seed": str(network.seed)},
    )  # fmt: skip


def tiles(network: UnsupervisedNetwork) -> np.ndarray:
    """(rows, columns) of weights, a square a neuron in the order of their classes, NaN between them.

    On- and off-cells, or both polarities, are drawn as their difference; of other inputs than square pictures a strip.
    """
    w = network.weights.astype(float)
    if two_sheets(network):
        w = w[: len(w) // 2] - w[len(w) // 2 :]
    labels = network.assignment.labels if network.assignment else np.zeros(network.neurons)
    order = np.argsort(np.where(labels == NONE, np.iinfo(int).max, labels), kind="stable")[:MOST_TILES]
    side = isqrt(len(w))
    shape = (side, side) if side * side == len(w) else (1, len(w))
    across = ceil(sqrt(len(order) * shape[0] / shape[1]))
    down = ceil(len(order) / across)
    drawn = np.full((down, shape[0] + 1, across, shape[1] + 1), np.nan)
    for k, j in enumerate(order):
        drawn[k // across, :-1, k % across, :-1] = w[:, j].reshape(shape)
    return drawn.reshape(down * (shape[0] + 1), -1)[:-1, :-1]


def two_sheets(network: UnsupervisedNetwork) -> bool:
    """Whether the inputs are two pictures: on and off, or the two polarities of events."""
    both = isinstance(network.encoding, ReceptiveField) and network.encoding.cells == "both"
    half = network.inputs // 2
    return both or (network.inputs == 2 * half and isqrt(network.inputs) ** 2 != network.inputs and isqrt(half) ** 2 == half)


def weights_figure(network: UnsupervisedNetwork) -> Figure:
    """The weights of every neuron as a picture."""
    drawn = tiles(network)
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    step = (high - low) / SHADES or 1.0
    z = low + step * np.rint((drawn - low) / step)
    heat = {
        "type": "heatmap", "z": np.round(z, 4), "colorscale": "Viridis", "zmin": low, "zmax": high, "name": "weights",
        "hoverinfo": "z", "colorbar": {"title": {"text": "weight"}, "thickness": 12},
    }  # fmt: skip
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    layout = {
        "xaxis": {**bare, "constrain": "domain"},
        "yaxis": {**bare, "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"},
    }
    some = f"the first {MOST_TILES} of {network.neurons}" if network.neurons > MOST_TILES else f"{network.neurons}"
    what = "on- less off-weights" if two_sheets(network) else "weights"
    caption = f"Each square holds the {what} of one neuron ({some}) where its inputs lie, in the order of their classes."
    return Figure("weights", "What the neurons learned", caption, [heat], layout)


def classes_figure(result: Evaluation) -> Figure:
    """Accuracy class by class."""
    right, n = np.diag(result.confusion), result.confusion.sum(axis=1)
    bounds = proportion_bounds(right, np.maximum(n, 1), method="wilson")
    bars = {
        "type": "bar", "x": list(result.classes), "y": 100 * bounds.value, "name": "by labels", "marker": {"color": BLUE},
        "error_y": {
            "type": "data", "symmetric": False, "array": 100 * (bounds.high - bounds.value),
            "arrayminus": 100 * (bounds.value - bounds.low), "color": GREY,
        },
    }  # fmt: skip
    ends = [result.classes[0], result.classes[-1]]
    mean = line(ends, [100 * result.labels.value] * 2, "all pictures", ORANGE, dash="dot")
    layout = {"xaxis": axis("class", "", type="category"), "yaxis": axis("accuracy", "%", range=[0, 100])}
    caption = "Accuracy of every class by labels, with Wilson's 95 % interval."
    return Figure("classes", "Accuracy by class", caption, [bars, mean], layout)


def confusion_figure(result: Evaluation) -> Figure:
    """What the pictures of every class were taken for."""
    n = np.maximum(result.confusion.sum(axis=1, keepdims=True), 1)
    names = list(result.classes)
    heat = {
        "type": "heatmap", "z": 100 * result.confusion / n, "x": names, "y": names, "colorscale": SHARES,
        "zmin": 0, "zmax": 100, "text": result.confusion, "texttemplate": "%{text}",
        "name": "confusion", "showscale": False, "xgap": 1, "ygap": 1,
    }  # fmt: skip
    layout = {
        "xaxis": axis("decided", "", type="category"),
        "yaxis": axis("true", "", type="category", autorange="reversed"),
    }
    caption = "Test pictures of each class (rows) and the class decided by labels (columns), as counts."
    return Figure("confusion", "Confusion", caption, [heat], layout)


def answers_figure(network: UnsupervisedNetwork, result: Evaluation) -> Figure:
    """Who fires how often."""
    bars = {
        "type": "bar", "x": np.arange(network.neurons) + 1, "y": np.sort(result.answers)[::-1], "name": "neurons",
        "marker": {"color": BLUE, "line": {"width": 0}},
    }  # fmt: skip
    mean = float(result.answers.mean())
    data = [bars, line([1, network.neurons], [mean, mean], f"mean {mean:.3g}", ORANGE, dash="dot")]
    layout = {"xaxis": axis("neuron, by rank", ""), "yaxis": axis("spikes a test picture", ""), "bargap": 0}
    return Figure("answers", "How often each neuron fires", "Mean spikes of every neuron in a test picture.", data, layout)


def thresholds_figure(network: UnsupervisedNetwork, result: Evaluation) -> Figure:
    """Homeostasis: how far thresholds rose."""
    labels = network.assignment.labels if network.assignment else np.zeros(network.neurons, int)
    data = []
    for c in np.unique(labels):
        own = network.theta[labels == c]
        name, colour = ("silent", GREY) if c == NONE else (result.classes[c], PALETTE[c % len(PALETTE)])
        data.append(marks([name] * own.size, own, name, colour, "circle-open", 7))
    layout = {
        "xaxis": axis("class that the neuron stands for", "", type="category"),
        "yaxis": axis("rise of the threshold", "mV", rangemode="tozero"),
        "showlegend": False,
    }
    caption = "How far homeostasis has raised the threshold of every neuron: more where a neuron fired often."
    return Figure("thresholds", "Homeostasis", caption, data, layout)
