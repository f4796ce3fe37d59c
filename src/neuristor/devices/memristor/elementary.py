"""Elementary functions for floats, NumPy arrays and CasADi symbols alike, safe where the plain formula overflows."""

from __future__ import annotations

from typing import Any

import casadi as ca
import numpy as np

from ...quantities import K_B, Q_E, ZERO_CELSIUS

EXPONENT_MAX = 600.0  # e^600 squared is still a number, so that derivatives are, too


def is_symbolic(*values: Any) -> bool:
    return any(isinstance(v, (ca.SX, ca.MX)) for v in values)


def exp(z: Any) -> Any:
    """e^z, saturating at e^600."""
    return ca.exp(ca.fmin(z, EXPONENT_MAX)) if is_symbolic(z) else np.exp(np.minimum(z, EXPONENT_MAX))


def expm1(z: Any) -> Any:
    """e^z - 1 without cancellation, saturating at e^600."""
    return ca.expm1(ca.fmin(z, EXPONENT_MAX)) if is_symbolic(z) else np.expm1(np.minimum(z, EXPONENT_MAX))


def log1p(z: Any) -> Any:
    return ca.log1p(z) if is_symbolic(z) else np.log1p(z)


def log(z: Any) -> Any:
    return ca.log(z) if is_symbolic(z) else np.log(z)


def sqrt(z: Any) -> Any:
    return ca.sqrt(z) if is_symbolic(z) else np.sqrt(z)


def cos(z: Any) -> Any:
    return ca.cos(z) if is_symbolic(z) else np.cos(z)


def absolute(z: Any) -> Any:
    return ca.fabs(z) if is_symbolic(z) else np.abs(z)


def smaller(a: Any, b: Any) -> Any:
    return ca.fmin(a, b) if is_symbolic(a, b) else np.minimum(a, b)


def larger(a: Any, b: Any) -> Any:
    return ca.fmax(a, b) if is_symbolic(a, b) else np.maximum(a, b)


def where(test: Any, a: Any, b: Any) -> Any:
    """a where the test holds, else b; both are evaluated."""
    return ca.if_else(test, a, b) if is_symbolic(test, a, b) else np.where(test, a, b)[()]


def logistic(z: Any) -> Any:
    """1 / (1 + e^-z) to full relative accuracy on both tails; the complement is logistic(-z), never 1 - logistic(z)."""
    return 1.0 / (1.0 + exp(-z))


def power(base: Any, exponent: Any) -> Any:
    """base^exponent for base >= 0; exactly 0 at base = 0 with exponent > 0, and 1 with exponent = 0."""
    positive = larger(base, 1e-300)
    raised = exp(exponent * log(positive))
    return where(base > 0, raised, where(exponent > 0, 0.0 * raised, 1.0))


def sinh(z: Any) -> Any:
    """Hyperbolic sine without cancellation near zero."""
    return 0.5 * (expm1(z) - expm1(-z))


def arsinh(z: Any) -> Any:
    """Inverse of sinh for z >= 0, without cancellation near zero; for z up to 1e150."""
    z = smaller(z, 1e150)
    return log1p(z + z * z / (1.0 + sqrt(1.0 + z * z)))


def stopped(rate: Any, x: Any) -> Any:
    """The rate of a state with one-sided stops: it cannot leave [0, 1], and it is free to come back."""
    return where(x >= 1.0, smaller(rate, 0.0), where(x <= 0.0, larger(rate, 0.0), rate))


def inverse_thermal_voltage(celsius: Any) -> Any:
    """beta = q / (k T), 1/V; 38.92 at 25 C."""
    return Q_E / (K_B * (celsius + ZERO_CELSIUS))
