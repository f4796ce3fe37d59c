"""The memristor-based neuron as a circuit: the ideal one against its equations, both against ngspice, lanes, sentences."""

import shutil

import numpy as np
import pytest
from command import run

from neuristor.circuits import analyses, parse_spice, write_spice
from neuristor.circuits.cells import CELLS
from neuristor.circuits.cells.memristive_alif import HIGH, LOW, MemristiveALIFCircuit
from neuristor.circuits.netlist import Tran
from neuristor.errors import InputError
from neuristor.experiments import area, corners, fi_curve, mismatch, phase_plane
from neuristor.neurons.memristive_alif import MemristiveALIF
from neuristor.presets.memristive_alif import protocol
from neuristor.stimulus import Square, Step

NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
SHARED = ("c_mem", "r_s", "v_th", "v_release", "r_switch", "x0", "r_on", "r_off", "v_on", "v_off", "tau", "temperature")
BURST = 0.5e-3


def burst(cell, stop=BURST, rtol=1e-8, **settings):
    trace = cell.simulate(Square(1e-3, 1e-3, duration=1e-3), stop, rtol=rtol, record=(), **settings)
    assert not trace.failures, trace.failures
    return trace.spikes[0]


def in_ngspice(cell, stop, max_step, rtol):
    """Spike times of ngspice, which locates no event: its largest step bounds how late a switch is."""
    plan = cell.netlist.with_(analyses=(Tran(stop / 1000, stop, max_step=max_step, uic=True),))
    trace = analyses.tran(
        plan, spikes=[cell.watch], record=(), engine="ngspice", rtol=rtol, inputs={"iin": Square(1e-3, 1e-3, duration=1e-3)}
    )
    assert not trace.failures, trace.failures
    return trace.spikes[0]


def test_its_values_are_those_of_the_equation_neuron():
    for name in SHARED:
        ours, theirs = MemristiveALIFCircuit.params[name], MemristiveALIF.params[name]
        assert (ours.default, ours.unit) == (theirs.default, theirs.unit), name


def test_the_ideal_circuit_is_the_equation_neuron():
    """20 ms, 475 spikes: every time, and the energy of the input."""
    cell = MemristiveALIFCircuit(topology="ideal")
    exact = MemristiveALIF().simulate(protocol(), record=(), rtol=1e-10)
    found = cell.simulate(protocol(), record=(), rtol=1e-8)
    assert len(found.spikes[0]) == len(exact.spikes[0])
    np.testing.assert_allclose(found.spikes[0], exact.spikes[0], rtol=5e-6)
    assert found.energy["iin"][0] == pytest.approx(exact.energy["input"][0], rel=1e-5)


@pytest.mark.parametrize(
    "changes",
    [{"v_th": 0.7, "v_release": 0.1}, {"r_s": 1e3, "c_mem": 2e-8}, {"x0": 0.4, "v_on": 0.3, "temperature": 60.0}],
    ids=str,
)
def test_it_follows_the_equations_at_other_values_too(changes):
    expected = MemristiveALIF(**changes).simulate(Step(1e-3), 0.2e-3, record=(), rtol=1e-10).spikes[0]
    found = MemristiveALIFCircuit(topology="ideal", **changes).simulate(Step(1e-3), 0.2e-3, record=(), rtol=1e-8).spikes[0]
    assert len(expected) >= 5
    np.testing.assert_allclose(found, expected, rtol=5e-6)


@NGSPICE
def test_the_ideal_circuit_equals_ngspice():
    cell = MemristiveALIFCircuit(topology="ideal")
    ours, theirs = burst(cell), in_ngspice(cell, BURST, 1e-8, 1e-5)
    assert len(ours) == len(theirs) == 40
    np.testing.assert_allclose(ours, theirs, rtol=5e-4)


@NGSPICE
@pytest.mark.parametrize("stop", [0.1e-3, pytest.param(BURST, marks=pytest.mark.slow)])
def test_the_hardware_equals_ngspice(stop):
    cell = MemristiveALIFCircuit()
    ours, theirs = burst(cell, stop), in_ngspice(cell, stop, 1e-8, 1e-7)
    assert len(ours) == len(theirs) >= 8
    np.testing.assert_allclose(ours, theirs, rtol=5e-4)


@pytest.mark.parametrize("topology", ["hardware", "ideal"])
def test_its_spice_text_is_the_same_circuit(topology):
    cell = MemristiveALIFCircuit(topology=topology)
    again = parse_spice(write_spice(cell.netlist))
    trace = analyses.tran(again, 0.1e-3, spikes=[cell.watch], record=(), rtol=1e-8, inputs={"iin": Step(1e-3)})
    np.testing.assert_allclose(trace.spikes[0], burst(cell, 0.1e-3), rtol=1e-9)


@pytest.mark.parametrize("topology", ["hardware", "ideal"])
def test_lanes_equal_single_runs(topology):
    lanes = {
        "v_th": np.array([0.8, 1.0, 1.2]), "v_release": np.array([0.02, 0.05, 0.1]), "r_switch": np.array([5.0, 8.0, 2.0]),
        "c_mem": np.array([1e-8, 5e-9, 2e-8]), "r_on": np.array([5e3, 6e3, 4e3]), "tau": np.array([1e-3, 3e-4, 1e-3]),
        "x0": np.array([0.0, 0.5, 0.1]), "r_s": np.array([5e3, 2e3, 7e3]), "vdd": np.array([5.0, 4.5, 5.5]),
    }  # fmt: skip
    together = MemristiveALIFCircuit(topology=topology, **lanes).simulate(Step(1e-3), 0.1e-3, record=(), rtol=1e-7)
    assert not together.failures
    for k, spikes in enumerate(together.spikes):
        alone = MemristiveALIFCircuit(topology=topology, **{name: v[k] for name, v in lanes.items()})
        np.testing.assert_allclose(spikes, burst(alone, 0.1e-3, rtol=1e-7), rtol=1e-6)


def test_with_fast_parts_and_no_load_the_hardware_becomes_ideal():
    """The deviation of the first burst's times vanishes with the load and the delays, and is not zero before."""
    exact = burst(MemristiveALIFCircuit(topology="ideal"), 0.1e-3)
    deviation = []
    for factor in (1.0, 10.0, 100.0):
        parts = {"r_amp": 1e5 * factor, "c_amp": 5e-12 / factor**2, "t_delay": 7e-9 / factor}
        parts |= {"gbw": 4e6 * factor, "slew": 9e6 * factor}
        found = burst(MemristiveALIFCircuit(**parts), 0.1e-3)[: len(exact)]
        deviation.append(np.abs(found / exact[: len(found)] - 1).max())
    assert deviation[0] > 0.05
    assert deviation[1] < 0.2 * deviation[0]
    assert deviation[2] < 0.2 * deviation[1]


def test_frozen_memristor_gives_equal_intervals():
    for topology in ("hardware", "ideal"):
        intervals = np.diff(burst(MemristiveALIFCircuit(topology=topology, tau=1e6)))
        assert len(intervals) > 35
        assert np.ptp(intervals[2:]) < 1e-5 * intervals.mean()


def test_digital_spikes_have_the_comparators_levels():
    found = MemristiveALIFCircuit().simulate(Step(1e-3), 0.1e-3, samples=0)["vspk"][0]
    assert found.min() == pytest.approx(LOW, abs=0.02)
    assert found.max() == pytest.approx(HIGH, abs=0.02)


def test_an_input_below_the_threshold_over_r_on_stops_it():
    cell = MemristiveALIFCircuit(topology="ideal", tau=1e-4)
    weak, strong = (cell.simulate(Step(k * 2e-4), 5e-3, record=(), rtol=1e-6).spikes[0] for k in (0.95, 1.05))
    assert 0 < len(weak) < len(strong)
    assert weak[-1] < 2e-3 < 4e-3 < strong[-1]


def test_experiments_give_results_or_sentences():
    cell = CELLS["memristive_alif_circuit"](topology="ideal", tau=1e-4)
    curve = fi_curve(cell, np.array([0.1, 0.5, 1.0]) * 1e-3, duration=4e-3)
    assert curve.rates[0] == 0 < curve.rates[1] < curve.rates[2]
    spread = mismatch(cell, samples=8, spikes=3, spread={"cmem": "1 %"})
    assert spread.samples == 8
    for experiment in (area, corners, phase_plane):
        with pytest.raises(InputError, match=r"^[^\n]{20,}$"):
            experiment(cell)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"card": "n88y"}, "takes no card"),
        ({"v_release": "1 V"}, "v_release = 1 V is not below v_th = 1 V"),
        ({"r_on": "200 kOhm"}, "is not below r_off"),
        ({"x0": 1.5}, "x0 = 1.5"),
        ({"w": 1e-6}, "has no parameter 'w'"),
        ({"topology": "hardwear"}, "hardware"),
        ({"without": ["u3"]}, "no device 'u3'"),
    ],
    ids=lambda v: str(v),
)
def test_what_cannot_be_is_said(values, sentence):
    with pytest.raises(InputError, match=sentence):
        MemristiveALIFCircuit(**values)


def test_from_the_command_line(capsys):
    wave = "square:amplitude=1 mA,period=1 ms,duration=1 ms"
    code, out, err = run(capsys, "simulate", "memristive_alif_circuit", "--stimulus", wave, "--set", "v_th=1.2 V", "--json")
    assert code == 0, err
    assert '"memristive_alif_circuit"' in out
