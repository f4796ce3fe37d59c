"""What a search may change and where it begins: the circuit, its sizes by name, their bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..circuits.cells import Cell
from ..circuits.netlist import Netlist
from ..circuits.neuron import CircuitNeuron
from ..circuits.settings import place
from ..errors import InputError, nearest
from ..quantities import parse, show
from .design_metrics import JUNCTIONS, SIGNS, Bench, element_of

RANGES = {"l": (1.0, 10.0), "w": (0.5, 10.0)}  # default bounds, in drawn sizes: no length below that of the technology


def bench_of(
    subject: Any, current: Any, fault: str, amplitude: float, samples: int, spikes: int, spacing: Any, seed: int
) -> Bench:
    """How designs are measured; InputError for numbers and subjects that cannot be."""
    name = getattr(subject, "name", type(subject).__name__)
    if not isinstance(subject, CircuitNeuron):
        raise InputError(f"optimize: {name} has no transistors to size; give a cell or a circuit's netlist")
    if subject.lanes > 1:
        raise InputError(f"optimize: {name} has {subject.lanes} lanes; a search begins at one design")
    if fault not in SIGNS:
        raise InputError(f"optimize: unknown fault {fault!r}{nearest(fault, SIGNS)}; there are {', '.join(SIGNS)}")
    level = subject.scales().input if current is None else float(parse(current, subject.input_unit))
    ripple = float(parse(amplitude, "1"))
    if not 0 < ripple < 1:
        raise InputError(f"optimize: amplitude must lie between 0 and 1 (10 % is 0.1), not {ripple:g}")
    for what, count, least in (("samples", samples, 1), ("spikes", spikes, 2)):
        if count < least:
            raise InputError(f"optimize: {what} must be {least} or more, not {count}")
    return Bench(subject, level, fault, ripple, samples, spikes, float(parse(spacing, "s")), seed)


def sizes_of(netlist: Netlist, vary: Sequence[str]) -> list[str]:
    """The names of the sizes in lower case, each once; InputError for what is no width or length of a transistor."""
    names = []
    for word in vary:
        e, key, _ = place(netlist, word.strip().lower(), "vary")
        if e.kind != "m" or key not in ("w", "l"):
            known = [f"{m.name}.{k}" for m in netlist.elements.values() if m.kind == "m" for k in "wl"]
            raise InputError(f"vary {word}: widths and lengths of transistors can be varied{nearest(word, known)}")
        for needed in "wl":
            if needed not in e.params:
                raise InputError(f"vary {word}: {e.name} has no {needed} of its own to begin with")
        names.append(f"{e.name}.{key}")
    if not names:
        known = [e.name for e in netlist.elements.values() if e.kind == "m"]
        raise InputError(f"vary: name widths and lengths, as in m4.l or m5.w; the transistors are {', '.join(known)}")
    return list(dict.fromkeys(names))


def ranges(
    netlist: Netlist, names: Sequence[str], bounds: Mapping[str, tuple[Any, Any]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest, drawn and highest size of each name (n,) m; InputError for bounds that do not hold the drawn size."""
    given = {name.strip().lower(): pair for name, pair in bounds.items()}
    for name in given:
        if name not in names:
            raise InputError(f"bounds {name}: this size is not varied{nearest(name, names)}; varied are {', '.join(names)}")
    rows = []
    for name in names:
        e, key = element_of(netlist, name)
        drawn = float(e.params[key])
        low, high = (f * drawn for f in RANGES[key])
        if name in given:
            low, high = (float(parse(v, "m")) for v in given[name])
        if not 0 < low <= drawn <= high:
            told = f"{show(1e6 * low, '1')} to {show(1e6 * high, '1')} um"
            raise InputError(f"bounds {name}: {told} must hold the drawn size, {show(1e6 * drawn, '1')} um")
        rows.append((low, drawn, high))
    low, drawn, high = np.array(rows).T
    return low, drawn, high


def settings(subject: CircuitNeuron, netlist: Netlist, names: Sequence[str]) -> dict[str, float]:
    """What `subject.with_` needs for the design: sizes, and of netlists also the areas and edges that follow."""
    found: dict[str, float] = {}
    for name in names:
        e, key = element_of(netlist, name)
        found[name] = float(e.params[key])
        if key == "w" and not isinstance(subject, Cell):
            found |= {f"{e.name}.{j}": float(e.params[j]) for j in JUNCTIONS if e.params.get(j)}
    return found
