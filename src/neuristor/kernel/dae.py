"""The driver of the circuit solver: every lane has its own time, order, step and Newton state; one iteration a trip.

W lanes stand in the vector slots of the flat array X (`dae_step` has the method). In each trip all of them take one
Newton iteration; then each lane is judged by itself: iterate on, reject, or accept the step, choose order and step
size, locate threshold crossings on the interpolating polynomial, store samples, pass breakpoints of the sources. A
lane that is done is replaced by the next one of the queue at once.
"""

import numpy as np
from numba import njit

from ..stimulus.base import C0, C1, C2, C3, D0, D1, E0, E1, F0, F1, K1, K2, PHI, T0
from ..stimulus.base import W as OMEGA
from . import dae_step as s
from .dae_step import K_MAX, N_D, W

MOVING = (C1, C2, C3, D0, D1, E0, E1, F0, F1)  # columns of a source's table that make it change with time
# Rows of the per-slot tables F (float64) and M (int64, then the row of every source).
T, T_LOW, H, LIMIT_T, SLOPE, LAST_DV, LAST_H = range(7)
N_F = 7
LANE, ORDER, VALID, SINCE, ITERATION, FAILED, MODE, AT_LIMIT, SAMPLE, REJECTED, ROW = range(11)
N_M = ROW
IDLE, INITIAL, BEGIN, ITERATE = range(4)  # MODE
# Entries of `limits` (float64).
STOP, RTOL, V_SCALE, H_MAX, H_FIRST, MAX_ORDER, DAMPING, CONTRACTION, NEWTON_SHARE = range(9)  # the last: part of the
# tolerance that the Newton iteration may leave
DONE, FULL, PAUSED = range(3)
STILL, HELD, CURRENT = range(3)
NOT_FINITE, UNDERFLOW = 1, 2
REASONS = {
    NOT_FINITE: "a device current or charge is no longer a finite number",
    UNDERFLOW: "the step fell below the resolution of time: the circuit's equations have no smooth solution here",
}
MAX_ITERATIONS = 12
SAFETY = 0.65
SHORTEST = 1e-24  # of the run: a step below it is none
PATIENCE = 2  # steps between two looks at the orders next to the present one


@njit(cache=True)
def source_value(columns, row, t):
    """Value of a row of a source's table at time t (see `circuits.sources.row_value`)."""
    x = t - columns[T0, row]
    value = columns[C0, row] + x * (columns[C1, row] + x * (columns[C2, row] + x * columns[C3, row]))
    if columns[D0, row] != 0.0 or columns[D1, row] != 0.0:
        value += (columns[D0, row] + columns[D1, row] * x) * np.exp(-columns[K1, row] * x)
    fading = np.exp(-columns[K2, row] * x) if columns[K2, row] != 0.0 else 1.0
    value += (columns[E0, row] + columns[E1, row] * x) * fading
    if columns[F0, row] != 0.0 or columns[F1, row] != 0.0:
        wave = np.sin(columns[OMEGA, row] * x + columns[PHI, row])
        value += (columns[F0, row] + columns[F1, row] * x) * wave * fading
    return value


@njit(cache=True)
def set_sources(w, t, all_of_them, sources, columns, gain, X, M):
    """Write the value of every source (or of the ones that change with time) at time t into slot w.

    sources: rows of (place of the value in X, what it is: STILL for ever, or a HELD node or CURRENT that changes).
    """
    for k in range(len(sources)):
        if all_of_them or sources[k, 1] != STILL:
            X[sources[k, 0] + w] = gain[k, M[LANE, w]] * source_value(columns, M[ROW + k, w], t)


@njit(cache=True)
def changes(columns, row):
    total = 0.0
    for k in MOVING:
        total += abs(columns[k, row])
    return total != 0.0


@njit(cache=True)
def source_slope(columns, row, t):
    """Time derivative of `source_value`."""
    x = t - columns[T0, row]
    slope = columns[C1, row] + x * (2.0 * columns[C2, row] + x * 3.0 * columns[C3, row])
    if columns[D0, row] != 0.0 or columns[D1, row] != 0.0:
        rate = columns[K1, row]
        slope += (columns[D1, row] - rate * (columns[D0, row] + columns[D1, row] * x)) * np.exp(-rate * x)
    rate = columns[K2, row]
    angle = columns[OMEGA, row] * x + columns[PHI, row]
    size = columns[F0, row] + columns[F1, row] * x
    level = columns[E0, row] + columns[E1, row] * x + size * np.sin(angle)
    rise = columns[E1, row] + columns[F1, row] * np.sin(angle) + size * columns[OMEGA, row] * np.cos(angle)
    return slope + (rise - rate * level) * np.exp(-rate * x)


@njit(cache=True)
def nodes_still(w, sources, columns, M):
    """1.0 while no source of slot w moves a node that it holds."""
    for k in range(len(sources)):
        if sources[k, 1] == HELD and changes(columns, M[ROW + k, w]):
            return 0.0
    return 1.0


@njit(cache=True)
def pass_breakpoints(w, spans, columns, F, M):
    """Advance the table rows of slot w to its present time; return the time of the next row of any source.

    spans: (2, sources, lanes) first row of a source's table in `columns`, and one past its last row.
    """
    following = np.inf
    for k in range(spans.shape[1]):
        row, end = M[ROW + k, w], spans[1, k, M[LANE, w]]
        while row + 1 < end and columns[T0, row + 1] <= F[T, w]:
            row += 1
        M[ROW + k, w] = row
        if row + 1 < end:
            following = min(following, columns[T0, row + 1])
    return following


@njit(cache=True)
def load_lane(w, lane, place, sources, spans, columns, gain, initial, hoisted, hoist_at, limits, X, H_all, F, M):
    """Put a lane into slot w at t = 0: its initial x, its own device parameters, its sources."""
    M[:, w] = 0
    F[:, w] = 0.0
    M[LANE, w], M[MODE, w] = lane, INITIAL
    for k in range(len(hoist_at)):
        H_all[hoist_at[k] + w] = hoisted[k, lane]
    for i in range(initial.shape[0]):
        X[place[s.V_AT] + i * W + w] = initial[i, lane]
    for k in range(len(sources)):
        M[ROW + k, w] = spans[0, k, lane]
    set_sources(w, 0.0, True, sources, columns, gain, X, M)
    for k in range(place[s.METERS] * K_MAX):
        X[place[s.DIFF_E] + k * W + w] = 0.0
    X[place[s.STEP] + w], X[place[s.ORDER] + w], X[place[s.VALID] + w] = 1.0, 0.0, 0.0  # alpha = beta = 0
    X[place[s.TOLERANCE] + w] = 1.0 / limits[RTOL]
    F[LIMIT_T, w] = min(pass_breakpoints(w, spans, columns, F, M), limits[STOP])
    F[SLOPE, w] = limits[CONTRACTION]
    restart(w, limits, F, M)


@njit(cache=True)
def restart(w, limits, F, M):
    """Begin anew at order 1: at the start and behind every breakpoint."""
    M[ORDER, w], M[VALID, w], M[SINCE, w], M[FAILED, w] = 1, 0, 0, 0
    gap = F[LIMIT_T, w] - F[T, w]
    first = limits[H_FIRST] if F[LAST_H, w] == 0.0 else 0.1 * F[LAST_H, w]
    F[H, w] = min(first, 0.01 * gap)


@njit(cache=True)
def begin(w, place, sources, columns, gain, limits, X, F, M):
    """Set up the trial step of slot w, and the sources at its end."""
    left = (F[LIMIT_T, w] - F[T, w]) - F[T_LOW, w]
    h = min(F[H, w], limits[H_MAX])
    M[AT_LIMIT, w] = h >= left * (1.0 - 1e-9)
    if M[AT_LIMIT, w]:
        h = left
    elif h > 0.5 * left:
        h = 0.5 * left  # two equal steps rather than a sliver before the breakpoint
    F[H, w] = h
    X[place[s.STEP] + w], X[place[s.ORDER] + w], X[place[s.VALID] + w] = h, M[ORDER, w], M[VALID, w]
    end = F[LIMIT_T, w] if M[AT_LIMIT, w] else (F[T, w] + (F[T_LOW, w] + h))
    set_sources(w, end, False, sources, columns, gain, X, M)
    X[place[s.START] + w] = 1.0
    M[MODE, w], M[ITERATION, w] = ITERATE, 0


@njit(cache=True)
def converged(w, place, limits, X, F, M):
    """Whether the error that the last Newton iteration leaves is small; damping of large changes.

    Newton's error after a change dv is at most `slope` dv^2 (1/(2 n U_T) for an exponential device; learnt where a
    device is sharper). Returns (converged, no longer a number).
    """
    dv, ratio = X[place[s.VOLTS] + w], X[place[s.NEWTON] + w]
    M[ITERATION, w] += 1
    X[place[s.DAMP] + w] = 1.0
    if not (np.isfinite(dv) and np.isfinite(ratio)):
        return False, True
    if dv > limits[DAMPING] and ratio > 1e-3:  # large, and not the rounding of something larger
        X[place[s.DAMP] + w] = limits[DAMPING] / dv
        F[LAST_DV, w] = 0.0
        return False, False
    if M[ITERATION, w] > 1 and F[LAST_DV, w] > 0.0:
        seen = dv / (F[LAST_DV, w] * F[LAST_DV, w])
        if dv > 1e-12:
            F[SLOPE, w] = max(0.7 * F[SLOPE, w], min(seen, 1e6), limits[CONTRACTION])
    F[LAST_DV, w] = dv
    allowed = limits[NEWTON_SHARE] * limits[RTOL]
    return F[SLOPE, w] * dv * dv <= allowed * limits[V_SCALE] or ratio <= 1e-3 * allowed, False


@njit(cache=True)
def judge(w, place, limits, X, F, M):
    """Accept or reject the converged step of slot w; choose the next order and step size."""
    k, h = M[ORDER, w], F[H, w]
    if M[VALID, w] < k:  # the first step behind a breakpoint: only its change is known
        change = X[place[s.RATIO] + w] / (50.0 * limits[RTOL])
        if not change <= 1.0 and h > 1e-9 * limits[H_FIRST] and M[FAILED, w] < 30:
            M[FAILED, w] += 1
            F[H, w] = h * (max(0.1, 0.5 / change) if np.isfinite(change) else 0.1)
            return False
        M[FAILED, w] = 0
        F[H, w] = h * min(2.0, max(0.5, 0.7 / (change + 1e-30)))
        return True
    at = place[s.CHOICE] + w
    error, lower, same, higher = X[at], X[at + W], X[at + 2 * W], X[at + 3 * W]
    if not error <= 1.0:  # too large, or no number
        M[FAILED, w] += 1
        M[REJECTED, w] += 1
        F[H, w] = h * (max(0.15, 0.85 * same) if np.isfinite(error) else 0.15)
        if k > 1 and M[FAILED, w] > 1:
            M[ORDER, w], M[SINCE, w] = k - 1, 0
        return False
    M[FAILED, w] = 0
    best, factor = k, same
    if M[SINCE, w] >= k:
        if k > 1 and lower > factor:
            best, factor = k - 1, lower
        if k < limits[MAX_ORDER] and M[VALID, w] > k and higher > factor:
            best, factor = k + 1, higher
        M[SINCE, w] = k - PATIENCE
    if best != k:
        M[ORDER, w], M[SINCE, w] = best, -1
    factor *= SAFETY
    if factor > 1.1 or factor < 0.95:
        F[H, w] = h * min(2.0, max(0.3, factor))
    return True


@njit(cache=True)
def control_of(k, switches, w, place, X):
    """Control voltage of switch k now. switches: rows of (place of the state, control +, control -, place of the
    control voltage at the last accepted point)."""
    return X[place[s.V_AT] + switches[k, 1] * W + w] - X[place[s.V_AT] + switches[k, 2] * W + w]


@njit(cache=True)
def keep_controls(w, switches, place, X):
    """Note the control voltages of the point just accepted."""
    for k in range(len(switches)):
        X[switches[k, 3] + w] = control_of(k, switches, w, place, X)


@njit(cache=True)
def turns(k, switches, levels, value, w, X):
    """Whether switch k changes its state at this control voltage, and the level it then passes."""
    closed = X[switches[k, 0] + w] != 0.0
    level = levels[k, 1] if closed else levels[k, 0]
    return (value <= level) if closed else (value >= level), level


@njit(cache=True)
def shorten_to_switch(w, switches, levels, limits, place, X, F):
    """Where the trial step runs past the crossing of a switch, shorten it to the crossing; return whether it did."""
    fraction = 1.0
    for k in range(len(switches)):
        old, new = X[switches[k, 3] + w], control_of(k, switches, w, place, X)
        passes, level = turns(k, switches, levels, new, w, X)
        if passes and abs(new - level) > 1e-10 * limits[V_SCALE] and not turns(k, switches, levels, old, w, X)[0]:
            fraction = min(fraction, (level - old) / (new - old))
    if fraction >= 1.0 or F[H, w] < 1e-15 * limits[STOP]:
        return False
    F[H, w] *= max(fraction + 1e-11, 1e-6)
    return True


@njit(cache=True)
def turn_switches(w, switches, levels, place, X):
    """Change the state of the switches whose level is reached at the accepted point; return whether one did."""
    some = False
    for k in range(len(switches)):
        if turns(k, switches, levels, control_of(k, switches, w, place, X), w, X)[0]:
            X[switches[k, 0] + w] = 1.0 - X[switches[k, 0] + w]
            some = True
    keep_controls(w, switches, place, X)
    return some


@njit(cache=True)
def value_at(tau, i, degree, w, place, X, F):
    """Interpolating polynomial of unknown i at time tau <= 0 after the last accepted point."""
    n = place[s.N]
    value, product, shift = 0.0, 1.0, 0.0
    for j in range(degree + 1):
        value += X[place[s.DIFF_X] + (j * n + i) * W + w] * product
        product *= tau + shift
        shift += X[place[s.HISTORY] + j * W + w]
    return value


@njit(cache=True)
def held_value(source, tau, w, columns, gain, F, M):
    """Value of a source at tau after the last accepted point."""
    return gain[source, M[LANE, w]] * source_value(columns, M[ROW + source, w], F[T, w] + (F[T_LOW, w] + tau))


@njit(cache=True)
def watched(tau, d, detectors, degree, w, columns, gain, place, X, F, M):
    """Watched voltage of detector d at tau. detectors: rows of (plus, minus, source that holds plus, minus, or -1)."""
    total = 0.0
    for side in range(2):
        at = detectors[d, side]
        sign = 1.0 - 2.0 * side
        if at < place[s.N]:
            total += sign * value_at(tau, at, degree, w, place, X, F)
        elif detectors[d, 2 + side] >= 0:
            total += sign * held_value(detectors[d, 2 + side], tau, w, columns, gain, F, M)
        else:
            total += sign * X[place[s.V_AT] + at * W + w]
    return total


@njit(cache=True)
def locate(d, level, detectors, degree, w, columns, gain, place, X, F, M):
    """Root of the watched voltage minus level in the last step: bisection and secant on the polynomial."""
    low, high = -F[LAST_H, w], 0.0
    f_low = watched(low, d, detectors, degree, w, columns, gain, place, X, F, M) - level
    f_high = watched(high, d, detectors, degree, w, columns, gain, place, X, F, M) - level
    for turn in range(200):
        if high - low <= 1e-13 * F[LAST_H, w]:
            break
        middle = low - f_low * (high - low) / (f_high - f_low) if turn % 3 else 0.5 * (low + high)
        if not low < middle < high:
            middle = 0.5 * (low + high)
        f = watched(middle, d, detectors, degree, w, columns, gain, place, X, F, M) - level
        if f == 0.0:
            return middle
        if (f > 0.0) == (f_high > 0.0):
            high, f_high = middle, f
        else:
            low, f_low = middle, f
    return high


@njit(cache=True)
def record(w, place, columns, gain, detectors, levels, sample_times, recorded, signals, events, event_of, count, X, F, M):
    """Crossings and samples inside the step that slot w has just accepted (tables already moved on)."""
    degree = max(1, min(M[VALID, w], M[ORDER, w]))
    h, lane = F[LAST_H, w], M[LANE, w]
    for d in range(len(detectors)):
        level = levels[d, lane]
        old = watched(-h, d, detectors, 1, w, columns, gain, place, X, F, M) - level  # at a node any degree is exact
        new = watched(0.0, d, detectors, 0, w, columns, gain, place, X, F, M) - level
        if (old < 0.0 <= new) or (old > 0.0 >= new):
            tau = locate(d, level, detectors, degree, w, columns, gain, place, X, F, M)
            events[count[0]] = F[T, w] + (F[T_LOW, w] + tau)
            event_of[count[0], 0], event_of[count[0], 1], event_of[count[0], 2] = lane, d, 1 if new > old else -1
            count[0] += 1
    while M[SAMPLE, w] < len(sample_times) and (sample_times[M[SAMPLE, w]] - F[T, w]) - F[T_LOW, w] <= 0.0:
        tau = (sample_times[M[SAMPLE, w]] - F[T, w]) - F[T_LOW, w]
        for r in range(len(recorded)):
            signals[lane, r, M[SAMPLE, w]] = value_at(tau, recorded[r], degree, w, place, X, F)
        M[SAMPLE, w] += 1


@njit(cache=True)
def advance_time(w, F, M):
    """Time and valid differences after an accepted step of size F[LAST_H]."""
    h = F[LAST_H, w]
    if M[AT_LIMIT, w]:
        F[T, w], F[T_LOW, w] = F[LIMIT_T, w], 0.0
    else:
        y = h + F[T_LOW, w]
        t = F[T, w] + y
        F[T_LOW, w] = y - (t - F[T, w])
        F[T, w] = t
    M[VALID, w] = min(M[VALID, w] + 1, N_D - 1)
    M[SINCE, w] += 1


@njit(cache=True)
def settle_failure(w, limits, F, M):
    """Newton's method failed in slot w: a much shorter step; return whether there is none left."""
    M[FAILED, w] += 1
    M[REJECTED, w] += 1
    if M[FAILED, w] > 2:
        M[ORDER, w], M[SINCE, w] = 1, 0
    F[H, w] *= 0.125
    M[MODE, w] = BEGIN
    return not F[H, w] >= SHORTEST * limits[STOP]
