"""Figures and tables of mismatch, rankings, corners and sweeps of supply and temperature, drawn from stored results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..experiments.conditions import ConditionSweep
from ..experiments.corners import CornerResult
from ..experiments.metrics import METRICS, Limit
from ..experiments.mismatch import MismatchResult
from ..experiments.ranking import Confirmation, Ranking
from ..experiments.statistics import Bounded
from ..quantities import show, unit_size
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks, note, vertical
from .tables import Table

BINS = 60
SHOWN = ("rate", "energy", "width", "interval", "first_spike", "power")
SWEPT = ("rate", "energy", "power", "width")
RANKED = 10  # devices in a bar chart
TABLED = ("rate", "energy", "power", "width", "first_spike")


def readable(values: Any, unit: str) -> tuple[np.ndarray, str]:
    """Values in the unit with the prefix that suits the largest of them, and that unit."""
    v = np.asarray(values, dtype=float)
    size = float(np.max(np.abs(v[np.isfinite(v)]), initial=0.0))
    name = show(size, unit).partition(" ")[2] or unit
    return v * unit_size(unit)[0] / unit_size(name)[0], name


def within(b: Bounded, unit: str) -> str:
    """A number with its bounds: "1.18 kHz (1.17 .. 1.19 kHz)"."""
    low, high = (show(edge, unit) if np.isfinite(edge) else "unbounded" for edge in (b.low, b.high))
    return f"{show(b.value, unit)} ({low} .. {high})"


def percent(b: Bounded) -> str:
    return f"{100 * b.value:.2f} % ({100 * b.low:.2f} .. {100 * b.high:.2f} %)"


def told(result: MismatchResult) -> str:
    """The run in one sentence."""
    current = show(result.current, result.input_unit)
    return f"{result.samples} samples of {result.subject} at {current}, seed {result.seed}. {gone_words(result)}".strip()


def gone_words(result: MismatchResult) -> str:
    """What became of the samples without metrics, in a sentence; nothing if all have them."""
    counts = ((result.silent, "fell silent"), (result.failed, "could not be simulated"))
    parts = [f"{count} {what}" for count, what in counts if count]
    return f"{' and '.join(parts)}; these meet no limit." if parts else ""


def mismatch_figures(result: MismatchResult) -> list[Figure]:
    """Histograms of all metrics, those with limits first."""
    first = [limit.name for limit in result.limits]
    names = [n for n in dict.fromkeys([*first, *SHOWN]) if np.ptp(finite(result.values[n])) > 0]
    return [histogram_figure(result, name) for name in names]


def finite(values: np.ndarray) -> np.ndarray:
    """The numbers among the values; a single 0 if there are none."""
    good = values[np.isfinite(values)]
    return good if len(good) else np.zeros(1)


def histogram_figure(result: MismatchResult, metric: str, *, id: str = "", caption: str = "") -> Figure:
    """How often a metric has which value, with its limits; what lies beyond them in another colour."""
    unit, limits = METRICS[metric].unit, [limit for limit in result.limits if limit.name == metric]
    values, shown = readable(finite(result.values[metric]), unit)
    good = np.all([limit.passes(finite(result.values[metric])) for limit in limits] or [np.ones(len(values), bool)], axis=0)
    edges = np.histogram_bin_edges(values, BINS)
    data = [bars(np.histogram(values[good], edges)[0], edges, "within the limits" if limits else metric, BLUE)]
    if limits:
        data.append(bars(np.histogram(values[~good], edges)[0], edges, "outside", ORANGE))
    factor = unit_size(unit)[0] / unit_size(shown)[0]
    lines = [factor * edge for limit in limits for edge in (limit.low, limit.high) if np.isfinite(edge)]
    layout = {
        "barmode": "stack",
        "bargap": 0,
        "xaxis": axis(metric.replace("_", " "), shown),
        "yaxis": axis("samples", "", rangemode="tozero"),
        "shapes": [vertical(float(x)) for x in lines],
        "annotations": [note(float(lines[0]), limit_words(result, limits))] if lines else [],
    }
    own = result.statistics[metric]
    words = (
        f"{told(result)} Mean {show(own.mean.value, unit)}, sigma {within(own.sigma, unit)}, nominal "
        f"{show(own.nominal, unit)}; bounds hold {100 * result.confidence:g} %."
    )
    return Figure(
        id or f"mismatch-{metric}", f"Mismatch: {METRICS[metric].name.replace('_', ' ')}", caption or words, data, layout
    )


def limit_words(result: MismatchResult, limits: Sequence[Limit]) -> str:
    return "; ".join(f"{limit}: {percent(result.yield_of(limit))}" for limit in limits)


def bars(counts: np.ndarray, edges: np.ndarray, name: str, colour: str) -> dict[str, Any]:
    x, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    return {"type": "bar", "x": x, "y": counts, "width": width, "name": name, "marker": {"color": colour}}


def mismatch_tables(result: MismatchResult) -> list[Table]:
    """Statistics of every metric; yield by limit and of all together."""
    rows = []
    for name, s in result.statistics.items():
        low, high = s.quantiles[0.01], s.quantiles[0.99]
        cells = [
            show(s.nominal, s.unit),
            within(s.mean, s.unit),
            within(s.sigma, s.unit),
            within(low, s.unit),
            within(high, s.unit),
        ]
        rows.append([name.replace("_", " "), *cells])
    told_bounds = f"In brackets: bounds of {100 * result.confidence:g} %. Spread: {result.spread}."
    columns = ["metric", "nominal", "mean", "sigma", "1 % quantile", "99 % quantile"]
    tables = [Table("Metrics under mismatch", columns, rows, told_bounds)]
    shares = [[str(limit), percent(result.yield_of(limit))] for limit in result.limits]
    whole = "all limits together" if result.limits else "spikes steadily"
    shares.append([whole, percent(result.yield_)])
    counts = f"{result.samples} samples. {gone_words(result) or 'All of them spike.'}"
    return [*tables, Table("Yield", ["limit", "share that meets it"], shares, counts)]


def ranking_figure(found: Ranking, proof: Confirmation | None = None, *, id: str = "", caption: str = "") -> Figure:
    """Sigma of the metric that each device causes: predicted from five points, by derivatives, and by brute force."""
    devices = found.devices[:RANKED]
    names = [d.name for d in devices]
    scale, shown = readable([d.sigma for d in devices], found.unit)
    factor = scale[0] / devices[0].sigma if devices[0].sigma else 1.0
    data: list[dict[str, Any]] = [
        {"type": "bar", "x": names, "y": scale, "name": "predicted, five points", "marker": {"color": BLUE}},
        marks(names, [factor * d.linear for d in devices], "derivative x sigma", GREY, "line-ew-open", 16),
    ]
    if proof:
        y = np.array([[r.measured.value, r.measured.low, r.measured.high] for r in proof.rows]) * factor
        error = {"type": "data", "symmetric": False, "array": y[:, 2] - y[:, 0], "arrayminus": y[:, 0] - y[:, 1]}
        drawn = marks(
            [r.device for r in proof.rows], y[:, 0], f"brute force, {proof.rows[0].samples} samples", ORANGE, "circle", 7
        )
        data.append({**drawn, "error_y": {**error, "width": 4, "thickness": 1.4}})
    layout = {
        "xaxis": axis("device", ""),
        "yaxis": axis(f"sigma of the {found.metric.replace('_', ' ')}", shown, rangemode="tozero"),
    }
    words = (
        f"{found.subject}: sigma of the {found.metric.replace('_', ' ')} if only one device varies; all together "
        f"{show(found.sigma, found.unit)} of {show(found.nominal, found.unit)}."
    )
    return Figure(id or f"ranking-{found.metric}", "Devices that matter most", caption or words, data, layout)


def ranking_figures(found: Ranking) -> list[Figure]:
    return [ranking_figure(found, found.proof)]


def ranking_tables(found: Ranking, proof: Confirmation | None = None) -> list[Table]:
    """Devices in order, then parameters; with what brute force gave."""
    proof = proof or found.proof
    proven = {r.device: r for r in proof.rows} if proof else {}
    rows = []
    for d in found.devices:
        row = [d.name, f"{100 * d.share:.2f} %", show(d.sigma, found.unit), show(d.linear, found.unit)]
        if proof:
            mine = proven.get(d.name)
            row.append(f"{within(mine.measured, found.unit)}{'' if mine.agrees else ', disagrees'}" if mine else "")
        rows.append(row)
    columns = [
        "device",
        "share of variance",
        "sigma, five points",
        "sigma, derivative",
        *(["sigma, brute force"] if proof else []),
    ]
    metric = found.metric.replace("_", " ")
    ordered = Table(f"Sigma of the {metric} by device", columns, rows, f"Spread: {found.spread}.")
    cells = [
        [f.name, show(f.spread, f.unit), f"{f.slope:.4g}", show(f.sigma, found.unit), show(f.linear, found.unit), f.note]
        for f in found.factors[:20]
    ]
    headed = ["parameter", "its sigma", "derivative (SI)", "sigma, five points", "sigma, derivative", "note"]
    return [ordered, Table(f"Sigma of the {metric} by parameter", headed, cells)]


def corner_tables(result: CornerResult) -> list[Table]:
    """Every metric in every corner, and whether the limits are met."""
    rows = []
    for k, name in enumerate(result.corner):
        numbers = [metric_cell(result.values[m][k], m) for m in TABLED]
        verdict = ("yes" if result.passed[k] else "no") if result.limits else ""
        place = [name, show(result.supply[k], "V"), f"{result.temperature[k]:g} C"]
        rows.append([*place, *numbers, *([verdict] if result.limits else []), result.reasons[k]])
    columns = [
        "corner",
        "supply",
        "temperature",
        *(m.replace("_", " ") for m in TABLED),
        *(["within limits"] if result.limits else []),
        "why silent",
    ]
    vth, beta = show(result.shift["vth"], "V"), f"{100 * result.shift['beta']:g} %"
    size = f"Fast and slow: threshold {vth}, current factor {beta}; {result.shift_is}."
    return [Table(f"Corners of {result.subject}", columns, rows, f"{size} First letter NMOS, second PMOS.")]


def metric_cell(value: float, metric: str) -> str:
    return show(value, METRICS[metric].unit) if np.isfinite(value) else "silent"


def corner_figures(result: CornerResult) -> list[Figure]:
    """Rate and energy of every corner; one colour a supply, one mark a temperature."""
    figures = []
    for metric in ("rate", "energy"):
        y, unit = readable(result.values[metric], METRICS[metric].unit)
        data = []
        for j, volts in enumerate(np.unique(result.supply)):
            for i, degrees in enumerate(np.unique(result.temperature)):
                own = np.flatnonzero((result.supply == volts) & (result.temperature == degrees) & np.isfinite(y))
                symbol = ("circle", "diamond", "square", "cross", "x")[i % 5]
                name = f"{show(float(volts), 'V')}, {degrees:g} C"
                data.append(marks([result.corner[k] for k in own], y[own], name, COLOURS[j % len(COLOURS)], symbol, 8))
        layout = {"xaxis": axis("corner", "", type="category"), "yaxis": axis(metric, unit, rangemode="tozero")}
        missing = int(np.sum(~result.spiking))
        words = f"{result.subject} at {show(result.current, 'A')}." + (f" {missing} silent, not drawn." if missing else "")
        figures.append(Figure(f"corners-{metric}", f"Corners: {metric}", words, data, layout))
    return figures


def sweep_figure(result: ConditionSweep, metric: str, *, id: str = "", caption: str = "") -> Figure:
    """A metric over supply or temperature; crosses at the bottom where the neuron is silent."""
    y, unit = readable(result.values[metric], METRICS[metric].unit)
    good = y[np.isfinite(y)]
    wide = len(good) > 1 and good.min() > 0 and good.max() > 30 * good.min()
    drawn = line(result.points, [float(v) if np.isfinite(v) else None for v in y], metric, BLUE)
    data = [{**drawn, "mode": "lines+markers", "marker": {"color": BLUE, "size": 5}}]
    silent = result.points[~result.spiking]
    if len(silent):
        level = float(good.min()) if wide else 0.0
        data.append(marks(silent, np.full(len(silent), level), "silent", ORANGE, "x", 9))
    layout = {
        "xaxis": axis(result.condition, "°C" if result.unit == "C" else result.unit),
        "yaxis": axis(metric.replace("_", " "), unit, **({"type": "log"} if wide else {"rangemode": "tozero"})),
    }
    words = f"{result.subject} at {show(result.current, 'A')}; spikes {ranges_words(result)}."
    return Figure(
        id or f"{result.condition}-{metric}",
        f"{metric.capitalize()} over {result.condition}",
        caption or words,
        data,
        layout,
    )


def ranges_words(result: ConditionSweep) -> str:
    """Where it spikes, in words."""
    parts = [
        f"from {point(result, a)} to {point(result, b)}" if a < b else f"at {point(result, a)}" for a, b in result.ranges
    ]
    return " and ".join(parts) or "at no point"


def point(result: ConditionSweep, value: float) -> str:
    return show(value, "V") if result.unit == "V" else f"{value:g} °C"


def sweep_figures(result: ConditionSweep) -> list[Figure]:
    return [sweep_figure(result, metric) for metric in SWEPT]


def sweep_tables(result: ConditionSweep) -> list[Table]:
    """Every point with its metrics, or why it is silent."""
    rows = [
        [point(result, float(p)), *(metric_cell(result.values[m][k], m) for m in TABLED), result.reasons[k]]
        for k, p in enumerate(result.points)
    ]
    columns = [result.condition, *(m.replace("_", " ") for m in TABLED), "why silent"]
    return [Table(f"{result.subject} over {result.condition}", columns, rows, f"Spikes {ranges_words(result)}.")]
