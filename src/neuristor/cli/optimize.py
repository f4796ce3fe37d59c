"""`neuristor optimize SUBJECT`: sizes of a circuit that make a metric least within limits, verified in ngspice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from .screen import Screen
from .words import read_value


def optimize_circuit(
    subject: Any,
    screen: Screen,
    *,
    minimize: str = "energy",
    subject_to: Sequence[str] = ("shift_index<2%",),
    vary: Sequence[str] = (),
    bounds: Sequence[str] = (),
    current: str | None = None,
    fault: str = "combined",
    amplitude: str = "10%",
    samples: int = 32,
    spikes: int = 5,
    seed: int = 0,
    evaluations: int = 60,
    guards: bool = True,
    verify: str = "ngspice",
    save: Path | None = None,
    report: Path | None = None,
) -> None:
    """Search, write the files asked for, show before and after.

    subject_to, vary   words that may hold several, separated by commas: "m4.l,m5.w"
    bounds             words of the form "m4.l=0.35u:2u"
    guards             whether rate and width keep near the start where no limit names them
    verify             "ngspice", or "no"
    save               a file of "m4.l=1e-06" lines, words of --set
    """
    from ..experiments.optimize import GUARDS, optimize, several

    if verify not in ("ngspice", "no"):
        raise InputError(f"--verify {verify!r}: the sizes found are verified with ngspice, or not at all (no)")
    with screen.progress("optimizing") as tell:
        result = optimize(
            subject,
            minimize,
            subject_to,
            vary,
            bounds=dict(read_bounds(text) for text in several(bounds)),
            current=None if current is None else read_value(current, subject.input_unit, "--current"),
            fault=fault,
            amplitude=read_value(amplitude, "1", "--amplitude"),
            samples=samples,
            spikes=spikes,
            seed=seed,
            evaluations=evaluations,
            guards=GUARDS if guards else (),
            verify_with="" if verify == "no" else verify,
            progress=tell,
        )
    files = write_files(result, subject, save, report)
    if screen.as_json:
        screen.json(result.to_json_dict())
    else:
        from ..report.optimize_figures import optimize_tables

        screen.tables(optimize_tables(result)[:2])
        screen.written(files)


def read_bounds(text: str) -> tuple[str, tuple[float, float]]:
    """("m4.l", (lowest, highest)) of "m4.l=0.35u:2u"."""
    name, _, value = text.partition("=")
    low, colon, high = value.partition(":")
    if not name.strip() or not colon:
        raise InputError(f"--bounds {text!r} is not of the form NAME=LOWEST:HIGHEST, e.g. --bounds m4.l=0.35u:2u")
    name = name.strip()
    return name, (read_value(low, "m", f"--bounds {name}"), read_value(high, "m", f"--bounds {name}"))


def write_files(result: Any, subject: Any, save: Path | None, report: Path | None) -> list[Path]:
    """The sizes and the page, each whole or not at all."""
    from ..trace import write_whole

    files = []
    if save:
        text = "".join(f"{word}\n" for word in result.words)
        write_whole(save, lambda part: part.write_text(text, encoding="utf-8"))
        files.append(save)
    if report:
        from ..report.optimize_figures import optimize_page
        from ..report.page import write_page

        files.append(write_page(optimize_page(result, subject), report))
    return files
