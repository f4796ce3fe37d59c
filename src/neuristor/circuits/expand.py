"""Parts of devices as elements and nodes of their own: series resistances, the inner node of an amplifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .netlist import Element, Netlist


def expanded(netlist: Netlist, models: Mapping[str, Any]) -> Netlist:
    """The netlist with every terminal resistance of a device model as an element "r.NAME.TERMINAL".

    A model that has them offers `series_resistances(params)`: terminal number -> Ohm, of which zeros are left out. An
    amplifier gets its inner node "NAME#" as a sixth.
    """
    elements: dict[str, Element] = {}
    for e in netlist.elements.values():
        series = getattr(models.get(e.model), "series_resistances", None)
        found = {k: r for k, r in (series(e.params) if series else {}).items() if np.any(np.asarray(r) > 0)}
        nodes = list(e.nodes)
        for k, resistance in found.items():
            inner = f"{e.name}#{k}"
            name = f"r.{e.name}.{k}"
            elements[name] = Element(name, "r", (e.nodes[k], inner), {"r": resistance}, place=e.place)
            nodes[k] = inner
        if e.kind == "u":
            nodes.append(f"{e.name}#")
        elements[e.name] = replace(e, nodes=tuple(nodes)) if len(nodes) > len(e.nodes) or found else e
    return replace(netlist, elements=elements)
