"""Layers of hardware in a row against the fixed-point network: every spike, count and membrane, of trained ones too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_digital_fixed_point import layers, noise
from test_digital_scaling import decided

from neuristor.digital import FixedPointLayer, balanced, cascade
from neuristor.digital.network_rtl import NetworkRTL, SpikeQueue
from neuristor.digital.simulation import fields, play, simulate_rtl, verify
from neuristor.errors import InputError
from neuristor.networks import load_dataset, reference_network
from neuristor.networks.encoding import RegularRate


def busy_chain(last_threshold=9):
    """Three layers in which every neuron fires, some of them in most steps."""
    draw = np.random.default_rng(3)
    sizes, thresholds = (6, 5, 4, 3), (8, 6, last_threshold)
    return [
        FixedPointLayer(draw.integers(-1, 9, pair), level, 1, -9, 0, 1, 5, 6)
        for pair, level in zip(zip(sizes[:-1], sizes[1:], strict=True), thresholds, strict=True)
    ]


@pytest.mark.parametrize("last_threshold", [9, None])
def test_a_chain_equals_the_cascade(last_threshold):
    chain, events = busy_chain(last_threshold), noise(1, 3, 150, 6)
    found = verify(chain, events)
    assert found.equal, found
    assert all(np.all(run.spikes.any(axis=(0, 1))) for run in cascade(chain[: 2 if last_threshold is None else 3], events))


@given(st.data(), st.integers(0, 2**32 - 1), st.floats(0.1, 1))
@settings(max_examples=25, deadline=None)
def test_any_two_layers_equal_the_cascade(data, seed, density):
    first = data.draw(layers(4).filter(lambda layer: layer.threshold is not None))
    second = data.draw(layers(4).filter(lambda layer: layer.inputs == first.neurons))
    assert verify([first, second], noise(seed, 2, 25, first.inputs, density)).equal


@pytest.mark.parametrize("bits", [3, 8])
def test_spikes_are_counted_up_to_the_largest_number(bits):
    chain, events, words = busy_chain(), noise(2, 2, 60, 6), []
    dut = NetworkRTL(chain, bits)
    play(dut, events, 30, after=lambda context: words.append(context.get(dut.counts)))
    counts = cascade(chain, events)[-1].counts
    assert counts.max() > 7
    np.testing.assert_array_equal(fields(words, bits, 3), np.minimum(counts, 2**bits - 1))


def test_a_queue_sends_the_lowest_first_and_then_the_end():
    from amaranth.sim import Simulator

    dut, seen = SpikeQueue(6), []

    async def drive(context):
        for valid, spikes in [(1, 0b101001), *[(0, 0)] * 5, (1, 0), *[(0, 0)] * 2]:
            context.set(dut.valid, valid)
            context.set(dut.spikes, spikes)
            await context.tick()
            if context.get(dut.spike):
                seen.append(context.get(dut.source))
            if context.get(dut.step):
                seen.append("step")

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert seen == [0, 3, 5, "step", "step"]


@pytest.mark.parametrize("fired", [0, 1, 4])
def test_the_answer_comes_when_it_should(fired):
    """Two cycles after the step; with a queue of so many spikes between two layers three more, and as many as it holds."""
    from amaranth.sim import Simulator

    weights = [[4 if j < fired else 0 for j in range(4)]]
    dut, seen = NetworkRTL([FixedPointLayer(weights, 4), FixedPointLayer([[1]] * 4, 1)]), []

    async def drive(context):
        for spike, step in [(1, 0), (0, 1), *[(0, 0)] * 12]:
            context.set(dut.spike, spike)
            context.set(dut.step, step)
            await context.tick()
            seen.append(context.get(dut.valid))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert np.flatnonzero(seen).tolist() == [2 + 3 + fired]


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ([], "at least one layer"),
        ([FixedPointLayer([[1, 1]], 1), FixedPointLayer([[1]], 1)], "layer 1 has 2 neurons, layer 2 takes 1 inputs"),
        ([FixedPointLayer([[1]], None), FixedPointLayer([[1]], 1)], "layer 1 has no threshold: it never fires"),
    ],
)
def test_chains_that_cannot_be(chain, words):
    with pytest.raises(InputError, match=words):
        simulate_rtl(chain, np.ones((2, 1)))


def pictures(data, count, steps):
    """The first test pictures as spikes (count, steps, pixels): regular, one a step at full intensity."""
    code = RegularRate(duration=steps * 1e-3, rate_max=1e3)
    events = np.zeros((count, steps, data.x_test[0].size), bool)
    for k in range(count):
        told = code.spikes(data.x_test[k])
        events[k, np.minimum((told.times * 1e3).astype(int), steps - 1), told.inputs] = True
    return events


def balanced_network(name, hidden, **options):
    """A trained network as layers, and its data."""
    data = load_dataset(name)
    network = reference_network(name, hidden)
    weights, biases = [d.weights for d in network.weighted], [d.bias for d in network.weighted]
    return balanced(weights, biases, data.x_train[:5000].reshape(-1, len(weights[0])), **options), data


def check_alike(chain, data, steps):
    """100 test pictures through hardware and model: the same in every bit; returns how many are right."""
    events = pictures(data, 100, steps)
    expected, found = cascade(chain, events)[-1], simulate_rtl(chain, events, membranes=True)
    np.testing.assert_array_equal(found.spikes, expected.spikes)
    np.testing.assert_array_equal(found.membranes, expected.membranes)
    return np.sum(decided(found) == data.y_test[:100])


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "readout"), [((), "spikes"), ((12,), "membrane")])
def test_trained_digits_are_classified_alike(hidden, readout):
    assert check_alike(*balanced_network("digits", hidden, readout=readout), 10) >= 78  # 90 % less four sigma


@pytest.mark.slow
def test_trained_mnist_is_classified_alike():
    """784-100-10, ten steps a picture."""
    try:
        chain, data = balanced_network("mnist", (100,))
    except InputError as missing:
        pytest.skip(str(missing))
    assert [layer.weights.shape for layer in chain] == [(784, 100), (100, 10)]
    assert check_alike(chain, data, 10) >= 90  # 97 % less four sigma
