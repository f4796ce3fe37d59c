"""Two studies side by side: the table of verdicts, and distributions one over the other."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..experiments.statistics import Bounded
from ..quantities import show
from ..studies.comparison import VERDICTS, Comparison, Row
from .figures import BLUE, GREEN, GREY, ORANGE, PURPLE, Figure, axis, vertical
from .mismatch_figures import readable, within
from .page import Page
from .study_figures import BAND, SHOWN_METRICS, factor_to, metric_axis, words
from .study_tables import number
from .tables import Table

LONGEST = 60  # rows of the table
BINS = 60
SMALL = 1e-4  # p-values below are not told apart
NAMED = 3  # rows of one verdict that the summary names
COLOUR = {"worse": ORANGE, "failed": "#a3312a", "better": GREEN, "changed": PURPLE, "same": GREY}


def comparison_tables(found: Comparison) -> list[Table]:
    """Verdicts, those that matter first if there are many; and what differs between the files."""
    rows = list(found.rows)
    if len(rows) > LONGEST:
        rows.sort(key=lambda row: VERDICTS.index(row.verdict))
    counted = ", ".join(f"{count} {verdict}" for verdict, count in found.counts.items())
    kind = "Samples compared in pairs: both drew the same numbers" if found.paired else "Independent samples"
    notes = [f"{counted}. {kind}; in brackets bounds of 95 %, p corrected for all tests (Holm).", *found.left_out]
    if len(rows) > LONGEST:
        notes.append(f"{len(rows) - LONGEST} more rows: `--json` has all")
    columns = [
        "metric",
        "where",
        "old ± sigma",
        "new ± sigma",
        "change",
        "within the limit",
        "without a value",
        "p",
        "verdict",
    ]
    title = f"{found.old.store.folder} against {found.new.store.folder}"
    tables = [Table(title, columns, [cells(row) for row in rows[:LONGEST]], "; ".join(notes))]
    if found.changed:
        tables.append(Table("What differs between the studies", ["key: old -> new"], [[text] for text in found.changed]))
    return tables


def cells(row: Row) -> list[str]:
    change = "" if np.isnan(row.change.value) else bounded(row.change, row.unit)
    met = ""
    if np.isfinite(row.yield_old):
        b = row.yield_change
        met = f"{100 * row.yield_old:.2f} % -> {100 * row.yield_new:.2f} % ({100 * b.low:+.2f} .. {100 * b.high:+.2f})"
    plain_yield = np.isnan(row.mean_old) and np.isnan(row.mean_new)
    sides = ((row.mean_old, row.sigma_old), (row.mean_new, row.sigma_new))
    means = ["", ""] if plain_yield else [spread(*side, row.unit) for side in sides]
    lost = f"{row.failed_old} of {row.old} -> {row.failed_new} of {row.new}" if row.failed_old or row.failed_new else ""
    p = f"{row.p:.2g}" if row.p >= SMALL else f"< {SMALL:g}"
    return [words(row.metric), row.where, *means, change, met, lost, p, row.verdict]


def spread(mean: float, sigma: float, unit: str) -> str:
    """A mean with its sigma behind it, where there is one."""
    return number(mean, unit) + (f" ± {show(sigma, unit, 3)}" if sigma > 0 else "")


def bounded(b: Bounded, unit: str) -> str:
    return within(b, unit) if np.isfinite(b.low) and b.low < b.high else number(b.value, unit)


def comparison_page(found: Comparison) -> Page:
    """Verdicts, distributions and the table of two studies."""
    metrics = list(dict.fromkeys(row.metric for row in found.rows if row.metric in found.new.metrics))
    figures = [verdict_figure(found)] + [overlaid(found, name) for name in metrics[:SHOWN_METRICS]]
    counted = ", ".join(f"{count} {verdict}" for verdict, count in found.counts.items())
    return Page(
        title=f"{found.old.title} against {found.new.title}" if found.old.title != found.new.title else found.new.title,
        subtitle=f"{found.old.store.folder} (old) and {found.new.store.folder} (new)",
        summary=" ".join([f"Of {len(found.rows)} rows: {counted}.", *named(found)]),
        figures=[figure for figure in figures if figure.data],
        tables=comparison_tables(found),
        computed={"old": found.old.store.manifest.digest, "new": found.new.store.manifest.digest},
    )


def named(found: Comparison) -> list[str]:
    """Which rows are worse, failed or better, in sentences."""
    told = []
    for verdict in ("worse", "failed", "better"):
        rows = [row for row in found.rows if row.verdict == verdict]
        places = [words(row.metric) + (f" at {row.where}" if row.where else "") for row in rows[:NAMED]]
        more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
        told += [f"{verdict.capitalize()}: {'; '.join(places)}{more}."] if rows else []
    return told


def verdict_figure(found: Comparison) -> Figure:
    """How many points of each metric became what."""
    metrics = list(dict.fromkeys(row.metric for row in found.rows))
    data = []
    for verdict in found.counts:
        counts = [sum(row.metric == name and row.verdict == verdict for row in found.rows) for name in metrics]
        data.append({"type": "bar", "x": [words(m) for m in metrics], "y": counts, "name": verdict,
                     "marker": {"color": COLOUR[verdict]}})  # fmt: skip
    step = max(1, len(found.points) // 5)
    layout = {"barmode": "stack", "xaxis": axis("", "", type="category"), "yaxis": axis("points", "", dtick=step),
              "showlegend": True}  # fmt: skip
    return Figure("verdicts", "Verdicts", "Points of the axes by metric and verdict.", data, layout)


def overlaid(found: Comparison, metric: str) -> Figure:
    """Distributions of a metric in both studies over the points that both have, as shares of the runs."""
    unit = found.new.metrics[metric]
    sides = [(found.old, 0, "old", GREY), (found.new, 1, "new", BLUE)]
    values = [
        v[~np.isnan(v)] for r, side, _, _ in sides for v in [r.grid(metric)[:, sorted({p[side] for p in found.points})]]
    ]
    some = [v for v in values if len(v)]
    if not some:
        return Figure(f"overlaid-{metric}", "", "", [])
    edges = np.histogram_bin_edges(np.concatenate([np.quantile(v, [0.001, 0.999]) for v in some]), BINS)
    shown = readable(edges, unit)[1]
    f = factor_to(unit, shown)
    data = []
    for (_, _, name, colour), v in zip(sides, values, strict=True):
        share = 100 * np.histogram(v, edges)[0] / max(len(v), 1)
        data.append({"type": "scatter", "mode": "lines", "x": f * np.repeat(edges, 2), "name": name,
                     "y": np.concatenate([[0], np.repeat(share, 2), [0]]), "line": {"color": colour, "width": 1.6},
                     "fill": "tozeroy", "fillcolor": BAND if name == "new" else "rgba(138,143,152,0.18)"})  # fmt: skip
    limit = found.new.limit_of(metric) or found.old.limit_of(metric)
    lines = [f * edge for edge in (limit.low, limit.high) if np.isfinite(edge)] if limit else []
    layout = {"xaxis": metric_axis(metric, shown), "yaxis": axis("runs", "%", rangemode="tozero"),
              "shapes": [vertical(float(x)) for x in lines if f * edges[0] <= x <= f * edges[-1]]}  # fmt: skip
    told = Counter(row.verdict for row in found.rows if row.metric == metric)
    caption = f"Over the points that both have: {', '.join(f'{count} {verdict}' for verdict, count in told.items())}."
    return Figure(f"overlaid-{metric}", words(metric).capitalize(), caption, data, layout)
