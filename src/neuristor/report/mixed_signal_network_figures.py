"""Figures, tables and page of a classifier on mixed-signal neurons, drawn from stored results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantities import show
from .array_figures import PALETTE, band, dotted_line, positive
from .array_tables import interval, percent
from .figures import BLUE, GREY, Figure, axis, line
from .page import Page
from .tables import Table

if TYPE_CHECKING:
    from ..networks.mixed_signal import InferenceCost, NoiseErrors, Synapse

PUBLISHED_POWER = 1e-6  # V^2, document 002, section III
PUBLISHED_INCREASE = 0.03  # document 002, section III: worst case for MNIST


def mixed_signal_page(
    result: NoiseErrors, retrained: Sequence[NoiseErrors] = (), costs: Sequence[InferenceCost] = (),
    synapses: Sequence[Synapse] = (),
) -> Page:  # fmt: skip
    """Error against noise and bits, what the full scale decides, retraining, energy and latency, one bias current."""
    used = result.options
    return Page(
        title=f"{result.network} on mixed-signal neurons",
        subtitle=f"{result.images} test images of {result.dataset}, {result.draws} draws of the noise, "
        f"full scale {show(result.full_scale, 'V')}, mismatch {spread_words(result)}",
        summary=summary(result),
        figures=mixed_signal_figures(result, retrained, costs),
        tables=mixed_signal_tables(result, retrained, costs, synapses),
        chosen=[
            f"the input voltage that stands for the largest input is {show(result.full_scale, 'V')}: noise acts as "
            "sigma_w / w_max = sqrt(v_n^2) / full scale",
            f"noise is part of the {used['noise_in']}, drawn anew for every {NOUNS[used['redraw']]}",
            f"a weight's sign {'costs no bit' if used['sign'] == 'extra' else 'is one of its bits'}; biases, pools and "
            "activations are exact; the load gives every branch a gain of one",
        ],
        computed={"seed": str(result.seed), "computing": f"{result.seconds:.1f} s"},
    )


NOUNS = {"mac": "multiply-accumulate", "draw": "draw, the same for all images"}


def spread_words(result: NoiseErrors) -> str:
    """Both sigmas of the mismatch."""
    units = f" and {percent(result.mismatch_unit)} of a unit" if result.mismatch_unit else ""
    return percent(result.mismatch) + units


def summary(result: NoiseErrors) -> str:
    """The clean error, what the weights' steps cost, and the full scale at which the published increase holds."""
    scales = result.full_scale_for(PUBLISHED_POWER, PUBLISHED_INCREASE)
    rounded = ", ".join(f"{count} bits {percent(q)}" for count, q in zip(result.bits, result.quantised, strict=True))
    needed = ", ".join(f"{count} bits {scale_words(v)}" for count, v in zip(result.bits, scales, strict=True))
    return (
        f"The float network errs on {percent(result.clean)} of the images; without noise, {rounded}. The full scale at "
        f"which 1 uV^2 adds the published {100 * PUBLISHED_INCREASE:g} %: {needed}."
    )


def scale_words(volts: float) -> str:
    """A full scale, or why there is none."""
    if volts == 0:
        return "less than any evaluated"
    return "none: the steps of the weights alone cost more" if np.isinf(volts) else show(volts, "V", 3)


def mixed_signal_figures(
    result: NoiseErrors, retrained: Sequence[NoiseErrors] = (), costs: Sequence[InferenceCost] = ()
) -> list[Figure]:
    found = [noise_figure(result, retrained), scale_figure(result)]
    return [*found, cost_figure(costs)] if costs else found


def noise_figure(result: NoiseErrors, retrained: Sequence[NoiseErrors] = ()) -> Figure:
    """Error against the integrated noise power at all bits, as figure 3 of document 002."""
    data: list[dict[str, Any]] = []
    for b, count in enumerate(result.bits):
        data += curve(result, b, f"{count} bits", PALETTE[b % len(PALETTE)], "solid")
    for one in retrained:
        colour = PALETTE[result.bits.index(one.bits[0]) % len(PALETTE)]
        data += curve(one, 0, f"{one.bits[0]} bits, retrained", colour, "dash")
    ends = result.noise_power[result.noise_power > 0]
    data.append(line([ends.min(), ends.max()], [100 * result.clean] * 2, "float network", GREY, dash="dot", width=1.2))
    caption = (
        f"Classification error at a full scale of {show(result.full_scale, 'V')}: mean of {result.draws} draws with its "
        f"{100 * result.confidence:g} % interval. Curves that meet at the left are as good as the float network; where they "
        "rise, the circuit's noise has become larger than the network tolerates."
    )
    layout = {"xaxis": axis("integrated noise power, input-referred", "V²", type="log", dtick=1, exponentformat="power")}
    layout |= {"yaxis": axis("classification error", "%", type="log", exponentformat="none")}
    return Figure("noise-error", f"Error of {result.network} against noise", caption, data, layout)


def curve(result: NoiseErrors, b: int, name: str, colour: str, dash: str) -> list[dict[str, Any]]:
    """One number of bits: the mean over draws and its interval."""
    seen = result.noise_power > 0
    x = result.noise_power[seen]
    low, high, mean = (100 * v[b][seen] for v in (result.error_low, result.error_high, result.error_mean))
    least = 10.0 / result.images  # a tenth of one image in %, where a logarithmic axis has no zero
    drawn = dotted_line(x, positive(mean), name, colour, dash, legendgroup=name)
    return [band(x, np.maximum(low, least), np.maximum(high, least), colour, name), drawn]


def scale_figure(result: NoiseErrors) -> Figure:
    """Increase of the error at 1 uV^2 against the full scale: the same runs, since only the ratio of both counts."""
    seen = result.relative_noise > 0
    scale = 1e3 * np.sqrt(PUBLISHED_POWER) / result.relative_noise[seen]
    data = [
        dotted_line(scale, positive(100 * result.increase[b][seen]), f"{count} bits", PALETTE[b % len(PALETTE)])
        for b, count in enumerate(result.bits)
    ]
    published = [100 * PUBLISHED_INCREASE] * 2
    data.append(line([scale.min(), scale.max()], published, "document 002, worst case", GREY, dash="dash", width=1.2))
    caption = (
        "What an integrated noise of 1 µV² adds to the float network's error, by the voltage that stands for the largest "
        "input: where a curve crosses the dashed line the published 3 % holds; the document does not give this voltage. "
        "Where nothing is added there is no mark."
    )
    layout = {
        "xaxis": axis("full scale", "mV", type="log", dtick=1),
        "yaxis": axis("increase of the error", "%", type="log", dtick=1),
    }
    return Figure("full-scale", "What the full scale decides", caption, data, layout)


def cost_figure(costs: Sequence[InferenceCost]) -> Figure:
    """Energy of an inference by layer."""
    data = [
        {
            "type": "bar", "x": [layer.label for layer in cost.layers], "y": [1e12 * layer.energy for layer in cost.layers],
            "name": f"{cost.bits} bits", "marker": {"color": PALETTE[k % len(PALETTE)] if len(costs) > 1 else BLUE},
        }
        for k, cost in enumerate(costs)
    ]  # fmt: skip
    layout = {"xaxis": axis("layer", "", type="category"), "yaxis": axis("energy of an inference", "pJ"), "barmode": "group"}
    caption = "Energy of the synapses of each layer while it settles to the bits named: save the tallest bar first."
    return Figure("energy", "Energy by layer", caption, data, layout)


def mixed_signal_tables(
    result: NoiseErrors, retrained: Sequence[NoiseErrors] = (), costs: Sequence[InferenceCost] = (),
    synapses: Sequence[Synapse] = (),
) -> list[Table]:  # fmt: skip
    found = [error_table(result), scale_table(result), *([bias_table(result, synapses)] if synapses else [])]
    found += [error_table(one, f", {one.bits[0]} bits, retrained") for one in retrained]
    return [*found, cost_table(costs)] if costs else found


def error_table(result: NoiseErrors, more: str = "") -> Table:
    """Mean error with its intervals at every power and all bits."""
    columns = ["bits", "noise power", "sigma_w / w_max", "error", "over draws", "by images", "increase"]
    rows = [
        [
            str(count), f"{power:.3g} V^2", percent(result.relative_noise[p]), percent(result.error_mean[b, p]),
            interval(result.error_low[b, p], result.error_high[b, p]),
            interval(result.image_low[b, p], result.image_high[b, p]), f"{100 * result.increase[b, p]:+.2f} %",
        ]
        for b, count in enumerate(result.bits)
        for p, power in enumerate(result.noise_power)
    ]  # fmt: skip
    noiseless = ", ".join(f"{count} bits {percent(q)}" for count, q in zip(result.bits, result.quantised, strict=True))
    shown = f"{result.images} images, {result.draws} draws, seed {result.seed}"
    note = f"{shown}; float network {percent(result.clean)}; without noise {noiseless}."
    return Table(f"Error of {result.network}{more}, full scale {show(result.full_scale, 'V')}", columns, rows, note)


def scale_table(result: NoiseErrors) -> Table:
    """Tolerated noise, and the full scale at which 1 uV^2 is that much."""
    columns = ["bits", "increase", "tolerated sigma_w / w_max", "full scale at 1 uV^2"]
    rows = []
    for b, count in enumerate(result.bits):
        for rise in (0.01, PUBLISHED_INCREASE, 0.10):
            share = result.critical_noise(rise)[b]
            told = "none" if share == 0 else "beyond the powers shown" if np.isinf(share) else percent(float(np.sqrt(share)))
            volts = scale_words(float(result.full_scale_for(PUBLISHED_POWER, rise)[b]))
            rows.append([str(count), percent(rise), told, volts])
    return Table("Noise that costs this much more than the float network, and the full scale for 1 uV^2", columns, rows)


def bias_table(result: NoiseErrors, synapses: Sequence[Synapse]) -> Table:
    """What the bias current of the circuit gives: noise, and the error at it."""
    columns = ["bits", "noise power", "error", "increase", "a synapse", "bandwidth", "linear range", "limits exceeded"]
    rows = []
    for b, one in enumerate(synapses):
        p = int(np.argmin(np.abs(result.noise_power - one.noise_power)))
        told = [show(one.power, "W"), show(one.f_3db, "Hz"), show(one.linear_range, "V"), ", ".join(one.broken) or "none"]
        error, rise = percent(result.error_mean[b, p]), f"{100 * result.increase[b, p]:+.2f} %"
        rows.append([str(one.bits), f"{one.noise_power:.3g} V^2", error, rise, *told])
    note = "Noise: white density times bandwidth, at the input of a synapse of full weight. Energy and latency: below."
    return Table(f"The circuit at a unit current of {show(synapses[0].i_unit, 'A')}", columns, rows, note)


def cost_table(costs: Sequence[InferenceCost]) -> Table:
    """Energy and latency of an inference."""
    columns = ["bits", "a synapse", "bandwidth", "MACs", "settling", "latency", "energy", "biased all the time", "a MAC"]
    rows = [
        [
            str(cost.bits), show(cost.power, "W"), show(cost.f_3db, "Hz"), str(cost.macs), show(cost.settling, "s"),
            show(cost.latency, "s"), show(cost.energy, "J"), show(cost.always_on, "J"),
            f"{1e15 * cost.energy_per_mac:.4g} fJ",
        ]
        for cost in costs
    ]  # fmt: skip
    return Table("Energy and latency of an inference", columns, rows, "Memory is left out.")
