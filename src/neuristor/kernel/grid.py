"""The driver of the fixed-step methods: a block of lanes stays in cache while all its steps are done."""

import numpy as np
from numba import njit

from .call import call

# Entries of the integer table `place`: addresses in X, then counts.
(X0, S, CLOCK, READY, Q, COEF, SPIKE, W_, STRIDE, N_X, N_COEF, N_REC) = range(12)
N_PLACE = 12
DONE, FULL, PAUSED = 0, 1, 2
NEVER = np.iinfo(np.int64).max


@njit(cache=True)
def step_of(time, dt):
    """The first grid step that starts at or after `time`; a time within rounding of a grid point belongs to it."""
    return np.int64(np.ceil(time / dt - 1e-9)) if np.isfinite(time) else NEVER


@njit(cache=True)
def read_rows(k, dt, lanes, place, X, row, columns, first, table, gain):
    """Bring every lane of the block to the stimulus row valid at step k; return the step of the next change."""
    following = NEVER
    for w in range(len(lanes)):
        lane = lanes[w]
        end = first[table[lane] + 1]
        area, moved = 0.0, row[w] < 0
        if moved:
            row[w] = first[table[lane]]
            area = columns[1, row[w]]
        while row[w] + 1 < end and step_of(columns[0, row[w] + 1], dt) <= k:
            row[w] += 1
            area += columns[1, row[w]]
            moved = True
        if moved:
            for c in range(place[N_COEF]):
                is_rate = (c == 6) | (c == 9) | (c >= 12)
                X[place[COEF] + c * place[STRIDE] + w] = columns[2 + c, row[w]] * (1.0 if is_rate else gain[lane])
            if place[S] >= 0:
                X[place[S] + w] = k * dt - columns[0, row[w]]
        if place[Q] >= 0:
            X[place[Q] + w] = area * gain[lane]
            if area != 0.0:
                following = min(following, k + 1)  # the impulse lasts one step
        if row[w] + 1 < end:
            following = min(following, step_of(columns[0, row[w] + 1], dt))
    return following


@njit(nogil=True, cache=True)
def march(
    kernel, place, X, lanes, row, clock, n_steps, dt, columns, first, table, gain, stride, signals,
    spikes_t, spikes_lane, count, pause,
):  # fmt: skip
    """Advance one block to step n_steps (DONE), until the spike buffer is full (FULL) or to step `pause` (PAUSED).

    kernel: address of the step. lanes: numbers of the block's lanes. row: their stimulus rows (-1 at the start).
    clock: [step, step of the next stimulus change]. signals: (n, N_REC, n_steps // stride + 1).
    """
    W = place[W_]
    flags = X.view(np.int64)[place[SPIKE] : place[SPIKE] + (len(lanes) + 7) // 8]
    while clock[0] < n_steps:
        k = clock[0]
        if k >= pause:
            return PAUSED
        if k >= clock[1]:
            clock[1] = read_rows(k, dt, lanes, place, X, row, columns, first, table, gain)
        if place[N_REC] and k % stride == 0:
            record(k // stride, place, X, lanes, signals)
        until = n_steps if not place[N_REC] else min(n_steps, (k // stride + 1) * stride)
        until = min(until, min(clock[1], pause))
        while k < until:
            X[place[CLOCK]] = k
            call(kernel, X)
            k += 1
            fired = 0
            for word in flags:
                fired |= word
            if fired:
                note_spikes(k * dt, flags, lanes, spikes_t, spikes_lane, count)
                if count[0] + W > len(spikes_t):
                    break
        clock[0] = k
        if count[0] + W > len(spikes_t) and k < n_steps:
            return FULL
    if place[N_REC] and n_steps % stride == 0:
        record(n_steps // stride, place, X, lanes, signals)
    return DONE


@njit(cache=True)
def note_spikes(time, flags, lanes, spikes_t, spikes_lane, count):
    """Append the lanes whose flag byte is set; eight flags are looked at in one word."""
    k, n = count[0], len(lanes)
    for j, word in enumerate(flags):
        if word == 0:
            continue
        for w in range(8 * j, min(8 * j + 8, n)):
            spikes_t[k], spikes_lane[k] = time, lanes[w]
            k += word & 1
            word >>= 8
    count[0] = k


@njit(cache=True)
def record(k, place, X, lanes, signals):
    for w in range(len(lanes)):
        for r in range(place[N_REC]):
            signals[lanes[w], r, k] = X[place[X0] + place[N_PLACE + r] * place[STRIDE] + w]


@njit(cache=True)
def begin(hoists, place, X):
    """Evaluate what depends on parameters alone, and put every lane at step 0, active."""
    for k in range(len(hoists)):
        call(hoists[k], X)
    X[place[READY] : place[READY] + place[W_]] = 0.0
