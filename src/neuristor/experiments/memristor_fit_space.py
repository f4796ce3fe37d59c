"""The space a memristor fit searches: every free parameter as a coordinate between 0 and 1, bounds from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..devices.memristor import GMMS, MMS, VTEAM, Yakopcic
from ..devices.memristor.alone import Device
from ..errors import InputError, nearest
from ..quantities import ZERO_CELSIUS
from .sweep_files import Sweep

MODELS: dict[str, type[Device]] = {m.name: m for m in (MMS, GMMS, VTEAM, Yakopcic)}
HELD = {"gmms": {"phi": 0.8}, "vteam": {"p": 1.0, "j": 1.0, "a_on": 0.9, "a_off": 0.1, "a_width": 0.05}}
WHY_HELD = {"phi": "phi only scales r_on, r_off, alpha_f and alpha_r: no I-V data can determine it"}
VISIBLE = 0.1  # of the largest device voltage, below which a conductance is mostly noise
LEAST_EXPONENT = 1.0  # of VTEAM; below it dx/dt leaves a threshold with infinite slope
COLDEST, HOTTEST = 50.0, 3000.0  # K


@dataclass(frozen=True)
class Coordinate:
    """One free parameter: between low and high, in steps of its logarithm (`log`), of it, or of the kelvins (`kelvin`).

    sign  -1 for a parameter that is negative: low and high are of its size
    of    another parameter; low and high are then of the ratio to that
    """

    key: str
    low: float
    high: float
    scale: str = "log"
    sign: float = 1.0
    of: str = ""

    def value(self, u: Any, others: Mapping[str, Any]) -> Any:
        if self.scale == "linear":
            return self.low + u * (self.high - self.low)
        size = self.low * (self.high / self.low) ** u
        if self.scale == "kelvin":
            return size - ZERO_CELSIUS
        return self.sign * size * (others[self.of] if self.of else 1.0)

    def place(self, value: Any, others: Mapping[str, Any]) -> Any:
        """u of a value."""
        if self.scale == "linear":
            return (value - self.low) / (self.high - self.low)
        size = value + ZERO_CELSIUS if self.scale == "kelvin" else self.sign * value / (others[self.of] if self.of else 1.0)
        return np.log(np.maximum(size, 1e-300) / self.low) / np.log(self.high / self.low)


@dataclass(frozen=True)
class Space:
    """A model with its free coordinates; the rest is fixed.

    starts   number of free initial states x0 behind the coordinates (0 if the sweeps are taken as periodic)
    """

    model: type[Device]
    options: Mapping[str, str]
    coordinates: tuple[Coordinate, ...]
    fixed: Mapping[str, float]
    starts: int = 0

    @property
    def keys(self) -> list[str]:
        return [c.key for c in self.coordinates]

    @property
    def size(self) -> int:
        return len(self.coordinates) + self.starts

    def values(self, u: np.ndarray) -> dict[str, Any]:
        """Parameters in SI of points u (..., size)."""
        found: dict[str, Any] = {}
        for k, c in enumerate(self.coordinates):
            found[c.key] = c.value(u[..., k], {**self.fixed, **found})
        return {**self.fixed, **found}

    def device(self, u: np.ndarray) -> Device:
        """The device of one point, or with one lane a row of u."""
        return self.model(**self.values(np.asarray(u)), **self.options)

    def first_states(self, u: np.ndarray) -> np.ndarray | None:
        """x0 (..., starts), or None if the sweeps are periodic."""
        return u[..., len(self.coordinates) :] if self.starts else None

    def place(self, values: Mapping[str, float]) -> np.ndarray:
        """The point of a device's parameters, clipped into the space; free initial states in the middle."""
        told = {**self.fixed, **values}
        at = [float(np.clip(c.place(told[c.key], told), 0.0, 1.0)) for c in self.coordinates]
        return np.array([*at, *[0.5] * self.starts])

    def shown(self, u: np.ndarray) -> np.ndarray:
        """What confidence is computed of: ln of parameters that are searched by it, kelvins' ln, else the parameter."""
        values = self.values(u)
        parts = []
        for c in self.coordinates:
            v = values[c.key]
            size = v + ZERO_CELSIUS if c.scale == "kelvin" else c.sign * v
            parts.append(v if c.scale == "linear" else np.log(size))
        return np.stack([np.asarray(p, dtype=float) for p in parts], axis=-1)


def read_model(word: str) -> tuple[type[Device], dict[str, str]]:
    """`mms`, or `vteam:exponential` with words of the model's options."""
    name, *words = word.strip().lower().split(":")
    if name not in MODELS:
        raise InputError(f"--model {name!r}{nearest(name, MODELS)} is none of {', '.join(MODELS)}")
    model = MODELS[name]
    options: dict[str, str] = {}
    for option in filter(None, words):
        key = next((k for k, known in model.options.items() if option in known), None)
        if key is None:
            known = [w for words_ in model.options.values() for w in words_]
            raise InputError(f"--model {word!r}: {name} has no option {option!r}{nearest(option, known)}; {known or 'none'}")
        options[key] = option
    return model, options


def space(
    model: type[Device], options: Mapping[str, str], sweeps: Sequence[Sweep], fixed: Mapping[str, Any], starts: int
) -> Space:
    """The search space of a model for these sweeps. InputError for a fixed parameter that is none or does not fit."""
    held: dict[str, float] = dict(HELD.get(model.name, {}))
    for key, value in fixed.items():
        if key not in model.params:
            raise InputError(f"--fix: {model.name} has no parameter {key!r}{nearest(key, model.params)}")
        held[key] = float(model.params[key].read(value, "--fix"))
    for key in ("alpha_on", "alpha_off"):
        if model is VTEAM and held.get(key, LEAST_EXPONENT) < LEAST_EXPONENT and any(s.series for s in sweeps):
            raise InputError(
                f"--fix: {key} = {held[key]:g} leaves the threshold with infinite slope, and behind a series resistor the "
                f"device rests there: no solver can follow; fix it at {LEAST_EXPONENT:g} or more"
            )
    free = tuple(c for c in coordinates(model, sweeps) if c.key not in held)
    if not free:
        raise InputError(f"--fix: every parameter of {model.name} is fixed; leave at least one free")
    return Space(model, dict(options), free, held, starts)


def coordinates(model: type[Device], sweeps: Sequence[Sweep]) -> list[Coordinate]:
    """All parameters of a model with bounds that the data suggest, wide enough not to decide the result."""
    v, i, g_low, g_high, slow, fast = extent(sweeps)
    resistances = [Coordinate("r_on", 0.03 / g_high, 3.0 / g_high), Coordinate("r_off", 1.02, 1e5, of="r_on")]
    barriers = [
        Coordinate("v_on", 0.0, 2.0 * v, "linear"),
        Coordinate("v_off", -2.0 * v, 0.5 * v, "linear"),
        Coordinate("tau", 1e-5 * fast, 10.0 * slow),
        Coordinate("temperature", COLDEST, HOTTEST, "kelvin"),
    ]
    diodes = [
        c
        for side in "fr"
        for c in (Coordinate(f"alpha_{side}", 1e-6 * i, 10.0 * i), Coordinate(f"beta_{side}", 0.3 / v, 30.0 / v))
    ]
    thresholds = [Coordinate("v_on", 0.005 * v, v), Coordinate("v_off", 0.005 * v, v, sign=-1.0)]
    rates = [Coordinate(f"rate_{side}", 1e-3 / slow, 1e3 / fast) for side in ("on", "off")]
    exponents = [Coordinate(f"alpha_{side}", LEAST_EXPONENT, 20.0) for side in ("on", "off")]
    if model is MMS:
        return [*resistances, *barriers]
    if model is GMMS:
        return [*resistances, *barriers, *diodes]
    if model is VTEAM:
        return [*resistances, *thresholds, *rates, *exponents]
    currents = [Coordinate("a_on", 0.05 * i, 500.0 * i), Coordinate("a_off", 0.05 * i, 500.0 * i)]
    fading = [Coordinate(f"x_{s}", 0.02, 0.98, "linear") for s in ("on", "off")]
    decays = [Coordinate(f"alpha_{s}", 0.01, 50.0) for s in ("on", "off")]
    return [*currents, Coordinate("b", 0.02 / v, 20.0 / v), *thresholds, *rates, *fading, *decays]


def extent(sweeps: Sequence[Sweep]) -> tuple[float, float, float, float, float, float]:
    """Largest device voltage and current, smallest and largest conductance, longest and shortest cycle of the data."""
    v = max(float(np.max(np.abs(s.device_voltage))) for s in sweeps)
    i = max(float(np.max(np.abs(s.current))) for s in sweeps)
    seen = [np.abs(s.device_voltage) > VISIBLE * v for s in sweeps]
    g = np.concatenate([s.current[k] / s.device_voltage[k] for s, k in zip(sweeps, seen, strict=True)])
    g = g[g > 0]
    if not len(g):
        raise InputError("currents and voltages have opposite signs everywhere; turn the sign of one of them")
    times = [1.0 / s.frequency if np.isfinite(s.frequency) else float(s.time[-1]) for s in sweeps]
    low, high = np.percentile(g, [1.0, 99.0])
    return v, i, float(low), float(high), max(times), min(times)
