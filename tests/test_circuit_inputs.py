"""Stimuli as inputs of a circuit's current sources: closed forms, lane by lane, against ngspice."""

import numpy as np
import pytest
from circuits_t2 import t2_netlist
from circuits_tools import CARDS, NGSPICE

from neuristor import PWL, Fluctuated, InputError, Sine, SpikeTrain, Square, Step, circuits, parse_spice

R, C = 1e6, 1e-12
RC = f"rc\niin 0 a 0\nr1 a 0 {R}\nc1 a 0 {C}\n.tran 10n 10u uic\n.ic v(a)=0\n"


def driven(stimulus, **options):
    return circuits.tran(parse_spice(RC), samples=101, record=["a"], inputs={"iin": stimulus}, rtol=1e-8, **options)


def test_a_step_and_a_sine_on_rc_follow_their_closed_forms():
    trace = driven(Step(np.array([1e-6, 2e-6])))
    exact = R * np.array([[1e-6], [2e-6]]) * (1 - np.exp(-trace.time / (R * C)))
    assert np.abs(trace["a"] - exact).max() < 1e-6 * exact.max()
    wave = driven(Sine("1 uA", "300 kHz", duration="10 us"))
    omega, t = 2 * np.pi * 300e3, wave.time
    z = R * 1e-6 / (1 + 1j * omega * R * C)
    settled = (z * np.exp(1j * omega * t)).imag - z.imag * np.exp(-t / (R * C))
    assert np.abs(wave["a"][0] - settled).max() < 1e-6 * np.abs(settled).max()


def test_a_charge_by_synaptic_currents_is_that_of_their_kernel():
    spikes = SpikeTrain(["1 us", "3 us"], weights="2 nA", kernel="exponential", tau="0.2 us", duration="10 us")
    trace = driven(spikes)
    charge = C * trace["a"][0, -1] + np.trapezoid(trace["a"][0], trace.time) / R
    assert charge == pytest.approx(2 * 2e-9 * 0.2e-6, rel=5e-3)  # the trapezoid of 101 samples


@CARDS
def test_every_lane_reads_its_own_table_and_equals_its_own_run():
    ripple = Fluctuated(Step("10 pA"), 0.1, "50 us", lanes=19, seed=3, duration="2 ms")
    many = circuits.tran(t2_netlist(stop=2e-3), spikes=["vspk@0.5"], inputs={"iin": ripple}, record=())
    assert len(set(many.spike_times[many.spike_offsets[:-1]])) == 19
    for lane in (0, 7, 18):
        rows = ripple.segments(range(lane, lane + 1)).rows
        values = [*rows[:, 2], rows[-1, 2]]
        one = PWL([*rows[:, 0], 2.1e-3], values, unit="A")
        alone = circuits.tran(t2_netlist(stop=2e-3), spikes=["vspk@0.5"], inputs={"iin": one}, record=())
        assert np.allclose(alone.spikes[0], many.spikes[lane], rtol=1e-7)


@CARDS
def test_a_constant_stimulus_is_the_sources_own_value():
    own = circuits.tran(t2_netlist(stop=2e-3), spikes=["vspk@0.5"], record=())
    given = circuits.tran(t2_netlist(i_in=0.0, stop=2e-3), spikes=["vspk@0.5"], inputs={"IIN": Step("10 pA")}, record=())
    assert np.array_equal(own.spikes[0], given.spikes[0])
    assert own.energy["vdd"] == given.energy["vdd"]


@CARDS
def test_recording_the_supply_current_changes_nothing():
    plain = circuits.tran(t2_netlist(stop=2e-3), spikes=["vspk@0.5"], record=())
    seen = circuits.tran(t2_netlist(stop=2e-3), spikes=["vspk@0.5"], record=("i(vdd)",))
    assert seen.spikes[0] == pytest.approx(plain.spikes[0], rel=1e-6)
    assert seen.energy["vdd"] == pytest.approx(plain.energy["vdd"], rel=1e-5)


@CARDS
@NGSPICE
def test_ripple_and_pulses_give_the_spike_times_of_ngspice():
    plan = circuits.netlist.Tran(1e-6, 2.5e-3, max_step=1e-7, uic=True)
    netlist = t2_netlist(stop=2.5e-3).with_(analyses=(plan,))
    ripple = Fluctuated(Step("10 pA"), 0.1, "20 us", lanes=2, duration="2.5 ms")
    for stimulus in (ripple, Square("20 pA", "1 ms", 0.5, duration="2.5 ms")):
        ours = circuits.tran(t2_netlist(stop=2.5e-3), spikes=["vspk@0.5"], inputs={"iin": stimulus}, record=())
        theirs = circuits.tran(
            netlist, spikes=["vspk@0.5"], inputs={"iin": stimulus}, record=(), engine="ngspice", rtol=1e-5
        )
        for a, b in zip(ours.spikes, theirs.spikes, strict=True):
            assert len(a) == len(b) > 0
            assert np.abs(a / b - 1).max() < 1e-4
        assert np.allclose(ours.energy["iin"], theirs.energy["iin"], rtol=1e-3)


@CARDS
def test_derivatives_under_ripple_equal_differences():
    ripple = Fluctuated(Step("10 pA"), 0.1, "100 us", lanes=2, duration="2 ms")
    netlist = t2_netlist(stop=2e-3)
    found = circuits.sensitivity(netlist, ["cmem.c", "m1.w"], spikes=["vspk@0.5"], inputs={"iin": ripple})
    for k, (element, key) in enumerate((("cmem", "c"), ("m1", "w"))):
        value, runs = netlist.elements[element].params[key], []
        for side in (0.999, 1.001):
            changed = netlist.set(element, **{key: side * value})
            runs.append(circuits.tran(changed, spikes=["vspk@0.5"], inputs={"iin": ripple}, record=(), rtol=1e-9))
        for lane in range(2):
            for source in ("vdd", "iin"):
                slope = (runs[1].energy[source][lane] - runs[0].energy[source][lane]) / (0.002 * value)
                assert found.energy[source][lane, k] == pytest.approx(slope, rel=5e-3)
            slope = (runs[1].spikes[lane] - runs[0].spikes[lane]) / (0.002 * value)
            assert found.spike_times["vspk"][lane][:, k] == pytest.approx(slope, rel=2e-3)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"ix": Step("1 nA")}, "no element 'ix'"),
        ({"r1": Step("1 nA")}, "r1 is not a current source"),
        ({"iin": Step("1 V", unit="V")}, "takes a current in A; the stimulus is in V"),
        ({"iin": SpikeTrain(["1 us"], weights=1e-15, duration="2 us")}, "cannot take delta spikes"),
    ],
)  # fmt: skip
def test_what_cannot_drive_a_circuit_is_said(inputs, words):
    with pytest.raises(InputError, match=words):
        circuits.tran(parse_spice(RC), inputs=inputs)
