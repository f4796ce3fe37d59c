"""A Dask cluster by the address of its scheduler: workers may come late and die, results stay the same."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Generator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from socket import gethostname
from typing import TYPE_CHECKING

from ..errors import InputError
from .chunks import Chunk, compute_chunk
from .dispatch import LOOK, Cuts, dispatch
from .manifest import versions

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 10  # s for the scheduler to answer
one_at_a_time = threading.Lock()  # a study's chunk uses all threads of its worker


@dataclass
class Census:
    """How many workers a cluster has; asked once a second."""

    client: Client
    count: int = 1
    asked: float = -LOOK

    def __call__(self) -> int:
        if time.monotonic() - self.asked >= LOOK:
            self.count = max(1, len(self.client.nthreads()))
            self.asked = time.monotonic()
        return self.count


def in_cluster(document: str, cuts: Cuts, address: str) -> Generator[Chunk, None, None]:
    """Chunks of a study computed by the workers of a Dask scheduler.

    InputError if there is no scheduler, if it goes away, and if a worker has other versions than this process.
    """
    client = connected(address)
    from distributed import KilledWorker

    with client, client.get_executor(pure=False) as executor:
        here = versions()

        def submit(part: range) -> Future[Chunk]:
            return executor.submit(compute_on_worker, document, part.start, part.stop, here)

        try:
            yield from dispatch(submit, cuts, Census(client))
        except KilledWorker as error:
            raise InputError(
                f"a chunk ended all workers that it was given to, for lack of memory perhaps: {error}"
            ) from None
        except (CancelledError, OSError):
            raise InputError(f"the Dask scheduler at {address} went away; what is stored stays so") from None


def connected(address: str) -> Client:
    """A connection to the scheduler; InputError if there is none at this address or no Dask here."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError("--scheduler needs Dask: pip install 'neuristor[cluster]'") from None
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what goes wrong is told here in one sentence
    try:
        return Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error or 'no answer'}") from None


def compute_on_worker(document: str, start: int, stop: int, expected: dict[str, str]) -> Chunk:
    """`compute_chunk` with all threads of this worker; InputError if its versions are others than expected."""
    from distributed import get_worker

    for name, version in versions().items():
        if version != expected[name]:
            raise InputError(f"the Dask worker on {gethostname()} has {name} {version}, here it is {expected[name]}")
    with one_at_a_time:
        os.environ.setdefault("NEURISTOR_THREADS", str(get_worker().state.nthreads))
        return compute_chunk(document, start, stop)
