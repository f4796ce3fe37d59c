"""Experiments: closed forms where there are some, and every experiment on every neuron."""

import json

import numpy as np
import pytest

import neuristor as nr
from neuristor.neurons import NEURONS
from neuristor.papers.lif_tutorial import closed_form_rate

ALL = [cls() for cls in NEURONS.values()]


def test_lif_rheobase_and_curve():
    """Rheobase is (v_th - v_rest) / r_mem to the bisection's 1e-9, the curve the closed form."""
    neuron = nr.LIF(r_mem="2 kOhm", v_th="-45 mV")
    curve = nr.fi_curve(neuron)
    assert abs(curve.rheobase / 12.5e-6 - 1) < 1e-8
    away = np.abs(curve.currents / curve.rheobase - 1) > 1e-3
    np.testing.assert_allclose(curve.rates[away], closed_form_rate(neuron, curve.currents)[away], rtol=1e-9)
    first = -10e-3 * np.log(1 - 0.025 / (2e3 * curve.currents[-1]))
    assert abs(curve.latency[-1] / first - 1) < 1e-9


def test_depolarisation_block_does_not_confuse_the_rheobase():
    """Hodgkin-Huxley falls silent at high current; its rheobase is still the lower end of firing."""
    found = nr.rheobase(nr.HodgkinHuxley(), high=3.0)
    assert 0.055 < found < 0.065


def test_nothing_fires_is_a_sentence():
    with pytest.raises(nr.InputError, match="does not fire at any constant input up to"):
        nr.rheobase(nr.HodgkinHuxley(g_na="0.001 mS/cm2"))


def test_adaptation_time_constant():
    """Weak adaptation relaxes with tau_w / (1 + b tau_w df/di) (Benda & Herz 2003): within 10 %."""
    neuron = nr.AdaptiveLIF(b="2 pA", tau_w="300 ms", t_ref=0)
    free = neuron.with_(b=0.0)
    current = 800e-12
    result = nr.adaptation(neuron, current, duration=3.0)
    late = 1 / result.intervals[-1]
    curve = nr.fi_curve(free, current - np.array([0, 1e-12]) - 2e-12 * 0.3 * late, duration=2.0)
    slope = (curve.rates[0] - curve.rates[1]) / 1e-12
    predicted = 0.3 / (1 + 2e-12 * 0.3 * slope)
    assert abs(result.tau / predicted - 1) < 0.1
    assert result.tau_error < 0.05 * result.tau
    assert result.ratio > 1


def test_no_adaptation_gives_a_reason_not_a_number():
    result = nr.adaptation(nr.LIF())
    assert np.isnan(result.tau)
    assert "no adaptation" in result.note
    assert abs(result.ratio - 1) < 1e-9


def test_fixed_points_of_izhikevich():
    """Roots of 0.04 v^2 + (5 - b) v + 140 + i: a stable node and a saddle at rest, none at 10."""
    plane = nr.phase_plane(nr.Izhikevich(), 0.0)
    roots = np.sort(np.roots([0.04, 4.8, 140]))
    found = sorted(plane.fixed_points, key=lambda p: p.state[0])
    np.testing.assert_allclose([1e3 * p.state[0] for p in found], roots, rtol=1e-9)
    assert [p.kind for p in found] == ["stable node", "saddle"]
    assert nr.phase_plane(nr.Izhikevich(), "10 mV/ms").fixed_points == []


def test_phase_plane_needs_two_states():
    with pytest.raises(nr.InputError, match="two continuous states"):
        nr.phase_plane(nr.LIF())


@pytest.mark.parametrize("neuron", ALL, ids=list(NEURONS))
def test_every_experiment_runs_on_every_neuron(neuron):
    curve = nr.fi_curve(neuron)
    result = nr.adaptation(neuron)
    row = nr.compare([neuron])[0]
    assert row.rate > 0
    assert row.latency > 0
    assert abs(row.rheobase - curve.rheobase) <= 1e-9 * abs(row.rheobase)
    for thing in (curve, result, row):
        json.dumps(thing.to_json_dict())
    assert curve.to_xarray()["rate"].sizes["current"] == len(curve.currents)
    assert result.to_xarray().sizes["time"] == len(result.intervals)
    if len(neuron.states) == 2 and neuron.default_method != "clocked":
        json.dumps(nr.phase_plane(neuron).to_json_dict())


def test_energy_per_spike_of_the_integrator():
    """Charging C to v_th costs C v_th^2 / 2, delivered by the source; the reset throws it away."""
    row = nr.compare([nr.PerfectIntegrator()])[0]
    assert abs(row.energy_per_spike / (0.5 * 10e-15 * 0.25) - 1) < 1e-3
