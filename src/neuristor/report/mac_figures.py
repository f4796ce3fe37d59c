"""Figures of a mixed-signal neuron: transfer, linearity, bandwidth, noise, bias, mismatch."""

from __future__ import annotations

from collections.abc import Callable
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
from .mac_tables import (
    bandwidth_table,
    bias_table,
    linearity_table,
    mismatch_table,
    noise_tables,
    point_tables,
    transfer_tables,
)
from .tables import Table

LOG = {"type": "log", "exponentformat": "power"}
PLAIN = {"type": "log", "exponentformat": "none"}  # within a few decades


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


def linearity_figures(r: MacLinearity) -> list[Figure]:
    """INL over the weights, and DNL where a weight's neighbour was measured."""
    layout = {"xaxis": axis("weight", ""), "yaxis": axis("nonlinearity", "least bits")}
    data = [line(r.codes, r.inl, "INL", BLUE), marks(r.codes, r.dnl, "DNL", ORANGE, "circle", 4)]
    caption = f"At {show(r.v_in, 'V')}; one least bit is {show(r.lsb, 'V')} at the output. Without mismatch."
    return [Figure("mac-linearity", "Nonlinearity in the weight", caption, data, layout)]


def bandwidth_figure(r: MacBandwidth) -> Figure:
    """-3 dB frequencies and poles over the weights."""
    data: list[dict[str, Any]] = []
    both, unit = in_prefix([r.bandwidth, r.pole], "Hz")
    for k, current in enumerate(r.i_unit):
        colour, told = MORE_COLOURS[k % len(MORE_COLOURS)], show(float(current), "A")
        data.append(marks(r.weights, both[0, k], f"-3 dB, {told}", colour, "circle", 8))
        data.append(line(r.weights, both[1, k], f"pole, {told}", colour, dash="dot"))
    caption = "Where the circles are missing, the overlaps of the gates carry the signal to the outputs past the pole."
    layout = {"xaxis": axis("weight", "", **LOG), "yaxis": axis("frequency", unit, **PLAIN)}
    return Figure("mac-bandwidth", f"Bandwidth against the weight ({r.engine})", caption, data, layout)


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


def bias_figures(r: MacBias) -> list[Figure]:
    """Energy, bandwidth and noise against the unit current; the product of energy and noise beside the closed form."""
    x, unit = in_prefix(r.i_unit, "A")
    layout = {"xaxis": axis("unit current", unit, **LOG)}
    drawn = [("energy", "energy", "J"), ("noise_rectangular", "noise at the input", "V^2"), ("bandwidth", "bandwidth", "Hz")]
    figures = []
    for k, (name, title, of) in enumerate(drawn):
        y, shown = (1e6 * r.column(name), "1e-6 V^2") if of == "V^2" else in_prefix(r.column(name), of)
        data = [marks(x, y, title, MORE_COLOURS[k], "circle", 7, mode="lines+markers")]
        figures.append(Figure(f"mac-{name}", title.capitalize(), "", data, {**layout, "yaxis": axis(title, shown, **PLAIN)}))
    data = [
        marks(x, 1e21 * r.column("invariant"), "circuit", BLUE, "circle", 7, mode="lines+markers"),
        line(x, 1e21 * r.column("invariant_closed"), "16 q (n U_T)^2 V_DD", GREY, dash="dot"),
    ]
    caption = "In weak inversion, with saturated loads and no leakage, the product depends on nothing but n and the supply."
    axes = {**layout, "yaxis": axis("energy x noise", "1e-21 J V^2", **PLAIN)}
    return [*figures, Figure("mac-invariant", "Energy times noise", caption, data, axes)]


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
    MacTransfer: (lambda r: [transfer_figure(r)], transfer_tables),
    MacLinearity: (linearity_figures, lambda r: [linearity_table(r)]),
    MacBandwidth: (lambda r: [bandwidth_figure(r)], lambda r: [bandwidth_table(r)]),
    MacNoise: (lambda r: [noise_figure(r)], noise_tables),
    MacBias: (bias_figures, lambda r: [bias_table(r)]),
    MacMismatch: (mismatch_figures, lambda r: [mismatch_table(r)]),
    MacPoint: (lambda r: [], point_tables),
}
