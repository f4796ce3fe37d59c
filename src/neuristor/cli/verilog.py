"""`neuristor export verilog NETWORK`: the Dense layers of a trained network as hardware of linear-decay neurons."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from ..digital.fixed_point import quantized
from ..errors import InputError, nearest
from ..networks import DATASETS, Dense, Network, load_network, reference_network
from ..quantities import one_number
from .words import read_whole, split

LEVELS = {
    name: str(p.annotation)
    for name, p in inspect.signature(quantized).parameters.items()
    if p.kind is p.KEYWORD_ONLY and name != "bias"
}


def verilog_text(word: str, settings: Sequence[str]) -> str:
    """One module for each layer, `linear_decay` or `linear_decay_1`, `linear_decay_2`, ...; layer=2 writes that one alone.

    word      a file (.npz, .nir, .pt) or a reference network (digits, mnist, ...)
    settings  NAME=VALUE: threshold, leak, floor, reset in the unit of the weights (threshold=none: neurons only add up),
              scale, refractory, weight_bits, membrane_bits; layer
    """
    from ..digital.synthesis import write_verilog

    network = reference_network(word) if word.lower() in DATASETS else load_network(word)
    options: dict[str, Any] = {}
    for text in settings:
        name, value = split(text, "--set", "--set weight_bits=8")
        if name in options:
            raise InputError(f"--set {name}: given twice")
        options[name] = option(name, value)
    chosen = chosen_layers(network, options.pop("layer", None))
    names = ["linear_decay"] if len(network.weighted) == 1 else [f"linear_decay_{k + 1}" for k in chosen]
    texts = []
    for k, name in zip(chosen, names, strict=True):
        dense = network.weighted[k]
        try:
            layer = quantized(dense.weights, bias=dense.bias, **options)
        except InputError as error:
            raise InputError(f"{word}, layer {k + 1}: {error}") from None
        texts.append(write_verilog(layer, name))
    return "\n".join(texts)


def option(name: str, value: str) -> Any:
    """The value of one option, as `quantized` takes it."""
    known = [*LEVELS, "layer"]
    if name not in known:
        raise InputError(f"--set: there is no option {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    if name == "threshold" and value == "none":
        return None
    if "float" in LEVELS.get(name, ""):
        return one_number(value, "1", f"--set {name}")
    number = read_whole(value)
    if number is None:
        raise InputError(f"--set {name}={value}: a whole number is needed")
    return number


def chosen_layers(network: Network, layer: int | None) -> list[int]:
    """Which of the layers with weights, from 0; InputError for one that is not there or is no Dense layer."""
    count = len(network.weighted)
    if layer is not None and not 1 <= layer <= count:
        raise InputError(f"--set layer={layer}: the layers with weights are 1 to {count}")
    chosen = list(range(count)) if layer is None else [layer - 1]
    for k in chosen:
        if not isinstance(network.weighted[k], Dense):
            raise InputError(f"layer {k + 1} ({network.weighted[k]}): only Dense layers can be written as Verilog")
    return chosen
