"""Figures of a study, drawn from its findings: only binned numbers reach the page, whatever the number of runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..quantities import unit_size
from ..studies.findings import Findings
from ..studies.reading import Reading, axis_name, value_words
from ..studies.sensitivity import Sensitivities
from ..studies.summaries import Along, Yield
from ..trace import Trace
from .circuit_figures import MORE_COLOURS, in_prefix, thinned
from .figures import BLUE, COLOURS, DRAWN_POINTS, GREY, ORANGE, Figure, axis, line, marks, spike_points, vertical
from .mismatch_figures import bars, percent, readable

MOST_DRAWN = 300  # values of an axis in a chart
MOST_CELLS = 4000  # points of two axes in a map
APART = 4  # values of an axis that are told apart by colour
SHOWN_METRICS = 8
RANKED = 12
BAND = "rgba(47,111,181,0.18)"
MET = [[0, "#e2a37e"], [0.5, "#f4efe8"], [1, "#8fb5dd"]]  # of yields; dark text stays readable


def study_figures(found: Findings) -> list[Figure]:
    """Distributions, averages along axes, yields, sensitivities, correlations."""
    names = found.metrics[:SHOWN_METRICS]
    figures = [histogram(found, name) for name in names if found.distributions[name].defined]
    figures += [along_figure(found, a) for name in names for a in found.along[name] if np.any(np.isfinite(a.mean.value))]
    figures += yield_figures(found)
    figures += [sensitivity_figure(found, found.sensitivities[n]) for n in names if found.sensitivities[n].inputs]
    figures += [correlation_figure(found)] if np.sum(np.isfinite(np.diag(found.correlations))) > 1 else []
    return figures


def factor_to(unit: str, shown: str) -> float:
    """What a value in `unit` is multiplied by to be one in `shown`."""
    return float(unit_size(unit)[0] / unit_size(shown)[0]) if shown else 1.0


def words(name: str) -> str:
    return name.replace("_", " ")


def metric_axis(metric: str, shown: str, **more: Any) -> dict[str, Any]:
    return axis(words(metric), "" if shown == "1" else shown, **more)


def histogram(found: Findings, metric: str) -> Figure:
    """How often a metric has which value, with its limit and its 5, 50 and 95 % quantiles."""
    own, reading = found.distributions[metric], found.reading
    edges, shown = readable(own.edges, own.unit)
    factor, limit = factor_to(own.unit, shown), reading.limit_of(metric)
    data = [bars(counts, edges, name, colour) for counts, name, colour in histogram_parts(reading, metric, own)]
    levels = [factor * own.quantiles[p].value for p in (0.05, 0.5, 0.95)]
    shapes = [{**vertical(float(x)), "line": {"color": GREY, "width": 1, "dash": "dash"}} for x in levels]
    sides = [factor * edge for edge in (limit.low, limit.high) if np.isfinite(edge)] if limit else []
    shapes += [vertical(float(x)) for x in sides if edges[0] <= x <= edges[-1]]
    told = [f"{own.defined} runs; dashed: 5, 50 and 95 % quantiles."]
    if limit:
        told.append(
            f"Dotted: limit {limit.text(own.unit)}." if len(shapes) > len(levels) else f"Limit: {limit.text(own.unit)}."
        )
    if own.undefined:
        told.append(f"{own.undefined} good runs have no value.")
    if own.below + own.above:
        told.append(f"{own.below} runs lie below and {own.above} above what is drawn.")
    layout = {
        "barmode": "stack", "bargap": 0, "xaxis": metric_axis(metric, shown), "yaxis": axis("runs", "", rangemode="tozero"),
        "shapes": shapes, "showlegend": len(data) > 1,
    }  # fmt: skip
    return Figure(f"histogram-{metric}", f"Distribution of the {words(metric)}", " ".join(told), data, layout)


def histogram_parts(reading: Reading, metric: str, own: Any) -> list[tuple[np.ndarray, str, str]]:
    """Counts, name and colour of the stacks: one a value of the first axis if it has few, else all runs."""
    if not reading.axes or reading.shape[0] > APART:
        return [(own.counts, words(metric), BLUE)]
    first, name = reading.axes[0], axis_name(reading.axes[0])
    values = reading.grid(metric).reshape(reading.samples, reading.shape[0], -1)
    return [
        (
            np.histogram(values[:, k][~np.isnan(values[:, k])], own.edges)[0],
            f"{name} {value_words(first, name, k)}",
            COLOURS[k],
        )
        for k in range(reading.shape[0])
    ]


def along_figure(found: Findings, a: Along) -> Figure:
    """Mean of a metric along an axis with the band of 90 % of the runs; with another short axis, a line for each value."""
    reading, unit = found.reading, found.reading.metrics[a.metric]
    own = reading.axes[a.axis]
    x, x_axis = axis_values(reading, a.axis, a.name)
    here = drawn_places(own.points)
    low, high, middle = (a.quantiles[p][here] for p in (0.05, 0.95, 0.5))
    mean, least, most = (b[here] for b in (a.mean.value, a.mean.low, a.mean.high))
    shown = readable(np.concatenate([low, high]), unit)[1]
    f = factor_to(unit, shown)
    edge = {"color": BLUE, "width": 0}
    data: list[dict[str, Any]] = [
        {"type": "scatter", "mode": "lines", "x": x, "y": f * low, "line": edge, "showlegend": False, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "x": x, "y": f * high, "line": edge, "fill": "tonexty", "fillcolor": BAND,
         "name": "5 to 95 %"},
        with_bounds({**marks(x, f * mean, "mean", BLUE, "circle", 6), "mode": "lines+markers"},
                    *(f * b for b in (mean, least, most))),
    ]  # fmt: skip
    data += other_lines(reading, a, x, f) or [line(x, f * middle, "median", GREY, dash="dot", width=1.2)]
    rest = [axis_name(other) for k, other in enumerate(reading.axes) if k != a.axis]
    over = f" Over all values of {', '.join(rest)}." if rest else ""
    layout = {"xaxis": x_axis, "yaxis": metric_axis(a.metric, shown)}
    caption = f"Mean with 95 % bounds, and the range of 90 % of the runs at each of {own.points} values.{over}"
    return Figure(f"along-{a.metric}-{a.axis}", f"{words(a.metric).capitalize()} along {a.name}", caption, data, layout)


def drawn_places(points: int, most: int = MOST_DRAWN) -> np.ndarray:
    """Places of the values of an axis that are drawn: all, or evenly spread ones."""
    return np.unique(np.linspace(0, points - 1, min(points, most)).round().astype(int))


def axis_values(reading: Reading, number: int, name: str) -> tuple[Any, dict[str, Any]]:
    """The values of an axis as they are drawn, and the layout of that axis of the chart."""
    own = reading.axes[number]
    values, unit = own.columns[name][drawn_places(own.points)], own.units[name]
    if name == "corner" or own.points == 1:
        return [value_words(own, name, k) for k in range(own.points)], axis(name, "", type="category")
    x, shown = readable(values, unit)
    steps = np.diff(np.log(values)) if np.all(values > 0) else np.zeros(0)
    even = len(steps) > 2 and np.allclose(steps, steps[0], rtol=1e-3)
    return x, metric_axis(name, shown, **({"type": "log"} if even else {}))


def other_lines(reading: Reading, a: Along, x: Any, f: float) -> list[dict[str, Any]]:
    """Means along an axis at each value of the other one, if there is one other and it has few values."""
    others = [k for k in range(len(reading.axes)) if k != a.axis]
    if len(others) != 1 or not 1 < reading.shape[others[0]] <= APART:
        return []
    other, name = reading.axes[others[0]], axis_name(reading.axes[others[0]])
    grid = np.moveaxis(reading.grid(a.metric).reshape(reading.samples, *reading.shape), a.axis + 1, 1)
    here = ~np.isnan(grid)
    with np.errstate(invalid="ignore"):
        means = np.where(here, grid, 0.0).sum(axis=0) / here.sum(axis=0)
    return [
        line(
            x, f * means[:, k], f"{name} {value_words(other, name, k)}", MORE_COLOURS[(k + 1) % len(MORE_COLOURS)], width=1.4
        )
        for k in range(other.points)
    ]


def with_bounds(trace: dict[str, Any], value: Any, low: Any, high: Any) -> dict[str, Any]:
    """A trace of points with bars of their bounds."""
    up, down = np.asarray(high) - value, np.asarray(value) - low
    bar = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "width": 3, "thickness": 1.2}
    return {**trace, "error_y": bar}


def yield_figures(found: Findings) -> list[Figure]:
    """The yield at every point: points with bounds along one axis, a map over two; nothing of single points."""
    reading = found.reading
    if not found.yields or reading.points < 2 or len(reading.axes) > 2:
        return []
    last = found.yields[-1]
    if len(reading.axes) == 2:
        return [yield_map(reading, last)] if reading.points <= MOST_CELLS and max(reading.shape) <= MOST_DRAWN else []
    here = drawn_places(reading.points)
    x, x_axis = axis_values(reading, 0, axis_name(reading.axes[0]))
    data = []
    for k, own in enumerate(found.yields):
        value, low, high = (100 * b[here] for b in (own.points.value, own.points.low, own.points.high))
        drawn = marks(x, value, limits_words(reading, own), MORE_COLOURS[k % len(MORE_COLOURS)], "circle", 6)
        drawn = {**drawn, "mode": "lines+markers"}
        data.append(with_bounds(drawn, value, low, high))
    layout = {"xaxis": x_axis, "yaxis": axis("yield", "%"), "showlegend": True}
    caption = f"Share of the samples within the limits, with 95 % bounds. At every point: {percent(last.every)}."
    return [Figure("yield", "Yield", caption, data, layout)]


def yield_map(reading: Reading, own: Yield) -> Figure:
    y, y_axis = axis_values(reading, 0, axis_name(reading.axes[0]))
    x, x_axis = axis_values(reading, 1, axis_name(reading.axes[1]))
    z = 100 * own.points.value.reshape(reading.shape)
    data = [{"type": "heatmap", "x": x, "y": y, "z": z, "zmin": 0, "zmax": 100, "colorscale": MET,
             "texttemplate": "%{z:.1f}" if reading.points <= 100 else "", "colorbar": {"title": {"text": "%"}}}]  # fmt: skip
    for told in (x_axis, y_axis):
        told["type"] = "category"
    caption = f"Share of the samples within {limits_words(reading, own)}, in %. At every point: {percent(own.every)}."
    return Figure("yield", "Yield", caption, data, {"xaxis": x_axis, "yaxis": y_axis})


def limits_words(reading: Reading, own: Yield) -> str:
    return "; ".join(limit.text(reading.metrics[limit.name]) for limit in own.limits)


def sensitivity_figure(found: Findings, own: Sensitivities) -> Figure:
    """First-order shares as bars, total ones as marks, with bounds."""
    told = [s for s in own.inputs if s.first][:RANKED]
    names = [s.name for s in told]
    data = []
    for kind, shares in (("first order", [s.first for s in told]), ("total", [s.total for s in told])):
        there = [(name, b) for name, b in zip(names, shares, strict=True) if b]
        y = 100 * np.array([[b.value, b.low, b.high] for _, b in there]).reshape(-1, 3).T
        drawn = marks([n for n, _ in there], y[0], kind, ORANGE, "diamond", 9)
        if kind == "first order":
            drawn = {"type": "bar", "x": names, "y": y[0], "name": kind, "marker": {"color": BLUE}}
        data += [with_bounds(drawn, *y)] if there else []
    layout = {"xaxis": axis("", "", type="category"), "yaxis": axis("share of the variance", "%", rangemode="tozero")}
    points = " at the same point of the axes" if found.reading.points > 1 else ""
    caption = f"Variance between {own.samples} samples{points} by random input, with 95 % bounds. {own.note}".strip()
    return Figure(f"sensitivity-{own.metric}", f"What moves the {words(own.metric)}", caption, data, layout)


def correlation_figure(found: Findings) -> Figure:
    names = [words(n) for n in found.metrics]
    z = found.correlations[::-1]
    data = [{"type": "heatmap", "x": names, "y": names[::-1], "z": z, "zmin": -1, "zmax": 1, "colorscale": "RdBu",
             "texttemplate": "%{z:.2f}" if len(names) <= 12 else ""}]  # fmt: skip
    caption = "Rank correlations of metrics between samples at the same point; empty where a metric does not vary."
    return Figure(
        "correlations", "Metrics against each other", caption, data, {"xaxis": axis("", ""), "yaxis": axis("", "")}
    )


def waveform_figure(found: Findings, metric: str, traces: Mapping[str, Trace]) -> Figure:
    """The membrane of single runs over time."""
    trace = next(iter(traces.values()))
    own = getattr(found.reading.plan.subject, "membrane", "v_mem")
    signal = own if own in trace.signals else next(iter(trace.signals))
    end, unit = in_prefix(np.array([max(t.duration for t in traces.values())]), "s")
    factor = float(end[0]) / max(t.duration for t in traces.values())
    own_unit = trace.units.get(signal, "1")
    shown = readable(trace[signal], own_unit)[1]
    data = []
    for k, (name, each) in enumerate(traces.items()):
        long = len(each.time) > DRAWN_POINTS
        x, y = thinned(each.time, each[signal][0]) if long else spike_points(each, signal)
        y = factor_to(own_unit, shown) * y
        data.append(line(factor * x, y, name, MORE_COLOURS[k % len(MORE_COLOURS)], width=1.3))
    layout = {"xaxis": axis("time", unit), "yaxis": metric_axis(signal, shown)}
    return Figure("waveforms", f"Runs again: {words(metric)}", f"{signal} of single runs, run once more.", data, layout)
