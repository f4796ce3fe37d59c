"""Cutting the missing runs into chunks of a second or two, and keeping workers supplied with them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from .chunks import Chunk

FIRST = 1  # runs of the first chunks, which measure the speed
GROWTH = 32  # a chunk is at most so many times the largest before it: later runs may be dearer
SECONDS = 1.5  # of work in a chunk, and
PER_WORKER = 0.02  # s more for every worker: what the one process that writes spends on a chunk; or, if that is more,
CHUNKS = 2000  # the whole work in so many chunks, but
LONGEST = 60  # s at most: what a killed worker loses
ROWS = 1 << 17  # of a chunk at most, which bounds the memory of its simulation
BYTES = 16_000_000  # of a chunk at most, and
ALL_BYTES = 1_000_000_000  # of all that are under way
LOOK = 1.0  # s between two looks for workers that have joined


class Cuts:
    """The runs that are left, handed out from the first on; sizes follow the measured speed unless one is given."""

    def __init__(self, missing: Sequence[range], columns: int, size: int | None = None) -> None:
        self.left = list(missing)
        self.given = size
        self.total = len(self)
        self.row = 8 * (columns + 1)  # bytes
        self.largest = FIRST
        self.speed = 0.0

    def __len__(self) -> int:
        """Runs that nobody has taken."""
        return sum(len(part) for part in self.left)

    def take(self, workers: int) -> range | None:
        """The next chunk for one of so many workers; None if nothing is left."""
        if not self.left:
            return None
        first, count = self.left[0], self.size(workers)
        part, rest = first[:count], first[count:]
        self.left[:1] = [rest] if rest else []
        return part

    def size(self, workers: int) -> int:
        """Runs of the next chunk. Towards the end chunks shrink, so that all workers end together."""
        if self.given:
            return self.given
        if not self.speed:
            return FIRST
        seconds = max(SECONDS + PER_WORKER * workers, min(self.total / self.speed / CHUNKS, LONGEST))
        room = min(BYTES, ALL_BYTES // (2 * workers)) // self.row
        size = min(self.speed * seconds, GROWTH * self.largest, ROWS, room)
        if workers > 1:
            size = min(size, max(len(self) / (2 * workers), self.speed * SECONDS / 10))
        return max(1, int(size))

    def measured(self, chunk: Chunk) -> None:
        """A chunk is done: how fast it was."""
        count = chunk.stop - chunk.start
        self.speed = count / max(chunk.seconds, 1e-6)
        self.largest = max(self.largest, count)

    def back(self, part: range) -> None:
        """A chunk was taken but not done."""
        self.left = sorted([part, *self.left], key=lambda one: one.start)


def dispatch(
    submit: Callable[[range], Future[Chunk]], cuts: Cuts, workers: Callable[[], int]
) -> Generator[Chunk, None, None]:
    """Chunks as they are done, in any order; two a worker are under way, so none waits and memory stays bounded.

    `workers` is asked again and again: who joins late gets a share. If this ends early, what was not done is back in `cuts`.
    """
    under_way: dict[Future[Chunk], range] = {}
    try:
        while True:
            count = workers()
            while len(under_way) < 2 * count and (part := cuts.take(count)):
                try:
                    under_way[submit(part)] = part
                except BaseException:
                    cuts.back(part)
                    raise
            if not under_way and not len(cuts):
                return
            done, _ = wait(under_way, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in done:
                chunk = future.result()
                del under_way[future]
                cuts.measured(chunk)
                yield chunk
    finally:
        for future, part in under_way.items():
            future.cancel()
            cuts.back(part)
