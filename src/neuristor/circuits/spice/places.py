"""Lines of SPICE text with their places, and errors that find theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ..netlist import Place


@dataclass(frozen=True)
class Line:
    """One logical line (continuations joined, comments removed).

    folder  where its relative file names start
    starts  for each physical line its offset in the text and its number
    """

    text: str
    place: Place
    folder: Path
    starts: tuple[tuple[int, int], ...] = ()

    def place_of(self, offset: int) -> Place:
        """Place of the physical line that holds this offset of the text."""
        numbers = [number for start, number in self.starts if start <= offset]
        return Place(self.place.file, numbers[-1]) if numbers else self.place


class Unplaced(InputError):
    """A sentence that does not yet say where; `located` adds "file:line: "."""


@contextmanager
def located(place: Place, instance: str = "") -> Iterator[None]:
    """Turn an Unplaced error of the block into an InputError that begins with the place.

    instance  path of the subcircuit instance ("x1.x2.") in which the line was read, which ends the sentence
    """
    try:
        yield
    except Unplaced as error:
        inside = f" (in {short(instance[:-1])})" if instance else ""
        raise InputError(f"{place}: {error}{inside}") from None


def short(text: str, limit: int = 50) -> str:
    """The text in quotes for a message, cut if it is long."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")
