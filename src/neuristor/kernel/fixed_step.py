"""The textbook methods on a grid: Euler, exponential Euler, RK4, the exact update of linear models, clocked maps.

They are here for comparison and for throughput. A spike is noticed at the end of the step in which it occurs, as
in the simulators that use such grids: a rate of 100 Hz at dt = 0.1 ms is about 1 % low. The adaptive methods
locate spikes instead.
"""

from copy import copy

import casadi as ca

from .graph import System


def euler(system: System, x: ca.SX, dt: ca.SX) -> ca.SX:
    """x + dt f(x, i)."""
    return x + dt * system.f(x, system.input())


def rk4(system: System, x: ca.SX, dt: ca.SX) -> ca.SX:
    """The classical method of order four (Kutta 1901)."""
    n, s = system.n, system.s
    k1 = system.rhs(x, s)[:n]
    k2 = system.rhs(x + dt / 2 * k1, s + dt / 2)[:n]
    k3 = system.rhs(x + dt / 2 * k2, s + dt / 2)[:n]
    k4 = system.rhs(x + dt * k3, s + dt)[:n]
    return x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def exponential_euler(system: System, x: ca.SX, dt: ca.SX) -> ca.SX:
    """x_j + dt phi(a_j dt) f_j with a_j = df_j/dx_j, phi(z) = (e^z - 1) / z: exact for gates at fixed voltage."""
    probe = ca.SX.sym("probe", system.n)
    f = system.f(probe, system.input())
    own = [ca.substitute(ca.jacobian(f[j], probe[j]), probe, x) for j in range(system.n)]
    f = ca.substitute(f, probe, x)
    moved = []
    for j in range(system.n):
        if own[j].is_zero():
            moved.append(x[j] + dt * f[j])
        else:
            nonzero = ca.if_else(own[j] == 0, 1e-300, own[j])
            moved.append(x[j] + f[j] * ca.if_else(own[j] == 0, dt, ca.expm1(nonzero * dt) / nonzero))
    return ca.vertcat(*moved)


def exact_grid(system: System, x: ca.SX, dt: ca.SX) -> ca.SX:
    """x(t + dt) of a linear model under the input held at its value at t: e^(A dt) x + ..."""
    a, b, c = system.affine()
    generator = ca.vertcat(ca.horzcat(a, b, c), ca.SX.zeros(2, system.n + 2)) * dt
    held = ca.vertcat(*(ca.SX(k not in system.model.held) for k in system.names), 1, 1)
    drive = ca.vertcat(system.input(), 1)
    flows = (matrix_exponential(m)[: system.n, :] for m in (generator, ca.diag(held) @ generator))
    free, still = (flow[:, : system.n] @ x + flow[:, system.n :] @ drive for flow in flows)
    return free if len(system.model.held) in (0, system.n) else ca.if_else(system.active, free, still)


def matrix_exponential(matrix: ca.SX) -> ca.SX:
    """e^M = I + E; E of M / 2^8 by 12 Taylor terms, then eight times E <- 2 E + E^2, which keeps small E accurate.

    Exact to rounding for |M| up to 64.
    """
    halvings = 8
    small = matrix / 2**halvings
    excess = term = small
    for k in range(2, 13):
        term = term @ small / k
        excess = excess + term
    for _ in range(halvings):
        excess = 2 * excess + excess @ excess
    return ca.SX.eye(matrix.size1()) + excess


METHODS = {"euler": euler, "rk4": rk4, "exponential_euler": exponential_euler, "exact_grid": exact_grid}


def grid_step(system: System, method: str, impulses: bool) -> dict[str, ca.SX]:
    """One step of the grid with threshold, reset and refractory period; outputs overwrite the inputs.

    r: first step at which the neuron is active again. A neuron without reset spikes where g changes sign upward.
    """
    dt = system.dt
    refractory = "t_ref" in system.model.params
    system.active = system.r <= system.clock if refractory else ca.SX(1)
    system.mask = ca.vertcat(*(system.active if k in system.model.held else ca.SX(1) for k in system.names))
    start = system.kick(system.x, system.q) if impulses and system.takes_impulses else system.x
    if method == "clocked":
        weight = system.q if impulses else ca.SX(0)
        update = system.neuron.update  # type: ignore[attr-defined]
        moved = system.vector(update(system.space(system.x), weight + system.input() * dt), system.x)
    else:
        moved = METHODS[method](system, start, dt)
        if refractory:
            rest = [moved[j] if k not in system.model.held else start[j] for j, k in enumerate(system.names)]
            moved = ca.if_else(system.active, moved, ca.vertcat(*rest))
    crossed = system.threshold(moved) >= 0
    if refractory:
        crossed = ca.logic_and(crossed, system.active)
    if not system.has_reset:
        crossed = ca.logic_and(crossed, system.threshold(system.x) < 0)
    after = ca.if_else(crossed, system.reset(moved), moved)
    outputs = {f"x.{k}": after[j] for j, k in enumerate(system.names)}
    outputs["spike"] = crossed
    if refractory:
        steps = ca.floor(system.neuron.t_ref / dt + 0.5)  # type: ignore[attr-defined]
        outputs["r"] = ca.if_else(crossed, system.clock + 1 + steps, system.r)
    if system.form != "constant":
        outputs["s"] = system.s + dt
    return outputs


def grid_steps(system: System, method: str, impulses: bool, count: int) -> dict[str, ca.SX]:
    """`count` steps one after the other; "spike0", "spike1", ... tell who fired in each."""
    system = copy(system)
    outputs: dict[str, ca.SX] = {}
    for j in range(count):
        outputs |= grid_step(system, method, impulses)
        outputs[f"spike{j}"] = outputs.pop("spike")
        system.x = ca.vertcat(*(outputs[f"x.{k}"] for k in system.names))
        system.r, system.s = outputs.get("r", system.r), outputs.get("s", system.s)
        system.clock = system.clock + 1
    return outputs
