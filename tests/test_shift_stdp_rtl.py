"""Plasticity of shifts: Python's integers, the hardware clock by clock, and a pattern that is learned."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_digital_fixed_point import layers, noise

from neuristor.digital import FixedPointLayer, PlasticLayer, ShiftSTDP, simulation
from neuristor.digital.shift_stdp_rtl import PlasticRTL
from neuristor.digital.simulation import simulate_learning, verify
from neuristor.errors import InputError


@st.composite
def plastic_layers(draw, most=4):
    """Any layer of few inputs and neurons and any rule whose bounds hold its weights."""
    layer = draw(layers(most))
    low, high = 2 ** (layer.weight_bits - 1), 2 ** (layer.weight_bits - 1) - 1
    w_min = draw(st.integers(-low, int(layer.weights.min())))
    w_max = draw(st.integers(max(w_min + 1, int(layer.weights.max())), high)) if layer.weights.max() < high else high
    if w_min == w_max:
        w_min -= 1
    shift = st.integers(0, 5)
    stdp = ShiftSTDP(
        draw(shift),
        draw(shift),
        draw(st.one_of(st.none(), shift)),
        draw(st.integers(0, 2)),
        draw(st.integers(1, 5)),
        draw(st.sampled_from(["soft", "hard"])),
        w_min,
        w_max,
    )
    return PlasticLayer(layer, stdp)


def in_python(plastic, events):
    """Spikes and weights after every step, by Python's integers: each pair of spikes looked up in their history."""
    layer, stdp = plastic.layer, plastic.stdp
    w = [[int(v) for v in row] for row in layer.weights]
    low, high = stdp.w_min, plastic.rule.w_max
    p, free = [layer.reset] * layer.neurons, [0] * layer.neurons
    fired = np.zeros((len(events), layer.neurons), bool)
    history = []
    for n, now in enumerate(events):
        for j in range(layer.neurons):
            if n >= free[j]:
                drive = sum(w[i][j] for i in range(layer.inputs) if now[i]) - int(layer.leak[j])
                p[j] = min(max(p[j] + drive, layer.floor), layer.top)
                if p[j] >= layer.thresholds[j]:
                    fired[n, j], p[j], free[j] = True, layer.reset, n + layer.refractory + 1
        for i in range(layer.inputs):
            for j in range(layer.neurons):
                x = n - max(np.flatnonzero(events[: n + 1, i]), default=-(10**6))
                y = n - max(np.flatnonzero(fired[: n + 1, j]), default=-(10**6))
                up, down = (high - w[i][j], w[i][j] - low) if stdp.bounds == "soft" else (high - low, high - low)
                if fired[n, j] and x < stdp.last:
                    w[i][j] += up // 2 ** (stdp.rise + x // 2**stdp.half_life)
                elif fired[n, j] and stdp.idle is not None:
                    w[i][j] -= down // 2**stdp.idle
                elif not fired[n, j] and now[i] and y < stdp.last:
                    w[i][j] -= down // 2 ** (stdp.fall + y // 2**stdp.half_life)
                w[i][j] = min(max(w[i][j], low), high)
        history.append([list(row) for row in w])
    return fired, np.array(history)


@given(plastic_layers(), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
@settings(max_examples=40, deadline=None)
def test_equals_python_integers(plastic, seed, density):
    events = noise(seed, 1, 40, plastic.layer.inputs, density)[0]
    fired, history = in_python(plastic, events)
    found = plastic.run(events)
    np.testing.assert_array_equal(found.spikes, fired)
    np.testing.assert_array_equal(found.weights, history[-1])


@given(plastic_layers(3), st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
@settings(max_examples=25, deadline=None)
def test_any_hardware_equals_the_model(plastic, seed, density):
    assert verify(plastic, noise(seed, 1, 40, plastic.layer.inputs, density)[0]).equal


def learning(bounds):
    """Two neurons with a floor, a refractory time and bounds that weights come to."""
    weights = np.random.default_rng(0).integers(-5, 60, (3, 2))
    layer = FixedPointLayer(weights, [150, 180], 8, -20, -3, 2, 8, 8)
    return PlasticLayer(layer, ShiftSTDP(1, 1, 2, 0, 3, bounds, -20, 100))


@pytest.mark.slow
@pytest.mark.parametrize("bounds", ["soft", "hard"])
def test_ten_thousand_steps_equal_the_model(bounds):
    """Membranes at the floor, lost inputs, weights at both bounds (hard), every branch of the rule."""
    plastic, events = learning(bounds), noise(5, 1, 10_000, 3, 0.3)[0]
    found = verify(plastic, events)
    assert found.equal, found
    assert found.saturated > 100
    run = plastic.run(events)
    assert run.spikes.sum(axis=0).min() > 500
    reached = np.array([plastic.run(events[:n]).weights for n in range(0, 2000, 5)])
    assert (reached.min(), reached.max()) == (-20, 100) if bounds == "hard" else reached.max() > 90 > 0 > reached.min()


def test_another_rule_is_found(monkeypatch):
    """The same hardware with another shift learns other weights, and the comparison says so."""
    plastic, events = learning("soft"), noise(6, 1, 300, 3)[0]
    other = replace(plastic, stdp=replace(plastic.stdp, fall=2))
    monkeypatch.setattr(simulation, "PlasticRTL", lambda _: PlasticRTL(other))
    assert not verify(plastic, events).equal


def test_nothing_changes_where_nothing_is_learned():
    plastic, events = learning("soft"), noise(7, 1, 200, 3)[0]
    fixed = plastic.layer.run(events, membranes=True)
    for found in (plastic.run(events, learn=False, membranes=True), simulate_learning(plastic, events, learn=False)):
        np.testing.assert_array_equal(found.weights, plastic.layer.weights)
        np.testing.assert_array_equal(found.spikes, fixed.spikes[0])
        np.testing.assert_array_equal(found.membranes, fixed.membranes[0])


@pytest.mark.parametrize(("gap", "change"), [(0, 16), (1, 16), (2, 8), (3, 8), (4, 4), (6, 2), (7, 0), (20, 0)])
def test_the_window_halves_and_ends(gap, change):
    """An input `gap` steps before the neuron: 128 of range, an eighth of it, halved for every two steps, for seven steps."""
    layer = FixedPointLayer([[0], [127]], 100, weight_bits=8)
    plastic = PlasticLayer(layer, ShiftSTDP(rise=3, fall=3, half_life=1, trace_bits=3, bounds="hard", w_min=-1))
    events = np.zeros((gap + 1, 2), bool)
    events[0, 0], events[gap, 1] = True, True
    assert plastic.run(events).weights[0, 0] == change


def correlated(seed, steps, inputs=32, together=16, often=0.1, kept=0.9):
    """Inputs of one rate, 0.09 a step: the first 16 at common moments, the others each for itself; and the moments."""
    draw = np.random.default_rng(seed)
    moments = draw.random(steps) < often
    alone = draw.random((steps, inputs)) < often * kept
    alone[:, :together] = moments[:, None] & (draw.random((steps, together)) < kept)
    return alone, moments


@pytest.mark.parametrize("stdp", [ShiftSTDP(), ShiftSTDP(5, 4, bounds="hard")], ids=["soft", "hard"])
def test_a_pattern_is_learned(stdp):
    """From random weights, by timing alone: after 6000 steps all inputs of the pattern are above all others, every time.

    With hard bounds the neuron fires at every moment of the pattern and at no other time; before, in 8 % of the others.
    """
    hits, alarms = [], []
    for seed in range(10):
        start = np.random.default_rng([seed, 1]).integers(40, 88, (32, 1))
        plastic = PlasticLayer(FixedPointLayer(start, 400, 40, membrane_bits=12), stdp)
        learned = plastic.run(correlated(seed, 6000)[0]).weights
        assert learned[:16].min() > learned[16:].max()
        shown, moments = correlated(1000 + seed, 4000)
        for weights in (start, learned):
            fired = plastic.after(weights).run(shown, learn=False).spikes[:, 0]
            hits.append(fired[moments].mean())
            alarms.append(fired[~moments].mean())
    assert min(hits[1::2]) > 0.99
    assert min(alarms[::2]) > 0.04
    if stdp.bounds == "hard":
        assert max(alarms[1::2]) < 0.001


PLAIN = FixedPointLayer([[10], [20]], 30)
BAD = [
    (PLAIN, {"rise": 40}, "rise is 40: 0 to 31"),
    (PLAIN, {"trace_bits": 0}, "trace_bits is 0: 1 to 8"),
    (PLAIN, {"half_life": 0.5}, "half_life: whole numbers"),
    (PLAIN, {"bounds": "sott"}, "did you mean 'soft'"),
    (PLAIN, {"w_max": 200}, "the weights need 9 bits"),
    (PLAIN, {"w_min": 15}, "weights from 10 to 20: the rule holds them in 15 to 127"),
    (PLAIN, {"w_min": 50, "w_max": 50}, "w_min = 50 must lie below w_max = 50"),
]


@pytest.mark.parametrize(("layer", "options", "words"), BAD)
def test_bad_rules(layer, options, words):
    with pytest.raises(InputError, match=words):
        PlasticLayer(layer, ShiftSTDP(**options))


def test_learning_has_one_row_of_steps():
    with pytest.raises(InputError, match="2 samples: learning goes on in one row of steps"):
        PlasticLayer(PLAIN, ShiftSTDP()).run(np.ones((2, 4, 2)))
