"""Operating points of all lanes: Newton's method, then gmin stepping, then source stepping; every result is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ...errors import InputError
from ...kernel import dae, dae_drive
from ...kernel import dae_step as s
from ...kernel.threads import cores
from ...trace import Failure
from ..compiled import Compiled
from ..netlist import GROUND, HOLD, Element, Netlist
from ..sources import standing_value
from .drive import Drive
from .native import Block, HoistStore, W, make_block
from .plan import plain_plan

FIRST_STEP, SMALLEST_STEP, PATH_STEPS = 0.05, 1e-6, 300  # of the way along a path to the operating point, and how many
ITERATIONS = 60
SWITCH_ROUNDS = 20  # operating points tried until the switches agree with their control voltages
MARGIN = 0.3  # V beyond the supplies that a node of a passive circuit may show
Newton = Callable[[np.ndarray, float, float, np.ndarray], tuple[np.ndarray, np.ndarray]]
REASON = "no operating point was found (Newton, gmin stepping and source stepping failed)"
RESTLESS = "no operating point was found: every state of the switches makes one of them turn"


def operating_point(
    c: Compiled, guess: np.ndarray | None = None, drive: Drive | None = None
) -> tuple[np.ndarray, list[Failure]]:
    """Voltages and branch currents (rows, lanes), and lanes without solution.

    guess (rows, lanes): where Newton's method begins (default: the voltages of `.nodeset`, held to begin with)
    drive: sources at their values at t = 0, as a transient begins (default: at their standing values)
    """
    known = standing_values(c) if drive is None else known_values(c, drive)
    x = first_guess(c, known) if guess is None else guess.copy()
    x[c.n :] = known
    return x, with_switches(c, x)


def with_switches(c: Compiled, x: np.ndarray) -> list[Failure]:
    """Solve every lane, writing into x, with the switches in states that agree with their control voltages."""
    closed = np.broadcast_to(c.closed_at_start[:, None], (len(c.switches), c.lanes))
    for _ in range(SWITCH_ROUNDS):
        set_switches(c, x, closed)
        failures = solve_all(c, x)
        following = switch_states(c, x, closed)
        restless = np.flatnonzero(np.any(following != closed, axis=0))
        if len(restless) == 0:
            return failures
        closed = following
    return failures + [Failure(int(lane), 0.0, RESTLESS) for lane in restless]


def first_guess(c: Compiled, known: np.ndarray) -> np.ndarray:
    """Zero, or with `.nodeset` the operating point that has its nodes at those voltages."""
    chosen = without_sources(c, c.netlist.nodeset)
    return held_point(c, chosen, known)[0] if chosen else np.zeros((c.rows, c.lanes))


def without_sources(c: Compiled, volts: Mapping[str, float]) -> dict[str, float]:
    """The given node voltages but those that a source to ground holds anyway."""
    fixed = {n for e in c.netlist.elements.values() if e.kind == "v" and GROUND in e.nodes for n in e.nodes}
    return {n: v for n, v in volts.items() if n in c.nodes and n not in fixed}


def held_point(c: Compiled, held: dict[str, float], known: np.ndarray) -> tuple[np.ndarray, list[Failure]]:
    """The operating point (rows, lanes) with nodes held at voltages, sources at the values `known`."""
    other = Compiled(clamped(c.netlist, held))
    other.lanes = c.lanes
    x = np.zeros((other.rows, c.lanes))
    for name in other.known:
        x[other.index[name]] = held[name] if name in held else known[c.index[name] - c.n]
    failures = with_switches(other, x)
    return np.array([x[other.index[name]] for name in c.index]), failures


def standing_values(c: Compiled) -> np.ndarray:
    """(known, lanes) values of held nodes and sources in an operating point; ground is 0, states are held."""
    known = held_states(c)
    for e in c.netlist.elements.values():
        if e.kind in "vi":
            k, sign = c.source_index(e.name)
            known[k - c.n] = sign * np.asarray(standing_value(e))
    return known


def held_states(c: Compiled) -> np.ndarray:
    """(known, lanes) zeros but for HOLD."""
    known = np.zeros((c.rows - c.n, c.lanes))
    if HOLD in c.index:
        known[c.index[HOLD] - c.n] = 1.0
    return known


def set_switches(c: Compiled, x: np.ndarray, closed: np.ndarray) -> None:
    rows = (c.switches[:, 0] - c.place[s.V_AT]) // W
    x[rows] = closed


def switch_states(c: Compiled, x: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """(n_switches, lanes) states that the control voltages of x ask for, given the present ones."""
    control = x[c.switches[:, 1]] - x[c.switches[:, 2]]
    on, off = c.switch_levels[:, :1], c.switch_levels[:, 1:]
    return np.where(control >= on, 1.0, np.where(control <= off, 0.0, closed))


def solve_all(c: Compiled, x: np.ndarray) -> list[Failure]:
    """Solve every lane, writing into x."""
    store = HoistStore(c.groups, c.lanes)
    parts = [range(a, min(a + 64, c.lanes)) for a in range(0, c.lanes, 64)]
    with ThreadPoolExecutor(min(cores(), len(parts))) as pool:
        pieces = list(pool.map(lambda part: solve_part(c, store, part, x), parts))
    return [f for piece in pieces for f in piece]


def known_values(c: Compiled, drive: Drive) -> np.ndarray:
    """(known, lanes) values of held nodes and sources at t = 0; ground is 0, states are held."""
    known = held_states(c)
    for k, (place, _) in enumerate(drive.sources):
        known[(place - c.place[s.V_AT]) // W - c.n] = drive.at_start(k)
    return known


def solve_part(c: Compiled, store: HoistStore, part: range, x: np.ndarray) -> list[Failure]:
    """Solve lanes W at a time, writing into x; returns the failures."""
    b = make_block(c, plain_plan(c), store)
    c_place = c.place.copy()
    c_place[s.USE_GMIN] = 1
    failures = []
    for start in range(part.start, part.stop, W):
        lanes = np.arange(start, min(start + W, part.stop))
        slots = np.minimum(np.arange(W), len(lanes) - 1)  # spare slots repeat the last lane
        chosen = lanes[slots]
        for k, at in enumerate(store.places):
            b.h[at : at + W] = store.varying[k, chosen]
        solution, solved = solve_block(c, c_place, b, x[:, chosen])
        x[:, lanes] = solution[:, : len(lanes)]
        failures += [Failure(int(lane), 0.0, REASON) for j, lane in enumerate(lanes) if not solved[j]]
    return failures


def solve_block(c: Compiled, place: np.ndarray, b: Block, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One block: x (rows, W) with known rows set. Returns the solution and which slots are solved."""
    tables = (place, b.groups, b.pointers, c.tables, c.program, c.diagonal, b.x, b.h)
    limits = np.zeros(dae.NEWTON_SHARE + 1)
    limits[dae.V_SCALE], limits[dae.DAMPING] = c.voltage_scale, 0.5 * c.voltage_scale

    def newton(start: np.ndarray, gmin: float, factor: float, todo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = start.copy()
        values[c.n :] = factor * x[c.n :]
        if HOLD in c.index:
            values[c.index[HOLD]] = 1.0
        view(c, b)[:] = values
        left = todo.astype(np.int64)
        dae_drive.balance(*tables, gmin, limits, left, ITERATIONS)
        values = view(c, b).copy()
        return values, (left == 0) & inside_supplies(c, values)

    result = x.copy()
    todo = np.ones(W, dtype=bool)
    for attempt in (directly, by_gmin, by_sources):
        values, good = attempt(x, newton, todo)
        result[:, todo & good] = values[:, todo & good]
        todo &= ~good
        if not todo.any():
            break
    return result, ~todo


def directly(x: np.ndarray, newton: Newton, todo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return newton(x, 0.0, 1.0, todo)


def by_gmin(x: np.ndarray, newton: Newton, todo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A conductance from every node to ground, made smaller step by step; each solution starts the next."""
    return followed(x, newton, todo, lambda way: (10.0 ** (1.0 - 16.0 * way) if way < 1.0 else 0.0, 1.0))


def by_sources(x: np.ndarray, newton: Newton, todo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All sources from zero to their full values."""
    return followed(x, newton, todo, lambda way: (1e-12 if way < 1.0 else 0.0, way))


def followed(
    x: np.ndarray, newton: Newton, todo: np.ndarray, path: Callable[[float], tuple[float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Solutions along a path (way in 0..1 -> gmin, factor of the sources) that ends at the circuit itself, slot by slot:
    the steps shrink where Newton's method fails and grow where it does not."""
    values, solved = np.zeros_like(x), np.zeros(W, dtype=bool)
    for slot in np.flatnonzero(todo):
        one = np.arange(W) == slot
        way, step = 0.0, FIRST_STEP
        for _ in range(PATH_STEPS):
            ahead = min(way + step, 1.0)
            following, good = newton(values, *path(ahead), one)
            if good[slot]:
                values[:, slot], way, step = following[:, slot], ahead, 1.5 * step
            else:
                step *= 0.25
            if way == 1.0 or step < SMALLEST_STEP:
                break
        solved[slot] = way == 1.0
    return values, solved


def view(c: Compiled, b: Block) -> np.ndarray:
    """The voltages in the block's memory, (rows, W)."""
    at = int(c.place[s.V_AT])
    return b.x[at : at + c.rows * W].reshape(c.rows, W)


def inside_supplies(c: Compiled, volts: np.ndarray) -> np.ndarray:
    """Which slots are finite and, where nothing but supplies drives the circuit, between the supplies.

    Newton's method accepted elsewhere points with a node at 7.5 V in a 1 V circuit: a passive circuit has none.
    """
    good = np.isfinite(volts).all(axis=0)
    if c.is_passive:
        held = volts[c.n :][[k for k, name in enumerate(c.known) if not name.startswith("u:")]]
        nodes = volts[: len(c.nodes)]
        good &= np.all((nodes <= held.max(axis=0) + MARGIN) & (nodes >= held.min(axis=0) - MARGIN), axis=0)
    return good


def clamped(netlist: Netlist, volts: dict[str, float]) -> Netlist:
    """The netlist with nodes held by additional voltage sources, for `.ic`."""
    sources = [Element(f"v.hold.{node}", "v", (node, GROUND), {"dc": value}) for node, value in volts.items()]
    return netlist.add(*sources)


def initial_state(c: Compiled, uic: bool, drive: Drive) -> tuple[np.ndarray, list[Failure]]:
    """State (rows, lanes) at t = 0: `.ic` alone with uic (other nodes at 0), else the operating point that meets it."""
    netlist = c.netlist
    held = without_sources(c, netlist.initial)
    if uic:
        x = np.zeros((c.rows, c.lanes))
        x[c.n :] = known_values(c, drive)
        for node, value in held.items():
            x[c.index[node]] = value
        for e in netlist.elements.values():
            source_start(c, e, x)
            element_start(c, e, x)
        set_switches(c, x, switch_states(c, x, c.closed_at_start[:, None]))
        return x, []
    return held_point(c, held, known_values(c, drive)) if held else operating_point(c, None, drive)


def source_start(c: Compiled, e: Element, x: np.ndarray) -> None:
    """A node that a voltage source to ground holds, where its current is an unknown, begins at the source's value."""
    if e.kind == "v" and e.name in c.branches and GROUND in e.nodes and e.nodes[0] != e.nodes[1]:
        node, sign = (e.nodes[0], 1.0) if e.nodes[1] == GROUND else (e.nodes[1], -1.0)
        x[c.index[node]] = sign * x[c.index[f"u:{e.name}"]]


def element_start(c: Compiled, e: Element, x: np.ndarray) -> None:
    """IC= of a capacitor to ground (volt) or an inductor (ampere), x0 of a memristor, what a comparator's output was."""
    if e.kind == "y":
        x[c.index[f"x({e.name})"]] = e.params.get("x0", 0.0)
    elif e.kind == "u":
        x[c.index[e.nodes[-1]]] = c.models[e.model].inner_start(e.params)
    if "ic" not in e.params:
        return
    if e.kind == "l":
        x[c.index[f"i({e.name})"]] = e.params["ic"]
    elif e.kind == "c" and GROUND in e.nodes:
        node = e.nodes[0] if e.nodes[1] == GROUND else e.nodes[1]
        if node in c.nodes:
            x[c.index[node]] = e.params["ic"] if e.nodes[1] == GROUND else -e.params["ic"]
    elif e.kind == "c":
        raise InputError(f"{e.where}{e.name}: ic= is only built in for capacitors with one end at ground; use .ic")
