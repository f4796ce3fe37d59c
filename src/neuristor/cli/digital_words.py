"""What a digital neuron is made of, in words: a trained network with its options, or one layer of random weights."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from ..digital.fixed_point import BITS, FixedPointLayer, quantized, word_length
from ..digital.scaling import balanced
from ..digital.shift_stdp import PlasticLayer, ShiftSTDP
from ..errors import InputError, nearest
from ..networks import DATASETS, Dense, Flatten, Network, load_dataset, load_network, reference_network
from ..networks.checkpoint import read_state
from ..quantities import one_number
from .words import read_whole, split

ALONE = "layer"  # the word for one layer of random weights
LAYER = {"inputs": 64, "neurons": 10, "weight_bits": 8, "membrane_bits": 16, "leak": 1, "refractory": 2, "floor": 0}
STDP = [field.name for field in fields(ShiftSTDP) if field.name != "bounds"]
MOST = 1 << 22  # weights of such a layer
WORDS = {
    name: str(p.annotation)
    for form in (quantized, balanced)
    for name, p in inspect.signature(form).parameters.items()
    if p.kind is p.KEYWORD_ONLY and name != "bias"
}


def hardware_layers(word: str, options: dict[str, Any]) -> list[FixedPointLayer]:
    """The layers of a network by its word, balanced with the pictures it was trained on, if they are known.

    options  data: a data set whose training pictures balance it, or "none" (default: a reference network's own);
             readout: membrane or spikes (default: spikes if a threshold is given); threshold, leak, floor, reset in the unit
             of the weights; quantile, scale, refractory, weight_bits, membrane_bits
    """
    own = word.lower() in DATASETS
    network = reference_network(word) if own else read_classifier(word)
    matrices = dense_layers(network)
    data = options.pop("data", word if own else "none")
    options.setdefault("readout", "spikes" if "threshold" in options else "membrane")
    samples = load_dataset(data).x_train if data != "none" and "threshold" not in options else None
    try:
        if samples is not None:
            samples = network.samples(samples).reshape(len(samples), -1)
        return balanced([m.weights for m in matrices], [m.bias for m in matrices], samples, **options)
    except InputError as error:
        raise InputError(f"{word}, {error}") from None


def read_classifier(file: str) -> Network:
    """The network of a file; InputError for one that `train` wrote: its neurons inhibit each other, hardware has no such."""
    try:
        read_state(file)
    except InputError:
        return load_network(file)
    raise InputError(f"{file} holds neurons that inhibit each other, written by `train`; the hardware is of classifiers")


def dense_layers(network: Network) -> list[Dense]:
    """The layers with weights; InputError where one is no Dense layer, or something else lies between them."""
    found: list[Dense] = []
    for k, layer in enumerate(network.layers):
        if isinstance(layer, Dense):
            found.append(layer)
        elif not isinstance(layer, Flatten):
            raise InputError(f"{network.label(k)}: only Dense layers can be written as hardware")
    for layer in found[:-1]:
        if layer.activation != "relu":
            raise InputError(f"{layer}: neurons that spike stand for a ReLU behind the layer, and it has none")
    return found


def read_options(settings: Sequence[str], more: Iterable[str] = ()) -> dict[str, Any]:
    """NAME=VALUE as `hardware_layers` takes them, and whole numbers under the names in `more`."""
    options: dict[str, Any] = {}
    for text in settings:
        name, value = split(text, "option", "weight_bits=8")
        if name in options:
            raise InputError(f"{name}: given twice")
        options[name] = option(name, value, [*WORDS, "data", *more])
    return options


def option(name: str, value: str, known: Sequence[str]) -> Any:
    """The value of one option."""
    if name not in known:
        raise InputError(f"there is no option {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    if name == "data" or WORDS.get(name) == "str":
        return value
    if "float" in WORDS.get(name, ""):
        return one_number(value, "1", name)
    number = read_whole(value)
    if number is None:
        raise InputError(f"{name}={value}: a whole number is needed")
    return number


def read_layer(words: Sequence[str]) -> FixedPointLayer | PlasticLayer:
    """A layer of random weights from NAME=VALUE words; one that learns if `stdp` is among them."""
    known = [*LAYER, "threshold", "stdp", *STDP]
    given: dict[str, Any] = {}
    for text in words:
        name, value = split(text, "option", "neurons=10")
        if name not in known:
            raise InputError(f"there is no option {name!r}{nearest(name, known)}; there are {', '.join(known)}")
        if name in given:
            raise InputError(f"{name}: given twice")
        given[name] = value if name == "stdp" else whole_word(name, value)
    if "stdp" not in given and (asked := [name for name in given if name in STDP]):
        raise InputError(f"{asked[0]}: it is of a layer that learns; stdp=soft or stdp=hard is needed with it")
    numbers = {name: given.get(name, value) for name, value in LAYER.items()}
    size, bits = (numbers.pop("inputs"), numbers.pop("neurons")), numbers["weight_bits"]
    if min(size) < 1 or size[0] * size[1] > MOST:
        raise InputError(f"{size[0]} inputs and {size[1]} neurons: one or more of each, up to {MOST} weights, are possible")
    for name in BITS:
        word_length(numbers[name], name)
    stdp = ShiftSTDP(bounds=given["stdp"], **{k: v for k, v in given.items() if k in STDP}) if "stdp" in given else None
    rule = stdp.numbers(bits) if stdp else None
    low, high = (rule.w_min, rule.w_max) if rule else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    weights = np.random.default_rng(0).integers(low, max(low, high), size, endpoint=True)
    threshold = given.get("threshold", 2 ** (numbers["membrane_bits"] - 1))
    layer = FixedPointLayer(weights, threshold, **numbers)
    return layer if stdp is None else PlasticLayer(layer, stdp)


def whole_word(name: str, value: str) -> int:
    """A whole number, also below zero."""
    number = read_whole(value.removeprefix("-"))
    if number is None:
        raise InputError(f"{name}={value}: a whole number is needed")
    return -number if value.startswith("-") else number
