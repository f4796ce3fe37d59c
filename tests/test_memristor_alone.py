"""Memristors alone under a voltage or a current: closed forms, the load line, many devices in one run."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from neuristor.devices.memristor import GMMS, MMS, VTEAM, LinearDrift, Yakopcic
from neuristor.devices.memristor.load_line import meeting_voltage
from neuristor.errors import InputError
from neuristor.stimulus import PWL, Sine, SpikeTrain, Square, Step

SWEEP = Sine("1 V", "100 Hz", unit="V")


@pytest.mark.parametrize("v", [0.0, 0.1, 0.3, 0.45, 0.6, 0.9, 2.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_mms_at_constant_voltage_is_its_closed_form_over_twelve_decades_of_rate(v, sign):
    m = MMS(v_on=0.75, v_off=-0.75)
    v = sign * v
    life = 1.0 / m.relaxation(v)
    trace = m.simulate(Step(v, unit="V"), 3 * life, x0=0.3, rtol=1e-13, samples=41)
    assert np.max(np.abs(trace["x"][0] - m.at(trace.time, v, 0.3))) < 1e-12
    assert m.relaxation(0.0) < 1e-12 * m.relaxation(2.0)


def test_mms_closed_form_itself_against_arithmetic_of_fifty_digits():
    from decimal import Decimal, getcontext

    getcontext().prec = 50
    m = MMS()
    beta = Decimal(1.602176634e-19) / (Decimal(1.380649e-23) * Decimal(298.15))
    for v in (-0.6, -0.2, 0.0, 0.1, 0.6):
        a = 1 / (1 + (-beta * (Decimal(v) - Decimal(m.v_on))).exp())
        b = 1 / (1 + (beta * (Decimal(v) - Decimal(m.v_off))).exp())
        for t in (1e-9, 1e-4, 1.0, 100.0):
            end = a / (a + b)
            exact = end + (Decimal(0.3) - end) * (-(a + b) / Decimal(m.tau) * Decimal(t)).exp()
            assert abs(m.at(t, v, 0.3) - float(exact)) < 1e-13


def test_energy_of_a_resistor_at_rest():
    m = MMS(v_on=0.9, v_off=-0.9)
    trace = m.simulate(Step("0.1 V"), "1 ms", r0=700.0)
    assert trace.energy["source"][0] == pytest.approx(0.01 / 700 * 1e-3, rel=1e-9)
    assert trace["i"][0] == pytest.approx(np.full(2001, 0.1 / 700), rel=1e-9)
    assert trace.spike_counts[0] == 0


@pytest.mark.parametrize("v", [0.25, 0.5, 1.0, -0.03, -0.5])
def test_vteam_switches_in_its_closed_time(v):
    m = VTEAM()
    start, end = (0.0, 1.0) if v > 0 else (1.0, 0.0)
    wait = float(m.switching_time(v, start, end))
    trace = m.simulate(Step(v, unit="V"), 1.5 * wait, x0=start, rtol=1e-11, samples=1501)
    moving = trace.time < wait
    assert trace["x"][0][moving] == pytest.approx(start + (end - start) * trace.time[moving] / wait, abs=1e-9)
    assert trace["x"][0][~moving] == pytest.approx(end, abs=1e-9)
    assert m.switching_time(v, end, start) == np.inf


def test_vteam_rests_between_its_thresholds_and_sees_short_lobes():
    m = VTEAM(v_on=0.2, v_off=-0.2, rate_on=1e3, rate_off=1e3, alpha_on=1.0)
    assert np.all(m.simulate(Sine("0.199 V", "10 Hz", unit="V"), "1 s", x0=0.4)["x"] == 0.4)
    barely = m.simulate(Sine("0.201 V", "10 Hz", unit="V"), "0.1 s", x0=0.4, samples=3)["x"][0]
    angle = np.arcsin(0.2 / 0.201)
    lobe = ((0.201 / 0.2) * 2 * np.cos(angle) - (np.pi - 2 * angle)) / (2 * np.pi * 10)
    assert barely[1] - 0.4 == pytest.approx(1e3 * lobe, rel=1e-4)
    assert barely[2] == pytest.approx(0.4, abs=1e-6)


def test_a_state_at_its_stop_comes_back_at_once():
    m = VTEAM(rate_off=1e6)
    trace = m.simulate(PWL(["0 s", "1 us", "1 us", "10 us"], ["0.5 V", "0.5 V", "-0.03 V", "-0.03 V"]), "1.5 us", rtol=1e-10)
    after = trace.time > 1e-6
    assert trace["x"][0][after] == pytest.approx(1 + m.speed(-0.03) * (trace.time[after] - 1e-6), abs=1e-8)


def test_linear_drift_is_a_function_of_the_flux():
    m = LinearDrift()
    trace = m.simulate(Sine("1 V", "1 Hz", unit="V"), "1 s", x0=0.1, rtol=1e-11)
    flux = (1 - np.cos(2 * np.pi * trace.time)) / (2 * np.pi)
    assert trace["x"][0] == pytest.approx(m.at_flux(flux, 0.1), abs=1e-9)
    assert trace["x"][0, -1] == pytest.approx(0.1, abs=1e-9)  # no net flux, no change


def test_linear_drift_under_a_current_counts_the_charge():
    m = LinearDrift()
    trace = m.simulate(Step("20 uA"), "10 ms", x0=0.2, samples=11)
    assert trace["x"][0] == pytest.approx(0.2 + m.per_charge * 20e-6 * trace.time, rel=1e-9)
    assert trace["v"][0] == pytest.approx(20e-6 * m.resistance(trace["x"][0]), rel=1e-12)


@pytest.mark.parametrize("method", ["dopri5", "rodas4"])
def test_a_sweep_against_an_independent_solver(method):
    m = MMS.preset("knowm_default")
    v = lambda t: np.sin(2 * np.pi * 100 * t)  # noqa: E731
    ours = m.simulate(SWEEP, "20 ms", x0=0.2, method=method, samples=201)
    other = solve_ivp(lambda t, x: m.rate(v(t), x), (0, 20e-3), [0.2], "Radau", ours.time, rtol=1e-10, atol=1e-12)
    assert ours["x"][0] == pytest.approx(other.y[0], abs=1e-6)


@pytest.mark.parametrize("m", [MMS(), VTEAM(rate_off=1e3, rate_on=1e3)], ids=lambda m: m.name)
def test_behind_a_resistor_the_voltages_add_up(m):
    trace = m.simulate(SWEEP, "20 ms", x0=0.5, r_series="1 kOhm", rtol=1e-10)
    assert trace["v"] + 1e3 * trace["i"] == pytest.approx(SWEEP.value(trace.time), abs=1e-14)
    assert np.ptp(trace["x"]) > 0.3
    other = solve_ivp(
        lambda t, x: m.rate(np.sin(200 * np.pi * t) * m.resistance(x) / (m.resistance(x) + 1e3), x),
        (0, 20e-3), [0.5], "DOP853", trace.time[::20], rtol=1e-9, atol=1e-11, max_step=1e-5,
    )  # fmt: skip
    assert trace["x"][0, ::20] == pytest.approx(other.y[0], abs=1e-6)


def test_no_resistor_and_a_vanishing_one_agree():
    one = MMS().simulate(SWEEP, "10 ms", samples=51)
    other = MMS().simulate(SWEEP, "10 ms", r_series=1e-9, samples=51)
    assert one["x"] == pytest.approx(other["x"], abs=1e-7)


def random_gmms(rng):
    a, b = 10 ** rng.uniform(-10, -3, 2), 10 ** rng.uniform(0, 1.5, 2)
    r_on = 10 ** rng.uniform(2, 5)
    return GMMS(phi=rng.uniform(0, 1), alpha_f=a[0], alpha_r=a[1], beta_f=b[0], beta_r=b[1], r_on=r_on, r_off=50 * r_on)


def test_load_line_of_devices_with_diodes_against_bracketing():
    rng = np.random.default_rng(1)
    for _ in range(300):
        m = random_gmms(rng) if rng.random() < 0.7 else Yakopcic(b=10 ** rng.uniform(-1.5, 1))
        x, r, source = rng.uniform(0.01, 1), 10 ** rng.uniform(0, 6), rng.uniform(-3, 3)
        root = brentq(lambda v, m=m, x=x, r=r, s=source: v + r * m.current(v, x) - s, -3, 3, xtol=1e-15, rtol=1e-14)
        assert m.voltage_behind(source, x, r) == pytest.approx(root, rel=1e-10, abs=1e-14)
        i = m.current(source, x)
        assert m.voltage(i, x) == pytest.approx(source, rel=1e-10)
    assert meeting_voltage(GMMS(), 1.0, 1e3, 0.0, 0.5) == 0.0


def test_yakopcic_under_a_current():
    m = Yakopcic.preset("oblea_2010")
    drive = Sine("2 mA", "100 Hz")
    trace = m.simulate(drive, "5 ms", x0=0.11)
    assert trace.ok
    assert m.current(trace["v"], trace["x"]) == pytest.approx(drive.value(trace.time), abs=1e-15)
    assert trace["x"].max() > 0.2
    runaway = m.simulate(drive, "10 ms", x0=0.11)
    assert 5e-3 < runaway.failures[0].time < 10e-3


@pytest.mark.slow
def test_gmms_under_a_current_and_behind_a_resistor():
    m = GMMS.preset("pd_wo3_w")
    for drive, r_series in ((Sine("40 uA", "100 Hz"), 0.0), (Sine("2 V", "100 Hz", unit="V"), 1e4)):
        trace = m.simulate(drive, "20 ms", x0=0.1, r_series=r_series)
        source = drive.value(trace.time)
        rest = trace["i"] - source if drive.unit == "A" else trace["v"] + r_series * trace["i"] - source
        assert np.max(np.abs(rest)) < 1e-12
        assert np.ptp(trace["x"]) > 0.5


def test_ten_thousand_devices_in_one_run_and_each_as_if_alone():
    rng = np.random.default_rng(7)
    n = 10_000
    m = MMS(r_on=500 * rng.lognormal(0, 0.2, n), r_off=5e4, v_on=0.27 * rng.lognormal(0, 0.05, n), tau=1e-4)
    drive = Sine("0.6 V", "100 Hz", unit="V", duration="10 ms")
    trace = m.simulate(drive, x0=0.1)
    assert trace.ok
    assert trace.signals == {}
    assert trace.meta["x_end"].shape == (n,)
    for k in (0, 4321, 9999):
        alone = MMS(r_on=m.r_on[k], r_off=5e4, v_on=m.v_on[k], tau=1e-4).simulate(drive, x0=0.1)
        assert trace.meta["x_end"][k] == pytest.approx(alone["x"][0, -1], abs=1e-12)
        assert trace.energy["source"][k] == pytest.approx(alone.energy["source"][0], rel=1e-9)


def test_a_lane_is_the_same_to_the_last_bit_among_few_and_many():
    tau = 1e-4 * np.random.default_rng(3).lognormal(0, 0.5, 500)
    few, many = (MMS(tau=tau[:n]).simulate(SWEEP, "10 ms", x0=0.1).meta["x_end"] for n in (7, 500))
    assert np.array_equal(few, many[:7])


def test_lanes_of_the_stimulus_and_of_the_start():
    drive = Sine(["0.3 V", "0.6 V", "0.9 V"], "100 Hz", unit="V", duration="10 ms")
    trace = MMS().simulate(drive, x0=[0.1, 0.2, 0.3], record=("x", "i"))
    assert list(trace.signals) == ["x", "i"]
    assert trace["x"][:, 0] == pytest.approx([0.1, 0.2, 0.3])
    alone = MMS().simulate(Sine("0.6 V", "100 Hz", unit="V", duration="10 ms"), x0=0.2)
    assert trace["x"][1] == pytest.approx(alone["x"][0], abs=1e-12)


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (lambda: MMS().simulate(SWEEP, "1 ms", x0=1.2), "x0 = 1.2 is not between 0 (fully OFF) and 1 (fully ON)"),
        (lambda: MMS().simulate(SWEEP, "1 ms", r0="2 kOhm"), "asks for a state x = -0.125"),
        (lambda: MMS().simulate(SWEEP, "1 ms", x0=0.1, r0="1 kOhm"), "not both"),
        (lambda: MMS().simulate(SWEEP, "1 ms", r_series="-1 kOhm"), "r_series = -1 kOhm is not zero or more"),
        (lambda: MMS().simulate(SWEEP, "1 ms", record=("y",)), "mms has no signal 'y'"),
        (lambda: MMS().simulate(Step("1 S"), "1 ms"), "driven by a voltage or a current, not by a stimulus in S"),
        (lambda: MMS().simulate(SWEEP), "say how long to simulate"),
        (lambda: MMS().simulate("1 V", "1 ms"), "the stimulus must be a Stimulus"),
        (lambda: MMS(r_on=[1.0, 2.0]).simulate(SWEEP, "1 ms", x0=[0.1] * 3), "lanes"),
        (lambda: LinearDrift(window="joglekar").simulate(SWEEP, "1 ms"), "holds x = 0 and x = 1 for ever"),
        (lambda: Yakopcic().simulate(Step("1 mA"), "1 ms"), "x0 = 0 is an open circuit"),
        (lambda: MMS().simulate(SpikeTrain(["1 ms"], "1 uC"), "2 ms"), "cannot take delta spikes"),
    ],
)
def test_bad_input_is_told_in_a_sentence(run, sentence):
    with pytest.raises(InputError) as told:
        run()
    assert sentence in str(told.value)


def test_a_square_is_followed_through_its_jumps():
    m = MMS(v_on=0.3, v_off=-0.3)
    trace = m.simulate(Square("0.5 V", "1 ms", low="-0.5 V", duration="2 ms"), x0=0.0, rtol=1e-12, samples=5)
    x = 0.0
    for k, v in enumerate((0.5, -0.5, 0.5, -0.5)):
        x = m.at(0.5e-3, v, x)
        assert trace["x"][0, k + 1] == pytest.approx(x, abs=1e-11)
