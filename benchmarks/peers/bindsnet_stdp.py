"""BindsNET: STDP, 784 inputs to 400 excitatory and 400 inhibitory neurons; prints JSON.

Usage: bindsnet_stdp.py START THREADS. Its own network of Diehl & Cook 2015 with its own numbers and steps of 1 ms; a
picture is drawn as Poisson spikes by its encoder, shown, and its state is reset, as in its examples.
"""

import json
import sys
import time
from importlib.metadata import version

import torch
from bindsnet.encoding import poisson
from bindsnet.models import DiehlAndCook2015
from network_cases import HIDDEN, INPUTS, STDP, start

pictures, weights, theta = (torch.tensor(a, dtype=torch.float32) for a in start(sys.argv[1]))
torch.set_num_threads(int(sys.argv[2]))
torch.manual_seed(1)
steps = round(STDP["duration"] * 1e3)
rates = pictures * (STDP["total_rate"] / pictures.sum(dim=1, keepdim=True))
network = DiehlAndCook2015(INPUTS, n_neurons=HIDDEN, dt=1.0, norm=0.1 * INPUTS, inpt_shape=(INPUTS,))
learnt = network.connections["X", "Ae"].pipeline[0]


def show(rate):
    network.run({"X": poisson(rate, time=steps, dt=1.0)}, time=steps)
    network.reset_state_variables()


show(rates[0])  # warms up
learnt.value.data[:] = weights
layer = network.layers["Ae"]
layer.theta[:] = theta
times, counts = [], torch.zeros(HIDDEN)
for rate in rates:
    before, begun = layer.theta.clone(), time.perf_counter()
    show(rate)
    times.append(time.perf_counter() - begun)
    counts += torch.round((layer.theta - before) / layer.theta_plus)  # what it forgets meanwhile is far less than a spike
told = {"times": times, "spikes": float(counts.sum()) / len(rates), "learnt": float((counts > 0).float().mean())}
print(json.dumps({**told, "version": f"BindsNET {version('bindsnet')}, torch {torch.__version__}"}))
