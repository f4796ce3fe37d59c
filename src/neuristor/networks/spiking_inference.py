"""Clocked inference of fully connected layers of LIF neurons with given weights, sparse in the spikes.

A step: u <- beta u + sum of the weights of the inputs that fire + bias; the neuron fires where u > threshold. What a
spike does to u, by name:
subtract      the threshold is taken off at the next step:  u <- beta u + I - threshold   (snnTorch's default)
subtract_now  the threshold is taken off at once, so that it decays with u
zero          u begins again from 0, which is the same at once and at the next step
none          nothing
In float32 every product and sum is rounded by itself, in the order above: potentials equal snnTorch's to the last bit
wherever the sums of weights are exact (weights of few binary digits), else to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from ..errors import InputError, nearest
from ..kernel.threads import cores

SUBTRACT, SUBTRACT_NOW, ZERO, NOTHING = range(4)
RESETS = {"subtract": SUBTRACT, "subtract_now": SUBTRACT_NOW, "zero": ZERO, "none": NOTHING}


@dataclass(frozen=True, eq=False)
class LIFLayer:
    """weights (inputs, neurons), bias (neurons,), decay beta a step, threshold, and what a spike does (`RESETS`)."""

    weights: np.ndarray
    bias: np.ndarray | None = None
    beta: float = 0.9
    threshold: float = 1.0
    reset: str = "subtract"

    def __post_init__(self) -> None:
        weights = np.ascontiguousarray(self.weights, np.float32)
        if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
            raise InputError(f"a layer of weights {weights.shape}: finite numbers, shape (inputs, neurons), are needed")
        bias = np.zeros(weights.shape[1], np.float32) if self.bias is None else np.ascontiguousarray(self.bias, np.float32)
        if bias.shape != weights.shape[1:] or not np.isfinite(bias).all():
            raise InputError(f"a bias of shape {bias.shape}; {weights.shape[1]} finite numbers are needed, one a neuron")
        if not 0 <= self.beta <= 1 or not self.threshold > 0:
            raise InputError(f"beta = {self.beta:g} must lie in [0, 1], threshold = {self.threshold:g} above 0")
        if self.reset not in RESETS:
            raise InputError(
                f"unknown reset {self.reset!r}{nearest(str(self.reset), RESETS)}; there are {', '.join(RESETS)}"
            )
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)


@njit(cache=True, nogil=True)
def active(spikes, inputs, ends):
    """The inputs that fire, step after step, and where each step's end: of spikes (steps, inputs)."""
    n = 0
    for t in range(spikes.shape[0]):
        for i in range(spikes.shape[1]):
            inputs[n] = i
            n += spikes[t, i]
        ends[t] = n


@njit(cache=True, nogil=True)
def add_rows(current, weights, inputs):
    """current += the weights of these inputs, eight at a time."""
    n, k = current.size, 0
    while k + 8 <= inputs.size:
        a, b, c, d = weights[inputs[k]], weights[inputs[k + 1]], weights[inputs[k + 2]], weights[inputs[k + 3]]
        e, f, g, h = weights[inputs[k + 4]], weights[inputs[k + 5]], weights[inputs[k + 6]], weights[inputs[k + 7]]
        for j in range(n):
            current[j] += ((a[j] + b[j]) + (c[j] + d[j])) + ((e[j] + f[j]) + (g[j] + h[j]))
        k += 8
    while k < inputs.size:
        a = weights[inputs[k]]
        for j in range(n):
            current[j] += a[j]
        k += 1


@njit(cache=True, nogil=True)
def step(u, current, fired, beta, threshold, reset):
    """One step of a layer; `fired` holds the spikes of the last step, then those of this one."""
    for j in range(u.size):
        if reset == ZERO:
            u[j] = beta * (u[j] * (np.float32(1.0) - fired[j])) + current[j]
        elif reset == SUBTRACT:
            u[j] = beta * u[j] + current[j] - threshold * fired[j]
        else:
            u[j] = beta * u[j] + current[j]
        fired[j] = u[j] > threshold
        if reset == SUBTRACT_NOW:
            u[j] -= threshold * fired[j]


@njit(cache=True, nogil=True)
def run_layer(weights, bias, inputs, ends, beta, threshold, reset, spikes):
    """One sample through a layer; spikes (steps, neurons)."""
    u, current, fired = np.zeros(bias.size, np.float32), np.empty(bias.size, np.float32), np.zeros(bias.size, np.float32)
    begin = 0
    for t in range(ends.size):
        current[:] = np.float32(0.0)
        add_rows(current, weights, inputs[begin : ends[t]])
        for j in range(bias.size):
            current[j] += bias[j]
        step(u, current, fired, beta, threshold, reset)
        for j in range(bias.size):
            spikes[t, j] = fired[j] > 0
        begin = ends[t]


def infer(layers: Sequence[LIFLayer], spikes: Any) -> np.ndarray:
    """Spikes (steps, samples, neurons) of the last layer, bool, for input spikes (steps, samples, inputs), 0 or 1.

    Every layer answers within the step, all potentials begin at 0. Samples are shared out to the cores.
    """
    shown = checked(layers, spikes)
    found = np.empty((*shown.shape[:2], layers[-1].weights.shape[1]), np.uint8)
    parts = np.array_split(np.arange(shown.shape[1]), max(1, min(cores(), shown.shape[1])))

    def some(samples: np.ndarray) -> None:
        for k in samples:
            x = np.ascontiguousarray(shown[:, k])
            for layer in layers:
                x = one_layer(layer, x)
            found[:, k] = x

    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(some, parts))
    return found.view(bool)


def one_layer(layer: LIFLayer, spikes: np.ndarray) -> np.ndarray:
    """One sample: (steps, inputs) to (steps, neurons), uint8."""
    inputs, ends = np.empty(spikes.size + 1, np.int32), np.empty(len(spikes), np.int64)
    active(spikes, inputs, ends)
    found = np.empty((len(spikes), layer.weights.shape[1]), np.uint8)
    numbers = np.float32(layer.beta), np.float32(layer.threshold), RESETS[layer.reset]
    run_layer(layer.weights, layer.bias, inputs, ends, *numbers, found)
    return found


def checked(layers: Sequence[LIFLayer], spikes: Any) -> np.ndarray:
    """The spikes as uint8; InputError where they, or the layers, do not fit."""
    if not layers:
        raise InputError("at least one layer is needed")
    for k, (one, other) in enumerate(zip(layers, layers[1:], strict=False), 1):
        if one.weights.shape[1] != other.weights.shape[0]:
            told = f"layer {k} has {one.weights.shape[1]} neurons"
            raise InputError(f"{told}, layer {k + 1} takes {other.weights.shape[0]} inputs")
    shown = np.asarray(spikes)
    if shown.ndim != 3 or shown.shape[2] != layers[0].weights.shape[0]:
        raise InputError(f"spikes of shape {shown.shape}; (steps, samples, {layers[0].weights.shape[0]}) is needed")
    if shown.dtype not in (np.bool_, np.uint8):
        shown = np.asarray(shown, np.float32)
    if shown.dtype != np.bool_ and not np.isin(shown, (0, 1)).all():
        raise InputError("spikes are 0 or 1")
    return shown.astype(np.uint8) if shown.dtype != np.bool_ else shown.view(np.uint8)
