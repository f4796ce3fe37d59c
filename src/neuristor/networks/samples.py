"""What a spiking network is shown: pictures or lists of spikes, their labels and delays, checked against its inputs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import parse
from .encoding import Encoding, SpikeList

Samples = np.ndarray | Sequence[SpikeList]


def fitting(x: Any, encoding: Encoding, inputs: int) -> Samples:
    """Pictures as (n, pixels), or lists of spikes; InputError where they do not fit the inputs."""
    if isinstance(x, (list, tuple)) and x and all(isinstance(one, SpikeList) for one in x):
        sizes = {one.size for one in x}
        if sizes != {inputs}:
            raise InputError(f"spikes of {max(sizes)} inputs; the network has {inputs}")
        return x
    pictures = np.asarray(x)
    if pictures.dtype.kind not in "fiu" or pictures.ndim < 2 or not pictures.size:
        raise InputError("pictures must be numbers, shape (n, pixels) or (n, height, width), or a list of SpikeList")
    flat = pictures.reshape(len(pictures), -1)
    needed = encoding.inputs(flat.shape[1])
    if needed != inputs:
        size = " x ".join(map(str, pictures.shape[1:]))
        raise InputError(f"pictures of {size} drive {needed} inputs ({encoding.name}); the network has {inputs}")
    if not (flat.min() >= 0 and flat.max() <= 1):
        raise InputError(f"pictures from {flat.min():g} to {flat.max():g}; intensities must lie in [0, 1]")
    return flat


def delays_of(delays: Any, inputs: int) -> np.ndarray | None:
    """One delay (s) an input, or None."""
    if delays is None:
        return None
    late = np.broadcast_to(parse(delays, "s"), (inputs,)) if np.ndim(delays) == 0 else np.asarray(parse(delays, "s"))
    if late.shape != (inputs,) or late.min() < 0:
        raise InputError(f"delays: {late.size} values from {late.min():g} s; {inputs} of zero or more are needed")
    return late.copy()


def labels_of(y: Any, n: int) -> np.ndarray:
    labels = np.asarray(y)
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or not n or labels.min() < 0:
        raise InputError(f"labels of shape {labels.shape} for {n} pictures; one whole number from 0 a picture is needed")
    return labels


def order_of(n: int, seed: int, before: int) -> np.ndarray:
    """The order in which `n` samples are shown once, after `before` showings."""
    return np.random.default_rng([seed, n, before]).permutation(n)


def fingerprint(samples: Samples) -> str:
    """Of the data: a checkpoint only serves the training that wrote it."""
    found = hashlib.sha256()
    parts = [samples] if isinstance(samples, np.ndarray) else [a for one in samples for a in (one.times, one.inputs)]
    for part in parts:
        found.update(f"{part.shape} {part.dtype} ".encode())
        found.update(np.ascontiguousarray(part).data)
    return found.hexdigest()
