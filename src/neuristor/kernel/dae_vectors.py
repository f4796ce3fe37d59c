"""Coefficients of a step and the choice of the next one, for W lanes at once (equations in `dae_step`)."""

from llvmlite import ir

from .vector_ir import Vectors
from .vector_ops import WIDTH, operation

K_MAX = 5
N_D = K_MAX + 2  # D_0 .. D_(K_MAX+1)
NEGLIGIBLE = 1e-12  # of the tolerance: an error below it asks for no longer step


def slot(v, k, number):
    """Pointer to slot `number` behind place k."""
    return v.pointer(v.b.add(v.at[k], ir.Constant(v.at[k].type, number * WIDTH)))


@operation(11)
def coefficients(v):
    """f(X, step, history, order, valid, full, inverse, predict, beta, alpha, 1/alpha, share)

    From the step h, the last steps, order k and number of valid differences: W_j (full), 1/Delta_j (inverse), both zero
    for j > valid; W_j for j <= k (predict); W'_j - alpha W_j for j < k (beta); alpha; 1 / (1 + alpha_m Delta_m), the
    share of the distance from the predictor of degree m that is the error of order m (share).
    """
    w = Vectors(v.b, v.b.module, WIDTH)
    zero, one = w.constant(0.0), w.constant(1.0)
    delta, order, valid = v.load(0), v.load(2), v.load(3)
    full, slope, alpha, running = one, zero, zero, zero
    slopes, fulls = [], []
    for j in range(N_D):
        is_valid = v.b.fcmp_ordered("<=", w.constant(float(j)), valid)
        within = v.b.fcmp_ordered("<=", w.constant(float(j)), order)
        below = v.b.fcmp_ordered("<", w.constant(float(j)), order)
        inverse = w.div(one, delta)
        v.b.store(w.choose(is_valid, full, zero), slot(v, 4, j), align=8)
        v.b.store(w.choose(is_valid, inverse, zero), slot(v, 5, j), align=8)
        if j <= K_MAX:
            v.b.store(w.choose(within, w.choose(is_valid, full, zero), zero), slot(v, 6, j), align=8)
        v.b.store(w.div(one, w.add(one, w.mul(running, delta))), slot(v, 10, j), align=8)
        slopes.append(slope)
        fulls.append(full)
        alpha = w.choose(below, w.add(alpha, inverse), alpha)
        running = w.add(running, inverse)
        slope = w.add(w.mul(slope, delta), full)
        full = w.mul(full, delta)
        delta = w.add(delta, v.b.load(slot(v, 1, j), align=8))
    for j in range(K_MAX):
        below = v.b.fcmp_ordered("<", w.constant(float(j)), order)
        v.b.store(w.choose(below, w.sub(slopes[j], w.mul(alpha, fulls[j])), zero), slot(v, 7, j), align=8)
    v.b.store(alpha, slot(v, 8, 0), align=8)
    v.b.store(w.div(one, alpha), slot(v, 9, 0), align=8)


@operation(5)
def step_factors(v):
    """f(X, ratio, share, order, 1/rtol, out): out = error of the order k in units of the tolerance, then error^(-1/(m+1))
    for m = k - 1, k, k + 1 (ratio: distances from the predictors of degree 0, 1, ...)."""
    w = Vectors(v.b, v.b.module, WIDTH)
    order, scale = v.load(2), v.load(3)
    errors = [w.mul(w.mul(v.b.load(slot(v, 0, m), align=8), v.b.load(slot(v, 1, m), align=8)), scale) for m in range(N_D)]
    for number, offset in enumerate((-1.0, 0.0, 1.0)):
        wanted = w.add(order, w.constant(offset))
        error = errors[0]
        for m in range(1, N_D):
            error = w.choose(v.b.fcmp_ordered("==", wanted, w.constant(float(m))), errors[m], error)
        exponent = w.div(w.constant(-1.0), w.add(wanted, w.constant(1.0)))
        factor = w.exp(w.mul(exponent, w.log(w.add(error, w.constant(NEGLIGIBLE)))))
        v.b.store(factor, slot(v, 4, 1 + number), align=8)
        if offset == 0.0:
            v.b.store(error, slot(v, 4, 0), align=8)
