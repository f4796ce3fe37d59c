"""The ten-transistor neuron of `circuits.py`: its netlists with several transistor models, their spread, timed runs."""

from __future__ import annotations

import os
import re
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neuristor.circuits.analyses import tran
from neuristor.circuits.compiled import Compiled
from neuristor.circuits.engines import native, ngspice
from neuristor.circuits.engines.deck import write_deck
from neuristor.circuits.engines.drive import make_drive
from neuristor.circuits.engines.ngspice_engine import one_lane
from neuristor.circuits.engines.operating_point import initial_state
from neuristor.circuits.engines.program import run_program
from neuristor.circuits.engines.raw import read_raw
from neuristor.circuits.engines.spikes import crossings
from neuristor.circuits.netlist import Netlist, Tran
from neuristor.circuits.spice import parse_spice

# The input charges vmem until m1 pulls n1 down far enough for the first inverter to raise vspk; m2 then pulls n1 down,
# stacked on m3 until the second inverter's n3 falls; m6 empties vmem, m4 restores n1; m5 holds n1 between spikes.
NEURON = """ten-transistor neurons
.param w=0.7u ld=0.85u
.subckt fet_n d g s b
m1 d g s b nmos035 w={w} l=0.35u ad={w*ld} as={w*ld} pd={2*(w+ld)} ps={2*(w+ld)}
.ends
.subckt fet_p d g s b
m1 d g s b pmos035 w={w} l=0.35u ad={w*ld} as={w*ld} pd={2*(w+ld)} ps={2*(w+ld)}
.ends
.subckt neuron vmem vspk n1 n2 n3 vdd
x1 n1 vmem 0 0 fet_n
x2 n1 vspk n2 0 fet_n
x3 n2 n3 0 0 fet_n
x4 n1 n3 vdd vdd fet_p
x5 n1 vspk vdd vdd fet_p
x6 vmem vspk 0 0 fet_n
x7 vspk n1 0 0 fet_n
x8 vspk n1 vdd vdd fet_p
x9 n3 vspk 0 0 fet_n
x10 n3 vspk vdd vdd fet_p
.ends
vdd vdd 0 1
.ic v(vdd)=1
"""
FILE = "tsmc035_n88y_v33.lib"
EKV = ".model nmos035 nmos level=44\n.model pmos035 pmos level=44\n"  # the model's own defaults: 0.35 um
# Threshold, gain, body effect, oxide and junctions of the EKV cards in ngspice's simplest transistor
LEVEL1 = """.model nmos035 nmos level=1 vto=0.496 kp=202u gamma=0.531 phi=0.84 lambda=0.05 tox=7.6n
+ cgso=196p cgdo=196p cj=927.7u pb=0.816 mj=0.356 cjsw=318.1p mjsw=0.1 js=1u
.model pmos035 pmos level=1 vto=-0.664 kp=68.7u gamma=0.456 phi=0.84 lambda=0.05 tox=7.6n
+ cgso=230.7p cgdo=230.7p cj=1420u pb=0.99 mj=0.549 cjsw=477.4p mjsw=0.2 js=1u
"""
INTERVAL = 0.9e-3  # s between spikes, about
WARM = 1e-9  # s: a run that is only its own setting up


def models_file() -> Path | None:
    """The BSIM3v3.3 cards in $NEURISTOR_DATA, or None."""
    path = Path(os.environ.get("NEURISTOR_DATA", ".")) / "models" / FILE
    return path.resolve() if path.exists() else None


def neurons(model: str, count: int = 1, duration: float = 5.5e-3) -> Netlist:
    """`count` neurons in one circuit, "vspk" the output of the first; each spike gives the next neuron a small push.

    model  "bsim3" (cards of $NEURISTOR_DATA), "ekv" (this package only) or "level1" (ngspice only)
    """
    cards = {"ekv": EKV, "level1": LEVEL1, "bsim3": f'.include "{models_file()}"\n'}[model]
    text = NEURON + cards
    for k in range(count):
        own = str(k) if k else ""
        text += f"iin{own} 0 vmem{own} {10 * (1 + 0.02 * k)}p\ncmem{own} vmem{own} 0 10f\n"
        text += f"xn{own} vmem{own} vspk{own} n1{own} n2_{own} n3_{own} vdd neuron\n"
        text += f".ic v(vmem{own})=0 v(n1{own})=1 v(n2_{own})=0 v(vspk{own})=0 v(n3_{own})=1\n"
        if k:
            text += f"cc{own} vspk{k - 1 or ''} vmem{own} 0.1f\n"
    return parse_spice(text + f".tran 1u {duration!r} uic\n.end\n")


def spread(netlist: Netlist, lanes: int, seed: int = 1) -> Netlist:
    """Thresholds with 5 mV of standard deviation, input currents within 10 %, capacitances within 5 %; one set a lane."""
    rng = np.random.default_rng(seed)
    for name, e in netlist.elements.items():
        if e.kind == "m":
            netlist = netlist.set(name, delvto=rng.normal(0.0, 5e-3, lanes))
        elif e.kind == "i":
            netlist = netlist.set(name, dc=e.params["dc"] * rng.uniform(0.9, 1.1, lanes))
        elif name.startswith("cmem"):
            netlist = netlist.set(name, c=e.params["c"] * rng.uniform(0.95, 1.05, lanes))
    return netlist


def shifted_models(netlist: Netlist) -> Netlist:
    """One lane with the threshold shift of each LEVEL 1 transistor in a card of its own: LEVEL 1 knows no delvto."""
    for name, e in netlist.elements.items():
        if "delvto" in e.params and netlist.models[e.model].level == 1:
            card = netlist.models[e.model]
            params = {**card.params, "vto": card.params["vto"] + e.params["delvto"]}
            own = replace(card, name=f"{card.name}_{name}", params=params)
            changed = replace(e, model=own.name, params={k: v for k, v in e.params.items() if k != "delvto"})
            netlist = netlist.with_(models={**netlist.models, own.name: own}, elements={**netlist.elements, name: changed})
    return netlist


@dataclass
class Run:
    """Seconds of wall and processor time of a run of `lanes`, its spike times and Newton iterations."""

    lanes: int
    wall: float
    cpu: float
    iterations: int
    spikes: list[np.ndarray]

    @property
    def per_lane(self) -> float:
        return self.cpu / self.lanes

    def per_spike(self, seconds: float) -> float:
        return seconds / sum(len(s) for s in self.spikes)


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def ours(netlist: Netlist, rtol: float, duration: float | None = None) -> Run:
    wall, used = time.perf_counter(), cpu(resource.RUSAGE_SELF)
    trace = tran(netlist, duration, spikes=["vspk@0.5"], record=(), rtol=rtol)
    wall, used = time.perf_counter() - wall, cpu(resource.RUSAGE_SELF) - used
    if trace.failures:
        raise SystemExit(f"{netlist.title}: {trace.failures[0]}")
    return Run(trace.lanes, wall, used, trace.meta["iterations"], trace.spikes)


def prepared(netlist: Netlist, rtol: float) -> tuple[float, Callable[[], float]]:
    """Seconds of wall time to set up, and a run that gives CPU seconds a lane and Newton iteration without setting up."""
    start, plan = time.perf_counter(), netlist.analysis(Tran)
    c = Compiled(netlist)
    initial, _ = initial_state(c, True, make_drive(c, plan.stop, plan.step))

    def solve(stop: float) -> tuple[float, int]:
        used = cpu(resource.RUSAGE_SELF)
        result = native.transient(c, stop, initial, step=plan.step, settings=native.Settings(rtol))
        return cpu(resource.RUSAGE_SELF) - used, result.totals[0].sum()

    solve(WARM)
    seconds = time.perf_counter() - start
    idle = [solve(WARM) for _ in range(3)]

    def run() -> float:
        used, iterations = solve(plan.stop)
        return (used - statistics.median(u for u, _ in idle)) / (iterations - idle[0][1])

    return seconds, run


def peer(netlist: Netlist, lanes: Iterable[int], setting: tuple[float, float], duration: float | None = None) -> Run:
    """ngspice on some lanes, one program a lane and core; reading its files is not counted."""
    plan = netlist.analysis(Tran)
    plan = Tran(plan.step, duration or plan.stop, 0.0, setting[1], True)
    each = [shifted_models(one_lane(netlist, k)) for k in lanes]
    decks = [write_deck(one, plan, ngspice.option_set(one) | {"reltol": setting[0], "acct": ""}) for one in each]
    with tempfile.TemporaryDirectory() as top, ThreadPoolExecutor(native.cores()) as pool:
        folders = [tempfile.mkdtemp(dir=top) for _ in decks]
        for folder, (deck, _) in zip(folders, decks, strict=True):
            Path(folder, "deck.cir").write_text(deck)
        wall, used = time.perf_counter(), cpu(resource.RUSAGE_CHILDREN)
        told = list(pool.map(lambda folder: run_program(folder, None, None), folders))
        wall, used = time.perf_counter() - wall, cpu(resource.RUSAGE_CHILDREN) - used
        spikes, iterations = [], 0
        for folder, (_, names), (status, messages) in zip(folders, decks, told, strict=True):
            count = re.search(r"Total iterations = (\d+)", messages)
            if status or count is None:
                raise SystemExit(f"ngspice: {messages[-300:]}")
            iterations += int(count[1])
            signals = read_raw(Path(folder, "out.raw"))[0].signals()
            spikes.append(crossings(signals["time"], signals[f"v({names.nodes['vspk']})"], 0.5))
    return Run(len(decks), wall, used, iterations, spikes)
