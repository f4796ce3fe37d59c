"""Where the energy of a run goes: currents and charges of every device along a waveform, and the integral of v dq.

The power that enters a device is the sum over its terminals of v (i + dq/dt). Its conduction part, v i, is heat or what
a controlled source gives; its displacement part, v dq, is what its charges take up and give back. By Kirchhoff's current
law the sum over all devices is what the sources deliver, at every instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from ...errors import InputError
from ..compiled import Compiled, Instance, first
from ..netlist import GROUND, Netlist
from .spikes import slopes

GAUSS = np.polynomial.legendre.leggauss(3)  # exact for v dq of two cubics
BELOW = ("u:", "i(", "x(")  # rows that are no voltages


@dataclass(frozen=True)
class Flows:
    """What flows along a waveform.

    time          (n,) s;  volts: node -> (n,), ground included
    power         device -> (n,) W that enters it by conduction, sum of v i over its terminals
    currents      device -> node -> (n,) A into the device by conduction (terminals at one node are added)
    charges       device -> node -> (n,) C on its terminals there
    """

    time: np.ndarray
    volts: dict[str, np.ndarray]
    power: dict[str, np.ndarray]
    currents: dict[str, dict[str, np.ndarray]]
    charges: dict[str, dict[str, np.ndarray]]

    def conduction(self, edges: Sequence[float]) -> dict[str, np.ndarray]:
        """Device -> (len(edges) - 1,) J that enter it by conduction between one edge (s) and the next."""
        return {
            name: np.diff(CubicHermiteSpline(self.time, p, slopes(self.time, p)).antiderivative()(edges))
            for name, p in self.power.items()
        }

    def displacement(self, edges: Sequence[float]) -> dict[str, np.ndarray]:
        """Device -> (len(edges) - 1,) J that enter it by v dq."""
        grid = np.union1d(self.time[(self.time > edges[0]) & (self.time < edges[-1])], edges)
        inside = [np.flatnonzero((grid[:-1] >= a) & (grid[:-1] < b)) for a, b in zip(edges, edges[1:], strict=False)]
        found = {}
        for name, charges in self.charges.items():
            work = sum((gauss_vdq(self.time, self.volts[node], q, grid) for node, q in charges.items()), np.zeros(1))
            found[name] = np.array([work[k].sum() if len(work) > 1 else 0.0 for k in inside])
        return found


def gauss_vdq(time: np.ndarray, v: np.ndarray, q: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Integral of v dq over every interval of `grid`, both cubic between the points of `time`."""
    half, middle = 0.5 * np.diff(grid), 0.5 * (grid[1:] + grid[:-1])
    at = middle[:, None] + half[:, None] * GAUSS[0]
    volts = CubicHermiteSpline(time, v, slopes(time, v))(at)
    rise = CubicHermiteSpline(time, q, slopes(time, q)).derivative()(at)
    return half * ((volts * rise) @ GAUSS[1])


def flows(netlist: Netlist, time: np.ndarray, signals: Mapping[str, np.ndarray]) -> Flows:
    """Currents and charges of every device but the independent sources at voltages `signals`: name -> (n,).

    One lane; series resistances inside a transistor count as part of it. InputError if a node is not recorded.
    """
    c = Compiled(netlist)
    if c.lanes > 1:
        raise InputError(f"the energy of devices is that of one circuit; {netlist.title or 'this one'} has {c.lanes} lanes")
    missing = [n for n in c.index if not n.startswith("u:") and n != GROUND and n not in signals]
    if missing:
        raise InputError(f"the energy of devices needs every node; {', '.join(missing)} was not recorded")
    zero = np.zeros(len(time))
    x = {name: np.asarray(signals[name], dtype=float) if name in signals else zero for name in c.index}
    power: dict[str, np.ndarray] = {}
    currents: dict[str, dict[str, np.ndarray]] = {}
    charges: dict[str, dict[str, np.ndarray]] = {}
    names = list(c.index)
    for group in c.groups:
        for i in group.instances:
            if i.element.kind in "vi":
                continue
            owner = owner_of(i, netlist)
            n = len(i.terminals)
            given = {f"v{k}": x[names[t]] for k, t in enumerate(i.terminals)}
            values = group.kernel.split.full(given, {k: first(v) for k, v in i.values.items()})
            for k, t in enumerate(i.terminals):
                node = names[t]
                if node.startswith(BELOW):
                    continue
                add(currents.setdefault(owner, {}), node, zero + values[k])
                add(charges.setdefault(owner, {}), node, zero + values[n + k])
                add(power, owner, x[node] * values[k])
    volts = {name: v for name, v in x.items() if not name.startswith(BELOW)}
    return Flows(np.asarray(time, dtype=float), volts, power, currents, charges)


def add(sums: dict[str, np.ndarray], key: str, values: np.ndarray) -> None:
    sums[key] = sums[key] + values if key in sums else values


def owner_of(i: Instance, netlist: Netlist) -> str:
    """The element an instance belongs to: of a resistance "r.m1.0" inside a transistor that is m1."""
    inside = i.element.name.removeprefix("r.").rpartition(".")[0]
    return inside if i.element.name not in netlist.elements and inside in netlist.elements else i.element.name
