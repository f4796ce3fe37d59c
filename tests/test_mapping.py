"""Weights as conductances: a perfect array multiplies, whatever the mapping; what does not fit is told in a sentence."""

import numpy as np
import pytest

from neuristor.arrays import Cell, Crossbar, Differential, Offset, Slices
from neuristor.errors import InputError

RNG = np.random.default_rng(20)
WEIGHTS = RNG.normal(size=(37, 11))
BIAS = RNG.normal(size=11)
INPUTS = RNG.random((50, 37))
EXACT = ("differential", "balanced", "offset")


def outputs(array, x=INPUTS):
    return array.currents(x) / array.unit_current


@pytest.mark.parametrize("mapping", EXACT)
@pytest.mark.parametrize("bias", [None, BIAS])
def test_a_perfect_array_multiplies(mapping, bias):
    right = INPUTS @ WEIGHTS + (0 if bias is None else bias)
    assert outputs(Crossbar(WEIGHTS, bias=bias, mapping=mapping)) == pytest.approx(right, abs=1e-12)


@pytest.mark.parametrize("mapping", EXACT)
@pytest.mark.parametrize("r_off", ["100 kOhm", np.inf])
def test_the_range_of_the_device_does_not_matter_to_a_perfect_array(mapping, r_off):
    array = Crossbar(WEIGHTS, mapping=mapping, cell=Cell("3 kOhm", r_off), v_read="0.35 V")
    assert outputs(array) == pytest.approx(INPUTS @ WEIGHTS, abs=1e-12)


def test_differential_uses_the_whole_range_and_leaves_the_other_cell_off():
    array = Crossbar(WEIGHTS)
    plus, minus = array.targets[:, 0::2], array.targets[:, 1::2]
    assert array.shape == (37, 22)
    assert array.targets.max() == array.cell.g_on
    assert np.all(np.minimum(plus, minus) == array.cell.g_off)
    assert np.array_equal(plus > minus, WEIGHTS > 0)


def test_balanced_pairs_have_one_sum_and_the_offset_column_lies_in_the_middle():
    balanced, offset = (Crossbar(WEIGHTS, mapping=m) for m in ("balanced", "offset"))
    ends = balanced.cell.g_on + balanced.cell.g_off
    assert balanced.targets[:, 0::2] + balanced.targets[:, 1::2] == pytest.approx(ends, rel=1e-14)
    assert offset.shape == (37, 12)
    assert offset.targets[:, -1] == pytest.approx(0.5 * ends, rel=1e-14)
    assert offset.targets.min() >= offset.cell.g_off * (1 - 1e-14)


@pytest.mark.parametrize(("weight_bits", "slice_bits"), [(8, 1), (8, 2), (8, 3), (5, 4), (2, 1), (12, 12)])
def test_slices_multiply_with_rounded_weights(weight_bits, slice_bits):
    top, w_max = 2 ** (weight_bits - 1) - 1, np.abs(WEIGHTS).max()
    rounded = np.rint(WEIGHTS / w_max * top) / top * w_max
    array = Crossbar(WEIGHTS, mapping=Slices(weight_bits=weight_bits, slice_bits=slice_bits))
    slices = -(-(weight_bits - 1) // slice_bits)
    assert array.shape == (37, 11 * slices * 2)
    assert outputs(array) == pytest.approx(INPUTS @ rounded, abs=1e-11)
    levels = np.unique(np.round(array.cell.share(array.targets) * (2**slice_bits - 1), 9))
    assert set(levels) <= set(np.arange(2.0**slice_bits))


def test_levels_are_the_nearest_of_equally_spaced_ones():
    array = Crossbar(WEIGHTS, cell=Cell(levels=9))
    steps = array.cell.share(array.targets) * 8
    assert steps == pytest.approx(np.rint(steps), abs=1e-9)
    assert np.max(np.abs(array.targets - array.wanted)) <= array.cell.span / 16 * (1 + 1e-12)
    assert {array.targets.min(), array.targets.max()} == {array.cell.g_off, array.cell.g_on}


def test_w_max_sets_the_scale_of_every_array_alike():
    array = Crossbar(WEIGHTS, mapping=Differential(w_max=10.0))
    assert array.unit_current == pytest.approx(0.2 * array.cell.span / 10.0, rel=1e-14)
    assert outputs(array) == pytest.approx(INPUTS @ WEIGHTS, abs=1e-11)
    clipped = Crossbar(WEIGHTS, mapping=Offset(w_max=0.5, clip=True))
    assert outputs(clipped) == pytest.approx(INPUTS @ np.clip(WEIGHTS, -0.5, 0.5), abs=1e-12)


def test_weights_of_zero_give_no_current():
    array = Crossbar(np.zeros((4, 3)))
    assert np.all(array.currents(np.ones(4)) == 0)
    assert array.unit_current > 0


def test_given_conductances_are_taken_as_they_are():
    g = RNG.uniform(1e-6, 1e-4, (5, 4))
    array = Crossbar.from_conductances(g)
    assert np.array_equal(array.conductances, g)
    assert array.currents(INPUTS[:, :5]) == pytest.approx(0.2 * INPUTS[:, :5] @ g, rel=1e-14)


def with_entry(value, where=(3, 7)):
    weights = WEIGHTS.copy()
    weights[where] = value
    return weights


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Crossbar(with_entry(np.nan), name="layer 2"), r"layer 2: weight \[3, 7\] is nan"),
        (lambda: Crossbar(with_entry(-np.inf)), r"weight \[3, 7\] is -inf"),
        (lambda: Crossbar(WEIGHTS[0]), r"matrix \(inputs, outputs\), not of shape \(11,\)"),
        (lambda: Crossbar(np.zeros((0, 3))), r"not of shape \(0, 3\)"),
        (lambda: Crossbar([[1, 2], [3]]), "must be a matrix of numbers"),
        (lambda: Crossbar(WEIGHTS, bias=BIAS[:4]), r"bias has shape \(4,\); 11 outputs need \(11,\)"),
        (lambda: Crossbar(WEIGHTS, bias=np.full(11, np.nan)), r"bias \[0\] is nan"),
        (
            lambda: Crossbar(with_entry(9.0), mapping=Differential(w_max=5.0), name="fc1"),
            r"fc1: weight \[3, 7\] = 9 is beyond",
        ),
        (
            lambda: Crossbar.from_conductances([[1e-5, 3e-4]], name="chip"),
            r"chip: conductance \[0, 1\] is 300 uS; the device",
        ),
        (lambda: Crossbar.from_conductances([[1e-5, 0.0]]), r"conductance \[0, 1\] is 0 S"),
        (lambda: Crossbar(WEIGHTS, mapping="diferential"), "did you mean 'differential'"),
        (lambda: Crossbar(WEIGHTS, bias=["a"] * 11), "bias must be numbers"),
        (lambda: Crossbar(WEIGHTS).currents("abc"), "inputs must be numbers"),
        (lambda: Crossbar(WEIGHTS, v_read=[0.1, 0.2]), "v_read must be one number, not 2"),
        (lambda: Crossbar(WEIGHTS, time=[1, 2]), "time must be one number, not 2"),
        (lambda: Differential(w_max="wide"), "w_max: 'wide' is not a quantity"),
        (lambda: Differential(w_max=-1.0), "w_max must be one positive number"),
        (lambda: Slices(weight_bits=1), "weight_bits must be a whole number from 2 to 24"),
        (lambda: Cell("1 MOhm", "10 kOhm"), "0 < r_on < r_off must hold"),
        (lambda: Cell(levels=1), "levels must be a whole number from 2 up"),
        (lambda: Cell(r_on="3 V"), "r_on: '3 V' is in V"),
        (lambda: Cell(r_on=[1e3, 2e3]), "spread from cell to cell is a Variation"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
