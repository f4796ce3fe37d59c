"""AC and noise analyses about an operating point, from the same device graphs: (G + j omega C) x = b."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...devices.base import graph_of
from ...errors import InputError, nearest
from ...kernel.split import Split
from ..compiled import Compiled, first
from ..netlist import GROUND, HOLD, Noise
from ..results import NoiseDensity


def frequencies(variation: str, points: int, start: float, stop: float) -> np.ndarray:
    """Frequencies (Hz): `points` a decade or octave, or in all for "lin", ends included as SPICE does."""
    if variation == "lin":
        return np.linspace(start, stop, max(points, 1))
    base = 10.0 if variation == "dec" else 2.0
    count = int(np.floor(points * np.log(stop / start) / np.log(base) + 1e-9)) + 1
    return start * base ** (np.arange(count) / points)


def jacobians(c: Compiled, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """G and C of the whole circuit, (rows, rows), at state x (rows,)."""
    g, q = np.zeros((c.rows, c.rows)), np.zeros((c.rows, c.rows))
    for group in c.groups:
        for i in group.instances:
            values = {k: first(v) for k, v in i.values.items()}
            gs, cs = group.kernel.jacobians(x[None, i.terminals], values)
            for a, r in enumerate(i.terminals):
                for b, col in enumerate(i.terminals):
                    g[r, col] += float(np.ravel(gs[a][b])[0])
                    q[r, col] += float(np.ravel(cs[a][b])[0])
    return g, q


def drive_vector(c: Compiled) -> np.ndarray:
    """Phasors of held nodes and sources, (rows,), from the AC magnitudes of the netlist."""
    phasor = np.zeros(c.rows, dtype=complex)
    for e in c.netlist.elements.values():
        size = float(first(e.params.get("acmag", 0.0)))
        if e.kind in "vi" and size:
            k, sign = c.source_index(e.name)
            phasor[k] = sign * size * np.exp(1j * np.radians(float(first(e.params.get("acphase", 0.0)))))
    return phasor


def response(c: Compiled, x: np.ndarray, frequency: np.ndarray) -> dict[str, np.ndarray]:
    """Complex node voltages and branch currents (n_frequencies,) by name."""
    g, q = jacobians(c, x)
    known = drive_vector(c)
    n = c.n
    omega = 2j * np.pi * frequency[:, None, None]
    system = g + omega * q
    solution = np.linalg.solve(system[:, :n, :n], -(system[:, :n, n:] @ known[n:])[..., None])[..., 0]
    full = np.concatenate([solution, np.broadcast_to(known[n:], (len(frequency), len(known) - n))], axis=1)
    return {name: full[:, k] for name, k in c.index.items() if name != GROUND and not name.startswith("u:")}


def released(c: Compiled, x: np.ndarray) -> np.ndarray:
    """The state with HOLD at 0: small signals move the states of devices."""
    if HOLD not in c.index:
        return x
    free = x.copy()
    free[c.index[HOLD]] = 0.0
    return free


@cache
def noise_split(variant: Any) -> tuple[list[tuple[str, int, int]], Split]:
    """Noise sources of a device variant: (name, from, to) terminals, and the graph of strengths and exponents."""
    graph = graph_of(variant)
    variables = {f"v{k}": v for k, v in enumerate(graph.voltages)}
    outputs = [e for _, _, _, strength, exponent in graph.noise for e in (strength, exponent)]
    return [entry[:3] for entry in graph.noise], Split(variables, graph.params, outputs)


def noise(c: Compiled, x: np.ndarray, frequency: np.ndarray, analysis: Noise) -> NoiseDensity:
    """Density at the output and at the input by the adjoint network: one solution serves all sources of noise."""
    g, q = jacobians(c, x)
    n = c.n
    pick = np.zeros(c.rows)
    for node, sign in ((analysis.output, 1.0), (analysis.reference, -1.0)):
        if node not in c.index:
            raise InputError(f".noise: the circuit has no node {node!r}{nearest(node, c.index)}")
        pick[c.index[node]] += sign
    omega = 2j * np.pi * frequency[:, None, None]
    transposed = np.swapaxes((g + omega * q)[:, :n, :n], 1, 2)
    adjoint = np.zeros((len(frequency), c.rows), dtype=complex)
    adjoint[:, :n] = np.linalg.solve(transposed, np.broadcast_to(pick[:n, None], (len(frequency), n, 1)))[..., 0]
    shares: dict[str, np.ndarray] = {}
    for group in c.groups:
        for i in group.instances:
            names, split = noise_split(i.model.variant)
            if not names:
                continue
            at = {f"v{k}": x[t] for k, t in enumerate(i.terminals)}
            values = split.full(at, {k: first(v) for k, v in i.values.items()})
            for j, (name, a, b) in enumerate(names):
                strength, exponent = (float(np.ravel(v)[0]) for v in values[2 * j : 2 * j + 2])
                gain = np.abs(adjoint[:, i.terminals[a]] - adjoint[:, i.terminals[b]]) ** 2
                shares[f"{i.element.name}.{name}"] = gain * strength / frequency**exponent
    output = np.sum(list(shares.values()), axis=0) if shares else np.zeros(len(frequency))
    gain = np.abs(gain_from(c, g + omega * q, analysis.source, pick, adjoint)) ** 2
    with np.errstate(divide="ignore"):
        return NoiseDensity(frequency, output, output / gain, shares)


def gain_from(c: Compiled, system: np.ndarray, source: str, pick: np.ndarray, adjoint: np.ndarray) -> np.ndarray:
    """Complex gain from a source's value to the output."""
    e = c.netlist.element(source)
    if e.kind not in "vi":
        raise InputError(f".noise: {source} is not an independent source")
    k, sign = c.source_index(e.name)
    return sign * (pick[k] - np.einsum("fr,fr->f", adjoint[:, : c.n], system[:, : c.n, k]))


@cache
def report_split(variant: Any) -> tuple[list[str], Split]:
    graph = graph_of(variant)
    variables = {f"v{k}": v for k, v in enumerate(graph.voltages)}
    return list(graph.report), Split(variables, graph.params, list(graph.report.values()))


def report(c: Compiled, x: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """What a designer asks of each device at the operating point x (rows, lanes): i_d, gm, gds, v_th; resistance, x ..."""
    told = {}
    for group in c.groups:
        for i in group.instances:
            if i.element.kind not in "mdyu":
                continue
            names, split = report_split(i.model.variant)
            values = split.full({f"v{k}": x[t] for k, t in enumerate(i.terminals)}, i.values)
            told[i.element.name] = {
                name: np.broadcast_to(v, (c.lanes,)).copy() for name, v in zip(names, values, strict=True)
            }
    return told
