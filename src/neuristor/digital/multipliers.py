"""Unsigned N x N multipliers of AND gates and adders: the trees of Wallace and of Dadda, and a ripple adder behind them.

Every bit of a product a b is a sum of partial products a_i b_j of weight 2^(i + j). A full adder turns three bits of a
weight into one, and one of twice the weight; a half adder does so with two. Trees differ in when they add:

    wallace   rows in threes, all at once, half adders where two bits meet (C. S. Wallace, IEEE Trans. Electron. Comput.
              EC-13, 14-17, 1964)
    columns   the same by columns: three bits of a column at a time, a half adder on two that remain
    dadda     as late as possible: no column higher than 2, 3, 4, 6, 9, 13, 19, ... after each stage (L. Dadda, Alta
              Frequenza 34, 349-356, 1965)

The two rows that remain are added by a ripple adder. A full adder takes away one bit, a half adder none, and an N x N
product turns N^2 bits into 2 N: all trees have N (N - 2) full adders, and differ in their half adders.
"""

from __future__ import annotations

from collections import defaultdict

from ..errors import InputError, nearest
from ..quantities import whole_number
from .gates import Builder, Gates

MOST_BITS = 32  # products of more do not fit into 64 bits
Columns = list[list[int]]  # nets of each weight
Row = dict[int, int]  # weight -> net


def multiplier(bits: int, tree: str = "wallace") -> Gates:
    """An unsigned multiplier: inputs a, b (bits each), output p (twice as many)."""
    build = Builder()
    a, b = build.wires(checked_bits(bits)), build.wires(bits)
    product = multiply(build, a, b, tree)
    return Gates(f"{tree}_{bits}x{bits}", {"a": a, "b": b}, {"p": product}, tuple(build.cells), build.nets)


def checked_bits(bits: int) -> int:
    """The word length; InputError for one that is not 2 to 32."""
    if whole_number(bits, "multiplier: bits", 2) > MOST_BITS:
        raise InputError(f"multiplier: bits = {bits}: 2 to {MOST_BITS} are possible")
    return bits


def multiply(build: Builder, a: tuple[int, ...], b: tuple[int, ...], tree: str = "wallace") -> tuple[int, ...]:
    """The nets of the product of two words of the same length, its cells added to a circuit."""
    if tree not in TREES:
        raise InputError(f"multiplier: unknown tree {tree!r}{nearest(str(tree), TREES)}; there are {', '.join(TREES)}")
    build.part = "partial products"
    rows = [{i + j: build.add("AND2", x, y)[0] for i, x in enumerate(a)} for j, y in enumerate(b)]
    build.part = "tree"
    columns = TREES[tree](build, rows)
    build.part = "final adder"
    return ripple(build, columns, len(a) + len(b))


def wallace(build: Builder, rows: list[Row]) -> Columns:
    """Rows in threes: each three become a row of sums and a row of carries, until two are left."""
    while len(rows) > 2:
        full = len(rows) // 3 * 3
        reduced = [row for k in range(0, full, 3) for row in three_to_two(build, rows[k : k + 3])]
        rows = reduced + rows[full:]
    return columns_of(rows)


def three_to_two(build: Builder, rows: list[Row]) -> tuple[Row, Row]:
    """Three rows as one of sums and one of carries."""
    sums, carries = {}, {}
    for weight in sorted(set().union(*rows)):
        bits = [row[weight] for row in rows if weight in row]
        if len(bits) == 1:
            sums[weight] = bits[0]
        else:
            sums[weight], carries[weight + 1] = add(build, bits)
    return sums, carries


def by_columns(build: Builder, rows: list[Row]) -> Columns:
    """Each column in threes at once, until none has more than two bits."""
    columns = columns_of(rows)
    while max(map(len, columns)) > 2:
        after: Columns = [[] for _ in range(len(columns) + 1)]
        for weight, bits in enumerate(columns):
            for k in range(0, len(bits), 3):
                place(build, after, weight, bits[k : k + 3])
        columns = after
    return columns


def dadda(build: Builder, rows: list[Row]) -> Columns:
    """From stage to stage only as many adders as the next height needs: 2, 3, 4, 6, 9, ..."""
    columns = [*columns_of(rows), []]
    heights = [2]
    while heights[-1] < len(rows):
        heights.append(heights[-1] * 3 // 2)
    for height in heights[-2::-1]:
        for weight in range(len(columns) - 1):
            bits = columns[weight]
            added: list[int] = []
            while len(bits) + len(added) > height:
                taken = 2 if len(bits) + len(added) == height + 1 else 3
                total, carry = add(build, bits[:taken])
                bits, added = bits[taken:], [*added, total]
                columns[weight + 1].append(carry)
            columns[weight] = bits + added
    return columns


def columns_of(rows: list[Row]) -> Columns:
    """The bits of rows by their weight."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for row in rows:
        for weight, net in row.items():
            found[weight].append(net)
    return [found[weight] for weight in range(max(found) + 1)]


def place(build: Builder, columns: Columns, weight: int, bits: list[int]) -> None:
    """Add up to three bits of a weight; sum and carry go to their columns."""
    if len(bits) == 1:
        columns[weight].append(bits[0])
        return
    total, carry = add(build, bits)
    columns[weight].append(total)
    columns[weight + 1].append(carry)


def add(build: Builder, bits: list[int]) -> tuple[int, ...]:
    """Sum and carry of two or three bits."""
    return build.add("HA" if len(bits) == 2 else "FA", *bits)


def ripple(build: Builder, columns: Columns, width: int) -> tuple[int, ...]:
    """The sum of columns of up to two bits, carries going from each to the next; what exceeds `width` is left out."""
    found: list[int] = []
    carry: list[int] = []
    for bits in columns[:width]:
        terms = [*bits, *carry]
        total, *carry = terms if len(terms) == 1 else add(build, terms)
        found.append(total)
    return tuple([*found, *carry][:width])


TREES = {"wallace": wallace, "columns": by_columns, "dadda": dadda}
