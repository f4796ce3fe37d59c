"""BindsNET: STDP, 784 inputs to 400 excitatory and 400 inhibitory neurons; prints JSON.

Usage: bindsnet_stdp.py PICTURES THREADS. Its own network of Diehl & Cook 2015 with its own numbers and steps of 1 ms; a
picture is drawn as Poisson spikes by its encoder, shown, and its state is reset, as in its examples.
"""

import json
import sys
import time
from importlib.metadata import version

import torch
from bindsnet.encoding import poisson
from bindsnet.models import DiehlAndCook2015
from network_cases import HIDDEN, INPUTS, STDP, pictures, weights

n = int(sys.argv[1])
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
steps = round(STDP["duration"] * 1e3)
rates = torch.tensor(pictures(n), dtype=torch.float32)
rates *= STDP["total_rate"] / rates.sum(dim=1, keepdim=True)
network = DiehlAndCook2015(INPUTS, n_neurons=HIDDEN, dt=1.0, norm=0.1 * INPUTS, inpt_shape=(INPUTS,))
learnt = network.connections["X", "Ae"].pipeline[0]


def show(rate):
    network.run({"X": poisson(rate, time=steps, dt=1.0)}, time=steps)
    network.reset_state_variables()


show(rates[0])  # warms up
learnt.value.data[:] = torch.tensor(weights(), dtype=torch.float32)
network.layers["Ae"].theta.zero_()
times = []
for rate in rates:
    begun = time.perf_counter()
    show(rate)
    times.append(time.perf_counter() - begun)
spikes = float(network.layers["Ae"].theta.sum()) / network.layers["Ae"].theta_plus  # it forgets 4e-5 of it a picture
told = {"times": times, "spikes": float(spikes) / n}
print(json.dumps({**told, "version": f"BindsNET {version('bindsnet')}, torch {torch.__version__}"}))
