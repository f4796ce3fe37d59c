"""One operating point of a mixed-signal neuron: gain, bandwidth, power, energy and noise, each with the limits it has.

Everything is measured on the circuit by either engine; the closed form (`circuits.differential_pair`) stands beside it.

Noise at the output: its density below a thirtieth of the bandwidth is taken apart as a + b / f (white and flicker, by least
squares); "rectangular" is a f_3dB, as the paper's first-order approximation; "own" is the integral of the whole density
from `f_low` to f_3dB, "fixed" the same to `band`, "total" that over all frequencies above `f_low` (one pole: white part
pi / 2 times the rectangle). Divided by the squared gain of the first synapse they are noise at its input.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..circuits import analyses
from ..circuits.cells.mixed_signal_mac import MixedSignalMAC
from ..circuits.differential_pair import WeakInversion
from ..circuits.engines import ngspice
from ..circuits.netlist import Ac, Element, Netlist, Noise
from ..circuits.results import NoiseDensity
from ..errors import InputError
from ..quantities import K_B, Q_E, ZERO_CELSIUS, one_number, show
from .base import Result

A_DECADE = 20  # frequencies
SLOWEST, FASTEST = 1.0, 1e14  # Hz, where the response is looked for
FLAT = 1.0 / 30.0  # of the bandwidth: below it the pole takes less than 0.12 % of the density
LEAK_LIMIT = 0.01  # of the tails' current, above which leakage is named
SATURATED = 4.0  # U_T that a device in weak inversion needs from drain to source to carry 98 % of its current
WEAK = 0.1  # inversion coefficient (Enz and Vittoz)


@dataclass(frozen=True)
class Limit:
    """One bound of validity: its name, whether it is exceeded, the numbers in words."""

    name: str
    broken: bool
    told: str

    def __str__(self) -> str:
        return f"{self.name}{' (exceeded)' if self.broken else ''}: {self.told}"


@dataclass(frozen=True)
class MacPoint(Result):
    """What one bias point gives; SI units.

    i_unit, weight (of the first synapse)    what was set
    gain, bandwidth        dV_out/dV_in of the first synapse, its -3 dB frequency (without one: the pole)
    pole                   -3 dB frequency of the outputs themselves
    power, nominal_power   of the supply; V_DD times the tails' currents
    energy, energy_per_mac   power / bandwidth; the same for each synapse
    leakage                supply current beyond the tails', relative to theirs
    tail, pair, load       V: lowest tail node, least drain-source voltage of a pair, drop over the loads
    inversion              largest inversion coefficient of pairs (NaN where the model does not tell)
    settling               s to half of the least bit of the N-bit weight, one pole
    n_n, n_p               slope factors I / (g_m U_T) of the most significant pair and the load
    white, flicker         a (V^2/Hz) and b (V^2) of the output's density a + b / f
    noise_rectangular, noise_own, noise_fixed, noise_total   V^2 at the first synapse's input; band: of noise_fixed, Hz
    noise_output           the rectangle at the output, V^2
    invariant, invariant_closed   energy times noise_output, J V^2; 16 q (n_P U_T)^2 V_DD
    limits                 what bounds these numbers;  broken: the names of those that are exceeded
    """

    i_unit: float
    weight: int
    gain: float
    bandwidth: float
    pole: float
    power: float
    nominal_power: float
    energy: float
    energy_per_mac: float
    leakage: float
    tail: float
    pair: float
    load: float
    inversion: float
    settling: float
    n_n: float
    n_p: float
    white: float
    flicker: float
    noise_rectangular: float
    noise_own: float
    noise_fixed: float
    noise_total: float
    noise_output: float
    band: float
    invariant: float
    invariant_closed: float
    limits: tuple[Limit, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        return tuple(limit.name for limit in self.limits if limit.broken)

    def to_json_dict(self) -> dict[str, Any]:
        return super().to_json_dict() | {"broken": list(self.broken)}


def mac_of(subject: Any, what: str, bits: int = 0) -> MixedSignalMAC:
    """The subject if it is a mixed-signal neuron, of `bits` bits (0: its own); InputError otherwise."""
    if not isinstance(subject, MixedSignalMAC):
        raise InputError(f"{what} is measured of a mixed-signal neuron (mixed_signal_mac), not of {subject.name}")
    if subject.lanes > 1:
        raise InputError(f"{what}: the neuron has {subject.lanes} lanes; give one value a parameter")
    return subject.with_(bits=bits) if bits else subject


def pole(netlist: Netlist, engine: str) -> float:
    """-3 dB frequency (Hz) of the outputs, driven by a current between them: what settles, whatever the weight."""
    probe = Element("iprobe", "i", ("outn", "outp"), {"dc": 0.0, "acmag": 1.0})
    return response(netlist.set("vin0", acmag=0.0).add(probe), engine)[1]


def response(netlist: Netlist, engine: str) -> tuple[float, float]:
    """Output voltage at 1 Hz, with its sign, and the frequency (Hz) where its square has halved.

    Driven by the first synapse's input: its gain and bandwidth; NaN for a frequency where the gates' overlaps carry the
    signal to the outputs past the pole, so that none is reached.
    Near that frequency 1 / |H|^2 is a straight line of f^2 (one pole): interpolated so between points 1/20 decade apart.
    """
    found = analyses.ac(netlist, Ac("dec", A_DECADE, SLOWEST, FASTEST), engine)
    h = found["outp"] - found["outn"]
    dc = float(np.real(h[0]))
    square = np.abs(h / dc) ** -2.0
    below = int(np.argmax(square > 2.0))
    if not below:
        return dc, float("nan")
    last = slice(below - 1, below + 1)
    return dc, float(np.sqrt(np.interp(2.0, square[last], found.frequency[last] ** 2)))


def densities(netlist: Netlist, f_low: float, bandwidth: float, band: float, engine: str) -> NoiseDensity:
    """Noise density between the outputs from f_low to far beyond the bandwidth."""
    if not 0 < f_low < FLAT * bandwidth / 10.0:
        limit = show(FLAT * bandwidth / 10.0, "Hz")
        raise InputError(f"f_low = {show(f_low, 'Hz')} must be positive and below {limit}, far below the bandwidth")
    stop = max(1e3 * bandwidth, 1.01 * band)
    return analyses.noise(netlist, Noise("outp", "outn", "vin0", "dec", A_DECADE, f_low, stop), engine)


def white_and_flicker(frequency: np.ndarray, density: np.ndarray) -> tuple[float, float]:
    """a and b of a density a + b / f, relative deviations by least squares, not below zero."""
    columns = np.stack([1.0 / density, 1.0 / (frequency * density)], axis=1)
    a, b = np.linalg.lstsq(columns, np.ones(len(frequency)), rcond=None)[0]
    return max(float(a), 0.0), max(float(b), 0.0)


def integral(frequency: np.ndarray, density: np.ndarray, stop: float) -> float:
    """Integral of a density up to `stop` (Hz), trapezoidal in ln f, where a + b / f is smooth."""
    inside = frequency < stop
    at = np.append(frequency[inside], min(stop, frequency[-1]))
    weighted = np.append(density[inside], np.interp(at[-1], frequency, density)) * at
    return float(np.trapezoid(weighted, np.log(at)))


def mac_point(cell: MixedSignalMAC, *, engine: str = "native", f_low: Any = "1 Hz", band: Any = "1 MHz") -> MacPoint:
    """Gain, bandwidth, power, energy and noise of a neuron at its weights, all inputs at zero, with their limits."""
    start, wide = one_number(f_low, "Hz", "f_low"), one_number(band, "Hz", "band")
    if wide <= start:
        raise InputError(f"band = {show(wide, 'Hz')} must be above f_low = {show(start, 'Hz')}")
    cell = cell.with_(inputs=np.zeros(cell.synapses))
    if not cell.weights[0]:
        raise InputError("the first synapse, whose gain is measured, needs a weight other than zero")
    netlist = cell.netlist
    state = standing(cell, engine)
    gain, passed = response(netlist, engine)
    settled = pole(netlist, engine)
    bandwidth = settled if np.isnan(passed) else passed
    noise = densities(netlist, start, bandwidth, wide, engine)
    flat = noise.frequency < FLAT * bandwidth
    white, flicker = white_and_flicker(noise.frequency[flat], noise.output[flat])
    own, fixed, total = (integral(noise.frequency, noise.output, stop) for stop in (bandwidth, wide, np.inf))
    closed = WeakInversion(cell.bits, cell.synapses, cell.i_unit, cell.v_dd, state.n_n, state.n_p, celsius=cell.temperature)
    point = replace(
        state,
        gain=gain,
        bandwidth=bandwidth,
        pole=settled,
        energy=state.power / bandwidth,
        energy_per_mac=state.power / bandwidth / cell.synapses,
        settling=float(np.log(2.0 ** (cell.bits + 1)) / (2.0 * np.pi * settled)),
        white=white,
        flicker=flicker,
        noise_rectangular=white * bandwidth / gain**2,
        noise_own=own / gain**2,
        noise_fixed=fixed / gain**2,
        noise_total=total / gain**2,
        noise_output=white * bandwidth,
        band=wide,
        invariant=state.power * white,
        invariant_closed=float(closed.invariant),
    )
    return replace(point, limits=limits_of(point, cell))


def standing(cell: MixedSignalMAC, engine: str) -> MacPoint:
    """What the operating point alone tells; the rest is NaN."""
    netlist, nan = cell.netlist, float("nan")
    found = analyses.op(netlist, engine)
    if getattr(found, "failures", None):
        raise InputError(f"{cell.name}: {found.failures[0].reason}")
    volts = {name: float(np.ravel(v)[0]) for name, v in found.signals.items()}
    tails = [v for name, v in volts.items() if name[0] == "t"]
    outputs = [volts["outp"], volts["outn"]]
    slopes = slope_factors(cell, found.devices)
    supply = -volts["i(vdd)"]
    nominal = sum(float(e.params["dc"]) for e in netlist.elements.values() if e.kind == "i" and e.name != "irep")
    unknown = {name: nan for name in MacPoint.__annotations__}
    known = {
        "i_unit": float(cell.i_unit),
        "weight": cell.weights[0],
        "power": supply * float(cell.v_dd),
        "nominal_power": nominal * float(cell.v_dd),
        "leakage": supply / nominal - 1.0,
        "tail": min(tails),
        "pair": min(outputs) - max(tails),
        "load": float(cell.v_dd) - min(outputs),
        "inversion": max((float(np.ravel(d["i_f"])[0]) for d in found.devices.values() if "i_f" in d), default=nan),
        "n_n": slopes[0],
        "n_p": slopes[1],
        "limits": (),
    }
    return MacPoint(**{**unknown, **known})  # type: ignore[arg-type]


def slope_factors(cell: MixedSignalMAC, devices: dict[str, Any]) -> tuple[float, float]:
    """I / (g_m U_T) of the most significant pair of the first synapse and of a load.

    devices  what the native engine tells of transistors; empty: ngspice is asked
    """
    u_t = K_B / Q_E * (float(cell.temperature) + ZERO_CELSIUS)
    names = (f"m0.{cell.bits - 1}p", "mlp")
    if devices:
        n_n, n_p = (abs(float(np.ravel(devices[k]["i_d"] / devices[k]["gm"])[0])) / u_t for k in names)
    else:
        saved = ngspice.op(cell.netlist, save=[f"@{k}[{quantity}]" for k in names for quantity in ("id", "gm")])
        n_n, n_p = (abs(saved[f"@{k}[id]"] / saved[f"@{k}[gm]"]) / u_t for k in names)
    return n_n, n_p


def limits_of(point: MacPoint, cell: MixedSignalMAC) -> tuple[Limit, ...]:
    """What bounds the numbers at this point: leakage, headroom, inversion, settling."""
    needed = SATURATED * K_B / Q_E * (float(cell.temperature) + ZERO_CELSIUS)
    told = [
        Limit(
            "leakage",
            abs(point.leakage) > LEAK_LIMIT,
            f"the supply carries {100 * point.leakage:.2g} % more than the tails (1 % is the limit)",
        )
    ]
    rooms = [("tail", point.tail), ("pair", point.pair), *([("load", point.load)] if cell.load == "diode" else [])]
    for what, volts in rooms:
        has = f"{show(volts, 'V')}; saturation takes {show(needed, 'V')}"
        told.append(Limit(f"headroom of the {what}", volts < needed, has))
    if np.isfinite(point.inversion):
        has = f"coefficient {point.inversion:.2g} (weak inversion, where the closed form holds, ends at {WEAK:g})"
        told.append(Limit("inversion", point.inversion > WEAK, has))
    if np.isfinite(point.settling):
        has = f"{cell.bits} bits need {show(point.settling, 's')}: at most {show(1.0 / point.settling, 'Hz')}"
        told.append(Limit("settling", False, has))
    if point.bandwidth == point.pole:
        has = "the gates' overlaps carry the signal past the pole, so that the bandwidth is the pole's"
        told.append(Limit("feedthrough", True, has))
    return tuple(told)
