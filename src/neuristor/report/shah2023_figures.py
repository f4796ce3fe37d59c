"""The page of Shah et al. 2023: a counterpart of every figure and of Table 1, published values marked where the text "
"has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiments import CapacitanceSweep, Energy, Fluctuation, Saving
from ..quantities import show
from ..trace import Trace
from .figures import BLUE, COLOURS, GREEN, GREY, ORANGE, Figure, axis, line, marks
from .fluctuation_figures import extremes, histogram_figure, shift_table
from .tables import Table, comparison_table, published_table

PUBLISHED_RATE, PUBLISHED_SHIFT = 5e3, {"stuck_lrs": 14.0, "stuck_hrs": 10.0, "combined": 2.0}
PUBLISHED_ENERGY = 2.2e-9
LETTERS = dict(zip(PUBLISHED_SHIFT, "abc", strict=True))
RASTER = dict(zip(PUBLISHED_SHIFT, "def", strict=True))
NAMES = {"stuck_lrs": "stuck at LRS", "stuck_hrs": "stuck at HRS", "combined": "stuck at LRS and HRS"}
MOST_POINTS = 4000


def shah2023_figures(r: dict[str, Any]) -> list[Figure]:
    """All figures, in the order of the paper."""
    return [
        pulse_figure(r["pulse"]),
        rate_figure(r),
        capacitance_figure(r["sweep"]),
        *(faulty_figure(fault, trace) for fault, trace in r["faulty"].items()),
        *(raster_figure(fault, found) for fault, found in r["shares"].items()),
        *(index_figure(fault, r) for fault in PUBLISHED_SHIFT),
        *(histogram_figure(found, caption=histogram_caption(fault)) for fault, found in r["ripple"].items()),
        array_figure(r["column"]),
        constant_figure(r),
        energy_figure(r["energy"], r["baseline"]),
        area_figure(r["saving"], r["saving_large"]),
        table_figure(r),
    ]


def shah2023_tables(r: dict[str, Any]) -> list[Table]:
    return [
        comparison_table(r["rows"]),
        published_table(),
        readings_table(r["readings"]),
        *(shift_table(found) for found in r["ripple"].values()),
    ]


def thinned(trace: Trace, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Time (ms) and signal of the first lane at most MOST_POINTS long; of a cut the lowest and highest point are kept."""
    time, values = 1e3 * trace.time, trace[name][0]
    if len(time) <= MOST_POINTS:
        return time, values
    parts = np.array_split(np.arange(len(time)), MOST_POINTS // 2)
    keep = sorted({int(p[k]) for p in parts for k in (np.argmin(values[p]), np.argmax(values[p]))})
    return time[keep], values[keep]


def stacked(rows: list[tuple[str, str, list[dict[str, Any]]]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Charts one above the other over a common time axis: (name, unit, traces) from the top."""
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    height, gap = 1 / len(rows), 0.06
    for k, (name, unit, traces) in enumerate(rows):
        suffix = "" if k == 0 else str(k + 1)
        top = 1 - k * height
        layout[f"yaxis{suffix}"] = axis(name, unit, domain=[max(top - height + gap, 0), top])
        data += [{**t, "yaxis": f"y{suffix}"} for t in traces]
    layout["xaxis"] = axis("time", "ms", anchor=f"y{len(rows)}")
    return data, layout


def pulse_figure(trace: Trace) -> Figure:
    data, layout = stacked(
        [
            ("I_in", "pA", [line(1e3 * trace.time, 1e12 * trace["i_in"][0], "input", GREEN)]),
            ("V_mem", "V", [line(*thinned(trace, "vmem"), "V_mem", BLUE)]),
            ("V_spk", "V", [line(*thinned(trace, "vspk"), "V_spk", ORANGE)]),
        ]
    )
    caption = "A square pulse of 10 pA on 10 fF at 1 V; without input the membrane keeps its charge but for a slow leak."
    return Figure("fig3a", "Figure 3 (a): integrate, fire, reset", caption, data, layout)


def rate_figure(r: dict[str, Any]) -> Figure:
    curve = r["curve"]
    x = 1e12 * curve.currents
    rates = {**marks(x, curve.rates, "simulated", BLUE, "circle", 6), "mode": "lines+markers"}
    published = marks([10.0], [PUBLISHED_RATE], "published: about 5 kHz", ORANGE, "x-thin-open", 12)
    layout = {"xaxis": axis("input current", "pA"), "yaxis": axis("rate", "Hz", rangemode="tozero")}
    caption = (
        f"Spikes per second against the input current. Nothing fires below {1e12 * r['rheobase']:.2f} pA; 5 kHz, which "
        "Table 1 "
        f"states, needs {1e12 * r['five_kilohertz']:.0f} pA."
    )
    return Figure("fig3b", "Figure 3 (b): rate against input current", caption, [rates, published], layout)


def capacitance_figure(sweep: CapacitanceSweep) -> Figure:
    x = 1e15 * sweep.capacitances
    fine = np.geomspace(sweep.capacitances[0], sweep.capacitances[-1], 200)
    data = [
        line(
            1e15 * fine, sweep.a / (fine + sweep.c_par), f"a / (C + {1e15 * sweep.c_par:.2f} fF)", GREY, width=4, opacity=0.5
        ),
        marks(x, sweep.rates, "simulated", BLUE, "circle", 6),
        marks([10.0], [PUBLISHED_RATE], "published: about 5 kHz", ORANGE, "x-thin-open", 12),
    ]
    layout = {"xaxis": axis("C_mem", "fF", type="log"), "yaxis": axis("rate", "Hz", type="log")}
    caption = "Spikes per second against the membrane capacitance at 10 pA: inverse to it with the transistors' own added."
    return Figure("fig3c", "Figure 3 (c): rate against capacitance", caption, data, layout)


def faulty_figure(fault: str, trace: Trace) -> Figure:
    data, layout = stacked(
        [
            ("I_in", "pA", [line(1e3 * trace.time, 1e12 * trace["i_in"][0], "input", GREEN, width=1)]),
            ("V_mem", "V", [line(*thinned(trace, "vmem"), "V_mem", BLUE)]),
            ("V_spk", "V", [line(*thinned(trace, "vspk"), "V_spk", ORANGE)]),
        ]
    )
    caption = f"One sample of a 10 % ripple on 10 pA, synapses {NAMES[fault]}, nodes 20 us apart."
    return Figure(f"fig4{LETTERS[fault]}", f"Figure 4 ({LETTERS[fault]}): {NAMES[fault]}", caption, data, layout)


def raster_figure(fault: str, found: Fluctuation) -> Figure:
    """Spike times of the first sample at every share, as marks: which way they move."""
    data = []
    for k, t0 in enumerate(found.reference):
        times = 1e3 * t0 * (1 - found.shift[:, 0, k] / 100)
        colour = (*COLOURS, GREY)[k % 5]
        drawn = marks(times, 100 * found.amplitude, f"spike {k + 1}", colour, "line-ns-open", 12)
        data += [drawn, line([1e3 * t0] * 2, [0, 10], "", colour, width=0.8, dash="dot", showlegend=False)]
    layout = {"xaxis": axis("time", "ms"), "yaxis": axis("fluctuation", "%", dtick=2)}
    way = {"stuck_lrs": "earlier", "stuck_hrs": "later", "combined": "either way"}[fault]
    caption = f"Spikes of one sample from 0 to 10 %: they come {way} (dotted: without faults)."
    return Figure(f"fig4{RASTER[fault]}", f"Figure 4 ({RASTER[fault]}): spikes, {NAMES[fault]}", caption, data, layout)


def index_figure(fault: str, r: dict[str, Any]) -> Figure:
    """Median and extremes of the first and the last spike against the share, the published level, the perfect "
    "integrator."""
    found, alike = r["shares"][fault], r["integrator"][fault]
    x = 100 * found.amplitude
    data = []
    for spike, colour in ((0, BLUE), (len(found.reference) - 1, GREEN)):
        low, high = extremes(found, spike)
        middle = found.quantile(0.5).value[:, spike]
        bars = {"type": "data", "symmetric": False, "array": high - middle, "arrayminus": middle - low, "width": 5}
        drawn = line(x + (0.12 if spike else -0.12), middle, f"spike {spike + 1}", colour, error_y=bars)
        data.append({**drawn, "mode": "lines+markers"})
    data.append(line(x, alike.quantile(0.5).value[:, 0], "perfect integrator, spike 1", GREY, dash="dot"))
    level = PUBLISHED_SHIFT[fault] * (-1 if fault == "stuck_hrs" else 1)
    data.append(line([0, 10], [level, level], f"published: {PUBLISHED_SHIFT[fault]:g} %", ORANGE, dash="dash", width=1.2))
    if fault == "combined":
        data.append(line([0, 10], [-level, -level], "", ORANGE, dash="dash", width=1.2, showlegend=False))
    layout = {"xaxis": axis("fluctuation", "%", dtick=2), "yaxis": axis("spike-time shift index", "%", zeroline=True)}
    caption = f"Median and extremes of {found.samples} samples; positive is earlier. A perfect integrator shifts alike."
    return Figure(
        f"fig5{LETTERS[fault]}", f"Figure 5 ({LETTERS[fault]}): shift index, {NAMES[fault]}", caption, data, layout
    )


def histogram_caption(fault: str) -> str:
    return f"1,000 samples of a 10 % ripple, synapses {NAMES[fault]}: later spikes average over more of it."


def array_figure(found: dict[str, Fluctuation]) -> Figure:
    """The first spike's shift with a tenth of an array column's cells stuck."""
    data = []
    for colour, (fault, f) in zip(COLOURS, found.items(), strict=False):
        box = {"type": "box", "y": f.shift[0, :, 0], "name": NAMES[fault], "marker": {"color": colour, "size": 3}}
        level = PUBLISHED_SHIFT[fault] * (-1 if fault == "stuck_hrs" else 1)
        data += [{**box, "boxpoints": "outliers", "showlegend": False}]
        data.append(marks([NAMES[fault]], [level], "published", ORANGE, "x-thin-open", 12, showlegend=fault == "stuck_lrs"))
    column, cells = next(iter(found.values())).column, ""
    if column:
        cells = f"{column.cells} cells, half of them ON, {show(column.r_on, 'Ohm')} and {show(column.r_off, 'Ohm')}"
    caption = f"As an array gives the faults: 10 % of a column's cells stuck, constant in time ({cells}), 1,000 draws."
    return Figure("array", "Shift of the first spike by stuck cells of a column", caption, data,
                  {"yaxis": axis("spike-time shift index", "%"), "xaxis": {"title": {"text": ""}}})  # fmt: skip


def constant_figure(r: dict[str, Any]) -> Figure:
    x = 100 * r["changes"]
    exact = 100 * (1 - 1 / (1 + r["changes"]))
    data = [
        line(x, exact, "perfect integrator", GREY, dash="dot"),
        line(x, r["moved"], "CMOS neuron, spike 1", BLUE),
        marks([np.interp(14.0, r["moved"], x)], [14.0], "published, LRS: 14 %", ORANGE, "x-thin-open", 12),
        marks([np.interp(-10.0, r["moved"], x)], [-10.0], "published, HRS: 10 %", ORANGE, "cross-thin-open", 12),
    ]
    layout = {"xaxis": axis("constant change of the current", "%"), "yaxis": axis("spike-time shift index", "%")}
    caption = "Which constant change would give the published shifts: none of them is the stated 10 %."
    return Figure("constant", "What the published shifts would take", caption, data, layout)


def energy_figure(spent: Energy, baseline: Energy) -> Figure:
    total = spent.conduction + spent.displacement
    data = [
        {"type": "bar", "x": [n.upper() for n in spent.devices], "y": 1e12 * np.maximum(total, 1e-18), "name": "per period",
         "marker": {"color": BLUE}, "showlegend": False},
        line([spent.devices[0].upper(), spent.devices[-1].upper()], [1e12 * baseline.energy] * 2,
             f"baseline, all of it: {show(baseline.energy, 'J')}", GREEN, dash="dash"),
        line([spent.devices[0].upper(), spent.devices[-1].upper()], [1e12 * PUBLISHED_ENERGY] * 2,
             "published, all of it: 2.2 nJ", ORANGE, dash="dash"),
    ]  # fmt: skip
    layout = {"yaxis": axis("energy per spike", "pJ", type="log"), "xaxis": {"title": {"text": ""}}}
    caption = (
        f"{show(spent.energy, 'J')} in one period of {show(spent.period, 's')} ({show(spent.power, 'W')}), by device; "
        "sum and supply "
        f"agree to {abs(spent.closure):.0e}. M5 holds node 1 up while M1 pulls it down: that current is the energy."
    )
    return Figure("energy", "Where the energy of a spike goes", caption, data, layout)


def area_figure(small: Saving, large: Saving) -> Figure:
    names = ["one capacitor, 10 fF", "two, 10 fF each", "one capacitor, 1 pF", "two, 1 pF each"]
    areas = [small.one, small.baseline, large.one, large.baseline]
    parts = (("capacitors", BLUE), ("gates", GREEN), ("junctions", GREY))
    data = [
        {"type": "bar", "x": names, "y": [1e12 * getattr(a, part) for a in areas], "name": part, "marker": {"color": colour}}
        for part, colour in parts
    ]
    layout = {"barmode": "stack", "yaxis": axis("area", "um2", type="log"), "xaxis": {"title": {"text": ""}}}
    caption = (
        f"Drawn areas of the devices. Saved by leaving out the second capacitor: {small.saving:.0f} % at 10 fF, "
        f"{large.saving:.0f} % "
        "at 1 pF (published: at least 30 %)."
    )
    layout["yaxis"] = axis("area", "um2")
    return Figure("area", "Area with one and with two capacitors", caption, data, layout)


def table_figure(r: dict[str, Any]) -> Figure:
    """Table 1 as a picture: power against rate, our rows beside the published ones."""
    from ..presets.published_neurons import PUBLISHED

    known = [n for n in PUBLISHED if n.power is not None and n.rate is not None]
    c = r["condition"]
    data = [
        {**marks([n.rate for n in known], [n.power for n in known], "published", ORANGE, "circle", 9),
         "text": [n.name for n in known], "hoverinfo": "text+x+y"},
        {**marks([row.rate for row in r["rows"]], [row.power for row in r["rows"]], "simulated", BLUE, "diamond", 9),
         "text": [row.subject for row in r["rows"]], "mode": "markers+text", "textposition": "middle right"},
        marks([c.rate], [c.power], f"ours at {c.vdd:.2f} V, {1e12 * c.current:.0f} pA", GREEN, "star", 11),
    ]  # fmt: skip
    layout = {"xaxis": axis("rate", "Hz", type="log"), "yaxis": axis("power", "W", type="log")}
    caption = "Published neurons (hover for names) and those simulated here, at twice their rheobase; numbers in the tables."
    return Figure("table1", "Table 1 as a picture", caption, data, layout)


def readings_table(readings: list[Any]) -> Table:
    rows = [
        [x.name, "works" if x.works else "fails", str(x.spikes), show(x.v_mem, "V"), show(x.v_spk, "V")] for x in readings
    ]
    columns = ["topology", "", "spikes in 5 ms", "V_mem at the end", "V_spk at the end"]
    note = "At 1 V, 10 fF, 10 pA; how each is connected: `neuristor list cells`."
    return Table("Readings of the circuit's text", columns, rows, note)
