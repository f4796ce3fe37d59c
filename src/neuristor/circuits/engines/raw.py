"""Reader of the binary raw files that ngspice writes: real and complex, several plots in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError


@dataclass(frozen=True)
class Plot:
    """The result of one analysis.

    name       what ngspice calls the analysis ("Transient Analysis")
    variables  lower-case names as in the file ("time", "v(n1)", "i(v1)"); the first is the axis
    values     (variables, points), float or complex
    """

    name: str
    variables: tuple[str, ...]
    values: np.ndarray

    def signals(self) -> dict[str, np.ndarray]:
        """Variable -> (points,), the axis too."""
        return dict(zip(self.variables, self.values, strict=True))


def read_raw(path: str | Path) -> list[Plot]:
    """All plots of a raw file; InputError if it is missing, cut short or not a binary raw file."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    plots, start = [], 0
    while content[start:].strip():
        plot, start = read_plot(content, start, path)
        plots.append(plot)
    return plots


def read_plot(content: bytes, start: int, path: str | Path) -> tuple[Plot, int]:
    """The plot that begins at byte `start` and where the next one begins."""
    marker = b"Binary:\n"
    data = content.find(marker, start)
    if data < 0:
        raise InputError(f"{path}: not a binary raw file (no line 'Binary:' after byte {start})")
    fields, variables = read_header(content[start:data].decode("latin-1"))
    data += len(marker)
    try:
        count, points = int(fields["no. variables"]), int(fields["no. points"])
    except (KeyError, ValueError):
        raise InputError(f"{path}: the header does not tell the number of variables and points") from None
    kind = np.dtype("<c16" if "complex" in fields.get("flags", "") else "<f8")
    end = data + count * points * kind.itemsize
    if end > len(content) or len(variables) != count:
        raise InputError(f"{path}: the file is cut short: {count} variables at {points} points do not fit in it")
    table = np.frombuffer(content, kind, count * points, data).reshape(points, count)
    return Plot(fields.get("plotname", ""), tuple(variables), np.ascontiguousarray(table.T)), end


def read_header(text: str) -> tuple[dict[str, str], list[str]]:
    """Lower-case field -> value of a plot's header, and the names of its variables."""
    fields: dict[str, str] = {}
    variables: list[str] = []
    for line in text.splitlines():
        if line.startswith("\t"):
            variables.append(line.split()[1].lower())
        elif ":" in line:
            key, _, value = line.partition(":")
            fields[key.strip().lower()] = value.strip()
    return fields, variables
