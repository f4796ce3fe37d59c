"""The subject with one lane a run: parameters moved, corners set, mismatch drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..circuits import modelled
from ..circuits.netlist import Netlist
from ..circuits.variation import Mismatch, check_names, drawn, read_mismatch, sigmas
from ..errors import InputError
from ..experiments.conditions import heated
from ..experiments.corners import CORNERS, cornered
from ..experiments.observation import is_circuit, rewired
from .axes import CORNER, Axis
from .files import MISMATCH


class Variants:
    """Makes subjects with lanes of one subject.

    scores  names of the standard normal numbers that mismatch needs for a run, "z(m1.delvto)"
    """

    def __init__(self, subject: Any, study: Any, axes: Sequence[Axis]) -> None:
        self.subject = subject
        self.shift = next((axis.shift for axis in axes if axis.shift is not None), None)
        self.mismatch = read_spread(subject, study)
        self.scores: tuple[str, ...] = ()
        if self.mismatch is not None:
            self.scores = tuple(score(e, p) for e, p in varied(subject.netlist, self.mismatch))
        if self.shift is not None and not (is_circuit(subject) and subject.transistors):
            raise InputError(f"{study.where}: axis: corners are those of transistors, and {subject.name} has none")

    def made(self, values: Mapping[str, np.ndarray]) -> Any:
        """The subject with values name -> (n,) SI, corners and scores among them."""
        moved = {name: v for name, v in values.items() if name != CORNER and name not in self.scores}
        return self.varied_in(self.subject.with_(**moved) if moved else self.subject, values)

    def varied_in(self, subject: Any, values: Mapping[str, np.ndarray]) -> Any:
        """A subject at the corners and with the mismatch among the values."""
        if CORNER in values and self.shift is not None:
            subject = at_corners(subject, values[CORNER], self.shift)
        if self.mismatch is not None and self.scores and self.scores[0] in values:
            subject = rewired(subject, mismatched(subject.netlist, self.mismatch, values), subject.watch[1])
        return subject

    def alone(self, values: Mapping[str, np.ndarray]) -> Any:
        """The subject of one run, its numbers plain: experiments take one neuron at a time."""
        moved = {name: float(v[0]) for name, v in values.items() if name != CORNER and name not in self.scores}
        rest = {name: v for name, v in values.items() if name not in moved}
        subject = self.subject.with_(**moved) if moved else self.subject
        if not rest:
            return subject
        made = self.varied_in(subject, rest)
        netlist = replace(
            made.netlist,
            elements={
                name: replace(e, params={k: first(v) for k, v in e.params.items()})
                for name, e in made.netlist.elements.items()
            },
            temperature=first(made.netlist.temperature),
        )
        return rewired(made, netlist, first(made.watch[1]))


def first(value: Any) -> Any:
    return float(value[0]) if np.ndim(value) else value


def score(element: str, param: str) -> str:
    return f"z({element}.{param})"


def read_spread(subject: Any, study: Any) -> Mismatch | None:
    """The mismatch of [subject]; InputError for a subject without elements, or for tables that do not fit it."""
    given = study.files.get(MISMATCH, study.tables.subject.mismatch)
    if given is None:
        return None
    where = f"{study.where}: subject.mismatch"
    if not is_circuit(subject):
        raise InputError(f"{where}: is for circuits; of {subject.name} let parameters vary by [[random]]")
    if isinstance(given, str):
        raise InputError(f"{where}: the tables of {given} are not here; read the study from its file")
    found = read_mismatch(given, where)
    check_names(subject.netlist, found)
    if not varied(subject.netlist, found):
        raise InputError(f"{where}: nothing of {subject.name} varies")
    return found


def varied(netlist: Netlist, mismatch: Mismatch) -> list[tuple[str, str]]:
    """(element, parameter) of all that differs between elements drawn alike."""
    return [(e.name, param) for e in netlist.elements.values() for param in sigmas(e, netlist, mismatch)]


def mismatched(netlist: Netlist, mismatch: Mismatch, scores: Mapping[str, np.ndarray]) -> Netlist:
    """The netlist, which may have lanes, with every element's parameters moved by sigma times its score."""
    elements = {}
    for name, e in netlist.elements.items():
        params: dict[str, Any] = dict(e.params)
        for param, sigma in sigmas(e, netlist, mismatch).items():
            if e.kind in modelled.KINDS:
                params.setdefault(param, modelled.nominal(netlist, e, param))
            params[param] = drawn(e, param, params, sigma, scores[score(name, param)])
        elements[name] = replace(e, params=params)
    return replace(netlist, elements=elements)


def at_corners(subject: Any, corner: np.ndarray, shift: Mapping[str, float]) -> Any:
    """The circuit with a corner for every lane, at its own temperature."""
    names = [list(CORNERS)[int(k)] for k in corner]
    degrees = subject.netlist.temperature
    return heated(cornered(subject, names, shift, np.zeros(1)), degrees)
