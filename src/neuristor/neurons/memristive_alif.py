"""Adaptive leaky integrate-and-fire neuron whose leak is a memristor."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..devices.memristor import MMS
from ..errors import InputError
from ..parameters import Param, param
from ..presets.memristive_alif import CHOICE, PAPER
from ..quantities import parse, show
from ..stimulus import Stimulus
from ..trace import Trace
from .base import Neuron, Scales, State, scalar

INF = np.inf
NEARLY_ON = 1.01  # times R_on: a memristor below is called conducting


def of_device(name: str) -> Any:
    """A parameter of the memristor, as the device declares it, with the value and source of this neuron."""
    declared: Param = MMS.params[name]
    value, source = CHOICE[name]
    return replace(declared, default=float(parse(value, declared.unit)), source=source, name="")


def chosen(name: str, **declared: Any) -> Any:
    value, source = CHOICE[name]
    return param(value, source=source, **declared)


class MemristiveALIF(Neuron):
    """A capacitor that leaks through a memristor: the input that makes it fire also opens the leak, so it tires.

    c_mem dv_c/dt = i_in - (v_c - v_rest) / (R_m(x) + r_s) - mode (v_c - v_rest) / r_switch
    dx/dt = the memristor's rate at v_m,   v_m = (v_c - v_rest) R_m(x) / (R_m(x) + r_s)
    mode 0 (switch open):   v_m rises to v_th: spike, and the switch closes (mode 1)
    mode 1 (switch closed): v_m falls to v_release, and the switch opens (mode 0)

    States: v_c (V), x (1 = fully ON), mode. Input: current (A). The membrane potential of the source is v_m, which its
    difference amplifier measures: so both thresholds of the comparator are levels of v_m, and while C discharges through
    the switch the memristor goes on. Both events are located; a spike is the first of each pair.
    At frozen x the interval has a closed form (`interval`), and no input below v_th / R_m(x) fires. A constant input
    drives x towards ON, hence for ever only above v_th / r_on; below it may fire at first and stop.
    Chosen where the text is silent: the switch discharges towards v_rest (0 V in the presets), and the values.
    Valid: as the ideal circuit, without the limits of amplifier and comparator. Source: eq. 2 of the paper on the
    memristor-based adaptive LIF neuron; memristor: mean metastable switch (`devices.memristor.MMS`).
    Checked against: SciPy Radau with events; the closed form at frozen x.
    """

    name = "memristive_alif"
    title = "Memristor-based adaptive leaky integrate-and-fire"
    source = f"{PAPER}, eq. 2"
    states = {
        "v_c": State("V", 0.1, "voltage of the capacitor"),
        "x": State("1", 1.0, "state of the memristor, 1 = fully ON"),
        "mode": State("1", 1.0, "switch: 0 open, 1 closed"),
    }

    c_mem = chosen("c_mem", unit="F", symbol="C", bounds=(0, INF), doc="membrane capacitance")
    r_s = chosen("r_s", unit="Ohm", symbol="R_s", bounds=(0, INF), strict=False, doc="resistor behind the memristor")
    v_th = chosen("v_th", unit="V", symbol="v_th", bounds=(0, INF), doc="memristor voltage of a spike")
    v_release = chosen("v_release", unit="V", symbol="v_rel", bounds=(0, INF), doc="memristor voltage that ends the reset")
    r_switch = chosen("r_switch", unit="Ohm", symbol="r_sw", bounds=(0, INF), doc="resistance of the closed switch")
    v_rest = chosen("v_rest", unit="V", symbol="v_rest", doc="resting potential")
    x0 = chosen("x0", symbol="x_0", bounds=(0, 1), strict=False, doc="state of the memristor at the start")
    r_on, r_off, v_on, v_off, tau, temperature = (
        of_device(k) for k in ("r_on", "r_off", "v_on", "v_off", "tau", "temperature")
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.memristor.check(self.name)
        low, high = np.broadcast_arrays(self.v_release, self.v_th)
        if np.any(low >= high):
            k = int(np.argmax(np.ravel(low >= high)))
            raise InputError(
                f"{self.name}: v_release = {show(np.ravel(low)[k], 'V')} is not below v_th = {show(np.ravel(high)[k], 'V')};"
                " the comparator needs hysteresis"
            )

    @property
    def memristor(self) -> MMS:
        """The device with this neuron's parameters, numbers or symbols."""
        device = MMS.__new__(MMS)
        device.__dict__.update({k: getattr(self, k) for k in MMS.params})
        return device

    def initial(self) -> dict[str, Any]:
        return {"v_c": self.v_rest, "x": self.x0, "mode": 0.0}

    def v_m(self, x: SimpleNamespace) -> Any:
        """Voltage across the memristor."""
        return self.memristor.voltage_behind(x.v_c - self.v_rest, x.x, self.r_s)

    def derivative(self, x: SimpleNamespace, i_in: Any) -> dict[str, Any]:
        v_m = self.v_m(x)
        leak = self.memristor.current(v_m, x.x) + x.mode * (x.v_c - self.v_rest) / self.r_switch
        return {"v_c": (i_in - leak) / self.c_mem, "x": self.memristor.rate(v_m, x.x), "mode": 0.0}

    def threshold(self, x: SimpleNamespace) -> Any:
        v_m = self.v_m(x)
        return (1 - x.mode) * (v_m - self.v_th) + x.mode * (self.v_release - v_m)

    def reset(self, x: SimpleNamespace) -> dict[str, Any]:
        return {"mode": 1 - x.mode}

    def power(self, x: SimpleNamespace, i_in: Any) -> Any:
        return (x.v_c - self.v_rest) * i_in

    def simulate(self, stimulus: Stimulus, duration: float | str | None = None, **options: Any) -> Trace:
        """Run the neuron; the spikes of the trace are the closings of the switch, not its openings."""
        trace = super().simulate(stimulus, duration, **options)
        start = np.broadcast_to(parse((options.get("initial") or {}).get("mode", 0.0), "1"), trace.lanes)
        place = np.arange(len(trace.spike_times)) - np.repeat(trace.spike_offsets[:-1], trace.spike_counts)
        closing = (place + np.repeat(np.round(start).astype(int), trace.spike_counts)) % 2 == 0
        ends = np.concatenate([[0], np.cumsum(closing)])[trace.spike_offsets]
        return replace(trace, spike_times=trace.spike_times[closing], spike_offsets=ends.astype(np.int64))

    def scales(self) -> Scales:
        """The time is the longer of late interval and a quarter of tau, rounded to 1, 2.5 or 5: solvers take their first
        step from it, and lanes drawn about one device shall begin alike, however many run together.
        """
        level = 3 * self.least_input(1.0)
        time = max(scalar(self.interval(level, 1.0)), scalar(self.tau) / 4)
        round_ones = 10.0 ** np.floor(np.log10(time)) * np.array([1.0, 2.5, 5.0, 10.0])
        return Scales(input=scalar(level), time=float(round_ones[np.argmin(np.abs(np.log(round_ones / time)))]))

    def least_input(self, x: Any) -> Any:
        """The constant input (A) at which the frozen state x just reaches threshold: v_th / R_m(x)."""
        return self.v_th / self.memristor.resistance(x)

    def ramp(self, i_in: Any, x: Any, start: Any = None) -> Any:
        """Time (s) from memristor voltage `start` (default: v_release) up to v_th at frozen x; inf if never."""
        start = self.v_release if start is None else start
        r_m = np.asarray(self.memristor.resistance(x))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (i_in * r_m - start) / (i_in * r_m - self.v_th)
            return np.where(i_in * r_m > self.v_th, (r_m + self.r_s) * self.c_mem * np.log(ratio), INF)[()]

    def discharge(self, i_in: Any, x: Any) -> Any:
        """Time (s) from v_th down to v_release through the closed switch at frozen x; inf if the input holds it above."""
        r_m = np.asarray(self.memristor.resistance(x))
        resistance = 1 / (1 / self.r_switch + 1 / (r_m + self.r_s))
        held = self.held_at(i_in, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (self.v_th - held) / (self.v_release - held)
            return np.where(held < self.v_release, resistance * self.c_mem * np.log(ratio), INF)[()]

    def held_at(self, i_in: Any, x: Any) -> Any:
        """The memristor voltage (V) at which a constant input rests while the switch is closed."""
        r_m = self.memristor.resistance(x)
        return i_in * r_m / (1 + (r_m + self.r_s) / self.r_switch)

    def interval(self, i_in: Any, x: Any) -> Any:
        """Interval between spikes (s) at constant input and frozen x, ramp and discharge; inf if it does not fire."""
        return self.ramp(i_in, x) + self.discharge(i_in, x)

    def why_silent(self, i_in: float, x: SimpleNamespace) -> str:
        """Why the neuron, with one value of each parameter, does not fire at the input i_in in the state x it came to."""
        level, told = show(i_in, "A"), show(self.v_th, "V")
        if i_in <= 0:
            return f"the input of {level} does not charge the capacitor"
        if x.mode > 0.5:
            held, release = show(float(self.v_m(x)), "V"), show(self.v_release, "V")
            return f"the switch stays closed: {level} hold the memristor at {held}, above the release at {release}"
        r_m = float(self.memristor.resistance(x.x))
        name = "R_on" if r_m < NEARLY_ON * self.r_on else "R_m"
        for told_r, r in (("R_off", self.r_off), (name, r_m)):
            if i_in * r <= self.v_th:
                most = show(i_in * r, "V")
                where = f"across the memristor of {show(r, 'Ohm')}"
                return f"I {told_r} < v_th: {level} drive at most {most} {where}; a spike takes {told}"
        needed = show(float(self.ramp(i_in, x.x, 0.0)), "s")
        return f"{level} do not last: in this state they need {needed} from rest to bring the memristor to {told}"
