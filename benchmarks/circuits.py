"""Circuits against ngspice: Monte Carlo transients of a ten-transistor CMOS neuron; prints ratios of time per lane.

    python benchmarks/circuits.py [--quick] [--json FILE] [--only accuracy lanes transistors start]

Needs ngspice and, for the BSIM3 cards, $NEURISTOR_DATA; Linux. Thresholds, currents and capacitances vary from lane to
lane. Both programs get the loosest setting that keeps every interval between spikes within 1e-4 of a tight run of both
programs (EKV, which ngspice lacks, is set beside its LEVEL 1 transistor: each then has only its own tight run). ngspice
runs in parallel on the same cores, on fewer lanes; costs are per lane, medians, ours and the peer's in turn. Compilation
is left out (it has rows of its own), and so are, where a row says so, setting up a circuit and starting the program.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import llvmlite
import numba
import numpy as np
from circuits_neuron import INTERVAL, WARM, Run, models_file, neurons, ours, peer, prepared, spread

import neuristor
from neuristor.circuits.engines.native import cores
from neuristor.errors import InputError

WANTED = 1e-4  # of an interval between spikes
RTOLS = (1e-4, 3e-5, 1e-5)
RELTOLS = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)
MAX_STEPS = (0.0, 1e-5, 1e-6)  # s; 0: ngspice's own
TIGHT_RTOL = 1e-8
TIGHT_PEER = (1e-6, 1e-7)  # reltol, largest step


def worst(spikes: Sequence[np.ndarray], references: Sequence[Sequence[np.ndarray]]) -> float:
    """Largest relative error of an interval between spikes; infinite where spikes are missing (but the run's last)."""
    errors = [0.0]
    for reference in references:
        for got, right in zip(spikes, reference, strict=True):
            n = min(len(got), len(right))
            good = abs(len(got) - len(right)) <= 1 and n > 1
            errors.append(float(np.max(np.abs(np.diff(got[:n]) / np.diff(right[:n]) - 1))) if good else np.inf)
    return max(errors)


def choose(model: str, other: str, lanes: int) -> dict:
    """The cheapest settings that keep WANTED on both sides, and what they reach."""
    mine, theirs = spread(neurons(model), lanes), spread(neurons(other), lanes)
    tight, tight_peer = ours(mine, TIGHT_RTOL).spikes, peer(theirs, range(lanes), TIGHT_PEER).spikes
    same = model == other
    own, others = ([tight, tight_peer] if same else [tight]), ([tight, tight_peer] if same else [tight_peer])
    reached = {rtol: worst(ours(mine, rtol).spikes, own) for rtol in RTOLS}
    rtol = next((r for r in RTOLS if reached[r] <= WANTED), RTOLS[-1])
    screened = []  # settings that hold on two lanes, then the cheapest of them that holds on all
    for setting in product(RELTOLS, MAX_STEPS):
        run = peer(theirs, range(min(2, lanes)), setting)
        screened.append((worst(run.spikes, [r[: len(run.spikes)] for r in others]) > WANTED, run.iterations, setting))
    for _, _, setting in sorted(screened):
        peer_error = worst(peer(theirs, range(lanes), setting).spikes, others)
        if peer_error <= WANTED:
            break
    found = {"rtol": rtol, "error": reached[rtol], "setting": setting, "peer_error": peer_error}
    return found | {"tight_differ": worst(tight, [tight_peer]) if same else None, "lanes": lanes}


def row(case: str, unit: str, mine: Sequence[float], theirs: Sequence[float] = ()) -> dict:
    """Medians; the ratios of the runs that were made in turn."""
    ratios = [b / a for a, b in zip(mine, theirs, strict=False)]
    found = {"case": case, "unit": unit, "ours": statistics.median(mine), "peer": None, "ratio": None}
    if theirs:
        found |= {"peer": statistics.median(theirs), "ratio": [statistics.median(ratios), min(ratios), max(ratios)]}
    return found


def monte_carlo(model: str, other: str, chosen: dict, sizes: argparse.Namespace) -> list[dict]:
    """Rows of `lanes` transients of the neuron."""
    mine, theirs = spread(neurons(model), sizes.lanes), spread(neurons(other), sizes.lanes)
    ours(mine, chosen["rtol"])  # compile
    a, b = [], []
    for _ in range(sizes.repeats):
        b.append(peer(theirs, range(sizes.peer_lanes), chosen["setting"]))
        a.append(ours(mine, chosen["rtol"]))
    name = f"{model.upper()} {sizes.lanes} lanes" + ("" if model == other else f" / {other.upper()}")

    def rows(case: str, unit: str, of: Callable[[Run], float], factor: float = 1e6) -> dict:
        return row(f"{name}: {case}", unit, [factor * of(r) for r in a], [factor * of(r) for r in b])

    return [
        rows("wall time a lane and spike", "us", lambda r: r.per_spike(r.wall)),
        rows("CPU time a lane and spike", "us", lambda r: r.per_spike(r.cpu)),
        rows("Newton iterations a spike", "", lambda r: r.per_spike(r.iterations), 1.0),
        rows("CPU time a Newton iteration", "us", lambda r: r.cpu / r.iterations),
        rows("all lanes, wall time (peer extrapolated)", "s", lambda r: r.wall / r.lanes * sizes.lanes, 1.0),
    ]


def lanes_rows(
    model: str, other: str, rtol: float, setting: tuple[float, float], sizes: argparse.Namespace
) -> list[dict]:  # fmt: skip
    """Cost per lane and memory, each number of lanes in a process of its own."""
    rows = []
    each = peer(spread(neurons(other), sizes.peer_lanes), range(sizes.peer_lanes), setting).per_lane
    for lanes in sizes.lane_counts:
        repeats = sizes.repeats if lanes <= 1000 else 1
        told = child({"model": model, "lanes": lanes, "rtol": rtol, "repeats": repeats})
        mine = [1e3 * t / lanes for t in told["cpu"]]
        rows.append(row(f"{model.upper()} {lanes} lanes: CPU time a lane", "ms", mine, [1e3 * each] * len(mine)))
        rows.append(row(f"{model.upper()} {lanes} lanes: peak memory beyond one lane's", "MiB", [told["memory"]]))
    return rows


def transistor_rows(
    model: str, other: str, rtol: float, setting: tuple[float, float], sizes: argparse.Namespace
) -> list[dict]:  # fmt: skip
    """Microseconds per lane and Newton iteration, setting up left out on both sides."""
    rows = []
    for count in sizes.neurons:
        lanes = sizes.chain_lanes
        net, theirs = (spread(neurons(kind, count, (1.2 + 4 / count) * INTERVAL), lanes) for kind in (model, other))
        some = range(min(2, lanes))
        name = f"{model.upper()} {10 * count} transistors, {lanes} lanes"
        try:
            ours(net, rtol, WARM)  # compile
            setting_up = [prepared(net, rtol) for _ in range(min(3, sizes.repeats))]
        except InputError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        a, b, idle = [], [], peer(theirs, some, setting, WARM)
        for _ in range(sizes.repeats):
            a.append(1e6 * setting_up[-1][1]())
            run = peer(theirs, some, setting)
            b.append(1e6 * (run.cpu - idle.cpu) / (run.iterations - idle.iterations))
        rows.append(row(f"{name}: CPU time a Newton iteration, set-up left out", "us", a, b))
        rows.append(row(f"{name}: set-up", "ms", [1e3 * seconds for seconds, _ in setting_up]))
    return rows


def start_rows(model: str, other: str, rtol: float, setting: tuple[float, float]) -> list[dict]:
    """A whole process, one lane: with nothing compiled yet, then again; the peer likewise."""
    with tempfile.TemporaryDirectory() as top:
        shutil.copytree(
            Path(neuristor.__file__).parent, Path(top, "neuristor"), ignore=shutil.ignore_patterns("__pycache__")
        )
        changes = {"PYTHONPATH": top, "NEURISTOR_CACHE": str(Path(top, "cache"))}
        request = {"model": model, "lanes": 1, "rtol": rtol, "repeats": 1}
        told = [child(request, **changes) for _ in range(4)]
        if not told[0]["package"].startswith(top):
            raise SystemExit("the fresh copy of the package was not the one that ran")
    net = neurons(other)
    theirs = [peer(net, [0], setting).wall for _ in range(3)]
    name = f"{model.upper()} 1 lane"
    return [
        row(f"{name}: process with nothing compiled", "s", [told[0]["whole"]]),
        row(f"{name}: process from then on", "s", [t["whole"] for t in told[1:]], theirs),
        row(f"{name}: second run in a process", "s", [t["wall"][0] for t in told[1:]], theirs),
    ]


def child(request: dict, **changes: str) -> dict:
    """What `work` tells in a fresh process; "whole": seconds from its start to its end."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--work", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **changes})
    if done.returncode:
        raise SystemExit(f"{done.stderr.strip().splitlines()[-1]}")
    told = json.loads(done.stdout)
    return told | {"whole": time.perf_counter() - start - sum(told["wall"])}


def work(request: dict) -> dict:
    """One warm-up lane, then timed runs of `lanes`; memory: MiB by which they raise the peak."""
    ours(spread(neurons(request["model"]), 1), request["rtol"])
    net = spread(neurons(request["model"]), request["lanes"])
    before = peak_memory()
    runs = [ours(net, request["rtol"]) for _ in range(request["repeats"])]
    found = {"wall": [r.wall for r in runs], "cpu": [r.cpu for r in runs], "package": neuristor.__file__}
    return found | {"memory": peak_memory() - before}


def peak_memory() -> float:
    """MiB this process has held at most."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def versions() -> dict[str, str]:
    peer_version = subprocess.run(["ngspice", "--version"], capture_output=True, text=True).stdout
    cpu_name = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "neuristor": neuristor.__version__,
        "Python": platform.python_version(),
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "ngspice": re.search(r"ngspice-(\S+)", peer_version)[1],
        "CPU": f"{cpu_name[1] if cpu_name else platform.machine()}, {cores()} cores",
    }


def show(rows: Sequence[dict], notes: Sequence[str]) -> None:
    print(", ".join(f"{k} {v}" for k, v in versions().items()))
    print(f"\n{'case':75}{'ours':>11}{'peer':>11}  {'ratio (min..max)'}")
    for r in rows:
        peer_told = f"{r['peer']:11.4g}" if r["peer"] is not None else " " * 11
        ratio = "{:.3g} ({:.3g}..{:.3g})".format(*r["ratio"]) if r["ratio"] else ""
        print(f"{r['case'] + (', ' + r['unit'] if r['unit'] else ''):75}{r['ours']:11.4g}{peer_told}  {ratio}")
    print("\n" + "\n".join(notes))


def note(model: str, other: str, c: dict) -> str:
    largest = f", steps up to {c['setting'][1]:g} s" if c["setting"][1] else ""
    tight = f"; tight runs differ by {c['tight_differ']:.1e}" if c["tight_differ"] is not None else ""
    return (
        f"{model}: rtol {c['rtol']:g} is within {c['error']:.1e}; ngspice {other}: reltol {c['setting'][0]:g}{largest}, "
        f"gear, is within {c['peer_error']:.1e} (intervals of {c['lanes']} lanes{tight})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("accuracy", "lanes", "transistors", "start")
    parser.add_argument("--only", choices=parts, nargs="+", default=parts, help="these parts; accuracy holds the ratios")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--quick", action="store_true", help="about a minute: for a look, not for a claim")
    parser.add_argument("--lanes", type=int)
    parser.add_argument("--peer-lanes", type=int)
    parser.add_argument("--check-lanes", type=int, help="lanes on which accuracy is checked")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(json.loads(options.work))))
        return
    if shutil.which("ngspice") is None:
        raise SystemExit("the program ngspice was not found: install it, e.g. apt install ngspice")
    sizes = argparse.Namespace(
        lanes=1000, peer_lanes=24, check_lanes=10, repeats=5, chain_lanes=64, neurons=(1, 2, 4, 6),
        lane_counts=(1, 10, 100, 1000, 10000),
    )  # fmt: skip
    if options.quick:
        vars(sizes).update(lanes=200, peer_lanes=4, check_lanes=2, repeats=2, neurons=(1, 6), lane_counts=(1, 100))
    vars(sizes).update({k: v for k, v in vars(options).items() if k in vars(sizes) and v is not None})
    cases = [("bsim3", "bsim3"), ("ekv", "level1")]
    if models_file() is None:
        print("without $NEURISTOR_DATA there are no BSIM3 cards: EKV alone", file=sys.stderr)
        cases = cases[1:]
    rows, notes, chosen = [], [], []
    for model, other in cases if "accuracy" in options.only else cases[:1]:
        chosen.append(choose(model, other, sizes.check_lanes))
        notes.append(note(model, other, chosen[-1]))
        if "accuracy" in options.only:
            rows += monte_carlo(model, other, chosen[-1], sizes)
    (model, other), rtol, setting = cases[0], chosen[0]["rtol"], chosen[0]["setting"]
    if "lanes" in options.only:
        rows += lanes_rows(model, other, rtol, setting, sizes)
    if "transistors" in options.only:
        rows += transistor_rows(model, other, rtol, setting, sizes)
    if "start" in options.only:
        rows += start_rows(model, other, rtol, setting)
    if options.json:
        told = {"versions": versions(), "sizes": vars(sizes), "settings": chosen, "rows": rows, "notes": notes}
        Path(options.json).write_text(json.dumps(told, indent=1))
    show(rows, notes)


if __name__ == "__main__":
    main()
