"""How wanted conductances are written: at once with an error, or pulse by pulse until a reading is close enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse
from .cell import Cell
from .variation import spread

RELATIVE_TO = ("range", "value")
STARTS = {"hrs": 0.0, "lrs": 1.0}


@dataclass(frozen=True, eq=False)
class Programmed:
    """What writing has left.

    conductances   (rows, columns) S
    pulses         (rows, columns) number of pulses; None where writing is not in pulses
    converged      (rows, columns) whether the last reading was within the tolerance; None where nothing was read
    energy         J spent in the cells by the pulses; NaN where not known
    """

    conductances: np.ndarray
    pulses: np.ndarray | None = None
    converged: np.ndarray | None = None
    energy: float = float("nan")

    @property
    def unconverged(self) -> float:
        """Share of cells whose last reading was not within the tolerance."""
        return 0.0 if self.converged is None else float(np.mean(~self.converged))


@dataclass(frozen=True)
class Programming:
    """Writing at once, with an error that nobody corrects.

    sigma         standard deviation of the error, normal; a conductance that would be negative is zero
    relative_to   range: sigma counts in g_on - g_off; value: in the wanted conductance
    """

    sigma: float = 0.0
    relative_to: str = "range"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", spread(self.sigma, "programming: sigma"))
        if self.relative_to not in RELATIVE_TO:
            told = nearest(str(self.relative_to), RELATIVE_TO)
            raise InputError(f"programming: relative_to = {self.relative_to!r}{told} is neither range nor value")

    def write(self, targets: np.ndarray, cell: Cell, factors: Any, rng: np.random.Generator) -> Programmed:
        """Write `targets` (S) into cells whose conductance is `factors` times what the same writing usually gives."""
        g = targets
        size = self.error_of(targets, cell)
        if np.any(size):
            g = np.maximum(targets + size * rng.standard_normal(targets.shape), 0.0)
        return Programmed(g if factors is None else g * factors)

    def error_of(self, targets: np.ndarray, cell: Cell) -> Any:
        """Standard deviation of the error (S), one number or one a cell."""
        return self.sigma * (cell.span if self.relative_to == "range" else targets)

    def describe(self) -> str:
        return f"error of {self.sigma:.4g} of the {self.relative_to}" if self.sigma else "exact"


@dataclass(frozen=True, eq=False)
class UpdateCurve:
    """How far one pulse moves a cell, by the share u of its range (0: g_off, 1: g_on) that it stands at.

    up     u(p) = (1 - e^(-a p / P)) / (1 - e^(-a)) after p of P pulses from u = 0, with a = nonlinearity_up (0: a straight
           line); a pulse leads from u(p) to u(p + 1), also where p is not whole
    down   the same from the other end, with nonlinearity_down
    sigma  noise of one pulse from cycle to cycle, standard deviation over the range, normal

    `measured` takes two measured curves instead. A cell never leaves its range.
    Source of the form: Chen, Peng & Yu, IEEE T-CAD 37 (2018) 3067 (NeuroSim), where A = P / a.
    """

    pulses_up: int = 64
    pulses_down: int = 64
    nonlinearity_up: float = 0.0
    nonlinearity_down: float = 0.0
    sigma: float = 0.0
    tables: tuple[np.ndarray, np.ndarray] | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("pulses_up", "pulses_down"):
            whole_number(getattr(self, name), 1, f"update curve: {name}")
        for name in ("nonlinearity_up", "nonlinearity_down", "sigma"):
            object.__setattr__(self, name, spread(getattr(self, name), f"update curve: {name}"))

    @classmethod
    def measured(cls, up: Any, down: Any, sigma: float = 0.0, source: str = "") -> Self:
        """From conductances (S) after 0, 1, 2, ... pulses: `up` rising from the lowest, `down` falling from the highest."""
        rise, fall = (np.asarray(parse(c, "S"), dtype=float) for c in (up, down))
        for name, curve, sign in (("up", rise, 1), ("down", fall, -1)):
            if curve.ndim != 1 or len(curve) < 2 or np.any(sign * np.diff(curve) <= 0):
                way = "rise" if sign > 0 else "fall"
                raise InputError(f"update curve: the conductances of {name!r} must {way} from pulse to pulse, two or more")
        tables = ((rise - rise[0]) / (rise[-1] - rise[0]), (fall[0] - fall) / (fall[0] - fall[-1]))
        return cls(len(rise) - 1, len(fall) - 1, sigma=sigma, tables=tables, source=source)

    def step(self, u: np.ndarray, rising: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """u after one more pulse each, up where `rising`, else down."""
        up = self.next(u, self.pulses_up, self.nonlinearity_up, 0)
        down = 1.0 - self.next(1.0 - u, self.pulses_down, self.nonlinearity_down, 1)
        moved = np.where(rising, up, down)
        return np.clip(moved + self.sigma * rng.standard_normal(len(u)) if self.sigma else moved, 0.0, 1.0)

    def next(self, u: np.ndarray, pulses: int, a: float, side: int) -> np.ndarray:
        """The next point of one curve, counted from its own start."""
        if self.tables is not None:
            numbers = np.arange(pulses + 1.0)
            return np.interp(np.interp(u, self.tables[side], numbers) + 1.0, numbers, self.tables[side])
        return u + 1.0 / pulses if a == 0 else u + np.expm1(-a / pulses) * (u + 1.0 / np.expm1(-a))


@dataclass(frozen=True)
class WriteVerify(Programming):
    """Read, compare, one pulse up or down, and again, until the reading is within a tolerance of what is wanted.

    tolerance    largest error of the reading that is accepted, over g_on - g_off
    max_pulses   after which a cell is left as it is, not converged
    curve        what a pulse does (`UpdateCurve`)
    read_noise   of each verifying read, standard deviation over the conductance
    start        hrs or lrs: where cells stand before the first pulse
    pulse_voltage, pulse_width   of a pulse (V, s); with both the energy v^2 G width of all pulses is summed

    Spread from device to device scales a cell's whole range: the loop corrects it as far as the range reaches. The
    fields sigma and relative_to add an error that comes after the last reading (relaxation); none by default.
    """

    tolerance: float = 0.01
    max_pulses: int = 100
    curve: UpdateCurve = field(default_factory=UpdateCurve)
    read_noise: float = 0.0
    start: str = "hrs"
    pulse_voltage: Any = None
    pulse_width: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        tolerance = spread(self.tolerance, "write-verify: tolerance")
        if tolerance == 0:
            raise InputError("write-verify: the tolerance must be above zero: no reading is ever exact")
        object.__setattr__(self, "tolerance", tolerance)
        object.__setattr__(self, "read_noise", spread(self.read_noise, "write-verify: read_noise"))
        whole_number(self.max_pulses, 0, "write-verify: max_pulses")
        if not isinstance(self.curve, UpdateCurve):
            raise InputError(f"write-verify: the curve must be an UpdateCurve, not {self.curve!r}")
        if self.start not in STARTS:
            raise InputError(
                f"write-verify: start = {self.start!r}{nearest(str(self.start), STARTS)} is neither hrs nor lrs"
            )

    @property
    def pulse_energy(self) -> float:
        """J per siemens and pulse, v^2 width; NaN unless both are given."""
        if self.pulse_voltage is None or self.pulse_width is None:
            return float("nan")
        return float(parse(self.pulse_voltage, "V") ** 2 * parse(self.pulse_width, "s"))

    def write(self, targets: np.ndarray, cell: Cell, factors: Any, rng: np.random.Generator) -> Programmed:
        wanted = targets.ravel()
        own = np.ones(1) if factors is None else np.ravel(factors)
        own = np.broadcast_to(own, wanted.shape)
        u = np.full(wanted.shape, STARTS[self.start])
        pulses = np.zeros(wanted.shape, dtype=np.int64)
        converged = np.zeros(wanted.shape, dtype=bool)
        energy = 0.0
        busy = np.arange(len(wanted))
        for pulse in range(self.max_pulses + 1):
            g = own[busy] * cell.between(u[busy])
            read = g * (1.0 + self.read_noise * rng.standard_normal(len(g))) if self.read_noise else g
            error = wanted[busy] - read
            far = np.abs(error) > self.tolerance * cell.span
            converged[busy[~far]] = True
            busy, error = busy[far], error[far]
            if pulse == self.max_pulses or not len(busy):
                break
            energy += self.pulse_energy * float(np.sum(g[far]))
            u[busy] = self.curve.step(u[busy], error > 0, rng)
            pulses[busy] += 1
        reached = (own * cell.between(u)).reshape(targets.shape)
        left = super().write(reached, cell, None, rng).conductances
        return Programmed(left, pulses.reshape(targets.shape), converged.reshape(targets.shape), energy)

    def describe(self) -> str:
        return f"write-verify to {self.tolerance:.4g} of the range, at most {self.max_pulses} pulses a cell"


def whole_number(value: Any, least: int, told: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{told} must be a whole number from {least} up, not {value!r}")
