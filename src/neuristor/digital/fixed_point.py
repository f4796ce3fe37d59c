"""A layer of linear-decay neurons in whole numbers: the equations that the RTL is held against, bit for bit.

In every step, for every neuron j, with s_i = 1 where input i spikes and 0 elsewhere:

    wait > 0:   P stays, wait <- wait - 1, the input is lost
    wait = 0:   P <- min(top, max(floor, P + sum_i w_ij s_i - leak_j)),  top = 2^membrane_bits - 1
                P >= threshold_j: spike, P <- reset, wait <- refractory

The sum is exact; only P saturates, once a step. So no order of the inputs matters, and a neuron that saturates fires,
whatever its threshold. After a spike in step n, input counts again from step n + refractory + 1 on.

Source: document 003 ("simplified model with linear membrane potential degradation"); P <- P + sum(w s) - D and the floor
P_min as in Iakymchuk et al., EURASIP J. Image Video Process. 2015:4. One neuron of it is `LinearLeakFixedPoint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np

from ..errors import InputError

BITS = {"weight_bits": (2, 32), "membrane_bits": (1, 40)}
EXACT = 2**53  # whole numbers below it are exact in the float64 products that make the sums
CHUNK = 1 << 22  # sums held at a time


class Run(NamedTuple):
    """What a layer did: spikes (samples, steps, neurons), bool; membranes after every step, int64, if they were asked."""

    spikes: np.ndarray
    membranes: np.ndarray | None

    @property
    def counts(self) -> np.ndarray:
        """Spikes of every neuron (samples, neurons)."""
        return self.spikes.sum(axis=1)


@dataclass(frozen=True, eq=False)
class FixedPointLayer:
    """Weights, word lengths and levels of a layer, all whole numbers in the same step.

    weights        (inputs, neurons), two's complement of weight_bits
    membrane_bits  of P from zero up; a sign comes on top where the floor is below zero
    leak           one number, or one a neuron: a bias of b a step is a leak of -b
    threshold      one number, or one a neuron; None: the neurons only add up (a read-out by the membrane)
    refractory     steps
    P starts at `reset`. InputError where a number does not fit its bits; the message says how many are needed.
    """

    weights: Any
    threshold: Any
    leak: Any = 0
    floor: int = 0
    reset: int = 0
    refractory: int = 0
    weight_bits: int = 8
    membrane_bits: int = 16

    def __post_init__(self) -> None:
        weights = whole(self.weights, "weights")
        if weights.ndim != 2 or not weights.size:
            raise InputError(f"weights of shape {weights.shape}: (inputs, neurons) is needed, none empty")
        object.__setattr__(self, "weights", weights)
        for name in ("floor", "reset", "refractory"):
            object.__setattr__(self, name, one(getattr(self, name), name))
        for name in BITS:
            object.__setattr__(self, name, word_length(getattr(self, name), name))
        object.__setattr__(self, "leak", each(self.leak, "leak", self.neurons))
        if self.threshold is not None:
            object.__setattr__(self, "threshold", each(self.threshold, "threshold", self.neurons))
        check_weights(weights, self.weight_bits)
        self._check_levels()

    def _check_levels(self) -> None:
        """InputError where a level does not fit the membrane's bits or another level."""
        levels = [self.floor, self.reset, *([] if self.threshold is None else [int(self.threshold.max())])]
        worst = max(levels, key=magnitude_bits)
        if magnitude_bits(worst) > self.membrane_bits:
            raise InputError(
                f"the level {worst} needs {magnitude_bits(worst)} membrane bits; "
                f"membrane_bits = {self.membrane_bits} reaches {self.top}"
            )
        lowest = int(self.thresholds.min())
        if not self.floor <= self.reset < lowest:
            told = f"floor {self.floor}, reset {self.reset}, threshold {lowest}"
            raise InputError(f"{told}: floor <= reset < threshold is needed")
        if not 0 <= self.refractory < 2**31:
            raise InputError(f"refractory is {self.refractory}: zero steps or more are needed")
        if np.abs(self.leak).max() >= 2**40:
            raise InputError(f"a leak of {np.abs(self.leak).max()} is more than 40 bits hold")

    @property
    def inputs(self) -> int:
        return self.weights.shape[0]

    @property
    def neurons(self) -> int:
        return self.weights.shape[1]

    @property
    def top(self) -> int:
        """The largest P."""
        return 2**self.membrane_bits - 1

    @property
    def thresholds(self) -> np.ndarray:
        """One a neuron; beyond `top` where the neurons only add up."""
        return np.full(self.neurons, self.top + 1) if self.threshold is None else self.threshold

    def run(self, spikes: Any, *, membranes: bool = False) -> Run:
        """The answer to spikes (samples, steps, inputs) or (steps, inputs), each 0 or 1; every sample starts anew."""
        events = raster(spikes, self.inputs)
        samples, steps, _ = events.shape
        fired = np.zeros((samples, steps, self.neurons), bool)
        stored = np.zeros(fired.shape if membranes else (0, 0, 0), np.int64)
        single = np.abs(self.weights).sum(axis=0).max() < 2**24  # whole numbers up to there are exact in float32
        weights = self.weights.astype(np.float32 if single else np.float64)
        size = max(1, CHUNK // max(1, steps * max(self.neurons, self.inputs)))
        for k in range(0, samples, size):
            part = slice(k, k + size)
            sums = (events[part].reshape(-1, self.inputs).astype(weights.dtype) @ weights).astype(np.int64)
            levels = (self.leak, self.floor, self.top, self.thresholds, self.reset, self.refractory)
            advance(sums.reshape(-1, steps, self.neurons), *levels, fired[part], stored[part])
        return Run(fired, stored if membranes else None)


@numba.njit(cache=True, nogil=True)
def step(p, wait, sums, leak, floor, top, threshold, reset, refractory, fired):
    """One step of neurons (neurons,), whole numbers all: p and wait move on, fired is filled.

    p, wait, sums, leak, threshold, fired are arrays, one entry a neuron; floor, top, reset, refractory are numbers.
    """
    for j in range(p.size):
        fired[j] = False
        if wait[j] > 0:
            wait[j] -= 1
        else:
            p[j] = min(top, max(floor, p[j] + sums[j] - leak[j]))
            if p[j] >= threshold[j]:
                fired[j] = True
                p[j], wait[j] = reset, refractory


@numba.njit(cache=True, nogil=True)
def advance(sums, leak, floor, top, threshold, reset, refractory, fired, stored):
    """Fill `fired`, and `stored` unless it is empty, from the weighted sums (samples, steps, neurons)."""
    samples, steps, neurons = sums.shape
    p, wait = np.empty(neurons, np.int64), np.empty(neurons, np.int64)
    for k in range(samples):
        p[:], wait[:] = reset, 0
        for n in range(steps):
            step(p, wait, sums[k, n], leak, floor, top, threshold, reset, refractory, fired[k, n])
            if stored.size:
                stored[k, n] = p


def cascade(layers: Sequence[FixedPointLayer], spikes: Any) -> list[Run]:
    """What every layer of a feed-forward network does; spikes of a layer reach the next in the same step."""
    found: list[Run] = []
    for layer in layers:
        found.append(layer.run(spikes, membranes=layer is layers[-1]))
        spikes = found[-1].spikes
    return found


def quantized(
    weights: Any,
    *,
    bias: Any = None,
    threshold: float | None = 1.0,
    leak: float = 0.0,
    floor: float = 0.0,
    reset: float = 0.0,
    scale: float | None = None,
    refractory: int = 0,
    weight_bits: int = 8,
    membrane_bits: int = 16,
) -> FixedPointLayer:
    """A layer from real weights and levels in one unit, each to the nearest whole step (ties to even).

    scale  steps of that unit; None: as many as the weights' bits allow
    bias   (neurons,): what comes in at every step
    InputError where the numbers overflow the chosen bits; the message says how many are needed.
    """
    w = np.asarray(weights, float)
    if w.ndim != 2 or not w.size or not np.isfinite(w).all():
        raise InputError(f"weights of shape {w.shape}: finite numbers (inputs, neurons) are needed")
    drift = np.zeros(w.shape[1]) if bias is None else np.asarray(bias, float)
    if drift.shape != w.shape[1:]:
        raise InputError(f"a bias of shape {drift.shape}: one for each of {w.shape[1]} neurons is needed")
    if scale is None:
        largest = np.abs(w).max()
        scale = (2 ** (word_length(weight_bits, "weight_bits") - 1) - 1) / largest if largest else 1.0
    if not np.isfinite(scale) or scale <= 0:
        raise InputError(f"scale is {scale:g}: a positive number of steps is needed")

    def steps(values: Any) -> np.ndarray:
        return np.rint(np.asarray(values, float) * scale)

    return FixedPointLayer(
        steps(w),
        None if threshold is None else steps(threshold),
        steps(leak - drift),
        floor=steps(floor),  # type: ignore[arg-type]  # whole numbers, made int there
        reset=steps(reset),  # type: ignore[arg-type]
        refractory=refractory,
        weight_bits=weight_bits,
        membrane_bits=membrane_bits,
    )


def check_weights(weights: np.ndarray, bits: int) -> None:
    """InputError, saying how many bits are needed, where whole weights do not fit a two's complement word."""
    i, j = np.unravel_index(np.where(weights < 0, ~weights, weights).argmax(), weights.shape)
    needed = signed_bits(int(weights[i, j]))
    if needed > bits:
        limit = 2 ** (bits - 1)
        raise InputError(
            f"the weights need {needed} bits: weight [{i}, {j}] is {weights[i, j]}, "
            f"and weight_bits = {bits} holds {-limit} to {limit - 1}"
        )
    if np.abs(weights).sum(axis=0).max() >= EXACT:
        raise InputError("the weights' sums are beyond 53 bits; fewer inputs or weight bits are needed")


def signed_bits(value: int) -> int:
    """Bits of the shortest two's complement word that holds a number."""
    return magnitude_bits(value) + 1


def magnitude_bits(value: int) -> int:
    """The same without the sign."""
    return (value if value >= 0 else ~value).bit_length()


def word_length(value: Any, what: str) -> int:
    """A number of bits that is possible."""
    bits, (least, most) = one(value, what), BITS[what]
    if not least <= bits <= most:
        raise InputError(f"{what} is {bits}: {least} to {most} are possible")
    return bits


def whole(values: Any, what: str) -> np.ndarray:
    """Whole numbers as int64 that cannot be written to; InputError for others."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all() or np.any(array != np.rint(array)):
        raise InputError(f"{what}: whole numbers are needed (`quantized` makes them of real ones)")
    if np.any(np.abs(array) >= EXACT):
        raise InputError(f"{what}: {np.abs(array).max():g} is beyond 53 bits")
    array = array.astype(np.int64)
    array.flags.writeable = False
    return array


def one(value: Any, what: str) -> int:
    number = whole(value, what)
    if number.ndim:
        raise InputError(f"{what}: one whole number is needed, not {number.size}")
    return int(number)


def each(value: Any, what: str, neurons: int) -> np.ndarray:
    """One number, or one a neuron, as (neurons,)."""
    numbers = whole(value, what)
    if numbers.shape not in ((), (neurons,)):
        raise InputError(f"{what} of shape {numbers.shape}: one number, or one for each of {neurons} neurons is needed")
    return np.array(np.broadcast_to(numbers, (neurons,)))


def raster(spikes: Any, inputs: int) -> np.ndarray:
    """Spikes as bool (samples, steps, inputs)."""
    events = np.asarray(spikes)
    if events.ndim not in (2, 3) or events.shape[-1] != inputs:
        raise InputError(f"spikes of shape {events.shape}: (samples, steps, {inputs}) or (steps, {inputs}) is needed")
    if events.dtype != bool:
        if np.any((events != 0) & (events != 1)):
            raise InputError("spikes: 0 or 1 is needed; an input spikes at most once a step")
        events = events.astype(bool)
    return events if events.ndim == 3 else events[None]
