"""The analyses of a circuit by this package's own solver."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import InputError, nearest
from ..compiled import Compiled, first
from ..measure import evaluate_all, needed
from ..netlist import GROUND, Ac, Dc, Netlist, Noise, Tran
from ..results import AcResponse, CircuitTrace, DcSweep, NoiseDensity, OperatingPoint, circuit_trace
from . import native, small_signal
from .drive import Drive, Inputs, check_inputs, make_drive
from .operating_point import initial_state, operating_point
from .spikes import spans

SHOWN_LANES = 8  # lanes of which all nodes are stored unless told otherwise


def op(netlist: Netlist) -> OperatingPoint:
    c = Compiled(branched(netlist))
    x, failures = operating_point(c)
    devices = small_signal.report(c, x)
    return OperatingPoint(named(c, x), failures, devices)


def named(c: Compiled, x: np.ndarray) -> dict[str, np.ndarray]:
    """Signals by the netlist's names from a state (rows, ...)."""
    return {name: x[k] for name, k in c.index.items() if name != GROUND and not name.startswith("u:")}


def branched(netlist: Netlist, sources: Sequence[str] | None = None) -> Netlist:
    """The netlist with voltage sources marked whose current is wanted as a signal (default: all)."""
    elements = {
        name: replace(e, params={**e.params, "measured": 1.0})
        if e.kind == "v" and (sources is None or name in sources)
        else e
        for name, e in netlist.elements.items()
    }
    return replace(netlist, elements=elements)


def dc(netlist: Netlist, analysis: Dc) -> DcSweep:
    """Every point of the sweep is a lane; all start from the solution of the first point."""
    axes = [np.arange(s.start, s.stop + 1e-9 * (s.stop - s.start) + 0.5e-6 * s.step, s.step) for s in analysis.sweeps]
    mesh = np.meshgrid(*axes)
    points = [m.ravel() for m in mesh]
    changed = branched(netlist)
    for sweep, values in zip(analysis.sweeps, points, strict=True):
        if sweep.source == "temp":
            changed = replace(changed, temperature=values)
            continue
        e = changed.element(sweep.source)
        elements = {**changed.elements, e.name: replace(e, params={**e.params, "dc": values}, wave=None)}
        changed = replace(changed, elements=elements)
    c = Compiled(changed)
    x, failures = operating_point(c, start_of(changed, c))
    shape = mesh[0].shape if len(axes) > 1 else (len(axes[0]),)
    signals = {name: v.reshape(shape) for name, v in named(c, x).items()}
    return DcSweep(analysis.sweeps[0].source, axes[0], axes[1] if len(axes) > 1 else np.zeros(0), signals, failures)


def start_of(netlist: Netlist, c: Compiled) -> np.ndarray:
    """The operating point of the first sweep point, as the guess of all."""
    elements = {name: replace(e, params={k: first(v) for k, v in e.params.items()}) for name, e in netlist.elements.items()}
    one = Compiled(replace(netlist, elements=elements, temperature=float(first(netlist.temperature))))
    x, _ = operating_point(one)
    return np.repeat(x, c.lanes, axis=1)


def ac(netlist: Netlist, analysis: Ac) -> AcResponse:
    c, x, frequency = about_point(netlist, analysis)
    return AcResponse(frequency, small_signal.response(c, x, frequency))


def noise(netlist: Netlist, analysis: Noise) -> NoiseDensity:
    c, x, frequency = about_point(netlist, analysis)
    return small_signal.noise(c, x, frequency, analysis)


def about_point(netlist: Netlist, analysis: Ac | Noise) -> tuple[Compiled, np.ndarray, np.ndarray]:
    """The circuit, its operating point (rows,) and the frequencies of an analysis of small signals about it."""
    c = Compiled(branched(netlist))
    x, failures = operating_point(c)
    if failures:
        raise InputError(f"small signals need an operating point: {failures[0].reason}")
    frequency = small_signal.frequencies(analysis.variation, analysis.points, analysis.start, analysis.stop)
    return c, small_signal.released(c, x[:, 0]), frequency


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
    measures = [m for m in netlist.measures if m.analysis == "tran"]
    read = needed(measures)
    currents = [r[2:-1] for r in [*(record or ()), *read] if r.startswith("i(")]
    c = Compiled(branched(netlist, currents), check_inputs(netlist, inputs))
    asked = recorded_names(c, record)
    names = list(dict.fromkeys([*asked, *read]))
    at_steps = samples == 0 and c.lanes == 1 and bool(asked)
    keep_steps = at_steps or bool(measures)
    times = np.linspace(0.0, plan.stop, samples or 2001) if asked and not at_steps else np.zeros(0)
    drive = make_drive(c, plan.stop, plan.step, inputs)
    start, failed = initial_state(c, plan.uic, drive)
    unknown = [c.index[n] for n in names if c.index[n] < c.n]
    settings = native.Settings(rtol, max_order, plan.max_step or np.inf)
    result = native.transient(
        c,
        plan.stop,
        start,
        step=plan.step,
        settings=settings,
        detectors=[(c.index[node], c.index[GROUND]) for node, _ in watches],
        levels=np.array([np.broadcast_to(level, (c.lanes,)) for _, level in watches]).reshape(len(watches), c.lanes),
        recorded=unknown,
        times=times,
        keep_steps=keep_steps,
        inputs=inputs,
        progress=progress,
    )
    trails = lane_trails(c, drive, names, unknown, start, result) if keep_steps else []
    if at_steps:
        time, signals = trails[0][0], {name: trails[0][1][name][None] for name in asked}
    else:
        stored = dict(zip(unknown, np.moveaxis(result.signals, 1, 0), strict=True))
        time, signals = times, known_signals(c, drive, asked, times, stored)
    measured = evaluate_all(measures, "tran", [t for t, _ in trails], [w for _, w in trails])
    return build_trace(c, netlist, plan, result, watches, time, signals, [*failed, *result.failures], rtol, measured)


def lane_trails(
    c: Compiled, drive: Drive, names: Sequence[str], unknown: Sequence[int], start: np.ndarray, result: Any
) -> list[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Per lane the solver's own time points (n,) and waveforms (n,) by name, the initial state in front."""
    order = np.argsort(result.trail[:, 0], kind="stable")
    found = []
    for lane, points in enumerate(
        np.split(result.trail[order], np.searchsorted(result.trail[order, 0], np.arange(1, c.lanes)))
    ):
        time = np.concatenate([[0.0], points[:, 1]])
        stored = {k: np.concatenate([[start[k, lane]], points[:, 2 + j]])[None] for j, k in enumerate(unknown)}
        waves = known_signals(c, drive, names, time, stored)
        found.append((time, {name: wave[lane if len(wave) > 1 else 0] for name, wave in waves.items()}))
    return found


def recorded_names(c: Compiled, record: Sequence[str] | None) -> list[str]:
    if record is None:
        return [n for n in c.index if n != GROUND and not n.startswith("u:")] if c.lanes <= SHOWN_LANES else []
    for name in record:
        if name not in c.index or name.startswith("u:"):
            known = [n for n in c.index if not n.startswith("u:")]
            raise InputError(
                f"record: the circuit has no signal {name!r}{nearest(name, known)}; there are {', '.join(known)}"
            )
    return list(record)


def known_signals(
    c: Compiled, drive: Drive, names: Sequence[str], time: np.ndarray, stored: dict[int, np.ndarray]
) -> dict[str, np.ndarray]:
    """Recorded signals (lanes, time); nodes held by sources from the sources' tables."""
    place = {int((p - c.place[0]) // native.W): k for k, (p, _) in enumerate(drive.sources)}
    found = {}
    for name in names:
        k = c.index[name]
        found[name] = stored[k] if k in stored else drive.values(place[k], time)
    return found


def build_trace(
    c: Compiled, netlist: Netlist, plan: Tran, result: native.TranResult, watches: Any, time: np.ndarray,
    signals: dict[str, np.ndarray], failures: list[Any], rtol: float, measured: dict[str, np.ndarray],
) -> CircuitTrace:  # fmt: skip
    """Sort events by lane and watched node into a trace."""
    crossings: dict[str, list[np.ndarray]] = {}
    widths: dict[str, list[np.ndarray]] = {}
    order = np.lexsort((result.events, result.event_of[:, 0]))
    events, of = result.events[order], result.event_of[order]
    for d, (node, _) in enumerate(watches):
        rising, falling = ((of[:, 1] == d) & (sign * of[:, 2] > 0) for sign in (1, -1))
        crossings[node] = split(events[rising], of[rising, 0], c.lanes)
        ends = split(events[falling], of[falling, 0], c.lanes)
        widths[node] = [spans(up, down) for up, down in zip(crossings[node], ends, strict=True)]
    return circuit_trace(
        netlist, plan.stop, "native", f"bdf (order up to 5), rtol {rtol:g}", rtol, c.lanes,
        time=time,
        signals=signals,
        energy={name: result.energy[k] for k, name in enumerate(c.meters)},
        failures=failures,
        meta={"iterations": int(result.totals[0].sum())},
        crossings=crossings,
        widths=widths,
        measures=measured,
    )  # fmt: skip


def split(times: np.ndarray, lanes: np.ndarray, count: int) -> list[np.ndarray]:
    """Times sorted by lane, cut into one array a lane."""
    return np.split(times, np.searchsorted(lanes, np.arange(1, count)))
