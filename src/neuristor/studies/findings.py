"""Everything that a report of a study tells, as numbers: what its page draws and `--json` prints.

found = findings(read_results("lif_spread.study"))
found.sensitivities["rate"].inputs[0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..trace import Trace, plain
from .reading import Reading, overview
from .sensitivity import Sensitivities, sensitivities
from .summaries import (
    Along,
    Distribution,
    Extremes,
    Yield,
    along,
    correlations,
    distribution,
    extremes,
    yields,
)

WORST = 5
LISTED = 1000  # points of the axes told one by one


@dataclass(frozen=True)
class Findings:
    """What a study found; keys of the dictionaries are metrics, those with limits first.

    along         metric -> one an axis
    correlations  (metrics, metrics) of ranks
    """

    reading: Reading
    overview: dict[str, Any]
    distributions: dict[str, Distribution]
    along: dict[str, list[Along]]
    yields: list[Yield]
    sensitivities: dict[str, Sensitivities]
    correlations: np.ndarray
    extremes: dict[str, Extremes]

    @property
    def metrics(self) -> list[str]:
        return list(self.distributions)

    def to_json_dict(self) -> dict[str, Any]:
        """Plain numbers and texts (SI units)."""
        return {
            **self.overview,
            "limits": [limit.text(self.reading.metrics[limit.name]) for limit in self.reading.limits],
            "points": [self.reading.point(k) for k in range(min(self.reading.points, LISTED))] if self.reading.axes else [],
            "distributions": {name: plain(asdict(d)) for name, d in self.distributions.items()},
            "along": {name: [plain(asdict(a)) for a in several] for name, several in self.along.items()},
            "yields": [plain(asdict(y)) for y in self.yields],
            "sensitivities": {name: plain(asdict(s)) for name, s in self.sensitivities.items()},
            "correlations": {"metrics": self.metrics, "ranks": plain(self.correlations)},
            "extremes": {name: plain(asdict(e)) for name, e in self.extremes.items()},
            "worst": {name: [self.run(int(r)) for r in e.worst] for name, e in self.extremes.items()},
        }

    def run(self, number: int) -> dict[str, Any]:
        """One run: its place, what was varied, and its metrics (SI)."""
        reading = self.reading
        sample, point = divmod(number, reading.points)
        moved = {name: float(v[0]) for name, v in reading.plan.values(number, number + 1).items()}
        found = {name: float(reading.grid(name)[sample, point]) for name in self.metrics}
        return {"run": number, "sample": sample, "point": reading.point(point), "values": moved, "metrics": found}


def findings(reading: Reading, metrics: Sequence[str] | None = None, worst: int = WORST) -> Findings:
    """Look at all metrics, or those named; InputError for one that is not stored."""
    if worst < 1:
        raise InputError(f"report: {worst} worst runs cannot be shown; 1 at least")
    chosen = reading.chosen(list(metrics) if metrics else None)
    limited = [limit.name for limit in reading.limits if limit.name in chosen]
    names = list(dict.fromkeys([*limited, *chosen]))
    return Findings(
        reading,
        dict(overview(reading)),
        {name: distribution(reading, name) for name in names},
        {name: [along(reading, name, k) for k in range(len(reading.axes))] for name in names},
        yields(reading),
        {name: sensitivities(reading, name) for name in names},
        correlations(reading, names),
        {name: extremes(reading, name, worst) for name in names},
    )


def waveforms_of(found: Findings, metric: str, count: int) -> tuple[dict[str, Trace], list[str]]:
    """The worst runs of a metric and a typical one run again, words -> trace; and what could not be run, in sentences."""
    chosen = found.extremes[metric]
    runs = {f"worst, {found.reading.run_words(int(run))}": int(run) for run in chosen.worst[:count]}
    if chosen.middle >= 0:
        runs[f"median, {found.reading.run_words(chosen.middle)}"] = chosen.middle
    traces, refused = {}, []
    for words, run in runs.items():
        try:
            traces[words] = found.reading.plan.waveforms(run)
        except InputError as error:
            refused.append(str(error))
    return traces, list(dict.fromkeys(refused))
