"""Reads of arrays of nonlinear cells: against the direct sum, the circuit engine, ngspice, and Newton's own order."""

import shutil

import numpy as np
import pytest
from arrays_random import random_array, resistors
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.arrays import Wires, effective_conductance
from neuristor.arrays.nonlinear import nonlinear_currents
from neuristor.circuits import Element, Netlist, op
from neuristor.circuits.engines.program import run_deck
from neuristor.circuits.modelled import memristor_model
from neuristor.devices.memristor import GMMS, MMS, VTEAM, Yakopcic, vary
from neuristor.errors import InputError

NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
STEEP = GMMS(beta_f=12.0, beta_r=9.0)
SINH = Yakopcic(a_on="0.1 mA", a_off="0.2 mA", b=6.0)
WIRES = Wires(40.0, 60.0, 200.0, 100.0)
X = np.random.default_rng(4).uniform(0.1, 0.9, (3, 3))
VOLTS = np.array([[0.6, -0.4, 0.3], [0.1, 0.2, 0.5]])


@pytest.mark.parametrize("device", [GMMS(), STEEP, SINH, VTEAM()], ids=lambda d: d.name)
def test_without_wires_every_column_is_the_sum_of_its_cells(device):
    found = nonlinear_currents(device, X, VOLTS, Wires())
    across = np.broadcast_to(VOLTS[:, :, None], (2, 3, 3))
    np.testing.assert_allclose(found.currents, device.current(across, X).sum(axis=1), rtol=1e-14)
    assert np.array_equal(found.v_cell, across)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_ohmic_cells_are_the_linear_array(seed):
    rng = np.random.default_rng(seed)
    g, wires = random_array(rng, opens=0.0, decades=(3.0, 4.0))
    device = MMS(r_on="1 kOhm", r_off="10 kOhm")
    drive = rng.uniform(-1, 1, (2, len(g)))
    found = nonlinear_currents(device, device.state_of(1 / g), drive, wires)
    np.testing.assert_allclose(found.currents, drive @ effective_conductance(g, wires), rtol=1e-11, atol=1e-15)
    assert np.all(found.steps <= 1)


@pytest.mark.parametrize("device", [GMMS(), STEEP, SINH], ids=["gmms", "steep gmms", "yakopcic"])
def test_the_error_is_squared_from_step_to_step(device):
    """Orders from three successive errors above rounding, of many arrays: their median is 2."""
    orders = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        drive = rng.uniform(0.3, 1.0, (1, 4))
        for history in nonlinear_currents(device, rng.uniform(0.2, 1, (4, 4)), drive, Wires(300.0, 200.0)).histories:
            e = [h for h in history if 1e-13 < h < 0.03]
            orders += [np.log(c / b) / np.log(b / a) for a, b, c in zip(e, e[1:], e[2:], strict=False)]
    assert len(orders) >= 20
    assert np.median(orders) == pytest.approx(2.0, abs=0.15)


def test_the_laws_hold_at_the_solution():
    found = nonlinear_currents(STEEP, X, VOLTS, WIRES)
    np.testing.assert_allclose(found.i_cell, STEEP.current(found.v_cell, X), rtol=1e-12)
    np.testing.assert_allclose(found.v_cell, found.v_word - found.v_bit, rtol=1e-12)
    np.testing.assert_allclose(found.currents, found.i_cell.sum(axis=1), rtol=1e-11)
    assert found.residual <= 1e-13
    assert np.all(found.power > 0)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_random_arrays_settle(seed):
    """Steep and flat cells, open ones among them, wires from 1 uOhm to 1 kOhm or without resistance."""
    rng = np.random.default_rng(seed)
    g, wires = random_array(rng, largest=6, lines=(-6, 3))
    scale, steep = 10 ** rng.uniform(-9, -3, 2), 10 ** rng.uniform(0, 1.3, 2)
    if rng.random() < 0.5:
        device = GMMS(alpha_f=scale[0], alpha_r=scale[1], beta_f=steep[0], beta_r=steep[1])
    else:
        device = Yakopcic(a_on=scale[0], a_off=scale[1], b=steep[0])
    states = np.where(g > 0, rng.uniform(0, 1, g.shape), 0.0)
    found = nonlinear_currents(device, states, rng.uniform(-1, 1, (1, len(g))), wires)
    assert found.residual <= 1e-12
    largest = np.abs(found.i_cell).max()
    np.testing.assert_allclose(found.currents, found.i_cell.sum(axis=1), rtol=0, atol=1e-11 * largest)
    np.testing.assert_allclose(found.i_cell, device.current(found.v_cell, states), rtol=1e-12, atol=1e-12 * largest)


def circuit(device, volts):
    """The 3 x 3 array with its wires: resistors, and memristors held at their states in an operating point."""
    wires = [r for r in resistors(np.full(X.shape, 1e99), WIRES) if not (r[0][0] == "word" and r[1][0] == "bit")]
    name = "_".join
    parts = [Element(f"r{k}", "r", (name(map(str, a)), name(map(str, b))), {"r": r}) for k, (a, b, r) in enumerate(wires)]
    cells = [
        Element(f"y{i}{j}", "y", (f"word_{i}_{j}", f"bit_{i}_{j}"), {"x0": x}, model="cell")
        for (i, j), x in np.ndenumerate(X)
    ]
    ends = [Element(f"vd{i}", "v", (f"drive_{i}", "0"), {"dc": v}) for i, v in enumerate(volts)]
    ends += [Element(f"vs{j}", "v", (f"sense_{j}", "0"), {"dc": 0.0}) for j in range(3)]
    return Netlist("array", {}, {"cell": memristor_model("cell", device)}).add(*parts, *cells, *ends)


@pytest.mark.parametrize("device", [GMMS(), STEEP, SINH], ids=["gmms", "steep gmms", "yakopcic"])
@pytest.mark.parametrize("k", [0, 1])
def test_the_circuit_engine_finds_the_same_operating_point(device, k):
    found = op(circuit(device, VOLTS[k]))
    read = [float(found[f"i(vs{j})"][0]) for j in range(3)]
    ours = nonlinear_currents(device, X, VOLTS[k], WIRES)
    np.testing.assert_allclose(ours.currents[0], read, rtol=1e-6)
    bits = [[float(found[f"bit_{i}_{j}"][0]) for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(ours.v_bit[0], bits, rtol=1e-6, atol=1e-9)


@NGSPICE
@pytest.mark.parametrize("k", [0, 1])
def test_ngspice_finds_the_same_operating_point(k):
    """Cells as the sources of current that the model's equation describes."""
    d, lines = STEEP, []
    for n, (a, b, r) in enumerate(resistors(np.full(X.shape, 1e-3), WIRES)):
        ends = " ".join("_".join(map(str, node)) for node in (a, b))
        if (a[0], b[0]) != ("word", "bit"):
            lines.append(f"r{n} {ends} {r!r}")
            continue
        v, ohmic = f"v({','.join(ends.split())})", float(d.phi * d.switches(X[a[1:]]))
        diodes = f"{d.alpha_f!r}*(exp({d.beta_f!r}*{v})-1)-{d.alpha_r!r}*(exp(-{d.beta_r!r}*{v})-1)"
        lines.append(f"b{n} {ends} i={ohmic!r}*{v}+{1 - d.phi!r}*({diodes})")
    lines += [f"vd{i} drive_{i} 0 {volts!r}" for i, volts in enumerate(VOLTS[k].tolist())]
    lines += [f"vs{j} sense_{j} 0 0" for j in range(3)]
    asked = ".options reltol=1e-9 abstol=1e-15 vntol=1e-12\n.save i(vs0) i(vs1) i(vs2)\n.op\n.end\n"
    plot = run_deck("array\n" + "\n".join(lines) + "\n" + asked)[0]
    read = [float(np.real(plot.signals()[f"i(vs{j})"][-1])) for j in range(3)]
    np.testing.assert_allclose(nonlinear_currents(d, X, VOLTS[k], WIRES).currents[0], read, rtol=1e-7)


def test_cells_may_have_parameters_of_their_own():
    device = vary(GMMS(), {"r_on": 0.2, "alpha_f": 0.2}, 9)
    found = nonlinear_currents(device, X, VOLTS, Wires())
    one = device.current(np.repeat(VOLTS[0], 3), X.ravel()).reshape(3, 3)
    np.testing.assert_allclose(found.currents[0], one.sum(axis=0), rtol=1e-14)


def test_steep_cells_far_from_the_first_guess_still_settle():
    found = nonlinear_currents(GMMS(beta_f=40.0, beta_r=40.0), X, 2.0 * VOLTS, Wires(10.0, 10.0))
    assert found.residual <= 1e-13
    assert np.all(found.steps > 10)


def test_what_does_not_settle_or_fit_is_told_in_a_sentence():
    with pytest.raises(InputError, match="does not settle for input vector 1: after"):
        nonlinear_currents(GMMS(beta_f=400.0), X, [[0.1, 0.1, 0.1], [50.0, 50.0, 50.0]], WIRES)
    with pytest.raises(InputError, match=r"states need the shape \(rows, columns\)"):
        nonlinear_currents(GMMS(), X[0], VOLTS, WIRES)
    with pytest.raises(InputError, match=r"voltages need the shape \(vectors, 3\)"):
        nonlinear_currents(GMMS(), X, VOLTS[:, :2], WIRES)
