"""Spiking networks as NIR describes them, advanced by equal steps: layers and neurons in a row, nothing fed back.

A layer works within a step; a step dt of the neurons is forward Euler, the synaptic current first:
LIF, LI        v <- v + dt / tau (v_leak - v + r x)
CubaLIF, -LI   i <- i + dt / tau_syn (w_in x - i);  v <- v + dt / tau_mem (v_leak - v + r i)
IF, I          v <- v + dt r x
A neuron fires where v > v_threshold. What a spike does to v, at once, by name:
v_reset        v begins again from v_reset, as NIR says
subtract       v_threshold - v_reset is taken off: the excess is kept
i is left alone, and there is no refractory time. v begins at v_leak (IF: v_reset, I: 0), i at 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError, nearest
from ..quantities import one_number, show
from .layers import Layer, Shape, WeightedLayer, said

MEMBRANE = ("r", "v_leak")
FIRING = ("v_threshold", "v_reset")
CURRENT = ("tau_syn", "tau_mem", "w_in")
PARAMETERS = {
    "IF": ("r", *FIRING),
    "LIF": ("tau", *MEMBRANE, *FIRING),
    "CubaLIF": (*CURRENT, *MEMBRANE, *FIRING),
    "I": ("r",),
    "LI": ("tau", *MEMBRANE),
    "CubaLI": (*CURRENT, *MEMBRANE),
}
RESETS = ("v_reset", "subtract")


class Course(NamedTuple):
    """What a stage gives, and potentials before a spike resets them: both (steps, samples, *shape)."""

    outputs: np.ndarray
    potentials: np.ndarray


@dataclass(frozen=True, eq=False)
class Neurons:
    """Neurons of a NIR kind: spikes of IF, LIF, CubaLIF, potentials of I, LI, CubaLI.

    values  by NIR's names, SI units; arrays of the layer's shape, or one number for all its neurons
    """

    kind: str
    values: Mapping[str, Any]
    name: str = ""

    def __post_init__(self) -> None:
        if self.kind not in PARAMETERS:
            told = f"{nearest(str(self.kind), PARAMETERS)}; there are {', '.join(PARAMETERS)}"
            raise InputError(f"unknown kind of neuron {self.kind!r}{told}")
        wanted = PARAMETERS[self.kind]
        if set(self.values) != set(wanted):
            raise InputError(f"{self}: {', '.join(wanted)} are needed, not {', '.join(self.values) or 'nothing'}")
        values = {key: np.array(self.values[key]) for key in wanted}
        for key, value in values.items():
            if value.dtype.kind not in "iuf" or not value.size or not np.isfinite(value).all():
                raise InputError(f"{self}: {key} must be finite real numbers")
            if key.startswith("tau") and not (value > 0).all():
                raise InputError(f"{self}: {key} must be above 0, not {value.min():g}")
        if self.fires and not np.all(values["v_threshold"] > values["v_reset"]):
            raise InputError(f"{self}: v_threshold must lie above v_reset")
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})" if self.name else self.kind

    @property
    def fires(self) -> bool:
        return self.kind.endswith("IF")

    def output_shape(self, shape: Shape) -> Shape:
        """`shape` itself; InputError("wants ...") where a parameter belongs to another."""
        for key, value in self.values.items():
            if value.size > 1 and value.shape != shape:
                raise InputError(f"wants {said(value.shape)} inputs, as many as it has values of {key}")
        return shape

    def coefficients(self, p: Mapping[str, np.ndarray], dt: float) -> tuple[Any, Any, Any, Any]:
        """Of a step: the share that leaks towards the potential at rest, the gain of the input; and where v begins."""
        if self.kind in ("IF", "I"):
            return 0.0, 0.0, dt * p["r"], p.get("v_reset", 0.0)
        leak = dt / p["tau_mem" if "tau_mem" in p else "tau"]
        return leak, p["v_leak"], leak * p["r"], p["v_leak"]

    def run(self, x: np.ndarray, dt: float, reset: str) -> Course:
        """Neurons driven by x (steps, samples, *shape); InputError where dt is longer than a time constant."""
        p = {key: np.asarray(v, float).reshape(() if v.size == 1 else v.shape) for key, v in self.values.items()}
        for key in ("tau", "tau_syn", "tau_mem"):
            if key in p and p[key].min() < dt * (1 - 1e-12):
                told = f"{key} = {show(float(p[key].min()), 's')}"
                raise InputError(f"{self}: a step of {show(dt, 's')} is longer than {told}; give a shorter dt")
        drive = current(x, p, dt) if "tau_syn" in p else x
        leak, rest, gain, begin = self.coefficients(p, dt)
        v = np.broadcast_to(begin, x.shape[1:]).astype(float)
        outputs, potentials = np.empty(x.shape), np.empty(x.shape)
        for k, one in enumerate(drive):
            v = v + leak * (rest - v) + gain * one
            potentials[k] = outputs[k] = v
            if self.fires:
                outputs[k] = fired = v > p["v_threshold"]
                v = np.where(fired, p["v_reset"] if reset == "v_reset" else v - (p["v_threshold"] - p["v_reset"]), v)
        return Course(outputs, potentials)


def current(x: np.ndarray, p: Mapping[str, np.ndarray], dt: float) -> np.ndarray:
    """The synaptic current i of every step (steps, samples, *shape)."""
    i, course = np.zeros(x.shape[1:]), np.empty(x.shape)
    for k, one in enumerate(x):
        i = i + dt / p["tau_syn"] * (p["w_in"] * one - i)
        course[k] = i
    return course


Stage = Layer | Neurons


@dataclass(frozen=True, eq=False)
class SpikingNetwork:
    """Layers and neurons one after another.

    input_shape  of one sample in one step: (features,) or (channels, height, width)
    dt           s, the step;  reset  one of RESETS
    """

    stages: Sequence[Stage]
    input_shape: Shape
    dt: Any
    reset: str = "v_reset"
    shapes: tuple[Shape, ...] = field(init=False)  # in front of every stage, and behind the last

    def __post_init__(self) -> None:
        dt = one_number(self.dt, "s", "dt")
        if not dt > 0:
            raise InputError(f"dt must be above 0, not {show(dt, 's')}")
        if self.reset not in RESETS:
            told = f"{nearest(str(self.reset), RESETS)}; there are {', '.join(RESETS)}"
            raise InputError(f"unknown reset {self.reset!r}{told}")
        if not self.stages:
            raise InputError("a network needs at least one layer or neuron")
        shapes = [tuple(int(n) for n in self.input_shape)]
        for k, stage in enumerate(self.stages):
            if isinstance(stage, WeightedLayer) and (fault := stage.faults()):
                raise InputError(f"{label_of(k, stage)}: {fault}; finite numbers are needed")
            try:
                shapes.append(stage.output_shape(shapes[-1]))
            except InputError as wish:
                before = label_of(k - 1, self.stages[k - 1]) if k else "the input"
                raise InputError(f"{label_of(k, stage)} {wish}, but {before} gives {said(shapes[-1])}") from None
        for key, value in (("stages", tuple(self.stages)), ("dt", dt), ("shapes", tuple(shapes))):
            object.__setattr__(self, key, value)

    def run(self, x: Any) -> list[Course]:
        """The course of every stage for inputs (steps, samples, *input_shape); a layer's potentials are its outputs."""
        shown = np.asarray(x)
        if shown.dtype.kind not in "biuf" or shown.shape[2:] != self.shapes[0] or not shown.size:
            wanted = f"(steps x samples x {said(self.shapes[0])})"
            raise InputError(f"inputs of shape ({said(shown.shape)}) do not fit: {wanted} is needed")
        if not np.isfinite(shown).all():
            raise InputError("inputs must be finite numbers")
        now, found = shown.astype(float), []
        for stage in self.stages:
            if isinstance(stage, Neurons):
                found.append(stage.run(now, self.dt, self.reset))
            else:
                at_once = stage.forward(now.reshape(-1, *now.shape[2:]))  # a layer does not know steps from samples
                outputs = at_once.reshape(*now.shape[:2], *at_once.shape[1:])
                found.append(Course(outputs, outputs))
            now = found[-1].outputs
        return found


def label_of(k: int, stage: Stage) -> str:
    """Stage `k` (from 0) as a message names it."""
    return f"stage {k + 1} ({stage.name}: {stage.kind})" if stage.name else f"stage {k + 1} ({stage.kind})"
