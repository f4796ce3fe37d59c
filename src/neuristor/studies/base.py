"""What a study's plan can do: all that the store and the runners need to know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow

    from ..trace import Trace


class Plan(Protocol):
    """The runs of a study as a table that can be computed in any pieces.

    `table` is a pure function of the study's document and of the range: the same bits for any cutting of the runs into
    chunks, threads, processes or machines.
    """

    @property
    def runs(self) -> int:
        """All runs: samples times points of the axes."""
        ...

    @property
    def columns(self) -> dict[str, str]:
        """Name -> unit of every float column of `table`."""
        ...

    def trial(self) -> None:
        """InputError if runs here and there are all refused for the same reason: before anything is stored."""
        ...

    def table(self, start: int, stop: int) -> pyarrow.Table:
        """Runs start, ..., stop - 1: "run" int64, the float64 columns (NaN if failed), "reason" string ("" if good)."""
        ...

    def waveforms(self, run: int) -> Trace:
        """One run once more, with its waveforms."""
        ...


class Described(Protocol):
    """A study as the store sees it."""

    @property
    def digest(self) -> str:
        """sha256 of what determines its results: not of the number of samples, nor of titles and limits."""
        ...

    def document(self) -> dict[str, Any]:
        """The study as JSON can hold it; `plan_of` makes the plan of it, on any machine."""
        ...
