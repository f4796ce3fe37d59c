"""What a memristor model states: the current and the rate of one state x. Everything else follows from the two."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import casadi as ca
import numpy as np

from ...errors import InputError, nearest
from ...parameters import Parametrised
from ...presets.memristors import MemristorPreset
from ...quantities import show


class Memristor(Parametrised):
    """A two-terminal resistor with one state x in [0, 1]: x = 1 is fully ON. v > 0 switches towards ON.

    A model gives, on floats, NumPy arrays and CasADi symbols alike:

    current(v, x)      A; zero at v = 0 for every x, and i v >= 0
    rate(v, x)         dx/dt, 1/s; does not lead out of [0, 1]
    resistance(x)      Ohm, at small v
    state_of(r)        the x with that resistance

    and, where the current is not proportional to v (`ohmic` is False):

    conductance(v, x)  di/dv, S
    curvature(v, x)    d2i/dv2, A/V^2
    bound(i, x)        a voltage of the sign of i at which |current| is at least |i|; the very voltage that drives i if
                       `bound_is_exact`
    branch(v, x, side) the current at the v of the sign of `side`, continued smoothly beyond 0, where the conductance jumps

    `options` are the choices among formulas with their allowed words, the first the default; they are fixed when the
    device is built. Parameters may hold one value a lane.
    """

    title: ClassVar[str] = ""
    source: ClassVar[str] = ""
    options: ClassVar[dict[str, tuple[str, ...]]] = {}
    ohmic: ClassVar[bool] = True
    bound_is_exact: ClassVar[bool] = False
    presets: ClassVar[dict[str, MemristorPreset]] = {}
    preset_used: str = ""
    r_on: Any
    r_off: Any

    def __init__(self, **values: Any) -> None:
        told = self.name or type(self).__name__
        for key, known in self.options.items():
            self.__dict__[key] = chosen(values.pop(key, known[0]), key, known, told)
        super().__init__(**values)
        self.check(told)

    def check(self, told: str) -> None:
        """InputError where parameters do not fit together."""
        low, high = np.broadcast_arrays(self.r_on, self.r_off)
        if np.any(low >= high):
            k = int(np.argmax(np.ravel(low >= high)))
            raise InputError(
                f"{told}: r_on = {show(np.ravel(low)[k], 'Ohm')} is not below r_off = {show(np.ravel(high)[k], 'Ohm')}; "
                "r_on is the resistance of the conducting state (a source may have the two swapped)"
            )

    def with_(self, **changes: Any) -> Self:
        """A copy with some parameters or options changed."""
        copy = type(self)(**{**self.values(), **self.choices, **changes})
        copy.preset_used = self.preset_used
        return copy

    def current(self, v: Any, x: Any) -> Any:
        return v / self.resistance(x)

    def rate(self, v: Any, x: Any) -> Any:
        raise NotImplementedError

    def drift(self, v: Any, x: Any) -> Any:
        """The rate without hard stops at 0 and 1, where a model has them."""
        return self.rate(v, x)

    def resistance(self, x: Any) -> Any:
        raise NotImplementedError

    def state_of(self, resistance: Any) -> Any:
        raise NotImplementedError

    def conductance(self, v: Any, x: Any) -> Any:
        return 1.0 / self.resistance(x)

    def curvature(self, v: Any, x: Any) -> Any:
        return 0.0

    def branch(self, v: Any, x: Any, side: Any) -> Any:
        return self.current(v, x)

    def bound(self, i: Any, x: Any) -> Any:
        return i * self.resistance(x)

    @property
    def holds_ends(self) -> bool:
        """Whether x = 0 and x = 1 are for ever, whatever the voltage."""
        return False

    @property
    def choices(self) -> dict[str, str]:
        """The options in force."""
        return {key: getattr(self, key) for key in self.options}

    def as_symbols(self) -> tuple[Self, dict[str, ca.SX]]:
        """This device with CasADi symbols as parameters and the same options, and the symbols by name."""
        copy, symbols = type(self).symbolic()
        copy.__dict__.update(self.choices)
        return copy, symbols

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """The device with a published parameter set, e.g. `MMS.preset("knowm_default")`."""
        if name not in cls.presets:
            known = ", ".join(cls.presets) or "none"
            raise InputError(f"{cls.name} has no preset {name!r}{nearest(name, cls.presets)}; it has {known}")
        chosen_set = cls.presets[name]
        device = cls(**{**chosen_set.values, **chosen_set.options, **changes})
        device.preset_used = name
        return device


def chosen(value: Any, key: str, known: tuple[str, ...], told: str) -> str:
    """An option's word; InputError if there is no such word."""
    if value not in known:
        raise InputError(f"{told}: {key} = {value!r}{nearest(str(value), known)} is none of {', '.join(known)}")
    return str(value)
