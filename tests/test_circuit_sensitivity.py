"""Derivatives of spike times, energies and operating points against finite differences of tight runs."""

import os

import numpy as np
import pytest
from circuits_t2 import t2_netlist

from neuristor.circuits import analyses
from neuristor.circuits.spice import parse_spice
from neuristor.errors import InputError

needs_card = pytest.mark.skipif("NEURISTOR_DATA" not in os.environ, reason="no model cards")


def difference_quotient(values, h):
    """Derivative from values at -2h, -h, h, 2h: error of fourth order."""
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)


def spike_differences(netlist, element, parameter, step, spike, rtol):
    """dt/dp of a spike and dE/dp by four tight runs, as lanes of one."""
    value = netlist.elements[element].params.get(parameter, 0.0)
    moved = netlist.set(element, **{parameter: value + step * np.array([-2.0, -1.0, 1.0, 2.0])})
    trace = analyses.tran(moved, spikes=[("vspk", 0.5)], rtol=rtol)
    times = [trace.spikes[k][spike] for k in range(4)]
    return difference_quotient(times, step), difference_quotient(trace.energy["vdd"], step)


@needs_card
@pytest.mark.slow
def test_spike_times_of_the_neuron_by_all_widths_and_thresholds():
    netlist = t2_netlist()
    transistors = [e.name for e in netlist.elements.values() if e.kind == "m"]
    names = [f"{m}.{p}" for m in transistors for p in ("w", "delvto")]
    found = analyses.sensitivity(netlist, names, spikes=[("vspk", 0.5)], rtol=1e-8)
    first = found.spikes["vspk"][0][4]
    for k, name in enumerate(names):
        element, _, parameter = name.rpartition(".")
        unit = netlist.elements[element].params["w"] if parameter == "w" else 0.05
        expected, energy = spike_differences(netlist, element, parameter, 1e-2 * unit, 4, 1e-10)
        got = found.spike_times["vspk"][0][4, k]
        # Within 1e-4 of the derivative, or of a shift of 1e-3 t per e-fold (50 mV): some transistors hardly matter.
        assert got == pytest.approx(expected, rel=1e-4, abs=1e-4 * 1e-3 * first / unit), name
        # Quotients of energies of 1.8 nJ: known to a millionth of it per e-fold.
        assert found.energy["vdd"][0, k] == pytest.approx(energy, rel=1e-4, abs=1e-6 * 1.8e-9 / unit), name


@needs_card
def test_spike_times_by_current_and_capacitance():
    netlist = t2_netlist(stop=2e-3)
    found = analyses.sensitivity(netlist, ["iin.dc", "cmem.c", "m1.w"], spikes=[("vspk", 0.5)])
    for k, (element, parameter) in enumerate([("iin", "dc"), ("cmem", "c"), ("m1", "w")]):
        step = 1e-3 * netlist.elements[element].params[parameter]
        expected, _ = spike_differences(netlist, element, parameter, step, 1, 1e-9)
        assert found.spike_times["vspk"][0][1, k] == pytest.approx(expected, rel=1e-4)


def test_time_constant_in_closed_form():
    # v = 1 - e^(-t/RC) passes 1/2 at RC ln 2: dt/dR = C ln 2, dt/dC = R ln 2.
    netlist = parse_spice("rc\nv1 a 0 1\nr1 a b 1k\nc1 b 0 1n\n.tran 1n 5u uic\n")
    found = analyses.sensitivity(netlist, ["r1.r", "c1.c"], spikes=[("b", 0.5)], rtol=1e-8)
    assert found.spike_times["b"][0][0] == pytest.approx([1e-9 * np.log(2), 1e3 * np.log(2)], rel=1e-6)
    # The source delivers C V^2 in the end: dE/dC = V^2 (1 - e^(-5)) and the rest of the exponential's derivative.
    tail = np.exp(-5.0)
    assert found.energy["v1"][0, 1] == pytest.approx(1 - tail - 5 * tail, rel=1e-5)


def test_under_a_moving_source_the_grid_stands_still():
    text = "rc\nv1 a 0 sin(0 1 1meg)\nr1 a b 1k\nc1 b 0 0.1n\n.tran 1n 3u uic\n"
    netlist = parse_spice(text)
    found = analyses.sensitivity(netlist, ["r1.r"], spikes=[("b", 0.2)], rtol=1e-8)
    moved = netlist.set("r1", r=1e3 + np.array([-2.0, -1.0, 1.0, 2.0]))
    trace = analyses.tran(moved, spikes=[("b", 0.2)], rtol=1e-10)
    expected = difference_quotient([trace.spikes[k] for k in range(4)], 1.0)
    assert found.spike_times["b"][0][:, 0] == pytest.approx(expected, rel=1e-4)


def test_behind_a_breakpoint_derivatives_are_at_fixed_time():
    text = "rc\nv1 a 0 pulse(0 1 1u 10n 10n 2u 10u)\nr1 a b 1k\nc1 b 0 1n\n.tran 1n 8u uic\n"
    netlist = parse_spice(text)
    found = analyses.sensitivity(netlist, ["r1.r", "c1.c"], spikes=[("b", 0.3)], rtol=1e-8)
    moved = netlist.set("r1", r=1e3 + np.array([-2.0, -1.0, 1.0, 2.0]))
    trace = analyses.tran(moved, spikes=[("b", 0.3)], rtol=1e-10)
    expected = difference_quotient([trace.spikes[k] for k in range(4)], 1.0)
    assert found.spike_times["b"][0][:, 0] == pytest.approx(expected, rel=1e-4)
    energy = difference_quotient(trace.energy["v1"], 1.0)
    assert found.energy["v1"][0, 0] == pytest.approx(energy, rel=1e-4)


def test_operating_point_of_a_divider():
    netlist = parse_spice("divider\nv1 a 0 3\nr1 a b 1k\nr2 b 0 2k\n.op\n")
    slopes = analyses.op_sensitivity(netlist, ["r1.r", "r2.r"])
    assert slopes["b"] == pytest.approx([-3 * 2e3 / 3e3**2, 3 * 1e3 / 3e3**2], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("m9.w", "no element 'm9'"), ("r1.w", "r1 has no parameter 'w'"), ("v1.dc", "supply"), ("r1", "no element")],
)
def test_bad_parameters(name, sentence):
    netlist = parse_spice("rc\nv1 a 0 1\nr1 a b 1k\nc1 b 0 1n\n.tran 1n 5u uic\n")
    with pytest.raises(InputError, match=sentence):
        analyses.sensitivity(netlist, [name], spikes=[("b", 0.5)])
