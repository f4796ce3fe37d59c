"""Tables of a study, from its findings; the terminal shows the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..experiments.statistics import Bounded
from ..quantities import show
from ..studies.findings import Findings
from ..studies.reading import value_words
from .mismatch_figures import percent, within
from .study_figures import drawn_places, limits_words, words
from .tables import Table

LONGEST = 60  # rows of a table
CAUSES = 6  # inputs of a metric
EACH = 16  # points or values of an axis


def study_tables(found: Findings, longest: int = LONGEST) -> list[Table]:
    """Summary, distributions, yields, sensitivities, axes, worst runs, failures; the first rows of long ones."""
    tables = [summary_table(found), distribution_table(found)]
    tables += [yield_table(found, longest)] if found.yields else []
    tables += [sensitivity_table(found)] if any(s.inputs for s in found.sensitivities.values()) else []
    tables += [axis_table(found, longest)] if found.reading.axes else []
    tables += [worst_table(found, longest)]
    return [*tables, failure_table(found)] if found.overview["reasons"] else tables


def number(value: float, unit: str) -> str:
    return show(float(value), unit) if np.isfinite(value) else "none"


def estimate(b: Bounded, unit: str) -> str:
    """A number, with its bounds if it has any."""
    return number(b.value, unit) if np.isnan(b.low) else within(b, unit)


def share(b: Bounded | None) -> str:
    return "" if b is None else f"{100 * b.value:.1f} % ({100 * b.low:.1f} .. {100 * b.high:.1f})"


def cut(rows: list[list[str]], told: str, longest: int) -> tuple[list[list[str]], str]:
    """The first rows, and a note that says how many more there are."""
    more = len(rows) - longest
    return (rows[:longest], f"{told} {more} more rows: `--json` has all.") if more > 0 else (rows, told)


def summary_table(found: Findings) -> Table:
    o = found.overview
    axes = ", ".join(f"{name} ({count})" for name, count in o["axes"].items())
    rows = [
        ["subject", f"{o['subject']}, experiment {o['experiment']}"],
        ["runs", f"{o['stored']} of {o['runs']} stored: {o['good']} good, {o['failed']} failed"],
        ["axes", axes or "none"],
        ["drawn", shortened(o["drawn"]) or "nothing"],
        ["samples", f"{o['samples']}, {o['sampling'].replace('_', ' ')}, seed {o['seed']}"],
        ["computing time", show(o["seconds"], "s")],
        ["computed on", f"{', '.join(o['hosts'])}, from {o['begun']}"],
        ["versions", ", ".join(f"{name} {version}" for name, version in o["versions"].items())],
    ]
    return Table(o["title"], ["study", str(o["folder"])], rows)


def shortened(names: list[str]) -> str:
    return ", ".join(names if len(names) <= 8 else [*names[:6], f"... {len(names) - 6} more"])


def distribution_table(found: Findings) -> Table:
    rows = [
        [words(name), str(d.defined), estimate(d.mean, d.unit), number(d.sigma, d.unit), number(d.least, d.unit),
         *(estimate(d.quantiles[p], d.unit) for p in (0.05, 0.5, 0.95)), number(d.most, d.unit)]
        for name, d in found.distributions.items()
    ]  # fmt: skip
    columns = ["metric", "runs", "mean", "sigma", "least", "5 %", "median", "95 %", "greatest"]
    note = "In brackets: bounds of 95 %." if found.reading.points == 1 else (
        "Over all points of the axes; the runs of one sample are not independent, so that no bounds hold here."
    )  # fmt: skip
    return Table("Distributions", columns, rows, note)


def yield_table(found: Findings, longest: int) -> Table:
    """Every limit at every point at once, and at the worst points."""
    reading, rows = found.reading, []
    for own in found.yields:
        name = limits_words(reading, own)
        if reading.points > 1:
            rows += [[name, "every point", percent(own.every)]]
        for k in np.argsort(own.points.value, kind="stable")[:EACH]:
            b = Bounded(*(float(v[k]) for v in (own.points.value, own.points.low, own.points.high)))
            rows.append([name, reading.point_words(int(k)) or "all runs", percent(b)])
    note = "Clopper and Pearson's bounds of 95 %; runs that failed or have no value meet no limit. The worst points."
    if found.overview["sampling"] != "monte_carlo":
        note += " The bounds are those of independent samples: these cover more evenly, so that they are wider than need be."
    kept, told = cut(rows, note, longest)
    return Table("Yield", ["limit", "where", "share of the samples"], kept, told)


def sensitivity_table(found: Findings) -> Table:
    rows, notes = [], []
    for name, own in found.sensitivities.items():
        for s in own.inputs[:CAUSES]:
            rank = "" if s.rank is None else f"{s.rank.value:+.3f} ({s.rank.low:+.3f} .. {s.rank.high:+.3f})"
            rows.append([words(name), s.name, share(s.first), share(s.total), rank])
        explained = f"first orders and interactions of two explain {100 * own.explained:.1f} %. " if own.inputs else ""
        between = f"{100 * own.axes:.1f} % of the variance of all runs is between points. " if found.reading.axes else ""
        notes.append(f"{words(name).capitalize()}: {explained}{between if np.isfinite(own.axes) else ''}{own.note}".strip())
    columns = ["metric", "random input", "first-order share", "total share", "rank coefficient"]
    return Table("What moves the metrics", columns, rows, " ".join(notes))


def axis_table(found: Findings, longest: int) -> Table:
    """Every metric along every axis, at all values or at evenly spread ones."""
    rows = []
    for name, several in found.along.items():
        unit = found.reading.metrics[name]
        for a in several:
            axis = found.reading.axes[a.axis]
            for k in drawn_places(axis.points, EACH):
                b = Bounded(*(float(v[k]) for v in (a.mean.value, a.mean.low, a.mean.high)))
                spread = f"{number(a.quantiles[0.05][k], unit)} .. {number(a.quantiles[0.95][k], unit)}"
                rows.append([words(name), a.name, value_words(axis, a.name, k), estimate(b, unit), spread])
    kept, told = cut(rows, "Means with bounds of 95 %; the range of 90 % of the runs.", longest)
    return Table("Along the axes", ["metric", "axis", "value", "mean", "5 .. 95 %"], kept, told)


def worst_table(found: Findings, longest: int) -> Table:
    rows = []
    for name, own in found.extremes.items():
        unit = found.reading.metrics[name]
        for number_ in own.worst:
            run = found.run(int(number_))
            rows.append([words(name), str(run["run"]), number(run["metrics"][name], unit),
                         pairs(run["point"].items()), inputs_words(found, run["values"])])  # fmt: skip
    told = "Farthest beyond the limit, or at both ends where there is none. `--waveforms N` runs them again."
    kept, note = cut(rows, told, longest)
    return Table("Worst runs", ["metric", "run", "value", "where", "what was drawn"], kept, note)


def inputs_words(found: Findings, values: dict[str, Any]) -> str:
    """What was drawn in a run; of many the first few that lie farthest out are the scores of mismatch."""
    units = found.reading.drawn
    drawn = {name: v for name, v in values.items() if name in units}
    if len(drawn) > CAUSES:
        scores = [name for name in drawn if name in found.reading.plan.draws.scores]
        keep = sorted(scores, key=lambda name: -abs(drawn[name]))[:CAUSES]
        drawn = {name: drawn[name] for name in drawn if name in keep or name not in scores}
    return pairs((name, show(value, units[name], 3)) for name, value in list(drawn.items())[: 2 * CAUSES])


def pairs(items: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in items)


def failure_table(found: Findings) -> Table:
    rows = [[str(count), why] for why, count in found.overview["reasons"].items()]
    return Table("Why runs failed", ["runs", "reason"], rows)
