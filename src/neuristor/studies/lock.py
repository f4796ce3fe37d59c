"""The lock of a study's folder: one process writes, whoever comes second is told who does.

The lock is the kernel's (`flock`), so it ends with its process, however that ends; the file only says whose it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import InputError

FILE = "lock"
PATIENCE = 0.5  # s, in which somebody who only looks has let go


@dataclass(frozen=True)
class Holder:
    """Who writes into a folder, since when (s since 1970), and how many runs it held then."""

    pid: int
    host: str
    since: float
    stored: int

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@contextmanager
def locked(folder: Path) -> Iterator[Callable[[int], None]]:
    """Be the only one who writes into this folder, and say how many runs it holds as work begins.

    InputError that names the holder if there is one.
    """
    try:
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    try:
        if not taken(descriptor, fcntl.LOCK_EX, PATIENCE):
            raise InputError(f"{folder} is in use by {read_holder(folder) or 'another process'}, which runs this study")

        def begin(stored: int) -> None:
            holder = Holder(os.getpid(), socket.gethostname(), time.time(), stored)
            write_holder(descriptor, json.dumps(asdict(holder)))

        begin(0)
        try:
            yield begin
        finally:
            write_holder(descriptor, "")
    finally:
        os.close(descriptor)


def holder_of(folder: Path) -> Holder | None:
    """Who holds a folder's lock at this moment."""
    try:
        descriptor = os.open(folder / FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if taken(descriptor, fcntl.LOCK_SH, 0) else read_holder(folder)
    finally:
        os.close(descriptor)


def taken(descriptor: int, kind: int, patience: float) -> bool:
    """Whether the lock could be had within `patience` seconds."""
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)


def write_holder(descriptor: int, text: str) -> None:
    """Say whose the lock is. A full disk does not matter here."""
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError:
        return


def read_holder(folder: Path) -> Holder | None:
    try:
        return Holder(**json.loads((folder / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
