"""Tables of a report: rows of text from stored results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments import Row
from ..papers.base import Claim
from ..presets.published_neurons import PUBLISHED, TABLE
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


def parameter_table(title: str, neuron: Any) -> Table:
    """Symbol, value, meaning and source of every parameter of an equation neuron or a cell."""
    used = getattr(neuron, "preset_used", "")
    preset = neuron.presets.get(used) if used else None
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
    for key, value in getattr(neuron, "sizes", {}).items():
        shown = str(value) if np.ndim(value) == 0 else f"{np.size(value)} values"
        rows.append([key, shown, "of this transistor alone", "chosen"])
    told = used and f"preset {used}"
    if card := getattr(neuron, "card", None):
        told = f"topology {neuron.topology.name}: {neuron.topology.note}. Card {card.name}: {card.source}."
    return Table(title, ["parameter", "value", "meaning", "source"], rows, told)


def comparison_table(rows: list[Row]) -> Table:
    """Neurons side by side."""
    columns = ["neuron", "rheobase", "input", "rate", "latency", "last / first interval", "power", "energy per spike"]
    cells = [
        [
            row.title,
            show(row.rheobase, row.input_unit),
            show(row.current, row.input_unit),
            f"{row.rate:.4g} Hz",
            show(row.latency, "s"),
            f"{row.adaptation:.3g}",
            show(row.power, "W") if np.isfinite(row.power) else "not defined",
            show(row.energy_per_spike, "J") if np.isfinite(row.energy_per_spike) else "not defined",
        ]
        for row in rows
    ]
    return Table("Neurons side by side", columns, cells, "Rate and the rest at the input of the third column.")


def published_table() -> Table:
    """Silicon neurons as published (Table 1 of Shah et al. 2023), with the energy per spike that their numbers imply."""
    columns = ["neuron", "source", "model", "circuit", "technology", "rate", "power", "power / rate", "feature"]

    def told(value: float | None, unit: str) -> str:
        return "not given" if value is None else show(value, unit)

    rows = [
        [
            n.name,
            n.source,
            n.model,
            n.circuit,
            "not given" if n.technology is None else f"{1e6 * n.technology:g} um",
            told(n.rate, "Hz"),
            told(n.power, "W"),
            told(n.energy, "J"),
            n.feature,
        ]
        for n in PUBLISHED
    ]
    return Table("As published", columns, rows, f"{TABLE}; power / rate is not in the table.")
