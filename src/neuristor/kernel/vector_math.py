"""Elementary functions that LLVM turns into vector code: branch-free, polynomials on the bit pattern, no libm.

Each is accurate to a few units in the last place over the range named; outside it saturates instead of overflowing,
so that a rejected trial step of a solver costs nothing. The coefficients are Taylor (exp, expm1, sin, cos) or, for
log, the minimax set of FreeBSD's msun e_log.c.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FLAGS = {"contract", "nsz", "arcp"}

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to the nearest integer


@intrinsic
def bits_of(typingctx, x):
    return types.int64(types.float64), lambda c, b, s, a: b.bitcast(a[0], ir.IntType(64))


@intrinsic
def float_of(typingctx, i):
    return types.float64(types.int64), lambda c, b, s, a: b.bitcast(a[0], ir.DoubleType())


@njit(fastmath=FLAGS)
def _exp_parts(x):
    """x = n ln 2 + r with |r| < 0.35: 2^n, r and (e^r - 1 - r) / r^2 by its Taylor series."""
    t = x * LOG2_E + ROUND
    n = t - ROUND
    r = x - n * LN2_HIGH - n * LN2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    return float_of((bits_of(t) + 1023) << 52), r, p


@njit(fastmath=FLAGS)
def vexp(x):
    """e^x; relative error below 3e-16 on [-708, 708], saturating outside."""
    scale, r, p = _exp_parts(min(max(x, -708.0), 708.0))
    return scale * ((p * r + 1.0) * r + 1.0)


@njit(fastmath=FLAGS)
def vexpm1(x):
    """e^x - 1 = 2^n (e^r - 1) + (2^n - 1), without cancellation near zero; relative error below 1e-15."""
    scale, r, p = _exp_parts(min(max(x, -708.0), 708.0))
    return scale * (p * r * r + r) + (scale - 1.0)


@njit(fastmath=FLAGS)
def vlog(x):
    """ln x for positive normal x; relative error below 8e-16."""
    i = bits_of(x)
    m = float_of((i & 0x000FFFFFFFFFFFFF) | 0x3FE0000000000000)
    e = float_of(((i >> 52) & 2047) | 0x4330000000000000) - 4503599627370496.0 - 1022.0
    low = m < 0.7071067811865476
    m, e = (m + m if low else m), (e - 1.0 if low else e)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = 0.14798198605116586
    w = w * z + 0.1531383769920937
    w = w * z + 0.1818357216161805
    w = w * z + 0.22222198432149784
    w = w * z + 0.2857142874366239
    w = w * z + 0.3999999999940942
    w = w * z + 0.6666666666666735
    return e * 0.6931471805599453 + 2.0 * s + s * z * w


@njit(fastmath=FLAGS)
def vlog1p(x):
    """ln(1 + x) with the rounding of 1 + x repaired (Kahan)."""
    u = 1.0 + x
    d = u - 1.0
    return x if d == 0.0 else vlog(u) * (x / (1.0 if d == 0.0 else d))


@njit(fastmath=FLAGS)
def vtanh(x):
    """tanh x = -expm1(-2|x|) / (2 + expm1(-2|x|)), odd."""
    e = vexpm1(-2.0 * abs(x))
    t = -e / (2.0 + e)
    return -t if x < 0.0 else t


@njit(fastmath=FLAGS)
def _sin_quadrant(x, shift):
    t = x * 0.6366197723675814 + ROUND  # 2/pi
    n = t - ROUND
    r = x - n * 1.57079632673412561417e00 - n * 6.07710050630396597660e-11 - n * 2.02226624879595063154e-21
    z = r * r
    s = -1.0 / 1307674368000.0
    s = s * z + 1.0 / 6227020800.0
    s = s * z - 1.0 / 39916800.0
    s = s * z + 1.0 / 362880.0
    s = s * z - 1.0 / 5040.0
    s = s * z + 1.0 / 120.0
    s = s * z - 1.0 / 6.0
    s = s * z * r + r
    c = 1.0 / 20922789888000.0
    c = c * z - 1.0 / 87178291200.0
    c = c * z + 1.0 / 479001600.0
    c = c * z - 1.0 / 3628800.0
    c = c * z + 1.0 / 40320.0
    c = c * z - 1.0 / 720.0
    c = c * z + 1.0 / 24.0
    c = c * z - 0.5
    c = c * z + 1.0
    q = (bits_of(t) + shift) & 3
    value = c if (q & 1) != 0 else s
    return -value if (q & 2) != 0 else value


@njit(fastmath=FLAGS)
def vsin(x):
    """sin x; absolute error below 5e-16 for |x| < 1e6 (three-part reduction by pi/2)."""
    return _sin_quadrant(x, 0)


@njit(fastmath=FLAGS)
def vcos(x):
    """cos x; as vsin."""
    return _sin_quadrant(x, 1)


@njit(fastmath=FLAGS)
def vpow(x, y):
    """x^y for positive x through exp(y ln x); relative error about |y ln x| units in the last place."""
    return vexp(y * vlog(x))


SCOPE = {f.__name__: f for f in (vexp, vexpm1, vlog, vlog1p, vtanh, vsin, vcos, vpow)} | {
    "floor": np.floor,
    "ceil": np.ceil,
    "sqrt": np.sqrt,
}
