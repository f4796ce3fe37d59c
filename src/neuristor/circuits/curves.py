"""Curves of one transistor of any card that ngspice knows (BSIM4 among them): what `extract_measured` fits EKV to.

    card = card_of("ptm65.lib")
    curves = drain_current(card, "nmos", Grid(((120e-9, 130e-9),)))     # Measured: points and currents
    extract_measured(curves, "nmos", fixed={...}).card                  # runs in the native engine

Voltages and currents have the sign of an NMOS. The bulk is at 0 V, the source at v_sb.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.integrate import cumulative_trapezoid

from ..devices.mosfet.extraction import Channel, Grid, Measured
from .cards import Card
from .engines import ngspice
from .netlist import GROUND, Ac, Dc, Element, Model, Netlist, Noise, Sweep

TERMINALS = ("d", "g", "s")
PROBE = 1e9  # Hz, far above what gate leakage conducts


def bench(
    card: Card, kind: str, size: tuple[float, float], celsius: float = 27.0, drawn: Mapping[str, float] | None = None
) -> Netlist:
    """One transistor m1 between the sources vd, vg, vs against its grounded bulk; drawn: AD, AS, PD, PS if it has any."""
    w, length = size
    sources = [Element(f"v{t}", "v", (t, GROUND), {"dc": 0.0}) for t in TERMINALS]
    junctions = {"ad": 0.0, "as": 0.0, "pd": 0.0, "ps": 0.0, **(drawn or {})}
    transistor = Element("m1", "m", (*TERMINALS, GROUND), {"w": w, "l": length, **junctions}, model=kind)
    models = {kind: Model(kind, kind, card.models[kind])}
    return Netlist(title="transistor", models=models, temperature=celsius).add(*sources, transistor)


def swept(netlist: Netlist, sign: float, v_gs: np.ndarray, v_ds: float, v_sb: float, save: str) -> np.ndarray:
    """A quantity inside the transistor along evenly spaced v_gs, (n,); voltages of an NMOS's sign."""
    first, last = sign * (v_gs[[0, -1]] + v_sb)
    sweep = Sweep("vg", float(first), float(last), float(last - first) / (len(v_gs) - 1))
    biased = netlist.set("vd", dc=sign * (v_ds + v_sb)).set("vs", dc=sign * v_sb)
    return ngspice.dc(biased.with_(analyses=(Dc((sweep,)),)), save=(save,))[1][save]


def drain_current(card: Card, kind: str, grid: Grid) -> Measured:
    """Channel current (no junctions, no gate leakage) at every point of a grid whose v_gs are evenly spaced."""
    sign = -1.0 if kind == "pmos" else 1.0
    v_gs = np.asarray(grid.v_gs)
    points = grid.points()
    current = np.empty(points["w"].shape)
    for size in grid.sizes:
        for celsius in grid.celsius:
            netlist = bench(card, kind, size, celsius)
            for v_sb in grid.v_sb:
                for v_ds in grid.v_ds:
                    chosen = {"w": size[0], "l": size[1], "v_ds": v_ds, "v_sb": v_sb, "celsius": celsius}
                    here = np.logical_and.reduce([points[name] == value for name, value in chosen.items()])
                    current[here] = np.abs(swept(netlist, sign, v_gs, v_ds, v_sb, "@m1[id]"))
    return Measured(points, current)


def capacitances(
    card: Card, kind: str, size: tuple[float, float], v_gs: np.ndarray, v_ds: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """C_gg and C_gd (F), each (n,), of a transistor with its source at the bulk: the gate's current at 1 GHz, 1 V."""
    sign = -1.0 if kind == "pmos" else 1.0
    still = bench(card, kind, size).set("vd", dc=sign * v_ds).with_(analyses=(Ac("lin", 1, PROBE, PROBE),))
    found = []
    for moved in ("vg", "vd"):
        driven = still.set(moved, acmag=1.0)
        currents = [ngspice.ac(driven.set("vg", dc=sign * v))[1]["i(vg)"][0] for v in v_gs]
        found.append(np.abs(np.imag(currents)) / (2.0 * np.pi * PROBE))
    return found[0], found[1]


def oxide(
    fitted: Mapping[str, float], kind: str, size: tuple[float, float], v_gs: np.ndarray, c_gg: np.ndarray
) -> tuple[float, float]:
    """COX (F/m^2) with which the gate of an EKV card takes the charge of a measured C_gg, and the largest relative error.

    The charge is linear in COX; threshold, slope and overlaps are the card's own. The error is over the whole charge.
    """
    channel, points = Channel(fitted, kind, "card"), Grid((size,), tuple(v_gs), (0.0,)).points()
    rest, whole = (channel.sign * channel.at(("q_g",), points, cox=cox)[0] for cox in (1e-30, 1.0))
    rest, whole = rest - rest[0], whole - whole[0]
    charge = cumulative_trapezoid(c_gg, v_gs, initial=0.0)
    slope = whole - rest
    found = float(slope @ (charge - rest) / (slope @ slope))
    return found, float(np.abs(rest + found * slope - charge).max() / charge[-1])


def flicker(card: Card, kind: str, size: tuple[float, float], current: float) -> float:
    """Flicker noise referred to the gate, S f (V^2), of a transistor in saturation at a drain current (A), near 1 mHz."""
    amount = -current if kind == "pmos" else current
    transistor = Element("m1", "m", ("d", "d", GROUND, GROUND), dict(zip("wl", size, strict=True)), model=kind)
    netlist = Netlist(title="diode", models={kind: Model(kind, kind, card.models[kind])}).add(
        Element("i1", "i", (GROUND, "d"), {"dc": amount}), transistor
    )
    plan = Noise("d", GROUND, "i1", "lin", 2, 1e-3, 2e-3)
    frequency, output, _ = ngspice.noise(netlist.with_(analyses=(plan,)))
    return float(output[0] * frequency[0])
