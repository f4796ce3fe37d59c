"""What a person or a machine sees: tables and progress on a terminal, plain lines elsewhere, JSON if asked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from rich.console import Console

    from ..experiments import Row
    from ..papers import Reproduction
    from ..trace import Trace

STYLES = {"reproduced": "green", "partly": "yellow", "not reproducible": "red"}


def fail(sentence: str, code: int) -> NoReturn:
    """One sentence on standard error, and the exit code."""
    print(f"neuristor: {' '.join(sentence.split())}", file=sys.stderr)
    sys.exit(code)


def check_output(path: Path | None) -> None:
    """InputError if this file could not be written: told before the work, not after it."""
    if path is not None:
        from ..trace import check_writable

        check_writable(path)


class Screen:
    """Standard output as the user wants it: `as_json` leaves it to JSON alone."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def json(self, value: Any) -> None:
        if self.as_json:
            print(json.dumps(no_nan(value), allow_nan=False))

    def console(self) -> Console:
        from rich.console import Console

        return Console(width=None if sys.stdout.isatty() else 140, highlight=False)

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[float], None]]:
        """A bar with the time left on a terminal, a line every ten seconds elsewhere (standard error)."""
        if self.as_json and not sys.stderr.isatty():
            yield lambda fraction: None
            return
        if not sys.stderr.isatty():
            yield plain_progress(what)
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=1.0)
            yield lambda fraction: bar.update(task, completed=fraction)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        from rich import box
        from rich.table import Table

        table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.console().print(table)

    def tables(self, tables: Sequence[Any]) -> None:
        """Tables of a report, each with its note."""
        for table in tables:
            self.table(table.title, table.columns, table.rows)
            if table.note:
                print(table.note)

    def catalogue(self, groups: dict[str, list[dict[str, str]]]) -> None:
        if self.as_json:
            self.json(groups)
            return
        for title, entries in groups.items():
            self.table(title, list(entries[0]), [list(e.values()) for e in entries])

    def written(self, files: Sequence[Path]) -> None:
        for file in files:
            print(f"written: {file}")

    def trace(self, trace: Trace, files: Sequence[Path]) -> None:
        from ..quantities import show

        if self.as_json:
            self.json(trace.to_json_dict())
        else:
            rows = []
            for lane in range(min(trace.lanes, 40)):
                spikes = trace.spikes[lane]
                first = ", ".join(show(t, "s", 6) for t in spikes[:4]) + (" ..." if len(spikes) > 4 else "")
                energy = ", ".join(f"{k} {show(v[lane], 'J')}" for k, v in trace.energy.items())
                rows.append([str(lane), str(len(spikes)), f"{trace.rates[lane]:.5g} Hz", first, energy, trace.status[lane]])
            title = f"{trace.subject}, {trace.meta['stimulus']}, {show(trace.duration, 's')}, method {trace.meta['method']}"
            self.table(title, ["lane", "spikes", "rate", "first spikes", "energy", "status"], rows)
            if trace.lanes > 40:
                print(f"{trace.lanes - 40} more lanes; --csv, --parquet or --json give them all")
            self.written(files)
        for failure in trace.failures[:10]:
            print(f"neuristor: {failure}", file=sys.stderr)

    def claims(self, result: Reproduction, files: Sequence[Path]) -> None:
        from rich.text import Text

        if self.as_json:
            return
        from ..report.tables import claim_value

        rows: list[Any] = [
            [
                c.id,
                c.statement,
                claim_value(c, c.published),
                claim_value(c, c.measured),
                Text(c.verdict, style=STYLES[c.verdict]),
            ]
            for c in result.claims
        ]
        self.table(f"{result.title} ({result.paper})", ["claim", "statement", "published", "measured", "verdict"], rows)
        self.written(files)

    def comparison(self, rows: list[Row], files: Sequence[Path], published: bool = False) -> None:
        from ..presets.published_neurons import PUBLISHED
        from ..report.tables import comparison_table, published_table

        if self.as_json:
            measured = [row.to_json_dict() for row in rows]
            told = [{**vars(n), "energy_per_spike": n.energy} for n in PUBLISHED]
            self.json({"measured": measured, "published": told} if published else measured)
            return
        for table in (comparison_table(rows), *([published_table()] if published else [])):
            self.table(table.title, table.columns, table.rows)
        self.written(files)


def no_nan(value: Any) -> Any:
    """JSON has no NaN: what is not defined becomes null."""
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {k: no_nan(v) for k, v in value.items()}
    return [no_nan(v) for v in value] if isinstance(value, list) else value


def plain_progress(what: str) -> Callable[[float], None]:
    start = said = time.monotonic()

    def tell(fraction: float) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said > 10 and fraction > 0:
            said = now
            left = (now - start) * (1 - fraction) / fraction
            print(f"{what}: {100 * fraction:.0f} %, about {left:.0f} s left", file=sys.stderr)

    return tell
