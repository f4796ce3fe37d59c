"""Figures of a circuit's results, drawn from stored results only."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..circuits.results import AcResponse, CircuitTrace, DcSweep, NoiseDensity
from ..circuits.run import CircuitRun
from ..quantities import show
from .circuit_tables import axis_unit, corner, decibel, moves, per_lane, shown, unit_of
from .figures import COLOURS, DRAWN_POINTS, GREY, ORANGE, Figure, axis, line, marks

MORE_COLOURS = (*COLOURS, "#b5892f", "#2f9fa8", "#b0486f", GREY)
MOST_NODES = 12  # drawn one by one
MOST_RASTER = 20_000  # spikes drawn as single marks
FEW_VALUES = 12  # fewer different values get a bar each
SIZES = {"G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18}


def in_prefix(values: Any, unit: str) -> tuple[np.ndarray, str]:
    """Values in the prefix that suits the largest of them ("pA", "us"), and that unit."""
    values = np.asarray(values, dtype=float)
    finite = np.abs(values[np.isfinite(values)])
    if unit in ("1", "") or not len(finite) or not finite.max() > 0:
        return values, "" if unit == "1" else unit
    words = show(float(finite.max()), unit).split(" ")
    prefix = words[1].removesuffix(unit) if len(words) > 1 else ""
    return values / SIZES.get(prefix, 1.0), f"{prefix if prefix in SIZES else ''}{unit}"


def thinned(time: np.ndarray, values: np.ndarray, points: int = DRAWN_POINTS) -> tuple[np.ndarray, np.ndarray]:
    """At most about `points` points with every spike kept: the smallest and the largest value of each stretch of time."""
    if len(time) <= points:
        return time, values
    stretch = np.clip(((time - time[0]) / (time[-1] - time[0]) * (points // 4)).astype(int), 0, points // 4 - 1)
    starts = np.flatnonzero(np.diff(stretch, prepend=-1))
    kept = {0, len(time) - 1}
    for a, b in zip(starts, [*starts[1:], len(time)], strict=True):
        piece = values[a:b]
        kept |= {int(a), int(b) - 1, int(a + np.argmin(piece)), int(a + np.argmax(piece))}
    chosen = np.array(sorted(kept))
    return time[chosen], values[chosen]


# Transient


def tran_figures(trace: CircuitTrace, run: CircuitRun) -> list[Figure]:
    """One lane: nodes over time and one spike in detail. More: spikes, what depends on a sweep, histograms."""
    if trace.lanes == 1:
        return one_lane_figures(trace)
    if len(run.lanes.values):
        figures = sweep_figures(trace, run)
    else:
        figures = histograms(trace) if run.lanes.samples else lane_figures(trace)
    return figures + ([raster(trace)] if trace.crossings and 0 < len(trace.spike_times) <= MOST_RASTER else [])


def one_lane_figures(trace: CircuitTrace) -> list[Figure]:
    """The watched nodes first, then one spike of all nodes, then the other nodes that change."""
    watched = [n for n in trace.crossings if n in trace.signals]
    others = [n for n in trace.signals if n not in watched and np.ptp(trace[n][0]) > 0]
    constant = [n for n in trace.signals if n not in watched and n not in others]
    figures = [node_figure(trace, node) for node in watched]
    zoom = spike_figure(trace)
    figures += [zoom] if zoom else []
    figures += [node_figure(trace, node) for node in others[:MOST_NODES]]
    if figures and len(trace.time) > DRAWN_POINTS:
        figures[0].caption += " Drawn are the smallest and the largest value of each stretch of time, here and below."
    if figures and len(others) > MOST_NODES:
        figures[-1].caption += f" {len(others) - MOST_NODES} more nodes are in the files of --csv and --parquet."
    if figures and constant:
        figures[-1].caption += f" Constant: {', '.join(f'{n} {show(trace[n][0, 0], unit_of(n))}' for n in constant[:8])}."
    return figures


def node_figure(trace: CircuitTrace, node: str) -> Figure:
    """One signal over the whole time, its spikes marked above."""
    time, values = thinned(trace.time, trace[node][0])
    x, x_unit = in_prefix(time, "s")
    y, y_unit = in_prefix(values, unit_of(node))
    data = [line(x, y, node, COLOURS[0], width=1.4)]
    caption = ""
    spikes = trace.crossings.get(node, [np.zeros(0)])[0]
    if len(spikes):
        top = np.nanmax(y) + 0.08 * (np.ptp(y) or 1.0)
        data.append(marks(spikes * (x[-1] / time[-1]), np.full(len(spikes), top), "spikes", ORANGE))
        caption = f"Ticks mark the {len(spikes)} located spikes."
    layout = {"xaxis": axis("time", x_unit), "yaxis": axis(node, y_unit)}
    return Figure(f"node-{len(node)}-{identifier(node)}", f"{node} over time", caption, data, layout)


def identifier(name: str) -> str:
    """A name as part of an HTML id."""
    return "".join(c if c.isalnum() else f"-{ord(c):x}-" for c in name)


def spike_figure(trace: CircuitTrace) -> Figure | None:
    """All nodes around one spike in the middle of the run, the time counted from it; None if there is none."""
    node = next((n for n, lanes in trace.crossings.items() if len(lanes[0]) and len(trace.widths[n][0])), None)
    if node is None or not trace.signals:
        return None
    spikes, widths = trace.crossings[node][0], trace.widths[node][0]
    k = min(len(spikes) // 2, len(widths) - 1)
    at, width = float(spikes[k]), float(widths[k])
    inside = (trace.time >= at - 1.5 * width) & (trace.time <= at + 3.5 * width)
    if inside.sum() < 8:
        return None
    window = np.clip([np.argmax(inside) - 1, len(inside) - np.argmax(inside[::-1]) + 1], 0, len(inside))
    part = slice(int(window[0]), int(window[1]))
    (low, high), x_unit = in_prefix([-1.5 * width, 3.5 * width], "s")
    x = (trace.time[part] - at) * (high / (3.5 * width))
    names = [n for n in trace.signals if unit_of(n) == "V"][: len(MORE_COLOURS)]
    data = [line(x, trace[n][0, part], n, MORE_COLOURS[j], width=2.4 if n == node else 1.4) for j, n in enumerate(names)]
    layout = {"xaxis": axis("time from the spike", x_unit, range=[low, high]),
              "yaxis": axis("voltage", "V")}  # fmt: skip
    caption = f"Spike {k + 1} of {node} at {show(at, 's', 6)}, {show(width, 's')} wide at the level where it is counted."
    return Figure("spike", "One spike", caption, data, layout)


def sweep_figures(trace: CircuitTrace, run: CircuitRun) -> list[Figure]:
    """Rate, first spike, energy and measures over the swept value; with samples their mean and standard deviation."""
    lanes = run.lanes
    x, x_unit = in_prefix(lanes.values, lanes.unit)
    log = bool(np.all(lanes.values > 0) and not evenly(lanes.values))
    figures = []
    for k, (name, (unit, values)) in enumerate(per_lane(trace).items()):
        if not np.isfinite(values).any():
            continue
        y, y_unit = in_prefix(values, unit)
        grid = y.reshape(len(x), -1)
        defined = np.isfinite(grid).sum(axis=1)
        mean = np.nansum(grid, axis=1) / np.where(defined > 0, defined, np.nan)
        curve = {**marks(x, mean, name, COLOURS[k % 4], "circle", 5), "mode": "lines+markers"}
        curve["line"] = {"color": COLOURS[k % 4], "width": 1.2}
        caption = ""
        if lanes.samples > 1:
            square = np.nansum((grid - mean[:, None]) ** 2, axis=1)
            sigma = np.sqrt(square / np.where(defined > 1, defined - 1, np.nan))
            curve["error_y"] = {"type": "data", "array": sigma, "thickness": 1, "width": 3}
            caption = f"Mean of {lanes.samples} samples; the bars are their standard deviation."
        flat = name.startswith("rate") or np.nanmin(mean) > 0.98 * np.nanmax(mean)
        y_axis = axis(name, y_unit, **({"rangemode": "tozero"} if flat else {}))
        layout = {"xaxis": axis(lanes.name, x_unit, **({"type": "log"} if log else {})), "yaxis": y_axis}
        figures.append(Figure(f"sweep{k}", f"{name[0].upper()}{name[1:]}", caption, [curve], layout))
    return figures


def evenly(values: np.ndarray) -> bool:
    """Whether rising values have equal distances."""
    steps = np.diff(values)
    return bool(np.allclose(steps, steps[0], rtol=1e-6, atol=0.0))


def lane_figures(trace: CircuitTrace) -> list[Figure]:
    """The rate of every lane where nothing says what makes them differ."""
    if not trace.crossings:
        return []
    data = [{**line(list(range(trace.lanes)), trace.rates, "rate", COLOURS[0]), "mode": "lines+markers"}]
    layout = {"xaxis": axis("lane", ""), "yaxis": axis("rate", "Hz", rangemode="tozero")}
    return [Figure("rates", "Rate of every lane", "", data, layout)]


def histograms(trace: CircuitTrace) -> list[Figure]:
    """How the quantities of all lanes are distributed; those of few different values come last."""
    figures: list[Figure] = []
    quantities = sorted(per_lane(trace).items(), key=lambda item: len(np.unique(item[1][1])) < FEW_VALUES)
    for k, (name, (unit, values)) in enumerate(quantities):
        good = values[np.isfinite(values)]
        if len(good) < 2 or not np.ptp(good) > 1e-12 * np.max(np.abs(good)):
            continue
        y, y_unit = in_prefix(good, unit)
        steps = np.unique(y)
        edges = np.linspace(y.min(), y.max(), min(60, int(np.ceil(2 * len(y) ** (1 / 3))) + 4) + 1)
        if len(steps) < FEW_VALUES:
            half = 0.5 * float(np.diff(steps).min())
            edges = np.unique(np.concatenate([steps - half, steps + half]))
        counts, _ = np.histogram(y, edges)
        bars = {"type": "bar", "x": 0.5 * (edges[1:] + edges[:-1]), "y": counts, "width": np.diff(edges), "name": name,
                "marker": {"color": COLOURS[k % 4]}}  # fmt: skip
        sigma = float(np.std(good, ddof=1))
        missing = f"; not defined in {len(values) - len(good)} lanes" if len(good) < len(values) else ""
        caption = f"Mean {shown(float(np.mean(good)), unit)}, standard deviation {shown(sigma, unit)}{missing}."
        layout = {"xaxis": axis(name, y_unit), "yaxis": axis("lanes", ""), "bargap": 0}
        figures.append(Figure(f"histogram{k}", f"{name[0].upper()}{name[1:]} of {len(good)} lanes", caption, [bars], layout))
    return figures


def raster(trace: CircuitTrace) -> Figure:
    """Spikes of the first watched node, one row a lane."""
    x, unit = in_prefix(trace.spike_times, "s")
    lanes = np.repeat(np.arange(trace.lanes), trace.spike_counts)
    data = [marks(x, lanes, "spikes", COLOURS[0], size=max(3, min(11, 240 // trace.lanes)))]
    layout = {"xaxis": axis("time", unit), "yaxis": axis("lane", "", range=[-0.7, trace.lanes - 0.3])}
    node = next(iter(trace.crossings))
    return Figure("raster", "Spikes of every lane", f"Rising crossings of {node}.", data, layout)


# DC, AC, noise


def dc_figures(sweep: DcSweep, run: CircuitRun, kind: str = "dc") -> list[Figure]:
    """Node voltages, then source currents, over the swept source; of two sources one line a value of the second."""
    x, x_unit = in_prefix(sweep.axis, axis_unit(run, sweep.axis_name))
    figures = []
    for unit, what in (("V", "voltages"), ("A", "currents")):
        names = [n for n in sweep.signals if unit_of(n) == unit and n != sweep.axis_name][: len(MORE_COLOURS)]
        size = max((float(np.max(np.abs(sweep[n]))) for n in names), default=0.0)
        _, y_unit = in_prefix([size], unit)
        factor = in_prefix([size], unit)[0][0] / size if size else 1.0
        data = []
        for j, name in enumerate(names):
            for row, values in enumerate(np.atleast_2d(sweep[name])):
                data.append(line(x, factor * values, name, MORE_COLOURS[j], legendgroup=name, showlegend=row == 0))
        if data:
            layout = {"xaxis": axis(sweep.axis_name, x_unit), "yaxis": axis(what, y_unit)}
            caption = f"One line for each of {len(sweep.second)} values of the second source." if len(sweep.second) else ""
            figures.append(Figure(f"{kind}-{what}", f"DC sweep of {sweep.axis_name}: {what}", caption, data, layout))
    return figures


def ac_figures(response: AcResponse, run: CircuitRun, kind: str = "ac") -> list[Figure]:
    """Magnitude above phase, of the node voltages."""
    f = response.frequency
    names = [n for n, v in response.signals.items() if unit_of(n) == "V" and moves(response, n) and np.all(np.abs(v) > 0)][
        : len(MORE_COLOURS)
    ]
    data = []
    for j, name in enumerate(names):
        phase = np.degrees(np.unwrap(np.angle(response[name])))
        data.append(line(f, decibel(response[name]), name, MORE_COLOURS[j], legendgroup=name))
        data.append(line(f, phase, name, MORE_COLOURS[j], yaxis="y2", legendgroup=name, showlegend=False))
    corners = [f"{n} {show(corner(f, response[n]), 'Hz')}" for n in names if np.isfinite(corner(f, response[n]))]
    layout = {"xaxis": axis("frequency", "Hz", type="log", anchor="y2"),
              "yaxis": axis("magnitude", "dB", domain=[0.5, 1]), "yaxis2": axis("phase", "°", domain=[0, 0.42])}  # fmt: skip
    caption = f"3 dB below the largest magnitude: {', '.join(corners)}." if corners else ""
    return [Figure(kind, "AC response", caption, data, layout)] if data else []


def noise_figures(noise: NoiseDensity, run: CircuitRun, kind: str = "noise") -> list[Figure]:
    """Density at the output and the largest contributions to it."""
    f = noise.frequency
    largest = sorted(noise.shares, key=lambda name: -float(np.trapezoid(noise.shares[name], f)))[: len(COLOURS)]
    curves = {"all": noise.output} | {
        name: noise.shares[name] for name in largest if 0 < np.max(noise.shares[name]) < np.max(noise.output)
    }
    colours = (GREY, *COLOURS)
    data = [
        line(
            f,
            np.where(v > 0, np.sqrt(v), np.nan),
            name,
            colours[j],
            width=4 if j == 0 else 1.6,
            opacity=0.6 if j == 0 else 1,
        )
        for j, (name, v) in enumerate(curves.items())
    ]
    layout = {"xaxis": axis("frequency", "Hz", type="log"),
              "yaxis": axis("noise density", "V/√Hz", type="log", exponentformat="power")}  # fmt: skip
    caption = f"At the output; {shown(float(np.sqrt(noise.total)), 'V')} rms in all."
    return [Figure(kind, "Noise", caption, data, layout)]
