"""The kernels a solver calls, built from a model for one method, input form and set of varying parameters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from . import adaptive, exact, grid, rosenbrock, runge_kutta
from .fixed_step import METHODS as GRID_STEPS
from .fixed_step import grid_steps
from .graph import FORMS, System
from .lanes import Program

if TYPE_CHECKING:
    from ..neurons.base import Neuron


@dataclass(frozen=True)
class Method:
    """An adaptive method: its step and the order that its step control uses."""

    step: Callable[[System], dict[str, ca.SX]]
    order: int


ADAPTIVE = {
    "exact": Method(exact.exact, exact.ORDER),
    "dopri5": Method(runge_kutta.dopri5, runge_kutta.ORDER),
    "rodas4": Method(rosenbrock.rodas4, rosenbrock.ORDER),
}
GRID = (*GRID_STEPS, "clocked")
ADAPTIVE_LANES = 16
GRID_LANES = 256
SHORT_BODY = 30  # a step of so few lines is bound by its loads and stores: two are done per pass
STEPS_PER_PASS = 2  # more would make a chain longer than the processor can overlap with the next lanes


@dataclass(frozen=True)
class Compiled:
    """A compiled program with what its driver must know; `x`: integrated quantities, `varying`: parameter slots."""

    program: Program
    place: np.ndarray
    kernels: np.ndarray
    hoists: np.ndarray
    x: tuple[str, ...]
    varying: tuple[str, ...]
    takes_impulses: bool


_building = threading.Lock()


def built_once(build: Callable[..., Compiled]) -> Callable[..., Compiled]:
    """Remember what was built; threads that ask for the same program wait for the first."""
    remembered = cache(build)

    @wraps(build)
    def ask(*key: Any) -> Compiled:
        with _building:
            return remembered(*key)

    return ask


def named(prefix: str, names: list[str], vector: ca.SX) -> dict[str, ca.SX]:
    return {f"{prefix}.{name}": vector[j] for j, name in enumerate(names)}


def new_program(system: System, lanes: int, varying: tuple[str, ...]) -> Program:
    """A program with the slots laid out so that states, input columns and parameters are consecutive."""
    program = Program(lanes)
    layout = program.layout
    for name in [f"x.{k}" for k in system.state_names] + [f"c.{k}" for k in FORMS["full"]]:
        layout.slot(name)
    for name in varying:
        layout.slot(f"p.{name}")
    for name in system.symbols():
        if name.startswith("p.") and name not in layout.slots:
            layout.scalar(name)
    return program


@built_once
def adaptive_program(model: type[Neuron], method: str, form: str, varying: tuple[str, ...]) -> Compiled:
    """Kernels `step`, `reset` and `kick` of an adaptive method."""
    system = System(model, form)
    program = new_program(system, ADAPTIVE_LANES, varying)
    symbols, names = system.symbols(), system.state_names
    made = ADAPTIVE[method].step(system)
    x1, n = made["x1"], system.n
    outputs = named("x1", names, x1)
    for name in names:
        program.layout.slot(f"save.{name}")
    outputs |= {
        "error": made["error"],
        "g0": system.threshold(system.x),
        "gd0": system.threshold_rate(system.x, made["f0"]),
        "g1": system.threshold(x1[:n]),
        "gd1": system.threshold_rate(x1[:n], made["f1"]),
    }
    program.add("step", symbols, outputs)
    after = system.reset(system.x)
    program.add("reset", symbols, {**named("xr", system.names, after), "gr": system.threshold(after)})
    takes_impulses = system.takes_impulses
    kicked = system.kick(system.x, system.q) if takes_impulses else system.x
    program.add("kick", symbols, {**named("xk", system.names, kicked), "gk": system.threshold(kicked)})
    program.compile()

    first = names[0]
    at = program.layout.address
    place = np.zeros(adaptive.N_PLACE, dtype=np.int64)
    starts = {
        adaptive.X0: f"x.{first}", adaptive.X1: f"x1.{first}", adaptive.XR: f"xr.{first}",
        adaptive.XK: f"xk.{first}", adaptive.ERR: "error", adaptive.G0: "g0", adaptive.GD0: "gd0",
        adaptive.G1: "g1", adaptive.GD1: "gd1", adaptive.GR: "gr", adaptive.GK: "gk", adaptive.H: "h",
        adaptive.S: "s", adaptive.ACTIVE: "active", adaptive.Q: "q", adaptive.COEF: "c.c0",
        adaptive.SAVE: f"save.{first}",
    }  # fmt: skip
    for key, name in starts.items():
        place[key] = at(name)
    place[adaptive.PARAM] = at(f"p.{varying[0]}") if varying else 0
    place[adaptive.N_X], place[adaptive.N_ALL] = n, len(names)
    place[adaptive.N_COEF], place[adaptive.N_PARAM] = len(FORMS["full"]), len(varying)
    place[adaptive.W_], place[adaptive.ORDER] = ADAPTIVE_LANES, ADAPTIVE[method].order
    place[adaptive.HAS_RESET] = system.has_reset
    place[adaptive.T_REF_AT] = at("p.t_ref") if "t_ref" in model.params else -1
    place[adaptive.T_REF_STEP] = int("t_ref" in varying)
    return compiled(program, place, ("step", "reset", "kick"), names, varying, takes_impulses)


@built_once
def grid_program(model: type[Neuron], method: str, form: str, varying: tuple[str, ...], impulses: bool) -> Compiled:
    """The kernel `step` of a fixed-step method: state, refractory count and row time are updated in place."""
    system = System(model, form)
    program = new_program(system, GRID_LANES, varying)
    symbols = system.symbols()
    if form == "constant":  # the input changes only at breakpoints: what depends on it alone is hoisted, too
        symbols["p.c0"] = symbols.pop("c.c0")
    program.add("step", symbols, grid_steps(system, method, impulses, 1), flags=["spike0"])
    kernels = ["step"]
    if not impulses and len(program.emitters["step"][0].body) <= SHORT_BODY:
        several = grid_steps(system, method, impulses, STEPS_PER_PASS)
        program.add("steps", symbols, several, flags=[f"spike{j}" for j in range(STEPS_PER_PASS)])
        kernels.append("steps")
    program.compile()
    at = program.layout.address
    place = np.zeros(grid.N_PLACE, dtype=np.int64)
    place[grid.X0] = at(f"x.{system.names[0]}")
    place[grid.COEF] = at("p.c0" if form == "constant" else "c.c0")
    place[grid.S] = at("s") if form != "constant" else -1
    place[grid.CLOCK], place[grid.SPIKE] = at("u.clock"), at("spike0")
    place[grid.READY] = at("r")
    place[grid.Q] = at("q") if impulses else -1
    place[grid.W_], place[grid.STRIDE] = GRID_LANES, program.layout.stride
    place[grid.SEVERAL] = STEPS_PER_PASS
    place[grid.N_X], place[grid.N_COEF] = system.n, 1 if form == "constant" else len(FORMS["full"])
    return compiled(program, place, tuple(kernels), system.names, varying, system.takes_impulses)


def compiled(
    program: Program, place: np.ndarray, kernels: tuple[str, ...], x: list[str], varying: tuple[str, ...], takes: bool
) -> Compiled:
    addresses = np.array([program.address(k) for k in kernels], dtype=np.int64)
    return Compiled(program, place, addresses, program.hoist_addresses(), tuple(x), varying, takes)
