"""The three cases that ours and every peer run: same neurons, inputs and step. SI units; no import but NumPy."""

import numpy as np

CASES = {
    # 100,000 neurons, 10,000 steps of 0.1 ms, exact update of the membrane at the step
    "lif": {"n": 100_000, "steps": 10_000, "dt": 1e-4},
    # 100,000 neurons, 10,000 Euler steps of 0.1 ms
    "izhikevich": {"n": 100_000, "steps": 10_000, "dt": 1e-4},
    # 10,000 COBAHH cells, 100 ms in exponential Euler steps of 0.01 ms
    "hodgkin_huxley": {"n": 10_000, "steps": 10_000, "dt": 1e-5},
}


def inputs(case: str, n: int) -> np.ndarray:
    """Constant input of each neuron: A (lif, 15 mV above rest at 15 pA ...), mV/ms (izhikevich), A (hodgkin_huxley)."""
    low, high = {"lif": (100e-12, 300e-12), "izhikevich": (0.0, 15.0), "hodgkin_huxley": (0.0, 500e-12)}[case]
    return np.linspace(low, high, n)


LIF = {"c_mem": 200e-12, "r_mem": 100e6, "v_rest": -70e-3, "v_th": -50e-3, "v_reset": -60e-3, "t_ref": 2e-3}
