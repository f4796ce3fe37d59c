"""Exact motion between events: for linear models the solution is summed as its Taylor series to rounding error.

dx/dt = A x + b i(t) + c with i(t) = polynomials, exponentials and sines is solved by
x_(k+1) = (A x_k + b i_k + c [k = 0]) / (k + 1), x(h) = sum x_k h^k: no special case for equal or complex
eigenvalues. The step is chosen so that the last term lies below the last place (|A| h about 1). A model may state
its own motion instead (`flow`), e.g. where a floor makes it piecewise linear.
"""

from types import SimpleNamespace

import casadi as ca

from ..errors import InputError
from .graph import System

TERMS = 20
ORDER = TERMS
ROUNDING = 2.0**-53

# Gauss-Legendre nodes and weights on [0, 1] for the energy integral (7 points: exact to degree 13).
_HALF = (0.9491079123427585, 0.7415311855993945, 0.4058451513773972)
_WEIGHT = (0.1294849661688697, 0.2797053914892766, 0.3818300505051189)
GAUSS = [((1 + sign * a) / 2, w / 2) for a, w in zip(_HALF, _WEIGHT, strict=True) for sign in (-1, 1)]
GAUSS.append((0.5, 0.4179591836734694 / 2))


def exact(system: System) -> dict[str, ca.SX]:
    """One step of length h along the exact solution."""
    if hasattr(system.model, "flow"):
        return stated_flow(system)
    a, b, c = system.affine()
    drive = input_series(system)
    series = [system.x]
    for k in range(TERMS):
        term = a @ series[k] + b * drive[k] + (c if k == 0 else 0)
        series.append(system.mask * term / (k + 1))
    x1 = horner(series, system.h)
    last = system.h**TERMS * series[-1]
    error = ca.fabs(last) / (ROUNDING * (system.scale + ca.fabs(system.x)))
    i1 = system.input(system.s + system.h)
    outputs = {"f0": series[1], "f1": system.mask * system.f(x1, i1), "error": ca.mmax(error)}
    if system.has_power:
        x1 = ca.vertcat(x1, system.energy + energy(system, series, drive))
    return {"x1": x1, **outputs}


def stated_flow(system: System) -> dict[str, ca.SX]:
    """The step of a model that gives `flow(x, i, h)`, i(s) = i.c0 + i.c1 s."""
    if system.form == "full":
        raise InputError(f"{system.model.name} is solved exactly under piecewise linear inputs only; use dopri5")
    i = SimpleNamespace(c0=system.input(), c1=system.input_slope(system.s))
    moved = system.neuron.flow(system.space(system.x), i, system.h)  # type: ignore[attr-defined]
    x1 = system.x + system.mask * (system.vector(moved, system.x) - system.x)
    f0 = system.mask * system.f(system.x, system.input())
    f1 = system.mask * system.f(x1, system.input(system.s + system.h))
    return {"x1": x1, "f0": f0, "f1": f1, "error": ca.SX(0)}


def horner(series: list[ca.SX], h: ca.SX) -> ca.SX:
    total = series[-1]
    for term in reversed(series[:-1]):
        total = total * h + term
    return total


def energy(system: System, series: list[ca.SX], drive: list[ca.SX]) -> ca.SX:
    """Integral of the power over the step, by Gauss quadrature of the smooth integrand."""
    total = ca.SX(0)
    for node, weight in GAUSS:
        at = node * system.h
        total += weight * system.power(horner(series, at), horner(drive, at))
    return total * system.h


def input_series(system: System) -> list[ca.SX]:
    """Taylor coefficients of i(s + u) in u, from the columns of the stimulus row (stimulus.base)."""
    row = SimpleNamespace(**{k: ca.SX(0) for k in ("c1", "c2", "c3")} | system.row)
    s = system.s
    series = [ca.SX(0)] * (TERMS + 1)
    series[0] = row.c0 + s * (row.c1 + s * (row.c2 + s * row.c3))
    series[1] = row.c1 + s * (2 * row.c2 + s * 3 * row.c3)
    series[2] = row.c2 + s * 3 * row.c3
    series[3] = ca.SX(row.c3)
    if system.form != "full":
        return series
    for level, slope, rate in ((row.d0, row.d1, row.k1), (row.e0, row.e1, row.k2)):
        start, ramp = (level + slope * s) * ca.exp(-rate * s), slope * ca.exp(-rate * s)
        power = ca.SX(1)  # (-rate)^k / k!
        for k in range(TERMS + 1):
            series[k] += start * power
            if k < TERMS:
                series[k + 1] += ramp * power
            power = power * -rate / (k + 1)
    phase = row.w * s + row.phi
    cycle = (ca.sin(phase), ca.cos(phase), -ca.sin(phase), -ca.cos(phase))
    power = ca.SX(1)  # w^k / k!
    for k in range(TERMS + 1):
        series[k] += (row.f0 + row.f1 * s) * cycle[k % 4] * power
        if k < TERMS:
            series[k + 1] += row.f1 * cycle[k % 4] * power
        power = power * row.w / (k + 1)
    return series
