"""Firing patterns of the AdEx neuron: Naud et al., Biol. Cybern. 99 (2008) 335-347, table 1."""

from .base import Preset

SOURCE = "Naud et al. 2008, table 1"


def cell(
    name: str,
    c_mem: float,
    g_leak: float,
    e_leak: float,
    a: float,
    tau_w: float,
    b: float,
    v_reset: float,
    current: float,
) -> Preset:
    """One row: pF, nS, mV, nS, ms, pA, mV, pA; V_T = -50 mV and Delta_T = 2 mV throughout."""
    values = {
        "c_mem": f"{c_mem} pF", "g_leak": f"{g_leak} nS", "e_leak": f"{e_leak} mV", "v_t": "-50 mV", "delta_t": "2 mV",
        "a": f"{a} nS", "tau_w": f"{tau_w} ms", "b": f"{b} pA", "v_reset": f"{v_reset} mV", "v_peak": "0 mV",
    }  # fmt: skip
    return Preset(name, "adex", values, SOURCE, "v_peak = 0 mV", f"{current} pA")


PRESETS = (
    cell("tonic", 200, 10, -70, 2, 30, 0, -58, 500),
    cell("adapting", 200, 12, -70, 2, 300, 60, -58, 500),
    cell("initial_burst", 130, 18, -58, 4, 150, 120, -50, 400),
    cell("regular_bursting", 200, 10, -58, 2, 120, 100, -46, 210),
    cell("delayed_accelerating", 200, 12, -70, -10, 300, 0, -58, 300),
    cell("delayed_bursting", 100, 10, -65, -10, 90, 30, -47, 110),
    cell("transient", 100, 10, -65, 10, 90, 100, -47, 180),
    cell("irregular", 100, 12, -60, -11, 130, 30, -48, 160),
)
