"""Adaptive explicit Runge-Kutta: Dormand and Prince 5(4), for models that are not stiff."""

import casadi as ca

from .graph import System

ORDER = 5  # of the local error estimate's step factor

# Dormand & Prince, J. Comput. Appl. Math. 6 (1980) 19-26, table 2.
NODES = (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)


def dopri5(system: System) -> dict[str, ca.SX]:
    """One trial step of length h: x1, the two slopes and the error in units of the tolerance."""
    x, h = system.state, system.h
    slopes: list[ca.SX] = []
    stage = x
    for node, weights in zip(NODES, STAGES, strict=True):
        stage = x + h * sum((w * k for w, k in zip(weights, slopes, strict=True) if w), start=ca.SX(0))
        slopes.append(system.rhs(stage, system.s + node * h))
    error = h * sum((w * k for w, k in zip(ERROR, slopes, strict=True) if w), start=ca.SX(0))
    return {"x1": stage, "f0": slopes[0], "f1": slopes[-1], "error": weighted_norm(system, error, stage)}


def weighted_norm(system: System, error: ca.SX, x1: ca.SX) -> ca.SX:
    """Root mean square of error_j / (rtol (scale_j + max(|x_j|, |x1_j|))) over the states (not the energy)."""
    n = system.n
    size = ca.fmax(ca.fabs(system.x), ca.fabs(x1[:n]))
    ratio = error[:n] / (system.rtol * (system.scale + size))
    return ca.sqrt(ca.sumsqr(ratio) / n)
