"""Tables of a mixed-signal neuron, with what bounds their numbers: transfer, linearity, bandwidth, noise, bias, mismatch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..experiments.mac_bias import MacBandwidth, MacBias
from ..experiments.mac_linearity import MacLinearity, MacMismatch
from ..experiments.mac_noise import MacNoise
from ..experiments.mac_point import Limit, MacPoint
from ..experiments.mac_transfer import MacTransfer
from ..quantities import show
from .tables import Table

Row = tuple[str, float, str]  # words, value, unit


def value_table(title: str, rows: Sequence[Row]) -> Table:
    """One row a number; what is not defined is left out."""
    shown = [[words, show(value, unit)] for words, value, unit in rows if np.isfinite(value)]
    return Table(title, ["quantity", "value"], shown)


def limit_table(limits: Sequence[Limit]) -> Table:
    """What bounds the numbers beside it."""
    rows = [[limit.name, "exceeded" if limit.broken else "kept", limit.told] for limit in limits]
    return Table("Limits of validity", ["limit", "", "numbers"], rows)


def transfer_tables(r: MacTransfer) -> list[Table]:
    rows = [
        [str(w), show(s, "1"), f"{100 * e:.3g} %" if np.isfinite(e) else "-"]
        for w, s, e in zip(r.weights, r.slope, r.error, strict=True)
    ]
    note = "Distance from the closed form of weak inversion, relative to the range of that."
    return [Table("Transfer", ["weight", "gain at zero", "largest distance"], rows, note), limit_table(r.limits)]


def linearity_table(r: MacLinearity) -> Table:
    worst = [int(r.codes[np.nanargmax(np.abs(values))]) for values in (r.inl, r.dnl)]
    return value_table(
        f"Nonlinearity in the weight ({r.engine})",
        [
            ("weights measured", len(r.codes), ""),
            ("input", r.v_in, "V"),
            ("least bit at the output", r.lsb, "V"),
            (f"largest INL, at weight {worst[0]}", r.worst_inl, "least bits"),
            (f"largest DNL, at weight {worst[1]}", r.worst_dnl, "least bits"),
        ],
    )


def mismatch_table(r: MacMismatch) -> Table:
    return value_table(
        f"Mismatch of the devices, {r.samples} samples",
        [
            ("threshold, sigma sqrt(W L)", 1e9 * r.a_vt, "mV um"),
            ("current factor, sigma sqrt(W L)", 1e8 * r.a_beta, "% um"),
            ("unit tail, sigma", 100 * r.tail, "%"),
            ("input", r.v_in, "V"),
            ("offset at the input, sigma", r.offset_sigma, "V"),
            ("gain without mismatch", r.nominal_gain, ""),
            ("gain, sigma", 100 * r.gain_sigma, "%"),
            ("largest INL, median", r.inl_median, "least bits"),
            ("largest INL, 95 % of the samples below", r.inl_q95, "least bits"),
            ("largest DNL, median", r.dnl_median, "least bits"),
            ("largest DNL, 95 % of the samples below", r.dnl_q95, "least bits"),
            ("monotonic samples", 100 * r.monotonic, "%"),
        ],
    )


def bandwidth_table(r: MacBandwidth) -> Table:
    rows = [
        [show(i, "A"), str(w), show(r.gain[a, b], "1"), frequency(r.bandwidth[a, b]), frequency(r.pole[a, b])]
        for a, i in enumerate(r.i_unit)
        for b, w in enumerate(r.weights)
    ]
    return Table("Bandwidth", ["unit current", "weight", "gain", "-3 dB", "pole of the outputs"], rows)


def frequency(value: float) -> str:
    return show(value, "Hz") if np.isfinite(value) else "none"


def noise_tables(r: MacNoise) -> list[Table]:
    columns = ["origin", f"up to {show(r.point.bandwidth, 'Hz')}", f"up to {show(r.point.band, 'Hz')}"]
    rows = [[origin, show(r.own[origin], "V^2"), show(r.fixed[origin], "V^2")] for origin in r.own]
    origins = Table("Noise at the input by origin", columns, rows)
    return [*([origins] if rows else []), *point_tables(r.point)]


def point_tables(p: MacPoint) -> list[Table]:
    """Every figure of one bias point, and its limits."""
    rows: list[Row] = [
        ("unit current", p.i_unit, "A"),
        ("weight of the first synapse", p.weight, ""),
        ("gain of the first synapse", p.gain, ""),
        ("bandwidth of the gain", p.bandwidth, "Hz"),
        ("pole of the outputs", p.pole, "Hz"),
        ("power", p.power, "W"),
        ("supply times the currents of the tails", p.nominal_power, "W"),
        ("leakage, of the currents of the tails", 100 * p.leakage, "%"),
        ("energy, power over bandwidth", p.energy, "J"),
        ("energy a synapse", p.energy_per_mac, "J"),
        ("noise at the input, white over the bandwidth", p.noise_rectangular, "V^2"),
        ("noise at the input up to the bandwidth", p.noise_own, "V^2"),
        (f"noise at the input up to {show(p.band, 'Hz')}", p.noise_fixed, "V^2"),
        ("noise at the input, all frequencies", p.noise_total, "V^2"),
        ("noise at the output, white over the bandwidth", p.noise_output, "V^2"),
        ("white noise at the output", p.white, "V^2/Hz"),
        ("flicker noise at the output, times frequency", p.flicker, "V^2"),
        ("energy times noise at the output", p.invariant, "J V^2"),
        ("the same in closed form, 16 q (n_P U_T)^2 V_DD", p.invariant_closed, "J V^2"),
        ("slope factor of the pair, n_N", p.n_n, ""),
        ("slope factor of the load, n_P", p.n_p, ""),
        ("largest inversion coefficient", p.inversion, ""),
        ("lowest tail node", p.tail, "V"),
        ("least drain-source voltage of a pair", p.pair, "V"),
        ("largest drop over a load", p.load, "V"),
        ("settling to half of the least bit", p.settling, "s"),
    ]
    return [value_table("Operating point", rows), limit_table(p.limits)]


def bias_table(r: MacBias) -> Table:
    """One row a unit current, with what limits it."""
    band = show(r.points[0].band, "Hz")
    columns = [
        "unit current",
        "gain",
        "bandwidth",
        "power",
        "energy",
        "noise at the input",
        f"the same to {band}",
        "exceeded",
    ]
    rows = [
        [
            show(p.i_unit, "A"),
            show(p.gain, "1"),
            show(p.bandwidth, "Hz"),
            show(p.power, "W"),
            show(p.energy, "J"),
            show(p.noise_rectangular, "V^2"),
            show(p.noise_fixed, "V^2"),
            ", ".join(p.broken) or "-",
        ]
        for p in r.points
    ]
    note = "Energy: power over bandwidth. Noise: white over the bandwidth; and integrated. Exceeded: limits of validity."
    return Table(f"Against the bias ({r.engine})", columns, rows, note)
