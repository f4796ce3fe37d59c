"""The page of the memristor-based adaptive neuron: figures 5 and 6, and what tests the statements."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from ..quantities import show
from .figures import BLUE, COLOURS, GREEN, GREY, ORANGE, PURPLE, Figure, axis, line, marks
from .memristive_figures import adaptation_figures, energy_figures, energy_table
from .tables import Table

MOST_POINTS = 4000
STATEMENT = "Input: unipolar square wave, 1 kHz, 50 %, 1 mA."


def memristive_alif_figures(r: dict[str, Any]) -> list[Figure]:
    """All figures, in the order of the paper."""
    return [
        *figure_five(r),
        *figure_six(r),
        intervals_figure(r),
        law_figure(r),
        grid_figure(r),
        *energy_figures(r["spent"]),
        *adaptation_figures(r["levels"]),
    ]


def memristive_alif_tables(r: dict[str, Any]) -> list[Table]:
    return [sets_table(r["sets"]), parts_table(r["parts"]), energy_table(r["spent"])]


def thinned(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Time (ms) and signal at most MOST_POINTS long; of a cut the lowest and the highest point are kept."""
    if len(time) > MOST_POINTS:
        parts = np.array_split(np.arange(len(time)), MOST_POINTS // 2)
        keep = sorted({int(p[k]) for p in parts for k in (np.argmin(values[p]), np.argmax(values[p]))})
        time, values = time[keep], values[keep]
    return 1e3 * time, values


def panel(id: str, title: str, caption: str, drawn: list[dict[str, Any]], name: str, unit: str) -> Figure:
    return Figure(id, title, caption, drawn, {"xaxis": axis("time", "ms"), "yaxis": axis(name, unit)})


def ticks(spikes: np.ndarray, level: float) -> dict[str, Any]:
    return marks(1e3 * spikes, np.full(len(spikes), level), "spikes", ORANGE)


def figure_five(r: dict[str, Any]) -> list[Figure]:
    trace, neuron = r["trace"], r["neuron"]
    v_m = neuron.v_m(SimpleNamespace(v_c=trace["v_c"][0], x=trace["x"][0]))
    time, spikes = trace.time, trace.spikes[0]
    return [
        panel("fig5a", "Figure 5a: voltage across the memristor", f"{STATEMENT} Equations, events located.",
              [line(*thinned(time, v_m), "v_m", BLUE, width=1.0), ticks(spikes, 1.1)], "v_m", "V"),
        panel("fig5b", "Figure 5b: state of the memristor", "It rises in the pulses and keeps its value in the pauses.",
              [line(*thinned(time, trace["x"][0]), "x", PURPLE)], "x_m", ""),
        panel("fig5c", "Figure 5c: voltage of the capacitor", "Its peaks follow v_th (1 + R_s / R_m).",
              [line(*thinned(time, trace["v_c"][0]), "v_c", GREEN, width=1.0)], "v_c", "V"),
    ]  # fmt: skip


def figure_six(r: dict[str, Any]) -> list[Figure]:
    trace = r["hardware"]
    time, words = trace.time, f"{STATEMENT} Op-amp, comparator and switch of the named class."
    v_m = trace["vmem"][0] - trace["vk"][0]
    return [
        panel("fig6a", "Figure 6a: voltage across the memristor, hardware", words,
              [line(*thinned(time, v_m), "v_m", BLUE, width=1.0), ticks(trace.spikes[0], 1.2)], "v_m", "V"),
        panel("fig6b", "Figure 6b: voltage of the capacitor, hardware", words,
              [line(*thinned(time, trace["vmem"][0]), "v_c", GREEN, width=1.0)], "v_c", "V"),
        panel("fig6c", "Figure 6c: digital spikes", "The comparator's output: its pulses thin out as v_m's do.",
              [line(*thinned(time, trace["vspk"][0]), "v_spk", ORANGE, width=1.0)], "v_spk", "V"),
        panel("fig6d", "Figure 6d: state of the memristor, hardware", words,
              [line(*thinned(time, trace["x(y1)"][0]), "x", PURPLE)], "x_m", ""),
    ]  # fmt: skip


def intervals_figure(r: dict[str, Any]) -> Figure:
    """Intervals inside bursts of equations, ideal circuit and hardware."""
    from ..experiments.burst_adaptation import inside

    data = []
    for colour, (name, found) in zip((GREY, BLUE, ORANGE), r["adapted"].items(), strict=True):
        lengths = inside(found.spikes, 1e3)
        data.append(marks(1e3 * lengths.times, 1e6 * lengths.lengths, f"{name}: {found.ratio:.3f}", colour, "circle", 5))
    layout = {"xaxis": axis("time", "ms"), "yaxis": axis("interval", "us", rangemode="tozero")}
    caption = "Intervals inside bursts; in the legend last over first. Equations and ideal circuit lie on each other."
    return Figure("alif-intervals", "Adaptation with named parts and without", caption, data, layout)


def law_figure(r: dict[str, Any]) -> Figure:
    data = []
    for colour, law in zip((BLUE, ORANGE), r["laws"], strict=True):
        data.append(marks(1e3 * law.currents, 1e6 * law.intervals, law.name, colour, "circle", 7))
    fit, neuron = r["laws"][0], r["neuron"]
    i = np.geomspace(fit.currents[0], fit.currents[-1], 200)
    logs = np.log(i * neuron.r_off / (i * neuron.r_off - neuron.v_th))
    for colour, law in zip((BLUE, ORANGE), r["laws"], strict=True):
        data.append(line(1e3 * i, 1e6 * (law.a + law.t_m * logs), f"A = {show(law.a, 's')}", colour, width=1.0))
    layout = {"xaxis": axis("input", "mA", type="log"), "yaxis": axis("interval", "us", type="log")}
    caption = "The formula of the interval, A + T_m ln(I R / (I R - v_th)), fitted at a frozen memristor."
    return Figure("alif-law", "The law of the interval", caption, data, layout)


def grid_figure(r: dict[str, Any]) -> Figure:
    located, data = r["trace"].spikes[0], []
    runs = [g for g in r["grid"] if g.reset == "switch"]
    for colour, g in zip(COLOURS, runs, strict=False):
        n = min(len(located), len(g.spikes))
        lag = 1e6 * (g.spikes[:n] - located[:n])
        data.append(line(np.arange(1, n + 1), lag, f"{1e9 * g.dt:g} ns: {len(g.spikes)} spikes", colour))
    layout = {"xaxis": axis("spike", ""), "yaxis": axis("lag behind the located spike", "us")}
    caption = f"RK4 with a threshold test after each step; events located: {len(located)} spikes."
    return Figure("alif-grid", "What a grid does to the spikes", caption, data, layout)


def sets_table(sets: list[Any]) -> Table:
    rows = [
        [s.name, f"{s.x_rest:.3g}", show(s.retention, "s"), str(s.spikes), f"{s.ratio:.3f}" if s.spikes else "-",
         f"{s.highest:.3f}"]
        for s in sets
    ]  # fmt: skip
    columns = ["device", "x_inf at 0 V", "within", "spikes in 20 ms", "last / first interval", "highest x"]
    note = "The same neuron with every published MMS set: whether it fires, adapts, and what its state comes to at rest."
    return Table("Published devices in this neuron", columns, rows, note)


def parts_table(parts: dict[str, Any]) -> Table:
    rows = [[name, str(len(p.spikes)), show(p.first, "s"), show(p.last, "s"), f"{p.ratio:.3f}"] for name, p in parts.items()]
    columns = ["hardware", "spikes in 20 ms", "first interval", "last interval", "ratio"]
    return Table("What weakens the adaptation", columns, rows, "One part improved at a time.")
