"""Mismatch: random differences between elements that are drawn alike, one draw a lane.

A file in TOML names the spread of what varies:

    [mosfet.nmos035]            # a model, or all of [mosfet.nmos], [mosfet.pmos]; the model's own table goes first
    a_vt = "9 mV um"            # threshold: sigma of delvto = A / sqrt(W L m)
    a_beta = "1.9 % um"         # current factor: relative sigma of mulu0 = A / sqrt(W L m)
    [resistor]                  # also [capacitor], [inductor]; relative
    sigma = "1 %"
    [source.iin]                # dc value of one source; relative
    sigma = "2 %"
    [model.mr]                  # every memristor, op-amp or comparator of a card: PARAMETER_sigma, relative; x0, v_os,
    r_on_sigma = "20 %"         # v_rise, v_fall and temperature in their own unit
    [element.m1]                # one element goes before its kind: PARAMETER_sigma, delvto in volt, others relative
    delvto_sigma = "5 mV"

A sigma is that of one element: M. Pelgrom et al., IEEE JSSC 24(5), 1989 give the difference of two, which is sqrt 2 larger.
All draws are Gaussian and independent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse
from . import modelled
from .netlist import Element, Netlist, lanes_of

PASSIVE = {"resistor": "r", "capacitor": "c", "inductor": "l"}
COEFFICIENTS = {"a_vt": ("delvto", "V m"), "a_beta": ("mulu0", "m")}  # key -> (parameter, unit)
VARIED = {"m": ("delvto", "mulu0", "w", "l"), "r": ("r",), "c": ("c",), "l": ("l",), "v": ("dc",), "i": ("dc",),
          "e": ("gain",), "g": ("gain",), "f": ("gain",), "h": ("gain",), "d": ("area",)}  # fmt: skip
# parameter -> (value if none is given, unit); others are multiplied by 1 + sigma z
ABSOLUTE = {"delvto": (0.0, "V"), "x0": (0.0, "1"), "v_os": (0.0, "V"), "v_rise": (0.0, "V"), "v_fall": (0.0, "V"),
            "temperature": (27.0, "1")}  # fmt: skip
MANY = 20  # names that a message lists
POSITIVE = ("mulu0", "w", "l", "r", "c", "area")


@dataclass(frozen=True)
class Mismatch:
    """How much elements differ, SI units.

    mosfet    model name or "nmos", "pmos" -> parameter -> Pelgrom coefficient (V m, m)
    passive   kind letter -> relative sigma;  source: name -> relative sigma
    element   name -> parameter -> sigma;  model: name of a card of memristors or amplifiers -> parameter -> sigma
    where     file, for messages
    """

    mosfet: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    passive: Mapping[str, float] = field(default_factory=dict)
    source: Mapping[str, float] = field(default_factory=dict)
    element: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    where: str = "mismatch"
    model: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def load_mismatch(path: str | Path) -> Mismatch:
    """The mismatch of a TOML file; InputError with file and key for what is unknown, of another unit or negative."""
    return read_mismatch(read_tables(Path(path)), Path(path).name)


def read_tables(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; InputError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from None


def read_mismatch(tables: Mapping[str, Any], where: str = "mismatch") -> Mismatch:
    """The mismatch of nested tables, as `load_mismatch` reads from a file."""
    known = ("mosfet", *PASSIVE, "source", "model", "element")
    for name in tables:
        if name not in known:
            raise InputError(f"{where}: there is no table [{name}]{nearest(name, known)}; there are {', '.join(known)}")
    mosfet: dict[str, dict[str, float]] = {}
    for model, keys in named(tables, "mosfet", where):
        mosfet[model] = {}
        for key, value in keys.items():
            at = f"{where}: [mosfet.{model}] {key}"
            if key not in COEFFICIENTS:
                raise InputError(f"{at} is not known{nearest(key, COEFFICIENTS)}; there are {', '.join(COEFFICIENTS)}")
            mosfet[model][COEFFICIENTS[key][0]] = spread(value, COEFFICIENTS[key][1], at)
    passive = {PASSIVE[k]: relative(table(tables[k], f"[{k}]", where), f"[{k}]", where) for k in PASSIVE if k in tables}
    source = {name: relative(keys, f"[source.{name}]", where) for name, keys in named(tables, "source", where)}
    models = {
        name: own_spread(f"[model.{name}]", keys, modelled.DECLARED, where) for name, keys in named(tables, "model", where)
    }
    every = {p for params in VARIED.values() for p in params} | set(modelled.DECLARED)
    element = {name: own_spread(f"[element.{name}]", keys, every, where) for name, keys in named(tables, "element", where)}
    return Mismatch(mosfet, passive, source, element, where, models)


def named(tables: Mapping[str, Any], kind: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name in lower case, keys) of every [kind.NAME]; a dotted name such as x1.m2 may stand without quotes."""
    for name, keys in table(tables.get(kind, {}), f"[{kind}]", where).items():
        yield from dotted(name.lower(), table(keys, f"[{kind}.{name}]", where))


def dotted(name: str, keys: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    own = {k: v for k, v in keys.items() if not isinstance(v, Mapping)}
    if own or not keys:
        yield name, own
    for k, v in keys.items():
        if isinstance(v, Mapping):
            yield from dotted(f"{name}.{k.lower()}", v)


def table(value: Any, name: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError(
            f"{where}: {name} is not a table but {value!r}; write the table's name in brackets and its keys below"
        )
    return value


def relative(keys: Mapping[str, Any], name: str, where: str) -> float:
    """The `sigma` of a table with that one key."""
    for key in keys:
        if key != "sigma":
            raise InputError(f"{where}: {name} {key} is not known{nearest(key, ['sigma'])}; there is sigma")
    if "sigma" not in keys:
        raise InputError(f'{where}: {name} has no sigma, as in sigma = "1 %"')
    return spread(keys["sigma"], "1", f"{where}: {name} sigma")


def own_spread(told: str, keys: Mapping[str, Any], params: Iterable[str], where: str) -> dict[str, float]:
    """The sigmas of keys PARAMETER_sigma."""
    found = {}
    known = sorted({*params, "x0"})
    for key, value in keys.items():
        param = key.removesuffix("_sigma")
        if param == key or param not in known:
            choice = [f"{p}_sigma" for p in known]
            listed = ", ".join(choice) if len(choice) < MANY else "PARAMETER_sigma for the parameters of its model"
            raise InputError(f"{where}: {told} {key} is not known{nearest(key, choice)}; there are {listed}")
        found[param] = spread(value, ABSOLUTE[param][1] if param in ABSOLUTE else "1", f"{where}: {told} {key}")
    return found


def spread(value: Any, unit: str, where: str) -> float:
    """A coefficient or sigma, which may not be negative."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise InputError(f'{where} = {value!r} is not a number or a quantity such as "1 {unit}"')
    try:
        number = float(parse(value, unit))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if number < 0:
        raise InputError(f"{where} = {value} is negative")
    return number


def vary(netlist: Netlist, mismatch: Mismatch, samples: int, seed: int = 0) -> Netlist:
    """The netlist with `samples` lanes, each a draw; none of them is nominal.

    A netlist that has lanes already (a sweep of n values) gets n * samples: first all samples of the first value, then
    all of the second; every value sees the same draws. The draws of a parameter depend on `seed` and on the names of
    element and parameter alone: more samples, or more elements, leave them as they are.
    Raises InputError for a model, source or element that does not exist, and for draws that cannot be (R < 0).
    """
    if samples < 1:
        raise InputError(f"samples = {samples}: at least one is needed")
    check_names(netlist, mismatch)
    before = lanes_of(netlist)
    elements = {}
    for name, e in netlist.elements.items():
        params: dict[str, Any] = {k: np.repeat(v, samples) if np.ndim(v) else v for k, v in e.params.items()}
        for param, sigma in sigmas(e, netlist, mismatch).items():
            z = np.tile(draws(seed, name, param, samples), before)
            if e.kind in modelled.KINDS:
                params.setdefault(param, modelled.nominal(netlist, e, param))
            params[param] = drawn(e, param, params, np.repeat(sigma, samples) if np.ndim(sigma) else sigma, z)
        elements[name] = replace(e, params=params)
    return replace(netlist, elements=elements)


def draws(seed: int, element: str, param: str, samples: int) -> np.ndarray:
    """Standard normal numbers (samples,) that belong to one parameter of one element."""
    return np.random.default_rng([seed, *f"{element}.{param}".encode()]).standard_normal(samples)


def drawn(e: Element, param: str, params: Mapping[str, Any], sigma: Any, z: np.ndarray) -> np.ndarray:
    """Values of one parameter, one a lane."""
    if param in ABSOLUTE:
        values = np.asarray(params.get(param, ABSOLUTE[param][0]) + sigma * z)
        return np.clip(values, 0.0, 1.0) if param == "x0" else values
    values = np.asarray(params.get(param, 1.0 if param in ("mulu0", "area") else 0.0) * (1.0 + sigma * z))
    if param in POSITIVE and np.any(values <= 0) and np.any(np.asarray(params.get(param, 1.0)) > 0):
        lane = int(np.argmin(values))
        raise InputError(
            f"{e.where}{e.name}: the mismatch draws {param} = {values[lane]:.3g} in lane {lane}, not more than zero:"
            " its sigma is too large"
        )
    return values


def sigmas(e: Element, netlist: Netlist, mismatch: Mismatch) -> dict[str, Any]:
    """Parameter -> sigma (absolute or relative as the parameter has it) of one element; zeros left out."""
    found: dict[str, Any] = {}
    if e.kind == "m":
        kind = netlist.models[e.model].kind if e.model in netlist.models else ""
        area = np.asarray(e.params["w"]) * np.asarray(e.params["l"]) * np.asarray(e.params.get("m", 1.0))
        chosen = mismatch.mosfet.get(e.model, mismatch.mosfet.get(kind, {}))
        found = {param: a / np.sqrt(area) for param, a in chosen.items()}
    elif e.kind in mismatch.passive:
        found = {e.kind: mismatch.passive[e.kind]}
    elif e.kind in modelled.KINDS:
        found = dict(mismatch.model.get(e.model, {}))
    if e.name in mismatch.source:
        found["dc"] = mismatch.source[e.name]
    found |= mismatch.element.get(e.name, {})
    return {param: sigma for param, sigma in found.items() if np.any(sigma > 0)}


def check_names(netlist: Netlist, mismatch: Mismatch) -> None:
    """InputError for a table whose model, source or element the circuit does not have, or that varies nothing."""
    models = ["nmos", "pmos", *(m.name for m in netlist.models.values() if m.kind in ("nmos", "pmos"))]
    for name in mismatch.mosfet:
        if name not in models:
            raise InputError(f"{mismatch.where}: [mosfet.{name}]: the circuit has no such model{nearest(name, models)}")
    for name in mismatch.source:
        if name not in netlist.elements or netlist.elements[name].kind not in "vi":
            known = [e.name for e in netlist.elements.values() if e.kind in "vi"]
            raise InputError(f"{mismatch.where}: [source.{name}]: the circuit has no such source{nearest(name, known)}")
        check_dc(netlist.elements[name], f"{mismatch.where}: [source.{name}]")
    for name, params in mismatch.element.items():
        if name not in netlist.elements:
            raise InputError(
                f"{mismatch.where}: [element.{name}]: the circuit has no such element{nearest(name, netlist.elements)}"
            )
        for param in params:
            known = varied(netlist, netlist.elements[name])
            if param not in known:
                told = f"; {', '.join(f'{k}_sigma' for k in known)} can be" if known else ""
                raise InputError(f"{mismatch.where}: [element.{name}] {param}_sigma cannot be given for {name}{told}")
        if "dc" in params:
            check_dc(netlist.elements[name], f"{mismatch.where}: [element.{name}]")
    for name, params in mismatch.model.items():
        users = [e for e in netlist.elements.values() if e.kind in modelled.KINDS and e.model == name]
        if not users:
            cards = [e.model for e in netlist.elements.values() if e.kind in modelled.KINDS]
            told = "no memristor or amplifier of the circuit has this model"
            raise InputError(f"{mismatch.where}: [model.{name}]: {told}{nearest(name, cards)}")
        for param in params:
            known = varied(netlist, users[0])
            if param not in known:
                told = f"{param}_sigma cannot be given{nearest(param, known)}; the model has {', '.join(known)}"
                raise InputError(f"{mismatch.where}: [model.{name}] {told}")


def varied(netlist: Netlist, e: Element) -> list[str]:
    """Parameters of an element that a mismatch may draw."""
    return [k for k in modelled.units_of(netlist, e) if k != "on"] if e.kind in modelled.KINDS else [*VARIED.get(e.kind, ())]


def check_dc(e: Element, where: str) -> None:
    """InputError for a source whose dc value has no effect because it follows a time course."""
    if e.wave is not None:
        raise InputError(f"{where}: {e.name} follows {e.wave.kind.upper()}, so that its dc value has no effect")
