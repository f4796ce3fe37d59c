"""What varies between neurons drawn alike, and by how much: read, drawn at random, or moved on purpose.

Of a circuit it is the mismatch of its elements (`circuits.variation`); of an equation neuron a sigma for each parameter.
Where nothing is said, circuits take TYPICAL_035. It is an assumption to be replaced by the foundry's numbers: no matching
data belong to the card, and the coefficients are of a single transistor, the difference of two being sqrt 2 larger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..circuits.netlist import Netlist, lanes_of
from ..circuits.settings import place
from ..circuits.variation import PASSIVE, Mismatch, draws, load_mismatch, read_mismatch, sigmas, vary
from ..errors import InputError, nearest
from ..quantities import named_values, one_number, unit_of
from ..subject import Subject
from .observation import is_circuit, rewired

TYPICAL_035 = {
    "mosfet": {"nmos": {"a_vt": "9 mV um", "a_beta": "1.9 % um"}, "pmos": {"a_vt": "9 mV um", "a_beta": "2.25 % um"}},
    "capacitor": {"sigma": "1 %"},
}
TYPICAL_SOURCE = (
    "assumed for 0.35 um, not measured on this process. Law: Pelgrom et al., IEEE JSSC 24 (1989) 1433, whose own "
    "coefficients belong to an older process; size: about 1 mV um of threshold per nm of oxide (7.6 nm here)"
)
TABLES = ("mosfet", "source", "element", *PASSIVE)
Spread = Mismatch | dict[str, float]  # of a circuit; of an equation neuron: parameter -> sigma (SI)


def spread_words(subject: Subject, spread: Any) -> str:
    """What varied, in words."""
    if spread is None:
        return (
            "sigma of thresholds 9 mV um / sqrt(W L), of current factors 1.9 % um / sqrt(W L) (NMOS) and 2.25 % um (PMOS), "
            f"of capacitors 1 %; {TYPICAL_SOURCE}"
        )
    if isinstance(spread, (str, Path)):
        return spread if isinstance(spread, str) and "=" in spread else str(Path(spread).name)
    if isinstance(spread, Mapping):
        return ", ".join(f"{k} {v}" for k, v in spread.items())
    return str(getattr(spread, "where", spread))


def read_spread(subject: Any, spread: Any) -> Spread:
    """The spread as a Mismatch of the circuit, or as sigma (SI) of each parameter of an equation neuron.

    Text with an equals sign is a list such as "c_mem=1 %, v_th=2 mV"; other text is the path of a TOML file.
    """
    if isinstance(spread, str) and "=" in spread:
        spread = named_values(spread, "spread")
    if is_circuit(subject):
        if isinstance(spread, Mismatch):
            return spread
        if isinstance(spread, (str, Path)):
            return load_mismatch(spread)
        tables = TYPICAL_035 if spread is None else spread
        if not isinstance(tables, Mapping):
            raise InputError(f"spread {spread!r}: give a TOML file, a dict or a Mismatch")
        return read_mismatch(tables if set(tables) <= set(TABLES) else by_element(subject.netlist, tables), "spread")
    if not isinstance(spread, Mapping) or not spread:
        name = next((k for k, v in subject.values().items() if v), next(iter(subject.params)))
        raise InputError(f'spread: say how much which parameters of {subject.name} vary, as in "{name}=1 %"')
    return {name: parameter_sigma(subject, name, value) for name, value in spread.items()}


def by_element(netlist: Netlist, spread: Mapping[str, Any]) -> dict[str, Any]:
    """The tables that {"m1.delvto": "5 mV", "cmem": "1 %"} stands for."""
    element: dict[str, dict[str, Any]] = {}
    for name, value in spread.items():
        e, param, _ = place(netlist, name.lower(), "spread:")
        element.setdefault(e.name, {})[f"{param}_sigma"] = value
    return {"element": element}


def parameter_sigma(subject: Any, name: str, value: Any) -> float:
    """Sigma (SI) of a parameter of an equation neuron: "1 %" of its value, or "2 mV"."""
    if name not in subject.params:
        raise InputError(
            f"spread: {subject.name} has no parameter {name!r}{nearest(name, subject.params)};"
            f" it has {', '.join(subject.params)}"
        )
    relative = unit_of(value) == "%"
    size = one_number(value, "1" if relative else subject.params[name].unit, f"spread: {name}")
    sigma = size * abs(float(getattr(subject, name))) if relative else size
    if sigma < 0:
        raise InputError(f"spread: {name} = {value} is negative")
    return sigma


def drawn(subject: Any, spread: Spread, samples: int, seed: int) -> Any:
    """The subject with one draw a lane."""
    if isinstance(spread, Mismatch):
        netlist = vary(subject.netlist, spread, samples, seed)
        if lanes_of(netlist) == 1:
            raise InputError(f"spread {spread.where}: nothing of {subject.name} varies")
        return rewired(subject, netlist)
    moved = {
        name: getattr(subject, name) + sigma * draws(seed, subject.name, name, samples) for name, sigma in spread.items()
    }
    try:
        return subject.with_(**moved)
    except InputError as error:
        raise InputError(f"spread: a draw cannot be, its sigma is too large: {error}") from None


@dataclass(frozen=True)
class Factor:
    """One thing that varies: "m1.delvto" of owner "m1"; its value and sigma in SI units."""

    name: str
    owner: str
    value: float
    sigma: float
    unit: str


def factors(subject: Any, spread: Spread) -> list[Factor]:
    """Everything that varies in a subject, each with its sigma."""
    if not isinstance(spread, Mismatch):
        return [Factor(k, k, float(getattr(subject, k)), s, subject.params[k].unit) for k, s in spread.items() if s > 0]
    found = []
    vary(subject.netlist, spread, 1)  # says what is wrong with the names
    for e in subject.netlist.elements.values():
        for param, sigma in sigmas(e, subject.netlist, spread).items():
            absolute = param == "delvto"
            value = float(e.params.get(param, 0.0 if absolute else 1.0))
            unit = place(subject.netlist, f"{e.name}.{param}", "spread:")[2]
            found.append(Factor(f"{e.name}.{param}", e.name, value, float(sigma) * (1.0 if absolute else abs(value)), unit))
    return found


def moved_to(subject: Any, names: Sequence[str], values: np.ndarray) -> Any:
    """The subject with factors at values (factors, lanes)."""
    if not is_circuit(subject):
        return subject.with_(**dict(zip(names, values, strict=True)))
    netlist = subject.netlist
    for name, v in zip(names, values, strict=True):
        owner, _, param = name.rpartition(".")
        netlist = netlist.set(owner, **{param: v})
    return rewired(subject, netlist)
