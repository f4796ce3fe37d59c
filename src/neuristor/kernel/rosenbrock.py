"""L-stable linearly implicit method for stiff models: RODAS4, stiffly accurate, order 4(3), six stages."""

import casadi as ca

from .graph import System
from .runge_kutta import weighted_norm

ORDER = 4

# Hairer & Wanner, Solving Ordinary Differential Equations II, 2nd ed., section IV.7 (coefficients of their RODAS),
# in the form that needs no multiplication by the Jacobian.
GAMMA = 0.25
ALPHA = (0.0, 0.386, 0.21, 0.63, 1.0, 1.0)
GAMMA_T = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
A = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
)
C = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)


def rodas4(system: System) -> dict[str, ca.SX]:
    """One trial step: (I / (h gamma) - J) k_j = f(x + sum a k) + sum c k / h + gamma_j h df/dt."""
    x, h, s = system.state, system.h, system.s
    n = x.numel()
    slope = system.rhs(x, s)
    time = ca.SX.sym("time")
    jacobian = ca.jacobian(slope, x)
    explicit = ca.substitute(ca.jacobian(system.rhs(x, time), time), time, s)
    matrix = ca.SX.eye(n) / (h * GAMMA) - jacobian
    factors = lu_factors(ca.densify(matrix))
    stages: list[ca.SX] = []
    x1 = x
    for j in range(6):
        x1 = x + sum((a * k for a, k in zip(A[j], stages, strict=True)), start=ca.SX.zeros(n))
        f = slope if j == 0 else system.rhs(x1, s + ALPHA[j] * h)
        right = f + sum((c / h * k for c, k in zip(C[j], stages, strict=True)), start=ca.SX.zeros(n))
        stages.append(lu_solve(factors, right + GAMMA_T[j] * h * explicit))
    x1 = x1 + stages[-1]
    error = weighted_norm(system, stages[-1], x1)
    return {"x1": x1, "f0": slope, "f1": system.rhs(x1, s + h), "error": error}


def lu_factors(matrix: ca.SX) -> ca.SX:
    """L and U in one matrix, without pivoting: I / (h gamma) dominates for the small systems meant here."""
    lu = ca.SX(matrix)
    n = lu.size1()
    for k in range(n):
        for i in range(k + 1, n):
            lu[i, k] = lu[i, k] / lu[k, k]
            for j in range(k + 1, n):
                lu[i, j] = lu[i, j] - lu[i, k] * lu[k, j]
    return lu


def lu_solve(lu: ca.SX, right: ca.SX) -> ca.SX:
    y = ca.SX(right)
    n = lu.size1()
    for i in range(n):
        for j in range(i):
            y[i] -= lu[i, j] * y[j]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            y[i] -= lu[i, j] * y[j]
        y[i] = y[i] / lu[i, i]
    return y
