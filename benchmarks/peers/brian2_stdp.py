"""Brian2 (Cython): STDP, 784 inputs to 400 LIF neurons, winner takes all; prints JSON. Usage: brian2_stdp.py START.

Restores the sums of the weights after every picture, as Diehl & Cook 2015 do. One showing a picture.
"""

import json
import sys
import time

import brian2 as b
import numpy as np
from network_cases import HIDDEN, INPUTS, STDP, start

pictures, weights, theta = start(sys.argv[1])
b.prefs.codegen.target = "cython"
b.defaultclock.dt = STDP["dt"] * b.second
names = {k: STDP[k] for k in ("v_th", "theta_plus", "a_plus", "a_minus")}
names |= {k: STDP[k] * b.second for k in ("tau_m", "tau_plus", "tau_minus")}
rates = pictures * (STDP["total_rate"] / pictures.sum(axis=1, keepdims=True))
inputs = b.PoissonGroup(INPUTS, rates[0] * b.Hz)
layer = b.NeuronGroup(
    HIDDEN, "dv/dt = -v / tau_m : 1 (unless refractory)\ntheta : 1", threshold="v > v_th + theta",
    reset="v = 0\ntheta += theta_plus", refractory=STDP["t_ref"] * b.second, method="exact", namespace=names,
)  # fmt: skip
learning = b.Synapses(
    inputs, layer,
    "w : 1\ndx/dt = -x / tau_plus : 1 (event-driven)\ndy/dt = -y / tau_minus : 1 (event-driven)",
    on_pre="v_post += w\nw = clip(w - a_minus * y * w, 0, 1)\nx += 1",
    on_post="w = clip(w + a_plus * x * (1 - w), 0, 1)\ny += 1", namespace=names,
)  # fmt: skip
learning.connect()
learning.w = weights[np.asarray(learning.i), np.asarray(learning.j)]
rivals = b.Synapses(layer, layer, on_pre="v_post = 0")
rivals.connect(condition="i != j")
fired = b.SpikeMonitor(layer, record=False)
network = b.Network(inputs, layer, learning, rivals, fired)
network.run(STDP["dt"] * b.second)  # compiles
layer.theta = theta
times = []
to = np.asarray(learning.j)
for rate in rates:
    inputs.rates = rate * b.Hz
    begun = time.perf_counter()
    network.run(STDP["duration"] * b.second)
    w = np.asarray(learning.w)
    sums = np.bincount(to, w, minlength=HIDDEN)
    learning.w = np.minimum(w * (0.1 * INPUTS / sums)[to], 1.0)
    layer.v = 0
    learning.x, learning.y = 0, 0
    times.append(time.perf_counter() - begun)
learnt = float(np.mean(np.asarray(layer.theta) > theta))
told = {"times": times, "spikes": fired.num_spikes / len(rates), "learnt": learnt}
print(json.dumps({**told, "version": f"Brian2 {b.__version__} (Cython)"}))
