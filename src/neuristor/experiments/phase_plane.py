"""Phase plane of two-variable models: nullclines, vector field, fixed points with their stability, a trajectory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from ..errors import InputError
from ..kernel.graph import System
from ..neurons.base import Neuron
from ..quantities import one_number
from .base import Result, checked, constant

GRID = 201


@dataclass(frozen=True)
class FixedPoint:
    """Where both derivatives vanish: state, eigenvalues of the Jacobian (1/s) and their kind."""

    state: tuple[float, float]
    eigenvalues: tuple[complex, complex]
    kind: str


@dataclass(frozen=True)
class PhasePlane(Result):
    """dx/dt and dy/dt of two states on a grid at one constant input.

    x, y: (n,) axes; dx, dy: (n, n) derivatives, rows along y; their zero levels are the nullclines.
    trajectory: (2, n_time) from the model's initial state; threshold in x, if the spike condition is one.
    """

    subject: str
    names: tuple[str, str]
    units: tuple[str, str]
    current: float
    input_unit: str
    x: np.ndarray
    y: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    fixed_points: list[FixedPoint]
    trajectory: np.ndarray

    def to_json_dict(self) -> dict[str, Any]:
        whole = super().to_json_dict()
        for point in whole["fixed_points"]:
            point["eigenvalues"] = [[v.real, v.imag] for v in point["eigenvalues"]]
        return whole


def phase_plane(neuron: Neuron, current: Any = 0.0, *, duration: Any = None) -> PhasePlane:
    """The phase plane of a model with two states at a constant input; InputError for other models."""
    if not isinstance(neuron, Neuron) or len(neuron.states) != 2 or neuron.default_method == "clocked":
        told = f"{len(neuron.states)} states" if isinstance(neuron, Neuron) else "no stated equations"
        raise InputError(f"a phase plane needs a model of two continuous states; {neuron.name} has {told}")
    level = one_number(current, neuron.input_unit, "phase plane: current")
    f, jacobian = numeric_field(neuron, level)
    length = 10 * neuron.scales().time if duration is None else one_number(duration, "s", "phase plane: duration")
    trace = checked(neuron.simulate(constant(neuron, [level]), length, samples=4001), "phase plane")
    names = tuple(neuron.states)
    path = np.array([trace[k][0] for k in names])
    scale = np.array([s.scale for s in neuron.states.values()])
    margin = 0.2 * np.ptp(path, axis=1) + 5 * scale
    low, high = path.min(axis=1) - margin, path.max(axis=1) + margin
    x, y = np.linspace(low[0], high[0], GRID), np.linspace(low[1], high[1], GRID)
    field = np.array(f.map(GRID * GRID)(np.array([np.tile(x, GRID), np.repeat(y, GRID)])))
    dx, dy = field.reshape(2, GRID, GRID)
    return PhasePlane(
        subject=neuron.name,
        names=(names[0], names[1]),
        units=(neuron.states[names[0]].unit, neuron.states[names[1]].unit),
        current=level,
        input_unit=neuron.input_unit,
        x=x,
        y=y,
        dx=dx,
        dy=dy,
        fixed_points=fixed_points(f, jacobian, x, y, dx, dy, scale),
        trajectory=path,
    )


def numeric_field(neuron: Neuron, level: float) -> tuple[ca.Function, ca.Function]:
    """dx/dt and its Jacobian as functions of the two states, parameters and input fixed."""
    system = System(type(neuron), "constant")
    derivative = system.f(system.x, ca.SX(level))
    values = {symbol: value for symbol, value in zip(system.parameters.values(), neuron.values().values(), strict=True)}
    if any(np.ndim(v) for v in values.values()):
        raise InputError(f"a phase plane shows one neuron; {neuron.name} has parameters given per lane")
    derivative = ca.substitute(derivative, ca.vertcat(*values), ca.DM(list(values.values())))
    return ca.Function("f", [system.x], [derivative]), ca.Function("j", [system.x], [ca.jacobian(derivative, system.x)])


def fixed_points(
    f: ca.Function,
    jacobian: ca.Function,
    x: np.ndarray,
    y: np.ndarray,
    dx: np.ndarray,
    dy: np.ndarray,
    scale: np.ndarray,
) -> list[FixedPoint]:
    """Newton's method from every grid cell in which both derivatives change sign."""

    def changes(g: np.ndarray) -> np.ndarray:
        corners = np.sign(np.array([g[:-1, :-1], g[1:, :-1], g[:-1, 1:], g[1:, 1:]]))
        return np.ptp(corners, axis=0) > 0

    found: list[np.ndarray] = []
    for row, column in np.argwhere(changes(dx) & changes(dy)):
        point = np.array([x[column : column + 2].mean(), y[row : row + 2].mean()])
        for _ in range(30):
            step = np.linalg.solve(np.array(jacobian(point)), -np.array(f(point)).ravel())
            point = point + step
            if np.all(np.abs(step) < 1e-13 * scale):
                break
        near = np.abs(point - [x[column], y[row]]) < 4 * np.array([x[1] - x[0], y[1] - y[0]])
        if np.all(near) and not any(np.all(np.abs(point - p) < 1e-6 * scale) for p in found):
            found.append(point)
    return [described(p, np.array(jacobian(p))) for p in found]


def described(point: np.ndarray, matrix: np.ndarray) -> FixedPoint:
    values = np.linalg.eigvals(matrix)
    real = values.real
    if real[0] * real[1] < 0 and not np.any(values.imag):
        kind = "saddle"
    else:
        shape = "focus" if np.any(values.imag) else "node"
        kind = f"{'stable' if np.all(real < 0) else 'unstable'} {shape}"
    return FixedPoint((float(point[0]), float(point[1])), (complex(values[0]), complex(values[1])), kind)
