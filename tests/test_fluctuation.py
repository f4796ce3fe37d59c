"""Spike-time shift under fluctuating input: closed forms through the experiment itself, bit identity, ngspice."""

import json
import re

import numpy as np
import pytest
from circuits_tools import NGSPICE

import neuristor as nr
from neuristor.circuits.cells import CmosLIF
from neuristor.experiments.column import Column
from neuristor.experiments.fluctuation import fluctuation
from neuristor.neurons import NEURONS
from neuristor.report import fluctuation_figures
from neuristor.stimulus.base import cut_rows, rows_at
from neuristor.stimulus.fluctuated import Abreast, affordable, held, least_spacing

BOTH = [nr.LIF(), CmosLIF()]
NAMES = ["lif", "cmos_lif"]


def same(a, b):
    np.testing.assert_array_equal(a, b)


def test_constant_change_of_a_perfect_integrator():
    """T is proportional to 1/I: 100 (1 - 1/1.1) and 100 (1 - 1/0.9), the same for every spike."""
    found = fluctuation(nr.PerfectIntegrator(), "combined", 0.10, shape="constant", spikes=7)
    assert found.shift.shape == (1, 2, 7)
    np.testing.assert_allclose(found.shift[0, 0], 100 / 11, atol=1e-6)
    np.testing.assert_allclose(found.shift[0, 1], -100 / 9, atol=1e-6)
    for fault, sample in (("stuck_lrs", 0), ("stuck_hrs", 1)):
        alone = fluctuation(nr.PerfectIntegrator(), fault, 0.10, shape="constant", spikes=7)
        same(alone.shift[0, 0], found.shift[0, sample])


@pytest.mark.parametrize("x", [0.02, 0.10])
def test_constant_change_of_a_leaky_neuron(x):
    """T = -tau ln(1 - V_th/(I R)) at V_th/(I R) = 0.6; at 10 % +13.95 % and -19.9 %."""
    neuron = nr.LIF(t_ref=0)
    current = (neuron.v_th - neuron.v_rest) / (0.6 * neuron.r_mem)
    found = fluctuation(neuron, "combined", x, shape="constant", current=current)
    for sample, factor in enumerate((1 + x, 1 - x)):
        expected = 100 * (1 - np.log(1 - 0.6 / factor) / np.log(0.4))
        np.testing.assert_allclose(found.shift[0, sample], expected, rtol=1e-7)
    if x == 0.10:
        np.testing.assert_allclose(found.shift[0, :, 0], [13.95, -19.9], atol=0.01)


@pytest.mark.parametrize("fault", ["stuck_lrs", "stuck_hrs", "combined"])
def test_ripple_of_a_perfect_integrator_is_its_charge(fault):
    """The k-th spike comes when the integral of the rippled current is k times the charge: parabolas, solved exactly."""
    sign = {"stuck_lrs": "up", "stuck_hrs": "down", "combined": "both"}[fault]
    found = fluctuation(nr.PerfectIntegrator(), fault, 0.10, samples=20, spacing="20 us", current=10e-12, seed=3)
    ripple = nr.Fluctuated(nr.Step(10e-12), 0.10, "20 us", sign, seed=3, lanes=20, duration=found.duration)
    t0 = 1e-14 * 0.5 / 10e-12 * np.arange(1, 6)
    np.testing.assert_allclose(found.reference, t0, rtol=1e-9)
    for sample in range(20):
        nodes, level = ripple.nodes(sample)
        area = np.append(0, np.cumsum(20e-6 * (1 + (level[1:] + level[:-1]) / 2)))
        at = np.searchsorted(area, t0, side="right") - 1
        start, slope, rest = 1 + level[at], (level[at + 1] - level[at]) / 20e-6, t0 - area[at]
        times = nodes[at] + 2 * rest / (start + np.sqrt(start**2 + 2 * slope * rest))
        np.testing.assert_allclose(found.shift[0, sample], 100 * (t0 - times) / t0, atol=1e-6)


@pytest.mark.parametrize("neuron", BOTH, ids=NAMES)
@pytest.mark.parametrize("shape", ["ripple", "column", "constant"])
def test_no_amplitude_is_the_run_without_faults(neuron, shape):
    """Alone, and among lanes that are disturbed; a share of cells too small for one cell sets none."""
    for amplitude in (0.0, [0.10, 0.0]):
        found = fluctuation(neuron, "combined", amplitude, shape=shape, samples=5, spikes=2)
        same(found.shift[-1], 0.0)
        assert found.lost.sum() == 0
    if shape == "column":
        same(fluctuation(neuron, "combined", 0.004, shape=shape, samples=3, spikes=2, cells=100).shift, 0.0)


@pytest.mark.parametrize("neuron", BOTH, ids=NAMES)
@pytest.mark.parametrize("shape", ["ripple", "column"])
def test_samples_depend_on_seed_and_number_alone(neuron, shape, monkeypatch):
    """The first samples of more are the same bits; so they are on one thread and on two; another seed gives others."""
    settings = {"shape": shape, "spikes": 2, "amplitude": [0.05, 0.10]}
    few, many = (fluctuation(neuron, samples=n, **settings) for n in (8, 64))
    same(few.shift, many.shift[:, :8])
    same(few.reference, many.reference)
    for threads in ("1", "2"):
        monkeypatch.setenv("NEURISTOR_THREADS", threads)
        same(fluctuation(neuron, samples=17, **settings).shift, many.shift[:, :17])
    other = fluctuation(neuron, samples=8, seed=1, **settings)
    assert not np.any(other.shift[1, :, 0] == few.shift[1, :, 0]) or shape == "column"
    assert np.any(other.shift[1] != few.shift[1])


def test_amplitudes_see_the_same_draw():
    """Of a perfect integrator the shift is odd and nearly linear in a small ripple: +-0.1 % scales to +-0.2 %."""
    found = fluctuation(nr.PerfectIntegrator(), "combined", [0.001, 0.002], samples=30)
    np.testing.assert_allclose(found.shift[1], 2 * found.shift[0], rtol=5e-3, atol=1e-6)
    assert found.std[0, 0] > 1e-3


def test_signs():
    """More current never delays and less never hastens a spike of an integrator."""
    for neuron in BOTH:
        assert fluctuation(neuron, "stuck_lrs", 0.05, samples=10, spikes=2).shift.min() > 0
        assert fluctuation(neuron, "stuck_hrs", 0.05, samples=10, spikes=2).shift.max() < 0


@NGSPICE
def test_shift_of_the_cell_as_ngspices():
    """The first two shifts of one rippled sample and of a constant +10 %, from three runs of ngspice."""
    cell = CmosLIF()
    found = fluctuation(cell, "stuck_lrs", 0.10, samples=2, spikes=2)
    constant = fluctuation(cell, "stuck_lrs", 0.10, shape="constant", spikes=2)
    base = nr.Step("10 pA")
    ripple = nr.Fluctuated(base, 0.10, "20 us", "up", lanes=1, duration=found.duration)
    t0, tx, tc = (
        cell.simulate(s, found.duration, engine="ngspice", rtol=1e-7, record=()).spikes[0][:2]
        for s in (base, ripple, base * 1.1)
    )
    np.testing.assert_allclose(found.shift[0, 0], 100 * (t0 - tx) / t0, atol=0.01)
    np.testing.assert_allclose(constant.shift[0, 0], 100 * (t0 - tc) / t0, atol=0.01)


class TestColumn:
    def test_factor_is_the_sum_of_conductances(self):
        """Cells set one by one, as the same draw sets them."""
        column = Column(cells=30, r_on=1e4, r_off=2e5, on_share=0.4)
        for fault, state in (("stuck_lrs", 1e-4), ("stuck_hrs", 5e-6)):
            got = column.factors(fault, [0.2, 1.0], 10, seed=2)
            for k in range(10):
                order = np.random.default_rng([2, k]).permutation(30)
                cells = np.where(np.arange(30) < 12, 1e-4, 5e-6)
                nominal = cells.sum()
                cells[order[:6]] = state
                assert got[0, k] == pytest.approx(cells.sum() / nominal, rel=1e-12)
            np.testing.assert_allclose(got[1], 30 * state / nominal, rtol=1e-12)

    def test_moments_are_hypergeometric(self):
        column, m = Column(cells=50, r_on=1e4, r_off=1e6, on_share=0.3), 10
        step = (1e-4 - 1e-6) / (15 * 1e-4 + 35 * 1e-6)
        changed = (column.factors("stuck_lrs", [0.2], 4000, seed=0)[0] - 1) / step
        variance = m * 0.3 * 0.7 * 40 / 49
        assert abs(changed.mean() - m * 0.7) < 4 * np.sqrt(variance / 4000)
        assert changed.var() == pytest.approx(variance, rel=0.1)
        np.testing.assert_allclose(changed, np.round(changed), atol=1e-9)

    def test_combined_is_half_each(self):
        """With all cells stuck half are at r_on; with one, a coin: raised and lowered both occur."""
        column = Column(cells=40, on_share=0.5)
        np.testing.assert_allclose(column.factors("combined", [0.999], 20, 0), 1.0, rtol=1e-12)
        one = column.factors("combined", [1 / 40], 400, 0)[0]
        raised, lowered = np.mean(one > 1), np.mean(one < 1)
        assert abs(raised - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 400)
        assert abs(lowered - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 400)

    @pytest.mark.parametrize("fault", ["stuck_lrs", "stuck_hrs", "combined"])
    def test_lowest_is_a_bound(self, fault):
        for cells, share in ((20, 0.1), (101, 0.31)):
            column = Column(cells=cells, on_share=0.3)
            assert column.factors(fault, [share], 2000, 1).min() >= column.lowest(fault, share) * (1 - 1e-12)

    def test_shift_of_an_integrator_follows_the_factor(self):
        found = fluctuation(nr.PerfectIntegrator(), "stuck_hrs", [0.1, 0.2], shape="column", samples=9, cells=25, seed=4)
        factors = Column(cells=25).factors("stuck_hrs", [0.1, 0.2], 9, 4)
        expected = 100 * (1 - 1 / factors)
        np.testing.assert_allclose(found.shift, np.repeat(expected[:, :, None], 5, axis=2), atol=1e-6)


def test_lost_spikes_are_counted():
    """Just above rheobase a lower current never fires: NaN, counted, latest of all in the quantiles, outside every limit."""
    neuron = nr.LIF()
    current = 1.05 * (neuron.v_th - neuron.v_rest) / neuron.r_mem
    found = fluctuation(neuron, "combined", [0.0, 0.10], shape="constant", current=current)
    same(found.lost, [[0] * 5, [1] * 5])
    assert np.all(np.isnan(found.shift[1, 1]))
    assert np.all(found.shift[1, 0] > 0)
    assert np.all(found.quantile(0.05).value[1] == -np.inf)
    same(found.within("50 %").value, [[1.0] * 5, [0.5] * 5])
    np.testing.assert_array_equal(found.mean.value[1], found.shift[1, 0])
    assert found.duration == pytest.approx(4 * found.reference[-1], rel=1e-9)


def test_without_a_draw_there_are_no_statistics():
    """A constant change and an amplitude of 0 are single runs: values, but no spread, no interval, no coverage."""
    constant = fluctuation(nr.PerfectIntegrator(), "combined", [0.05, 0.10], shape="constant", spikes=2)
    ripple = fluctuation(nr.PerfectIntegrator(), "combined", [0.0, 0.10], samples=50, spikes=2)
    cells = fluctuation(nr.PerfectIntegrator(), "combined", [0.004, 0.10], shape="column", samples=50, spikes=2)
    same(constant.drawn, [False, False])
    for found in (ripple, cells):
        same(found.drawn, [False, True])
        assert np.all(np.isfinite(found.mean.low[1]) & (found.std[1] > 0))
        np.testing.assert_allclose(found.coverage[1], 0.05 ** (1 / 50), rtol=1e-12)
        assert np.isfinite(found.joint(1.0).low[1])
    for found, k in ((constant, 0), (constant, 1), (ripple, 0), (cells, 0)):
        for b in (found.mean, found.quantile(0.5), found.within(1.0), found.joint(1.0)):
            assert np.all(np.isfinite(b.value[k]))
            assert np.all(np.isnan(b.low[k]) & np.isnan(b.high[k]))
        assert np.all(np.isnan(found.std[k]) & np.isnan(found.coverage[k]))
    table = fluctuation_figures.shift_table(constant)
    assert table.columns[-2:] == ["current raised", "current lowered"]
    assert table.rows[2][-2:] == ["9.09", "-11.1"]
    assert "nothing is drawn" in table.note
    assert "samples" not in fluctuation_figures.told(constant)
    assert [len(fluctuation_figures.fluctuation_figures(f)) for f in (constant, ripple)] == [1, 2]
    assert len(fluctuation_figures.shift_figure(constant).data) == 4


def test_lost_spikes_leave_no_coverage():
    """Of the spikes that came there is a largest shift, but it bounds no share of the population."""
    neuron = nr.LIF()
    current = 1.05 * (neuron.v_th - neuron.v_rest) / neuron.r_mem
    found = fluctuation(neuron, "combined", [0.02, 0.3], shape="column", current=current, samples=40, spikes=3)
    assert found.lost[1].min() > 0
    assert np.all(np.isnan(found.coverage) == (found.lost > 0))
    assert found.joint(1e6).value[1] == 1 - found.lost[1].max() / 40


def test_joint_is_all_spikes_of_a_sample():
    from scipy.stats import binom

    found = fluctuation(nr.PerfectIntegrator(), "combined", [0.05, 0.10], samples=200, spikes=3)
    share = found.joint("0.5 %")
    assert share.value.shape == share.low.shape == (2,)
    kept = [sum(bool(np.all(np.abs(s) <= 0.5)) for s in shifts) for shifts in found.shift]
    same(share.value, np.array(kept) / 200)
    assert np.all(share.value <= found.within(0.5).value.min(axis=1))
    np.testing.assert_allclose(binom.sf(np.array(kept) - 1, 200, share.low), 0.025, rtol=1e-6)
    np.testing.assert_allclose(binom.cdf(kept, 200, share.high), 0.025, rtol=1e-6)
    same(found.joint(1e3).value, 1.0)
    for wrong in (-1, [1, 2]):
        with pytest.raises(nr.InputError, match="one number in %"):
            found.joint(wrong)


def test_statistics_against_numpy():
    found = fluctuation(nr.PerfectIntegrator(), "combined", [0.05, 0.10], samples=200, spikes=3)
    np.testing.assert_allclose(found.mean.value, found.shift.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.std, found.shift.std(axis=1, ddof=1), rtol=1e-9)
    same(found.largest, np.abs(found.shift).max(axis=1))
    same(found.quantile(0.95).value, np.quantile(found.shift, 0.95, axis=1, method="inverted_cdf"))
    limit = float(np.sort(np.abs(found.shift[0, :, 0]))[149])
    share = found.within(limit)
    assert share.value[0, 0] == 0.75
    assert share.low[0, 0] < 0.75 < share.high[0, 0]
    assert found.quantile(0.5).low[1, 1] <= found.quantile(0.5).value[1, 1] <= found.quantile(0.5).high[1, 1]


def test_files():
    """JSON holds the statistics alone and stays small; xarray holds every sample."""
    found = fluctuation(nr.PerfectIntegrator(), "combined", list(np.linspace(0, 0.1, 6)), shape="column", samples=300)
    stored = found.to_json_dict()
    assert len(json.dumps(stored)) < 15_000
    assert stored["column"]["cells"] == 100
    assert stored["q95"][5][0] == found.quantile(0.95).value[5, 0]
    data = found.to_xarray()
    assert dict(data.sizes) == {"amplitude": 6, "sample": 300, "spike": 5}
    same(data["shift"], found.shift)
    assert data.attrs["fault"] == "combined"


def test_lanes_side_by_side():
    """Each lane of the parts at its place, however lanes are asked for."""
    ripple = nr.Fluctuated(nr.Step(1e-9), 0.1, "1 ms", lanes=3, duration=0.01)
    parts = [nr.Step(2e-9), ripple, nr.Step([3e-9, 4e-9]), nr.Fluctuated(nr.Step(5e-9), 0.0, lanes=2, duration=0.01)]
    t = np.linspace(0, 0.0099, 57)
    whole, each = Abreast(parts), np.concatenate([p.value(t) for p in parts])
    same(whole.value(t), each)
    for lanes in (range(0, 1), range(2, 6), range(5, 8), range(7, 8)):
        same(whole.segments(lanes).value(t), each[lanes.start : lanes.stop])


def test_cutting_constants_at_once_gives_the_same_bits():
    rows = rows_at([0.0, 0.3, 1.0], q=[0.0, 2.0, 0.0], c0=[0.1, 1 / 3, 7.0])
    times = np.union1d(rows[:, 0], np.linspace(0, 2, 23))
    same(held(rows, times), cut_rows(rows, times))


@pytest.mark.parametrize("neuron", [cls() for cls in NEURONS.values()], ids=list(NEURONS))
def test_every_neuron(neuron):
    """The current is only raised: every sample fires, and spikes move, though a fixed-point input may round some back."""
    found = fluctuation(neuron, "stuck_lrs", [0.0, 0.20], shape="column", samples=6, spikes=3)
    same(found.shift[0], 0.0)
    assert np.all(np.isfinite(found.shift))
    assert np.any(found.shift[1] != 0)


def test_figures_and_table():
    found = fluctuation(nr.PerfectIntegrator(), "stuck_hrs", [0.0, 0.05, 0.10], samples=100, spikes=2)
    figure = fluctuation_figures.shift_figure(found)
    medians = [d for d in figure.data if d.get("mode") == "lines+markers"]
    assert [d["name"] for d in medians] == ["spike 1", "spike 2"]
    np.testing.assert_allclose(medians[1]["y"], found.quantile(0.5).value[:, 1])
    np.testing.assert_allclose((medians[0]["x"] + medians[1]["x"]) / 2, [0, 5, 10])
    assert 0 < np.max(medians[1]["x"] - medians[0]["x"]) < 2.5 + 1e-9
    bars = fluctuation_figures.histogram_figure(found)
    assert [sum(d["y"]) for d in bars.data] == [100, 100]
    table = fluctuation_figures.shift_table(found)
    assert len(table.rows) == 6
    assert {len(r) for r in table.rows} == {len(table.columns)}
    json.dumps([figure.to_json_dict(), bars.to_json_dict()], allow_nan=False)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"fault": "stuck_lsr"}, "did you mean 'stuck_lrs'"),
        ({"shape": "rippel"}, "did you mean 'ripple'"),
        ({"amplitude": 1.0}, "10 % is 0.1"),
        ({"amplitude": []}, "10 % is 0.1"),
        ({"spikes": 0}, "one or more"),
        ({"samples": 0}, "one or more"),
        ({"confidence": 95}, "95 % is 0.95"),
        ({"current": 0.0}, "nothing that could fluctuate"),
        ({"current": "1 nA"}, "below the"),
        ({"current": [1e-5, 2e-5]}, "must be one number"),
        ({"shape": "column", "r_on": "1 MOhm", "r_off": "1 kOhm"}, "r_on < r_off"),
        ({"shape": "column", "on_share": 1.5}, "on_share"),
        ({"shape": "column", "cells": 0}, "one or more"),
        ({"spacing": "1 ps"}, "nodes each are too many for one run.*apart or more"),
        ({"spacing": ["20 us", "30 us"]}, "must be one number"),
        ({"spacing": 0}, "must be positive"),
        ({"samples": 10**9}, "take at most"),
        ({"samples": 10**9, "shape": "column"}, "take at most"),
        ({"samples": -1, "shape": "constant"}, "one or more"),
    ],
)
def test_bad_input_is_a_sentence(settings, sentence):
    with pytest.raises(nr.InputError, match=sentence):
        fluctuation(nr.LIF(), **{"samples": 2, **settings})


def test_what_the_refusal_says_would_be_right_is_right():
    """The named numbers are taken; a ripple alone has the same limit."""
    with pytest.raises(nr.InputError, match="take at most") as refusal:
        affordable(10**9, 2, 5e-3, 20e-6)
    most = int(re.findall("at most (\\d+) samples", str(refusal.value))[0])
    affordable(most, 2, 5e-3, 20e-6)
    with pytest.raises(nr.InputError, match="too many"):
        affordable(most + 1, 2, 5e-3, 20e-6)
    affordable(1000, 2, 5e-3, least_spacing(5e-3, 2000))
    for spacing in ("1 ps", 1e-320):
        with pytest.raises(nr.InputError, match="take a spacing of"):
            nr.Fluctuated(nr.Step(1e-11), 0.1, spacing, duration="5 ms")
    nr.Fluctuated(nr.Step(1e-11), 0.1, least_spacing(5e-3), duration="5 ms")
