"""Cell types of Izhikevich, IEEE Trans. Neural Networks 14 (2003) 1569-1572, figure 2."""

from .base import Preset

SOURCE = "Izhikevich 2003, fig. 2"


def cell(name: str, what: str, a: float, b: float, c: str, d: str, current: str) -> Preset:
    return Preset(name, "izhikevich", {"a": a, "b": b, "c": c, "d": d}, SOURCE, what, current)


PRESETS = (
    cell("RS", "regular spiking", 0.02, 0.2, "-65 mV", "8 mV/ms", "10 mV/ms"),
    cell("IB", "intrinsically bursting", 0.02, 0.2, "-55 mV", "4 mV/ms", "10 mV/ms"),
    cell("CH", "chattering", 0.02, 0.2, "-50 mV", "2 mV/ms", "10 mV/ms"),
    cell("FS", "fast spiking", 0.1, 0.2, "-65 mV", "2 mV/ms", "10 mV/ms"),
    cell("LTS", "low-threshold spiking", 0.02, 0.25, "-65 mV", "2 mV/ms", "10 mV/ms"),
    cell("TC", "thalamo-cortical", 0.02, 0.25, "-65 mV", "0.05 mV/ms", "1 mV/ms"),
    cell("RZ", "resonator", 0.1, 0.26, "-65 mV", "2 mV/ms", "1 mV/ms"),
)
