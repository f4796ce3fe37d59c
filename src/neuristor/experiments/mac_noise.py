"""Noise of a mixed-signal neuron by origin: thermal of the transistors, flicker, and of the gates' switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..quantities import one_number
from .base import Result
from .mac_point import MacPoint, densities, integral, mac_of, mac_point

ORIGINS = {"thermal": "m", "flicker": "m", "switch": "r"}  # and the letter of their elements


@dataclass(frozen=True)
class MacNoise(Result):
    """Spectrum between the outputs and its integrals; SI units.

    frequency (n,); output (n,) V^2/Hz; shares: origin -> (n,) V^2/Hz ("ngspice" does not tell them: empty)
    own, fixed   origin -> V^2 at the first synapse's input, from f_low to the bandwidth, and to point.band
    point        all figures of this bias
    """

    frequency: np.ndarray
    output: np.ndarray
    shares: dict[str, np.ndarray]
    own: dict[str, float]
    fixed: dict[str, float]
    point: MacPoint
    engine: str


def mac_noise(subject: Any, *, bits: int = 0, f_low: Any = "1 Hz", band: Any = "1 MHz", engine: str = "native") -> MacNoise:
    """Noise of a mixed-signal neuron by origin, in its own band and in a fixed one.

    bits   of the weights (0: the neuron's own);  f_low  Hz, where integrals begin;  band  Hz, end of the fixed one
    """
    cell = mac_of(subject, "mac_noise", bits)
    point = mac_point(cell, engine=engine, f_low=f_low, band=band)
    rest = cell.with_(inputs=np.zeros(cell.synapses))
    noise = densities(rest.netlist, one_number(f_low, "Hz", "f_low"), point.bandwidth, point.band, engine)
    shares = {
        origin: np.sum([v for name, v in noise.shares.items() if belongs(name, origin)], axis=0)
        for origin in ORIGINS
        if any(belongs(name, origin) for name in noise.shares)
    }
    own, fixed = (
        {origin: integral(noise.frequency, density, stop) / point.gain**2 for origin, density in shares.items()}
        for stop in (point.bandwidth, point.band)
    )
    return MacNoise(noise.frequency, noise.output, shares, own, fixed, point, engine)


def belongs(name: str, origin: str) -> bool:
    """Whether a share of the noise, "m0.7p.thermal", is of this origin."""
    kind = "flicker" if name.endswith(".flicker") else "thermal"
    return name[0] == ORIGINS[origin] and kind == ("flicker" if origin == "flicker" else "thermal")
