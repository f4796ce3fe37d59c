"""The page and the tables of one experiment's result: which result is drawn by which functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from ..experiments import (
    Adaptation,
    Area,
    BurstAdaptation,
    CapacitanceSweep,
    CellEnergy,
    ConditionSweep,
    CornerResult,
    DeviceSpread,
    DigitalMac,
    Energy,
    Extraction,
    FeasibilityMap,
    FICurve,
    Fluctuation,
    GateCheck,
    LogicSupply,
    MismatchResult,
    Optimization,
    PhasePlane,
    Ranking,
    SpikeEnergy,
    SpikeShape,
)
from ..quantities import show
from . import circuit_neuron_figures as circuit
from . import digital_mac_figures as digital
from . import digital_mac_tables as digital_tables
from . import fluctuation_figures as shift
from . import mac_figures as mac
from . import memristive_figures as memristive
from . import mismatch_figures as spread
from .extraction_figures import extraction_figures, extraction_tables
from .figures import Figure, adaptation_figure, fi_figure, phase_figure
from .optimize_figures import optimize_figures, optimize_tables
from .page import Page
from .tables import Table, number, parameter_table

LONGEST = 24  # values of an array that a table shows

Figures = Callable[[Any], list[Figure]]
Tables = Callable[[Any], list[Table]]
# Type of a result -> its figures and its tables (None: one row a field)
DRAWN: dict[type, tuple[Figures, Tables | None]] = {
    FICurve: (lambda r: [fi_figure(r, caption=f"Rheobase {show(r.rheobase, r.input_unit)}.")], None),
    Adaptation: (lambda r: [adaptation_figure(r)], None),
    PhasePlane: (lambda r: [phase_figure(r)], None),
    SpikeShape: (circuit.spike_shape_figures, lambda r: [circuit.spike_shape_table([r])]),
    Energy: (circuit.energy_figures, lambda r: [circuit.energy_table(r)]),
    CapacitanceSweep: (lambda r: [circuit.capacitance_figure(r)], lambda r: [circuit.capacitance_table(r)]),
    Area: (lambda r: [circuit.area_figure([r])], lambda r: [circuit.area_table([r])]),
    Fluctuation: (shift.fluctuation_figures, lambda r: [shift.shift_table(r)]),
    MismatchResult: (spread.mismatch_figures, spread.mismatch_tables),
    Ranking: (spread.ranking_figures, spread.ranking_tables),
    CornerResult: (spread.corner_figures, spread.corner_tables),
    ConditionSweep: (spread.sweep_figures, spread.sweep_tables),
    BurstAdaptation: (memristive.adaptation_figures, lambda r: [memristive.adaptation_table(r)]),
    SpikeEnergy: (memristive.energy_figures, lambda r: [memristive.energy_table(r)]),
    FeasibilityMap: (lambda r: [memristive.feasibility_figure(r)], lambda r: [memristive.feasibility_table(r)]),
    DeviceSpread: (memristive.spread_figures, memristive.spread_tables),
    Extraction: (extraction_figures, extraction_tables),
    Optimization: (optimize_figures, optimize_tables),
    **mac.DRAWN,
    DigitalMac: (digital.digital_mac_figures, digital_tables.digital_mac_tables),
    CellEnergy: (lambda r: [], digital_tables.cell_tables),
    LogicSupply: (digital.supply_figures, lambda r: [digital_tables.supply_table(r)]),
    GateCheck: (lambda r: [digital.check_figure(r)], None),
}


def experiment_figures(result: Any) -> list[Figure]:
    """What is drawn of a result; nothing for a single number."""
    return DRAWN[type(result)][0](result) if type(result) in DRAWN else []


def experiment_tables(result: Any) -> list[Table]:
    """The numbers of a result: its own tables, or one row a field."""
    tables = DRAWN[type(result)][1] if type(result) in DRAWN else None
    return tables(result) if tables else [field_table(result)]


def field_table(result: Any) -> Table:
    """One row a field of a dataclass, arrays shortened."""
    if not is_dataclass(result):
        return Table("Result", ["value"], [[number(result)]])
    rows = []
    for f in fields(result):
        value = getattr(result, f.name)
        if isinstance(value, np.ndarray) and (value.ndim > 1 or value.size > LONGEST):
            value = f"{' x '.join(map(str, value.shape))} values, {number(np.nanmin(value))} to {number(np.nanmax(value))}"
        if isinstance(value, (str, int, float, np.generic, np.ndarray)):
            rows.append([f.name, number(value)])
    return Table(type(result).__name__, ["quantity", "value (SI units)"], rows)


def experiment_page(name: str, subject: Any, result: Any) -> Page:
    """Figures and tables of one experiment, with the subject's parameters."""
    tables = experiment_tables(result)
    if hasattr(subject, "describe"):
        tables.append(parameter_table(f"Parameters of {subject.name}", subject))
    title = getattr(subject, "title", subject.name)
    return Page(title=f"{title}: {name.removeprefix('mac_').replace('_', ' ')}", subtitle=getattr(subject, "source", ""),
                figures=experiment_figures(result), tables=tables)  # fmt: skip
