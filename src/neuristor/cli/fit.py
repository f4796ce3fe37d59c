"""`neuristor fit memristor sweep.csv ...`: a memristor model of a user's own measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .screen import Screen
from .words import split


def fit_memristor(
    files: Sequence[Path],
    screen: Screen,
    *,
    model: str = "mms",
    fix: Sequence[str] = (),
    columns: str = "",
    frequency: str | None = None,
    series: str | None = None,
    voltage: str = "auto",
    start: str = "periodic",
    robust: bool = False,
    seeds: int = 3,
    seed: int = 0,
    generations: int = 40,
    checks: bool = True,
    save: Path | None = None,
    report: Path | None = None,
) -> bool:
    """Read, say what was understood, fit, save, show; whether all seeds agree.

    model   words separated by commas: "mms,gmms,vteam:exponential"
    fix     words of the form "temperature=25"; a parameter that only some of the models have is fixed in those
    save    the device of least BIC goes here (default: NAME.toml of the first file)
    """
    from ..experiments.memristor_fit import compared
    from ..experiments.memristor_fit import fit_memristor as fit_one
    from ..experiments.sweep_files import read_sweeps

    words = [w for w in (piece.strip() for piece in model.split(",")) if w]
    fixed = read_fixed(fix, words)
    sweeps = read_sweeps(files, columns=columns, frequency=frequency, series=series, voltage=voltage)
    if not screen.as_json:
        for sweep in sweeps:
            print(sweep.describe())
    fits = []
    for word, held in zip(words, fixed, strict=True):
        with screen.progress(f"fitting {word}") as tell:
            fits.append(
                fit_one(
                    sweeps, word, fixed=held, start=start, robust=robust, seeds=seeds, seed=seed, generations=generations,
                    checks=checks, progress=tell,
                )
            )  # fmt: skip
    best = compared(fits)[0][0]
    written = [best.save(save or Path(f"{Path(files[0]).stem}.toml"))]
    if report:
        from ..report.fit_figures import fit_page
        from ..report.page import write_page

        written.append(write_page(fit_page(fits), report))
    show_fits(fits, written, screen)
    return all(f.stable for f in fits)


def read_fixed(fix: Sequence[str], words: Sequence[str]) -> list[dict[str, Any]]:
    """What is fixed in each model; InputError for a parameter that none of them has."""
    from ..errors import nearest
    from ..experiments.memristor_fit_space import read_model

    if not words:
        raise InputError("--model names no model; give mms, gmms, vteam or yakopcic")
    models = [read_model(word)[0] for word in words]
    known = {key for model in models for key in model.params}
    values = dict(split(text, "--fix") for text in fix)
    for key in values:
        if key not in known:
            told = ", ".join(model.name for model in models)
            raise InputError(
                f"--fix: {told} has no parameter {key!r}{nearest(key, known)}; there are {', '.join(sorted(known))}"
            )
    return [{key: value for key, value in values.items() if key in model.params} for model in models]


def show_fits(fits: Sequence[Any], written: list[Path], screen: Screen) -> None:
    """Tables and remarks, or JSON."""
    from ..experiments.memristor_fit import compared
    from ..report.fit_figures import comparison_table, errors_table, parameters_table

    if screen.as_json:
        told = [fit.to_json_dict() for fit, _, _ in compared(fits)]
        screen.json({"saved": str(written[0]), "fits": told})
        return
    tables = [comparison_table(fits)] if len(fits) > 1 else []
    for fit, _, _ in compared(fits):
        for table in [errors_table(fit), parameters_table(fit)]:
            tables.append(table)
    for table in tables:
        screen.table(table.title, table.columns, table.rows)
        print(table.note)
    for fit, _, _ in compared(fits):
        print(fit.verdict())
        for note in fit.notes:
            print(f"- {note}")
    screen.written(written)
