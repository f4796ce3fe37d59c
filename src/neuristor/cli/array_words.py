"""From words such as `r_word=2` or `adc.bits=6` to the options of a crossbar, read off the fields of its parts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ..arrays import (
    ADC,
    DAC,
    MAPPINGS,
    Cell,
    Faults,
    PowerLawDrift,
    Programming,
    Relaxation,
    UpdateCurve,
    Variation,
    VariationTable,
    Wires,
    WriteVerify,
    phase_change,
)
from ..errors import InputError, nearest
from ..quantities import base_unit, parse, unit_of
from .devices import read_device
from .words import read_whole, split

# Part of the crossbar -> names of the kinds it may be of; the first that has a given field is taken if none is named
PARTS: dict[str, dict[str, Callable[..., Any]]] = {
    "cell": {"cell": Cell},
    "mapping": {name: kind for name, kind in MAPPINGS.items() if name != "direct"},
    "wires": {"wires": Wires},
    "faults": {"faults": Faults},
    "variation": {"variation": Variation},
    "programming": {"error": Programming, "write_verify": WriteVerify},
    "curve": {"curve": UpdateCurve},
    "retention": {"drift": PowerLawDrift, "relaxation": Relaxation},
    "dac": {"dac": DAC},
    "adc": {"adc": ADC},
}
MAIN = {"dac": "bits", "adc": "bits", "programming": "sigma"}  # the field that PART=VALUE alone sets
USUAL = {"read_noise": "variation", "sigma": "programming"}  # the part that is meant where several have a field
PLAIN = {
    "v_read": ("0.2 V", "Row voltage of an input of one."),
    "time": ("0 s", "Since programming, for drift and relaxation."),
}
PHASE_CHANGE = "phase_change"


def number(text: str, where: str) -> Any:
    """A number without a unit as a float; one with a unit as the text, whose unit the part itself checks."""
    if text == "inf":
        return float(text)
    try:
        bare = base_unit(unit_of(text) or "1") == "1"
        return float(parse(text, "1")) if bare else text
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def whole(text: str, where: str) -> int:
    count = read_whole(text)
    if count is None:
        raise InputError(f"{where}: {text!r} is not a whole number")
    return count


def flag(text: str, where: str) -> bool:
    if text not in ("yes", "no"):
        raise InputError(f"{where}: {text!r} is neither yes nor no")
    return text == "yes"


# Declared type of a field -> how its word is read; fields of other types have no word
READ: dict[str, Callable[[str, str], Any]] = {
    "int": whole,
    "int | None": whole,
    "float": number,
    "float | None": number,
    "Any": number,
    "bool": flag,
    "str": lambda text, where: text,
    "Memristor | None": lambda text, where: read_device(text),
    "VariationTable | None": lambda text, where: VariationTable.from_csv(text),
}
WORDLESS = ("cells", "source")  # a map of cells is for Python;  where a curve was measured


def readers(kind: Callable[..., Any]) -> dict[str, Callable[[str, str], Any]]:
    """Field -> its reader, of a part's kind."""
    known = ((f.name, str(f.type)) for f in fields(kind) if f.name not in WORDLESS)  # type: ignore[arg-type]
    return {name: READ[declared] for name, declared in known if declared in READ}


def word_names() -> dict[str, list[str]]:
    """Every field's name -> the parts that have it."""
    found: dict[str, list[str]] = {}
    for part, kinds in PARTS.items():
        for name in dict.fromkeys(name for kind in kinds.values() for name in readers(kind)):
            found.setdefault(name, []).append(part)
    return found


def place_of(name: str) -> tuple[str, str]:
    """Part and field of `r_word`, `adc.bits` or `adc`; the field is empty for a part as a whole or a plain option."""
    names = word_names()
    part, dot, field = name.partition(".")
    if dot and part in names.get(field, []):
        return part, field
    if name in PARTS or name in PLAIN:
        return name, ""
    if name not in names:
        known = [*PLAIN, *PARTS, *names, *(f"{part}.{field}" for field, parts in names.items() for part in parts)]
        raise InputError(f"an array has no option {name!r}{nearest(name, known)}; `neuristor list arrays` shows them")
    if len(names[name]) > 1 and name not in USUAL:
        choices = " or ".join(f"{part}.{name}=" for part in names[name])
        raise InputError(f"{name} is an option of several parts of an array: write {choices}")
    return USUAL.get(name, names[name][0]), name


def axis_name(name: str) -> str:
    """A cause of error as the chain names it: `r_word` is `wires.r_word`; its own names stay."""
    if name in ("stuck_lrs", "stuck_hrs", "combined"):
        return name
    part, field = place_of(name)
    field = field or MAIN.get(part, "")
    return f"{part}.{field}" if field else part


def read_array_words(words: Sequence[str], varied: Sequence[str] = ()) -> dict[str, Any]:
    """Options of a Crossbar from NAME=VALUE words: `r_on=5k`, `mapping=slices`, `dac=8`, `adc.place=column`, ...

    varied: options as the chain names them, whose parts must be there. InputError for a name that is unknown, given twice
    or of another kind of its part, and for values that do not fit.
    """
    given: dict[str, dict[str, str]] = {}
    for word in words:
        name, value = split(word, "option", "r_word=2")
        part, field = place_of(name)
        fields_ = given.setdefault(part, {})
        if field in fields_:
            raise InputError(f"{name} is given twice")
        fields_[field] = value
    plain = {name: given.pop(name)[""] for name in PLAIN if name in given}
    base: dict[str, Any] = {}
    if given.get("cell", {}).get("") == PHASE_CHANGE:
        del given["cell"][""]
        base = phase_change(plain.get("time", "20 s"))
    curve = given.pop("curve", None)
    if curve is not None:
        given.setdefault("programming", {}).setdefault("", "write_verify")
    made = {part: built(part, values, base.get(part)) for part, values in given.items() if values}
    if curve is not None:
        made["programming"] = replace(made["programming"], curve=built("curve", curve, None))
    for name in varied:
        part, _, field = name.partition(".")
        if field and part in PARTS and part not in base:
            made.setdefault(part, kind_with(part, [field])())
    options = {**base, **plain, **made}
    if "time" in options and "retention" not in options:
        raise InputError(f"time={plain['time']} changes nothing without retention: give nu= or tau= too")
    return options


def built(part: str, words: Mapping[str, str], base: Any) -> Any:
    """One part of its words, "" standing for the part itself: its kind, or its main field."""
    kinds = PARTS[part]
    own = dict(words)
    named = own.pop("", None)
    if named is not None and named not in kinds:
        if part not in MAIN:
            known = [*kinds, PHASE_CHANGE] if part == "cell" else list(kinds)
            fields_ = ", ".join(f"{f}=" for k in kinds.values() for f in readers(k)) if len(kinds) == 1 else ""
            told = f"set its fields {fields_}" if fields_ else f"there are {', '.join(known)}"
            raise InputError(f"{part}={named}{nearest(named, known)}: {told}")
        own, named = {MAIN[part]: named, **own}, None
    kind = kind_with(part, own, named)
    values = {field: readers(kind)[field](text, field_name(part, field)) for field, text in own.items()}
    try:
        return replace(base, **values) if base is not None and named is None else kind(**values)
    except TypeError:
        told = ", ".join(f"{field}={text}" for field, text in own.items())
        raise InputError(f"{part}: a number without a unit is needed in {told}") from None
    except InputError as error:
        told = str(error)
        raise InputError(told if told.lower().startswith(part) else f"{part}: {told}") from None


def kind_with(part: str, own: Iterable[str], named: str | None = None) -> Callable[..., Any]:
    """The kind of a part that has these fields: the one named, else the first; InputError if there is none."""
    kinds = PARTS[part] if named is None else {named: PARTS[part][named]}
    for kind in kinds.values():
        if set(own) <= set(readers(kind)):
            return kind
    told = "; ".join(f"{name} has {', '.join(readers(kind)) or 'none'}" for name, kind in kinds.items())
    raise InputError(f"{part}: no kind of it has all of {', '.join(own)}; {told}")


def field_name(part: str, field: str) -> str:
    return f"{part}.{field}" if len(word_names()[field]) > 1 else field


def entries() -> list[dict[str, str]]:
    """What `neuristor list arrays` shows: every kind of every part, its options with their defaults."""
    found = [{"name": f"{name}={value}", "options": "", "meaning": meaning} for name, (value, meaning) in PLAIN.items()]
    for part, kinds in PARTS.items():
        for name, kind in kinds.items():
            known = {f.name: f.default for f in fields(kind) if f.name in readers(kind)}  # type: ignore[arg-type]
            options = ", ".join(f"{field_name(part, field)}={told_default(value)}" for field, value in known.items())
            meaning = (kind.__doc__ or "").splitlines()[0]
            found.append({"name": part if name == part else f"{part}={name}", "options": options, "meaning": meaning})
    meaning = f"{sys.modules[phase_change.__module__].__doc__}".splitlines()[0]
    return [*found, {"name": f"cell={PHASE_CHANGE}", "options": "", "meaning": meaning}]


def told_default(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
