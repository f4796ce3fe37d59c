"""The analyses of a circuit by the program ngspice, with the results of `circuits.results`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...trace import Failure
from ..measure import evaluate
from ..netlist import Ac, Dc, Netlist, Noise, Tran, lanes_of
from ..results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint, circuit_trace
from . import ngspice
from .deck import write_deck
from .program import NgspiceError
from .spikes import crossings, spans


def one_lane(netlist: Netlist, lane: int) -> Netlist:
    """The netlist of one lane: arrays of parameters replaced by that lane's values."""
    elements = {
        name: replace(e, params={k: np.ravel(v)[lane] if np.ndim(v) else v for k, v in e.params.items()})
        for name, e in netlist.elements.items()
    }
    warmth = netlist.temperature
    return replace(netlist, elements=elements, temperature=float(np.ravel(warmth)[lane] if np.ndim(warmth) else warmth))


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
    progress: Callable[[float], None] | None = None,
) -> CircuitTrace:
    """One program a lane, on all cores; energies by the trapezoid over the program's own time points."""
    lanes = lanes_of(netlist)
    each = [one_lane(netlist, k).with_(analyses=[plan]) for k in range(lanes)]
    write_deck(each[0], plan, {})  # what ngspice cannot take is said before anything runs
    results = ngspice.tran_many(each, progress=progress, options={"reltol": rtol})
    failures = [Failure(k, 0.0, str(r)) for k, r in enumerate(results) if isinstance(r, NgspiceError)]
    good = [r if isinstance(r, ngspice.TranResult) else None for r in results]
    found = {node: [rising(r, node, level) for r in good] for node, level in watches}
    time, signals = waveforms(good, record, samples, plan.stop)
    return circuit_trace(
        netlist, plan.stop, "ngspice", f"gear, reltol {rtol:g}", rtol, lanes,
        time=time,
        signals=signals,
        energy=energies(netlist, each, good),
        failures=failures,
        crossings=found,
        widths={node: [width(r, node, level) for r in good] for node, level in watches},
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
            if e.kind == "v":
                current = -r[f"i({e.name})"]
            elif one.elements[e.name].wave is None:
                current = -float(one.elements[e.name].params.get("dc", 0.0))
            else:
                values.append(np.nan)
                continue
            values.append(float(np.trapezoid((plus - minus) * current, r.time)))
        found[e.name] = np.array(values)
    return found
