"""The three classifiers of document 002, figure 3: fully connected and convolutional for MNIST, convolutional for CIFAR-10.

The document gives no sizes; these are small ones. Every activation is tanh, the transfer curve of a differential pair in
weak inversion (document 002, eq. 1: "a sigmoidal activation function").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ...errors import InputError, nearest
from ..torch_io import harmless


@dataclass(frozen=True)
class Recipe:
    """A network and how it is trained.

    build    the untrained module;  dataset, flat: what it learns, as `load_dataset` names it
    epochs   passes through the training data;  batch: samples a step
    rate     largest rate of the one-cycle schedule (Smith and Topin 2017), Nesterov momentum 0.9;  decay: of the weights
    shift    largest random shift in pixels;  mirror: whether half of the samples are mirrored
    """

    build: Callable[[], nn.Sequential]
    dataset: str
    flat: bool
    epochs: int
    batch: int = 128
    rate: float = 0.1
    decay: float = 5e-4
    shift: int = 0
    mirror: bool = False


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers with tanh between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def convolutional(channels: Sequence[int], kernel: int, padding: int, features: int, classes: int = 10) -> nn.Sequential:
    """Convolution, max pool, batch normalisation and tanh, repeated; then one linear layer from `features` values.

    The pool stands before the normalisation because it is cheaper so; with positive factors both orders are the same.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in zip(channels, channels[1:], strict=False):
        convolution = nn.Conv2d(inputs, outputs, kernel, padding=padding, bias=False)
        layers += [convolution, nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.Tanh()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, classes))


RECIPES = {
    "mnist-fcn": Recipe(lambda: perceptron(784, 256, 128, 10), "mnist", True, epochs=12),
    "mnist-cnn": Recipe(lambda: convolutional((1, 16, 32), 5, 0, 512), "mnist", False, epochs=8, shift=1),
    "cifar10-cnn": Recipe(
        lambda: convolutional((3, 32, 64, 128), 3, 1, 2048), "cifar10", False, epochs=9, shift=2, mirror=True
    ),
    "digits": Recipe(lambda: perceptron(64, 32, 10), "digits", True, epochs=40, batch=32),
}


def recipe_of(name: str) -> Recipe:
    """InputError for a name that is none of the reference networks."""
    if name not in RECIPES:
        raise InputError(f"unknown network {name!r}{nearest(str(name), RECIPES)}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def load_module(path: Path) -> nn.Module:
    """A whole Sequential of PyTorch's own layers from a .pt file, of which no code is run."""
    try:
        with torch.serialization.safe_globals([*harmless(torch, path)]):
            stored = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise InputError(f"{path} holds code of its own, which is not run: use convert and evaluate from Python") from None
    except Exception as why:  # torch raises what its readers happen to meet
        raise InputError(f"{path} cannot be read as a PyTorch file ({(str(why).splitlines() or [repr(why)])[0]})") from None
    if not isinstance(stored, nn.Module):
        raise InputError(f"{path} holds a {type(stored).__name__}: save the whole module, torch.save(module, PATH)")
    return stored
