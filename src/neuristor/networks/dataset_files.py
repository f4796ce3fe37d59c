"""Where the files of a data set lie, how they are fetched, and what is said where they are missing."""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin
from urllib.request import Request, urlopen
from uuid import uuid4

import numpy as np

from ..errors import InputError
from ..kernel.disk import cache_folder

Progress = Callable[[float], None]
Arrays = dict[str, np.ndarray]
BLOCK = 1 << 18  # bytes read at a time
PATIENCE = 30.0  # s without an answer


@dataclass(frozen=True)
class Remote:
    """One official file: its name, its MD5 as published, and its addresses in the order they are tried."""

    name: str
    md5: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """One data set as files.

    read      the arrays found in a folder, or None where they are not there
    wanted    the files, in words
    places    folders below the data folder that are looked into
    digests   array -> first 16 hex digits of the SHA-256 of its bytes
    """

    title: str
    read: Callable[[Path], Arrays | None]
    wanted: str
    places: tuple[str, ...]
    remotes: tuple[Remote, ...]
    digests: Mapping[str, str] = field(default_factory=dict)


def data_folders(name: str, folder: str | Path | None = None) -> list[Path]:
    """Where data are looked for: the folder asked for, or $NEURISTOR_DATA and what was fetched before."""
    if folder is not None:
        return [Path(folder).expanduser()]
    chosen = os.environ.get("NEURISTOR_DATA")
    return [*([Path(chosen).expanduser()] if chosen else []), cache_folder() / "data" / name]


def find(
    name: str, source: Source, folder: str | Path | None, *, download: bool, address: str | None, progress: Progress | None
):
    """(arrays, folder they came from) of a data set; InputError, one sentence, where it is missing or damaged."""
    folders = data_folders(name, folder)
    found = look(source, folders)
    if found is None and download:
        home = folders[-1]
        for k, remote in enumerate(source.remotes):
            fetch(remote, home, address, part_of(progress, k, len(source.remotes)))
        found = look(source, [home])
    if found is None:
        raise InputError(missing(name, source, folders))
    return found


def part_of(progress: Progress | None, k: int, count: int) -> Progress | None:
    """The progress of file `k` of `count`, told as part of the whole."""
    return None if progress is None else lambda done: progress((k + done) / count)


def look(source: Source, folders: Sequence[Path]) -> tuple[Arrays, Path] | None:
    """The first folder that holds the data set, its arrays compared with their digests."""
    for folder in folders:
        for place in source.places:
            arrays = source.read(folder / place)
            if arrays is not None:
                verify(source, arrays, folder / place)
                return arrays, folder / place
    return None


def verify(source: Source, arrays: Arrays, folder: Path) -> None:
    """InputError for an array that is not the original, to the bit."""
    for key, digest in source.digests.items():
        if key not in arrays:
            raise InputError(f"{source.title} in {folder}: there is no {key}; the file is not the one that is expected")
        own = hashlib.sha256(np.ascontiguousarray(arrays[key]).data).hexdigest()[: len(digest)]
        if own != digest:
            raise InputError(
                f"{source.title} in {folder}: {key} is not the original (SHA-256 begins with {own}, not {digest}); "
                "remove it and fetch it again"
            )


def missing(name: str, source: Source, folders: Sequence[Path]) -> str:
    """What is missing, where it was looked for, how to obtain it."""
    first = source.remotes[0].addresses[0]
    return (
        f"{source.title} is missing: no {source.wanted} in {' or '.join(str(f) for f in folders)}; "
        f"load_dataset({name!r}, download=True) fetches it from {first.rsplit('/', 1)[0]}/, "
        "or set NEURISTOR_DATA to the folder that holds it"
    )


def fetch(remote: Remote, folder: Path, address: str | None = None, progress: Progress | None = None) -> Path:
    """Download a file unless it is there: checked before it gets its name, so that nothing half-written is ever found.

    address: a folder on the web (a mirror) that is asked instead of the official ones.
    """
    target = folder / remote.name
    if target.exists():
        return target
    addresses = remote.addresses if address is None else (urljoin(address.rstrip("/") + "/", remote.name),)
    reasons = []
    for url in addresses:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return receive(url, remote, target, progress)
        except (OSError, http.client.HTTPException, ValueError) as why:
            reasons.append(f"{url}: {why}")
    raise InputError(f"{remote.name} could not be fetched ({'; '.join(reasons)}); put it into {folder} by hand")


def receive(url: str, remote: Remote, target: Path, progress: Progress | None) -> Path:
    """Stream `url` into a file beside `target`, compare the MD5, then give it its name; ValueError if it differs."""
    digest = hashlib.md5(usedforsecurity=False)
    with written_whole(target) as file, urlopen(Request(url, headers={"User-Agent": "neuristor"}), timeout=PATIENCE) as web:
        whole, done = int(web.headers.get("Content-Length") or 0), 0
        while block := web.read(BLOCK):
            file.write(block)
            digest.update(block)
            done += len(block)
            if progress and whole:
                progress(min(1.0, done / whole))
        if digest.hexdigest() != remote.md5:
            raise ValueError(f"the MD5 of what came is {digest.hexdigest()}, not {remote.md5}")
    return target


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when all is written, and is removed if anything goes wrong before.

    InputError where its folder is missing.
    """
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent} to write into")
    part = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        with part.open("w+b") as file:
            yield file
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
