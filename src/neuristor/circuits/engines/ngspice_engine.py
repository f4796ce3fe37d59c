"""The analyses of a circuit by the program ngspice, with the results of `circuits.results`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import InputError
from ...stimulus.base import C0, C1, C2, C3, D0, D1, E0, E1, F0, F1, T0, lane_rows
from ...trace import Failure
from ..measure import evaluate
from ..netlist import Ac, Dc, Element, Netlist, Noise, Tran, Wave, lanes_of
from ..results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint, circuit_trace
from ..sources import row_value, source_rows
from . import ngspice
from .deck import write_deck
from .drive import Inputs, check_inputs
from .program import NgspiceError
from .spikes import crossings, spans

JUMP = 1e-9  # of the run: ngspice's PWL takes no two values at one time


def one_lane(netlist: Netlist, lane: int) -> Netlist:
    """The netlist of one lane: arrays of parameters replaced by that lane's values."""
    elements = {
        name: replace(e, params={k: of_lane(v, lane) for k, v in e.params.items()}) for name, e in netlist.elements.items()
    }
    initial = {node: float(of_lane(v, lane)) for node, v in netlist.initial.items()}
    return replace(netlist, elements=elements, initial=initial, temperature=float(of_lane(netlist.temperature, lane)))


def of_lane(value: Any, lane: int) -> Any:
    return np.ravel(value)[lane] if np.ndim(value) else value


def driven(netlist: Netlist, inputs: Inputs, lane: int, stop: float) -> Netlist:
    """The netlist of one lane with the stimuli of its current sources as PWL; InputError for curved ones."""
    for name, stimulus in inputs.items():
        e = netlist.element(name)
        lanes = range(lane, lane + 1) if stimulus.lanes > 1 else range(1)
        wave = Wave("pwl", tuple(lines_of(lane_rows(stimulus.segments(lanes), 0), stop, name)))
        elements = {**netlist.elements, e.name: replace(e, params={}, wave=wave)}
        netlist = replace(netlist, elements=elements)
    return netlist


def lines_of(rows: np.ndarray, stop: float, name: str) -> list[float]:
    """t1 v1 t2 v2 ... of a table of straight lines; a jump takes JUMP of the run."""
    if np.any(rows[:, [C2, C3, D0, D1, E0, E1, F0, F1]]):
        raise InputError(f"inputs: for ngspice the stimulus of {name} must be made of straight lines")
    rows = rows[rows[:, T0] < stop]
    ends = np.append(rows[1:, T0], stop)
    points = [(0.0, float(rows[0, C0]))]
    for row, end in zip(rows, ends, strict=True):
        if row[C0] != points[-1][1]:
            points.append((max(row[T0], points[-1][0]) + JUMP * stop, float(row[C0])))
        points.append((end, float(row[C0] + row[C1] * (end - row[T0]))))
    return [number for point in points for number in point]


def op(netlist: Netlist) -> OperatingPoint:
    points = [ngspice.op(one_lane(netlist, k)) for k in range(lanes_of(netlist))]
    return OperatingPoint({name: np.array([p[name] for p in points]) for name in points[0]})


def dc(netlist: Netlist, analysis: Dc) -> DcSweep:
    axis, signals = ngspice.dc(netlist.with_(analyses=[analysis]))
    second: np.ndarray = np.zeros(0)
    if len(analysis.sweeps) > 1:
        s = analysis.sweeps[1]
        second = s.start + s.step * np.arange(next(iter(signals.values())).shape[0])
    return DcSweep(analysis.sweeps[0].source, axis, second, signals)


def ac(netlist: Netlist, analysis: Ac) -> AcResponse:
    return AcResponse(*ngspice.ac(netlist.with_(analyses=[analysis])))


def noise(netlist: Netlist, analysis: Noise) -> NoiseDensity:
    return NoiseDensity(*ngspice.noise(netlist.with_(analyses=[analysis])))


def tran(
    netlist: Netlist,
    plan: Tran,
    *,
    watches: Sequence[tuple[str, float]],
    record: Sequence[str] | None,
    samples: int,
    rtol: float,
    max_order: int,
    inputs: Inputs,
    progress: Callable[[float], None] | None = None,
) -> CircuitTrace:
    """One program a lane, on all cores; energies by the trapezoid over the program's own time points."""
    lanes = max(lanes_of(netlist), check_inputs(netlist, inputs))
    each = [driven(one_lane(netlist, k), inputs, k, plan.stop).with_(analyses=[plan]) for k in range(lanes)]
    write_deck(each[0], plan, {})  # what ngspice cannot take is said before anything runs
    results = ngspice.tran_many(each, progress=progress, options={"reltol": rtol})
    failures = [Failure(k, 0.0, str(r)) for k, r in enumerate(results) if isinstance(r, NgspiceError)]
    good = [r if isinstance(r, ngspice.TranResult) else None for r in results]
    found = {node: [rising(r, node, of_lane(level, k)) for k, r in enumerate(good)] for node, level in watches}
    time, signals = waveforms(good, record, samples, plan.stop)
    return circuit_trace(
        netlist, plan.stop, "ngspice", f"gear, reltol {rtol:g}", rtol, lanes,
        time=time,
        signals=signals,
        energy=energies(netlist, each, good),
        failures=failures,
        crossings=found,
        widths={node: [width(r, node, of_lane(level, k)) for k, r in enumerate(good)] for node, level in watches},
        measures=measured(netlist, good),
    )  # fmt: skip


def measured(netlist: Netlist, results: Sequence[ngspice.TranResult | None]) -> dict[str, np.ndarray]:
    """`.meas` on every lane's own time points; NaN for lanes that failed."""
    measures = [m for m in netlist.measures if m.analysis == "tran"]
    return {m.name: np.array([np.nan if r is None else evaluate(m, r.time, r.signals) for r in results]) for m in measures}


def rising(r: ngspice.TranResult | None, node: str, level: float) -> np.ndarray:
    return np.zeros(0) if r is None else crossings(r.time, r[node], level)


def width(r: ngspice.TranResult | None, node: str, level: float) -> np.ndarray:
    """Time from each rising to the next falling crossing."""
    if r is None:
        return np.zeros(0)
    return spans(crossings(r.time, r[node], level), crossings(r.time, -r[node], -level))


def waveforms(
    results: Sequence[ngspice.TranResult | None], record: Sequence[str] | None, samples: int, stop: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """One lane: the program's own time points; more: equal times."""
    known = next((r for r in results if r is not None), None)
    if known is None:
        return np.zeros(0), {}
    names = list(record) if record is not None else [n for n in known.signals if not n.startswith("i(")]
    if len(results) == 1 and not samples:
        return known.time, {n: known[n][None] for n in names}
    time = np.linspace(0.0, stop, samples or 2001)
    empty = np.full(len(time), np.nan)
    return time, {n: np.array([empty if r is None else np.interp(time, r.time, r[n]) for r in results]) for n in names}


def source_values(e: Element, time: np.ndarray) -> np.ndarray:
    """Values (n,) of a source at the times (n,)."""
    table = source_rows(e, float(time[-1]), float(time[-1]) / 100)
    return row_value(table[np.maximum(np.searchsorted(table[:, T0], time, side="right") - 1, 0)].T, time)


def energies(netlist: Netlist, each: Sequence[Netlist], results: Sequence[Any]) -> dict[str, np.ndarray]:
    """Energy delivered by every independent source (lanes,), by the trapezoid."""
    found = {}
    for e in netlist.elements.values():
        if e.kind not in "vi":
            continue
        values = []
        for one, r in zip(each, results, strict=True):
            if r is None:
                values.append(np.nan)
                continue
            plus, minus = (r[n] if n != "0" else 0.0 for n in e.nodes)
            current = -(r[f"i({e.name})"] if e.kind == "v" else source_values(one.elements[e.name], r.time))
            values.append(float(np.trapezoid((plus - minus) * current, r.time)))
        found[e.name] = np.array(values)
    return found
