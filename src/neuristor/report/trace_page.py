"""Pages of a single simulation and of a comparison."""

from __future__ import annotations

from typing import Any

from ..experiments import FICurve, Row
from ..quantities import show
from ..trace import Trace
from .figures import COLOURS, Figure, axis, line, scaled, spike_points, waveform
from .page import Page
from .tables import Table, comparison_table, parameter_table, published_table


def trace_page(neuron: Any, trace: Trace) -> Page:
    """Waveform (or rates over lanes), spikes and parameters of one simulation."""
    figures = []
    if trace.signals and trace.lanes == 1:
        for k, name in enumerate(n for n in trace.signals if n != "i_in"):
            if k == 0:
                caption = f"{trace.meta['stimulus']}; ticks mark the located spikes."
                figures.append(waveform(trace, name, id=f"signal{k}", caption=caption))
            else:
                y, unit = scaled(spike_points(trace, name)[1], trace.units[name])
                layout = {"xaxis": axis("time", "ms"), "yaxis": axis(name, unit)}
                curve = line(1e3 * spike_points(trace, name)[0], y, name, COLOURS[k % 4])
                figures.append(
                    Figure(f"signal{k}", f"{trace.subject}: {name}", "State variable over time.", [curve], layout)
                )
    else:
        data = [{**line(list(range(trace.lanes)), trace.rates, "rate", COLOURS[0]), "mode": "lines+markers"}]
        layout = {"xaxis": axis("lane", ""), "yaxis": axis("rate", "Hz", rangemode="tozero")}
        figures.append(Figure("rates", "Rate of every lane", str(trace.meta["stimulus"]), data, layout))
    rows = [
        [str(k), str(len(s)), f"{trace.rates[k]:.5g} Hz", ", ".join(f"{1e3 * t:.6g}" for t in s[:8]), trace.status[k]]
        for k, s in enumerate(trace.spikes[:200])
    ]
    spikes = Table("Spikes", ["lane", "spikes", "rate", "first spikes (ms)", "status"], rows)
    step = f"dt {show(trace.meta['dt'], 's')}" if "dt" in trace.meta else f"rtol {trace.meta['rtol']:g}"
    return Page(
        title=neuron.title,
        subtitle=f"{trace.meta['stimulus']}, {show(trace.duration, 's')}",
        summary=f"{len(trace.spike_times)} spikes on {trace.lanes} lane{'s' if trace.lanes > 1 else ''}.",
        figures=figures,
        tables=[spikes, parameter_table(f"Parameters of {neuron.name}", neuron)],
        computed={"method": f"{trace.meta['method']}, {step}", "seed": str(trace.meta.get("seed"))},
    )


def comparison_page(rows: list[Row], curves: list[FICurve], published: bool = False) -> Page:
    """The table of a comparison and every neuron's f-I curve in units of its rheobase range."""
    figures = []
    for k, curve in enumerate(curves):
        x, unit = scaled(curve.currents, curve.input_unit)
        data = [line(x, curve.rates, "rate", COLOURS[k % 4])]
        layout = {"xaxis": axis("input", unit), "yaxis": axis("rate", "Hz", rangemode="tozero")}
        caption = f"Rheobase {show(curve.rheobase, curve.input_unit)}."
        figures.append(Figure(f"fi{k}", f"f-I curve of {curve.subject}", caption, data, layout))
    names = ", ".join(row.title for row in rows)
    tables = [comparison_table(rows), *([published_table()] if published else [])]
    return Page(title="Neurons side by side", subtitle=names, figures=figures, tables=tables)
