"""What a neuron answers to a constant current, as a curve: the time of its first spike, or its spikes in a window.

An array that is read with constant voltages gives constant currents, so that a neuron's answer is a function of one number.
Every distinct neuron is simulated on a grid of currents, refined where the curve asks for it, and interpolated in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from scipy.interpolate import CubicSpline, PchipInterpolator, PPoly

from ..errors import InputError
from ..quantities import show
from .population import Population

INF = np.inf
TOLERANCE = 1e-6  # relative, of the answer between the nodes
FIRST, MOST = 17, 1025  # nodes to begin with, and at most
TRIED, BITS = 31, 34  # currents tried at once in the search for the least that fires; its precision: 2^-34 of the range
FALLS = 1e-5  # relative: an answer that falls by more with rising current is not monotone
SLACK = 1e-5  # of the deadline: how much longer first spikes are waited for, so that that of `low` is among them
NARROWEST = 1e-5  # cell that is divided no further
BEND = 8.0  # how much closer nodes lie at the least current
INVERSE = 20_001  # points of the inverse curve


@dataclass(frozen=True)
class Response:
    """Answers y of `size` neurons to constant currents i: deadline / (first spike), or fractional count of spikes.

    y(i) is 0 below `low`, 1 at `low`, where the first spike comes at the deadline, and rises up to `high`, beyond which
    the input saturates. Between: cubic in r over `nodes`, i = low + (high - low) r (1 + BEND r) / (1 + BEND).

    low      (size,) A, inf for a neuron that does not fire;  high: A;  nodes: (n,) in [0, 1]
    cubic    (size, n - 1, 4) coefficients, lowest power first
    error    largest relative difference from the simulation at a third of every cell, where nothing was fitted; cells
             narrower than NARROWEST, where a spike hangs on the last digits of the current, are left out
    """

    quantity: str
    deadline: float
    low: np.ndarray
    high: float
    nodes: np.ndarray
    cubic: np.ndarray
    error: float

    def __call__(self, currents: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """y of currents (..., neurons) A; which: (neurons,) rows of this response, default the only one for all."""
        flat = np.ascontiguousarray(currents, dtype=float).reshape(-1, currents.shape[-1])
        chosen = np.zeros(flat.shape[1], dtype=np.int64) if which is None else which
        return evaluated(flat, chosen, self.low, self.high, self.nodes, self.cubic).reshape(currents.shape)

    def times(self, currents: np.ndarray, which: np.ndarray | None = None) -> np.ndarray:
        """Time of the first spike (s), inf if it comes after the deadline or never."""
        with np.errstate(divide="ignore"):
            return self.deadline / self(currents, which)

    @cached_property
    def inverse(self) -> tuple[np.ndarray, np.ndarray]:
        """y, rising, and the currents (A) that give it, of the first neuron."""
        r = np.linspace(0.0, 1.0, INVERSE)
        i = currents_at(r, self.low[:1], self.high)[0]
        return np.maximum.accumulate(self(i[:, None])[:, 0]), i

    def current_of(self, y: np.ndarray) -> np.ndarray:
        """The current (A) that gives y by the first neuron's curve; 0 where y is below 1."""
        return np.interp(y, *self.inverse, left=0.0)


@njit(cache=True)
def evaluated(currents, which, low, high, nodes, cubic):
    found = np.zeros(currents.shape)
    last = len(nodes) - 2
    for b in range(currents.shape[1]):
        k = which[b]
        span = high - low[k]
        for a in range(currents.shape[0]):
            above = currents[a, b] - low[k]
            if not above >= 0.0:
                continue
            r = min(1.0, (np.sqrt(1.0 + 4.0 * BEND * (1.0 + BEND) * above / span) - 1.0) / (2.0 * BEND))
            cell = min(np.searchsorted(nodes, r, side="right") - 1, last)
            s = r - nodes[cell]
            c = cubic[k, cell]
            found[a, b] = c[0] + s * (c[1] + s * (c[2] + s * c[3]))
    return found


def latency_response(population: Population, deadline: float, high: float, nodes: np.ndarray | None = None) -> Response:
    """The curve of deadline / (first spike); on given nodes, or on nodes refined for these neurons."""

    def answers(currents: np.ndarray) -> np.ndarray:
        return deadline / population.first_spikes(currents, deadline * (1 + SLACK))

    return fitted("first spike", answers, population, deadline, high, nodes)


def count_response(population: Population, window: float, high: float, nodes: np.ndarray | None = None) -> Response:
    """The curve of the fractional count in the window."""

    def answers(currents: np.ndarray) -> np.ndarray:
        return population.fractional_counts(currents, window)

    return fitted("count", answers, population, window, high, nodes)


def fitted(
    quantity: str,
    answers: Callable[[np.ndarray], np.ndarray],
    population: Population,
    deadline: float,
    high: float,
    nodes: np.ndarray | None,
) -> Response:
    """Curves through what is simulated at the nodes, and their error between."""
    low = least_firing(population, deadline, high)

    def at(r: np.ndarray) -> np.ndarray:
        return answers(currents_at(r, low, high))

    nodes, y = refined(at) if nodes is None else (nodes, at(nodes))
    monotone(quantity, population, low, high, nodes, y)
    found, between = curve(nodes, y), ((2 * nodes[:-1] + nodes[1:]) / 3)[np.diff(nodes) > NARROWEST]
    error = float(misfit(found(between).T, at(between)).max())
    cubic = np.ascontiguousarray(found.c[::-1].transpose(2, 1, 0))
    return Response(quantity, deadline, low, high, nodes, cubic, error)


def refined(at: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Nodes where the curves need them: cells are halved until their middle is met."""
    nodes = np.linspace(0.0, 1.0, FIRST)
    y, unchecked = at(nodes), np.ones(FIRST - 1, dtype=bool)
    while unchecked.any() and len(nodes) < MOST:
        middle, wide = 0.5 * (nodes[1:] + nodes[:-1])[unchecked], np.diff(nodes)[unchecked] > NARROWEST
        new = at(middle)
        bad = (misfit(curve(nodes, y)(middle).T, new) > TOLERANCE) & wide
        place = np.searchsorted(nodes, middle[bad])
        nodes, y = np.insert(nodes, place, middle[bad]), np.insert(y, place, new[:, bad], axis=1)
        fresh = np.isin(nodes, middle[bad])
        unchecked = fresh[1:] | fresh[:-1]
    return nodes, y


def currents_at(r: np.ndarray, low: np.ndarray, high: float) -> np.ndarray:
    """(size, n) A: places r (n,) on the curve of every neuron; those of a neuron that does not fire begin at 0."""
    start = np.where(np.isfinite(low), low, 0.0)[:, None]
    return start + (high - start) * r * (1.0 + BEND * r) / (1.0 + BEND)


def misfit(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n,) largest relative difference over the neurons, of those that fire."""
    fired = wanted > 0
    return np.where(fired, np.abs(found / np.where(fired, wanted, 1.0) - 1.0), 0.0).max(axis=0)


def curve(nodes: np.ndarray, y: np.ndarray) -> PPoly:
    """r -> (n, size): of every neuron's values (size, nodes) the smooth spline if it rises everywhere, else the one that
    keeps their order."""
    c = CubicSpline(nodes, y, axis=1).c
    h = np.diff(nodes)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        turn = np.clip(np.nan_to_num(-c[1] / (3 * c[0])), 0.0, h)
    slopes = [c[2] + s * (2 * c[1] + 3 * c[0] * s) for s in (0.0, h, turn)]
    waves = np.min(slopes, axis=(0, 1)) <= 0
    if waves.any():
        c[:, :, waves] = PchipInterpolator(nodes, y[waves], axis=1).c
    return PPoly(c, nodes)


def monotone(quantity: str, population: Population, low: np.ndarray, high: float, nodes: np.ndarray, y: np.ndarray) -> None:
    """InputError where an answer falls as the current rises: then no read-out can tell a large current from a small."""
    falls = np.diff(y, axis=1) < -FALLS * y[:, :-1]
    if np.any(falls[np.isfinite(low)]):
        k, cell = np.argwhere(falls & np.isfinite(low)[:, None])[0]
        at = currents_at(nodes, low, high)[k, cell]
        subject = population.subject
        told = f"the {quantity} of {subject.name} gets worse as the current rises beyond {show(at, subject.input_unit)}"
        raise InputError(f"{told}: keep the currents below (full_current, headroom)")


def least_firing(population: Population, deadline: float, high: float) -> np.ndarray:
    """(size,) A: the least constant current from 0 to `high` at which a spike comes by the deadline; inf if none does."""
    bottom, top = np.zeros(population.size), np.full(population.size, high)
    dead = ~fires(population, top[:, None], deadline)[:, 0]
    always = fires(population, bottom[:, None], deadline)[:, 0]
    inner = 1 if population.changes else TRIED  # many neurons: one by one is least work
    for _ in range(int(np.ceil(BITS / np.log2(inner + 1)))):
        tried = bottom[:, None] + (top - bottom)[:, None] * np.linspace(0.0, 1.0, inner + 2)
        fired = fires(population, tried[:, 1:-1], deadline)
        first = np.argmax(np.column_stack([fired, np.ones(len(fired), dtype=bool)]), axis=1) + 1
        rows = np.arange(population.size)
        bottom, top = tried[rows, first - 1], tried[rows, first]
    return np.where(dead, INF, np.where(always, 0.0, top))


def fires(population: Population, currents: np.ndarray, deadline: float) -> np.ndarray:
    """(size, n) whether a spike comes by the deadline."""
    which = np.repeat(np.arange(population.size), currents.shape[1])
    return np.isfinite(population.first(which, currents.ravel(), deadline)).reshape(currents.shape)
