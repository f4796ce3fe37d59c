"""A crossbar of resistors reduced to its ports by nested dissection, with additions of positive numbers only.

A cell is a word node and a bit node joined by the cell's conductance, with half a wire segment on each of four sides.
Two neighbouring blocks are joined at the ports they share, which are then eliminated (star to mesh); the whole array
ends as a network between its drivers and its sense inputs. The work grows as N^3 for an N x N array (as N^4 if it were
eliminated row by row).

A network is a matrix that holds, above its diagonal, the conductance between each two of its nodes. Eliminating a node
k adds C_ki C_kj / sum_l C_kl to C_ij: nothing is ever subtracted, so that every conductance keeps nearly all its digits
however far the resistances lie apart (Grassmann, Taskar and Heyman, Oper. Res. 33 (1985) 1107).

Ports of a block of p rows and q columns, in this order: left (p), right (p; none at the array's edge), top (q; none at
the edge), bottom (q). A line without resistance is one node: its blocks have no right or top ports and share the left
or bottom one.

lines   (first word segment with its driver, half a word segment, last bit segment with its sense input, half a bit
        segment) as conductances, S; infinite where there is no resistance
g       (rows, columns) S; 0 is an open cell, infinity a short, whose two nodes are one
j_word, j_bit  (rows, columns, vectors) A, fed into the nodes; with no vectors there are no sources
"""

import numpy as np
from numba import njit

LEFT, RIGHT, TOP, BOTTOM = range(4)
KEPT_CELLS = 20_000  # blocks up to this size keep their eliminations, 50 MB; larger ones do them again
GROUP = 16  # nodes eliminated together: their rows stay in the cache


@njit(cache=True)
def port_counts(lines, g, r0, r1, c0, c1):
    """Numbers of left, right, top and bottom ports of the block of rows r0..r1 and columns c0..c1."""
    right = r1 - r0 if np.isfinite(lines[1]) and c1 < g.shape[1] else 0
    top = c1 - c0 if np.isfinite(lines[3]) and r0 > 0 else 0
    return r1 - r0, right, top, c1 - c0


@njit(cache=True)
def halves(r0, r1, c0, c1):
    """The block cut across its longer side: both halves."""
    if c1 - c0 >= r1 - r0:
        middle = (c0 + c1) // 2
        return (r0, r1, c0, middle), (r0, r1, middle, c1)
    middle = (r0 + r1) // 2
    return (r0, middle, c0, c1), (middle, r1, c0, c1)


@njit(cache=True)
def link(m, i, j, conductance):
    m[min(i, j), max(i, j)] += conductance


@njit(cache=True)
def cell(lines, g, j_word, j_bit, i, j):
    """Network and sources of one cell, how many of its nodes are to go (they come first), its word and its bit node."""
    left, right, top, bottom = port_counts(lines, g, i, i + 1, j, j + 1)
    word_has, bit_has, short = np.isfinite(lines[1]), np.isfinite(lines[3]), np.isinf(g[i, j])
    go = int(word_has) + int(bit_has) - int(short)
    n = go + left + right + top + bottom
    word = go - 1 if word_has else go
    bit = 0 if bit_has else n - 1
    if short and bit_has:
        bit = word
    elif short:
        word = bit
    m, sources = np.zeros((n, n)), np.zeros((n, j_word.shape[2]))
    if word_has:
        link(m, word, go, lines[0] if j == 0 else lines[1])
        if right:
            link(m, word, go + 1, lines[1])
    if bit_has:
        link(m, bit, n - 1, lines[2] if i == g.shape[0] - 1 else lines[3])
        if top:
            link(m, bit, n - 2, lines[3])
    if not short:
        link(m, word, bit, g[i, j])
    sources[word] += j_word[i, j]
    sources[bit] += j_bit[i, j]
    return m, sources, go, word, bit


@njit(cache=True)
def places(counts, whole, go, wide, second):
    """Where the ports of a half lie in the joined network: the shared ones that go come first, then the whole's ports."""
    starts = np.array([go, go + whole[0], go + whole[0] + whole[1], go + whole[0] + whole[1] + whole[2]])
    if second:
        for side in (TOP, BOTTOM) if wide else (LEFT, RIGHT):
            starts[side] += whole[side] - counts[side]
    if go and wide:
        starts[LEFT if second else RIGHT] = 0
    elif go:
        starts[TOP if second else BOTTOM] = 0
    place = np.empty(counts[0] + counts[1] + counts[2] + counts[3], np.int64)
    k = 0
    for side in range(4):
        for own in range(counts[side]):
            place[k] = starts[side] + own
            k += 1
    return place


@njit(cache=True)
def join(lines, g, first, second, r0, r1, c0, c1):
    """Both halves (network, sources) as one network; how many nodes are to go; where each half's ports lie in it."""
    one, two = halves(r0, r1, c0, c1)
    whole = port_counts(lines, g, r0, r1, c0, c1)
    wide = one[1] == two[1]
    shared, half_segment = (r1 - r0, lines[1]) if wide else (c1 - c0, lines[3])
    go = shared if np.isfinite(half_segment) else 0
    at_one = places(port_counts(lines, g, *one), whole, go, wide, False)
    at_two = places(port_counts(lines, g, *two), whole, go, wide, True)
    n = go + whole[0] + whole[1] + whole[2] + whole[3]
    m, sources = np.zeros((n, n)), np.zeros((n, first[1].shape[1]))
    for (part, fed), at in ((first, at_one), (second, at_two)):
        for i in range(len(at)):
            sources[at[i]] += fed[i]
            for k in range(i + 1, len(at)):
                m[min(at[i], at[k]), max(at[i], at[k])] += part[i, k]
    return m, sources, go, at_one, at_two


@njit(cache=True, fastmath={"contract", "reassoc"})
def eliminate(m, sources, go):
    """Remove the first `go` nodes, in place; their rows, and their totals on the diagonal, are what `recover` needs.

    Groups of nodes are taken together, so that each later row is visited once a group.
    """
    n, vectors = len(m), sources.shape[1]
    share = np.empty((min(GROUP, go), n))
    for first in range(0, go, GROUP):
        last = min(first + GROUP, go)
        for k in range(first, last):
            total = 0.0
            for i in range(k + 1, n):
                total += m[k, i]
            m[k, k] = total
            for i in range(k + 1, n):
                share[k - first, i] = m[k, i] / total
                for j in range(vectors):
                    sources[i, j] += share[k - first, i] * sources[k, j]
            for i in range(k + 1, last):
                for j in range(i + 1, n):
                    m[i, j] += share[k - first, i] * m[k, j]
        for i in range(last, n):
            add_rows(m, share, first, last, i)


@njit(cache=True, fastmath={"contract"})
def add_rows(m, share, first, last, i):
    """Add to row i, right of the diagonal, the shares of rows first..last."""
    n, k = len(m), first
    while k + 4 <= last:
        a, b, c, d = share[k - first, i], share[k - first + 1, i], share[k - first + 2, i], share[k - first + 3, i]
        for j in range(i + 1, n):
            m[i, j] += a * m[k, j] + b * m[k + 1, j] + c * m[k + 2, j] + d * m[k + 3, j]
        k += 4
    for rest in range(k, last):
        for j in range(i + 1, n):
            m[i, j] += share[rest - first, i] * m[rest, j]


@njit(cache=True, fastmath={"contract"})
def recover(m, sources, volts, go):
    """Voltages of the eliminated nodes, volts[:go], from those of the others."""
    for k in range(go - 1, -1, -1):
        for v in range(volts.shape[1]):
            volts[k, v] = sources[k, v]
        for j in range(k + 1, len(m)):
            for v in range(volts.shape[1]):
                volts[k, v] += m[k, j] * volts[j, v]
        for v in range(volts.shape[1]):
            volts[k, v] /= m[k, k]


@njit(cache=True)
def nothing_kept():
    """An empty list of what `eliminated` keeps of a block."""
    kept = [(np.empty((0, 0)), np.empty((0, 0)), 0, np.empty(0, np.int64), np.empty(0, np.int64))]
    kept.pop()
    return kept


@njit(cache=True)
def eliminated(lines, g, j_word, j_bit, r0, r1, c0, c1, kept, keep):
    """Network and sources of a block's ports. If asked to, keeps what recovers its inner voltages: halves first."""
    if r1 - r0 == 1 and c1 - c0 == 1:
        m, sources, go, word, bit = cell(lines, g, j_word, j_bit, r0, c0)
        at_one, at_two = np.array([word]), np.array([bit])
    else:
        one, two = halves(r0, r1, c0, c1)
        first = eliminated(lines, g, j_word, j_bit, one[0], one[1], one[2], one[3], kept, keep)
        second = eliminated(lines, g, j_word, j_bit, two[0], two[1], two[2], two[3], kept, keep)
        m, sources, go, at_one, at_two = join(lines, g, first, second, r0, r1, c0, c1)
    eliminate(m, sources, go)
    if keep:
        kept.append((m, sources, go, at_one, at_two))
    return m[go:, go:], sources[go:]


@njit(cache=True, nogil=True)
def reduce(lines, g, j_word, j_bit, r0, r1, c0, c1):
    """Conductances between the ports of a block, and the currents its sources feed into them."""
    return eliminated(lines, g, j_word, j_bit, r0, r1, c0, c1, nothing_kept(), False)


@njit(cache=True)
def inner_voltages(m, sources, volts, go):
    """Voltages of all nodes of a network from those of its ports."""
    inside = np.concatenate((np.zeros((go, volts.shape[1])), volts))
    recover(m, sources, inside, go)
    return inside


@njit(cache=True)
def hand_down(kept, volts, v_word, v_bit, r0, r1, c0, c1):
    """Voltages of all nodes of a block whose eliminations are kept, the last one first."""
    m, sources, go, at_one, at_two = kept.pop()
    inside = inner_voltages(m, sources, volts, go)
    if r1 - r0 == 1 and c1 - c0 == 1:
        v_word[r0, c0], v_bit[r0, c0] = inside[at_one[0]], inside[at_two[0]]
        return
    one, two = halves(r0, r1, c0, c1)
    hand_down(kept, inside[at_two], v_word, v_bit, two[0], two[1], two[2], two[3])
    hand_down(kept, inside[at_one], v_word, v_bit, one[0], one[1], one[2], one[3])


@njit(cache=True, nogil=True)
def spread(lines, g, j_word, j_bit, volts, v_word, v_bit, r0, r1, c0, c1):
    """Voltages of all nodes of a block, into v_word and v_bit, from those of its ports (ports, vectors)."""
    if (r1 - r0) * (c1 - c0) <= KEPT_CELLS:
        kept = nothing_kept()
        eliminated(lines, g, j_word, j_bit, r0, r1, c0, c1, kept, True)
        hand_down(kept, volts, v_word, v_bit, r0, r1, c0, c1)
        return
    one, two = halves(r0, r1, c0, c1)
    first = reduce(lines, g, j_word, j_bit, one[0], one[1], one[2], one[3])
    second = reduce(lines, g, j_word, j_bit, two[0], two[1], two[2], two[3])
    m, sources, go, at_one, at_two = join(lines, g, first, second, r0, r1, c0, c1)
    eliminate(m, sources, go)
    inside = inner_voltages(m, sources, volts, go)
    spread(lines, g, j_word, j_bit, inside[at_one], v_word, v_bit, one[0], one[1], one[2], one[3])
    spread(lines, g, j_word, j_bit, inside[at_two], v_word, v_bit, two[0], two[1], two[2], two[3])
