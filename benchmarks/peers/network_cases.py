"""What both sides of benchmarks/networks.py run: drawn from seeds, so that neither has to be told by the other."""

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


def pictures(n: int) -> np.ndarray:
    """(n, inputs) in [0, 1]: blots of ink as large as a digit's."""
    rng = np.random.default_rng(2)
    y, x = np.divmod(np.arange(INPUTS), 28)
    middle = rng.uniform(8, 20, (n, 2, 1))
    return np.exp(-((y - middle[:, 0]) ** 2 + (x - middle[:, 1]) ** 2) / 18.0)


def weights() -> np.ndarray:
    """(inputs, neurons) before learning, every neuron's sum 0.1 x inputs."""
    w = np.random.default_rng(3).random((INPUTS, HIDDEN))
    return w * (0.1 * INPUTS / w.sum(axis=0))
