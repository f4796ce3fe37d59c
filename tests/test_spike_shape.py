"""The shape of a spike: what models state exactly, a circuit against ngspice, and convergence."""

import numpy as np
import pytest
from circuits_tools import NGSPICE, tight_ngspice

import neuristor as nr
from neuristor.circuits.cells import CELLS, CmosLIF
from neuristor.circuits.engines.spikes import crossings, slopes
from neuristor.circuits.netlist import Tran
from neuristor.errors import InputError
from neuristor.experiments.spike_shape import spike_shape, still_fires, value_at
from neuristor.report.circuit_neuron_figures import spike_shape_figures, spike_shape_table


def test_a_leaky_neuron_states_its_threshold_reset_and_refractory_period():
    found = spike_shape(nr.LIF(), "60 uA")
    interval = 1e-3 + 5e-3 * np.log(60 / 30)
    assert (found.threshold, found.reset, found.width) == pytest.approx((-40e-3, -70e-3, 1e-3), rel=1e-12)
    assert found.interval == pytest.approx(interval, rel=1e-9)
    assert found.delay == pytest.approx(interval - 1e-3, rel=1e-9)
    assert np.isnan(found.amplitude)
    assert found.change < 1e-9


def test_a_threshold_that_moves_is_read_at_the_spike():
    """The threshold jumps by a constant at a spike and decays: in a steady state it stands above its resting value."""
    neuron = nr.AdaptiveLIF()
    found = spike_shape(neuron)
    trace = neuron.simulate(nr.Step(found.current), 2.0, samples=200001)
    before = np.searchsorted(trace.time, trace.spikes[0][-1]) - 1
    assert found.threshold == pytest.approx(trace["theta"][0][before], abs=2e-5)


def test_a_model_without_a_reset_is_sampled():
    found = spike_shape(nr.HodgkinHuxley())
    trace = nr.HodgkinHuxley().simulate(nr.Step(found.current, unit="A/m2"), 0.2, samples=200001)
    v = trace["v_mem"][0][100000:]
    assert (found.high, found.low) == pytest.approx((v.max(), v.min()), abs=2e-5)
    above = np.mean(v > found.level) * 0.1 / (len(crossings(np.arange(len(v)) * 1.0, v, found.level)))
    assert found.width == pytest.approx(above, rel=0.2)


def test_the_cmos_neuron_converges():
    found, tight = spike_shape(CmosLIF()), spike_shape(CmosLIF(), rtol=1e-9)
    for name in ("width", "interval", "threshold", "peak", "amplitude", "rise", "fall"):
        assert getattr(found, name) == pytest.approx(getattr(tight, name), rel=1e-5), name
    assert (found.reset, found.left) == pytest.approx((tight.reset, tight.left), abs=1e-6)
    loose = spike_shape(CmosLIF(), rtol=1e-5)
    assert loose.width == pytest.approx(tight.width, rel=1e-4)


@NGSPICE
def test_the_cmos_neuron_as_ngspice_sees_it():
    found = spike_shape(CmosLIF())
    plan = Tran(1e-6, 2.2e-3, uic=True)
    got = tight_ngspice(CmosLIF().netlist.with_(analyses=(plan,)), 1e-7, reltol=1e-6)
    rises = crossings(got.time, got["vspk"], 0.5)
    fall = crossings(got.time, -got["vspk"], -0.5)[0]
    assert found.delay == pytest.approx(rises[0], rel=1e-4)
    assert found.interval == pytest.approx(rises[1] - rises[0], rel=1e-4)
    assert found.width == pytest.approx(fall - rises[0], rel=1e-4)
    assert found.threshold == pytest.approx(np.interp(rises[0], got.time, got["vmem"]), abs=1e-4)
    inside = (got.time > rises[0]) & (got.time < rises[1])
    assert found.reset == pytest.approx(got["vmem"][inside].min(), abs=1e-4)
    assert found.left == pytest.approx(np.interp(fall, got.time, got["vmem"]), abs=1e-4)
    assert found.reset < found.left - 4e-3  # the falling edge pulls the membrane on down
    assert found.high == pytest.approx(got["vspk"][inside].max(), rel=1e-3)
    assert found.peak == pytest.approx(got["vmem"][got.time < rises[0]].max(), abs=1e-4)
    low, high = (crossings(got.time, got["vspk"], part * found.high)[0] for part in (0.1, 0.9))
    assert found.rise == pytest.approx(high - low, rel=0.01)


@pytest.mark.parametrize("current", ["1 pA", "1 nA"])
def test_width_and_threshold_hardly_depend_on_the_current(current):
    """The spike is the circuit's own; its interval is the input's."""
    found, usual = spike_shape(CmosLIF(), current), spike_shape(CmosLIF())
    assert found.width == pytest.approx(usual.width, rel=0.02)
    assert found.threshold == pytest.approx(usual.threshold, abs=0.01)


@pytest.mark.parametrize(
    ("subject", "current", "message"),
    [
        (CmosLIF(vdd=[0.9, 1.0]), None, "2 lanes"),
        (CmosLIF(), [1e-12, 2e-12], "one number, not 2"),
        (CmosLIF(), "0.3 pA", "cmos_lif does not spike: the membrane settles at"),
        (CmosLIF(without=("m1",)), None, "beyond the supply"),
        (CmosLIF(without=("m6",)), None, "does not keep firing: after 68 spikes .* the last spike is at 699"),
        (nr.LIF(), "29 uA", "below the -40 mV of a spike"),
    ],
)
def test_what_has_no_shape(subject, current, message):
    with pytest.raises(InputError, match=message):
        spike_shape(subject, current)


def test_silence_is_measured_by_the_gaps_between_bursts():
    burst = np.array([0.0, 1.0, 2.0])
    bursts = np.concatenate([burst, burst + 20, burst + 40])
    assert still_fires(bursts, 70.0)
    assert not still_fires(bursts, 80.0)
    assert not still_fires(burst, 4.1)
    assert not still_fires(np.array([1.0]), 1.1)
    assert not still_fires(np.concatenate([[0.0, 30.0], 30 + np.arange(1, 60)]), 92.0)  # chatter that ended, not a gap


def test_a_signal_that_jumps_is_read_on_both_sides():
    """At a switch two points share one time: the parabola t^2 before it, a line after it, and no step between them."""
    time = np.array([0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0, 5.0])
    values = np.array([0.0, 1.0, 4.0, 9.0, -3.0, -5.0, -4.0, -3.0])
    assert slopes(time, values) == pytest.approx([1.0, 2.0, 4.0, 5.0, 0.0, 1.0, 1.0, 1.0])
    assert value_at(time, values, 1.5) == pytest.approx(2.25)
    assert value_at(time, values, 3.5) == pytest.approx(-4.5)
    assert (value_at(time, values, -1.0), value_at(time, values, 9.0)) == (0.0, -3.0)
    assert crossings(time, -values, 0.0) == pytest.approx([3.0])
    assert crossings(time, values, -4.5) == pytest.approx([3.5])


def test_a_circuit_with_a_switch_has_a_shape():
    """The comparator's output swings from 0.25 to 3.5 V in 3 ns edges; the switch leaves a few mV on the membrane."""
    found = spike_shape(CELLS["memristive_alif_circuit"]())
    assert (found.low, found.high) == pytest.approx((0.25, 3.5), abs=1e-6)
    assert 0.8 * 3e-9 < found.rise < 1.2 * 3e-9
    assert found.fall == pytest.approx(found.rise, rel=0.01)
    assert 0 < found.left < 0.01 * found.threshold


def test_the_figure_shows_every_node_around_the_spike():
    found = spike_shape(CmosLIF())
    (figure,) = spike_shape_figures(found)
    assert {"vmem", "n1", "vspk", "n3"} <= {trace["name"] for trace in figure.data}
    assert found.time[0] < 0 < found.time[-1]
    assert len(found.time) == len(found.waves["vspk"]) < 1000
    table = spike_shape_table([found, spike_shape(nr.LIF())])
    assert [row[2] for row in table.rows][-1] == "not defined"
    assert spike_shape_figures(spike_shape(nr.LIF())) == []
