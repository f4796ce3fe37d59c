"""Figures and tables of an extracted model, drawn from the stored result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..experiments.extraction import GOOD, Check, Extraction
from ..quantities import show
from .figures import BLUE, COLOURS, GREY, ORANGE, Figure, axis, line, marks
from .tables import Table

KINDS = {
    "constant": "constant, between the fitted currents",
    "ripple": "ripple of 10 %",
    "steps": "steps by two",
    "ramp": "slow ramp from zero",
    "pulses": "pulses from zero",
    "negative": "pulses from below zero",
}
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")
LEAST = 1e-5  # errors below are drawn here
COLUMNS = ["stimulus", "spikes", "interval, largest", "interval, rms", "spike time, largest", "energy"]


def told(result: Extraction) -> str:
    """The extraction in a sentence."""
    low, high = (show(i, "A") for i in result.range)
    return f"{result.subject}, {len(result.currents)} constant currents; takes {low} to {high}."


def balance_figure(result: Extraction) -> Figure:
    """Capacitance and leak over the membrane voltage."""
    v = 0.5 * (result.levels[1:] + result.levels[:-1])
    data = [
        line(v, 1e15 * result.capacitance, "capacitance", BLUE),
        line(v, 1e12 * result.leak, "leak", ORANGE, yaxis="y2"),
    ]
    layout = {
        "xaxis": axis("membrane voltage", "V"),
        "yaxis": axis("capacitance", "fF", rangemode="tozero"),
        "yaxis2": axis("leak", "pA", overlaying="y", side="right", showgrid=False),
    }
    words = (
        f"{told(result)} Between two voltages each current i takes a time dt with i dt = C dv + leak dt; all currents "
        f"together give C and leak, and leave at most {100 * result.residual:.2g} % over."
    )
    return Figure("extraction-balance", "What charges the membrane and what it loses", words, data, layout)


def errors_figure(result: Extraction) -> Figure:
    """Largest interval error of every check over its current."""
    data = []
    lost = [c for c in result.checks if np.isinf(c.interval)]
    for k, (kind, name) in enumerate(KINDS.items()):
        found = [c for c in result.checks if c.kind == kind and np.isfinite(c.interval)]
        if found:
            errors = [100 * max(c.interval, LEAST) for c in found]
            colour = (*COLOURS, GREY, "#444444")[k]
            data.append(marks([1e12 * c.current for c in found], errors, name, colour, SYMBOLS[k], 9))
    ends = [1e12 * float(result.currents[0]), 1e12 * float(result.currents[-1])]
    data.append(line(ends, [100 * GOOD] * 2, "1 %", GREY, dash="dash", width=1.0))
    layout = {
        "xaxis": axis("current", "pA", type="log"),
        "yaxis": axis("largest error of an interval", "%", type="log"),
    }
    missing = f" Not drawn, because spikes are missing or too many: {', '.join(c.name for c in lost)}." if lost else ""
    return Figure("extraction-errors", "Model against circuit", f"{told(result)} {result.verdict()}.{missing}", data, layout)


def curves_figure(result: Extraction) -> Figure:
    """The model's own curves over its charge: power and voltage."""
    neuron = result.neuron
    x = np.linspace(float(neuron.x_low), 1.0, 201)
    data = [
        line(x, neuron.supply(x), "supply power", ORANGE),
        line(x, neuron.voltage(x), "membrane voltage", BLUE, yaxis="y2"),
    ]
    layout = {
        "xaxis": axis("charge over what fires the neuron", ""),
        "yaxis": axis("supply power", "W", type="log", exponentformat="power"),
        "yaxis2": axis("membrane voltage", "V", overlaying="y", side="right", showgrid=False),
    }
    words = f"{told(result)} A spike costs {show(float(neuron.e_spike), 'J')} beyond this power."
    return Figure("extraction-curves", "Power and voltage of the model", words, data, layout)


def extraction_figures(result: Extraction) -> list[Figure]:
    """All figures of an extraction."""
    return [balance_figure(result), *([errors_figure(result)] if result.checks else []), curves_figure(result)]


def extraction_tables(result: Extraction) -> list[Table]:
    """The checks within the model's range, and those that fell out of it."""
    return [checks_table(result), *([dropped_table(result)] if result.dropped else [])]


def checks_table(result: Extraction) -> Table:
    """The errors of every check, in percent."""
    return Table("Errors of the model", COLUMNS, rows_of(result.checks), result.verdict())


def dropped_table(result: Extraction) -> Table:
    """The errors of the checks because of which the range begins where it does."""
    note = f"Their currents go below {show(result.range[0], 'A')}, where the model's range begins because of them."
    return Table("Checks below the range of the model", COLUMNS, rows_of(result.dropped), note)


def rows_of(checks: Sequence[Check]) -> list[list[str]]:
    return [[c.name, str(c.spikes), *map(error_told, (c.interval, c.rms, c.time, c.energy))] for c in checks]


def error_told(value: float) -> str:
    """A relative error in percent; infinite where spikes are missing or too many, NaN where neither fires."""
    if np.isnan(value):
        return "nothing compared"
    return f"{100 * value:.3g} %" if np.isfinite(value) else "spikes differ"
