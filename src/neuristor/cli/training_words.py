"""From the words of `neuristor train` to an unsupervised network: v_th=15 mV, a_plus=0.02, homeostasis.tau=1 ks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..devices.memristor.alone import Device
from ..errors import InputError, nearest
from ..networks.datasets import Dataset
from ..networks.device_updates import device_curve
from ..networks.encoding import ENCODINGS, PoissonRate, RateCode
from ..networks.evaluation import EVENTS
from ..networks.event_files import SIDE
from ..networks.membranes import standard
from ..networks.plasticity import PairSTDP, Plasticity, TripletSTDP
from ..networks.receptive_field import ReceptiveField
from ..networks.unsupervised import Homeostasis, UnsupervisedNetwork
from ..parameters import Parametrised
from .devices import read_device
from .words import read_value, read_whole, split

RULES = {rule.name: rule for rule in (PairSTDP, TripletSTDP)}
OWN = ("inhibition", "weight_sum", "delays", "precision")  # of the network itself
FIELDS = ("field", "cells")  # of receptive fields
DEVICE = ("update", "pulse", "pulses")  # of a plasticity that follows a memristor
PICTURES = ("total_rate=6.4 kHz",)  # the layer's default, for 784 inputs
STARTS = {
    "digits": ("weight_sum=15", "theta_plus=0.2 mV", "total_rate=12 kHz", "duration=150 ms"),  # chosen for 64 inputs
    "nmnist": (*PICTURES, "theta_plus=0.5 mV"),  # chosen for a thousand recordings: thresholds must rise within them
}
Parts = dict[str, type[Parametrised] | Parametrised]


def read_training(
    words: Sequence[str], data: Dataset, *, neurons: int, membrane: str, rule: str, encoding: str, seed: int
) -> UnsupervisedNetwork:
    """The network that the words ask for; what they leave open starts as `STARTS` has it for this data set."""
    parts = parts_of(membrane, rule, encoding)
    starts = {place(word, parts, "start"): split(word, "start")[1] for word in starting(data.name, parts)}
    asked: dict[tuple[str, str], str] = {}
    for word in words:
        where = place(word, parts, "option")
        if where in asked:
            raise InputError(f"{where[1]} is given twice")
        asked[where] = split(word, "option")[1]
    given: dict[str, dict[str, Any]] = {part: {} for part in (*parts, "network")}
    for (part, name), value in {**starts, **asked}.items():
        given[part][name] = value
    neuron: Any = parts["membrane"]
    coded = encoded(parts["encoding"], given["encoding"], encoding)
    return UnsupervisedNetwork(
        2 * SIDE * SIDE if encoding == EVENTS else coded.inputs(data.x_train[0].size), neurons,
        neuron.with_(**given["membrane"]), plastic(RULES[rule], given["plasticity"]), encoding=coded,
        homeostasis=Homeostasis(**given["homeostasis"]), seed=seed, **own_options(given["network"]),
    )  # fmt: skip


def parts_of(membrane: str, rule: str, encoding: str) -> Parts:
    """What has parameters, by the name it has before a dot."""
    known = [*ENCODINGS, ReceptiveField.name, EVENTS]
    if rule not in RULES:
        raise InputError(f"unknown rule {rule!r}{nearest(rule, RULES)}; there are {', '.join(RULES)}")
    if encoding not in known:
        raise InputError(f"unknown encoding {encoding!r}{nearest(encoding, known)}; there are {', '.join(known)}")
    coded = ENCODINGS.get(encoding, PoissonRate)
    return {"membrane": standard(membrane), "plasticity": RULES[rule], "homeostasis": Homeostasis, "encoding": coded}


def starting(name: str, parts: Parts) -> list[str]:
    """The words that this data set starts from, of the parts chosen."""
    known = {key for part in parts.values() for key in part.params} | set(OWN)
    return [word for word in STARTS.get(name, PICTURES) if word.partition("=")[0] in known]


def place(word: str, parts: Parts, what: str) -> tuple[str, str]:
    """Part and parameter that a word is about."""
    name = split(word, what, "v_th=15 mV")[0]
    part, dot, field = name.rpartition(".")
    owners = {key: set(thing.params) for key, thing in parts.items()} | {"network": set(OWN)}
    owners["encoding"] |= set(FIELDS)
    owners["plasticity"] |= set(DEVICE)
    if dot and part not in owners:
        raise InputError(f"no part {part!r} in {word}{nearest(part, owners)}; there are {', '.join(owners)}")
    found = [key for key, fields in owners.items() if field in fields and part in ("", key)]
    if len(found) > 1:
        raise InputError(f"{field} is of {' and of '.join(found)}: write {found[0]}.{field}= or {found[1]}.{field}=")
    if not found:
        known = sorted(set().union(*owners.values()) if not part else owners[part])
        raise InputError(f"no option {name!r}{nearest(field, known)}; there are {', '.join(known)}")
    return found[0], field


def plastic(rule: type[Plasticity], given: dict[str, Any]) -> Plasticity:
    """The rule; with update=mms:knowm_default it follows that memristor's conductances under pulses of `pulse`."""
    asked = {key: given.pop(key) for key in DEVICE if key in given}
    if not asked:
        return rule(**given)
    if "update" not in asked or "mu" in given:
        wrong = "mu is of a rule without update=" if "mu" in given else f"{' and '.join(asked)} need update="
        raise InputError(f"{wrong}; update=mms:knowm_default follows a memristor under pulse=1 V, pulses=100")
    device = read_device(asked["update"])
    if not isinstance(device, Device):
        raise InputError(f"update={asked['update']}: this is of kind {device.name}, not a memristor")
    pulses = read_whole(asked.get("pulses", "100"))
    return rule(curve=device_curve(device, asked.get("pulse", "1 V"), 0 if pulses is None else pulses), **given)


def encoded(chosen: Any, given: dict[str, Any], encoding: str) -> Any:
    """The encoding; receptive fields tell their rates by the code that the other words describe."""
    fields = {key: given.pop(key) for key in FIELDS if key in given}
    code = chosen(**given)
    if encoding != ReceptiveField.name:
        if fields:
            raise InputError(f"{', '.join(fields)}: of --encoding {ReceptiveField.name} alone")
        return code
    assert isinstance(code, RateCode)
    return ReceptiveField(rate=code, **fields)


def own_options(given: dict[str, str]) -> dict[str, Any]:
    """Options of the network as it takes them."""
    found: dict[str, Any] = dict(given)
    if (text := given.get("weight_sum")) is not None:
        found["weight_sum"] = None if text == "none" else float(read_value(text, "1", "weight_sum"))
    return found
