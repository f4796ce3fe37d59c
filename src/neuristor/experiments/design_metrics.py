"""What a circuit neuron of given sizes costs and how well it does, each number with its derivatives by the sizes.

A design point takes a plain run, which finds the spikes, and runs with derivatives: one lane from rest to just after the
first and one to just after the last spike (energy, rate, width), and one lane a sample of ripple (shift of the spikes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..circuits.analyses import tran
from ..circuits.compiled import Compiled
from ..circuits.engines.plan import read_parameter
from ..circuits.netlist import Element, Netlist
from ..circuits.neuron import CircuitNeuron, plan_of
from ..errors import InputError
from ..quantities import show
from ..stimulus import PWL, Fluctuated, Step, Stimulus
from .design_runs import NoSpikes, run_with_slopes
from .faults import SIGNS, SPACING

UNITS = {"energy": "J", "power": "W", "rate": "Hz", "interval": "s", "width": "s", "shift_index": "%", "shift_mean": "%",
         "shift_max": "%", "area": "m2"}  # fmt: skip
MEANING = {
    "energy": "supply energy of a spike, from just after the first to just after the last one",
    "power": "supply power over the same time",
    "rate": "inverse of the mean interval",
    "interval": "mean time between spikes",
    "width": "mean time that a spike stays above its level",
    "shift_index": "shift of a spike time under ripple of the input (eq. 1): root mean square of the samples, worst spike",
    "shift_mean": "the same: size of the mean of the samples, worst spike",
    "shift_max": "the same: largest of all samples and spikes; it grows with the number of samples",
    "area": "sum over transistors of M (W L + drawn source and drain)",
}
SHIFTS = ("shift_index", "shift_mean", "shift_max")
JUNCTIONS = ("ad", "as", "pd", "ps")
PHASE = 0.1  # of an interval behind a spike: there energies are read, where a cell's power is least
SHORT = 0.02  # of an interval: over so long that power is taken
RTOL, RIPPLE_RTOL = 1e-7, 1e-6  # of the runs with derivatives; spike times to 1e-6 and 1e-5
LONGER, ATTEMPTS = 2.5, 3  # a run without enough spikes is repeated so much longer, so many times


@dataclass(frozen=True)
class Bench:
    """How designs are measured.

    current in A; fault: combined, stuck_lrs or stuck_hrs; amplitude of the ripple; samples of it, the same for all designs;
    spikes that are looked at; spacing of the ripple's nodes (s)
    """

    subject: CircuitNeuron
    current: float
    fault: str = "combined"
    amplitude: float = 0.10
    samples: int = 32
    spikes: int = 5
    spacing: float = SPACING
    seed: int = 0

    @cached_property
    def steady(self) -> Stimulus:
        return Step(self.current, unit="A")

    def ripple(self, stop: float) -> Fluctuated:
        """The samples' input up to `stop`; the draws of a sample do not depend on it."""
        sign = SIGNS[self.fault]
        return Fluctuated(self.steady, self.amplitude, self.spacing, sign, self.seed, self.samples, stop)

    def sample(self, number: int, stop: float) -> PWL:
        """The input of one sample alone."""
        times, ripple = self.ripple(stop).nodes(number)
        return PWL(times, self.current * (1 + ripple), unit="A")


@dataclass(frozen=True)
class Metrics:
    """values: name -> SI number (shifts as fractions); slopes: name -> (sizes,) derivatives by ln(size).

    first   time of the first spike (s)
    shifts  (samples, spikes) shift of every spike, positive if early; shift_slopes (samples, spikes, sizes)
    """

    values: dict[str, float]
    slopes: dict[str, np.ndarray]
    first: float = float("nan")
    shifts: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    shift_slopes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def parts(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Smooth numbers (n,) whose largest is the metric, and their derivatives (n, sizes)."""
        if name not in SHIFTS:
            return np.array([self.values[name]]), self.slopes[name][None]
        x, dx = self.shifts, self.shift_slopes
        if name == "shift_index":
            size = np.sqrt(np.mean(x**2, axis=0))
            return size, np.mean(x[:, :, None] * dx, axis=0) / size[:, None]
        if name == "shift_mean":
            x, dx = x.mean(axis=0)[None], dx.mean(axis=0)[None]
        flat, slopes = x.ravel(), dx.reshape(x.size, -1)
        return np.concatenate([flat, -flat]), np.concatenate([slopes, -slopes])

    @property
    def worst_sample(self) -> int:
        return int(np.unravel_index(np.argmax(np.abs(self.shifts)), self.shifts.shape)[0])


def resized(netlist: Netlist, sizes: Mapping[str, float]) -> Netlist:
    """The netlist with "m1.w" and "m1.l" set; drawn areas keep their length, so they and the edges follow the width."""
    for name, value in sizes.items():
        e, key = element_of(netlist, name)
        params = {key: float(value)}
        if key == "w":
            w, own = e.params["w"], {k: e.params[k] for k in JUNCTIONS if e.params.get(k)}
            params |= {k: v * value / w if k.startswith("a") else v + 2 * (value - w) for k, v in own.items()}
        netlist = netlist.set(e.name, **params)
    return netlist


def element_of(netlist: Netlist, name: str) -> tuple[Element, str]:
    owner, _, key = name.rpartition(".")
    return netlist.elements[owner], key


def chain(netlist: Netlist, sizes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Parameters that follow the sizes, and d parameter / d ln(size), (parameters, sizes)."""
    c, names, rows = Compiled(netlist), [], []
    for k, name in enumerate(sizes):
        e, key = element_of(netlist, name)
        w = e.params["w"]
        follow = {key: e.params[key]}
        if key == "w":
            follow |= {j: e.params[j] if j.startswith("a") else 2 * w for j in JUNCTIONS if e.params.get(j)}
        for parameter, slope in follow.items():
            if known(c, f"{e.name}.{parameter}"):
                names.append(f"{e.name}.{parameter}")
                rows.append(np.where(np.arange(len(sizes)) == k, slope, 0.0))
    return names, np.array(rows).reshape(-1, len(sizes))


def known(c: Compiled, name: str) -> bool:
    """Whether the model has this parameter; a model without junctions has no areas."""
    try:
        read_parameter(c, name)
    except InputError:
        return False
    return True


def first_look(bench: Bench, netlist: Netlist, guess: float) -> np.ndarray:
    """Spike times of a plain run long enough for one spike more than are looked at."""
    for attempt in range(ATTEMPTS):
        stop = guess * LONGER**attempt
        spikes, _ = plain_run(bench, netlist, stop)
        if len(spikes) > bench.spikes:
            return spikes
    told = f"{len(spikes)} of {bench.spikes + 1} spikes come in {show(stop, 's')} at {show(bench.current, 'A')}"
    raise NoSpikes(told)


def plain_run(bench: Bench, netlist: Netlist, stop: float, rtol: float = 1e-5) -> tuple[np.ndarray, float]:
    """Spike times at constant input up to `stop`, and the energy of the supplies (J)."""
    short = netlist.with_(analyses=(plan_of(netlist, stop),))
    inputs = {bench.subject.input: bench.steady}
    trace = tran(short, stop, spikes=[bench.subject.watch], record=(), inputs=inputs, rtol=rtol)
    if trace.failures:
        raise NoSpikes(f"the run stopped: {trace.failures[0].reason}")
    return trace.spikes[0], sum(float(v[0]) for k, v in trace.energy.items() if netlist.elements[k].kind == "v")


def measured(bench: Bench, netlist: Netlist, sizes: Sequence[str], guess: float, ripple: bool = True) -> Metrics:
    """All metrics of a circuit with derivatives by ln(size); `guess` is a time in which it spikes often enough.

    Raises NoSpikes if it cannot be measured.
    """
    try:
        names, into = chain(netlist, sizes)
        steady = steady_metrics(bench, netlist, names, into, guess)
        area, slopes = drawn_area(netlist, sizes)
        values, by_size = {**steady.values, "area": area}, {**steady.slopes, "area": slopes}
        if not ripple:
            return Metrics(values, by_size, steady.first)
        shifts, shift_slopes = spike_shifts(bench, netlist, names, into, steady)
    except InputError as error:
        raise NoSpikes(str(error)) from None
    found = Metrics(values, by_size, steady.first, shifts, shift_slopes)
    for name in SHIFTS:
        parts, part_slopes = found.parts(name)
        k = int(np.argmax(parts))
        values[name], by_size[name] = float(parts[k]), part_slopes[k]
    return found


@dataclass(frozen=True)
class Steady(Metrics):
    """Metrics at constant input; times (spikes,) of the reference spikes and time_slopes (spikes, sizes)."""

    times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    time_slopes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))


def steady_metrics(bench: Bench, netlist: Netlist, names: Sequence[str], into: np.ndarray, guess: float) -> Steady:
    """Energy, power, rate, interval and width at constant input.

    With T_k = t_k + PHASE (t_k - t_(k-1)) the energy of a spike is (E(T_n) - E(T_1)) / (n - 1), and
    dE(T)/dp = (dE/dp at fixed T) + P dT/dp, P the power at T_1, which is that at T_n: the circuit repeats itself.
    """
    spikes = first_look(bench, netlist, guess)
    n, subject = bench.spikes, bench.subject
    ends = [spikes[0] + PHASE * (spikes[1] - spikes[0]), spikes[n - 1] + PHASE * (spikes[n - 1] - spikes[n - 2])]
    short, long = (run_with_slopes(netlist, subject.watch, bench.steady, subject.input, stop, names, RTOL) for stop in ends)
    if len(long.rises[0]) != n or len(long.falls[0]) != n or len(short.rises[0]) != 1:
        raise NoSpikes("a spike does not end before the next begins")
    t, dt = long.rises[0], long.rise_slopes[0] @ into
    moves = [dt[0] + PHASE * (dt[1] - dt[0]), dt[-1] + PHASE * (dt[-1] - dt[-2])]
    later = SHORT * (spikes[1] - spikes[0])
    watts = (plain_run(bench, netlist, ends[0] + later, RTOL)[1] - float(short.energy[0])) / later
    joule, per = float(long.energy[0] - short.energy[0]), n - 1
    slope = (long.energy_slopes[0] - short.energy_slopes[0]) @ into + watts * (moves[1] - moves[0])
    interval, d_interval = float(t[-1] - t[0]) / per, (dt[-1] - dt[0]) / per
    width, d_width = long.falls[0] - t, long.fall_slopes[0] @ into - dt
    values = {"energy": joule / per, "power": joule / per / interval, "rate": 1 / interval, "interval": interval,
              "width": float(width.mean())}  # fmt: skip
    slopes = {
        "energy": slope / per,
        "power": slope / per / interval - joule / per * d_interval / interval**2,
        "rate": -d_interval / interval**2,
        "interval": d_interval,
        "width": d_width.mean(axis=0),
    }
    return Steady(values, slopes, float(t[0]), times=t, time_slopes=dt)


def spike_shifts(
    bench: Bench, netlist: Netlist, names: Sequence[str], into: np.ndarray, steady: Steady
) -> tuple[np.ndarray, np.ndarray]:
    """(T_0 - T_x) / T_0 of every sample and spike, and its derivatives; the same ripple for every design."""
    t, dt, n = steady.times, steady.time_slopes, bench.spikes
    stop = t[-1] * (1 + 1.5 * bench.amplitude) + 0.5 * steady.values["interval"]
    for _ in range(ATTEMPTS):
        run = run_with_slopes(
            netlist, bench.subject.watch, bench.ripple(stop), bench.subject.input, stop, names, RIPPLE_RTOL
        )
        if all(len(times) >= n for times in run.rises):
            shifted = np.array([times[:n] for times in run.rises])
            slopes = np.array([s[:n] @ into for s in run.rise_slopes])
            return 1 - shifted / t, (shifted / t**2)[:, :, None] * dt - slopes / t[:, None]
        stop *= LONGER
    raise NoSpikes(f"with the input's ripple a sample loses spikes: fewer than {n} in {show(stop / LONGER, 's')}")


def drawn_area(netlist: Netlist, sizes: Sequence[str]) -> tuple[float, np.ndarray]:
    """Sum over transistors of M (W L + AD + AS), m^2, and its derivatives by ln(size)."""
    total, slopes = 0.0, np.zeros(len(sizes))
    for e in netlist.elements.values():
        if e.kind != "m":
            continue
        p, many = e.params, e.params.get("m", 1.0)
        gate, ends = p["w"] * p["l"], p.get("ad", 0.0) + p.get("as", 0.0)
        total += many * (gate + ends)
        for k, name in enumerate(sizes):
            if name.rpartition(".")[0] == e.name:
                slopes[k] += many * (gate + ends if name.endswith(".w") else gate)
    return float(total), slopes
