"""Curves over the charge of a behavioural neuron: natural cubic splines, the same for floats, arrays and CasADi symbols."""

from __future__ import annotations

from functools import cache
from typing import Any

import casadi as ca
import numpy as np
from scipy.interpolate import CubicSpline

INF = np.inf
NODES = 16  # of the curves of leak, power and voltage over the charge
CURVES = {
    "leak": ("A", "what the circuit takes from the input at node {} of the charge, without the junction"),
    "power": ("W", "power drawn from the supplies at node {} of the charge"),
    "v": ("V", "membrane voltage at node {} of the charge"),
}
BOUNDS = {"leak": (-INF, INF), "power": (0.0, INF), "v": (-INF, INF)}
# The 16 nodes of each curve for the cell cmos_lif (t2, card n88y), extracted from 1 pA to 1 nA.
DEFAULTS: dict[str, tuple[float, ...]] = {
    "leak": (
        -5.6547e-12,
        -1.33027e-12,
        1.28649e-13,
        3.63207e-13,
        3.97946e-13,
        4.15474e-13,
        4.29512e-13,
        4.43797e-13,
        4.57585e-13,
        4.7168e-13,
        4.85782e-13,
        5.00112e-13,
        5.14439e-13,
        5.2875e-13,
        5.43017e-13,
        5.57228e-13,
    ),  # fmt: skip
    "power": (
        1.43049e-12,
        1.50735e-12,
        1.93186e-12,
        4.90442e-12,
        1.77502e-11,
        7.89628e-11,
        3.29877e-10,
        1.33557e-09,
        5.18721e-09,
        1.84034e-08,
        6.11078e-08,
        1.77924e-07,
        4.72237e-07,
        1.05576e-06,
        2.06476e-06,
        3.0404e-06,
    ),  # fmt: skip
    "v": (
        -0.08671,
        -0.0385024,
        0.00970529,
        0.0579511,
        0.106291,
        0.154719,
        0.203226,
        0.25181,
        0.300464,
        0.349177,
        0.397921,
        0.446606,
        0.494985,
        0.542658,
        0.589344,
        0.633022,
    ),  # fmt: skip
}


@cache
def spline_basis() -> np.ndarray:
    """(NODES + 2, NODES): from values at equal nodes of [0, 1] to the natural spline's coefficients of 1, u and
    max(0, u - node)^3 at every node; beyond the ends it goes on straight."""
    nodes = np.linspace(0, 1, NODES)
    rows = []
    for values in np.eye(NODES):
        c = CubicSpline(nodes, values, bc_type="natural").c
        rows.append([c[3, 0], c[2, 0], *np.diff(c[0], prepend=0.0, append=0.0)])
    return np.array(rows).T


def spline(values: list[Any], u: Any) -> Any:
    """The natural spline through values at equal nodes of [0, 1], for floats, arrays and CasADi alike."""
    symbolic = any(isinstance(v, ca.SX) for v in (*values, u))
    basis, largest = spline_basis(), ca.fmax if symbolic else np.maximum
    total = 0.0
    for k, row in enumerate(basis):
        weight = sum(float(b) * v for b, v in zip(row, values, strict=True))
        power = (1.0, u)[k] if k < 2 else largest(0.0, u - (k - 2) / (NODES - 1)) ** 3
        total = total + weight * power
    return total
