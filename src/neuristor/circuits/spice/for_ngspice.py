"""A netlist as a file that ngspice runs as it is: memristors and amplifiers are subcircuits, which the file has too."""

from __future__ import annotations

from collections.abc import Container

from ...errors import InputError
from ..modelled import KINDS, device_of
from ..netlist import Element, Netlist, Tran
from .behavioural import folded
from .frames import spice_name
from .subcircuits import amplifier_subcircuit, memristor_subcircuit, memristor_values, plain
from .writer import write_spice


def write_ngspice(netlist: Netlist) -> str:
    """The text; of a netlist without memristors and amplifiers that of `write_spice`.

    The state of a memristor y1 is the voltage of a node x_y1. InputError for analyses other than transients of a circuit
    with memristors, whose states ngspice would let run to where they rest.
    """
    modelled = [e for e in netlist.elements.values() if e.kind in KINDS]
    if not modelled:
        return write_spice(netlist)
    other = [a for a in netlist.analyses if not isinstance(a, Tran)]
    if other and any(e.kind == "y" for e in modelled):
        word = type(other[0]).__name__.lower()
        raise InputError(f"in ngspice a memristor's state would move in .{word}: export a circuit with .tran alone")
    rest = netlist.with_(
        elements={name: e for name, e in netlist.elements.items() if e.kind not in KINDS},
        models={name: m for name, m in netlist.models.items() if m.kind not in ("memristor", "opamp", "comparator")},
    )
    text = write_spice(rest).removesuffix(".end\n")
    return text + "\n".join([*instances(netlist, modelled), ".end", ""])


def instances(netlist: Netlist, elements: list[Element]) -> list[str]:
    """The subcircuits, one a memristor's model and one an amplifier, and the lines that call them."""
    blocks: dict[str, str] = {}  # name of the subcircuit -> its text
    named: dict[str, str] = {}  # memristor's model -> name of its subcircuit
    nodes, lines = set(netlist.nodes), []
    for e in elements:
        device, own = device_of(netlist, e).device, {}
        words = ["x" + spice_name(e.name, e.kind), *e.nodes]
        if e.kind == "y":
            if e.model not in named:
                named[e.model] = free(plain(e.model), blocks)
                blocks[named[e.model]] = memristor_subcircuit(device, named[e.model])
            state = free(f"x_{e.name}", nodes)
            nodes.add(state)
            words += [state, named[e.model]]
            own = memristor_values(netlist, e)
        else:
            name = free(plain(f"{e.model}_{e.name}"), blocks)
            values = {k: v for k, v in e.params.items() if k != "on"}
            blocks[name] = amplifier_subcircuit(device.with_(**values), name, bool(e.params.get("on")))
            words.append(name)
        lines.append(folded(" ".join(words) + " ", " ".join(f"{k}={float(v)!r}" for k, v in own.items())).rstrip())
    return [*blocks.values(), *lines]


def free(name: str, taken: Container[str]) -> str:
    """The name, or the name with underscores behind it, that is not taken."""
    while name in taken:
        name += "_"
    return name
