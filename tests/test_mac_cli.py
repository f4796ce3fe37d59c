"""The mixed-signal neuron on the command line: measured, simulated, exported, listed, refused where it must spike."""

import json

import pytest
from command import run

from neuristor.circuits.spice import parse_spice
from neuristor.experiments import MAC_EXPERIMENTS


def test_measure_takes_bits_as_option_or_setting(capsys):
    code, out, _ = run(capsys, "measure", "mac_linearity", "mixed_signal_mac", "bits=3", "--json")
    assert code == 0
    assert json.loads(out)["codes"] == list(range(8))
    assert run(capsys, "measure", "mac_linearity", "mixed_signal_mac", "--set", "bits=3", "--json")[1] == out


def test_a_page_is_written(capsys, tmp_path):
    page = tmp_path / "transfer.html"
    words = ("measure", "mac_transfer", "mixed_signal_mac", "bits=3", "weights=7,2", "points=5", "--report", page)
    assert run(capsys, *words)[0] == 0
    assert "DC transfer" in page.read_text()


def test_simulate_runs_its_analyses(capsys):
    words = ("--set", "bits=3", "--set", "weights=7,5", "--set", "inputs=5m,-2m")
    code, out, _ = run(capsys, "simulate", "mixed_signal_mac", *words, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"op", "dc", "ac", "noise"}
    assert found["op"]["signals"]["i(vdd)"][0] == pytest.approx(-1.4e-9, rel=1e-6)


def test_the_exported_text_is_read_again(capsys):
    code, out, err = run(capsys, "export", "spice", "mixed_signal_mac", "--set", "bits=2", "--set", "card=n88y")
    assert (code, err) == (0, "")
    assert {"m0.0p", "m0.1n", "mlp"} < set(parse_spice(out).elements)


def test_a_card_that_ngspice_lacks_is_named(capsys):
    code, out, err = run(capsys, "export", "spice", "mixed_signal_mac", "--set", "bits=2")
    assert (code, out.splitlines()[-1]) == (0, ".end")
    assert err == "neuristor: ngspice has no EKV: choose another card to run the text there\n"


def test_it_is_listed_with_its_experiments(capsys):
    assert "mixed_signal_mac" in run(capsys, "list", "cells", "--json")[1]
    listed = run(capsys, "list", "experiments", "--json")[1]
    assert all(name in listed for name in MAC_EXPERIMENTS)


REFUSED = [
    (("measure", "fi_curve", "mixed_signal_mac"), "mixed_signal_mac does not spike: of the experiments it takes"),
    (("measure", "mac_noise", "lif"), "mac_noise is measured of a mixed-signal neuron (mixed_signal_mac), not of lif"),
    (("compare", "lif", "mixed_signal_mac"), "mixed_signal_mac does not spike: `neuristor measure` takes it"),
    (("simulate", "mixed_signal_mac", "--current", "1 pA"), "--current is for neurons"),
    (("simulate", "mixed_signal_mac:width"), "mixed_signal_mac has no preset 'width'"),
    (("measure", "mac_noise", "mixed_signal_mac", "--set", "bitz=3"), "no parameter 'bitz'"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_what_cannot_be_is_one_sentence(capsys, words, sentence):
    code, _, err = run(capsys, *words)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
