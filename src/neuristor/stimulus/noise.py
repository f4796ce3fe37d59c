"""Noise currents: white noise held over its sampling interval, and the Ornstein-Uhlenbeck process."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import parse, show
from .base import Segments, Stimulus, amplitude, many_tables, rows_at, seconds
from .spikes import lane_generator, lanes_of, seed_of


class WhiteNoise(Stimulus):
    """mean + intensity x white noise, piecewise constant over `dt` with standard deviation intensity / sqrt(dt).

    intensity: square root of the two-sided power spectral density, unit x sqrt(s); each lane has its own noise.
    """

    def __init__(
        self,
        intensity: float,
        dt: Any,
        duration: Any,
        mean: Any = 0.0,
        unit: str | None = None,
        seed: int = 0,
        lanes: int = 1,
    ):
        self.dt = seconds(dt, "WhiteNoise: dt", positive=True)
        self.length = self.duration = seconds(duration, "WhiteNoise: duration", positive=True)
        self.mean, self.unit = amplitude(mean, unit, "WhiteNoise: mean")
        self.intensity = float(parse(intensity, "1"))
        if self.intensity < 0:
            raise InputError(f"WhiteNoise: intensity must be zero or more, not {intensity}")
        self.seed, self.lanes = seed_of(seed), lanes_of(lanes)

    def segments(self, lanes: range) -> Segments:
        times = np.arange(int(np.ceil(self.length / self.dt - 1e-9))) * self.dt
        sigma = self.intensity / np.sqrt(self.dt)
        drawn = (lane_generator(self.seed, k).standard_normal(len(times)) for k in lanes)
        return many_tables([rows_at(times, c0=self.mean + sigma * z) for z in drawn])

    def describe(self) -> str:
        sigma = show(self.intensity / np.sqrt(self.dt), self.unit)
        return f"white noise of {sigma} over {show(self.dt, 's')} about {show(self.mean, self.unit)}, seed {self.seed}"


class OrnsteinUhlenbeck(Stimulus):
    """tau di/dt = mean - i + sigma sqrt(2 tau) xi(t), stationary: exact at nodes `dt` apart, linear between them.

    The nodes follow i_(k+1) = mean + (i_k - mean) e^(-dt/tau) + sigma sqrt(1 - e^(-2 dt/tau)) z_k (Gillespie 1996).
    """

    def __init__(
        self,
        mean: Any,
        sigma: Any,
        tau: Any,
        dt: Any,
        duration: Any,
        unit: str | None = None,
        seed: int = 0,
        lanes: int = 1,
    ):
        what = "OrnsteinUhlenbeck"
        self.mean, self.unit = amplitude(mean, unit, f"{what}: mean")
        self.sigma, _ = amplitude(sigma, self.unit, f"{what}: sigma")
        if self.sigma < 0:
            raise InputError(f"{what}: sigma must be zero or more, not {show(self.sigma, self.unit)}")
        self.tau, self.dt = (seconds(v, f"{what}: {n}", positive=True) for v, n in ((tau, "tau"), (dt, "dt")))
        self.length = self.duration = seconds(duration, f"{what}: duration", positive=True)
        self.seed, self.lanes = seed_of(seed), lanes_of(lanes)

    def nodes(self, lane: int) -> tuple[np.ndarray, np.ndarray]:
        """Times and values of the nodes of one lane."""
        from scipy.signal import lfilter

        times = np.arange(int(np.ceil(self.length / self.dt - 1e-9)) + 1) * self.dt
        keep = np.exp(-self.dt / self.tau)
        kicks = lane_generator(self.seed, lane).standard_normal(len(times))
        kicks[1:] *= np.sqrt(-np.expm1(-2 * self.dt / self.tau))
        return times, self.mean + self.sigma * lfilter([1.0], [1.0, -keep], kicks)

    def segments(self, lanes: range) -> Segments:
        tables = []
        for lane in lanes:
            times, values = self.nodes(lane)
            tables.append(rows_at(times, c0=values, c1=np.diff(values, append=values[-1]) / self.dt))
        return many_tables(tables)

    def describe(self) -> str:
        told = f"{show(self.mean, self.unit)} +- {show(self.sigma, self.unit)}, tau {show(self.tau, 's')}"
        return f"Ornstein-Uhlenbeck noise of {told}, seed {self.seed}"
