"""The reproduction of the mixed-signal neuron: its sizings, its networks or their absence, its verdicts, its page."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from command import run

import neuristor.networks
from neuristor.errors import InputError
from neuristor.papers import PAPERS
from neuristor.papers.mixed_signal.claims import in_full
from neuristor.papers.mixed_signal.network_claims import judged, network_claims, network_summary, surely_below
from neuristor.papers.mixed_signal.networks import MISMATCH, PANELS, Figure3, figure_3
from neuristor.papers.mixed_signal.neurons import Analog, analog, counts, ratio, switched
from neuristor.report.mixed_signal_paper_figures import chip_figure, network_figures, switched_figure


def silent(fraction):
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def sizing():
    return analog(3, "current")


def test_transistors_of_the_multipliers():
    found = counts()
    assert {found[3, tree] for tree in ("wallace", "columns", "dadda")} == {192}
    assert found[8, "dadda"] == 1872
    assert found[8, "dadda"] < 1980 < found[8, "wallace"]


def test_power_of_a_sizing_is_that_of_its_tails_and_ends_where_loads_leak(sizing):
    for point in sizing.points:
        assert point.power == pytest.approx(1.2 * 7 * point.i_unit, rel=1e-3)
    usable = [p for p in sizing.points if p.bandwidth >= sizing.bandwidth[0]]
    assert all(p.gain > 0.7 for p in usable)
    assert sizing.exponent == pytest.approx(1, abs=0.05)
    before = sizing.points[len(sizing.points) - len(usable) - 1]
    assert before.power < sizing.power[0] < usable[0].power
    assert before.gain < 0.5**0.5 < usable[0].gain


def test_power_follows_the_frequency_down_to_the_least(sizing):
    f = sizing.bandwidth
    assert sizing.power_at(f) == pytest.approx(sizing.power)
    assert sizing.power_at(np.array([1e3, 0.9 * f[0]])) == pytest.approx([sizing.power[0]] * 2)
    assert np.isnan(sizing.power_at(np.array([2 * f[-1]]))).all()
    assert sizing.energy_at(np.array([1e3]))[0] == pytest.approx(sizing.power[0] / 1e3)


def test_a_fetch_on_both_sides_brings_the_factor_towards_one():
    one = Analog(8, "current", (), np.array([1e3, 1e9]), np.array([1e-12, 1e-6]), 1.0)
    digital = SimpleNamespace(
        bits=np.array([3, 8]), frequency=np.array([1e6, 1e8]), energy=np.array([[0, 0], [2e-12, 1e-12]])
    )
    assert ratio(digital, one) == pytest.approx([2000, 1000])
    assert ratio(digital, one, 1e-12) == pytest.approx([3e-12 / 1.001e-12, 2e-12 / 1.001e-12])


def test_gates_keep_the_bandwidth_and_tails_do_not_multiply():
    found = switched()
    gate, tail = found["gate"], found["tail"]
    weights = gate.weights / gate.weights[0]
    assert gate.pole[0] == pytest.approx(np.full(4, gate.pole[0, 0]), rel=1e-6)
    assert gate.gain[0] / gate.gain[0, 0] == pytest.approx(weights, rel=0.05)
    assert tail.pole[0] / tail.pole[0, 0] == pytest.approx(weights, rel=0.15)
    assert np.all(tail.gain[0] > 0.9 * tail.gain[0, 0])
    assert {d["name"] for d in switched_figure(found).data} >= {"gain, gates", "bandwidth, tails"}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([1000, 4000], "reproduced"), ([40, 4000], "partly"), ([40, 400], "not reproducible")],
)
def test_a_factor_holds_in_full_in_part_or_not(values, verdict):
    assert in_full(min(values), 1000, max(values)) == verdict


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ([(0.0, 0.02), (-0.01, 0.029)], "reproduced"),
        ([(0.0, 0.02), (-0.01, 0.04)], "partly"),
        ([(0.04, 0.06), (0.031, 0.05)], "not reproducible"),
    ],
)
def test_intervals_decide_what_is_surely_below(bounds, verdict):
    assert surely_below(bounds, 0.03) == verdict


def test_the_digits_prove_a_claim_on_mnist_in_part_at_most():
    assert judged(Figure3(), "reproduced") == "partly"
    assert judged(Figure3(), "not reproducible") == "not reproducible"
    assert judged(Figure3(weights={"cifar10-cnn": None}), "reproduced") == "reproduced"
    assert judged(Figure3(weights={"cifar10-cnn": None}), "reproduced", mnist=True) == "partly"


@pytest.fixture(scope="module")
def digits():
    pytest.importorskip("torch")
    return figure_3(silent, names=())


@pytest.fixture(scope="module")
def told(digits):
    spread = SimpleNamespace(gain_sigma=0.02, offset_sigma=0.016, monotonic=0.1, inl_median=2.2)
    runs = SimpleNamespace(figure3=digits, mismatch={"current": spread, "width": spread})
    return {c.id: c for c in network_claims(runs)}


def test_without_mnist_the_digits_stand_in(digits, told):
    assert set(digits.weights) == {"digits"}
    assert digits.own == ()
    assert {c.verdict for c in told.values()} <= {"partly", "not reproducible"}
    assert all("stand for MNIST" in told[name].note for name in ("three-percent", "8-and-16-bits"))
    assert len(network_figures(digits)) == 2


def test_more_bits_than_eight_do_not_matter_and_noise_in_the_sums_costs_more(digits, told):
    weights, sums = digits.weights["digits"], digits.sums["digits"]
    assert told["8-and-16-bits"].measured[0] < 1
    assert np.all(np.diff(weights.error_mean[:, 4:], axis=1) > 0)
    assert np.all(sums.error_mean[:, -1] > weights.error_mean[:, 4])  # both at 1e-5 V^2


def test_training_on_the_chip_takes_mismatch_up(digits):
    found = digits.on_chip
    assert found.sigma.tolist() == list(MISMATCH)
    strong = len(MISMATCH) - 1
    assert found.rise(False).value[strong] > found.rise(True).value[strong]
    assert found.rise(True).value[0] == pytest.approx(0)
    assert "digits" in chip_figure(found).caption


def test_untrained_cifar_is_left_out_and_said_so(monkeypatch, tmp_path):
    pytest.importorskip("torch")
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    from neuristor.papers.mixed_signal.networks import data_of

    with pytest.raises(InputError, match="neuristor mixed-signal cifar10-cnn"):
        data_of("cifar10-cnn")


def test_without_torch_the_networks_are_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "neuristor.networks.mixed_signal", raising=False)
    monkeypatch.delattr(neuristor.networks, "mixed_signal", raising=False)
    found = figure_3(silent)
    assert set(found.missing) == set(PANELS)
    assert found.on_chip is None
    (claim,) = network_claims(SimpleNamespace(figure3=found))
    assert claim.measured == "not judged"
    assert "neuristor[networks]" in claim.note
    assert "left out" in network_summary(found)
    assert network_figures(found) == []


@pytest.mark.slow
def test_the_whole_reproduction_without_data(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path))
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    code, _, err = run(capsys, "reproduce", "mixed-signal", "--output", tmp_path, "--json")
    assert code == 0, err
    claims = json.loads((tmp_path / "mixed-signal.claims.json").read_text())["claims"]
    told = {c["id"]: c for c in claims}
    assert len(told) == len(claims)
    for name in ("transistors-3", "bandwidth", "linearity", "leakage", "origins"):
        assert told[name]["verdict"] == "reproduced"
    assert told["pair"]["verdict"] == "not reproducible"
    simulated, closed, least = told["pair"]["measured"]
    assert simulated == pytest.approx(closed, rel=0.03)
    assert told["pair"]["published"] < least
    without, with_fetch = told["fetch"]["measured"]
    assert without > 85 > with_fetch
    page = (tmp_path / "mixed-signal.html").read_text()
    for figure in ("power", "energy", "ratio", "switched", "spectrum", "error-digits", "scale", "chip"):
        assert f"ms-{figure}" in page
    assert "design-plane" in page
    assert PAPERS["mixed-signal"].source.startswith("Chatterjee")
