"""The driver of the fixed-step methods: a block of lanes stays in cache while all its steps are done."""

import numpy as np
from numba import njit

from .call import call

# Entries of the integer table `place`: addresses in X, then counts.
(X0, S, CLOCK, READY, Q, COEF, SPIKE, W_, STRIDE, SEVERAL, N_X, N_COEF, N_REC) = range(13)
N_PLACE = 13
DONE, FULL, PAUSED = 0, 1, 2
NEVER = np.iinfo(np.int64).max


@njit(cache=True)
def step_of(time, dt):
    """The first grid step that starts at or after `time`; a time within rounding of a grid point belongs to it."""
    return np.int64(np.ceil(time / dt - 1e-9)) if np.isfinite(time) else NEVER


@njit(cache=True)
def read_rows(k, dt, lanes, place, X, row, columns, first, table, gain):
    """Bring every lane of the block to its row at step k; return the step of the next change, and if any row changed."""
    following, changed = NEVER, False
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
            changed = True
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
    return following, changed


@njit(nogil=True, cache=True)
def march(
    kernels, hoists, place, X, lanes, row, clock, n_steps, dt, columns, first, table, gain, stride, signals,
    spikes_t, spikes_lane, count, pause,
):  # fmt: skip
    """Advance one block to step n_steps (DONE), until the spike buffer is full (FULL) or to step `pause` (PAUSED).

    kernels: addresses of one step and, for short models, of several. lanes: numbers of the block's lanes. row: their
    stimulus rows (-1 at the start). clock: [step, step of the next stimulus change].
    signals: (n, N_REC, n_steps // stride + 1).
    """
    words = place[W_] // 8
    several = place[SEVERAL] if len(kernels) > 1 else 1
    flags = X.view(np.int64)[place[SPIKE] : place[SPIKE] + words * several]
    full = len(spikes_t) - place[W_] * several
    while clock[0] < n_steps:
        k = clock[0]
        if k >= pause:
            return PAUSED
        if k >= clock[1]:
            clock[1], changed = read_rows(k, dt, lanes, place, X, row, columns, first, table, gain)
            if changed:
                run_hoists(hoists, X)
        if place[N_REC] and k % stride == 0:
            record(k // stride, place, X, lanes, signals)
        until = n_steps if not place[N_REC] else min(n_steps, (k // stride + 1) * stride)
        until = min(until, min(clock[1], pause))
        while k < until and count[0] <= full:
            steps = several if k + several <= until else 1
            X[place[CLOCK]] = k
            call(kernels[0 if steps == 1 else 1], X)
            fired = 0
            for word in flags[: words * steps]:
                fired |= word
            if fired:
                for j in range(steps):
                    note_spikes((k + 1 + j) * dt, flags[words * j : words * (j + 1)], lanes, spikes_t, spikes_lane, count)
            k += steps
        clock[0] = k
        if count[0] > full and k < n_steps:
            return FULL
    if place[N_REC] and n_steps % stride == 0:
        record(n_steps // stride, place, X, lanes, signals)
    return DONE


@njit(cache=True)
def note_spikes(time, flags, lanes, spikes_t, spikes_lane, count):
    """Append the lanes whose flag byte is set; 64 flags are looked at together, then eight in one word."""
    k, n = count[0], len(lanes)
    for start in range(0, len(flags), 8):
        fired = 0
        for word in flags[start : start + 8]:
            fired |= word
        if fired == 0:
            continue
        for j in range(start, start + 8):
            word = flags[j]
            if word != 0:
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
def run_hoists(hoists, X):
    """Evaluate what depends on parameters, and on an input that is constant between breakpoints, alone."""
    for k in range(len(hoists)):
        call(hoists[k], X)
