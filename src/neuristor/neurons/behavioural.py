"""A neuron circuit as one equation: its membrane's charge, with leak, threshold, reset, delay and energy fitted to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
from scipy.interpolate import CubicHermiteSpline

from ..errors import InputError
from ..kernel import charge
from ..kernel.charge_run import extremes_of, run
from ..kernel.job import prepare
from ..kernel.solve import solve
from ..parameters import Param, param
from ..quantities import show
from ..stimulus import Stimulus
from ..trace import Trace
from .base import Neuron, Scales, State, scalar
from .behavioural_curves import BOUNDS, CURVES, DEFAULTS, NODES, spline

INF = np.inf
CELLS, BEYOND = 512, 0.05  # of the solver's table; how far it goes on beyond the nodes
SMALL = 1e-8  # of the charge: the difference from which slopes are taken
GENERAL_RTOL = 1e-11  # of dopri5: its error control does not see the power, which rises steeply before a spike
STEEPEST = 40.0  # largest exponent of the junction's current


def with_curves(cls: type[Behavioural]) -> type[Behavioural]:
    """Declare the parameters of the curves: "leak_0" to "leak_15" and so on."""
    for curve, (unit, doc) in CURVES.items():
        for k in range(NODES):
            declared: Param = param(DEFAULTS[curve][k], unit=unit, bounds=BOUNDS[curve], doc=doc.format(k))
            declared.__set_name__(cls, f"{curve}_{k}")
            setattr(cls, declared.name, declared)
            cls.params[declared.name] = declared
    return cls


@with_curves
class Behavioural(Neuron):
    """The charge x of a membrane, as a fraction of what fires it, under the input current and a leak.

    q_th dx/dt = i - leak(x)
    leak(x) = curve(leak_0 ... leak_15) - i_junction e^(-x / x_junction) - i_fire s^2
    s = max(0, x - x_fire) / (1 - x_fire)
    x = 1: the threshold; `delay` later the spike; `t_ref` after the threshold x goes on from x_reset.
    Supplies deliver power(x) = exp(curve(ln power_k)) and e_spike a spike: `energy["vdd"]`. v_mem = curve(v_k).
    Curves are natural cubic splines over 16 equal nodes from x_low to 1.

    State: charge (1). Input: current (A) from i_low to i_high, the range in which it was fitted; others are refused.
    Beyond x_fire the circuit's own feedback helps to fire it: the square is the passage by a saddle node, where the charge
    still needed grows as i^(1/2), so that a slower input meets a lower threshold.
    Holds where the circuit is quasi-static between spikes: the supply current and the leak then follow from the
    membrane alone. Junctions and gates make the capacitance depend on the voltage: in the charge this disappears.
    Solved by one third-order step a row of the stimulus (kernel.charge); `method` "dopri5" and parameters of one value a
    lane take the general way. In a network's kernel the spike comes at the threshold, without `delay` and e_spike.
    Source: `extract` fits it to a circuit and measures its error. Checked against: that circuit, dopri5.
    """

    name = "behavioural"
    title = "Behavioural model of a circuit"
    source = "extracted from a circuit (`extract`)"
    states = {"charge": State("1", 1.0, "membrane charge as a fraction of what fires the neuron")}
    held = ("charge",)
    origin: str = "cmos_lif, topology t2, card n88y, 1 pA to 1 nA"

    q_th = param("7.94554 fC", unit="C", symbol="Q_th", bounds=(0, INF), doc="charge from x = 0 to the threshold")
    x_start = param(0.0, symbol="x_0", doc="charge at the start")
    x_reset = param(-0.0195887, symbol="x_r", bounds=(-INF, 1), doc="charge after a spike")
    x_low = param(-0.13625, symbol="x_low", bounds=(-INF, 1), doc="charge at the first node of the curves")
    t_ref = param(
        "44.71 ns", unit="s", symbol="t_ref", bounds=(0, INF), strict=False, doc="from the threshold to the restart"
    )
    delay = param("40.832 ns", unit="s", symbol="t_d", bounds=(0, INF), strict=False, doc="from the threshold to the spike")
    i_junction = param(
        "0.000648362 pA", unit="A", symbol="i_j", bounds=(0, INF), strict=False, doc="junction current into x = 0"
    )
    x_junction = param(0.0154659, symbol="x_j", bounds=(0, INF), doc="charge by which the junction current falls to 1/e")
    i_fire = param("0 A", unit="A", symbol="i_f", bounds=(0, INF), strict=False, doc="regenerative current at the threshold")
    x_fire = param(0.98, symbol="x_f", bounds=(-INF, 1), doc="charge at which the regeneration begins")
    e_spike = param("0.13991 pJ", unit="J", symbol="E_s", doc="energy of a spike beyond what power(x) gives")
    i_low = param("-10 pA", unit="A", doc="least input current of the fitted range")
    i_high = param("1 nA", unit="A", doc="largest input current of the fitted range")
    i_typical = param("10 pA", unit="A", bounds=(0, INF), doc="a typical input")

    def initial(self):
        return {"charge": self.x_start}

    def curve(self, name: str) -> list[Any]:
        return [getattr(self, f"{name}_{k}") for k in range(NODES)]

    def leak(self, x: Any) -> Any:
        """Current that does not stay on the membrane (A), at charge x."""
        symbolic = isinstance(x, ca.SX)
        least, largest, exp, root = (
            (ca.fmin, ca.fmax, ca.exp, ca.sqrt) if symbolic else (np.minimum, np.maximum, np.exp, np.sqrt)
        )
        beyond = largest(0.0, x - self.x_fire) / (1 - self.x_fire)
        own = self.i_junction * exp(least(-x / self.x_junction, STEEPEST)) + self.i_fire * beyond * beyond
        return spline(self.curve("leak"), self.along(x)) - own

    def along(self, x: Any) -> Any:
        """Place on the nodes: 0 at x_low, 1 at the threshold."""
        return (x - self.x_low) / (1 - self.x_low)

    def voltage(self, x: Any) -> Any:
        """Membrane voltage (V) at charge x."""
        return spline(self.curve("v"), self.along(x))

    def derivative(self, x, i_in):
        return {"charge": (i_in - self.leak(x.charge)) / self.q_th}

    def threshold(self, x):
        return x.charge - 1.0

    def reset(self, x):
        return {"charge": self.x_reset}

    def supply(self, x: Any) -> Any:
        """Power from the supplies (W) at charge x."""
        symbolic = isinstance(x, ca.SX)
        log, exp = (ca.log, ca.exp) if symbolic else (np.log, np.exp)
        return exp(spline([log(p) for p in self.curve("power")], self.along(x)))

    def power(self, x, i_in):
        return self.supply(x.charge)

    def scales(self) -> Scales:
        return Scales(input=scalar(self.i_typical), time=scalar(self.q_th) / scalar(self.i_typical) + scalar(self.t_ref))

    def simulate(self, stimulus: Stimulus, duration: float | str | None = None, **options: Any) -> Trace:
        """Run the neuron; InputError if the stimulus leaves the range in which it was extracted."""
        asked = options.pop("record", "auto")
        names = (asked,) if isinstance(asked, str) and asked != "auto" else asked
        inner = names if names == "auto" else tuple(dict.fromkeys("charge" if n == "v_mem" else n for n in names))
        method = options.pop("method", "auto")
        plain = method == "auto" and self.lanes == 1 and not options.get("dt") and not any_lanes(options.get("initial"))
        if plain:
            job = prepare(self, stimulus, duration, record=inner, **options)
            trace = run(job, self.numbers(float(job.start[0, 0])), self.table(), self.refused)
        else:
            options.setdefault("rtol", GENERAL_RTOL if method in ("auto", "dopri5") else 1e-8)
            job = prepare(self, stimulus, duration, record=(), method=method, **options)
            self.refused(*extremes_of(job.segments(range(job.n)), job.duration))
            trace = self.late(solve(self, stimulus, duration, record=inner, method=method, **options))
        return self.told(trace, ("charge", "v_mem", "i_in") if names == "auto" else (*names, "i_in"))

    def late(self, trace: Trace) -> Trace:
        """The general solver's trace with the spikes `delay` after the threshold and their energy added."""
        lane = np.repeat(np.arange(trace.lanes), trace.spike_counts)
        energy = {k: e + np.asarray(self.e_spike) * trace.spike_counts for k, e in trace.energy.items()}
        times = trace.spike_times + np.broadcast_to(self.delay, trace.lanes)[lane]
        kept = times <= trace.duration
        offsets = np.concatenate([[0], np.cumsum(np.bincount(lane[kept], minlength=trace.lanes))]).astype(np.int64)
        return replace(trace, spike_times=times[kept], spike_offsets=offsets, energy=energy)

    def told(self, trace: Trace, names: tuple[str, ...]) -> Trace:
        """The trace with v_mem among its signals, and the energy under the supply's name."""
        signals, units = dict(trace.signals), dict(trace.units)
        if "v_mem" in names and "charge" in signals:
            columns = self if self.lanes == 1 else self.columns()
            signals, units = {"v_mem": columns.voltage(signals["charge"]), **signals}, {"v_mem": "V", **units}
        signals = {k: s for k, s in signals.items() if k in names}
        return replace(
            trace,
            signals=signals,
            units={k: units[k] for k in signals},
            energy={"vdd": trace.energy["input"]} if trace.energy else {},
            meta={**trace.meta, "origin": self.origin},
        )

    def columns(self) -> Behavioural:
        """A copy whose parameters of one value a lane stand upright, to meet signals of (lanes, times)."""
        copy = self.with_()
        copy.__dict__.update({k: np.reshape(v, (-1, 1)) for k, v in self.values().items() if np.ndim(v)})
        return copy

    def refused(self, lowest: float, highest: float) -> None:
        """Raise InputError if inputs between these (A) were not covered by the extraction."""
        low, high = float(np.min(self.i_low)), float(np.max(self.i_high))
        slack = 1e-9 * max(abs(low), abs(high))
        if lowest >= low - slack and highest <= high + slack:
            return
        told = f"{self.name} takes {show(low, 'A')} to {show(high, 'A')}, the range in which it was extracted"
        if highest == INF:
            raise InputError(f"{told}; an impulse is an unbounded current: give the spikes a kernel")
        reached = highest if highest > high + slack else lowest
        raise InputError(
            f"{told}; the stimulus reaches {show(reached, 'A')}: extract again with currents=(...) that hold it"
        )

    def grid(self) -> tuple[float, float]:
        """First point and cell width of the solver's table: a point falls on x_fire, where the leak bends sharply."""
        width = (1 - self.x_low + 2 * BEYOND) / CELLS
        cells = np.ceil((self.x_fire - self.x_low + BEYOND) / width)
        return float(self.x_fire - cells * width), float(width)

    def table(self) -> np.ndarray:
        """(CELLS, 8): cubics of leak / q_th and of the power over the cells of x, for the solver, from values and slopes
        at both ends: nothing in one cell rings through to the next."""
        low, width = self.grid()
        x = low + width * np.arange(CELLS + 1)
        cubics = []
        for curve in (lambda at: self.leak(at) / self.q_th, self.supply):
            slope = (curve(x) - curve(x - SMALL)) / SMALL  # from the left, where x_fire has none
            cubics.append(CubicHermiteSpline(x, curve(x), slope).c[::-1].T * width ** np.arange(4))
        return np.ascontiguousarray(np.hstack(cubics))

    def numbers(self, x_start: float) -> np.ndarray:
        """What the solver needs to know, in its order."""
        found = np.zeros(charge.N_NUMBERS)
        found[charge.Q], found[charge.X_START], found[charge.X_RESET] = self.q_th, x_start, self.x_reset
        found[charge.HOLD], found[charge.DELAY], found[charge.E_SPIKE] = self.t_ref, self.delay, self.e_spike
        low, width = self.grid()
        found[charge.LOW], found[charge.PER_X] = low, 1 / width
        return found


def any_lanes(initial: Any) -> bool:
    return any(np.ndim(v) for v in (initial or {}).values())


def load(path: str | Path) -> Behavioural:
    """The neuron of a file that an extraction has saved; InputError if it is none."""
    from tomllib import TOMLDecodeError, loads

    try:
        told = loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a saved model: {error}") from None
    if told.get("model") != Behavioural.name or not isinstance(told.get("parameters"), dict):
        raise InputError(f"{path}: not a saved model: it lacks model = {Behavioural.name!r} and [parameters]")
    values: dict[str, Any] = {}
    for key, value in told["parameters"].items():
        if key in CURVES and isinstance(value, list) and len(value) == NODES:
            values |= {f"{key}_{k}": v for k, v in enumerate(value)}
        else:
            values[key] = value
    neuron = Behavioural(**values)
    vars(neuron).update(name=str(told.get("name", Behavioural.name)), origin=str(told.get("origin", "")))
    return neuron
