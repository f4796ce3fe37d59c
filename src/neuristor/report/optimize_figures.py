"""Figures, tables and the page of a design search."""

from __future__ import annotations

import numpy as np

from ..experiments.design_limits import told
from ..experiments.design_metrics import MEANING
from ..experiments.optimize import GUARDS, Optimization
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks
from .page import Page
from .tables import Table


def optimize_page(result: Optimization, subject: object = None) -> Page:
    """The search in figures, the designs before and after in tables."""
    title = getattr(subject, "title", result.subject)
    return Page(
        title=f"{title}: least {result.minimize.replace('_', ' ')}",
        subtitle=f"{len(result.path)} designs evaluated; {result.ended}",
        summary=summary(result),
        figures=optimize_figures(result),
        tables=optimize_tables(result),
        chosen=[
            "bounds: lengths 1 to 10 times, widths 0.5 to 10 times the drawn size, unless the table says otherwise",
            f"the samples of ripple are the same for every design (seed {result.seed})",
            f"guards, where no limit names the metric: {', '.join(GUARDS)}",
            "areas and edges of source and drain follow the width",
        ],
        computed={"limits": "; ".join(result.limits) or "none", "words for --set": " ".join(result.words)},
    )


def summary(result: Optimization) -> str:
    """What was gained, what holds it back, and whether ngspice agrees."""
    before, after = (told(result.minimize, m[result.minimize]) for m in (result.before, result.after))
    parts = [f"{result.minimize.replace('_', ' ').capitalize()} {before} becomes {after}, a factor of {result.gain:.4g}."]
    if result.active:
        parts.append(f"Held back by {', '.join(result.active)}.")
    parts.append(verdict(result))
    return " ".join(parts)


def verdict(result: Optimization) -> str:
    """What ngspice says of the gain in energy."""
    v = result.verification
    if v.note:
        return f"{v.note[0].upper()}{v.note[1:]}."
    return f"Energy falls {v.gain:.5g} times in ngspice and {v.ours:.5g} times here: {100 * v.difference:+.2g} %."


def optimize_tables(result: Optimization) -> list[Table]:
    """Metrics before and after with ngspice's, and the sizes with their bounds."""
    v = result.verification
    columns = ["metric", "start", "best", "best / start"]
    if not v.note:
        columns += ["start, ngspice", "best, ngspice"]
    rows = []
    for name in result.after:
        before, after = result.before[name], result.after[name]
        row = [name, told(name, before), told(name, after), f"{after / before:.4g}"]
        if not v.note:
            row += [told(name, m[name]) if name in m else "" for m in (v.start, v.best)]
        rows.append(row)
    note = f"{verdict(result)} Active: {', '.join(result.active) or 'nothing'}."
    slopes = result.sensitivity[result.minimize]
    rooms = zip(result.names, result.start, result.best, result.low, result.high, slopes, strict=True)
    sizes = [[name, *(f"{1e6 * x:.4g} um" for x in room), f"{slope:+.3g}"] for name, *room, slope in rooms]
    return [
        Table(f"Design of {result.subject}: least {result.minimize}", columns, rows, note),
        Table(
            "Sizes",
            ["size", "start", "best", "lowest", "highest", f"d ln {result.minimize} / d ln size"],
            sizes,
            f"--set {' --set '.join(result.words)}",
        ),
        Table("Metrics", ["metric", "meaning"], [[name, MEANING[name]] for name in result.after]),
    ]


def optimize_figures(result: Optimization) -> list[Figure]:
    return [path_figure(result), sizes_figure(result), sensitivity_figure(result)]


def path_figure(result: Optimization) -> Figure:
    """The minimised metric of every evaluated design, and the best so far that keeps the limits."""
    values = np.array([e.metrics.get(result.minimize, np.nan) for e in result.path])
    kept = np.array([bool(e.metrics) and e.excess <= 0 for e in result.path])
    start, count = result.before[result.minimize], np.arange(1, len(values) + 1)
    best = np.fmin.accumulate(np.where(kept, values, np.nan)) / start
    data = [
        line(count, best, "best so far", BLUE, line={"color": BLUE, "width": 1.6, "shape": "hv"}),
        marks(count[kept], values[kept] / start, "keeps the limits", BLUE, "circle", 7),
        marks(count[~kept], values[~kept] / start, "exceeds a limit", ORANGE, "x", 8),
    ]
    dead = [k + 1 for k, e in enumerate(result.path) if not e.metrics]
    if dead:
        data.append(marks(dead, np.ones(len(dead)), "cannot be measured", GREY, "triangle-down", 9))
    name = result.minimize.replace("_", " ")
    layout = {"xaxis": axis("evaluated design", ""), "yaxis": axis(f"{name} / start", "", type="log")}
    return Figure("path", f"{name} on the way", f"Limits: {'; '.join(result.limits) or 'none'}.", data, layout)


def sizes_figure(result: Optimization) -> Figure:
    """Start, best and bounds of every size, in drawn sizes."""
    data = []
    for k, name in enumerate(result.names):
        span = np.array([result.low[k], result.high[k]]) / result.start[k]
        data.append(line(span, [name, name], "bounds", GREY, width=5, opacity=0.35, showlegend=k == 0))
    data.append(marks(np.ones(len(result.names)), list(result.names), "start", GREY, "circle-open", 9))
    data.append(marks(result.best / result.start, list(result.names), "best", BLUE, "circle", 9))
    layout = {"xaxis": axis("size / drawn size", "", type="log"), "yaxis": axis("", "", autorange="reversed")}
    caption = "Where the best design stands between its bounds."
    return Figure("sizes", "Sizes", caption, data, layout)


def sensitivity_figure(result: Optimization) -> Figure:
    """What one per cent of each size does to the metrics of the best design, in per cent."""
    data = [
        {"type": "bar", "name": metric.replace("_", " "), "x": list(result.names), "y": result.sensitivity[metric],
         "marker": {"color": COLOURS[k % len(COLOURS)]}}
        for k, metric in enumerate(m for m in ("energy", "rate", "width", "shift_index") if m in result.sensitivity)
    ]  # fmt: skip
    layout = {"barmode": "group", "xaxis": axis("", ""), "yaxis": axis("% of the metric per % of the size", "")}
    caption = "Exact derivatives at the best design, carried along with the simulation."
    return Figure("sensitivity", "What each size does", caption, data, layout)
