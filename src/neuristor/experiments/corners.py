"""Global corners: all NMOS, and all PMOS, faster or slower together; with supplies and temperatures if wanted.

A corner shifts the threshold (delvto) and the current factor (mulu0) of every transistor of a kind. How far is the user's
to say: the publisher of the card gives no corners. The default of 30 mV and 5 % is a choice, not a
property of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError, nearest
from ..quantities import named_values, one_number, show
from ..subject import Subject
from .base import Result
from .conditions import circuit_of, grouped, heated, reasons_of, supplied, supply_of, supply_points, temperature_points
from .metrics import Limit, passing, read_limits
from .observation import nominal, rewired

CORNERS = {"TT": (0, 0), "FF": (1, 1), "SS": (-1, -1), "FS": (1, -1), "SF": (-1, 1)}  # NMOS, PMOS: +1 is faster
DEFAULT_SHIFT = {"vth": "30 mV", "beta": "5 %"}
SHIFTS = {"vth": "V", "beta": "1"}


@dataclass(frozen=True)
class CornerResult(Result):
    """Metrics at every combination of supply, temperature and corner (rows; corners vary fastest, supplies slowest).

    corner (n,) names;  supply (n,) V;  temperature (n,) C;  values: metric -> (n,), NaN where it does not spike
    passed (n,) whether it spikes and meets every limit;  reasons (n,) why it does not spike
    shift  "vth" (V) and "beta" (relative) of a corner;  nominal: the neuron itself
    """

    subject: str
    corner: list[str]
    supply: np.ndarray
    temperature: np.ndarray
    values: dict[str, np.ndarray]
    shift: dict[str, float]
    limits: tuple[Limit, ...]
    passed: np.ndarray
    current: float
    duration: float
    nominal: dict[str, float]
    reasons: list[str] = field(default_factory=list)
    shift_is: str = "chosen by the user"

    @property
    def spiking(self) -> np.ndarray:
        return np.isfinite(self.values["interval"])

    def worst(self, metric: str) -> tuple[int, int]:
        """Rows of the smallest and the largest value among those that spike."""
        v = self.values[metric]
        if not np.any(np.isfinite(v)):
            raise InputError(f"corners of {self.subject}: {metric} is not defined in any corner")
        return int(np.nanargmin(v)), int(np.nanargmax(v))


def corners(
    subject: Subject,
    shift: Mapping[str, Any] | str | None = None,
    *,
    names: str | Sequence[str] = tuple(CORNERS),
    supplies: Any = None,
    temperatures: Any = None,
    current: Any = None,
    spikes: int = 5,
    limits: str | Limit | Sequence[str | Limit] = (),
    progress: Callable[[float], None] | None = None,
) -> CornerResult:
    """The corners of a circuit at its own supply and temperature, or crossed with those given.

    shift   {"vth": "30 mV", "beta": "5 %"} or "vth=30 mV,beta=5 %": of a fast or slow transistor; see the module for what
            the default is worth

    All corners and temperatures are lanes of one run; every supply is a run (see `conditions`).
    """
    circuit = with_transistors(subject)
    steps, chosen, wanted = read_shift(shift), read_names(names), read_limits(limits)
    volts, degrees = points_of(circuit, supplies, temperatures)
    own = nominal(subject, current, spikes, "corners")
    bases = [circuit] if supplies is None else [supplied(circuit, float(v)) for v in volts]
    variants = [cornered(base, chosen, steps, degrees) for base in bases]
    found = grouped(variants, own.current, own.duration, progress)
    rows = [(v, t, c) for v in volts for t in degrees for c in chosen]
    return CornerResult(
        subject=subject.name,
        corner=[c for _, _, c in rows],
        supply=np.array([v for v, _, _ in rows]),
        temperature=np.array([t for _, t, _ in rows]),
        values=found.values,
        shift=steps,
        limits=wanted,
        passed=passing(found.values, wanted),
        current=own.current,
        duration=own.duration,
        nominal=own.values,
        reasons=reasons_of(found, variants, own.current),
        shift_is="the package's default, a choice" if shift is None else "chosen by the user",
    )


def with_transistors(subject: Subject) -> CircuitNeuron:
    """The subject as a circuit with transistors; InputError for others."""
    circuit = circuit_of(subject, "corners")
    if not circuit.transistors:
        raise InputError(f"corners: {subject.name} has no transistors")
    return circuit


def points_of(circuit: CircuitNeuron, supplies: Any, temperatures: Any) -> tuple[np.ndarray, np.ndarray]:
    """Supplies (V) and temperatures (C) of the corners: those given, or the circuit's own."""
    if supplies is None:
        volts = np.array([float(supply_of(circuit.netlist).params["dc"])])
    else:
        volts = supply_points(circuit, supplies, "corners: supplies")
    if temperatures is None:
        return volts, np.array([float(circuit.netlist.temperature)])
    return volts, temperature_points(circuit, temperatures, "corners: temperatures")


def cornered(circuit: Any, names: Sequence[str], steps: Mapping[str, float], degrees: np.ndarray) -> Any:
    """The circuit with a lane for every temperature and corner, corners varying fastest."""
    each = np.tile(np.array([CORNERS[name] for name in names], dtype=float).T, len(degrees))
    signs = {"nmos": each[0], "pmos": each[1]}
    netlist = circuit.netlist
    for e in list(netlist.elements.values()):
        if e.kind == "m":
            kind = netlist.models[e.model].kind
            faster = -1.0 if kind == "nmos" else 1.0  # delvto is added to vth0, which is negative in PMOS
            delvto = e.params.get("delvto", 0.0) + faster * steps["vth"] * signs[kind]
            mulu0 = e.params.get("mulu0", 1.0) * (1 + steps["beta"] * signs[kind])
            netlist = netlist.set(e.name, delvto=delvto, mulu0=mulu0)
    return heated(rewired(circuit, netlist), np.repeat(degrees, len(names)))


def read_shift(shift: Mapping[str, Any] | str | None) -> dict[str, float]:
    """vth (V) and beta (relative), 0 for one that is not named."""
    given = DEFAULT_SHIFT if shift is None else named_values(shift, "corners: shift") if isinstance(shift, str) else shift
    if not isinstance(given, Mapping):
        raise InputError(f"corners: shift {shift!r}: name what shifts and by how much, as in vth=30 mV,beta=5 %")
    steps = dict.fromkeys(SHIFTS, 0.0)
    for name, value in given.items():
        if name not in SHIFTS:
            raise InputError(f"corners: there is no shift {name!r}{nearest(name, SHIFTS)}; there are vth and beta")
        steps[name] = one_number(value, SHIFTS[name], f"corners: {name}")
        if steps[name] < 0:
            raise InputError(f"corners: {name} = {value} is negative; it is the size of the shift, either way")
    if steps["beta"] >= 1:
        raise InputError(
            f"corners: beta = {show(steps['beta'], '1')} leaves slow transistors no current; write 5 % as '5 %'"
        )
    return steps


def read_names(names: str | Sequence[str]) -> list[str]:
    """The corners asked for, one at least."""
    chosen = [checked_corner(name) for name in ([names] if isinstance(names, str) else names)]
    if not chosen:
        raise InputError("corners: no corner is named")
    return chosen


def checked_corner(name: str) -> str:
    if name.upper() not in CORNERS:
        raise InputError(f"corners: there is no corner {name!r}{nearest(name, CORNERS)}; there are {', '.join(CORNERS)}")
    return name.upper()
