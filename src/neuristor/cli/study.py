"""The commands about studies: run one, see how far it is, begin a new one."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from .options import Json
from .screen import Screen, fail

if TYPE_CHECKING:
    from ..studies.store import Progress, Store

study_commands = typer.Typer()

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study's file (`neuristor new` writes one)")]


@study_commands.command("run")
def run_(
    study: StudyFile,
    output: Annotated[Path | None, typer.Option(help="Folder of the results (default: STUDY.study beside the file)")] = None,
    samples: Annotated[int | None, typer.Option(help="Instead of the file's number: more of them append")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes of this machine (default: this one, whose kernels use all cores)")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="A Dask cluster by its scheduler's address, tcp://HOST:8786")] = None,
    chunk: Annotated[int | None, typer.Option(help="Runs stored at once (default: a second or two of work)")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Move old results aside and begin anew")] = False,
    as_json: Json = False,
) -> None:
    """Run a study; what its folder holds already is kept, so the same command goes on after any stop."""
    from ..studies.plan import Plan
    from ..studies.runner import Crew, Options, run_study
    from ..studies.spec import read_study
    from ..studies.store import default_folder

    screen, crew = Screen(as_json), Crew(workers, scheduler)
    read = read_study(study)
    if samples is not None:
        read = read.with_samples(samples)
    folder, plan = output or default_folder(study), Plan(read)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # queueing systems end jobs with it
    try:
        with screen.progress(read.title) as tell:
            kept = read.tables.outputs.waveforms
            options = Options(chunk=chunk, fresh=fresh, waveforms=0 if kept == "none" else kept, progress=tell, say=say)
            store = run_study(read, plan, folder, crew, options)
    except KeyboardInterrupt:
        fail(f"stopped; {how_far(folder)}; the same command goes on from there", 130)
    finally:
        signal.signal(signal.SIGTERM, before)
    if not show_store(store, screen):
        raise typer.Exit(1)


@study_commands.command()
def status(
    study: Annotated[Path, typer.Argument(help="A study's file or the folder of its results")],
    as_json: Json = False,
) -> None:
    """How far a study is, also while it runs: runs stored and failed, reasons, time left."""
    from ..studies.store import open_store

    show_store(open_store(study), Screen(as_json))


@study_commands.command()
def report(
    study: Annotated[Path, typer.Argument(help="A study's file or the folder of its results")],
    output: Annotated[Path | None, typer.Option(help="The page to write (default: STUDY.html beside the results)")] = None,
    metrics: Annotated[str, typer.Option(help="Only these, rate,energy; the first one's worst runs are drawn")] = "",
    worst: Annotated[int, typer.Option(help="Worst runs of each metric to list")] = 5,
    waveforms: Annotated[int, typer.Option(help="Worst runs to run again for their waveforms, and a median one")] = 0,
    as_json: Json = False,
) -> None:
    """What a study found: distributions, yields, what moves them, worst runs; tables and an HTML page."""
    from .study_reading import report_study

    report_study(study, Screen(as_json), output, [m.strip() for m in metrics.split(",") if m.strip()], worst, waveforms)


@study_commands.command()
def new(
    study: StudyFile,
    subject: Annotated[str, typer.Option(help="A neuron, cell, circuit's file or model")] = "lif",
    as_json: Json = False,
) -> None:
    """Write a study's file with comments, ready to run; it replaces nothing."""
    from .study_files import new_study

    new_study(study, subject, Screen(as_json))


@study_commands.command()
def schema(as_json: Json = False) -> None:
    """Print the JSON schema of study files, for editors."""
    from .study_files import print_schema

    print_schema(Screen(as_json))


def say(sentence: str) -> None:
    print(f"neuristor: {sentence}", file=sys.stderr)


def how_far(folder: Path) -> str:
    """`4096 of 10000 runs are stored in FOLDER`, whatever state the folder is in."""
    from ..studies.store import open_store

    try:
        store = open_store(folder)
    except InputError:
        return "nothing is stored yet"
    return f"{store.stored} of {store.runs} runs are stored in {folder}"


def show_store(store: Store, screen: Screen) -> bool:
    """Show how far a study is; False if it has results and none is good."""
    from ..studies.manifest import version_changes

    progress = store.progress()
    reasons = store.reasons() if progress.failed else {}
    waveforms, mixed = store.waveforms(), version_changes(store.manifest.sessions)
    told = {"reasons": reasons, "waveforms": list(waveforms), "versions": mixed, "columns": store.manifest.columns}
    screen.json({"folder": str(store.folder), **asdict(progress), **told})
    if not screen.as_json:
        rows = progress_rows(progress)
        rows += [["waveforms", f"{len(waveforms)} runs"]] if waveforms else []
        rows += [["versions", f"{'; '.join(mixed)}: last digits may differ"]] if mixed else []
        screen.table("", ["study", str(store.folder)], rows)
        if reasons:
            screen.table("why runs failed", ["runs", "reason"], [[str(count), why] for why, count in reasons.items()])
    return progress.stored == 0 or progress.failed < progress.stored


def progress_rows(progress: Progress) -> list[list[str]]:
    """What a person wants to know of a study's progress."""
    from ..quantities import show

    p = progress
    share = 100 * p.stored / p.runs
    rows: list[list[Any]] = [
        ["runs stored", f"{p.stored} of {p.runs} ({share:.3g} %) in {p.chunks} chunks, {p.size / 1e6:.3g} MB"],
        ["failed", str(p.failed)],
        ["computing time", show(p.seconds, "s")],
    ]
    if p.holder:
        rows.append(["running", f"{p.holder}, about {duration(p.left)} left" if p.left else str(p.holder)])
    elif p.stored < p.runs:
        rows.append(["running", "no; `neuristor run` goes on"])
    return rows


def duration(seconds: float | None) -> str:
    """A time to wait, in words."""
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
