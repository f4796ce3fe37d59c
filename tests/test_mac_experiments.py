"""Experiments on the mixed-signal neuron: exact cases, statistics, origins of noise, what they refuse; their pages."""

import json

import numpy as np
import pytest
from mac_tools import ideal

from neuristor import NEURONS, InputError
from neuristor.circuits.cells import MixedSignalMAC
from neuristor.cli.screen import no_nan
from neuristor.experiments import (
    EXPERIMENTS,
    MAC_EXPERIMENTS,
    mac_bandwidth,
    mac_bias,
    mac_linearity,
    mac_mismatch,
    mac_noise,
    mac_point,
    mac_transfer,
)
from neuristor.quantities import K_B, Q_E
from neuristor.report.experiment_page import experiment_page, experiment_tables
from neuristor.report.page import render

U_T = K_B / Q_E * 300.15
SMALL = {"mac_mismatch": {"samples": 8}, "mac_bias": {"i_unit": ["100 pA", "1 nA"]}, "mac_transfer": {"points": 5}}


def test_equal_densities_are_linear_in_the_weight(tmp_path):
    """Widths that follow the currents: every bit has the same V_GS; what is left is atanh(w tanh)."""
    wide = mac_linearity(ideal(tmp_path, bits=5, weighting="width", i_unit="10 pA"), v_in="1 mV")
    narrow = mac_linearity(ideal(tmp_path, bits=5, weighting="current", i_unit="10 nA"), v_in="1 mV")
    assert wide.worst_inl < 0.01
    assert wide.worst_dnl < 0.01
    assert narrow.worst_inl > 0.3
    assert wide.lsb == pytest.approx(1e-3 / 31, rel=0.1)


def test_many_bits_are_looked_at_around_the_carries():
    found = mac_linearity(MixedSignalMAC(bits=12, weighting="width", i_unit="1 pA"))
    assert 129 < len(found.codes) < 200
    assert {2047, 2048, 4095} <= set(found.codes.tolist())
    assert np.isfinite(found.dnl[np.searchsorted(found.codes, 2048)])


def test_offset_is_that_of_two_pairs_of_transistors(tmp_path):
    """One bit in weak inversion with n = 1, so that the gain is 1: sigma^2 = 2 sigma_N^2 + 2 sigma_P^2."""
    a_vt, samples = 1e-9, 1000
    cell = ideal(tmp_path, gamma=0.0, bits=1, i_unit="100 pA")
    found = mac_mismatch(cell, samples=samples, a_vt=a_vt, a_beta=0.0, v_in="1 mV")
    sigma = a_vt / np.sqrt(120e-9 * 130e-9)
    assert found.offset_sigma == pytest.approx(2.0 * sigma, rel=4.0 / np.sqrt(2 * samples) + 0.01)
    assert abs(found.offset.mean()) < 4.0 * 2.0 * sigma / np.sqrt(samples)


def test_a_current_factor_shifts_as_its_logarithm(tmp_path):
    a_beta, samples = 0.2e-9, 1000
    cell = ideal(tmp_path, gamma=0.0, bits=1, i_unit="100 pA")
    found = mac_mismatch(cell, samples=samples, a_vt=0.0, a_beta=a_beta, v_in="1 mV")
    sigma = U_T * a_beta / np.sqrt(120e-9 * 130e-9)
    assert found.offset_sigma == pytest.approx(2.0 * sigma, rel=4.0 / np.sqrt(2 * samples) + 0.01)


def test_samples_do_not_depend_on_how_many_there_are():
    cell = MixedSignalMAC(bits=3)
    few, more = (mac_mismatch(cell, samples=n, seed=3, tail="1 %") for n in (5, 21))
    for name in ("offset", "gain", "inl", "dnl"):
        assert getattr(few, name) == pytest.approx(getattr(more, name)[:5], rel=1e-6, abs=1e-9)
    assert mac_mismatch(cell, samples=5, seed=4).offset[0] != pytest.approx(few.offset[0], rel=1e-3)


def test_without_differences_there_is_no_spread():
    found = mac_mismatch(MixedSignalMAC(bits=3, weighting="width"), samples=3, a_vt=0.0, a_beta=0.0)
    assert found.offset == pytest.approx(0.0, abs=1e-9)
    assert found.gain == pytest.approx(found.nominal_gain, rel=1e-6)
    assert found.monotonic == 1.0


def test_origins_add_up_and_a_switch_is_johnson_noise():
    """Both gates of the three bits behind R: 2 x 4 k T R at each, weighted by that bit's share of the gain."""
    cell = MixedSignalMAC(bits=3, r_switch="100 MOhm", i_unit="1 nA", weighting="width", c_load="1 pF")
    found = mac_noise(cell, band="1 kHz")
    assert np.sum(list(found.shares.values()), axis=0) == pytest.approx(found.output, rel=1e-9)
    flat = found.frequency < 1e2
    shares = np.array([1, 2, 4]) / 7
    expected = 8.0 * K_B * 300.15 * 1e8 * np.sum(shares**2) * found.point.gain**2
    assert found.shares["switch"][flat] == pytest.approx(expected, rel=1e-3)
    assert found.shares["flicker"][0] * found.frequency[0] == pytest.approx(found.point.flicker, rel=0.02)
    assert sum(found.own.values()) == pytest.approx(found.point.noise_own, rel=1e-9)


def test_fixed_bias_keeps_the_bandwidth_and_switched_tails_do_not():
    cell = MixedSignalMAC(bits=6, c_load="5 fF")
    fixed = mac_bandwidth(cell, weights=[63, 32, 16])
    assert fixed.spread[0] < 1e-6
    assert np.ptp(fixed.bandwidth) / fixed.bandwidth[0, 0] < 0.02
    assert fixed.gain[0] == pytest.approx(fixed.gain[0, 0] * np.array([63, 32, 16]) / 63, rel=0.05)
    tails = mac_bandwidth(cell.with_(switching="tail"), weights=[63, 8])
    assert tails.pole[0, 1] / tails.pole[0, 0] == pytest.approx(8 / 63, rel=0.15)


def test_a_small_weight_is_passed_by_the_overlaps():
    """Unit devices at 2^0 of the current: g_m / (2 pi C_gd) lies below the pole, so that no -3 dB is reached."""
    found = mac_bandwidth(MixedSignalMAC(bits=8), weights=[255, 1])
    assert np.isfinite(found.bandwidth[0, 0])
    assert np.isnan(found.bandwidth[0, 1])
    point = mac_point(MixedSignalMAC(bits=8, weights=[1]))
    assert point.bandwidth == point.pole
    assert point.broken == ("feedthrough",)


def test_limits_are_told_with_the_numbers():
    assert mac_point(MixedSignalMAC(bits=3)).broken == ()
    starved = mac_point(MixedSignalMAC(bits=3, v_cm="0.35 V", i_unit="100 nA"), band="1 MHz")
    assert {"headroom of the tail", "inversion"} <= set(starved.broken)
    faint = mac_point(MixedSignalMAC(bits=3, weighting="width", i_unit="1 pA"), f_low="10 mHz", band="1 kHz")
    assert "headroom of the load" in faint.broken
    told = {limit.name: limit.told for limit in faint.limits}
    assert "saturation takes" in told["headroom of the load"]
    assert "1 % is the limit" in told["leakage"]
    assert "bits need" in told["settling"]


def test_bits_may_be_given_to_the_experiment():
    assert len(mac_linearity(MixedSignalMAC(bits=8), bits=3).codes) == 8


@pytest.mark.parametrize("name", MAC_EXPERIMENTS)
def test_every_result_has_json_a_page_and_tables(name):
    cell = MixedSignalMAC(bits=3)
    result = MAC_EXPERIMENTS[name](cell, **SMALL.get(name, {}))
    assert json.dumps(no_nan(result.to_json_dict()), allow_nan=False)
    assert experiment_tables(result)[0].rows
    assert "<html" in render(experiment_page(name, cell, result))


@pytest.mark.parametrize("name", MAC_EXPERIMENTS)
@pytest.mark.parametrize("neuron", ["lif", "adex"])
def test_spiking_neurons_are_refused_in_one_sentence(name, neuron):
    with pytest.raises(InputError) as error:
        MAC_EXPERIMENTS[name](NEURONS[neuron]())
    assert str(error.value) == f"{name} is measured of a mixed-signal neuron (mixed_signal_mac), not of {neuron}"
    assert name not in EXPERIMENTS


BAD = [
    (mac_transfer, {"points": 4}, "points = 4 must be odd"),
    (mac_transfer, {"weights": "9"}, "weights must be whole from -7 to 7, not '9'"),
    (mac_bandwidth, {"weights": [0]}, "a weight of zero passes no signal"),
    (mac_bias, {"i_unit": ["0 A"]}, "currents above zero"),
    (mac_bias, {"i_unit": "1 V"}, "mac_bias: i_unit: "),
    (mac_linearity, {"v_in": 0.0}, "v_in must be other than 0 V"),
    (mac_mismatch, {"samples": 1}, "at least two"),
    (mac_mismatch, {"samples": 10**6}, "take fewer samples"),
    (mac_noise, {"f_low": "1 GHz"}, "band = 1 MHz must be above f_low = 1 GHz"),
    (mac_noise, {"f_low": "100 kHz"}, "must be positive and below"),
    (mac_noise, {"band": "0 Hz"}, "band = 0 Hz must be above f_low = 1 Hz"),
    (mac_transfer, {"points": 10**6 + 1}, "from 5 to 10001"),
    (mac_transfer, {"swing": "-1 V"}, "swing = -1 V must be above 0 V and at most the supply"),
    (mac_linearity, {"v_in": "5 V"}, "v_in = 5 V is beyond the supply of 1.2 V"),
    (mac_mismatch, {"a_vt": -1.0}, "must not be below zero"),
    (mac_mismatch, {"tail": "500 %"}, "tail must be from 0 to 100 %"),
]


@pytest.mark.parametrize(("experiment", "options", "sentence"), BAD)
def test_bad_options_are_one_sentence(experiment, options, sentence):
    with pytest.raises(InputError) as error:
        experiment(MixedSignalMAC(bits=3), **options)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_lanes_are_refused():
    cell = MixedSignalMAC(bits=2, i_unit=np.array([1e-10, 1e-9]))
    with pytest.raises(InputError, match="has 2 lanes"):
        mac_transfer(cell)
