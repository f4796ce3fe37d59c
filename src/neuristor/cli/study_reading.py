"""`neuristor report`, `neuristor compare OLD NEW` and `neuristor export` of studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .screen import Screen, check_output

SHOWN = 16  # rows of a table on the terminal


def report_study(
    study: Path, screen: Screen, output: Path | None, metrics: Sequence[str], worst: int, waveforms: int
) -> None:
    """Tables on the screen and a page beside the study; for machines the numbers, and the page only if it is asked for."""
    from ..studies.findings import findings, waveforms_of
    from ..studies.reading import read_results

    if waveforms < 0:
        raise InputError(f"report: --waveforms {waveforms} is negative")
    reading = read_results(study)
    page = output or (None if screen.as_json else reading.store.folder.with_suffix(".html"))
    check_output(page)
    found = findings(reading, metrics, max(worst, waveforms))
    traces, refused = waveforms_of(found, found.metrics[0], waveforms) if waveforms else ({}, [])
    written = []
    if page is not None:
        from ..report.page import write_page
        from ..report.study_page import study_page

        written.append(write_page(study_page(found, traces, refused), page))
    if screen.as_json:
        screen.json({**found.to_json_dict(), "written": [str(path) for path in written], "refused": refused})
        return
    from ..report.study_tables import study_tables

    screen.tables(study_tables(found, SHOWN))
    for sentence in refused:
        print(sentence)
    screen.written(written)


def is_study(word: str) -> bool:
    """Whether a word names results of a study: a folder, or a study's file with one beside it."""
    path = Path(word)
    beside = path.suffix == ".toml" and path.with_suffix(".study").is_dir()
    return beside or ".study" in path.name or (path / "chunks").is_dir()


def compare_two(words: Sequence[str], screen: Screen, output: Path | None) -> None:
    """Two studies against each other, metric by metric."""
    from ..report.study_comparison import comparison_page, comparison_tables
    from ..studies.comparison import compare_studies

    if len(words) != 2 or not all(map(is_study, words)):
        raise InputError(f"compare: two studies are compared, the old one first, not {', '.join(words)}")
    check_output(output)
    comparison = compare_studies(words[0], words[1])
    written = []
    if output:
        from ..report.page import write_page

        written.append(write_page(comparison_page(comparison), output))
    if screen.as_json:
        screen.json({**comparison.to_json_dict(), "written": [str(path) for path in written]})
        return
    screen.tables(comparison_tables(comparison))
    screen.written(written)


def export_runs(study: str, screen: Screen, output: Path | None) -> None:
    """All runs of a study as a file; its ending says which kind."""
    from ..studies.export import export_study

    if output is None:
        raise InputError("export study: --output RUNS.csv, RUNS.parquet or RUNS.nc is needed")
    runs = export_study(study, output)
    screen.json({"written": str(output), "runs": runs})
    if not screen.as_json:
        screen.written([output])
