"""The page of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..studies.findings import Findings
from ..trace import Trace
from .mismatch_figures import percent
from .page import Page
from .study_figures import limits_words, study_figures, waveform_figure
from .study_tables import study_tables


def study_page(found: Findings, traces: Mapping[str, Trace] | None = None, refused: Sequence[str] = ()) -> Page:
    """Figures and tables of a study; `traces` are runs of its first metric that were run again, by their words."""
    figures = study_figures(found)
    if traces:
        figures.insert(1, waveform_figure(found, found.metrics[0], traces))
    o = found.overview
    return Page(
        title=o["title"],
        subtitle=f"{o['subject']}, experiment {o['experiment']}, {o['samples']} samples, seed {o['seed']}",
        summary=summary(found),
        figures=figures,
        chosen=list(refused),
        tables=study_tables(found),
        computed={"study": o["folder"], "digest": o["digest"], "seed": str(o["seed"]), "computed on": ", ".join(o["hosts"])},
    )


def summary(found: Findings) -> str:
    """What came out, in a few sentences."""
    o, sentences = found.overview, []
    missing = o["runs"] - o["stored"]
    sentences.append(
        f"{o['good']} of {o['stored']} runs are good" + (f"; {missing} are not stored yet." if missing else ".")
    )
    for own in found.yields[-1:]:
        where = "at every point of the axes " if found.reading.points > 1 else ""
        sentences.append(
            f"{percent(own.every)} of the samples meet {limits_words(found.reading, own)} {where}".rstrip() + "."
        )
    for name in found.metrics[:2]:
        causes = [s for s in found.sensitivities[name].inputs if s.first and s.first.low > 0][:2]
        if causes:
            told = " and ".join(f"{s.name} ({100 * s.first.value:.0f} %)" for s in causes if s.first)
            sentences.append(f"The {name.replace('_', ' ')} varies because of {told}.")
    return " ".join(sentences)
