"""Running a study: what is missing in its folder is computed, here, by worker processes or by a Dask cluster, and stored.

study = read_study("mine.toml")
store = run_study(study, Plan(study), "mine.study", Crew(workers=2))
store.results(["rate"])
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from .base import Described, Plan
from .chunks import Chunk, evaluate
from .dispatch import Cuts
from .lock import locked
from .manifest import read_manifest
from .store import Store, claim_store, prepare_folder, set_aside


@dataclass(frozen=True)
class Crew:
    """Who computes: this process (default), so many worker processes, or the Dask scheduler at an address."""

    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise InputError(f"{self.workers} workers: one or more are needed")
        if self.workers is not None and self.scheduler is not None:
            raise InputError("workers are of this machine, a scheduler has its own: give one of the two")

    def chunks(self, document: str, plan: Plan, cuts: Cuts) -> Generator[Chunk, None, None]:
        """The chunks of `cuts` as they are done."""
        if self.scheduler is not None:
            from .dask_runner import in_cluster

            return in_cluster(document, cuts, self.scheduler)
        if self.workers is not None:
            from .local import in_workers

            return in_workers(document, cuts, self.workers)
        return in_process(plan, cuts)


@dataclass(frozen=True)
class Options:
    """How a study is run; nothing here changes a result.

    chunk      runs of a chunk (default: one or two seconds of work)
    fresh      move old results aside first
    waveforms  runs whose signals are stored, from the first on
    progress   is told the share of the missing runs that is done
    say        is told what the user should know
    """

    chunk: int | None = None
    fresh: bool = False
    waveforms: int = 0
    progress: Callable[[float], None] = field(default=lambda share: None)
    say: Callable[[str], None] = field(default=lambda sentence: None)

    def __post_init__(self) -> None:
        if self.chunk is not None and self.chunk < 1:
            raise InputError(f"chunks of {self.chunk} runs: one or more are needed")


def run_study(
    study: Described, plan: Plan, folder: str | Path, crew: Crew | None = None, options: Options | None = None
) -> Store:
    """Compute and store the runs of a study that its folder lacks.

    Whatever ends it (Ctrl-C, a kill, a full disk) leaves a folder of whole chunks; the same call goes on from there.
    InputError if the folder holds another study's results, is in use, or cannot be written, and if the experiment refuses
    the study's runs before any is stored.
    """
    folder, crew, options = Path(folder).expanduser(), crew or Crew(), options or Options()
    if options.fresh or read_manifest(folder) is None:
        plan.trial()
    prepare_folder(folder)
    if options.fresh and read_manifest(folder):
        with locked(folder):
            options.say(f"old results are now in {set_aside(folder)}")
        prepare_folder(folder)
    with locked(folder) as begin:
        store = claim_store(folder, study, plan)
        for chunk in store.damaged():
            options.say(f"{chunk.path.name} is damaged; runs {chunk.start} to {chunk.stop - 1} are computed anew")
            chunk.path.unlink()
        begin(store.stored)
        compute_missing(store, study.document(), plan, crew, options)
        add_waveforms(store, plan, options)
    return store


def add_waveforms(store: Store, plan: Plan, options: Options) -> None:
    """Run the first runs once more, with their signals."""
    for run in sorted(set(range(min(options.waveforms, store.runs))) - store.waveforms().keys()):
        try:
            trace = plan.waveforms(run)
        except InputError as error:
            options.say(f"run {run} has no waveforms: {error}")
        else:
            store.keep_waveforms(run, trace)


def compute_missing(store: Store, document: dict[str, Any], plan: Plan, crew: Crew, options: Options) -> None:
    """Compute what is missing; each chunk is packed and written while the next one is computed."""
    missing = store.missing
    cuts = Cuts(missing, len(plan.columns), options.chunk)
    total, done = len(cuts), 0
    if not total:
        return
    written: Future[None] | None = None
    with ThreadPoolExecutor(1) as writer, closing(crew.chunks(json.dumps(document), plan, cuts)) as chunks:
        for chunk in chunks:
            if written:
                written.result()
            written = writer.submit(store.add, chunk)
            done += chunk.stop - chunk.start
            options.progress(done / total)
        if written:
            written.result()


def in_process(plan: Plan, cuts: Cuts) -> Generator[Chunk, None, None]:
    """Chunks computed here, one after another; the compiled lanes use all cores."""
    while part := cuts.take(1):
        chunk = evaluate(plan, part.start, part.stop)
        cuts.measured(chunk)
        yield chunk
