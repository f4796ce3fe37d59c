"""Figures of a classifier on faulty arrays, drawn from a stored result: accuracy, spike times, currents, energy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..networks.axis import STUCK
from ..networks.chain_result import ArrayToAccuracy
from ..quantities import show
from .figures import COLOURS, GREY, ORANGE, PURPLE, Figure, axis, line, marks
from .mismatch_figures import readable

CAUSES = {"stuck_lrs": "stuck-LRS", "stuck_hrs": "stuck-HRS", "combined": "stuck-LRS/HRS"}
UNITS = {"wires": "Ohm", "time": "s", "v_read": "V", "retention.tau": "s"}
PALETTE = (*COLOURS, GREY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
FLOOR = -200.0  # %, where boxes of shifts are cut: spikes three times as late, or lost
BOXED = (0.05, 0.25, 0.50, 0.75, 0.95)
TICKS = 12  # values of the axis that are all labelled
DECADE = 10  # largest over smallest value of an axis from which on it is logarithmic
SPARSE = 5_000  # decisions below which bins of a distribution are drawn wider


def cause(name: str) -> str:
    """A fault's name for readers."""
    return CAUSES.get(name, name)


def unit_of_axis(result: ArrayToAccuracy) -> str:
    """Unit of the values on the axis: "%" of the cells, that of the option, or nothing if options are mixed."""
    if all(name in STUCK for name in result.faults):
        return "%"
    units = {UNITS.get(name, UNITS.get(name.partition(".")[0], "")) for name in result.faults}
    return units.pop() if len(units) == 1 else ""


def swept(result: ArrayToAccuracy) -> tuple[np.ndarray, dict[str, Any]]:
    """The values on the axis, and the axis: shares in %, or an option in its unit."""
    unit = unit_of_axis(result)
    if unit == "%":
        values, label = 100 * result.shares, axis("share of stuck cells", "%")
    else:
        values, shown = readable(result.shares, unit) if unit else (result.shares, "")
        label = axis(", ".join(result.faults), shown)
    if np.all(values > 0) and values.max() > DECADE * values.min():
        label |= {"type": "log"}
    told = {"tickvals": values, "ticktext": [f"{v:.3g}" for v in values]}
    return values, label | (told if len(values) <= TICKS else {})


def category(result: ArrayToAccuracy) -> dict[str, Any]:
    """The same axis with equal room for every value, for boxes side by side."""
    return {"title": swept(result)[1]["title"], "type": "category"}


def categories(result: ArrayToAccuracy) -> list[str]:
    """The values on that axis."""
    return [f"{v:.3g}" for v in swept(result)[0]]


def share_words(result: ArrayToAccuracy) -> list[str]:
    """The values on the axis as text."""
    unit = unit_of_axis(result)
    return [f"{100 * v:g} %" if unit == "%" else show(v, unit or "1") for v in result.shares]


def amount(result: ArrayToAccuracy, s: int, name: str = "") -> str:
    """One value of the axis with its fault (all faults without a name): "10 % stuck-LRS cells", "wires.r_word = 5 Ohm"."""
    words = share_words(result)[s]
    if unit_of_axis(result) == "%":
        return f"{words} {cause(name)} cells" if name else f"{words} stuck cells"
    return f"{name or ', '.join(result.faults)} = {words}"


def array_figures(result: ArrayToAccuracy) -> list[Figure]:
    """All figures of a result: latency where it varies, the spot check and pulsed inputs where they were run."""
    found = [accuracy_figure(result), shift_figure(result), change_figure(result), undecided_figure(result)]
    if result.readout == "first_spike":
        found.append(latency_figure(result))
    found.append(energy_figure(result))
    if result.spot_check is not None:
        found.append(spot_figure(result))
    if result.events is not None:
        found.append(events_figure(result))
    return found


def faded(colour: str, share: float) -> str:
    """The colour, more transparent."""
    r, g, b = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({r},{g},{b},{share})"


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, group: str) -> dict[str, Any]:
    """The room between two curves."""
    shape = {"type": "scatter", "mode": "lines", "fill": "toself", "fillcolor": faded(colour, 0.18), "line": {"width": 0}}
    edges = {"x": np.concatenate([x, x[::-1]]), "y": np.concatenate([low, high[::-1]])}
    return {**shape, **edges, "hoverinfo": "skip", "showlegend": False, "legendgroup": group, "name": group}


def dotted_line(x: Any, y: Any, name: str, colour: str, dash: str = "solid", **more: Any) -> dict[str, Any]:
    """A line with a mark at every value."""
    drawn = line(x, y, name, colour, dash=dash, **more)
    return {**drawn, "mode": "lines+markers", "marker": {"color": colour, "size": 5}}


def accuracy_figure(result: ArrayToAccuracy) -> Figure:
    """Accuracy against share with its interval over chips, every chip a dot; thin: without neurons."""
    x, label = swept(result)
    data: list[dict[str, Any]] = []
    for f, name in enumerate(result.faults):
        colour, told = PALETTE[f % len(PALETTE)], cause(name)
        if result.seeds > 1:
            low, high = (np.clip(100 * edge[f], 0, 100) for edge in (result.accuracy_low, result.accuracy_high))
            data.append(band(x, low, high, colour, told))
            chips = marks(np.repeat(x, result.seeds), 100 * result.accuracy[f].ravel(), told, colour, "circle", 4)
            chips["marker"] |= {"line": {"width": 0}}
            data.append({**chips, "opacity": 0.35, "showlegend": False, "legendgroup": told, "hoverinfo": "skip"})
        data.append(dotted_line(x, 100 * result.accuracy_mean[f], told, colour, legendgroup=told, width=2))
        thin = line(x, 100 * result.array_accuracy[f], "largest current", colour, width=1, dash="dot")
        data.append({**thin, "showlegend": f == 0})
    own = 100 * result.network_accuracy
    data.append(line(x[[0, -1]], [own, own], "trained network", GREY, dash="dash", width=1.2))
    sure = f"the mean over {result.seeds} chips with its {100 * result.confidence:g} % interval, every chip a dot"
    caption = (
        f"How much accuracy the faults cost: {sure if result.seeds > 1 else 'one chip'}; where the dotted line of the "
        f"largest array current lies apart from the solid one, the neurons and their deadline decide, not the array."
    )
    layout = {"xaxis": label, "yaxis": axis("test images right", "%")}
    return Figure("accuracy", f"Accuracy of {result.network}, {result.neuron} neurons", caption, data, layout)


def boxes(x: list[str], values: np.ndarray, levels: np.ndarray, name: str, colour: str, hollow: bool) -> dict[str, Any]:
    """Boxes from quantiles (S, L): the quarter lines, the median, and 5 to 95 % as whiskers."""
    at = [int(np.argmin(np.abs(levels - p))) for p in BOXED]
    low, first, middle, third, high = values[:, at].T
    ends = {"lowerfence": low, "q1": first, "median": middle, "q3": third, "upperfence": high}
    style = {"line": {"color": colour, "width": 1.3}, "fillcolor": "rgba(0,0,0,0)" if hollow else faded(colour, 0.4)}
    return {"type": "box", "x": x, **ends, **style, "name": name}


def shift_figure(result: ArrayToAccuracy) -> Figure:
    """Spike-time shift of the deciding neuron at every share, beside that under the ripple of Shah et al. 2023."""
    x = categories(result)
    data = []
    for f, name in enumerate(result.faults):
        colour = PALETTE[f % len(PALETTE)]
        for values, hollow in ((result.shift[f], False), (result.ripple_shift[f], True)):
            known = ~np.isnan(values).any(axis=1)
            if known.any():
                told = f"{cause(name)}{', ripple' if hollow else ''}"
                kept = [word for word, k in zip(x, known, strict=True) if k]
                data.append(boxes(kept, np.maximum(values[known], FLOOR), result.levels, told, colour, hollow))
    cut = f", cut at {FLOOR:g} % where spikes come late or never" if (result.shift < FLOOR).any() else ""
    hollow_words = "" if np.isnan(result.ripple_shift).all() else "; hollow: under the published ripple"
    caption = (
        "How far the first spike of the neuron that decides moves (positive: earlier): boxes hold half of the images, "
        f"whiskers 5 to 95 %{cut}{hollow_words}."
    )
    layout = {"boxmode": "group", "xaxis": category(result)}
    layout |= {"yaxis": axis("spike-time shift index", "%", zeroline=True)}
    return Figure("shift", "Shift of the deciding spike", caption, data, layout)


def change_figure(result: ArrayToAccuracy) -> Figure:
    """Distribution of the current's change at the largest share: the array's own, and the published ripple."""
    s = int(np.argmax(result.shares))
    merged = 4 if result.images * result.seeds < SPARSE / 4 else 2 if result.images * result.seeds < SPARSE else 1
    edges = 100 * result.change_edges[::merged]
    wide = float(edges[1] - edges[0])
    data = []
    for f, name in enumerate(result.faults):
        colour, told = PALETTE[f % len(PALETTE)], cause(name)
        for density, dash, width, what in (
            (result.change_density[f, s], "solid", 2.0, "array"), (result.ripple_density[f, s], "dash", 1.2, "ripple"),
        ):  # fmt: skip
            if not np.isnan(density).any():
                share = wide * density.reshape(-1, merged).mean(axis=1)
                drawn = line((edges[1:] + edges[:-1]) / 2, share, f"{told}, {what}", colour, width=width, dash=dash)
                data.append({**drawn, "line": {**drawn["line"], "shape": "hvh"}, "showlegend": True})
    rippled = not np.isnan(result.ripple_density[:, s]).all()
    beside = (
        ": where the solid curve is wider than the dashed one, the published uniform ripple of the same share is too kind"
    )
    caption = f"Change of the deciding neuron's current at {amount(result, s)}{beside if rippled else ''}."
    layout = {
        "xaxis": axis("change of the current", "%"),
        "yaxis": axis(f"images per {wide:.2g} %", "%", rangemode="tozero"),
    }
    title = "Change of the array's current" + (" and the published ripple" if rippled else "")
    return Figure("change", title, caption, data, layout)


def undecided_figure(result: ArrayToAccuracy) -> Figure:
    """Share of images without a decision, and of those which no current could have decided."""
    x, label = swept(result)
    data = []
    for f, name in enumerate(result.faults):
        colour, told = PALETTE[f % len(PALETTE)], cause(name)
        data.append(dotted_line(x, 100 * result.undecided[f], f"{told}, undecided", colour))
        data.append(dotted_line(x, 100 * result.silent[f], f"{told}, silent", colour, "dot", width=1.2))
    caption = (
        "Images without any spike by the deadline, which count as wrong: the gap between undecided and silent is what a "
        "longer deadline would win back."
    )
    layout = {"xaxis": label, "yaxis": axis("images", "%", rangemode="tozero")}
    return Figure("undecided", "Missed deadlines", caption, data, layout)


def latency_figure(result: ArrayToAccuracy) -> Figure:
    """Time of decision at every share, with the last layer's deadline."""
    last = result.stages[-1].deadline
    size, unit = readable(np.array([last]), "s")
    x, factor = categories(result), float(size[0]) / last
    data: list[dict[str, Any]] = [
        boxes(x, factor * result.latency[f], result.levels, cause(name), PALETTE[f % len(PALETTE)], False)
        for f, name in enumerate(result.faults)
        if not np.isnan(result.latency[f]).all()
    ]
    data.append(line(x, [float(size[0])] * len(x), "deadline", GREY, dash="dot", width=1.2))
    caption = (
        "When the class is known after the inputs are applied: boxes hold half of the decided images, whiskers 5 to 95 %; "
        "a deadline close to the whiskers costs decisions."
    )
    layout = {"boxmode": "group", "xaxis": category(result)}
    layout |= {"yaxis": axis("time of decision", unit, rangemode="tozero")}
    return Figure("latency", "Latency", caption, data, layout)


def energy_figure(result: ArrayToAccuracy) -> Figure:
    """Energy of an inference by part, a colour a part and a line style a fault."""
    x, label = swept(result)
    unit = readable(result.energy_total, "J")[1]
    factor = float(readable(result.energy_total, "J")[0].ravel()[0] / result.energy_total.ravel()[0])
    data = []
    for p, (part, joule) in enumerate(result.energy.items()):
        for f in range(len(result.faults)):
            dash, told = DASHES[f % len(DASHES)], part.partition(" (")[0]
            drawn = dotted_line(x, positive(factor * joule[f]), told, PALETTE[p % len(PALETTE)], dash)
            data.append({**drawn, "showlegend": f == 0, "legendgroup": told})
    styles = ", ".join(f"{dash}: {cause(name)}" for name, dash in zip(result.faults, DASHES, strict=False))
    caption = (
        "Mean energy of an inference by part, reading each array until its deadline and driving its neurons: the "
        f"topmost line is what to save first{f' ({styles})' if len(result.faults) > 1 else ''}."
    )
    layout = {"xaxis": label, "yaxis": axis("energy of an inference", unit, type="log", dtick=1, exponentformat="none")}
    return Figure("energy", "Energy by part", caption, data, layout)


def positive(values: np.ndarray) -> list[float | None]:
    """Numbers for a logarithmic axis: a gap where there is none."""
    return [float(v) if v > 0 else None for v in values]


def spot_figure(result: ArrayToAccuracy) -> Figure:
    """Relative difference of the model's first spikes from the circuit's, with the error that the model states."""
    check = result.spot_check
    assert check is not None
    both = np.isfinite(check.errors)
    times, unit = readable(check.circuit_times[both], "s")
    data = [marks(times, 100 * check.errors[both], "run", PURPLE, "circle-open", 6)]
    ends = np.array([times.min(initial=1.0), times.max(initial=1.0)])
    for sign in (1, -1):
        edge = line(ends, [sign * 100 * check.stated] * 2, "stated error", ORANGE, dash="dash", width=1.2)
        data.append({**edge, "showlegend": sign == 1})
    caption = (
        f"{check.runs} neurons of {check.decisions} decisions run again as the circuit {check.circuit}: marks between the "
        f"dashed lines mean that the model keeps its word; {check.one_sided} spiked in one of both only, "
        f"{check.changed} decisions change."
    )
    layout = {"xaxis": axis("first spike of the circuit", unit), "yaxis": axis("model - circuit", "%")}
    return Figure("spot-check", "Circuit against model", caption, data, layout)


def events_figure(result: ArrayToAccuracy) -> Figure:
    """Accuracy with pulsed rows beside that with constant voltages, of the first images and chip."""
    events = result.events
    assert events is not None
    x, label = swept(result)
    data = []
    for f, name in enumerate(result.faults):
        colour, told = PALETTE[f % len(PALETTE)], cause(name)
        data.append(dotted_line(x, 100 * events.accuracy[f], f"{told}, {events.kind} pulses", colour))
        data.append(dotted_line(x, 100 * events.static_accuracy[f], f"{told}, constant", colour, "dot", width=1.2))
    caption = (
        f"{events.images} images on one chip with rows pulsed at up to {show(events.rate, 'Hz')} ({events.pulses:.0f} "
        "pulses an image): the gap between the lines is the price of pulses."
    )
    layout = {"xaxis": label, "yaxis": axis("test images right", "%")}
    return Figure("events", "Pulsed inputs", caption, data, layout)
