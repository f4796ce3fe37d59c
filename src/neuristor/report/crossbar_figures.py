"""Figures, tables and the page of one array: its cells, what the wires take, and which imperfection does how much."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..arrays.faults import HRS, LRS
from ..arrays.output_error import OutputError
from .figures import BLUE, GREEN, GREY, ORANGE, Figure, axis, marks
from .mismatch_figures import readable
from .page import Page
from .tables import Table

DIGITS = 4  # of the numbers of a heat map


def crossbar_page(array: Crossbar, error: OutputError) -> Page:
    """An array as it is after all faults, and its error by cause."""
    figures = [error_figure(error), conductance_figure(array)]
    if array.wired:
        figures.append(wires_figure(array))
    rows, columns = array.shape
    worst = max(error.causes, key=lambda cause: cause.alone)
    told = f"alone most of it comes from {worst.name}, {100 * worst.alone:.3g} %" if worst.alone else "nothing disturbs it"
    return Page(
        title=f"Array of {array.name}",
        subtitle=f"{rows} x {columns} cells, {array.mapping.describe()}",
        summary=f"The outputs are off by {100 * error.total:.3g} % of their root mean square; {told}.",
        figures=figures,
        tables=crossbar_tables(array, error),
        computed={"seed": f"{array.seed}, sample {array.sample}"},
    )


def crossbar_tables(array: Crossbar, error: OutputError) -> list[Table]:
    """What the array is, and its error by cause."""
    head, *rows = error.table
    note = (
        f"Errors of outputs over the root mean square of the right ones, {error.vectors} inputs. Alone: with this cause "
        "only; so far: with all above it too; gain: slope of the outputs so far against the right ones."
    )
    described = [[name, words] for name, words in array.describe()]
    return [
        Table(f"Error of {array.name} by cause", list(head), [list(row) for row in rows], note),
        Table(f"Array of {array.name}", ["part", "value"], described),
    ]


def error_figure(error: OutputError) -> Figure:
    """Error with each cause alone, and with all before it."""
    names = [cause.name for cause in error.causes]
    data: list[dict[str, Any]] = [
        {"type": "bar", "x": names, "y": [100 * getattr(cause, field) for cause in error.causes], "name": told,
         "marker": {"color": colour}}
        for field, told, colour in (("alone", "alone", BLUE), ("so_far", "with all before it", GREY))
    ]  # fmt: skip
    caption = (
        "Root mean square error of the outputs over their size: the tallest blue bar is the cause to mend first, the last "
        "grey bar is the array as it is."
    )
    layout = {
        "xaxis": axis("cause", ""),
        "yaxis": axis("error of the outputs", "%", rangemode="tozero"),
        "barmode": "group",
    }
    return Figure("error", "Error by cause", caption, data, layout)


def heat_map(values: np.ndarray, unit: str, colours: str) -> dict[str, Any]:
    """Rows and columns of cells, row 0 on top."""
    rounded = np.array([float(f"{v:.{DIGITS}g}") for v in values.ravel()]).reshape(values.shape)
    bar = {"title": {"text": unit}, "thickness": 12}
    return {"type": "heatmap", "z": rounded, "colorscale": colours, "colorbar": bar, "name": "cells", "showlegend": False}


def places(array: Crossbar) -> dict[str, Any]:
    rows, columns = array.shape
    return {
        "xaxis": axis("column", "", range=[-0.5, columns - 0.5], showgrid=False),
        "yaxis": axis("row", "", range=[rows - 0.5, -0.5], showgrid=False),
    }


def conductance_figure(array: Crossbar) -> Figure:
    """The conductance of every cell after all faults, stuck cells marked."""
    values, unit = readable(array.conductances, "S")
    data = [heat_map(values, unit, "Greys")]
    for state, told, symbol, colour in ((LRS, "stuck-LRS", "circle-open", ORANGE), (HRS, "stuck-HRS", "x-thin-open", GREEN)):
        rows, columns = np.nonzero(array.stuck == state)
        if len(rows):
            data.append(marks(columns, rows, told, colour, symbol, 5))
    caption = (
        "Every cell as it is read, rows driven from the left, columns sensed at the bottom: a marked cell keeps its value "
        "whatever weight it is given."
    )
    return Figure("conductance", "Conductances", caption, data, places(array))


def wires_figure(array: Crossbar) -> Figure:
    """What is left of every cell's current at the end of its column when its row alone is driven."""
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(array.conductances > 0, 100 * array.effective / array.conductances, np.nan)
    caption = (
        f"What the lines leave of each cell's current at the end of its column ({np.nanmin(left):.3g} to "
        f"{np.nanmax(left):.3g} %): far from drivers and sense inputs the cells count least."
    )
    return Figure("wires", "Loss in the wires", caption, [heat_map(left, "%", "Viridis")], places(array))
