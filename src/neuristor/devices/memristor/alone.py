"""A memristor alone, under any voltage or current: its state equation in the adaptive kernels of the neurons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from ...errors import InputError, nearest
from ...kernel.job import AUTO_RECORD_LANES
from ...kernel.solve import solve
from ...parameters import Scales, param
from ...quantities import base_unit, parse
from ...stimulus import Stimulus
from ...stimulus.base import T0, Segments, W, segment_value
from ...trace import Trace
from .base import Memristor
from .elementary import larger, smaller
from .load_line import meeting_voltage

if TYPE_CHECKING:
    from ...neurons.base import Neuron

INF = np.inf
SIGNALS = {"v": "V", "i": "A", "x": "1"}
OPEN = 1e100  # Ohm
SHAPE_POINTS = 257  # samples by which the size of a stimulus is judged
NODE_LAG = 1e-12  # of the duration: time constant of the node between a series resistor and the device (mode "node")
LEAP = 1e-9  # of the largest value, above which a stimulus jumps


@dataclass(frozen=True)
class Quantity:
    """An integrated quantity: unit, typical magnitude (sets the absolute tolerance: rtol x scale) and meaning."""

    unit: str
    scale: float
    doc: str


class Device(Memristor):
    """A memristor that can be run by itself. `draws`: whether its `simulate` takes a seed."""

    draws: ClassVar[bool] = False

    def voltage(self, i: Any, x: Any) -> Any:
        """The voltage that drives the current i through the device in state x."""
        return meeting_voltage(self, 0.0, 1.0, i, x)

    def voltage_behind(self, v: Any, x: Any, r_series: Any) -> Any:
        """The device's share of a voltage v across itself and a resistor in series."""
        return meeting_voltage(self, 1.0, r_series, v, x)

    def simulate(
        self,
        stimulus: Stimulus,
        duration: float | str | None = None,
        *,
        x0: Any = None,
        r0: Any = None,
        r_series: Any = 0.0,
        record: str | tuple[str, ...] = "auto",
        samples: int = 2001,
        rtol: float = 1e-8,
        method: str = "dopri5",
        progress: Callable[[float], None] | None = None,
    ) -> Trace:
        """Run the device under a stimulus in volts or amperes.

        x0         state at t = 0 (default 0, fully OFF), or r0 its resistance in Ohm; one value, or one a lane
        r_series   Ohm, in series with the device under a voltage
        record     signals among v, i, x; "auto": all up to 64 lanes; () none
        method     dopri5, or rodas4 where the state is much faster than the stimulus, or the device is not
                   ohmic and behind a resistor: its voltage is then integrated beside x (under a stimulus without jumps),
                   not iterated for in every stage
        Returns a Trace with these signals, (lanes, samples), the final state in meta["x_end"] and, per lane in J,
        energy["source"]. InputError for what does not fit together.
        """
        if not isinstance(stimulus, Stimulus):
            raise InputError(f"{self.name}: the stimulus must be a Stimulus such as Sine('1 V', '10 Hz'), not {stimulus!r}")
        names = wanted(self.name, record, max(self.lanes, stimulus.lanes))
        start = start_state(self, x0, r0)
        driven = driven_by(self, stimulus, duration, r_series, method)
        if driven.mode == "current" and np.any(np.asarray(self.resistance(start)) > OPEN):
            raise InputError(
                f"{self.name}: x0 = 0 is an open circuit, on which no current can be imposed; give an x0 above 0"
            )
        lanes = max(np.size(start), driven.lanes, stimulus.lanes)
        initial = {"x": start}
        if driven.mode == "node":
            initial["v"] = driven.voltage_behind(stimulus.value(np.zeros(1))[:, 0], start, driven.r_series)
        trace = solve(
            cast("Neuron", driven), stimulus, duration, lanes=lanes, method=method, rtol=rtol, record=tuple(initial),
            samples=samples if names else 2, initial=initial, progress=progress,
        )  # fmt: skip
        return finished(self, driven, trace, names)


class Driven(Device):
    """What the kernels see: a device with a source, as a system of x, the sweep and the energy of the source.

    The sweep, the integral of the stimulus in units of its own size, has no effect on x. Its error keeps the steps
    short enough to see every lobe of the stimulus, also where the state rests below its thresholds.

    mode  voltage   the stimulus lies across the device
          current   it flows through the device
          divided   it lies across resistor and device, whose share is solved for
          node      likewise; the share is a state v that follows with a lag far below any step: for a stiff method, which
                    takes it as the algebraic variable it is. The source's sign says which branch of the current holds,
                    since on a kink between two such a method would stall
    """

    states: ClassVar[dict[str, Quantity]] = {
        "x": Quantity("1", 1.0, "state"),
        "sweep": Quantity("1", 1.0, "integral of the stimulus over its size"),
    }
    held: ClassVar[tuple[str, ...]] = ()
    default_method: ClassVar[str] = "dopri5"
    input_unit: ClassVar[str] = "V"
    mode: ClassVar[str] = "voltage"

    r_series = param(0.0, unit="Ohm", symbol="R_s", bounds=(0, INF), strict=False, doc="resistance in series")
    sweep_size = param(1.0, symbol="phi_0", bounds=(0, INF), doc="size of the stimulus's integral")
    lag = param(1.0, unit="s", symbol="tau_v", bounds=(0, INF), doc="time constant of the node")

    def check(self, told: str) -> None:
        """The device has been checked when it was built."""

    def across(self, source: Any, x: SimpleNamespace) -> Any:
        """The voltage across the device."""
        if self.mode == "node":
            return x.v
        if self.mode == "current":
            return self.voltage(source, x.x)
        return self.voltage_behind(source, x.x, self.r_series) if self.mode == "divided" else source

    def excess(self, v: Any, x: Any, source: Any) -> Any:
        """By how much the voltages of device and resistor exceed the source's, if v lies across the device."""
        return v + self.r_series * self.branch(v, smaller(larger(x, 0.0), 1.0), source) - source

    def closer(self, v: Any, x: Any, source: Any) -> Any:
        """v after a step of Newton's towards no excess."""
        return v - self.excess(v, x, source) / (1.0 + self.r_series * self.conductance(v, x))

    def derivative(self, x: SimpleNamespace, i_in: Any) -> dict[str, Any]:
        v = self.across(i_in, x)
        own = {"x": self.rate(v, x.x), "sweep": i_in / self.sweep_size}
        return own | {"v": -self.excess(v, x.x, i_in) / self.lag} if self.mode == "node" else own

    def power(self, x: SimpleNamespace, i_in: Any) -> Any:
        v = self.across(i_in, x)
        return v * i_in if self.mode == "current" else i_in * self.current(v, x.x)

    def initial(self) -> dict[str, Any]:
        return dict.fromkeys(self.states, 0.0)

    def threshold(self, x: SimpleNamespace) -> Any:
        return x.x - 2.0  # never reached: a memristor does not spike

    def reset(self, x: SimpleNamespace) -> dict[str, Any]:
        return {}

    def scales(self) -> Scales:
        return Scales(input=1.0, time=INF)


@cache
def driven_class(model: type[Memristor], mode: str, choices: tuple[tuple[str, str], ...]) -> type[Driven]:
    """The driven form of a model with options fixed: one class each, so that its kernels are built once."""
    fixed: dict[str, Any] = {"mode": mode, "options": {}, "input_unit": "A" if mode == "current" else "V", **dict(choices)}
    if mode == "node":
        fixed["states"] = Driven.states | {"v": Quantity("V", 1.0, "voltage across the device")}
    made: Any = type(f"{model.__name__}_{mode}", (Driven, model), fixed)
    made.params = {**model.params, **Driven.params}
    return made


def driven_by(device: Device, stimulus: Stimulus, duration: Any, r_series: Any, method: str) -> Driven:
    """The device with its source; InputError if the stimulus is neither a voltage nor a current."""
    unit = base_unit(stimulus.unit)
    if unit not in ("V", "A"):
        raise InputError(f"{device.name}: a memristor is driven by a voltage or a current, not by a stimulus in {unit}")
    series = Driven.r_series.read(r_series, device.name)
    mode = "current" if unit == "A" else "divided" if np.any(series) else "voltage"
    if mode == "divided" and method == "rodas4" and not device.ohmic and not jumps(stimulus.segments(range(stimulus.lanes))):
        mode = "node"
    model: Any = driven_class(type(device), mode, tuple(device.choices.items()))  # type: ignore[arg-type]
    length = stimulus.duration if duration is None else float(parse(duration, "s"))
    lag = NODE_LAG * length if mode == "node" and length else 1.0
    made: Driven = model(**device.values(), r_series=series, sweep_size=sweep_size(stimulus, length), lag=lag)
    made.preset_used = device.preset_used
    return made


def jumps(table: Segments) -> bool:
    """Whether a stimulus is discontinuous between two rows of a table."""
    before, after = table.rows[:-1].T, table.rows[1:].T
    starts = segment_value(table.rows.T, 0.0, np.exp, np.sin)
    leaps = np.abs(starts[1:] - segment_value(before, after[T0] - before[T0], np.exp, np.sin))
    leaps[table.first[1:-1] - 1] = 0.0
    return bool(np.any(leaps > LEAP * np.max(np.abs(starts))))


def sweep_size(stimulus: Stimulus, length: float | None) -> Any:
    """Peak of the stimulus times its own time scale, one value a lane if the lanes differ."""
    if not length or not np.isfinite(length) or length <= 0:
        return 1.0
    peak = np.max(np.abs(stimulus.value(np.linspace(0.0, length, SHAPE_POINTS))), axis=1)
    fastest = float(np.max(stimulus.segments(range(stimulus.lanes)).rows[:, W]))
    span = min(length, 2.0 * np.pi / fastest) if fastest > 0 else length
    size = np.where(peak > 0, peak, 1.0) * span
    return size if len(size) > 1 else float(size[0])


def wanted(told: str, record: str | tuple[str, ...], lanes: int) -> tuple[str, ...]:
    """Names of the signals to record; InputError for an unknown one."""
    if record == "auto":
        return ("v", "i", "x") if lanes <= AUTO_RECORD_LANES else ()
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        if name not in SIGNALS:
            raise InputError(f"{told} has no signal {name!r}{nearest(name, SIGNALS)}; it has {', '.join(SIGNALS)}")
    return names


def start_state(device: Device, x0: Any, r0: Any) -> Any:
    """x at t = 0 from a state or a resistance; InputError if it lies outside [0, 1]."""
    if x0 is not None and r0 is not None:
        raise InputError(f"{device.name}: give the initial state x0 or the initial resistance r0, not both")
    if r0 is None:
        start = parse(0.0 if x0 is None else x0, "1")
        told = "x0"
    else:
        start = device.state_of(parse(r0, "Ohm"))
        told = f"r0 = {r0!r} asks for a state x"
    outside = ~((np.asarray(start) >= 0) & (np.asarray(start) <= 1))
    if np.any(outside):
        worst = np.ravel(start)[np.ravel(outside)][0]
        raise InputError(f"{device.name}: {told} = {worst:.6g} is not between 0 (fully OFF) and 1 (fully ON)")
    if device.holds_ends and np.any((np.asarray(start) == 0) | (np.asarray(start) == 1)):
        raise InputError(f"{device.name}: this window holds x = 0 and x = 1 for ever; give an x0 between them, such as 0.01")
    return start


def finished(device: Device, driven: Driven, trace: Trace, names: tuple[str, ...]) -> Trace:
    """The trace in the device's own terms: v and i from x and the stimulus, the energy of its source."""
    x = np.clip(trace["x"], 0.0, 1.0)
    known: dict[str, Any] = {"x": x}
    if {"v", "i"} & set(names):
        columns, source = column_parameters(driven), trace["i_in"]
        if driven.mode == "node":
            v = columns.closer(trace["v"], x, source)
        else:
            v = np.broadcast_to(columns.across(source, SimpleNamespace(x=x)), x.shape)
        known |= {"v": v, "i": columns.current(v, x)}
    return replace(
        trace,
        subject=device.name,
        time=trace.time if names else np.empty(0),
        signals={k: known[k] for k in names},
        units={k: SIGNALS[k] for k in names},
        energy={"source": trace.energy["input"]} if "input" in trace.energy else {},
        meta={**trace.meta, "parameters": device.values(), "options": device.choices, "x_end": x[:, -1]},
    )


def column_parameters(driven: Driven) -> Driven:
    """The same device with parameters of shape (lanes, 1), to be evaluated on (lanes, times)."""
    copy = driven.__class__.__new__(driven.__class__)
    copy.__dict__.update({k: v[:, None] if np.ndim(v) else v for k, v in driven.values().items()})
    return copy
