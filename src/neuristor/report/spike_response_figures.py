"""The page of the spike response network: one neuron, coding, what both models learn, and what spoilt pictures do."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..networks.encoding import SpikeList
from ..networks.unsupervised import UnsupervisedNetwork
from ..papers.spike_response.tasks import CLASSES, MODELS, NOISE, Compared
from ..quantities import show
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, axis, line, marks
from .tables import Table

NAMES = dict(zip(MODELS, ("spike response", "linear decay"), strict=True))
COLOURS = dict(zip(MODELS, (BLUE, ORANGE), strict=True))
TILES = (6, 8)  # rows and columns of neurons whose weights are drawn
BLANK = [[0, "#ffffff"], [1, BLUE]]


def spike_response_figures(r: dict[str, Any]) -> list[Figure]:
    """All figures: the neuron first, the network after it."""
    tasks, biggest = r["tasks"], r["tasks"][-1]
    return [
        response_figure(r["equations"]),
        refractory_figure(r["equations"]),
        picture_figure(r["raster"][0]),
        *raster_figures(r["raster"]),
        window_figure(*r["window"]),
        *(fields_figure(c, model) for c in tasks if c.task.pictures == biggest.task.pictures for model in MODELS),
        accuracy_figure(tasks),
        *(damage_figure(c, damage) for c in tasks for damage in ("noise", "covered")),
        operations_figure(r["costs"]),
        energy_figure(r["energies"]),
        digital_figure(r["digital"]),
        *(confusion_figure(biggest, model) for model in MODELS),
    ]


def spike_response_tables(r: dict[str, Any]) -> list[Table]:
    return [accuracy_table(r["tasks"]), cost_table(r["costs"]), energy_table(r["energies"])]


def response_figure(e: Any) -> Figure:
    data = [
        line(1e3 * e.time, 1e3 * e.spike_response, NAMES[MODELS[0]], BLUE),
        line(1e3 * e.time, 1e3 * e.linear, NAMES[MODELS[1]], ORANGE),
        line(1e3 * e.time, -1e3 * e.spike_response, "spike response, weight -1", GREY, width=1.0, dash="dot"),
    ]
    layout = {"xaxis": axis("time after the spike", "ms"), "yaxis": axis("potential above rest", "mV")}
    caption = (
        "The potential after one spike of weight 1: eq. 1 rises and forgets exponentially, the simplified neuron jumps and "
        "falls on a straight line to its floor. 100 mV/s empties the threshold of 20 mV in 200 ms, one spike in 10 ms."
    )
    return Figure("srm-response", "Response to one spike", caption, data, layout)


def refractory_figure(e: Any) -> Figure:
    time, meant, printed = e.refractory
    shown = np.where(printed > -0.1, printed, np.nan)
    data = [
        line(1e3 * time, 1e3 * meant, "-v e^(-t/tau_r)", BLUE),
        line(1e3 * time, 1e3 * shown, "as printed, e^(t/tau_r)", ORANGE, dash="dot"),
    ]
    layout = {"xaxis": axis("time", "ms", range=[0, 150]), "yaxis": axis("potential above rest", "mV")}
    caption = f"Steady input: with the minus sign the neuron fires {e.fires[0]} times in 0.4 s, as printed once."
    return Figure("srm-refractory", "Eq. 2 with and without its minus sign", caption, data, layout)


def picture_figure(image: np.ndarray) -> Figure:
    width = round(len(image) ** 0.5)
    data = [heat(image.reshape(width, width), "Greys", "intensity")]
    return Figure("srm-picture", "The picture that is coded", "The first picture of the set.", data, square(width, width))


def raster_figures(raster: tuple[np.ndarray, SpikeList, SpikeList]) -> list[Figure]:
    told = ("Spikes by plain rates", "Spikes by receptive fields")
    captions = (
        "One row an input, each spike a dot: every pixel fires as often as it is bright.",
        "The same picture through on-centre fields: what is brighter than its surround fires, the rest is silent.",
    )
    found = []
    for k, (spikes, title, caption) in enumerate(zip(raster[1:], told, captions, strict=True)):
        data = [marks(1e3 * spikes.times, spikes.inputs, "spikes", BLUE, "circle", 2)]
        data[0]["marker"]["line"] = {"width": 0}
        layout = {"xaxis": axis("time", "ms"), "yaxis": axis("input", "", range=[spikes.size, 0]), "showlegend": False}
        found.append(Figure(f"srm-raster-{k}", title, caption, data, layout))
    return found


def window_figure(lags: np.ndarray, change: np.ndarray) -> Figure:
    rise, fall = lags >= 0, lags < 0
    data = [
        line(1e3 * lags[rise], change[rise] / change.max(), f"input first, largest {change.max():.2g}", BLUE),
        line(1e3 * lags[fall], -change[fall] / change.min(), f"input last, largest {change.min():.2g}", ORANGE),
    ]
    layout = {"xaxis": axis("neuron's spike after the input's", "ms"), "yaxis": axis("change over its largest", "")}
    caption = "A weight of 1/2 and one pair of spikes. Depression is weak, as weights are also held to a constant sum."
    return Figure("srm-window", "The plasticity window", caption, data, layout)


def heat(values: np.ndarray, colours: Any, name: str, **more: Any) -> dict[str, Any]:
    bar = {"title": {"text": name}, "thickness": 12}
    rounded = np.round(np.asarray(values, float), 3)
    return {"type": "heatmap", "z": rounded, "colorscale": colours, "colorbar": bar, "showlegend": False, **more}


def square(rows: int, columns: int) -> dict[str, Any]:
    """Square pixels without ticks, row 0 on top."""
    plain = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False}
    tied = {"scaleanchor": "x", "constrain": "domain"}
    return {
        "xaxis": {**plain, "range": [-0.5, columns - 0.5], "constrain": "domain"},
        "yaxis": {**plain, **tied, "range": [rows - 0.5, -0.5]},
    }


def tiled(network: UnsupervisedNetwork, width: int) -> np.ndarray:
    """Weights of the first neurons as pictures side by side; NaN between them. Of on- and off-cells their difference."""
    rows, columns = TILES
    weights, pixels = network.weights.T[: rows * columns].astype(float), width * width
    if weights.shape[1] == 2 * pixels:
        weights = weights[:, :pixels] - weights[:, pixels:]
    whole = np.full((rows * (width + 1) - 1, columns * (width + 1) - 1), np.nan)
    for k, one in enumerate(weights):
        y, x = (k // columns) * (width + 1), (k % columns) * (width + 1)
        whole[y : y + width, x : x + width] = one.reshape(width, width)
    return whole


def fields_figure(c: Compared, model: str) -> Figure:
    network = c.learned[model][0].network
    values = tiled(network, c.task.width)
    signed = bool(np.nanmin(values) < 0)
    colours = [[0, ORANGE], [0.5, "#ffffff"], [1, BLUE]] if signed else BLANK
    bound = float(np.nanmax(np.abs(values)))
    data = [heat(values, colours, "weight", zmin=-bound if signed else 0, zmax=bound)]
    caption = f"Weights of {np.prod(TILES)} neurons of seed 0 after training, {c.task.name}" + (
        ": on-cells blue, off-cells orange." if signed else "."
    )
    title = f"What the neurons learned: {NAMES[model]}"
    return Figure(f"srm-fields-{slug(c)}-{model}", title, caption, data, square(*values.shape))


def accuracy_figure(tasks: list[Compared]) -> Figure:
    data, names = [], [c.task.name.replace(", ", ",<br>") for c in tasks]
    for model in MODELS:
        bounds = [c.accuracy(model) for c in tasks]
        centre = [100 * b.value for b in bounds]
        bar = {"type": "data", "array": [100 * (b.high - b.value) for b in bounds], "color": GREY}
        data.append(
            {"type": "bar", "x": names, "y": centre, "name": NAMES[model], "error_y": bar,
             "marker": {"color": COLOURS[model]}}
        )  # fmt: skip
    layout = {"barmode": "group", "xaxis": axis("", "", tickangle=0), "yaxis": axis("accuracy", "%", range=[0, 100])}
    caption = "Test pictures classified rightly, mean over seeds with 95 % intervals (Student)."
    return Figure("srm-accuracy", "Both neurons in the same network", caption, data, layout)


def damage_figure(c: Compared, damage: str) -> Figure:
    """Accuracy of both models against damage, with intervals over seeds."""
    title, what, grades = {
        "noise": ("Added noise", "inverted pixels", NOISE),
        "covered": ("Partly covered pictures", "covered share", c.hidden()),
    }[damage]
    data = []
    for model in MODELS:
        found = c.curve(model, damage)
        drawn = line(100 * np.array([0.0, *grades]), 100 * found.value, NAMES[model], COLOURS[model])
        bar = {"type": "data", "array": 100 * (found.high - found.value), "color": COLOURS[model], "thickness": 1}
        data.append({**drawn, "mode": "lines+markers", "error_y": bar})
    layout = {"xaxis": axis(what, "%"), "yaxis": axis("accuracy", "%", range=[0, 100])}
    caption = "Trained on clean pictures; the same spoilt ones for both models. 95 % intervals over seeds; chance is 10 %."
    return Figure(f"srm-{damage}-{slug(c)}", f"{title}: {c.task.name}", caption, data, layout)


def slug(c: Compared) -> str:
    return c.task.name.replace(", ", "-").replace(" ", "-").lower()


def operations_figure(costs: dict[str, dict[str, tuple[Any, ...]]]) -> Figure:
    data: list[dict[str, Any]] = []
    for symbol, (task, models) in zip(("circle", "square", "diamond"), costs.items(), strict=False):
        shown = [(f"{NAMES[m]}: {c.method}", c) for m in MODELS for c in models[m]]
        x = [c.operations for _, c in shown]
        data.append(marks(x, [name for name, _ in shown], task, (BLUE, ORANGE, GREEN)[len(data)], symbol, 9))
    layout = {
        "xaxis": axis("operations for one picture", "", type="log", dtick=1),
        "yaxis": {"automargin": True, "autorange": "reversed"},
    }
    caption = "Sums, products, exponentials and comparisons of a test picture, one each; clock 1 ms where there is one."
    return Figure("srm-operations", "What a picture costs", caption, data, layout)


def energy_figure(energies: dict[str, list[Any]]) -> Figure:
    data: list[dict[str, Any]] = []
    for symbol, (task, shown) in zip(("circle", "square", "diamond"), energies.items(), strict=False):
        names = [f"{NAMES[s.model]}: {s.method}, {s.number_format}" for s in shown]
        x = [1e6 * s.energy.total for s in shown]
        data.append(marks(x, names, task, (BLUE, ORANGE, GREEN)[len(data)], symbol, 9))
    layout = {
        "xaxis": axis("energy", "uJ", type="log", dtick=1),
        "yaxis": {"automargin": True, "autorange": "reversed"},
    }
    caption = (
        "Arithmetic and reading of weights at 45 nm and 0.9 V (Horowitz, ISSCC 2014); an exponential as 10 products and 10 "
        "sums. int16: potentials of 16 bits, weights of 8."
    )
    return Figure("srm-energy", "What a picture takes in energy", caption, data, layout)


def digital_figure(d: Any) -> Figure:
    """Accuracy of linear decay in whole numbers against the bits of its weights."""
    drawn = line(np.array(d.weight_bits), 100 * d.accuracy.value, f"{NAMES[MODELS[1]]}, whole numbers", ORANGE)
    bar = {"type": "data", "array": 100 * (d.accuracy.high - d.accuracy.value), "color": ORANGE, "thickness": 1}
    exact = 100 * float(np.mean(d.accuracy.value + d.loss.value))
    ends = [d.weight_bits[0], d.weight_bits[-1]]
    data = [
        {**drawn, "mode": "lines+markers", "error_y": bar},
        line(ends, [exact, exact], "floating point", GREY, dash="dot"),
    ]
    layout = {"xaxis": axis("bits of a weight", "", dtick=1), "yaxis": axis("accuracy", "%", range=[0, 100])}
    caption = f"Trained in floating point, tested in whole numbers ({d.task}); 95 % intervals over seeds."
    return Figure("srm-bits", "Linear decay in few bits", caption, data, layout)


def confusion_figure(c: Compared, model: str) -> Figure:
    """Rows: the true class; columns: what was said; percent of the row, over all seeds."""
    classes, counts = CLASSES, np.zeros((len(CLASSES), len(CLASSES)))
    for one in c.learned[model]:
        np.add.at(counts, (one.true, one.decided), 1)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    data = [heat(np.round(shares), BLANK, "%", zmin=0, zmax=100, x=classes, y=classes, texttemplate="%{z:.0f}")]
    layout = {"xaxis": axis("said", "", type="category"), "yaxis": axis("true", "", type="category", autorange="reversed")}
    caption = f"{c.task.name}: percent of each true class, all seeds together."
    return Figure(f"srm-confusion-{model}", f"Confusion: {NAMES[model]}", caption, data, layout)


def accuracy_table(tasks: list[Compared]) -> Table:
    rows = []
    for c in tasks:
        for model in MODELS:
            a = c.accuracy(model)
            each = ", ".join(f"{100 * one.after:.1f}" for one in c.learned[model])
            rows.append(
                [c.task.name, NAMES[model], f"{100 * a.value:.1f}", f"{100 * a.low:.1f} to {100 * a.high:.1f}", each]
            )
    columns = ["task", "neuron", "accuracy (%)", "95 % interval over seeds", "by seed"]
    return Table("Accuracy", columns, rows, "; ".join(f"{c.task.name}: {c.task}" for c in tasks) + ".")


def cost_table(costs: dict[str, dict[str, tuple[Any, ...]]]) -> Table:
    rows = [
        [task, NAMES[m], c.method, *(f"{v:,.0f}" for v in (c.additions, c.multiplications, c.exponentials, c.comparisons)),
         show(c.seconds, "s"), f"{c.spikes:.3g}"]
        for task, models in costs.items() for m in MODELS for c in models[m]
    ]  # fmt: skip
    columns = ["task", "neuron", "method", "sums", "products", "exponentials", "comparisons", "time", "spikes"]
    return Table("Computing for one picture", columns, rows, "Means over test pictures; time on one core of this machine.")


def energy_table(energies: dict[str, list[Any]]) -> Table:
    rows = [
        [task, NAMES[s.model], s.method, s.number_format, *(show(v, "J", 3) for v in (*parts(s.energy), s.energy.total))]
        for task, spent in energies.items() for s in spent
    ]  # fmt: skip
    kinds = ["sums", "products", "exponentials", "comparisons", "weights read", "total"]
    note = "Energies of operations: Horowitz, ISSCC 2014, 45 nm, 0.9 V. Potentials in registers, clock, wires: not counted."
    return Table("Energy for one picture", ["task", "neuron", "method", "numbers", *kinds], rows, note)


def parts(e: Any) -> tuple[float, ...]:
    """Energies by kind of operation, in the order of the table."""
    return e.additions, e.multiplications, e.exponentials, e.comparisons, e.reads
