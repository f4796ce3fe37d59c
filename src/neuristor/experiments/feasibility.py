"""Where the memristor-based neuron fires, adapts and stops: maps over two parameters, and the spread of its device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..devices.memristor import vary
from ..errors import InputError, nearest
from ..neurons.memristive_alif import MemristiveALIF
from ..quantities import number_list, one_number, whole_number
from ..subject import Subject
from ..trace import Trace
from .base import Result, checked
from .burst_adaptation import inside, per_burst, square

if TYPE_CHECKING:
    import xarray

NAN = float("nan")
KINDS = ("silent", "stops", "held", "single", "steady", "adapts")
SILENT, STOPS, HELD, SINGLE, STEADY, ADAPTS = range(6)
MEANING = {
    "silent": "never fires",
    "stops": "fires at first, and no more at the end",
    "held": "fires once a burst: the input holds the switch closed",
    "single": "fires once a burst at most: too slow for an interval",
    "steady": "fires to the end, its intervals less than 5 % longer",
    "adapts": "fires to the end, its intervals longer by 5 % or more",
}
DUTY = 0.5
CHANGE = 1.05  # last over first interval from which a neuron is said to adapt
QUIET = 1.5  # of the longest gap between spikes before: a longer silence at the end is a stop
AROUND = {"c_mem": (0.3, 100.0), "r_s": (0.1, 30.0), "v_th": (0.2, 20.0)}  # of the own value: the default axes
DEVICE = ("r_on", "r_off", "v_on", "v_off", "tau")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Behaviour:
    """What each lane does: kind (index of KINDS), spikes in all, first and last interval inside bursts (s)."""

    kind: np.ndarray
    count: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        return self.last / self.first


@dataclass(frozen=True)
class FeasibilityMap(Result):
    """What a memristor-based neuron does over two of its parameters; arrays are (len(y), len(x)).

    x_name, y_name, x, y   parameters and their values (SI)
    kind   index of `kinds`;  count: spikes in all;  ratio: last over first interval, NaN without two intervals
    level_first, level_last   input over least input, I R_m / v_th, at the state of the start and fully ON: below 1 the
           neuron cannot fire at first, or not for ever (closed form)
    """

    subject: str
    amplitude: float
    frequency: float
    duration: float
    x_name: str
    y_name: str
    x: np.ndarray
    y: np.ndarray
    kind: np.ndarray
    count: np.ndarray
    ratio: np.ndarray
    level_first: np.ndarray
    level_last: np.ndarray
    kinds: tuple[str, ...] = KINDS

    def to_xarray(self) -> xarray.Dataset:
        import xarray

        grid = ("y", "x")
        names = ("kind", "count", "ratio", "level_first", "level_last")
        data: dict[str, Any] = {name: (grid, getattr(self, name)) for name in names}
        attrs = {k: getattr(self, k) for k in ("subject", "amplitude", "frequency", "duration", "x_name", "y_name")}
        return xarray.Dataset(data, coords={"x": self.x, "y": self.y}, attrs={**attrs, "kinds": ", ".join(KINDS)})


@dataclass(frozen=True)
class DeviceSpread(Result):
    """What a memristor-based neuron does when its device varies; arrays are one value a device.

    spread   parameter -> relative spread, of the law `law`;  values: parameter -> what was drawn
    kind, count, first, last, ratio   as in `FeasibilityMap`;  energy: J delivered in the run
    rank     parameter -> Spearman's correlation with the ratio of the devices that have one
    """

    subject: str
    amplitude: float
    frequency: float
    duration: float
    spread: dict[str, float]
    law: str
    seed: int
    values: dict[str, np.ndarray]
    kind: np.ndarray
    count: np.ndarray
    first: np.ndarray
    last: np.ndarray
    ratio: np.ndarray
    energy: np.ndarray
    rank: dict[str, float]
    kinds: tuple[str, ...] = KINDS

    @property
    def shares(self) -> dict[str, float]:
        """Share of the devices of each kind."""
        return {name: float(np.mean(self.kind == k)) for k, name in enumerate(KINDS)}

    def quantiles(self, name: str) -> np.ndarray:
        """The quantiles 5, 25, 50, 75, 95 % of count, first, last, ratio or energy, over devices that have it."""
        values = np.asarray(getattr(self, name), dtype=float)
        values = values[np.isfinite(values)]
        return np.quantile(values, QUANTILES) if len(values) else np.full(len(QUANTILES), NAN)

    def to_json_dict(self) -> dict[str, Any]:
        """Settings, shares and quantiles; not the single devices."""
        told = ("subject", "amplitude", "frequency", "duration", "spread", "law", "seed", "rank", "shares")
        numbers = {k: self.quantiles(k).tolist() for k in ("count", "first", "last", "ratio", "energy")}
        return {**{k: getattr(self, k) for k in told}, "devices": len(self.kind), "quantiles": numbers}


def feasibility(
    subject: Subject,
    x: str = "c_mem",
    y: str = "v_th",
    x_values: Any = None,
    y_values: Any = None,
    *,
    amplitude: Any = "1 mA",
    frequency: Any = "1 kHz",
    duration: Any = "20 ms",
    points: int = 21,
    progress: Callable[[float], None] | None = None,
) -> FeasibilityMap:
    """Fires, adapts or stops: `subject` over two of its parameters under a unipolar square wave of 50 %.

    x, y   names of parameters, of the circuit or of the device;  x_values, y_values: a list or a range; default:
           `points` values around the subject's own (AROUND, else a tenth to ten times), evenly in the logarithm
    All points are lanes of one run. InputError for a subject that is not the memristor-based neuron, for a value out of
    bounds, and for a lane that cannot be finished.
    """
    neuron = expected(subject, "feasibility")
    whole_number(points, "feasibility: points")
    level, rate, length = square_of(amplitude, frequency, duration)
    across = axis_of(neuron, x, x_values, points)
    up = axis_of(neuron, y, y_values, points)
    if x == y:
        raise InputError(f"feasibility: x and y are both {x}; choose two parameters")
    grid = np.meshgrid(across, up)
    lanes = neuron.with_(**{x: grid[0].ravel(), y: grid[1].ravel()})
    stimulus = square(level, rate, DUTY, length, "A")
    trace = lanes.simulate(stimulus, length, record=("x",), samples=2, progress=progress)
    found = behaviour(lanes, checked(trace, "feasibility"), level, rate)
    shape = grid[0].shape
    levels = [np.broadcast_to(level / lanes.least_input(state), grid[0].size) for state in (lanes.x0, 1.0)]
    return FeasibilityMap(
        subject=neuron.name, amplitude=level, frequency=rate, duration=length, x_name=x, y_name=y, x=across, y=up,
        kind=found.kind.reshape(shape), count=found.count.reshape(shape), ratio=found.ratio.reshape(shape),
        level_first=levels[0].reshape(shape), level_last=levels[1].reshape(shape),
    )  # fmt: skip


def device_spread(
    subject: Subject,
    spread: Mapping[str, float] | float = 0.2,
    *,
    devices: int = 1000,
    law: str = "uniform",
    seed: int = 0,
    amplitude: Any = "1 mA",
    frequency: Any = "1 kHz",
    duration: Any = "20 ms",
    progress: Callable[[float], None] | None = None,
) -> DeviceSpread:
    """What `subject` does with each of `devices` memristors drawn about its own, in one run.

    spread   parameter -> relative spread, or one number for r_on, r_off, v_on, v_off and tau, independently;  law:
             uniform (half-width; 20 % is what the AGH array code takes), lognormal or normal (standard deviation)
    Device k depends on the seed and k alone. InputError as for `feasibility`.
    """
    neuron = expected(subject, "device_spread")
    if neuron.lanes > 1:
        raise InputError(f"device_spread: {neuron.name} has parameters with one value a lane; give one neuron")
    level, rate, length = square_of(amplitude, frequency, duration)
    sizes = {k: float(v) for k, v in spread.items()} if isinstance(spread, Mapping) else dict.fromkeys(DEVICE, float(spread))
    drawn = vary(neuron.memristor, sizes, devices, law=law, seed=seed)
    values = {k: np.asarray(getattr(drawn, k)) for k in sizes}
    lanes = neuron.with_(**values)
    stimulus = square(level, rate, DUTY, length, "A")
    trace = checked(lanes.simulate(stimulus, length, record=("x",), samples=2, progress=progress), "device_spread")
    found = behaviour(lanes, trace, level, rate)
    return DeviceSpread(
        subject=neuron.name, amplitude=level, frequency=rate, duration=length, spread=sizes, law=law, seed=seed,
        values=values, kind=found.kind, count=found.count, first=found.first, last=found.last, ratio=found.ratio,
        energy=trace.energy["input"], rank={k: rank_correlation(v, found.ratio) for k, v in values.items()},
    )  # fmt: skip


def behaviour(neuron: MemristiveALIF, trace: Trace, level: float, frequency: float) -> Behaviour:
    """Kind and intervals of every lane of a run that recorded x at its end."""
    held = np.broadcast_to(np.isinf(neuron.discharge(level, np.clip(trace["x"][:, -1], 0.0, 1.0))), trace.lanes)
    rows = [of_lane(s, frequency, trace.duration, bool(h)) for s, h in zip(trace.spikes, held, strict=True)]
    kind, first, last = (np.array(column) for column in zip(*rows, strict=True))
    return Behaviour(kind, trace.spike_counts, first, last)


def of_lane(spikes: np.ndarray, frequency: float, duration: float, held: bool) -> tuple[int, float, float]:
    """Kind, first and last interval inside bursts of one lane."""
    found = inside(spikes, frequency).lengths
    first, last = (float(found[0]), float(found[-1])) if len(found) else (NAN, NAN)
    if len(spikes) == 0:
        return SILENT, first, last
    counts = per_burst(spikes, frequency, duration)
    bursts = len(counts)
    gaps = np.diff(spikes, prepend=0.0)
    if (bursts - 1 + DUTY) / frequency - spikes[-1] > QUIET * max(gaps.max(), 1 / frequency):
        return STOPS, first, last
    if counts.max() == 1:
        return HELD if held else SINGLE, first, last
    return (ADAPTS if last >= CHANGE * first else STEADY), first, last


def expected(subject: Subject, what: str) -> MemristiveALIF:
    if not isinstance(subject, MemristiveALIF):
        raise InputError(f"{what}: takes the neuron memristive_alif, not {subject.name}")
    return subject


def square_of(amplitude: Any, frequency: Any, duration: Any) -> tuple[float, float, float]:
    level, rate = one_number(amplitude, "A", "amplitude"), one_number(frequency, "Hz", "frequency")
    if rate <= 0:
        raise InputError(f"a square wave needs a positive frequency, not {rate:g} Hz")
    return level, rate, one_number(duration, "s", "duration")


def axis_of(neuron: MemristiveALIF, name: str, values: Any, points: int) -> np.ndarray:
    """The values of one axis: as given, or around the neuron's own."""
    if name not in neuron.params:
        raise InputError(
            f"feasibility: {neuron.name} has no parameter {name!r}{nearest(name, neuron.params)};"
            f" it has {', '.join(neuron.params)}"
        )
    if np.ndim(getattr(neuron, name)):
        raise InputError(f"feasibility: {name} already has one value a lane")
    if values is not None:
        return number_list(values, neuron.params[name].unit, f"feasibility: {name}")
    own = float(getattr(neuron, name))
    if own == 0:
        raise InputError(f"feasibility: {name} is 0, so give its values")
    return own * np.geomspace(*AROUND.get(name, (0.1, 10.0)), points)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation over the entries where b is finite; NaN where nothing varies."""
    from scipy.stats import rankdata

    here = np.isfinite(b)
    if here.sum() < 3 or np.ptp(a[here]) == 0 or np.ptp(b[here]) == 0:
        return NAN
    return float(np.corrcoef(rankdata(a[here]), rankdata(b[here]))[0, 1])
