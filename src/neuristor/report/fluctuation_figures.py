"""Figures and tables of the tolerance to a fluctuating input, drawn from a stored result."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiments.faults import DIRECTIONS
from ..experiments.fluctuation import Fluctuation
from ..quantities import show
from .figures import COLOURS, GREY, Figure, axis, line, marks
from .tables import Table

FAULTS = {"stuck_lrs": "stuck in the LRS", "stuck_hrs": "stuck in the HRS", "combined": "stuck in the LRS or the HRS"}
AXES = {"ripple": "fluctuation", "constant": "change of the current", "column": "stuck cells"}
PALETTE = (*COLOURS, GREY)
BINS = 40
SPREAD = 0.5  # share of the room between two amplitudes that the spikes take side by side


def told(result: Fluctuation) -> str:
    """The run in one sentence."""
    made = {
        "ripple": f"piecewise-linear ripple, nodes {show(result.spacing, 's')} apart",
        "constant": "the full change all the time",
        "column": f"a column of {result.column.cells} cells" if result.column else "",
    }[result.shape]
    lost = f" Spikes lost: {int(result.lost.sum())}." if result.lost.any() else ""
    current = show(result.current, result.input_unit)
    drawn = "" if result.shape == "constant" else f", {result.samples} samples, seed {result.seed}"
    return f"{result.subject} at {current}, {made}{drawn}.{lost}"


def finite(values: Any) -> list[float | None]:
    """Numbers as a chart takes them: a gap where there is none."""
    return [float(v) if np.isfinite(v) else None for v in np.ravel(values)]


def fluctuation_figures(result: Fluctuation) -> list[Figure]:
    """All figures of a result: no histogram where nothing is drawn."""
    return [shift_figure(result), *([] if result.shape == "constant" else [histogram_figure(result)])]


def shift_figure(result: Fluctuation, *, id: str = "", caption: str = "") -> Figure:
    """Shift index against amplitude, one line a spike: median, 5 to 95 % of the samples, and the extremes."""
    if result.shape == "constant":
        return constant_figure(result, id=id, caption=caption)
    order = np.argsort(result.amplitude)
    amplitude = 100 * result.amplitude[order]
    gap = SPREAD * (np.diff(amplitude).min(initial=amplitude.max() or 1.0) or 1.0) / len(result.reference)
    low, middle, high = (result.quantile(p).value for p in (0.05, 0.50, 0.95))
    data = []
    for k in range(len(result.reference)):
        colour, x = PALETTE[k % len(PALETTE)], amplitude + gap * (k - (len(result.reference) - 1) / 2)
        up, down = finite((high - middle)[order, k]), finite((middle - low)[order, k])
        bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "width": 4, "thickness": 1.2}
        drawn = line(x, finite(middle[order, k]), f"spike {k + 1}", colour, width=1.2, error_y=bars)
        drawn |= {"mode": "lines+markers", "marker": {"color": colour, "size": 5}, "legendgroup": f"spike {k + 1}"}
        data.append(drawn)
        for side in extremes(result, k):
            points = marks(x, finite(side[order]), "extreme", colour, "line-ew-open", 7, showlegend=False)
            data.append({**points, "legendgroup": f"spike {k + 1}"})
    layout = {
        "xaxis": axis(AXES[result.shape], "%"),
        "yaxis": axis("spike-time shift index", "%", zeroline=True),
    }
    bars_told = "Bars hold 5 to 95 % of the samples, dashes are the smallest and the largest; spikes stand side by side."
    words = f"{told(result)} {bars_told}"
    title = f"Shift of the spikes, synapses {FAULTS[result.fault]}"
    return Figure(id or f"shift-{result.fault}", title, caption or words, data, layout)


def constant_figure(result: Fluctuation, *, id: str = "", caption: str = "") -> Figure:
    """Shift index against the size of a constant change, one line a spike and direction."""
    order, data = np.argsort(result.amplitude), []
    for k in range(len(result.reference)):
        colour = PALETTE[k % len(PALETTE)]
        for n, way in enumerate(directions(result)):
            name, dash = f"spike {k + 1}, {way}", "dash" if way == "lowered" else "solid"
            drawn = line(100 * result.amplitude[order], finite(result.shift[order, n, k]), name, colour, dash=dash)
            data.append({**drawn, "mode": "lines+markers", "marker": {"color": colour, "size": 5}})
    layout = {"xaxis": axis(AXES["constant"], "%"), "yaxis": axis("spike-time shift index", "%", zeroline=True)}
    words = f"{told(result)} One run for each point: nothing is drawn at random."
    title = f"Shift of the spikes, synapses {FAULTS[result.fault]}"
    return Figure(id or f"shift-{result.fault}", title, caption or words, data, layout)


def directions(result: Fluctuation) -> list[str]:
    """What the samples of shape "constant" are, in their order."""
    return ["raised" if way > 0 else "lowered" for way in DIRECTIONS[result.fault]]


def extremes(result: Fluctuation, spike: int) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest shift of one spike at every amplitude, NaN where no sample has it."""
    shift = result.shift[:, :, spike]
    none = np.isnan(shift)
    gone = none.all(axis=1)
    lowest = np.where(none, np.inf, shift).min(axis=1)
    highest = np.where(none, -np.inf, shift).max(axis=1)
    return np.where(gone, np.nan, lowest), np.where(gone, np.nan, highest)


def histogram_figure(result: Fluctuation, *, id: str = "", caption: str = "") -> Figure:
    """How often each shift occurs at the largest amplitude, spike by spike."""
    k = int(np.argmax(result.amplitude))
    shift = result.shift[k]
    here = shift[~np.isnan(shift)]
    edges = np.histogram_bin_edges(here if len(here) else np.zeros(1), BINS)
    data = []
    for spike in range(shift.shape[1]):
        counts = np.histogram(shift[~np.isnan(shift[:, spike]), spike], edges)[0]
        colour = PALETTE[spike % len(PALETTE)]
        steps = line((edges[1:] + edges[:-1]) / 2, counts, f"spike {spike + 1}", colour)
        data.append({**steps, "line": {**steps["line"], "shape": "hvh"}})
    layout = {"xaxis": axis("spike-time shift index", "%"), "yaxis": axis("samples", "", rangemode="tozero")}
    title = f"Shift of the spikes at {100 * result.amplitude[k]:g} %, synapses {FAULTS[result.fault]}"
    return Figure(id or f"shift-histogram-{result.fault}", title, caption or told(result), data, layout)


def shift_table(result: Fluctuation) -> Table:
    """Mean, spread, quantiles with bounds and largest shift of every amplitude and spike; of shape "constant" the shifts."""
    if result.shape == "constant":
        return constant_table(result)
    s = result.statistics()
    numbers = ["mean", "std", "5 %", "median", "95 %", "largest |shift|", "covers", "lost"]
    columns = [AXES[result.shape], "spike", "without faults", *numbers]
    rows = []
    for a, x in enumerate(result.amplitude):
        for k, t0 in enumerate(result.reference):
            quantiles = [bounded(s, name, a, k) for name in ("q05", "q50", "q95")]
            rows.append(
                [
                    f"{100 * x:g} %", str(k + 1), show(t0, "s"), bounded(s, "mean", a, k), percent(s["std"][a, k]),
                    *quantiles, percent(s["largest"][a, k]),
                    percent(100 * s["coverage"][a, k]), str(int(s["lost"][a, k])),
                ]
            )  # fmt: skip
    sure = f"{100 * result.confidence:g} %"
    note = (
        f"Shift in %, positive: earlier. In brackets {sure} confidence intervals; of quantiles they assume no distribution. "
        f"Covers: so many % of the population shift no more than the largest seen, with {sure} confidence; no statement (-) "
        "where spikes are lost, which largest, mean and std leave out, or where nothing is drawn (no fault)."
    )
    return Table(f"Shift of the spikes of {result.subject}, synapses {FAULTS[result.fault]}", columns, rows, note)


def constant_table(result: Fluctuation) -> Table:
    """The shift of every amplitude and spike by the current raised and lowered."""
    ways = directions(result)
    columns = [AXES["constant"], "spike", "without faults", *(f"current {way}" for way in ways)]
    rows = [
        [f"{100 * x:g} %", str(k + 1), show(t0, "s"), *(shifted(v) for v in result.shift[a, :, k])]
        for a, x in enumerate(result.amplitude)
        for k, t0 in enumerate(result.reference)
    ]
    note = (
        "Shift in %, positive: earlier. One run for each number: nothing is drawn at random, so the number of samples and "
        "the seed do not count and there are no statistics."
    )
    return Table(f"Shift of the spikes of {result.subject}, synapses {FAULTS[result.fault]}", columns, rows, note)


def shifted(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "lost"


def percent(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "-"


def bounded(s: dict[str, np.ndarray], name: str, a: int, k: int) -> str:
    value, low, high = (float(s[name + end][a, k]) for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return "-"
    if np.isnan(low) or np.isnan(high):
        return percent(value)
    if low == high or not (np.isfinite(low) or np.isfinite(high)):
        return percent(value)
    return f"{percent(value)} ({percent(low)} to {percent(high)})"
