"""What a flip-flop costs: leakage, energy of a clock cycle with and without new data, delays; from its transistors.

As in `logic_energy`: energy from the supply and from what drives its inputs, the clock among them, without leakage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.cells.logic import LOGIC, LogicFamily
from ..errors import InputError
from ..quantities import one_number, show
from .base import Result
from .logic_energy import EDGE, SETTLED, WIRE, Walk, drawn, walk

CELL = "DFF"
REST = "100 ns"  # long enough for the nodes inside stacks, which leakage alone moves
D, CK = 1, 2  # bits of an input state
DATA = (0, 1, 0, 0, 1, 1, 0)  # stored cycle by cycle; the first three bring the latches into a known state
KNOWN = 3
LATE = 0.8  # of a rest, after which leakage is read
MASTER = "mn"  # the node that must know new data before the clock rises


@dataclass(frozen=True)
class FlipFlopEnergy(Result):
    """The flip-flop of `circuits.cells.logic` at one supply, temperature and load.

    leakage    W, mean of both data at both clock levels, data stored
    idle       J a clock cycle that stores what is stored already: the clock's own
    change     J a clock cycle in which the output changes, one change of d included
    glitch     J a change of d while the clock is high, which is not stored
    clock_to_q, setup  s, the slowest: from the clock to the output; from d to the latch behind it
    c_clock    F, charge of the clock's input in a rise, over the supply
    """

    card: str
    engine: str
    v_dd: float
    temperature: float
    v_t_shift: float
    c_load: float
    transistors: int
    leakage: float
    idle: float
    change: float
    glitch: float
    clock_to_q: float
    setup: float
    c_clock: float


def flip_flop(
    family: LogicFamily | None = None, *, c_load: Any = WIRE, rest: Any = REST, edge: Any = EDGE, engine: str = "native"
) -> FlipFlopEnergy:
    """Leakage, energies and delays of the flip-flop; arguments as of `characterise`."""
    family, gate = family or LogicFamily(), LOGIC[CELL]
    load, seconds = one_number(c_load, "F", "flip_flop: c_load"), one_number(rest, "s", "flip_flop: rest")
    states = [s for old, new in zip((0, *DATA[:-1]), DATA, strict=True) for s in (old, new, new + CK)]
    tail = [CK + D, CK]
    found = walk(gate, family, [*states, *tail], load, seconds, one_number(edge, "s", "flip_flop: edge"), engine, [MASTER])
    leaks = np.array([late_power(found, k, family.v_dd) for k in range(len(found.states))])
    energy = np.array([drawn(found, k, family.v_dd) for k in range(len(found.states))]) - leaks * seconds
    require_stored(found, range(2, 3 * len(DATA), 3), family.v_dd)
    cycles = range(KNOWN, len(DATA))
    same, changed = ([c for c in cycles if (DATA[c] != DATA[c - 1]) is moved] for moved in (False, True))
    cycle = energy[: -len(tail)].reshape(-1, 3).sum(axis=1)
    return FlipFlopEnergy(
        card=family.card.name, engine=engine, v_dd=family.v_dd, temperature=family.temperature,
        v_t_shift=family.v_t_shift, c_load=load, transistors=gate.transistors,
        leakage=float(leaks[: -len(tail)].reshape(-1, 3)[same, 1:].mean()),
        idle=float(cycle[same].mean()), change=float(cycle[changed].mean()), glitch=float(energy[-len(tail) :].mean()),
        clock_to_q=max(found.crossing("q", 3 * c + 2, family.v_dd / 2) for c in changed),
        setup=max(found.crossing(f"x.{MASTER}", 3 * c + 1, family.v_dd / 2) for c in changed),
        c_clock=float(np.mean([found.charges[3 * c + 2, 2] for c in cycles]) / family.v_dd),
    )  # fmt: skip


def late_power(found: Walk, k: int, v_dd: float) -> float:
    """W at the end of rest k, of the supply and of inputs that are high."""
    at = found.span(k)
    time = found.trace.time[at]
    late = at[time > time[0] + LATE * (time[-1] - time[0])]
    if len(late) < 2:
        late = at[-2:]
    names = ["i(vdd)", *(f"i(v{pin})" for j, pin in enumerate(LOGIC[CELL].inputs) if found.states[k] >> j & 1)]
    current = -sum(found.trace[name][0][late] for name in names)
    return float(v_dd * np.trapezoid(current, found.trace.time[late]) / np.ptp(found.trace.time[late]))


def require_stored(found: Walk, rests: Sequence[int], v_dd: float) -> None:
    """InputError if the output is not what was stored."""
    for k, data in zip(rests, DATA, strict=True):
        if abs(found.trace["q"][0][found.span(k)[-1]] - data * v_dd) > SETTLED * v_dd:
            raise InputError(
                f"{CELL} at {show(v_dd, 'V')}: the output has not settled after {show(found.rest, 's')}; give a longer rest"
            )
