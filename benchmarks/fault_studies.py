"""Fault studies of the CMOS neuron: a thousand rippled inputs on its circuit, on its extracted model, and in ngspice.

    python benchmarks/fault_studies.py [--lanes 1000] [--peer-lanes 4] [--repeats 5] [--json FILE]

Prints ratios of CPU time a lane, in turn in one process, medians with the range; ngspice (its row is left out where it is
not installed) runs on fewer lanes, with the tolerance that gives intervals as exact as ours. Compilation and the
extraction itself are left out; the latter is timed on the last line.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np

import neuristor
from neuristor import Fluctuated, Step
from neuristor.circuits.cells import CmosLIF
from neuristor.experiments import extract
from neuristor.stimulus import Stimulus
from neuristor.stimulus.base import Segments

DURATION, CURRENT, RELTOL = 5e-3, 10e-12, 1e-5


class Tabulated(Stimulus):
    """A stimulus whose tables are made once, so that drawing it is not timed."""

    def __init__(self, inner: Stimulus) -> None:
        self.inner, self.lanes, self.duration, self.unit = inner, inner.lanes, inner.duration, inner.unit
        self.kept: dict[range, Segments] = {}

    def segments(self, lanes: range) -> Segments:
        if lanes not in self.kept:
            self.kept[lanes] = self.inner.segments(lanes)
        return self.kept[lanes]

    def describe(self) -> str:
        return self.inner.describe()


def cpu() -> float:
    """Processor seconds of this process and of the programs it has run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def timed(run: Callable[[], object]) -> float:
    start = cpu()
    run()
    return cpu() - start


def ripple(lanes: int) -> Stimulus:
    return Fluctuated(Step(CURRENT), 0.10, "20 us", lanes=lanes, duration=DURATION)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument("--peer-lanes", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cell = CmosLIF()
    start = time.perf_counter()
    model = extract(cell, ("1 pA", "1 nA")).neuron
    extraction = time.perf_counter() - start
    fixed, few = Tabulated(ripple(options.lanes)), ripple(options.peer_lanes)
    runs: dict[str, tuple[int, Callable[[], object]]] = {
        "circuit": (options.lanes, lambda: cell.simulate(fixed, DURATION, record=())),
        "model": (options.lanes, lambda: model.simulate(fixed, DURATION, record=())),
        "model, ripple drawn anew": (options.lanes, lambda: model.simulate(ripple(options.lanes), DURATION, record=())),
    }
    if shutil.which("ngspice"):
        runs["ngspice"] = (
            options.peer_lanes,
            lambda: cell.simulate(few, DURATION, record=(), engine="ngspice", rtol=RELTOL),
        )
    for _, run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, (lanes, run) in runs.items():
            seconds[name].append(timed(run) / lanes)
    exact, close = (n.simulate(fixed, DURATION, record=()) for n in (cell, model))
    worst = float(np.abs(close.spike_times / exact.spike_times - 1).max())
    pairs = [("model", "circuit"), ("model, ripple drawn anew", "circuit"), ("model", "ngspice"), ("circuit", "ngspice")]
    rows = [row(seconds, ours, peer) for ours, peer in pairs if peer in seconds]
    told = f"neuristor {neuristor.__version__}, numba {numba.__version__}, Python {platform.python_version()}"
    print(f"{told}; {options.lanes} lanes of 10 % ripple, {DURATION:g} s; largest error of a spike time {worst:.1e}")
    print(f"{'CPU time a lane: ours':28} {'peer':10} {'times less':>10}  (range)")
    for r in rows:
        print(f"{r['ours']:28} {r['peer']:10} {r['ratio'][0]:10.0f}  ({r['ratio'][1]:.0f} .. {r['ratio'][2]:.0f})")
    print(f"extraction: {extraction:.1f} s, once")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "worst": worst, "extraction": extraction}))


def row(seconds: dict[str, list[float]], ours: str, peer: str) -> dict:
    """Ratio of medians, and the smallest and largest ratio of single runs in turn."""
    each = [b / a for a, b in zip(seconds[ours], seconds[peer], strict=True)]
    ratio = statistics.median(seconds[peer]) / statistics.median(seconds[ours])
    return {"ours": ours, "peer": peer, "ratio": [ratio, min(each + [ratio]), max(each + [ratio])]}


if __name__ == "__main__":
    main()
