"""The page of a circuit's analyses."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ..circuits.results import AcResponse, CircuitTrace, DcSweep, NoiseDensity
from ..circuits.run import CircuitRun
from ..quantities import show
from ..trace import plain
from .circuit_figures import ac_figures, dc_figures, noise_figures, tran_figures
from .circuit_tables import element_table, range_of, result_tables, shown
from .figures import Figure
from .page import Page
from .tables import Table

QUANTITY = re.compile(r"(?<=\d) (?=[afpnumkMGT]?(?:V|A|s|J|Hz|S|dB)\b)")
MOST_LINES = 400  # of the circuit's text
NAMES = {"op": "operating point", "dc": "DC sweep", "tran": "transient", "ac": "AC response", "noise": "noise"}


def circuit_page(run: CircuitRun, source: Path | None = None, seed: int = 0) -> Page:
    """Figures and tables of every analysis, the elements, and the text of the circuit if its file is given."""
    tables = [*(unbroken(t) for t in result_tables(run)), element_table(run)]
    if source is not None:
        tables.append(text_table(source))
    kinds = dict.fromkeys(NAMES[name.rstrip("23456789")] for name in run.results)
    return Page(
        title=run.netlist.title or "Circuit",
        subtitle=", ".join([*([source.name] if source else []), *kinds]),
        summary=summary(run),
        figures=figures(run),
        tables=tables,
        computed=computed(run, seed),
    )


def unbroken(table: Table) -> Table:
    """The table with numbers and their units kept on one line."""
    return replace(table, rows=[[QUANTITY.sub("\u00a0", cell) for cell in row] for row in table.rows])


def figures(run: CircuitRun) -> list[Figure]:
    """Those of the transient first."""
    found: list[Figure] = []
    for kind, result in sorted(run.results.items(), key=lambda item: not item[0].startswith("tran")):
        match result:
            case CircuitTrace():
                new = tran_figures(result, run)
                for figure in new if kind != "tran" else []:
                    figure.id = f"{kind}-{figure.id}"
                found += new
            case DcSweep():
                found += dc_figures(result, run, kind)
            case AcResponse():
                found += ac_figures(result, run, kind)
            case NoiseDensity():
                found += noise_figures(result, run, kind)
    return found


def summary(run: CircuitRun) -> str:
    """What came out, in a sentence or two."""
    told = []
    lanes, trace = run.lanes, run.tran
    if lanes.name:
        first, last = (shown(v, lanes.unit) for v in lanes.values[[0, -1]])
        told.append(f"{lanes.name} from {first} to {last} in {len(lanes.values)} values.")
    if lanes.samples:
        told.append(f"{lanes.samples} Monte Carlo samples{' of each' if lanes.name else ''}.")
    if trace is not None and trace.crossings:
        node, spikes = next(iter(trace.crossings)), len(trace.spike_times)
        where = f" on {trace.lanes} lanes" if trace.lanes > 1 else ""
        told.append(f"{spikes} spike{'s' * (spikes != 1)} of {node}{where} in {show(trace.duration, 's')}.")
    if run.failures:
        told.append(f"{len(run.failures)} failed: {run.failures[0]}.")
    return " ".join(told)


def computed(run: CircuitRun, seed: int) -> dict[str, str]:
    """Engine, tolerance, temperature and seed."""
    told = {"engine": run.engine, "temperature": f"{range_of(plain(run.netlist.temperature))} °C"}
    if run.tran is not None:
        told["method"] = str(run.tran.meta["method"])
    if run.lanes.samples:
        told["seed"] = str(seed)
    if run.skipped:
        told["not run"] = f".{', .'.join(run.skipped)}: they take one lane"
    return told


def text_table(source: Path) -> Table:
    """The circuit's text, line by line, as it is in the file."""
    lines = source.read_text(encoding="utf-8", errors="replace").splitlines()
    rows = [[str(k), text] for k, text in enumerate(lines[:MOST_LINES], 1)]
    note = f"{len(lines) - MOST_LINES} more lines" if len(lines) > MOST_LINES else ""
    return Table(f"Text of {source.name}", ["line", "text"], rows, note)
