"""PyTorch networks: a Sequential of common layers, a file of one, or the state_dict of one.

Nothing in a file is ever executed: files are read with weights_only=True, PyTorch's own layers declared harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .assembly import Assembly, Weights, from_weights
from .layers import AvgPool2d, Conv2d, Dense, Flatten, MaxPool2d, ungrouped
from .network import Network

IGNORED = ("Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "Identity")
ORDER_KEPT = ("Softmax", "LogSoftmax", "Sigmoid", "LogSigmoid", "Tanh")  # the largest score stays the largest
NORMS = ("BatchNorm1d", "BatchNorm2d")
LAYERS_READ = ("Linear", "Conv2d", "ReLU", "MaxPool2d", "AvgPool2d", "Flatten", *NORMS, "Dropout", "Identity")


def torch_or_error(what: str) -> Any:
    try:
        import torch
    except ImportError:
        raise InputError(f"reading {what} needs PyTorch (the extra neuristor[networks])") from None
    return torch


def is_module(thing: object) -> bool:
    """Whether `thing` is a torch Module, asked without importing torch."""
    return any(f"{c.__module__}.{c.__name__}" == "torch.nn.modules.module.Module" for c in type(thing).__mro__)


def read_torch_file(path: Path, *, input_shape: Sequence[int] | None = None, name: str = "") -> Network:
    """A .pt file: a whole Sequential or a state_dict (Linear and Conv2d in the order of their keys)."""
    torch = torch_or_error(str(path))
    try:
        with torch.serialization.safe_globals(harmless(torch, path)):
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as why:  # torch raises what its readers happen to meet
        raise InputError(f"{path} cannot be read as a PyTorch file ({(str(why).splitlines() or [repr(why)])[0]})") from None
    if is_module(stored):
        return from_torch(stored, input_shape=input_shape, name=name)
    return from_state_dict(stored, input_shape=input_shape, name=name, where=str(path))


def harmless(torch: Any, path: Path) -> list[type]:
    """PyTorch's own layers that a file names; InputError if it names anything that could run other code."""
    found = []
    for asked in torch.serialization.get_unsafe_globals_in_checkpoint(path):
        own = getattr(torch.nn, asked.rpartition(".")[2], None) if asked.startswith("torch.nn.modules.") else None
        if not (isinstance(own, type) and issubclass(own, torch.nn.Module)):
            raise InputError(f"{path} holds a {asked}, which would run code of the file; save model.state_dict() instead")
        found.append(own)
    return found


def from_state_dict(stored: Any, *, input_shape: Sequence[int] | None = None, name: str = "", where: str) -> Network:
    """Weights by the order of their keys; assumed: a ReLU behind every layer but the last, stride 1, no pools."""
    if isinstance(stored, Mapping) and isinstance(stored.get("state_dict"), Mapping):
        stored = stored["state_dict"]
    if not isinstance(stored, Mapping) or not all(hasattr(v, "detach") for v in stored.values()):
        raise InputError(f"{where} holds a {type(stored).__name__}: a Sequential or a state_dict is read")
    if norms := [key for key in stored if key.endswith("running_mean")]:
        raise InputError(
            f"{where}: {norms[0].rpartition('.')[0]} is a BatchNorm, which weights alone do not place; save the whole"
        )
    arrays = {key: numbers(value) for key, value in stored.items()}
    keys = [key for key in arrays if key.rpartition(".")[2] == "weight"]
    if not keys:
        raise InputError(f"{where}: no key of the state_dict ends in 'weight'")
    weights = [Weights(key.removesuffix(".weight"), arrays[key], arrays.get(f"{key[: -len('weight')]}bias")) for key in keys]
    return from_weights(weights, input_shape, True, name)


def from_torch(module: Any, *, input_shape: Sequence[int] | None = None, name: str = "") -> Network:
    """A (nested) Sequential, or one layer, as it is in evaluation mode; InputError names a layer that is not known."""
    made = Assembly()
    steps = list(flattened(module, ""))
    for k, (label, layer) in enumerate(steps):
        try:
            add(made, label, layer, last=all(type(later).__name__ in IGNORED for _, later in steps[k + 1 :]))
        except InputError as why:
            raise InputError(f"layer {k + 1} ({label or 'the module'}: {type(layer).__name__}): {why}") from None
    return made.network(input_shape, name)


def flattened(module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Layers of nested Sequentials in their order, by their dotted names."""
    if getattr(type(module), "forward", None) is not torch_or_error("a module").nn.Sequential.forward:
        yield prefix, module
        return
    for child, layer in module.named_children():
        yield from flattened(layer, f"{prefix}.{child}" if prefix else child)


def add(made: Assembly, label: str, layer: Any, *, last: bool) -> None:
    """One layer of PyTorch into the network."""
    kind = type(layer).__name__ if type(layer).__module__.startswith("torch.nn.") else ""
    if kind == "Linear":
        made.add(Dense(numbers(layer.weight).T, numbers(layer.bias), name=label))
    elif kind == "Conv2d":
        made.add(convolution(layer, label))
    elif kind == "ReLU":
        made.relu(label)
    elif kind == "Flatten":
        allowed(layer, start_dim=(1,), end_dim=(-1,))
        made.add(Flatten(label))
    elif kind == "MaxPool2d":
        allowed(layer, ceil_mode=(False,), dilation=(1, (1, 1)))
        made.add(MaxPool2d(layer.kernel_size, layer.stride, layer.padding, label))
    elif kind == "AvgPool2d":
        allowed(layer, ceil_mode=(False,), divisor_override=(None,))
        if layer.padding not in (0, (0, 0)):
            allowed(layer, count_include_pad=(True,))
        made.add(AvgPool2d(layer.kernel_size, layer.stride, layer.padding, label))
    elif kind in NORMS:
        normalisation(made, layer, kind)
        made.notes.append(f"{label}: {kind} folded into the layer before it, with its running statistics")
    elif kind in ORDER_KEPT and last:
        made.notes.append(f"{label}: {kind} at the end left out, the largest score stays the largest")
    elif kind not in IGNORED:
        raise InputError(f"a layer of this kind cannot be read; {', '.join(LAYERS_READ)} can")


def numbers(tensor: Any) -> np.ndarray | Any:
    """A tensor as float64 (None stays None)."""
    return None if tensor is None else tensor.detach().cpu().double().numpy()


def allowed(layer: Any, **values: tuple[Any, ...]) -> None:
    """InputError for a setting that would change the result."""
    for name, good in values.items():
        if (own := getattr(layer, name)) not in good:
            raise InputError(f"{name}={own!r} cannot be read; {name}={good[0]!r} can")


def convolution(layer: Any, label: str) -> Conv2d:
    """Groups become zeros of the full kernel: an array has a row for every input."""
    allowed(layer, padding_mode=("zeros",))
    kernel = ungrouped(numbers(layer.weight), layer.groups)
    return Conv2d(kernel, numbers(layer.bias), layer.stride, layer.padding, dilation=layer.dilation, name=label)


def normalisation(made: Assembly, layer: Any, kind: str) -> None:
    """Batch normalisation in evaluation mode: (y - mean) / sqrt(variance + eps) gamma + beta, one factor a channel."""
    if layer.running_mean is None:
        raise InputError("it keeps no running statistics, so its result depends on the batch")
    mean, variance = numbers(layer.running_mean), numbers(layer.running_var)
    gamma = 1.0 if layer.weight is None else numbers(layer.weight)
    factor = gamma / np.sqrt(variance + layer.eps)
    made.scale(factor, (0.0 if layer.bias is None else numbers(layer.bias)) - mean * factor, f"the {kind}")
