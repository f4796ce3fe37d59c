"""Spread of memristors, and the noise of single switches."""

import numpy as np
import pytest

from neuristor.devices.memristor import MMS, MSS, VTEAM, cycles, vary, with_read_noise
from neuristor.errors import InputError
from neuristor.stimulus import Sine, Step, Triangle

N = 20_000
FOUR_SIGMA = 4.0


def near(sample_value, value, standard_error):
    assert abs(sample_value - value) < FOUR_SIGMA * standard_error


@pytest.mark.parametrize("law", ["lognormal", "normal", "uniform"])
def test_drawn_parameters_have_the_spread_asked_for(law):
    m = vary(MMS(), {"r_on": 0.1, "v_off": 0.05}, N, law=law, seed=3)
    assert np.all(m.v_off < 0)
    assert m.r_off == 1500.0
    for values, middle, size in ((m.r_on, 500.0, 0.1), (m.v_off, -0.27, 0.05)):
        ratio = values / middle
        z = np.log(ratio) if law == "lognormal" else ratio - 1
        sigma = size / np.sqrt(3) if law == "uniform" else size
        near(z.mean(), 0.0, sigma / np.sqrt(N))
        near(z.std(), sigma, sigma / np.sqrt(2 * N))
        if law == "uniform":
            assert np.max(np.abs(z)) <= size


def test_correlated_parameters():
    m = vary(MMS(), {"r_on": 0.1, "r_off": 0.2, "v_on": 0.05}, N, correlation=[[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]])
    z = np.log([m.r_on / 500, m.r_off / 1500, m.v_on / 0.27])
    rho = np.corrcoef(z)
    near(rho[0, 1], 0.8, (1 - 0.64) / np.sqrt(N))
    near(rho[0, 2], 0.0, 1 / np.sqrt(N))


def test_a_lane_does_not_depend_on_how_many_there_are():
    few, many = (vary(MMS(), {"r_on": 0.1, "tau": 0.3}, n, seed=5) for n in (3, 50))
    assert np.array_equal(few.r_on, many.r_on[:3])
    assert np.array_equal(few.tau, many.tau[:3])
    assert not np.array_equal(vary(MMS(), {"r_on": 0.1}, 3, seed=6).r_on, few.r_on)


def test_variation_on_top_of_variation():
    m = vary(vary(MMS(), {"r_on": 0.1}, 100), {"tau": 0.1}, 100, seed=1)
    assert np.ptp(m.r_on) > 0
    assert np.ptp(m.tau) > 0


SWEEP = Sine("0.6 V", "100 Hz", unit="V", duration="10 ms")


def test_cycles_without_spread_are_one_long_run():
    parts = cycles(MMS(), SWEEP, 3, {"tau": 0.0}, x0=0.2, samples=101)
    whole = MMS().simulate(SWEEP, "30 ms", x0=0.2, samples=301)
    assert parts.time == pytest.approx(whole.time, abs=1e-15)
    assert parts["x"] == pytest.approx(whole["x"], abs=1e-6)
    assert parts.energy["source"] == pytest.approx(whole.energy["source"], rel=1e-6)


def test_cycles_draw_anew_and_carry_the_state_on():
    device = vary(MMS(), {"r_on": 0.1}, 4)
    trace = cycles(device, SWEEP, 3, {"v_on": 0.1, "v_off": 0.1}, seed=2, samples=101)
    drawn = trace.meta["drawn"]["v_on"]
    assert drawn.shape == (3, 4)
    assert len(np.unique(drawn)) == 12
    assert trace["x"].shape == (4, 301)
    last = device.with_(v_on=drawn[2], v_off=trace.meta["drawn"]["v_off"][2])
    again = last.simulate(SWEEP, x0=trace["x"][:, 200], samples=101)
    assert trace["x"][:, 201:] == pytest.approx(again["x"][:, 1:], abs=1e-12)
    few = cycles(device.with_(r_on=device.r_on[:2]), SWEEP, 3, {"v_on": 0.1, "v_off": 0.1}, seed=2, samples=101)
    assert few["x"] == pytest.approx(trace["x"][:2], abs=1e-12)


def test_noise_of_switches_is_anew_in_every_cycle():
    trace = cycles(MSS(switches=200), SWEEP, 2, {}, x0=0.3, dt="0.1 ms", samples=101)
    assert not np.array_equal(np.diff(trace["x"][0, :101]), np.diff(trace["x"][0, 100:]))


def test_read_noise():
    trace = MMS(v_on=0.9, v_off=-0.9).simulate(Step("0.1 V"), "1 ms", r0=700.0, samples=10_001)
    noise = with_read_noise(trace, 0.02, seed=1)["i"][0] / trace["i"][0] - 1
    near(noise.std(), 0.02, 0.02 / np.sqrt(2e4))
    near(noise.mean(), 0.0, 0.02 / np.sqrt(1e4))


@pytest.mark.parametrize("increments", ["binomial", "normal"])
def test_switches_follow_the_mean_model(increments):
    """The mean over lanes at every sample, against the closed form; its variance is that of N two-state switches."""
    lanes, m = 100, MSS(v_on=0.02, v_off=-0.02, switches=1000, increments=increments)
    dt = m.tau / (10 if increments == "binomial" else 200)
    v = 0.01
    trace = m.simulate(Step(v, unit="V"), 2 * m.tau, dt=dt, lanes=lanes, seed=11, samples=5, record="x")
    for k in (1, 2, 3, 4):
        mean = m.mean().at(trace.time[k], v, 0.0)
        near(trace["x"][:, k].mean(), mean, np.sqrt(mean * (1 - mean) / (1000 * lanes)))


def test_at_rest_the_switches_are_binomial():
    total, lanes = 400, 2000
    m = MSS(v_on=0.01, v_off=-0.02, switches=total)
    x_inf = m.x_inf(0.0)
    trace = m.simulate(Step(0.0, unit="V"), 40 * m.tau, dt=10 * m.tau, lanes=lanes, x0=0.5, seed=4, record=("x",))
    last = trace["x"][:, -1]
    variance = x_inf * (1 - x_inf) / total
    near(last.mean(), x_inf, np.sqrt(variance / lanes))
    near(last.var(), variance, variance * np.sqrt(2 / lanes))


def test_noise_falls_with_the_number_of_switches():
    spreads = [
        MSS(v_on=0.01, v_off=-0.01, switches=n)
        .simulate(Step("0 V"), "1 ms", dt="0.5 ms", lanes=400, x0=0.5)
        .meta["x_end"]
        .std()
        for n in (100, 10_000)
    ]
    assert spreads[0] / spreads[1] == pytest.approx(10.0, rel=0.2)


def test_a_stochastic_lane_is_reproducible_alone():
    m = MSS(switches=500)
    many = m.simulate(SWEEP, dt="0.1 ms", lanes=5, seed=8, x0=0.3)
    few = m.simulate(SWEEP, dt="0.1 ms", lanes=2, seed=8, x0=0.3)
    assert np.array_equal(many["x"][:2], few["x"])
    assert not np.array_equal(many["x"][0], many["x"][1])


def test_switches_behind_a_resistor_and_under_a_current():
    m = MSS(v_on=0.1, v_off=-0.1, switches=2e6)
    behind = m.simulate(SWEEP, dt="2 us", x0=0.3, r_series="1 kOhm", samples=101)
    mean = m.mean().simulate(SWEEP, x0=0.3, r_series="1 kOhm", samples=101)
    assert behind["v"] + 1e3 * behind["i"] == pytest.approx(SWEEP.value(behind.time), abs=1e-14)
    assert behind["x"] == pytest.approx(mean["x"], abs=0.01)
    drive = Triangle("0.5 mA", "10 ms")
    forced = m.simulate(drive, dt="2 us", x0=0.3, samples=101)
    assert forced["i"] == pytest.approx(drive.value(forced.time), abs=1e-15)
    assert forced["x"] == pytest.approx(m.mean().simulate(drive, x0=0.3, samples=101)["x"], abs=0.01)


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (lambda: vary(MMS(), {"r_onn": 0.1}, 3), "did you mean 'r_on'"),
        (lambda: vary(MMS(), {"r_on": -0.1}, 3), "the spread of r_on must be zero or more"),
        (lambda: vary(MMS(), {"r_on": 0.1}, 3, law="gauss"), "none of lognormal, normal, uniform"),
        (lambda: vary(MMS(), {"r_on": 0.1, "tau": 0.1}, 3, correlation=[[1, 2], [2, 1]]), "symmetric 2 x 2 matrix"),
        (lambda: vary(MMS(), {"r_on": 5.0}, 500), "is not below r_off"),
        (lambda: vary(VTEAM(), {"v_on": 3.0}, 500, law="normal"), "is not positive"),
        (lambda: cycles(MMS(), Step("1 V"), 2, {"r_on": 0.1}), "a cycle needs a stimulus that says its duration"),
        (lambda: MSS(switches=10.5), "must be a whole number"),
        (lambda: MSS().simulate(SWEEP, dt="1 s"), "must be positive and within the duration"),
        (lambda: MSS().simulate(Step("1 V"), dt="1 ms"), "within the duration (no end)"),
        (lambda: MSS().simulate(SWEEP, dt="1 ms", x0=-0.1), "x0 = -0.1 is not between"),
    ],
)
def test_bad_input_is_told_in_a_sentence(run, sentence):
    with pytest.raises(InputError) as told:
        run()
    assert sentence in str(told.value)
