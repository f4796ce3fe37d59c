"""The ten-transistor neuron by the circuit solver without any setting: spikes, widths and energy as tight ngspice's.

With `.tran` steps of at most 0.1 us and reltol 1e-6 ngspice gives intervals of 847.393 us and 1.84603 nJ in 5 ms; with
its own long steps between spikes the trapezoids over i(vdd) alone make 0.2 % of the energy.
"""

import os

import numpy as np
import pytest
from circuits_t2 import t2_netlist
from circuits_tools import CARDS, NGSPICE, run, tight_ngspice

from neuristor.circuits import analyses
from neuristor.circuits.engines.spikes import crossings
from neuristor.circuits.netlist import Tran

pytestmark = CARDS
# ampere -> seconds of about five intervals at 10 fF and 1 V
STOPS = {1e-12: 60e-3, 10e-12: 5e-3, 100e-12: 0.5e-3, 1e-9: 45e-6, 10e-9: 5e-6}


def neuron_run(netlist, **settings):
    trace = run(netlist, spikes=["vspk"], **settings)
    return trace.crossings["vspk"][0], trace.widths["vspk"][0], trace.energy["vdd"][0]


def ngspice_run(netlist, max_step, level, reltol=1e-6):
    got = tight_ngspice(netlist, max_step, reltol=reltol)
    rises, falls = crossings(got.time, got["vspk"], level), crossings(got.time, -got["vspk"], -level)
    joule = -np.trapezoid(got["vdd"] * got["i(vdd)"], got.time)
    return rises, (falls - rises[: len(falls)]), joule


def compare(netlist, max_step, level):
    ours, theirs = neuron_run(netlist), ngspice_run(netlist, max_step, level)
    assert len(ours[0]) == len(theirs[0]) >= 3
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-4)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-3)
    assert ours[2] == pytest.approx(theirs[2], rel=1e-3)


def test_interval_and_energy_of_five_milliseconds():
    rises, _, joule = neuron_run(t2_netlist())
    assert np.diff(rises) == pytest.approx(8.47393e-4, rel=1e-4)
    assert joule == pytest.approx(1.84603e-9, rel=1e-3)


@NGSPICE
@pytest.mark.parametrize(
    "current", [10e-12, *(pytest.param(i, marks=pytest.mark.slow) for i in (1e-12, 100e-12, 1e-9, 10e-9))]
)
def test_from_picoamperes_to_nanoamperes(current):
    compare(t2_netlist(i_in=current, stop=STOPS[current]), 2e-5 * STOPS[current], 0.5)


@NGSPICE
@pytest.mark.slow
@pytest.mark.parametrize(("farad", "current"), [(30e-15, 10e-12), (100e-15, 100e-12), (100e-15, 10e-9)])
def test_larger_membranes(farad, current):
    stop = 8 * farad * 0.6 / current
    compare(t2_netlist(c_mem=farad, i_in=current, stop=stop), 2e-5 * stop, 0.5)


@NGSPICE
@pytest.mark.slow
@pytest.mark.parametrize(("vdd", "stop"), [(1.2, 5e-3), (1.5, 6e-3), (1.8, 8e-3)])
def test_higher_supplies(vdd, stop):
    compare(t2_netlist(vdd=vdd, stop=stop), 2e-5 * stop, 0.5 * vdd)


def lanes_equal_single_runs(netlist, single, count, rtol=1e-9):
    """Every lane as if it were alone."""
    together = run(netlist, spikes=["vspk"])
    for lane in range(count):
        rises, widths, joule = neuron_run(single(lane))
        np.testing.assert_allclose(together.crossings["vspk"][lane], rises, rtol=rtol)
        np.testing.assert_allclose(together.widths["vspk"][lane], widths, rtol=1e-7)
        assert together.energy["vdd"][lane] == pytest.approx(joule, rel=rtol)
    return together


@pytest.mark.parametrize("count", [9, pytest.param(64, marks=pytest.mark.slow)])
def test_lanes_with_different_currents_are_independent(count):
    currents = np.geomspace(20e-12, 200e-12, count)
    shortly = t2_netlist(stop=1e-3)
    many = shortly.set("iin", dc=currents)
    lanes_equal_single_runs(many, lambda k: shortly.set("iin", dc=currents[k]), count)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_the_number_of_threads_changes_nothing(threads, monkeypatch):
    currents = np.geomspace(20e-12, 200e-12, 40)
    many = t2_netlist(stop=0.5e-3).set("iin", dc=currents)
    monkeypatch.setenv("NEURISTOR_THREADS", threads)
    some = run(many, spikes=["vspk"])
    monkeypatch.setenv("NEURISTOR_THREADS", "3")
    other = run(many, spikes=["vspk"])
    assert os.environ["NEURISTOR_THREADS"] == "3"
    for a, b in zip(some.crossings["vspk"], other.crossings["vspk"], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(some.energy["vdd"], other.energy["vdd"])


@pytest.mark.parametrize(
    "change",
    [{"delvto": np.array([-0.02, 0.0, 0.02])}, {"mulu0": np.array([0.8, 1.0, 1.3])}, {"w": 1e-6 * np.array([0.7, 1, 2])}],
)
def test_parameters_of_transistors_by_lane(change):
    (name, values), shortly = next(iter(change.items())), t2_netlist(i_in=100e-12, stop=0.5e-3)
    trace = lanes_equal_single_runs(shortly.set("m1", **change), lambda k: shortly.set("m1", **{name: values[k]}), 3)
    first = [t[0] for t in trace.crossings["vspk"]]
    assert len(set(first)) == 3


def test_the_solution_does_not_depend_on_how_far_the_run_goes():
    short, long = (neuron_run(t2_netlist(stop=stop))[0] for stop in (2e-3, 5e-3))
    np.testing.assert_allclose(short, long[: len(short)], rtol=1e-4)


def test_transient_from_the_operating_point():
    """Without uic `.ic` holds its nodes in the operating point: the same spikes from then on."""
    start = t2_netlist()
    settled = start.with_(analyses=(Tran(1e-6, 5e-3),), initial={"vmem": 0.0})
    trace = analyses.tran(settled, spikes=["vspk"])
    assert not trace.failures
    np.testing.assert_allclose(trace.crossings["vspk"][0], neuron_run(start)[0], rtol=1e-3)
