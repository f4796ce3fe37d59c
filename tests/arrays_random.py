"""Random crossbars for tests, and their currents by plain nodal analysis: a matrix of all nodes, given to SciPy."""

from fractions import Fraction

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from neuristor.arrays.wires import Wires


def random_array(rng, largest=12, opens=0.1, shorts=0.0, decades=(3, 6), lines=(-1, 2)):
    """Conductances, some 0 or infinite, and wires, each part zero in one case of three; one case of six has one line."""
    rows, columns = rng.integers(1, largest + 1, 2)
    if rng.random() < 1 / 6:
        rows, columns = (1, columns) if rng.random() < 0.5 else (rows, 1)
    g = 10.0 ** -rng.uniform(*decades, (rows, columns))
    drawn = rng.random(g.shape)
    g[drawn < opens] = 0.0
    g[drawn > 1 - shorts] = np.inf
    return g, Wires(*(10.0 ** rng.uniform(*lines, 4) * (rng.random(4) < 2 / 3)))


def resistors(g, wires):
    """All of an array: (node, node, Ohm). Nodes: ("drive", row), ("word", row, column), ("bit", row, column), ("sense",
    column); a short is 0 Ohm."""
    rows, columns = g.shape
    for i in range(rows):
        for j in range(columns):
            left, first = (("word", i, j - 1), 0.0) if j else (("drive", i), wires.r_driver)
            below, last = (("bit", i + 1, j), 0.0) if i + 1 < rows else (("sense", j), wires.r_sense)
            yield left, ("word", i, j), wires.r_word + first
            yield ("bit", i, j), below, wires.r_bit + last
            if g[i, j]:
                yield ("word", i, j), ("bit", i, j), 0.0 if np.isinf(g[i, j]) else 1.0 / g[i, j]


def merged(g, wires):
    """Ends (numbers) and Ohm of all resistors after merging the nodes that 0 Ohm joins, drivers first, then sense inputs.

    None where two of these are one node, so that the currents are not determined.
    """
    rows, columns = g.shape
    parts = list(resistors(g, wires))
    known = [("drive", i) for i in range(rows)] + [("sense", j) for j in range(columns)]
    number = {name: k for k, name in enumerate(known)}
    for a, b, _ in parts:
        number.setdefault(a, len(number))
        number.setdefault(b, len(number))
    ends = np.array([(number[a], number[b]) for a, b, _ in parts])
    ohms = np.array([r for _, _, r in parts])
    joined = ends[ohms == 0]
    size = (len(number), len(number))
    _, label = connected_components(coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=size))
    first = label[: len(known)]
    if len(set(first)) < len(known):
        return None
    order = np.full(label.max() + 1, -1)
    order[first] = np.arange(len(known))
    order[order < 0] = np.arange(len(known), len(order))
    ends = order[label[ends]]
    kept = (ohms > 0) & (ends[:, 0] != ends[:, 1])
    return ends[kept], ohms[kept], len(order)


def by_nodes(g, wires):
    """Effective conductances by a sparse factorisation of the nodal matrix; None where they are not determined."""
    found = merged(g, wires)
    if found is None:
        return None
    (ends, ohms, n), (rows, columns) = found, g.shape
    a, b, value = ends[:, 0], ends[:, 1], 1.0 / ohms
    places = (np.concatenate((a, b, a, b)), np.concatenate((a, b, b, a)))
    nodal = coo_array((np.concatenate((value, value, -value, -value)), places), shape=(n, n)).tocsc()
    known = rows + columns
    ports = nodal[:known, :known].toarray()
    if n > known:
        ports -= nodal[:known, known:] @ splu(nodal[known:, known:]).solve(nodal[known:, :known].toarray())
    return -ports[:rows, rows:]


def in_fractions(g, wires):
    """The same in exact arithmetic: every float is a fraction, and stars become meshes."""
    ends, ohms, n = merged(g, wires)
    rows, columns = g.shape
    m = [[Fraction(0)] * n for _ in range(n)]
    for (a, b), ohm in zip(ends.tolist(), ohms.tolist(), strict=True):
        m[a][b] += 1 / Fraction(ohm)
        m[b][a] += 1 / Fraction(ohm)
    for k in range(n - 1, rows + columns - 1, -1):
        total = sum(m[k][:k])
        for i in range(k):
            for j in range(k):
                if i != j and total:
                    m[i][j] += m[k][i] * m[k][j] / total
    return np.array([[float(m[i][rows + j]) for j in range(columns)] for i in range(rows)])
