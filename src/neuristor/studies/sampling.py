"""Uniform numbers of samples: a function of seed, name and sample number alone, so that any stretch is drawn by itself.

monte_carlo      a counter-based stream for every name (Philox), read from the wanted position
latin_hypercube  blocks of samples; within a block every one of its equal strata holds one sample of each name
sobol            scrambled Sobol' points (SciPy), one dimension a name; best if the samples are a power of two

More samples continue the sequence and leave the first ones as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np

from ..errors import InputError

WORDS = 4  # 64-bit numbers that Philox makes of one count
SOBOL_BITS = 30
STEP = 2.0**-53


def key_of(seed: int, *names: str | int) -> int:
    """128 bits that belong to a seed and names."""
    return int.from_bytes(sha256(repr((seed, *names)).encode()).digest()[:16], "little")


def monte_carlo(names: Sequence[str], start: int, stop: int, seed: int, block: int) -> np.ndarray:
    return np.array([stream(seed, name, start, stop) for name in names]).reshape(len(names), stop - start)


def stream(seed: int, name: str, start: int, stop: int) -> np.ndarray:
    """Numbers start..stop-1 of the stream of one name, within (0, 1)."""
    bits = np.random.Philox(key=key_of(seed, name))
    bits.advance(start // WORDS)
    skipped = start % WORDS
    raw = bits.random_raw(stop - start + skipped)[skipped:]
    return ((raw >> np.uint64(11)) + 0.5) * STEP


def latin_hypercube(names: Sequence[str], start: int, stop: int, seed: int, block: int) -> np.ndarray:
    """Each block has its strata in a random order, that of random keys (SciPy's needs a call a block: 15 times the time)."""
    first, last = start // block * block, -(-stop // block) * block
    found = np.empty((len(names), last - first))
    for row, name in enumerate(names):
        strata = stream(seed, f"{name} order", first, last).reshape(-1, block).argsort(axis=1)
        found[row] = (strata.ravel() + stream(seed, name, first, last)) / block
    return inner(found[:, start - first : stop - first])


def sobol(names: Sequence[str], start: int, stop: int, seed: int, block: int) -> np.ndarray:
    from scipy.stats import qmc

    if stop > 2**SOBOL_BITS:
        raise InputError(f"a Sobol sequence has {2**SOBOL_BITS} samples at most, not {stop}")
    points = qmc.Sobol(len(names), rng=np.random.default_rng(key_of(seed, "sobol")), bits=SOBOL_BITS)
    first = points.random(1)  # a first draw of several would warn unless they are a power of two
    if start:
        points.fast_forward(start - 1)
        drawn = points.random(stop - start)
    else:
        drawn = np.vstack([first, points.random(stop - 1)])
    return inner(drawn.T + 0.5 ** (SOBOL_BITS + 1))


def inner(u: np.ndarray) -> np.ndarray:
    """Within (0, 1), so that every quantile is finite."""
    return np.clip(u, 0.5 * STEP, 1 - STEP)


SAMPLINGS: dict[str, Callable[[Sequence[str], int, int, int, int], np.ndarray]] = {
    "monte_carlo": monte_carlo,
    "latin_hypercube": latin_hypercube,
    "sobol": sobol,
}


def uniforms(kind: str, names: Sequence[str], start: int, stop: int, seed: int, block: int) -> np.ndarray:
    """(names, stop - start) numbers of samples start..stop-1, within (0, 1).

    block  samples of one Latin hypercube
    """
    if not names:
        return np.empty((0, stop - start))
    return SAMPLINGS[kind](names, start, stop, seed, block)
