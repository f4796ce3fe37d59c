"""Networks in NumPy's .npz files.

Written: w0, b0, w1, b1, ... of the layers with weights (Dense: (inputs, outputs); Conv2d: (out, in, kh, kw)), and
"network", a JSON text of everything else, so that reading gives the same network back.
Read: that; w0, b0, w1, ... alone; or "name.weight", "name.bias" in the order of the file. Biases may be absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .assembly import Weights, from_weights
from .dataset_files import Arrays, written_whole
from .image_files import read_npz
from .layers import LAYERS, Conv2d, Dense, Layer, WeightedLayer
from .network import Network

FORMAT = 1
ARRAYS = ("weights", "kernel", "bias")
NUMBERED = re.compile(r"w(\d+)", re.IGNORECASE)


def write_npz(network: Network, path: str | Path) -> Path:
    """Write a network so that it can be read back exactly; the file appears whole or not at all."""
    target = Path(path).expanduser()
    arrays: Arrays = {}
    for k, layer in enumerate(network.weighted):
        arrays[f"w{k}"] = layer.kernel if isinstance(layer, Conv2d) else layer.weights
        arrays[f"b{k}"] = layer.bias
    arrays["network"] = np.array(json.dumps(described(network)))
    with written_whole(target) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # the stubs take every keyword for allow_pickle
    return target


def described(network: Network) -> dict[str, Any]:
    layers = []
    for layer in network.layers:
        own = {f.name: getattr(layer, f.name) for f in fields(layer) if f.name not in ARRAYS}  # type: ignore[arg-type]
        layers.append({"kind": layer.kind, **own})
    shape, notes, facts = network.input_shape, network.notes, dict(network.facts)
    return {"format": FORMAT, "name": network.name, "input_shape": shape, "notes": notes, "facts": facts, "layers": layers}


def read_npz_network(
    path: str | Path, *, input_shape: Sequence[int] | None = None, transpose: bool | None = None, name: str = ""
) -> Network:
    """The network of a .npz file; InputError, one sentence, where the file cannot be read or its weights do not fit."""
    file = Path(path).expanduser()
    arrays = read_npz(file)
    if "network" in arrays:
        return rebuilt(arrays, file)
    try:
        return from_weights(stored_weights(arrays), input_shape, transpose, name or file.stem)
    except InputError as why:
        raise InputError(f"{file}: {why}") from None


def rebuilt(arrays: Arrays, file: Path) -> Network:
    """The network as it was written by `write_npz`."""
    try:
        told = json.loads(str(arrays["network"][()]))
        if told["format"] != FORMAT:
            raise InputError(f"{file}: format {told['format']}, only {FORMAT} is known")
        layers: list[Layer] = []
        count = 0
        for entry in told["layers"]:
            kind = LAYERS[entry.pop("kind")]
            if issubclass(kind, WeightedLayer):
                entry |= {"weights" if kind is Dense else "kernel": arrays[f"w{count}"], "bias": arrays[f"b{count}"]}
                count += 1
            layers.append(kind(**entry))
        return Network(layers, told["input_shape"], told["name"], tuple(told["notes"]), told["facts"])
    except (KeyError, TypeError, AttributeError, IndexError, json.JSONDecodeError) as why:
        raise InputError(f"{file}: its entry 'network' is damaged ({why!r}); remove it to read the weights alone") from None


def stored_weights(arrays: Arrays) -> list[Weights]:
    """Weights in their order: by number for w0, w1, ..., else as they stand in the file."""
    numbered = sorted((int(m[1]), key) for key in arrays if (m := NUMBERED.fullmatch(key)))
    named = [key for key in arrays if key.endswith((".weight", ".weights"))]
    if numbered and not named:
        pairs = [(key, f"{'b' if key[0] == 'w' else 'B'}{key[1:]}") for _, key in numbered]
    else:
        pairs = [(key, f"{key.rpartition('.')[0]}.bias") for key in named]
    unknown = set(arrays) - {key for both in pairs for key in both} - {key for _, key in numbered}
    if not pairs or unknown or (numbered and named):
        found = ", ".join(list(arrays)[:8]) or "nothing"
        raise InputError(f"it holds {found}; w0, b0, w1, b1, ... or name.weight, name.bias are read")
    return [Weights(weight, arrays[weight], arrays.get(bias)) for weight, bias in pairs]
