"""Spike times of every nonlinear model against SciPy Radau, whose equations are written here independently."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import neuristor as nr


def reference_spikes(field, start, crossing, reset, atol, count):
    """Spike times by Radau at rtol 1e-10; `crossing(y)` rises through zero at a spike, `reset(y)` follows if given.

    The fields do not depend on time: every interval starts at its own zero, so that its last steps can be short.
    """

    def event(t, y):
        return crossing(y)

    event.terminal, event.direction = True, 1
    since, y, spikes = 0.0, list(start), []
    for _ in range(count):
        run = solve_ivp(field, (0, 1.0), y, "Radau", events=event, rtol=1e-10, atol=atol)
        assert len(run.t_events[0]) == 1, run.message
        spikes.append((spikes[-1] if spikes else 0.0) + since + run.t[-1])
        if reset:
            since, y = 0.0, reset(run.y[:, -1])
        else:  # step past the crossing before looking for the next
            since = 2e-4
            y = solve_ivp(field, (0, since), run.y[:, -1], "Radau", rtol=1e-10, atol=atol).y[:, -1]
    return np.array(spikes)


def izhikevich(t, y):
    v, u = y  # mV, mV/ms; time in s
    return [1e3 * (0.04 * v * v + 5 * v + 140 - u + 10), 1e3 * 0.02 * (0.2 * v - u)]


def adex(t, y):
    v, w = y  # mV, pA
    dv = (-30 * (v + 70.6) + 30 * 2 * np.exp((v + 50.4) / 2) - w + 1000) / 281
    return [1e3 * dv, 1e3 * (4 * (v + 70.6) - w) / 144]


def squid(t, y):
    v, m, h, n = y  # mV
    am, bm = 0.1 * (v + 40) / (1 - np.exp(-(v + 40) / 10)), 4 * np.exp(-(v + 65) / 18)
    ah, bh = 0.07 * np.exp(-(v + 65) / 20), 1 / (1 + np.exp(-(v + 35) / 10))
    an, bn = 0.01 * (v + 55) / (1 - np.exp(-(v + 55) / 10)), 0.125 * np.exp(-(v + 65) / 80)
    dv = 10 - 120 * m**3 * h * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.387)
    return [1e3 * dv, *(1e3 * (a * (1 - x) - b * x) for a, b, x in ((am, bm, m), (ah, bh, h), (an, bn, n)))]


def cortical(t, y):
    v, m, h, n = y  # mV; nS, pF, pA
    u = v + 63
    am, bm = 0.32 * (13 - u) / (np.exp((13 - u) / 4) - 1), 0.28 * (u - 40) / (np.exp((u - 40) / 5) - 1)
    ah, bh = 0.128 * np.exp((17 - u) / 18), 4 / (1 + np.exp((40 - u) / 5))
    an, bn = 0.032 * (15 - u) / (np.exp((15 - u) / 5) - 1), 0.5 * np.exp((10 - u) / 40)
    dv = (300 - 10 * (v + 60) - 20000 * m**3 * h * (v - 50) - 6000 * n**4 * (v + 90)) / 200
    return [1e3 * dv, *(1e3 * (a * (1 - x) - b * x) for a, b, x in ((am, bm, m), (ah, bh, h), (an, bn, n)))]


def hindmarsh(t, y):
    x, r, z = y
    return [1e3 * (r - x**3 + 3 * x**2 - z + 3), 1e3 * (1 - 5 * x * x - r), 6 * (4 * (x + 1.6) - z)]


CASES = {
    "izhikevich": (
        nr.Izhikevich(),
        nr.Step("10 mV/ms"),
        (izhikevich, [-65, -13], lambda y: y[0] - 30, lambda y: [-65, y[1] + 8], 1e-12),
    ),
    # v_peak 0 mV: at +20 mV the potential crosses in less time than SciPy can step (see the test below)
    "adex": (
        nr.AdEx(v_peak="0 mV"),
        nr.Step("1 nA"),
        (adex, [-70.6, 0], lambda y: y[0], lambda y: [-70.6, y[1] + 80.5], 1e-12),
    ),
    "hodgkin_huxley": (
        nr.HodgkinHuxley(),
        nr.Step("10 uA/cm2"),
        (squid, [-65, 0.0529, 0.5961, 0.3177], lambda y: y[0], None, [1e-11, 1e-13, 1e-13, 1e-13]),
    ),
    "cortical_hh": (
        nr.CorticalHH(),
        nr.Step("0.3 nA"),
        (cortical, [-60, 0, 1, 0], lambda y: y[0] + 20, None, [1e-11, 1e-13, 1e-13, 1e-13]),
    ),
    "hindmarsh_rose": (
        nr.HindmarshRose(),
        nr.Step(3.0, unit="1"),
        (hindmarsh, [-1.6, 1 - 5 * 1.6**2, 0], lambda y: y[0] - 1, None, 1e-12),
    ),
}


COSTLY = ("adex", "cortical_hh", "hodgkin_huxley")  # their references


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in COSTLY else []) for n in CASES])
@pytest.mark.parametrize("method", ["dopri5", "rodas4"])
def test_spike_times_equal_radau(name, method):
    """At least 20 spikes within 1e-6 relative, by both adaptive methods."""
    neuron, stimulus, (field, start, crossing, reset, atol) = CASES[name]
    duration = 2.0
    expected = cached_reference(name, field, start, crossing, reset, atol)
    found = nr.simulate(neuron, stimulus, duration, method=method, rtol=1e-10, record=()).spikes[0]
    np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-6)


_references: dict[str, np.ndarray] = {}


def cached_reference(name, field, start, crossing, reset, atol):
    if name not in _references:
        _references[name] = reference_spikes(field, start, crossing, reset, atol, 21)
    return _references[name]


@pytest.mark.parametrize("name", CASES)
def test_default_tolerance_is_enough(name):
    """Without any setting, the first 20 spikes are within 1e-6 of a hundred times tighter run."""
    neuron, stimulus, _ = CASES[name]
    default = nr.simulate(neuron, stimulus, 2.0, record=()).spikes[0][:20]
    tight = nr.simulate(neuron, stimulus, 2.0, rtol=1e-12, record=()).spikes[0][:20]
    assert len(default) == 20
    np.testing.assert_allclose(default, tight, rtol=1e-6)


def test_adex_upswing_beyond_the_resolution_of_time():
    """From 0 to +20 mV AdEx needs 1e-13 s; raising v_peak moves every spike by less than that, and none fails."""
    low = nr.simulate(nr.AdEx(v_peak="0 mV"), nr.Step("1 nA"), 0.8, rtol=1e-11, record=())
    high = nr.simulate(nr.AdEx(v_peak="20 mV"), nr.Step("1 nA"), 0.8, rtol=1e-11, record=())
    assert low.ok
    assert high.ok
    assert len(high.spike_times) == len(low.spike_times) >= 20
    np.testing.assert_allclose(high.spike_times, low.spike_times, atol=3e-11)
    delay = 281e-12 / 30e-9 * np.exp(-50.4 / 2)  # c_mem/g_leak e^(-(v_peak - v_t)/delta_t): time left at 0 mV
    assert delay < 2e-13
