"""Pulsed rows in front of the chain: the charge of the pulses decides, beside constant voltages of the same mean."""

import numpy as np
import pytest
from chain_tools import settings

from neuristor import LIF, PerfectIntegrator
from neuristor.networks.array_to_accuracy import array_to_accuracy
from neuristor.networks.axis import Axis
from neuristor.networks.event_inputs import decide, event_inputs, pulsed_inputs
from neuristor.networks.inference import infer
from neuristor.networks.reference import reference_network
from neuristor.networks.stages import build

SMALL = {"seeds": 1, "shares": (0.0, 0.05), "images": 20, "spot_check": 0}


def test_pulsed_rows_decide_by_the_charge_they_bring(network, digits):
    """A perfect integrator spikes when its charge is full, whatever the pulses are like."""
    subject = PerfectIntegrator()
    stages = build(network, digits.x_train, settings(subject))
    x = network.samples(digits.x_test[:8])
    rate = 50 / stages[0].deadline
    decisions, stimulus = decide(stages, [stages[0].crossbar], subject, x, "poisson", 0, rate)
    full = subject.c_mem * (subject.v_th - subject.v_reset)
    for k in range(8):
        times, levels = stimulus.levels(k)
        steps = np.diff(np.append(times, stages[0].deadline))
        charge = np.vstack([np.zeros(10), np.cumsum(levels * steps[:, None], axis=0)])
        reached = [np.flatnonzero(q >= full) for q in charge.T]
        first = min((np.append(times, stages[0].deadline)[r[0]] for r in reached if len(r)), default=np.inf)
        assert (decisions.classes[k] >= 0) == (first <= stages[0].deadline)
        if decisions.classes[k] >= 0:
            widest = steps.max()
            assert 0 <= first - decisions.times[k] <= widest


@pytest.mark.parametrize("kind", ["poisson", "regular"])
def test_pulses_bring_the_charge_of_constant_voltages(kind, network, digits):
    """On average; the standard error is that of the pulses: at most their charge over the root of their number."""
    subject = PerfectIntegrator()
    (stage,) = build(network, digits.x_train, settings(subject))
    rows, _ = stage.rows(network.samples(digits.x_test[:40]))
    found = pulsed_inputs(stage, stage.crossbar, subject, rows, kind, 0, 100 / stage.deadline)
    ratio = []
    for k, row in enumerate(rows):
        shares = found.signals[k].shares.toarray()
        on = np.diff(np.append(found.signals[k].times, stage.deadline)) @ shares / stage.deadline
        ratio.append(on.sum() / (0.1 * row.sum()))
    pulses = 100 * rows.sum()
    assert abs(np.mean(ratio) - 1) < (4 / np.sqrt(pulses) if kind == "poisson" else 0.02)


def test_pulsed_inputs_are_told_beside_static_ones(network, digits):
    found = array_to_accuracy(network, digits, neuron="lif", inputs="regular", **SMALL).events
    assert found.images == 20
    assert np.all(found.agreement >= 0.8)


@pytest.mark.parametrize("readout", ["first_spike", "rate"])
@pytest.mark.parametrize("hidden", [(), (16,)])
def test_pulsed_inputs_are_those_of_nominal_neurons(hidden, readout, digits):
    """On both sides of the comparison, also where the neurons of a chip differ."""
    net = reference_network("digits", hidden)
    x, y = net.samples(digits.x_test[:30]), digits.y_test[:30]
    plain, spread = (
        build(net, digits.x_train, settings(LIF(), readout=readout, sigmas=sigmas)) for sigmas in ({}, {"c_mem": 0.3})
    )
    found = [event_inputs(s, LIF(), [Axis("stuck_lrs")], np.zeros(1), x, y, "regular", 0) for s in (plain, spread)]
    for name in ("accuracy", "static_accuracy", "agreement", "undecided"):
        assert np.array_equal(getattr(found[0], name), getattr(found[1], name))
    every = net.samples(digits.x_test)
    still, differing = (infer(s, [stage.crossbar for stage in s], 0, every).decisions.classes for s in (plain, spread))
    assert found[1].static_accuracy[0, 0] == np.mean(still[:30] == y)
    assert not np.array_equal(still, differing)
