"""`simulate` of an equation neuron."""

from __future__ import annotations

from ..subject import simulate
from .request import Request
from .screen import Screen
from .words import read_neuron, read_stimulus


def simulate_neuron(request: Request, screen: Screen) -> bool:
    """Run, write the files asked for, show the result; whether all lanes were finished."""
    neuron = read_neuron(request.subject, request.settings, request.sweep)
    signal, length = read_stimulus(neuron, request.current, request.stimulus, request.stop, request.seed or 0)
    with screen.progress("simulating") as tell:
        trace = simulate(
            neuron,
            signal,
            length,
            method=request.method or "auto",
            dt=request.dt,
            rtol=1e-8 if request.rtol is None else request.rtol,
            samples=2001 if request.samples is None else request.samples,
            progress=tell,
        )
    files = ((request.csv, trace.to_csv), (request.parquet, trace.to_parquet))
    written = [file for path, save in files if path for file in save(path)]
    if request.report:
        from ..report.page import write_page
        from ..report.trace_page import trace_page

        written.append(write_page(trace_page(neuron, trace), request.report))
    screen.trace(trace, written)
    return not trace.failures
