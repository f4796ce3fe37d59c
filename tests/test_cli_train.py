"""`neuristor train` and `classify`: words, files, a killed training, and one sentence for everything that does not fit."""

import json

import numpy as np
import pytest
from browser import needs_browser, open_page
from command import run

from neuristor.cli.training_words import OWN, parts_of, read_training
from neuristor.devices.memristor import MMS
from neuristor.experiments.statistics import proportion_bounds
from neuristor.networks import Dataset, Homeostasis, PoissonRate, UnsupervisedNetwork, load_dataset, unsupervised
from neuristor.networks.checkpoint import read_state
from neuristor.networks.device_updates import device_curve
from neuristor.networks.encoding import ENCODINGS
from neuristor.networks.evaluation import evaluate
from neuristor.networks.membranes import standard
from neuristor.report.page import write_page
from neuristor.report.training_figures import tiles, training_page

SMALL = ["digits", "--neurons", "40", "--images", "500", "--test", "200", "--assigned", "400"]
ASKED = {"neurons": 10, "membrane": "spike_response", "rule": "pair_stdp", "encoding": "poisson", "seed": 0}


@pytest.fixture(scope="module")
def learned(digits):
    """What SMALL asks for, from Python."""
    network = UnsupervisedNetwork(
        64, 40, weight_sum=15.0, homeostasis=Homeostasis(theta_plus="0.2 mV"),
        encoding=PoissonRate(total_rate="12 kHz", duration="150 ms"),
    )  # fmt: skip
    network.train(digits.x_train[:500], shuffled=True)
    return network, evaluate(network, digits, assigned=400, images=200)


def test_json_is_what_python_gives(capsys, learned):
    code, out, _ = run(capsys, "train", *SMALL, "--json")
    network, result = learned
    told = json.loads(out)
    assert code == 0
    assert told["confusion"] == result.confusion.tolist()
    assert told["settings"] == json.loads(json.dumps(network.settings()))
    right = int(np.trace(result.confusion))
    assert told["labels"]["low"] == pytest.approx(proportion_bounds(right, 200, method="wilson").low)
    assert told["training"]["here"] == 500
    assert told["silent"] + sum(told["neurons_of"]) == 40


def test_tables_model_page_and_classify(capsys, tmp_path, learned):
    model, page = tmp_path / "model.npz", tmp_path / "page.html"
    code, out, _ = run(capsys, "train", *SMALL, "--output", model, "--report", page)
    shown = f"{100 * learned[1].shares.value:.2f} %"
    assert code == 0
    for word in (shown, "silent neurons", "500 showings", f"written: {model}", "homeostasis.theta_plus"):
        assert word in out
    assert "learned by spike timing" in page.read_text()
    code, out, err = run(capsys, "classify", model, "digits", "--images", "200", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["confusion"] == learned[1].confusion.tolist()


def test_several_seeds_have_their_mean(capsys, tmp_path):
    words = ["train", *SMALL, "--images", "100", "--seeds", "4,7", "--output", tmp_path / "m.npz", "--json"]
    told = json.loads(run(capsys, *words)[1])
    shares = [one["shares"]["value"] for one in told["seeds"]]
    assert told["shares"]["value"] == pytest.approx(np.mean(shares))
    assert told["shares"]["low"] < min(shares) <= max(shares) < told["shares"]["high"]
    assert [one["seed"] for one in told["seeds"]] == [4, 7]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["m-seed4.npz", "m-seed7.npz"]


def test_a_stopped_training_goes_on_with_the_same_command(capsys, tmp_path, monkeypatch):
    """Stopped in its second epoch while it keeps its state at every picture; the end is that of an undisturbed training."""
    kept, straight = tmp_path / "kept.npz", tmp_path / "straight.npz"
    words = ["train", *SMALL, "--images", "60", "--epochs", "3", "--json"]
    show, read = UnsupervisedNetwork.show, unsupervised.one_number

    def stopped(network, sample, number, *rest):
        if number == 100:
            raise KeyboardInterrupt
        return show(network, sample, number, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(unsupervised, "one_number", lambda v, unit, where: 0.0 if where == "every" else read(v, unit, where))
        patched.setattr(UnsupervisedNetwork, "show", stopped)
        code, out, err = run(capsys, *words, "--checkpoint", kept)
    assert (code, out) == (130, "")
    assert "the same command goes on" in err
    assert read_state(kept)[0]["shown"] == 100
    code, out, err = run(capsys, *words, "--checkpoint", kept)
    assert (code, err) == (0, "")
    assert json.loads(out)["training"]["here"] == 3 * 60 - 100
    run(capsys, *words, "--output", straight)
    for key in ("weights", "theta"):
        assert np.array_equal(read_state(kept)[1][key], read_state(straight)[1][key])


def test_words_reach_their_parts(digits):
    words = ["v_th=15 mV", "tau_plus=10 ms", "homeostasis.tau=1 ks", "duration=0.1", "inhibition=5 mV", "weight_sum=none"]
    network = read_training(words, digits, **ASKED)
    assert (network.membrane.v_th, network.membrane.tau_m) == (0.015, standard("spike_response").tau_m)
    assert (network.plasticity.tau_plus, network.homeostasis.tau, network.encoding.duration) == (0.01, 1000.0, 0.1)
    assert (network.inhibition, network.weight_sum, network.encoding.total_rate) == (0.005, None, 12e3)


def test_a_memristor_teaches(digits):
    network = read_training(["update=mms:knowm_default", "pulse=0.8 V", "pulses=50"], digits, **ASKED)
    curve = device_curve(MMS.preset("knowm_default"), 0.8, 50)
    assert np.array_equal(network.plasticity.curve.up, curve.up)
    assert np.array_equal(network.plasticity.curve.down, curve.down)


def test_recorded_events_start_from_thresholds_that_rise_within_few_recordings():
    x, y = np.zeros((2, 2, 34, 34)), np.arange(2)
    data = Dataset("nmnist", x, y, x, y, ("0", "1"))
    network = read_training([], data, **(ASKED | {"encoding": "events"}))
    assert (network.inputs, network.homeostasis.theta_plus) == (2 * 34 * 34, 0.5e-3)
    own = read_training(["theta_plus=1 mV"], data, **(ASKED | {"encoding": "events"}))
    assert own.homeostasis.theta_plus == 1e-3


def test_receptive_fields_tell_rates(digits):
    asked = ASKED | {"encoding": "receptive_field"}
    network = read_training(["cells=both", "rate_max=100 Hz", "field=difference_of_gaussians"], digits, **asked)
    assert network.inputs == 128
    assert (network.encoding.rate.rate_max, network.encoding.rate.duration, network.encoding.field.shape) == (
        100,
        0.15,
        (7, 7),
    )
    assert tiles(network).shape == (3 * 9 - 1, 4 * 9 - 1)


@pytest.mark.parametrize("encoding", [*ENCODINGS, "receptive_field"])
@pytest.mark.parametrize("membrane", ["spike_response", "linear_leak", "linear_leak_fixed", "lif"])
def test_every_choice_starts(digits, membrane, encoding):
    network = read_training([], digits, **(ASKED | {"membrane": membrane, "encoding": encoding}))
    assert network.train(digits.x_train[:3]).shown == 3


def test_no_name_is_of_two_parts_without_need():
    for membrane in ("spike_response", "linear_leak", "linear_leak_fixed", "lif"):
        for rule in ("pair_stdp", "triplet_stdp"):
            names = [n for part in parts_of(membrane, rule, "poisson").values() for n in part.params] + list(OWN)
            assert len(names) == len(set(names))


@needs_browser
@pytest.mark.parametrize("width", [1280, 400])
def test_every_chart_is_drawn(learned, browser, tmp_path, width):
    page = training_page(*learned)
    assert open_page(browser, write_page(page, tmp_path / "page.html"), width) == []
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('.chart')].map(c => c.querySelectorAll('.trace, .hm').length)"
    )
    assert drawn == [len(figure.data) for figure in page.figures]
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_tiles_hold_every_weight(learned):
    network = learned[0]
    drawn = tiles(network)
    assert np.sort(drawn[~np.isnan(drawn)]) == pytest.approx(np.sort(network.weights.ravel()))
    first = np.argsort(network.assignment.labels, kind="stable")[0]
    assert drawn[:8, :8] == pytest.approx(network.weights[:, first].reshape(8, 8))


@pytest.fixture
def folder(tmp_path, monkeypatch, learned):
    """A working folder with a network and a checkpoint in it, and no data but the digits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    learned[0].save("model.npz")
    narrow = UnsupervisedNetwork(16, 4)
    narrow.assign(np.ones((10, 16)), np.arange(10))
    narrow.save("narrow.npz")
    UnsupervisedNetwork(64, 4).save("unlabelled.npz")
    UnsupervisedNetwork(64, 4).train(load_dataset("digits").x_train[:2], checkpoint="other.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    return tmp_path


DIGITS = ["train", "digits", "--neurons", "4", "--images", "10"]
BAD = [
    (["train", "mnits"], "did you mean 'mnist'"),
    (["train", "mnist"], "MNIST is missing"),
    ([*DIGITS, "--membrane", "spike_respons"], "did you mean 'spike_response'"),
    ([*DIGITS, "--rule", "stdp"], "there are pair_stdp, triplet_stdp"),
    ([*DIGITS, "--encoding", "possion"], "did you mean 'poisson'"),
    ([*DIGITS, "--encoding", "events"], "digits has pictures, no recorded events"),
    ([*DIGITS, "--neurons", "0"], "whole number"),
    ([*DIGITS, "--epochs", "0"], "--epochs 0: one or more"),
    ([*DIGITS, "--images", "0"], "--images 0: one or more"),
    ([*DIGITS, "--seeds", "1,x"], "different whole numbers"),
    ([*DIGITS, "--seeds", "1,1"], "different whole numbers"),
    ([*DIGITS, "v_ht=3"], "did you mean 'v_th'"),
    ([*DIGITS, "v_th"], "not of the form NAME=VALUE, e.g. v_th=15 mV"),
    ([*DIGITS, "v_th=3 s"], "'3 s' is in s"),
    ([*DIGITS, "v_th=-3"], "is not positive"),
    ([*DIGITS, "v_th=3", "v_th=4"], "v_th is given twice"),
    ([*DIGITS, "encodin.duration=3"], "did you mean 'encoding'"),
    ([*DIGITS, "homeostasis.mu=3"], "no option 'homeostasis.mu'"),
    ([*DIGITS, "cells=both"], "of --encoding receptive_field alone"),
    ([*DIGITS, "update=mms:know"], "mms has no preset 'know'"),
    ([*DIGITS, "update=opamp:op482"], "this is of kind opamp, not a memristor"),
    ([*DIGITS, "update=mms", "mu=1"], "mu is of a rule without update="),
    ([*DIGITS, "pulse=1 V"], "pulse need update="),
    ([*DIGITS, "update=mms", "pulses=x"], "at least 3"),
    ([*DIGITS, "weight_sum=900"], "must lie between"),
    ([*DIGITS, "precision=float16"], "unknown precision"),
    ([*DIGITS, "--checkpoint", "other.npz"], "checkpoint other.npz belongs to another training"),
    ([*DIGITS, "--checkpoint", "empty.npz"], "not a saved network"),
    ([*DIGITS, "--output", "/proc/none/x.npz"], "cannot be written"),
    ([*DIGITS, "--report", "/proc/none/x.html"], "cannot be written"),
    (["classify", "nowhere.npz", "digits"], "there is no file nowhere.npz"),
    (["classify", "narrow.npz", "digits"], "the network has 16"),
    (["classify", "unlabelled.npz", "digits"], "no classes yet"),
    (["classify", "model.npz", "digits", "--events"], "digits has pictures, no recorded events"),
    (["classify", "model.npz", "mnist"], "MNIST is missing"),
    (["classify", "model.npz", "digits", "--images", "0"], "--images 0: one or more"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda v: " ".join(v)[:50] if isinstance(v, list) else "")
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, folder, words, sentence):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("neuristor: ")
    assert err.count("\n") == 1
    assert sentence in err
