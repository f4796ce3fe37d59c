"""The synapse device of an array: its range of conductances, its levels, and the state that gives a conductance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..devices.memristor import Memristor
from ..errors import InputError
from ..quantities import parse, show

R_ON, R_OFF = 10e3, 1e6  # Ohm; those of a column in `fluctuation`
ROUNDING = 1e-9  # relative; how far a conductance may lie outside the range by rounding


@dataclass(frozen=True)
class Cell:
    """A device that holds any conductance between g_off = 1 / r_off and g_on = 1 / r_on, or one of some levels.

    r_on, r_off   Ohm, or text with unit; r_off = inf: no current at all. Left out: 10 kOhm and 1 MOhm, or the range of
                  the device at the voltage of reading
    levels        number of conductances that can be programmed, equally spaced, the ends among them; None: any
    device        a memristor model whose current need not be proportional to the voltage; None: a resistor

    Source of the default range: chosen, as in `fluctuation`; it is that of no particular device.
    """

    r_on: Any = None
    r_off: Any = None
    levels: int | None = None
    device: Memristor | None = None

    def __post_init__(self) -> None:
        if self.device is not None and not isinstance(self.device, Memristor):
            raise InputError(f"cell: the device must be a memristor model such as MMS(), not {self.device!r}")
        own = (None, None) if self.device is not None else (R_ON, R_OFF)
        for name, value, default in (("r_on", self.r_on, own[0]), ("r_off", self.r_off, own[1])):
            object.__setattr__(self, name, default if value is None else resistance(value, name))
        if self.resolved:
            self.check()
        whole = isinstance(self.levels, (int, np.integer)) and not isinstance(self.levels, bool)
        if self.levels is not None and not (whole and self.levels >= 2):
            raise InputError(f"cell: levels must be a whole number from 2 up, or None for any level, not {self.levels!r}")

    def check(self) -> None:
        if not 0 < self.r_on < self.r_off:
            raise InputError(
                f"cell: 0 < r_on < r_off must hold, not r_on = {show(self.r_on, 'Ohm')} and "
                f"r_off = {show(self.r_off, 'Ohm')}"
            )

    @property
    def resolved(self) -> bool:
        """Whether both ends of the range are known as numbers."""
        return self.r_on is not None and self.r_off is not None

    def at(self, v_read: float) -> Cell:
        """The cell with both ends of its range known at this voltage; InputError if the device does not reach them."""
        if self.device is None:
            return self
        if self.device.lanes > 1:
            raise InputError("cell: the device must have one value a parameter; spread from cell to cell is a Variation")
        low, high = (float(self.device.current(v_read, x)) / v_read for x in (0.0, 1.0))
        r_on = 1.0 / high if self.r_on is None else self.r_on
        r_off = (1.0 / low if low > 0 else np.inf) if self.r_off is None else self.r_off
        if 1.0 / r_on > high * (1 + ROUNDING) or 1.0 / r_off < low * (1 - ROUNDING):
            raise InputError(
                f"cell: {self.device.name} conducts {show(low, 'S')} to {show(high, 'S')} at {show(v_read, 'V')}, "
                f"which does not hold the range from r_off = {show(r_off, 'Ohm')} to r_on = {show(r_on, 'Ohm')}"
            )
        return replace(self, r_on=r_on, r_off=r_off)

    @property
    def g_on(self) -> float:
        """S, the largest conductance."""
        return float(1.0 / self.r_on)

    @property
    def g_off(self) -> float:
        """S, the smallest conductance."""
        return float(1.0 / self.r_off)

    @property
    def span(self) -> float:
        """S, g_on - g_off."""
        return self.g_on - self.g_off

    def between(self, share: Any) -> Any:
        """The conductance at this share of the range; g_off and g_on exactly at 0 and 1."""
        return self.g_on * share + self.g_off * (1.0 - share)

    def share(self, g: Any) -> Any:
        """Where in the range a conductance lies: 0 at g_off, 1 at g_on."""
        return (g - self.g_off) / self.span

    def nearest_level(self, g: np.ndarray) -> np.ndarray:
        """The programmable conductances closest to these (S)."""
        if self.levels is None:
            return g
        steps = self.levels - 1
        return self.between(np.rint(self.share(g) * steps) / steps)

    def checked(self, g: np.ndarray, told: str) -> np.ndarray:
        """The conductances (S); InputError with the place of the first one outside the range."""
        slack = ROUNDING * self.g_on
        outside = ~((g >= self.g_off - slack) & (g <= self.g_on + slack))
        if np.any(outside):
            where = tuple(int(k) for k in np.argwhere(outside)[0])
            raise InputError(
                f"{told}: conductance {list(where)} is {show(g[where], 'S')}; the device holds {show(self.g_off, 'S')} to "
                f"{show(self.g_on, 'S')}"
            )
        return g

    def states(self, g: np.ndarray, v_read: float) -> tuple[np.ndarray, np.ndarray]:
        """State x and factor s of every cell: s i(v, x) is its current, s i(v_read, x) = g v_read exactly.

        s is 1 within the device's range. A conductance outside it (by variation or drift) is the state at the end,
        with its whole current-voltage curve scaled.
        """
        assert self.device is not None
        low, high = (float(self.device.current(v_read, x)) / v_read for x in (0.0, 1.0))
        inside = np.clip(g, low, high)
        x = self.state_at(inside, v_read)
        reached = np.asarray(self.device.current(v_read, x)) / v_read
        return x, np.divide(g, reached, out=np.ones_like(g), where=reached > 0)

    def state_at(self, g: np.ndarray, v_read: float) -> np.ndarray:
        """The x at which i(v_read, x) = g v_read: the device's own inverse if it is ohmic, else a bracketed root."""
        device = self.device
        assert device is not None
        if device.ohmic:
            with np.errstate(divide="ignore"):
                return np.clip(device.state_of(1.0 / g), 0.0, 1.0)
        from scipy.optimize.elementwise import find_root

        with np.errstate(invalid="ignore"):
            found = find_root(lambda x, i: device.current(v_read, x) - i, (0.0, 1.0), args=(g * v_read,))
        return np.clip(np.where(np.isnan(found.x), self.share(g), found.x), 0.0, 1.0)


def resistance(value: Any, name: str) -> float:
    """A resistance in Ohm, infinity allowed; InputError for anything else."""
    if isinstance(value, (float, np.floating)) and value == np.inf:
        return np.inf
    try:
        number = parse(value, "Ohm")
    except InputError as error:
        raise InputError(f"cell: {name}: {error}") from None
    if np.ndim(number):
        raise InputError(f"cell: {name} is one resistance, not {np.size(number)}; spread from cell to cell is a Variation")
    return float(number)
