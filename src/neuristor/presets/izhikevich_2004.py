"""The twenty firing patterns of Izhikevich, IEEE Trans. Neural Networks 15 (2004) 1063-1070, figure 1.

Parameters, initial potential and stimulus of each panel are those of the program that the author published with the
figure (figure1.m). The program steps with Euler's method at 0.05 to 0.5 ms; here the equations are solved. Seventeen
panels show their pattern all the same. In three the pattern is the work of the coarse step, because Euler's last step
overshoots 30 mV and carries recovery with it; there one number is changed, and the note says which.
"""

from __future__ import annotations

from typing import Any

from ..stimulus import PWL, Stimulus
from .base import Preset

SOURCE = "Izhikevich 2004, fig. 1"
SLOW_FIVE: dict[str, Any] = {"k1": 4.1, "k0": "108 mV/ms"}  # panels G and L use 0.04 V^2 + 4.1 V + 108


def held(base: float, duration: float, *pulses: tuple[float, float, float]) -> Stimulus:
    """`base` but for pulses (start, end, level); times in ms, levels in mV/ms."""
    points = [(0.0, base)]
    for start, end, level in pulses:
        points += [(start, base), (start, level), (end, level), (end, base)]
    points.append((duration, base))
    return line(*points)


def line(*points: tuple[float, float]) -> Stimulus:
    """Straight lines through (ms, mV/ms)."""
    return PWL([1e-3 * t for t, _ in points], [v for _, v in points], unit="V/s")


def pattern(
    letter: str, name: str, abcd: tuple[float, float, float, float], v0: float, stimulus: Stimulus, u0: float | None = None,
    **more: Any,
) -> Preset:  # fmt: skip
    a, b, c, d = abcd
    note = str(more.pop("note", ""))
    values = {"a": a, "b": b, "c": 1e-3 * c, "d": d, **more}
    initial = {"v_mem": 1e-3 * v0, "u": b * v0 if u0 is None else u0}
    return Preset(name, "izhikevich", values, f"{SOURCE} {letter}", note, initial=initial, protocol=lambda: stimulus)


PRESETS = (
    pattern("A", "tonic_spiking", (0.02, 0.2, -65, 6), -70, held(0, 100, (10, 100, 14))),
    pattern("B", "phasic_spiking", (0.02, 0.25, -65, 6), -64, held(0, 200, (20, 200, 0.5))),
    pattern("C", "tonic_bursting", (0.02, 0.2, -50, 2), -70, held(0, 220, (22, 220, 15))),
    pattern("D", "phasic_bursting", (0.02, 0.25, -55, 0.05), -64, held(0, 200, (20, 200, 0.6))),
    pattern("E", "mixed_mode", (0.02, 0.2, -55, 4), -70, held(0, 160, (16, 160, 10))),
    pattern("F", "spike_frequency_adaptation", (0.01, 0.2, -65, 8), -70, held(0, 85, (8.5, 85, 30))),
    pattern("G", "class_1", (0.02, -0.1, -55, 6), -60, line((0, 0), (30, 0), (300, 20.25)), **SLOW_FIVE),
    pattern("H", "class_2", (0.2, 0.26, -65, 0), -64, line((0, -0.5), (30, -0.5), (300, 3.55))),
    pattern("I", "spike_latency", (0.02, 0.2, -65, 6), -70, held(0, 100, (10, 13, 7.04))),
    pattern("J", "subthreshold_oscillations", (0.05, 0.26, -60, 0), -62, held(0, 200, (20, 25, 2))),
    pattern(
        "K", "resonator", (0.1, 0.26, -60, -1), -62,
        held(0, 400, (40, 44, 0.65), (60, 64, 0.65), (280, 284, 0.65), (320, 324, 0.65)),
    ),
    pattern(
        "L", "integrator", (0.02, -0.1, -55, 6), -60,
        held(0, 100, (100 / 11, 100 / 11 + 2, 9), (100 / 11 + 5, 100 / 11 + 7, 9), (70, 72, 9), (80, 82, 9)), **SLOW_FIVE,
    ),
    pattern("M", "rebound_spike", (0.03, 0.25, -60, 4), -64, held(0, 200, (20, 25, -15))),
    pattern("N", "rebound_burst", (0.03, 0.25, -52, 0), -64, held(0, 200, (20, 25, -15))),
    pattern(
        "O", "threshold_variability", (0.03, 0.25, -60, 4), -64, held(0, 100, (10, 15, 1), (70, 75, -6), (80, 85, 1)),
    ),
    pattern(
        "P", "bistability", (0.1, 0.26, -60, 0), -61, held(0.24, 300, (37.5, 42.5, 1.24), (207, 212, 1.24)),
        note="second pulse at 207 ms, not 216: it must meet the phase of the solved oscillation (period 38.8 ms)",
    ),
    pattern(
        "Q", "depolarizing_after_potential", (1, 0.2, -60, -19), -70, held(0, 50, (9, 11, 20)),
        note="d = -19, not -21: without the overshoot of a 0.1 ms Euler step -21 fires again and again",
    ),
    pattern(
        "R", "accommodation", (0.02, 1, -55, 4), -65,
        line((0, 0), (200, 8), (200, 0), (300, 0), (312.5, 4), (312.5, 0), (400, 0)),
        -16.0, v_u="-65 mV", l_u=0,
    ),
    pattern("S", "inhibition_induced_spiking", (-0.02, -1, -60, 8), -63.8, held(80, 350, (50, 250, 75))),
    pattern(
        "T", "inhibition_induced_bursting", (-0.026, -1, -45, 0), -63.8, held(80, 350, (50, 250, 75)),
        note="d = 0, not -2: without the overshoot of a 0.5 ms Euler step -2 fires without end",
    ),
)  # fmt: skip
