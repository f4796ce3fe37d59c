"""Chunks: the results of a range of runs as one Parquet file whose name carries its range and its checksum.

    000000004096-000000008192-9f86d081884c7d65.parquet      runs 4096, ..., 8191; the first 64 bits of the file's SHA-256

A chunk takes its name when it is complete and on the disk, so a folder of chunks needs no journal: its listing is the state.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..trace import write_whole

if TYPE_CHECKING:
    import pyarrow

    from .base import Plan

NAME = re.compile(r"(\d{12,})-(\d{12,})-([0-9a-f]{16})\.parquet")
MEND = "run the study again, which computes that chunk anew"
NOTES = ("failed", "seconds")  # what the footer of a chunk tells beside its table


@dataclass(frozen=True)
class Chunk:
    """Results of runs start, ..., stop - 1 and the seconds they took; bytes are the Parquet file of the table."""

    start: int
    stop: int
    seconds: float
    content: pyarrow.Table | bytes

    def packed(self) -> Chunk:
        """The same with its table as a Parquet file."""
        if isinstance(self.content, bytes):
            return self
        return replace(self, content=parquet_bytes(self.content, self.seconds))


@dataclass(frozen=True)
class ChunkFile:
    """A chunk on the disk, as its name tells."""

    path: Path
    start: int
    stop: int
    checksum: str

    @classmethod
    def named(cls, path: Path) -> ChunkFile | None:
        """What a file's name says; None for files that are no chunks."""
        found = NAME.fullmatch(path.name)
        return cls(path, int(found[1]), int(found[2]), found[3]) if found else None

    def sound(self) -> bool:
        """Whether the file's bytes are those that were written."""
        try:
            return checksum(self.path.read_bytes()) == self.checksum
        except OSError:
            return False

    def notes(self) -> dict[str, float]:
        """Failed runs, and the seconds that the chunk took: from the file's footer alone. InputError for a damaged one."""
        from pyarrow import ArrowException, parquet

        try:
            told = parquet.read_metadata(self.path).metadata
            return {name: float(told[name.encode()]) for name in NOTES}
        except (OSError, ArrowException, KeyError, TypeError, ValueError):
            raise InputError(f"{self.path} is damaged; {MEND}") from None


def schema_of(columns: Mapping[str, str]) -> pyarrow.Schema:
    """The columns of a study's results: run, values with their units, reason."""
    import pyarrow

    values = [pyarrow.field(name, pyarrow.float64(), metadata={"unit": unit}) for name, unit in columns.items()]
    return pyarrow.schema([("run", pyarrow.int64()), *values, ("reason", pyarrow.string())])


def evaluate(plan: Plan, start: int, stop: int) -> Chunk:
    """Compute runs start, ..., stop - 1."""
    begun = time.perf_counter()
    table = by_halves(plan, start, stop).cast(schema_of(plan.columns))
    return Chunk(start, stop, time.perf_counter() - begun, table)


def by_halves(plan: Plan, start: int, stop: int) -> pyarrow.Table:
    """The plan's table; where it raises, halves of it, down to the single run that does, which fails with that reason.

    InputError for what is no run's fault: a full disk under the kernels' cache, too many open files.
    """
    import pyarrow

    try:
        return plan.table(start, stop).select(list(schema_of(plan.columns).names))
    except OSError as error:
        raise InputError(
            f"runs from {start} on cannot be computed: {error}; when this is mended, the same command goes on"
        ) from None
    except Exception as error:
        if stop - start > 1:
            middle = (start + stop) // 2
            return pyarrow.concat_tables([by_halves(plan, start, middle), by_halves(plan, middle, stop)])
        reason = " ".join(str(error).split()) or type(error).__name__
        nothing = {name: np.array([np.nan]) for name in plan.columns}
        return pyarrow.table({"run": np.array([start]), **nothing, "reason": [reason]})


def parquet_bytes(table: pyarrow.Table, seconds: float) -> bytes:
    """A chunk's file. Every page has a checksum, so a reader of few columns is safe, too."""
    from pyarrow import compute, parquet

    failed = compute.sum(compute.not_equal(table["reason"], "")).as_py() or 0
    notes = {"failed": str(failed), "seconds": repr(seconds)}
    buffer = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata(notes),
        buffer,
        compression="lz4",
        use_dictionary=["reason"],  # numbers hardly repeat
        write_statistics=["run"],
        write_page_checksum=True,
    )
    return buffer.getvalue()


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def write_chunk(folder: Path, chunk: Chunk) -> ChunkFile:
    """Write a chunk; it is there whole or not at all. InputError where it cannot be written."""
    data = chunk.packed().content
    assert isinstance(data, bytes)
    mark = checksum(data)
    path = folder / f"{chunk.start:012d}-{chunk.stop:012d}-{mark}.parquet"
    write_durably(path, data)
    return ChunkFile(path, chunk.start, chunk.stop, mark)


def write_durably(path: Path, data: bytes) -> None:
    """A file that has its name only when its bytes are on the disk, not merely under way to it."""

    def fill(part: Path) -> None:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    write_whole(path, fill)
    folder = os.open(path.parent, os.O_RDONLY)
    with suppress(OSError):  # not every file system can; the file is whole anyway
        os.fsync(folder)
    os.close(folder)


def listed(folder: Path) -> list[ChunkFile]:
    """All chunks of a folder in the order of their runs."""
    found = (ChunkFile.named(path) for path in folder.glob("*.parquet"))
    return sorted((chunk for chunk in found if chunk), key=lambda chunk: (chunk.start, chunk.stop))


def gaps(chunks: Sequence[ChunkFile], runs: int) -> list[range]:
    """The ranges of runs that no chunk holds."""
    missing, position = [], 0
    for chunk in chunks:
        if chunk.start > position:
            missing.append(range(position, min(chunk.start, runs)))
        position = max(position, chunk.stop)
    return [part for part in [*missing, range(position, runs)] if part]


@lru_cache(maxsize=1)
def plan_from(document: str) -> Plan:
    """The plan of a study's document; a worker keeps it from chunk to chunk."""
    from .plan import plan_of

    return plan_of(json.loads(document))


def compute_chunk(document: str, start: int, stop: int) -> Chunk:
    """What a worker does: runs start, ..., stop - 1 of the study with this document (JSON), as bytes."""
    return evaluate(plan_from(document), start, stop).packed()
