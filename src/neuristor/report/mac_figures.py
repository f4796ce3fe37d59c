"""Figures and tables of a mixed-signal neuron: transfer, linearity, bandwidth, noise, bias, mismatch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from ..experiments.mac_bias import MacBandwidth, MacBias
from ..experiments.mac_linearity import MacLinearity, MacMismatch
from ..experiments.mac_noise import MacNoise
from ..experiments.mac_point import MacPoint
from ..experiments.mac_transfer import MacTransfer
from ..quantities import show
from .circuit_figures import MORE_COLOURS, in_prefix
from .figures import BLUE, GREY, ORANGE, Figure, axis, line, marks
from .tables import Table, number

LOG = {"type": "log", "exponentformat": "power"}
UNITS = {
    "i_unit": "A", "bandwidth": "Hz", "pole": "Hz", "power": "W", "nominal_power": "W", "energy": "J",
    "energy_per_mac": "J", "tail": "V", "pair": "V", "load": "V", "settling": "s", "band": "Hz",
}  # fmt: skip
PLAIN_UNITS = {"white": "V^2/Hz", "flicker": "V^2", "invariant": "J V^2", "invariant_closed": "J V^2"}


def transfer_figure(r: MacTransfer) -> Figure:
    """Output against input for every weight, the closed form dashed."""
    data = []
    for k, weight in enumerate(r.weights):
        colour = MORE_COLOURS[k % len(MORE_COLOURS)]
        data.append(line(1e3 * r.v_in, 1e3 * r.v_out[k], f"weight {weight}", colour))
        data.append(line(1e3 * r.v_in, 1e3 * r.closed[k], "closed form", GREY, dash="dot", width=1.2, showlegend=k == 0))
    caption = f"Closed form of weak inversion with n_N = {r.n_n:.3f}, n_P = {r.n_p:.3f} of the circuit at zero input."
    layout = {"xaxis": axis("input", "mV"), "yaxis": axis("output", "mV")}
    return Figure("mac-transfer", f"DC transfer ({r.engine})", caption, data, layout)


def transfer_table(r: MacTransfer) -> Table:
    rows = [
        [str(w), number(s), f"{100 * e:.3g} %" if np.isfinite(e) else ""]
        for w, s, e in zip(r.weights, r.slope, r.error, strict=True)
    ]
    return Table(
        "Transfer", ["weight", "gain at zero", "largest distance from the closed form"], rows, "; ".join(map(str, r.limits))
    )


def linearity_figures(r: MacLinearity) -> list[Figure]:
    """INL over the weights, and DNL where a weight's neighbour was measured."""
    layout = {"xaxis": axis("weight", ""), "yaxis": axis("nonlinearity", "least bits")}
    data = [line(r.codes, r.inl, "INL", BLUE), marks(r.codes, r.dnl, "DNL", ORANGE, "circle", 4)]
    caption = f"At {show(r.v_in, 'V')}; one least bit is {show(r.lsb, 'V')} at the output. Without mismatch."
    return [Figure("mac-linearity", "Nonlinearity in the weight", caption, data, layout)]


def bandwidth_figure(r: MacBandwidth) -> Figure:
    data = []
    for k, current in enumerate(r.i_unit):
        colour, told = MORE_COLOURS[k % len(MORE_COLOURS)], show(float(current), "A")
        data.append(marks(r.weights, r.bandwidth[k], f"-3 dB, {told}", colour, "circle", 8))
        data.append(line(r.weights, r.pole[k], f"pole, {told}", colour, dash="dot"))
    caption = "Where the circles are missing, the overlaps of the gates carry the signal to the outputs past the pole."
    layout = {"xaxis": axis("weight", "", **LOG), "yaxis": axis("frequency", "Hz", **LOG)}
    return Figure("mac-bandwidth", f"Bandwidth against the weight ({r.engine})", caption, data, layout)


def bandwidth_table(r: MacBandwidth) -> Table:
    rows = [
        [show(float(i), "A"), str(w), number(r.gain[a, b]), frequency(r.bandwidth[a, b]), frequency(r.pole[a, b])]
        for a, i in enumerate(r.i_unit)
        for b, w in enumerate(r.weights)
    ]
    return Table("Bandwidth", ["unit current", "weight", "gain", "-3 dB", "pole"], rows)


def frequency(value: float) -> str:
    return show(float(value), "Hz") if np.isfinite(value) else "none"


def noise_figure(r: MacNoise) -> Figure:
    """Density at the output by origin."""
    data = [line(r.frequency, r.output, "all", GREY, width=4, opacity=0.5)]
    for k, (origin, density) in enumerate(r.shares.items()):
        data.append(line(r.frequency, density, origin, MORE_COLOURS[k]))
    p = r.point
    caption = (
        f"At the input, V^2: {p.noise_rectangular:.3g} as a rectangle up to {show(p.bandwidth, 'Hz')}, {p.noise_own:.3g} "
        f"integrated to there, {p.noise_total:.3g} over all frequencies, {p.noise_fixed:.3g} up to {show(p.band, 'Hz')}."
    )
    layout = {"xaxis": axis("frequency", "Hz", **LOG), "yaxis": axis("density at the output", "V^2/Hz", **LOG)}
    return Figure("mac-noise", f"Noise ({r.engine})", caption, data, layout)


def noise_tables(r: MacNoise) -> list[Table]:
    rows = [[origin, number(r.own[origin]), number(r.fixed[origin])] for origin in r.own]
    columns = ["origin", "own band (V^2 at the input)", f"up to {show(r.point.band, 'Hz')}"]
    return [Table("Noise by origin", columns, rows), point_table(r.point)] if rows else [point_table(r.point)]


def point_table(p: MacPoint) -> Table:
    """Every figure of one bias point."""
    rows = []
    for f in fields(p):
        value = getattr(p, f.name)
        if isinstance(value, (int, float)) and np.isfinite(value):
            unit = PLAIN_UNITS.get(f.name, "V^2" if f.name.startswith("noise") else "")
            rows.append(
                [f.name, show(float(value), UNITS[f.name]) if f.name in UNITS else f"{number(value)} {unit}".strip()]
            )
    return Table("Operating point", ["quantity", "value"], rows, "; ".join(map(str, p.limits)))


def bias_figures(r: MacBias) -> list[Figure]:
    """Energy, bandwidth and noise against the unit current; the product of energy and noise beside the closed form."""
    x, unit = in_prefix(r.i_unit, "A")
    layout = {"xaxis": axis("unit current", unit, **LOG), "yaxis": axis("", "", **LOG)}
    drawn = [("energy", "energy", "J"), ("noise_rectangular", "noise at the input", "V^2"), ("bandwidth", "bandwidth", "Hz")]
    figures = []
    for k, (name, title, of) in enumerate(drawn):
        data = [marks(x, r.column(name), title, MORE_COLOURS[k], "circle", 7, mode="lines+markers")]
        figures.append(Figure(f"mac-{name}", title.capitalize(), "", data, {**layout, "yaxis": axis(title, of, **LOG)}))
    data = [
        marks(x, r.column("invariant"), "circuit", BLUE, "circle", 7, mode="lines+markers"),
        line(x, r.column("invariant_closed"), "16 q (n U_T)^2 V_DD", GREY, dash="dot"),
    ]
    caption = "In weak inversion, with saturated loads and no leakage, the product depends on nothing but n and the supply."
    axes = {**layout, "yaxis": axis("energy x noise", "J V^2", **LOG)}
    return [*figures, Figure("mac-invariant", "Energy times noise", caption, data, axes)]


def bias_table(r: MacBias) -> Table:
    """One row a unit current, with what limits it."""
    names = ("i_unit", "gain", "bandwidth", "power", "energy", "noise_rectangular", "noise_fixed", "leakage", "exceeded")
    rows = []
    for p in r.points:
        cells = [getattr(p, name) for name in names[:-1]]
        shown = [show(float(v), UNITS[n]) if n in UNITS else number(v) for n, v in zip(names, cells, strict=False)]
        rows.append([*shown, ", ".join(p.broken)])
    return Table("Against the bias", list(names), rows)


def mismatch_figures(r: MacMismatch) -> list[Figure]:
    """Sorted samples of INL, DNL and offset."""
    share = (np.arange(r.samples) + 0.5) / r.samples
    data = [line(np.sort(values), share, name, colour) for name, values, colour in
            (("INL", r.inl, BLUE), ("DNL", r.dnl, ORANGE))]  # fmt: skip
    layout = {"xaxis": axis("largest magnitude", "least bits", **LOG), "yaxis": axis("share of the samples", "")}
    first = Figure("mac-mismatch", "Nonlinearity with mismatch", f"{r.samples} samples, seed {r.seed}.", data, layout)
    offset = [line(1e3 * np.sort(r.offset), share, "offset", BLUE)]
    layout = {"xaxis": axis("offset at the input", "mV"), "yaxis": axis("share of the samples", "")}
    return [first, Figure("mac-offset", "Offset", f"Standard deviation {show(r.offset_sigma, 'V')}.", offset, layout)]


DRAWN: dict[type, tuple[Callable[[Any], list[Figure]], Callable[[Any], list[Table]] | None]] = {
    MacTransfer: (lambda r: [transfer_figure(r)], lambda r: [transfer_table(r)]),
    MacLinearity: (linearity_figures, None),
    MacBandwidth: (lambda r: [bandwidth_figure(r)], lambda r: [bandwidth_table(r)]),
    MacNoise: (lambda r: [noise_figure(r)], noise_tables),
    MacBias: (bias_figures, lambda r: [bias_table(r)]),
    MacMismatch: (mismatch_figures, None),
    MacPoint: (lambda r: [], lambda r: [point_table(r)]),
}
