"""`simulate` of a circuit: from the file to results on the screen and in files."""

from __future__ import annotations

import sys
from pathlib import Path

from ..circuits.analyses import engine_of
from ..circuits.cells import MACS
from ..circuits.check import errors, warnings
from ..circuits.netlist import Netlist
from ..circuits.run import SHOWN_LANES, CircuitRun, planned, run_analyses
from ..circuits.spice import read_spice
from ..errors import InputError
from .circuit_words import with_samples, with_settings, with_sweep
from .request import Request
from .screen import Screen
from .subjects import read_mac
from .words import read_value

MOST_WARNINGS = 10
MOST_FAILURES = 10


def simulate_circuit(request: Request, screen: Screen) -> bool:
    """Run the circuit's analyses, write the files asked for, show the results; whether all lanes were finished."""
    engine = request.engine or "native"
    engine_of(engine)
    stop = None if request.stop is None else float(read_value(request.stop, "s", "--stop"))
    netlist = planned(circuit_of(request), stop)
    doubtful = require_no_errors(netlist)
    netlist, lanes = with_sweep(netlist, request.sweep)
    netlist, lanes = with_samples(netlist, lanes, request)
    say(doubtful)
    with screen.progress("simulating") as tell:
        run = run_analyses(
            netlist,
            engine=engine,
            spikes=request.spikes,
            points=request.points or 0,
            rtol=1e-5 if request.rtol is None else request.rtol,
            lanes=lanes,
            progress=tell,
        )
    show(run, write_files(run, request), screen)
    return not run.failures


def circuit_of(request: Request) -> Netlist:
    """The netlist of a file, or of a cell that does not spike, with its settings."""
    if is_file(request):
        return with_settings(read_spice(request.subject), request.settings)
    return read_mac(request.subject, request.settings).netlist


def is_file(request: Request) -> bool:
    return request.subject.partition(":")[0] not in MACS


def require_no_errors(netlist: Netlist) -> list[str]:
    """The sentences of the warnings; InputError with the first error."""
    wrong = errors(netlist)
    if wrong:
        more = f" (and {len(wrong) - 1} more: see `neuristor check`)" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0]}{more}")
    return [str(w) for w in warnings(netlist)]


def say(doubtful: list[str]) -> None:
    """Warnings on standard error."""
    for sentence in doubtful[:MOST_WARNINGS]:
        print(f"warning: {sentence}", file=sys.stderr)
    if len(doubtful) > MOST_WARNINGS:
        print(f"warning: {len(doubtful) - MOST_WARNINGS} more; `neuristor check` gives them all", file=sys.stderr)


def write_files(run: CircuitRun, request: Request) -> list[Path]:
    """The files of --csv, --parquet and --report, each whole or not at all."""
    from ..report.circuit_files import write_results

    wanted = (request.csv, request.parquet)
    written = [file for path in wanted if path for file in write_results(run, path, path is request.parquet)]
    if request.report:
        from ..report.circuit_page import circuit_page
        from ..report.page import write_page

        source = Path(request.subject).expanduser() if is_file(request) else None
        seed = request.seed or 0
        written.append(write_page(circuit_page(run, source, seed), request.report))
    return written


def show(run: CircuitRun, files: list[Path], screen: Screen) -> None:
    """Tables, or JSON; failures on standard error."""
    if screen.as_json:
        screen.json(run.to_json_dict())
    else:
        from ..report.circuit_tables import result_tables

        screen.tables(result_tables(run))
        screen.written(files)
    if files and run.tran is not None and not run.tran.signals:
        print(f"warning: of more than {SHOWN_LANES} lanes waveforms are stored only with --points", file=sys.stderr)
    for kind in run.skipped:
        print(f"warning: .{kind} was not run: it takes one lane, not a sweep or samples", file=sys.stderr)
    for failure in run.failures[:MOST_FAILURES]:
        print(f"neuristor: {failure}", file=sys.stderr)
