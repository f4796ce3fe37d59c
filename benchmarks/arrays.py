"""Reads of crossbars with exact wire resistance against badcrossbar and SciPy's sparse solvers; prints ratios of CPU time.

    pip install --no-deps badcrossbar==1.1.0 pathvalidate sigfig     # its drawings would need cairo; they are not used
    python benchmarks/arrays.py [--repeats 5] [--vectors 256] [--case ARRAYSxROWSxCOLUMNS ...] [--json FILE]

Every program finds the column currents of the same arrays (cells of 5 to 100 kOhm, segments of 1 Ohm) for the same
input vectors, from the conductances on. Ours and the peers run in turn in one process, the peers on one of the arrays;
numbers are medians, and a ratio is CPU time an array over CPU time an array. badcrossbar computes output currents only.
splu factorises the nodal matrix once, in its faster order, and solves for all vectors; spsolve
is given all vectors at once. Peers are left out
above PEER_CELLS cells, where they take minutes. "MB" is what a run adds to the largest resident memory of a process of
its own. "off" is the largest difference of a peer's currents from ours over the largest current. Compilation is left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import logging
import multiprocessing
import platform
import resource
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import scipy
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu, spsolve

import neuristor
from neuristor.arrays import Wires, effective_conductance

WIRES = Wires("1 Ohm", "1 Ohm")
CASES = ("20x65x20", "1x128x128", "20x785x200", "1x512x512")
PEER_CELLS = 20_000
warnings.simplefilter("ignore", ImportWarning)  # badcrossbar without cairo


def cpu() -> float:
    """Processor seconds of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU seconds, wall seconds and the result."""
    start, wall = cpu(), time.perf_counter()
    found = run()
    return cpu() - start, time.perf_counter() - wall, found


def drawn(arrays: int, rows: int, columns: int, vectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Conductances and voltages of a case."""
    rng = np.random.default_rng(1)
    return 1.0 / rng.uniform(5e3, 1e5, (arrays, rows, columns)), rng.uniform(0.0, 0.2, (vectors, rows))


def ours(g: np.ndarray, voltages: np.ndarray) -> np.ndarray:
    return voltages @ effective_conductance(g, WIRES)


def by_badcrossbar(g: np.ndarray, voltages: np.ndarray) -> np.ndarray:
    import badcrossbar

    logging.disable()
    found = badcrossbar.compute(
        voltages.T, 1.0 / g[0], r_i_word_line=WIRES.r_word, r_i_bit_line=WIRES.r_bit, node_voltages=False, all_currents=False
    )
    return found.currents.output


def nodal(g: np.ndarray) -> csc_array:
    """The nodal matrix of one array: word nodes row by row, then bit nodes."""
    rows, columns = g.shape
    word = np.arange(g.size).reshape(g.shape)
    bit = word + g.size
    links = [
        (word[:, :-1], word[:, 1:], np.full((rows, columns - 1), 1.0 / WIRES.r_word)),
        (bit[:-1], bit[1:], np.full((rows - 1, columns), 1.0 / WIRES.r_bit)),
        (word, bit, g),
    ]
    a, b, value = (np.concatenate([part[k].ravel() for part in links]) for k in range(3))
    ends = np.concatenate((word[:, 0], bit[-1]))
    at_ends = np.repeat((1.0 / WIRES.r_word, 1.0 / WIRES.r_bit), (rows, columns))
    i, j = np.concatenate((a, b, a, b, ends)), np.concatenate((b, a, a, b, ends))
    return coo_array((np.concatenate((-value, -value, value, value, at_ends)), (i, j))).tocsc()


def driven(g: np.ndarray, voltages: np.ndarray) -> np.ndarray:
    """Right-hand sides: the drivers' currents into the first word nodes."""
    rows, columns = g.shape
    fed = np.zeros((2 * g.size, len(voltages)))
    fed[: g.size : columns] = voltages.T / WIRES.r_word
    return fed


def by_splu(g: np.ndarray, voltages: np.ndarray) -> np.ndarray:
    return splu(nodal(g[0]), permc_spec="MMD_AT_PLUS_A").solve(driven(g[0], voltages))[-g.shape[2] :].T / WIRES.r_bit


def by_spsolve(g: np.ndarray, voltages: np.ndarray) -> np.ndarray:
    return spsolve(nodal(g[0]), driven(g[0], voltages))[-g.shape[2] :].T / WIRES.r_bit


PEERS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"splu": by_splu, "spsolve": by_spsolve}
if importlib.util.find_spec("badcrossbar"):
    PEERS = {"badcrossbar": by_badcrossbar, **PEERS}


def megabytes(who: str, size: tuple[int, int, int], vectors: int) -> float:
    """What a run adds to the largest resident memory, in a process of its own that has run a small case before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(added_memory, (who, size, vectors))


def added_memory(who: str, size: tuple[int, int, int], vectors: int) -> float:
    run = {"ours": ours, **PEERS}[who]
    run(*drawn(1, 4, 4, 2))
    inputs = drawn(*size, vectors)
    before = largest_memory()
    run(*inputs)
    return largest_memory() - before


def largest_memory() -> float:
    """Largest resident memory of this process so far, MB (Linux; nan elsewhere)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


def compare(size: tuple[int, int, int], vectors: int, repeats: int) -> dict[str, Any]:
    """One case: ours, and every peer that can be waited for, in turn."""
    arrays, rows, columns = size
    g, voltages = drawn(*size, vectors)
    peers = PEERS if rows * columns <= PEER_CELLS else {}
    ours(g[:1, :4, :4], voltages[:, :4])  # compile
    mine, walls, right = [], [], np.empty(0)
    theirs: dict[str, list[float]] = {peer: [] for peer in peers}
    off = dict.fromkeys(peers, 0.0)
    for _ in range(repeats):
        used, wall, right = timed(lambda: ours(g, voltages))
        mine.append(used / arrays)
        walls.append(wall / arrays)
        for peer, run in peers.items():
            used, _, found = timed(lambda r=run: r(g, voltages))  # type: ignore[misc]
            theirs[peer].append(used)
            off[peer] = float(np.abs(found - right[0]).max() / np.abs(right[0]).max())
    rows_of = [peer_row(peer, mine, theirs[peer], off[peer], megabytes(peer, size, vectors)) for peer in peers]
    return {
        "case": f"{arrays} x ({rows} x {columns})", "cpu": statistics.median(mine), "wall": statistics.median(walls),
        "mb": megabytes("ours", size, vectors), "peers": rows_of,
    }  # fmt: skip


def peer_row(peer: str, mine: list[float], theirs: list[float], off: float, mb: float) -> dict[str, Any]:
    ratios = [b / a for a, b in zip(mine, theirs, strict=True)]
    middle = statistics.median(ratios)
    return {
        "peer": peer,
        "cpu": statistics.median(theirs),
        "mb": mb,
        "off": off,
        "ratio": [middle, min(ratios), max(ratios)],
    }


def versions() -> str:
    told = f"neuristor {neuristor.__version__}, SciPy {scipy.__version__}, NumPy {np.__version__}, numba {numba.__version__}"
    if "badcrossbar" in PEERS:
        told += f", badcrossbar {importlib.metadata.version('badcrossbar')}"
    return f"{told}, Python {platform.python_version()}, {platform.machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--vectors", type=int, default=256)
    parser.add_argument("--case", action="append", help="ARRAYSxROWSxCOLUMNS (repeat for more)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(f"{versions()}; {options.vectors} input vectors; medians of {options.repeats}")
    print(f"{'arrays':20}{'wall':>10}{'CPU an array':>14}{'MB':>7}  {'peer':12}{'CPU':>10}{'MB':>7}{'off':>9}{'ratio':>8}")
    found = []
    for case in options.case or CASES:
        arrays, rows, columns = map(int, case.split("x"))
        r = compare((arrays, rows, columns), options.vectors, options.repeats)
        found.append(r)
        own = f"{r['case']:20}{1e3 * r['wall']:8.1f}ms{1e3 * r['cpu']:12.1f}ms{r['mb']:7.0f}"
        for p in r["peers"]:
            middle, low, high = p["ratio"]
            line = f"  {p['peer']:12}{1e3 * p['cpu']:8.0f}ms{p['mb']:7.0f}{p['off']:9.0e}{middle:8.0f}"
            print(f"{own}{line}  ({low:.0f} .. {high:.0f})")
        if not r["peers"]:
            print(f"{own}  (peers: minutes)")
    if options.json:
        options.json.write_text(json.dumps({"rows": found, "versions": versions()}))


if __name__ == "__main__":
    main()
