"""Rate against membrane capacitance, and the fit f = a / (C + C_par)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..circuits.settings import place
from ..errors import InputError
from ..parameters import Parametrised
from ..quantities import number_list, one_number, show
from ..subject import Subject
from .base import Result, checked, constant
from .diagnosis import ratio_to_usual, require_spikes
from .inputs import typical_input
from .spike_shape import value_at

POINTS, SPAN = 13, 10.0  # capacitances of the default: from a tenth of the subject's own to ten times it
ENOUGH, MOST = 6, 200  # spikes a lane needs for a rate, and with which it is done even if its intervals still change
STEADY = 1e-4  # relative spread of the late intervals with which a lane is done
GROWTH, LONGEST = 4.0, 64.0  # unfinished lanes run again, that many times as long, up to this many times the first
REGULAR = 1e-3  # spread of the late intervals, relative to their mean, of a neuron that fires regularly
SHOWN = 4  # spikes before the one whose remains are looked at, if there are so many
EMPTIED = 0.01  # of the voltage before the spike: what is left shortens the next interval by about as much


@dataclass(frozen=True)
class CapacitanceSweep(Result):
    """Rates of a neuron at one constant input and several capacitances; arrays are (n,).

    capacitances (F), rates (Hz; 0 where it does not fire for good);  spread: standard deviation of the late intervals
    over their mean
    before, residual   membrane voltage before the fall, and at the end of the output pulse, where the output falls through
                       the watched level: what the spike leaves (V; circuits only, NaN otherwise)
    emptied            whether the spike takes the membrane to less than 1 % of `before`
    fitted             whether a point is in the fit: fires, regularly, and is emptied
    a (F/s), c_par (F), c_par_error  of f = a / (C + C_par) by relative least squares, with the standard error
    largest            largest |f / fit - 1| of the fitted points;  deviation: f / fit - 1 of all
    note               what to know of points left out, "" if none is
    """

    subject: str
    input_unit: str
    unit: str
    parameter: str
    current: float
    capacitances: np.ndarray
    rates: np.ndarray
    spread: np.ndarray
    before: np.ndarray
    residual: np.ndarray
    emptied: np.ndarray
    fitted: np.ndarray
    a: float
    c_par: float
    c_par_error: float
    largest: float
    deviation: np.ndarray
    note: str


def capacitance_sweep(
    subject: Subject, capacitances: Any = None, *, current: Any = None, parameter: str = "c_mem", duration: Any = None,
    progress: Callable[[float], None] | None = None,
) -> CapacitanceSweep:  # fmt: skip
    """Rate of `subject` against its capacitance at a constant input (default: its own).

    capacitances  F, or text with unit; default: 13 from a tenth of the subject's own to ten times it
    parameter     the capacitance's name: "c_mem" of cells and equation neurons, "c1" or "c1.c" of a user's circuit (of
                  which "c_mem" is the one capacitor at the membrane)
    duration      simulated time of all; default: as long as each needs for steady intervals
    A spike too short to empty the membrane leaves a voltage on it: such points are told (`residual`, `emptied`) and not
    fitted. InputError for a neuron without such a parameter, and for one that fires at no capacitance.
    """
    name, own, unit = capacitance_of(subject, parameter)
    if capacitances is None:
        values = own * np.geomspace(1 / SPAN, SPAN, POINTS)
    else:
        values = number_list(capacitances, unit, "capacitance sweep: capacitances")
    if np.any(~(values > 0)):
        raise InputError(f"{subject.name}: capacitances must be more than zero")
    level = typical_input(subject, current, "capacitance sweep")
    told = None if progress is None else (lambda part: progress(0.5 * part))
    spikes = all_spikes(subject, name, values, level, duration, told)
    rates, spread = np.array([late_rate(s, stop) for s, stop in spikes]).reshape(-1, 2).T
    if not np.any(rates > 0):
        silent = subject.with_(**{name: float(values[0])})
        require_spikes(silent, silent.simulate(constant(silent, [level]), spikes[0][1], record=()), level, at_least=2)
        raise InputError(f"{subject.name} does not fire for good at {show(level, subject.input_unit)}")
    before, residual = remains(subject, name, values, level, [s for s, _ in spikes], rates, progress)
    emptied = ~(residual > EMPTIED * before)  # where neither is known nothing is wrong
    fitted = (rates > 0) & (spread < REGULAR) & emptied
    a, c_par, error = fit(values[fitted], rates[fitted])
    with np.errstate(invalid="ignore"):
        deviation = np.where(rates > 0, rates * (values + c_par) / a - 1, np.nan)
    return CapacitanceSweep(
        subject=subject.name, input_unit=subject.input_unit, unit=unit, parameter=name, current=level, capacitances=values,
        rates=rates, spread=spread, before=before, residual=residual, emptied=emptied, fitted=fitted, a=a, c_par=c_par,
        c_par_error=error, largest=float(np.abs(deviation[fitted]).max(initial=0.0)), deviation=deviation,
        note=remark(values, unit, rates, spread, emptied),
    )  # fmt: skip


def capacitance_of(subject: Subject, parameter: str) -> tuple[str, float, str]:
    """The parameter's full name, its present value (F) and unit; InputError if it is no capacitance."""
    if isinstance(subject, Parametrised) and parameter in subject.params:
        declared = subject.params[parameter]
        if not declared.unit.startswith("F"):
            raise InputError(f"{subject.name}: {parameter} is not a capacitance (its unit is {declared.unit})")
        return parameter, float(np.median(subject.values()[parameter])), declared.unit
    if not isinstance(subject, CircuitNeuron) or isinstance(subject, Parametrised):
        raise InputError(f"{subject.name} has no parameter {parameter!r}, so there is no capacitance to sweep")
    name = at_membrane(subject) if parameter == "c_mem" else parameter.lower()
    element, param, unit = place(subject.netlist, name, f"{subject.name}:")
    if unit != "F":
        raise InputError(f"{subject.name}: {parameter} is not a capacitance (its unit is {unit})")
    return f"{element.name}.{param}", float(np.median(element.params[param])), unit


def at_membrane(subject: CircuitNeuron) -> str:
    """The one capacitor at the membrane of a user's circuit."""
    found = [e.name for e in subject.netlist.elements.values() if e.kind == "c" and subject.membrane in e.nodes]
    if len(found) != 1:
        told = ", ".join(found) or "none"
        raise InputError(f"{subject.name}: say which capacitor to sweep (parameter='c1'); at the membrane there are {told}")
    return found[0]


def all_spikes(
    subject: Subject, name: str, values: np.ndarray, level: float, duration: Any, progress: Callable[[float], None] | None
) -> list[tuple[np.ndarray, float]]:
    """Spikes of every capacitance and the time each was simulated; lanes short of spikes run again, longer."""
    found: list[tuple[np.ndarray, float]] = [(np.zeros(0), 0.0)] * len(values)
    left = np.arange(len(values))
    scales = [subject.with_(**{name: float(c)}).scales() for c in (values.min(), values.max())]
    ratio = ratio_to_usual(scales[1].input, level)
    usual = ENOUGH * scales[0].time * min(ratio, 1.0)
    length = usual if duration is None else one_number(duration, "s", "capacitance sweep: duration")
    limit = LONGEST * ENOUGH * scales[1].time * max(ratio, 1.0)
    while len(left):
        lanes = subject.with_(**{name: values[left]})
        trace = checked(
            lanes.simulate(constant(subject, [level]), length, record=(), progress=progress), "capacitance sweep"
        )
        unfinished = []
        for k, spikes in zip(left, trace.spikes, strict=True):
            unfinished += [] if is_done(spikes, len(found[k][0]), length) else [k]
            found[k] = (spikes, length)
        if duration is not None or GROWTH * length > limit:
            break
        left, length = np.array(unfinished, dtype=int), GROWTH * length
    return found


def is_done(spikes: np.ndarray, known: int, length: float) -> bool:
    """Whether a longer run would tell no more: intervals steady or many, or no new spike in a run four times as long."""
    if 0 < len(spikes) == known:
        return True
    if len(spikes) < ENOUGH or length - spikes[-1] > 2 * (spikes[-1] - spikes[-2]):
        return False
    return len(spikes) >= MOST or late_rate(spikes, length)[1] < STEADY


def late_rate(spikes: np.ndarray, stop: float) -> tuple[float, float]:
    """Rate (Hz) from the later half of the intervals and their relative spread; 0 and NaN if it stopped firing."""
    if len(spikes) < 2 or stop - spikes[-1] > 2 * (spikes[-1] - spikes[-2]):
        return 0.0, float("nan")
    late = np.diff(spikes)[(len(spikes) - 1) // 2 :]
    return float(1 / late.mean()), float(late.std() / late.mean())


def remains(
    subject: Subject, name: str, values: np.ndarray, level: float, spikes: list[np.ndarray], rates: np.ndarray,
    progress: Callable[[float], None] | None,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Highest membrane voltage of a late interval of a circuit, and that at the end of its last pulse; else NaN.

    Read from the solver's own steps. The lowest voltage would not do: the falling edge of the output pulls the membrane
    below what the spike has left on it.
    """
    before, residual = np.full(len(values), np.nan), np.full(len(values), np.nan)
    if not isinstance(subject, CircuitNeuron):
        return before, residual
    for k in np.flatnonzero(rates > 0):
        one = subject.with_(**{name: float(values[k])})
        stop = float(spikes[k][: SHOWN + 1][-1]) + 0.5 / rates[k]
        trace = one.simulate(constant(one, [level]), stop, record=(one.membrane,), samples=0)
        late = trace.time > trace.duration - 1.5 / rates[k]
        v = trace[one.membrane][0]
        before[k] = float(v[late].max())
        widths = trace.widths[one.watch[0]][0]
        if len(widths):
            residual[k] = value_at(trace.time, v, float(trace.spikes[0][len(widths) - 1] + widths[-1]))
        if progress:
            progress(0.5 + 0.5 * (k + 1) / len(values))
    return before, residual


def fit(capacitances: np.ndarray, rates: np.ndarray) -> tuple[float, float, float]:
    """a, C_par and its standard error of f = a / (C + C_par), least squares of f (C + C_par) / a - 1; NaN below 2 points.

    In p = 1/a and q = C_par/a the deviation f C p + f q - 1 is linear. The error takes the scatter of the points as theirs,
    so it is NaN of two.
    """
    n = len(rates)
    if n < 2 or np.ptp(capacitances) == 0:
        return float("nan"), float("nan"), float("nan")
    unit, scale = np.median(capacitances), np.median(rates)
    x = np.column_stack([rates * capacitances / (unit * scale), rates / scale])
    (p, q), *_ = np.linalg.lstsq(x, np.ones(n), rcond=None)
    c_par = q / p
    error = float("nan")
    if n > 2:
        covariance = np.linalg.inv(x.T @ x) * np.sum((x @ [p, q] - 1) ** 2) / (n - 2)
        slope = np.array([-q / p**2, 1 / p])
        error = float(unit * np.sqrt(slope @ covariance @ slope))
    return float(unit * scale / p), float(unit * c_par), error


def remark(values: np.ndarray, unit: str, rates: np.ndarray, spread: np.ndarray, emptied: np.ndarray) -> str:
    """Which points are not in the fit, and why."""
    kinds = (
        (rates == 0, "does not fire for good"),
        ((rates > 0) & ~emptied, "the spike is too short to empty the membrane"),
        ((rates > 0) & emptied & ~(spread < REGULAR), "fires irregularly"),
    )
    parts = [f"at {', '.join(show(v, unit) for v in values[is_so])}: {what}" for is_so, what in kinds if np.any(is_so)]
    return "; ".join(parts)
