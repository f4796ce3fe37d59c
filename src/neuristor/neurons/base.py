"""What a neuron model states. Everything else (graph, compiled kernel, solvers, experiments) follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import InputError, nearest
from ..kernel.solve import solve
from ..parameters import Parametrised, Scales
from ..presets import PRESETS, Preset
from ..stimulus import Stimulus
from ..trace import Trace


@dataclass(frozen=True)
class State:
    """A state variable: unit, typical magnitude (sets the absolute tolerance: rtol x scale) and meaning."""

    unit: str
    scale: float
    doc: str


class Neuron(Parametrised):
    """A neuron model: parameters, states, dx/dt, threshold, reset and refractory behaviour.

    A subclass gives, in plain Python that works on floats and on CasADi symbols alike:

    derivative(x, i_in)   dict state -> dx/dt, SI; `x` has one attribute a state, `self` one a parameter
    threshold(x)          scalar g(x); a spike is an upward crossing of g = 0, located as an event
    reset(x)              dict of the states that a spike changes (none: the model spikes by its own dynamics)
    initial()             dict of initial states (parameters may appear); default: zero
    power(x, i_in)        electrical power that the input source delivers (W), integrated as `energy["input"]`
    kick(x, area)         states after an impulse of the input, if the model is not affine in it (optional)
    flow(x, i, h)         exact motion over h, if the model is piecewise linear rather than linear (optional)
    update(x, w_in)       one clock of a clocked model (parameter t_clock, method "clocked")
    held                  states that stay fixed for `t_ref` after a spike, if there is such a parameter
    """

    title: ClassVar[str] = ""
    source: ClassVar[str] = ""
    states: ClassVar[dict[str, State]] = {}
    input_unit: ClassVar[str] = "A"
    held: ClassVar[tuple[str, ...]] = ()
    default_method: ClassVar[str] = "dopri5"
    presets: ClassVar[dict[str, Preset]] = {}
    preset_used: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.presets = {p.name: p for p in PRESETS if p.neuron == cls.name}

    def initial(self) -> dict[str, Any]:
        return dict.fromkeys(self.states, 0.0)

    def derivative(self, x: SimpleNamespace, i_in: Any) -> dict[str, Any]:
        raise NotImplementedError

    def threshold(self, x: SimpleNamespace) -> Any:
        raise NotImplementedError

    def reset(self, x: SimpleNamespace) -> dict[str, Any]:
        return {}

    power: ClassVar[Callable[..., Any] | None] = None

    def scales(self) -> Scales:
        """Starting guesses for searches (rheobase, f-I); floats in SI units."""
        raise NotImplementedError

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """The neuron with a published parameter set, e.g. `Izhikevich.preset("RS")`."""
        if name not in cls.presets:
            raise InputError(
                f"{cls.name} has no preset {name!r}{nearest(name, cls.presets)}; it has {', '.join(cls.presets) or 'none'}"
            )
        neuron = cls(**{**cls.presets[name].values, **changes})
        neuron.preset_used = name
        return neuron

    def simulate(self, stimulus: Stimulus, duration: float | str | None = None, **options: Any) -> Trace:
        """Run the neuron under `stimulus`; `neuristor.simulate` explains the options."""
        if self.preset_used:
            own = self.presets[self.preset_used].initial
            options["initial"] = {**own, **(options.get("initial") or {})}
        return solve(self, stimulus, duration, **options)


def scalar(value: Any) -> float:
    """One representative number of a parameter that may hold a value per lane (its median)."""
    return float(np.median(value))
