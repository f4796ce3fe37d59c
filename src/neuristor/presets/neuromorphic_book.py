"""The tutorial LIF neuron of the Neuromorphic Engineering Book, chapter 5.1, "Model Parameters"."""

from .base import Preset

PRESETS = (
    Preset(
        name="tutorial",
        neuron="lif",
        values={
            "c_mem": "5 uF",
            "r_mem": "1 kOhm",
            "v_rest": "-70 mV",
            "v_th": "-40 mV",
            "v_reset": "-70 mV",
            "t_ref": "1 ms",
        },
        source="Neuromorphic Engineering Book, ch. 5.1, listing 'Model Parameters'",
        note="v_reset is not named there: after the refractory period the array still holds vRest",
        input="0.2 mA",
    ),
)
