"""The page of the mixed-signal neuron: figures 2 and 3 of the document, and what decides them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..experiments.digital_mac import DigitalMac
from ..experiments.mac_bias import MacBandwidth
from ..experiments.mac_noise import MacNoise
from ..papers.mixed_signal.networks import PANELS, Figure3, OnChip
from ..papers.mixed_signal.neurons import Analog, ratio
from ..quantities import show
from .array_figures import PALETTE, band, dotted_line
from .design_space_figures import design_figures, design_tables
from .digital_mac_tables import digital_mac_tables
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, axis, line, marks
from .mac_figures import noise_figure as spectrum_figure
from .mixed_signal_network_figures import PUBLISHED_INCREASE, PUBLISHED_POWER, error_table, noise_figure, scale_table
from .tables import Table, number

LOG = {"type": "log", "exponentformat": "power"}
DECADES = {**LOG, "dtick": 1}
COLOURS = {"current": ORANGE, "width": GREEN}
DASHES = {3: "dash", 8: "solid"}
NAMES = {"current": "equal", "width": "widths"}
SHOWN_RISE = 25  # points
CLAIMED = {"1000 times": 1000.0, "85 times": 85.0}


def mixed_signal_figures(r: dict[str, Any]) -> list[Figure]:
    """All figures: both neurons, the noise, the networks, the design space."""
    digital, neurons = r["digital"], list(r["analog"].values())
    return [
        ratio_figure(digital, neurons),
        frequency_figure(digital, neurons, "power"),
        frequency_figure(digital, neurons, "energy"),
        switched_figure(r["switched"]),
        spectrum(r["noise"]["current"]),
        *network_figures(r["figure3"]),
        *design_figures(r["space"]),
        *([] if r["figure3"].on_chip is None else [chip_figure(r["figure3"].on_chip)]),
    ]


def mixed_signal_tables(r: dict[str, Any]) -> list[Table]:
    shown = r["figure3"].weights.values()
    return [
        analog_table(r["analog"].values()),
        *digital_mac_tables(r["digital"]),
        *(
            table
            for e in shown
            for table in (error_table(e), replace(scale_table(e), title=f"Noise that {e.network} bears"))
        ),
        *design_tables(r["space"]),
    ]


def frequency_figure(digital: DigitalMac, neurons: list[Analog], what: str) -> Figure:
    """Figure 2 (b) or (c): power or energy of both neurons against frequency."""
    f = digital.frequency
    data = []
    for bits in DASHES:
        k = list(digital.bits).index(bits)
        data.append(line(f, getattr(digital, what)[k], f"digital {bits} bits", BLUE, dash=DASHES[bits]))
    if what == "energy":
        k = list(digital.bits).index(8)
        data.append(line(f, digital.energy_with_fetch[k], "digital 8, fetched", BLUE, dash="dot", width=1.2))
        data.append(line(f, np.full(len(f), digital.fetch[k]), "fetch of a weight", GREY, dash="dot", width=1.2))
    for one in neurons:
        y = one.power_at(f) if what == "power" else one.energy_at(f)
        data.append(line(f, y, f"analog {one.bits}, {NAMES[one.weighting]}", COLOURS[one.weighting], dash=DASHES[one.bits]))
    panel, name, unit = ("b", "power", "W") if what == "power" else ("c", "energy per operation", "J")
    caption = (
        "Analog, 3 and 8 bits, with equal devices and with binary widths: the bias current is set so that the bandwidth is "
        "the frequency; below the least usable current the power stays. Digital: leakage and switching. "
    ) + (
        "The energy of fetching a weight from a small memory is far above that of the analog operation." * (what == "energy")
    )
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": axis(name, unit, **DECADES)}
    return Figure(f"ms-{what}", f"Figure 2 ({panel}): {name}", caption, data, layout)


def ratio_figure(digital: DigitalMac, neurons: list[Analog]) -> Figure:
    """Digital over analog, against frequency; dotted where either side fetches its weight."""
    f = digital.frequency
    fetch = dict(zip(digital.bits.tolist(), digital.fetch.tolist(), strict=True))
    data = [
        line(f, ratio(digital, one), one.name, COLOURS[one.weighting], dash=DASHES[one.bits], legendgroup=one.name)
        for one in neurons
    ]
    data += [
        line(f, ratio(digital, one, fetch[one.bits]), f"{one.name}, weight fetched", COLOURS[one.weighting], dash="dot")
        for one in neurons
        if one.bits == 8
    ]
    ends = [float(f[0]), float(f[-1])]
    data += [line(ends, [v, v], f"published: {told}", GREY, dash="longdash", width=1.1) for told, v in CLAIMED.items()]
    caption = (
        f"Energy of an operation, digital over analog, {show(digital.v_dd, 'V')}. The factor hangs on the sizing of the "
        "analog neuron, and all of it on weights that need not be fetched: where either side reads the weight from a small "
        "memory for every operation (dotted), little is left at high frequencies."
    )
    layout = {"xaxis": axis("frequency", "Hz", **DECADES), "yaxis": axis("digital over analog", "", **DECADES)}
    return Figure("ms-ratio", "How many times less the analog neuron takes", caption, data, layout)


def switched_figure(ways: dict[str, MacBandwidth]) -> Figure:
    """Bandwidth and gain over those of the full weight, gates or tails switched."""
    data = []
    for (way, found), colour in zip(ways.items(), (BLUE, ORANGE), strict=True):
        data.append(dotted_line(found.weights, found.pole[0] / found.pole[0, 0], f"bandwidth, {way}s", colour))
        data.append(dotted_line(found.weights, found.gain[0] / found.gain[0, 0], f"gain, {way}s", colour, "dot"))
    layout = {"xaxis": axis("weight", "", **LOG, dtick=1), "yaxis": axis("over that of the full weight", "", **DECADES)}
    caption = (
        "Gates switched at a fixed bias: the bandwidth stays, the gain is the weight. Tails switched, diode loads: the "
        "bandwidth follows the weight, and the gain does not: nothing is multiplied."
    )
    return Figure("ms-switched", "Gates or tails switched by the weight", caption, data, layout)


def spectrum(noise: MacNoise) -> Figure:
    found = spectrum_figure(noise)
    return replace(found, id="ms-spectrum", title="Noise of the 8-bit neuron at 100 pA, equal devices")


def network_figures(f: Figure3) -> list[Figure]:
    """Figure 3 (a) to (c) as far as the networks were there, and what the full scale decides in each."""
    found = []
    for name, errors in f.weights.items():
        told = f"Figure 3 {PANELS[name]}" if name in PANELS else "In place of figure 3 (a)"
        drawn = noise_figure(errors)
        data = [*drawn.data, *sums(f, name)]
        found.append(replace(drawn, id=f"ms-error-{name}", title=f"{told}: error of {name} against noise", data=data))
    return [*found, full_scale_figure(f)] if found else []


def full_scale_figure(f: Figure3) -> Figure:
    """Rise of the error at the published noise against the voltage of the largest input, all networks."""
    data: list[dict[str, Any]] = []
    for (name, e), colour in zip(f.weights.items(), PALETTE, strict=False):
        scale = 1e3 * np.sqrt(PUBLISHED_POWER) / e.relative_noise
        data += [
            dotted_line(scale, 100 * e.increase[e.bits.index(bits)], f"{name}, {bits} bits", colour, dash)
            for bits, dash in ((3, "dash"), (8, "solid"))
        ]
    ends = [float(data[0]["x"].min()), float(data[0]["x"].max())]
    data.append(line(ends, [100 * PUBLISHED_INCREASE] * 2, "published: 3 points", GREY, dash="longdash", width=1.2))
    layout = {"xaxis": axis("full scale", "mV", **LOG), "yaxis": axis("rise of the error", "points", range=[-1, SHOWN_RISE])}
    caption = (
        "What 1 µV² adds to the float network's error, by the voltage that stands for the largest input, which the document "
        "does not give: 2 n U_T are 78 mV. To the right only the rounding of the weights is left."
    )
    return Figure("ms-scale", "The full scale decides what 1 µV² costs", caption, data, layout)


def sums(f: Figure3, name: str) -> list[dict[str, Any]]:
    """Points of the errors where the noise is added to the sums."""
    e = f.sums[name]
    return [
        marks(e.noise_power, 100 * e.error_mean[b], f"{bits} bits, in the sums", PALETTE[b % len(PALETTE)], "circle-open", 8)
        for b, bits in enumerate(e.bits)
    ]


def chip_figure(c: OnChip) -> Figure:
    """Rise of the error by mismatch, before and after training on the chip."""
    data: list[dict[str, Any]] = []
    x = 100 * c.sigma
    for trained, name, colour in ((False, "as made", ORANGE), (True, "trained on the chip", BLUE)):
        rise = c.rise(trained)
        data.append(band(x, 100 * rise.low, 100 * rise.high, colour, name))
        data.append(dotted_line(x, 100 * rise.value, name, colour, legendgroup=name))
    layout = {"xaxis": axis("mismatch of a synapse", "%"), "yaxis": axis("rise of the error", "points")}
    caption = (
        f"{c.network} with {c.bits} bits, {c.before.shape[1]} chips a level, {c.images} test images; against chips without "
        "mismatch, treated alike. Mean over chips, 95 %."
    )
    return Figure("ms-chip", "Mismatch and training on the chip", caption, data, layout)


def analog_table(neurons: Any) -> Table:
    """One row a sizing and current."""
    columns = ["neuron", "unit current", "gain", "bandwidth", "power", "energy", "noise (V²)", "inversion", "load"]
    rows = [
        [
            one.name, show(p.i_unit, "A", 3), number(p.gain, 3), show(p.bandwidth, "Hz", 3), show(p.power, "W", 3),
            show(p.energy, "J", 3), f"{p.noise_rectangular:.3g}", number(p.inversion, 2), show(p.load, "V", 3),
        ]
        for one in neurons
        for p in one.points
    ]  # fmt: skip
    note = (
        "One synapse of full weight, native engine. Where the gain is far below one, the load leaks: see the first figures."
    )
    return Table("Analog multiply-accumulate against its bias", columns, rows, note)
