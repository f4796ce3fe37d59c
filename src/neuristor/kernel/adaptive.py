"""The driver of the adaptive methods: every lane has its own time, step and event; one trial step per loop trip.

W lanes stand in the slots of the flat array X. In each trip every slot proposes a step, the model's compiled step
kernel tries all of them at once, and each slot is judged by itself: rejected, accepted, or taken back to locate a
spike. A spike is the root of g(x(t)), found by Newton's method with the method's own step as the evaluation (so
with its full order), inside a bracket. A slot whose lane is finished takes the next lane from the queue.

Time is a pair (t, t_low) with t_low below the last place of t: a step may be far shorter than the spacing of
floating-point numbers around t, as in the upswing of an exponential neuron.
"""

import numpy as np
from numba import njit

from .call import call
from .events import cubic_root, hidden_peak

# Rows of the per-slot tables F (float64) and M (int64).
T, T_LOW, H_NEXT, H_DONE, T_ROW, T_BREAK, T_REF, LOW, HIGH, G_END = range(10)
N_F = 10
LANE, ROW, ROW_END, MODE, ARMED, FIRE, AT_LIMIT, SAMPLE, ITERATION, TODO, SAME, TRIALS = range(12)
N_M = 12
NORMAL, LOCATE, SAMPLING = range(3)
RESET, KICK = 1, 2
# Entries of the integer table `place`: addresses in X, then counts and switches.
(X0, X1, XR, XK, ERR, G0, GD0, G1, GD1, GR, GK, H, S, ACTIVE, Q, COEF, PARAM, SAVE,
 N_X, N_ALL, N_COEF, N_PARAM, W_, HAS_RESET, T_REF_AT, T_REF_STEP, ORDER, N_REC) = range(28)  # fmt: skip
N_PLACE = 28
# Why a lane stopped early; index of REASONS.
NOT_FINITE, UNDERFLOW, RUNAWAY, ENDLESS = 1, 2, 3, 4
# Steps that a lane may take: so many, and so many more for every time scale of the neuron and every row of its stimulus.
MOST, MOST_A_SCALE, MOST_A_ROW = 10**7, 10**5, 100
REASONS = {
    NOT_FINITE: "the state is no longer a finite number",
    UNDERFLOW: "the step fell below the resolution of time: the tolerance cannot be met",
    RUNAWAY: "a spike leaves the neuron above its threshold, so it would fire again without end",
    ENDLESS: "ten million steps, and a hundred thousand for each of its time scales, were not enough: it moves too fast",
}
# Results of `advance`.
DONE, FULL, PAUSED = 0, 1, 2


@njit(cache=True)
def load_row(w, place, X, F, M, columns, gain):
    """Read the stimulus row of slot w into X, scaled by the lane's gain; return whether it brings an impulse."""
    row, W = M[ROW, w], place[W_]
    F[T_ROW, w] = columns[0, row]
    F[T_BREAK, w] = columns[0, row + 1] if row + 1 < M[ROW_END, w] else np.inf
    factor = gain[M[LANE, w]]
    for k in range(place[N_COEF]):
        value = columns[2 + k, row]
        is_rate = (k == 6) | (k == 9) | (k >= 12)  # k1, k2, w, phi are not amplitudes
        X[place[COEF] + k * W + w] = value if is_rate else value * factor
    X[place[Q] + w] = columns[1, row] * factor
    return X[place[Q] + w] != 0.0


@njit(cache=True)
def load_lane(w, lane, place, X, F, M, lanes, columns, first, table, gain, h_start):
    """Put a lane into slot w at t = 0."""
    W = place[W_]
    M[:, w] = 0
    F[:, w] = 0.0
    M[LANE, w] = lane
    M[ROW, w], M[ROW_END, w] = first[table[lane]], first[table[lane] + 1]
    F[H_NEXT, w], F[T_REF, w] = h_start, np.inf
    for j in range(place[N_ALL]):
        X[place[X0] + j * W + w] = lanes[j, lane]
    for j in range(place[N_PARAM]):
        X[place[PARAM] + j * W + w] = lanes[place[N_ALL] + j, lane]
    X[place[ACTIVE] + w] = 1.0
    load_row(w, place, X, F, M, columns, gain)
    M[TODO, w] = KICK


@njit(cache=True)
def propose(w, place, X, F, M, stop, sample_times):
    """Write the trial step of slot w."""
    if M[LANE, w] < 0:
        X[place[H] + w] = 0.0
        return
    if M[MODE, w] == NORMAL:
        limit = min(min(F[T_BREAK, w], F[T_REF, w]), stop)
        left = (limit - F[T, w]) - F[T_LOW, w]
        M[AT_LIMIT, w] = F[H_NEXT, w] >= left * (1.0 - 1e-9)
        F[H_DONE, w] = left if M[AT_LIMIT, w] else F[H_NEXT, w]
        X[place[H] + w] = F[H_DONE, w]
    elif M[MODE, w] == SAMPLING:
        X[place[H] + w] = (sample_times[M[SAMPLE, w]] - F[T, w]) - F[T_LOW, w]
    X[place[S] + w] = (F[T, w] - F[T_ROW, w]) + F[T_LOW, w]


@njit(cache=True)
def judge(w, place, X, F, M, stop, most):
    """Accept, reject or take back the trial step of slot w, one of `most`; return (step is final, reason of failure)."""
    M[TRIALS, w] += 1
    if M[TRIALS, w] > most:
        return False, ENDLESS
    h, error = X[place[H] + w], X[place[ERR] + w]
    g0, gd0, g1, gd1 = X[place[G0] + w], X[place[GD0] + w], X[place[G1] + w], X[place[GD1] + w]
    finite = np.isfinite(error) and np.isfinite(g1) and np.isfinite(gd1)
    if M[MODE, w] == LOCATE:
        M[ITERATION, w] += 1
        full = F[H_DONE, w]
        if not finite or g1 >= 0:
            F[HIGH, w] = h
        else:
            F[LOW, w] = h
        shift = -g1 / gd1 if finite and gd1 > 0 else np.inf
        if abs(shift) <= 1e-12 * full or F[HIGH, w] - F[LOW, w] <= 1e-15 * full or M[ITERATION, w] > 100:
            F[H_DONE, w] = h
            M[FIRE, w], M[AT_LIMIT, w] = 1, 0
            return finite, 0 if finite else NOT_FINITE
        h += shift
        if not F[LOW, w] < h < F[HIGH, w]:
            h = 0.5 * (F[LOW, w] + F[HIGH, w])
        X[place[H] + w] = h
        return False, 0
    if not finite or error > 1.0:
        F[H_NEXT, w] = h * (max(0.1, 0.9 * error ** (-1.0 / place[ORDER])) if finite else 0.1)
        if F[H_NEXT, w] < 1e-25 * stop:
            return False, UNDERFLOW if finite else NOT_FINITE
        return False, 0
    if M[ARMED, w]:
        if g1 >= 0:
            M[MODE, w], M[ITERATION, w] = LOCATE, 0
            F[LOW, w], F[HIGH, w] = 0.0, h
            X[place[H] + w] = h * cubic_root(g0, gd0 * h, g1, gd1 * h)
            return False, 0
        if hidden_peak(g0, gd0 * h, g1, gd1 * h):
            F[H_NEXT, w] = 0.5 * h
            return False, 0
    factor = 5.0 if error < 1e-9 else min(5.0, max(0.2, 0.9 * error ** (-1.0 / place[ORDER])))
    F[H_NEXT, w] = max(F[H_NEXT, w], h * factor) if M[AT_LIMIT, w] else h * factor
    return True, 0


@njit(cache=True)
def pass_limits(w, place, X, F, M, columns, gain):
    """At a stimulus breakpoint read the next row, at the end of the refractory period wake the held states."""
    if F[T, w] >= F[T_REF, w]:
        F[T_REF, w] = np.inf
        X[place[ACTIVE] + w] = 1.0
        X[place[Q] + w] = 0.0
        M[TODO, w] |= KICK
    while F[T, w] >= F[T_BREAK, w]:
        M[ROW, w] += 1
        if load_row(w, place, X, F, M, columns, gain):
            M[TODO, w] |= KICK
            return


@njit(cache=True)
def take_step(w, place, X, F, M, stop, columns, gain):
    """Move slot w to the end of its final step; say what has to be settled there, and pass stimulus breakpoints."""
    W, h = place[W_], F[H_DONE, w]
    for j in range(place[N_ALL]):
        X[place[X0] + j * W + w] = X[place[SAVE] + j * W + w]
    if M[AT_LIMIT, w]:
        F[T, w], F[T_LOW, w] = min(min(F[T_BREAK, w], F[T_REF, w]), stop), 0.0
    else:
        y = h + F[T_LOW, w]
        t = F[T, w] + y
        F[T_LOW, w] = y - (t - F[T, w])
        F[T, w] = t
    M[MODE, w] = NORMAL
    M[SAME, w] = 0
    if M[FIRE, w]:  # to be settled before a breakpoint at this very time
        M[TODO, w] |= RESET
        return
    if not M[ARMED, w] and not place[HAS_RESET] and F[T_REF, w] == np.inf:
        M[ARMED, w] = F[G_END, w] < 0  # a neuron without reset must come back below threshold first
    pass_limits(w, place, X, F, M, columns, gain)


@njit(cache=True)
def settle(kernels, place, X, F, M, columns, gain, stop, spikes_t, spikes_lane, count, failed):
    """Carry out resets, impulses and threshold tests at the present time of each slot, until none is left."""
    W, n = place[W_], place[N_X]
    has_reset = place[HAS_RESET] != 0
    while True:
        todo = 0
        for w in range(W):
            todo |= M[TODO, w] if M[LANE, w] >= 0 else 0
        if todo == 0:
            return
        if todo & RESET:
            call(kernels[1], X)
        for w in range(W):
            if M[LANE, w] < 0 or not M[TODO, w] & RESET:
                continue
            M[TODO, w] &= ~RESET
            M[FIRE, w] = 0
            spikes_t[count[0]], spikes_lane[count[0]] = F[T, w] + F[T_LOW, w], M[LANE, w]
            count[0] += 1
            for j in range(n):
                X[place[X0] + j * W + w] = X[place[XR] + j * W + w]
            M[ARMED, w] = has_reset
            t_ref = 0.0
            if place[T_REF_AT] >= 0:
                t_ref = X[place[T_REF_AT] + w * place[T_REF_STEP]]
            if t_ref > 0.0:
                F[T_REF, w] = F[T, w] + t_ref
                X[place[ACTIVE] + w] = 0.0
                M[ARMED, w] = 0
            elif has_reset and X[place[GR] + w] >= 0:
                M[SAME, w] += 1
                M[TODO, w] = RESET
                if M[SAME, w] > 3:
                    fail(w, RUNAWAY, F, M, failed)
            if M[TODO, w] == 0:
                pass_limits(w, place, X, F, M, columns, gain)
        todo = 0
        for w in range(W):
            todo |= M[TODO, w] if M[LANE, w] >= 0 else 0
        if todo & KICK:
            call(kernels[2], X)
        for w in range(W):
            if M[LANE, w] < 0 or not M[TODO, w] & KICK or M[TODO, w] & RESET:
                continue
            M[TODO, w] &= ~KICK
            for j in range(n):
                X[place[X0] + j * W + w] = X[place[XK] + j * W + w]
            X[place[Q] + w] = 0.0
            above = X[place[GK] + w] >= 0
            if F[T_REF, w] == np.inf:
                if above and (has_reset or M[ARMED, w]):
                    M[TODO, w] |= RESET
                M[ARMED, w] = not above
            if M[TODO, w] == 0:
                pass_limits(w, place, X, F, M, columns, gain)


@njit(cache=True)
def fail(w, why, F, M, failed):
    lane = M[LANE, w]
    failed[0, lane], failed[1, lane] = why, F[T, w]
    M[LANE, w] = -1
    M[TODO, w] = 0


@njit(cache=True)
def store(w, k, start, place, X, M, signals):
    for r in range(place[N_REC]):
        signals[M[LANE, w], r, k] = X[start + place[N_PLACE + r] * place[W_] + w]


@njit(nogil=True, cache=True)
def advance(
    kernels, hoists, place, X, F, M, queue, lanes, columns, first, table, gain, stop, h_start,
    sample_times, signals, spikes_t, spikes_lane, count, failed, final, trips, most,
):  # fmt: skip
    """Run until the queue is empty (DONE), the spike buffer is full (FULL) or `trips` are used (PAUSED).

    kernels: addresses of step, reset, kick. lanes: (N_ALL + N_PARAM, n) initial state and varying parameters.
    queue: [next lane, end]. signals: (n, N_REC, n_samples). final: (N_ALL, n) state at the end. most: trial steps of a
    lane. Everything that must survive a pause lives in X, F and M.
    """
    W = place[W_]
    n_samples = len(sample_times)
    for _ in range(trips):
        if count[0] + 8 * W > len(spikes_t):  # before lanes are loaded: what a fresh one needs is done in this trip
            return FULL
        fresh = busy = False
        for w in range(W):
            if M[LANE, w] < 0 and queue[0] < queue[1]:
                load_lane(w, queue[0], place, X, F, M, lanes, columns, first, table, gain, h_start)
                queue[0] += 1
                fresh = True
            busy |= M[LANE, w] >= 0
        if not busy:
            return DONE
        if fresh:
            for k in range(len(hoists)):
                call(hoists[k], X)
            settle(kernels, place, X, F, M, columns, gain, stop, spikes_t, spikes_lane, count, failed)
            for w in range(W):
                if M[LANE, w] >= 0 and M[SAMPLE, w] == 0 and n_samples and sample_times[0] <= 0.0:
                    store(w, 0, place[X0], place, X, M, signals)
                    M[SAMPLE, w] = 1
        for w in range(W):
            propose(w, place, X, F, M, stop, sample_times)
        call(kernels[0], X)
        for w in range(W):
            if M[LANE, w] < 0:
                continue
            if M[MODE, w] == SAMPLING:
                store(w, M[SAMPLE, w], place[X1], place, X, M, signals)
                M[SAMPLE, w] += 1
            else:
                is_final, why = judge(w, place, X, F, M, stop, most)
                if why:
                    fail(w, why, F, M, failed)
                if not is_final:
                    continue
                for j in range(place[N_ALL]):
                    X[place[SAVE] + j * W + w] = X[place[X1] + j * W + w]
                F[G_END, w] = X[place[G1] + w]
            k = M[SAMPLE, w]
            ahead = (sample_times[k] - F[T, w]) - F[T_LOW, w] if k < n_samples else np.inf
            if ahead == F[H_DONE, w]:
                store(w, k, place[SAVE], place, X, M, signals)
                M[SAMPLE, w] += 1
            elif ahead < F[H_DONE, w]:
                M[MODE, w] = SAMPLING
                continue
            take_step(w, place, X, F, M, stop, columns, gain)
        settle(kernels, place, X, F, M, columns, gain, stop, spikes_t, spikes_lane, count, failed)
        for w in range(W):
            if M[LANE, w] >= 0 and M[MODE, w] == NORMAL and F[T, w] >= stop:
                for j in range(place[N_ALL]):
                    final[j, M[LANE, w]] = X[place[X0] + j * W + w]
                M[LANE, w] = -1
    return PAUSED
