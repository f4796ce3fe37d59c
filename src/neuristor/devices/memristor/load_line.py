"""Where a memristor meets the circuit around it: the voltage across it under a current, or behind a resistor."""

from __future__ import annotations

from typing import Any

from .base import Memristor
from .elementary import absolute, larger, smaller, where

STEPS = 8  # reach rounding from the bound in 200 000 random GMMS devices of all magnitudes
TINY = 1e-300


def meeting_voltage(device: Memristor, p: Any, q: Any, s: Any, x: Any) -> Any:
    """The v with p v + q current(v, x) = s, for p, q >= 0: closed if the device is ohmic, else by Halley's method.

    (p, q, s) is (0, 1, i) under a current i, and (1, r, v) behind a resistor r on a voltage v. The number of steps is
    fixed, so that the result is a graph. They start above the solution, from the device's `bound`; a step is held
    between Newton's and twice that, and between an eighth of the last value and the start.
    """
    if device.ohmic:
        return s / (p + q / device.resistance(x))
    bound = device.bound(s / larger(q, TINY), x)
    if device.bound_is_exact and isinstance(p, float) and p == 0.0:
        return bound
    sign = where(s < 0, -1.0, 1.0)
    size, start = absolute(s), absolute(bound)
    if not isinstance(p, float) or p > 0:
        start = smaller(start, size / p)
    w = start
    for _ in range(STEPS):
        v = sign * w
        slope = p + q * device.conductance(v, x)
        newton = (p * w + q * sign * device.current(v, x) - size) / slope
        bend = smaller(larger(newton * q * sign * device.curvature(v, x) / slope, 0.0), 1.0)
        w = smaller(larger(w - 2.0 * newton / (2.0 - bend), 0.125 * w), start)
    return sign * w
