"""Drawn area of a circuit's devices: capacitors from the thickness of their oxide, transistors from gate and junctions.

Only what is drawn as a device counts: no routing, wells, contacts outside the junctions, or spacing between devices, which
in a layout are usually larger than the devices themselves. An area is therefore a lower bound, and a saving between two
circuits holds for their devices alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.cards import EPS_OX, Card
from ..circuits.netlist import KINDS, Netlist
from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..quantities import one_number, show
from ..subject import Subject
from .base import Result

FREE = frozenset("vi")  # independent sources stand for what is outside


@dataclass(frozen=True)
class Area(Result):
    """Drawn area of the devices of one circuit, all in m^2.

    devices: names; each (n,): gate (W L), junctions (AD + AS), capacitor (C / oxide); one of the three kinds is zero
    oxide: capacitance of the capacitors' oxide (F/m^2);  thickness of silicon dioxide that has it (m)
    gates, junctions, transistors (their sum), capacitors, total;  edge of a square of the total area (m)
    left_out: devices of which no area is known (resistors, inductors, controlled sources)
    """

    subject: str
    devices: tuple[str, ...]
    gate: np.ndarray
    junction: np.ndarray
    capacitor: np.ndarray
    oxide: float
    thickness: float
    left_out: tuple[str, ...]

    @property
    def gates(self) -> float:
        return float(self.gate.sum())

    @property
    def junctions(self) -> float:
        return float(self.junction.sum())

    @property
    def transistors(self) -> float:
        return self.gates + self.junctions

    @property
    def capacitors(self) -> float:
        return float(self.capacitor.sum())

    @property
    def total(self) -> float:
        return self.transistors + self.capacitors

    @property
    def edge(self) -> float:
        return float(np.sqrt(self.total))

    def to_json_dict(self) -> dict[str, Any]:
        sums = ("gates", "junctions", "transistors", "capacitors", "total", "edge")
        return super().to_json_dict() | {name: getattr(self, name) for name in sums}


@dataclass(frozen=True)
class Saving(Result):
    """One circuit against a baseline: both areas and the part of the baseline's that is saved (%; negative: larger)."""

    one: Area
    baseline: Area
    saving: float

    def to_json_dict(self) -> dict[str, Any]:
        return {"one": self.one.to_json_dict(), "baseline": self.baseline.to_json_dict(), "saving": self.saving}


def area(subject: Subject, *, thickness: Any = None) -> Area:
    """Drawn area of the devices of `subject`.

    thickness: of the capacitors' oxide ("9 nm"); default: that of the gate oxide in the NMOS card. Transistors without
    AD and AS have a gate only. InputError for a neuron that is not a circuit, has more than one lane, or has capacitors
    whose oxide is not known.
    """
    if not isinstance(subject, CircuitNeuron):
        raise InputError(f"{subject.name} is a set of equations: only a circuit has an area")
    if subject.lanes > 1:
        raise InputError(f"{subject.name} has {subject.lanes} lanes; an area is that of one circuit")
    netlist = subject.netlist
    counted = [e for e in netlist.elements.values() if e.kind in "mc"]
    oxide = oxide_of(subject, thickness, any(e.kind == "c" for e in counted))
    rows = []
    for e in counted:
        p = {k: float(np.ravel(v)[0]) for k, v in e.params.items()}
        if e.kind == "c":
            rows.append((0.0, 0.0, p["c"] / oxide))
            continue
        if "w" not in p or "l" not in p:
            raise InputError(f"{e.where}{e.name} has no width or length of its own, so its area is not known")
        many = p.get("m", 1.0)
        rows.append((many * p["w"] * p["l"], many * (p.get("ad", 0.0) + p.get("as", 0.0)), 0.0))
    gate, junction, capacitor = np.array(rows).reshape(-1, 3).T
    return Area(
        subject=subject.name,
        devices=tuple(e.name for e in counted),
        gate=gate,
        junction=junction,
        capacitor=capacitor,
        oxide=oxide,
        thickness=EPS_OX / oxide if oxide else float("nan"),
        left_out=uncounted(netlist),
    )


def uncounted(netlist: Netlist) -> tuple[str, ...]:
    """Devices that are drawn, and whose area the netlist does not tell, with what they are."""
    return tuple(f"{e.name} ({KINDS[e.kind][0]})" for e in netlist.elements.values() if e.kind not in FREE | set("mc"))


def oxide_of(subject: CircuitNeuron, thickness: Any, needed: bool) -> float:
    """Capacitance of the capacitors' oxide (F/m^2), 0 where there is no capacitor and none is given."""
    if thickness is not None:
        metres = one_number(thickness, "m", "area: thickness")
        if not metres > 0:
            raise InputError(f"{subject.name}: the oxide's thickness must be more than zero, not {show(metres, 'm')}")
        return EPS_OX / metres
    if not needed:
        return 0.0
    for model in subject.netlist.models.values():
        if model.kind == "nmos" and ("tox" in model.params or "cox" in model.params):
            return Card(model.name, {"nmos": model.params}, subject.name).oxide
    raise InputError(f"{subject.name}: no NMOS model tells TOX or COX; give the thickness of the capacitors' oxide ('9 nm')")


def one_against_two(cell: Subject, baseline: Subject, *, thickness: Any = None) -> Saving:
    """Area of `cell` against that of `baseline`, as a neuron with one capacitor against one with two."""
    one, two = area(cell, thickness=thickness), area(baseline, thickness=thickness)
    if not two.total > 0:
        raise InputError(f"{baseline.name} has no device with an area to compare with")
    return Saving(one, two, 100.0 * (1.0 - one.total / two.total))
