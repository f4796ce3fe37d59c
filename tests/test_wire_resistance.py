"""Exact wire resistance: against badcrossbar, nodal analysis, exact fractions, the circuit engine and Kirchhoff's laws."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from arrays_random import by_nodes, in_fractions, random_array, resistors
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.arrays import Wires, effective_conductance, effective_network, solve
from neuristor.circuits import Element, Netlist, op
from neuristor.circuits.engines import ngspice
from neuristor.errors import InputError

REFERENCES = Path(__file__).parent / "references"
NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
KINDS = ("r_word", "r_bit", "r_driver", "r_sense")
SEEDS = st.integers(0, 2**32 - 1)


def close(found, wanted, share):
    """Within a share of the largest entry."""
    assert np.abs(found - wanted).max() <= share * np.abs(wanted).max()


def recorded():
    """Arrays with the currents that badcrossbar found: resistances, line resistances, voltages, currents."""
    kept = np.load(REFERENCES / "badcrossbar_arrays.npz")
    at_r = at_v = at_i = 0
    for (rows, columns), lines in zip(kept["shapes"], kept["lines"].astype(float), strict=True):
        cells, ends, read = rows * columns, rows * 3, columns * 3
        resistances = kept["resistances"][at_r : at_r + cells].reshape(rows, columns).astype(float)
        voltages = kept["voltages"][at_v : at_v + ends].reshape(rows, 3).astype(float)
        yield resistances, lines, voltages, kept["currents"][at_i : at_i + read].reshape(3, columns)
        at_r, at_v, at_i = at_r + cells, at_v + ends, at_i + read


def test_two_hundred_arrays_as_badcrossbar_has_them():
    seen = {"array": 0, "open": 0, "one line": 0, "no word": 0, "no bit": 0}
    for resistances, lines, voltages, currents in recorded():
        close(voltages.T @ effective_conductance(1 / resistances, Wires(*lines)), currents, 1e-9)
        seen["array"] += 1
        seen["open"] += bool(np.isinf(resistances).any())
        seen["one line"] += 1 in resistances.shape
        seen["no word"] += lines[0] == 0
        seen["no bit"] += lines[1] == 0
    assert seen["array"] == 200
    assert min(seen.values()) > 30


@pytest.mark.skipif(importlib.util.find_spec("badcrossbar") is None, reason="needs badcrossbar")
def test_badcrossbar_still_has_them_so(monkeypatch):
    monkeypatch.syspath_prepend(str(REFERENCES))
    import make_badcrossbar_arrays as maker

    for resistances, lines, voltages, currents in recorded():
        close(maker.by_badcrossbar(resistances, lines, voltages), currents, 1e-9)
    sys.modules.pop("make_badcrossbar_arrays")


@pytest.mark.parametrize("shorts", [0.0, 0.05, 0.3])
def test_two_hundred_arrays_with_drivers_opens_and_shorts_by_nodal_analysis(shorts):
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(200):
        g, wires = random_array(rng, shorts=shorts)
        wanted = by_nodes(g, wires)
        if wanted is None:
            refused += 1
            with pytest.raises(InputError, match="not determined"):
                effective_conductance(g, wires)
        else:
            close(effective_conductance(g, wires), wanted, 1e-9)
    assert (refused > 0) == (shorts > 0)
    assert refused < 100


def test_every_entry_has_its_digits_whatever_the_resistances():
    rng = np.random.default_rng(3)
    for _ in range(25):
        g, wires = random_array(rng, largest=4, shorts=0.1, decades=(0, 9), lines=(-6, 3))
        if by_nodes(g, wires) is not None:
            np.testing.assert_allclose(effective_conductance(g, wires), in_fractions(g, wires), rtol=1e-14)


@pytest.mark.parametrize("shape", [(70, 3), (3, 70), (50, 41)])
def test_large_blocks(shape):
    g = 10 ** -np.random.default_rng(1).uniform(3, 6, shape)
    wires = Wires(1.5, 0.7, 200.0, 50.0)
    np.testing.assert_allclose(effective_conductance(g, wires), by_nodes(g, wires), rtol=1e-11)


def test_node_voltages_of_a_large_array():
    g = 10 ** -np.random.default_rng(1).uniform(3, 6, (150, 140))  # above KEPT_CELLS
    wires, drive = Wires(1.5, 0.7, 200.0, 50.0), np.full((1, 150), 0.2)
    found = solve(g, drive, wires)
    assert found.residual <= 1e-12
    np.testing.assert_allclose(found.currents, drive @ effective_conductance(g, wires), rtol=1e-12)


def test_closed_forms():
    one = effective_conductance([[1e-4]], Wires(1.0, 2.0, 30.0, 40.0))
    assert one[0, 0] == pytest.approx(1 / (1e4 + 73.0), rel=1e-15)
    short = effective_conductance([[np.inf]], Wires(1.0, 2.0, 30.0, 40.0))
    assert short[0, 0] == pytest.approx(1 / 73.0, rel=1e-15)
    opened = effective_conductance(np.zeros((3, 4)), Wires(1.0, 2.0))
    assert not opened.any()
    # One bit line of n equal cells, driven alike: a ladder with v' = sqrt(r g) v in the limit of many cells.
    n, r, g = 1000, 1e-3, 1e-2
    line = effective_conductance(np.full((n, 1), g), Wires(r_bit=r)).sum()
    k = np.sqrt(r * g)
    assert line == pytest.approx(np.tanh(n * k) / (r / k), rel=2 / n)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_without_wire_resistance_it_is_the_array_itself(seed):
    g, _ = random_array(np.random.default_rng(seed))
    assert np.array_equal(effective_conductance(g, Wires()), g)
    voltages = np.random.default_rng(seed + 1).uniform(-1, 1, (5, len(g)))
    np.testing.assert_allclose(solve(g, voltages, Wires()).currents, voltages @ g, rtol=1e-15, atol=1e-18)


@given(SEEDS, st.sampled_from(KINDS), st.floats(1e-3, 1e3))
@settings(max_examples=60, deadline=None)
def test_more_resistance_lets_less_current_through(seed, kind, more):
    """All rows at one voltage: the sum of all currents falls as any resistance grows (Rayleigh's monotonicity)."""
    g, wires = random_array(np.random.default_rng(seed), lines=(-3, 3))
    grown = Wires(**{k: getattr(wires, k) + more * (k == kind) for k in KINDS})
    before, after = (effective_conductance(g, w).sum() for w in (wires, grown))
    assert after <= before * (1 + 1e-13)
    if g.max() > 0:
        assert after < before


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_reciprocity(seed):
    """Driver and sense input may change places: the array seen from its columns is the transposed one, turned round."""
    g, wires = random_array(np.random.default_rng(seed))
    turned = Wires(wires.r_bit, wires.r_word, wires.r_sense, wires.r_driver)
    found = effective_conductance(g[::-1, ::-1].T, turned)
    close(found[::-1, ::-1].T, effective_conductance(g, wires), 1e-13)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_kirchhoffs_laws_to_a_part_in_1e12(seed):
    """Checked here from the voltages and currents themselves, at resistances from 1 uOhm to 1 GOhm and shorts."""
    rng = np.random.default_rng(seed)
    g, wires = random_array(rng, largest=9, shorts=0.05, decades=(0, 9), lines=(-6, 3))
    drive = rng.uniform(-1, 1, (3, len(g)))
    try:
        found = solve(g, drive, wires)
    except InputError:
        return
    scale = np.abs([found.i_cell, found.i_word, found.i_bit]).max()
    word = np.concatenate((found.i_word, np.zeros_like(found.i_word[:, :, :1])), axis=2)
    bit = np.concatenate((np.zeros_like(found.i_bit[:, :1]), found.i_bit), axis=1)
    left = max(np.abs(-np.diff(word, axis=2) - found.i_cell).max(), np.abs(found.i_cell - np.diff(bit, axis=1)).max())
    assert left <= 1e-12 * scale
    assert found.residual <= 1e-12
    ohms = np.full(g.shape[1], wires.r_word) + np.eye(1, g.shape[1])[0] * wires.r_driver
    before = np.concatenate((drive[:, :, None], found.v_word[:, :, :-1]), axis=2)
    np.testing.assert_allclose(before - found.v_word, ohms * found.i_word, rtol=1e-9, atol=1e-14)
    with np.errstate(divide="ignore", invalid="ignore"):
        across = np.where(g > 0, found.i_cell / g, found.v_word - found.v_bit)
    np.testing.assert_allclose(found.v_word - found.v_bit, across, rtol=1e-9, atol=1e-14)


def test_solution_and_reads_agree_also_in_power():
    rng = np.random.default_rng(5)
    for _ in range(20):
        g, wires = random_array(rng)
        drive = rng.uniform(-1, 1, (4, len(g)))
        found, network = solve(g, drive, wires), effective_network(g, wires)
        np.testing.assert_allclose(found.currents, drive @ network.conductance, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(found.power, network.power(drive), rtol=1e-10, atol=1e-15)
        heat = np.sum(found.i_cell * (found.v_word - found.v_bit), axis=(1, 2))
        for current, line, end in ((found.i_word, wires.r_word, wires.r_driver), (found.i_bit, wires.r_bit, wires.r_sense)):
            ends = current[:, :, 0] if current is found.i_word else current[:, -1]
            heat += line * np.sum(current**2, axis=(1, 2)) + end * np.sum(ends**2, axis=1)
        np.testing.assert_allclose(found.power, heat, rtol=1e-10, atol=1e-15)


def test_many_arrays_at_once_are_each_by_itself():
    g = 10 ** -np.random.default_rng(2).uniform(3, 6, (2, 3, 7, 5))
    wires = Wires("1 Ohm", "2 Ohm", "1 kOhm", "50 Ohm")
    found = effective_network(g, wires)
    assert found.conductance.shape == g.shape
    for at in np.ndindex(2, 3):
        assert np.array_equal(found.conductance[at], effective_conductance(g[at], wires))
        assert np.array_equal(found.power(np.ones((4, 7)))[at], effective_network(g[at], wires).power(np.ones((4, 7))))


def netlist(g, wires, volts):
    """The array as a circuit; a source of 0 V reads each column."""
    circuit = Netlist("array").add(
        *(Element(f"vd{i}", "v", (f"drive_{i}", "0"), {"dc": v}) for i, v in enumerate(volts)),
        *(Element(f"vs{j}", "v", (f"sense_{j}", "0"), {"dc": 0.0}) for j in range(g.shape[1])),
    )
    names = [("_".join(map(str, a)), "_".join(map(str, b)), r) for a, b, r in resistors(g, wires)]
    return circuit.add(*(Element(f"r{k}", "r", (a, b), {"r": r}) for k, (a, b, r) in enumerate(names)))


@pytest.mark.parametrize("engine", ["native", pytest.param("ngspice", marks=NGSPICE)])
def test_the_circuit_engines_find_the_same(engine):
    rng = np.random.default_rng(11)
    g, volts = 10 ** -rng.uniform(3, 5, (4, 3)), np.array([0.2, -0.1, 0.3, 0.15])
    wires = Wires(5.0, 8.0, 100.0, 40.0)
    found = op(netlist(g, wires, volts)) if engine == "native" else ngspice.op(netlist(g, wires, volts))
    read = np.array([float(np.ravel(found[f"i(vs{j})"])[0]) for j in range(3)])
    np.testing.assert_allclose(read, volts @ effective_conductance(g, wires), rtol=1e-6)


@pytest.mark.parametrize(
    ("g", "wires", "told"),
    [
        ([[1e-3, np.nan]], {}, r"conductance at \(0, 1\) is nan S"),
        ([[-1e-3]], {}, "must be 0"),
        ([1e-3, 1e-3], {}, r"shape \(\.\.\., rows, columns\)"),
        ([["a"]], {}, "numbers in S"),
        ([[1e-3]], {"r_word": -1.0}, "r_word = -1.0"),
        ([[1e-3]], {"r_bit": "1 V"}, "in V"),
        ([[1e-3]], {"r_sense": [1.0, 2.0]}, "r_sense"),
        ([[np.inf]], {}, "not determined"),
        ([[np.inf, np.inf]], {"r_driver": 1.0}, "not determined"),
    ],
)
def test_bad_input_is_told_in_a_sentence(g, wires, told):
    with pytest.raises(InputError, match=told):
        effective_conductance(g, Wires(**wires))


def test_bad_voltages_are_told():
    with pytest.raises(InputError, match=r"voltages need the shape \(vectors, 2\)"):
        solve(np.ones((2, 3)), [0.1, 0.2, 0.3], Wires())
    with pytest.raises(InputError, match="takes one array"):
        solve(np.ones((2, 2, 3)), [0.1, 0.2], Wires())
    with pytest.raises(InputError, match="shorts between lines without"):
        solve([[np.inf]], [0.1], Wires(r_driver=1.0))
