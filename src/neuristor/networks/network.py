"""A trained classifier: layers in a row, computed in float64, and how often it is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .layers import Dense, Layer, Shape, WeightedLayer, real, said

CHUNK = 1 << 24  # numbers of the largest patches held at a time (128 MB)


@dataclass(frozen=True, eq=False)
class Network:
    """Layers one after another: scores = forward(samples).

    layers       at least one with weights
    input_shape  of one sample: (features,) or (channels, height, width); None where a Dense layer comes first
    notes        what was assumed when the network was read, in phrases
    facts        what is known of it: "train_accuracy", "test_accuracy" of a reference network
    """

    layers: Sequence[Layer]
    input_shape: Shape = None  # type: ignore[assignment]
    name: str = ""
    notes: tuple[str, ...] = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    shapes: tuple[Shape, ...] = field(init=False)  # in front of every layer, and behind the last

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        if not any(isinstance(layer, WeightedLayer) for layer in self.layers):
            raise InputError("a network needs at least one layer with weights (Dense or Conv2d)")
        object.__setattr__(self, "input_shape", first_shape(self.layers, self.input_shape))
        object.__setattr__(self, "shapes", tuple(self._walk()))

    def _walk(self) -> Iterator[Shape]:
        """Shapes from the input to the scores; InputError where two layers do not fit or weights are no numbers."""
        shape, before = self.input_shape, "the input"
        yield shape
        for k, layer in enumerate(self.layers):
            if isinstance(layer, WeightedLayer) and (fault := layer.faults()):
                raise InputError(f"{self.label(k)}: {fault}; finite numbers are needed")
            try:
                shape = layer.output_shape(shape)
            except InputError as wish:
                raise InputError(f"{self.label(k)} {wish}, but {before} gives {said(shape)}") from None
            before = self.label(k)
            yield shape

    def label(self, k: int) -> str:
        """Layer `k` (from 0) as a message names it: "layer 2 (fc1: Dense 784 to 100)"."""
        layer = self.layers[k]
        return f"layer {k + 1} ({layer.name}: {layer})" if layer.name else f"layer {k + 1} ({layer})"

    @property
    def weighted(self) -> tuple[WeightedLayer, ...]:
        """The layers that arrays hold."""
        return tuple(layer for layer in self.layers if isinstance(layer, WeightedLayer))

    @property
    def output_shape(self) -> Shape:
        return self.shapes[-1]

    @property
    def classes(self) -> int:
        return int(np.prod(self.output_shape))

    def samples(self, x: np.ndarray) -> np.ndarray:
        """`x` as float64 (n, *input_shape); flat samples and images stand for each other where the sizes agree."""
        x = real(x, "samples")
        if x.ndim < 2 or np.prod(x.shape[1:]) != np.prod(self.input_shape):
            raise InputError(f"samples of shape ({said(x.shape)}) do not fit: (n x {said(self.input_shape)}) is needed")
        if not np.isfinite(x).all():
            worst = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
            raise InputError(f"sample {list(worst)} is {x[worst]}; finite numbers are needed")
        return x.reshape(len(x), *self.input_shape)

    def outputs(self, x: np.ndarray) -> Iterator[np.ndarray]:
        """What every layer gives for samples (n, ...), from the first layer to the last."""
        x = self.samples(x)
        for layer in self.layers:
            x = layer.forward(x)
            yield x

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Scores (n, classes) of samples (n, ...), float64."""
        x = np.atleast_1d(x)
        chunk = max(1, CHUNK // self._largest)
        return np.concatenate([self._scores(x[k : k + chunk]) for k in range(0, max(len(x), 1), chunk)])

    def _scores(self, x: np.ndarray) -> np.ndarray:
        for y in self.outputs(x):
            scores = y
        return scores.reshape(len(scores), self.classes)

    @property
    def _largest(self) -> int:
        """Numbers that a sample needs where it needs most."""
        patches = [
            int(np.prod(after[1:])) * len(layer.weights)
            for layer, after in zip(self.layers, self.shapes[1:], strict=True)
            if isinstance(layer, WeightedLayer)
        ]
        return max(*patches, *(int(np.prod(s)) for s in self.shapes))

    def classify(self, x: np.ndarray) -> np.ndarray:
        """The class of the largest score (n,); the first of equal ones."""
        return np.argmax(self.forward(x), axis=1)

    def accuracy(self, x: np.ndarray, y: np.ndarray) -> float:
        """Share of the samples (n, ...) whose class is `y` (n,)."""
        y, classes = np.asarray(y), self.classify(x)
        if y.shape != classes.shape or not y.size:
            raise InputError(f"{len(classes)} samples need as many labels, not ({said(y.shape)})")
        return float(np.mean(classes == y))

    def __str__(self) -> str:
        return ", ".join(f"{layer}{' + ReLU' * (layer.activation == 'relu')}" for layer in self.layers)


def first_shape(layers: Sequence[Layer], given: Sequence[int] | int | None) -> Shape:
    """The input shape as a tuple; where a Dense layer comes first, it need not be given."""
    if given is None:
        first = next((layer for layer in layers if layer.kind not in ("Flatten", "ReLU")), layers[0])
        if isinstance(first, Dense):
            return first.weights.shape[:1]
        raise InputError(f"a network that begins with a {first.kind} needs input_shape, e.g. (1, 28, 28)")
    try:
        shape = tuple(int(n) for n in np.ravel(np.asarray(given)))
    except (TypeError, ValueError):
        shape = ()
    if len(shape) not in (1, 3) or min(shape) < 1:
        raise InputError(f"input_shape {given!r}: (features,) or (channels, height, width) is needed")
    return shape
