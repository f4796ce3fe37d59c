"""Metrics of a run against closed forms and against where the run happens to end; limits as text."""

from dataclasses import replace

import numpy as np
import pytest

from neuristor.circuits.cells import CmosLIF
from neuristor.errors import InputError
from neuristor.experiments.metrics import METRICS, Limit, measure, passing, read_limit, read_limits
from neuristor.experiments.observation import observed, run_lanes, taken
from neuristor.neurons import LIF, AdEx, Izhikevich, PerfectIntegrator
from neuristor.stimulus import Step
from neuristor.trace import Failure

INTERVAL = 847.393e-6  # s, of CmosLIF at 10 pA in ngspice with steps of at most 0.1 us and reltol 1e-6


@pytest.mark.parametrize("periods", [3.02, 3.5, 5.3, 5.97])
def test_perfect_integrator_in_closed_form(periods):
    """C V / I between spikes, half C V^2 a spike, wherever the run ends."""
    c, v, i = 10e-15, np.array([0.4, 0.5]), 10e-12
    found = run_lanes(PerfectIntegrator(c_mem=c, v_th=v), i, periods * c * 0.5 / i).values
    np.testing.assert_allclose(found["interval"], c * v / i, rtol=1e-9)
    np.testing.assert_allclose(found["rate"], i / (c * v), rtol=1e-9)
    np.testing.assert_allclose(found["first_spike"], c * v / i, rtol=1e-9)
    np.testing.assert_allclose(found["energy"], c * v**2 / 2, rtol=1e-4)
    np.testing.assert_allclose(found["power"], v * i / 2, rtol=1e-4)
    assert np.all(np.isnan(found["width"]))


def test_energy_spread_over_the_run_where_no_power_is_recorded():
    """E / (T f): of a ramp cut in its middle, a quarter of a spike for half a period."""
    c, v, i = 10e-15, 0.5, 10e-12
    period = c * v / i
    found = measure(PerfectIntegrator(c_mem=c, v_th=v).simulate(Step(i), 4.5 * period, record=()))
    assert found["energy"][0] == pytest.approx((4 + 0.25) / 4.5 * c * v**2 / 2, rel=1e-6)


def test_silent_and_failed_lanes_have_no_metric():
    neuron = LIF(v_th=np.array([-0.05, -0.04, -0.02]))
    trace = neuron.simulate(Step(45e-6), 0.1, record=())
    found = measure(trace)
    assert [np.isfinite(found["rate"][k]) for k in range(3)] == [True, True, False]
    assert all(np.isnan(values[2]) for values in found.values())
    failed = measure(replace(trace, failures=[Failure(0, 0.05, "the step underflows")]))
    assert all(np.isnan(values[0]) for values in failed.values())
    assert failed["rate"][1] == found["rate"][1]


def test_a_crossing_in_the_first_instant_is_no_spike():
    trace = PerfectIntegrator().simulate(Step(10e-12), 2.6e-3, record=())
    jumped = replace(trace, spike_times=np.insert(trace.spike_times, 0, 1e-19), spike_offsets=trace.spike_offsets + [0, 1])
    assert {k: v.tolist() for k, v in measure(jumped).items() if k != "width"} == {
        k: v.tolist() for k, v in measure(trace).items() if k != "width"
    }


def test_circuit_energy_does_not_depend_on_where_the_run_ends():
    """From just after one spike to just before the next, against the energy between two equal phases of plain runs."""
    cell, ends = CmosLIF(), [1.25 * INTERVAL, 3.25 * INTERVAL]
    joule = [cell.simulate(Step(10e-12), stop, record=()).energy["vdd"][0] for stop in ends]
    expected = (joule[1] - joule[0]) / 2
    found = [run_lanes(cell, 10e-12, n * INTERVAL).values for n in (3.1, 3.5, 3.9)]
    for values in found:
        assert values["energy"][0] == pytest.approx(expected, rel=1e-3)
        assert values["interval"][0] == pytest.approx(INTERVAL, rel=1e-4)
    plain = [measure(cell.simulate(Step(10e-12), n * INTERVAL, record=()))["energy"][0] for n in (3.1, 3.7)]
    assert plain[0] / plain[1] > 1.05  # what is avoided


def test_a_lane_does_not_depend_on_the_others():
    """Slow lanes run longer; alone or among others they come out the same."""
    neuron = LIF(v_th=np.array([-0.045, -0.0101, -0.05, -0.045]))
    all_ = observed(neuron, 60e-6, 0.012).values
    for lane in range(4):
        one = observed(LIF(v_th=float(neuron.v_th[lane])), 60e-6, 0.012).values
        for name in ("rate", "first_spike", "energy"):
            assert all_[name][lane] == pytest.approx(one[name][0], rel=1e-12, nan_ok=True)
    assert np.all(np.isfinite(all_["rate"]))


def test_a_part_of_the_lanes_of_a_cell_keeps_their_own_supplies():
    """Nodes that start at the supply start at each lane's own: lanes taken alone are as among others."""
    supply = np.array([0.95, 1.0, 1.05])
    part = taken(CmosLIF(vdd=supply), np.array([0, 2]))
    assert part.lanes == 2
    assert part.netlist.initial["vdd"].tolist() == [0.95, 1.05]
    found = run_lanes(part, 1e-9, 5e-5).values["interval"]
    alone = [run_lanes(CmosLIF(vdd=v), 1e-9, 5e-5).values["interval"][0] for v in supply[[0, 2]]]
    np.testing.assert_allclose(found, alone, rtol=1e-5)


def test_neurons_without_a_power_have_no_energy():
    values = run_lanes(AdEx(), 1e-9, 0.2).values
    assert np.isfinite(values["energy"][0])
    izhikevich = run_lanes(Izhikevich(), 10.0, 0.3).values
    assert np.isfinite(izhikevich["rate"][0])
    assert np.isnan(izhikevich["energy"][0])


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("rate>1 kHz", Limit("rate", low=1e3)),
        ("rate >= 1kHz", Limit("rate", low=1e3)),
        ("Energy<0.4 nJ", Limit("energy", high=0.4e-9)),
        ("width=4ns..5ns", Limit("width", 4e-9, 5e-9)),
        ("power<=4e-7", Limit("power", high=4e-7)),
    ],
)
def test_limits_as_text(text, limit):
    found = read_limit(text)
    for one in (found, read_limit(str(found))):
        assert one.name == limit.name
        assert (one.low, one.high) == pytest.approx((limit.low, limit.high))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate", "write it as"),
        ("rat>1 kHz", "did you mean 'rate'"),
        ("rate>1 ms", "is in ms"),
        ("rate>fast", "is not a quantity"),
        ("width=5ns..4ns", "the range is empty"),
        ("width=5ns", "needs a range"),
        (">1 kHz", "write it as"),
        (3, "write it as"),
    ],
)
def test_limits_that_cannot_be_read(text, told):
    with pytest.raises(InputError, match=told):
        read_limit(text)


def test_several_limits_and_what_passes():
    limits = read_limits("rate>1 kHz, energy<0.4 nJ; width=4ns..5ns")
    assert [limit.name for limit in limits] == ["rate", "energy", "width"]
    assert read_limits([limits[0], "rate<2 kHz"])[1].high == 2e3
    values = {name: np.full(4, np.nan) for name in METRICS}
    values["interval"] = np.array([1e-3, 1e-3, 1e-3, np.nan])
    values["rate"] = np.array([1e3, 999.0, np.nan, np.nan])
    assert passing(values, limits[:1]).tolist() == [True, False, False, False]
    assert passing(values, ()).tolist() == [True, True, True, False]
