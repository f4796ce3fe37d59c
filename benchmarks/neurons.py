"""Neurons against Brian2, NEST and snnTorch: same model, step, inputs; prints ratios of time per neuron update.

    python benchmarks/neurons.py --peer-python PATH/TO/peers/bin/python [--json] [--quick]

The peers need their own environment (Brian2 2.9 wants NumPy below 2.4):
    python3 -m venv peers && peers/bin/pip install "brian2==2.9.0" "numpy<2.4" torch==2.13.0 nest-simulator
    peers/bin/pip install --no-deps snntorch

Ours and the peers run in turn in one session; every number is the median of at least five runs. Compilation is left
out on both sides (Brian2's compiled program is timed, ours after a first run). Peers that are slow run fewer steps; the
time per update is what is compared, and rates are compared over the same steps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import neuristor as nr

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))
from cases import CASES, LIF, capacitances, inputs  # noqa: E402

PEERS = [
    (
        "brian2_peer.py",
        "cpp",
        "Brian2 C++ standalone, 2 threads",
        dict.fromkeys(("lif", "lif_spread", "izhikevich"), 2000) | {"hodgkin_huxley": 1000},
    ),
    (
        "brian2_peer.py",
        "runtime",
        "Brian2 runtime (Cython)",
        {"lif": 500, "lif_spread": 500, "izhikevich": 500, "hodgkin_huxley": 500},
    ),
    ("snntorch_peer.py", "cpu", "snnTorch, float32, no refractory", {"lif": 1000}),
    ("nest_peer.py", "cpu", "NEST, 2 threads", {"lif": 1000, "izhikevich": 1000}),
]
TARGETS = {"lif": 25.0, "lif_spread": 25.0, "izhikevich": 3.5, "hodgkin_huxley": 3.0}


def ours(case: str, steps: int, **changes: Any) -> tuple[float, int]:
    """Seconds and spikes of our run."""
    setting = CASES[case]
    current = inputs(case, setting["n"])
    if case == "lif_spread":
        changes = {"c_mem": capacitances(setting["n"]), **changes}
    neuron, stimulus, method = {
        "lif": (nr.LIF(**{**LIF, **changes}), nr.Step(current), "exact_grid"),
        "lif_spread": (nr.LIF(**{**LIF, **changes}), nr.Step(current), "exact_grid"),
        "izhikevich": (nr.Izhikevich(), nr.Step(current, unit="V/s"), "euler"),
        "hodgkin_huxley": (nr.CorticalHH(), nr.Step(current), "exponential_euler"),
    }[case]
    start = time.perf_counter()
    trace = nr.simulate(neuron, stimulus, steps * setting["dt"], method=method, dt=setting["dt"], record=())
    return time.perf_counter() - start, len(trace.spike_times)


def peer(python: str, script: str, mode: str, case: str, steps: int, repeats: int) -> dict | None:
    """The peer's JSON, or None where it is not installed or has no such neuron."""
    command = [python, str(HERE / "peers" / script), case, mode, str(steps), str(repeats)]
    environment = {**os.environ, "SETUPTOOLS_USE_DISTUTILS": "stdlib"}  # Brian2 2.9 with a recent setuptools
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(f"{script} {mode} {case}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def case_rows(python: str, case: str, repeats: int) -> list[dict]:
    setting = CASES[case]
    for changes in ({}, {"t_ref": 0.0}) if case == "lif" else ({},):
        ours(case, 10, **changes)  # compile first
    rows = []
    for script, mode, name, peer_steps in PEERS:
        if case not in peer_steps:
            continue
        steps, blocks = peer_steps[case], 3 if repeats >= 5 else 1
        theirs: list[float] = []
        mine: list[float] = []
        result = None
        for _ in range(blocks):  # in turn: a block of theirs, a block of ours
            result = peer(python, script, mode, case, steps, -(-repeats // blocks))
            if result is None:
                break
            theirs += [t / result["updates"] for t in result["times"]]
            updates = setting["n"] * setting["steps"]
            mine += [ours(case, setting["steps"])[0] / updates for _ in range(-(-repeats // blocks))]
        if result is None:
            continue
        same = ours(case, steps, **({"t_ref": 0.0} if script.startswith("snntorch") else {}))[1]
        rows.append(
            {
                "case": case,
                "peer": f"{name} {result['version']}",
                "ratio": statistics.median(theirs) / statistics.median(mine),
                "ours_per_second": 1e-6 / statistics.median(mine),
                "peer_per_second": 1e-6 / statistics.median(theirs),
                "rate_difference": same / result["spikes"] - 1 if result["spikes"] else float("nan"),
                "target": TARGETS[case] if mode == "cpp" else None,
            }
        )
    return rows


def scaling(repeats: int) -> list[dict]:
    """Cost per lane of the located LIF run (method exact) from 1e3 to 1e6 lanes, 0.2 s each."""
    rows = []
    for n in (1_000, 10_000, 100_000, 1_000_000):
        stimulus = nr.Step(np.linspace(100e-12, 300e-12, n))
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            trace = nr.simulate(nr.LIF(**LIF), stimulus, 0.2, record=())
            times.append(time.perf_counter() - start)
        held = trace.spike_times.nbytes + trace.spike_offsets.nbytes
        rows.append(
            {"lanes": n, "relative_cost": statistics.median(times) / n, "bytes_per_spike": held / len(trace.spike_times)}
        )
    base = rows[1]["relative_cost"]
    return [{**row, "relative_cost": row["relative_cost"] / base} for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter of the peers' environment")
    parser.add_argument("--case", choices=list(CASES), action="append", help="only this case (repeat for more)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one repetition: for a look, not for a claim")
    options = parser.parse_args()
    repeats = 1 if options.quick else 6
    rows = [row for case in options.case or CASES for row in case_rows(options.peer_python, case, repeats)]
    growth = scaling(1 if options.quick else 5)
    if options.json:
        print(json.dumps({"ratios": rows, "scaling": growth, "neuristor": nr.__version__}))
        return
    print(f"neuristor {nr.__version__}, Python {platform.python_version()}, {platform.machine()}, medians of {repeats}\n")
    print(f"{'case':16}{'peer':56}{'times faster':>13}{'M updates/s':>13}{'peer':>9}{'rates':>9}{'target':>8}")
    for r in rows:
        target = f"{r['target']:g}" if r["target"] else ""
        print(
            f"{r['case']:16}{r['peer']:56}{r['ratio']:13.1f}{r['ours_per_second']:13.0f}{r['peer_per_second']:9.0f}"
            f"{100 * r['rate_difference']:+8.2f}%{target:>8}"
        )
    print(f"\n{'lanes (LIF, located, 0.2 s)':30}{'cost per lane':>15}{'bytes per spike':>17}")
    for g in growth:
        print(f"{g['lanes']:<30}{g['relative_cost']:15.2f}{g['bytes_per_spike']:17.1f}")


if __name__ == "__main__":
    main()
