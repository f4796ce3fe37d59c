"""A trained network as layers of spiking neurons: rates against activations, and accuracy against the real-valued one."""

import numpy as np
import pytest

from neuristor.digital import balanced, cascade
from neuristor.digital.scaling import peaks
from neuristor.errors import InputError
from neuristor.networks import load_dataset, reference_network


def network_of(seed, *sizes):
    """Random matrices and biases, and the ReLU outputs of samples behind each of them."""
    draw = np.random.default_rng(seed)
    weights = [draw.normal(size=pair) / np.sqrt(pair[0]) for pair in zip(sizes[:-1], sizes[1:], strict=True)]
    biases = [0.2 * draw.normal(size=n) for n in sizes[1:]]
    return weights, biases, draw.random((300, sizes[0]))


def relu_outputs(weights, biases, x):
    found = []
    for w, b in zip(weights, biases, strict=True):
        x = np.maximum(x @ w + b, 0)
        found.append(x)
    return found


def regular(x, steps):
    """Spikes (n, steps, inputs): after k steps round(k x) of them."""
    counts = np.floor(np.arange(steps + 1)[:, None] * x.reshape(len(x), 1, -1) + 0.5)
    return np.diff(counts, axis=1) > 0


def test_rates_are_activations_in_units_of_the_threshold():
    """Of one layer: inputs that are 0 or 1 are constant currents a, and a neuron that begins anew fires every ceil(1/a)."""
    weights, biases, _ = network_of(0, 40, 20)
    x = np.random.default_rng(1).integers(0, 2, (50, 40))
    (layer,) = balanced(weights, biases, x, quantile=1.0, readout="spikes", weight_bits=16, membrane_bits=32)
    share = relu_outputs(weights, biases, x)[0]
    share = share / share.max()
    found = layer.run(np.repeat(x[:, None], 60, axis=1)).counts
    period = 1 / np.maximum(share, 1 / 500.5)  # 500.5 stands for longer ones: none of 60 steps fires
    clear = np.abs(period - np.rint(period)) > 1e-2  # rounding decides nothing
    np.testing.assert_array_equal(found[clear], (60 // np.ceil(period))[clear])
    assert found.max() == 60
    assert clear.mean() > 0.9


def test_a_last_layer_that_adds_up_is_the_scores():
    """In each step P rises by the real score, within half a step of rounding for each input, and falls below zero too."""
    weights, biases, _ = network_of(2, 12, 5)
    x = np.random.default_rng(3).integers(0, 2, (30, 12))
    (layer,) = balanced(weights, biases, x, membrane_bits=20)
    steps = 16
    found = layer.run(np.repeat(x[:, None], steps, axis=1), membranes=True).membranes[:, -1] / steps
    scale = 127 / np.abs(weights[0]).max()
    scores = x @ weights[0] + biases[0]
    assert scores.min() < 0
    assert np.all(np.abs(found / scale - scores) <= 0.5 * (x.sum(axis=1, keepdims=True) + 1) / scale)


def test_the_unit_of_the_inputs_carries_through():
    """Without biases, a network whose first weights are doubled is the same hardware: thresholds double with them."""
    weights, _, x = network_of(4, 20, 15, 6)
    events = regular(x[:50], 20)
    one = balanced(weights, None, x, readout="spikes")
    other = balanced([2 * weights[0], weights[1]], None, x, readout="spikes")
    for a, b in zip(cascade(one, events), cascade(other, events), strict=True):
        assert a.spikes.any()
        np.testing.assert_array_equal(a.spikes, b.spikes)


def test_no_sample_is_above_what_the_weights_could_do():
    weights, biases, x = network_of(5, 30, 20, 10)
    bounds, found = peaks(weights, biases), peaks(weights, biases, x, quantile=1.0)
    assert all(high >= seen for high, seen in zip(bounds, found, strict=True))
    np.testing.assert_allclose(found, [a.max() for a in relu_outputs(weights, biases, x)])
    most = (weights[0] > 0).astype(float)  # the inputs that drive each neuron most
    np.testing.assert_allclose(bounds[0], (np.einsum("ij,ij->j", most, weights[0]) + biases[0]).max())


def decided(run):
    """The class that fired most; of equal ones, the one of the highest membrane at the end."""
    return np.lexsort((run.membranes[:, -1], run.counts))[:, -1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "steps"), [("digits", 15), ("mnist", 20)])
def test_balanced_networks_are_as_good_as_real_valued_ones(name, steps):
    """McNemar: the pictures that only one of the two classifies rightly are as many on either side, within four sigma.

    A threshold of 1 in every layer is worse by more than that.
    """
    try:
        data = load_dataset(name)
    except InputError as missing:
        pytest.skip(str(missing))
    network = reference_network(name)
    weights, biases = [d.weights for d in network.weighted], [d.bias for d in network.weighted]
    x, y = data.x_test[:1500], data.y_test[:1500]
    events, real = regular(x, steps), network.classify(x) == y
    for options, good in [({"samples": data.x_train[:5000]}, True), ({"threshold": 1.0, "readout": "spikes"}, False)]:
        right = decided(cascade(balanced(weights, biases, **options), events)[-1]) == y
        lost, won = np.sum(real & ~right), np.sum(right & ~real)
        assert (lost - won <= 4 * np.sqrt(lost + won)) == good, (options.keys(), lost, won)


PLAIN = {"weights": [np.ones((3, 2)), np.ones((2, 2))], "samples": np.ones((4, 3))}
BAD = [
    ({"weights": []}, "one bias for each matrix"),
    ({"biases": [None]}, "2 matrices and 1 biases"),
    ({"weights": [np.ones((3, 2)), np.ones((3, 2))]}, "layer 1 has 2 neurons, layer 2 takes 3 inputs"),
    ({"weights": [np.ones(3)]}, "a matrix of weights"),
    ({"samples": np.ones((4, 5))}, r"samples of shape \(4, 5\): \(n, 3\) is needed"),
    ({"samples": np.ones((0, 3))}, r"\(n, 3\) is needed"),
    ({"samples": np.full((4, 3), np.nan)}, "samples: finite numbers"),
    ({"quantile": 0.0}, "quantile is 0"),
    ({"readout": "membran"}, "did you mean 'membrane'"),
    ({"biases": [np.ones(2), np.ones(3)]}, "layer 2: finite weights, and a bias for each of 2 neurons"),
    ({"scale": 1000}, "layer 1: the weights need 11 bits"),
    ({"weight_bits": 16, "membrane_bits": 10}, "layer 1: the level .* needs 17 membrane bits"),
    ({"threshold": -1.0}, "floor <= reset < threshold"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_networks(options, words):
    with pytest.raises(InputError, match=words):
        balanced(**{**PLAIN, **options})
