"""Layers of a trained classifier; what holds weights gives them as the matrix that an array of synapses holds.

Shapes leave the sample axis out: (features,) or (channels, height, width). Every forward pass adds it in front and
computes in float64. The conventions of Conv2d and the pools (cross-correlation, rounding down) are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import InputError, nearest

Shape = tuple[int, ...]
Pair = tuple[int, int]
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0.0),
}


def said(shape: Shape) -> str:
    """A shape as a reader says it: "8 x 12 x 12"."""
    return " x ".join(str(n) for n in shape)


def pair(value: int | tuple[int, int], what: str, least: int = 1) -> Pair:
    """(vertical, horizontal) from one whole number or two."""
    both = np.ravel(np.asarray(value))
    if both.dtype.kind not in "iu" or both.size not in (1, 2) or np.any(both < least):
        raise InputError(f"{what} is {value!r}: one or two whole numbers of {least} or more are needed")
    return int(both[0]), int(both[-1])


class Layer:
    """What a network asks of every layer."""

    kind: ClassVar[str] = ""
    name: str = ""
    activation: str = "linear"

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one sample behind the layer; InputError("wants ...") where `shape` does not fit."""
        raise NotImplementedError

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Samples (n, *shape) -> (n, *output_shape(shape))."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.kind


class WeightedLayer(Layer):
    """A layer that is one matrix product: patches (n, positions, inputs) @ weights (inputs, outputs) + bias.

    weights  the matrix an array holds, an input a row;  bias  (outputs,)
    """

    weights: np.ndarray
    bias: np.ndarray

    def patches(self, x: np.ndarray) -> np.ndarray:
        """Samples (n, *shape) -> (n, positions, inputs): the vectors that are put on the array's rows in turn."""
        raise NotImplementedError

    def place(self, columns: np.ndarray, shape: Shape) -> np.ndarray:
        """Results (n, positions, outputs) -> (n, *output_shape(shape)) for inputs of `shape`."""
        raise NotImplementedError

    def activate(self, z: np.ndarray) -> np.ndarray:
        return ACTIVATIONS[self.activation](z)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.activate(self.place(self.patches(x) @ self.weights + self.bias, x.shape[1:]))

    def faults(self) -> str:
        """ "weight [3, 7] is nan" for the first entry that is no number, else an empty string."""
        for what, values in (("weight", self.weights), ("bias", self.bias)):
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                return f"{what} {[int(i) for i in bad[0]]} is {values[tuple(bad[0])]}"
        return ""


def real(values: object, what: str) -> np.ndarray:
    """A float64 copy of `values`; InputError where they are no real numbers."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{what}: real numbers are needed, not {array.dtype}")
    return np.array(array, float, order="C")


def settled(values: object, what: str, dimensions: int) -> np.ndarray:
    """A float64 copy of `values` that cannot be written to, with as many axes as asked."""
    array = real(values, what)
    if array.ndim != dimensions or not array.size:
        raise InputError(f"{what} of shape ({said(array.shape)}) cannot be used: {dimensions} axes are needed, none empty")
    array.flags.writeable = False
    return array


def settle(layer: WeightedLayer, bias: object, outputs: int) -> None:
    """Check and store the bias (None: zeros) and the activation of a layer with so many outputs."""
    own = settled(np.zeros(outputs) if bias is None else bias, f"{layer.kind}: the bias", 1)
    if len(own) != outputs:
        raise InputError(f"{layer.kind}: {len(own)} biases for {outputs} outputs")
    if layer.activation not in ACTIVATIONS:
        hint = nearest(str(layer.activation), ACTIVATIONS)
        raise InputError(
            f"{layer.kind}: unknown activation {layer.activation!r}{hint}; there is {' and '.join(ACTIVATIONS)}"
        )
    object.__setattr__(layer, "bias", own)


@dataclass(frozen=True, eq=False)
class Dense(WeightedLayer):
    """y = activation(x @ weights + bias) with weights (inputs, outputs): the transpose of PyTorch's Linear.weight."""

    kind: ClassVar[str] = "Dense"
    weights: np.ndarray
    bias: Any = None  # zeros
    activation: str = "linear"
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", settled(self.weights, "Dense: weights", 2))
        settle(self, self.bias, self.weights.shape[1])

    def output_shape(self, shape: Shape) -> Shape:
        if shape != self.weights.shape[:1]:
            raise InputError(f"wants {len(self.weights)} inputs{' (put a Flatten before it)' * (len(shape) > 1)}")
        return self.weights.shape[1:]

    def patches(self, x: np.ndarray) -> np.ndarray:
        return x[:, None, :]

    def place(self, columns: np.ndarray, shape: Shape) -> np.ndarray:
        return columns[:, 0, :]

    def __str__(self) -> str:
        return f"Dense {self.weights.shape[0]} to {self.weights.shape[1]}"


def windows(x: np.ndarray, size: Pair, stride: Pair, dilation: Pair = (1, 1)) -> np.ndarray:
    """A view (n, channels, rows, columns, kh, kw) of the windows on images (n, channels, height, width)."""
    (kh, kw), (sh, sw), (dh, dw) = size, stride, dilation
    reach = ((kh - 1) * dh + 1, (kw - 1) * dw + 1)
    return sliding_window_view(x, reach, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]


def places(shape: Shape, size: Pair, stride: Pair, padding: tuple[Pair, Pair], dilation: Pair = (1, 1)) -> Pair:
    """How many windows fit, (vertical, horizontal); InputError("wants ...") where not one does."""
    room = [n + sum(p) - (k - 1) * d for n, k, p, d in zip(shape[1:], size, padding, dilation, strict=True)]
    if min(room) < 1:
        raise InputError(f"wants images of at least its window of {said(size)}")
    return (room[0] - 1) // stride[0] + 1, (room[1] - 1) // stride[1] + 1


def padded(x: np.ndarray, padding: tuple[Pair, Pair], value: float = 0.0) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), *padding), constant_values=value) if np.any(padding) else x


@dataclass(frozen=True, eq=False)
class Conv2d(WeightedLayer):
    """A convolution by patches: `weights` is the kernel (out, in, kh, kw) as a matrix (in kh kw, out).

    padding: zeros on every side, one number, (vertical, horizontal), ((top, bottom), (left, right)), "same" or "valid".
    """

    kind: ClassVar[str] = "Conv2d"
    kernel: np.ndarray
    bias: Any = None  # zeros
    stride: Any = (1, 1)
    padding: Any = ((0, 0), (0, 0))
    activation: str = "linear"
    dilation: Any = (1, 1)
    name: str = ""
    weights: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", settled(self.kernel, "Conv2d: the kernel", 4))
        object.__setattr__(self, "weights", settled(self.kernel.reshape(len(self.kernel), -1).T, "Conv2d: the kernel", 2))
        for step in ("stride", "dilation"):
            object.__setattr__(self, step, pair(getattr(self, step), f"Conv2d: {step}"))
        object.__setattr__(self, "padding", self._sides(self.padding))
        settle(self, self.bias, len(self.kernel))

    def _sides(self, padding: Any) -> tuple[Pair, Pair]:
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise InputError(f"Conv2d: padding {padding!r} is unknown: give numbers, 'same' or 'valid'")
            if padding == "same" and self.stride != (1, 1):
                raise InputError("Conv2d: padding 'same' needs stride 1")
            sizes = zip(self.kernel.shape[2:], self.dilation, strict=True)
            high, wide = ((k - 1) * d * (padding == "same") for k, d in sizes)
            return (high // 2, high - high // 2), (wide // 2, wide - wide // 2)
        if np.ndim(padding) == 2:
            vertical, horizontal = padding
            return pair(vertical, "Conv2d: padding", 0), pair(horizontal, "Conv2d: padding", 0)
        v, h = pair(padding, "Conv2d: padding", 0)
        return (v, v), (h, h)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3 or shape[0] != self.kernel.shape[1]:
            raise InputError(f"wants images of {self.kernel.shape[1]} channels (channels x height x width)")
        return (len(self.kernel), *places(shape, self.kernel.shape[2:], self.stride, self.padding, self.dilation))

    def patches(self, x: np.ndarray) -> np.ndarray:
        found = windows(padded(x, self.padding), self.kernel.shape[2:], self.stride, self.dilation)
        n, _, rows, columns = found.shape[:4]
        return found.transpose(0, 2, 3, 1, 4, 5).reshape(n, rows * columns, len(self.weights))

    def place(self, columns: np.ndarray, shape: Shape) -> np.ndarray:
        return columns.transpose(0, 2, 1).reshape(len(columns), *self.output_shape(shape))

    def __str__(self) -> str:
        out, channels, *size = self.kernel.shape
        return f"Conv2d {channels} to {out}, {said(tuple(size))}"


def ungrouped(kernel: np.ndarray, groups: int) -> np.ndarray:
    """(out, in / groups, kh, kw) -> (out, in, kh, kw), zero where a group does not look."""
    if groups == 1:
        return kernel
    out, own = kernel.shape[:2]
    full = np.zeros((out, own * groups, *kernel.shape[2:]))
    for g in range(groups):
        outputs = slice(g * out // groups, (g + 1) * out // groups)
        full[outputs, g * own : (g + 1) * own] = kernel[outputs]
    return full


@dataclass(frozen=True, eq=False)
class Pool2d(Layer):
    """One number for each window of each channel. stride: None is the window's own size."""

    size: Any
    stride: Any = None
    padding: Any = (0, 0)
    name: str = ""
    padded_with: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", pair(self.size, f"{self.kind}: size"))
        stride = self.size if self.stride is None else pair(self.stride, f"{self.kind}: stride")
        object.__setattr__(self, "stride", stride)
        object.__setattr__(self, "padding", pair(self.padding, f"{self.kind}: padding", 0))
        if any(2 * p > k for p, k in zip(self.padding, self.size, strict=True)):
            raise InputError(f"{self.kind}: padding {self.padding} is more than half the window {self.size}")

    @property
    def _sides(self) -> tuple[Pair, Pair]:
        (v, h) = self.padding
        return (v, v), (h, h)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise InputError("wants images (channels x height x width)")
        return (shape[0], *places(shape, self.size, self.stride, self._sides))

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.reduce(windows(padded(x, self._sides, self.padded_with), self.size, self.stride))

    @staticmethod
    def reduce(found: np.ndarray) -> np.ndarray:
        """Windows (n, channels, rows, columns, kh, kw) -> (n, channels, rows, columns)."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.kind} {said(self.size)}"


class AvgPool2d(Pool2d):
    """The mean of each window; zeros of the padding count, as in PyTorch by default."""

    kind = "AvgPool2d"

    @staticmethod
    def reduce(found: np.ndarray) -> np.ndarray:
        return found.mean(axis=(4, 5))


class SumPool2d(Pool2d):
    """The sum of each window: what an event-driven layer does (NIR's SumPool2d)."""

    kind = "SumPool2d"

    @staticmethod
    def reduce(found: np.ndarray) -> np.ndarray:
        return found.sum(axis=(4, 5))


class MaxPool2d(Pool2d):
    """The largest value of each window."""

    kind = "MaxPool2d"
    padded_with = -np.inf

    @staticmethod
    def reduce(found: np.ndarray) -> np.ndarray:
        return found.max(axis=(4, 5))


@dataclass(frozen=True, eq=False)
class Flatten(Layer):
    """Images to vectors, in the order channel, row, column."""

    kind: ClassVar[str] = "Flatten"
    name: str = ""

    def output_shape(self, shape: Shape) -> Shape:
        return (int(np.prod(shape)),)

    def forward(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))


@dataclass(frozen=True, eq=False)
class ReLU(Layer):
    """max(0, x), where it does not stand right behind a layer with weights (there it is that layer's activation)."""

    kind: ClassVar[str] = "ReLU"
    name: str = ""

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        return ACTIVATIONS["relu"](x)


LAYERS: dict[str, type[Layer]] = {cls.kind: cls for cls in (Dense, Conv2d, AvgPool2d, SumPool2d, MaxPool2d, Flatten, ReLU)}
