"""Clocked inference: the spikes of snnTorch's update rule to the last bit, whatever the sizes, threads and resets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.errors import InputError
from neuristor.networks.spiking_inference import RESETS, LIFLayer, infer


def literal(layers, spikes):
    """The rule as snntorch.Leaky writes it, dense and in float32; subtract_now: at once."""
    x = spikes.astype(np.float32)
    for layer in layers:
        beta, threshold = np.float32(layer.beta), np.float32(layer.threshold)
        u, fired = np.zeros((x.shape[1], layer.weights.shape[1]), np.float32), []
        for inputs in x:
            current, reset = inputs @ layer.weights + layer.bias, (u > threshold).astype(np.float32)
            if layer.reset == "subtract":
                u = beta * u + current - reset * threshold
            elif layer.reset == "zero":
                u = beta * ((1 - reset) * u) + current
            else:
                u = beta * u + current
            spike = (u > threshold).astype(np.float32)
            fired.append(spike)
            if layer.reset == "subtract_now":
                u = u - spike * threshold
        x = np.array(fired)
    return x.astype(bool)


def network(sizes, reset, seed):
    """Layers whose weights are multiples of 1/256, so that sums in any order are exact, and spikes for them."""
    rng = np.random.default_rng(seed)
    grid = [np.rint(rng.normal(0.05, 0.4, pair) * 256) / 256 for pair in zip(sizes, sizes[1:], strict=False)]
    bias = [np.rint(rng.normal(0, 0.2, n) * 256) / 256 for n in sizes[1:]]
    layers = [LIFLayer(w, b, beta=0.87, threshold=0.75, reset=reset) for w, b in zip(grid, bias, strict=True)]
    return layers, rng.random((30, 4, sizes[0])) < 0.25


@pytest.mark.parametrize("reset", RESETS)
@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4), seed=st.integers(0, 99))
def test_spikes_are_those_of_the_rule(reset, sizes, seed):
    layers, spikes = network(sizes, reset, seed)
    assert np.array_equal(infer(layers, spikes), literal(layers, spikes))


def test_resets_differ_where_they_should():
    counts = {reset: int(infer(*network([20, 30, 10], reset, 5)).sum()) for reset in RESETS}
    assert len(set(counts.values())) == len(RESETS)
    assert counts["none"] == max(counts.values())


def test_threads_and_kinds_of_numbers_do_not_matter(monkeypatch):
    layers, spikes = network([20, 30, 10], "subtract", 6)
    found = infer(layers, spikes)
    monkeypatch.setenv("NEURISTOR_THREADS", "3")
    assert np.array_equal(infer(layers, spikes.astype(float)), found)
    monkeypatch.setenv("NEURISTOR_THREADS", "1")
    assert np.array_equal(infer(layers, spikes.astype(np.uint8)), found)
    assert np.array_equal(infer(layers, spikes[:, 1:2]), found[:, 1:2])


def test_one_neuron_by_hand():
    """Weight 0.75, beta 0.5, threshold 1: u = .75, 1.125 and a spike, then by reset; an input at every step."""
    spikes = np.ones((4, 1, 1), bool)
    expected = {"subtract": [0, 1, 0, 0], "zero": [0, 1, 0, 1], "none": [0, 1, 1, 1], "subtract_now": [0, 1, 0, 1]}
    for reset, times in expected.items():
        assert infer([LIFLayer([[0.75]], beta=0.5, reset=reset)], spikes)[:, 0, 0].tolist() == list(map(bool, times))


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: LIFLayer(np.ones(3)), r"shape \(inputs, neurons\)"),
        (lambda: LIFLayer([[np.nan]]), "finite"),
        (lambda: LIFLayer(np.ones((2, 3)), np.ones(2)), "3 finite numbers"),
        (lambda: LIFLayer([[1.0]], beta=1.5), r"must lie in \[0, 1\]"),
        (lambda: LIFLayer([[1.0]], reset="substract"), "did you mean 'subtract'"),
        (lambda: infer([], np.ones((1, 1, 1))), "at least one layer"),
        (lambda: infer([LIFLayer(np.ones((2, 3))), LIFLayer(np.ones((2, 3)))], np.ones((1, 1, 2))), "layer 2 takes 2"),
        (lambda: infer([LIFLayer(np.ones((2, 3)))], np.ones((1, 1, 3))), r"\(steps, samples, 2\)"),
        (lambda: infer([LIFLayer(np.ones((2, 3)))], np.full((1, 1, 2), 0.5)), "0 or 1"),
    ],
)
def test_bad_input_is_told(attempt, told):
    with pytest.raises(InputError, match=told):
        attempt()
