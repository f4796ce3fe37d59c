"""BSIM3 beside ngspice: many transistors in one deck, each at its own bulk bias and with its own ammeters."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from circuits_t2 import models

from neuristor.circuits.engines import ngspice
from neuristor.circuits.netlist import Ac, Dc, Element, Model, Netlist, Op, Sweep
from neuristor.devices.mosfet.bsim3 import BSIM3
from neuristor.kernel.split import Split

DIFFUSION = 0.85e-6  # length of a source or drain region
EXACT = {"gmin": 1e-30, "reltol": 1e-9, "abstol": 1e-26}
FREQUENCY = 1e9 / (2 * np.pi)
MADE = {}


@cache
def cards():
    return models()


def card(kind, drop=(), **changes):
    """Parameters of the card of 0.35 um with some left out and some changed."""
    params = {k: v for k, v in cards()[kind + "035"].params.items() if k not in drop}
    return params | changes


def sized(w, l, **more):  # noqa: E741
    """Instance parameters with junctions of the usual size."""
    perimeter = 2 * (w + DIFFUSION)
    return {"w": w, "l": l, "ad": w * DIFFUSION, "as": 1.5 * w * DIFFUSION, "pd": perimeter, "ps": 1.3 * perimeter} | more


@dataclass(frozen=True)
class Case:
    """One transistor: "nmos" or "pmos", card, instance parameters, bulk bias (V, sign of an NMOS)."""

    kind: str
    card: dict
    instance: dict
    bulk: float = 0.0
    label: str = ""
    sign: float = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "sign", -1.0 if self.kind == "pmos" else 1.0)

    @property
    def model(self):
        return BSIM3(self.card, self.kind, "card")

    def graph(self):
        variant = self.model.variant
        if variant.key not in MADE:
            MADE[variant.key] = variant.build()
        return MADE[variant.key]

    def evaluate(self, what, volts, celsius):
        """Expressions of the graph ("currents", "charges", "g", "c") at terminal voltages (d, g, s, b) by NumPy."""
        key = (self.model.variant.key, what)
        if key not in MADE:
            graph = self.graph()
            outputs = getattr(graph, what)
            flat = sum(outputs, []) if what in "gc" else outputs
            MADE[key] = Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, flat)
        values = MADE[key].full(
            {f"v{k}": v for k, v in enumerate(volts)}, self.model.instance_values(self.instance, celsius)
        )
        return np.array(np.broadcast_arrays(*values, volts[0])[:-1])


def deck(cases, celsius, analysis, elements):
    """A netlist with the models of all cases (same card, same model)."""
    table = {}
    for case in cases:
        table.setdefault((case.kind, id(case.card)), Model(f"mod{len(table)}", case.kind, case.card))
    names = [table[case.kind, id(case.card)].name for case in cases]
    found = {e.name: e for e in elements(names)}
    found_models = {m.name: m for m in table.values()}
    return Netlist(elements=found, models=found_models, temperature=celsius, analyses=(analysis,), options=EXACT)


def source(name, plus, minus, volt=0.0):
    return Element(name, "v", (plus, minus), {"dc": volt})


def sweep(cases, celsius, v_ds, v_gs):
    """Drain and bulk currents of all cases: volts (4, n_gs, n_ds) of an NMOS, drain, bulk (n_cases, n_gs, n_ds)."""

    def elements(names):
        yield source("vd", "d+", "0")
        yield source("vg", "g+", "0")
        yield Element("ed", "e", ("d-", "0", "d+", "0"), {"gain": -1.0})
        yield Element("eg", "e", ("g-", "0", "g+", "0"), {"gain": -1.0})
        for k, (case, name) in enumerate(zip(cases, names, strict=True)):
            turned = "+" if case.sign > 0 else "-"
            yield Element(f"m{k}", "m", (f"d{k}", f"g{turned}", "0", f"b{k}"), case.instance, model=name)
            yield source(f"vd{k}", f"d{turned}", f"d{k}")
            yield source(f"vb{k}", f"b{k}", "0", case.sign * case.bulk)

    axes = [Sweep(f"v{t}", v[0], v[-1] + 1e-3 * (v[1] - v[0]), v[1] - v[0]) for t, v in (("d", v_ds), ("g", v_gs))]
    _, found = ngspice.dc(deck(cases, celsius, Dc(tuple(axes)), elements))
    drain = np.array([found[f"i(vd{k})"] for k in range(len(cases))])
    bulk = np.array([-found[f"i(vb{k})"] for k in range(len(cases))])
    return (found["d+"], found["g+"]), drain, bulk


def deviation(ours, theirs, floor):
    """Relative difference where the reference is above the floor."""
    counts = np.abs(theirs) > floor
    return np.where(counts, np.abs(ours - theirs) / np.where(counts, np.abs(theirs), 1.0), 0.0)


def current_errors(cases, celsius, v_ds, v_gs, floor=1e-16):
    """Largest relative differences of drain and bulk current of every case, and the number of currents compared.

    v_ds = 0 is left out, where the current is zero but for rounding.
    """
    (d, g), drain, bulk = sweep(cases, celsius, v_ds, v_gs)
    off_zero = np.abs(d) > 1e-9
    worst, n = [], 0
    for k, case in enumerate(cases):
        s = case.sign
        ours = case.evaluate("currents", [s * d, s * g, 0.0 * d, s * case.bulk + 0.0 * d], celsius)
        errors = [deviation(ours[t], theirs, floor) * off_zero for t, theirs in ((0, drain[k]), (3, bulk[k]))]
        worst.append([e.max() for e in errors])
        n += np.count_nonzero(off_zero & (np.abs(drain[k]) > floor))
    return np.array(worst), n


def capacitances(case, volts, celsius):
    """Matrix d q_i / d v_j (n_bias, 4, 4) of ngspice, from its currents at 1 V of each terminal in turn.

    volts (n_bias, 4) of an NMOS's sign
    """
    copies = [(k, driven) for k in range(len(volts)) for driven in range(4)]

    def elements(names):
        for (k, driven), name in zip(copies, names, strict=True):
            nodes = [f"n{k}_{driven}_{t}" for t in range(4)]
            yield Element(f"m{k}_{driven}", "m", tuple(nodes), case.instance, model=name)
            for t, node in enumerate(nodes):
                params = {"dc": case.sign * volts[k][t], "acmag": float(t == driven)}
                yield Element(f"v{k}_{driven}_{t}", "v", (node, "0"), params)

    _, found = ngspice.ac(deck([case] * len(copies), celsius, Ac("lin", 1, FREQUENCY, FREQUENCY), elements))
    matrix = np.zeros((len(volts), 4, 4))
    for k, driven in copies:
        for t in range(4):
            matrix[k, t, driven] = -found[f"i(v{k}_{driven}_{t})"][0].imag / (2 * np.pi * FREQUENCY)
    return matrix


def our_capacitances(case, volts, celsius):
    """The same of the graph."""
    return case.evaluate("c", case.sign * np.asarray(volts).T, celsius).T.reshape(-1, 4, 4)


def charges(case, volts, celsius):
    """Charges of drain, gate, source, bulk (n_bias, 4) of ngspice, overlaps and junctions included.

    volts and charges of an NMOS's sign
    """
    inside = ("qd", "qg", "qb")

    def elements(names):
        for k, name in enumerate(names):
            nodes = tuple(f"n{k}_{t}" for t in range(4))
            yield Element(f"m{k}", "m", nodes, case.instance, model=name)
            yield from (source(f"v{k}_{t}", node, "0", case.sign * volts[k][t]) for t, node in enumerate(nodes))

    save = [f"@m{k}[{q}]" for k in range(len(volts)) for q in inside]
    found = ngspice.op(deck([case] * len(volts), celsius, Op(), elements), save=save)
    drain, gate, bulk = np.array([[found[f"@m{k}[{q}]"] for k in range(len(volts))] for q in inside])
    return np.stack([drain, gate, -(drain + gate + bulk), bulk], axis=1)


def slopes(function, volts, step):
    """Central differences (n_bias, 4, 4) of function(volts (n, 4)) -> (n, 4)."""
    moved = [volts + sign * step * np.eye(4)[t] for t in range(4) for sign in (1, -1)]
    values = function(np.concatenate(moved)).reshape(4, 2, len(volts), 4)
    return np.transpose((values[:, 0] - values[:, 1]) / (2 * step), (1, 2, 0))


def biases(n, seed):
    """Random terminal voltages (n, 4): v_ds of both signs, accumulation to inversion, bulk also a little forward."""
    random = np.random.default_rng(seed)
    low, high = np.array([-3.3, -2.5, 0.0, -3.0]), np.array([3.3, 3.5, 0.0, 0.5])
    volts = random.uniform(low, high, (n, 4))
    volts[:, 3] += np.minimum(volts[:, 0], 0.0)
    return volts + random.uniform(-1, 1, (n, 1))


def matrix_errors(ours, reference, floor=0.0):
    """Differences relative to the largest entry of each matrix, and relative to every entry above 1e-3 of it.

    floor  the largest entry is taken as no smaller than this
    """
    top = np.maximum(np.abs(reference).max(axis=(1, 2), keepdims=True), floor)
    difference = np.abs(ours - reference)
    counts = np.abs(reference) > 1e-3 * top
    return difference / top, np.where(counts, difference / np.where(counts, np.abs(reference), 1.0), 0.0)
