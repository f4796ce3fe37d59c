"""The symbolic system of a neuron model: what every numerical method builds its step from."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import casadi as ca

from ..errors import InputError
from ..stimulus.base import COLUMNS, segment_value

if TYPE_CHECKING:
    from ..neurons.base import Neuron

FORMS = {
    "constant": ("c0",),
    "polynomial": ("c0", "c1", "c2", "c3"),
    "full": tuple(c for c in COLUMNS if c not in ("t0", "q")),
}


class System:
    """dx/dt = f(x, i(t)) of one model as CasADi expressions of named symbols.

    x        states, then the energy drawn from the input where the model has a `power`
    active   0 during the refractory period, else 1: `held` states stand still while it is 0
    s        time since the start of the stimulus row, whose columns are `row`
    h        step; rtol: relative tolerance (absolute: rtol x scale of the state)
    """

    def __init__(self, model: type[Neuron], form: str) -> None:
        self.model, self.form = model, form
        self.neuron, parameters = model.symbolic()
        self.parameters = {f"p.{k}": v for k, v in parameters.items()}
        self.names = list(model.states)
        self.n = len(self.names)
        self.has_power = model.power is not None
        self.x = ca.SX.sym("x", self.n)
        self.energy = ca.SX.sym("energy")
        self.active, self.s, self.h = ca.SX.sym("active"), ca.SX.sym("s"), ca.SX.sym("h")
        self.q, self.r, self.clock = ca.SX.sym("q"), ca.SX.sym("r"), ca.SX.sym("clock")
        self.rtol, self.dt = ca.SX.sym("rtol"), ca.SX.sym("dt")
        self.row = {c: ca.SX.sym(c) for c in FORMS[form]}
        self.mask = ca.vertcat(*(self.active if k in model.held else ca.SX(1) for k in self.names))
        self.scale = ca.DM([state.scale for state in model.states.values()])

    @property
    def state_names(self) -> list[str]:
        """Names of the integrated quantities: the states, then "energy"."""
        return self.names + ["energy"] * self.has_power

    @property
    def state(self) -> ca.SX:
        return ca.vertcat(self.x, self.energy) if self.has_power else self.x

    def symbols(self) -> dict[str, ca.SX]:
        """Every symbol by its name in the kernels' layout."""
        named = {f"x.{k}": self.x[j] for j, k in enumerate(self.names)}
        if self.has_power:
            named["x.energy"] = self.energy
        named |= {f"c.{k}": v for k, v in self.row.items()}
        named |= {"active": self.active, "s": self.s, "h": self.h, "q": self.q, "r": self.r, "u.clock": self.clock}
        named |= {"p.rtol": self.rtol, "p.dt": self.dt}
        return named | self.parameters

    def space(self, x: ca.SX) -> SimpleNamespace:
        return SimpleNamespace(**{k: x[j] for j, k in enumerate(self.names)})

    def vector(self, entries: dict[str, ca.SX], default: ca.SX) -> ca.SX:
        """A state vector from a model's dict; states not named keep `default`."""
        unknown = set(entries) - set(self.names)
        if unknown:
            raise InputError(f"model {self.model.name} names {unknown} among its states {self.names}")
        return ca.vertcat(*(ca.SX(entries.get(k, default[j])) for j, k in enumerate(self.names)))

    def input(self, s: ca.SX | None = None) -> ca.SX:
        """The stimulus i at time s of its row."""
        columns = [self.row.get(c, 0.0) for c in COLUMNS]
        return ca.SX(segment_value(columns, self.s if s is None else s, ca.exp, ca.sin))

    def input_slope(self, s: ca.SX) -> ca.SX:
        time = ca.SX.sym("time")
        return ca.substitute(ca.jacobian(self.input(time), time), time, s)

    def f(self, x: ca.SX, i: ca.SX) -> ca.SX:
        """dx/dt of the states, without the refractory mask."""
        return self.vector(self.neuron.derivative(self.space(x), i), ca.SX.zeros(self.n))

    def rhs(self, state: ca.SX, s: ca.SX) -> ca.SX:
        """Time derivative of all integrated quantities at row time s, with the refractory mask."""
        i, x = self.input(s), state[: self.n]
        dx = self.mask * self.f(x, i)
        return ca.vertcat(dx, self.power(x, i)) if self.has_power else dx

    def power(self, x: ca.SX, i: ca.SX) -> ca.SX:
        assert self.neuron.power is not None
        return ca.SX(self.neuron.power(self.space(x), i))

    def threshold(self, x: ca.SX) -> ca.SX:
        return ca.SX(self.neuron.threshold(self.space(x)))

    def threshold_rate(self, x: ca.SX, dx: ca.SX) -> ca.SX:
        """dg/dt = (dg/dx) dx/dt."""
        probe = ca.SX.sym("probe", self.n)
        gradient = ca.jacobian(self.threshold(probe), probe)
        return ca.substitute(gradient, probe, x[: self.n]) @ dx[: self.n]

    def reset(self, x: ca.SX) -> ca.SX:
        return self.vector(self.neuron.reset(self.space(x)), x)

    @property
    def has_reset(self) -> bool:
        return bool(self.neuron.reset(self.space(self.x)))

    @property
    def takes_impulses(self) -> bool:
        """Whether an impulse has a meaning: the model is affine in its input, or states its own `kick`."""
        i = ca.SX.sym("i")
        return hasattr(self.model, "kick") or not ca.depends_on(ca.jacobian(self.f(self.x, i), i), i)

    def kick(self, x: ca.SX, area: ca.SX) -> ca.SX:
        """x after an impulse of the input: x + (df/di) area; held states do not move."""
        if hasattr(self.model, "kick"):
            moved = self.vector(self.neuron.kick(self.space(x), area), x)  # type: ignore[attr-defined]
            return x + self.mask * (moved - x)
        i = ca.SX.sym("i")
        return x + self.mask * ca.jacobian(self.f(x, i), i) * area

    def affine(self) -> tuple[ca.SX, ca.SX, ca.SX]:
        """A, b, c of f = A x + b i + c; InputError if the model is not linear between its events."""
        x, i = ca.SX.sym("x", self.n), ca.SX.sym("i")
        f, variables = self.f(x, i), ca.vertcat(x, i)
        jacobian = ca.jacobian(f, variables)
        if ca.depends_on(jacobian, variables):
            raise InputError(
                f"{self.model.name} is not linear between its events: method 'exact' does not apply; use dopri5"
            )
        zero = ca.substitute(f, variables, ca.SX.zeros(self.n + 1))
        return jacobian[:, : self.n], jacobian[:, self.n], ca.simplify(zero)


Step = Callable[[System], dict[str, ca.SX]]
