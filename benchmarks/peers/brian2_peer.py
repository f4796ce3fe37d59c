"""Brian2: run one case and print JSON. Usage: brian2_peer.py CASE MODE(cpp|runtime) STEPS REPEATS."""

import json
import os
import subprocess
import sys
import tempfile
import time

import brian2 as b
from cases import CASES, LIF, capacitances, inputs

case, mode, steps, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
setting = CASES[case]
n, dt = setting["n"], setting["dt"]
folder = tempfile.mkdtemp()
if mode == "cpp":
    b.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b.prefs.devices.cpp_standalone.openmp_threads = 2
else:
    b.prefs.codegen.target = "cython"
b.defaultclock.dt = dt * b.second
current = inputs(case, n)

if case == "lif":
    names = {k: float(v) for k, v in LIF.items()}
    group = b.NeuronGroup(
        n,
        "dv/dt = (v_rest - v + r_mem*drive) / tau : 1 (unless refractory)\ndrive : 1 (constant)",
        threshold="v >= v_th", reset="v = v_reset", refractory=LIF["t_ref"] * b.second, method="exact",
        namespace={**names, "tau": LIF["r_mem"] * LIF["c_mem"] * b.second},
    )  # fmt: skip
    group.v, group.drive = LIF["v_rest"], current
elif case == "lif_spread":
    names = {k: float(v) for k, v in LIF.items()}
    group = b.NeuronGroup(
        n,
        "dv/dt = (v_rest - v + r_mem*drive) / tau : 1 (unless refractory)\ndrive : 1 (constant)\ntau : second (constant)",
        threshold="v >= v_th", reset="v = v_reset", refractory=LIF["t_ref"] * b.second, method="exact", namespace=names,
    )  # fmt: skip
    group.v, group.drive, group.tau = LIF["v_rest"], current, LIF["r_mem"] * capacitances(n) * b.second
elif case == "izhikevich":
    group = b.NeuronGroup(
        n,
        "dv/dt = (0.04*v*v + 5*v + 140 - u + drive)/ms : 1\ndu/dt = 0.02*(0.2*v - u)/ms : 1\ndrive : 1 (constant)",
        threshold="v >= 30", reset="v = -65\nu += 8", method="euler",
    )  # fmt: skip
    group.v, group.u, group.drive = -65, -13, current
else:
    group = b.NeuronGroup(
        n,
        """
        dv/dt = (drive - 10*nS*(v + 60*mV) - 20*uS*(m*m*m)*h*(v - 50*mV) - 6*uS*(k*k*k*k)*(v + 90*mV))/(200*pF) : volt
        dm/dt = am*(1 - m) - bm*m : 1
        dk/dt = ak*(1 - k) - bk*k : 1
        dh/dt = ah*(1 - h) - bh*h : 1
        am = 0.32/mV*4*mV/exprel((13*mV - v - 63*mV)/(4*mV))/ms : Hz
        bm = 0.28/mV*5*mV/exprel((v + 63*mV - 40*mV)/(5*mV))/ms : Hz
        ah = 0.128*exp((17*mV - v - 63*mV)/(18*mV))/ms : Hz
        bh = 4./(1 + exp((40*mV - v - 63*mV)/(5*mV)))/ms : Hz
        ak = 0.032/mV*5*mV/exprel((15*mV - v - 63*mV)/(5*mV))/ms : Hz
        bk = 0.5*exp((10*mV - v - 63*mV)/(40*mV))/ms : Hz
        drive : amp (constant)
        """,
        threshold="v > -20*mV", refractory=3 * b.ms, method="exponential_euler",
    )  # fmt: skip
    group.v, group.h, group.drive = -60 * b.mV, 1, current * b.amp

monitor = b.SpikeMonitor(group)
duration = steps * dt * b.second
times = []
if mode == "cpp":
    b.run(duration)
    b.device.build(directory=folder, compile=True, run=False)
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(
            ["./main"], cwd=folder, check=True, env={**os.environ, "OMP_NUM_THREADS": "2"}, stdout=subprocess.DEVNULL
        )
        times.append(time.perf_counter() - start)
    results = os.path.join(folder, "results")
    info = next(os.path.join(results, f) for f in os.listdir(results) if f.startswith("_dynamic_array_spikemonitor_t"))
    spikes = os.path.getsize(info) // 8
else:
    b.run(0 * b.second)
    b.store()
    for _ in range(repeats):
        b.restore()
        start = time.perf_counter()
        b.run(duration)
        times.append(time.perf_counter() - start)
    spikes = int(monitor.num_spikes)
print(json.dumps({"times": times, "spikes": int(spikes), "updates": n * steps, "version": b.__version__}))
