"""Why neurons do not spike: every device left out, supplies and currents too low, and what the sentence says of it."""

import re

import numpy as np
import pytest

import neuristor as nr
from neuristor.circuits.cells import CmosLIF, TwoCapacitorLIF
from neuristor.circuits.neuron import CircuitNeuron
from neuristor.errors import InputError
from neuristor.experiments.diagnosis import require_spikes, why_silent

SPIKING = ("xinv2.mp", "m2", "m3", "m5", "cmem")  # without one of these it still spikes


@pytest.mark.parametrize("device", [*CmosLIF().transistors, "cmem"])
def test_every_device_left_out(device):
    told = why_silent(CmosLIF(without=(device,)))
    if device in SPIKING:
        assert told.startswith("nothing is wrong")
    else:
        assert told.endswith(f"({device} is left out)")


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("m1", "beyond the supply of 1 V: nothing but the leak of m6 empties it.* nothing lowers n1: m2 is off"),
        ("m6", "after 68 spikes vspk stays at 1 V; .* beyond the supply of 1 V: no device empties it"),
        ("m4", "after 1 spike vspk stays at 1 V; .* m6 takes all of the 10 pA; .* nothing lifts n1: m5 is off"),
        ("xinv1.mn", "after 1 spike vspk stays at .* nothing lowers vspk: no NMOS stands there"),
        ("xinv1.mp", "nothing lifts vspk: no PMOS stands there"),
        ("xinv2.mn", "nothing lifts n1: m4 is off .n3 at 1.* and m5 is off"),
    ],
)
def test_what_is_said_of_a_missing_device(device, words):
    assert re.search(words, why_silent(CmosLIF(without=(device,))))


@pytest.mark.parametrize(
    ("topology", "words"),
    [
        ("dragged", "after 1 spike vspk stays at 1 V; .* m2 holds n1 at 27.7 mV against m4"),
        ("initialised", "after 1 spike vspk stays at 1 V; .* nothing lifts n1: m4 is off .vspk at 1 V"),
        ("diode", "the membrane settles at 360 mV: m6 takes all of the 10 pA; vspk stays at 103 mV, below 500 mV"),
        ("hovering", "nothing settles: vmem swings between 34. mV and 36. mV, and vspk reaches 2.. mV"),
    ],
)
def test_readings_of_the_text_that_fail(topology, words):
    told = why_silent(CmosLIF(topology=topology))
    assert re.search(words, told), told
    assert "left out" not in told


@pytest.mark.parametrize("vdd", [0.2, 0.25, 0.3, 0.35, 0.4])
def test_low_supplies(vdd):
    """Judged by a long run of its own: a sentence where spikes end, none where they go on."""
    cell = CmosLIF(vdd=vdd)
    spikes = cell.simulate(nr.Step("10 pA"), 40e-3, record=()).spikes[0]
    told = why_silent(cell)
    goes_on = len(spikes) > 1 and spikes[-1] > 30e-3
    assert told.startswith("nothing is wrong") == goes_on
    if vdd == 0.2:
        assert not goes_on
        assert "after 1 spike vspk stays at 109 mV, between the rails" in told


def test_current_below_rheobase():
    """The leak through M6 takes all of it; the membrane stops where it does in a run of 0.5 s."""
    told = why_silent(CmosLIF(), "0.3 pA")
    end = CmosLIF().simulate(nr.Step("0.3 pA"), 0.5, samples=3)["vmem"][0][-1]
    assert f"the membrane settles at {1e3 * end:.3g} mV, below the 639 mV at which it fires at 10 pA" in told
    assert "m6 takes all of the 300 fA" in told
    assert "no current flows in" in why_silent(CmosLIF(), 0.0)
    assert "flows out of it" in why_silent(CmosLIF(), "-10 pA")


def test_a_users_circuit_says_the_same():
    cell = CmosLIF(without=("m4",))
    circuit = CircuitNeuron(cell.netlist, input=cell.input, spikes=cell.watch, membrane=cell.membrane, name="mine")
    told = why_silent(circuit, "10 pA")
    assert told + " (m4 is left out)" == why_silent(cell, "10 pA")


def test_a_trace_tells_the_same_as_a_run():
    cell = CmosLIF(without=("m4",))
    trace = cell.simulate(nr.Step("10 pA"), 7e-3, samples=501)
    assert why_silent(cell, trace) == why_silent(cell, "10 pA")
    short = CmosLIF().simulate(nr.Step("10 pA"), 0.4e-3, samples=501)
    assert "still rising: run longer" in why_silent(CmosLIF(), short)


@pytest.mark.parametrize(
    ("neuron", "current", "words"),
    [
        (nr.LIF(), "20 uA", "v_mem settles at -50 mV, below the -40 mV of a spike"),
        (nr.PerfectIntegrator(), 0.0, "v_mem settles at 0 V, below the 500 mV of a spike"),
        (nr.AdEx(), "0.1 nA", "v_mem settles at -67.* mV, below the 20 mV of a spike"),
    ],
)
def test_equation_neurons(neuron, current, words):
    assert re.search(words, why_silent(neuron, current))


def test_requiring_spikes():
    cell = CmosLIF()
    trace = cell.simulate(nr.Step("10 pA"), 2e-3, record=())
    assert require_spikes(cell, trace) is trace
    with pytest.raises(InputError, match="2 spikes in 2 ms, where 3 are needed: run longer"):
        require_spikes(cell, trace, "10 pA", at_least=3)
    with pytest.raises(InputError, match="cmos_lif does not spike: the membrane settles at 7.52 mV"):
        require_spikes(cell, cell.simulate(nr.Step("0.1 pA"), 2e-3, record=()), "0.1 pA")
    with pytest.raises(InputError, match="no waveform is recorded"):
        require_spikes(cell, cell.simulate(nr.Step("0.1 pA"), 2e-3, record=()))
    both = cell.simulate(nr.Step(np.array([10e-12, 1e-13])), 20e-3, samples=501)
    with pytest.raises(InputError, match="on 1 of 2 lanes: the membrane settles at 7.5"):
        require_spikes(cell, both)


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("m4", "after 1 spike the membrane settles at 0 V: m6 takes all of the 10 pA, as its gate vw is at .* V"),
        ("m6", "after 1 spike vspk stays at 1 V; the membrane settles at 1 V"),
        ("vrf", "it cannot be simulated: node vrf connects to nothing but gates"),
    ],
)
def test_another_circuit(device, words):
    told = why_silent(TwoCapacitorLIF(without=(device,)))
    assert re.search(words, told), told
