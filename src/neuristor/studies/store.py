"""The store: one folder a study, which at every moment holds whole chunks and nothing else.

NAME.study/manifest.json     document, digest, versions, hosts
NAME.study/chunks/           see `chunks`
NAME.study/waveforms/        signals and spikes of single runs, if the study wants them
NAME.study/lock              who writes

store = open_store("NAME.study")          # read, also while the study runs
store.results(["rate", "energy"])         # pyarrow.Table in the order of the runs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, nearest
from .chunks import MEND, Chunk, ChunkFile, gaps, listed, schema_of, write_chunk
from .lock import Holder, holder_of
from .manifest import Manifest, Session, check_same, read_manifest

if TYPE_CHECKING:
    import pyarrow
    import xarray
    from pyarrow.dataset import Dataset

    from ..trace import Trace
    from .base import Described, Plan

SUFFIX = ".study"
REASONS = 20  # different reasons of failure that are told apart


@dataclass(frozen=True)
class Progress:
    """How far a study is; rate (runs per second) and left (s) are of the process that runs it now, None without one."""

    runs: int
    stored: int
    failed: int
    chunks: int
    size: int
    seconds: float
    holder: Holder | None
    rate: float | None
    left: float | None


@dataclass
class Store:
    """The results of a study on the disk."""

    folder: Path
    manifest: Manifest

    @property
    def runs(self) -> int:
        """All runs of the study, stored or not."""
        return self.manifest.runs

    @property
    def chunks(self) -> list[ChunkFile]:
        """What is stored, in the order of the runs; InputError if two chunks hold the same runs."""
        found = listed(self.folder / "chunks")
        for one, other in zip(found, found[1:], strict=False):
            if other.start < one.stop:
                raise InputError(f"{one.path} and {other.path.name} hold the same runs; remove one of them")
        return found

    @property
    def stored(self) -> int:
        """Runs of the study that are stored."""
        return self.runs - sum(len(part) for part in self.missing)

    @property
    def missing(self) -> list[range]:
        """The runs that are not stored."""
        return gaps(self.chunks, self.runs)

    def add(self, chunk: Chunk) -> None:
        """Store a chunk; it is there whole or not at all. InputError where it cannot be written."""
        try:
            write_chunk(self.folder / "chunks", chunk)
        except InputError as error:
            kept = f"{self.stored} of {self.runs} runs are stored; when this is mended, the same command goes on from there"
            raise InputError(f"{error}; {kept}") from None

    def damaged(self) -> list[ChunkFile]:
        """Chunks whose bytes are not those that were written. Reads everything."""
        return [chunk for chunk in self.chunks if not chunk.sound()]

    def dataset(self) -> Dataset:
        """All chunks as a pyarrow dataset, for columns, filters and batches; the order is that of the runs."""
        from pyarrow import dataset

        scan = dataset.ParquetFragmentScanOptions(page_checksum_verification=True)
        kind = dataset.ParquetFileFormat(default_fragment_scan_options=scan)
        paths = [str(chunk.path) for chunk in self.chunks if chunk.start < self.runs]
        return dataset.dataset(paths, schema=schema_of(self.manifest.columns), format=kind)

    def results(self, columns: Sequence[str] | None = None, good: bool = False) -> pyarrow.Table:
        """Columns (default: all) of the stored runs in their order; `good`: without those that failed.

        InputError for a column that is not there, and for a chunk that is damaged.
        """
        from pyarrow import ArrowException, compute

        known = schema_of(self.manifest.columns).names
        wrong = [name for name in columns or [] if name not in known]
        if wrong:
            raise InputError(f"there is no column {wrong[0]!r}{nearest(wrong[0], known)}; there are {', '.join(known)}")
        rows = compute.field("run") < self.runs
        if good:
            rows &= compute.field("reason") == ""
        try:
            return self.dataset().to_table(columns=columns and list(columns), filter=rows)
        except (OSError, ArrowException) as error:
            names = [str(chunk.path) for chunk in self.damaged()]
            told = f"{names[0]} is damaged; {MEND}" if names else f"{self.folder} cannot be read: {error}"
            raise InputError(told) from None

    def reasons(self) -> dict[str, int]:
        """Why runs failed, and how many did of each reason; reads only chunks with failures."""
        from pyarrow import compute, parquet

        found: dict[str, int] = {}
        for chunk in self.chunks:
            if chunk.notes()["failed"]:
                told = parquet.read_table(chunk.path, columns=["reason"])["reason"]
                for pair in compute.value_counts(told.filter(compute.not_equal(told, ""))).to_pylist():
                    found[pair["values"]] = found.get(pair["values"], 0) + pair["counts"]
        return dict(sorted(found.items(), key=lambda item: -item[1])[:REASONS])

    def progress(self) -> Progress:
        """How far the study is: from the folder's listing and the chunks' footers, not from the results."""
        chunks = [chunk for chunk in self.chunks if chunk.start < self.runs]
        stored, holder = self.stored, holder_of(self.folder)
        notes = [chunk.notes() for chunk in chunks]
        rate = left = None
        if holder and stored > holder.stored:
            newest = max(chunk.path.stat().st_mtime for chunk in chunks)
            rate = (stored - holder.stored) / max(newest - holder.since, 1e-3)
            left = (self.runs - stored) / rate
        return Progress(
            runs=self.runs,
            stored=stored,
            failed=int(sum(note["failed"] for note in notes)),
            chunks=len(chunks),
            size=sum(chunk.path.stat().st_size for chunk in chunks),
            seconds=sum(note["seconds"] for note in notes),
            holder=holder,
            rate=rate,
            left=left,
        )

    def keep_waveforms(self, run: int, trace: Trace) -> None:
        """Store a run's signals and spikes apart from the metrics."""
        trace.to_parquet(self.folder / "waveforms" / f"{run:012d}.parquet")

    def waveforms(self) -> dict[int, Path]:
        """Runs whose signals are stored, with the file; its spikes are beside it (.spikes.parquet)."""
        spikes = sorted((self.folder / "waveforms").glob("*.spikes.parquet"))  # written last
        return {int(path.name.split(".")[0]): path.with_name(path.name.replace(".spikes.", ".")) for path in spikes}

    def to_xarray(self) -> xarray.Dataset:
        """Metrics over (sample, axis, ...) with units; see `export`."""
        from .export import to_xarray

        return to_xarray(self)

    def clean(self) -> None:
        """Remove what a killed process left half-written. Only for who holds the lock."""
        for part in self.folder.rglob(".*.part"):
            part.unlink(missing_ok=True)


def open_store(path: str | Path) -> Store:
    """The store of a study, by its folder or its TOML file; to read, also while the study runs."""
    given = Path(path).expanduser()
    folder = default_folder(given) if given.suffix == ".toml" else given
    manifest = read_manifest(folder)
    if manifest is None:
        raise InputError(f"{folder} holds no results of a study; `neuristor run {given.stem}.toml` makes them")
    return Store(folder, manifest)


def default_folder(study: Path) -> Path:
    """Where results go if nothing else is said: beside the study's file."""
    return study.with_suffix(SUFFIX)


def prepare_folder(folder: Path) -> None:
    """Make a study's folder; InputError for one that holds other things."""
    try:
        if folder.is_dir() and read_manifest(folder) is None:
            strange = {path.name for path in folder.iterdir() if path.suffix != ".part"} - {"lock", "chunks"}
            if strange:
                raise InputError(f"{folder} is no folder of a study: it holds {sorted(strange)[0]}; choose another one")
        (folder / "chunks").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None


def claim_store(folder: Path, study: Described, plan: Plan) -> Store:
    """The store of this study for who holds the folder's lock; InputError if the folder holds another one's results."""
    old = read_manifest(folder)
    asked = Manifest(study.digest, study.document(), plan.runs, dict(plan.columns))
    if old is not None and (listed(folder / "chunks") or Store(folder, old).waveforms()):
        check_same(old, asked.digest, asked.document, folder)
    else:
        old = None
    sessions, here = old.sessions if old else [], Session.now()
    if not sessions or not sessions[-1].like(here):
        sessions = [*sessions, here]
    asked = replace(asked, sessions=sessions)
    if asked != old:
        asked.write(folder)
    store = Store(folder, asked)
    store.clean()
    return store


def set_aside(folder: Path) -> Path:
    """Rename a folder of old results; returns its new name."""
    number = 1
    while (aside := folder.with_name(f"{folder.name}.old{number}")).exists():
        number += 1
    return folder.rename(aside)
