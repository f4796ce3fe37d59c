"""Retraining for the chip: under the noise of its kind, or with one chip in the loop, as on-chip training would."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from torch import nn

from ...errors import InputError, nearest
from ...quantities import one_number, whole_number
from ..dataset_files import Progress
from ..datasets import Dataset, load_dataset
from .convert import is_chip, layers_of
from .evaluate import pictures
from .models import Recipe
from .noise import NoiseSource
from .training import train

WAYS = ("noise", "chip")


def retrain(
    chip: nn.Module, dataset: Dataset | str, how: str = "noise", *, epochs: int = 3, rate: Any = 0.05, batch: int = 128,
    images: int | None = None, seed: int = 0, progress: Progress | None = None,
) -> nn.Module:  # fmt: skip
    """A copy of a chip of `convert`, trained further at its bits, noise and swing; the chip itself is left alone.

    how     "noise": every batch meets new noise and new mismatch, so that the weights suit all chips of the kind
            "chip":  every batch runs on this chip with its own mismatch, which the weights then make up for
    rate    largest rate of the schedule (`Recipe`);  images: the first so many training samples

    Errors of classification are propagated through the weights that act; the full-scale weights w_max stay.
    """
    if not is_chip(chip):
        raise InputError("retrain: a chip that convert made is needed")
    check_retraining(how, epochs, images)
    largest = one_number(rate, "1", "retrain: rate")
    if not largest > 0:
        raise InputError(f"retrain: rate {rate!r}: a rate above zero is needed")
    passes, size = whole_number(epochs, "retrain: epochs"), whole_number(batch, "retrain: batch")
    data = load_dataset(dataset, flat=False) if isinstance(dataset, str) else dataset
    copy = deepcopy(chip)
    x, y = pictures(data, "train", images, copy)
    layers = list(layers_of(copy))
    kept = [(layer, layer.source, layer.error) for layer in layers]
    source = NoiseSource(whole_number(seed, "retrain: seed", 0))
    for layer in layers:
        layer.source = source

    def another_chip(step: int) -> None:
        for layer in layers:
            layer.draw_mismatch(step)

    recipe = Recipe(nn.Sequential, data.name, x.ndim == 2, passes, size, largest, decay=0.0)
    redrawn = how == "noise" and layers[0].hardware.mismatch.present
    train(copy, x.numpy(), y.numpy(), recipe, seed, before=another_chip if redrawn else None, progress=progress)
    for layer, own, error in kept:
        layer.source, layer.error = own, error
    return copy.eval()


def check_retraining(how: str, epochs: int, images: int | None) -> None:
    """InputError for a way or number that `retrain` does not know, before anything is computed."""
    if how not in WAYS:
        raise InputError(f"retrain: unknown way {how!r}{nearest(str(how), WAYS)}; there are noise and chip")
    whole_number(epochs, "retrain: epochs")
    if images is not None:
        whole_number(images, "retrain: images")
