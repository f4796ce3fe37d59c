"""A trained ReLU network as layers of linear-decay neurons: thresholds that make rates proportional to activations.

An input of 1 spikes in every step. With lambda_l the largest activation of layer l (lambda_0 = 1), a spike of layer l is
worth lambda_l to the next one, and lambda_l is its threshold: a neuron of activation a fires in a / lambda_l of the steps.

    weights  w_l lambda_(l-1),  bias  b_l,  threshold  lambda_l

Largest over samples (weight and threshold balancing by data: Diehl et al., IJCNN 2015), or, without samples, as large as
the weights could make it (balancing by the model, the same paper, algorithm 1). Over samples a quantile of all
activations, 0.999, replaces the very largest, which few neurons ever come near (Rueckauer et al., Front. Neurosci. 11:682,
2017). The last layer only adds up (`readout` "membrane"), since its scores may be negative, or fires ("spikes").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from .fixed_point import FixedPointLayer, quantized

QUANTILE = 0.999
READOUTS = ("membrane", "spikes")


def balanced(
    weights: Sequence[np.ndarray], biases: Sequence[np.ndarray | None] | None = None, samples: Any = None, *,
    quantile: float = QUANTILE, threshold: float | None = None, readout: str = "membrane", **options: Any,
) -> list[FixedPointLayer]:  # fmt: skip
    """The layers of a network with ReLU between its matrices (inputs, neurons), for `cascade` and the hardware.

    biases     one (neurons,) a layer, or None for none
    samples    what the network was trained on, (n, inputs) in [0, 1]; None: balanced by the model
    threshold  of every layer that fires, in the unit of its weights, instead of a balanced one
    options    of `quantized`; without `floor` a last layer that adds up goes as low as its bits allow
    InputError where something does not fit; for words that are too short it says how many bits are needed.
    """
    matrices = [np.asarray(w, float) for w in weights]
    drifts = checked_biases(matrices, biases)
    if readout not in READOUTS:
        raise InputError(f"unknown readout {readout!r}{nearest(str(readout), READOUTS)}; there are {' and '.join(READOUTS)}")
    levels = peaks(matrices, drifts, samples, quantile) if threshold is None else [threshold] * len(matrices)
    layers, worth = [], 1.0
    for k, (w, b, level) in enumerate(zip(matrices, drifts, levels, strict=True), 1):
        adds = k == len(matrices) and readout == "membrane"
        try:
            layer = quantized(w * worth, bias=b, threshold=None if adds else level, **options)
        except InputError as error:
            raise InputError(f"layer {k}: {error}") from None
        layers.append(replace(layer, floor=-layer.top - 1) if adds and "floor" not in options else layer)
        worth = level
    return layers


def checked_biases(matrices: list[np.ndarray], biases: Sequence[np.ndarray | None] | None) -> list[np.ndarray]:
    """One (neurons,) a layer; InputError where they do not fit, or the matrices do not follow one another."""
    given = [None] * len(matrices) if biases is None else list(biases)
    if not matrices or len(given) != len(matrices):
        raise InputError(f"{len(matrices)} matrices and {len(given)} biases: one bias for each matrix is needed")
    if any(w.ndim != 2 or not w.size for w in matrices):
        raise InputError("a matrix of weights (inputs, neurons) is needed for each layer")
    for k, (one, other) in enumerate(zip(matrices, matrices[1:], strict=False), 1):
        if one.shape[1] != other.shape[0]:
            raise InputError(f"layer {k} has {one.shape[1]} neurons, layer {k + 1} takes {other.shape[0]} inputs")
    found = [np.zeros(w.shape[1]) if b is None else np.asarray(b, float) for w, b in zip(matrices, given, strict=True)]
    for k, (w, b) in enumerate(zip(matrices, found, strict=True), 1):
        if b.shape != w.shape[1:] or not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise InputError(f"layer {k}: finite weights, and a bias for each of {w.shape[1]} neurons, are needed")
    return found


def peaks(
    matrices: Sequence[np.ndarray], biases: Sequence[np.ndarray], samples: Any = None, quantile: float = QUANTILE
) -> list[float]:
    """lambda_l of every layer, 1 where nothing is ever positive."""
    if not 0 < quantile <= 1:
        raise InputError(f"quantile is {quantile:g}: more than 0 and up to 1 is needed")
    if samples is None:
        return possible(matrices, biases)
    x = np.asarray(samples, float)
    if x.ndim != 2 or x.shape[1] != len(matrices[0]) or not len(x):
        raise InputError(f"samples of shape {np.shape(samples)}: (n, {len(matrices[0])}) is needed")
    if not np.isfinite(x).all():
        raise InputError("samples: finite numbers are needed")
    found = []
    for w, b in zip(matrices, biases, strict=True):
        x = np.maximum(x @ w + b, 0.0)
        found.append(float(np.quantile(x, quantile)) or 1.0)
    return found


def possible(matrices: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> list[float]:
    """The largest activation of every layer if all inputs through positive weights are at their own largest."""
    found, before = [], 1.0
    for w, b in zip(matrices, biases, strict=True):
        before = float((np.maximum(w, 0.0).sum(axis=0) * before + b).max(initial=0.0)) or 1.0
        found.append(before)
    return found
