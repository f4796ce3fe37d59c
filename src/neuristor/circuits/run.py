"""All the analyses that a circuit's own text asks for, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError
from ..trace import Failure, plain
from . import analyses
from .netlist import Ac, Analysis, Dc, Netlist, Noise, Op, Tran, lanes_of
from .results import CircuitTrace

NAMES: dict[type, str] = {Op: "op", Dc: "dc", Tran: "tran", Ac: "ac", Noise: "noise"}
ONE_LANE = (Dc, Ac, Noise)
SHOWN_LANES = 8  # of more lanes waveforms are stored only if points are asked for


@dataclass(frozen=True)
class Lanes:
    """What makes lanes differ: `name` goes through `values`, with `samples` draws of a mismatch each (0: none)."""

    name: str = ""
    unit: str = "1"
    values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    samples: int = 0

    @property
    def each(self) -> np.ndarray:
        """The swept value of every lane; empty without a sweep."""
        return np.repeat(self.values, max(self.samples, 1))


@dataclass(frozen=True)
class CircuitRun:
    """Results by name: "op", "dc", "tran", "ac", "noise"; of a second .dc "dc2". skipped: analyses that were not run."""

    netlist: Netlist
    results: dict[str, Any]
    lanes: Lanes = Lanes()
    engine: str = "native"
    skipped: Sequence[str] = ()

    @property
    def tran(self) -> CircuitTrace | None:
        return self.results.get("tran")

    @property
    def failures(self) -> list[Failure]:
        return [f for r in self.results.values() for f in getattr(r, "failures", [])]

    def to_json_dict(self) -> dict[str, Any]:
        """The one result, or several under their names; the keys of a transient always stand at the top."""
        told = {name: r.to_json_dict() for name, r in self.results.items()}
        top = told.pop("tran", {})
        if not top and len(told) == 1:
            top, told = next(iter(told.values())), {}
        if self.lanes.name:
            told["lanes"] = {"name": self.lanes.name, "values": plain(self.lanes.each)}
        return {**top, **told}


def planned(netlist: Netlist, stop: float | None = None) -> Netlist:
    """The netlist with the analyses that will be run: its own, else an operating point; up to `stop` a transient."""
    wanted: list[Analysis] = list(netlist.analyses)
    if stop is not None:
        if not stop > 0:
            raise InputError("the duration of a transient must be more than zero")
        if not any(isinstance(a, Tran) for a in wanted):
            wanted.append(Tran(stop / 1000, stop))
        wanted = [replace(a, stop=stop) if isinstance(a, Tran) else a for a in wanted]
    return netlist.with_(analyses=tuple(wanted or [Op()]))


def run_analyses(
    netlist: Netlist,
    *,
    engine: str = "native",
    spikes: Sequence[str | analyses.Watch] = (),
    points: int = 0,
    rtol: float = 1e-5,
    lanes: Lanes = Lanes(),
    progress: Callable[[float], None] | None = None,
) -> CircuitRun:
    """Run the netlist's analyses one after the other (see `planned`).

    spikes, rtol, progress as for `analyses.tran`; points: stored times of a transient (0: as there).
    Of more than one lane .op and .tran are run alone, the others are named in `skipped`. Raises InputError for what
    cannot be run.
    """
    check_spikes(netlist, spikes)
    many = lanes_of(netlist) > 1
    results: dict[str, Any] = {}
    skipped: list[str] = []
    for analysis in netlist.analyses:
        kind = NAMES[type(analysis)]
        if many and isinstance(analysis, ONE_LANE):
            skipped.append(kind)
            continue
        count = sum(name.startswith(kind) for name in results)
        result = run_one(netlist, analysis, engine, spikes, points, rtol, progress)
        results[f"{kind}{count + 1}" if count else kind] = result
    if not results:
        raise InputError(f"a sweep or samples take .op or .tran, and the circuit has .{' and .'.join(skipped)} only")
    return CircuitRun(netlist, results, lanes, engine, skipped)


def run_one(
    netlist: Netlist, analysis: Analysis, engine: str, spikes: Sequence[Any], points: int, rtol: float,
    progress: Callable[[float], None] | None,
) -> Any:  # fmt: skip
    """The result of one analysis."""
    match analysis:
        case Op():
            return analyses.op(netlist, engine)
        case Dc():
            return analyses.dc(netlist, analysis, engine)
        case Ac():
            return analyses.ac(netlist, analysis, engine)
        case Noise():
            return analyses.noise(netlist, analysis, engine)
    alone = netlist.with_(analyses=(analysis,))
    record = netlist.nodes if points and lanes_of(netlist) > SHOWN_LANES else None
    return analyses.tran(alone, spikes=spikes, samples=points, record=record, engine=engine, rtol=rtol, progress=progress)


def check_spikes(netlist: Netlist, spikes: Sequence[str | analyses.Watch]) -> None:
    """InputError if spikes are asked for without a transient, or of one node twice."""
    if spikes and netlist.analysis(Tran) is None:
        raise InputError("spikes are counted in a transient: give a duration, or `.tran step stop` in the circuit")
    nodes = [analyses.read_watch(netlist, w)[0] for w in spikes]
    for node in nodes:
        if nodes.count(node) > 1:
            raise InputError(f"spikes: node {node!r} is named twice; one level a node")
