"""Op-amp and comparator macromodels: closed forms of gain, slew, swing, delay and hysteresis, ngspice, bad input."""

import math
import shutil

import numpy as np
import pytest

from neuristor.circuits import ac, op, op_sensitivity, parse_spice, sensitivity, tran, write_spice
from neuristor.circuits.check import errors, warnings
from neuristor.circuits.modelled import amplifier_model
from neuristor.circuits.netlist import Ac
from neuristor.circuits.spice.subcircuits import amplifier_subcircuit
from neuristor.circuits.variation import read_mismatch, vary
from neuristor.devices.amplifier import Amplifier, Comparator, OpAmp
from neuristor.errors import InputError
from neuristor.presets.amplifiers import AMPLIFIER_PRESETS

NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
GBW, SLEW, GAIN = 4e6, 9e6, 2e4
FOLLOWER = """follower
.model o opamp gain=2e4 gbw=4meg slew=9e6 drop_high=1 drop_low=2 r_out=100 c_in=0
vp p 0 15
vn n 0 -15
vi in 0 {source}
u1 in out p n out o
.tran 1n 5u
"""
SCHMITT = """comparator
.model c comparator preset=ad8561 v_rise={rise} v_fall={fall}
vp p 0 5
vi in 0 {source}
u1 in 0 p 0 out c{own}
rl out 0 100k
.tran 1n 1u
"""


def follower(source, **settings):
    return tran(parse_spice(FOLLOWER.format(source=source)), **settings)


def schmitt(source, rise=1.0, fall=0.02, own=""):
    return parse_spice(SCHMITT.format(source=source, rise=rise, fall=fall, own=own))


@pytest.mark.slow
def test_a_small_step_settles_with_the_gain_bandwidth():
    # 1 uV: slew does not limit. v = k v_in (1 - e^(-t/tau)), tau = 1 / (2 pi GBW (1 + 1 / A)), k = A / (1 + A).
    trace = follower("pulse(0 1u 1u 1p 1p 1 2)", rtol=1e-9)
    t = trace.time - 1e-6
    tau = 1 / (2 * math.pi * GBW * (1 + 1 / GAIN))
    exact = np.where(t > 0, 1e-6 * GAIN / (1 + GAIN) * -np.expm1(-np.maximum(t, 0) / tau), 0)
    offset = trace["out"][0][0]
    assert abs(offset) < 1e-12
    assert np.abs(trace["out"][0] - offset - exact).max() < 2e-6 * 1e-6 + 20e-9 * 15


def test_a_large_step_slews():
    # dy/dt = S tanh(k (v_in - y)), k = 2 pi GBW / S, has the solution sinh(k (v_in - y)) = sinh(k v_in) e^(-k S t).
    trace = follower("pulse(0 5 1u 1p 1p 1 2)", rtol=1e-9)
    t = np.maximum(trace.time - 1e-6, 0)
    k = 2 * math.pi * GBW / SLEW
    exact = 5 - np.arcsinh(np.sinh(5 * k) * np.exp(-k * SLEW * t)) / k
    assert np.abs(trace["out"][0] - exact).max() < 5e-4  # 5 V / gain is 2.5e-4 V
    middle = (t > 0.1e-6) & (t < 0.3e-6)
    slope = np.polyfit(t[middle], trace["out"][0][middle], 1)[0]
    assert slope == pytest.approx(SLEW, rel=1e-3)


@pytest.mark.parametrize(("source", "limit"), [("30", 14.0), ("-30", -13.0)])
def test_the_swing_ends_at_its_limits(source, limit):
    point = op(parse_spice(FOLLOWER.format(source=source)))
    assert point["out"][0] == pytest.approx(limit, abs=0.01)


def test_gain_and_phase_of_the_open_loop():
    netlist = parse_spice(FOLLOWER.format(source="0 ac 1").replace("u1 in out p n out o", "u1 in 0 p n out o"))
    found = ac(netlist, Ac("dec", 3, 1.0, 1e8))
    assert found["out"] == pytest.approx(GAIN / (1 + 1j * found.frequency * GAIN / GBW), rel=1e-6)


def test_output_and_input_resistance_bias_and_offset():
    text = FOLLOWER.format(source="1").replace("r_out=100", "r_out=100 i_bias=1u v_os=10m r_in=1meg")
    point = op(parse_spice(text.replace("u1 in out p n out o", "rs in g 1k\nu1 g 0 p n out o gain=10\nrl out 0 300")))
    g = (1.0 - 1e-3) / (1 + 1e3 / 1e6)  # the bias drops 1 mV in 1 kOhm, 1 MOhm divides
    assert point["g"][0] == pytest.approx(g, rel=1e-9)
    assert point["out"][0] == pytest.approx(10 * (g + 0.01) * 300 / 400, rel=1e-9)


def test_the_supplies_give_what_the_load_and_the_amplifier_take():
    text = FOLLOWER.format(source="sin(0 5 100k)").replace("slew=9e6", "slew=9e6 i_supply=0.2m") + "rl out 0 1k\n"
    trace = tran(parse_spice(text), 20e-6, rtol=1e-8, samples=20_001)
    i = trace["out"][0] / 1e3
    half = np.where(i > 0, i, 0)
    assert trace.energy["vp"][0] == pytest.approx(15 * np.trapezoid(half + 0.2e-3, trace.time), rel=1e-4)
    assert trace.energy["vn"][0] == pytest.approx(15 * np.trapezoid(half - i + 0.2e-3, trace.time), rel=1e-4)


@pytest.mark.parametrize(("rise", "fall"), [(1.0, 0.02), (0.02, -0.02), (-0.3, -0.3005)])
def test_thresholds_are_exact_for_slow_inputs(rise, fall):
    # A ramp of slope s passes the fold late by a voltage in proportion to s^(2/3): it goes to zero with the slope.
    span = 2 * (rise - fall) + 0.01
    late = []
    for time in (1e-4, 1e-3, 1e-2):
        low, high = fall - span, rise + span
        netlist = schmitt(f"pulse({low} {high} 0 {time} {time} 1u 1)", rise, fall)
        trace = tran(netlist, 2 * time + 1e-6, spikes=["out@1.8"], rtol=1e-7)
        up = trace.spikes[0][0]
        down = up + trace.widths["out"][0][0] - time - 1e-6
        slope = (high - low) / time
        late.append([low + slope * up - rise, fall - (high - slope * down)])
    late = np.array(late)
    assert np.all(late > 0)
    assert late[:-1] / late[1:] == pytest.approx(10 ** (2 / 3), rel=0.12)
    assert np.abs(late[2]).max() < 0.02 * max(rise - fall, 0.002)


def test_delay_levels_and_edges():
    trace = tran(schmitt("pulse(-1 1 100n 1p 1p 200n 1)", 0.02, -0.02), spikes=["out@1.873"], rtol=1e-8)
    up = trace.spikes[0][0]
    assert up - 100e-9 == pytest.approx(7e-9, rel=0.01)
    assert trace.widths["out"][0][0] == pytest.approx(200e-9, rel=0.01)
    out = trace["out"][0]
    level = 100e3 / (100e3 + 50)
    assert out.min() == pytest.approx(0.25 * level, rel=1e-6)
    assert out.max() == pytest.approx(3.5 * level, rel=1e-6)
    low, high = (np.interp(v, out[trace.time < up + 20e-9], trace.time[trace.time < up + 20e-9]) for v in
                 (level * (0.25 + 0.325), level * (3.5 - 0.325)))  # fmt: skip
    assert high - low == pytest.approx(3e-9, rel=0.05)


def test_between_the_thresholds_it_stays_what_it_was():
    for own, level in (("", 0.25), (" on=0", 0.25), (" on=1", 3.5)):
        netlist = schmitt("0.5", own=own)
        assert op(netlist)["out"] == pytest.approx([level], rel=1e-3)
        for uic in (False, True):
            trace = tran(netlist, uic=uic)
            assert trace["out"][0][-1] == pytest.approx(level, rel=1e-3)
    assert op(schmitt("1.1"))["out"] == pytest.approx([3.5], rel=1e-3)
    assert op(schmitt("-0.1", own=" on=1"))["out"] == pytest.approx([0.25], rel=1e-3)


def test_a_relaxation_oscillator_has_its_period():
    # The capacitor runs between 1 V and 2 V towards 3.5 V and 0.25 V; each turn comes late by the comparator's delay.
    text = """oscillator
.model c comparator preset=ad8561 v_rise=-1 v_fall=-2 i_bias=0 c_in=0
vp p 0 5
u1 0 a p 0 q c
r1 q a 9.95k
c1 a 0 10n
.tran 1n 1m uic
"""
    times = tran(parse_spice(text), spikes=["a@1.5"], rtol=1e-7).spikes[0]
    exact = 100e-6 * (math.log((3.5 - 1) / (3.5 - 2)) + math.log((2 - 0.25) / (1 - 0.25)))
    periods = np.diff(times)[1:]
    assert len(periods) > 3
    assert np.ptp(periods) < 1e-6 * exact
    assert 0 < periods[0] - exact < 2e-3 * exact  # 135 us; at 10 kV/s a turn is late by some 50 ns
    slow = parse_spice(text.replace("10n", "1u").replace("1m uic", "100m uic"))
    late = np.diff(tran(slow, spikes=["a@1.5"], rtol=1e-8).spikes[0])[1] - 100 * exact
    assert 0 < late < 1e-4 * 100 * exact


def test_without_hysteresis_its_gain_is_finite():
    netlist = schmitt("0 ac 1", 0.0, 0.0)
    found = ac(netlist, Ac("dec", 1, 1.0, 1.0))
    assert abs(found["out"][0]) == pytest.approx(3000, rel=1e-3)
    h = 1e-7
    slope = (op(schmitt(f"{h}", 0.0, 0.0))["out"] - op(schmitt(f"{-h}", 0.0, 0.0))["out"]) / (2 * h)
    assert slope == pytest.approx([3000], rel=1e-3)
    assert op_sensitivity(netlist, ["u1.v_rise"])["out"] == pytest.approx([-3000], rel=1e-3)  # from the state low


def test_derivative_of_a_threshold_crossing():
    netlist = schmitt("pulse(0 2 0 10u 10u 1u 1)")
    found = sensitivity(netlist, ["u1.v_rise", "u1.t_delay"], 8e-6, spikes=[("out", 1.8)], rtol=1e-9)
    for k, (name, step) in enumerate((("v_rise", 1e-4), ("t_delay", 1e-11))):
        value = {"v_rise": 1.0, "t_delay": 7e-9}[name]
        moved = netlist.set("u1", **{name: value + step * np.array([-1.0, 1.0])})
        trace = tran(moved, 8e-6, spikes=[("out", 1.8)], rtol=1e-11)
        expected = (trace.spikes[1][0] - trace.spikes[0][0]) / (2 * step)
        assert found.spike_times["out"][0][0, k] == pytest.approx(expected, rel=1e-3)


def test_lanes_mismatch_and_text():
    netlist = schmitt("1.0005")
    drawn = vary(netlist, read_mismatch({"model": {"c": {"v_rise_sigma": "10 mV"}}}), 400, seed=2)
    assert np.std(drawn.elements["u1"].params["v_rise"]) == pytest.approx(0.01, rel=0.1)
    high = op(drawn)["out"] > 1.8
    assert np.mean(high) == pytest.approx(np.mean(drawn.elements["u1"].params["v_rise"] < 1.0005), abs=0.02)
    again = parse_spice(write_spice(schmitt("1", own=" on=1 gain=1e4")))
    assert again.elements["u1"].params == {"on": 1.0, "gain": 1e4}
    assert again.elements["u1"].nodes == ("in", "0", "p", "0", "out")
    assert again.models["c"].params == schmitt("1").models["c"].params


def test_presets_say_that_they_are_of_a_class():
    for preset in AMPLIFIER_PRESETS:
        assert "class" in preset.source
        assert "Not measured" in preset.note
        card = amplifier_model("m", preset.model, preset.name)
        assert (card.kind, card.params) == (preset.model, {"preset": preset.name})
        assert Amplifier(card.kind, card.params).device.values().items() >= preset.values.items()


def test_the_check_knows_its_pins():
    sound = parse_spice(FOLLOWER.format(source="1"))
    assert not errors(sound)
    assert not warnings(sound.with_(options={"gmin": 1e-15}))
    loose = parse_spice(FOLLOWER.format(source="1").replace("vp p 0 15", "cp p 0 1u"))
    assert "supply pin of u1" in str(errors(loose)[0])
    inputs = parse_spice(FOLLOWER.format(source="1").replace("u1 in out", "u1 a b") + "c1 a 0 1p\n")
    assert "control input of u1" in str(errors(inputs)[0])


@NGSPICE
@pytest.mark.parametrize("source", ["pulse(0 1m 1u 1n 1n 1 2)", "pulse(0 5 1u 1n 1n 1 2)", "sin(0 20 100k)"])
def test_ngspice_draws_the_same_follower(source):
    text = FOLLOWER.format(source=source).replace("1n 5u", "1n 5u 0 2n") + "rl out 0 10k\n"
    ours, theirs = (tran(parse_spice(text), samples=301, engine=e, rtol=1e-7) for e in ("native", "ngspice"))
    swing = np.ptp(ours["out"])
    assert np.abs(ours["out"] - theirs["out"]).max() < 2e-4 * swing
    assert theirs.energy["vp"] == pytest.approx(ours.energy["vp"], rel=1e-3)


@NGSPICE
@pytest.mark.parametrize(("own", "level"), [("", 0.25), (" on=1", 3.5)])
def test_ngspice_finds_the_same_side(own, level):
    point = op(schmitt("0.5", own=own), engine="ngspice")
    assert point["out"] == pytest.approx([level], rel=1e-3)


@NGSPICE
def test_ngspice_switches_the_comparator_at_the_same_times():
    text = SCHMITT.format(source="pulse(0 2 0 2u 2u 1n 4.002u)", rise=1.0, fall=0.2, own="").replace("1n 1u", "1n 9u 0 1n")
    ours, theirs = (tran(parse_spice(text), spikes=["out@1.8"], engine=e, rtol=1e-7) for e in ("native", "ngspice"))
    assert ours.spike_counts[0] == theirs.spike_counts[0] == 2
    assert theirs.spikes[0] == pytest.approx(ours.spikes[0], abs=1e-10)
    assert theirs.widths["out"][0] == pytest.approx(ours.widths["out"][0], abs=2e-10)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Comparator(v_rise=0.1, v_fall=0.2), "v_fall = 0.2 may not be above v_rise = 0.1"),
        (lambda: Comparator(v_oh=0.1, v_ol=0.2), "v_ol = 0.2 must be below v_oh = 0.1"),
        (lambda: Comparator(t_delay=1e-9, t_edge=2e-9), "t_edge may be at most 1.5 t_delay"),
        (lambda: OpAmp(gbw=0.0), "gbw = 0 Hz is not positive"),
        (lambda: amplifier_model("m", "opamp", "op428"), "no preset 'op428' (did you mean 'op482'?)"),
        (lambda: amplifier_model("m", "opamp", "ad8561"), "is of kind comparator"),
        (lambda: amplifier_subcircuit(OpAmp(gain=[1e4, 1e5])), "of one lane"),
        (lambda: op(schmitt("1", own=" gian=1")), "no parameter 'gian' (did you mean 'gain'?)"),
        (lambda: op(schmitt("1", own=" on=2")), "on must be 0"),
        (lambda: op(schmitt("1").set("u1", v_fall=2.0)), "v_fall = 2 may not be above"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(make, sentence):
    with pytest.raises(InputError) as caught:
        make()
    assert sentence in str(caught.value)
