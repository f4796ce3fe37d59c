"""The reproduction of the spike response network: its equations, the damage done to pictures, its verdicts, its page."""

import json

import numpy as np
import pytest
from command import run

from neuristor.experiments.statistics import Bounded
from neuristor.networks.datasets import load_dataset
from neuristor.networks.encoding import PoissonRate
from neuristor.networks.receptive_field import ReceptiveField
from neuristor.papers import PAPERS
from neuristor.papers.base import Reproduction
from neuristor.papers.spike_response.claims import claims, factors, similar, summary
from neuristor.papers.spike_response.damage import covered, inverted
from neuristor.papers.spike_response.equations import equations
from neuristor.papers.spike_response.runs import all_runs, learn
from neuristor.papers.spike_response.tasks import MODELS, NOISE, Task, tasks
from neuristor.report.page import render
from neuristor.report.paper import paper_page


@pytest.fixture(scope="module")
def few():
    d = load_dataset("digits")
    return d.x_train[:240], d.y_train[:240]


@pytest.fixture(scope="module")
def chosen(few):
    rates, small = PoissonRate(total_rate="12 kHz", duration="100 ms"), {"neurons": 20, "epochs": 1, "seeds": (0, 1)}
    return [
        Task("digits, rates", "digits", *few, rates, 15.0, 200, 40, **small),
        Task("digits, receptive fields", "digits", *few, ReceptiveField(cells="both", rate=rates), 20.0, 200, 40, **small),
    ]


@pytest.fixture(scope="module")
def reduced(chosen):
    return all_runs(lambda fraction: None, chosen)


def test_the_equations_and_their_slip():
    e = equations()
    assert e.sums < 1e-12
    assert e.peaks[0] == pytest.approx(e.peaks[1], abs=1e-4)
    assert e.linear[0] == pytest.approx(1e-3)
    assert e.linear[np.searchsorted(e.time, 5e-3)] == pytest.approx(0.5e-3, rel=1e-6)
    assert e.fires[0] > 5
    assert e.fires[1] == 1
    assert e.circuit < 1e-4
    assert e.intervals[0] == pytest.approx(e.intervals[1], rel=1e-3)


def test_inverted_pixels_are_as_many_as_asked(few):
    x = few[0]
    spoilt = inverted(x, 0.1)
    changed = spoilt != x
    assert np.allclose(spoilt[changed], 1 - x[changed])
    visible = x != 0.5
    share, n = changed[visible].mean(), visible.sum()
    assert share == pytest.approx(0.1, abs=4 * np.sqrt(0.1 * 0.9 / n))
    assert np.array_equal(spoilt[:5], inverted(x[:5], 0.1))
    assert np.array_equal(inverted(x, 0.0), x)


def test_a_square_is_covered_and_nothing_else():
    white = np.ones((200, 64))
    holes = (covered(white, 3) == 0).reshape(-1, 8, 8)
    assert np.all(holes.sum(axis=(1, 2)) == 9)
    assert np.all(holes.any(axis=2).sum(axis=1) == 3)
    assert np.all(holes.any(axis=1).sum(axis=1) == 3)
    assert len({hole.tobytes() for hole in holes}) > 30  # of 36 places


def test_a_training_does_not_depend_on_what_runs_beside_it(chosen, reduced):
    alone = learn(chosen[0], "linear_leak", 1)
    beside = reduced.tasks[0].learned["linear_leak"][1]
    assert np.array_equal(alone.network.weights, beside.network.weights)
    assert alone.noise == beside.noise
    assert alone.covered == beside.covered


def test_both_models_start_equal_and_learn(reduced):
    for c in reduced.tasks:
        one, other = (c.learned[m][0].network for m in MODELS)
        assert np.array_equal(one.first_weights(), other.first_weights())
        for model in MODELS:
            assert c.accuracy(model).value > c.before(model) + 0.1
            assert len(c.curve(model, "noise").value) == len(NOISE) + 1


def test_the_advantage_is_paired_by_seed(reduced):
    c = reduced.tasks[0]
    after = np.array([[one.after for one in c.learned[m]] for m in MODELS])
    assert c.advantage().value == pytest.approx(np.mean(after[1] - after[0]))


class Advantage:
    """What `similar` reads of a comparison."""

    def __init__(self, low, value):
        self.found = Bounded(value, low, 2 * value - low)

    def advantage(self):
        return self.found


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ([(-0.01, 0.0)], "reproduced"),
        ([(0.01, 0.03)], "reproduced"),
        ([(-0.01, 0.0), (-0.03, 0.01)], "partly"),
        ([(-0.01, 0.0), (-0.05, -0.02)], "not reproducible"),
    ],
)
def test_the_verdict_of_similarity(bounds, verdict):
    assert similar([Advantage(*b) for b in bounds]) == verdict


def test_factors_are_over_the_clocked_linear_layer(reduced):
    costs = next(iter(reduced.costs.values()))
    found = factors(costs)
    sums, least = costs["spike_response"][0], costs["linear_leak"][0]
    assert least.method == "clocked"
    assert found["kernel sums"] == pytest.approx(sums.operations / least.operations)
    assert found["kernel sums"] > found["kernel sums, shared"] > found["events"] > 1


def test_energy_is_that_of_the_operations_and_whole_numbers_take_less(reduced):
    costs, spent = next(iter(reduced.costs.values())), next(iter(reduced.energies.values()))
    found = {(s.model, s.method, s.number_format): s.energy for s in spent}
    clocked, events = costs["linear_leak"][0], costs["spike_response"][-1]
    whole, floating = (found["linear_leak", "clocked", name] for name in ("int16", "float32"))
    assert whole.arithmetic == pytest.approx(0.05e-12 * (clocked.additions + clocked.comparisons))
    assert floating.arithmetic == pytest.approx(18 * whole.arithmetic)
    assert whole.reads == pytest.approx(clocked.reads * 8 / 64 * 10e-12)
    exponentials = found["spike_response", "events", "float32"].exponentials
    assert exponentials == pytest.approx(events.exponentials * 10 * (0.9e-12 + 3.7e-12))
    assert found["spike_response", "events", "int32"].total > found["linear_leak", "events", "int16"].total
    literal, shared, by_events = (found["spike_response", c.method, "float32"].total for c in costs["spike_response"])
    assert literal > shared > by_events > floating.total > whole.total


def test_seven_bits_after_the_point_are_enough(reduced):
    """Whole numbers are the network of real ones, coarser: fine ones decide alike, one bit does not."""
    d, c = reduced.digital, reduced.tasks[0]
    exact = [one.after for one in c.learned["linear_leak"]]
    assert d.accuracy.value + d.loss.value == pytest.approx(np.full(len(d.weight_bits), np.mean(exact)))
    assert abs(d.loss.value[-1]) < 4 * np.sqrt(2 * 0.25 / (2 * 40))
    assert d.weight_bits == (1, 2, 3, 4, 5, 6, 8)


def test_claims_and_page_of_a_reduced_run(reduced):
    told = claims(reduced)
    verdicts = {c.id: c.verdict for c in told}
    assert len(verdicts) == len(told)
    for name in ("response", "sum", "generalisation", "circuit", "stdp", "complex"):
        assert verdicts[name] == "reproduced"
    assert verdicts["refractory"] == "partly"
    (fields,) = (c.note for c in told if c.id == "receptive-fields")
    assert "digits, receptive fields" in fields
    assert "digits, rates" not in fields
    paper = PAPERS["spike-response"]
    whole = Reproduction(paper.name, paper.title, paper.source, summary(reduced), told, vars(reduced))
    page = render(paper_page(whole))
    for figure in (
        "response",
        "noise-digits-rates",
        "covered-digits-rates",
        "operations",
        "energy",
        "bits",
        "confusion-linear_leak",
    ):
        assert f"srm-{figure}" in page
    assert "No MNIST could be read" in page


def test_without_mnist_the_digits_alone_are_used(monkeypatch, tmp_path):
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path))
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path))
    assert {t.pictures for t in tasks()} == {"digits"}


def test_every_seed_draws_its_own_pictures(few, chosen):
    one, other = (chosen[0].drawn(seed) for seed in (0, 1))
    assert (len(one.x_train), len(one.x_test)) == (200, 40)
    assert not np.array_equal(one.x_train, other.x_train)
    drawn = np.concatenate([one.x_train, one.x_test])
    assert np.array_equal(np.unique(drawn, axis=0), np.unique(few[0], axis=0))


@pytest.mark.slow
def test_the_whole_reproduction_without_data(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path))
    code, _, err = run(capsys, "reproduce", "spike-response", "--output", tmp_path, "--json")
    assert code == 0, err
    told = {c["id"]: c for c in json.loads((tmp_path / "spike-response.claims.json").read_text())["claims"]}
    assert told["similar-performance"]["verdict"] in ("reproduced", "partly")
    assert min(told["learning"]["measured"]) > 10
    literal, shared, events, _ = told["twenty-times"]["measured"]
    assert literal > 20
    assert literal > shared > events > 1
