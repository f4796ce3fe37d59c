"""A crossbar in words: the rows of a short table, and the same for machines."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantities import show
from .faults import HRS, LRS
from .programming import Programmed
from .wires import Wires

if TYPE_CHECKING:
    from .crossbar import Crossbar


def described(array: Crossbar) -> list[tuple[str, str]]:
    """What the array is, and what is wrong with it."""
    rows, columns = array.shape
    own = array.options["cell"]
    levels = "any level" if own.levels is None else f"{own.levels} levels"
    device = f", {own.device.name}" if own.device is not None else ""
    limit = f" ({show(array.adc_limit, 'A')})" if array.adc and array.adc.limit is None else ""
    lrs, hrs = stuck_counts(array)
    return [
        ("array", f"{rows} x {columns} cells for {array.inputs} inputs and {array.matrix.shape[1]} outputs"),
        ("mapping", f"{array.mapping.describe()}, full range at |w| = {array.mapping.largest(array.matrix):.4g}"),
        ("cell", f"{show(array.cell.r_on, 'Ohm')} to {show(array.cell.r_off, 'Ohm')}, {levels}{device}"),
        ("programming", array.programming.describe() + written(array.programmed)),
        ("variation", array.variation.describe()),
        ("retention", f"{array.retention.describe()}, {show(array.time, 's')} after programming"),
        ("stuck cells", f"{array.faults.describe()}: {lrs} LRS, {hrs} HRS" if array.faults else "none"),
        ("wires", resistances(array.wires)),
        ("DAC", array.dac.describe() if array.dac else "ideal"),
        ("ADC", array.adc.describe() + limit if array.adc else "ideal"),
        ("read", f"{show(array.v_read, 'V')} for an input of one, {show(array.unit_current, 'A')} for an output of one"),
    ]


def told(array: Crossbar) -> dict[str, Any]:
    """The table and the numbers behind it, as JSON can hold them; no matrices."""
    lrs, hrs = stuck_counts(array)
    return {
        "name": array.name,
        "shape": list(array.shape),
        "inputs": array.inputs,
        "outputs": int(array.matrix.shape[1]),
        "seed": array.seed,
        "sample": array.sample,
        "cycle": array.cycle,
        "v_read": array.v_read,
        "unit_current": array.unit_current,
        "g_on": array.cell.g_on,
        "g_off": array.cell.g_off,
        "stuck_lrs": lrs,
        "stuck_hrs": hrs,
        "unconverged": array.programmed.unconverged,
        "conductance_mean": float(np.mean(array.conductances)),
        "description": dict(described(array)),
    }


def stuck_counts(array: Crossbar) -> tuple[int, int]:
    """Cells stuck at the low and at the high resistance."""
    return int(np.sum(array.stuck == LRS)), int(np.sum(array.stuck == HRS))


def written(done: Programmed) -> str:
    """What writing in pulses took; nothing for writing at once."""
    if done.pulses is None:
        return ""
    energy = f", {show(done.energy, 'J')}" if np.isfinite(done.energy) else ""
    return f": {np.mean(done.pulses):.3g} pulses a cell, {done.unconverged:.3%} not converged{energy}"


def resistances(wires: Wires) -> str:
    """Those that are not zero."""
    values = {f.name: getattr(wires, f.name) for f in fields(wires)}
    return ", ".join(f"{name} {show(value, 'Ohm')}" for name, value in values.items() if value) or "no resistance"
