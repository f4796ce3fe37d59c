"""A layer of spiking neurons between events, exactly: only inputs that fire are touched, crossings are located.

Spike response (neurons/spike_response.py): u_m and u_s step by the weight, u_m, u_s and r decay; the crossing of
u_m - u_s + r with the threshold lies between events and is found there. Linear decay (neurons/linear_leak.py) and LIF
rise only by an input's spike and fire with it; inputs of one moment act together, and of several neurons above
threshold the one farthest above fires first.
A spike inhibits all other neurons: by a fixed amount (off P; off r in the spike response, whose inhibition thus decays
as its refractoriness), or, if infinite, it takes every neuron of the layer back to rest: winner takes all.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np
from numba import njit

from .membranes import LINEAR_LEAK, SPIKE_RESPONSE
from .plasticity import forget, on_input, on_spike

FLAGS = {"contract", "nsz", "nnan"}  # fused multiply-add; potentials are finite
FINEST = 1e-12  # s: to which a crossing is located
MOST_SPIKES = 20000  # of a layer in one showing


class Layer(NamedTuple):
    """State of a layer: potentials (3, neurons), decay factors of them (3,), and when a neuron counts again (s).

    The rows are u_m, u_s, r of the spike response; else P and the level that a refractory neuron keeps.
    """

    potentials: np.ndarray
    factors: np.ndarray
    threshold: np.ndarray
    free: np.ndarray
    times: np.ndarray  # its spikes of this showing
    neurons: np.ndarray
    tally: np.ndarray  # how many of them, and how often a crossing's bound was evaluated


class Competition(NamedTuple):
    """How neurons keep each other down, in membranes.UNIT."""

    inhibition: float
    winner_takes_all: bool  # infinite inhibition
    theta_plus: float  # a spike's rise of the own threshold while learning


def layer_of(neurons: int, dtype: np.dtype) -> Layer:
    """Room for the state of a layer."""
    room = np.zeros((3, neurons), dtype), np.ones(3, dtype), np.zeros(neurons, dtype), np.zeros(neurons)
    return Layer(*room, np.zeros(MOST_SPIKES), np.zeros(MOST_SPIKES, np.int32), np.zeros(2, np.int64))


@njit(inline="always")
def pass_time(factors, gap, m):
    """Decay factors of a gap; of linear decay the loss and the floor."""
    if m.kind == LINEAR_LEAK:
        factors[0], factors[1] = m.leak * gap, m.v_min
        return
    factors[0] = exp(-gap * m.rate_m)
    if m.kind == SPIKE_RESPONSE:
        factors[1] = exp(-gap * m.rate_s)
        factors[2] = exp(-gap * m.rate_r)


@njit(cache=True, nogil=True, fastmath=FLAGS)
def decay(u, factors):
    """A gap without input."""
    em, es, er = factors[0], factors[1], factors[2]
    for j in range(u.shape[1]):
        u[0, j] *= em
        u[1, j] *= es
        u[2, j] *= er


@njit(cache=True, nogil=True, fastmath=FLAGS)
def respond(u, factors, row):
    """A gap, then a spike through the weights `row`, in the spike response model."""
    em, es, er = factors[0], factors[1], factors[2]
    for j in range(row.size):
        u[0, j] = u[0, j] * em + row[j]
        u[1, j] = u[1, j] * es + row[j]
        u[2, j] = u[2, j] * er


@njit(cache=True, nogil=True, fastmath=FLAGS)
def leak_linearly(p, factors, row):
    """A gap, then a spike, in linear decay, never below the floor."""
    lost, least = factors[0], factors[1]
    for j in range(row.size):
        p[j] = max(max(p[j] - lost, least) + row[j], least)


@njit(cache=True, nogil=True, fastmath=FLAGS)
def leak_to_rest(p, factors, row):
    """A gap, then a spike, in the LIF neuron."""
    kept = factors[0]
    for j in range(row.size):
        p[j] = p[j] * kept + row[j]


@njit(cache=True, nogil=True)
def hold(layer, row, now, t, m):
    """Mends what a gap and a spike did to neurons that were refractory: they keep their level until they are free."""
    p, k = layer.potentials[0], layer.tally[0] - 1
    while k >= 0 and layer.times[k] + m.t_ref > now:
        j = layer.neurons[k]
        kept, since = layer.potentials[1, j], t - layer.free[j]
        if since < 0.0:
            p[j] = kept
        elif m.kind == LINEAR_LEAK:
            p[j] = max(max(kept - m.leak * since, m.v_min) + row[j], m.v_min)
        else:
            p[j] = kept * exp(-m.rate_m * since) + row[j]
        k -= 1


@njit(inline="always")
def highest(u_m, u_s, r, em, es, er):
    """A bound of P in a gap: each of its parts decays towards 0, so that its most is at one end; r is never positive."""
    return max(u_m, u_m * em) - min(u_s, u_s * es) + r * er


@njit(cache=True, nogil=True, fastmath=FLAGS)
def may_cross(u, factors, threshold):
    """How many neurons could cross in a gap."""
    em, es, er = factors[0], factors[1], factors[2]
    near = 0
    for j in range(threshold.size):
        near += highest(u[0, j], u[1, j], u[2, j], em, es, er) >= threshold[j]
    return near


@njit(cache=True, nogil=True, fastmath=FLAGS)
def above(p, threshold):
    n = 0
    for j in range(threshold.size):
        n += p[j] >= threshold[j]
    return n


@njit(cache=True, nogil=True, error_model="numpy")
def first_crossing(u_m, u_s, r, v_th, gap, m):
    """When P first reaches the threshold within the gap (s), or -1; and how many bounds were evaluated.

    Halves the interval from the left wherever the bound `highest` leaves a crossing possible.
    """
    low, width, bounds = 0.0, gap, 0
    while True:
        bounds += 1
        high = low + width
        p_m, p_s = u_m * exp(-m.rate_m * low), u_s * exp(-m.rate_s * low)
        em, es = exp(-m.rate_m * width), exp(-m.rate_s * width)
        bound = highest(p_m, p_s, r, em, es, exp(-m.rate_r * high))
        if bound < v_th:
            low = high
            if low >= gap * (1.0 - 1e-15):
                return -1.0, bounds
            place = np.int64(np.rint(low / width))
            while place % 2 == 0 and width < gap:
                width *= 2.0
                place //= 2
        elif width <= FINEST:
            return high, bounds
        else:
            width *= 0.5


@njit(cache=True, nogil=True)
def next_winner(layer, m, gap):
    """The neuron that crosses first within the gap, and when; (-1, gap) if none does."""
    u, winner, first = layer.potentials, -1, gap
    pass_time(layer.factors, gap, m)
    em, es, er = layer.factors[0], layer.factors[1], layer.factors[2]
    for j in range(layer.threshold.size):
        v_th = layer.threshold[j]
        if highest(u[0, j], u[1, j], u[2, j], em, es, er) >= v_th:
            at, bounds = first_crossing(float(u[0, j]), float(u[1, j]), float(u[2, j]), float(v_th), first, m)
            layer.tally[1] += bounds
            if at >= 0.0 and (at < first or winner < 0):
                winner, first = j, at
    if winner >= 0:
        pass_time(layer.factors, first, m)
    return winner, first


@njit(cache=True, nogil=True)
def fire(layer, winner, t, m, c):
    """A neuron's spike: its own reset, the inhibition of the others, the record."""
    u = layer.potentials
    spike_response = m.kind == SPIKE_RESPONSE
    if c.winner_takes_all:
        u[:] = 0.0
    elif c.inhibition > 0.0:
        row = 2 if spike_response else 0
        for j in range(u.shape[1]):
            if j != winner and (spike_response or t >= layer.free[j]):
                u[row, j] -= c.inhibition
                if m.kind == LINEAR_LEAK:
                    u[row, j] = max(u[row, j], m.v_min)
    if spike_response:
        u[2, winner] -= layer.threshold[winner]
    else:
        u[:2, winner] = m.v_reset
        layer.free[winner] = t + m.t_ref
    if layer.tally[0] < layer.times.size:
        layer.times[layer.tally[0]] = t
        layer.neurons[layer.tally[0]] = winner
        layer.tally[0] += 1


@njit(cache=True, nogil=True)
def learn(layer, weights, winner, t, m, c, rule, marks, theta):
    """What a neuron's spike changes for good: its weights and its threshold."""
    on_spike(weights, winner, t, marks, rule)
    theta[winner] += c.theta_plus
    layer.threshold[winner] = m.v_th + theta[winner]


@njit(cache=True, nogil=True)
def race(layer, weights, theta, now, until, m, c, rule, marks, learning):
    """Spike response neurons from one event to the next: every crossing in between; the time of the last, or `now`.

    Leaves the decay factors of the rest of the gap.
    """
    while layer.tally[0] < layer.times.size:
        winner, first = next_winner(layer, m, until - now)
        if winner < 0:
            break
        decay(layer.potentials, layer.factors)
        now += first
        fire(layer, winner, now, m, c)
        if learning:
            learn(layer, weights, winner, now, m, c, rule, marks, theta)
    return now


@njit(cache=True, nogil=True)
def volley(layer, weights, theta, t, m, c, rule, marks, learning):
    """Linear decay or LIF: the neurons above threshold fire, the farthest above first."""
    p = layer.potentials[0]
    while layer.tally[0] < layer.times.size and above(p, layer.threshold) > 0:
        winner = np.argmax(p - layer.threshold)
        fire(layer, winner, t, m, c)
        if learning:
            learn(layer, weights, winner, t, m, c, rule, marks, theta)


@njit(cache=True, nogil=True)
def start(layer, theta, m):
    """All at rest."""
    layer.potentials[:] = 0.0
    layer.free[:] = 0.0
    layer.tally[:] = 0
    for j in range(theta.size):
        layer.threshold[j] = m.v_th + theta[j]


@njit(cache=True, nogil=True)
def present(times, inputs, duration, weights, theta, layer, m, c, rule, marks, learning):
    """Show a list of input spikes to a layer at rest; weights and theta change while learning. Returns its spikes."""
    start(layer, theta, m)
    forget(marks)
    u, factors, threshold, tally = layer.potentials, layer.factors, layer.threshold, layer.tally
    now = 0.0
    for k in range(times.size):
        t, i = times[k], inputs[k]
        pass_time(factors, t - now, m)
        if m.kind == SPIKE_RESPONSE:
            if may_cross(u, factors, threshold) > 0:
                race(layer, weights, theta, now, t, m, c, rule, marks, learning)
            respond(u, factors, weights[i])
        elif m.kind == LINEAR_LEAK:
            leak_linearly(u[0], factors, weights[i])
        else:
            leak_to_rest(u[0], factors, weights[i])
        if m.kind != SPIKE_RESPONSE and tally[0] > 0 and now < layer.times[tally[0] - 1] + m.t_ref:
            hold(layer, weights[i], now, t, m)
        now = t
        if learning:
            on_input(weights, i, t, marks, rule)
        together = k + 1 < times.size and times[k + 1] == t
        if m.kind != SPIKE_RESPONSE and not together and above(u[0], threshold) > 0:
            volley(layer, weights, theta, t, m, c, rule, marks, learning)
    if m.kind == SPIKE_RESPONSE:
        race(layer, weights, theta, now, duration, m, c, rule, marks, learning)
    return layer.tally[0]


@njit(cache=True, nogil=True)
def normalise(weights, which, total, most):
    """Scale the weights of these neurons to the sum `total`, none above `most`: Diehl & Cook 2015, after every picture."""
    for j in which:
        whole = np.sum(weights[:, j])
        ratio = total / whole if whole > 0.0 else 1.0
        for i in range(weights.shape[0]):
            weights[i, j] = min(weights[i, j] * ratio, most)
