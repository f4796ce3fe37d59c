"""Design searches: gradients against differences, optima that are known, limits, and ngspice on the design found."""

import json
import shutil

import numpy as np
import pytest
from circuits_t2 import t2_netlist
from circuits_tools import CARDS, NGSPICE
from scipy.optimize import minimize

from neuristor import LIF
from neuristor.circuits.cells import CmosLIF
from neuristor.circuits.neuron import CircuitNeuron
from neuristor.errors import InputError
from neuristor.experiments import design_metrics
from neuristor.experiments.design_limits import read_limit
from neuristor.experiments.design_metrics import Bench, Metrics, element_of, measured, resized
from neuristor.experiments.design_runs import NoSpikes
from neuristor.experiments.design_search import Look, search
from neuristor.experiments.fluctuation import fluctuation
from neuristor.experiments.optimize import optimize

SMALL = {"samples": 4, "spikes": 2}
SIZES = ["m1.w", "m4.l", "m5.l"]


@pytest.fixture(scope="module")
def bench():
    return Bench(CmosLIF(), 10e-12, **SMALL)


@pytest.fixture(scope="module")
def found():
    """The least energy of two spikes without a worse shift, by the size of the keeper."""
    return optimize(CmosLIF(), "energy", ["shift_max<=start"], ["m5.l", "m5.w"], **SMALL)


def difference(values, h):
    """Derivative from values at -2h, -h, h, 2h: error of fourth order."""
    return (8 * (values[2] - values[1]) - (values[3] - values[0])) / (12 * h)


@pytest.mark.parametrize("name", [SIZES[0], *(pytest.param(n, marks=pytest.mark.slow) for n in SIZES[1:])])
def test_gradients_are_those_of_differences(bench, name, monkeypatch):
    """Small steps, as a spike that moves over a node of the ripple bends the curve; so the runs must be tight."""
    netlist, h = bench.subject.netlist, 1e-3
    exact = measured(bench, netlist, SIZES, 3e-3)
    e, key = element_of(netlist, name)
    monkeypatch.setattr(design_metrics, "RTOL", 1e-9)
    monkeypatch.setattr(design_metrics, "RIPPLE_RTOL", 1e-9)
    moved = [resized(netlist, {name: e.params[key] * np.exp(k * h)}) for k in (-2, -1, 1, 2)]
    beside = [measured(bench, m, ["m1.l"], 3e-3) for m in moved]
    at = SIZES.index(name)
    for metric, value in exact.values.items():
        expected = difference([m.values[metric] for m in beside], h) / value
        assert exact.slopes[metric][at] / value == pytest.approx(expected, rel=1e-3, abs=2e-4), metric
    expected = difference([m.shifts for m in beside], h)
    np.testing.assert_allclose(exact.shift_slopes[:, :, at], expected, atol=1e-4)


def test_the_shift_is_that_of_the_fluctuation_experiment(bench):
    ours = measured(bench, bench.subject.netlist, ["m1.w"], 3e-3).shifts
    theirs = fluctuation(bench.subject, samples=bench.samples, spikes=bench.spikes, spacing=bench.spacing)
    np.testing.assert_allclose(100 * ours, theirs.shift[0], atol=0.01)  # theirs with rtol 1e-5


def test_energy_is_what_a_longer_run_takes_more(bench):
    """Of two runs of whole intervals apart, the longer takes that many spikes' energy more."""
    ours = measured(bench, bench.subject.netlist, ["m1.w"], 3e-3, ripple=False).values
    ends = ours["interval"] * np.array([2.1, 4.1])
    joule = [bench.subject.simulate(bench.steady, t, record=(), rtol=1e-6).energy["vdd"][0] for t in ends]
    assert np.diff(joule)[0] / 2 == pytest.approx(ours["energy"], rel=1e-4)


def test_areas_follow_the_width_as_in_a_cell():
    cell, netlist = CmosLIF(**{"m5.w": "1.4 um", "m5.l": "0.5 um"}), CmosLIF().netlist
    ours = resized(netlist, {"m5.w": 1.4e-6, "m5.l": 0.5e-6}).elements["m5"].params
    assert ours == pytest.approx(cell.netlist.elements["m5"].params, rel=1e-12)


# A box: least x + y for x y >= 4, a curved limit whose best point (2, 2) is no corner.
def hyperbola(u):
    x, y = np.exp(u)
    total = x + y
    return Look(np.log([total]), np.array([[x, y]]) / total, np.log([4 / (x * y)]), np.array([[-1.0, -1.0]]))


def test_a_curved_limit():
    x, look, _ = search(hyperbola, np.log([7.0, 0.1]), np.log([0.01, 0.01]), np.log([50.0, 50.0]))
    assert look.excess == 0
    assert np.exp(look.goal) == pytest.approx(4, rel=1e-3)
    assert np.exp(x) == pytest.approx([2, 2], rel=0.05)


def test_an_optimum_inside_is_that_of_scipy():
    powers, factors = np.array([[1.0, 0.5], [-1.0, 0.3], [0.2, -1.5]]), np.array([1.0, 3.0, 0.7])

    def look(u):
        terms = factors * np.exp(powers @ u)
        return Look(np.log([terms.sum()]), (terms @ powers / terms.sum())[None], np.zeros(0), np.zeros((0, 2)))

    box = np.full(2, 3.0)
    _, ours, _ = search(look, np.array([2.0, -2.0]), -box, box)
    theirs = minimize(lambda u: look(u).goal, [0, 0], bounds=[(-3, 3)] * 2, tol=1e-12)
    assert ours.goal == pytest.approx(theirs.fun, abs=1e-3)


def test_the_largest_of_several_goals():
    """max(x, 1/x, y, 2/y) is least at x = 1, y = sqrt 2."""

    def look(u):
        rows = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
        return Look(rows @ u + [0, 0, 0, np.log(2)], rows, np.zeros(0), np.zeros((0, 2)))

    _, best, _ = search(look, np.array([2.0, -1.0]), np.full(2, -3.0), np.full(2, 3.0))
    assert np.exp(best.goal) == pytest.approx(np.sqrt(2), rel=1e-3)


def test_where_nothing_can_be_seen_the_search_steps_back():
    """The best corner lies where the circuit would not spike: it goes up to the edge of that."""
    seen = []

    def look(u):
        seen.append(u[0])
        return None if u[0] < -1 else Look(u[:1], np.eye(1), np.zeros(0), np.zeros((0, 1)))

    x, _, why = search(look, np.zeros(1), np.full(1, -5.0), np.full(1, 5.0))
    assert -1 <= x[0] < -0.95
    assert min(seen) < -1
    assert "improve nothing" in why


def test_from_outside_the_limits_it_goes_inside():
    def look(u):
        return Look(u[:1], np.eye(1), 2 - u[:1], -np.eye(1))

    x, best, _ = search(look, np.zeros(1), np.full(1, -5.0), np.full(1, 5.0))
    assert best.excess == 0
    assert x[0] == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shift_index<2%", "shift_index < 2 %"),
        ("rate > 1 kHz", "rate > 1 kHz"),
        ("width<=5ns", "width < 5 ns"),
        ("area<50um2", "area < 50 um2"),
        ("energy<0.5*start", "energy < 200 pJ"),
        ("energy <= 90% start", "energy < 360 pJ"),
        ("rate=start", "rate = 1.2 kHz within 1 %"),
        ("rate = start +-5%", "rate = 1.2 kHz within 5 %"),
        ("rate=1.5kHz±2%", "rate = 1.5 kHz within 2 %"),
    ],
)
def test_limits_from_text(text, shown):
    assert str(read_limit(text).fixed({"energy": 400e-12, "rate": 1200.0})) == shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("shift<2%", "unknown metric 'shift' .did you mean 'shift_"),
        ("rate>1ms", "'1ms' is in ms, but a quantity in Hz is expected"),
        ("rate", "write a metric, < > or =, and a bound"),
        ("rate<1kHz+-5%", r"\+- goes with ="),
        ("rate=start+-200%", "between 0 and 100 %"),
        ("rate>fast", "'fast' is not a quantity"),
    ],
)
def test_bad_limits(text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_limit(text)


def test_a_limit_and_its_derivatives():
    m = Metrics({"rate": 1100.0}, {"rate": np.array([220.0])})
    above, below = read_limit("rate=1kHz+-5%").excess(m)[0]
    assert (above, below) == (pytest.approx(np.log(1100 / 1050)), pytest.approx(np.log(950 / 1100)))
    assert read_limit("rate>1kHz").excess(m)[1] == pytest.approx(np.array([[-0.2]]))


def test_the_design_keeps_its_limit_and_gains(found):
    assert found.gain > 3
    assert found.gain == pytest.approx(found.before["energy"] / found.after["energy"])
    assert found.after["shift_max"] <= found.before["shift_max"]
    assert np.all((found.best >= found.low) & (found.best <= found.high))
    better = CmosLIF().with_(**found.settings)
    shift = fluctuation(better, samples=4, spikes=2, spacing="20 us").shift
    assert np.max(np.abs(shift)) == pytest.approx(100 * found.after["shift_max"], abs=0.01)
    json.dumps(found.to_json_dict())


@NGSPICE
def test_ngspice_confirms_the_gain(found):
    v = found.verification
    assert not v.note
    assert abs(v.difference) < 1e-3
    for metric in ("energy", "rate", "width"):
        assert v.best[metric] == pytest.approx(found.after[metric], rel=2e-3)
    assert v.best["shift_max"] == pytest.approx(found.after["shift_max"], abs=1e-4)


@CARDS
def test_a_netlist_is_designed_as_the_cell_and_its_settings_make_the_design():
    """The user's circuit has no parameters: areas and edges are among the settings."""
    neuron = CircuitNeuron(t2_netlist(), spikes="vspk@0.5")
    result = optimize(neuron, "power", ["rate=start+-5%", "area<=start"], ["m5.w"], verify_with="", evaluations=4, **SMALL)
    assert set(result.settings) == {"m5.w", "m5.ad", "m5.as", "m5.pd", "m5.ps"}
    assert result.verification.note == "not verified: no second engine was asked for"
    bench = Bench(neuron.with_(**result.settings), 10e-12, **SMALL)
    again = measured(bench, bench.subject.netlist, ["m5.w"], 3e-3, ripple=False).values
    assert again["power"] == pytest.approx(result.after["power"], rel=1e-6)
    assert abs(result.after["rate"] / result.before["rate"] - 1) < 0.05
    assert result.gain > 1.2


def test_without_ngspice_it_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = optimize(CmosLIF(), "width", [], ["m4.l"], evaluations=2, **SMALL)
    assert result.verification.note == "not verified: ngspice is not installed"
    assert result.active == ("m4.l at its lowest, 0.35 um",)  # a longer M4 only widens the spike
    assert result.gain == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"vary": ["m9.l"]}, "no element 'm9'"),
        ({"vary": ["m4.delvto"]}, "widths and lengths of transistors"),
        ({"vary": ["cmem.c"]}, "widths and lengths of transistors"),
        ({"vary": []}, "name widths and lengths"),
        ({"minimize": "enegy"}, "did you mean 'energy'"),
        ({"fault": "stuck"}, "unknown fault"),
        ({"bounds": {"m5.l": (1e-6, 2e-6)}}, "bounds m5.l: 1 to 2 um must hold the drawn size, 0.35 um"),
        ({"bounds": {"m4.l": (1e-6, 2e-6)}}, "bounds m4.l: this size is not varied"),
        ({"verify_with": "spectre"}, "verified with 'ngspice'"),
        ({"spikes": 1}, "spikes must be 2 or more"),
        ({"current": "0.1 pA"}, "cannot be the start of a search: 0 of 3 spikes come in"),
        ({"subject_to": ["rate>9kHz"]}, "no sizes .* keep rate > 9 kHz, where the nearest has 1"),
    ],
)
def test_what_cannot_be(settings, sentence):
    arguments = {"subject_to": ["area<60um2"], "vary": ["m5.l"], "verify_with": "", "evaluations": 3, **SMALL, **settings}
    with pytest.raises(InputError, match=sentence):
        optimize(CmosLIF(), **arguments)


def test_equation_neurons_and_lanes_have_nothing_to_size():
    with pytest.raises(InputError, match="lif has no transistors to size"):
        optimize(LIF())
    with pytest.raises(InputError, match="has 2 lanes"):
        optimize(CmosLIF(vdd=np.array([1.0, 1.1])))


def test_a_circuit_that_latches_cannot_be_measured():
    latching = CmosLIF(topology="dragged")
    with pytest.raises(NoSpikes, match="1 of 3 spikes come"):
        measured(Bench(latching, 10e-12, **SMALL), latching.netlist, ["m1.w"], 3e-3)


def test_the_command_shows_saves_and_reports(tmp_path, capsys):
    from neuristor.cli.optimize import optimize_circuit
    from neuristor.cli.screen import Screen

    saved, page = tmp_path / "sizes.txt", tmp_path / "page.html"
    optimize_circuit(
        CmosLIF(), Screen(False), subject_to=["area<=start"], vary=["m5.l,m4.l"], bounds=["m4.l=0.35u:1u"], samples=2,
        spikes=2, evaluations=3, verify="no", save=saved, report=page,
    )  # fmt: skip
    told = capsys.readouterr().out
    assert "least energy" in told
    assert f"--set {saved.read_text().split()[0]}" in told
    assert "<html" in page.read_text()
    with pytest.raises(InputError, match="--bounds 'm4.l=1u' is not of the form"):
        optimize_circuit(CmosLIF(), Screen(False), bounds=["m4.l=1u"])


@NGSPICE
@pytest.mark.slow
def test_ten_sizes_at_unchanged_rate_and_tolerance():
    """Nothing suffers but the area: rate within 2 %, shift no worse, and ngspice finds the same factor."""
    sizes = "m1.l,m1.w,m4.l,m5.l,m5.w,xinv1.mn.w,xinv1.mp.w,xinv1.mp.l,xinv2.mn.w,xinv2.mp.w"
    limits = ["shift_index<=start", "shift_max<=start", "rate=start+-2%"]
    result = optimize(CmosLIF(), "energy", limits, sizes, samples=8, spikes=3)
    assert result.gain > 20
    assert abs(result.verification.difference) < 1e-3
    better = CmosLIF().with_(**result.settings)
    for metric in ("shift_index", "shift_max"):
        assert result.after[metric] <= result.before[metric]
    assert abs(result.after["rate"] / result.before["rate"] - 1) < 0.02
    steady = better.simulate(Bench(better, 10e-12).steady, "5 ms", record=())
    assert np.diff(steady.spikes[0]).mean() == pytest.approx(result.after["interval"], rel=1e-3)
