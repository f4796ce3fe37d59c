"""Lines of voltage and current sources, and the files of PWL tables."""

from __future__ import annotations

import math
import re
from pathlib import Path

from ..netlist import KINDS, Element, Place, Wave
from .expressions import suffix_of
from .frames import Frame
from .lexer import load
from .places import Unplaced, located, short
from .words import Words

WAVES = {  # kind -> (fewest values, most values, what they are)
    "pulse": (2, 7, "v1 v2 [td tr tf pw per]"), "sin": (2, 6, "vo va [freq td theta phase]"),
    "exp": (2, 6, "v1 v2 [td1 tau1 td2 tau2]"), "pwl": (2, 0, "t1 v1 t2 v2 ..."),
}  # fmt: skip
ELSEWHERE = ("sffm", "am", "trnoise", "trrandom", "external", "noise", "poly")
WORDS = ("dc", "ac", *WAVES, *ELSEWHERE)


def read_source(words: Words, frame: Frame) -> Element:
    """`v1 a b [dc] 5 ac 1 90 pulse(0 1 ...)`, the parts in any order; Unplaced for whatever is wrong."""
    name, kind = words.first, words.first[0]
    nodes = [words.name(f"node {i} of two") for i in (1, 2)]
    params: dict[str, float] = {}
    wave: Wave | None = None
    if not words.more:
        raise Unplaced(f"{name} has no value: write 0 if it only measures a current, as in '{name} a b 0'")
    while words.more:
        word = words.peek()
        if word in WAVES and words.tokens[words.at].kind == "word":
            if wave:
                raise Unplaced(f"{name} has two time courses, {wave.kind} and {word}")
            wave = _wave(words, kind)
        elif words.skip("ac"):
            _add_ac(words, params)
        elif word in ELSEWHERE:
            raise Unplaced(f"{name} has a time course of kind {word}, which is not read (known: {', '.join(WAVES)})")
        else:
            if words.skip("dc"):
                words.skip("=")
            elif words.peek(1) == "=":
                raise Unplaced(f"{name}: a {KINDS[kind][0]} has no parameter {short(word)}")
            if "dc" in params:
                raise Unplaced(f"unexpected {short(word)} in {name}: it has a dc value already")
            params["dc"] = _level(words, kind)
    return Element(frame.element(name), kind, (frame.node(nodes[0]), frame.node(nodes[1])), params, wave=wave,
                   place=words.line.place)  # fmt: skip


def _level(words: Words, kind: str) -> float:
    """A value; 5A as a current is refused, which would be 5e-18."""
    if words.more and words.tokens[words.at].kind == "word" and kind == "i" and suffix_of(words.peek()) == "a":
        shown = words.peek()
        raise Unplaced(f"{words.first} has {shown}, which is in attoampere in SPICE: write {shown[:-1]}e-18 or {shown[:-1]}")
    return words.value("a value")


def _add_ac(words: Words, params: dict[str, float]) -> None:
    if "acmag" in params:
        raise Unplaced(f"{words.first} has ac twice")
    words.skip("=")
    params["acmag"] = 1.0
    for key in ("acmag", "acphase"):
        if words.more and words.peek() not in WORDS:
            params[key] = words.value("a value")


def _wave(words: Words, kind: str) -> Wave:
    """A time course with its parentheses, if it has any."""
    shape = words.name("a time course")
    in_file = shape == "pwl" and "file" in (words.peek(), words.peek(1))
    values = _pwl_file(words) if in_file else _wave_values(words, kind)
    _check_wave(words.first, shape, values)
    return Wave(shape, tuple(values))


def _wave_values(words: Words, kind: str) -> list[float]:
    values = []
    opened = words.skip("(")
    while words.more and words.peek() != ")" and (opened or words.peek() not in WORDS):
        if words.peek(1) == "=":
            raise Unplaced(f"{short(words.peek())}= is not read in the time course of {words.first}")
        values.append(_level(words, kind))
    if opened and not words.skip(")"):
        raise Unplaced(f"unbalanced parenthesis in {words.first}: ')' is missing after the time course")
    return values


def _check_wave(name: str, shape: str, values: list[float]) -> None:
    fewest, most, meaning = WAVES[shape]
    if len(values) < fewest or most and len(values) > most:
        raise Unplaced(f"{name}: {shape} takes {meaning}, not {len(values)} values")
    if shape == "pulse" and min(values[3:], default=0.0) < 0:
        raise Unplaced(f"{name}: the times tr, tf, pw and per of a pulse may not be negative")
    if shape == "pwl":
        if len(values) % 2:
            raise Unplaced(f"{name}: pwl takes pairs of time and value, not {len(values)} values")
        for before, after in zip(values[::2], values[2::2], strict=False):
            if after <= before:
                raise Unplaced(f"{name}: the times of pwl must increase, but {after:g} follows {before:g}")


def _pwl_file(words: Words) -> list[float]:
    """`pwl file="x.csv"` or `pwl(file=x.csv)`: the values of the file, t1 v1 t2 v2 ..."""
    opened = words.skip("(")
    words.expect("file")
    words.expect("=")
    token = words.take("a file name after file=")
    if token.kind == "mark":
        raise Unplaced(f"{words.first} lacks a file name after file=")
    if opened:
        words.expect(")")
    return _table(words.line.folder / Path(token.text).expanduser(), token.text)


def _table(path: Path, shown: str) -> list[float]:
    """Rows of two numbers (seconds, volts or amperes) of a text file; # begins a comment, the first row may be a header.

    Returns t1 v1 t2 v2 ...; InputError with the file's line for anything else.
    """
    values: list[float] = []
    header_allowed = True
    for number, line in enumerate(load(path, shown).removeprefix("\ufeff").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        row = [_plain(c) for c in re.split(r"\s*[,;]\s*|\s+", text)]
        good = [v for v in row if v is not None]
        if len(row) == 2 and len(good) == 2:
            values += good
        elif not header_allowed or good:
            with located(Place(shown, number)):
                raise Unplaced(f"a row has two finite numbers, seconds and volts (or amperes), not {short(text)}")
        header_allowed = False
    if not values:
        raise Unplaced(f"{short(shown)} has no rows of two numbers")
    return values


def _plain(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
