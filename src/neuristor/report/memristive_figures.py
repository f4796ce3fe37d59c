"""Figures and tables of the memristor-based neuron: adaptation, energy of spikes, feasibility, spread of its device."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..experiments.burst_adaptation import BurstAdaptation
from ..experiments.feasibility import KINDS, MEANING, QUANTILES, DeviceSpread, FeasibilityMap
from ..experiments.spike_energy import SpikeEnergy
from ..neurons.memristive_alif import MemristiveALIF
from ..quantities import show
from ..trace import Trace
from .figures import BLUE, COLOURS, GREEN, GREY, ORANGE, PURPLE, Figure, axis, line, marks, scaled
from .tables import Table

KIND_COLOURS = ("#d9dce1", "#d0662a", "#a3364d", "#c9b458", "#7fa7d6", "#2f8f5b")
DASHES = ("solid", "dash", "dot", "dashdot")
BINS = 40


def told(amplitude: float, frequency: float, unit: str = "A") -> str:
    """An input in a few words."""
    return f"{show(amplitude, unit)}, {show(frequency, 'Hz')}" if frequency else f"{show(amplitude, unit)}, constant"


def membrane_figures(neuron: MemristiveALIF, trace: Trace) -> list[Figure]:
    """Memristor voltage, state and capacitor voltage of one lane over time: what figure 5 of the paper shows."""
    time = 1e3 * trace.time
    x = SimpleNamespace(v_c=trace["v_c"][0], x=trace["x"][0])
    v_m, unit = scaled(neuron.v_m(x), "V")
    caption = f"{trace.meta['stimulus']}; ticks mark the located spikes."
    spikes = 1e3 * trace.spikes[0]
    top = 1.08 * float(scaled(np.array([neuron.v_th]), "V")[0][0])
    drawn = [line(time, v_m, "v_m", BLUE, width=1.1), marks(spikes, np.full(len(spikes), top), "spikes", ORANGE)]
    panels = [
        ("membrane", "Voltage across the memristor", drawn, axis("v_m", unit)),
        ("state", "State of the memristor", [line(time, x.x, "x", PURPLE)], axis("x", "", range=[0, 1.05])),
        ("capacitor", "Voltage of the capacitor", [line(time, scaled(x.v_c, "V")[0], "v_c", GREEN, width=1.1)],
         axis("v_c", unit)),
    ]  # fmt: skip
    return [
        Figure(f"memristive-{name}", f"{title} of {trace.subject}", caption, data, {"xaxis": axis("time", "ms"), "yaxis": y})
        for name, title, data, y in panels
    ]


def adaptation_figures(result: BurstAdaptation) -> list[Figure]:
    """Intervals inside bursts over time, spikes of every burst, and the state, one line a condition."""
    intervals, counts, states = [], [], []
    for k, (level, rate) in enumerate(zip(result.amplitude, result.frequency, strict=True)):
        style = {"colour": COLOURS[k % len(COLOURS)], "dash": DASHES[k // len(COLOURS) % len(DASHES)]}
        name, found = told(float(level), float(rate), result.input_unit), result.intervals(k)
        points = line(1e3 * found.times, 1e6 * found.lengths, name, **style, width=1.0)
        intervals.append({**points, "mode": "lines+markers", "marker": {"size": 4, "color": style["colour"]}})
        counts.append({**line(np.arange(1, len(result.counts[k]) + 1), result.counts[k], name, **style),
                       "mode": "lines+markers"})  # fmt: skip
        if result.state.size:
            states.append(line(1e3 * result.time, result.state[k], name, **style))
    words = f"Unipolar square wave, duty {100 * result.duty:g} %, {show(result.duration, 's')}."
    figures = [
        Figure("burst-intervals", f"Intervals of {result.subject} inside its bursts", words, intervals,
               {"xaxis": axis("time", "ms"), "yaxis": axis("interval", "us", rangemode="tozero")}),
        Figure("burst-counts", f"Spikes of {result.subject} in every burst", words, counts,
               {"xaxis": axis("burst", ""), "yaxis": axis("spikes", "", rangemode="tozero")}),
    ]  # fmt: skip
    if states:
        layout = {"xaxis": axis("time", "ms"), "yaxis": axis(result.state_name, "")}
        figures.append(Figure("burst-state", f"State {result.state_name} of {result.subject}", words, states, layout))
    return figures


def adaptation_table(result: BurstAdaptation) -> Table:
    """One row a condition."""
    columns = ["input", "spikes", "in the first bursts", "first interval", "last interval", "ratio", "after the pause"]
    rows = []
    for k, (level, rate) in enumerate(zip(result.amplitude, result.frequency, strict=True)):
        counts = ", ".join(str(c) for c in result.counts[k][:5])
        rows.append([
            told(float(level), float(rate), result.input_unit), str(len(result.spikes[k])), counts, time(result.first[k]),
            time(result.last[k]), number(result.ratio[k]), number(result.pause[k]),
        ])  # fmt: skip
    note = (
        "Intervals inside bursts alone. After the pause: first interval of the second burst over the last of the first; "
        "1 or more where the pause undoes nothing."
    )
    return Table(f"Adaptation of {result.subject} under square waves", columns, rows, note)


def energy_figures(result: SpikeEnergy) -> list[Figure]:
    """Energy of every interval, and power of every burst beside its spikes."""
    words = f"{told(result.amplitude, result.frequency, result.input_unit)}. {verdict(result)}"
    each = [marks(1e3 * result.times, 1e9 * result.energy, "energy of an interval", BLUE, "circle", 5)]
    bursts = np.arange(1, len(result.burst_energy) + 1)
    power = [
        line(bursts, 1e3 * result.burst_power, "power", ORANGE),
        line(bursts, result.burst_spikes, "spikes", BLUE, yaxis="y2", dash="dot"),
    ]
    layout = {"xaxis": axis("burst", ""), "yaxis": axis("power", "mW", rangemode="tozero"),
              "yaxis2": axis("spikes", "", overlaying="y", side="right", rangemode="tozero")}  # fmt: skip
    return [
        Figure("spike-energy", f"Energy that a spike of {result.subject} costs", words, each,
               {"xaxis": axis("time", "ms"), "yaxis": axis("energy", "nJ", rangemode="tozero")}),
        Figure("burst-power", f"Power and spikes of {result.subject}, burst by burst", words, power, layout),
    ]  # fmt: skip


def verdict(result: SpikeEnergy) -> str:
    """Whether fewer spikes mean less energy, in one sentence."""
    per_spike, power = result.energy_ratio, result.power_ratio
    if result.rate_ratio >= 1:
        return "The rate does not fall."
    found = "so fewer spikes do mean less energy" if power < 1 else "so fewer spikes do not mean less energy"
    return (
        f"From the first to the last interval the rate falls to {result.rate_ratio:.3g} of itself, the energy of a spike "
        f"grows {per_spike:.3g} times and the power {power:.3g} times: {found}."
    )


def energy_table(result: SpikeEnergy) -> Table:
    rows = [
        ["energy up to the first spike", show(result.first_spike, "J")],
        ["energy of the first interval", show(result.early, "J")],
        ["energy of the last interval", show(result.late, "J")],
        ["last over first", f"{result.energy_ratio:.4g}"],
        ["rate, last over first", f"{result.rate_ratio:.4g}"],
        ["power, last over first", f"{result.power_ratio:.4g}"],
        ["power of the first burst's period", show(float(result.burst_power[0]), "W")],
        ["power of the last burst's period", show(float(result.burst_power[-1]), "W")],
        ["mean power", show(result.power, "W")],
        ["energy per spike, over all", show(result.per_spike, "J")],
    ]
    words = f"{told(result.amplitude, result.frequency, result.input_unit)}. {verdict(result)}"
    return Table(f"Energy of the spikes of {result.subject}", ["quantity", "value"], rows, words)


def feasibility_figure(result: FeasibilityMap, *, id: str = "") -> Figure:
    """What the neuron does over two parameters, with the closed-form limits I R_m = v_th."""
    n = len(KINDS)
    colours = [[(k + side) / n, c] for k, c in enumerate(KIND_COLOURS) for side in (0, 1)]
    words = [[f"{KINDS[k]}: {MEANING[KINDS[k]]}" for k in row] for row in result.kind]
    ticks = {"tickvals": [(k + 0.5) * (n - 1) / n for k in range(n)], "ticktext": list(KINDS)}
    data: list[dict[str, Any]] = [{
        "type": "heatmap", "x": result.x, "y": result.y, "z": result.kind, "zmin": 0, "zmax": n - 1, "text": words,
        "colorscale": colours, "colorbar": ticks, "hovertemplate": "%{x:.3g}, %{y:.3g}: %{text}<extra></extra>",
    }]  # fmt: skip
    for level, name, dash in (
        (result.level_last, "I R_on = v_th", "solid"),
        (result.level_first, "I R_m(x_0) = v_th", "dot"),
    ):
        if level.min() < 1 < level.max():
            data.append({
                "type": "contour", "x": result.x, "y": result.y, "z": np.log(level), "showscale": False, "name": name,
                "showlegend": True, "hoverinfo": "skip", "line": {"color": "#1c1f24", "width": 1.6, "dash": dash},
                "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
            })  # fmt: skip
    units = [MemristiveALIF.params[name].unit for name in (result.x_name, result.y_name)]
    layout = {
        "xaxis": axis(result.x_name, units[0], type=scale_of(result.x)),
        "yaxis": axis(result.y_name, units[1], type=scale_of(result.y)),
    }
    caption = f"{told(result.amplitude, result.frequency)}, {show(result.duration, 's')}. Lines: closed form."
    title = f"{result.subject}: where it fires, adapts and stops"
    return Figure(id or f"feasibility-{result.x_name}-{result.y_name}", title, caption, data, layout)


def scale_of(values: np.ndarray) -> str:
    return "log" if values.min() > 0 and values.max() > 5 * values.min() else "linear"


def feasibility_table(result: FeasibilityMap) -> Table:
    """How many points of the map are of each kind."""
    rows = [[name, MEANING[name], str(int(np.sum(result.kind == k)))] for k, name in enumerate(KINDS)]
    return Table(f"{result.subject} over {result.x_name} and {result.y_name}", ["kind", "meaning", "points"], rows)


def spread_figures(result: DeviceSpread) -> list[Figure]:
    """Histograms of the first and last interval, and the adaptation against the parameter that moves it most."""
    words = f"{told(result.amplitude, result.frequency)}, {len(result.kind)} devices, {spread_told(result)}."
    histograms = []
    for values, name, colour in ((result.first, "first interval", BLUE), (result.last, "last interval", ORANGE)):
        values = 1e6 * values[np.isfinite(values)]
        if not len(values):
            continue
        count, edges = np.histogram(values, max(5, min(BINS, int(np.sqrt(len(values))))))
        steps = line((edges[1:] + edges[:-1]) / 2, count, name, colour)
        histograms.append({**steps, "line": {**steps["line"], "shape": "hvh"}})
    figures = [
        Figure("device-spread", f"Intervals of {result.subject} over its devices", words, histograms,
               {"xaxis": axis("interval", "us"), "yaxis": axis("devices", "", rangemode="tozero")}),
    ]  # fmt: skip
    ranked = {k: r for k, r in result.rank.items() if np.isfinite(r)}
    if ranked:
        most = max(ranked, key=lambda k: abs(ranked[k]))
        here = np.isfinite(result.ratio)
        points = marks(result.values[most][here], result.ratio[here], "device", GREY, "circle", 3)
        layout = {"xaxis": axis(most, MemristiveALIF.params[most].unit), "yaxis": axis("last / first interval", "")}
        figures.append(
            Figure("device-rank", f"Adaptation against {most}", f"Rank correlation {ranked[most]:.3f}.", [points], layout)
        )
    return figures


def spread_told(result: DeviceSpread) -> str:
    sizes = ", ".join(f"{k} {100 * v:g} %" for k, v in result.spread.items())
    return f"spread {sizes} ({result.law}), seed {result.seed}"


def spread_tables(result: DeviceSpread) -> list[Table]:
    """Shares of the kinds, quantiles of what is measured, and rank correlations."""
    shares = [[name, MEANING[name], f"{100 * share:.3g} %"] for name, share in result.shares.items()]
    rows = [
        [name, *(form(q) for q in result.quantiles(key))]
        for name, key, form in (
            ("spikes", "count", number), ("first interval", "first", time), ("last interval", "last", time),
            ("last / first", "ratio", number), ("energy", "energy", joule),
        )
    ]  # fmt: skip
    ranks = [[name, number(r)] for name, r in result.rank.items()]
    return [
        Table(f"What {result.subject} does", ["kind", "meaning", "devices"], shares, f"{spread_told(result)}."),
        Table("Quantiles over the devices", ["quantity", *(f"{100 * p:g} %" for p in QUANTILES)], rows),
        Table("Rank correlation with last / first interval", ["parameter", "correlation"], ranks),
    ]


def number(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "-"


def time(value: float) -> str:
    return show(float(value), "s") if np.isfinite(value) else "-"


def joule(value: float) -> str:
    return show(float(value), "J") if np.isfinite(value) else "-"
