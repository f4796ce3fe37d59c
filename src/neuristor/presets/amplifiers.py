"""Op-amps and comparators of the class of named parts, as values for `devices.amplifier`.

Class values: typical numbers as the makers' public data sheets give them, recalled and rounded, not measured and not
checked against a particular revision. What a data sheet does not state is said in `note`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import InputError, nearest


@dataclass(frozen=True)
class AmplifierPreset:
    """Values of one class of part, SI units. model: "opamp" or "comparator"; note: what is assumed, how uncertain."""

    name: str
    model: str
    values: Mapping[str, float]
    source: str
    note: str = ""


AMPLIFIER_PRESETS: tuple[AmplifierPreset, ...] = (
    AmplifierPreset(
        "op482",
        "opamp",
        {"gain": 2e4, "gbw": 4e6, "slew": 9e6, "drop_high": 1.1, "drop_low": 1.1, "r_out": 100.0, "r_in": 1e12,
         "c_in": 5e-12, "i_bias": 3e-12, "i_supply": 210e-6},
        "class of the OP482 (quad JFET-input op-amp, Analog Devices data sheet OP282/OP482), supplies of 15 V:"
        " gain-bandwidth 4 MHz, slew rate 9 V/us, gain at least 20 V/mV, swing about 13.9 V, supply current 210 uA,"
        " bias current 3 pA",
        "Not measured. Offset (some 0.2 mV typical, 4 mV at most) is left at 0. Output resistance and input capacitance are"
        " assumed. The swing holds at light load; the part has two poles, of which this has one. Take 20 % on GBW and slew.",
    ),
    AmplifierPreset(
        "ad8561",
        "comparator",
        {"gain": 3000.0, "t_delay": 7e-9, "t_edge": 3e-9, "v_oh": 3.5, "v_ol": 0.25, "r_out": 50.0, "r_in": 1e9,
         "c_in": 3e-12, "i_bias": -3e-6, "i_supply": 4.5e-3},
        "class of the AD8561 (Analog Devices data sheet), 5 V supply: propagation delay 7 ns, gain 3000, output high 3.5 V"
        " and low 0.25 V, edges of 2 to 4 ns, bias current -3 uA, supply current 4.5 mA",
        "Not measured. No hysteresis of its own: set v_rise and v_fall, or feed the output back. Offset (up to 7 mV) is left"
        " at 0; input and output resistance are assumed. v- of the model is the part's GND pin. Take 30 % on the delay.",
    ),
)  # fmt: skip
_BY_NAME = {p.name: p for p in AMPLIFIER_PRESETS}


def amplifier_values(model: str, name: str) -> Mapping[str, float]:
    """The values of a preset of this model ("opamp" or "comparator"); InputError if there is none."""
    known = [p.name for p in AMPLIFIER_PRESETS if p.model == model]
    if name not in known:
        other = f" ({name} is of kind {_BY_NAME[name].model})" if name in _BY_NAME else nearest(name, known)
        raise InputError(f"{model} has no preset {name!r}{other}; it has {', '.join(known)}")
    return _BY_NAME[name].values
