"""The memristor-based adaptive neuron of paper 001: what its text fixes, and what is chosen because it is silent.

"Memristor-based adaptive leaky integrate-and-fire neuron model: a simulation study" gives the equations (eq. 2), the
input of its figures 5 and 6, a constant threshold on the voltage across the memristor, the metastable-switch model, a
MOSFET that discharges the capacitor, and a comparator whose hysteresis ends "at the lowest possible voltage". It gives
no value of any element, and none of the memristor's fit. The values below are one working choice.
"""

from __future__ import annotations

from ..stimulus import Square
from .base import Preset

PAPER = "Memristor-based adaptive leaky integrate-and-fire neuron model: a simulation study"
DEVICE = "chosen: self-directed-channel device of the AGH Julia code (mancorz98/ReservoirComputing), see preset sdc_agh"

# Parameter -> (value, where it comes from). The text fixes none of the values.
CHOICE: dict[str, tuple[str | float, str]] = {
    "c_mem": ("10 nF", "chosen: intervals of some 10 us, of which many fit into a half period of 0.5 ms"),
    "r_s": ("5.11 kOhm", "chosen: the resistor behind which the device was run (mancorz98/ReservoirComputing)"),
    "v_th": ("1 V", "chosen: below I R_on = 5 V of the text's 1 mA, so that it never stops; constant, as the text says"),
    "v_release": ("20 mV", 'chosen: the text says "the lowest possible voltage"; above I r_switch = 5 mV, or it never ends'),
    "r_switch": ("5 Ohm", "chosen: on-resistance of a small discrete MOSFET, which the text does not name"),
    "v_rest": (0.0, "chosen: the text draws a source v_rest and gives no value"),
    "x0": (0.0, 'chosen: fully OFF; the text says that a rest "causes a reset of the state variable to zero"'),
    "r_on": ("5 kOhm", DEVICE),
    "r_off": ("100 kOhm", DEVICE),
    "v_on": ("0.2 V", DEVICE),
    "v_off": ("-0.8 V", f"{DEVICE}; signed"),
    "tau": ("1 ms", "chosen: default of the AGH Julia code; its arrays use 0.1 ms"),
    "temperature": (25.0, "chosen: room temperature; the text gives none"),
}

FIXED_BY_THE_TEXT = (
    ("equations", "dv_c/dt = (i_in - (v_c - v_rest) / (R_m(x) + R_s)) / C, dx/dt = f(x, i_m)", "eq. 2"),
    ("memristor", "mean metastable switch, parameters fitted to self-directed-channel devices", "section Materials"),
    ("membrane potential", "the voltage across the memristor", "section Adaptive LIF neuron model"),
    ("threshold", "constant", "section Adaptive LIF neuron model"),
    ("reset", "a MOSFET discharges the capacitor until the hysteresis ends at the lowest possible voltage", "fig. 4b"),
    ("input", "unipolar square wave, 1 kHz, duty cycle 50 %, amplitude 1 mA", "figs. 5 and 6"),
    ("integration", "RK4, step not given", "section Materials"),
)

AMPLITUDE, FREQUENCY, DUTY, DURATION = 1e-3, 1e3, 0.5, 20e-3  # A, Hz, of figs. 5 and 6; the duration is chosen


def protocol() -> Square:
    """The input of figures 5 and 6, for 20 ms."""
    return Square(AMPLITUDE, 1 / FREQUENCY, DUTY, duration=DURATION)


PRESETS = (
    Preset(
        name="paper",
        neuron="memristive_alif",
        values={name: value for name, (value, _) in CHOICE.items()},
        source=f"{PAPER}, eq. 2 and figs. 4 to 6; every value is chosen",
        note="the text gives no value of any element: one working choice with adaptation",
        input="1 mA",
        protocol=protocol,
    ),
)
