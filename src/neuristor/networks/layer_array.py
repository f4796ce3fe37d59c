"""One layer of a trained network as an array, with the inputs that samples give it: to look at the array alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..errors import InputError
from .layers import WeightedLayer
from .network import Network


def layer_array(network: Network, x: np.ndarray, layer: int = 1, **options: Any) -> tuple[Crossbar, np.ndarray]:
    """The array of the `layer`-th layer with weights (from 1), and its inputs (n, inputs) in [0, 1] for samples x (n, ...).

    The inputs are those of the network itself, over the largest of them; a bias is divided by that too, so that the outputs
    of the array are the layer's over the largest input. Negative inputs are cut.
    """
    places = [k for k, one in enumerate(network.layers) if isinstance(one, WeightedLayer)]
    if isinstance(layer, bool) or not isinstance(layer, (int, np.integer)) or not 1 <= layer <= len(places):
        raise InputError(f"layer {layer!r}: the network has {len(places)} with weights, numbered from 1")
    at = places[layer - 1]
    held = network.layers[at]
    assert isinstance(held, WeightedLayer)
    before = network.samples(x)
    for one in network.layers[:at]:
        before = one.forward(before)
    rows = held.patches(before).reshape(-1, len(held.weights))
    largest = float(rows.max(initial=0.0)) or 1.0
    array = Crossbar(held.weights, bias=held.bias / largest, name=network.label(at), **options)
    return array, np.clip(rows / largest, 0.0, 1.0)
