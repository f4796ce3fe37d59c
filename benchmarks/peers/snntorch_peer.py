"""snnTorch: the LIF case in float32 on the CPU; prints JSON. Usage: snntorch_peer.py CASE MODE STEPS REPEATS."""

import json
import sys
import time

import numpy as np
import snntorch
import torch
from cases import CASES, LIF, inputs

case, steps, repeats = sys.argv[1], int(sys.argv[3]), int(sys.argv[4])
if case != "lif":
    sys.exit("snnTorch has no such neuron")
n, dt = CASES[case]["n"], CASES[case]["dt"]
torch.set_num_threads(2)
beta = float(np.exp(-dt / (LIF["r_mem"] * LIF["c_mem"])))
span = LIF["v_th"] - LIF["v_reset"]
neuron = snntorch.Leaky(beta=beta, threshold=1.0, reset_mechanism="zero")  # no refractory period there
drive = (LIF["v_rest"] + LIF["r_mem"] * inputs(case, n) - LIF["v_reset"]) / span * (1 - beta)
drive = torch.tensor(drive, dtype=torch.float32)
times = []
with torch.no_grad():
    for _ in range(repeats):
        membrane = torch.full((n,), (LIF["v_rest"] - LIF["v_reset"]) / span)
        count = torch.zeros(n)
        start = time.perf_counter()
        for _ in range(steps):
            spike, membrane = neuron(drive, membrane)
            count += spike
        times.append(time.perf_counter() - start)
version = f"{snntorch.__version__}, torch {torch.__version__}"
print(json.dumps({"times": times, "spikes": int(count.sum()), "updates": n * steps, "version": version}))
