"""How a memristor of devices/memristor learns: its conductances under equal pulses, as the update curve of a plasticity.

The device is simulated under pulses of +v until it has gone through most of what it can, then under -v. Pulses follow
one another at once: what a device forgets between pulses is left out. The pulse is as long as makes `pulses` of them a
full course, in each direction its own: how many pulses a full change takes, not their time, is what a weight sees.
"""

from __future__ import annotations

import numpy as np

from ..devices.memristor.alone import Device
from ..errors import InputError
from ..quantities import one_number, show, whole_number
from ..stimulus import Step
from .plasticity import UpdateCurve

START, END = 0.01, 0.99  # states between which a course runs at most: some windows hold 0 and 1 for ever
COURSE = 0.95  # of the states that a device reaches at this voltage
GRID = 999


def device_curve(device: Device, pulse: str | float = "1 V", pulses: int = 100) -> UpdateCurve:
    """The update curve of a device under `pulses` pulses of +pulse and as many of -pulse (V).

    InputError where the device does not move at this voltage, or is stochastic.
    """
    v, n = one_number(pulse, "V", "pulse"), whole_number(pulses, "pulses", 3)
    if device.draws:
        raise InputError(f"{device.name} is stochastic and has no single update curve; take the model of its mean (mms)")
    if v <= 0 or device.lanes > 1:
        raise InputError(f"an update curve needs one device and a positive pulse, not {device.lanes} and {show(v, 'V')}")
    rising = course(device, v, START, n)
    falling = course(device, -v, rising[-1], n)
    return UpdateCurve.of_pulses(*(1.0 / np.broadcast_to(device.resistance(x), x.shape) for x in (rising, falling)))


def course(device: Device, v: float, start: float, pulses: int) -> np.ndarray:
    """States (pulses + 1,) from `start` on, after each pulse of v."""
    whole = travel(device, v, start)
    return device.simulate(Step(v, unit="V"), whole, x0=start, record="x", samples=pulses + 1)["x"][0]


def travel(device: Device, v: float, start: float) -> float:
    """Time (s) in which v takes the device from `start` through COURSE of the states that it reaches."""
    x = np.linspace(start, END if v > 0 else START, GRID)
    rate = np.broadcast_to(device.rate(v, x), x.shape) * np.sign(v)
    stands = int(np.argmin(rate > 0)) if np.any(rate <= 0) else x.size
    if stands < 3:
        raise InputError(f"{device.name} does not move under pulses of {show(v, 'V')}: another voltage is needed")
    last = max(2, int(COURSE * stands))
    return float(np.trapezoid(1.0 / rate[:last], np.abs(x[:last] - start)))
