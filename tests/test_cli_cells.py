"""Cells and circuits as subjects of the commands: simulate, measure, compare, list."""

import json

import pytest
from command import run

from neuristor import LIF, Step
from neuristor.circuits.cells import CmosLIF
from neuristor.experiments import corners, mismatch, rheobase, spike_shape

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


@pytest.mark.slow
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


def test_options_are_read_as_what_the_experiment_declares(capsys):
    """A tolerance, the ends of a search, and NAME=VALUE pairs reach the experiment as Python would give them."""
    found = json.loads(run(capsys, "measure", "spike_shape", "cmos_lif", "rtol=1e-6", "--json")[1])
    assert found["width"] == spike_shape(CmosLIF(), rtol=1e-6).width
    found = json.loads(run(capsys, "measure", "rheobase", "lif", "low=10u", "high=0.05 mA", "--json")[1])
    assert found["value"] == rheobase(LIF(), low="10u", high="0.05 mA")
    shift = {"vth": "20 mV", "beta": "3 %"}
    found = json.loads(run(capsys, "measure", "corners", "cmos_lif", "shift=vth=20 mV,beta=3 %", "names=FF", "--json")[1])
    assert found["values"]["rate"] == corners(CmosLIF(), shift, names="FF").values["rate"].tolist()
    assert found["shift"] == {"vth": pytest.approx(0.02), "beta": pytest.approx(0.03)}
    words = ("measure", "mismatch", "lif", "spread=c_mem=1 %,v_th=2 mV", "samples=5", "--json")
    own = mismatch(LIF(), {"c_mem": "1 %", "v_th": "2 mV"}, 5)
    assert json.loads(run(capsys, *words)[1])["values"]["rate"] == own.values["rate"].tolist()
    assert mismatch(LIF(), "c_mem=1 %, v_th=2 mV", 5).values["rate"].tolist() == own.values["rate"].tolist()
    words = ("measure", "phase_plane", "izhikevich:RS", "current=10 mV/ms", "--json")
    assert json.loads(run(capsys, *words)[1])["current"] == pytest.approx(10.0)


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
        (["measure", "fi_curve", "lif", "currents=1V:2V:lin:3"], "is in V, but a quantity in A is expected"),
        (["measure", "fi_curve", "lif", "currents=1u:2u:lin:²"], "at least 2 values are needed, not '²'"),
        (["measure", "fi_curve", "lif", "currents=1u:2u:lin:1000000000000"], "a range has at most 1000000 values"),
        (["measure", "fi_curve", "lif", "currents=1u", "currents=2u"], "currents is given twice"),
        (["measure", "fi_curve", "lif", "currents=10A km^999"], "unknown unit 'A km^999'"),
        (["measure", "compare", "lif"], "takes several neurons, so it is a command of its own: neuristor compare"),
        (["measure", "fluctuation", "cmos_lif", "samples=²"], "'²' is not a whole number, zero or more"),
        (["measure", "fluctuation", "cmos_lif", "samples=0"], "fluctuation: samples = 0: a whole number, one or more"),
        (["measure", "fluctuation", "cmos_lif", "fault=stuck_lrs,combined"], "unknown fault"),
        (["measure", "fluctuation", "cmos_lif", "amplitude=abc"], "write a number such as '0.1' or '10 %'"),
        (["measure", "fluctuation", "cmos_lif", "amplitude=,"], "amplitude: a value is missing in ','"),
        (["measure", "fluctuation", "cmos_lif", "confidence=0.9,0.95"], "confidence must be one number, not 2"),
        (["measure", "fluctuation", "cmos_lif", "shape=column", "cells=0"], "column: cells = 0: a whole number"),
        (["measure", "fluctuation", "cmos_lif", "shape=column", "cells=10000000000"], "take at most 1000000"),
        (["measure", "fluctuation", "cmos_lif", "shape=column", "r_on=1k,2k"], "column: r_on must be one number, not 2"),
        (["measure", "spike_shape", "cmos_lif", "rtol=abc"], "spike_shape: rtol: 'abc' is not a quantity"),
        (["measure", "energy", "cmos_lif", "rtol=2"], "energy: rtol = 2 must lie between 0 and 1"),
        (["measure", "rheobase", "lif", "low=2u", "high=1u"], "low = 2 uA must be less than high = 1 uA"),
        (["measure", "rheobase", "cmos_lif", "low=0 V"], "rheobase: low: '0 V' is in V"),
        (["measure", "adaptation", "lif", "current=1u,2u"], "adaptation: current must be one number, not 2"),
        (["measure", "area", "cmos_lif", "thickness=1n,2n"], "area: thickness must be one number, not 2"),
        (["measure", "capacitance_sweep", "cmos_lif", "current=1p,2p"], "capacitance sweep: current must be one number"),
        (["measure", "phase_plane", "izhikevich:RS", "current=1,2"], "phase plane: current must be one number"),
        (["measure", "corners", "cmos_lif", "current=10p:100p:log:3"], "corners: current must be one number, not 3"),
        (["measure", "corners", "cmos_lif", "current=0.3p"], "the membrane settles at"),
        (["measure", "corners", "cmos_lif", "shift=vth"], "shift: 'vth' is not of the form NAME=VALUE"),
        (["measure", "corners", "cmos_lif", "shift=vth=20mV,vth=3mV"], "vth is given twice"),
        (["measure", "corners", "cmos_lif", "supplies=0,1"], "corners: supplies: 0 V is not positive"),
        (["measure", "corners", "cmos_lif", "temperatures=-300,27"], "-300 (degrees Celsius) is below absolute zero"),
        (["measure", "mismatch", "cmos_lif", "samples=100000000000"], "too many for one run: take at most"),
        (["measure", "mismatch", "lif", "spread=c_mem=1 %,v_th"], "'v_th' in 'c_mem=1 %,v_th' is not of the form"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--evaluations", "0"], "optimize: evaluations = 0: a whole number"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--seed", "-1"], "a seed is a whole number, zero or more, not -1"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--bounds", "m4.l"], "not of the form NAME=LOWEST:HIGHEST"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--verify", "hspice"], "verified with ngspice, or not at all (no)"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--samples", "1000000000000"], "take at most 100000"),
        (["optimize", "cmos_lif", "--vary", "m4.l", "--current", "1V"], "--current: '1V' is in V"),
        (["extract", "cmos_lif", "--currents", "a:b"], "--currents: 'a' is not a quantity"),
        (["simulate", "lif", "--stop", "0"], "the duration must be positive, not 0 s"),
        (["simulate", "lif", "--samples", "1000000000000"], "--samples 1000000000000 are too many"),
        (["simulate", "lif", "--method", "euler", "--dt", "1e-30"], "too small for 120 ms: take 120 fs or more"),
        (["simulate", "lif", "--stimulus", "poisson:rate=9,duration=1,lanes=99999999999"], "are too many: at most"),
        (["simulate", "lif", "--stimulus", "poisson:rate=9,duration=1,seed=²"], "a seed is a whole number"),
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
