"""A simulation as asked for, checked and brought to SI numbers before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, nearest
from ..quantities import parse, show
from ..stimulus import Stimulus
from .programs import ADAPTIVE, GRID

if TYPE_CHECKING:
    from ..neurons.base import Neuron

MOST_STEPS = 1e12  # of a fixed-step method: more could not be waited for
AUTO_RECORD_LANES = 64


@dataclass
class Job:
    """Everything a driver needs, checked: one simulation of `n` lanes."""

    neuron: Neuron
    stimulus: Stimulus
    n: int
    duration: float
    method: str
    rtol: float
    dt: float
    start: np.ndarray  # (states, n or 1)
    varying: tuple[str, ...]
    record: tuple[str, ...]
    times: np.ndarray
    stride: int
    progress: Callable[[float], None] | None

    def segments(self, lanes: range) -> Any:
        """The stimulus table of some lanes; a stimulus of one lane serves all."""
        if self.stimulus.lanes > 1:
            return self.stimulus.segments(lanes)
        one = self.stimulus.segments(range(1))
        return replace(one, table=np.zeros(len(lanes), dtype=np.int64), gain=np.full(len(lanes), one.gain[0]))

    def parameters(self, lanes: range) -> np.ndarray:
        """(varying, len(lanes)) values of the parameters that differ from lane to lane."""
        rows = [np.asarray(getattr(self.neuron, k))[lanes.start : lanes.stop] for k in self.varying]
        return np.array(rows).reshape(len(rows), len(lanes))

    def initial(self, lanes: range, n_all: int) -> np.ndarray:
        """(n_all, len(lanes)) initial values; quantities beyond the states (energy) start at zero."""
        whole = np.zeros((n_all, len(lanes)))
        part = self.start if self.start.shape[1] == 1 else self.start[:, lanes.start : lanes.stop]
        whole[: len(self.start)] = part
        return whole


def prepare(
    neuron: Neuron,
    stimulus: Stimulus,
    duration: float | str | None = None,
    *,
    lanes: int | None = None,
    method: str = "auto",
    dt: float | str | None = None,
    rtol: float = 1e-8,
    record: str | tuple[str, ...] = "auto",
    samples: int = 2001,
    initial: Mapping[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Job:
    """Check every argument and bring it to SI numbers."""
    where = neuron.name
    if not isinstance(stimulus, Stimulus):
        raise InputError(f"{where}: the stimulus must be a Stimulus such as Step('0.2 mA'), not {stimulus!r}")
    parse_unit_match(where, neuron.input_unit, stimulus)
    length = stimulus.duration if duration is None else float(parse(duration, "s"))
    if length is None:
        raise InputError(f"{where}: this stimulus has no end, so say how long to simulate (duration)")
    if not 0 < length < np.inf:
        raise InputError(f"{where}: the duration must be positive, not {show(length, 's')}")
    n = common_lanes(where, {"the parameters": neuron.lanes, "the stimulus": stimulus.lanes, "lanes": lanes or 1})
    method = neuron.default_method if method == "auto" else method
    known = (*ADAPTIVE, *GRID)
    if method not in known:
        raise InputError(f"unknown method {method!r}{nearest(method, known)}; there are auto, {', '.join(known)}")
    if (method == "clocked") != (neuron.default_method == "clocked"):
        raise InputError(
            f"{where} is {'' if neuron.default_method == 'clocked' else 'not '}a clocked model: use method auto"
        )
    step = grid_dt(neuron, method, dt, length)
    if not 1e-14 <= rtol <= 1e-2:
        raise InputError(f"rtol must lie between 1e-14 and 1e-2, not {rtol:g}")
    names = recorded(neuron, record, n)
    times, stride = sample_times(length, step, samples if names else 0)
    start = initial_state(neuron, initial or {}, n)
    varying = tuple(k for k, v in neuron.values().items() if np.ndim(v))
    if method == "exact" and not flow_fits(neuron, stimulus):
        method = "dopri5"
    return Job(neuron, stimulus, n, length, method, rtol, step, start, varying, names, times, stride, progress)


def parse_unit_match(where: str, unit: str, stimulus: Stimulus) -> None:
    try:
        parse(f"1 {stimulus.unit}", unit)
    except InputError:
        raise InputError(f"{where} takes an input in {unit}; the stimulus is in {stimulus.unit}") from None


def common_lanes(where: str, asked: dict[str, int]) -> int:
    n = max(asked.values())
    for what, count in asked.items():
        if count not in (1, n):
            other = max(asked, key=lambda k: asked[k])
            raise InputError(f"{where}: {what} ask for {count} lanes, but {other} for {n}; give 1 or {n}")
    return n


def grid_dt(neuron: Neuron, method: str, dt: Any, length: float) -> float:
    """The step of a fixed-step method (0 for an adaptive one)."""
    if method in ADAPTIVE:
        if dt is not None:
            raise InputError(f"method {method} chooses its own steps: leave dt out, or use {', '.join(GRID[:-1])}")
        return 0.0
    if method == "clocked":
        if np.ndim(neuron.t_clock):  # type: ignore[attr-defined]
            raise InputError(f"{neuron.name}: t_clock is one clock for all lanes, not one value a lane")
        clock = float(neuron.t_clock)  # type: ignore[attr-defined]
        if dt is not None and float(parse(dt, "s")) != clock:
            raise InputError(f"{neuron.name} steps with its own clock, {show(clock, 's')}: set t_clock instead of dt")
        dt = clock
    if dt is None:
        raise InputError(f"method {method} needs a step dt, e.g. dt='0.1 ms'")
    step = float(parse(dt, "s"))
    if step <= 0:
        raise InputError(f"dt must be positive, not {show(step, 's')}")
    if step > length:
        raise InputError(f"dt = {show(step, 's')} is larger than the duration {show(length, 's')}")
    if length / step > MOST_STEPS:
        least = show(length / MOST_STEPS, "s")
        raise InputError(f"dt = {step:g} s is too small for {show(length, 's')}: take {least} or more")
    return step


def recorded(neuron: Neuron, record: Any, n: int) -> tuple[str, ...]:
    known = list(neuron.states)
    if record == "auto":
        return tuple(known) if n <= AUTO_RECORD_LANES else ()
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in known:
            raise InputError(f"{neuron.name} has no state {name!r}{nearest(name, known)}; it has {', '.join(known)}")
    return names


def sample_times(length: float, dt: float, samples: int) -> tuple[np.ndarray, int]:
    """Times at which states are stored: `samples` equal ones, or every `stride`-th grid point."""
    if samples == 0:
        return np.empty(0), 1
    if samples < 2:
        raise InputError(f"at least 2 samples are needed, not {samples}")
    if dt == 0.0:
        return np.linspace(0.0, length, samples), 1
    steps = round(length / dt)
    stride = max(1, -(-steps // (samples - 1)))
    return np.arange(0, steps + 1, stride) * dt, stride


def initial_state(neuron: Neuron, changes: Mapping[str, Any], n: int) -> np.ndarray:
    """(states, n or 1) initial values: the model's, with the user's changes."""
    values = {**dict.fromkeys(neuron.states, 0.0), **neuron.initial()}
    for name, value in changes.items():
        if name not in neuron.states:
            raise InputError(f"{neuron.name} has no state {name!r}{nearest(name, neuron.states)}")
        values[name] = parse(value, neuron.states[name].unit)
    rows = [np.atleast_1d(np.asarray(v, dtype=float)) for v in values.values()]
    width = max(len(r) for r in rows)
    if width not in (1, n):
        raise InputError(f"{neuron.name}: {width} initial values for {n} lanes")
    return np.array([np.broadcast_to(r, width) for r in rows])


def flow_fits(neuron: Neuron, stimulus: Stimulus) -> bool:
    """Whether a model with its own `flow` meets an input that is piecewise linear, as `flow` requires."""
    if not hasattr(neuron, "flow"):
        return True
    rows = stimulus.segments(range(1)).rows
    return not np.any(rows[:, 4:])
