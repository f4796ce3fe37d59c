"""Networks: their arithmetic against SciPy and PyTorch, what is read from users' files, and what is refused."""

import copy
import io
import os
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.signal import correlate2d

from neuristor.errors import InputError
from neuristor.networks import (
    AvgPool2d,
    Conv2d,
    Dataset,
    Dense,
    Flatten,
    MaxPool2d,
    Network,
    ReLU,
    SumPool2d,
    load_dataset,
    load_network,
    network,
    reference_network,
    save_network,
    train,
)

MNIST = (Path(os.environ.get("NEURISTOR_DATA", "/nowhere")) / "images" / "mnist.npz").exists()


@pytest.fixture
def draw():
    return np.random.default_rng(7)


def small(draw, sizes=(6, 5, 3)):
    layers = [Dense(draw.normal(size=(a, b)), draw.normal(size=b), "relu") for a, b in zip(sizes, sizes[1:], strict=False)]
    layers[-1] = Dense(layers[-1].weights, layers[-1].bias)
    return Network(layers)


def pictures(draw):
    """A network with every kind of layer, for images of 2 x 12 x 11."""
    return Network(
        [
            Conv2d(draw.normal(size=(4, 2, 3, 2)), draw.normal(size=4), stride=(1, 2), padding=(1, 0), activation="relu"),
            MaxPool2d(3, 2, 1, name="top"),
            Conv2d(draw.normal(size=(3, 4, 2, 2)), padding="same", dilation=2),
            AvgPool2d((2, 1)),
            ReLU(),
            SumPool2d(2, 1),
            Flatten(),
            Dense(draw.normal(size=(12, 5)), draw.normal(size=5), name="scores"),
        ],
        (2, 12, 11),
        "pictures",
    )


def test_dense_is_the_formula(draw):
    w, b, v, c = draw.normal(size=(6, 5)), draw.normal(size=5), draw.normal(size=(5, 3)), draw.normal(size=3)
    net = Network([Dense(w, b, "relu"), Dense(v, c)])
    x = draw.normal(size=(9, 6))
    scores = np.maximum(x @ w + b, 0) @ v + c
    assert np.allclose(net.forward(x), scores, rtol=1e-14, atol=1e-14)
    assert np.array_equal(net.classify(x), scores.argmax(axis=1))
    assert net.accuracy(x, scores.argmax(axis=1)) == 1.0
    assert net.accuracy(x, (scores.argmax(axis=1) + 1) % 3) == 0.0
    assert net.forward(x).dtype == np.float64
    assert net.forward(np.empty((0, 6))).shape == (0, 3)


@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_is_a_cross_correlation(draw, stride, padding):
    """SciPy's, channel by channel; and the patches times the array's matrix are the same numbers."""
    kernel, bias = draw.normal(size=(3, 2, 3, 4)), draw.normal(size=3)
    layer = Conv2d(kernel, bias, stride, padding)
    x = draw.normal(size=(4, 2, 9, 10))
    big = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    want = np.array(
        [[sum(correlate2d(i, k, "valid") for i, k in zip(image, own, strict=True)) for own in kernel] for image in big]
    )
    want = want[:, :, ::stride, ::stride] + bias[:, None, None]
    assert np.allclose(layer.forward(x), want, rtol=1e-13, atol=1e-13)
    assert layer.output_shape((2, 9, 10)) == want.shape[1:]
    patches = layer.patches(x)
    assert patches.shape == (4, want[0, 0].size, layer.weights.shape[0])
    assert layer.weights.shape == (2 * 3 * 4, 3)
    assert np.array_equal(layer.place(patches @ layer.weights + bias, x.shape[1:]), layer.forward(x))


def test_pools_by_hand():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert MaxPool2d(2).forward(x).ravel().tolist() == [5, 7, 13, 15]
    assert AvgPool2d(2).forward(x).ravel().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert SumPool2d((1, 4)).forward(x).ravel().tolist() == [6, 22, 38, 54]
    assert MaxPool2d(2, padding=1).forward(-x - 1).ravel().tolist() == [-1, -2, -4, -5, -6, -8, -13, -14, -16]


def test_flat_samples_and_images_stand_for_each_other(draw):
    net = pictures(draw)
    x = draw.normal(size=(5, 2, 12, 11))
    assert np.array_equal(net.forward(x), net.forward(x.reshape(5, -1)))
    assert net.classes == 5


def test_a_result_does_not_depend_on_the_pieces(draw, monkeypatch):
    net, x = pictures(draw), draw.normal(size=(17, 2, 12, 11))
    whole = net.forward(x)
    monkeypatch.setattr(network, "CHUNK", 3000)
    assert np.allclose(net.forward(x), whole, rtol=1e-12, atol=1e-12)
    assert np.allclose(list(net.outputs(x))[-1], whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        (
            [Dense(np.ones((784, 100))), Dense(np.ones((128, 10)), name="fc2")],
            None,
            r"layer 2 \(fc2: Dense 128 to 10\) wants 128 inputs, but layer 1 \(Dense 784 to 100\) gives 100",
        ),
        (
            [Conv2d(np.ones((8, 1, 3, 3))), Dense(np.ones((5, 2)))],
            (1, 5, 5),
            r"wants 5 inputs \(put a Flatten before it\), but layer 1 .* gives 8 x 3 x 3",
        ),
        ([Conv2d(np.ones((8, 3, 3, 3)))], (1, 5, 5), r"wants images of 3 channels .* but the input gives 1 x 5 x 5"),
        ([Conv2d(np.ones((8, 1, 7, 3)))], (1, 5, 5), r"at least its window of 7 x 3"),
        ([Conv2d(np.ones((8, 1, 3, 3)))], None, r"begins with a Conv2d needs input_shape"),
        ([Flatten(), ReLU()], (4,), r"at least one layer with weights"),
        ([Dense(np.ones((4, 2)))], (2, 2), r"input_shape \(2, 2\)"),
    ],
)
def test_layers_that_do_not_fit(layers, shape, message):
    with pytest.raises(InputError, match=message):
        Network(layers, shape)


def test_weights_that_are_no_numbers(draw):
    w = draw.normal(size=(5, 3))
    w[4, 1] = np.nan
    with pytest.raises(InputError, match=r"layer 2 \(last: Dense 5 to 3\): weight \[4, 1\] is nan"):
        Network([Dense(np.ones((2, 5)), activation="relu"), Dense(w, name="last")])
    with pytest.raises(InputError, match=r"layer 1 .*: bias \[2\] is inf"):
        Network([Dense(np.ones((5, 3)), [0, 0, np.inf])])
    with pytest.raises(InputError, match=r"sample \[1, 3\] is nan"):
        small(draw).forward([[0] * 6, [0, 0, 0, np.nan, 0, 0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(np.ones(3)), "2 axes are needed"),
        (lambda: Dense(np.ones((3, 0))), "none empty"),
        (lambda: Dense([["a", "b"]]), "real numbers are needed"),
        (lambda: Dense([[1, 2], [3]]), "real numbers are needed"),
        (lambda: Dense(np.ones((3, 2)), np.ones(3)), "3 biases for 2 outputs"),
        (lambda: Dense(np.ones((3, 2)), activation="relo"), "did you mean 'relu'"),
        (lambda: Conv2d(np.ones((1, 1, 3, 3)), stride=0), "stride is 0"),
        (lambda: Conv2d(np.ones((1, 1, 3, 3)), padding="reflect"), "padding 'reflect' is unknown"),
        (lambda: MaxPool2d(2, padding=2), "more than half the window"),
        (lambda: small(np.random.default_rng(0)).forward(np.ones((2, 5))), r"\(2 x 5\) do not fit: \(n x 6\)"),
        (lambda: small(np.random.default_rng(0)).accuracy(np.ones((2, 6)), [1]), "as many labels"),
        (lambda: load_network(3.0), "no network can be read from a float"),
        (lambda: load_network("net.onnx"), "ends in .npz, .nir, .pt, .pth"),
        (lambda: load_network("nowhere.npz"), "there is no file nowhere.npz"),
        (lambda: train(load_dataset("digits"), (10, 0)), "the widths of layers are needed"),
        (lambda: reference_network("digits", seed=-1), "seed -1"),
        (lambda: reference_network("digit"), "did you mean 'digits'"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(InputError, match=message) as told:
        make()
    assert "\n" not in str(told.value)


# --- .npz


def same(one, other):
    """The same network, bit for bit."""
    assert one.input_shape == other.input_shape
    assert [str(a) for a in one.layers] == [str(b) for b in other.layers]
    for a, b in zip(one.weighted, other.weighted, strict=True):
        assert np.array_equal(a.weights, b.weights)
        assert np.array_equal(a.bias, b.bias)
    x = np.random.default_rng(0).random((7, *one.input_shape))
    assert np.array_equal(one.forward(x), other.forward(x))


def test_npz_gives_the_same_network_back(draw, tmp_path):
    net = pictures(draw)
    same(net, load_network(save_network(net, tmp_path / "a.npz")))
    assert load_network(tmp_path / "a.npz").layers[1].name == "top"
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]
    with np.load(tmp_path / "a.npz") as file:
        assert np.array_equal(file["w2"], net.weighted[2].weights)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("names", ["numbered", "dotted"])
def test_orientation_comes_from_the_shapes(draw, tmp_path, turned, names):
    net = small(draw)
    keys = ("w{}", "b{}") if names == "numbered" else ("part.{}.weight", "part.{}.bias")
    arrays = {}
    for k, layer in enumerate(net.layers):
        arrays[keys[0].format(k)] = layer.weights.T if turned else layer.weights
        arrays[keys[1].format(k)] = layer.bias
    np.savez(tmp_path / "plain.npz", **arrays)
    found = load_network(tmp_path / "plain.npz")
    same(net, found)
    same(net, load_network(arrays))
    assert "ReLU" in found.notes[0]


def test_orientation_that_cannot_be_known(draw):
    square = {"w0": draw.normal(size=(4, 4)), "b0": np.zeros(4)}
    with pytest.raises(InputError, match=r"w0 \(4 x 4\) fits both ways: say transpose=False"):
        load_network(square)
    assert np.array_equal(load_network(square, transpose=True).weighted[0].weights, square["w0"].T)
    assert np.array_equal(load_network(square, transpose=False).weighted[0].weights, square["w0"])
    alone = {"w0": draw.normal(size=(6, 3))}
    with pytest.raises(InputError, match="fits both ways"):
        load_network(alone)
    assert load_network(alone, input_shape=(3,)).classes == 6
    with pytest.raises(InputError, match=r"w1 \(7 x 2\) wants 7 inputs, but w0 gives 3 .*other way round"):
        load_network({"w0": np.ones((6, 3)), "w1": np.ones((7, 2))})


def test_convolutions_in_npz(draw):
    arrays = {"w0": draw.normal(size=(3, 1, 3, 3)), "b0": np.zeros(3), "w1": draw.normal(size=(2, 3 * 4 * 4))}
    net = load_network(arrays, input_shape=(1, 6, 6))
    assert str(net) == "Conv2d 1 to 3, 3 x 3 + ReLU, Flatten, Dense 48 to 2"
    with pytest.raises(InputError, match="needs input_shape"):
        load_network(arrays)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.ones((2, 2))}, "it holds a; w0, b0"),
        ({"w0": np.ones((2, 3)), "bias0": np.ones(3)}, "it holds w0, bias0"),
        ({"w0": np.ones((2, 3, 4))}, "w0 has shape"),
        ({"w0": np.ones((2, 3), complex)}, "real numbers are needed, not complex128"),
        ({"w0": np.array([["x"]])}, "real numbers are needed"),
        ({"w0": np.full((3, 2), np.nan), "b0": np.zeros(2)}, r"weight \[0, 0\] is nan"),
        ({"network": np.array("{}"), "w0": np.ones((2, 3))}, "'network' is damaged"),
        ({"network": np.array("["), "w0": np.ones((2, 3))}, "'network' is damaged"),
        ({"network": np.array('{"format": 9}')}, "format 9"),
    ],
)
def test_bad_npz(arrays, message, tmp_path):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(InputError, match=message) as told:
        load_network(tmp_path / "bad.npz")
    assert "bad.npz" in str(told.value) or "layer 1" in str(told.value)


def test_objects_in_npz_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "o.npz", w0=np.array([{"a": 1}], object))
    with pytest.raises(InputError, match="o.npz cannot be read"):
        load_network(tmp_path / "o.npz")


KEYS = st.sampled_from(["w0", "b0", "w1", "b1", "w2", "W0", "a.weight", "a.bias", "b.weight", "x", "network", ""])
ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.float32, np.int8, np.bool_, np.complex64, np.dtype("U3"), np.dtype("M8[s]")]),
    hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=3),
)


def read_or_refused(path, **how):
    """The network of a file, or None where a single sentence refuses it; nothing else may happen."""
    net, message = None, ""
    try:
        net = load_network(path, **how)
    except InputError as why:
        message = str(why)
    assert "\n" not in message
    assert (net is None) == bool(message)
    return net


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(KEYS, ARRAYS, max_size=5), st.sampled_from([None, True, False]), st.sampled_from([None, (2,), (1, 3, 3)])
)
def test_any_npz_is_read_or_refused(tmp_path, arrays, transpose, shape):
    np.savez(tmp_path / "any.npz", **{key or "none": value for key, value in arrays.items()})
    net = read_or_refused(tmp_path / "any.npz", transpose=transpose, input_shape=shape)
    assert net is None or np.isfinite(net.forward(np.zeros((2, *net.input_shape)))).all()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_noticed_or_harmless(tmp_path, data):
    """One byte changed, or the end cut off: read or refused, never another error."""
    path = save_network(small(np.random.default_rng(1)), tmp_path / "net.npz")
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole if data.draw(st.booleans()) else whole[:place])
    read_or_refused(path)


# --- PyTorch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize(
    ("stride", "padding"), [(1, 0), ((2, 1), 0), (1, (1, 2)), ((2, 1), (1, 2)), (1, "same"), (2, "valid")]
)
@pytest.mark.parametrize(("dilation", "groups"), [(1, 1), (2, 1), (1, 2)])
def test_convolution_against_pytorch(torch, stride, padding, dilation, groups):
    torch.manual_seed(1)
    layer = torch.nn.Conv2d(4, 6, (3, 2), stride, padding, dilation, groups)
    x = torch.rand(3, 4, 9, 8)
    with torch.no_grad():
        want = layer(x).numpy()
    net = load_network(torch.nn.Sequential(layer), input_shape=(4, 9, 8))
    assert np.abs(net.forward(x.numpy()).reshape(want.shape) - want).max() < 1e-6


def user_network(torch):
    nn = torch.nn
    torch.manual_seed(2)
    net = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        nn.Conv2d(6, 4, 3, stride=2),
        nn.AvgPool2d(2, 1, 1),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Sequential(OrderedDict(hidden=nn.Linear(100, 20), norm=nn.BatchNorm1d(20), act=nn.ReLU(), none=nn.Identity())),
        nn.Linear(20, 5),
        nn.LogSoftmax(1),
    )
    for _ in range(3):  # running statistics that are not 0 and 1
        net(torch.randn(16, 1, 20, 20) * 2 + 1)
    return net


def test_a_sequential_gives_pytorchs_own_scores(torch, tmp_path):
    net = user_network(torch)
    x = torch.randn(8, 1, 20, 20, dtype=torch.float64)
    with torch.no_grad():
        want = copy.deepcopy(net).double().eval()[:-1](x).numpy()
    found = load_network(net, input_shape=(1, 20, 20))
    assert np.abs(found.forward(x.numpy()) - want).max() < 1e-6
    assert str(found).startswith("Conv2d 1 to 6, 3 x 3 + ReLU, MaxPool2d 3 x 3, Conv2d 6 to 4, 3 x 3, AvgPool2d 2 x 2, ReLU")
    assert any("BatchNorm1d folded" in note for note in found.notes)
    assert any("LogSoftmax" in note for note in found.notes)
    torch.save(net, tmp_path / "whole.pt")
    same(found, load_network(tmp_path / "whole.pt", input_shape=(1, 20, 20)))
    same(found, load_network(save_network(found, tmp_path / "net.npz")))


def test_a_state_dict(torch, tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(7, 7), torch.nn.ReLU(), torch.nn.Linear(7, 3, bias=False))
    torch.save(net.state_dict(), tmp_path / "s.pt")
    found = load_network(tmp_path / "s.pt")
    same(found, load_network(net))
    same(found, load_network(net.state_dict()))
    assert "assumed" in found.notes[0]
    torch.save({"state_dict": net.state_dict(), "epoch": 3}, tmp_path / "checkpoint.pt")
    same(found, load_network(tmp_path / "checkpoint.pt"))


def test_a_subclass_of_sequential_and_a_single_layer(torch):
    class Net(torch.nn.Sequential):
        pass

    net = Net(torch.nn.Flatten(), torch.nn.Linear(9, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    assert str(load_network(net)) == "Flatten, Dense 9 to 4 + ReLU, Dense 4 to 3"
    assert str(load_network(torch.nn.Linear(3, 2))) == "Dense 3 to 2"


def refused(nn):
    class Own(nn.Module):
        def forward(self, x):
            return x

    return {
        r"layer 2 \(1: GELU\): a layer of this kind cannot be read": nn.Sequential(nn.Linear(2, 2), nn.GELU()),
        r"layer 1 \(the module: Own\)": Own(),
        r"layer 3 \(body.1: LSTM\)": nn.Sequential(
            OrderedDict(a=nn.Flatten(), body=nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2)))
        ),
        r"layer 2 \(1: Tanh\)": nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)),
        r"layer 3 \(2: BatchNorm1d\): the BatchNorm1d stands behind Dense": nn.Sequential(
            nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2)
        ),
        r"running statistics": nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False)),
        r"padding_mode='circular'": nn.Conv2d(1, 1, 3, padding_mode="circular"),
        r"ceil_mode=True": nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2, ceil_mode=True)),
        r"start_dim=2": nn.Sequential(nn.Flatten(2), nn.Linear(2, 2)),
        r"layer 2 \(1: Dense 3 to 2\) wants 3 inputs, but layer 1 \(0: Dense 2 to 4\) gives 4": nn.Sequential(
            nn.Linear(2, 4), nn.Linear(3, 2)
        ),
    }


def test_layers_that_cannot_be_read_are_named(torch):
    for message, net in refused(torch.nn).items():
        with pytest.raises(InputError, match=message):
            load_network(net, input_shape=(1, 8, 8) if "mode" in message else None)


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_torch_file_can_run_nothing(torch, tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2))
    net.harm = Harm(tmp_path / "harm")
    torch.save(net, tmp_path / "bad.pt")
    with pytest.raises(InputError, match="would run code of the file"):
        load_network(tmp_path / "bad.pt")
    assert not (tmp_path / "harm").exists()


def test_bad_torch_files(torch, tmp_path):
    def stored(thing):
        data = io.BytesIO()
        torch.save(thing, data)
        return data.getvalue()

    cases = {
        b"": "cannot be read",
        b"not a file of torch": "cannot be read",
        stored(torch.nn.Linear(2, 2))[:200]: "cannot be read",
        stored([1, 2]): "holds a list",
        stored({"a": 1}): "holds a dict",
        stored({"a": torch.ones(2)}): "no key of the state_dict ends in 'weight'",
        stored(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).state_dict()): "1 is a BatchNorm",
    }
    for data, message in cases.items():
        (tmp_path / "x.pt").write_bytes(data)
        with pytest.raises(InputError, match=message) as told:
            load_network(tmp_path / "x.pt")
        assert "\n" not in str(told.value)


@pytest.mark.parametrize(("file", "package"), [("a.pt", "torch"), ("a.nir", "nir")])
def test_a_library_that_is_not_there(tmp_path, monkeypatch, file, package):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / file).write_bytes(b"anything")
    with pytest.raises(InputError, match=r"needs .*the extra neuristor\[networks\]"):
        load_network(tmp_path / file)


# --- reference networks


def test_reference_network_of_the_digits(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    data = load_dataset("digits")
    net = reference_network("digits")
    assert [layer.weights.shape for layer in net.weighted] == [(64, 10)]
    assert net.facts["test_accuracy"] == net.accuracy(data.x_test, data.y_test) > 0.88
    assert net.facts["train_accuracy"] == net.accuracy(data.x_train, data.y_train) > 0.97
    (kept,) = (tmp_path / "networks").iterdir()
    same(net, reference_network("digits"))
    kept.write_bytes(kept.read_bytes()[:1000])
    same(net, reference_network("digits"))


def test_training_is_repeatable_and_follows_its_seed():
    data = load_dataset("digits")
    told = []
    one, again, other = train(data, (20,), 3, progress=told.append), train(data, (20,), 3), train(data, (20,), 4)
    same(one, again)
    assert not np.array_equal(one.weighted[0].weights, other.weighted[0].weights)
    assert one.facts["test_accuracy"] > 0.85
    assert told == sorted(told)
    assert told[-1] == 1.0
    images = Dataset("images", *(getattr(load_dataset("digits", flat=False), k) for k in ("x_train", "y_train")),
                     data.x_test.reshape(-1, 1, 8, 8), data.y_test, data.classes)  # fmt: skip
    same(one, train(images, (20,), 3))


@pytest.mark.slow
@pytest.mark.skipif(not MNIST, reason="no mnist.npz in NEURISTOR_DATA")
def test_reference_network_of_mnist(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    net = reference_network("mnist")
    assert [layer.weights.shape for layer in net.weighted] == [(784, 100), (100, 10)]
    assert net.facts["test_accuracy"] >= 0.97
