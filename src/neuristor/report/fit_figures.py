"""Figures, tables and page of memristor models fitted to measured sweeps, drawn from the stored results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..experiments.memristor_fit import MemristorFit, compared, interval_text, value_text
from ..experiments.memristor_fit_information import Estimate, Profile
from ..experiments.sweep_files import Sweep
from ..quantities import show
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks, scaled
from .page import Page
from .tables import Table

DASHES = ("solid", "dash", "dot", "dashdot")


def percent(value: float, digits: int = 3) -> str:
    return f"{100 * value:.{digits}g} %" if np.isfinite(value) else "-"


def loop_figure(fit: MemristorFit, k: int) -> Figure:
    """Measured and fitted current of one sweep over the device's voltage."""
    sweep, error = fit.sweeps[k], fit.errors[k]
    _, unit = scaled(sweep.current, "A")
    size = float(scaled(np.array([np.max(np.abs(sweep.current))]), "A")[0][0]) / float(np.max(np.abs(sweep.current)))
    fitted = sweep.voltage - sweep.series * fit.currents[k]
    data = [
        marks(1e3 * sweep.device_voltage, size * sweep.current, "measured", GREY, "circle", 4),
        line(1e3 * fitted, size * fit.currents[k], fit.model, BLUE),
    ]
    layout = {"xaxis": axis("voltage across the device", "mV"), "yaxis": axis("current", unit)}
    alone = f", {percent(error.alone)} fitted alone" if np.isfinite(error.alone) else ""
    held = f", {percent(error.held_out)} predicted from the other sweeps" if np.isfinite(error.held_out) else ""
    words = f"{drive(sweep)}. Error {percent(error.joint)} of the rms current{alone}{held}."
    return Figure(f"loop-{slug(fit.model)}-{k}", sweep.name, words, data, layout)


def drive(sweep: Sweep) -> str:
    behind = f" behind {show(sweep.series, 'Ohm')}" if sweep.series else ""
    speed = f" at {show(sweep.frequency, 'Hz')}" if np.isfinite(sweep.frequency) else ""
    return f"+-{show(0.5 * float(np.ptp(sweep.voltage)), 'V', 3)}{speed}{behind}"


def slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text)


def residual_figure(fit: MemristorFit) -> Figure:
    """Model minus measured current of every sweep over time."""
    data = []
    for k, (sweep, current) in enumerate(zip(fit.sweeps, fit.currents, strict=True)):
        periodic = np.isfinite(sweep.frequency)
        place = sweep.time * sweep.frequency if periodic else sweep.time / sweep.time[-1]
        rest = 100 * (current - sweep.current) / sweep.rms
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[(k // len(COLOURS)) % len(DASHES)]
        data.append(line(place, rest, sweep.name, colour, dash=dash, width=1.3))
    layout = {
        "xaxis": axis("time over the period", ""),
        "yaxis": axis("model minus measured over rms current", "%"),
        "showlegend": True,
    }
    return Figure(f"residuals-{slug(fit.model)}", f"Residuals of {fit.model}", fit.verdict() + ".", data, layout)


def correlation_figure(fit: MemristorFit) -> Figure:
    """Correlations of the fitted parameters, red and blue at one."""
    shown = np.round(fit.correlation, 3)
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap", "x": fit.keys, "y": fit.keys, "z": shown, "zmin": -1, "zmax": 1, "text": shown,
            "texttemplate": "%{text:.2f}", "colorscale": [[0, ORANGE], [0.5, "#ffffff"], [1, BLUE]], "showscale": False,
        }
    ]  # fmt: skip
    layout = {"yaxis": {"autorange": "reversed"}, "xaxis": {}}
    words = "; ".join(p.sentence for p in fit.pairs) or "No two parameters are entangled beyond 0.98"
    return Figure(
        f"correlation-{slug(fit.model)}", f"Correlation of the parameters of {fit.model}", words + ".", data, layout
    )


def profile_figure(fit: MemristorFit, shape: Profile) -> Figure:
    """Rise of -2 ln(likelihood) over one parameter, all others fitted anew."""
    unit = fit.device.params[shape.key].unit
    data = [
        {**marks(shape.values, shape.rises, "profile", BLUE, "circle", 6), "mode": "lines+markers"},
        line(shape.values[[0, -1]], [3.84, 3.84], "95 %", ORANGE, dash="dot", width=1.2),
    ]
    layout = {
        "xaxis": axis(shape.key, "" if unit == "1" else unit),
        "yaxis": axis("rise of -2 ln(likelihood)", "", rangemode="tozero"),
    }
    ends = [show(v, unit) if np.isfinite(v) else "beyond what was tried" for v in (shape.low, shape.high)]
    words = f"All other parameters fitted anew at each point. 95 % interval: {ends[0]} to {ends[1]}."
    return Figure(f"profile-{slug(fit.model)}-{shape.key}", f"How sure is {shape.key}?", words, data, layout)


def fit_figures(fit: MemristorFit) -> list[Figure]:
    """All figures of one fit."""
    loops = [loop_figure(fit, k) for k in range(len(fit.sweeps))]
    shapes = [profile_figure(fit, p) for p in fit.profiles]
    return [residual_figure(fit), *loops, *([correlation_figure(fit)] if len(fit.keys) > 1 else []), *shapes]


def parameter_cells(fit: MemristorFit, e: Estimate) -> list[str]:
    declared = fit.device.params[e.key]
    return [e.key, value_text(e.key, e.value, declared.unit), interval_text(e, declared.unit), declared.doc]


def parameters_table(fit: MemristorFit) -> Table:
    """Parameters with their intervals."""
    note = (
        f"Intervals from the curvature at the optimum; {fit.effective:.3g} points count as independent, since neighbouring "
        "residuals are alike where the model is not exact."
    )
    rows = [parameter_cells(fit, e) for e in fit.estimates]
    return Table(f"Parameters of {fit.model}", ["parameter", "value", "how sure", "meaning"], rows, note)


def errors_table(fit: MemristorFit) -> Table:
    """Errors of every sweep."""
    columns = ["sweep", "driven by", "joint", "alone", "held out", "noise", "x at start"]
    rows = [
        [e.name, drive(s), *map(percent, (e.joint, e.alone, e.held_out)), percent(e.noise, 2), f"{e.x0:.3g}"]
        for e, s in zip(fit.errors, fit.sweeps, strict=True)
    ]
    rows.append(["all", "", percent(fit.error), "", "", "", ""])
    start = "repeated for long before" if fit.start == "periodic" else "started from a fitted state"
    note = f"Rms of model minus measured current over the rms of the measured current; every sweep taken as {start}."
    return Table(f"Errors of {fit.model}", columns, rows, note)


def comparison_table(fits: Sequence[MemristorFit]) -> Table:
    """Models of the same sweeps, the least BIC first."""
    rows = []
    ranked = compared(fits)
    for fit, aic, bic in ranked:
        least = [f"{aic - min(r[1] for r in ranked):.4g}", f"{bic - ranked[0][2]:.4g}"]
        rows.append([fit.model, str(fit.free), percent(fit.error), *least, "yes" if fit.stable else "no"])
    columns = ["model", "free parameters", "error", "AIC above least", "BIC above least", "seeds agree"]
    note = f"AIC and BIC of {min(f.effective for f in fits):.3g} independent points, for all models the same."
    return Table("Models compared", columns, rows, note)


def remarks_table(fit: MemristorFit) -> Table:
    return Table(f"What to beware of in {fit.model}", ["remark"], [[note] for note in fit.notes])


def read_table(sweeps: Sequence[Sweep]) -> Table:
    """What was understood of the files."""
    columns = ["sweep", "points", "cycles", "driven by", "understood"]
    rows = [
        [s.name, str(len(s.time)), f"{s.cycles:.3g}" if np.isfinite(s.cycles) else "-", drive(s), "; ".join(s.told)]
        for s in sweeps
    ]
    return Table("Files", columns, rows)


def fit_tables(fits: Sequence[MemristorFit]) -> list[Table]:
    """All tables of one or several fits of the same sweeps, the least BIC first."""
    ranked = [fit for fit, _, _ in compared(fits)]
    tables = [comparison_table(fits)] if len(fits) > 1 else []
    for fit in ranked:
        tables += [errors_table(fit), parameters_table(fit), *([remarks_table(fit)] if fit.notes else [])]
    return tables


def fit_page(fits: Sequence[MemristorFit]) -> Page:
    """The page of one or several fits of the same sweeps."""
    ranked = [fit for fit, _, _ in compared(fits)]
    best = ranked[0]
    names = ", ".join(s.name for s in best.sweeps[:3]) + (
        f" and {len(best.sweeps) - 3} more" if len(best.sweeps) > 3 else ""
    )
    return Page(
        title=f"Memristor fitted to {len(best.sweeps)} sweep{'s' if len(best.sweeps) > 1 else ''}",
        subtitle=names,
        summary=best.verdict() + ".",
        figures=[figure for fit in ranked for figure in fit_figures(fit)],
        tables=[*fit_tables(fits), read_table(best.sweeps)],
        computed={"candidates simulated": ", ".join(f"{f.model} {f.candidates}" for f in ranked)},
    )
