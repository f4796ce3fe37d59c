"""Gates by their transistors: functions, energies against C V^2, leakage against theory, another simulator and model."""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from neuristor import circuits
from neuristor.circuits.cells.logic import LOGIC, LogicFamily
from neuristor.circuits.netlist import GROUND, Element
from neuristor.digital.activity import truth_table
from neuristor.digital.transistors import TRANSISTORS
from neuristor.errors import InputError
from neuristor.experiments import characterise, flip_flop
from neuristor.experiments.logic_energy import every_change, walk
from neuristor.quantities import thermal_voltage

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
BSIM4 = Path(os.environ.get("NEURISTOR_DATA", "")) / "models" / "ptm65.lib"
OLD = {"v_dd": 3.3, "l": "0.35 um", "w_n": "0.7 um", "w_p": "1.4 um", "diffusion": "0.85 um"}  # of the 0.35 um cards
FUNCTIONS = {
    "INV": lambda a: [1 - a],
    "NAND2": lambda a, b: [1 - a * b],
    "XOR2": lambda a, b: [(a + b) % 2],
    **{
        kind: lambda *bits, kind=kind: truth_table(kind)[:, sum(b << k for k, b in enumerate(bits))]
        for kind in ("AND2", "HA", "FA")
    },
}


@pytest.mark.parametrize("card", ["ptm65_ekv_logic", "n88y_ekv"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gates_do_what_they_are_called(name, card):
    """Every output within 1 % of its rail, all input states as lanes of one operating point."""
    gate = LOGIC[name]
    family = LogicFamily(card, **(OLD if card == "n88y_ekv" else {}))
    states = np.arange(2 ** len(gate.inputs))
    bits = [(states >> k) & 1 for k in range(len(gate.inputs))]
    sources = [Element(f"v{p}", "v", (p, GROUND), {"dc": family.v_dd * b}) for p, b in zip(gate.inputs, bits, strict=True)]
    pins = {p: p for p in (*gate.inputs, *gate.outputs)}
    point = circuits.op(family.netlist(name, [*family.place(gate, "x", pins), *sources]))
    wanted = np.array([FUNCTIONS[name](*(int(b[k]) for b in bits)) for k in range(len(states))]).T
    assert np.array([point[p] for p in gate.outputs]) / family.v_dd == pytest.approx(wanted, abs=0.01)


def test_transistors_are_those_that_are_counted():
    assert {kind: LOGIC[kind].transistors for kind in TRANSISTORS} == TRANSISTORS
    assert LOGIC["INV"].transistors + LOGIC["NAND2"].transistors == LOGIC["AND2"].transistors


@pytest.mark.parametrize("states", [2, 4, 8])
def test_the_walk_makes_every_change_once(states):
    steps = list(pairwise(every_change(states)))
    assert sorted(steps) == [(i, j) for i in range(states) for j in range(states) if i != j]


@pytest.mark.parametrize("name", ["INV", "NAND2", "AND2"])
def test_a_load_costs_c_v_squared_where_its_output_rises(name):
    """And nothing where it falls: the charge of the load comes from the supply once a cycle."""
    light, heavy = (characterise(name, c_load=c) for c in ("1 fF", "4 fF"))
    rises = np.sum(light.outputs_at[:, None, :] > light.outputs_at[:, :, None], axis=0)
    off = ~np.eye(len(rises), dtype=bool)
    added = (heavy.energy - light.energy)[off] / (3e-15 * 1.2**2)
    assert added == pytest.approx(rises[off], abs=0.06)  # slower edges change the short-circuit current
    assert np.all(heavy.delay > light.delay)


def test_charges_are_those_that_the_solver_integrates():
    found = walk(LOGIC["FA"], LogicFamily(), every_change(8), 1e-15, 1e-9, 2e-11, "native")
    assert 1.2 * found.charges[:, 0].sum() == pytest.approx(found.trace.energy["vdd"][0], rel=3e-4)


def test_energies_do_not_depend_on_the_rest():
    """Leakage is taken off; what is left moves only by the slow nodes inside stacks."""
    short, long = (characterise("NAND2", rest=rest) for rest in ("0.5 ns", "5 ns"))
    assert long.per_output_change == pytest.approx(short.per_output_change, rel=0.02)
    assert long.delay == pytest.approx(short.delay, rel=0.02)


def test_stacked_transistors_leak_less():
    """NAND: two off NMOS in series leak a tenth of one; both off PMOS in parallel leak twice one."""
    gate, inverter = characterise("NAND2"), characterise("INV")
    assert gate.leakage[0] < 0.1 * inverter.leakage[0]
    assert gate.leakage[3] == pytest.approx(2 * inverter.leakage[1], rel=1e-3)
    assert gate.leakage[2] == pytest.approx(inverter.leakage[0], rel=0.01)


def test_leakage_is_exponential_in_the_threshold():
    """I ~ exp(-V_T / (n U_T)) in weak inversion: equal steps, equal ratios, of n between 1.3 and 1.6."""
    found = [characterise("INV", LogicFamily(v_t_shift=shift)).leakage for shift in (0.1, 0.2, 0.3)]
    steps = np.log([found[0] / found[1], found[1] / found[2]])
    assert steps[0] == pytest.approx(steps[1], rel=0.03)
    n = 0.1 / (steps[1] * thermal_voltage(300.15))
    assert np.all((n > 1.3) & (n < 1.6))


def test_leakage_grows_with_supply_and_temperature():
    reference = characterise("HA").leakage
    assert np.all(characterise("HA", LogicFamily(temperature=85)).leakage > 1.5 * reference)  # exp(-V_T / (n U_T))
    assert np.all(characterise("HA", LogicFamily(v_dd=1.0)).leakage < reference)


def test_the_flip_flop():
    """Its clock drives one inverter; new data cost more than old; all it does happens at the edges."""
    found = flip_flop()
    assert found.c_clock == pytest.approx(characterise("INV").c_in[0], rel=0.03)
    assert found.change > found.idle > found.glitch > 0
    assert found.idle > 2 * found.c_clock * 1.2**2  # the clock's own inverters switch twice
    assert flip_flop(rest="1 us").leakage == pytest.approx(found.leakage, rel=0.01)
    loaded = flip_flop(c_load="4 fF")
    assert loaded.idle == pytest.approx(found.idle, rel=0.01)
    assert 2 * (loaded.change - found.change) == pytest.approx(3e-15 * 1.2**2, rel=0.05)  # of two changes one is a rise


@needs_ngspice
def test_the_same_card_in_ngspice():
    """BSIM3 runs in both engines."""
    family = LogicFamily("n88y", **OLD)
    options = {"c_load": "20 fF", "rest": "5 ns", "edge": "0.1 ns"}
    ours, theirs = (characterise("NAND2", family, engine=engine, **options) for engine in ("native", "ngspice"))
    off = ~np.eye(4, dtype=bool)
    assert ours.energy[off] == pytest.approx(theirs.energy[off], rel=5e-3, abs=1e-3 * theirs.energy.max())
    assert ours.delay == pytest.approx(theirs.delay, rel=5e-3)
    gmin = 1e-16 * 3.3**2 * 8  # W, that ngspice adds at the drains and sources of four transistors
    assert ours.leakage == pytest.approx(theirs.leakage, rel=5e-3, abs=gmin)


@needs_ngspice
@pytest.mark.skipif(not BSIM4.is_file(), reason="the 65 nm card is not here")
@pytest.mark.parametrize("name", ["AND2", "HA"])
def test_the_fitted_set_against_bsim4(name):
    """Energies within 5 %, delays within 10 %; gate tunnelling, which EKV has not, is up to half of the leakage."""
    fitted, card = characterise(name), characterise(name, LogicFamily(str(BSIM4)), engine="ngspice")
    assert fitted.per_output_change == pytest.approx(card.per_output_change, rel=0.05)
    assert fitted.delay == pytest.approx(card.delay, rel=0.10)
    assert np.all((fitted.leakage < card.leakage) & (fitted.leakage[-1] > 0.5 * card.leakage[-1]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: characterise("NAND3"), "did you mean 'NAND2'"),
        (lambda: characterise("DFF"), "use flip_flop"),
        (lambda: characterise("INV", rest="10 ps"), "longer than the edge"),
        (lambda: characterise("FA", LogicFamily(v_dd=0.3)), "FA at 300 mV: output . has not settled after 1 ns"),
        (lambda: flip_flop(LogicFamily(v_dd=0.2), rest="1 ns"), "DFF at 200 mV: the output has not settled"),
        (lambda: LogicFamily("ptm65_logic"), "did you mean 'ptm65_ekv_logic'"),
        (lambda: LogicFamily(v_dd="-1 V"), "v_dd = -1 V is not positive"),
        (lambda: characterise("INV", c_load="1 V"), "characterise: c_load"),
    ],
)
def test_bad_words(call, words):
    with pytest.raises(InputError, match=words):
        call()
