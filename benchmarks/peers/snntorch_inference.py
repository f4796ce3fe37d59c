"""snnTorch: 784-400-10 inference on the CPU; prints JSON.

Usage: snntorch_inference.py SAMPLES STEPS REPEATS RESET THREADS.
"""

import hashlib
import json
import sys
import time

import numpy as np
import snntorch
import torch
from network_cases import BETA, inference

samples, steps, repeats, reset = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(int(sys.argv[5]))
first, second, spikes = inference(samples, steps)
layers = [torch.nn.Linear(*w.shape, bias=False) for w in (first, second)]
for layer, w in zip(layers, (first, second), strict=True):
    layer.weight.data = torch.tensor(w.T.copy(), dtype=torch.float32)
neurons = [snntorch.Leaky(beta=BETA, reset_mechanism=reset) for _ in layers]
shown = torch.tensor(spikes, dtype=torch.float32)
times = []
with torch.no_grad():
    for _ in range(repeats + 1):
        membranes = [neuron.init_leaky() for neuron in neurons]
        fired = []
        start = time.perf_counter()
        for x in shown:
            for k, (layer, neuron) in enumerate(zip(layers, neurons, strict=True)):
                x, membranes[k] = neuron(layer(x), membranes[k])
            fired.append(x)
        found = torch.stack(fired)
        times.append(time.perf_counter() - start)
bits = np.packbits(found.numpy() > 0)
version = f"snnTorch {snntorch.__version__}, torch {torch.__version__}"
told = {"times": times[1:], "spikes": int(found.sum()), "digest": hashlib.sha256(bits.tobytes()).hexdigest()}
print(json.dumps({**told, "version": version}))
