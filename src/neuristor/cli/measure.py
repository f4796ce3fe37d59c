"""`neuristor measure EXPERIMENT SUBJECT`: any experiment on any neuron, its options as NAME=VALUE."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..experiments import EXPERIMENTS
from ..quantities import base_unit, parse, unit_of
from .screen import Screen
from .words import read_range, split

PER_SUBJECT = ("compare",)  # takes several subjects: a command of its own


def measure(name: str, subject: Any, options: list[str], screen: Screen, report: Path | None) -> None:
    """Run one experiment on one subject, show its result, write its page."""
    function = experiment_of(name)
    given = read_options(function, options, name)
    with screen.progress(name) as tell:
        if "progress" in inspect.signature(function).parameters:
            given["progress"] = tell
        result = function(subject, **given)
    files = []
    if report:
        from ..report.experiment_page import experiment_page
        from ..report.page import write_page

        files.append(write_page(experiment_page(name, subject, result), report))
    show(result, files, screen)


def experiment_of(name: str) -> Any:
    """The experiment of this name; InputError if there is none."""
    known = [k for k in EXPERIMENTS if k not in PER_SUBJECT]
    if name not in known:
        raise InputError(f"unknown experiment {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    return EXPERIMENTS[name]


def read_options(function: Callable[..., Any], options: list[str], name: str) -> dict[str, Any]:
    """NAME=VALUE words as the experiment's arguments, by the kind of their defaults."""
    known = {
        k: p
        for k, p in inspect.signature(function).parameters.items()
        if k not in ("subject", "progress") and p.kind is not p.VAR_KEYWORD
    }
    given: dict[str, Any] = {}
    for text in options:
        key, value = split(text, "option")
        if key not in known:
            raise InputError(f"{name} has no option {key!r}{nearest(key, known)}; it has {', '.join(known)}")
        given[key] = read_option(value, known[key].default, f"{name}: {key}")
    missing = [k for k, p in known.items() if p.default is p.empty and k not in given]
    if missing:
        raise InputError(f"{name} needs {missing[0]}=..., e.g. neuristor measure {name} cmos_lif {missing[0]}=...")
    return given


def read_option(text: str, default: Any, where: str) -> Any:
    """A word as a count, a number, a list or range, or the text itself (a quantity the experiment reads)."""
    if isinstance(default, bool):
        if text.lower() not in ("yes", "no", "true", "false"):
            raise InputError(f"{where}: {text!r} is neither yes nor no")
        return text.lower() in ("yes", "true")
    if isinstance(default, int):
        if not text.isdigit():
            raise InputError(f"{where}: {text!r} is not a whole number, e.g. {where.split(': ')[-1]}={default}")
        return int(text)
    if text.count(":") == 3:
        written = [u for part in text.split(":")[:2] if (u := unit_of(part))]
        return read_range(text, base_unit(written[0]) if written else "1", where)
    if isinstance(default, tuple) or "," in text:
        return [part.strip() for part in text.split(",")]
    if isinstance(default, float):
        try:
            return float(parse(text, "1"))
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    return text


def show(result: Any, files: list[Path], screen: Screen) -> None:
    """Tables for people, JSON for machines."""
    if screen.as_json:
        screen.json(result.to_json_dict() if hasattr(result, "to_json_dict") else {"value": float(result)})
        return
    from ..report.experiment_page import experiment_tables

    screen.tables(experiment_tables(result))
    screen.written(files)
