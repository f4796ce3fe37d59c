"""AdEx neuron of Brette & Gerstner, J. Neurophysiol. 94 (2005) 3637-3642."""

from .base import Preset

PRESETS = (
    Preset(
        name="brette_gerstner_2005",
        neuron="adex",
        values={
            "c_mem": "281 pF",
            "g_leak": "30 nS",
            "e_leak": "-70.6 mV",
            "v_t": "-50.4 mV",
            "delta_t": "2 mV",
            "tau_w": "144 ms",
            "a": "4 nS",
            "b": "80.5 pA",
            "v_reset": "-70.6 mV",
            "v_peak": "20 mV",
        },  # fmt: skip
        source="Brette & Gerstner 2005, p. 3638 (regular spiking pyramidal cell)",
        input="1 nA",
    ),
)
