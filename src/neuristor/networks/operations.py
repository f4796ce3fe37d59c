"""What a presented picture costs: operations and time of a layer's inference, by the way its membranes are computed.

kernel sums           every clock, every neuron: the sum of eq. 4 (document 003) over all spikes that still act, two
                      exponentials a term, as delays d_ji of every synapse ask
kernel sums, shared   the same with one delay for all: the exponentials are computed once a spike and clock
events                spiking.present: only what an input's spike touches
clocked               linear decay as a digital circuit does it: every clock the leak, and the weights of the spikes
A winner takes the layer back to rest, so that the sums begin anew with its spike.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numba import njit

from ..errors import InputError
from ..quantities import one_number
from .encoding import SpikeList
from .membranes import LINEAR_LEAK, SPIKE_RESPONSE, Membrane
from .spiking import FLAGS, present
from .unsupervised import TESTING, UnsupervisedNetwork

REPEATS = 3  # measurements of a time, of which the shortest counts


@dataclass(frozen=True)
class Cost:
    """Mean over pictures: operations, weights read, seconds of computing on one core, spikes of the layer."""

    method: str
    additions: float
    multiplications: float
    exponentials: float
    comparisons: float
    reads: float
    seconds: float
    spikes: float

    @property
    def operations(self) -> float:
        return self.additions + self.multiplications + self.exponentials + self.comparisons


@njit(cache=True, nogil=True, fastmath=FLAGS)
def add_responses(p, ages, inputs, weights, delays, m):
    """p += w PSP(age - delay) for every spike; `delays` (neurons,), or empty: none."""
    for s in range(ages.size):
        row = weights[inputs[s]]
        if delays.size:
            for j in range(p.size):
                age = ages[s] - delays[j]
                p[j] += row[j] * (exp(-age * m.rate_m) - exp(-age * m.rate_s))
        else:
            response = exp(-ages[s] * m.rate_m) - exp(-ages[s] * m.rate_s)
            for j in range(p.size):
                p[j] += row[j] * response


@njit(cache=True, nogil=True)
def sum_kernels(times, inputs, duration, dt, weights, threshold, delays, m):
    """Clocked spike response layer; (spikes, terms, refractory terms, clocks)."""
    p = np.zeros(threshold.size)
    first = last = spikes = terms = own = 0
    winner, fired = -1, 0.0
    clocks = int(np.rint(duration / dt))
    for k in range(1, clocks + 1):
        t = k * dt
        while last < times.size and times[last] <= t:
            last += 1
        p[:] = 0.0
        add_responses(p, t - times[first:last], inputs[first:last], weights, delays, m)
        terms += last - first
        if winner >= 0:
            own += 1
            p[winner] -= threshold[winner] * exp(-(t - fired) * m.rate_r)
        best = np.argmax(p - threshold)
        if p[best] >= threshold[best]:
            winner, fired, first = int(best), t, last
            spikes += 1
    return spikes, terms, own, clocks


@njit(cache=True, nogil=True)
def count_down(times, inputs, duration, dt, weights, threshold, m):
    """Clocked layer of linear decay; (spikes, clocks)."""
    p = np.zeros(threshold.size)
    last = spikes = 0
    clocks = int(np.rint(duration / dt))
    winner, free = -1, 0.0
    for k in range(1, clocks + 1):
        t = k * dt
        while last < times.size and times[last] <= t:
            row = weights[inputs[last]]
            for j in range(p.size):
                p[j] += row[j]
            last += 1
        for j in range(p.size):
            p[j] = max(p[j] - m.leak * dt, m.v_min)
        if winner >= 0 and t < free:
            p[winner] = m.v_reset
        best = np.argmax(p - threshold)
        if p[best] >= threshold[best]:
            p[:] = 0.0
            winner, free = int(best), t + m.t_ref
            spikes += 1
    return spikes, clocks


def operations(network: UnsupervisedNetwork, x: Any, dt: Any = "1 ms", *, literal: bool = True) -> tuple[Cost, ...]:
    """Costs of showing these pictures to a network whose winner takes all, one entry a method; `dt` is the clock.

    Without `literal` the slow kernel sums of every synapse are left out.
    """
    membrane, _, competition = network.numbers
    if not competition.winner_takes_all or membrane.kind not in (SPIKE_RESPONSE, LINEAR_LEAK):
        raise InputError("operations are counted where the winner takes all, of the spike response and of linear decay")
    clock = one_number(dt, "s", "operations: dt")
    shown = [network.spikes_of(one, k, TESTING, 0) for k, one in enumerate(network.samples(x))]
    if membrane.kind == SPIKE_RESPONSE:
        sums = [by_sums(network, membrane, shown, clock, each) for each in ((True, False) if literal else (False,))]
        return *sums, by_events(network, membrane, shown)
    return by_clock(network, membrane, shown, clock), by_events(network, membrane, shown)


def by_sums(network: UnsupervisedNetwork, m: Membrane, shown: list[SpikeList], dt: float, literal: bool) -> Cost:
    threshold, delays = m.v_th + network.theta, np.zeros(network.neurons if literal else 0)

    def run(one: SpikeList) -> Any:
        return sum_kernels(one.times, one.inputs, one.duration, dt, network.weights, threshold, delays, m)

    (spikes, terms, own, clocks), seconds = measured(run, shown)
    n = network.neurons
    responses = terms * (n if literal else 1)  # each two exponentials and their difference
    name = "kernel sums" if literal else "kernel sums, shared"
    additions, products = responses + terms * n + own, terms * n + own
    return Cost(name, additions, products, 2 * responses + own, clocks * n, terms * n, seconds, spikes)


def by_clock(network: UnsupervisedNetwork, m: Membrane, shown: list[SpikeList], dt: float) -> Cost:
    threshold = m.v_th + network.theta

    def run(one: SpikeList) -> Any:
        return count_down(one.times, one.inputs, one.duration, dt, network.weights, threshold, m)

    (spikes, clocks), seconds = measured(run, shown)
    n, events = network.neurons, float(np.mean([one.times.size for one in shown]))
    return Cost("clocked", (events + clocks) * n, 0.0, 0.0, 2 * clocks * n, events * n, seconds, spikes)


def by_events(network: UnsupervisedNetwork, m: Membrane, shown: list[SpikeList]) -> Cost:
    """A spike response neuron takes three decays, two additions and a bound (3 products, 2 sums, 3 comparisons)."""
    (layer, marks), (membrane, rule, competition) = network.room(), network.numbers

    def run(one: SpikeList) -> Any:
        state = one.times, one.inputs, one.duration, network.weights, network.theta, layer
        return present(*state, membrane, competition, rule, marks, False), layer.tally[1]

    (spikes, bounds), seconds = measured(run, shown)
    n, events = network.neurons, float(np.mean([one.times.size for one in shown]))
    if m.kind == SPIKE_RESPONSE:
        located = 5 * bounds  # exponentials, and as many products
        exponentials = 3 * (events + 2 * spikes) + located
        counted = 4 * events * n + 2 * bounds, 6 * events * n + located, exponentials, 3 * (events * n + bounds)
        return Cost("events", *counted, events * n, seconds, spikes)
    return Cost("events", 2 * events * n, events, 0.0, 3 * events * n, events * n, seconds, spikes)


def measured(run: Callable[[SpikeList], Any], shown: list[SpikeList]) -> tuple[list[float], float]:
    """Means of what `run` returns, and its shortest mean time; the first call, which may compile, is not timed."""
    run(shown[0])
    times = []
    for _ in range(REPEATS):
        begun = time.thread_time()
        found = [run(one) for one in shown]
        times.append((time.thread_time() - begun) / len(shown))
    return np.mean(found, axis=0).tolist(), min(times)
