"""Columns of a measured text file in SI units: delimiter, decimal comma, header and units are found, not asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..quantities import unit_size

ROLES = {"voltage": "V", "current": "A", "time": "s"}
SKIPPED = "-"
DELIMITERS: tuple[str | None, ...] = ("\t", ";", ",", None)  # None: spaces
TOLD = {"\t": "tab", ";": "semicolon", ",": "comma", None: "spaces"}
SHOWN_ROWS = 5
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?")
MISSING = {"", "nan", "na", "n/a", "null", "none", "-", "--", "inf", "-inf", "+inf", "ol", "overflow", "#n/a"}
WORDS = {
    "voltage": re.compile(r"([vu]\w{0,4}|volt\w*|spannung|bias|potential|[vu]\(.*|[vu][_ ].*)", re.IGNORECASE),
    "current": re.compile(r"(i(?!dx)\w{0,3}|curr\w*|strom|amp\w*|i\(.*|i[_ ].*)", re.IGNORECASE),
    "time": re.compile(r"(t|time\w*|zeit|sec\w*|t[_ ].*)", re.IGNORECASE),
}
SPELLINGS = {
    "volt": "V", "volts": "V", "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "sec": "s", "second": "s",
    "seconds": "s", "msec": "ms", "usec": "us", "ma": "mA", "ua": "uA", "µa": "uA", "μa": "uA", "na": "nA", "pa": "pA",
    "mv": "mV", "uv": "uV", "a": "A", "v": "V",
}  # fmt: skip


@dataclass
class Columns:
    """values: SI, by role; guessed: roles whose unit nobody stated; told: what was understood, in phrases."""

    values: dict[str, np.ndarray]
    guessed: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)


def read_columns(path: Path, columns: str = "") -> Columns:
    """Voltage, current and (if there is one) time of a text file.

    columns   "voltage:V,current:uA", one entry a column, "-" for one to leave out; replaces what the header says
    InputError, with rows where they matter, for everything that cannot be a sweep.
    """
    lines = text_lines(path)
    delimiter, width = layout(path, lines)
    rows, numbers, header = table(path, lines, delimiter, width)
    given = stated(path, columns, width) if columns else named(path, header, width)
    read = Columns({}, told=[f"{len(rows)} rows, separated by {TOLD[delimiter]}"])
    if given is None:
        given = unnamed(path, rows)
        read.told.append("no header")
    refuse_gaps(path, rows, numbers, [k for k, (role, _) in enumerate(given) if role != SKIPPED])
    for k, (role, unit) in enumerate(given):
        if role == SKIPPED:
            continue
        if unit is None:
            unit = likely_unit(path, role, rows[:, k])
            read.guessed.add(role)
        read.told.append(f"{role} in {unit}" + (" (assumed)" if role in read.guessed else ""))
        read.values[role] = rows[:, k] * unit_size(unit)[0]
    refuse_magnitudes(path, read)
    return read


def text_lines(path: Path) -> list[str]:
    """The lines of a text file, whatever its encoding; InputError if it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    if encoding != "utf-16" and b"\0" in raw[:4096]:
        raise InputError(f"{path}: is not a text file; export the sweep as CSV with columns voltage and current")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if not text.strip():
        raise InputError(f"{path}: is empty; expected columns voltage and current")
    return text.splitlines()


def cells_of(line: str, delimiter: str | None) -> list[str]:
    cells = [c.strip().strip('"').strip() for c in line.split(delimiter)]
    while len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def as_number(cell: str, delimiter: str | None) -> float | None:
    """The number of a cell, NaN for a word that means "missing", None for any other text."""
    text = cell.replace(",", ".") if delimiter != "," and cell.count(",") == 1 and "." not in cell else cell
    if NUMBER.fullmatch(text):
        return float(re.sub("[dD]", "e", text))
    return float("nan") if text.lower() in MISSING else None


def layout(path: Path, lines: list[str]) -> tuple[str | None, int]:
    """Delimiter and number of columns that most of the lines follow."""
    best: tuple[int, str | None, int] = (0, None, 0)
    sample = lines[:: max(1, len(lines) // 400)]
    for delimiter in DELIMITERS:
        widths = []
        for line in sample:
            cells = cells_of(line, delimiter)
            found = [as_number(c, delimiter) for c in cells]
            if None not in found and any(v == v for v in found if v is not None):
                widths.append(len(cells))
        for width in set(widths):
            if widths.count(width) > best[0]:
                best = (widths.count(width), delimiter, width)
        if best[0] and best[2] > 1:
            break
    if best[2] == 0:
        raise InputError(f"{path}: has no rows of numbers; expected columns voltage and current")
    if best[2] == 1:
        raise InputError(f"{path}: has one column of numbers; expected voltage and current, and time if there is one")
    return best[1], best[2]


def table(path: Path, lines: list[str], delimiter: str | None, width: int) -> tuple[np.ndarray, list[int], list[str]]:
    """Rows of numbers (NaN where missing), their line numbers, and the cells of the header ([] without one)."""
    rows: list[list[float]] = []
    numbers: list[int] = []
    header: list[str] = []
    for number, line in enumerate(lines, start=1):
        bare = line.strip().lstrip("#%/").strip()
        if not bare:
            continue
        cells = cells_of(bare if not rows else line, delimiter)
        found = [as_number(c, delimiter) for c in cells]
        if None in found:
            if rows and not line.lstrip().startswith(("#", "%", "//")):
                raise InputError(f"{path}, row {number}: {line.strip()[:40]!r} is not a row of numbers")
            header = cells if not rows and (len(cells) == width or not header) else header
        elif len(found) < width and rows:
            raise InputError(f"{path}, row {number}: {len(found)} columns where {width} are expected")
        elif len(found) >= width:
            rows.append([float(v) for v in found[:width] if v is not None])
            numbers.append(number)
    return np.array(rows), numbers, header if len(header) == width else []


def refuse_gaps(path: Path, rows: np.ndarray, numbers: list[int], used: list[int]) -> None:
    bad = [numbers[k] for k in np.flatnonzero(~np.all(np.isfinite(rows[:, used]), axis=1))]
    if bad:
        shown = ", ".join(map(str, bad[:SHOWN_ROWS])) + (
            f" and {len(bad) - SHOWN_ROWS} more" if len(bad) > SHOWN_ROWS else ""
        )
        what = f"row {shown} of the file holds" if len(bad) == 1 else f"rows {shown} of the file hold"
        raise InputError(f"{path}: {what} no number (NaN or empty); repair or delete them")


def known_unit(text: str) -> str | None:
    """The unit that a piece of a header spells, in V, A or s; None if it is none."""
    unit = SPELLINGS.get(text.lower(), text) if text not in ("mA", "MA") else text
    try:
        dimension = unit_size(unit)[1]
    except (InputError, IndexError):
        return None
    return unit if any(dimension == unit_size(base)[1] for base in ROLES.values()) else None


def role_of_unit(unit: str) -> str:
    return next(role for role, base in ROLES.items() if unit_size(unit)[1] == unit_size(base)[1])


def heading(path: Path, cell: str) -> tuple[str, str | None]:
    """Role and unit (None: not stated) of a header's cell; ("-", None) for a column that is none of the three."""
    bracket = re.search(r"[\[(<{]\s*([^\])>}]+?)\s*[\])>}]", cell)
    pieces = [p for p in re.split(r"[\s/_,|:;-]+", cell) if p]
    unit = known_unit(bracket[1]) if bracket else None
    if unit is None and pieces and (len(pieces) > 1 or len(pieces[0]) > 1 or pieces[0] in "VAs"):
        unit = known_unit(pieces[-1])
    name = (cell[: bracket.start()] if bracket and unit else cell).strip(" /_-")
    if unit and not bracket and len(pieces) > 1:
        name = " ".join(pieces[:-1])
    role = next((r for r, word in WORDS.items() if word.fullmatch(name) or word.fullmatch(name.split(" ")[0])), None)
    if role and unit and role != role_of_unit(unit) and len(pieces) > 1:
        raise InputError(f"{path}: the header {cell!r} names a {role} but gives the unit {unit}")
    return (role_of_unit(unit), unit) if unit else (role or SKIPPED, None)


def named(path: Path, header: list[str], width: int) -> list[tuple[str, str | None]] | None:
    """Roles and units of a header; None without one. InputError if voltage or current is missing or doubled."""
    if not header:
        return None
    roles = [heading(path, cell) for cell in header]
    for role in ("voltage", "current"):
        found = [cell for cell, (r, _) in zip(header, roles, strict=True) if r == role]
        if len(found) != 1:
            what = f"no {role}" if not found else f"{len(found)} columns of {role} ({', '.join(found)})"
            raise InputError(
                f"{path}: its header ({', '.join(header)}) has {what}; say which is which, "
                'e.g. --columns "voltage:V,current:uA", with - for a column to leave out'
            )
    times = [k for k, (role, _) in enumerate(roles) if role == "time"]
    return [(SKIPPED, None) if k in times[1:] else r for k, r in enumerate(roles)]


def stated(path: Path, columns: str, width: int) -> list[tuple[str, str | None]]:
    """Roles and units of --columns."""
    found: list[tuple[str, str | None]] = []
    for word in columns.split(","):
        role, _, unit = (piece.strip() for piece in word.partition(":"))
        whole = next((r for r in ROLES if role and r.startswith(role.lower())), None)
        if role == SKIPPED:
            found.append((SKIPPED, None))
        elif whole is None or (unit and (known_unit(unit) is None or role_of_unit(known_unit(unit) or "V") != whole)):
            raise InputError(
                f"--columns {columns!r}: {word.strip()!r} is not of the form voltage:V, current:uA, time:ms or -"
            )
        else:
            found.append((whole, known_unit(unit) if unit else None))
    roles = [role for role, _ in found]
    if roles.count("voltage") != 1 or roles.count("current") != 1 or roles.count("time") > 1:
        raise InputError(f"--columns {columns!r} must name one voltage and one current, and at most one time")
    if len(found) > width:
        raise InputError(f"{path}: has {width} columns, but --columns names {len(found)}")
    return found + [(SKIPPED, None)] * (width - len(found))


def unnamed(path: Path, rows: np.ndarray) -> list[tuple[str, str | None]]:
    """Two columns without a header are voltage and current; three are time, voltage and current if the first rises."""
    width = rows.shape[1]
    if width == 2:
        return [("voltage", None), ("current", None)]
    if width == 3 and np.all(np.diff(rows[:, 0]) > 0):
        return [("time", None), ("voltage", None), ("current", None)]
    raise InputError(
        f'{path}: {width} columns without a header; say what they are, e.g. --columns "time:s,voltage:V,current:uA"'
    )


def likely_unit(path: Path, role: str, values: np.ndarray) -> str:
    """The unit of a column that states none: volts and seconds; currents in A if they could be, else in uA."""
    if role != "current":
        return ROLES[role]
    return "A" if np.nanmax(np.abs(values), initial=0.0) < 0.02 else "uA"


def refuse_magnitudes(path: Path, read: Columns) -> None:
    """InputError where voltage and current cannot be what they are called."""
    v = float(np.max(np.abs(read.values["voltage"]), initial=0.0))
    i = float(np.max(np.abs(read.values["current"]), initial=0.0))
    told = f"{path}: the voltage reaches {v:.3g} V and the current {i:.3g} A"
    if v == 0 or i == 0:
        raise InputError(f"{told}: there is nothing to fit")
    if v < 2e-3 and i > 0.05:
        raise InputError(
            f'{told}: the two columns seem to be swapped; give --columns "current:A,voltage:V" or name them right'
        )
    if v > 1e3:
        raise InputError(f'{told}: the voltage seems to be in mV; give --columns "voltage:mV,current:..."')
    if i / v > 10.0:
        raise InputError(f'{told}: the current seems to be in uA or mA; give --columns "voltage:V,current:uA"')
