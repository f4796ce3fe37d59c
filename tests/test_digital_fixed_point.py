"""Layers of linear-decay neurons in whole numbers: Python's integers, the equation neuron, hand-computed corner cases."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuristor as nr
from neuristor.digital import FixedPointLayer, cascade, fixed_point, quantized
from neuristor.errors import InputError


@st.composite
def layers(draw, most=6):
    """Any layer of few inputs and neurons, mostly with levels so near that they are reached."""
    shape = draw(st.tuples(st.integers(1, most), st.integers(1, most)))
    bits, membrane = draw(st.integers(2, 6)), draw(st.integers(2, 7))
    top, limit = 2**membrane - 1, 2 ** (bits - 1)
    floor = draw(st.integers(-top - 1, 0))
    reset = draw(st.integers(floor, top - 1))
    level = st.integers(reset + 1, top)
    return FixedPointLayer(
        draw(lists(st.integers(-limit, limit - 1), shape)),
        draw(st.one_of(st.none(), level, lists(level, shape[1:]))),
        leak=draw(lists(st.integers(-2, 8), shape[1:])),
        floor=floor,
        reset=reset,
        refractory=draw(st.integers(0, 5)),
        weight_bits=bits,
        membrane_bits=membrane,
    )


def lists(elements, shape):
    """Whole numbers in an array of this shape."""
    size = int(np.prod(shape))
    return st.lists(elements, min_size=size, max_size=size).map(lambda values: np.reshape(values, shape))


def noise(seed, samples, steps, inputs, density=0.3):
    return np.random.default_rng(seed).random((samples, steps, inputs)) < density


def in_python(layer, events):
    """Spikes and membranes of one neuron after the other, one input after the other, in Python's integers."""
    spikes, membranes = np.zeros((len(events), layer.neurons), bool), np.zeros((len(events), layer.neurons), int)
    for j in range(layer.neurons):
        p, free = layer.reset, 0
        for n, step in enumerate(events):
            if n >= free:
                p += sum(int(w) for w, s in zip(layer.weights[:, j], step, strict=True) if s) - int(layer.leak[j])
                p = min(max(p, layer.floor), 2**layer.membrane_bits - 1)
                if layer.threshold is not None and p >= layer.threshold[j]:
                    spikes[n, j], p, free = True, layer.reset, n + layer.refractory + 1
            membranes[n, j] = p
    return spikes, membranes


@given(layers(), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_equals_python_integers(layer, seed):
    events = noise(seed, 2, 60, layer.inputs)
    found = layer.run(events, membranes=True)
    for k in range(2):
        spikes, membranes = in_python(layer, events[k])
        np.testing.assert_array_equal(found.spikes[k], spikes)
        np.testing.assert_array_equal(found.membranes[k], membranes)


@pytest.mark.parametrize("refractory", [0, 1, 4])
def test_equals_the_equation_neuron(refractory):
    """One neuron of the layer is LinearLeakFixedPoint: the same spikes and the same potential after every clock."""
    neuron = nr.LinearLeakFixedPoint(refractory=refractory, fraction_bits=4, bits=5, p_min="-2 mV", leak="2 V/s")
    weights = np.array([[100], [-60], [37], [5]])
    layer = FixedPointLayer(weights, 480, 3, -32, 0, refractory, membrane_bits=9)
    events = noise(refractory, 1, 2000, 4)[0]
    counts = (events @ weights)[:, 0]
    at = np.flatnonzero(counts)
    train = nr.SpikeTrain([[k * 1e-4] for k in at], (counts[at] * 1e-3 / 16).tolist(), unit="V/s", duration=0.2)
    trace = nr.simulate(neuron, train, 0.2, samples=2001)
    found = layer.run(events, membranes=True)
    assert found.counts.sum() > 10
    clocks = np.rint(trace.spikes[0] / 1e-4).astype(int) - 1
    np.testing.assert_array_equal(clocks, np.flatnonzero(found.spikes[0, :, 0]))
    np.testing.assert_array_equal(trace["p"][0][1:], found.membranes[0, :, 0])


def test_input_is_lost_for_as_many_steps_as_are_refractory():
    layer = FixedPointLayer([[4]], 4, refractory=3)
    spikes = layer.run(np.ones((12, 1))).spikes
    assert np.flatnonzero(spikes[0, :, 0]).tolist() == [0, 4, 8]


def test_the_membrane_saturates_once_a_step_and_not_between_inputs():
    """60 + 60 - 63 is 57, though 120 is more than the membrane holds; then it stays at its top, and at its floor."""
    layer = FixedPointLayer([[60], [60], [-63]], None, floor=-4, membrane_bits=6)
    events = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1]]
    assert layer.run(events, membranes=True).membranes[0, :, 0].tolist() == [57, 63, 0, -4, -4]


def test_a_threshold_at_the_top_is_reached_by_saturation():
    layer = FixedPointLayer([[100]], 63, membrane_bits=6)
    assert layer.run([[1], [1]]).counts.tolist() == [[2]]


def test_a_bias_is_a_leak_that_adds():
    layer = quantized([[0.5]], bias=[0.25], threshold=1.0, leak=0.125, scale=16)
    assert layer.leak.tolist() == [-2]
    assert layer.run([[0], [1], [1]], membranes=True).membranes[0, :, 0].tolist() == [2, 12, 0]


@pytest.mark.parametrize("bits", [20, 24, 32])
def test_sums_of_wide_weights_are_exact(bits):
    """Odd sums beyond what float32 holds are still odd."""
    limit = 2 ** (bits - 1)
    layer = FixedPointLayer(np.array([[limit - 1], [limit - 2], [limit - 1], [1]]), None, weight_bits=bits, membrane_bits=40)
    assert layer.run([[1, 1, 1, 1]], membranes=True).membranes[0, 0, 0] == 3 * limit - 3


@pytest.mark.parametrize("chunk", [1, 500, 10**9])
def test_neither_chunks_nor_other_samples_change_a_sample(monkeypatch, chunk):
    layer = FixedPointLayer(np.random.default_rng(0).integers(-9, 10, (7, 5)), 20, 1, refractory=2)
    events = noise(1, 9, 40, 7)
    alone = layer.run(events[4], membranes=True)
    monkeypatch.setattr(fixed_point, "CHUNK", chunk)
    found = layer.run(events, membranes=True)
    np.testing.assert_array_equal(found.spikes[4], alone.spikes[0])
    np.testing.assert_array_equal(found.membranes[4], alone.membranes[0])


def test_a_layer_can_be_changed():
    adding = FixedPointLayer([[4]], None, membrane_bits=4)
    assert replace(adding, membrane_bits=3).run(np.ones((3, 1)), membranes=True).membranes[0, :, 0].tolist() == [4, 7, 7]
    assert replace(adding, threshold=8).run(np.ones((3, 1))).spikes[0, :, 0].tolist() == [False, True, False]


def test_layers_in_a_row():
    """A layer's spikes are the next one's inputs in the same step."""
    first = FixedPointLayer([[2, 0], [0, 2]], 2)
    second = FixedPointLayer([[3], [-1]], 3)
    events = np.array([[1, 0], [0, 1], [1, 1], [1, 0], [1, 0]])
    found = cascade([first, second], events)
    np.testing.assert_array_equal(found[0].spikes[0], events)
    assert found[1].spikes[0, :, 0].tolist() == [True, False, False, True, True]


@given(st.integers(2, 16), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_quantized_weights_are_within_half_a_step_and_use_their_bits(bits, seed):
    weights = np.random.default_rng(seed).normal(size=(5, 4))
    layer = quantized(weights, weight_bits=bits, threshold=8.0, membrane_bits=32)
    scale = (2 ** (bits - 1) - 1) / np.abs(weights).max()
    assert np.all(np.abs(layer.weights - weights * scale) <= 0.5)
    assert np.abs(layer.weights).max() == 2 ** (bits - 1) - 1


PLAIN = {"weights": [[100, -3]], "threshold": 50}
BAD = [
    ({"weights": [[1, -200], [130, 300]]}, r"need 10 bits: weight \[1, 1\] is 300, and weight_bits = 8 holds -128 to 127"),
    ({"weights": [[-129]]}, r"need 9 bits: weight \[0, 0\] is -129"),
    ({"threshold": 256, "membrane_bits": 8}, "level 256 needs 9 membrane bits; membrane_bits = 8 reaches 255"),
    ({"floor": -257, "membrane_bits": 8}, "level -257 needs 9 membrane bits"),
    ({"weights": [[0.5]]}, "weights: whole numbers are needed"),
    ({"weights": [1, 2]}, "inputs, neurons"),
    ({"weights": [["a"]]}, "weights: whole numbers"),
    ({"threshold": [1, 2, 3]}, "one for each of 2 neurons"),
    ({"leak": np.nan}, "leak: whole numbers"),
    ({"reset": 50}, "floor <= reset < threshold"),
    ({"refractory": -1}, "zero steps or more"),
    ({"weight_bits": 1}, "2 to 32"),
    ({"membrane_bits": 1000}, "1 to 40"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_layers(options, words):
    with pytest.raises(InputError, match=words):
        FixedPointLayer(**{**PLAIN, **options})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scale": 1000}, "need 11 bits"),
        ({"scale": 1e300}, "beyond 53 bits"),
        ({"scale": -1}, "scale is -1"),
        ({"threshold": 1e4}, "level 1270000 needs 21 membrane bits"),
        ({"floor": -np.inf}, "floor: whole numbers"),
        ({"bias": [1.0, 2.0]}, "a bias of shape"),
        ({"weight_bits": 2000}, "2 to 32"),
    ],
)
def test_bad_quantization(options, words):
    with pytest.raises(InputError, match=words):
        quantized([[1.0], [-0.5]], **options)


@pytest.mark.parametrize("events", [np.ones((4, 2)), np.full((4, 1), 2), np.ones(4)])
def test_bad_spikes(events):
    with pytest.raises(InputError, match="spikes"):
        FixedPointLayer([[1]], 1).run(events)
