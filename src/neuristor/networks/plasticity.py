"""Spike-timing-dependent plasticity: pair-based and triplet, additive to multiplicative, or by a device's update curve.

An input's spike, for every neuron that has fired:  w -= (a_minus + a3_minus x2) y1 down(w),  then x1 += 1, x2 += 1
A neuron's spike, for every input:  w += (a_plus + a3_plus y2) (x1 - offset) up(w),  then y1 += 1, y2 += 1
x1, y1, x2, y2 decay with tau_plus, tau_minus, tau_x, tau_y; where x1 < offset the second line is a depression and goes
by down(w). With `nearest` a spike sets x1 or y1 to 1 instead of adding 1. w stays in [w_min, w_max].
up(w) = (w_max - w)^mu and down(w) = (w - w_min)^mu: additive for mu = 0, multiplicative (soft bounds) for mu = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from ..errors import InputError
from ..parameters import param
from .settings import Settings, described, parameters

INF = np.inf
DIEHL = "Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015)"
PFISTER = "Pfister & Gerstner, J. Neurosci. 26:9673 (2006)"
CURVE_POINTS = 257  # samples of up and down; between them straight lines, which is exact for mu = 0 and 1


class Rule(NamedTuple):
    """A plasticity as the kernels take it; rates in 1/s."""

    a_plus: float
    a_minus: float
    a3_plus: float
    a3_minus: float
    rate_x1: float
    rate_y1: float
    rate_x2: float
    rate_y2: float
    offset: float
    kept: float  # share of x1 and y1 that outlives the next spike
    w_min: float
    w_max: float
    up: np.ndarray
    down: np.ndarray


class Traces(NamedTuple):
    """x1, x2 and the time they stand for, a row each: (3, inputs); y1, y2 likewise; neurons that have fired, how many."""

    x: np.ndarray
    y: np.ndarray
    fired: np.ndarray
    tally: np.ndarray


@dataclass(frozen=True, eq=False)
class UpdateCurve:
    """How much one pulse changes a device, against its state: what `up` and `down` are for memristors.

    From the conductances after each of a series of equal pulses, potentiating and depressing: the largest change of
    either series becomes 1, the range of conductances the range of weights.
    """

    up: np.ndarray
    down: np.ndarray

    @classmethod
    def of_pulses(cls, rising: Any, falling: Any) -> UpdateCurve:
        g_up, g_down = np.asarray(rising, float), np.asarray(falling, float)
        if min(g_up.size, g_down.size) < 3 or np.any(np.diff(g_up) < 0) or np.any(np.diff(g_down) > 0):
            raise InputError(
                "an update curve needs three or more conductances that rise with the pulses, and three that fall"
            )
        low, high = max(g_up[0], g_down[-1]), min(g_up[-1], g_down[0])
        if not low < high:
            raise InputError("an update curve: the rising and the falling conductances share no range")
        g = np.linspace(low, high, CURVE_POINTS)
        up = np.interp(g, g_up[:-1], np.diff(g_up))
        down = np.interp(g, g_down[:-1][::-1], -np.diff(g_down)[::-1])
        most = max(up.max(), down.max())
        return cls(up / most, down / most)


class Plasticity(Settings):
    """What the pair and the triplet rule share."""

    w_min = param(0.0, doc="lower bound of a weight")
    w_max = param(1.0, doc="upper bound of a weight")
    mu = param(
        1.0, bounds=(0, 1), strict=False, doc="0: additive, 1: multiplicative (Gütig et al., J. Neurosci. 23:3697, 2003)"
    )
    offset = param(0.0, bounds=(0, INF), strict=False, doc="x_tar of Diehl & Cook: trace below which a spike depresses")
    nearest = param(0, bounds=(0, 1), strict=False, doc="1: only the nearest spikes pair, 0: all do")
    tau_plus = param("20 ms", unit="s", bounds=(0, INF), doc="decay of x1", source=DIEHL)
    tau_minus = param("20 ms", unit="s", bounds=(0, INF), doc="decay of y1", source=DIEHL)

    def __init__(self, *, curve: UpdateCurve | None = None, **values: Any) -> None:
        super().__init__(**values)
        self.curve = curve
        if not self.w_min < self.w_max:
            raise InputError(f"{self.name}: w_min = {self.w_min:g} must lie below w_max = {self.w_max:g}")

    def amplitudes(self) -> tuple[float, float, float, float]:
        """a_plus, a_minus, a3_plus, a3_minus."""
        raise NotImplementedError

    def rates(self) -> tuple[float, float]:
        """Of x2 and y2, 1/s."""
        return 1.0, 1.0

    def rule(self) -> Rule:
        """For the kernels."""
        w = np.linspace(self.w_min, self.w_max, CURVE_POINTS)
        up = self.curve.up if self.curve else (self.w_max - w) ** self.mu
        down = self.curve.down if self.curve else (w - self.w_min) ** self.mu
        bounds = self.offset, 1.0 - self.nearest, self.w_min, self.w_max
        return Rule(*self.amplitudes(), 1 / self.tau_plus, 1 / self.tau_minus, *self.rates(), *bounds, up, down)

    def described(self) -> dict[str, Any]:
        """Everything the rule is made of, as JSON can hold it."""
        curve = {"up": self.curve.up.tolist(), "down": self.curve.down.tolist()} if self.curve else {}
        return {**described(self), **curve}


class PairSTDP(Plasticity):
    """Pairs of an input's and a neuron's spike: the change falls off exponentially with their distance."""

    name = "pair_stdp"
    a_plus = param(0.01, bounds=(0, INF), strict=False, doc="change by an input before a neuron", source=DIEHL)
    a_minus = param(1e-4, bounds=(0, INF), strict=False, doc="change by an input after a neuron", source=DIEHL)

    def amplitudes(self) -> tuple[float, float, float, float]:
        return self.a_plus, self.a_minus, 0.0, 0.0


class TripletSTDP(Plasticity):
    """Pairs, and triplets of two spikes of the one and one of the other side, all to all.

    Defaults: the full model fitted to visual cortex (Pfister & Gerstner 2006, table 4); additive, as fitted.
    """

    name = "triplet_stdp"
    mu = param(0.0, bounds=(0, 1), strict=False, doc="0: additive, 1: multiplicative")
    tau_plus = param("16.8 ms", unit="s", bounds=(0, INF), doc="decay of x1", source=PFISTER)
    tau_minus = param("33.7 ms", unit="s", bounds=(0, INF), doc="decay of y1", source=PFISTER)
    tau_x = param("101 ms", unit="s", bounds=(0, INF), doc="decay of x2", source=PFISTER)
    tau_y = param("125 ms", unit="s", bounds=(0, INF), doc="decay of y2", source=PFISTER)
    a_plus = param(5e-10, bounds=(0, INF), strict=False, doc="pair, input before neuron", source=PFISTER)
    a_minus = param(7e-3, bounds=(0, INF), strict=False, doc="pair, input after neuron", source=PFISTER)
    a3_plus = param(6.2e-3, bounds=(0, INF), strict=False, doc="triplet of two spikes of the neuron", source=PFISTER)
    a3_minus = param(2.3e-4, bounds=(0, INF), strict=False, doc="triplet of two spikes of the input", source=PFISTER)

    def amplitudes(self) -> tuple[float, float, float, float]:
        return self.a_plus, self.a_minus, self.a3_plus, self.a3_minus

    def rates(self) -> tuple[float, float]:
        return 1 / self.tau_x, 1 / self.tau_y


def plasticity_from(note: dict[str, Any]) -> Plasticity:
    """The rule that `Plasticity.described` tells of."""
    given = parameters(note)
    up, down = given.pop("up", None), given.pop("down", None)
    curve = UpdateCurve(np.array(up), np.array(down)) if up else None
    return {"pair_stdp": PairSTDP, "triplet_stdp": TripletSTDP}[note["name"]](curve=curve, **given)


def traces(inputs: int, neurons: int) -> Traces:
    """Nobody has fired yet."""
    return Traces(np.zeros((3, inputs)), np.zeros((3, neurons)), np.zeros(neurons, np.int64), np.zeros(1, np.int64))


@njit(cache=True, nogil=True)
def forget(marks):
    """Back to the state of `traces`."""
    marks.x[:] = 0.0
    marks.y[:] = 0.0
    marks.tally[0] = 0


@njit(inline="always")
def read_curve(curve, share):
    """`curve` at a share of its range."""
    u = min(max(share, 0.0), 1.0) * (curve.size - 1)
    k = min(np.int64(u), curve.size - 2)
    return curve[k] + (u - k) * (curve[k + 1] - curve[k])


@njit(cache=True, nogil=True, error_model="numpy")
def on_input(weights, i, t, marks, rule):
    """An input's spike: depression at the neurons that have fired, then its traces."""
    gap = t - marks.x[2, i]
    x2 = marks.x[1, i] * exp(-gap * rule.rate_x2)
    strength = rule.a_minus + rule.a3_minus * x2
    if strength > 0.0:
        per_weight = 1.0 / (rule.w_max - rule.w_min)
        for k in range(marks.tally[0]):
            j = marks.fired[k]
            y1 = marks.y[0, j] * exp((marks.y[2, j] - t) * rule.rate_y1)
            w = weights[i, j]
            fall = strength * y1 * read_curve(rule.down, (w - rule.w_min) * per_weight)
            weights[i, j] = max(w - fall, rule.w_min)
    marks.x[0, i] = marks.x[0, i] * exp(-gap * rule.rate_x1) * rule.kept + 1.0
    marks.x[1, i] = x2 + 1.0
    marks.x[2, i] = t


@njit(cache=True, nogil=True, error_model="numpy")
def on_spike(weights, j, t, marks, rule):
    """A neuron's spike: its weights follow the inputs' traces, then its own traces."""
    gap = t - marks.y[2, j]
    y2 = marks.y[1, j] * exp(-gap * rule.rate_y2)
    strength = rule.a_plus + rule.a3_plus * y2
    per_weight = 1.0 / (rule.w_max - rule.w_min)
    for i in range(weights.shape[0]):
        x1 = marks.x[0, i]
        drive = (x1 * exp((marks.x[2, i] - t) * rule.rate_x1) if x1 > 0.0 else 0.0) - rule.offset
        if drive != 0.0:
            w = weights[i, j]
            curve = rule.up if drive > 0.0 else rule.down
            w += strength * drive * read_curve(curve, (w - rule.w_min) * per_weight)
            weights[i, j] = min(max(w, rule.w_min), rule.w_max)
    if marks.y[1, j] == 0.0:
        marks.fired[marks.tally[0]] = j
        marks.tally[0] += 1
    marks.y[0, j] = marks.y[0, j] * exp(-gap * rule.rate_y1) * rule.kept + 1.0
    marks.y[1, j] = y2 + 1.0
    marks.y[2, j] = t


def weight_after(plasticity: Plasticity, w: float, inputs: Any, spikes: Any) -> float:
    """The weight of one synapse after the given spike times (s) of its input and of its neuron.

    At the same moment the input's spike comes first. The window of a pair rule: weight_after(rule, w, [0.1], [0.1 + dt]).
    """
    weights, marks, rule = np.array([[w]], float), traces(1, 1), plasticity.rule()
    before, after = np.asarray(inputs, float), np.asarray(spikes, float)
    times = np.concatenate([before, after])
    own = np.arange(times.size) >= before.size
    for k in np.argsort(times, kind="stable"):
        (on_spike if own[k] else on_input)(weights, 0, float(times[k]), marks, rule)
    return float(weights[0, 0])
