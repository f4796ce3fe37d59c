"""The three cases that ours and every peer run: same neurons, inputs and step. SI units; no import but NumPy."""

import numpy as np

CASES = {
    # 100,000 neurons, 10,000 steps of 0.1 ms, exact update of the membrane at the step
    "lif": {"n": 100_000, "steps": 10_000, "dt": 1e-4},
    # the same with a capacitance of its own for every neuron (10 % spread)
    "lif_spread": {"n": 100_000, "steps": 10_000, "dt": 1e-4},
    # 100,000 neurons, 10,000 Euler steps of 0.1 ms
    "izhikevich": {"n": 100_000, "steps": 10_000, "dt": 1e-4},
    # 10,000 COBAHH cells, 100 ms in exponential Euler steps of 0.01 ms
    "hodgkin_huxley": {"n": 10_000, "steps": 10_000, "dt": 1e-5},
}


def inputs(case: str, n: int) -> np.ndarray:
    """Constant input of each neuron: A (lif, hodgkin_huxley) or mV/ms (izhikevich)."""
    low, high = {"izhikevich": (0.0, 15.0), "hodgkin_huxley": (0.0, 500e-12)}.get(case, (100e-12, 300e-12))
    return np.linspace(low, high, n)


def capacitances(n: int) -> np.ndarray:
    """Membrane capacitance of each neuron of the spread case, F."""
    return LIF["c_mem"] * np.random.default_rng(0).normal(1.0, 0.1, n).clip(0.5, 1.5)


LIF = {"c_mem": 200e-12, "r_mem": 100e6, "v_rest": -70e-3, "v_th": -50e-3, "v_reset": -60e-3, "t_ref": 2e-3}
