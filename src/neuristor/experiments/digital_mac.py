"""Power and energy of the digital neuron's multiply-accumulate against frequency: leakage, switching, clock, memory.

    P(f) = P_leak + f E_op,   E_op = gates + register and its clock,   fetching the weight beside it as a term of its own

Gates: energies of every change of a cell's inputs (`logic_energy`) times how often it happens with random operands
(`digital.activity`, glitches included; `gate_check` tells how good the sum is). Leakage: of every cell in the states that it
settles in. Largest frequency: the register's delays and the slowest path through the cells.

What the numbers stand for: a layout's wires are one capacitance a net; no clock tree, no registers of the operands, no
activation function; supply and clock are never switched off, so all leakage counts at every frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..circuits.cells.logic import LogicFamily
from ..digital.activity import Activity, Delays, activity
from ..digital.gates import WORD, Gates
from ..digital.mac import PARTS, mac, operations
from ..digital.transistors import transistors
from ..errors import InputError
from ..presets.operation_energy import CACHE_BIT, HOROWITZ
from ..quantities import number_list, one_number, show, whole_number
from .base import Result
from .flip_flop_energy import FlipFlopEnergy, flip_flop
from .logic_energy import EDGE, REST, WIRE, CellEnergy, characterise

COMBINATIONAL = ("AND2", "HA", "FA")
SINK = ("FA", "a")  # the pin that stands for what an output drives, where delays are concerned
HELD = 100  # rests that a flip-flop is given for each step of its clock
STEP = 3  # simulated time steps in the shortest mean delay
FREQUENCIES = np.geomspace(1e3, 1e9, 61)
MOST_POINTS = 10_000
MOST_SAMPLES = 1 << 18


@dataclass(frozen=True)
class CellLibrary(Result):
    """Cells by kind: `cells` with the wire as load, for energies; `loaded` with a wire and a full adder's input, for
    delays; flip_flop and flip_flop_loaded the same.
    """

    cells: dict[str, CellEnergy]
    loaded: dict[str, CellEnergy]
    flip_flop: FlipFlopEnergy
    flip_flop_loaded: FlipFlopEnergy

    @property
    def delay(self) -> dict[tuple[str, str], float]:
        """(kind, output pin) -> s, the slowest."""
        return {(k, pin): float(d) for k, c in self.loaded.items() for pin, d in zip(c.outputs, c.delay, strict=True)}

    @property
    def steps(self) -> Delays:
        """(kind, output pin) -> mean delay in time steps of the simulation."""
        mean = {(k, pin): d for k, c in self.loaded.items() for pin, d in zip(c.outputs, c.delay_mean, strict=True)}
        step = min(mean.values()) / STEP
        return {pin: max(1, round(d / step)) for pin, d in mean.items()}


@dataclass(frozen=True)
class DigitalMac(Result):
    """MACs of several word lengths; axes: (words,), (words, parts) with `parts`, (words, frequencies).

    leakage    W by part;  dynamic: J an operation by part, the clock inside the register's
    clock      J an operation of the dynamic energy that the clock takes alone;  still: dynamic energy without glitches
    fetch      J an operation for reading the weight: bits x fetch_bit;  fetch_source: where the default is from
    f_max      Hz;  power (W), energy (J an operation): leakage and dynamic, without the fetch; NaN above f_max
    crossing   Hz, where leakage and dynamic energy are equal
    """

    bits: np.ndarray
    parts: tuple[str, ...]
    tree: str
    terms: int
    samples: int
    card: str
    engine: str
    v_dd: float
    temperature: float
    v_t_shift: float
    c_wire: float
    fetch_bit: float
    fetch_source: str
    frequency: np.ndarray
    transistors: np.ndarray
    leakage: np.ndarray
    dynamic: np.ndarray
    clock: np.ndarray
    still: np.ndarray
    f_max: np.ndarray

    @property
    def fetch(self) -> np.ndarray:
        return self.bits * self.fetch_bit

    @property
    def power(self) -> np.ndarray:
        total = self.leakage.sum(axis=1)[:, None] + self.frequency * self.dynamic.sum(axis=1)[:, None]
        return np.where(self.frequency <= self.f_max[:, None], total, np.nan)

    @property
    def energy(self) -> np.ndarray:
        return self.power / self.frequency

    @property
    def energy_with_fetch(self) -> np.ndarray:
        return self.energy + self.fetch[:, None]

    @property
    def crossing(self) -> np.ndarray:
        return self.leakage.sum(axis=1) / self.dynamic.sum(axis=1)

    def to_json_dict(self) -> dict[str, Any]:
        names = ("fetch", "power", "energy", "energy_with_fetch", "crossing")
        return super().to_json_dict() | {name: getattr(self, name).tolist() for name in names}


def cell_library(
    family: LogicFamily | None = None, *, c_wire: Any = WIRE, rest: Any = REST, edge: Any = EDGE, engine: str = "native",
    also: Sequence[str] = (), progress: Callable[[float], None] | None = None,
) -> CellLibrary:  # fmt: skip
    """Characterise the cells that a MAC is made of, and `also` others into `cells`; arguments as of `characterise`."""
    family, wire = family or LogicFamily(), one_number(c_wire, "F", "cell_library: c_wire")
    if wire < 0:
        raise InputError(f"cell_library: c_wire = {show(wire, 'F')}: a capacitance of 0 F or more is needed")
    seconds = one_number(rest, "s", "cell_library: rest")
    options: dict[str, Any] = {"edge": edge, "engine": engine}
    tell = progress or (lambda fraction: None)
    kinds = dict.fromkeys([*COMBINATIONAL, *also])
    cells = {kind: characterise(kind, family, c_load=wire, rest=seconds, **options) for kind in kinds}
    tell(0.25)  # the four steps take about as long as each other
    kind, pin = SINK
    load = wire + float(cells[kind].c_in[cells[kind].inputs.index(pin)])
    loaded = {kind: characterise(kind, family, c_load=load, rest=seconds, **options) for kind in COMBINATIONAL}
    tell(0.5)
    stores = []
    for c_load in (wire, load):
        stores.append(flip_flop(family, c_load=c_load, rest=HELD * seconds, **options))
        tell(0.5 + 0.25 * len(stores))
    return CellLibrary(cells, loaded, *stores)


def digital_mac(
    bits: int | Sequence[int] = (3, 8, 16), *, library: CellLibrary | None = None, family: LogicFamily | None = None,
    tree: str = "wallace", terms: int = 256, frequency: Any = FREQUENCIES, samples: int = 2048, seed: int = 0,
    fetch_bit: Any = CACHE_BIT, c_wire: Any = WIRE, rest: Any = REST, engine: str = "native",
    progress: Callable[[float], None] | None = None,
) -> DigitalMac:  # fmt: skip
    """Power and energy of unsigned MACs with operands that are uniformly random, new ones in every cycle.

    library    characterised cells; without, those of `family` are characterised with c_wire, rest and engine
    tree       "wallace", "columns" or "dadda";  terms: products in a sum, which set the accumulator's width
    samples    operations that are simulated, rounded up to a multiple of 64;  fetch_bit: J for reading a bit of a weight
    """
    words = [whole_number(n, "digital_mac: bits", 2) for n in np.atleast_1d(np.asarray(bits)).tolist()]
    hertz = number_list(frequency, "Hz", "digital_mac: frequency")
    if not np.all(hertz > 0) or len(hertz) > MOST_POINTS:
        raise InputError(f"digital_mac: one to {MOST_POINTS} frequencies above 0 Hz are needed")
    per_bit = one_number(fetch_bit, "J", "digital_mac: fetch_bit")
    rounded = -(-whole_number(samples, "digital_mac: samples") // WORD) * WORD
    if per_bit < 0 or rounded > MOST_SAMPLES:
        raise InputError(f"digital_mac: fetch_bit of 0 J or more and up to {MOST_SAMPLES} samples are possible")
    whole_number(seed, "digital_mac: seed", 0)
    circuits = [mac(n, tree, terms) for n in words]
    library = library or cell_library(family, c_wire=c_wire, rest=rest, engine=engine)
    found = []
    for gates, n in zip(circuits, words, strict=True):
        found.append(spent(gates, n, terms, library, rounded, seed))
        if progress:
            progress(len(found) / len(words))
    cell, register = library.cells["FA"], library.flip_flop_loaded
    slowest = [register.clock_to_q + gates.longest_path(library.delay) + register.setup for gates in circuits]
    return DigitalMac(
        bits=np.array(words), parts=PARTS, tree=tree, terms=terms, samples=rounded, card=cell.card, engine=cell.engine,
        v_dd=cell.v_dd, temperature=cell.temperature, v_t_shift=cell.v_t_shift, c_wire=cell.c_load, fetch_bit=per_bit,
        fetch_source=HOROWITZ if per_bit == CACHE_BIT else "given", frequency=hertz,
        transistors=np.array([[sum(transistors(g).transistors[p].values()) for p in PARTS] for g in circuits]),
        leakage=np.array([f.leakage for f in found]), dynamic=np.array([f.dynamic for f in found]),
        clock=np.array([f.clock for f in found]), still=np.array([f.still for f in found]), f_max=1 / np.array(slowest),
    )  # fmt: skip


@dataclass(frozen=True)
class Spent:
    """Of one MAC: leakage (parts,) W, dynamic (parts,), clock and still J an operation."""

    leakage: np.ndarray
    dynamic: np.ndarray
    clock: float
    still: float


def spent(gates: Gates, bits: int, terms: int, library: CellLibrary, samples: int, seed: int) -> Spent:
    """Leakage and energies of one MAC with random operands."""
    operands = np.random.default_rng(seed).integers(0, 2**bits, (samples + 1, 2))
    before, after = operations(gates, operands[:, 0], operands[:, 1], terms)
    raced = activity(gates, before, after, library.steps)
    quiet = activity(gates, before, after, glitches=False)
    leakage = {part: 0.0 for part in PARTS}
    for kind, counts in quiet.settled.items():
        for cell, power in zip(quiet.cells[kind], counts @ library.cells[kind].leakage / samples, strict=True):
            leakage[cell.part] += float(power)
    leakage["register"] += len(gates.registers) * library.flip_flop.leakage
    switched, unraced = switching(raced, library, samples), switching(quiet, library, samples)
    for energies, toggled in ((switched, raced.toggles), (unraced, quiet.toggles)):
        energies["register"] = stored(gates, before, after, toggled, quiet.toggles, library.flip_flop, samples)
    return Spent(
        np.array([leakage[p] for p in PARTS]), np.array([switched[p] for p in PARTS]),
        len(gates.registers) * library.flip_flop.idle, sum(unraced.values()),
    )  # fmt: skip


def switching(found: Activity, library: CellLibrary, samples: int) -> dict[str, float]:
    """J an operation of the combinational cells of each part."""
    total: dict[str, float] = {}
    for kind, counts in found.transitions.items():
        for cell, energy in zip(found.cells[kind], np.sum(counts * library.cells[kind].energy, axis=(1, 2)), strict=True):
            total[cell.part] = total.get(cell.part, 0.0) + float(energy) / samples
    return total


def stored(
    gates: Gates, before: np.ndarray, after: np.ndarray, toggled: np.ndarray, needed: np.ndarray,
    cell: FlipFlopEnergy, samples: int,
) -> float:  # fmt: skip
    """J an operation of the registers: clock, new data, and changes of their inputs that are not stored."""
    outputs = [c.outputs[0] for c in gates.registers]
    inputs = [c.inputs[0] for c in gates.registers]
    changed = float(np.bitwise_count(before[outputs] ^ after[outputs]).sum()) / samples
    wasted = float((toggled - needed)[inputs].sum()) / samples
    return len(outputs) * cell.idle + changed * (cell.change - cell.idle) + wasted * cell.glitch
