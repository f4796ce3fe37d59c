"""Logical lines of SPICE text: comments, continuations, `.include` and `.lib` sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import nearest
from ..netlist import Place
from .places import Line, Unplaced, located, short

LARGEST = 20_000_000  # bytes of a text with all it includes
MOST_INCLUDES = 1000
DEEPEST = 30  # levels of includes
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_FILE_CARD = re.compile(r"\.\w+\s+(?:\"([^\"]*)\"|'([^']*)'|(\S+))(?:\s+(\S+))?\s*", re.ASCII)


@dataclass
class Loader:
    """Reads a text and what it includes; `size` and `includes` count what was read so far."""

    size: int = 0
    includes: int = 0
    open: list[tuple[Path, str]] = field(default_factory=list)  # (file, section) being read, outermost first

    def lines(self, text: str, name: str, folder: Path, title: bool) -> tuple[str, list[Line]]:
        """Title and logical lines of a text, without what it includes."""
        self.size += len(text)
        physical = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.check(text, physical, name)
        first = physical[0].strip().lstrip("*").strip() if title else ""
        return first, list(_joined(physical, name, folder, 1 if title else 0))

    def check(self, text: str, physical: list[str], name: str) -> None:
        if self.size > LARGEST:
            with located(Place(name, 1)):
                raise Unplaced(f"the text with all it includes is larger than {LARGEST // 1_000_000} MB")
        if _CONTROL.search(text):
            number = next(i for i, line in enumerate(physical, 1) if _CONTROL.search(line))
            with located(Place(name, number)):
                raise Unplaced("this is no text: it has characters that no netlist contains")

    def expanded(self, lines: list[Line], top: bool = False) -> Iterator[Line]:
        """The lines with includes replaced by what they include; sections that nobody asked for are left out."""
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            word = line.text.split(None, 1)[0].lower()
            with located(line.place):
                if word in (".include", ".inc"):
                    yield from self.include(line)
                elif word == ".lib":
                    file, section = _file_and_section(line)
                    if section or _is_file(line, lines[at:]):
                        yield from self.include(line, section)
                    else:
                        at = _end_of_section(lines, at, file)
                elif word == ".endl":
                    raise Unplaced(".endl ends a section that no .lib began")
                elif word == ".end":
                    if at < len(lines):
                        raise Unplaced(f"there is text after .end, on line {lines[at].place.line}")
                else:
                    yield line

    def include(self, line: Line, section: str = "") -> Iterator[Line]:
        written, extra = _file_and_section(line)
        if extra and not section:
            raise Unplaced(f".include takes one file name, not also {short(extra)}")
        path = line.folder / Path(written).expanduser()
        key = (path.resolve(), section.lower())
        if key in self.open:
            chain = " includes ".join(p.name for p, _ in [*self.open[self.open.index(key) :], key])
            raise Unplaced(f"{chain}, which never ends")
        self.includes += 1
        if self.includes > MOST_INCLUDES or len(self.open) >= DEEPEST:
            raise Unplaced(f"there are more than {MOST_INCLUDES} includes, or they are more than {DEEPEST} levels deep")
        text = load(path, written)
        _, lines = self.lines(text, written, path.parent, title=False)
        self.open.append(key)
        yield from self.expanded(_section(lines, section, written) if section else lines)
        self.open.pop()


def load(path: Path, shown: str) -> str:
    """Text of a file; Unplaced if it cannot be read, InputError with its line if it is not UTF-8."""
    try:
        if not path.is_file():
            raise Unplaced(f"there is no file {short(shown)}" + nearest(path.name, _neighbours(path)))
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, Unplaced):
            raise
        raise Unplaced(f"{short(shown)} cannot be read") from None
    if len(data) > LARGEST:
        raise Unplaced(f"{short(shown)} is larger than {LARGEST // 1_000_000} MB")
    return decoded(data, shown)


def decoded(data: bytes, name: str) -> str:
    """UTF-8 text; InputError with file and line for anything else."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        with located(Place(name, data[: error.start].count(b"\n") + 1)):
            raise Unplaced("this is not UTF-8 text: save it as UTF-8") from None


def _neighbours(path: Path) -> list[str]:
    return [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []


def _joined(physical: list[str], name: str, folder: Path, first: int) -> Iterator[Line]:
    """Logical lines: comments removed, lines that begin with + joined to the one before."""
    parts: list[tuple[str, int]] = []  # text and number
    for number, raw in enumerate(physical[first:], first + 1):
        text = _without_comment(raw).strip()
        if not text or text.startswith("*"):
            continue
        if not text.startswith("+"):
            if parts:
                yield _line(parts, name, folder)
            parts = [(text, number)]
        elif parts:
            parts.append((text[1:].strip(), number))
        else:
            with located(Place(name, number)):
                raise Unplaced("'+' continues a line, but there is no line before it")
    if parts:
        yield _line(parts, name, folder)


def _line(parts: list[tuple[str, int]], name: str, folder: Path) -> Line:
    starts, offset = [], 0
    for text, number in parts:
        starts.append((offset, number))
        offset += len(text) + 1
    return Line(" ".join(text for text, _ in parts), Place(name, parts[0][1]), folder, tuple(starts))


def _without_comment(text: str) -> str:
    """The line up to `;` or a `$` between blanks, outside of quotes."""
    if ";" not in text and "$" not in text or text.lstrip().startswith("*"):
        return text
    quote = ""
    for i, c in enumerate(text):
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        elif c == ";" or c == "$" and not text[:i][-1:].strip() and not text[i + 1 : i + 2].strip():
            return text[:i]
    return text


def _file_and_section(line: Line) -> tuple[str, str]:
    match = _FILE_CARD.fullmatch(line.text)
    if not match:
        raise Unplaced(f'{short(line.text)} should be .include "file" or .lib "file" section')
    return match[1] or match[2] or match[3] or "", match[4] or ""


def _is_file(line: Line, rest: list[Line]) -> bool:
    """Whether `.lib x` names a file: it is quoted, or no `.endl` follows that would make it the name of a section."""
    return "'" in line.text or '"' in line.text or not any(_word(n) == ".endl" for n in rest)


def _word(line: Line) -> str:
    return line.text.split(None, 1)[0].lower()


def _end_of_section(lines: list[Line], at: int, name: str) -> int:
    """Index after the .endl of the section `name` whose first line is lines[at]."""
    for i in range(at, len(lines)):
        if _word(lines[i]) == ".endl":
            ended = lines[i].text.split()[1:]
            if ended and [e.lower() for e in ended] != [name.lower()]:
                with located(lines[i].place):
                    raise Unplaced(f"this .endl ends the section {short(ended[0])}, but the open one is {short(name)}")
            return i + 1
        if _word(lines[i]) == ".lib" and not _file_and_section(lines[i])[1]:
            break
    raise Unplaced(f"the section {short(name)} has no .endl")


def _section(lines: list[Line], wanted: str, file: str) -> list[Line]:
    """The lines of one section of a library; Unplaced (for the line that asks) if there is none of this name."""
    names, at = [], 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if _word(line) != ".lib":
            continue
        with located(line.place):
            name, second = _file_and_section(line)
            if second or _is_file(line, lines[at:]):
                continue
            end = _end_of_section(lines, at, name)
        if name.lower() == wanted.lower():
            return lines[at : end - 1]
        names.append(name)
        at = end
    raise Unplaced(f"{short(file)} has no section {short(wanted)}{nearest(wanted, names)}")
