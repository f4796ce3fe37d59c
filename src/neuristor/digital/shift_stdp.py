"""Spike-timing-dependent plasticity by shifts: the equations that the RTL is held against, bit for bit.

After every step of the layer (`fixed_point`), with x_i the steps since input i spiked (0: in this one), y_j the steps since
neuron j fired, both counted up to `last` = 2^trace_bits - 1, which stands for no trace:

    j fires, x_i < last                     w_ij <- w_ij + (rest up   >> rise + (x_i >> half_life))
    j fires, x_i = last                     w_ij <- w_ij - (rest down >> idle)             only if `idle` is given
    j rests, input i spikes, y_j < last     w_ij <- w_ij - (rest down >> fall + (y_j >> half_life))

then w_ij is cut to w_min ... w_max. Hard bounds: both rests are w_max - w_min. Soft bounds: w_max - w_ij upwards and
w_ij - w_min downwards; a weight then stands still where its rest is shifted to nothing. So a change halves for every
2^half_life steps between the two spikes, only the nearest two of them count, and there is neither a multiplication nor a
table. A neuron that fires in the step of an input follows it.

Source: the pair rule of document 003 (soft bounds, a window of some steps) in the fewest gates; halving by shifts and `idle`
(depression of inputs that had no part in a spike, as in Querlioz et al., IEEE Trans. Nanotechnol. 12:288, 2013) are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numba
import numpy as np

from ..errors import InputError, nearest
from .fixed_point import EXACT, FixedPointLayer, check_weights, one, raster, step

BOUNDS = ("soft", "hard")
LIMITS = {"rise": (0, 31), "fall": (0, 31), "idle": (0, 31), "half_life": (0, 8), "trace_bits": (1, 8)}
MOST_SHIFT = 63  # of an int64; nothing is left after it


class Rule(NamedTuple):
    """The numbers as the kernel takes them; idle is -1 where there is none."""

    rise: int
    fall: int
    idle: int
    half_life: int
    last: int
    soft: bool
    w_min: int
    w_max: int


@dataclass(frozen=True)
class ShiftSTDP:
    """A plasticity of shifts.

    rise, fall    shifts of the change of two spikes next to each other: 3 is an eighth
    idle          shift of the change by a neuron's spike at inputs without a trace; None: no change
    half_life     2^half_life steps halve a change
    trace_bits    of the counters x and y
    bounds        soft or hard
    w_min, w_max  whole numbers; w_max None: the largest of the layer's weight bits
    """

    rise: int = 3
    fall: int = 3
    idle: int | None = None
    half_life: int = 2
    trace_bits: int = 4
    bounds: str = "soft"
    w_min: int = 0
    w_max: int | None = None

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            if getattr(self, name) is None and name == "idle":
                continue
            object.__setattr__(self, name, one(getattr(self, name), name))
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} is {getattr(self, name)}: {least} to {most} are possible")
        if self.bounds not in BOUNDS:
            raise InputError(f"unknown bounds {self.bounds!r}{nearest(str(self.bounds), BOUNDS)}; there are soft and hard")

    @property
    def last(self) -> int:
        """The largest count, which stands for no trace."""
        return 2**self.trace_bits - 1

    def numbers(self, weight_bits: int) -> Rule:
        """For the kernel, in weights of so many bits."""
        w_max = 2 ** (weight_bits - 1) - 1 if self.w_max is None else one(self.w_max, "w_max")
        idle = -1 if self.idle is None else self.idle
        w_min = one(self.w_min, "w_min")
        return Rule(self.rise, self.fall, idle, self.half_life, self.last, self.bounds == "soft", w_min, w_max)


class Learned(NamedTuple):
    """Spikes (steps, neurons), bool; membranes after every step, int64, if they were asked; the weights at the end."""

    spikes: np.ndarray
    membranes: np.ndarray | None
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class PlasticLayer:
    """A layer, whose weights are those at the start, and how they change.

    InputError where a weight lies beyond the rule's bounds, or these beyond the weights' bits (says how many are needed).
    """

    layer: FixedPointLayer
    stdp: ShiftSTDP

    def __post_init__(self) -> None:
        w, rule = self.layer.weights, self.rule
        if not rule.w_min < rule.w_max:
            raise InputError(f"w_min = {rule.w_min} must lie below w_max = {rule.w_max}")
        check_weights(np.array([[rule.w_min, rule.w_max]]), self.layer.weight_bits)
        if w.min() < rule.w_min or w.max() > rule.w_max:
            raise InputError(f"weights from {w.min()} to {w.max()}: the rule holds them in {rule.w_min} to {rule.w_max}")
        if self.layer.inputs * max(abs(rule.w_min), rule.w_max) >= EXACT:
            raise InputError("the weights' sums are beyond 53 bits; fewer inputs or weight bits are needed")

    @property
    def rule(self) -> Rule:
        return self.stdp.numbers(self.layer.weight_bits)

    def run(self, spikes: Any, *, learn: bool = True, membranes: bool = False) -> Learned:
        """The answer to spikes (steps, inputs), each 0 or 1, from rest; without `learn` the weights stay."""
        events = raster(spikes, self.layer.inputs)
        if len(events) != 1:
            raise InputError(f"spikes of {len(events)} samples: learning goes on in one row of steps (steps, inputs)")
        one_layer = self.layer
        fired = np.zeros((events.shape[1], one_layer.neurons), bool)
        stored = np.zeros(fired.shape if membranes else (0, 0), np.int64)
        weights = one_layer.weights.copy()
        levels = one_layer.leak, one_layer.floor, one_layer.top, one_layer.thresholds, one_layer.reset, one_layer.refractory
        learn_steps(events[0], weights, levels, self.rule, learn, fired, stored)
        return Learned(fired, stored if membranes else None, weights)

    def after(self, weights: np.ndarray) -> PlasticLayer:
        """The same layer with other weights."""
        return replace(self, layer=replace(self.layer, weights=weights))


@numba.njit(cache=True, nogil=True)
def learn_steps(events, weights, levels, rule, learn, fired, stored):
    """Fill `fired`, and `stored` unless it is empty, and change the weights, from spikes (steps, inputs)."""
    leak, floor, top, threshold, reset, refractory = levels
    inputs, neurons = weights.shape
    p, wait, sums = np.full(neurons, reset), np.zeros(neurons, np.int64), np.zeros(neurons, np.int64)
    x, y = np.full(inputs, rule.last), np.full(neurons, rule.last)
    for n in range(events.shape[0]):
        sums[:] = 0
        for i in range(inputs):
            if events[n, i]:
                sums += weights[i]
        step(p, wait, sums, leak, floor, top, threshold, reset, refractory, fired[n])
        age(x, events[n], rule.last)
        age(y, fired[n], rule.last)
        if learn:
            for i in range(inputs):
                for j in range(neurons):
                    weights[i, j] = changed(weights[i, j], x[i], y[j], rule)
        if stored.size:
            stored[n] = p


@numba.njit(inline="always")
def age(count, spiked, last):
    """Steps since the last spike, of this one too."""
    for k in range(count.size):
        count[k] = 0 if spiked[k] else min(count[k] + 1, last)


@numba.njit(inline="always")
def changed(w, x, y, rule):
    """A weight after a step; x, y: steps since its input and its neuron spiked, this step counted."""
    whole = rule.w_max - rule.w_min
    up, down = (rule.w_max - w, w - rule.w_min) if rule.soft else (whole, whole)
    if y == 0 and x < rule.last:
        w += up >> min(MOST_SHIFT, rule.rise + (x >> rule.half_life))
    elif y == 0 and rule.idle >= 0:
        w -= down >> rule.idle
    elif y > 0 and x == 0 and y < rule.last:
        w -= down >> min(MOST_SHIFT, rule.fall + (y >> rule.half_life))
    return min(max(w, rule.w_min), rule.w_max)
