"""Cells and circuits as subjects of the commands: simulate, measure, compare, list."""

import json

import pytest
from command import run

from neuristor import Step
from neuristor.circuits.cells import CmosLIF

CIRCUIT = """neuron
.model nch nmos level=44
iin 0 vmem 10p
cmem vmem 0 10f
m1 n1 vmem 0 0 nch w=1u l=1u
.ic v(vmem)=0
.tran 1u 1m uic
"""


def test_simulate_a_cell_is_the_cells_own_simulation(capsys):
    words = ("simulate", "cmos_lif", "--current", "20 pA", "--stop", "1 ms", "--set", "c_mem=12f", "--set", "m4.l=0.5u")
    code, out, err = run(capsys, *words, "--json")
    assert (code, err) == (0, "")
    trace = CmosLIF(c_mem="12 fF", **{"m4.l": "0.5 um"}).simulate(Step("20 pA"), 1e-3)
    told = json.loads(out)
    assert told["spikes"]["vspk"] == [trace.spikes[0].tolist()]
    assert told["energy"]["vdd"] == trace.energy["vdd"].tolist()


def test_a_cells_topology_card_and_missing_devices_are_words(capsys):
    words = ("simulate", "cmos_lif:dynamic", "--current", "10 pA", "--stop", "1 ms", "--set", "card=n88y_ekv", "--json")
    assert len(json.loads(run(capsys, *words)[1])["spikes"]["vspk"][0]) > 1
    words = ("simulate", "cmos_lif", "--stop", "1 ms", "--set", "without=m4,m5", "--json")
    assert len(json.loads(run(capsys, *words)[1])["spikes"]["vspk"][0]) <= 1


def test_measure_runs_an_experiment_on_neurons_cells_and_files(capsys, tmp_path):
    told = json.loads(run(capsys, "measure", "fi_curve", "lif", "currents=40u:60u:lin:3", "--json")[1])
    assert told["currents"] == pytest.approx([40e-6, 50e-6, 60e-6])
    page = tmp_path / "fi.html"
    words = ("measure", "fi_curve", "cmos_lif", "currents=10p,20p", "duration=5m", "--report", str(page))
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "rheobase" in out
    assert "plotly" in page.read_text()
    value = json.loads(run(capsys, "measure", "rheobase", "lif", "--json")[1])
    assert value["value"] == pytest.approx(30e-6, rel=1e-6)


def test_compare_takes_cells_and_shows_published_neurons(capsys):
    told = json.loads(run(capsys, "compare", "lif", "cmos_lif", "--published", "--json")[1])
    assert [row["subject"] for row in told["measured"]] == ["lif", "cmos_lif"]
    ours = told["measured"][1]
    assert ours["energy_per_spike"] == pytest.approx(ours["power"] / ours["rate"])
    shah = told["published"][-1]
    assert shah["energy_per_spike"] == pytest.approx(14.7e-6 / 5e3)
    assert "As published" in run(capsys, "compare", "lif", "--published")[1]


def test_an_exported_cell_is_a_file_that_simulates_alike(capsys, tmp_path):
    path = tmp_path / "cell.cir"
    assert run(capsys, "export", "spice", "cmos_lif", "--set", "m4.l=1u", "--output", str(path))[0] == 0
    assert ".options chgtol=1e-19" in path.read_text()
    told = json.loads(run(capsys, "simulate", str(path), "--stop", "1 ms", "--spikes", "vspk", "--json")[1])
    own = CmosLIF(**{"m4.l": "1 um"}).simulate(Step("10 pA"), 1e-3)
    assert told["spikes"]["vspk"] == [own.spikes[0].tolist()]


def test_a_silent_neuron_says_why(capsys):
    code, _, err = run(capsys, "simulate", "cmos_lif", "--current", "0.3 pA", "--stop", "0.1")
    assert code == 0
    assert "cmos_lif does not spike: the membrane settles" in err
    code, out, err = run(capsys, "measure", "energy", "cmos_lif", "--set", "without=m4")
    assert (code, out) == (2, "")
    assert "nothing lifts n1" in err


def test_a_model_extracted_and_saved_is_a_neuron_of_the_commands(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("extract", "cmos_lif", "--currents", "5p:50p", "--points", "5", "--report", "page.html")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "intervals within" in out
    told = json.loads(run(capsys, "simulate", "cmos_lif.toml", "--current", "10 pA", "--stop", "2 ms", "--json")[1])
    circuit = CmosLIF().simulate(Step("10 pA"), 2e-3, record=())
    assert told["spikes"][0] == pytest.approx(circuit.spikes[0], rel=0.01)
    code, _, err = run(capsys, "simulate", "cmos_lif.toml", "--current", "10 nA")
    assert code == 2
    assert "extract again with currents" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["export", "spice", "lif"], "only circuits have a netlist"),
        (["extract", "lif"], "it is a model already"),
        (["extract", "cmos_lif", "--currents", "1p"], "LOWEST:HIGHEST"),
        (["extract", "cmos_lif:dragged"], "does not fire"),
        (["simulate", "none.toml"], "cannot be read as a saved model"),
        (["optimize", "cmos_lif", "--vary", "m9.w"], "m9"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--minimize", "enrgy"], "energy"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--subject-to", "shift_index<2V"], "shift_index"),
        (["simulate", "cmos_lfi"], "did you mean 'cmos_lif'?"),
        (["simulate", "cmos_lif:t3"], "has no topology 't3'"),
        (["simulate", "cmos_lif", "--set", "card=none.lib"], "neither such a card nor such a file"),
        (["simulate", "cmos_lif", "--set", "m9.w=1u"], "no element 'm9'"),
        (["simulate", "cmos_lif", "--set", "without=m12"], "no device 'm12' to leave out"),
        (["simulate", "cmos_lif", "--set", "vdd=1 A"], "is in A"),
        (["simulate", "cmos_lif", "--method", "euler"], "has an engine (native or ngspice)"),
        (["simulate", "cmos_lif", "--sweep", "c_me=1f:2f:lin:2"], "did you mean 'c_mem'?"),
        (["measure", "fi_curves", "cmos_lif"], "did you mean 'fi_curve'?"),
        (["measure", "fi_curve", "cmos_lif", "current=1p"], "did you mean 'currents'?"),
        (["measure", "fi_curve", "cmos_lif", "currents=1V"], "is in V"),
        (["measure", "fi_curve", "cmos_lif", "currents"], "not of the form NAME=VALUE"),
        (["measure", "fi_curve", "cmos_lif", "--input", "iin"], "are for a circuit's file"),
        (["measure", "fi_curve", "neuron.cir"], "say which node spikes"),
        (["measure", "fi_curve", "neuron.cir", "--spikes", "n2"], "no node 'n2'"),
        (["measure", "fi_curve", "neuron.cir", "--spikes", "n1", "--input", "cmem"], "not a current source"),
    ],
)  # fmt: skip
def test_bad_words_are_one_sentence(capsys, tmp_path, monkeypatch, words, sentence):
    (tmp_path / "neuron.cir").write_text(CIRCUIT)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("neuristor: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.mark.parametrize(
    ("library", "sentence"),
    [
        (".model a nmos level=44\n", "the library has no PMOS model"),
        (".model a nmos level=44\n.model b nmos level=44\n.model c pmos level=44\n", "the library has 2 NMOS models (a, b)"),
        (".model a nmos level=49 version=3.1\n.model c pmos level=49\n", "VERSION"),
        (".model a nmos level=44 vto=\n.model c pmos level=44\n", "user.lib"),
    ],
)  # fmt: skip
def test_a_card_that_cannot_serve_says_what_is_missing(capsys, tmp_path, library, sentence):
    path = tmp_path / "user.lib"
    path.write_text(library)
    code, _, err = run(capsys, "simulate", "cmos_lif", "--set", f"card={path}")
    assert code == 2
    assert err.count("\n") == 1
    assert sentence in err
