"""Modules on mixed-signal neurons: rounding, noise, mismatch and saturation against what they should be; refused layers."""

import importlib
import sys

import numpy as np
import pytest

from neuristor.errors import InputError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations, prune  # noqa: E402

from neuristor.circuits.cells.mixed_signal_mac import MixedSignalMAC  # noqa: E402
from neuristor.networks.mixed_signal import MismatchModel, convert, mirror_tail, mismatch_of  # noqa: E402
from neuristor.networks.mixed_signal.convert import layers_of  # noqa: E402
from neuristor.networks.mixed_signal.noise import BLOCK, NoiseSource  # noqa: E402

MANY = 4000  # draws of a statistic


def linear(weights, bias=None):
    w = torch.as_tensor(weights, dtype=torch.float32)
    layer = nn.Linear(w.shape[1], w.shape[0], bias=bias is not None)
    layer.weight.data = w
    if bias is not None:
        layer.bias.data = torch.as_tensor(bias, dtype=torch.float32)
    return layer


def random_layer(kind, *arguments, seed=0, **options):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return kind(*arguments, **options)


def within(found, sigma, count):
    """The deviation of `count` normal numbers lies within 4 sigma of what it should be."""
    assert np.all(np.abs(found / sigma - 1) < 4 / np.sqrt(2 * count))


@pytest.mark.parametrize("bits", [3, 8, 16])
def test_rounding_moves_a_sum_by_half_a_step_of_every_weight_at_most(bits):
    layer = random_layer(nn.Linear, 50, 20)
    x = torch.rand(100, 50) - 0.5
    step = layer.weight.abs().max() / (2**bits - 1)
    error = (convert(layer, bits=bits)(x) - layer(x)).abs()
    assert torch.all(error <= x.abs().sum(1, keepdim=True) * step / 2 + 2e-6)
    assert error.max() > step / 20


def test_weights_on_the_grid_are_kept_exactly_and_codes_count_unit_currents():
    codes = torch.tensor([[7.0, -3.0, 0.0], [1.0, -7.0, 4.0]])
    chip = convert(linear(codes * 0.25, [0.1, -0.3]), bits=3)
    x = torch.tensor([[1.0, 2.0, -4.0]])
    assert torch.equal(next(layers_of(chip)).codes(), codes)
    assert torch.equal(chip(x), linear(codes * 0.25, [0.1, -0.3])(x))


def test_a_sign_among_the_bits_halves_the_levels():
    layer = random_layer(nn.Linear, 300, 3)
    for sign, top in (("extra", 7), ("included", 3)):
        codes = next(layers_of(convert(layer, bits=3, sign=sign))).codes()
        assert codes.abs().max() == top
        assert len(codes.unique()) == 2 * top + 1


def noisy(layer, x, count=MANY, **options):
    """(count, ...) errors of one sample, its noise drawn `count` times."""
    quiet = convert(layer, bits=20, **{**options, "noise_power": 0.0})
    chip = convert(layer, bits=20, **options)
    with torch.inference_mode():
        return (chip(x.expand(count, *x.shape[1:])) - quiet(x)).numpy()


def test_noise_of_a_linear_layer_is_that_of_its_weights():
    layer, x = random_layer(nn.Linear, 30, 4), torch.rand(1, 30, generator=torch.Generator().manual_seed(1))
    error = noisy(layer, x, noise_power="1e-4 V2", full_scale="0.2 V")
    sigma = 0.01 / 0.2 * float(layer.weight.detach().abs().max()) * float(x.norm())
    within(error.std(axis=0), sigma, MANY)
    assert np.all(np.abs(error.mean(axis=0)) < 4 * sigma / np.sqrt(MANY))
    correlation = np.corrcoef(error.T)[np.triu_indices(4, 1)]
    assert np.all(np.abs(correlation) < 4 / np.sqrt(MANY))


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2, "padding": 1}, {"groups": 2}, {"dilation": 2}, {"padding": "same", "padding_mode": "circular"}],
    ids=str,
)
def test_noise_of_a_convolution_is_that_of_weights_drawn_for_every_position(options):
    layer = random_layer(nn.Conv2d, 4, 6, 3, **options)
    x = torch.rand(1, 4, 7, 7, generator=torch.Generator().manual_seed(2))
    error = noisy(layer, x, noise_power=1e-4, full_scale="0.1 V")
    squares = random_layer(nn.Conv2d, 4, 6, 3, **options)
    squares.weight.data, squares.bias.data = torch.ones_like(layer.weight), torch.zeros(6)
    sigma = 0.1 * float(layer.weight.detach().abs().max()) * squares(x**2).detach().sqrt().numpy()[0]
    found = np.sqrt((error**2).mean(axis=0))
    assert np.all(np.abs(found / sigma - 1) < 5 / np.sqrt(2 * MANY))  # of up to 294 positions
    near, far = error[:, 0, 0, 0], error[:, 1, 0, 1]
    assert abs(np.mean(near * far) / (sigma[0, 0, 0] * sigma[1, 0, 1])) < 4 / np.sqrt(MANY)


def test_noise_once_a_draw_is_noise_of_the_weights_themselves():
    layer, x = random_layer(nn.Linear, 20, 500), torch.rand(2, 20, generator=torch.Generator().manual_seed(3))
    chip = convert(layer, bits=20, noise_power=1e-4, full_scale=0.1, redraw="draw")
    with torch.inference_mode():
        error = (chip(x) - convert(layer, bits=20)(x)).numpy()
        assert not np.array_equal(chip(x), chip(x))
    sigma = 0.1 * float(layer.weight.detach().abs().max())
    within(error.std(axis=1), sigma * x.norm(dim=1).numpy(), 500)
    cosine = float(x[0] @ x[1] / x[0].norm() / x[1].norm())  # the same wrong weights act on both samples
    assert abs(np.corrcoef(error)[0, 1] - cosine) < 4 * (1 - cosine**2) / np.sqrt(500)


def test_noise_of_sums_does_not_ask_whether_inputs_are_silent():
    layer, x = random_layer(nn.Linear, 25, 2), torch.zeros(1, 25)
    assert not noisy(layer, x, 10, noise_power=1e-4).any()
    error = noisy(layer, x, noise_power=1e-4, full_scale="0.1 V", noise_in="sums", calibration=torch.full((3, 25), 0.5))
    within(error.std(axis=0), 0.1 * float(layer.weight.detach().abs().max()) * 0.5 * 5, MANY)


def test_mismatch_is_relative_and_belongs_to_the_chip():
    layer = random_layer(nn.Linear, 100, 100, bias=False)
    first, again, other = (convert(layer, bits=20, mismatch="5 %", seed=s) for s in (1, 1, 2))
    e, same, different = (next(layers_of(chip)).error for chip in (first, again, other))
    within(e.std().numpy(), 0.05, 10_000)
    assert torch.equal(e, same)
    assert abs(np.corrcoef(e.ravel(), different.ravel())[0, 1]) < 4 / 100
    ratio = next(layers_of(first)).weights() / next(layers_of(convert(layer, bits=20))).weights()
    assert torch.allclose(ratio, 1 + e, atol=1e-5)


def test_the_swing_is_the_calibrated_one_and_tanh():
    layer = linear([[1.0, 0.5]], [0.25])
    chip = convert(layer, bits=20, saturation=1.5, calibration=torch.tensor([[1.0, 1.0], [-1.0, 0.0]]))
    swing = 1.5 * 1.75
    x = torch.tensor([[0.3, 0.1], [40.0, 0.0]])
    expected = swing * torch.tanh((x @ torch.tensor([1.0, 0.5]) + 0.25) / swing)
    assert torch.allclose(chip(x)[:, 0], expected, rtol=1e-5)


def test_pairs_pass_inputs_as_tanh_of_their_linear_range():
    layer = linear([[1.0, -0.5]])
    chip = convert(layer, bits=20, full_scale="156 mV", linear_range="78 mV", calibration=torch.tensor([[4.0, 0.0]]))
    x = torch.tensor([[3.0, 1.0]])
    volts = 0.156 * x / 4
    passed = 0.078 * torch.tanh(volts / 0.078) * 4 / 0.156
    assert torch.allclose(chip(x), layer(passed), rtol=1e-5)


@pytest.mark.parametrize("given", [{"relative": 0.03}, {"unit": 0.05}, {"relative": 0.02, "unit": 0.04}], ids=str)
def test_mismatch_of_equal_devices_and_of_units_in_parallel(given):
    codes = torch.tensor([0.0, 1.0, 4.0, -64.0, 255.0])
    layer = linear(codes.repeat(MANY, 1))
    chip = next(layers_of(convert(layer, bits=8, mismatch=MismatchModel(**given), seed=2)))
    units = codes.abs().clamp(min=1).numpy()
    sigma = np.sqrt(given.get("relative", 0) ** 2 + given.get("unit", 0) ** 2 / units)
    within(chip.error.std(dim=0).numpy(), sigma, MANY)
    assert torch.allclose(chip.weights(), codes * (1 + chip.error), rtol=1e-5)


def test_the_circuits_monte_carlo_at_three_bits_foretells_eight():
    found = [mismatch_of(MixedSignalMAC(bits=b, weighting="width"), samples=400, tail="3 %") for b in (3, 8)]
    one, other = (np.sqrt(model.unit**2 - 0.03**2) for model in found)
    assert all(model.relative == 0 for model in found)
    assert abs(np.log(one / other)) < 4 * np.sqrt(2 / (2 * 400))
    alike = mismatch_of(MixedSignalMAC(bits=3), samples=400, tail="3 %")
    assert alike.unit == 0.03
    assert alike.relative > 0.01


def test_a_mirrors_spread_is_that_of_its_threshold_over_the_slope():
    spread = mirror_tail("1 um", "4 um", a_vt="1.3 mV um", slope=1.5, celsius=27)
    assert spread == pytest.approx(0.65e-3 / (1.5 * 25.865e-3), rel=1e-4)
    with pytest.raises(InputError, match="must be above zero"):
        mirror_tail("0 um", "1 um")


def settled(norm, seed=5):
    """A BatchNorm as after training."""
    draw = torch.Generator().manual_seed(seed)
    n = norm.num_features
    norm.running_mean.copy_(torch.randn(n, generator=draw))
    norm.running_var.copy_(0.5 + torch.rand(n, generator=draw))
    norm.weight.data, norm.bias.data = 0.5 + torch.rand(n, generator=draw), torch.randn(n, generator=draw)
    return norm


@pytest.mark.parametrize("between", [[], [nn.MaxPool2d(2)], [nn.AvgPool2d(2)]], ids=["", "max", "mean"])
def test_normalisation_is_folded(between):
    plain = nn.Sequential(random_layer(nn.Conv2d, 2, 5, 3), *between, settled(nn.BatchNorm2d(5)), nn.Tanh()).eval()
    chip, x = convert(plain, bits=20), torch.rand(4, 2, 8, 8)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in chip.modules())
    assert torch.allclose(chip(x), plain(x), atol=2e-5)


def test_normalisation_that_cannot_be_folded_stays_digital():
    norm = settled(nn.BatchNorm2d(5))
    norm.weight.data[2] *= -1
    plain = nn.Sequential(random_layer(nn.Conv2d, 2, 5, 3), nn.MaxPool2d(2), norm).eval()
    chip, x = convert(plain, bits=20), torch.rand(4, 2, 8, 8)
    assert any(isinstance(part, nn.BatchNorm2d) for part in chip.modules())
    assert torch.allclose(chip(x), plain(x), atol=2e-5)


class Own(nn.Module):
    """A user's module: two branches, a layer used twice, an operation of its own."""

    def __init__(self):
        super().__init__()
        self.twice = nn.Linear(6, 6)
        self.branch = nn.ModuleDict({"a": nn.Sequential(nn.Linear(6, 3), nn.ReLU()), "b": nn.Linear(6, 3)})

    def forward(self, x):
        x = torch.relu(self.twice(torch.relu(self.twice(x))))
        return self.branch["a"](x) * torch.sigmoid(self.branch["b"](x))


def test_a_users_module_is_converted_and_left_alone():
    module = random_layer(Own)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    chip, x = convert(module, bits=16, mismatch=0.1), torch.rand(5, 6)
    assert len(list(layers_of(chip))) == 3
    assert torch.allclose(convert(module, bits=16)(x), module(x), atol=1e-3)
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert not torch.allclose(chip(x), module(x), atol=1e-3)


class Sum(nn.Module):
    """A layer of which the module takes the weights, or the size, or what it likes."""

    def __init__(self, forward):
        super().__init__()
        self.layer, self.does = nn.Linear(3, 3), forward

    def forward(self, x):
        return self.does(self.layer, x)


def test_a_module_is_converted_in_inference_mode_too():
    layer, x = random_layer(nn.Linear, 3, 2), torch.rand(5, 3)
    with torch.inference_mode():
        chip = convert(layer, bits=8, saturation=2, calibration=x.clone())
    assert torch.equal(chip(x), convert(layer, bits=8, saturation=2, calibration=x)(x))


def test_sizes_of_a_layer_are_still_there():
    module = Sum(lambda layer, x: layer(x.reshape(-1, layer.in_features)))
    x = torch.rand(2, 3, 1)
    assert torch.allclose(convert(module, bits=20)(x), module(x), atol=1e-5)


@pytest.mark.parametrize(
    ("forward", "told"),
    [
        (lambda layer, x: x @ layer.weight.T, "uses the weight of a Linear in a sum of its own"),
        (lambda layer, x: layer(x.sub_(0.5)), "changes its samples in place"),
        (lambda layer, x: (layer(x), x), "answers with a tuple"),
        (lambda layer, x: layer(x) / [], "does not take samples of 3"),
    ],
    ids=["weight", "in place", "tuple", "own"],
)
def test_what_a_module_does_that_cannot_be_shown_is_named(forward, told):
    with pytest.raises(InputError, match=told):
        convert(Sum(forward), calibration=torch.rand(4, 3))


class Owning(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3))
        self.layer = nn.Linear(3, 3)


def hooked():
    layer = linear([[1.0]])
    layer.register_forward_hook(lambda *_: None)
    return layer


REFUSED = [
    (nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.LSTM(3, 3))), {}, r"'1\.0' is a LSTM"),
    (nn.Sequential(nn.Embedding(3, 3), nn.Linear(3, 3)), {}, r"'0' is a Embedding"),
    (nn.TransformerEncoderLayer(4, 2), {}, "'self_attn' is a MultiheadAttention"),
    (Owning(), {}, "the module is a Owning"),
    (nn.Sequential(nn.ReLU()), {}, "no Linear or Conv2d"),
    (linear([[0.0, 0.0]]), {}, "not all zero"),
    (linear([[np.nan, 0.0]]), {}, "must be real and finite"),
    (nn.Linear(2, 2, device="meta"), {}, "must be real and finite"),
    (nn.Sequential(prune.identity(linear([[1.0]]), "weight")), {}, "'0' computes its weights"),
    (parametrizations.weight_norm(linear([[1.0]])), {}, "the module computes its weights"),
    (hooked(), {}, r"\(Linear\) has forward hooks"),
    (nn.Sequential(nn.Conv1d(1, 1, 1)), {}, "'0' is a Conv1d"),
    (np.eye(3), {}, "torch.nn.Module is needed, not a ndarray"),
    (convert(linear([[1.0]])), {}, "mixed-signal already"),
    (linear([[1.0]]), {"bits": 0}, "bits = 0"),
    (linear([[1.0]]), {"bits": 1, "sign": "included"}, "at least 2"),
    (linear([[1.0]]), {"bits": 40}, "20 bits at most"),
    (linear([[1.0]]), {"noise_power": "1 mV"}, "noise_power"),
    (linear([[1.0]]), {"noise_power": -1e-6}, "zero or more"),
    (linear([[1.0]]), {"full_scale": 0}, "above zero"),
    (linear([[1.0]]), {"mismatch": 2}, "mismatch: relative = 2.0"),
    (linear([[1.0]]), {"mismatch": "1 V"}, "mismatch"),
    (linear([[1.0]]), {"noise_in": "weight"}, "did you mean 'weights'"),
    (linear([[1.0]]), {"noise_in": "sums"}, "calibration=samples"),
    (linear([[1.0]]), {"saturation": -1, "calibration": torch.ones(2, 1)}, "saturation"),
    (linear([[1.0]]), {"saturation": 1, "calibration": torch.ones(2, 7)}, "does not take samples of 7"),
]


@pytest.mark.parametrize(("module", "options", "told"), REFUSED, ids=[told for *_, told in REFUSED])
def test_what_cannot_be_converted_is_named(module, options, told):
    with pytest.raises(InputError, match=told):
        convert(module, **options)


def test_held_noise_is_the_same_for_fewer_samples_and_every_order():
    source, wide, narrow, images = NoiseSource(3), torch.empty(BLOCK, 5), torch.empty(7, 4), torch.empty(3, 4, 5, 6)
    with source.held(1, 2):
        second, first, drawn = source.normal(1, narrow), source.normal(0, wide), source.normal(2, images)
    with source.held(1, 2):
        assert torch.equal(source.normal(2, images.contiguous(memory_format=torch.channels_last)), drawn)
        assert torch.equal(source.normal(0, wide[:10]), first[:10])
        assert torch.equal(source.normal(1, narrow), second)
        assert not torch.equal(again := source.normal(1, narrow), second)  # a layer used twice in a pass
        source.begin(None)
        assert torch.equal(source.normal(1, narrow), second)
        assert torch.equal(source.normal(1, narrow), again)
    with source.held(2, 2):
        assert not torch.equal(source.normal(1, narrow), second)
    assert not torch.equal(source.normal(1, narrow), source.normal(1, narrow))


def test_without_pytorch_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("neuristor.networks.mixed_signal")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="need PyTorch: install the extra"):
        importlib.import_module("neuristor.networks.mixed_signal")
