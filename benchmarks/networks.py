"""Spiking networks against snnTorch, BindsNET and Brian2 on the same machine in turn; prints ratios of wall time.

    python benchmarks/networks.py --peer-python PEERS/bin/python --bindsnet-python BINDSNET/bin/python [--repeats 5]
                                  [--threads 2] [--stdp-threads 1] [--json FILE]

inference: 784-400-10 LIF layers in float32, batch 128, 100 steps, inputs that fire in 10 % of the steps.
           Weights are multiples of 1/1024, so that both must give the same spikes: compared by digest.
STDP:      784 inputs, all to 400 LIF neurons that learn; pictures of 350 ms with 6.4 kHz of Poisson spikes in all, drawn
           anew by each side within its time; sums of weights restored after every picture. Each takes a single showing.
           Pictures: scikit-learn's small digits, enlarged to 20 x 20 in a frame of 4, as MNIST's lie. All sides begin from
           weights and thresholds that our network learned from all of them, so that different pictures have different
           winners; spikes of the layer, and the share of neurons that fire and so learn, are told.
           Ours      exact between events, pair rule with soft bounds, winner takes all
           BindsNET  its network of Diehl & Cook 2015, with 400 inhibitory neurons and its own numbers, in steps of 1 ms
           Brian2    our rule, winner takes all, steps of 0.5 ms (Diehl & Cook 2015), compiled code (Cython), a run a picture

The peers need environments of their own (BindsNET brings torchvision, which does not load beside torch's CPU build):
    python3 -m venv PEERS && PEERS/bin/pip install "brian2==2.9.0" "numpy<2.4" torch==2.13.0
    PEERS/bin/pip install --no-deps snntorch==1.0.0
    python3 -m venv BINDSNET && BINDSNET/bin/pip install bindsnet==0.3.4
Blocks of ours and of the peer run in turn; compilation is left out on both sides; numbers are medians.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from math import nan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numba
import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

import neuristor
from neuristor.networks import Homeostasis, UnsupervisedNetwork
from neuristor.networks.spiking_inference import LIFLayer, infer
from neuristor.networks.unsupervised import TESTING, TRAINING

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "peers"))
from network_cases import BETA, inference, start  # noqa: E402

RUNS = 3  # of a block of inference
EPOCHS = 3  # of all digits, before the pictures whose time counts
TARGETS = {"inference": 2.5, "STDP": 10.0}
ENVIRONMENT = {"SETUPTOOLS_USE_DISTUTILS": "stdlib"}  # Brian2 2.9 with a recent setuptools
Told = dict[str, Any]


def peer(python: str, script: str, *words: Any) -> Told | None:
    """The peer's JSON, or None where it is not installed."""
    command = [python, str(HERE / "peers" / script), *map(str, words)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | ENVIRONMENT
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        print(f"{script}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def our_inference(samples: int, steps: int, repeats: int, reset: str) -> Told:
    first, second, spikes = inference(samples, steps)
    layers = [LIFLayer(w, beta=BETA, reset=reset) for w in (first, second)]
    found = infer(layers, spikes[:, :1])  # compiles
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = infer(layers, spikes)
        times.append(time.perf_counter() - start)
    return {"times": times, "spikes": int(found.sum()), "digest": hashlib.sha256(np.packbits(found).tobytes()).hexdigest()}


def digits() -> np.ndarray:
    """(n, inputs) in [0, 1]: all the small digits, as large as MNIST's."""
    large = zoom(load_digits().images / 16, (1, 2.5, 2.5), order=1)
    return np.pad(large, ((0, 0), (4, 4), (4, 4))).reshape(len(large), -1)


def stdp_network() -> UnsupervisedNetwork:
    return UnsupervisedNetwork(membrane="lif", homeostasis=Homeostasis(showings=1, fewest=0))


def write_start(path: Path, n: int) -> None:
    """What `network_cases.start` reads: the first n digits, and a network that has learned all of them."""
    x = digits()
    network = stdp_network().train(x, EPOCHS)
    np.savez(path, pictures=x[:n], weights=network.weights, theta=network.theta)


def our_stdp(path: Path) -> Told:
    """Seconds of every picture in training, the layer's mean spikes, the share of neurons that learn."""
    network = stdp_network()
    shown, network.weights, network.theta = start(str(path))
    room = network.room()
    network.show(shown[0], 0, TESTING, room)  # compiles
    times, counts = [], np.zeros(network.neurons)
    for k, x in enumerate(shown):
        begun = time.perf_counter()
        counts += network.show(x, k, TRAINING, room)
        times.append(time.perf_counter() - begun)
    return {"times": times, "spikes": counts.sum() / len(shown), "learnt": float(np.mean(counts > 0))}


def row(case: str, change: str, mine: list[Told], theirs: list[Told], agreement: str) -> Told:
    """Medians of both, and of the ratios block by block; of ours alone where the peer is missing."""
    ratios = [median(b["times"]) / median(a["times"]) for a, b in zip(mine, theirs, strict=False)]
    ours, other = (median([t for block in blocks for t in block["times"]]) for blocks in (mine, theirs))
    return {
        "case": case, "peer": f"{theirs[0]['version']}{change}" if theirs else "peer not installed", "ours_ms": 1e3 * ours,
        "peer_ms": 1e3 * other, "ratio": [median(ratios), min(ratios, default=nan), max(ratios, default=nan)],
        "target": TARGETS[case.split(",")[0]], "agreement": agreement if theirs else "",
    }  # fmt: skip


def median(values: list[float]) -> float:
    return statistics.median(values) if values else nan


def in_turn(blocks: int, ours: Callable[[], Told], other: Callable[[], Told | None]) -> tuple[list[Told], list[Told]]:
    """Blocks of theirs and ours; of ours alone where the peer is missing."""
    mine: list[Told] = []
    theirs: list[Told] = []
    for k in range(blocks):
        if len(theirs) == k and (found := other()) is not None:
            theirs.append(found)
        mine.append(ours())
    return mine, theirs


def rows(options: argparse.Namespace) -> list[Told]:
    found = []
    python, samples, steps = options.peer_python, options.samples, options.steps
    for reset in ("subtract", "zero"):
        mine, theirs = in_turn(
            options.repeats,
            lambda r=reset: our_inference(samples, steps, RUNS, r),
            lambda r=reset: peer(python, "snntorch_inference.py", samples, steps, RUNS, r, options.threads),
        )
        same = {told["digest"] for told in (*mine, *theirs)} == {mine[0]["digest"]}
        told = f"{mine[0]['spikes']} spikes, {'all equal' if same else 'not equal'}"
        found.append(row(f"inference, {samples} x {steps} steps", f", reset {reset}", mine, theirs, told))
    with TemporaryDirectory() as folder:
        file = Path(folder, "start.npz")
        write_start(file, options.pictures)
        for other in (
            lambda: peer(options.bindsnet_python, "bindsnet_stdp.py", file, options.stdp_threads),
            lambda: peer(python, "brian2_stdp.py", file),
        ):
            mine, theirs = in_turn(options.repeats, lambda: our_stdp(file), other)
            sides = mine[0], *theirs[:1]
            told = ", peer ".join(f"{t['spikes']:.1f} spikes a picture, {t['learnt']:.1%} learn" for t in sides)
            found.append(row("STDP, one picture", "", mine, theirs, told))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter of the peers' environment")
    parser.add_argument("--bindsnet-python", default=sys.executable, help="interpreter of BindsNET's environment")
    parser.add_argument("--repeats", type=int, default=5, help="blocks of each side")
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--pictures", type=int, default=20, help="of a block of STDP")
    parser.add_argument("--threads", type=int, default=2, help="of each side in inference")
    parser.add_argument("--stdp-threads", type=int, default=1, help="of BindsNET; ours and Brian2 take one")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ["NEURISTOR_THREADS"] = str(options.threads)
    told = f"neuristor {neuristor.__version__}, NumPy {np.__version__}, numba {numba.__version__}, {platform.machine()}"
    threads = f"threads: {options.threads} a side in inference, {options.stdp_threads} of BindsNET, else one"
    print(f"{told}; {threads}; medians of {options.repeats} blocks")
    found = rows(options)
    print(f"{'case':30}{'peer':52}{'ours ms':>9}{'peer ms':>9}{'ratio':>8}  {'(min .. max)':16}{'target':>7}  agreement")
    for r in found:
        middle, low, high = r["ratio"]
        spread = f"({low:.1f} .. {high:.1f})"
        numbers = f"{r['ours_ms']:9.2f}{r['peer_ms']:9.1f}{middle:8.1f}  {spread:16}{r['target']:7g}"
        print(f"{r['case']:30}{r['peer']:52}{numbers}  {r['agreement']}")
    if options.json:
        options.json.write_text(json.dumps({"rows": found, "neuristor": neuristor.__version__}))


if __name__ == "__main__":
    main()
