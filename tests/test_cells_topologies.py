"""The neuron cells' topologies: those that spike do so as ngspice has it, those that fail do so in the way they say."""

import numpy as np
import pytest
from circuits_tools import NGSPICE, fitted_slope, tight_ngspice

from neuristor.circuits import tran
from neuristor.circuits.cells.axon_hillock import AxonHillock
from neuristor.circuits.cells.cmos_lif import CmosLIF, m4_length
from neuristor.circuits.cells.two_capacitor_lif import TwoCapacitorLIF
from neuristor.circuits.engines.spikes import crossings
from neuristor.circuits.netlist import Tran
from neuristor.stimulus import Step

CLASSES = (CmosLIF, TwoCapacitorLIF, AxonHillock)
INPUT = 10e-12
# at 10 pA, 10 fF, 1 V: rate (Hz), width (s), energy of a spike and its ramp (J)
SPIKING = {
    "cmos_lif:t2": (1180.1, 3.99e-9, 3.37e-10),
    "cmos_lif:dynamic": (3980.4, 3.82e-9, 1.22e-13),
    "cmos_lif:self_timed": (1106.5, 4.26e-9, 3.77e-10),
    "two_capacitor_lif:delayed_reset": (1685.8, 1.65e-7, 1.54e-12),
    "two_capacitor_lif:delayed_cut": (1178.9, 4.71e-9, 3.37e-10),
    "axon_hillock:self_resetting": (1454.5, 1.53e-7, 1.94e-12),
}
FAILING = ("dragged", "initialised", "diode", "hovering")
LEAKY = [name for name in SPIKING if name != "cmos_lif:dynamic"]  # node 1 of "dynamic" empties by itself
CURRENTS = [INPUT, *(pytest.param(i, marks=pytest.mark.slow) for i in (1e-12, 100e-12, 1e-9))]


def cell(name, **values):
    kind, _, topology = name.partition(":")
    return next(c for c in CLASSES if c.name == kind)(topology=topology, **values)


def run(neuron, current=INPUT, stop=5e-3, **settings):
    trace = neuron.simulate(Step(current, duration=stop, unit="A"), stop, **settings)
    assert not trace.failures, trace.failures
    return trace


def spikes(neuron, current=INPUT, stop=5e-3):
    """Times and widths of the spikes."""
    trace = run(neuron, current, stop, record=())
    return trace.spikes[0], trace.widths[neuron.watch[0]][0]


def waveforms(neuron, engine, stop=3e-3, current=INPUT):
    """Spike count and node voltages over the last tenth of a run."""
    plan = neuron.netlist.set("iin", dc=current).with_(analyses=(Tran(stop / 1000, stop, uic=True),))
    node, level = neuron.watch
    if engine == "ngspice":
        got = tight_ngspice(plan, stop / 2000, reltol=1e-6)
        late = got.time > 0.9 * stop
        return len(crossings(got.time, got[node], level)), {n: got[n][late] for n in plan.nodes}
    trace = tran(plan, spikes=[(node, level)])
    late = trace.time > 0.9 * stop
    return len(trace.crossings[node][0]), {n: v[0][late] for n, v in trace.signals.items()}


def rest_after_spike(neuron, c_mem):
    """V_mem five widths after the first spike, the input scaled so that the membrane is charged in a millisecond."""
    trace = run(neuron, 1e3 * c_mem, 1.2e-3, samples=0)
    first, width = trace.spikes[0][0], trace.widths["vspk"][0][0]
    return np.interp(first + 5 * width, trace.time, trace.signals["vmem"][0])


def late_power(neuron):
    """Mean power from the supply between 2 and 4 ms, when a latched neuron stands still."""
    early, late = (run(neuron, stop=stop).energy["vdd"][0] for stop in (2e-3, 4e-3))
    return (late - early) / 2e-3


def test_every_topology_is_known_here_and_says_whether_it_works():
    names = {f"{c.name}:{t.name}": t for c in CLASSES for t in c.topologies}
    assert set(names) == {*SPIKING, *(f"cmos_lif:{n}" for n in FAILING)}
    assert [n for n, t in names.items() if t.fails] == [f"cmos_lif:{n}" for n in FAILING]
    assert all(t.note and t.fixed and t.chosen for t in names.values())


@pytest.mark.parametrize("topology", CmosLIF.topologies, ids=lambda t: t.name)
def test_cmos_lif_has_the_parts_that_its_source_counts(topology):
    """Trigger part: three NMOS, two PMOS and two inverters; M6 and one capacitor integrate and reset."""
    netlist = CmosLIF(topology=topology.name).netlist
    kinds = {name: netlist.elements[name].model for name in ("m1", "m2", "m3", "m6", "m4", "m5")}
    assert list(kinds.values()) == ["nmos"] * 4 + ["pmos"] * 2
    assert sum(e.kind == "m" for e in netlist.elements.values()) == 10
    assert sum(e.kind == "c" for e in netlist.elements.values()) == 1
    sizes = {
        (e.params["w"], e.params["l"], e.params["ad"], e.params["ps"]) for e in netlist.elements.values() if e.kind == "m"
    }
    assert [pytest.approx(size) for size in sizes] == [(0.7e-6, 0.35e-6, 0.595e-12, 3.1e-6)]
    assert netlist.elements["m1"].nodes[:3] == ("n1", "vmem", "0")
    assert netlist.elements["m6"].nodes[:3] == ("vmem", "vspk", "0")


@pytest.mark.parametrize("name", SPIKING)
def test_spikes_regularly_at_the_stated_rate_width_and_energy(name):
    rate, width, energy = SPIKING[name]
    neuron = cell(name)
    times, widths = spikes(neuron)
    assert 1 / np.diff(times).mean() == pytest.approx(rate, rel=1e-3)
    assert np.ptp(np.diff(times)) < 1e-4 * np.diff(times).mean()
    assert widths == pytest.approx(width, rel=0.01)
    first, second = (run(neuron, stop=times[k] + 1e-6, rtol=1e-6, record=()).energy["vdd"][0] for k in (1, 3))
    assert (second - first) / 2 == pytest.approx(energy, rel=0.01)


@NGSPICE
@pytest.mark.parametrize("current", CURRENTS)
@pytest.mark.parametrize("name", SPIKING)
def test_intervals_and_widths_as_ngspice(name, current):
    neuron = cell(name)
    slope = 1.0 if name in LEAKY else 0.85
    stop = 4.3 / SPIKING[name][0] * (INPUT / current) ** slope * (1.7 if current < INPUT else 1.1)
    times, widths = spikes(neuron, current, stop)
    plan = neuron.netlist.set("iin", dc=current).with_(analyses=(Tran(stop / 1000, stop, uic=True),))
    node, level = neuron.watch
    got = tight_ngspice(plan, 5e-5 * stop, reltol=1e-6)
    theirs = crossings(got.time, got[node], level)
    assert len(times) == len(theirs) >= 3
    np.testing.assert_allclose(times, theirs, rtol=1e-4)
    np.testing.assert_allclose(np.diff(times), np.diff(theirs), rtol=1e-4)
    ends = crossings(got.time, -got[node], -level)
    np.testing.assert_allclose(widths[:3], ends[:3] - theirs[:3], rtol=1e-3)


@pytest.mark.parametrize("name", LEAKY)
def test_silent_below_its_leak_and_spikes_above(name):
    trace = run(cell(name), np.array([0.3e-12, 1e-12]), 0.1)
    assert len(trace.spikes[0]) == 0
    assert len(trace.spikes[1]) >= 4


def test_dynamic_fires_without_input_and_less_than_in_proportion():
    rates = [1 / np.diff(spikes(cell("cmos_lif:dynamic"), i, 8e-15 / max(i, 3e-13))[0]).mean() for i in (0.0, 1e-12, 1e-11)]
    assert rates[0] == pytest.approx(190, rel=0.05)
    assert np.log10(rates[2] / rates[1]) == pytest.approx(0.845, abs=0.01)


ENGINES = ["native", pytest.param("ngspice", marks=NGSPICE)]


@pytest.mark.parametrize("engine", ENGINES)
def test_dragged_latches_with_m2_stronger_than_m4(engine):
    count, late = waveforms(CmosLIF(topology="dragged"), engine)
    assert count == 1
    np.testing.assert_allclose(late["n1"], 0.0277, atol=5e-4)
    np.testing.assert_allclose(late["vspk"], 1.0, atol=1e-3)
    np.testing.assert_allclose(late["vmem"], 0.0, atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_initialised_latches_with_nothing_to_lift_node_1(engine):
    count, late = waveforms(CmosLIF(topology="initialised"), engine)
    assert count == 1
    assert np.max(np.abs(late["n1"])) < 0.01
    np.testing.assert_allclose(late["vspk"], 1.0, atol=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_diode_settles_where_m6_takes_the_input(engine):
    count, late = waveforms(CmosLIF(topology="diode"), engine)
    assert count == 0
    np.testing.assert_allclose(late["vmem"], 0.3604, atol=3e-4)
    np.testing.assert_allclose(late["vspk"], 0.1025, atol=3e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_hovering_swings_below_the_level_of_a_spike(engine):
    count, late = waveforms(CmosLIF(topology="hovering"), engine)
    assert count == 0
    assert [late["vmem"].min(), late["vmem"].max()] == pytest.approx([0.3466, 0.3683], abs=1e-3)
    assert late["vspk"].max() == pytest.approx(0.310, abs=0.005)


def test_of_the_latched_readings_one_burns_power_and_one_none():
    assert late_power(CmosLIF(topology="dragged")) == pytest.approx(3.47e-6, rel=0.01)
    assert abs(late_power(CmosLIF(topology="initialised"))) < 1e-3 * 3.47e-6


@pytest.mark.parametrize(
    ("name", "works", "fails"),
    [
        ("cmos_lif:t2", (0.3, 2.2), 2.5),
        ("two_capacitor_lif:delayed_reset", (0.7, 3.3), 0.5),
        ("axon_hillock:self_resetting", (0.4, 2.5), 3.3),
    ],
)
def test_range_of_the_supply(name, works, fails):
    for vdd in works:
        assert len(spikes(cell(name, vdd=vdd), stop=6e-3)[0]) >= 3
    assert len(spikes(cell(name, vdd=fails), stop=6e-3)[0]) <= 1


@pytest.mark.parametrize("engine", ENGINES)
def test_too_high_a_supply_settles_with_the_input_through_m6(engine):
    count, late = waveforms(CmosLIF(vdd=2.5), engine)
    assert count == 0
    np.testing.assert_allclose(late["vmem"], 1.402, atol=2e-3)
    np.testing.assert_allclose(late["vspk"], 0.084, atol=1e-3)


@pytest.mark.parametrize("c_mem", [50e-15, 100e-15, 500e-15, pytest.param(2e-12, marks=pytest.mark.slow)])
def test_m4_of_the_stated_length_empties_the_membrane(c_mem):
    long = CmosLIF(c_mem=c_mem, **{"m4.l": m4_length(c_mem)})
    assert abs(rest_after_spike(long, c_mem)) < 4e-3
    if c_mem > 60e-15:
        assert rest_after_spike(CmosLIF(c_mem=c_mem), c_mem) > 0.1


def test_m4_length_takes_text_and_arrays():
    assert m4_length("1 pF") == pytest.approx(10e-6)
    np.testing.assert_allclose(m4_length([10e-15, 200e-15]), [0.35e-6, 2e-6])


def test_self_timed_needs_no_longer_m4_up_to_100_fF():
    assert abs(rest_after_spike(CmosLIF(topology="self_timed", c_mem=100e-15), 100e-15)) < 2e-3
    assert 0.08 < rest_after_spike(CmosLIF(topology="self_timed", c_mem=1e-12), 1e-12) < 0.1


def test_second_capacitor_sets_the_width_and_hardly_the_rate():
    farads = np.array([20e-15, 100e-15, 500e-15])
    trace = run(TwoCapacitorLIF(c_w=farads), record=())
    widths = [w[0] for w in trace.widths["vspk"]]
    assert fitted_slope(farads, widths) == pytest.approx(0.96, abs=0.03)
    rates = [1 / np.diff(times).mean() for times in trace.spikes]
    assert np.ptp(rates) < 0.02 * rates[0]


@pytest.mark.parametrize("c_mem", [10e-15, 100e-15, 1e-12])
def test_reset_outlasts_the_spike_where_both_capacitors_are_equal(c_mem):
    """The lowest V_mem between two spikes: the reset lasts as long as C_w is charged, however large both are."""
    trace = run(TwoCapacitorLIF(c_mem=c_mem, c_w=c_mem), 1e3 * c_mem, 1.2e-3, samples=0)
    between = (trace.time > trace.spikes[0][0]) & (trace.time < trace.spikes[0][1])
    assert abs(trace.signals["vmem"][0][between].min()) < 6e-3


def test_axon_hillock_tends_to_meads_interval():
    """C_fb VDD/I, once the inverters switch in no time: large capacitors and a slow reset."""
    charge = []
    for bias in (0.35, 0.45, 0.6):
        neuron = AxonHillock(c_mem="1 pF", c_fb="300 fF", v_pw=bias)
        times, _ = spikes(neuron, 100e-12, 14e-3)
        charge.append(np.diff(times).mean() * 100e-12 / 300e-15)
    assert charge[0] == pytest.approx(1.0, abs=0.02)
    assert charge[0] < charge[1] < charge[2]


def test_axon_hillock_spikes_are_short_with_a_strong_reset():
    widths = [spikes(AxonHillock(v_pw=bias), 100e-12, 3e-4)[1][0] for bias in (0.35, 0.4, 0.5, 0.7)]
    assert np.all(np.diff(widths) < 0)
    assert spikes(AxonHillock(), 10e-9, 5e-6)[1][0] > 1.3 * spikes(AxonHillock(), 100e-12, 3e-4)[1][0]
