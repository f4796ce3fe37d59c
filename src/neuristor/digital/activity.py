"""How often every cell of a circuit goes from one input state to another when new data arrive, glitches included.

All inputs and registers change at one instant. Then time goes in steps: an output takes a new value once its cell has wanted
it for as long as the cell's delay (inertial delay, as in VHDL); a shorter pulse is swallowed. Signals that race over paths
of different length make cells switch several times before they settle: glitches. With `glitches=False` nothing takes time
and only settled states count, which is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .gates import KINDS, Cell, Gates

Delays = Mapping[tuple[str, str], int]  # (kind, output pin) -> steps, 1 or more


@dataclass(frozen=True)
class Activity:
    """What all cells of each kind did, all samples together; a state is the number whose bit k is input k.

    cells        kind -> the cells
    transitions  kind -> (cells, states, states), how often each went from one input state to another
    settled      kind -> (cells, states), in how many samples each ended in a state
    toggles      (nets,), how often each net changed
    steps        until nothing moved
    """

    cells: Mapping[str, tuple[Cell, ...]]
    transitions: Mapping[str, np.ndarray]
    settled: Mapping[str, np.ndarray]
    toggles: np.ndarray
    steps: int


@dataclass(frozen=True)
class Group:
    """All cells of a kind: their nets as arrays."""

    kind: str
    inputs: np.ndarray  # (pins, cells)
    outputs: np.ndarray  # (pins, cells)


def activity(
    gates: Gates, before: np.ndarray, after: np.ndarray, delays: Delays | None = None, *, glitches: bool = True
) -> Activity:
    """What follows when the inputs and registers of settled nets `before` become those of settled nets `after`.

    before, after  (nets, words), as `Gates.settled` gives them; bits beyond the last sample are samples of zeros
    delays         of every output in steps (default: 1)
    """
    cells = {kind: tuple(c for c in gates.combinational if c.kind == kind) for kind in KINDS}
    groups = [Group(kind, pins(own, "inputs"), pins(own, "outputs")) for kind, own in cells.items() if own]
    counts = {g.kind: np.zeros((g.inputs.shape[1], 2 ** len(g.inputs), 2 ** len(g.inputs)), np.int64) for g in groups}
    states = {g.kind: one_hot(before[g.inputs]) for g in groups}
    toggles, last = np.zeros(gates.nets, np.int64), before
    steps = -1
    for values in moments(gates, groups, before, after, delays or {}) if glitches else [after]:
        steps += 1
        for g in groups:
            now = one_hot(values[g.inputs])
            count(counts[g.kind], states[g.kind], now)
            states[g.kind] = now
        toggles += np.bitwise_count(values ^ last).sum(axis=1).astype(np.int64)
        last = values
    settled = {kind: np.bitwise_count(state).sum(axis=-1).T.astype(np.int64) for kind, state in states.items()}
    return Activity({g.kind: cells[g.kind] for g in groups}, counts, settled, toggles, steps)


def moments(
    gates: Gates, groups: list[Group], before: np.ndarray, after: np.ndarray, delays: Delays
) -> Iterator[np.ndarray]:
    """The nets step by step, from the change of the inputs until nothing moves."""
    driven = np.concatenate([g.outputs.ravel() for g in groups])
    longest = max(delays.values(), default=1)
    now = after.copy()
    now[driven] = before[driven]
    wanted = [{g.kind: FUNCTIONS[g.kind](*before[g.inputs]) for g in groups}] * longest  # in the latest steps
    quiet = 0
    while quiet < longest:
        yield now
        wanted = [*wanted[1:], {g.kind: FUNCTIONS[g.kind](*now[g.inputs]) for g in groups}]
        after = now.copy()
        for g in groups:
            for k, pin in enumerate(KINDS[g.kind].outputs):
                lately = [w[g.kind][k] for w in wanted[-delays.get((g.kind, pin), 1) :]]
                after[g.outputs[k]] = held(lately, now[g.outputs[k]])
        quiet = quiet + 1 if np.array_equal(after, now) else 0
        now = after


def held(lately: list[np.ndarray], output: np.ndarray) -> np.ndarray:
    """What an output becomes: the newest value where it has been wanted in all steps of the delay, else what it was."""
    steady = ~np.bitwise_or.reduce([value ^ lately[-1] for value in lately])
    return (lately[-1] & steady) | (output & ~steady)


def pins(cells: tuple[Cell, ...], side: str) -> np.ndarray:
    """Nets (pins, cells) at one side of cells of a kind."""
    return np.array([getattr(c, side) for c in cells]).T


def one_hot(inputs: np.ndarray) -> np.ndarray:
    """(states, cells, words): in which samples the inputs (pins, cells, words) are in each state."""
    found = np.full((1, *inputs.shape[1:]), ~np.uint64(0))
    for value in inputs:
        found = np.concatenate([found & ~value, found & value])
    return found


def count(counts: np.ndarray, before: np.ndarray, now: np.ndarray) -> None:
    """Add the transitions between two moments to counts (cells, states, states)."""
    moved = before & ~now  # where a state was left
    for i, left in enumerate(moved):
        if left.any():
            counts[:, i] += np.bitwise_count(left & now).sum(axis=-1).T.astype(np.int64)


def truth_table(kind: str) -> np.ndarray:
    """Outputs (pins, states) of a combinational cell; bit k of a state is input k."""
    width = len(KINDS[kind].inputs)
    states = np.arange(2**width)
    return np.array(FUNCTIONS[kind](*((states >> k) & 1 for k in range(width))))


FUNCTIONS = {kind: cell.function for kind, cell in KINDS.items() if cell.function}
