"""`simulate` of an equation neuron or a cell."""

from __future__ import annotations

import sys
from typing import Any

from ..circuits.cells import Cell
from ..subject import simulate
from ..trace import Trace
from .request import Request
from .screen import Screen
from .subjects import read_subject
from .words import read_stimulus


def simulate_neuron(request: Request, screen: Screen) -> bool:
    """Run, write the files asked for, show the result; whether all lanes were finished."""
    neuron = read_subject(request.subject, request.settings, request.sweep)
    is_cell = isinstance(neuron, Cell)
    engine: dict[str, Any] = {"engine": request.engine or "native"} if is_cell else {}
    signal, length = read_stimulus(neuron, request.current, request.stimulus, request.stop, request.seed or 0)
    with screen.progress("simulating") as tell:
        trace = simulate(
            neuron,
            signal,
            length,
            method=request.method or "auto",
            dt=request.dt,
            rtol=request.rtol,
            samples=points(request, is_cell, max(neuron.lanes, signal.lanes)),
            progress=tell,
            **engine,
        )
    files = ((request.csv, trace.to_csv), (request.parquet, trace.to_parquet))
    written = [file for path, save in files if path for file in save(path)]
    if request.report:
        from ..report.page import write_page
        from ..report.trace_page import trace_page

        written.append(write_page(trace_page(neuron, trace), request.report))
    screen.trace(trace, written)
    say_why_silent(neuron, trace)
    return not trace.failures


def say_why_silent(neuron: Any, trace: Trace) -> None:
    """A line on standard error for a neuron that never spikes."""
    if trace.ok and not trace.spike_counts.any():
        from ..experiments import why_silent

        print(f"warning: {neuron.name} does not spike: {why_silent(neuron, trace)}", file=sys.stderr)


def points(request: Request, is_cell: bool, lanes: int) -> int:
    """Stored times: as asked for; else 2001, or every step of a single cell, whose spikes are far shorter than a sample."""
    if request.samples is not None:
        return request.samples
    return 0 if is_cell and lanes == 1 else 2001
