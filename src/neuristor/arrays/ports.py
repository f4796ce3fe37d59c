"""An array's network between its drivers and its sense inputs, and the voltages of its nodes."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ..errors import InputError
from .dissection import eliminate, recover, reduce, spread
from .wires import Wires


def port_network(g: np.ndarray, wires: Wires) -> np.ndarray:
    """Conductances between the drivers (first) and the sense inputs of one array, above the diagonal.

    g (rows, columns) S. InputError where a short leaves the currents undetermined.
    """
    none = np.empty((*g.shape, 0))
    network, _ = line_network(g, wires, none, none)
    ohms, shorts = outside(g, wires), lumped_shorts(g, wires)
    if not ohms.any() and not len(shorts):
        return network
    m, inner, _ = closed(network, ohms, shorts)
    eliminate(m, np.empty((len(m), 0)), inner)
    return m[inner:, inner:]


def node_voltages(
    g: np.ndarray, wires: Wires, drive: np.ndarray, j_word: np.ndarray, j_bit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Voltages of the word and the bit nodes of one array, (rows, columns, vectors) V.

    drive (rows, vectors) V of the drivers; j_word, j_bit (rows, columns, vectors) A fed into the nodes.
    """
    rows, columns = g.shape
    vectors = drive.shape[1]
    network, fed = line_network(g, wires, j_word, j_bit)
    m, inner, at = closed(network, outside(g, wires), lumped_shorts(g, wires))
    sources, volts = np.zeros((len(m), vectors)), np.zeros((len(m), vectors))
    np.add.at(sources, at[: rows + columns], fed)
    volts[at[rows + columns :][:rows]] = drive
    eliminate(m, sources, inner)
    recover(m, sources, volts, inner)
    ports = volts[at[: rows + columns]]
    v_word, v_bit = np.empty((2, rows, columns, vectors))
    if wires.lumped:
        v_word[:], v_bit[:] = ports[:rows, None], ports[None, rows:]
    else:
        spread(wires.lines, g, j_word, j_bit, ports, v_word, v_bit, 0, rows, 0, columns)
    return v_word, v_bit


def line_network(g: np.ndarray, wires: Wires, j_word: np.ndarray, j_bit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Network between the rows' left ends and the columns' lower ends, and what the sources feed into these."""
    rows, columns = g.shape
    if not wires.lumped:
        return reduce(wires.lines, g, j_word, j_bit, 0, rows, 0, columns)
    network = np.zeros((rows + columns, rows + columns))
    network[:rows, rows:] = np.where(np.isinf(g), 0.0, g)
    return network, np.concatenate((j_word.sum(axis=1), j_bit.sum(axis=0)))


def outside(g: np.ndarray, wires: Wires) -> np.ndarray:
    """Ohm between the ends of the lines and their sources or ground, where the line's network does not hold it yet."""
    rows, columns = g.shape
    ohms = (0.0 if wires.r_word else wires.r_driver, 0.0 if wires.r_bit else wires.r_sense)
    return np.repeat(ohms, (rows, columns))


def lumped_shorts(g: np.ndarray, wires: Wires) -> np.ndarray:
    """Pairs of ports that a short makes one, where lines have no resistance."""
    return np.argwhere(np.isinf(g)) + [0, len(g)] if wires.lumped else np.empty((0, 2), dtype=int)


def closed(network: np.ndarray, ohms: np.ndarray, shorts: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
    """The network with resistances (0 allowed) from its ports to their far ends, and with shorts between ports.

    Returns the network with the nodes to be eliminated first, their number, and the node of every port and far end.
    """
    n = len(ohms)
    direct = np.flatnonzero(ohms == 0)
    pairs = np.concatenate((shorts, np.stack((direct, n + direct), axis=1)))
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(2 * n, 2 * n))
    count, node = connected_components(graph, directed=False)
    ends = node[n:]
    if len(np.unique(ends)) < n:
        raise InputError("wires: a short joins two lines without any resistance: their currents are not determined")
    order = np.empty(count, dtype=int)
    order[np.concatenate((np.setdiff1d(node, ends), ends))] = np.arange(count)
    at = order[node]
    m = np.zeros((count, count))
    np.add.at(m, (at[:n, None], at[None, :n]), np.triu(network, 1))
    far = np.flatnonzero(ohms)
    np.add.at(m, (at[far], at[n + far]), 1.0 / ohms[far])
    return np.triu(m + m.T, 1), count - n, at
