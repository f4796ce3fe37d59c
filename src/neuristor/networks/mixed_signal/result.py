"""The result of `evaluate`: classification errors as numbers, and where a given increase is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...experiments.base import Result


@dataclass(frozen=True, eq=False)
class NoiseErrors(Result):
    """Errors of a classifier on mixed-signal neurons. Axes: B bits, P noise powers, K draws of the noise.

    bits, noise_power   (B,), (P,) V^2;  full_scale: V that stand for the largest input;  images: test images shown
    relative_noise      (P,) sigma_w / w_max = sqrt(noise_power) / full_scale
    clean               error of the float network;  quantised: (B,) with these weights and no noise (mean over chips)
    error               (B, P, K) share of the images classified wrong
    error_mean, error_low, error_high  (B, P) over draws, Student's interval
    image_low, image_high              (B, P) Wilson's interval of the mean for this number of images
    increase            (B, P) of the mean over `clean`, on the same images
    mismatch, mismatch_unit            sigmas of `MismatchModel`, a chip a draw
    options             of `Hardware`;  seconds: of computing
    """

    network: str
    dataset: str
    images: int
    bits: tuple[int, ...]
    noise_power: np.ndarray
    full_scale: float
    relative_noise: np.ndarray
    draws: int
    clean: float
    quantised: np.ndarray
    error: np.ndarray
    error_mean: np.ndarray
    error_low: np.ndarray
    error_high: np.ndarray
    image_low: np.ndarray
    image_high: np.ndarray
    increase: np.ndarray
    mismatch: float
    options: dict[str, Any]
    seed: int
    confidence: float
    seconds: float
    mismatch_unit: float = 0.0

    def critical_noise(self, increase: float = 0.03, over: str = "clean") -> np.ndarray:
        """(B,) the share noise_power / full_scale^2 at which the mean error has risen by `increase`.

        over: "clean", the float network's error, or "quantised", that of the same bits without noise. Between the powers
        interpolated in the logarithm; 0 where the lowest power has passed it already, inf where the highest has not.
        """
        base = self.clean if over == "clean" else self.quantised[:, None]
        shares = self.relative_noise**2
        return np.array([crossing(shares, row, increase) for row in self.error_mean - base])

    def full_scale_for(self, noise_power: float, increase: float = 0.03, over: str = "clean") -> np.ndarray:
        """(B,) V: the full scale at which this noise power (V^2) costs `increase`; a larger one costs less."""
        with np.errstate(divide="ignore"):
            return np.sqrt(noise_power / self.critical_noise(increase, over))


def crossing(shares: np.ndarray, rise: np.ndarray, level: float) -> float:
    """Where `rise` first passes `level`."""
    order = np.argsort(shares)
    shares, rise = shares[order], rise[order]
    above = np.flatnonzero(rise > level)
    if not len(above):
        return float("inf")
    k = int(above[0])
    if k == 0 or shares[k - 1] == 0:
        return 0.0
    part = (level - rise[k - 1]) / (rise[k] - rise[k - 1])
    return float(shares[k - 1] * (shares[k] / shares[k - 1]) ** part)
