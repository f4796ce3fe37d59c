"""The switch with hysteresis, and `.meas`, in closed form and against ngspice."""

import math

import numpy as np
import pytest

from neuristor.circuits import analyses
from neuristor.circuits.spice import parse_spice
from neuristor.errors import InputError

RELAXATION = """relaxation oscillator: 1 nA charges 10 fF to 0.8 V, a switch of 1 kOhm empties it to 0.2 V
i1 0 a 1n
c1 a 0 10f
s1 a 0 a 0 sm
.model sm sw vt=0.5 vh=0.3 ron=1k roff=1e18
.tran 1n 100u uic
"""


def test_relaxation_oscillator_in_closed_form():
    trace = analyses.tran(parse_spice(RELAXATION), spikes=[("a", 0.5)])
    rise = 10e-15 * 0.6 / 1e-9
    fall = 1e3 * 10e-15 * math.log((0.8 - 1e-6) / (0.2 - 1e-6))  # to I R_on = 1 uV
    assert trace.ok
    assert np.diff(trace.spikes[0]) == pytest.approx(rise + fall, rel=1e-7)
    assert trace["a"].max() == pytest.approx(0.8, abs=1e-6)
    assert trace["a"][0, trace.time > 1e-5].min() == pytest.approx(0.2, abs=1e-6)


def test_lanes_switch_at_their_own_times():
    currents = np.array([0.5e-9, 1e-9, 2e-9])
    trace = analyses.tran(parse_spice(RELAXATION).set("i1", dc=currents), spikes=[("a", 0.5)])
    periods = [np.diff(t).mean() for t in trace.spikes]
    assert periods == pytest.approx(10e-15 * 0.6 / currents, rel=1e-4)


def test_state_at_the_operating_point():
    text = "on\nv1 a 0 1\nr1 a b 1k\ns1 b 0 a 0 sm\n.model sm sw vt={vt} vh=0.1 ron=1k roff=1e9\n.op\n"
    assert analyses.op(parse_spice(text.format(vt=0.5)))["b"][0] == pytest.approx(0.5, rel=1e-9)
    assert analyses.op(parse_spice(text.format(vt=1.5)))["b"][0] == pytest.approx(1.0, rel=1e-5)


def test_hysteresis_follows_a_triangle():
    text = """triangle
v1 a 0 pwl(0 0 1m 1 2m 0)
s1 b 0 a 0 sm
r1 c b 1k
v2 c 0 1
.model sm sw vt=0.5 vh=0.2 ron=1 roff=1e9
.tran 1u 2m
"""
    trace = analyses.tran(parse_spice(text), spikes=[("b", 0.5)])
    above = trace["b"][0] > 0.5
    times = trace.time[1:][above[1:] != above[:-1]]
    assert times == pytest.approx([0.7e-3, 1.7e-3], rel=1e-6)


@pytest.mark.parametrize(
    ("card", "sentence"), [("vh=-0.1", "gradually"), ("ron=0", "ron > 0"), ("it=1", "no parameter 'it'")]
)
def test_bad_cards(card, sentence):
    text = f"bad\nv1 a 0 1\ns1 a 0 a 0 sm\n.model sm sw {card}\n.op\n"
    with pytest.raises(InputError, match=sentence):
        analyses.op(parse_spice(text))


MEASURES = """RC under a pulse
v1 a 0 pulse(0 1 1u 10n 10n 5u 20u)
r1 a b 1k
c1 b 0 1n
.tran 10n 12u
.meas tran delay trig v(a) val=0.5 rise=1 targ v(b) val=0.5 rise=1
.meas tran at3 find v(b) at=3u
.meas tran fall when v(b)=0.25 fall=1
.meas tran charge integ i(v1) from=0 to=6u
.meas tran mean avg v(b) from=0 to=12u
.meas tran top max v(b)
.meas tran never when v(b)=2
"""


def exact(t):
    """Response of RC = 1 us to a ramp of 10 ns from 1 us on."""
    tau, ramp = 1e-6, 1e-8
    s = t - 1e-6 - ramp
    end = 1 - tau / ramp * (1 - math.exp(-ramp / tau))
    return 1 - (1 - end) * math.exp(-s / tau)


def test_measures_of_an_rc_in_closed_form():
    found = {k: float(v[0]) for k, v in analyses.tran(parse_spice(MEASURES), rtol=1e-8).measures.items()}
    half = 1.01e-6 + 1e-6 * math.log((1 - exact(1.01e-6)) / 0.5)
    assert found["delay"] == pytest.approx(half - 1.005e-6, rel=1e-6)
    assert found["at3"] == pytest.approx(exact(3e-6), rel=1e-6)
    assert found["charge"] == pytest.approx(-1e-9 * exact(6e-6), rel=1e-5)
    assert found["top"] == pytest.approx(exact(6.01e-6), rel=1e-4)
    assert math.isnan(found["never"])
    assert 6.01e-6 < found["fall"] < 9e-6


def test_measures_agree_with_ngspice():
    netlist = parse_spice(MEASURES)
    ours = analyses.tran(netlist).measures
    peer = analyses.tran(netlist, engine="ngspice", rtol=1e-7).measures
    for name in ("delay", "at3", "fall", "charge", "mean", "top"):
        assert ours[name][0] == pytest.approx(peer[name][0], rel=5e-4), name


def test_measures_are_one_number_a_lane():
    resistances = np.linspace(1e3, 2e3, 40)
    delay = analyses.tran(parse_spice(MEASURES).set("r1", r=resistances)).measures["delay"]
    assert delay == pytest.approx(resistances * 1e-9 * math.log(2), rel=1e-3)


def test_measures_of_sweeps_and_responses():
    text = """low-pass
v1 a 0 dc 1 ac 1
r1 a b 1k
c1 b 0 1n
.dc v1 0 2 0.1
.ac dec 50 1k 10meg
.meas dc half when v(b)=1
.meas dc top max v(b)
.meas ac corner when v(b)=0.70710678 fall=1
"""
    netlist = parse_spice(text)
    swept, response = analyses.dc(netlist).measures, analyses.ac(netlist).measures
    assert (swept["half"][0], swept["top"][0]) == pytest.approx((1.0, 2.0), rel=1e-6)
    assert response["corner"][0] == pytest.approx(1 / (2 * math.pi * 1e-6), rel=1e-4)


def test_a_damped_sine_in_closed_form():
    text = "ring\ni1 0 a sin(0.5u 1u 1meg 1u 2e5 30)\nr1 a 0 1k\n.tran 10n 6u\n"
    trace = analyses.tran(parse_spice(text), rtol=1e-8)
    t = np.maximum(trace.time - 1e-6, 0.0)
    want = 0.5e-3 + 1e-3 * np.exp(-2e5 * t) * np.sin(2 * np.pi * 1e6 * t + np.radians(30))
    assert np.max(np.abs(trace["a"][0] - want)) < 1e-7
