"""Worker processes on this machine: replaced when they die, gone when this process is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection

from ..errors import InputError
from ..kernel.threads import cores
from .chunks import Chunk, compute_chunk
from .dispatch import Cuts, dispatch

DEATHS = 3  # in a row, without a chunk in between


def in_workers(document: str, cuts: Cuts, workers: int) -> Generator[Chunk, None, None]:
    """Chunks of a study computed by so many processes, which share the cores.

    InputError if workers die again and again on the same runs.
    """
    deaths = 0
    while len(cuts):
        try:
            for chunk in in_pool(document, cuts, workers):
                deaths = 0
                yield chunk
        except BrokenProcessPool:
            deaths += 1
            if deaths == DEATHS:
                where = cuts.left[0].start
                raise InputError(
                    f"worker processes died {DEATHS} times at run {where} or soon after it: for lack of memory (try fewer "
                    f"workers or smaller chunks), or in a script that lacks `if __name__ == '__main__':`"
                ) from None


def in_pool(document: str, cuts: Cuts, workers: int) -> Generator[Chunk, None, None]:
    """Chunks from one pool of processes; BrokenProcessPool when one of them dies, with its chunk back in `cuts`."""
    context = multiprocessing.get_context("spawn")
    listen, speak = context.Pipe(duplex=False)
    threads = max(1, cores() // workers)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=begin_worker, initargs=(listen, threads))

    def submit(part: range) -> Future[Chunk]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes started here never see Ctrl-C
        try:
            return pool.submit(compute_chunk, document, part.start, part.stop)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield from dispatch(submit, cuts, lambda: workers)
    finally:
        speak.close()  # workers end at once, whatever they are at
        pool.shutdown(cancel_futures=True)
        listen.close()


def begin_worker(line: Connection, threads: int) -> None:
    """Use so many threads, and end when the main process lets go of the line."""
    from threadpoolctl import threadpool_limits

    os.environ["NEURISTOR_THREADS"] = str(threads)
    threadpool_limits(threads)
    threading.Thread(target=end_with, args=(line,), daemon=True).start()


def end_with(line: Connection) -> None:
    """End this process when the other end of the line is closed, be it because its process was killed."""
    line.poll(None)
    os._exit(1)
