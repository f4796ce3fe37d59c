"""Answers of neurons to constant currents as curves: against closed forms and direct simulation, with drawn parameters."""

import numpy as np
import pytest

from neuristor import LIF, AdEx, HodgkinHuxley, InputError, PerfectIntegrator, Step
from neuristor.networks.population import Population, drawn
from neuristor.networks.response import count_response, latency_response
from neuristor.neurons.behavioural import Behavioural

NEURONS = {"lif": LIF(), "behavioural": Behavioural(), "adex": AdEx(), "perfect_integrator": PerfectIntegrator()}
SOME = [pytest.param(name, marks=[pytest.mark.slow] * (name == "adex")) for name in NEURONS]


@pytest.mark.parametrize("name", SOME)
def test_curves_keep_their_stated_error(name):
    subject = NEURONS[name]
    population, top = Population(subject), 40 * subject.scales().input
    found = latency_response(population, 5 * subject.scales().time, top)
    i = np.random.default_rng(0).uniform(found.low[0], top, (500, 1))
    wanted = population.first_spikes(i.T, found.deadline * 1.001)[0]
    assert np.max(np.abs(found.times(i)[:, 0] / wanted - 1)) < max(3 * found.error, 3e-6)
    assert found.error < 1e-4
    np.testing.assert_allclose(found.current_of(found(i)), i, rtol=1e-6)
    assert np.all(np.isinf(found.times(found.low * np.array([[0.0], [0.5], [0.999]])))) or found.low[0] == 0


def test_curves_of_a_leaky_neuron_are_its_closed_form():
    lif = LIF(t_ref="2 ms")
    found = latency_response(Population(lif), 20e-3, 2e-3)
    i = np.geomspace(float(found.low[0]), 2e-3, 1000)[:, None]
    tau, drive = 5e-3, 30e-3 / (1e3 * i)
    latency = -tau * np.log1p(-drive)
    np.testing.assert_allclose(found.times(i)[1:], latency[1:], rtol=3e-6)
    assert found.low[0] == pytest.approx(30e-6 / -np.expm1(-20e-3 / tau), rel=1e-6)
    counts = count_response(Population(lif), 20e-3, 2e-3)
    wanted = np.floor(1 + (20e-3 - latency) / (2e-3 + latency))
    found_counts = np.floor(counts(i))
    assert np.mean(found_counts[1:] == wanted[1:]) > 0.995
    assert np.max(np.abs(found_counts - wanted)) <= 1


def test_a_neuron_that_gets_worse_with_current_is_refused():
    with pytest.raises(InputError, match="gets worse as the current rises"):
        count_response(Population(HodgkinHuxley()), 0.05, 40 * HodgkinHuxley().scales().input)


def test_drawn_neurons_have_the_asked_spread():
    """First spikes of a perfect integrator are proportional to its capacitance."""
    n = 4000
    population = drawn(PerfectIntegrator(), {"c_mem": 0.02}, n // 10, 10, 0, 0)
    times = population.first_spikes(np.full((n, 1), 10e-12), 1.0)[:, 0]
    relative = times / 0.5e-3 - 1
    assert abs(relative.mean()) < 4 * 0.02 / np.sqrt(n)
    assert abs(relative.std() / 0.02 - 1) < 4 / np.sqrt(2 * n)


def test_mismatched_curves_are_those_of_each_neuron_alone():
    population = drawn(LIF(), {"c_mem": 0.1, "v_th": 0.02}, 2, 3, 0, 0)
    nominal = latency_response(Population(LIF()), 20e-3, 1e-3)
    together = latency_response(population, 20e-3, 1e-3, nominal.nodes)
    i = np.random.default_rng(0).uniform(5e-5, 1e-3, (50, 6))
    found = together.times(i, np.arange(6))
    for k in range(6):
        alone = LIF(**{name: float(v[k]) for name, v in population.changes.items()})
        trace = alone.simulate(Step(i[:, k]), 20e-3, record=())
        np.testing.assert_allclose(found[:, k], [s[0] for s in trace.spikes], rtol=5e-6)
