"""Figures and tables of one neuron circuit: its spike, its energy, its area, its rate against capacitance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..experiments.area import Area, Saving
from ..experiments.capacitance_sweep import CapacitanceSweep
from ..experiments.energy import Energy
from ..experiments.spike_shape import SpikeShape
from ..quantities import show
from .circuit_figures import MORE_COLOURS, in_prefix
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, axis, line, marks
from .tables import Table

FINE = 200  # points of a fitted curve
UNDEFINED = "not defined"


def shown(value: float, unit: str) -> str:
    """A number with its unit, or that there is none."""
    return show(float(value), unit) if np.isfinite(value) else UNDEFINED


# Shape of a spike


def spike_shape_figures(shape: SpikeShape) -> list[Figure]:
    """The waveforms of one spike; none for a model whose spike has no shape."""
    return [spike_figure(shape)] if len(shape.time) else []


def spike_figure(shape: SpikeShape, *, id: str = "spike", caption: str = "") -> Figure:
    """All nodes that move, around one spike, with the level at which its width is taken."""
    x, unit = in_prefix(shape.time, "s")
    data = [
        line(x, wave, name, MORE_COLOURS[k % len(MORE_COLOURS)], width=1.6)
        for k, (name, wave) in enumerate(shape.waves.items())
    ]
    data.append(line(x[[0, -1]], [shape.level] * 2, f"level {shown(shape.level, 'V')}", GREY, dash="dot", width=1.2))
    caption = caption or (
        f"One late spike at {show(shape.current, shape.input_unit)}: {shown(shape.width, 's')} wide, fired at a membrane "
        f"voltage of {shown(shape.threshold, 'V')}, which falls to {shown(shape.reset, 'V')}."
    )
    layout = {"xaxis": axis("time from the spike", unit), "yaxis": axis("voltage", "V")}
    return Figure(id, f"One spike of {shape.subject}", caption, data, layout)


def spike_shape_table(shapes: Sequence[SpikeShape]) -> Table:
    """One column a neuron."""
    rows = [
        ("input", lambda s: show(s.current, s.input_unit)),
        ("rate", lambda s: shown(s.rate, "Hz")),
        ("delay of the first spike", lambda s: shown(s.delay, "s")),
        ("width", lambda s: shown(s.width, "s")),
        ("threshold", lambda s: shown(s.threshold, "V")),
        ("membrane before the fall", lambda s: shown(s.peak, "V")),
        ("membrane at the end of the spike", lambda s: shown(s.left, "V")),
        ("lowest membrane after the spike", lambda s: shown(s.reset, "V")),
        ("amplitude of the output", lambda s: shown(s.amplitude, "V")),
        ("rise, 10 to 90 %", lambda s: shown(s.rise, "s")),
        ("fall, 90 to 10 %", lambda s: shown(s.fall, "s")),
    ]
    cells = [[name, *(cell(s) for s in shapes)] for name, cell in rows]
    irregular = [s.subject for s in shapes if s.change > 1e-4]
    note = f"Not regular, so one interval of many: {', '.join(irregular)}." if irregular else ""
    return Table("Shape of a spike", ["", *(s.subject for s in shapes)], cells, note)


# Energy of a period


def energy_figures(spent: Energy) -> list[Figure]:
    """Energy by device; none where there are no devices."""
    return [energy_figure(spent)] if spent.devices else []


def energy_figure(spent: Energy, *, id: str = "energy", caption: str = "") -> Figure:
    """Energy of every device in one period, the part between the output's edges apart, on a logarithmic axis."""
    whole = spent.conduction + spent.displacement
    rest, inside = in_prefix(np.array([whole - spent.in_spike, spent.in_spike]), "J")[0]
    unit = in_prefix(np.array([whole - spent.in_spike, spent.in_spike]), "J")[1]
    data = [
        bars(spent.devices, positive(rest), "during the ramp", BLUE),
        bars(spent.devices, positive(inside), "during the spike", ORANGE),
    ]
    given = sum(1 for v in (*rest, *inside) if v < 0)
    caption = caption or (
        f"{show(spent.energy, 'J')} in a period of {show(spent.period, 's')}, {show(spent.power, 'W')} on average; "
        f"{show(spent.spike, 'J')} of it between the edges of the output. Sum over devices and sources agree to "
        f"{abs(spent.closure):.0e}." + (f" {given} parts give energy back and are not drawn." if given else "")
    )
    layout = {"barmode": "group", "yaxis": axis("energy", unit, type="log"), "xaxis": {"title": {"text": ""}}}
    return Figure(id, f"Energy of one period of {spent.subject}", caption, data, layout)


def bars(names: Sequence[str], values: Any, label: str, colour: str) -> dict[str, Any]:
    return {"type": "bar", "x": list(names), "y": values, "name": label, "marker": {"color": colour}}


def positive(values: np.ndarray) -> list[float | None]:
    """Values for a logarithmic axis: None where there is nothing to draw."""
    return [float(v) if v > 0 else None for v in values]


def energy_table(spent: Energy) -> Table:
    """Sources, then devices, each with its share."""
    rows = [
        [f"{name} (source)", show(v, "J"), f"{100 * v / spent.energy:.4g} %", "", ""] for name, v in spent.sources.items()
    ]
    parts = zip(spent.devices, spent.conduction, spent.displacement, spent.in_spike, strict=True)
    for name, heat, moved, inside in parts:
        share = f"{100 * (heat + moved) / spent.energy:.4g} %"
        rows.append([name, show(float(heat), "J"), share, show(float(moved), "J"), show(float(inside), "J")])
    note = f"{show(spent.energy, 'J')} in {show(spent.period, 's')}: {show(spent.power, 'W')}."
    if spent.devices:
        note += f" Devices and sources differ by {spent.closure:.1e} of it; nodes return within {show(spent.drift, 'V')}."
    if spent.change > 1e-4:
        note += f" Not regular: the period differs from the one before by {100 * spent.change:.2g} %."
    columns = ["", "int v i dt", "share", "int v dq", "during the spike"]
    return Table(f"Energy of one period of {spent.subject}", columns, rows, note)


# Rate against capacitance


def capacitance_figure(sweep: CapacitanceSweep, *, id: str = "capacitance", caption: str = "") -> Figure:
    """Rates, the fit, and the points that are not in it, on logarithmic axes."""
    x, unit = in_prefix(sweep.capacitances, sweep.unit)
    size = x[0] / sweep.capacitances[0]
    data = []
    if np.isfinite(sweep.a):
        fine = np.geomspace(sweep.capacitances.min(), sweep.capacitances.max(), FINE)
        name = f"a / (C + {shown(sweep.c_par, sweep.unit)})"
        data.append(line(fine * size, sweep.a / (fine + sweep.c_par), name, GREY, width=5, opacity=0.45))
    fires = sweep.rates > 0
    for chosen, name, colour, symbol in (
        (fires & sweep.fitted, "simulated", BLUE, "circle"),
        (fires & ~sweep.emptied, "membrane not emptied", ORANGE, "circle-open"),
        (fires & sweep.emptied & ~sweep.fitted, "irregular", GREEN, "diamond-open"),
    ):
        if np.any(chosen):
            data.append(marks(x[chosen], sweep.rates[chosen], name, colour, symbol, 8))
    layout = {"xaxis": axis("capacitance", unit, type="log"), "yaxis": axis("rate", "Hz", type="log")}
    return Figure(id, f"Rate of {sweep.subject} against capacitance", caption or fit_words(sweep), data, layout)


def fit_words(sweep: CapacitanceSweep) -> str:
    """The fit in a sentence, then what is left out of it."""
    told = f"At {show(sweep.current, sweep.input_unit)}"
    if np.isfinite(sweep.c_par):
        error = f" +- {shown(sweep.c_par_error, sweep.unit)}" if np.isfinite(sweep.c_par_error) else ""
        told += (
            f" the circuit adds {shown(sweep.c_par, sweep.unit)}{error} to the capacitance; the fit holds within "
            f"{100 * sweep.largest:.2g} %."
        )
    else:
        told += " too few regular points for a fit."
    return told + (f" Not fitted: {sweep.note}." if sweep.note else "")


def capacitance_table(sweep: CapacitanceSweep) -> Table:
    rows = [
        [
            show(float(c), sweep.unit),
            f"{sweep.rates[k]:.5g} Hz",
            f"{100 * sweep.deviation[k]:+.2f} %" if np.isfinite(sweep.deviation[k]) else UNDEFINED,
            shown(sweep.residual[k], "V"),
            "yes" if sweep.fitted[k] else "no",
        ]
        for k, c in enumerate(sweep.capacitances)
    ]
    columns = ["capacitance", "rate", "from the fit", "membrane after the spike", "fitted"]
    return Table(f"Rate of {sweep.subject} against capacitance", columns, rows, fit_words(sweep))


# Area


def area_figure(areas: Sequence[Area], *, names: Sequence[str] = (), id: str = "area", caption: str = "") -> Figure:
    """Capacitors, gates and junctions of each circuit, stacked."""
    parts = (("capacitors", BLUE), ("gates", GREEN), ("junctions", GREY))
    labels = list(names) or [a.subject for a in areas]
    data = [bars(labels, [1e12 * getattr(a, part) for a in areas], part, colour) for part, colour in parts]
    layout = {"barmode": "stack", "yaxis": axis("drawn area", "um2"), "xaxis": {"title": {"text": ""}}}
    caption = caption or "Devices only: no routing, wells or spacing."
    return Figure(id, "Area of the devices", caption, data, layout)


def saving_figure(found: Saving, *, id: str = "area") -> Figure:
    caption = f"{found.one.subject} saves {found.saving:.3g} % of the area of {found.baseline.subject}. Devices only."
    return area_figure([found.one, found.baseline], id=id, caption=caption)


def area_table(areas: Sequence[Area], *, names: Sequence[str] = ()) -> Table:
    """One row a circuit."""
    labels = list(names) or [a.subject for a in areas]
    rows = [
        [label, *(f"{1e12 * getattr(a, part):.4g} um2" for part in ("capacitors", "gates", "junctions", "total")),
         f"{1e6 * a.edge:.3g} um"]
        for label, a in zip(labels, areas, strict=True)
    ]  # fmt: skip
    columns = ["circuit", "capacitors", "gates", "sources and drains", "total", "edge of a square"]
    left_out = sorted({f"{a.subject}: {d}" for a in areas for d in a.left_out})
    note = "Drawn area of the devices: no routing, wells, contacts or spacing."
    return Table("Area", columns, rows, note + (f" Without an area: {', '.join(left_out)}." if left_out else ""))
