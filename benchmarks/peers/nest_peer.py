"""NEST: the LIF and Izhikevich cases with two threads; prints JSON. Usage: nest_peer.py CASE MODE STEPS REPEATS."""

import json
import sys
import time

import nest
from cases import CASES, LIF, inputs

case, steps, repeats = sys.argv[1], int(sys.argv[3]), int(sys.argv[4])
n, dt = CASES[case]["n"], CASES[case]["dt"]
times, spikes = [], 0
for _ in range(repeats):
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": 1e3 * dt, "local_num_threads": 2, "print_time": False})
    if case == "lif":  # mV, ms, pF, pA; exact integration of the membrane
        settings = {
            "C_m": 1e12 * LIF["c_mem"], "tau_m": 1e3 * LIF["r_mem"] * LIF["c_mem"], "E_L": 1e3 * LIF["v_rest"],
            "V_th": 1e3 * LIF["v_th"], "V_reset": 1e3 * LIF["v_reset"], "t_ref": 1e3 * LIF["t_ref"],
            "V_m": 1e3 * LIF["v_rest"],
        }  # fmt: skip
        cells = nest.Create("iaf_psc_delta", n, params=settings)
        cells.I_e = list(1e12 * inputs(case, n))
    else:
        settings = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "V_m": -65.0, "U_m": -13.0, "consistent_integration": True}
        cells = nest.Create("izhikevich", n, params=settings)
        cells.I_e = list(inputs(case, n))
    recorder = nest.Create("spike_recorder")
    nest.Connect(cells, recorder)
    nest.Prepare()
    start = time.perf_counter()
    nest.Run(1e3 * dt * steps)
    times.append(time.perf_counter() - start)
    nest.Cleanup()
    spikes = int(recorder.n_events)
print(json.dumps({"times": times, "spikes": spikes, "updates": n * steps, "version": nest.__version__}))
