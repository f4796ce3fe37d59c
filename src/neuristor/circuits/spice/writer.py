"""A netlist as SPICE text that this package, ngspice and LTspice read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ...errors import InputError
from ..netlist import GROUND, KINDS, Ac, Analysis, Crossing, Dc, Element, Measure, Model, Netlist, Noise, Op, Signal, Tran
from .frames import flat_name, spice_name

WIDTH = 100
_WORD = re.compile(r"[^\s(){}=,'\";]+")


def write_spice(netlist: Netlist) -> str:
    """The text; `parse_spice` gives the same netlist back (places aside). Numbers have full precision.

    Element m2 of instance x1, "x1.m2", is written as "m.x1.m2". Raises InputError for a name or number that SPICE
    text cannot hold.
    """
    return "\n".join(line for card in _cards(netlist) for line in _wrapped(card)) + "\n"


def _cards(netlist: Netlist) -> Iterator[str]:
    title = re.sub(r"[\x00-\x1f\x7f]+", " ", netlist.title).strip().lstrip("*").strip()
    yield f"* {title}".strip()
    yield from (_element(e, netlist) for e in netlist.elements.values())
    yield from (_model(m) for m in netlist.models.values())
    yield from (f".ic v({_word(n)})={_number(v)}" for n, v in netlist.initial.items())
    yield from (f".nodeset v({_word(n)})={_number(v)}" for n, v in netlist.nodeset.items())
    yield from (f".options {_option(n, v)}" for n, v in netlist.options.items())
    yield f".temp {_number(netlist.temperature)}"
    yield from (_analysis(a, netlist) for a in netlist.analyses)
    yield from (_measure(m, netlist) for m in netlist.measures)
    yield ".end"


def _wrapped(card: str) -> Iterator[str]:
    """Lines of at most WIDTH characters, those after the first begin with +."""
    if card.startswith("*"):
        yield card
        return
    line = ""
    for word in card.split(" "):
        if line and len(line) + 1 + len(word) > WIDTH:
            yield line
            line = f"+ {word}"
        else:
            line = f"{line} {word}" if line else word
    yield line


def _number(value: float) -> str:
    """Shortest text that reads back as the same float."""
    value = float(value)
    if not math.isfinite(value):
        raise InputError(f"{value} cannot be written as SPICE text")
    return repr(value)


def _whole(value: float) -> str:
    """As _number, but 49 instead of 49.0 (levels and switches of models)."""
    return _number(value).removesuffix(".0")


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise InputError(f"{text!r} cannot be a name in SPICE text")
    return text


def _name(name: str, kind: str) -> str:
    """Name of an element as SPICE wants it, the letter of its kind first."""
    written = spice_name(_word(name), kind)
    if written[0] != kind or len(written) < 2 or flat_name(written) != name:
        raise InputError(f"the {KINDS[kind][0]} {name!r} cannot be written: in SPICE text its name begins with {kind!r}")
    return written


def _source(name: str, netlist: Netlist) -> str:
    """Written name of a source that an analysis, a signal or an element refers to."""
    return name if name == "temp" else _name(name, netlist.element(name).kind)


def _element(e: Element, netlist: Netlist) -> str:
    words = [_name(e.name, e.kind), *(_word(n) for n in e.nodes)]
    p = dict(e.params)
    if e.kind in "rcl":
        words.append(_main(e, p, e.kind))
    elif e.kind in "vi":
        words += _source_words(e, p)
    elif e.kind in "egfh":
        words += [_source(e.control, netlist)] if e.kind in "fh" else []
        words.append(_main(e, p, "gain"))
    else:
        words.append(_word(e.model))
        if e.kind == "s" and "on" in p:
            words.append("on" if p.pop("on") else "off")
    return " ".join([*words, *(f"{k}={_number(v)}" for k, v in p.items())])


def _main(e: Element, p: dict[str, float], key: str) -> str:
    """The value that is written without its name, taken out of the parameters."""
    if key not in p:
        raise InputError(f"{e.where}{e.name} needs a value for {key!r}")
    return _number(p.pop(key))


def _source_words(e: Element, p: dict[str, float]) -> list[str]:
    words = []
    if "dc" in p or not (p or e.wave):
        words.append(f"dc {_number(p.pop('dc', 0.0))}")
    if "acmag" in p or "acphase" in p:
        phase = f" {_number(p.pop('acphase'))}" if "acphase" in p else ""
        words.append(f"ac {_number(p.pop('acmag', 1.0))}{phase}")
    if e.wave:
        words.append(f"{_word(e.wave.kind)}({' '.join(_number(v) for v in e.wave.values)})")
    return words


def _model(model: Model) -> str:
    values = (f"{_word(k)}={_word(v) if isinstance(v, str) else _whole(v)}" for k, v in model.params.items())
    return " ".join([".model", _word(model.name), model.kind, *values])


def _option(name: str, value: float | str) -> str:
    if value == "":
        return _word(name)
    return f"{_word(name)}={_word(value) if isinstance(value, str) else _whole(value)}"


def _analysis(a: Analysis, netlist: Netlist) -> str:
    if isinstance(a, Op):
        return ".op"
    if isinstance(a, Dc):
        axes = (f"{_source(s.source, netlist)} {_number(s.start)} {_number(s.stop)} {_number(s.step)}" for s in a.sweeps)
        return " ".join([".dc", *axes])
    if isinstance(a, Tran):
        times = [a.step, a.stop] + ([a.start, a.max_step] if a.start or a.max_step else [])[: 2 if a.max_step else 1]
        return " ".join([".tran", *map(_number, times), *(["uic"] if a.uic else [])])
    frequencies = f"{a.variation} {a.points} {_number(a.start)} {_number(a.stop)}"
    if isinstance(a, Ac):
        return f".ac {frequencies}"
    assert isinstance(a, Noise)
    output = _signal(Signal("v", a.output, a.reference), netlist)
    return f".noise {output} {_source(a.source, netlist)} {frequencies}"


def _signal(s: Signal | None, netlist: Netlist) -> str:
    if s is None:
        raise InputError("a measure without a signal cannot be written as SPICE text")
    if s.kind == "i":
        return f"i({_source(s.name, netlist)})"
    return f"v({_word(s.name)})" if s.reference == GROUND else f"v({_word(s.name)},{_word(s.reference)})"


def _measure(m: Measure, netlist: Netlist) -> str:
    words = [".meas", _word(m.analysis), _word(m.name)]
    if m.kind == "trig_targ":
        return " ".join([*words, "trig", _crossing(m.trigger, netlist), "targ", _crossing(m.target, netlist)])
    words.append(m.kind)
    if m.kind == "when":
        return " ".join([*words, _crossing(m.target, netlist, equals=True)])
    words.append(_signal(m.signal, netlist))
    if m.kind == "find":
        timed = m.target is not None and m.target.signal is None
        return " ".join([*words, *([] if timed else ["when"]), _crossing(m.target, netlist, equals=True)])
    words += [f"{name}={_number(v)}" for name, v in (("from", m.start), ("to", m.stop)) if v is not None]
    return " ".join(words)


def _crossing(c: Crossing | None, netlist: Netlist, equals: bool = False) -> str:
    if c is None:
        raise InputError("a measure without a trigger or a target cannot be written as SPICE text")
    if c.signal is None:
        return f"at={_number(c.at)}"
    level = f"{'=' if equals else ' val='}{_number(c.level)}"
    delay = f" td={_number(c.delay)}" if c.delay else ""
    return f"{_signal(c.signal, netlist)}{level}{delay} {c.edge}={'last' if c.count < 0 else c.count}"
