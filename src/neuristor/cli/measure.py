"""`neuristor measure EXPERIMENT SUBJECT`: any experiment on any neuron, its options as NAME=VALUE."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..circuits.cells import MixedSignalMAC
from ..errors import InputError, nearest
from ..experiments import EXPERIMENTS, MAC_EXPERIMENTS
from ..quantities import base_unit, named_values, one_number, unit_of, unit_size
from .screen import Screen
from .words import read_range, read_whole, split

PER_SUBJECT = ("compare",)  # takes several subjects: a command of its own


def measure(name: str, subject: Any, options: list[str], screen: Screen, report: Path | None) -> None:
    """Run one experiment on one subject, show its result, write its page."""
    function = experiment_of(name)
    if isinstance(subject, MixedSignalMAC) and name not in MAC_EXPERIMENTS:
        raise InputError(f"{subject.name} does not spike: of the experiments it takes {', '.join(MAC_EXPERIMENTS)}")
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
    """The experiment of this name; InputError if there is none, or it is a command of its own."""
    if name in PER_SUBJECT:
        raise InputError(f"{name} takes several neurons, so it is a command of its own: neuristor {name} lif cmos_lif ...")
    known = {k: f for k, f in (EXPERIMENTS | MAC_EXPERIMENTS).items() if k not in PER_SUBJECT}
    if name not in known:
        raise InputError(f"unknown experiment {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    return known[name]


def read_options(function: Callable[..., Any], options: list[str], name: str) -> dict[str, Any]:
    """NAME=VALUE words as the experiment's arguments, by what it declares of them."""
    _, *declared = inspect.signature(function).parameters.items()  # the first is the subject
    known = {k: p for k, p in declared if k != "progress" and p.kind is not p.VAR_KEYWORD}
    given: dict[str, Any] = {}
    for text in options:
        key, value = split(text, "option", "samples=100")
        if key not in known:
            told = f"{nearest(key, known)}; it has {', '.join(known)}" if known else ", and takes none"
            raise InputError(f"{name} has no option {key!r}{told}")
        if key in given:
            raise InputError(f"{name}: {key} is given twice")
        given[key] = read_option(value, known[key], f"{name}: {key}")
    missing = [k for k, p in known.items() if p.default is p.empty and k not in given]
    if missing:
        raise InputError(f"{name} needs {missing[0]}=..., e.g. neuristor measure {name} cmos_lif {missing[0]}=...")
    return given


def read_option(text: str, declared: inspect.Parameter, where: str) -> Any:
    """A word as the experiment declares it: yes or no, a count, a plain number, a text, a list; else a list, a range,
    NAME=VALUE pairs, or the text itself, a quantity that the experiment reads."""
    default, kind = declared.default, str(declared.annotation)
    if isinstance(default, bool):
        if text.lower() not in ("yes", "no", "true", "false"):
            raise InputError(f"{where}: {text!r} is neither yes nor no")
        return text.lower() in ("yes", "true")
    if isinstance(default, int):
        count = read_whole(text)
        if count is None:
            raise InputError(f"{where}: {text!r} is not a whole number, zero or more, e.g. {declared.name}={default}")
        return count
    if kind == "str":
        return text
    if isinstance(default, tuple):
        return read_list(text, where)
    if "=" in text:
        pairs = named_values(text, where)
        return {k: one_number(v, "1", f"{where}: {k}") for k, v in pairs.items()} if "float" in kind else pairs
    if text.count(":") == 3 and "float" not in kind:
        return read_range_of(text, where)
    value = read_list(text, where) if "," in text else text
    return one_number(value, "1", where) if "float" in kind else value


def read_range_of(text: str, where: str) -> Any:
    """The values of FROM:TO:lin|log:N, with the unit if one is written, so that the experiment can tell whether it fits."""
    written = [unit for part in text.split(":")[:2] if (unit := unit_of(part))]
    if not written:
        return read_range(text, "1", where)
    try:
        unit = base_unit(written[0])
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    values = read_range(text, unit, where) / unit_size(unit)[0]
    return [f"{value!r} {unit}" for value in values.tolist()]


def read_list(text: str, where: str) -> list[str]:
    """The parts of a text between its commas."""
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise InputError(f"{where}: a value is missing in {text!r}; write them as in A,B,C")
    return parts


def show(result: Any, files: list[Path], screen: Screen) -> None:
    """Tables for people, JSON for machines."""
    if screen.as_json:
        screen.json(result.to_json_dict() if hasattr(result, "to_json_dict") else {"value": float(result)})
        return
    from ..report.experiment_page import experiment_tables

    screen.tables(experiment_tables(result))
    screen.written(files)
