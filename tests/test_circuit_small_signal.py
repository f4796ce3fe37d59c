"""AC, noise and DC sweeps of the circuit solver against ngspice; bistable circuits."""

import numpy as np
import pytest
from circuits_tools import CARDS, NGSPICE, cards, parse, with_params

from neuristor.circuits import analyses

DIODE = ".model d1 d(is=1e-14 n=1.2 rs=10 cjo=1p tt=1n kf=1e-14 af=1)"
FLICKER = {"kf": 1e-25, "af": 1.1, "ef": 0.9, "noia": 1e20, "noib": 5e4, "noic": -1.4e-12, "em": 4.1e7}
AXIS = "dec 4 1k 10g"
STAGES = {
    "nmos": "vdd vdd 0 2.5\nvin g 0 dc 0.8 ac 1\nrd vdd out 20k\nm1 out g 0 0 nmos035 w=5u l=0.7u ad=4p as=4p pd=8u ps=8u\n"
    "cl out 0 50f",
    "pmos": "vdd vdd 0 2.5\nvin g 0 dc 1.5 ac 1\nrd out 0 60k\n"
    "m1 out g vdd vdd pmos035 w=10u l=0.7u ad=8p as=8p pd=16u ps=16u\ncl out 0 50f",
    "cascode": "vdd vdd 0 2.5\nvin gg 0 dc 0.8 ac 1 45\nrg gg g 1k\nvb b 0 1.6\nrd vdd out 20k\n"
    "m1 x g 0 0 nmos035 w=5u l=0.35u nrd=0.5 nrs=0.5\nm2 out b x 0 nmos035 w=5u l=0.35u\ncl out 0 50f",
    "diode": "v1 in 0 dc 2 ac 1\nr1 in out 10k\nd1 out 0 d1\nl1 out y 1u\nr2 y 0 100k",
    "controlled": "i1 0 a dc 1u ac 1m 30\nr1 a 0 1k\nc1 a 0 10p\ne1 b 0 a 0 3\nvs b c 0\nr2 c 0 2k\nf1 0 out vs 2\n"
    "r3 out 0 1k\nh1 e 0 vs 100\ng1 out e a 0 1m\nl1 out e 1u",
}


def stage(name, analysis, **card):
    models = (with_params(cards(), **card) if card else cards()) + DIODE
    return parse(f"{STAGES[name]}\n{analysis}", models)


@NGSPICE
@pytest.mark.parametrize("name", STAGES)
def test_ac(name):
    netlist = stage(name, f".ac {AXIS}")
    ours, theirs = analyses.ac(netlist), analyses.ac(netlist, engine="ngspice")
    np.testing.assert_allclose(ours.frequency, theirs.frequency, rtol=1e-9)
    for signal, values in theirs.signals.items():
        np.testing.assert_allclose(ours[signal], values, rtol=1e-4, atol=1e-7 * np.max(np.abs(values)), err_msg=signal)


def compare_noise(netlist):
    ours, theirs = analyses.noise(netlist), analyses.noise(netlist, engine="ngspice")
    np.testing.assert_allclose(ours.output, theirs.output, rtol=1e-3)
    np.testing.assert_allclose(ours.input, theirs.input, rtol=1e-3)
    np.testing.assert_allclose(sum(ours.shares.values()), ours.output, rtol=1e-12)


@NGSPICE
@pytest.mark.parametrize("noimod", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["nmos", "pmos", pytest.param("cascode", marks=pytest.mark.slow)])
def test_noise_of_transistors(name, noimod):
    compare_noise(stage(name, f".noise v(out) vin {AXIS}", noimod=noimod, **FLICKER))


@NGSPICE
@pytest.mark.parametrize("noimod", [1, 2])
def test_noise_of_transistors_without_flicker(noimod):
    compare_noise(stage("cascode", f".noise v(out) vin {AXIS}", noimod=noimod))


@NGSPICE
@pytest.mark.parametrize(("name", "source"), [("diode", "v1"), ("controlled", "i1")])
def test_noise_of_diodes_and_resistors(name, source):
    compare_noise(stage(name, f".noise v(out) {source} {AXIS}"))
    compare_noise(stage(name, f".noise v(out,{'in' if name == 'diode' else 'a'}) {source} {AXIS}"))


def test_noise_of_a_resistor_and_a_capacitor_is_kt_over_c():
    netlist = parse("v1 in 0 dc 0 ac 1\nr1 in out 1k\nc1 out 0 1p\n.noise v(out) v1 dec 100 1 1e15")
    assert analyses.noise(netlist).total == pytest.approx(1.380649e-23 * 300.15 / 1e-12, rel=2e-3)


@NGSPICE
def test_sweep_of_one_axis():
    netlist = stage("nmos", ".dc vin 0 2.5 0.05")
    ours, theirs = analyses.dc(netlist), analyses.dc(netlist, engine="ngspice")
    np.testing.assert_allclose(ours.axis, theirs.axis, atol=1e-12)
    np.testing.assert_allclose(ours["out"], theirs["out"], atol=1e-6)
    np.testing.assert_allclose(ours["i(vdd)"], theirs["i(vdd)"], rtol=1e-6, atol=1e-14)


@NGSPICE
def test_sweep_of_two_axes():
    netlist = parse("vd d 0 1\nvg g 0 1\nm1 d g 0 0 nmos035 w=5u l=0.35u\n.dc vd 0 2.5 0.1 vg 0.2 2.2 0.5", cards())
    ours, theirs = analyses.dc(netlist), analyses.dc(netlist, engine="ngspice")
    assert ours["i(vd)"].shape == (5, 26)
    np.testing.assert_allclose(ours["i(vd)"], theirs["i(vd)"], rtol=1e-6, atol=1e-14)
    np.testing.assert_allclose(ours.second, [0.2, 0.7, 1.2, 1.7, 2.2])


def test_sweep_downwards():
    up = analyses.dc(parse("v1 a 0 0\nr1 a b 1k\nd1 b 0 d1\n.dc v1 -1 1 0.1", DIODE))
    down = analyses.dc(parse("v1 a 0 0\nr1 a b 1k\nd1 b 0 d1\n.dc v1 1 -1 -0.1", DIODE))
    np.testing.assert_allclose(down.axis, up.axis[::-1], atol=1e-12)
    np.testing.assert_allclose(down["b"], up["b"][::-1], atol=1e-9)


LATCH = (
    "vdd vdd 0 1.8\nm1 a b 0 0 nmos035 w=1u l=0.35u\nm2 a b vdd vdd pmos035 w=3u l=0.35u\n"
    "m3 b a 0 0 nmos035 w=1u l=0.35u\nm4 b a vdd vdd pmos035 w=3u l=0.35u\n"
)


@CARDS
@pytest.mark.parametrize(("node", "other"), [("a", "b"), ("b", "a")])
def test_nodeset_chooses_the_state_of_a_latch(node, other):
    got = analyses.op(parse(f"{LATCH}.nodeset v({node})=1.8 v({other})=0", cards()))
    assert not got.failures
    assert got[node][0] == pytest.approx(1.8, abs=1e-3)
    assert got[other][0] == pytest.approx(0.0, abs=1e-3)


@CARDS
def test_ic_holds_a_transient_but_not_an_operating_point():
    netlist = parse(f"{LATCH}.ic v(a)=1.8\n.tran 1n 10n", cards())
    trace = analyses.tran(netlist)
    assert trace.signals["a"][0, 0] == pytest.approx(1.8)
    assert trace.signals["a"][0, -1] == pytest.approx(1.8, abs=1e-3)
    assert analyses.op(parse("v1 a 0 2\nr1 a b 1k\nr2 b 0 1k\n.ic v(b)=0.3"))["b"][0] == pytest.approx(1.0)


SCHMITT = (
    "vdd vdd 0 2.5\nvin in 0 0\nm1 x in 0 0 nmos035 w=2u l=0.35u\nm2 out in x 0 nmos035 w=2u l=0.35u\n"
    "m3 vdd out x 0 nmos035 w=4u l=0.35u\nm4 y in vdd vdd pmos035 w=6u l=0.35u\nm5 out in y vdd pmos035 w=6u l=0.35u\n"
    "m6 0 out y vdd pmos035 w=12u l=0.35u\n"
)


@CARDS
def test_sweep_of_a_schmitt_trigger_finds_a_solution_at_every_point():
    """Every point of a sweep is a lane that begins at the first point's solution: where two states are stable, a point
    shows one of them, whatever its neighbours show; the path through a hysteresis is a slow transient's."""
    sweep = analyses.dc(parse(SCHMITT + ".dc vin 0 2.5 0.02", cards()))
    assert not sweep.failures
    out = sweep["out"]
    assert np.all((out > -1e-3) & (out < 2.501))
    assert out[0] == pytest.approx(2.5, abs=1e-3)
    assert out[-1] == pytest.approx(0.0, abs=1e-3)
    slow = analyses.tran(
        parse(SCHMITT.replace("vin in 0 0", "vin in 0 pwl(0 0 1m 2.5 2m 0)") + ".tran 1u 2m", cards()), spikes=["out@1.25"]
    )
    falls = slow.time[np.argmax(slow.signals["out"][0] < 1.25)]
    upper, lower = 2500 * falls, 2.5 - 2500 * (slow.crossings["out"][0][0] - 1e-3)
    assert len(slow.crossings["out"][0]) == 1
    assert upper - lower > 0.3
    outside = (sweep.axis < lower - 0.02) | (sweep.axis > upper + 0.02)
    np.testing.assert_array_equal((out > 1.25)[outside], (sweep.axis < 1.25)[outside])


def test_an_operating_point_takes_the_dc_value_and_a_transient_the_wave():
    body = "v1 a 0 dc 2 pulse(1 0 1n 1n 1n 2n 5n)\nr1 a b 1k\nr2 b 0 1k"
    assert analyses.op(parse(body))["b"][0] == pytest.approx(1.0)
    trace = analyses.tran(parse(body + "\n.tran 1n 10n"))
    assert trace.signals["b"][0, 0] == pytest.approx(0.5)
    assert analyses.op(parse("v1 a 0 sin(1 2 1k 0 0 30)\nr1 a 0 1k"))["a"][0] == pytest.approx(2.0)
    assert analyses.op(parse("v1 a 0 pwl(-1 0 1 4)\nr1 a 0 1k"))["a"][0] == pytest.approx(2.0)


def test_an_operating_point_does_not_mind_a_fast_clock():
    body = "v1 a 0 pulse(0 1 0 1p 1p 2p 5p)\nr1 a 0 1k\n"
    assert analyses.op(parse(body))["a"][0] == 0.0
    assert analyses.dc(parse(body + "i1 0 a 0\n.dc i1 0 1m 0.5m"))["a"] == pytest.approx(np.zeros(3))


def test_a_supply_may_differ_by_lane():
    netlist = parse("v1 a 0 1\nr1 a b 1k\nr2 b 0 1k\nc1 b 0 1p\n.tran 1n 10n").set("v1", dc=np.array([1.0, 2.0, 3.0]))
    assert analyses.op(netlist)["b"].tolist() == pytest.approx([0.5, 1.0, 1.5])
    trace = analyses.tran(netlist)
    np.testing.assert_allclose(trace.signals["b"][:, -1], [0.5, 1.0, 1.5], rtol=1e-6)


def test_sweep_of_a_current_source():
    sweep = analyses.dc(parse("i1 0 a 0\nr1 a 0 1k\n.dc i1 0 1m 0.25m"))
    np.testing.assert_allclose(sweep["a"], [0, 0.25, 0.5, 0.75, 1.0])


def test_nodeset_of_a_node_that_a_source_holds_is_ignored():
    got = analyses.op(parse("v1 a 0 2\nr1 a b 1k\nr2 b 0 1k\n.nodeset v(a)=5 v(b)=5"))
    assert got["a"][0] == pytest.approx(2.0)
    assert got["b"][0] == pytest.approx(1.0)


def test_switches_that_never_agree_are_told():
    """Closing the switch takes away what closes it."""
    body = "v1 a 0 1\nr1 a b 1k\ns1 b 0 b 0 sw1\nr2 b 0 100k"
    got = analyses.op(parse(body, ".model sw1 sw(vt=0.5 vh=0 ron=1 roff=1meg)"))
    assert "switches" in got.failures[0].reason
