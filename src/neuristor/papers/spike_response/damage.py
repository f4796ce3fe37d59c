"""Pictures as a camera in the field would spoil them: pixels inverted, parts covered."""

from __future__ import annotations

import numpy as np


def inverted(x: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Pictures (n, pixels) in which every pixel is inverted, 1 - x, with probability `share`; picture k has its own draw."""
    noisy = np.array([np.random.default_rng([seed, k]).random(x.shape[1]) < share for k in range(len(x))])
    return np.where(noisy, 1 - x, x)


def covered(x: np.ndarray, side: int, seed: int = 0) -> np.ndarray:
    """Square pictures (n, pixels) with a black square of `side` pixels at a random place, wholly inside."""
    width = round(x.shape[1] ** 0.5)
    spoilt = x.reshape(len(x), width, width).copy()
    for k, one in enumerate(spoilt):
        row, column = np.random.default_rng([seed, k]).integers(0, width - side + 1, 2)
        one[row : row + side, column : column + side] = 0
    return spoilt.reshape(x.shape)
