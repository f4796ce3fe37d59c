"""The behavioural model and its extraction: exact laws, a second solver, the circuit itself."""

import tomllib
from dataclasses import replace
from time import process_time
from types import SimpleNamespace

import numpy as np
import pytest

from neuristor import PWL, Fluctuated, Ramp, Sine, SpikeTrain, Square, Step
from neuristor.circuits.cells import CmosLIF
from neuristor.errors import InputError
from neuristor.experiments import compare, fi_curve
from neuristor.experiments.extraction import extract, limited
from neuristor.experiments.extraction_check import Check, compared
from neuristor.experiments.extraction_fit import balance, followed
from neuristor.experiments.extraction_runs import Ramp as Recorded
from neuristor.neurons import LIF
from neuristor.neurons.behavioural import Behavioural, load
from neuristor.neurons.behavioural_curves import NODES, spline
from neuristor.stimulus import Stimulus
from neuristor.stimulus.base import Segments

FLAT = {f"leak_{k}": 0.4e-12 for k in range(NODES)} | {f"power_{k}": 2e-9 for k in range(NODES)} | {"i_junction": 0.0}


def test_constant_leak_follows_the_closed_form():
    neuron = Behavioural(**FLAT, q_th="8 fC", x_reset=-0.1, t_ref="3 us", delay="1 us", e_spike="5 pJ")
    currents = np.array([1e-12, 1e-11, 3e-10])
    trace = neuron.simulate(Step(currents), 0.05, record=())
    for i, spikes, energy in zip(currents, trace.spikes, trace.energy["vdd"], strict=True):
        period = 3e-6 + 8e-15 * 1.1 / (i - 0.4e-12)
        first = 1e-6 + 8e-15 / (i - 0.4e-12)
        assert spikes == pytest.approx(first + period * np.arange(len(spikes)), rel=1e-9)
        assert len(spikes) == int((0.05 - first) / period) + 1
        assert energy == pytest.approx(5e-12 * len(spikes) + 2e-9 * (0.05 - 3e-6 * len(spikes)), rel=1e-6)


STIMULI = {
    "constant": Step("10 pA"),
    "ripple": Fluctuated(Step("10 pA"), 0.1, "20 us", lanes=20, duration="5 ms"),
    "pulses": Square("10 pA", "1 ms", 0.7, "-3 pA", duration="5 ms"),
    "sine": Sine("5 pA", "700 Hz", "10 pA", duration="5 ms"),
    "ramp": Ramp("0 A", "30 pA", "5 ms"),
    "steps": PWL([0, 1e-3, 1e-3, 2e-3, 2e-3, 5e-3], [1e-11, 1e-11, 2e-11, 2e-11, 5e-12, 5e-12]),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n == "sine" else ()) for n in STIMULI])
def test_its_own_solver_agrees_with_dopri5(name):
    neuron, stimulus = Behavioural(i_fire="50 pA", x_fire=0.95), STIMULI[name]
    own = neuron.simulate(stimulus, "5 ms", samples=301)
    other = neuron.simulate(stimulus, "5 ms", samples=301, method="dopri5", rtol=1e-10)
    assert own.spike_counts.tolist() == other.spike_counts.tolist()
    assert own.spike_counts.min() >= 2
    assert own.spike_times == pytest.approx(other.spike_times, abs=2e-8)  # of intervals of 1 ms
    assert own.energy["vdd"] == pytest.approx(other.energy["vdd"], rel=2e-4)
    away = np.min(np.abs(own.time - own.spikes[0][:, None]), axis=0) > 1e-6
    for signal in ("v_mem", "charge", "i_in"):
        assert own[signal][0, away] == pytest.approx(other[signal][0, away], abs=1e-4)


def test_tolerance_sets_the_error():
    exact = Behavioural().simulate(STIMULI["sine"], "5 ms", record=(), method="dopri5", rtol=1e-11).spike_times
    errors = [
        np.abs(Behavioural().simulate(STIMULI["sine"], "5 ms", record=(), rtol=r).spike_times - exact).max()
        for r in (1e-4, 1e-12)
    ]
    assert errors[1] < 1e-9
    assert errors[1] < 0.1 * errors[0]


def test_lanes_do_not_know_of_each_other():
    ripple = [Fluctuated(Step("10 pA"), 0.1, "20 us", lanes=n, duration="3 ms", seed=4) for n in (5, 300)]
    few, many = (Behavioural().simulate(r, record=()) for r in ripple)
    assert all(np.array_equal(a, b) for a, b in zip(few.spikes, many.spikes, strict=False))
    drawn = Behavioural().simulate(ripple[0], record=("v_mem",))
    assert np.array_equal(drawn.spike_times, few.spike_times)
    assert set(drawn.signals) == {"v_mem", "i_in"}


def test_parameters_may_differ_from_lane_to_lane():
    charges = np.array([7e-15, 9e-15])
    both = Behavioural(q_th=charges).simulate(Step("10 pA"), "5 ms")
    for k, q in enumerate(charges):
        one = Behavioural(q_th=q).simulate(Step("10 pA"), "5 ms")
        assert both.spikes[k] == pytest.approx(one.spikes[0], abs=2e-8)
        assert both.energy["vdd"][k] == pytest.approx(one.energy["vdd"][0], rel=2e-4)


@pytest.mark.parametrize(
    ("stimulus", "told"),
    [
        (Step("3 nA"), "3 nA: extract again"),
        (Step(["10 pA", "-20 pA"]), "-20 pA"),
        (Ramp("0 A", "2 nA", "1 ms"), "2 nA"),
        (Sine("0.9 nA", "1 kHz", "0.5 nA", duration="2 ms"), "1.4 nA"),
        (SpikeTrain([0.5e-3], 1e-15, unit="A"), "impulse"),
    ],
)
@pytest.mark.parametrize("method", ["auto", "dopri5"])
def test_refuses_what_it_was_not_fitted_to(stimulus, told, method):
    with pytest.raises(InputError, match=r"takes -10 pA to 1 nA") as refusal:
        Behavioural().simulate(stimulus, "1 ms", method=method)
    assert told in str(refusal.value)


def test_values_after_the_end_do_not_count():
    late = PWL([0, 2e-3, 3e-3], [1e-11, 1e-11, 5e-9])
    for method in ("auto", "dopri5"):
        assert len(Behavioural().simulate(late, "2 ms", method=method).spike_times) == 2


def test_spline_runs_through_its_nodes_and_on_straight():
    values = list(np.random.default_rng(1).normal(size=NODES))
    u = np.linspace(0, 1, NODES)
    assert spline(values, u) == pytest.approx(values, abs=1e-10)
    ends = spline(values, np.array([-0.3, -0.2, -0.1, 1.1, 1.2, 1.3]))
    assert np.diff(ends[:3], 2) == pytest.approx(0, abs=1e-10)
    assert np.diff(ends[3:], 2) == pytest.approx(0, abs=1e-8)


def known_ramps(currents):
    """Ramps of a membrane C = 10 fF + 2 fF v with a leak of 0.3 pA + 0.2 pA v, by Euler steps far below the levels."""
    ramps = []
    for i in currents:
        v = np.linspace(0, 0.6, 60001)
        middle = 0.5 * (v[1:] + v[:-1])
        dt = np.diff(v) * (10e-15 + 2e-15 * middle) / (i - 0.3e-12 - 0.2e-12 * middle)
        t = np.concatenate([[0], np.cumsum(dt)])
        ramps.append(Recorded(i, t[-1], t[-1], t, v, 3 * t[-1], 3, 0.0))
    return ramps


def test_balance_finds_a_known_capacitance_and_leak():
    levels = np.linspace(0.02, 0.58, 29)
    middle = 0.5 * (levels[1:] + levels[:-1])
    capacitance, leak, misfit = balance(known_ramps(np.geomspace(1e-12, 1e-10, 5)), levels)
    assert capacitance == pytest.approx(10e-15 + 2e-15 * middle, rel=1e-4)
    assert leak == pytest.approx(0.3e-12 + 0.2e-12 * middle, rel=1e-3)
    assert misfit.max() < 1e-4
    assert followed(capacitance, misfit) == len(misfit)


def test_missing_spikes_are_told():
    a = Behavioural().simulate(Step("10 pA"), "5 ms", record=())
    b = Behavioural(q_th="16 fC").simulate(Step("10 pA"), "5 ms", record=())
    assert compared("half the rate", "constant", 1e-11, a, b).interval == np.inf
    same = compared("itself", "constant", 1e-11, a, a)
    assert (same.interval, same.time, same.spikes) == (0.0, 0.0, 5)


def test_no_spike_is_no_agreement(small):
    """Neither fires: nothing is compared, and the verdict says so instead of counting it as an error of 0."""
    quiet = Behavioural().simulate(Step("0 A"), "1 ms", record=())
    check = compared("no current", "constant", 0.0, quiet, quiet)
    assert np.isnan([check.interval, check.rms, check.time]).all()
    assert not check.compared
    mixed = replace(small, checks=[*small.checks, check])
    assert mixed.worst == small.worst
    assert mixed.fits
    assert "nothing compared: no current" in mixed.verdict()
    for none in (replace(small, checks=[check]), replace(small, checks=[])):
        assert np.isnan(none.worst)
        assert not none.fits
        assert none.verdict().startswith("nothing compared")


def checked_at(least, interval, name):
    return Check(name, "any", 1e-11, 5, interval, interval, interval, 0.0, least)


@pytest.mark.parametrize(
    ("failing", "low", "dropped"),
    [
        ((), -1e-11, ()),
        (("below",), 0.0, ("below",)),
        (("ramp",), 5e-12, ("below", "pulses", "ramp")),
        (("pulses",), 5e-12, ("below", "pulses", "ramp")),
        (("above",), -1e-11, ()),
    ],
)
def test_range_follows_the_checks_and_drops_none_silently(small, failing, low, dropped, tmp_path):
    """Whatever kind of stimulus fails below a bound, the range ends there and all below are named with their errors."""
    least = {"below": -1e-11, "pulses": 0.0, "ramp": 0.0, "above": 2e-11}
    found = [checked_at(i, 0.2 if name in failing else 0.001, name) for name, i in least.items()]
    runs = SimpleNamespace(currents=np.array([5e-12, 3e-10]))
    neuron, kept, gone = limited(small.neuron.with_(i_low=-1e-11), found, runs)
    assert float(neuron.i_low) == low
    assert {c.name for c in gone} == set(dropped)
    assert [c.name for c in kept] == [n for n in least if n not in dropped]
    told = replace(small, neuron=neuron, range=(low, 3e-10), checks=kept, dropped=gone)
    assert all(f"{c.name} {100 * c.interval:.3g} %" in told.verdict() for c in gone)
    assert told.fits == ("above" not in failing)
    with told.save(tmp_path / "model.toml").open("rb") as file:
        stored = tomllib.load(file)
    assert [c["name"] for c in stored.get("dropped", [])] == [c.name for c in gone]


def test_a_range_is_not_borne_out_by_silence(small):
    runs = SimpleNamespace(currents=np.array([5e-12, 3e-10]))
    silent = checked_at(-1e-11, np.nan, "below")
    neuron, kept, gone = limited(small.neuron.with_(i_low=-1e-11), [silent, checked_at(0.0, 0.001, "ramp")], runs)
    assert (float(neuron.i_low), [c.name for c in kept], gone) == (0.0, ["ramp"], [silent])


@pytest.fixture(scope="module")
def small():
    return extract(CmosLIF(), ("5 pA", "300 pA"), points=5)


def test_extracted_neuron_keeps_the_circuits_times(small):
    assert small.worst < 0.005
    assert small.fits
    assert small.dropped == []
    assert all(c.compared for c in small.checks)
    assert min(c.least for c in small.checks) == pytest.approx(-1e-11)
    assert {c.least for c in small.checks if c.kind in ("ramp", "pulses")} == {0.0}
    assert {c.kind for c in small.checks} == {"constant", "ripple", "steps", "ramp", "pulses", "negative"}
    assert max(abs(c.energy) for c in small.checks) < 0.02
    assert small.range == pytest.approx((-1e-11, 3e-10))
    assert 10e-15 < small.capacitance.min() < 13e-15
    stimulus = Fluctuated(Step("20 pA"), 0.1, "20 us", seed=9, duration="2 ms")
    circuit, model = (s.simulate(stimulus, record=()).spikes[0] for s in (CmosLIF(), small.neuron))
    assert len(circuit) == len(model) == 4
    assert model == pytest.approx(circuit, rel=0.005)


def test_extracted_neuron_is_a_neuron(small):
    curve = fi_curve(small.neuron)
    assert 0.4e-12 < curve.rheobase < 1.5e-12
    row = compare([small.neuron])[0]
    assert row.subject == "cmos_lif_model"
    assert 1e-10 < row.energy_per_spike < 1e-8


def test_saved_model_is_the_same_model(small, tmp_path):
    path = small.save(tmp_path / "model.toml")
    again = load(path)
    assert again.values() == small.neuron.values()
    assert (again.name, again.origin) == (small.neuron.name, small.neuron.origin)
    stimulus = Step("30 pA")
    assert np.array_equal(*(n.simulate(stimulus, "2 ms").spike_times for n in (again, small.neuron)))
    assert "[[checks]]" in path.read_text()
    path.write_text(path.read_text().replace('model = "behavioural"', 'model = "other"'))
    with pytest.raises(InputError, match="not a saved model"):
        load(path)
    path.write_text("model = ")
    with pytest.raises(InputError, match="cannot be read"):
        load(path)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("subject", "currents", "options", "told"),
    [
        (LIF(), ("1 pA", "1 nA"), {}, "needs a circuit"),
        (CmosLIF(c_mem=[1e-14, 2e-14]), ("1 pA", "1 nA"), {}, "one circuit at a time"),
        (CmosLIF(), ("1 nA", "1 pA"), {}, "positive and rising"),
        (CmosLIF(), ("1 pA", "1 nA"), {"points": 3}, "at least 4 points"),
        (CmosLIF(topology="diode"), ("5 pA", "50 pA"), {"points": 4}, "does not fire at 50 pA"),
    ],
)
def test_what_cannot_be_extracted_is_said(subject, currents, options, told):
    with pytest.raises(InputError, match=told):
        extract(subject, currents, **options)


@pytest.mark.slow
def test_whole_range_within_one_percent():
    found = extract(CmosLIF())
    assert found.worst < 0.003
    assert max(abs(c.energy) for c in found.checks) < 0.01
    assert found.range == pytest.approx((-1e-11, 1e-9))


@pytest.mark.slow
def test_a_second_memory_is_found_out():
    found = extract(CmosLIF(topology="dynamic"), ("5 pA", "300 pA"), points=5)
    assert not found.fits
    assert "does not fit" in found.verdict()
    assert found.range[0] > 0
    assert all(c.name in found.verdict() for c in found.dropped)
    assert min(c.least for c in found.dropped) < 0


def test_figures_and_table_tell_the_checks(small):
    from neuristor.report.extraction_figures import checks_table, extraction_figures

    figures = extraction_figures(small)
    assert [f.id for f in figures] == ["extraction-balance", "extraction-errors", "extraction-curves"]
    drawn = sum(len(d["x"]) for d in figures[1].data if d["mode"] == "markers")
    assert drawn == len(small.checks) == len(checks_table(small).rows)
    assert all(f.to_json_dict() for f in figures)
    assert small.to_json_dict()["verdict"] == small.verdict()


class Tabulated(Stimulus):
    """The rows of another stimulus, made once."""

    def __init__(self, inner):
        self.table = inner.segments(range(inner.lanes))
        self.lanes, self.duration = inner.lanes, inner.duration

    def segments(self, lanes):
        first, part = self.table.first, slice(lanes.start, lanes.stop)
        rows = self.table.rows[first[lanes.start] : first[lanes.stop]]
        return Segments(
            rows, first[lanes.start : lanes.stop + 1] - first[lanes.start], np.arange(len(lanes)), self.table.gain[part]
        )

    def describe(self):
        return "a table"


@pytest.mark.slow
def test_model_is_hundreds_of_times_faster_than_the_circuit_solver():
    """CPU time a lane of the same ripple, in turn; the circuit on 40 lanes, the model on 1000."""
    ripple = [Tabulated(Fluctuated(Step("10 pA"), 0.1, "20 us", lanes=n, duration="5 ms")) for n in (40, 1000)]
    subjects = [CmosLIF(), Behavioural()]
    times = np.zeros((4, 2))
    for row in times:
        for k in (0, 1):
            begin = process_time()
            subjects[k].simulate(ripple[k], record=())
            row[k] = (process_time() - begin) / ripple[k].lanes
    circuit, model = np.median(times[1:], axis=0)
    assert circuit / model > 100
