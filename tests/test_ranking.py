"""Rankings against closed forms, difference quotients and brute force."""

import json
from dataclasses import replace

import numpy as np
import pytest

from neuristor.circuits.cells import CmosLIF
from neuristor.errors import InputError
from neuristor.experiments.metrics import measure
from neuristor.experiments.mismatch import mismatch
from neuristor.experiments.observation import run_lanes
from neuristor.experiments.ranking import NODES, OUTER, WEIGHTS, confirm, ranked, ranking
from neuristor.experiments.spread import Factor, factors, moved_to, read_spread
from neuristor.neurons import LIF, PerfectIntegrator
from neuristor.report.mismatch_figures import ranking_figure, ranking_tables
from neuristor.stimulus import Step


@pytest.fixture(scope="module")
def of_interval():
    return ranking(CmosLIF(), "interval")


def test_five_points_are_exact_to_the_ninth_power():
    moments = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3, 5: 0, 6: 15, 7: 0, 8: 105, 9: 0}
    for power, moment in moments.items():
        assert WEIGHTS @ NODES**power == pytest.approx(moment, abs=1e-12)


def test_perfect_integrator_in_closed_form():
    """T = C V / I: both parameters act in proportion; what is not proportional is the rate 1/T."""
    spread = {"c_mem": "2 %", "v_th": "5 mV"}
    found = ranking(PerfectIntegrator(), "interval", spread, current="10 pA")
    assert [d.name for d in found.devices] == ["c_mem", "v_th"]
    assert [d.sigma for d in found.devices] == pytest.approx([0.5e-3 * 0.02, 0.5e-3 * 0.01], rel=1e-8)
    assert [d.linear for d in found.devices] == pytest.approx([0.5e-3 * 0.02, 0.5e-3 * 0.01], rel=1e-8)
    assert [d.share for d in found.devices] == pytest.approx([0.8, 0.2])
    assert {f.name: f.slope for f in found.factors} == pytest.approx({"c_mem": 0.5e-3 / 10e-15, "v_th": 1e-3}, rel=1e-8)
    assert found.sigma == pytest.approx(0.5e-3 * np.hypot(0.02, 0.01))


def test_what_a_derivative_does_not_see():
    """exp(x / 2) of a normal x: sigma^2 = e^(1/4) (e^(1/4) - 1), mean e^(1/8); the derivative says 1/2."""
    got = ranked(Factor("x", "x", 0.0, 1.0, "1"), 0.5, np.exp(NODES[OUTER] / 2), 1.0)
    assert got.sigma == pytest.approx(np.sqrt(np.exp(0.25) * (np.exp(0.25) - 1)), rel=1e-4)
    assert got.shift == pytest.approx(np.exp(0.125) - 1, rel=1e-4)
    assert got.linear == 0.5
    silent = ranked(Factor("x", "x", 0.0, 1.0, "1"), 0.5, np.array([np.nan, 1.0, 1.0, 1.0]), 1.0)
    assert silent.sigma == 0.5
    assert "silent at -2.86 sigma" in silent.note


@pytest.mark.parametrize("metric", ["interval", "energy", "width", pytest.param("first_spike", marks=pytest.mark.slow)])
def test_derivatives_of_a_circuit_against_difference_quotients(metric):
    """Spike times and widths of tight runs; energies as `measure` has them, which ends a spike elsewhere."""
    cell = CmosLIF()
    own = [f for f in factors(cell, read_spread(cell, None)) if f.name in ("m1.delvto", "m5.mulu0", "m4.delvto", "cmem.c")]
    found = {f.name: f for f in ranking(cell, metric, spikes=3).factors}
    biggest = max(f.linear for f in found.values())
    step = 0.5 if metric == "energy" else 0.1  # sigma: energies come from runs of the usual tolerance
    for f in own:
        moved = moved_to(cell, [f.name], f.value + step * f.sigma * np.array([[-2.0, -1.0, 1.0, 2.0]]))
        if metric == "energy":
            v = run_lanes(moved, 10e-12, 2.9e-3).values[metric]
        else:
            v = measure(moved.simulate(Step(10e-12), 2.9e-3, record=(), rtol=1e-8))[metric]
        slope = (8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * step * f.sigma)
        assert found[f.name].slope * f.sigma == pytest.approx(slope * f.sigma, rel=0.01, abs=1e-3 * biggest), f.name


def test_order_and_totals(of_interval):
    sigmas = [d.sigma for d in of_interval.devices]
    assert sigmas == sorted(sigmas, reverse=True)
    assert sum(d.share for d in of_interval.devices) == pytest.approx(1)
    assert of_interval.sigma == pytest.approx(np.sqrt(np.sum(np.square(sigmas))))
    assert {d.name for d in of_interval.devices[:3]} == {"m1", "m5", "m6"}
    assert len(of_interval.devices) == 11
    assert "study" not in json.loads(json.dumps(of_interval.to_json_dict()))


def test_brute_force_confirms_the_first_three_devices(of_interval):
    """Only one device varies: its sigma within 99 % bounds of the prediction, all three at once."""
    proof = confirm(of_interval, devices=3, samples=400, seed=7)
    assert [r.device for r in proof.rows] == [d.name for d in of_interval.devices[:3]]
    for row in proof.rows:
        assert row.agrees, row
        assert row.silent == 0
        if row.device in ("m1", "m5"):
            assert (row.measured.high - row.measured.low) / row.predicted < 0.25


@pytest.mark.slow
def test_the_leak_of_the_reset_transistor_needs_more_than_a_derivative(of_interval):
    """M6 leaks exponentially in its threshold: brute force refutes the derivative and meets the five points."""
    leak = next(d for d in of_interval.devices if d.name == "m6")
    assert leak.sigma > 1.3 * leak.linear
    proof = confirm(of_interval, devices=1, samples=8000, seed=3)
    row = proof.rows[0]
    assert row.device == "m6"
    assert row.agrees
    assert row.linear < row.measured.low


@pytest.mark.slow
def test_all_devices_together(of_interval):
    """Full mismatch: sigma of the interval is that of independent devices, within its bounds."""
    measured = mismatch(CmosLIF(), samples=4000, seed=5).statistics["interval"].sigma
    assert measured.low <= of_interval.sigma <= measured.high


def test_confirmation_of_an_equation_neuron():
    found = ranking(LIF(), "rate", {"c_mem": "1 %", "v_th": "2 mV", "t_ref": "50 us"})
    proof = confirm(found, devices=3, samples=2000)
    assert [r.device for r in proof.rows] == [d.name for d in found.devices]
    assert all(r.agrees for r in proof.rows)
    assert len(proof.to_json_dict()["rows"][0]["measured"]) == 3
    figure, table = ranking_figure(found, proof), ranking_tables(found, proof)[0]
    assert [len(part["x"]) for part in figure.data] == [3, 3, 3]
    assert all(len(row) == len(table.columns) == 5 for row in table.rows)


def test_what_cannot_be_asked():
    with pytest.raises(InputError, match="did you mean 'interval'"):
        ranking(LIF(), "intervals", {"c_mem": "1 %"})
    with pytest.raises(InputError, match="width is not defined for lif"):
        ranking(LIF(), "width", {"c_mem": "1 %"})
    with pytest.raises(InputError, match="nothing of lif varies"):
        ranking(LIF(), "rate", {"c_mem": 0.0})
    found = ranking(LIF(), "rate", {"c_mem": "1 %"})
    with pytest.raises(InputError, match="at least 1 and 10"):
        confirm(found, samples=5)
    with pytest.raises(InputError, match="read from a file"):
        confirm(replace(found, study=None))
