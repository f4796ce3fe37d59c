"""What both sides of benchmarks/networks.py run: drawn from seeds, or read from the file that it writes."""

import numpy as np

INPUTS, HIDDEN, CLASSES = 784, 400, 10
BETA, DENSITY, GRID = 0.9, 0.1, 1024  # weights are multiples of 1/GRID: their sums are exact in float32
STDP = {  # one layer of linear-decay or leaky neurons, all to all, as UnsupervisedNetwork(membrane="lif") has it
    "v_th": 20.0, "tau_m": 0.1, "t_ref": 2e-3, "tau_plus": 0.02, "tau_minus": 0.02, "a_plus": 0.01, "a_minus": 1e-4,
    "theta_plus": 0.05, "duration": 0.35, "total_rate": 6400.0, "dt": 0.5e-3,
}  # fmt: skip


def inference(samples: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of both layers (inputs, neurons), and input spikes (steps, samples, inputs)."""
    rng = np.random.default_rng(1)
    first, second = rng.normal(0, 0.1, (INPUTS, HIDDEN)), rng.normal(0, 0.3, (HIDDEN, CLASSES))
    spikes = rng.random((steps, samples, INPUTS)) < DENSITY
    return np.rint(first * GRID) / GRID, np.rint(second * GRID) / GRID, spikes


def start(path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of STDP: pictures (n, inputs) in [0, 1], weights (inputs, neurons), rises of the thresholds (neurons,) in mV."""
    with np.load(path) as stored:
        return stored["pictures"], stored["weights"], stored["theta"]
