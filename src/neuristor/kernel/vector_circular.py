"""Sine and cosine for the vector code of device models: three-part reduction by pi/2, then Taylor."""

from __future__ import annotations

from math import factorial
from typing import Any

from .vector_math import ROUND

TWO_OVER_PI = 0.6366197723675814
HALF_PI = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
SINE = [(-1.0) ** k / factorial(2 * k + 1) for k in range(1, 8)]  # of r^3, r^5, ...
COSINE = [(-1.0) ** k / factorial(2 * k) for k in range(9)]


def circular(v: Any, x: Any, shift: int) -> Any:
    """sin x (shift 0) or cos x (shift 1) in the builder `v` of `vector_ir`; absolute error below 5e-16 for |x| < 1e6."""
    turns = v.b.fadd(v.b.fmul(x, v.constant(TWO_OVER_PI)), v.constant(ROUND))  # no flags: must not be folded away
    n = v.b.fsub(turns, v.constant(ROUND))
    r = x
    for part in HALF_PI:
        r = v.sub(r, v.mul(n, v.constant(part)))
    z = v.mul(r, r)
    sine = v.add(v.mul(v.mul(v.polynomial(z, SINE), z), r), r)
    cosine = v.polynomial(z, COSINE)
    quadrant = v.b.add(v.b.bitcast(turns, v.bits), v.integers(shift))
    zero = v.integers(0)
    odd = v.b.icmp_signed("!=", v.b.and_(quadrant, v.integers(1)), zero)
    lower = v.b.icmp_signed("!=", v.b.and_(quadrant, v.integers(2)), zero)
    value = v.choose(odd, cosine, sine)
    return v.choose(lower, v.b.fneg(value), value)
