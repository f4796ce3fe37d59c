"""One Newton iteration and one step of the circuit solver, on W lanes: 0 = i(x) + d q(x) / dt.

The method is the backward differentiation formula of order k = 1..5 with variable step, in Newton's form. `D_j` are
divided differences of the last solutions, newest first; with Delta_i = t_(n+1) - t_(n-i), W_j = Delta_0 ... Delta_(j-1):

    predictor          x_p = sum_(j<=k) D_j W_j
    derivative of q    alpha q_(n+1) + beta,   alpha = sum_(i<k) 1/Delta_i,   beta = sum_(j<k) Dq_j (W'_j - alpha W_j)
    local error        (x - x_p) / (1 + alpha Delta_k), likewise for the orders next to k
    update             D'_0 = x, D'_(j+1) = (D'_j - D_j) / Delta_j

(Brayton, Gustavson and Hachtel, Proc. IEEE 60 (1972) 98; the error constant follows from the interpolation
remainder.) On convergence charges are q + C dx, so that the sum over all nodes stays exactly zero and no further
evaluation of the devices is needed.
"""

from numba import njit

from . import vector_ops as v
from .call import call_device
from .dae_vectors import K_MAX, N_D, coefficients, step_factors
from .vector_ops import WIDTH

W = WIDTH
# Entries of `place`: offsets in X, then counts. Rows of F, R, Q: unknowns first, then known nodes. HOLD: the known that
# is 1 while states are held at their initial values (in an operating point) and 0 while time runs; -1: no such states.
(V_AT, F_AT, Q_AT, A_AT, C_AT, DX_AT, R_AT, P_AT, SCALE, ALPHA, INVERSE_ALPHA, GMIN, PREDICT, BETA, INVERSE, FULL, START,
 ACCEPT, DAMP, NEWTON, VOLTS, RATIO, CUR, TMP, ONE, DIFF_X, DIFF_Q, DIFF_E,
 STEP, HISTORY, ORDER, VALID, SHARE, TOLERANCE, CHOICE,
 N, ROWS, METERS, NODES, N_STAMPED, N_FACTOR, USE_GMIN, SIZE, HOLD) = range(44)  # fmt: skip
N_PLACE = 44
RECIPROCAL, MULTIPLY, SUBTRACT, COPY = range(4)  # kinds of elimination operations
predictor_sum, formula_sum = v.accumulation(K_MAX + 1, 1), v.accumulation(K_MAX, 1)
formula_difference = v.accumulation(K_MAX, -1)
push_long, push_short = v.table_push(N_D), v.table_push(K_MAX)


@njit(cache=True)
def assemble(place, groups, pointers, tables, X, H):
    """Evaluate all devices at the present x: F = i + alpha q, Q = q, A = G + alpha C, and C, all from zero.

    groups: rows of (instances, start in H, start in tables); pointers: addresses of the kernels.
    """
    for k in range(place[F_AT], place[F_AT] + place[N_STAMPED] * W, W):
        v.zero(X, k)
    for g in range(len(pointers)):
        call_device(pointers[g], X, H[groups[g, 1] :], tables[groups[g, 2] :], groups[g, 0], place[ALPHA])


@njit(cache=True)
def carry_out(program, first, last, X):
    """Run elimination operations first..last: rows of (kind, target, a, b)."""
    for k in range(first, last):
        kind, target, a, b = program[k, 0], program[k, 1], program[k, 2], program[k, 3]
        if kind == SUBTRACT:
            v.multiply_subtract(X, target, a, b)
        elif kind == MULTIPLY:
            v.multiply(X, target, a, b)
        elif kind == RECIPROCAL:
            v.reciprocal(X, target, a)
        else:
            v.copy(X, target, a)


@njit(cache=True)
def predict(place, X):
    """Coefficients of all lanes' steps; x = predictor in the lanes that start one."""
    n = place[N]
    coefficients(X, place[STEP], place[HISTORY], place[ORDER], place[VALID], place[FULL], place[INVERSE], place[PREDICT],
                 place[BETA], place[ALPHA], place[INVERSE_ALPHA], place[SHARE])  # fmt: skip
    for i in range(n):
        v.zero(X, place[CUR])
        predictor_sum(X, place[CUR], place[DIFF_X] + i * W, n * W, place[PREDICT])
        v.choose(X, place[V_AT] + i * W, place[CUR], place[START])


@njit(cache=True)
def newton(place, groups, pointers, tables, program, diagonal, X, H):
    """One Newton iteration: A DX = R, the residual R = F + beta of all rows.

    NEWTON: largest |DX| in units of each unknown's scale; VOLTS: largest change of a node voltage.
    """
    n, rows = place[N], place[ROWS]
    assemble(place, groups, pointers, tables, X, H)
    for i in range(rows):
        at = place[R_AT] + i * W
        v.copy(X, at, place[F_AT] + i * W)
        formula_sum(X, at, place[DIFF_Q] + i * W, rows * W, place[BETA])
    if place[USE_GMIN]:
        for i in range(place[NODES]):
            v.add(X, diagonal[i], place[GMIN])
            v.multiply_add(X, place[R_AT] + i * W, place[GMIN], place[V_AT] + i * W)
    carry_out(program, 0, len(program), X)
    v.zero(X, place[NEWTON])
    v.zero(X, place[VOLTS])
    for i in range(n):
        v.inverse_weight(X, place[TMP], place[V_AT] + i * W, place[SCALE] + i * W)
        v.raise_to_ratio(X, place[NEWTON], place[DX_AT] + i * W, place[TMP])
    for i in range(place[NODES]):
        v.raise_to_ratio(X, place[VOLTS], place[DX_AT] + i * W, place[ONE])


@njit(cache=True)
def move(place, X):
    """x -= damping x DX."""
    for i in range(place[N]):
        v.multiply_subtract(X, place[V_AT] + i * W, place[DX_AT] + i * W, place[DAMP])


@njit(cache=True)
def local_errors(place, X):
    """RATIO[m] = largest |x - predictor of degree m| in units of each unknown's scale, m = 0 .. K_MAX + 1.

    CHOICE: the error in units of the tolerance, and the step factors of the order below, of this one, of the one above.
    """
    n = place[N]
    for m in range(N_D):
        v.zero(X, place[RATIO] + m * W)
    for i in range(n):
        at = place[V_AT] + i * W
        v.inverse_weight(X, place[TMP], at, place[SCALE] + i * W)
        v.copy(X, place[CUR], at)
        for m in range(N_D):
            v.multiply_subtract(X, place[CUR], place[DIFF_X] + (m * n + i) * W, place[FULL] + m * W)
            v.raise_to_ratio(X, place[RATIO] + m * W, place[CUR], place[TMP])
    step_factors(X, place[RATIO], place[SHARE], place[ORDER], place[TOLERANCE], place[CHOICE])


@njit(cache=True)
def settle_charges(place, corrections, meters, X):
    """Charges and source currents at x - DX to first order, power of every source, its integral over the step.

    corrections: rows of (target, matrix place, DX place) for Q and for R of known nodes; meters: (current place, voltage
    plus, voltage minus).
    """
    for k in range(len(corrections)):
        v.multiply_subtract(X, corrections[k, 0], corrections[k, 1], corrections[k, 2])
    count = place[METERS]
    for k in range(count):
        at = place[P_AT] + k * W
        v.difference(X, place[TMP], meters[k, 1], meters[k, 2])
        v.multiply(X, at, place[TMP], meters[k, 0])
        # E = (p - beta_E) / alpha: the same formula as for charge
        formula_difference(X, at, place[DIFF_E] + k * W, count * W, place[BETA])
        v.multiply(X, at, at, place[INVERSE_ALPHA])


@njit(cache=True)
def push_all(place, X):
    """Move the tables of x, q and energy on in the lanes that accept their step."""
    for i in range(place[N]):
        push_long(X, place[DIFF_X] + i * W, place[N] * W, place[V_AT] + i * W, place[INVERSE], place[ACCEPT])
    push_table(place[DIFF_Q], place[Q_AT], place[ROWS], place, X)
    push_table(place[DIFF_E], place[P_AT], place[METERS], place, X)
    for j in range(N_D - 1, 0, -1):
        v.choose(X, place[HISTORY] + j * W, place[HISTORY] + (j - 1) * W, place[ACCEPT])
    v.choose(X, place[HISTORY], place[STEP], place[ACCEPT])


@njit(cache=True)
def push_table(table, value, count, place, X):
    """Move on a table of K_MAX differences of `count` quantities."""
    for i in range(count):
        push_short(X, table + i * W, count * W, value + i * W, place[INVERSE], place[ACCEPT])
