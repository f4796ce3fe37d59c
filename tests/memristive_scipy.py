"""The equations of the memristor-based neuron for SciPy, written independently of the package."""

import numpy as np
from scipy.integrate import solve_ivp

BETA = 1.602176634e-19 / (1.380649e-23 * 298.15)
C, R_S, V_TH, V_REL, R_SW = 10e-9, 5.11e3, 1.0, 20e-3, 5.0
R_ON, R_OFF, V_ON, V_OFF, TAU = 5e3, 100e3, 0.2, -0.8, 1e-3


def across(y):
    """Voltage across the memristor of (v_c, x, energy)."""
    r_m = 1 / (y[1] / R_ON + (1 - y[1]) / R_OFF)
    return y[0] * r_m / (r_m + R_S)


def field(t, y, i, closed):
    v, x = across(y), y[1]
    r_m = 1 / (x / R_ON + (1 - x) / R_OFF)
    leak = y[0] / (r_m + R_S) + closed * y[0] / R_SW
    a, b = 1 / (1 + np.exp(-BETA * (v - V_ON))), 1 / (1 + np.exp(BETA * (v - V_OFF)))
    return [(i - leak) / C, (a * (1 - x) - b * x) / TAU, y[0] * i]


def reference(end, method, rtol):
    """Spikes and the energy of the source up to each, with the input of figures 5 and 6."""

    def fires(t, y, i, closed):
        return across(y) - V_TH

    def releases(t, y, i, closed):
        return V_REL - across(y)

    fires.terminal = releases.terminal = True
    fires.direction = releases.direction = 1
    t, y, closed, spikes, energy = 0.0, [0.0, 0.0, 0.0], 0, [], []
    for k in range(round(end / 0.5e-3)):
        edge, i = (k + 1) * 0.5e-3, 1e-3 * (k % 2 == 0)
        while t < edge:  # every interval starts at its own zero, so that its last steps can be short
            run = solve_ivp(
                field, (0, edge - t), y, method, events=releases if closed else fires, rtol=rtol,
                atol=[1e-13, 1e-13, 1e-18], args=(i, closed),
            )  # fmt: skip
            y = run.y[:, -1]
            t = t + run.t[-1] if run.status == 1 else edge
            if run.status == 1:
                if not closed:
                    spikes.append(t)
                    energy.append(y[2])
                closed = 1 - closed
    return np.array(spikes), np.array(energy)
