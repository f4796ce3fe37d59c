"""The memristor-based adaptive neuron against SciPy, whose equations are written here independently, and closed forms."""

from types import SimpleNamespace

import numpy as np
import pytest
from memristive_scipy import R_OFF, R_ON, R_S, R_SW, V_REL, V_TH, C, reference

import neuristor as nr
from neuristor.devices.memristor import vary
from neuristor.errors import InputError
from neuristor.experiments.diagnosis import require_spikes, why_silent
from neuristor.neurons.memristive_alif import MemristiveALIF
from neuristor.presets.memristive_alif import CHOICE, PRESETS, protocol

DEVICE = ("r_on", "r_off", "v_on", "v_off", "tau")


@pytest.fixture(scope="module")
def radau():
    return reference(0.5e-3, "Radau", 1e-10)


@pytest.fixture(scope="module")
def default():
    return MemristiveALIF().simulate(protocol(), record=())


def test_first_burst_equals_radau(radau, default):
    spikes = default.spikes[0][default.spikes[0] < 0.5e-3]
    assert len(spikes) == 40
    np.testing.assert_allclose(spikes, radau[0], rtol=0, atol=1e-9)


def test_first_burst_does_not_move_with_the_tolerance(radau, default):
    tighter = MemristiveALIF().simulate(protocol(), record=(), rtol=1e-9).spikes[0]
    np.testing.assert_allclose(tighter[:40], default.spikes[0][:40], rtol=0, atol=1e-9)
    np.testing.assert_allclose(tighter[:40], radau[0], rtol=0, atol=1e-11)


@pytest.mark.slow
def test_radau_does_not_move_either(radau):
    np.testing.assert_allclose(reference(0.5e-3, "Radau", 1e-11)[0], radau[0], rtol=0, atol=1e-12)


def test_all_bursts_equal_another_method():
    """DOP853 over all 20 ms: the same number of spikes in every burst, every time to 1e-10 s."""
    expected = reference(20e-3, "DOP853", 1e-10)[0]
    found = MemristiveALIF().simulate(protocol(), record=(), rtol=1e-11).spikes[0]
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.slow
def test_the_method_for_stiff_models_agrees(radau):
    found = MemristiveALIF().simulate(protocol(), 0.5e-3, record=(), rtol=1e-10, method="rodas4").spikes[0]
    np.testing.assert_allclose(found, radau[0], rtol=0, atol=1e-11)


def test_a_threshold_test_after_the_step_is_late():
    """The classical RK4 notices a spike at the end of its step: 20 ns steps bring every one of the first burst late."""
    exact = MemristiveALIF().simulate(protocol(), 0.5e-3, record=(), rtol=1e-11).spikes[0]
    found = MemristiveALIF().simulate(protocol(), 0.5e-3, record=(), method="rk4", dt=20e-9).spikes[0]
    late = found - exact[: len(found)]
    assert np.all(late > 0)
    assert late[-1] > 20e-9


def test_frozen_state_gives_the_closed_form():
    """With a device that cannot switch in the time given, every interval is ramp and discharge of an RC circuit."""
    states = np.array([0.0, 0.01, 0.3, 1.0])
    neuron = MemristiveALIF(tau=1e12)
    level = 1e-3
    spikes = neuron.simulate(nr.Step(level), 1e-3, lanes=4, initial={"x": states}, record=(), rtol=1e-12).spikes
    r_m = 1 / (states / R_ON + (1 - states) / R_OFF)
    first = -(r_m + R_S) * C * np.log(1 - V_TH / (level * r_m))
    v_inf = 1 / (1 / (r_m + R_S) + 1 / R_SW) * level
    fall = C * v_inf / level * np.log((V_TH * (r_m + R_S) / r_m - v_inf) / (V_REL * (r_m + R_S) / r_m - v_inf))
    ramp = -(r_m + R_S) * C * np.log((1 - V_TH / (level * r_m)) / (1 - V_REL / (level * r_m)))
    for k, lane in enumerate(spikes):
        assert len(lane) > 20
        assert lane[0] == pytest.approx(first[k], rel=1e-10)
        np.testing.assert_allclose(np.diff(lane), ramp[k] + fall[k], rtol=1e-9)
    np.testing.assert_allclose(neuron.interval(level, states), ramp + fall, rtol=1e-12)
    np.testing.assert_allclose(neuron.ramp(level, states, 0.0), first, rtol=1e-12)


def test_no_interval_where_the_closed_form_has_none():
    neuron = MemristiveALIF()
    assert neuron.interval(0.99 * neuron.least_input(0.4), 0.4) == np.inf
    assert np.isfinite(neuron.interval(1.01 * neuron.least_input(0.4), 0.4))
    assert neuron.discharge(10e-3, 0.0) == np.inf
    assert neuron.least_input(1.0) == pytest.approx(V_TH / R_ON)


def test_the_switch_closes_and_opens_and_only_closing_counts():
    """At 1 ns samples every spike is a rise of `mode`, and the reset lasts as long as the closed form says."""
    trace = MemristiveALIF().simulate(nr.Step("1 mA"), 40e-6, samples=40001, rtol=1e-10)
    mode = trace["mode"][0]
    assert set(np.unique(mode)) == {0.0, 1.0}
    closing, opening = (trace.time[1:][np.diff(mode) == sign] for sign in (1, -1))
    assert len(closing) == len(trace.spikes[0]) == 3
    np.testing.assert_allclose(closing, trace.spikes[0], atol=1e-9)
    x = np.interp(closing, trace.time, trace["x"][0])
    np.testing.assert_allclose(opening - closing, MemristiveALIF().discharge(1e-3, x), atol=2e-9)
    v_m = MemristiveALIF().v_m(SimpleNamespace(v_c=trace["v_c"][0], x=trace["x"][0]))
    assert v_m.max() < V_TH + 1e-9
    assert v_m[trace.time > opening[0]].min() == pytest.approx(V_REL, rel=0.02)


def test_a_run_may_begin_with_the_switch_closed():
    """The first event is then an opening, in the lanes where it is."""
    start = {"v_c": 1.0, "mode": [1.0, 0.0]}
    both = MemristiveALIF(x0=0.5).simulate(nr.Step("1 mA"), 0.2e-3, lanes=2, initial=start, samples=2001)
    assert both["mode"][0, 0] == 1
    one = MemristiveALIF(x0=0.5).simulate(nr.Step("1 mA"), 0.2e-3, initial={"v_c": 1.0}, record=())
    np.testing.assert_array_equal(both.spikes[1], one.spikes[0])
    assert both.spikes[0][0] > 10e-6  # after a whole ramp, not when the switch opens


def test_the_memristor_goes_on_while_the_switch_is_closed():
    """x rises while v_m is above v_on, during the discharge, too."""
    neuron = MemristiveALIF(r_switch="500 Ohm", v_release="0.3 V")
    trace = neuron.simulate(nr.Step("0.3 mA"), 0.2e-3, samples=20001)
    closed = trace["mode"][0] == 1
    inside = closed[1:] & closed[:-1]
    assert inside.sum() > 20
    assert np.all(np.diff(trace["x"][0])[inside] > 0)


def test_lanes_equal_single_runs():
    neuron = MemristiveALIF()
    drawn = vary(neuron.memristor, dict.fromkeys(DEVICE, 0.2), 20, law="uniform", seed=3)
    values = {k: getattr(drawn, k) for k in DEVICE}
    lanes = neuron.with_(**values).simulate(protocol(), 2e-3, record=())
    assert lanes.ok
    for k in (0, 7, 19):
        one = neuron.with_(**{p: v[k : k + 1] for p, v in values.items()}).simulate(protocol(), 2e-3, record=())
        np.testing.assert_array_equal(lanes.spikes[k], one.spikes[0])
        assert lanes.energy["input"][k] == one.energy["input"][0]


@pytest.mark.slow
def test_thousands_of_devices_in_one_run():
    """20 % spread, 20 ms: every lane is finished, adapts, and its late interval is the closed form of its own device."""
    neuron = MemristiveALIF()
    drawn = vary(neuron.memristor, dict.fromkeys(DEVICE, 0.2), 2_500, law="uniform")
    lanes = neuron.with_(**{k: getattr(drawn, k) for k in DEVICE})
    trace = lanes.simulate(protocol(), record=())
    assert trace.ok
    late = np.array([s[-1] - s[-2] for s in trace.spikes])
    np.testing.assert_allclose(late, lanes.interval(1e-3, 1.0), rtol=2e-3)
    assert np.all(late > 1.5 * np.array([s[1] - s[0] for s in trace.spikes]))


def test_energy_is_what_the_source_delivers(radau):
    """int v_c i dt up to the 40th spike; the equations of the reference carry it as a state of their own."""
    for k in (0, 20, 39):
        trace = MemristiveALIF().simulate(protocol(), float(radau[0][k]), record=())
        assert trace.energy["input"][0] == pytest.approx(radau[1][k], rel=1e-6)


def test_energy_goes_into_heat_and_charge():
    """Of one frozen ramp: source = charge of C + heat of both resistors, by the closed form of the ramp."""
    neuron = MemristiveALIF(tau=1e12)
    t, level, r = float(neuron.ramp(1e-3, 0.0, 0.0)), 1e-3, R_OFF + R_S
    trace = neuron.simulate(nr.Step(level), t * (1 - 1e-12), record=())
    grown = 1 - np.exp(-t / (r * C))
    heat = level**2 * r * (t - 2 * r * C * grown + r * C / 2 * (1 - np.exp(-2 * t / (r * C))))
    assert trace.energy["input"][0] == pytest.approx(heat + C / 2 * (level * r * grown) ** 2, rel=1e-9)


def test_the_resting_potential_only_shifts():
    lifted = MemristiveALIF(v_rest="0.3 V").simulate(protocol(), 1e-3, record=(), rtol=1e-10)
    plain = MemristiveALIF().simulate(protocol(), 1e-3, record=(), rtol=1e-10)
    np.testing.assert_allclose(lifted.spikes[0], plain.spikes[0], rtol=0, atol=1e-11)


def test_a_pause_does_not_reset_this_device():
    """At 0 V the chosen device drifts to ON, not to 0 as the paper says: V_on is nearer to 0 than V_off."""
    device = MemristiveALIF().memristor
    assert device.x_inf(0.0) > 0.999
    assert device.retention(0.0) > 1.0
    trace = MemristiveALIF(x0=0.3).simulate(nr.Step(0.0), 0.1)
    assert np.all(np.diff(trace["x"][0]) > 0)


@pytest.mark.parametrize(
    ("current", "words"),
    [
        (0.0, "the input of 0 A does not charge the capacitor"),
        ("5 uA", "I R_off < v_th: 5 uA drive at most 500 mV across the memristor of 100 kOhm; a spike takes 1 V"),
        ("50 uA", "I R_on < v_th: 50 uA drive at most 250 mV across the memristor of 5.001 kOhm; a spike takes 1 V"),
        ("150 uA", "after 9 spikes I R_on < v_th: 150 uA drive at most 750 mV across the memristor of 5 kOhm"),
        (
            "10 mA",
            "after 1 spikes the switch stays closed: 10 mA hold the memristor at 46.43 mV, above the release at 20 mV",
        ),
        ("1 mA", "nothing is wrong: 490 spikes in 10 ms"),
    ],
)
def test_why_it_is_silent(current, words):
    assert why_silent(MemristiveALIF(), current).startswith(words)


def test_why_it_is_silent_under_short_bursts():
    neuron = MemristiveALIF(c_mem="1 uF")
    trace = neuron.simulate(nr.Square("0.3 mA", "1 ms", duration="3 ms"))
    told = why_silent(neuron, trace)
    needed = float(neuron.ramp(0.3e-3, trace["x"][0, -1], 0.0))
    assert f"300 uA do not last: in this state they need {1e3 * needed:.4g} ms from rest" in told
    with pytest.raises(InputError, match=r"does not spike: I R_off < v_th"):
        require_spikes(neuron, neuron.simulate(nr.Step("1 uA"), 1e-3, record=()), "1 uA")


def test_it_fires_for_good_only_above_the_closed_form():
    """v_th / R_on is the limit for ever; in 10 ms the last of the switches are still OFF."""
    threshold = nr.rheobase(MemristiveALIF())
    assert 0.99 * V_TH / R_ON < threshold < V_TH / R_ON


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"v_release": "1 V"}, "v_release = 1 V is not below v_th = 1 V; the comparator needs hysteresis"),
        ({"v_th": [1.0, 0.01]}, "v_release = 20 mV is not below v_th = 10 mV"),
        ({"r_on": "200 kOhm"}, "r_on = 200 kOhm is not below r_off = 100 kOhm"),
        ({"x0": 1.5}, "x0 = 1.5 is not at least 0 and at most 1"),
        ({"r_swich": 5.0}, "no parameter 'r_swich'.*r_switch"),
        ({"c_mem": "10 nA"}, "c_mem: '10 nA' is in nA"),
    ],
)
def test_bad_parameters_are_one_sentence(values, sentence):
    with pytest.raises(InputError, match=sentence):
        MemristiveALIF(**values)


def test_the_preset_says_of_every_value_where_it_comes_from():
    (preset,) = PRESETS
    neuron = MemristiveALIF(**preset.values)
    assert neuron.values() == MemristiveALIF().values()
    assert set(CHOICE) == set(neuron.params)
    for declared in neuron.params.values():
        assert declared.source.startswith("chosen")
        assert declared.doc
    stimulus = preset.protocol()
    assert stimulus.level == 1e-3
    assert stimulus.duration == 20e-3
    np.testing.assert_allclose(stimulus.breakpoints()[:2], [0.5e-3, 1e-3])
