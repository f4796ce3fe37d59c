"""Experiments on the memristor-based neuron: adaptation, energy of spikes, feasibility, spread of the device."""

import json

import numpy as np
import pytest
from memristive_scipy import reference

import neuristor as nr
from neuristor.errors import InputError
from neuristor.experiments.burst_adaptation import burst_adaptation, inside, per_burst
from neuristor.experiments.feasibility import (
    ADAPTS,
    HELD,
    KINDS,
    SILENT,
    SINGLE,
    STEADY,
    STOPS,
    device_spread,
    feasibility,
    of_lane,
)
from neuristor.experiments.spike_energy import CutOff, spike_energy
from neuristor.neurons.memristive_alif import MemristiveALIF
from neuristor.presets.memristive_alif import protocol
from neuristor.report import memristive_figures as drawn

NEURON = MemristiveALIF()


@pytest.fixture(scope="module")
def paper():
    return burst_adaptation(NEURON)


@pytest.fixture(scope="module")
def cost():
    return spike_energy(NEURON)


@pytest.fixture(scope="module")
def plane():
    return feasibility(NEURON, "c_mem", "v_th", points=9)


@pytest.fixture(scope="module")
def devices():
    return device_spread(NEURON, devices=100)


def sound(figures):
    """Every figure can be written as JSON, has a caption and something to draw."""
    for figure in figures:
        assert figure.caption
        assert figure.data
        json.dumps(figure.to_json_dict())


# --- Adaptation -----------------------------------------------------------------------------------------------------


def test_adaptation_under_the_paper_s_input(paper):
    """Counts and intervals are those of the independent reference over the first two bursts."""
    expected = reference(2e-3, "DOP853", 1e-9)[0]
    first = expected[expected < 0.5e-3]
    assert list(paper.counts[0][:2]) == [len(first), len(expected) - len(first)]
    assert paper.first[0] == pytest.approx(expected[1] - expected[0], rel=1e-6)
    second = expected[len(first) :]
    assert paper.pause[0] == pytest.approx((second[1] - second[0]) / (first[-1] - first[-2]), rel=1e-5)
    assert paper.last[0] == pytest.approx(float(NEURON.interval(1e-3, 1.0)), rel=1e-3)
    assert paper.ratio[0] == paper.last[0] / paper.first[0]
    assert len(paper.counts[0]) == 20
    assert sum(paper.counts[0]) == len(paper.spikes[0])


def test_the_state_rises_and_the_intervals_follow(paper):
    assert paper.state_name == "x"
    assert paper.state[0, 0] == 0
    assert paper.state[0, -1] > 0.999
    assert np.all(np.diff(paper.state[0]) > -1e-9)
    found = paper.intervals()
    assert np.all(np.diff(found.lengths[found.burst == 0]) > 0)


def test_every_amplitude_meets_every_frequency():
    result = burst_adaptation(NEURON, ["0.3 mA", "1 mA"], [0.0, 200.0, 1e3], duration="10 ms")
    assert list(zip(result.amplitude, result.frequency, strict=True)) == [
        (a, f) for a in (0.3e-3, 1e-3) for f in (0.0, 200.0, 1e3)
    ]
    assert [len(c) for c in result.counts] == [1, 2, 10] * 2
    assert np.all(np.diff(result.first.reshape(2, 3), axis=1) == 0)  # the first interval lies before any pause
    assert np.all(result.ratio > 1.5)
    alone = NEURON.simulate(nr.Square("0.3 mA", "1 ms", duration="10 ms"), record=()).spikes[0]
    np.testing.assert_array_equal(result.spikes[2], alone)
    assert np.isnan(result.pause[0])
    dataset = result.to_xarray()
    assert dataset.sizes["condition"] == 6
    assert dataset["x"].shape == (6, 2001)


def test_a_neuron_that_does_not_adapt():
    """A leaky integrate-and-fire neuron without memory: all intervals of a burst are equal."""
    result = burst_adaptation(nr.LIF(), "0.2 mA", "5 Hz", duration="1 s")
    assert result.ratio[0] == pytest.approx(1.0, abs=1e-9)
    assert result.state.size == 0
    assert result.state_name == ""


def test_intervals_do_not_reach_over_a_pause():
    spikes = np.array([0.1, 0.2, 0.4, 1.1, 1.4, 3.2])
    found = inside(spikes, 1.0)
    np.testing.assert_allclose(found.lengths, [0.1, 0.2, 0.3])
    assert list(found.burst) == [0, 0, 1]
    assert list(per_burst(spikes, 1.0, 4.0)) == [3, 2, 0, 1]
    assert list(per_burst(spikes, 0.0, 4.0)) == [6]


def test_adaptation_is_drawn(paper):
    trace = NEURON.simulate(protocol(), 1e-3)
    sound([*drawn.adaptation_figures(paper), *drawn.membrane_figures(NEURON, trace)])
    (row,) = drawn.adaptation_table(paper).rows
    assert row[0] == "1 mA, 1 kHz"
    assert row[2].startswith("40, 31, 26, 24, 23")
    with pytest.raises(InputError, match="a frequency is zero or more, not -1 Hz"):
        burst_adaptation(NEURON, frequency=-1.0)


# --- Energy ---------------------------------------------------------------------------------------------------------


def test_energy_of_every_interval_is_the_reference_s(cost):
    """Differences of the reference's own energy between its spikes, over two bursts."""
    spikes, energy = reference(2e-3, "DOP853", 1e-9)
    same = np.floor(spikes[1:] / 1e-3) == np.floor(spikes[:-1] / 1e-3)
    expected = np.diff(energy)[same]
    np.testing.assert_allclose(cost.energy[: len(expected)], expected, rtol=1e-5)
    assert cost.first_spike == pytest.approx(energy[0], rel=1e-6)
    np.testing.assert_allclose(cost.times[: len(expected)], spikes[1:][same], atol=1e-8)


def test_energies_add_up(cost):
    assert cost.burst_energy.sum() == pytest.approx(cost.total, rel=1e-12)
    assert np.all(cost.burst_energy > 0)
    assert cost.energy.sum() < cost.total
    assert cost.per_spike * cost.burst_spikes.sum() == pytest.approx(cost.total)
    assert cost.power == pytest.approx(cost.burst_power.mean())
    assert cost.power_ratio == pytest.approx((cost.late / cost.intervals[-1]) / (cost.early / cost.intervals[0]))


def test_fewer_spikes_do_not_mean_less_energy(cost):
    """Against the paper: a current source gives more to the neuron with the lower resistance, as v_c must rise further.

    At frozen x the mean of v_c over a ramp lies near half of v_th (R_m + R_s) / R_m, so the power of a fully ON device
    is about (R_on + R_s) / R_on = 2 times that of an OFF one.
    """
    assert cost.rate_ratio < 0.5
    assert cost.energy_ratio > 3.5
    expected = 1 + NEURON.r_s / NEURON.r_on
    assert cost.power_ratio == pytest.approx(expected, rel=0.1)
    assert "fewer spikes do not mean less energy" in drawn.verdict(cost)
    sound(drawn.energy_figures(cost))
    assert len(drawn.energy_table(cost).rows) == 10
    assert cost.to_json_dict()["energy_ratio"] == cost.energy_ratio


def test_a_constant_input_is_one_burst():
    result = spike_energy(NEURON, "1 mA", 0.0, duration="0.5 ms")
    assert len(result.burst_energy) == 1
    assert result.burst_energy[0] == pytest.approx(result.total)
    assert result.burst_power[0] == pytest.approx(result.power)


def test_an_input_cut_off():
    inner = protocol()
    cut = CutOff(inner, np.array([0.2e-3, 0.7e-3, 1.3e-3]))
    times = np.array([0.1e-3, 0.3e-3, 0.8e-3, 1.2e-3, 1.4e-3, 2.1e-3])
    np.testing.assert_array_equal(
        cut.value(times), [[1e-3, 0, 0, 0, 0, 0], [1e-3, 1e-3, 0, 0, 0, 0], [1e-3, 1e-3, 0, 1e-3, 0, 0]]
    )
    np.testing.assert_array_equal(cut.segments(range(1, 3)).value(times), cut.value(times)[1:])


@pytest.mark.parametrize(
    ("subject", "changes", "sentence"),
    [
        (nr.Izhikevich(), {}, "izhikevich is no equation neuron that states its electrical power"),
        (NEURON, {"amplitude": "1 uA"}, "memristive_alif has no two spikes in one burst of square of 1 uA"),
        (NEURON, {"amplitude": "1 V"}, "is in V"),
    ],
)
def test_energy_of_what_has_none(subject, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        spike_energy(subject, **changes)


# --- Feasibility ----------------------------------------------------------------------------------------------------


def test_closed_forms_bound_the_map(plane):
    """Silent below I R_off; never to the end below I R_on, as x is ON by then; to the end where intervals are short."""
    assert plane.kind.shape == plane.level_last.shape == (9, 9)
    grid = NEURON.with_(**{n: v.ravel() for n, v in zip(("c_mem", "v_th"), np.meshgrid(plane.x, plane.y), strict=True)})
    short = (grid.interval(1e-3, 1.0) < 0.1e-3).reshape(9, 9)
    never = np.isinf(grid.interval(1e-3, 1.0)).reshape(9, 9)
    np.testing.assert_array_equal(never, plane.level_last <= 1)
    assert set(np.unique(plane.kind[never])) == {SILENT, STOPS}
    assert np.all(plane.kind[short] >= STEADY)
    assert np.all(plane.kind[plane.level_first <= 1] == SILENT)
    assert ADAPTS in plane.kind
    assert np.all((plane.count == 0) == (plane.kind == SILENT))
    assert np.all(plane.ratio[plane.kind == ADAPTS] >= 1.05)


def test_a_single_point_is_a_plain_run(plane):
    k, j = 3, 1
    neuron = NEURON.with_(c_mem=plane.x[j], v_th=plane.y[k])
    assert neuron.simulate(protocol(), record=()).spike_counts[0] == plane.count[k, j]


def test_the_input_holds_the_switch_closed():
    """Held where the voltage behind the closed switch rests above the release, in the state of the first spike."""
    values = [1.0, 5.0, 10.0, 50.0], ["2 mV", "4 mV", "20 mV", "0.1 V"]
    result = feasibility(NEURON, "r_switch", "v_release", *values, duration="5 ms")
    across, up = (v.ravel() for v in np.meshgrid(result.x, result.y))
    held = np.isinf(NEURON.with_(r_switch=across, v_release=up).discharge(1e-3, 0.0085)).reshape(4, 4)
    assert 0 < held.sum() < 16
    np.testing.assert_array_equal(result.kind == HELD, held)
    assert np.all(result.kind[~held] == ADAPTS)


@pytest.mark.parametrize(
    ("spikes", "held", "kind"),
    [
        ([], False, SILENT),
        ([0.1, 0.2, 0.3, 1.1], False, STOPS),
        ([0.1, 1.1, 2.1, 3.1], True, HELD),
        ([0.1, 1.1, 2.1, 3.1], False, SINGLE),
        ([0.4, 2.4], False, SINGLE),
        ([0.1, 0.2, 1.1, 1.2, 2.1, 2.2, 3.1, 3.2], False, STEADY),
        ([0.1, 0.2, 1.1, 1.2, 2.1, 2.2, 3.1, 3.3], False, ADAPTS),
    ],
)
def test_kinds_by_hand(spikes, held, kind):
    """Bursts of 0.5 s every second, for 4 s; one spike in every second burst is no stop."""
    assert of_lane(np.array(spikes), 1.0, 4.0, held)[0] == kind


def test_the_map_is_drawn(plane):
    figure = drawn.feasibility_figure(plane)
    sound([figure])
    assert [d["type"] for d in figure.data] == ["heatmap", "contour"]
    rows = drawn.feasibility_table(plane).rows
    assert [r[0] for r in rows] == list(KINDS)
    assert sum(int(r[2]) for r in rows) == plane.kind.size
    assert plane.to_xarray()["kind"].shape == (9, 9)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((nr.LIF(),), "takes the neuron memristive_alif, not lif"),
        ((NEURON, "c_men"), "no parameter 'c_men'.*c_mem"),
        ((NEURON, "v_th", "v_th"), "x and y are both v_th"),
        ((NEURON, "v_rest"), "v_rest is 0, so give its values"),
        ((NEURON, "v_th", "c_mem", [0.01, 1.0]), "v_release = 20 mV is not below v_th = 10 mV"),
    ],
)
def test_bad_maps_are_one_sentence(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        feasibility(*arguments)


# --- Spread ---------------------------------------------------------------------------------------------------------


def test_late_intervals_are_those_of_each_device(devices):
    lanes = NEURON.with_(**devices.values)
    np.testing.assert_allclose(devices.last, lanes.interval(1e-3, 1.0), rtol=2e-3)
    assert devices.shares["adapts"] == 1
    assert sum(devices.shares.values()) == pytest.approx(1)
    assert devices.rank["r_on"] < -0.95  # a higher R_on is nearer to R_off: less adaptation
    assert max(abs(devices.rank[k]) for k in ("v_on", "v_off")) < 0.4


def test_a_device_does_not_depend_on_the_others(devices):
    few = device_spread(NEURON, devices=5)
    for name in ("count", "first", "last", "energy"):
        np.testing.assert_array_equal(getattr(few, name), getattr(devices, name)[:5])
    other = device_spread(NEURON, devices=5, seed=1)
    assert np.all(other.first != few.first)


def test_a_spread_threshold_stops_some():
    """With v_th = 4.5 V a device fires for ever only if I R_on > v_th, known for each in closed form."""
    result = device_spread(NEURON.with_(v_th=4.5), 0.2, devices=60)
    for_ever = 1e-3 * result.values["r_on"] > 4.5
    clear = np.abs(1e-3 * result.values["r_on"] / 4.5 - 1) > 0.02
    np.testing.assert_array_equal((result.kind == STOPS)[clear], ~for_ever[clear])
    assert 0 < result.shares["stops"] < 1


def test_the_spread_is_drawn(devices):
    sound(drawn.spread_figures(devices))
    tables = drawn.spread_tables(devices)
    assert [len(t.rows) for t in tables] == [len(KINDS), 5, 5]
    told = devices.to_json_dict()
    assert told["devices"] == 100
    assert len(told["quantiles"]["ratio"]) == 5
    json.dumps(told)


def test_bad_spreads_are_one_sentence():
    with pytest.raises(InputError, match="no parameter 'r_onn'"):
        device_spread(NEURON, {"r_onn": 0.2}, devices=2)
    with pytest.raises(InputError, match="needs a positive frequency"):
        device_spread(NEURON, frequency=0.0, devices=2)
    with pytest.raises(InputError, match="has parameters with one value a lane"):
        device_spread(NEURON.with_(c_mem=[1e-9, 1e-8]), devices=2)
