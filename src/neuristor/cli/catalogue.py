"""What `neuristor list` shows."""

from __future__ import annotations

import sys

from ..circuits.analyses import ENGINES
from ..circuits.cells import CARDS, CELLS, MACS
from ..circuits.netlist import KINDS
from ..devices import LINEAR, MOSFETS, Diode
from ..devices.amplifier import AMPLIFIERS
from ..devices.memristive import LEVELS, MODELS
from ..devices.memristor import PUBLISHED
from ..errors import InputError, nearest
from ..experiments import EXPERIMENTS, MAC_EXPERIMENTS
from ..networks.datasets import SOURCES, small_digits
from ..neurons import NEURONS
from ..papers import PAPERS
from ..presets import PRESETS
from ..presets.amplifiers import AMPLIFIER_PRESETS
from ..stimulus import STIMULI
from . import array_words

CIRCUITS = "export spice; circuits: .model"
USES = {"mms": f"{CIRCUITS}; neurons: --set memristor=", "mss": "Python alone: it draws random numbers"}


def first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().splitlines()[0]


def device_models() -> list[dict[str, str]]:
    """What the native engine has: models by the level of their card, then elements by their letter."""
    models = [
        {
            "name": model.__name__,
            "card": f"{kind}, level {' or '.join(map(str, model.levels))}",
            "meaning": first_line(sys.modules[model.__module__]),
        }
        for model, kind in (*((m, "nmos, pmos") for m in MOSFETS), (Diode, "d"))
    ]
    models += [
        {"name": name, "card": f"memristor, model={name} or level={level}", "meaning": MODELS[name].title}
        for level, name in LEVELS.items()
    ]
    models += [{"name": name, "card": name, "meaning": first_line(m)} for name, m in AMPLIFIERS.items()]
    return models + [{"name": k.upper(), "card": "", "meaning": KINDS[k][0]} for k in LINEAR]


def memristors() -> list[dict[str, str]]:
    """Published sets of memristors, and what takes them."""
    return [
        {"name": f"{p.model}:{p.name}", "use": USES.get(p.model, CIRCUITS), "source": p.source, "note": p.note}
        for p in PUBLISHED
    ]


def amplifiers() -> list[dict[str, str]]:
    return [{"name": f"{p.model}:{p.name}", "use": CIRCUITS, "source": p.source, "note": p.note} for p in AMPLIFIER_PRESETS]


def cells() -> list[dict[str, str]]:
    """Neuron circuits of the package, one entry a topology; at the end those that do not spike."""
    spiking = [
        {
            "name": f"{cell.name}:{t.name}",
            "circuit": cell.title,
            "state": f"fails: {t.fails}" if t.fails else "works",
            "note": t.note,
        }
        for cell in CELLS.values()
        for t in cell.topologies
    ]
    return spiking + [
        {"name": name, "circuit": mac.title, "state": "works", "note": first_line(mac)} for name, mac in MACS.items()
    ]


def data_sets() -> list[dict[str, str]]:
    """What `array` classifies; `neuristor data` tells what is there."""
    return [
        {"name": "digits", "meaning": first_line(small_digits).rstrip(".")},
        *({"name": k, "meaning": f"{s.title}; see `neuristor data {k}` for where it is"} for k, s in SOURCES.items()),
    ]


def catalogue(what: str = "all") -> dict[str, list[dict[str, str]]]:
    """Group -> entries of name and meaning; InputError for an unknown group."""
    groups = {
        "neurons": [
            {"name": n.name, "model": n.title, "input": n.input_unit, "method": n.default_method, "source": n.source}
            for n in NEURONS.values()
        ],
        "cells": cells(),
        "cards": [{"name": c.name, "source": c.source} for c in CARDS.values()],
        "presets": [{"name": f"{p.neuron}:{p.name}", "source": p.source, "note": p.note} for p in PRESETS],
        "memristors": memristors(),
        "amplifiers": amplifiers(),
        "stimuli": [{"name": name, "meaning": first_line(kind)} for name, kind in STIMULI.items()],
        "experiments": [{"name": name, "meaning": first_line(f)} for name, f in (EXPERIMENTS | MAC_EXPERIMENTS).items()],
        "engines": [{"name": name, "meaning": first_line(engine)} for name, engine in ENGINES.items()],
        "devices": device_models(),
        "arrays": array_words.entries(),
        "data": data_sets(),
        "papers": [{"name": p.name, "title": p.title, "source": p.source} for p in PAPERS.values()],
    }
    if what == "all":
        return groups
    if what not in groups:
        raise InputError(f"there is no list of {what!r}{nearest(what, groups)}; choose from all, {', '.join(groups)}")
    return {what: groups[what]}
