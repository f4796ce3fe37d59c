"""Errors against noise: a closed form, what the result may not depend on, tolerated noise, and bad input."""

from dataclasses import replace
from math import erfc, sqrt

import numpy as np
import pytest

from neuristor.errors import InputError
from neuristor.networks import Dataset

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from neuristor.circuits.cells.mixed_signal_mac import MixedSignalMAC  # noqa: E402
from neuristor.circuits.differential_pair import WeakInversion  # noqa: E402
from neuristor.experiments.mac_point import mac_point  # noqa: E402
from neuristor.networks.mixed_signal import convert, evaluate, inference_cost, reference, synapse  # noqa: E402
from neuristor.networks.mixed_signal.evaluate import chips_of, count_missed  # noqa: E402
from neuristor.networks.mixed_signal.result import crossing  # noqa: E402

DRAWS = 20


@pytest.fixture(scope="module")
def small():
    """The digits' network of figure 3's kind."""
    return reference("digits")


def two_classes(count=500):
    """A linear classifier of two classes, and samples at different distances from its border."""
    layer = nn.Linear(10, 2, bias=False)
    layer.weight.data = torch.tensor(np.random.default_rng(1).normal(size=(2, 10)), dtype=torch.float32)
    x = np.random.default_rng(2).random((count, 10), np.float32)
    with torch.no_grad():
        z = layer(torch.from_numpy(x)).numpy()
    y = z.argmax(1)
    return layer, Dataset("two", x, y, x, y, ("a", "b")), z


@pytest.mark.parametrize("redraw", ["mac", "draw"])
def test_error_is_the_share_of_sums_that_noise_carries_over_the_border(redraw):
    layer, data, z = two_classes()
    result = evaluate(layer, data, bits=16, noise=[1e-3, 1e-2], full_scale=0.1, draws=DRAWS, redraw=redraw)
    largest = float(layer.weight.detach().abs().max())
    for p, power in enumerate((1e-3, 1e-2)):
        sigma = sqrt(2 * power) / 0.1 * largest * np.linalg.norm(data.x_test, axis=1)
        chance = np.array([erfc(m / s / sqrt(2)) / 2 for m, s in zip(np.abs(z[:, 0] - z[:, 1]), sigma, strict=True)])
        found = result.error[0, p]
        spread = sqrt(np.sum(chance * (1 - chance)) / DRAWS) / len(chance)
        if redraw == "draw":  # images share the noise: their errors come together
            spread = found.std(ddof=1) / sqrt(DRAWS)
        assert abs(found.mean() - chance.mean()) < 4 * spread
        assert found.mean() > 0.02


def test_without_noise_the_error_is_that_of_the_rounded_network(small, digits):
    result = evaluate(small, digits, bits=(2, 16), noise=[0.0, 1e-12], draws=2)
    x, y = torch.from_numpy(digits.x_test), digits.y_test
    for b, bits in enumerate((2, 16)):
        wrong = np.mean(convert(small, bits=bits)(x).argmax(1).numpy() != y)
        assert np.all(result.error[b, 0] == wrong)
        assert result.quantised[b] == wrong
    assert result.clean == np.mean(small(x).argmax(1).numpy() != y)
    assert result.quantised[0] > result.quantised[1] == result.clean


def test_draws_are_the_first_of_more_and_one_thread_equals_two(small, digits, monkeypatch):
    options = {"bits": (3, 8), "noise": [1e-4, 1e-3], "mismatch": 0.1, "seed": 5}
    monkeypatch.setenv("NEURISTOR_THREADS", "1")
    few = evaluate(small, digits, draws=2, **options)
    monkeypatch.setenv("NEURISTOR_THREADS", "2")
    many = evaluate(small, digits, draws=4, **options)
    assert np.array_equal(few.error, many.error[:, :, :2])
    assert len(np.unique(many.error[1, 1])) > 1
    assert not np.array_equal(evaluate(small, digits, draws=2, **{**options, "seed": 6}).error, few.error)


def test_images_meet_the_same_noise_however_many_are_shown(small, digits):
    chips = chips_of(small, digits, (3, 8), {"full_scale": 0.078})
    x, y = torch.from_numpy(digits.x_test), torch.from_numpy(digits.y_test).clone()
    y[300:] = -1  # no answer is right
    whole, first = (count_missed(chips, x[:n], y[:n], [0.0, 0.1, 0.3], 3, 0, False, None) for n in (360, 300))
    assert np.array_equal(whole - 60, first)


def test_noise_without_end_leaves_chance(small, digits):
    result = evaluate(small, digits, bits=8, noise=[100.0], draws=DRAWS, noise_in="sums")
    assert abs(result.error_mean[0, 0] - 0.9) < 4 * sqrt(0.09 / (DRAWS * 360))
    assert result.error_low[0, 0] < 0.9 < result.error_high[0, 0] + 0.005


def test_a_chip_keeps_its_mismatch_and_a_module_gets_a_chip_a_draw(small, digits):
    chip = convert(small, bits=4, mismatch=0.3, seed=9)
    own = evaluate(chip, digits, noise=[0.0], draws=3)
    assert own.bits == (4,)
    assert own.mismatch == 0.3
    assert np.all(own.error == own.quantised[0])
    wrong = chip(torch.from_numpy(digits.x_test)).argmax(1).numpy() != digits.y_test
    assert own.quantised[0] == np.mean(wrong)
    assert own.clean == evaluate(small, digits, bits=4, noise=[0.0], draws=2).clean
    assert np.ptp(evaluate(small, digits, bits=4, noise=[0.0], draws=6, mismatch=0.3).error) > 0


def test_a_chip_at_other_bits_is_the_one_made_with_them(small, digits):
    options = {"mismatch": 0.1, "noise_power": 1e-6, "seed": 2}
    found = evaluate(convert(small, bits=8, **options), digits, bits=(2, 8), noise=[1e-4], draws=2)
    alone = [evaluate(convert(small, bits=b, **options), digits, noise=[1e-4], draws=2) for b in (2, 8)]
    assert found.bits == (2, 8)
    assert np.array_equal(found.error, np.concatenate([one.error for one in alone]))
    with pytest.raises(InputError, match="bits = 0"):
        evaluate(convert(small), digits, bits=0)


def test_only_noise_over_full_scale_matters_and_tells_the_full_scale(small, digits):
    options = {"bits": (3, 8), "draws": 3}
    narrow = evaluate(small, digits, noise=np.geomspace(1e-6, 1e-3, 7), full_scale="50 mV", **options)
    wide = evaluate(small, digits, noise=np.geomspace(4e-4, 0.4, 7), full_scale="1 V", **options)
    assert np.array_equal(narrow.error, wide.error)
    scale = narrow.full_scale_for(1e-6, 0.1)
    again = [evaluate(small, digits, noise=[1e-6], full_scale=v, **options).increase[b, 0] for b, v in enumerate(scale)]
    assert np.all(np.abs(np.array(again) - 0.1) < 0.03)


class Twice(nn.Module):
    """The same layer twice for a sample: the difference of two noises."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return 0.5 * (self.layer(x) + self.layer(x))


def test_a_layer_used_twice_meets_two_noises():
    layer, data, _ = two_classes()
    power = 1e-2
    once, twice = (evaluate(m, data, bits=16, noise=[power, power / 2], full_scale=0.1) for m in (layer, Twice(layer)))
    mean, other = once.error_mean[0, 1], twice.error_mean[0, 0]  # the mean of two noises has half of the power
    assert abs(mean - other) < 4 * np.sqrt(2 * mean / (DRAWS * 500))
    assert once.error_mean[0, 0] - other > 4 * np.sqrt(2 * mean / (DRAWS * 500))


@pytest.mark.parametrize("options", [{}, {"linear_range": "78 mV"}, {"noise_in": "sums"}], ids=str)
def test_what_is_kept_between_powers_changes_nothing(small, digits, options):
    module = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), nn.Flatten(), *small)
    told = {"bits": (3, 8), "noise": [1e-5, 1e-4], "draws": 2, **options}
    kept, alone = (
        evaluate(module, digits, **told),
        [evaluate(module, digits, **{**told, "noise": [p]}) for p in (1e-5, 1e-4)],
    )
    away = nn.Sequential(nn.Threshold(-1.0, 0.0), *small)  # samples of another place in memory
    assert np.array_equal(kept.error, np.concatenate([one.error for one in alone], axis=1))
    assert np.array_equal(kept.error, evaluate(away, digits, **told).error)


def test_where_an_increase_is_reached():
    shares = np.array([1e-3, 1e-1, 1e-5])
    assert crossing(shares, np.array([0.01, 0.05, 0.0]), 0.03) == pytest.approx(1e-2)
    assert crossing(shares, np.array([0.01, 0.02, 0.0]), 0.03) == np.inf
    assert crossing(shares, np.array([0.5, 0.6, 0.4]), 0.03) == 0.0


def test_energy_and_latency_of_an_inference():
    module = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))
    given = {"power": "30.6 nW", "f_3db": "62 MHz", "bits": 8}
    cost = inference_cost(module, (1, 8, 8), **given)
    assert [layer.macs for layer in cost.layers] == [9 * 4 * 64, 640]
    settling = -np.log(2.0**-9) / (2 * np.pi * 62e6)  # e^(-t / tau) is half a step of 2^-8
    assert cost.latency == pytest.approx(2 * settling)
    assert cost.energy == pytest.approx((9 * 4 * 64 + 640) * 30.6e-9 * settling)
    assert cost.always_on == pytest.approx(2 * cost.energy)
    shared = inference_cost(convert(module), (1, 8, 8), neurons="shared", fetch="1 fJ", **given)
    assert shared.energy == pytest.approx(cost.energy)
    assert shared.latency == pytest.approx(65 * settling)
    assert shared.synapses == 36 + 640
    assert shared.fetch == pytest.approx(676 * 8e-15)
    with pytest.raises(InputError, match="does not take samples of 1 x 8"):
        inference_cost(module, (1, 8), **given)


def test_one_neuron_of_the_circuit_tells_energy_latency_and_noise():
    module, mac = nn.Linear(20, 10), MixedSignalMAC(bits=3, weights=[7, 7])
    one = synapse(mac)
    cost = inference_cost(module, (20,), mac=mac)
    assert (
        cost
        == inference_cost(module, (20,), power=one.power, f_3db=one.f_3db, bits=3)
        == inference_cost(module, (20,), mac=one)
    )
    point = mac_point(mac)
    assert one.power == pytest.approx(1.2 * 7 * 100e-12, rel=1e-3)
    assert cost.latency == pytest.approx(point.settling)
    closed = WeakInversion(3, 2, 100e-12, 1.2, point.n_n, point.n_p)
    assert one.noise_power * 2 == pytest.approx(closed.input_noise(7, point.bandwidth), rel=0.05)
    assert synapse(mac.with_(i_unit="50 pA")).f_3db == pytest.approx(one.f_3db / 2, rel=0.02)
    for given in ({}, {"mac": mac, "power": 1e-9, "f_3db": 1e6}):
        with pytest.raises(InputError, match="either power and f_3db or mac"):
            inference_cost(module, (20,), **given)


BAD = [
    ({"bits": ()}, "give numbers such as"),
    ({"bits": (3, 3)}, "each once"),
    ({"noise": [-1e-6]}, "zero or more"),
    ({"noise": "1 mV"}, "noise"),
    ({"draws": 1}, "draws = 1"),
    ({"images": 0}, "images = 0"),
    ({"seed": -1}, "seed = -1"),
    ({"full_scale": "1 A"}, "full_scale"),
    ({"noisein": "sums"}, "did you mean 'noise_in'"),
    ({"dataset": "mnits"}, "did you mean 'mnist'"),
]


@pytest.mark.parametrize(("options", "told"), BAD, ids=[told for _, told in BAD])
def test_what_does_not_fit_is_one_sentence(small, digits, options, told):
    with pytest.raises(InputError, match=told):
        evaluate(small, **{"dataset": digits, "noise": [1e-6], "draws": 2, "bits": 8, **options})


def test_modules_and_data_that_do_not_fit_each_other(small, digits):
    with pytest.raises(InputError, match="answers a sample with 5 scores; digits has 10 classes"):
        evaluate(nn.Linear(64, 5), digits, bits=8)
    with pytest.raises(InputError, match="does not take samples of 64"):
        evaluate(nn.Linear(63, 10), digits, bits=8)
    with pytest.raises(InputError, match="keeps its own mismatch: give it to convert"):
        evaluate(convert(small), digits, mismatch=0.1)
    images = replace(digits, x_train=digits.x_train.reshape(-1, 1, 8, 8), x_test=digits.x_test.reshape(-1, 1, 8, 8))
    assert evaluate(small, images, bits=8, noise=[0.0], draws=2).clean == evaluate(small, digits, bits=8, draws=2).clean
