"""Derivatives of the circuit's solution by device parameters, carried along with every step (forward mode).

With s = dx/dp and the step's own formula, (G + alpha C) s = -(di/dp + alpha dq/dp + beta_s), beta_s from the tables of
the total derivative of charge, dq/dp + C s: one substitution with the factorised matrix a parameter.

A spike moves in time when a parameter changes, so that s at a fixed time is -dx/dt times the shift, a thousand
million volts per second on the edge of a spike, of which the slow ramp behind must get a millionth right. The grid of time
points therefore moves with the solution: the points belong to t_n + tau p, the derivative along them is s + dx/dt tau, and
after each step tau is chosen so that it is smallest, which adds delta dq/dt to the whole table of dq/dp. A current source
has moved on by tau du/dt at its point of the grid (while a source moves a node that it holds, the grid stands still). A
watched voltage crosses its level later by tau - s/(dv/dt). At breakpoints, which stand in time, tau goes back to zero.
"""

from numba import njit

from . import dae as d
from . import vector_ops as v
from .call import call_device
from .dae_step import (
    ACCEPT,
    ALPHA,
    BETA,
    DIFF_E,
    DIFF_Q,
    DIFF_X,
    DX_AT,
    INVERSE_ALPHA,
    K_MAX,
    METERS,
    N_FACTOR,
    P_AT,
    Q_AT,
    R_AT,
    ROWS,
    TMP,
    V_AT,
    N,
    W,
    carry_out,
    formula_difference,
    formula_sum,
    push_table,
)

# Entries of `sens`: offsets in X, then counts. P parameters.
(SR, SQ, SE, DIFF_SQ, DIFF_SE, DIFF_QD, DIFF_P, X_DOT, Q_DOT, POWER, TAU, DELTA, DENOMINATOR, FREE, SHIFT, SHIFT_OLD,
 SLOPE, COUNT, STAMPED, WATCHED, FROM_OP) = range(21)  # fmt: skip
N_SENS = 21


@njit(cache=True)
def set_slopes(w, place, sens, flows, sources, columns, gain, X, F, M):
    """Slopes of the changing current sources of slot w at the end of its trial step; whether its grid may move.

    flows: rows of (number of a current source, row that its current leaves, row that it enters).
    """
    end = F[d.LIMIT_T, w] if M[d.AT_LIMIT, w] else (F[d.T, w] + (F[d.T_LOW, w] + F[d.H, w]))
    for k in range(len(flows)):
        source = flows[k, 0]
        slope = gain[source, M[d.LANE, w]] * d.source_slope(columns, M[d.ROW + source, w], end)
        X[sens[SLOPE] + k * W + w] = slope
    X[sens[FREE] + w] = d.nodes_still(w, sources, columns, M)


@njit(cache=True)
def derivatives(place, sens, groups, pointers, tables, X, H):
    """di/dp + alpha dq/dp and dq/dp of all devices."""
    for k in range(sens[SR], sens[SR] + sens[STAMPED] * W, W):
        v.zero(X, k)
    for g in range(len(pointers)):
        call_device(pointers[g], X, H[groups[g, 1] :], tables[groups[g, 2] :], groups[g, 0], place[ALPHA])


@njit(cache=True)
def velocities(place, sens, X):
    """dx/dt, dq/dt and power at the accepted point by the step's own formula; before the tables move on."""
    for target, value, table, count in (
        (sens[X_DOT], place[V_AT], place[DIFF_X], place[N]),
        (sens[Q_DOT], place[Q_AT], place[DIFF_Q], place[ROWS]),
        (sens[POWER], place[P_AT], place[DIFF_E], place[METERS]),
    ):
        for i in range(count):
            at = target + i * W
            v.multiply(X, at, value + i * W, place[ALPHA])
            formula_sum(X, at, table + i * W, count * W, place[BETA])
    v.zero(X, sens[DENOMINATOR])
    for i in range(place[N]):
        v.multiply_add(X, sens[DENOMINATOR], sens[X_DOT] + i * W, sens[X_DOT] + i * W)
    v.reciprocal_or_zero(X, sens[DENOMINATOR], sens[DENOMINATOR])


@njit(cache=True)
def solve(p, place, sens, program, charges, currents, flows, X):
    """DX = -s of parameter p, its dq/dp, and the derivative of the currents at held nodes (in R of known rows).

    charges: rows of (row, place in C, place in DX), currents: rows of (row, place in A, place in DX) of known rows.
    """
    rows = place[ROWS]
    base, stored = sens[SR] + p * rows * W, sens[SQ] + p * rows * W
    for i in range(rows):
        at = place[R_AT] + i * W
        v.copy(X, at, base + i * W)
        formula_sum(X, at, sens[DIFF_SQ] + (p * rows + i) * W, sens[COUNT] * rows * W, place[BETA])
    for k in range(len(flows)):
        v.multiply_add(X, place[R_AT] + flows[k, 1] * W, sens[TAU] + p * W, sens[SLOPE] + k * W)
        v.multiply_subtract(X, place[R_AT] + flows[k, 2] * W, sens[TAU] + p * W, sens[SLOPE] + k * W)
    carry_out(program, place[N_FACTOR], len(program), X)
    for k in range(len(charges)):
        v.multiply_subtract(X, stored + charges[k, 0] * W, charges[k, 1], charges[k, 2])
    for k in range(len(currents)):
        v.multiply_subtract(X, place[R_AT] + currents[k, 0] * W, currents[k, 1], currents[k, 2])


@njit(cache=True)
def shifts(p, place, sens, watched, X):
    """Of every watched voltage: tau - s/(dv/dt), the shift of its crossing; the choice of delta."""
    for k in range(len(watched)):
        number = (p * sens[WATCHED] + k) * W
        v.choose(X, sens[SHIFT_OLD] + number, sens[SHIFT] + number, place[ACCEPT])
        v.reciprocal_or_zero(X, place[TMP], sens[X_DOT] + watched[k] * W)
        v.multiply(X, place[TMP], place[TMP], place[DX_AT] + watched[k] * W)
        v.add(X, place[TMP], sens[TAU] + p * W)
        v.choose(X, sens[SHIFT] + number, place[TMP], place[ACCEPT])
    delta = sens[DELTA] + p * W
    v.zero(X, delta)
    for i in range(place[N]):
        v.multiply_add(X, delta, sens[X_DOT] + i * W, place[DX_AT] + i * W)
    v.multiply(X, delta, delta, sens[DENOMINATOR])
    v.multiply(X, delta, delta, sens[FREE])
    v.multiply(X, delta, delta, place[ACCEPT])


@njit(cache=True)
def energy_of(p, place, sens, meters, X):
    """dE/dp of every source by the same formula as the energy; meters: rows of `circuits.engines.plan.meter_row`, and the
    number of the parameter that is a current source's own value.

    The current's derivative is R of a held node (kind 0), -DX of an unknown (1), tau du/dt of a source's own (2); that of
    a voltage is -DX or zero.
    """
    count = place[METERS]
    for k in range(count):
        at = sens[SE] + (p * count + k) * W
        v.zero(X, at)
        if meters[k, 0] == 0:
            v.difference(X, place[TMP], meters[k, 3], meters[k, 4])
            v.multiply_add(X, at, place[TMP], meters[k, 1])
        elif meters[k, 0] == 1:
            v.difference(X, place[TMP], meters[k, 3], meters[k, 4])
            v.multiply_subtract(X, at, place[TMP], meters[k, 1])
        elif meters[k, 7] >= 0:
            v.difference(X, place[TMP], meters[k, 3], meters[k, 4])
            v.multiply(X, place[TMP], place[TMP], sens[TAU] + p * W)
            v.multiply_add(X, at, place[TMP], sens[SLOPE] + meters[k, 7] * W)
        if meters[k, 8] == p:
            v.difference(X, place[TMP], meters[k, 3], meters[k, 4])
            v.add(X, at, place[TMP])
        if meters[k, 5] >= 0:
            v.multiply_subtract(X, at, meters[k, 2], meters[k, 5])
        if meters[k, 6] >= 0:
            v.multiply_add(X, at, meters[k, 2], meters[k, 6])
        formula_difference(X, at, sens[DIFF_SE] + (p * count + k) * W, sens[COUNT] * count * W, place[BETA])
        v.multiply(X, at, at, place[INVERSE_ALPHA])


@njit(cache=True)
def move_grid(p, place, sens, X):
    """Add delta times the tables of dq/dt and power to those of dq/dp and dE/dp."""
    rows, meters, count = place[ROWS], place[METERS], sens[COUNT]
    delta = sens[DELTA] + p * W
    for j in range(K_MAX):
        for i in range(rows):
            v.multiply_add(X, sens[DIFF_SQ] + ((j * count + p) * rows + i) * W, delta, sens[DIFF_QD] + (j * rows + i) * W)
        for k in range(meters):
            v.multiply_add(X, sens[DIFF_SE] + ((j * count + p) * meters + k) * W, delta, sens[DIFF_P] + (j * meters + k) * W)
    v.add(X, sens[TAU] + p * W, delta)


@njit(cache=True)
def accept_sensitivities(place, sens, groups, pointers, tables, program, charges, currents, meters, flows, watched, X, H):
    """All parameters at the step just accepted (ACCEPT), before the tables of the solution move on."""
    velocities(place, sens, X)
    derivatives(place, sens, groups, pointers, tables, X, H)
    for p in range(sens[COUNT]):
        solve(p, place, sens, program, charges, currents, flows, X)
        shifts(p, place, sens, watched, X)
        energy_of(p, place, sens, meters, X)
    count = sens[COUNT]
    push_table(sens[DIFF_SQ], sens[SQ], count * place[ROWS], place, X)
    push_table(sens[DIFF_SE], sens[SE], count * place[METERS], place, X)
    push_table(sens[DIFF_QD], sens[Q_DOT], place[ROWS], place, X)
    push_table(sens[DIFF_P], sens[POWER], place[METERS], place, X)
    for p in range(count):
        move_grid(p, place, sens, X)


@njit(cache=True)
def start_sensitivities(fresh, place, sens, groups, pointers, tables, program, charges, currents, flows, X, H):
    """Tables of the slots `fresh` at t = 0, where the devices were evaluated with alpha = 0.

    dq/dp at fixed x, and C s where the initial state is an operating point, which depends on p.
    """
    rows, count, meters = place[ROWS], sens[COUNT], place[METERS]
    derivatives(place, sens, groups, pointers, tables, X, H)
    for w in range(W):
        for k in range(count):
            X[sens[TAU] + k * W + w] = 0.0 if fresh[w] else X[sens[TAU] + k * W + w]
    if sens[FROM_OP]:
        for p in range(count):
            solve(p, place, sens, program, charges, currents, flows, X)
    for w in range(W):
        if not fresh[w]:
            continue
        for table, size in ((sens[DIFF_QD], rows), (sens[DIFF_P], meters), (sens[SHIFT], count * sens[WATCHED]),
                            (sens[TAU], count), (sens[DIFF_SE], count * meters)):  # fmt: skip
            for k in range(size):
                X[table + k * W + w] = 0.0
        for k in range(count * rows):
            X[sens[DIFF_SQ] + k * W + w] = X[sens[SQ] + k * W + w]


@njit(cache=True)
def return_grid(w, place, sens, X):
    """tau back to zero in slot w: derivatives at fixed time, at a breakpoint and at the end."""
    rows, meters, count = place[ROWS], place[METERS], sens[COUNT]
    for p in range(count):
        tau = X[sens[TAU] + p * W + w]
        for i in range(rows):
            X[sens[DIFF_SQ] + (p * rows + i) * W + w] -= tau * X[sens[DIFF_QD] + i * W + w]
        for k in range(meters):
            X[sens[DIFF_SE] + (p * meters + k) * W + w] -= tau * X[sens[DIFF_P] + k * W + w]
        X[sens[TAU] + p * W + w] = 0.0


@njit(cache=True)
def keep_shifts(first, last, w, t, h, sens, events, event_of, event_shift, X):
    """Derivatives of the crossing times first..last of slot w, between those of the step's two ends."""
    for e in range(first, last):
        weight = 1.0 + (events[e] - t) / h
        for p in range(sens[COUNT]):
            at = (p * sens[WATCHED] + event_of[e, 1]) * W + w
            event_shift[e, p] = (1.0 - weight) * X[sens[SHIFT_OLD] + at] + weight * X[sens[SHIFT] + at]
