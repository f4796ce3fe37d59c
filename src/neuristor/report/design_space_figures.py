"""Figures, tables and page of the mixed-signal neuron's design space."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..networks.design_space import DesignSpace
from ..quantities import show
from .array_figures import dotted_line
from .figures import COLOURS, GREY, ORANGE, PURPLE, Figure, axis, line, marks
from .page import Page
from .tables import Table

LOG = {"type": "log", "exponentformat": "power"}
FORBIDDEN = "rgba(176,72,111,0.16)"
PUBLISHED = (1e-6, 0.7e-15)  # V^2, J: document 002, sections III and IV
RISES = (0.01, 0.03)  # of the error, marked in the plane


def design_page(space: DesignSpace, title: str) -> Page:
    """The plane first, then every quantity against the bias."""
    network = f", accuracy of {space.network}" if space.network else ""
    return Page(
        title=f"Design space of {title}",
        subtitle=f"{space.bits} bits, engine {space.engine}{network}",
        summary=summary(space),
        figures=design_figures(space),
        tables=design_tables(space),
        chosen=chosen(space),
    )


def summary(space: DesignSpace) -> str:
    """Where designs can be, and the least energy for an accuracy."""
    if not space.allowed.any():
        reasons = dict.fromkeys(reason for row in space.forbidden for reason in row)
        return f"None of these unit currents can be used: {'; '.join(reasons)}."
    currents = space.i_unit[space.allowed.any(axis=0)]
    told = (
        f"Unit currents from {shown(currents[0], 'A')} to {shown(currents[-1], 'A')} can be used. At its "
        "own speed a neuron's energy and noise are set by its capacitance and the current buys bandwidth; at a fixed rate "
        f"the current trades energy for noise. Their product is {space.product[space.allowed].min():.3g} J V^2 at least, "
        f"in closed form {space.floor:.3g}."
    )
    if not space.network or (best := space.least_energy(space.clean + RISES[0])) is None:
        return told
    energy, current, speed = space.energy[best], space.i_unit[best[1]], space.bandwidth[best]
    return (
        f"{told} {space.network} keeps its error within 1 point of the float network's from {shown(energy, 'J')} a "
        f"synapse on, at {shown(current, 'A')} and {shown(speed, 'Hz')}."
    )


def chosen(space: DesignSpace) -> list[str]:
    told = [
        "noise: rectangle up to the bandwidth, or all below the fixed rate; at the input of a synapse of full weight",
        f"the fixed rate is {show(space.band, 'Hz')}; a neuron runs at it if its bandwidth is at least that",
        "loads: capacitance of each output beside the devices' own",
    ]
    if space.network:
        told.append(f"the largest input of the network stands for {show(space.full_scale, 'V', 3)}")
    return told


def design_figures(space: DesignSpace) -> list[Figure]:
    """The plane of energy and noise, and energy, bandwidth, noise and accuracy against the current."""
    found = [plane_figure(space)]
    drawn: list[tuple[str, str, str, np.ndarray, np.ndarray | None]] = [
        ("energy", "energy a synapse", "J", space.energy, space.energy_fixed),
        ("bandwidth", "bandwidth", "Hz", space.bandwidth, None),
        ("noise", "noise at the input", "V²", space.noise, space.noise_fixed),
    ]
    if space.error is not None and space.error_fixed is not None:
        drawn.append(("error", f"error of {space.network}", "%", 100 * space.error, 100 * space.error_fixed))
    return found + [knob_figure(space, *one) for one in drawn]


def load_name(load: Any) -> str:
    return f"{shown(load, 'F')} a side" if load else "no load"


def plane_figure(space: DesignSpace) -> Figure:
    """Energy against noise, one line a load at its own speed, one at the fixed rate; the forbidden region filled."""
    good, every = space.allowed, np.concatenate([space.noise[space.allowed], [PUBLISHED[0]]])
    x = np.array([every.min() / 30, every.max() * 10])
    lowest = min(PUBLISHED[1], space.floor / x[1]) / 3
    data: list[dict[str, Any]] = [
        {**line([*x, x[1], x[0]], [*(space.floor / x), lowest, lowest], "forbidden: shot noise", GREY, width=0),
         "fill": "toself", "fillcolor": FORBIDDEN, "hoverinfo": "skip", "showlegend": False},
        line(x, space.floor / x, "least product", GREY, width=1.4),
        line(x, space.least_floor / x, "with n = 1", GREY, dash="dot", width=1.2),
    ]  # fmt: skip
    for k, load in enumerate(space.c_load):
        x_k, y_k, told = (v[good[k]] for v in (space.noise[k], space.energy[k], labels(space.i_unit, space.bandwidth[k])))
        data.append(dotted_line(x_k, y_k, load_name(load), COLOURS[k % len(COLOURS)], text=told))
    kept = good[0] & np.isfinite(space.noise_fixed[0])
    x_b, y_b, told = (
        v[kept] for v in (space.noise_fixed[0], space.energy_fixed[0], labels(space.i_unit, space.bandwidth[0]))
    )
    data.append(dotted_line(x_b, y_b, f"at {show(space.band, 'Hz')}", PURPLE, "dash", text=told))
    data.append(marks([PUBLISHED[0]], [PUBLISHED[1]], "published", ORANGE, "x-open", 10))
    for rise, dash in zip(RISES, ("dash", "dashdot"), strict=True):
        if good.any() and (most := tolerated(space, rise)) is not None:
            top = float(np.nanmax(np.where(good, space.energy, np.nan)) * 30)
            data.append(line([most] * 2, [lowest, top], f"error +{100 * rise:g} %", GREY, dash=dash, width=1.2))
    layout = {"xaxis": axis("noise at the input", "V²", **LOG), "yaxis": axis("energy a synapse", "J", **LOG)}
    caption = (
        "Each point is a unit current: at the neuron's own speed with a load, and at a fixed rate without one. Capacitance "
        "moves a design along the least product 16 q (n U_T)² V_DD, the current moves it only if the rate is fixed. No "
        "current, capacitance or number of bits leads into the shaded region."
    )
    if good.any():
        caption += f" The circuit's least product is {space.product[good].min() / space.floor:.2f} of that closed form."
    return Figure("design-plane", "Energy against noise, and what cannot be built", caption, data, layout)


def labels(currents: np.ndarray, bandwidths: np.ndarray) -> np.ndarray:
    """What a point tells under the pointer."""
    pairs = zip(currents.tolist(), bandwidths.tolist(), strict=True)
    return np.array([f"{shown(i, 'A')}, {shown(f, 'Hz')}" for i, f in pairs])


def tolerated(space: DesignSpace, rise: float) -> float | None:
    """Noise (V^2) at which the network has lost `rise`, between the designs met; None if it is not among them."""
    if space.error is None or space.error_fixed is None:
        return None
    noise = np.concatenate([space.noise.ravel(), space.noise_fixed.ravel()])
    error = np.concatenate([space.error.ravel(), space.error_fixed.ravel()]) - space.clean
    known = np.isfinite(noise) & np.isfinite(error)
    order = np.argsort(noise[known])
    noise, error = noise[known][order], error[known][order]
    if not error[0] <= rise < error[-1]:
        return None
    k = int(np.argmax(error > rise))
    part = (rise - error[k - 1]) / (error[k] - error[k - 1])
    return float(noise[k - 1] * (noise[k] / noise[k - 1]) ** part)


def knob_figure(space: DesignSpace, key: str, name: str, unit: str, own: np.ndarray, fixed: np.ndarray | None) -> Figure:
    """One quantity against the unit current; currents that cannot be used shaded."""
    data = [
        dotted_line(space.i_unit, own[k], load_name(load), COLOURS[k % len(COLOURS)]) for k, load in enumerate(space.c_load)
    ]
    if fixed is not None:
        data.append(line(space.i_unit, fixed[0], f"at {show(space.band, 'Hz')}", PURPLE, dash="dash"))
    shapes = [
        {"type": "rect", "xref": "x", "yref": "paper", "x0": a, "x1": b, "y0": 0, "y1": 1, "fillcolor": FORBIDDEN,
         "line": {"width": 0}, "layer": "below"}
        for a, b in shut(space.i_unit, space.allowed[0])
    ]  # fmt: skip
    y = axis(name, unit, rangemode="tozero") if unit == "%" else axis(name, unit, **LOG)
    ends = [float(np.log10(i)) for i in space.i_unit[[0, -1]]]
    layout = {"xaxis": axis("unit current", "A", **LOG, dtick=1, range=ends), "yaxis": y, "shapes": shapes}
    why = "; ".join(dict.fromkeys(reason.partition(":")[0] for reason in space.forbidden[0] if reason))
    caption = f"Shaded: currents that cannot be used ({why})." if shapes else ""
    return Figure(f"design-{key}", f"{name.capitalize()} against the bias", caption, data, layout)


def shut(x: np.ndarray, allowed: np.ndarray) -> list[tuple[float, float]]:
    """Ranges of currents that are not allowed, up to the middle between neighbours on the logarithmic axis."""
    edges = np.concatenate([x[:1], np.sqrt(x[1:] * x[:-1]), x[-1:]])
    return [(float(edges[k]), float(edges[k + 1])) for k in range(len(x)) if not allowed[k]]


def design_tables(space: DesignSpace) -> list[Table]:
    """One row a design."""
    errors = [e for e in (space.error, space.error_fixed) if e is not None]
    columns = [
        "load",
        "unit current",
        "bandwidth",
        "power",
        "energy",
        "noise (V²)",
        "energy x noise",
        "at the rate: energy",
        "noise (V²)",
        *("error", "error at the rate")[: len(errors)],
        "forbidden by",
    ]
    fixed, rows = space.energy_fixed, []
    for k, j in np.ndindex(space.energy.shape):
        values = (space.i_unit[j], space.bandwidth[k, j], space.power[k, j], space.energy[k, j])
        slow = np.isnan(fixed[k, j])
        rated = ["too slow", ""] if slow else [shown(fixed[k, j], "J"), f"{space.noise_fixed[k, j]:.3g}"]
        rows.append(
            [
                load_name(space.c_load[k]), *map(shown, values, ("A", "Hz", "W", "J")), f"{space.noise[k, j]:.3g}",
                f"{space.product[k, j]:.3g}", *rated, *(percent(e[k, j]) for e in errors), space.forbidden[k][j],
            ]
        )  # fmt: skip
    return [Table(f"Designs, {space.bits} bits, rate {show(space.band, 'Hz')}", columns, rows)]


def shown(value: Any, unit: str) -> str:
    return show(float(value), unit, 3)


def percent(value: Any) -> str:
    return f"{100 * value:.2f} %" if np.isfinite(value) else ""
