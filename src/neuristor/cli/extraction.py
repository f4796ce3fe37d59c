"""`neuristor extract SUBJECT`: a behavioural model of a circuit, with its errors against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError
from ..experiments import extract
from .screen import Screen
from .words import read_value


def extract_model(
    subject: Any, screen: Screen, *, currents: str, points: int, seed: int, save: Path | None, report: Path | None
) -> bool:
    """Extract, save the model as TOML, show its errors; whether they are within 1 %."""
    low, colon, high = currents.partition(":")
    if not colon:
        raise InputError(f"--currents {currents!r} is not of the form LOWEST:HIGHEST, e.g. --currents 1p:1n")
    ends = [read_value(end, "A", "--currents") for end in (low, high)]
    with screen.progress("extracting") as tell:
        result = extract(subject, ends, points=points, seed=seed, progress=tell)
    files = [result.save(save or Path(f"{subject.name}.toml"))]
    if report:
        from ..report.experiment_page import experiment_page
        from ..report.page import write_page

        files.append(write_page(experiment_page("extraction", subject, result), report))
    if screen.as_json:
        screen.json(result.to_json_dict())
    else:
        from ..report.experiment_page import experiment_tables

        screen.tables(experiment_tables(result))
        screen.written(files)
    return result.fits
