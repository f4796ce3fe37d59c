"""Memristors and the memristor-based neuron against SciPy's solve_ivp and ngspice; prints ratios of CPU time a lane.

    python benchmarks/memristors.py [--lanes 10000] [--peer-lanes 3] [--repeats 5] [--json FILE]

neurons: `lanes` memristive_alif, each with a device of its own (20 % spread), under the paper's input for 20 ms.
devices: `lanes` mean metastable switches (20 % spread) under a sine of 0.5 V and 100 Hz for 20 ms.

Every program gets its cheapest setting whose error is at most WANTED: of the spike times of the first burst (s), or of the
state at the end. Ours and the peers run in turn in one process, the peers on fewer lanes; numbers are medians. A ratio
is CPU time a lane over CPU time a lane, so it is "per core" on both sides. Compilation is left out. solve_ivp runs the
same equations in plain NumPy floats, with terminal events for threshold and release; ngspice runs the subcircuit that
`memristor_subcircuit` exports (its row is left out where ngspice is not installed).
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import resource
import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from math import exp, pi, sin
from pathlib import Path
from typing import Any

import numba
import numpy as np
import scipy
from scipy.integrate import solve_ivp

import neuristor
from neuristor import Sine
from neuristor.circuits.engines.program import run_deck
from neuristor.circuits.spice.subcircuits import memristor_subcircuit
from neuristor.devices.memristor import MMS, vary
from neuristor.neurons.memristive_alif import MemristiveALIF
from neuristor.presets.memristive_alif import AMPLITUDE, DURATION, FREQUENCY, protocol
from neuristor.quantities import K_B, Q_E, ZERO_CELSIUS
from neuristor.stimulus import Stimulus

VARIED = dict.fromkeys(("r_on", "r_off", "v_on", "v_off", "tau"), 0.2)
WANTED = {"neurons": 1e-9, "devices": 1e-6}  # s; of x
VOLTS, HERTZ = 0.5, 100.0
RTOLS = (1e-5, 1e-6, 1e-7, 3e-8, 1e-8, 1e-9)
SOLVE_IVP: list[tuple[Any, ...]] = [(method, rtol) for method in ("RK45", "DOP853", "LSODA") for rtol in RTOLS]
NGSPICE: list[tuple[Any, ...]] = [(reltol, step) for reltol in (1e-3, 1e-4, 1e-5, 1e-6) for step in (1e-4, 1e-5, 1e-6)]
HALF = 0.5 / FREQUENCY
Numbers = dict[str, float]


def cpu() -> float:
    """Processor seconds of this process and of the programs it has run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = cpu()
    found = run()
    return cpu() - start, found


def neurons(lanes: int) -> MemristiveALIF:
    own = MemristiveALIF()
    drawn = vary(own.memristor, VARIED, lanes, law="uniform")
    return own.with_(**{k: getattr(drawn, k) for k in VARIED})


def lane(subject: Any, k: int) -> Numbers:
    return {name: float(np.broadcast_to(v, subject.lanes)[k]) for name, v in subject.values().items()}


def neuron_by_scipy(p: Numbers, method: str, rtol: float, end: float = DURATION) -> np.ndarray:
    """Spike times of one neuron; the equations in plain floats."""
    beta = Q_E / (K_B * (p["temperature"] + ZERO_CELSIUS))

    def v_m(y: Any) -> float:
        r_m = 1 / (y[1] / p["r_on"] + (1 - y[1]) / p["r_off"])
        return (y[0] - p["v_rest"]) * r_m / (r_m + p["r_s"])

    def field(t: float, y: Any, i: float, closed: int) -> list[float]:
        v, x = v_m(y), y[1]
        over, leak = y[0] - p["v_rest"], v * (x / p["r_on"] + (1 - x) / p["r_off"])
        a, b = 1 / (1 + exp(-beta * (v - p["v_on"]))), 1 / (1 + exp(beta * (v - p["v_off"])))
        return [(i - leak - closed * over / p["r_switch"]) / p["c_mem"], (a * (1 - x) - b * x) / p["tau"]]

    def fires(t: float, y: Any, i: float, closed: int) -> float:
        return v_m(y) - p["v_th"]

    def releases(t: float, y: Any, i: float, closed: int) -> float:
        return p["v_release"] - v_m(y)

    for event in (fires, releases):
        event.terminal, event.direction = True, 1  # type: ignore[attr-defined]
    t, y, closed, spikes = 0.0, [p["v_rest"], p["x0"]], 0, []
    for k in range(round(end / HALF)):
        edge, level = (k + 1) * HALF, AMPLITUDE * (k % 2 == 0)
        while t < edge:
            event = releases if closed else fires
            run = solve_ivp(
                field, (0.0, edge - t), y, method, events=event, rtol=rtol, atol=1e-2 * rtol, args=(level, closed)
            )
            y = run.y[:, -1]
            t = t + run.t[-1] if run.status == 1 else edge
            if run.status == 1:
                spikes += [] if closed else [t]
                closed = 1 - closed
    return np.array(spikes)


def device_by_scipy(p: Numbers, method: str, rtol: float) -> float:
    """State of one device at the end."""
    beta = Q_E / (K_B * (p["temperature"] + ZERO_CELSIUS))

    def field(t: float, y: Any) -> list[float]:
        v, x = VOLTS * sin(2 * pi * HERTZ * t), y[0]
        a, b = 1 / (1 + exp(-beta * (v - p["v_on"]))), 1 / (1 + exp(beta * (v - p["v_off"])))
        return [(a * (1 - x) - b * x) / p["tau"]]

    return float(solve_ivp(field, (0.0, DURATION), [0.0], method, rtol=rtol, atol=1e-2 * rtol).y[0, -1])


def device_by_ngspice(p: Numbers, reltol: float, step: float) -> float:
    """The same from ngspice's own transient of the exported subcircuit."""
    text = memristor_subcircuit(MMS(**p), "device")
    deck = f"one memristor\n{text}v1 a 0 sin(0 {VOLTS} {HERTZ})\nx1 a 0 s device\n"
    deck += f".options reltol={reltol} abstol=1e-15 vntol=1e-9\n.save v(s)\n.tran {step} {DURATION} 0 {step} uic\n.end\n"
    return float(np.real(run_deck(deck)[0].values[-1, -1]))


@dataclass(frozen=True)
class Case:
    """One case: our lanes, our error at a tolerance, and for each peer its run, its settings and the error of a result."""

    name: str
    subject: Any
    stimulus: Stimulus
    own_error: Callable[[float], float]
    peers: dict[str, tuple[Callable[..., Any], list[tuple[Any, ...]]]]
    peer_error: Callable[[Any], float]


def neuron_case(lanes: int) -> Case:
    subject, one = neurons(lanes), neurons(1)
    right = neuron_by_scipy(lane(one, 0), "DOP853", 1e-11, HALF)

    def error(spikes: np.ndarray) -> float:
        return float(np.abs(spikes[: len(right)] - right).max()) if len(spikes) >= len(right) else np.inf

    def own(rtol: float) -> float:
        return error(one.simulate(protocol(), HALF, record=(), rtol=rtol).spikes[0])

    return Case("neurons", subject, protocol(), own, {"solve_ivp": (neuron_by_scipy, SOLVE_IVP)}, error)


def device_case(lanes: int) -> Case:
    subject, one = (vary(MMS(), VARIED, n, law="uniform") for n in (lanes, 1))
    stimulus = Sine(f"{VOLTS} V", HERTZ)
    right = device_by_scipy(lane(one, 0), "DOP853", 1e-12)

    def error(x: float) -> float:
        return abs(x - right)

    def own(rtol: float) -> float:
        return error(float(one.simulate(stimulus, DURATION, record=(), rtol=rtol).meta["x_end"][0]))

    peers: dict[str, tuple[Callable[..., Any], list[tuple[Any, ...]]]] = {"solve_ivp": (device_by_scipy, SOLVE_IVP)}
    if shutil.which("ngspice"):
        peers["ngspice"] = (device_by_ngspice, NGSPICE)
    return Case("devices", subject, stimulus, own, peers, error)


CASES = {"neurons": neuron_case, "devices": device_case}


def cheapest(case: Case, peer: str) -> tuple[Any, ...]:
    """The peer's setting that takes least time among those whose error is small enough."""
    run, settings = case.peers[peer]
    tried = []
    for setting in settings:
        seconds, found = timed(lambda s=setting: run(lane(case.subject, 0), *s))
        tried.append((case.peer_error(found) > WANTED[case.name], seconds, setting))
    missed, _, setting = min(tried, key=lambda t: t[:2])
    if missed:
        raise SystemExit(f"{peer}: no setting reaches an error of {WANTED[case.name]:g}")
    return setting


def compare(case: Case, peer_lanes: int, repeats: int) -> list[dict[str, Any]]:
    """Rows of one case: ours against every peer, in turn."""
    subject, lanes = case.subject, case.subject.lanes
    rtol = max(r for r in RTOLS if case.own_error(r) <= WANTED[case.name])
    chosen = {peer: cheapest(case, peer) for peer in case.peers}
    subject.simulate(case.stimulus, HALF, record=(), rtol=rtol)  # compile
    some = [lane(subject, k) for k in range(min(lanes, peer_lanes))]
    mine: list[float] = []
    theirs: dict[str, list[float]] = {peer: [] for peer in chosen}
    for _ in range(repeats):
        mine.append(timed(lambda: subject.simulate(case.stimulus, DURATION, record=(), rtol=rtol))[0] / lanes)
        for peer, setting in chosen.items():
            run = case.peers[peer][0]
            theirs[peer].append(timed(lambda r=run, s=setting: [r(p, *s) for p in some])[0] / len(some))
    return [row(case.name, lanes, rtol, mine, peer, chosen[peer], seconds) for peer, seconds in theirs.items()]


def row(
    case: str, lanes: int, rtol: float, mine: list[float], peer: str, setting: tuple[Any, ...], theirs: list[float]
) -> dict[str, Any]:
    ratios = [b / a for a, b in zip(mine, theirs, strict=True)]
    return {
        "case": f"{lanes} {case}", "ours": f"rtol {rtol:g}", "peer": peer, "setting": " ".join(map(str, setting)),
        "ours_ms": 1e3 * statistics.median(mine), "peer_ms": 1e3 * statistics.median(theirs),
        "ratio": [statistics.median(ratios), min(ratios), max(ratios)],
    }  # fmt: skip


def versions() -> str:
    told = f"neuristor {neuristor.__version__}, SciPy {scipy.__version__}, NumPy {np.__version__}, numba {numba.__version__}"
    if shutil.which("ngspice"):
        text = subprocess.run(["ngspice", "--version"], capture_output=True, text=True).stdout
        found = re.search(r"ngspice-(\d+)", text)
        told += f", ngspice {found[1] if found else '?'}"
    return f"{told}, Python {platform.python_version()}, {platform.machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=10_000)
    parser.add_argument("--peer-lanes", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--case", choices=list(CASES), action="append", help="only this case (repeat for more)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for name in options.case or CASES:
        rows += compare(CASES[name](options.lanes), options.peer_lanes, options.repeats)
    print(f"{versions()}; medians of {options.repeats}")
    print(f"{'case':16}{'ours':12}{'ms a lane':>10}  {'peer':12}{'setting':16}{'ms a lane':>10}{'ratio':>8}  (min .. max)")
    for r in rows:
        middle, low, high = r["ratio"]
        print(
            f"{r['case']:16}{r['ours']:12}{r['ours_ms']:10.3f}  {r['peer']:12}{r['setting']:16}{r['peer_ms']:10.1f}"
            f"{middle:8.0f}  ({low:.0f} .. {high:.0f})"
        )
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "versions": versions(), "wanted": WANTED}))


if __name__ == "__main__":
    main()
