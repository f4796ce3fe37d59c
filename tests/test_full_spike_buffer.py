"""More spikes than a buffer holds: emptying it between two steps must leave no trace in any lane."""

import numpy as np
import pytest

import neuristor as nr
from neuristor.kernel import solve


@pytest.mark.parametrize("room", [512, 700, 1 << 15])
def test_every_first_spike_is_that_of_its_own_capacitor(monkeypatch, room):
    """Lanes take a slot at any moment, also in the trip in which the buffer fills; each has its closed form."""
    monkeypatch.setattr(solve, "SPIKES_AT_ONCE", room)
    neuron, current = nr.LIF(), 6e-5
    c_mem = neuron.c_mem * (1 + 0.05 * np.random.default_rng(0).uniform(-1, 1, 3000))
    tau = neuron.r_mem * c_mem
    v = neuron.r_mem * current
    first = tau * np.log(v / (v - (neuron.v_th - neuron.v_rest)))
    interval = neuron.t_ref + tau * np.log((v + neuron.v_rest - neuron.v_reset) / (v + neuron.v_rest - neuron.v_th))
    trace = nr.simulate(neuron.with_(c_mem=c_mem), nr.Step(current), 0.05, record=())
    np.testing.assert_allclose([s[0] for s in trace.spikes], first, rtol=1e-9)
    for spikes, own in zip(trace.spikes, interval, strict=True):
        np.testing.assert_allclose(np.diff(spikes), own, rtol=1e-9)
