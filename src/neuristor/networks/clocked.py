"""A layer of linear-decay neurons in whole numbers on a clock, with competition and learning: digital/fixed_point.py inside.

Spikes of a clock act together, of every input at most one. A weight counts as the nearest whole number of steps (ties
upward); what it learns is kept finer. Of several neurons above threshold the one farthest above fires first; a spike
inhibits the others as in spiking.py, at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ..digital.fixed_point import step
from .plasticity import forget, on_input
from .spiking import learn


@njit(cache=True, nogil=True)
def add_steps(sums, row, steps):
    """sums += row in whole steps."""
    for j in range(sums.size):
        sums[j] += np.floor(np.float64(row[j]) * steps + 0.5)


@njit(cache=True, nogil=True)
def level_of(v_th, m):
    """A threshold in whole steps; one beyond the largest potential is that potential: a neuron that saturates fires."""
    return min(np.int64(np.floor(v_th * m.steps + 0.5)), np.int64(m.top))


@njit(cache=True, nogil=True)
def fire_clocked(layer, p, wait, winner, t, m, c):
    """A neuron's spike: its reset, the inhibition of the others, the record."""
    if c.winner_takes_all:
        p[:] = 0
    elif c.inhibition > 0.0:
        lost = np.int64(np.floor(c.inhibition * m.steps + 0.5))
        for j in range(p.size):
            if wait[j] == 0:
                p[j] = max(p[j] - lost, np.int64(m.v_min))
    p[winner], wait[winner] = 0, np.int64(m.t_ref)
    if layer.tally[0] < layer.times.size:
        layer.times[layer.tally[0]] = t
        layer.neurons[layer.tally[0]] = winner
        layer.tally[0] += 1


@njit(cache=True, nogil=True)
def present_clocked(times, inputs, duration, weights, theta, layer, m, c, rule, marks, learning):
    """As spiking.present, in whole numbers."""
    n = theta.size
    p, wait, level = np.zeros(n, np.int64), np.zeros(n, np.int64), np.empty(n, np.int64)
    leak, never = np.full(n, np.int64(m.leak)), np.full(n, np.int64(m.top) + 1)
    sums, fired, seen = np.zeros(n), np.zeros(n, np.bool_), np.zeros(weights.shape[0], np.int64)
    layer.tally[:] = 0
    forget(marks)
    for j in range(n):
        layer.threshold[j] = m.v_th + theta[j]
        level[j] = level_of(m.v_th + theta[j], m)
    last = 0
    for k in range(1, np.int64(np.ceil(duration / m.period - 1e-9)) + 1):
        t = k * m.period
        sums[:] = 0.0
        while last < times.size and times[last] <= t:
            i = inputs[last]
            last += 1
            if seen[i] < k:
                seen[i] = k
                add_steps(sums, weights[i], m.steps)
                if learning:
                    on_input(weights, i, t, marks, rule)
        step(p, wait, sums.astype(np.int64), leak, np.int64(m.v_min), np.int64(m.top), never, 0, 0, fired)
        while layer.tally[0] < layer.times.size:
            winner = np.argmax(p - level)
            if p[winner] < level[winner]:
                break
            fire_clocked(layer, p, wait, winner, t, m, c)
            if learning:
                learn(layer, weights, winner, t, m, c, rule, marks, theta)
                level[winner] = level_of(m.v_th + theta[winner], m)
    return layer.tally[0]
