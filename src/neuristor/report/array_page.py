"""The page of a classifier on faulty arrays."""

from __future__ import annotations

import numpy as np

from ..networks.chain_result import ArrayToAccuracy
from .array_figures import amount, array_figures
from .array_tables import array_tables, percent
from .page import Page


def array_page(result: ArrayToAccuracy) -> Page:
    """From cells to accuracy: what the faults cost, in figures and tables."""
    parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in result.timing.items())
    return Page(
        title=f"{result.network} on faulty arrays",
        subtitle=f"{result.images} test images of {result.dataset}, {result.seeds} chips, {result.neuron} neurons, "
        f"read out by {result.readout.replace('_', ' ')}, {result.inputs} inputs",
        summary=summary(result),
        figures=array_figures(result),
        tables=array_tables(result),
        chosen=[
            "an image without any spike by the deadline is undecided and counts as wrong",
            "negative currents leave a neuron without input; mirrors, DAC and ADC are not part of the energy",
            "deadlines, full currents and gains are set on training data, see the scaling of the layers",
        ],
        computed={"seed": str(result.seed), "computing": f"{parts}; {sum(result.timing.values()):.1f} s together"},
    )


def summary(result: ArrayToAccuracy) -> str:
    """What the largest fault does to the accuracy, and whether the circuit agrees."""
    s = int(np.argmax(result.shares))
    told = [f"The trained network classifies {percent(result.network_accuracy)} of the images right."]
    told += [
        f"With {amount(result, s, name)} the chips reach {percent(result.accuracy_mean[f, s])}, and "
        f"{percent(result.undecided[f, s])} of the images stay undecided."
        for f, name in enumerate(result.faults)
    ]
    if (check := result.spot_check) is not None:
        agrees = "within" if check.within else "beyond"
        told.append(
            f"{check.runs} neurons run again as circuits spike within {percent(check.largest)} of the model, {agrees} the "
            f"{percent(check.stated)} that it states."
        )
    return " ".join(told)
