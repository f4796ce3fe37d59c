"""Building a network from what other programs store: what stands behind a layer is folded into it, and noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

import numpy as np

from ..errors import InputError
from .layers import Conv2d, Dense, Flatten, Layer, ReLU, Shape, WeightedLayer, real, said
from .network import Network, first_shape


@dataclass
class Assembly:
    """Layers as they are read, one after another."""

    layers: list[Layer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, layer: Layer) -> None:
        self.layers.append(layer)

    @property
    def open(self) -> WeightedLayer | None:
        """The last layer, if it has weights and no activation yet."""
        last = self.layers[-1] if self.layers else None
        return last if isinstance(last, WeightedLayer) and last.activation == "linear" else None

    def relu(self, name: str = "") -> None:
        """max(0, x): the activation of the layer before, where that has none yet."""
        if self.open is None:
            self.add(ReLU(name))
        else:
            self.layers[-1] = replace(cast(Dense, self.open), activation="relu")

    def scale(self, factor: np.ndarray, shift: np.ndarray | float, what: str) -> None:
        """y -> factor y + shift for every output (or channel), folded into the layer before; InputError if none can."""
        last = self.open
        if last is None:
            behind = f"behind {self.layers[-1]}" if self.layers else "in front of all layers"
            raise InputError(f"{what} stands {behind}: only behind a layer with weights can it be folded into them")
        if np.shape(factor) != last.bias.shape:
            raise InputError(f"{what} has {np.size(factor)} factors for the {len(last.bias)} outputs before it")
        bias = last.bias * factor + shift
        if isinstance(last, Conv2d):
            self.layers[-1] = replace(last, kernel=last.kernel * factor[:, None, None, None], bias=bias)
        else:
            self.layers[-1] = replace(cast(Dense, last), weights=last.weights * factor, bias=bias)

    def network(self, input_shape: Sequence[int] | None, name: str) -> Network:
        return Network(self.layers, cast(Shape, input_shape), name, tuple(self.notes))


class Weights(NamedTuple):
    """A weight array as it was stored, its bias (or None) and its name."""

    name: str
    weight: np.ndarray
    bias: np.ndarray | None


def from_weights(stored: Sequence[Weights], input_shape: Sequence[int] | None, transpose: bool | None, name: str) -> Network:
    """A network from weights alone: matrices are Dense layers, four axes (out, in, kh, kw) are convolutions.

    transpose  False: a row of a matrix is an input; True: a row is an output, as in PyTorch; None: as the shapes tell
    Assumed, and noted: ReLU behind every layer but the last, stride 1, no padding and no pooling.
    """
    stored = [checked(w) for w in stored]
    ways = [False, True] if transpose is None else [transpose]
    faults = {way: misfit(stored, input_shape, way) for way in ways}
    fitting = [way for way, fault in faults.items() if not fault]
    first = next((w for w in stored if w.weight.ndim == 2), stored[0])
    if not fitting:
        raise InputError(f"{faults[ways[0]]}{' (and the other way round they do not fit either)' * (len(ways) > 1)}")
    if len(fitting) > 1 and first.weight.ndim == 2:
        raise InputError(
            f"{first.name} ({said(first.weight.shape)}) fits both ways: say transpose=False if a row is an input, "
            "transpose=True if a row is an output (as in PyTorch)"
        )
    made = Assembly(notes=["assumed: ReLU behind every layer but the last"])
    if any(w.weight.ndim == 4 for w in stored):
        made.notes.append("assumed: stride 1, no padding, no pooling")
    for k, w in enumerate(stored):
        if k:
            made.relu()
            if w.weight.ndim == 2 and stored[k - 1].weight.ndim == 4:
                made.add(Flatten())
        made.add(layer_of(w, fitting[0]))
    return made.network(input_shape, name)


def checked(stored: Weights) -> Weights:
    weight = real(stored.weight, stored.name)
    bias = None if stored.bias is None else real(stored.bias, f"the bias of {stored.name}")
    if weight.ndim not in (2, 4) or not weight.size:
        raise InputError(f"{stored.name} has shape ({said(weight.shape)}): a matrix or a kernel (out, in, kh, kw) is needed")
    if bias is not None and bias.ndim != 1:
        raise InputError(f"the bias of {stored.name} has shape ({said(bias.shape)}): one number an output is needed")
    return Weights(stored.name, weight, bias)


def layer_of(w: Weights, transpose: bool) -> Layer:
    if w.weight.ndim == 4:
        return Conv2d(w.weight, w.bias, name=w.name)
    return Dense(w.weight.T if transpose else w.weight, w.bias, name=w.name)


def misfit(stored: Sequence[Weights], input_shape: Sequence[int] | None, transpose: bool) -> str:
    """Why the weights do not fit on each other this way round; an empty string if they do."""
    try:
        layers = [layer_of(w, transpose) for w in stored]
        shape = first_shape(layers, input_shape)
    except InputError as why:
        return str(why)
    for k, layer in enumerate(layers):
        if layer.kind == "Dense" and k and stored[k - 1].weight.ndim == 4:
            shape = (int(np.prod(shape)),)
        try:
            shape = layer.output_shape(shape)
        except InputError as wish:
            before = stored[k - 1].name if k else "the input"
            return f"{stored[k].name} ({said(stored[k].weight.shape)}) {wish}, but {before} gives {said(shape)}"
    return ""
