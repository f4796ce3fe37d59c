"""A neuron whose only state is its charge, on any stimulus table: one pass over the rows of a lane.

dx/dt = (i(t) - leak(x)) / q, spike at x = 1. Leak (as rate, leak / q) and power are read from a table of cubics, the input
is integrated in closed form, so that a row of a ripple costs one step: Kutta's third-order method with the midpoint rule
as its error estimate. Spikes are roots of the step's Hermite cubic, the energy is Simpson's rule on the same three points.
"""

import numpy as np
from numba import njit

# Entries of the numbers of a neuron.
Q, X_START, X_RESET, HOLD, DELAY, E_SPIKE, LOW, PER_X = range(8)
N_NUMBERS = 8
WIDEST = 0.125  # of the firing charge that one step may add: the table's features are not stepped over
LEAST = 1e-15  # of the run: a step as short is taken whatever its error
SLOTS = 8  # lanes side by side
FLAGS = {"contract", "nsz", "nnan"}  # fused multiply-add; stimuli and tables are finite
THIRD, SIXTH = 1 / 3, 1 / 6


@njit(inline="always")
def place(x, numbers, cells):
    """Cell of the table that x lies in, and where in it; beyond the table its end."""
    u = min(max((x - numbers[LOW]) * numbers[PER_X], 0.0), cells)
    j = np.int64(u)
    return np.uint64(j), u - j


@njit(inline="always")
def leak_at(table, j, f):
    return table[j, 0] + f * (table[j, 1] + f * (table[j, 2] + f * table[j, 3]))


@njit(inline="always")
def power_at(table, j, f):
    return table[j, 4] + f * (table[j, 5] + f * (table[j, 6] + f * table[j, 7]))


@njit(cache=True)
def moving(row, s):
    """The part of a row (stimulus.base) that is no polynomial, at time s after its start."""
    decays = (row[6] + row[7] * s) * np.exp(-row[8] * s) + (row[9] + row[10] * s) * np.exp(-row[11] * s)
    return decays + (row[12] + row[13] * s) * np.sin(row[14] * s + row[15])


@njit(cache=True)
def moved(row, s, h):
    """Its integral over h, by Gauss's three points."""
    a = 0.3872983346207417 * h
    middle = s + 0.5 * h
    return h * (5.0 * (moving(row, middle - a) + moving(row, middle + a)) + 8.0 * moving(row, middle)) / 18.0


@njit(cache=True)
def fastest(row):
    """The longest step that resolves a row's decays and sine."""
    return 0.25 / max(max(row[8], row[11]), max(row[14], 1e-300))


@njit(cache=True)
def hermite(x0, d0, x1, d1, u):
    """The cubic with ends x0, x1 and slopes d0, d1 (per step) at u of the step."""
    a, b = d0 - (x1 - x0), (x1 - x0) - d1
    return x0 + u * (x1 - x0) + u * (1.0 - u) * (a * (1.0 - u) + b * u)


@njit(cache=True)
def crossing(x0, d0, x1, d1):
    """Where in the step the cubic first reaches 1: in (0, 1], or 2 if it does not."""
    high = 1.0
    if x1 < 1.0:
        if not (d0 > 0.0 and d1 < 0.0):
            return 2.0
        low, high = 0.0, 1.0
        for _ in range(40):  # the peak, by thirds
            a, b = low + (high - low) / 3.0, high - (high - low) / 3.0
            if hermite(x0, d0, x1, d1, a) < hermite(x0, d0, x1, d1, b):
                low = a
            else:
                high = b
        if hermite(x0, d0, x1, d1, high) < 1.0:
            return 2.0
    low = 0.0
    u = high * min(max((1.0 - x0) / (hermite(x0, d0, x1, d1, high) - x0), 0.0), 1.0)
    for _ in range(60):
        value = hermite(x0, d0, x1, d1, u) - 1.0
        if value >= 0.0:
            high = u
        else:
            low = u
        slope = (hermite(x0, d0, x1, d1, u + 1e-4) - 1.0 - value) * 1e4
        shift = -value / slope if slope > 0.0 else 2.0
        if abs(shift) < 1e-13 or high - low < 1e-15:
            break
        u += shift
        if not low < u < high:
            u = 0.5 * (low + high)
    return u


@njit(cache=True, inline="always")
def is_moving(rows, r):
    """Whether a row has decays or a sine."""
    decays = abs(rows[r, 6]) + abs(rows[r, 7]) + abs(rows[r, 9]) + abs(rows[r, 10])
    return decays + abs(rows[r, 12]) + abs(rows[r, 13]) != 0.0


@njit(cache=True, nogil=True, fastmath=FLAGS, error_model="numpy")
def run_lanes(
    rows, first, table_of, gain, numbers, table, stop, tolerance, sample_times, samples, spikes_t, spikes_lane, count,
    energy, extremes,
):  # fmt: skip
    """All lanes, `SLOTS` side by side; return False if the spike buffer is too small.

    Each trip does one step in every slot: their arithmetic is independent, so that the processor overlaps it.
    samples: (lanes, n_times) of x, filled; energy: (lanes,);
    extremes: (lanes, 2) least and largest input seen, infinite for an impulse.
    """
    cells, n_times, lanes = len(table) * (1.0 - 1e-15), len(sample_times), len(energy)
    x_reset, hold, delay, e_spike, per_q = numbers[X_RESET], numbers[HOLD], numbers[DELAY], numbers[E_SPIKE], 1 / numbers[Q]
    per_x = numbers[PER_X]
    lane, row, row_end = np.full(SLOTS, -1), np.zeros(SLOTS, np.int64), np.zeros(SLOTS, np.int64)
    t, until, wake, h_next = np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS)
    x, leak, power, joule = np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS)
    lowest, highest, sample = np.zeros(SLOTS), np.zeros(SLOTS), np.zeros(SLOTS, np.int64)
    is_full = np.zeros(SLOTS, np.bool_)
    j, f = place(numbers[X_START], numbers, cells)
    leak_start, power_start = leak_at(table, j, f), power_at(table, j, f)
    j, f = place(x_reset, numbers, cells)
    leak_reset, power_reset = leak_at(table, j, f), power_at(table, j, f)
    j, f = place(1.0, numbers, cells)
    power_end = power_at(table, j, f)
    queue, busy = 0, 1
    while queue < lanes or busy:
        busy = 0
        for w in range(SLOTS):
            if lane[w] < 0:
                if queue == lanes:
                    continue
                lane[w], row[w], row_end[w] = queue, first[table_of[queue]], first[table_of[queue] + 1]
                lowest[w], highest[w] = np.inf, -np.inf
                t[w], wake[w], joule[w], sample[w], h_next[w] = 0.0, 0.0, 0.0, 0, stop
                x[w], leak[w], power[w] = numbers[X_START], leak_start, power_start
                until[w] = stop if row[w] + 1 == row_end[w] else min(stop, rows[row[w] + 1, 0])
                is_full[w] = is_moving(rows, np.uint64(row[w]))
                queue += 1
            busy = 1
            r, n = np.uint64(row[w]), np.uint64(lane[w])
            s, a = t[w] - rows[r, 0], gain[n]
            moves = is_full[w]
            if moves:
                h_next[w] = min(h_next[w], fastest(rows[r]))
            left = until[w] - t[w]
            step = min(left, h_next[w])
            c0, c1, c2, c3 = rows[r, 2], rows[r, 3], rows[r, 4], rows[r, 5]
            d1, d2 = c1 + s * (2.0 * c2 + s * 3.0 * c3), c2 + 3.0 * c3 * s
            g = 0.5 * step
            start = c0 + s * (c1 + s * (c2 + s * c3))
            half = g * (start + g * (0.5 * d1 + g * (THIRD * d2 + g * 0.25 * c3)))
            total = step * (start + step * (0.5 * d1 + step * (THIRD * d2 + step * 0.25 * c3)))
            end = start + step * (d1 + step * (d2 + step * c3))
            if moves:
                former = moved(rows[r], s, g)
                half += former
                total += former + moved(rows[r], s + g, g)
                start += moving(rows[r], s)
                end += moving(rows[r], s + step)
            half, total, i0, i1 = half * a * per_q, total * a * per_q, start * a, end * a
            x0, leak0 = x[w], leak[w]
            j, f = place(x0 + half - g * leak0, numbers, cells)
            middle, power_middle = leak_at(table, j, f), power_at(table, j, f)
            far = x0 + total - step * (2.0 * middle - leak0)
            j, f = place(far, numbers, cells)
            fall = step * SIXTH * (leak0 + 4.0 * middle + leak_at(table, j, f))
            x1 = x0 + (total - fall)
            f += (x1 - far) * per_x
            leak1, power1 = leak_at(table, j, f), power_at(table, j, f)
            error, widest = abs(fall - step * middle), max(abs(x1 - x0), abs(half))
            rate0, rate1 = step * (i0 * per_q - leak0), step * (i1 * per_q - leak1)
            u, fired = 1.0, False
            if t[w] < wake[w]:
                ahead = min(wake[w], until[w])
                while sample[w] < n_times and sample_times[sample[w]] < ahead:
                    samples[n, sample[w]] = x0
                    sample[w] += 1
                t[w] = ahead
            elif (error > tolerance or widest > WIDEST) and step > LEAST * stop:
                wanted = 0.8 * min((tolerance / max(error, 1e-300)) ** THIRD, WIDEST / widest)
                h_next[w] = step * min(max(0.2, wanted), 0.8)
                continue
            else:
                lowest[w], highest[w] = min(lowest[w], min(i0, i1)), max(highest[w], max(i0, i1))
                if x1 >= 1.0 or (rate0 > 0.0 and rate1 < 0.0):
                    u = crossing(x0, rate0, x1, rate1)
                    fired = u <= 1.0
                while sample[w] < n_times and sample_times[sample[w]] < t[w] + min(u, 1.0) * step:
                    samples[n, sample[w]] = hermite(x0, rate0, x1, rate1, (sample_times[sample[w]] - t[w]) / step)
                    sample[w] += 1
                if fired:
                    j, f = place(hermite(x0, rate0, x1, rate1, 0.5 * u), numbers, cells)
                    joule[w] += u * step * SIXTH * (power[w] + 4.0 * power_at(table, j, f) + power_end) + e_spike
                    t[w] += u * step
                    if t[w] + delay <= stop:
                        if count[0] == len(spikes_t):
                            return False
                        spikes_t[count[0]], spikes_lane[count[0]] = t[w] + delay, n
                        count[0] += 1
                    wake[w] = t[w] + hold
                    x[w], leak[w], power[w] = x_reset, leak_reset, power_reset
                else:
                    joule[w] += step * SIXTH * (power[w] + 4.0 * power_middle + power1)
                    t[w] = until[w] if step >= left else t[w] + step
                    x[w], leak[w], power[w] = x1, leak1, power1
                    if error < 0.1 * tolerance and widest < 0.4 * WIDEST:
                        h_next[w] = max(h_next[w], 2.0 * step)
            while lane[w] >= 0 and t[w] >= until[w]:
                r = np.uint64(row[w])
                if rows[r, 1] != 0.0:
                    highest[w] = np.inf
                row[w] += 1
                if row[w] == row_end[w] or t[w] >= stop:
                    while sample[w] < n_times:
                        samples[n, sample[w]] = x[w]
                        sample[w] += 1
                    energy[n], extremes[n, 0], extremes[n, 1] = joule[w], lowest[w], highest[w]
                    lane[w] = -1
                else:
                    is_full[w] = is_moving(rows, r + np.uint64(1))
                    until[w] = stop if row[w] + 1 == row_end[w] else min(stop, rows[r + np.uint64(2), 0])
    return True
