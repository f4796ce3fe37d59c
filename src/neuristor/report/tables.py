"""Tables of a report: rows of text from stored results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments import Row
from ..neurons import Neuron
from ..papers.base import Claim
from ..quantities import show


@dataclass
class Table:
    """A headed table of text cells."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""


def number(value: Any, digits: int = 5) -> str:
    """A value as a reader wants it: few digits, lists shortened in the middle only if long."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, np.ndarray)):
        cells = [number(v, 4) for v in value]
        return ", ".join(cells if len(cells) <= 16 else [*cells[:6], "...", *cells[-3:]])
    return f"{float(value):.{digits}g}"


def claim_value(claim: Claim, value: Any) -> str:
    text = number(value)
    return f"{text} {claim.unit}" if text and claim.unit not in ("", "1") and not isinstance(value, str) else text


def parameter_table(title: str, neuron: Neuron) -> Table:
    """Symbol, value, meaning and source of every parameter."""
    preset = neuron.presets.get(neuron.preset_used)
    rows = []
    for declared, value in neuron.describe():
        shown = show(value, declared.unit) if np.ndim(value) == 0 else f"{len(np.atleast_1d(value))} values"
        own = preset is not None and declared.name in preset.values
        rows.append(
            [
                declared.symbol,
                shown,
                declared.doc,
                preset.source if own and preset else declared.source or neuron.source,
            ]
        )
    return Table(
        title, ["parameter", "value", "meaning", "source"], rows, neuron.preset_used and f"preset {neuron.preset_used}"
    )


def comparison_table(rows: list[Row]) -> Table:
    """Neurons side by side."""
    columns = ["neuron", "rheobase", "input", "rate", "latency", "last / first interval", "energy per spike"]
    cells = [
        [
            row.title,
            show(row.rheobase, row.input_unit),
            show(row.current, row.input_unit),
            f"{row.rate:.4g} Hz",
            show(row.latency, "s"),
            f"{row.adaptation:.3g}",
            show(row.energy_per_spike, "J") if np.isfinite(row.energy_per_spike) else "not defined",
        ]
        for row in rows
    ]
    return Table("Neurons side by side", columns, cells, "Rate and the rest at the input of the third column.")
