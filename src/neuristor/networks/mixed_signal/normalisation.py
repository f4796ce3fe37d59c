"""Batch normalisation folded into the weights before it, as a chip would have it."""

from __future__ import annotations

import torch
from torch import nn

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def fold(module: nn.Module) -> None:
    """Fold every BatchNorm of a Sequential into the Linear or Conv2d right before it, in place; Identity takes its place.

    A pool between them is passed: an average pool always where nothing is padded, a max pool where all factors are positive.
    Others, and those without running statistics, stay as they are (digital).
    """
    for part in module.modules():
        if isinstance(part, nn.Sequential):
            layers = list(part)
            for k, norm in enumerate(layers):
                if isinstance(norm, NORMS) and (target := before(layers, k)) is not None and absorb(target, norm):
                    part[k] = nn.Identity()


def before(layers: list[nn.Module], k: int) -> nn.Linear | nn.Conv2d | None:
    """The layer that the normalisation at place k can be folded into."""
    at = k - 1
    while at >= 0 and passes(layers[at], layers[k]):
        at -= 1
    found = layers[at] if at >= 0 else None
    alone = sum(layer is found for layer in layers) == 1
    return found if type(found) in (nn.Linear, nn.Conv2d) and alone else None  # type: ignore[return-value]


def passes(pool: nn.Module, norm: nn.Module) -> bool:
    """Whether pooling and normalising may change places."""
    if isinstance(pool, nn.AvgPool2d):
        return pool.padding in (0, (0, 0)) and pool.divisor_override is None
    weight = getattr(norm, "weight", None)
    return isinstance(pool, nn.MaxPool2d) and (weight is None or bool((weight > 0).all()))


def absorb(layer: nn.Linear | nn.Conv2d, norm: nn.BatchNorm1d | nn.BatchNorm2d) -> bool:
    """y = (z - mean) / sqrt(variance + eps) gamma + beta as weights and bias of the layer; False where it keeps no mean."""
    if norm.running_mean is None or norm.running_var is None or len(norm.running_mean) != len(layer.weight):
        return False
    factor = torch.rsqrt(norm.running_var.double() + norm.eps) * (1.0 if norm.weight is None else norm.weight.detach())
    shift = 0.0 if norm.bias is None else norm.bias.detach()
    own = 0.0 if layer.bias is None else layer.bias.detach()
    scaled = layer.weight.detach() * factor.view(-1, *[1] * (layer.weight.ndim - 1))
    layer.weight = nn.Parameter(scaled.float())
    layer.bias = nn.Parameter(((own - norm.running_mean) * factor + shift).float())
    return True
