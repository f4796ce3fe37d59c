"""Classifiers trained here once and kept on disk: plain ones, so that the array and the neurons are what is studied."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..kernel.disk import cache_folder
from .dataset_files import Progress
from .datasets import Dataset, load_dataset
from .layers import Dense
from .network import Network
from .npz_io import read_npz_network, write_npz

RECIPE = 1  # of the training below: part of the name on disk, so that another recipe trains anew
BATCH = 200
STEPS, PASSES = 4500, 100  # of Adam, whichever is reached first: 15 passes through MNIST
HIDDEN = {"digits": (), "mnist": (100,), "nmnist": (100,)}


def reference_network(
    name: str = "digits", hidden: Sequence[int] | None = None, seed: int = 0, *, progress: Progress | None = None
) -> Network:
    """The reference classifier of a data set: its inputs, `hidden` layers with ReLU, its classes.

    hidden    None: one layer of 100 for "mnist" and "nmnist", none for the others
    progress  is called with the share trained

    Trained on the first call and kept in the cache (N-MNIST's is not kept: its data come in two sizes).
    facts: "train_accuracy" and "test_accuracy" in [0, 1]. InputError where the data are missing.
    """
    key = str(name).lower().replace("-", "")
    widths = checked(HIDDEN.get(key, ()) if hidden is None else hidden, seed)
    sizes = "-".join(str(w) for w in widths) or "direct"
    path = cache_folder() / "networks" / f"reference_{key}_{sizes}_{seed}_v{RECIPE}.npz"
    if path.is_file():
        with suppress(InputError):  # a damaged file is written anew
            return read_npz_network(path)
    network = train(load_dataset(name), widths, seed, progress=progress)
    if key != "nmnist":
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(network, path)
    return network


def train(data: Dataset, hidden: Sequence[int] = (), seed: int = 0, *, progress: Progress | None = None) -> Network:
    """A classifier of flat samples: without `hidden` widths scikit-learn's LogisticRegression, else its MLPClassifier.

    The settings are scikit-learn's own (L-BFGS with C = 1; Adam with batches of 200, 4,500 of them or 100 passes).
    The same seed gives the same network.
    """
    from threadpoolctl import threadpool_limits

    widths = checked(hidden, seed)
    if len(data.classes) < 3 or len(np.unique(data.y_train)) < len(data.classes):
        raise InputError(f"data set {data.name!r}: three classes or more are needed, and samples of each to train on")
    x_train, x_test = (x.reshape(len(x), -1) for x in (data.x_train, data.x_test))
    with threadpool_limits(1):  # the products are small, and the result may not depend on the number of threads
        matrices = perceptron(x_train, data, widths, seed, progress) if widths else regression(x_train, data)
    layers = [Dense(w, b, "relu" if k < len(widths) else "linear") for k, (w, b) in enumerate(matrices)]
    sizes = "-".join(str(n) for n in (x_train.shape[1], *widths, len(data.classes)))
    network = Network(layers, name=f"{data.name} {sizes}")
    facts = {
        "train_accuracy": network.accuracy(x_train, data.y_train),
        "test_accuracy": network.accuracy(x_test, data.y_test),
    }
    return replace(network, facts=facts)


def checked(hidden: Sequence[int], seed: int) -> tuple[int, ...]:
    """The widths of the hidden layers; InputError where they or the seed cannot be used."""
    widths = tuple(hidden) if isinstance(hidden, Sequence) else (hidden,)
    if any(not isinstance(w, int | np.integer) or w < 1 for w in widths):
        raise InputError(f"hidden {hidden!r}: the widths of layers are needed, e.g. (100,)")
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise InputError(f"seed {seed!r}: a whole number from 0 to 2^32 - 1 is needed")
    return tuple(int(w) for w in widths)


Matrices = list[tuple[np.ndarray, np.ndarray]]


def regression(x: np.ndarray, data: Dataset) -> Matrices:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(max_iter=1000).fit(x, data.y_train)
    return [(model.coef_.T, model.intercept_)]


def perceptron(x: np.ndarray, data: Dataset, widths: tuple[int, ...], seed: int, progress: Progress | None) -> Matrices:
    from sklearn.neural_network import MLPClassifier

    draw = np.random.default_rng(seed)
    model = MLPClassifier(widths, random_state=seed, batch_size=min(BATCH, len(x)), shuffle=False)
    epochs = min(PASSES, max(1, STEPS * BATCH // len(x)))
    for epoch in range(epochs):
        order = draw.permutation(len(x))
        model.partial_fit(x[order], data.y_train[order], classes=np.arange(len(data.classes)))
        if progress:
            progress((epoch + 1) / epochs)
    return list(zip(model.coefs_, model.intercepts_, strict=True))
