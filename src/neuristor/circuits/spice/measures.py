"""`.meas` cards and the signals they name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...errors import nearest
from ..netlist import GROUND, Crossing, Measure, Signal
from .frames import Frame, flat_name
from .places import Unplaced, short
from .words import Words

ANALYSES = ("tran", "dc", "ac")
INTEGRALS = ("integ", "avg", "rms", "min", "max", "pp")
ALIASES = {"integral": "integ"}
KINDS = ("trig", "find", "when", *INTEGRALS)
REFUSED = {
    "param": "write the arithmetic where the measure is used", "targ": "trig comes first",
    "deriv": "derivatives are not read", "derivative": "derivatives are not read",
    "min_at": "use find ... at", "max_at": "use find ... at",
}  # fmt: skip
EDGES = ("rise", "fall", "cross")


def read_signal(words: Words, frame: Frame) -> Signal:
    """`v(a)`, `v(a,b)` or `i(v1)` at the cursor; Unplaced for any other."""
    kind = words.name("a signal such as v(out)")
    if kind not in ("v", "i") or not words.skip("("):
        raise Unplaced(f"{words.first}: {short(kind)} is no signal: write v(node), v(node,node) or i(vsource)")
    first = words.name("a name")
    second = "" if not words.more or words.peek() == ")" else words.name("a node")
    if not words.skip(")"):
        raise Unplaced(f"unbalanced parenthesis in {words.first}: ')' is missing after {kind}({first}")
    if kind == "i":
        if second:
            raise Unplaced(f"i() takes one voltage source, not {first!r} and {second!r}")
        return Signal("i", flat_name(first))
    return Signal("v", frame.node(first), frame.node(second) if second else GROUND)


def read_measure(words: Words, frame: Frame) -> Measure:
    """One `.meas`: trig ... targ, find ... when/at, when, or integ avg rms min max pp with from= and to=."""
    analysis = words.name("an analysis")
    if analysis not in ANALYSES:
        raise Unplaced(f"{words.first} needs an analysis ({', '.join(ANALYSES)}), found {short(analysis)}")
    name = words.name("a name")
    kind = words.name(f"what to measure ({', '.join(KINDS)})")
    kind = ALIASES.get(kind, kind)
    if kind not in KINDS:
        hint = REFUSED.get(kind) or f"known are {', '.join(KINDS)}{nearest(kind, KINDS)}"
        raise Unplaced(f"{words.first} {name}: {short(kind)} is not read: {hint}")
    measure = Measure(name, analysis, kind, place=words.line.place)
    reader = {"trig": _trigger_target, "find": _find, "when": _when}.get(kind, _integral)
    measure = reader(measure, words, frame)
    words.end()
    return measure


def _trigger_target(measure: Measure, words: Words, frame: Frame) -> Measure:
    trigger = _crossing(words, frame, ("targ",))
    words.expect("targ")
    return _changed(measure, kind="trig_targ", trigger=trigger, target=_crossing(words, frame))


def _find(measure: Measure, words: Words, frame: Frame) -> Measure:
    signal = read_signal(words, frame)
    if words.skip("when"):
        return _changed(measure, signal=signal, target=_crossing(words, frame, at=False))
    if words.peek() != "at":
        raise Unplaced(f"{words.first} {measure.name}: find needs when v(a)=level or at=time")
    return _changed(measure, signal=signal, target=_crossing(words, frame))


def _when(measure: Measure, words: Words, frame: Frame) -> Measure:
    return _changed(measure, target=_crossing(words, frame, at=False))


def _integral(measure: Measure, words: Words, frame: Frame) -> Measure:
    signal = read_signal(words, frame)
    span = words.parameters(("from", "to"), f"measure {measure.kind}")
    start, stop = span.get("from"), span.get("to")
    if start is not None and stop is not None and stop <= start:
        raise Unplaced(f"{words.first} {measure.name}: to={stop:g} is not after from={start:g}")
    return _changed(measure, signal=signal, start=start, stop=stop)


def _changed(measure: Measure, **changes: Any) -> Measure:
    return replace(measure, **changes)


@dataclass
class _Terms:
    """What a crossing says besides its signal."""

    level: float | None = None
    edge: str = ""
    count: int = 1
    delay: float = 0.0


def _crossing(words: Words, frame: Frame, stops: tuple[str, ...] = (), at: bool = True) -> Crossing:
    """`v(a) val=0.5 rise=2 td=1n`, `v(a)=0.5 fall=last` or `at=1u`, up to the end or a word of `stops`."""
    if at and words.peek() == "at":
        words.take("at")
        words.expect("=")
        return Crossing(None, at=words.value("a value after at="))
    signal = read_signal(words, frame)
    terms = _Terms()
    if words.skip("="):
        if words.peek(1) == "(":
            raise Unplaced(f"{words.first}: {signal} is compared with a number only, not with another signal")
        terms.level = words.value(f"a level of {signal}")
    while words.more and words.peek() not in stops:
        _term(words, terms)
    if terms.level is None:
        raise Unplaced(f"{words.first} lacks the level of {signal}: write val=... after it")
    return Crossing(signal, terms.level, terms.edge or "cross", terms.count, terms.delay)


def _term(words: Words, terms: _Terms) -> None:
    """One of val= td= rise= fall= cross=."""
    name = words.name("name=value")
    words.expect("=")
    if name == "val":
        if terms.level is not None:
            raise Unplaced(f"{words.first} has two levels for one crossing")
        terms.level = words.value("a value after val=")
    elif name == "td":
        terms.delay = words.value("a value after td=")
    elif name in EDGES:
        if terms.edge:
            raise Unplaced(f"{words.first} has {terms.edge}= and {name}= for one crossing")
        terms.edge, terms.count = name, _count(words, name)
    else:
        known = ("val", "td", *EDGES)
        raise Unplaced(f"{words.first}: a crossing has no {short(name)}{nearest(name, known)}; known are {', '.join(known)}")


def _count(words: Words, name: str) -> int:
    if words.skip("last"):
        return -1
    count = words.value(f"a number after {name}=")
    if count < 1 or count != int(count):
        raise Unplaced(f"{words.first} has {name}={count:g}, which should be 1, 2, ... or last")
    return int(count)
