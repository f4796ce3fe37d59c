"""Labelled samples to classify: handwritten digits (always there), MNIST, CIFAR-10, N-MNIST."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError, nearest
from .dataset_files import Arrays, Progress, find
from .event_files import NMNIST, TEST_SAMPLES_FROM, Events
from .image_files import CIFAR10, DIGITS, MNIST, OBJECTS
from .layers import said

DIGITS_TRAIN = 1437  # of the 1,797 small digits; the last 360 are the test
SOURCES = {"mnist": MNIST, "cifar10": CIFAR10, "nmnist": NMNIST}
DATASETS = ("digits", *SOURCES)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples in [0, 1], float32, (n, features) or (n, channels, height, width), and their classes (n,).

    classes  names of the classes, in the order of the labels;  source  where the samples came from
    events   recordings behind the samples, where the samples are counts of events
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    classes: tuple[str, ...]
    source: str = ""
    events_train: Events | None = None
    events_test: Events | None = None

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            where = f"data set {self.name!r}, {part}"
            x, y = single(getattr(self, f"x_{part}"), where), np.asarray(getattr(self, f"y_{part}"))
            if x.ndim not in (2, 4) or len(x) == 0 or y.shape != x.shape[:1]:
                raise InputError(
                    f"{where}: samples of shape ({said(x.shape)}) and labels of shape ({said(y.shape)}) do not fit"
                )
            if not (x.min() >= 0.0 and x.max() <= 1.0):
                raise InputError(f"{where}: samples from {x.min():g} to {x.max():g}; they must lie in [0, 1]")
            if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= len(self.classes):
                raise InputError(f"{where}: labels must be whole numbers from 0 to {len(self.classes) - 1}")
            object.__setattr__(self, f"x_{part}", x)
            object.__setattr__(self, f"y_{part}", y.astype(np.int64))
        if self.x_train.shape[1:] != self.x_test.shape[1:]:
            raise InputError(f"data set {self.name!r}: training and test samples differ in shape")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return self.x_train.shape[1:]

    def __str__(self) -> str:
        sizes = f"{len(self.x_train)} samples to train, {len(self.x_test)} to test"
        return f"{self.name}: {sizes}, {said(self.shape)}, {len(self.classes)} classes"


def single(values: object, where: str) -> np.ndarray:
    """Samples as float32; InputError where they are no numbers."""
    try:
        return np.asarray(values, np.float32)
    except (TypeError, ValueError):
        raise InputError(f"{where}: samples must be real numbers, of one shape") from None


def load_dataset(
    name: str,
    *,
    flat: bool = True,
    folder: str | Path | None = None,
    download: bool = False,
    address: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set by name: "digits", "mnist", "cifar10" or "nmnist".

    flat      True: samples (n, features); False: (n, channels, height, width)
    folder    where its files lie, instead of $NEURISTOR_DATA and the cache
    download  fetch from the official address what is missing, into the cache (or `folder`)
    address   a mirror on the web instead of the official address;  progress  is called with the share received

    N-MNIST's samples are counts of events per polarity and pixel over the recording, as shares of the sample's largest.
    InputError where the name is unknown or the data are missing or damaged.
    """
    key = str(name).lower().replace("-", "")
    if key == "digits":
        return shaped(small_digits(), flat)
    if key not in SOURCES:
        raise InputError(f"unknown data set {name!r}{nearest(str(name), DATASETS)}; there are {', '.join(DATASETS)}")
    arrays, home = find(key, SOURCES[key], folder, download=download, address=address, progress=progress)
    made = recordings(arrays, str(home)) if key == "nmnist" else images(key, arrays, str(home))
    return shaped(made, flat)


def shaped(data: Dataset, flat: bool) -> Dataset:
    """The same data set with flat samples, if asked."""
    if flat:
        for part in ("x_train", "x_test"):
            x = getattr(data, part)
            object.__setattr__(data, part, x.reshape(len(x), -1))
    return data


def small_digits() -> Dataset:
    """1,797 digits of 8 x 8 pixels and 17 shades (Alpaydin and Kaynak 1998; scikit-learn's load_digits), in their order."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = (x / 16.0).reshape(-1, 1, 8, 8)
    k = DIGITS_TRAIN
    return Dataset("digits", x[:k], y[:k], x[k:], y[k:], DIGITS, "scikit-learn")


def images(name: str, arrays: Arrays, home: str) -> Dataset:
    """uint8 images (n, height, width[, channels]) as shares of white, channels first."""
    parts = {}
    for part in ("train", "test"):
        x = arrays[f"x_{part}"]
        x = x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)
        parts[part] = np.divide(x, 255.0, dtype=np.float32, order="C")
    classes = OBJECTS if name == "cifar10" else DIGITS
    return Dataset(name, parts["train"], arrays["y_train"], parts["test"], arrays["y_test"], classes, home)


def recordings(arrays: Arrays, home: str) -> Dataset:
    """Counts per pixel of the recordings, the recordings beside them."""
    first = int(np.searchsorted(arrays["sample"], TEST_SAMPLES_FROM))
    events, samples = [], []
    for offsets in (arrays["offsets"][: first + 1], arrays["offsets"][first:]):
        own = slice(offsets[0], offsets[-1])
        x, y, p, t_us = (arrays[key][own] for key in ("x", "y", "p", "t_us"))
        found = Events(x, y, p, t_us, offsets - offsets[0])
        counts = found.counts().astype(np.float32)
        events.append(found)
        samples.append(counts / np.maximum(counts.max(axis=(1, 2, 3), keepdims=True), 1.0))
    labels = arrays["label"].astype(np.int64)
    return Dataset("nmnist", samples[0], labels[:first], samples[1], labels[first:], DIGITS, home, *events)
