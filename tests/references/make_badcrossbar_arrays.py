"""200 random arrays as badcrossbar solves them; writes badcrossbar_arrays.npz beside this file.

    pip install --no-deps badcrossbar==1.1.0 pathvalidate sigfig
    python tests/references/make_badcrossbar_arrays.py

Its word and bit lines have segments only, no drivers and sense inputs; it has no cells of zero resistance.
"""

import logging
from pathlib import Path

import badcrossbar
import numpy as np

SIZES, ARRAYS, VECTORS = 12, 200, 3


def random_case(rng):
    """Resistances with open cells, two line resistances (each zero in one case of three) and voltages."""
    shape = rng.integers(1, SIZES + 1, 2)
    if rng.random() < 1 / 5:
        shape[rng.integers(2)] = 1
    resistances = np.float32(10 ** rng.uniform(3, 6, shape))
    resistances[rng.random(shape) < 0.15] = np.inf
    lines = np.float32(10 ** rng.uniform(-1, 2, 2) * (rng.random(2) < 2 / 3))
    return resistances, lines, np.float32(rng.uniform(-1, 1, (shape[0], VECTORS)))


def main():
    logging.disable()
    rng = np.random.default_rng(20200617)
    cases = [random_case(rng) for _ in range(ARRAYS)]
    currents = [by_badcrossbar(*case).ravel() for case in cases]
    np.savez_compressed(
        Path(__file__).with_name("badcrossbar_arrays.npz"),
        shapes=[resistances.shape for resistances, _, _ in cases],
        resistances=np.concatenate([resistances.ravel() for resistances, _, _ in cases]),
        lines=[lines for _, lines, _ in cases],
        voltages=np.concatenate([voltages.ravel() for _, _, voltages in cases]),
        currents=np.concatenate(currents),
    )


def by_badcrossbar(resistances, lines, voltages):
    """Column currents (vectors, columns) of resistances (rows, columns) at voltages (rows, vectors)."""
    word, bit = map(float, lines)
    found = badcrossbar.compute(
        voltages.astype(float), resistances.astype(float), r_i_word_line=word, r_i_bit_line=bit,
        node_voltages=False, all_currents=False,
    )  # fmt: skip
    return found.currents.output


if __name__ == "__main__":
    main()
