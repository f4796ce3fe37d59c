"""The reproduction of the memristor-based neuron's paper: its plain program, its laws, its verdicts."""

import json

import numpy as np
import pytest
from command import run
from scipy.integrate import solve_ivp

from neuristor.circuits.cells.memristive_alif import MemristiveALIFCircuit
from neuristor.neurons.memristive_alif import MemristiveALIF
from neuristor.papers import PAPERS
from neuristor.papers.memristive_alif.grid import grid_run, slope_of, step
from neuristor.papers.memristive_alif.runs import FROZEN, device_set, law, of_spikes, threshold_at_capacitor
from neuristor.presets.memristive_alif import AMPLITUDE, protocol
from neuristor.stimulus import Step


@pytest.fixture(scope="module")
def neuron():
    return MemristiveALIF()


def test_the_programs_step_is_of_fourth_order(neuron):
    slope, end = slope_of(neuron), 20e-6
    exact = solve_ivp(lambda t, y: slope(y[0], y[1], 1e-3, 0.0), (0, end), [0.0, 0.2], "DOP853", rtol=1e-13, atol=1e-14)
    errors = []
    for n in (80, 160):
        v, x = 0.0, 0.2
        for _ in range(n):
            v, x = step(slope, v, x, 1e-3, 0.0, end / n)
        errors.append(abs(v - exact.y[0, -1]))
    assert 10 < errors[0] / errors[1] < 24


def test_a_grid_loses_spikes_and_is_late(neuron):
    located = neuron.simulate(protocol(), record=(), rtol=1e-9).spikes[0]
    assert len(located) == 475
    found = grid_run(neuron, 100e-9, "switch", located)
    assert len(found.spikes) == 472
    first = found.spikes[:10] - located[:10]
    assert np.all(first > 0)
    assert np.all(np.diff(first) > 0)


def test_of_a_threshold_at_the_capacitor_little_adaptation_is_left(neuron):
    """An event at v_c = v_th of the eq. without a switch, by SciPy, from the release to the threshold."""
    slope = slope_of(neuron.with_(tau=FROZEN))
    for x in (0.0, 1.0):

        def reached(t, y):
            return y[0] - 1.0

        reached.terminal = True
        start = float(neuron.v_release)
        one = solve_ivp(
            lambda t, y, x=x: slope(y[0], x, AMPLITUDE, 0.0)[:1], (0, 1e-3), [start], events=reached, rtol=1e-10, atol=1e-12
        )
        assert one.t_events[0][0] == pytest.approx(threshold_at_capacitor(neuron, x), rel=1e-6)


def test_the_law_of_the_interval_at_a_frozen_memristor(neuron):
    exact, hardware = law("equations", neuron), law("hardware", MemristiveALIFCircuit())
    closed = neuron.with_(tau=FROZEN).interval(exact.currents, 0.0)
    np.testing.assert_allclose(exact.intervals, closed, rtol=1e-5)
    assert exact.misfit < 0.005
    assert hardware.misfit < 0.02
    assert hardware.a > exact.a


def test_only_volatile_devices_come_back_to_zero():
    kept, volatile = device_set("sdc_agh"), device_set("agh_fit_start")
    assert kept.x_rest > 0.99
    assert volatile.x_rest < 0.01
    assert min(kept.ratio, volatile.ratio) > 1.5


def test_at_a_constant_input_its_intervals_only_grow(neuron):
    intervals = np.diff(neuron.simulate(Step(AMPLITUDE), 20e-3, record=(), rtol=1e-10).spikes[0])
    assert len(intervals) > 500
    assert np.diff(intervals).min() > -1e-12


def test_a_run_without_intervals_has_no_ratio():
    assert np.isnan(of_spikes("none", np.array([1e-4])).ratio)


def test_it_is_listed():
    assert PAPERS["memristive-alif"].title.startswith("Memristor-based adaptive")


@pytest.mark.slow
def test_the_whole_reproduction(tmp_path, capsys):
    code, out, err = run(capsys, "reproduce", "memristive-alif", "--output", tmp_path, "--json")
    assert code == 0, err
    told = json.loads((tmp_path / "memristive-alif.claims.json").read_text())
    claims = {c["id"]: c for c in told["claims"]}
    assert claims["adapts"]["measured"] == pytest.approx(2.0812, abs=1e-3)
    assert claims["weaker"]["measured"][0] < claims["weaker"]["measured"][1]
    verdicts = {name: c["verdict"] for name, c in claims.items()}
    assert (
        verdicts["adapts"] == verdicts["state-rises"] == verdicts["more-charge"] == verdicts["tends-to-on"] == "reproduced"
    )
    assert verdicts["fewer-spikes-less-energy"] == verdicts["parameters"] == "not reproducible"
    assert claims["fewer-spikes-less-energy"]["measured"] > 1
    page = (tmp_path / "memristive-alif.html").read_text()
    for name in ("fig5a", "fig5b", "fig5c", "fig6a", "fig6b", "fig6c", "fig6d"):
        assert name in page
