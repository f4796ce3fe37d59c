"""Training a classifier epoch by epoch: kept on disk, going on after a stop, the same bits whatever the interruptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, pad

from ...errors import InputError
from ...kernel.disk import cache_folder
from ..dataset_files import Progress, written_whole
from ..datasets import Dataset, load_dataset
from .models import Recipe, recipe_of
from .threads import one_thread

VERSION = 1  # of the recipes: part of the name on disk, so that another one trains anew
MOMENTUM = 0.9


@torch.inference_mode(False)
@torch.enable_grad()
def reference(name: str, seed: int = 0, *, data: Dataset | None = None, progress: Progress | None = None) -> nn.Sequential:
    """A network of figure 3 by name ("mnist-fcn", "mnist-cnn", "cifar10-cnn"), or "digits"; in evaluation mode.

    Trained here on the first call and kept in the cache after every epoch: a second call goes on where a first was stopped.
    data: its data set, if it is loaded already. InputError where the data are missing.
    """
    recipe = recipe_of(name)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise InputError(f"seed {seed!r}: a whole number from 0 to 2^32 - 1 is needed")
    path = kept_at(name, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed))
        module = recipe.build()
    if epochs_kept(path) < recipe.epochs:
        data = load_dataset(recipe.dataset, flat=recipe.flat) if data is None else data
        train(module, data.x_train, data.y_train, recipe, int(seed), path=path, progress=progress)
    else:
        module.load_state_dict(stored(path)["module"])
    return module.eval()


def kept_at(name: str, seed: int = 0) -> Path:
    """Where the training of a network is kept."""
    return cache_folder() / "networks" / f"mixed_signal_{name}_{seed}_v{VERSION}.pt"


def is_trained(name: str, seed: int = 0) -> bool:
    """Whether `reference` needs no training."""
    return epochs_kept(kept_at(name, seed)) >= recipe_of(name).epochs


def stored(path: Path) -> dict[str, Any]:
    """What was kept of a training; nothing where there is no file, or a damaged one."""
    with suppress(Exception):  # torch raises what its readers happen to meet
        found = torch.load(path, map_location="cpu", weights_only=True)
        if isinstance(found, dict) and {"module", "optimizer", "schedule", "epoch"} <= set(found):
            return found
    return {}


def epochs_kept(path: Path) -> int:
    """Epochs done."""
    return int(stored(path).get("epoch", 0))


def train(
    module: nn.Module, x: np.ndarray, y: np.ndarray, recipe: Recipe, seed: int = 0, *, path: Path | None = None,
    before: Callable[[int], None] | None = None, progress: Progress | None = None,
) -> None:  # fmt: skip
    """Train `module` in place; with a path the state is kept after every epoch, and an earlier one is taken up.

    before: is called with the number of every step.  On one thread: the result may not depend on how many there are.
    """
    steps = -(-len(x) // recipe.batch)
    rates = torch.optim.SGD(module.parameters(), recipe.rate, MOMENTUM, weight_decay=recipe.decay, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(rates, recipe.rate, total_steps=recipe.epochs * steps)
    first = 0
    if path is not None and (kept := stored(path)):
        module.load_state_dict(kept["module"])
        rates.load_state_dict(kept["optimizer"])
        schedule.load_state_dict(kept["schedule"])
        first = kept["epoch"]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    module.train()
    with one_thread():
        for epoch in range(first, recipe.epochs):
            for k, (samples, labels) in enumerate(batches(x, y, recipe, seed, epoch)):
                if before:
                    before(epoch * steps + k)
                rates.zero_grad()
                cross_entropy(module(samples), labels).backward()
                rates.step()
                schedule.step()
                if progress:
                    progress((epoch + (k + 1) / steps) / recipe.epochs)
            if path is not None:
                states = {"module": module.state_dict(), "optimizer": rates.state_dict(), "schedule": schedule.state_dict()}
                with written_whole(path) as file:
                    torch.save({**states, "epoch": epoch + 1}, file)


def batches(
    x: np.ndarray, y: np.ndarray, recipe: Recipe, seed: int, epoch: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Samples and labels of one epoch in its own order, shifted and mirrored by chance; the same whenever asked for."""
    draw = np.random.default_rng([seed, epoch])
    order = draw.permutation(len(x))
    for at in range(0, len(order), recipe.batch):
        chosen = order[at : at + recipe.batch]
        yield moved(torch.from_numpy(x[chosen]), recipe, draw), torch.from_numpy(y[chosen])


def moved(x: torch.Tensor, recipe: Recipe, draw: np.random.Generator) -> torch.Tensor:
    """Each sample shifted by up to `shift` pixels (black comes in), half of them mirrored."""
    if recipe.mirror:
        mirrored = torch.from_numpy(draw.random(len(x)) < 0.5)
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    if recipe.shift:
        n, (height, width) = recipe.shift, x.shape[2:]
        by = draw.integers(0, 2 * n + 1, (2, len(x), 1))
        rows, columns = (torch.from_numpy(by[k] + np.arange(size)) for k, size in enumerate((height, width)))
        wide = pad(x, (n, n, n, n)).permute(0, 2, 3, 1)
        x = wide[torch.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return x
