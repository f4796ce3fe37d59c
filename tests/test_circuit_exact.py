"""The circuit solver against closed forms: linear networks, diodes, ramps, corners, crossings."""

import numpy as np
import pytest
from circuits_tools import parse, run, sampled
from scipy.special import lambertw

from neuristor.circuits import analyses

RC_STEP = "v1 in 0 1\nr1 in out 1k\nc1 out 0 1n\n.tran 10n 10u uic"
THERMAL = 1.38064852e-23 * 300.15 / 1.6021766208e-19
DIODE = ".model d1 d(is=1e-14)"


@pytest.mark.parametrize("rtol", [1e-3, 1e-5, 1e-7, 1e-9])
def test_rc_step_follows_the_exponential_within_the_tolerance(rtol):
    trace = run(RC_STEP, rtol=rtol, spikes=["out@0.5"])
    t, v = sampled(trace, "out")
    assert np.max(np.abs(v - (1 - np.exp(-t / 1e-6)))) < 3 * rtol
    assert trace.crossings["out"][0] == pytest.approx([1e-6 * np.log(2)], rel=5 * rtol)


def ramp_response(t, tau):
    """Response of an RC to a ramp of 1 V/s from t = 0."""
    s = np.maximum(t, 0.0)
    return s - tau * (1 - np.exp(-s / tau))


def test_rc_with_pulses():
    t, v = sampled(run("v1 in 0 pulse(0.2 1 1u 0.1u 0.2u 2u 5u)\nr1 in out 1k\nc1 out 0 0.5n\n.tran 10n 12u"), "out")
    want = np.full_like(t, 0.2)
    for start in (1e-6, 6e-6, 11e-6):
        for corner, slope in ((0, 0.8 / 0.1e-6), (0.1e-6, -0.8 / 0.1e-6), (2.1e-6, -0.8 / 0.2e-6), (2.3e-6, 0.8 / 0.2e-6)):
            want += slope * ramp_response(t - start - corner, 0.5e-6)
    assert np.max(np.abs(v - want)) < 5e-5


def test_rl_step():
    trace = run("v1 in 0 1\nr1 in out 1k\nl1 out 0 1m\n.tran 10n 10u uic")
    t = trace.time
    np.testing.assert_allclose(trace.signals["i(l1)"][0], 1e-3 * (1 - np.exp(-t / 1e-6)), atol=1e-8)
    later = t > 1e-15  # before: from the given 0 V, which the current contradicts, to 1 V
    np.testing.assert_allclose(trace.signals["out"][0][later], np.exp(-t[later] / 1e-6), atol=1e-5)


@pytest.mark.parametrize("ohm", [100.0, 1900.0, 5000.0])
def test_series_rlc(ohm):
    """Under-damped, nearly critical, over-damped."""
    l, c = 1e-3, 1e-9  # noqa: E741
    t, v = sampled(run(f"v1 in 0 1\nr1 in a {ohm}\nl1 a out 1m\nc1 out 0 1n\n.tran 10n 50u uic"), "out")
    damping = ohm / (2 * l)
    w = np.sqrt(complex(1 / (l * c) - damping**2))
    want = 1 - np.real(np.exp(-damping * t) * (np.cos(w * t) + damping / w * np.sin(w * t)))
    assert np.max(np.abs(v - want)) < 1.5e-4


def test_frequency_and_envelope_of_a_ringing_circuit():
    trace = run("v1 in 0 1\nr1 in a 100\nl1 a out 1m\nc1 out 0 1n\n.tran 10n 50u uic", rtol=1e-8, spikes=["out@1"])
    damping = 100 / 2e-3
    w = np.sqrt(1e12 - damping**2)
    periods = np.diff(trace.crossings["out"][0])
    np.testing.assert_allclose(periods, 2 * np.pi / w, rtol=1e-6)
    t, v = sampled(trace, "out")
    peaks = [np.max(v[(t > k * 2 * np.pi / w) & (t < (k + 1) * 2 * np.pi / w)]) - 1 for k in range(6)]
    np.testing.assert_allclose(np.diff(np.log(peaks)), -damping * 2 * np.pi / w, rtol=2e-3)


@pytest.mark.parametrize(("rtol", "loss"), [(1e-7, 6e-4), (1e-9, 1.5e-5), (1e-11, 5e-7)])
def test_an_lc_circuit_keeps_its_energy(rtol, loss):
    """Over 159 periods; a formula that damps must lose something, but in proportion to the tolerance."""
    trace = run("c1 a 0 1n\nl1 a 0 1m\n.ic v(a)=1\n.tran 10n 1m uic", rtol=rtol)
    energy = 0.5e-9 * trace.signals["a"][0] ** 2 + 0.5e-3 * trace.signals["i(l1)"][0] ** 2
    assert abs(energy[-1] / energy[0] - 1) < loss


@pytest.mark.parametrize("volt", [0.3, 0.6, 1.0, 5.0])
def test_diode_and_resistor(volt):
    got = analyses.op(parse(f"v1 in 0 {volt}\nr1 in out 1k\nd1 out 0 d1", DIODE))["out"][0]
    z = 1e-14 * 1e3 / THERMAL * np.exp((volt + 1e-11) / THERMAL)
    current = THERMAL / 1e3 * np.real(lambertw(z)) - 1e-14
    assert got == pytest.approx(volt - 1e3 * current, abs=1e-9)


def test_peak_detector_droops_with_its_load():
    """Behind the peak the capacitor feeds the load and the diode's reverse current alone."""
    body = "v1 in 0 pulse(0 3 0 1u 1u 5u 1)\nd1 in out d1\nr1 out 0 100k\nc1 out 0 1n\n.tran 10n 100u"
    t, v = sampled(run(body, models=DIODE), "out")
    tail = t > 10e-6
    t, v = t[tail], v[tail]
    want = (v[0] + 1e-9) * np.exp(-(t - t[0]) / 1e-4) - 1e-9
    np.testing.assert_allclose(v, want, rtol=3e-5)


@pytest.mark.parametrize("amperes", [1e-12, 1e-6])
def test_a_constant_current_gives_an_exact_ramp(amperes):
    trace = run(f"i1 0 a {amperes}\nc1 a 0 {amperes * 1e-3}\n.tran 1u 1m uic", spikes=["a@0.7"])
    t, v = sampled(trace, "a")
    np.testing.assert_allclose(v, t / 1e-3, atol=1e-12)
    assert trace.crossings["a"][0] == pytest.approx([0.7e-3], rel=1e-12)


def test_capacitors_in_series_divide():
    body = "v1 in 0 pwl(0 0 1u 1 2u 1 3u -2)\nc1 in mid 1p\nc2 mid 0 3p\n.tran 10n 5u uic"
    trace = run(body)
    np.testing.assert_allclose(trace.signals["mid"][0], trace.signals["in"][0] / 4, atol=1e-11)


def test_corners_of_a_source_are_hit_exactly():
    corners = [1e-6, 1.234567e-6, 2e-6, 2.0000001e-6, 7.7e-6]
    points = " ".join(f"{t} {v}" for t, v in zip(corners, (0, 1, 0.3, 0.8, -1), strict=True))
    trace = run(f"v1 in 0 pwl({points})\nr1 in out 1k\nc1 out 0 1n\n.tran 10n 10u")
    assert set(corners) <= set(trace.time.tolist())
    want = sum(
        slope * ramp_response(trace.time - at, 1e-6)
        for at, slope in zip(corners, np.diff([0, *np.diff([0, 1, 0.3, 0.8, -1]) / np.diff(corners), 0]), strict=True)
    )
    assert np.max(np.abs(trace.signals["out"][0] - want)) < 5e-5


def test_samples_between_steps_are_as_good_as_the_steps():
    body = "v1 in 0 sin(0 1 100k)\nr1 in a 1k\nc1 a 0 1n\n.tran 10n 30u"
    trace = run(body, samples=3001)
    w, tau, t = 2 * np.pi * 1e5, 1e-6, trace.time
    want = (np.sin(w * t) - w * tau * np.cos(w * t) + w * tau * np.exp(-t / tau)) / (1 + (w * tau) ** 2)
    assert np.max(np.abs(trace.signals["a"][0] - want)) < 5e-5


@pytest.mark.parametrize("rtol", [1e-5, 1e-10])
def test_crossings_of_a_sine(rtol):
    """At a tight tolerance, to 1e-9 of the interval between crossings."""
    body = "v1 in 0 sin(0 1 100k)\nr1 in a 1k\nc1 a 0 1n\n.tran 10n 100u"
    times = run(body, rtol=rtol, spikes=["a@0.2"]).crossings
    w, tau = 2 * np.pi * 1e5, 1e-6
    phase = np.arctan(w * tau)
    late = (np.arcsin(0.2 * np.hypot(1, w * tau)) + phase) / w + np.arange(10) * 1e-5
    assert np.max(np.abs(times["a"][0][3:] - late[3:])) < max(1e-14, 10 * rtol * 1e-5)


def test_crossings_of_a_node_that_a_source_holds():
    trace = run("v1 in 0 sin(0 1 100k)\nr1 in a 1k\nc1 a 0 1n\n.tran 10n 100u", spikes=["in@0.5"])
    np.testing.assert_allclose(trace.crossings["in"][0], (1 / 12 + np.arange(10)) * 1e-5, atol=1e-14)


@pytest.mark.parametrize("time_scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("impedance", [1e-4, 1.0, 1e5])
def test_a_scaled_circuit_behaves_the_same(impedance, time_scale):
    """From microamperes into nanofarads to picoamperes into femtofarads: the same relative results."""
    z, s = impedance, time_scale
    body = (
        f"v1 in 0 pulse(0 2 {1e-6 * s} {1e-7 * s} {1e-7 * s} {5e-6 * s} {12e-6 * s})\nr1 in a {1e3 * z}\nd1 a b d1\n"
        f"c1 b 0 {1e-9 * s / z}\nr2 b 0 {1e4 * z}\nl1 b c {1e-4 * s * z}\nr3 c 0 {2e3 * z}\n.tran {1e-8 * s} {50e-6 * s}"
    )
    trace = run(body, models=f".model d1 d(is={1e-14 / z})", spikes=["b@0.5"], samples=501)
    plain = run(
        "v1 in 0 pulse(0 2 1u 0.1u 0.1u 5u 12u)\nr1 in a 1k\nd1 a b d1\nc1 b 0 1n\nr2 b 0 10k\nl1 b c 0.1m\nr3 c 0 2k\n"
        ".tran 10n 50u", models=DIODE, spikes=["b@0.5"], samples=501,
    )  # fmt: skip
    assert len(plain.crossings["b"][0]) == 5
    np.testing.assert_allclose(trace.crossings["b"][0] / s, plain.crossings["b"][0], rtol=3e-5)
    np.testing.assert_allclose(trace.signals["b"], plain.signals["b"], atol=1e-4)
    np.testing.assert_allclose(trace.energy["v1"] * z / s, plain.energy["v1"], rtol=3e-5)
