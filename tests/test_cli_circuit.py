"""`simulate` and `check` of a circuit's SPICE file: JSON for machines, sentences for people, exit codes for scripts."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas
import pytest
from command import FILTER, SINE, interrupted, run

from neuristor.circuits.analyses import tran
from neuristor.circuits.run import planned, run_analyses
from neuristor.circuits.spice import parse_spice, read_spice
from neuristor.cli.circuit_words import place, with_settings, with_sweep
from neuristor.errors import InputError

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")

SIZE = "w=0.7u l=0.35u ad=0.595p as=0.595p pd=3.1u ps=3.1u"
NEURON = f"""ten-transistor neuron
.include models.lib
.options chgtol=1e-19 abstol=1e-16 gmin=1e-16
.subckt inv in out vdd
mn out in 0 0 nmos035 {SIZE}
mp out in vdd vdd pmos035 {SIZE}
.ends
vdd vdd 0 1
iin 0 vmem 10p
cmem vmem 0 10f
m1 n1 vmem 0 0 nmos035 {SIZE}
m2 n1 vspk n2 0 nmos035 {SIZE}
m3 n2 n3 0 0 nmos035 {SIZE}
m4 n1 n3 vdd vdd pmos035 {SIZE}
m5 n1 vspk vdd vdd pmos035 {SIZE}
m6 vmem vspk 0 0 nmos035 {SIZE}
xinv1 n1 vspk vdd inv
xinv2 vspk n3 vdd inv
.ic v(vmem)=0 v(n1)=1 v(n2)=0 v(vspk)=0 v(n3)=1
.tran 1u 5m uic
.end
"""
MISMATCH = """[mosfet.nmos035]
a_vt = "9 mV um"
a_beta = "1.9 % um"
[mosfet.pmos]
a_vt = "14 mV um"
[capacitor]
sigma = "0.5 %"
[source.iin]
sigma = "2 %"
[element.xinv1.mn]
delvto_sigma = "30 mV"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with circuits in it; the neuron's model card comes from the data of the project."""
    monkeypatch.chdir(tmp_path)
    cards = Path(os.environ.get("NEURISTOR_DATA", "/none")) / "models" / "tsmc035_n88y_v33.lib"
    if cards.exists():
        Path("models.lib").write_text(cards.read_text())
    Path("t2.cir").write_text(NEURON)
    Path("filter.cir").write_text(FILTER)
    Path("sine.cir").write_text(SINE)
    Path("mismatch.toml").write_text(MISMATCH)
    Path("analyses.cir").write_text(
        FILTER.replace(".end", ".op\n.dc v1 0 1 0.25\n.ac dec 10 10 1meg\n.noise v(out) v1 dec 10 10 1meg\n.end")
    )
    return tmp_path


@pytest.fixture
def neuron(folder):
    if not Path("models.lib").exists():
        pytest.skip("no model cards: set NEURISTOR_DATA")
    return folder


def test_json_of_a_transient_is_the_contract(neuron, capsys):
    code, out, err = run(capsys, "simulate", "t2.cir", "--spikes", "vspk@0.5", "--json")
    data = json.loads(out)
    trace = tran(read_spice("t2.cir"), spikes=["vspk@0.5"])
    assert (code, err) == (0, "")
    assert data["spikes"] == {"vspk": [trace.crossings["vspk"][0].tolist()]}
    assert data["energy"] == {"vdd": trace.energy["vdd"].tolist(), "iin": trace.energy["iin"].tolist()}
    assert data["status"] == ["ok"]
    assert len(data["spikes"]["vspk"][0]) == 5


def test_level_is_half_the_supply_if_left_out_and_no_spikes_without_the_option(neuron, capsys):
    words = ("simulate", "t2.cir", "--stop", "2 ms", "--json")
    named, unnamed = (json.loads(run(capsys, *words, "--spikes", s)[1])["spikes"] for s in ("vspk@0.5", "vspk"))
    assert named == unnamed
    assert len(named["vspk"][0]) == 2
    assert json.loads(run(capsys, *words)[1])["spikes"] == {}


def test_several_nodes_and_files(neuron, capsys):
    words = ["simulate", "t2.cir", "--stop", "2 ms", "--spikes", "vspk@0.5", "--spikes", "n3@0.5"]
    files = ["--csv", "run.csv", "--parquet", "run.parquet", "--report", "run.html"]
    code, out, _ = run(capsys, *words, *files, "--points", "501")
    assert code == 0
    assert out.count("written: ") == 5
    waves, spikes = pandas.read_csv("run.csv"), pandas.read_parquet("run.spikes.parquet")
    assert len(waves) == 501
    assert list(spikes.columns) == ["node", "lane", "time_s"]
    assert set(spikes["node"]) == {"vspk", "n3"}
    assert "ten-transistor neuron" in Path("run.html").read_text()
    assert not [p.name for p in neuron.iterdir() if p.name.endswith(".part")]
    run(capsys, *words[:-2], "--csv", "one.csv")
    assert list(pandas.read_csv("one.spikes.csv").columns) == ["lane", "time_s"]


def test_sweep_equals_separate_runs(neuron, capsys):
    base = ["simulate", "t2.cir", "--spikes", "vspk@0.5", "--json"]
    swept = json.loads(run(capsys, *base, "--sweep", "Iin=8p:16p:lin:3")[1])
    assert swept["lanes"] == {"name": "iin.dc", "values": [8e-12, 12e-12, 16e-12]}
    for lane, current in enumerate(("8p", "12p", "16p")):
        alone = json.loads(run(capsys, *base, "--set", f"iin={current}")[1])
        np.testing.assert_allclose(swept["spikes"]["vspk"][lane], alone["spikes"]["vspk"][0], rtol=1e-4)
        np.testing.assert_allclose(swept["energy"]["vdd"][lane], alone["energy"]["vdd"][0], rtol=1e-3)


@needs_ngspice
def test_engine_ngspice_agrees(neuron, capsys):
    base = ["simulate", "t2.cir", "--spikes", "vspk@0.5", "--stop", "2 ms", "--set", "m1.w=0.8u", "--set", "temp=40"]
    ours, theirs = (json.loads(run(capsys, *base, "--json", "--engine", e)[1]) for e in ("native", "ngspice"))
    np.testing.assert_allclose(ours["spikes"]["vspk"], theirs["spikes"]["vspk"], rtol=1e-3)
    np.testing.assert_allclose(ours["energy"]["vdd"], theirs["energy"]["vdd"], rtol=1e-2)
    assert theirs["meta"]["engine"] == "ngspice"


@needs_ngspice
def test_engines_agree_on_all_other_analyses(folder, capsys):
    ours, theirs = (
        json.loads(run(capsys, "simulate", "analyses.cir", "--json", "--engine", e)[1]) for e in ("native", "ngspice")
    )
    assert set(ours) == set(theirs) == {"op", "dc", "ac", "noise"}
    assert ours["op"]["signals"]["out"] == pytest.approx(theirs["op"]["signals"]["out"])
    np.testing.assert_allclose(ours["dc"]["signals"]["out"], theirs["dc"]["signals"]["out"], rtol=1e-6, atol=1e-12)
    magnitude = [r["ac"]["signals"]["out"]["magnitude"] for r in (ours, theirs)]
    np.testing.assert_allclose(*magnitude, rtol=1e-6)
    np.testing.assert_allclose(ours["noise"]["output"], theirs["noise"]["output"], rtol=1e-3)


def test_operating_point_alone_is_not_nested(folder, capsys):
    code, out, _ = run(capsys, "simulate", "filter.cir", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["signals"]["out"] == [1.0]
    assert set(data) == {"signals", "devices", "status"}


def test_keys_of_a_transient_stay_at_the_top(folder, capsys):
    data = json.loads(run(capsys, "simulate", "analyses.cir", "--stop", "1 ms", "--json")[1])
    assert {"spikes", "energy", "status", "op", "dc", "ac", "noise"} <= set(data)


def test_tables_show_what_was_computed(folder, capsys):
    code, out, _ = run(capsys, "simulate", "analyses.cir")
    assert code == 0
    for text in ("Operating point", "DC sweep of v1", "AC response", "1.5", "kHz", "Noise", "r1.thermal", "rms"):
        assert text in out


def test_files_of_analyses_without_a_transient(folder, capsys):
    assert run(capsys, "simulate", "analyses.cir", "--csv", "all.csv")[0] == 0
    assert {p.name for p in folder.glob("all*")} == {"all.csv", "all.dc.csv", "all.ac.csv", "all.noise.csv"}
    assert pandas.read_csv("all.dc.csv")["v1"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert pandas.read_csv("all.ac.csv").columns.tolist()[0] == "frequency_Hz"


def test_sweep_of_an_operating_point_skips_what_takes_one_lane(folder, capsys):
    code, out, err = run(capsys, "simulate", "analyses.cir", "--sweep", "v1=0:2:lin:5", "--json")
    assert code == 0
    assert json.loads(out)["signals"]["out"] == [0, 0.5, 1, 1.5, 2]
    assert ".dc was not run" in err


def test_warnings_go_to_standard_error_with_their_line(neuron, capsys):
    text = NEURON.replace(".options chgtol=1e-19 abstol=1e-16 gmin=1e-16\n", "")
    Path("doubtful.cir").write_text(text)
    _, out, err = run(capsys, "simulate", "doubtful.cir", "--stop", "0.1m", "--json")
    assert err.startswith("warning: doubtful.cir:")
    assert 1 <= len(err.splitlines()) <= 11
    json.loads(out)


def test_check(neuron, capsys):
    code, out, _ = run(capsys, "check", "t2.cir", "--json")
    data = json.loads(out)
    assert (code, data["findings"]) == (0, [])
    assert "js" in data["defaulted"]["nmos035"]
    code, out, _ = run(capsys, "check", "t2.cir")
    assert code == 0
    assert "no problems found" in out
    assert "model nmos035: " in out
    Path("wrong.cir").write_text("loop\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1k\n.op\n.end\n")
    code, out, _ = run(capsys, "check", "wrong.cir")
    assert code == 2
    assert "error: wrong.cir:3: " in out
    code, out, _ = run(capsys, "check", "wrong.cir", "--json")
    assert code == 2
    assert json.loads(out)["findings"][0]["severity"] == "error"


def test_card_of_another_level_is_a_warning_of_check(folder, capsys):
    Path("other.cir").write_text("other\nm1 d g 0 0 n w=1u l=1u\nv1 d 0 1\nv2 g 0 1\n.model n nmos level=54\n.op\n.end\n")
    code, out, _ = run(capsys, "check", "other.cir")
    assert code == 0
    assert "LEVEL 54 is not built in" in out


def test_list_shows_engines_and_devices(capsys):
    groups = json.loads(run(capsys, "list", "all", "--json")[1])
    assert {e["name"] for e in groups["engines"]} == {"native", "ngspice"}
    assert {"BSIM3", "EKV", "Diode", "R"} <= {d["name"] for d in groups["devices"]}


# Settings and sweeps


def test_names_of_parameters(folder):
    netlist = parse_spice("t\nx1 a b cell\nr1 a 0 1k\n.subckt cell p q\nr1 p q 1k\ni2 p 0 1\n.ends\n.end\n")
    assert [place(netlist, n, "--set")[0].name for n in ("r1", "x1.r1", "x1.r1.r", "x1.i2.dc")] == [
        "r1", "x1.r1", "x1.r1", "x1.i2",
    ]  # fmt: skip
    changed = with_settings(netlist, ["x1.R1=2k", "x1.i2=5p", "temp=85", "X1.R1.r=3 kOhm"])
    assert changed.elements["x1.r1"].params["r"] == 3000
    assert changed.elements["x1.i2"].params["dc"] == 5e-12
    assert changed.temperature == 85
    swept, lanes = with_sweep(changed, "r1=1k:100k:log:3")
    np.testing.assert_allclose(swept.elements["r1"].params["r"], [1e3, 1e4, 1e5])
    assert (lanes.name, lanes.unit) == ("r1.r", "Ohm")


def test_planned_analyses():
    netlist = parse_spice(FILTER)
    assert [type(a).__name__ for a in planned(netlist).analyses] == ["Op"]
    assert planned(netlist, 1e-3).analyses[0].stop == 1e-3
    assert planned(parse_spice(SINE), 1e-3).analyses[0].stop == 1e-3
    with pytest.raises(InputError, match="more than zero"):
        planned(netlist, 0.0)


# Monte Carlo


def test_monte_carlo_is_reproducible(neuron, capsys):
    words = [
        "simulate",
        "t2.cir",
        "--spikes",
        "vspk@0.5",
        "--stop",
        "2 ms",
        "--samples",
        "12",
        "--mismatch",
        "mismatch.toml",
    ]
    first, again, other = (json.loads(run(capsys, *words, "--json", "--seed", s)[1]) for s in (0, 0, 1))
    assert first == again
    assert first["spikes"] != other["spikes"]
    assert len(first["spikes"]["vspk"]) == len(first["energy"]["vdd"]) == len(first["status"]) == 12
    times = [s[0] for s in first["spikes"]["vspk"]]
    assert 0.01 < np.std(times) / np.mean(times) < 0.3
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "Transient of 12 lanes" in out
    assert "sigma" in out


def test_product_of_sweep_and_samples(neuron, capsys):
    words = ["simulate", "t2.cir", "--spikes", "vspk", "--stop", "2 ms", "--samples", "4", "--mismatch", "mismatch.toml"]
    swept = json.loads(run(capsys, *words, "--sweep", "cmem=8f:12f:lin:2", "--json")[1])
    np.testing.assert_allclose(swept["lanes"]["values"], [8e-15] * 4 + [12e-15] * 4)
    firsts = np.array([s[0] for s in swept["spikes"]["vspk"]]).reshape(2, 4)
    assert np.all(firsts[1] > 1.2 * firsts[0])
    assert "samples a value" in run(capsys, *words, "--sweep", "cmem=8f:12f:lin:2")[1]


def test_waveforms_of_many_lanes_need_points(neuron, capsys):
    words = ["simulate", "t2.cir", "--stop", "0.1m", "--sweep", "iin=1p:9p:lin:9", "--csv", "many.csv"]
    code, _, err = run(capsys, *words)
    assert code == 0
    assert "only with --points" in err
    assert run(capsys, *words, "--points", "11")[2] == ""
    assert len(pandas.read_csv("many.csv")) == 99


def test_measures_are_shown_and_what_is_not_found_is_null(folder, capsys):
    measures = ".meas tran top max v(out)\n.meas tran late when v(out)=7\n.end"
    Path("measured.cir").write_text(SINE.replace(".end", measures))
    data = json.loads(run(capsys, "simulate", "measured.cir", "--json")[1])
    assert 0.8 < data["measures"]["top"][0] < 0.9
    assert data["measures"]["late"] == [None]
    out = run(capsys, "simulate", "measured.cir")[1]
    assert "not found" in out
    assert "nan" not in out


@pytest.mark.slow
def test_interrupt_exits_130_and_leaves_nothing(neuron):
    """Ctrl-C during a long run: one line, code 130, no file."""
    Path("mismatch.toml").write_text('[source.iin]\nsigma = "5 %"\n')
    words = ["t2.cir", "--samples", "20000", "--mismatch", "mismatch.toml", "--stop", "1 s", "--csv", "long.csv"]
    code, err = interrupted("simulate", *words)
    assert code == 130
    assert "stopped" in err
    assert "Traceback" not in err
    assert not list(neuron.glob("*long*"))


def test_failed_lane_exits_one(folder, capsys, monkeypatch):
    from neuristor.circuits import run as module
    from neuristor.trace import Failure

    real = module.analyses.op
    monkeypatch.setattr(module.analyses, "op", lambda *a: type(p := real(*a))(p.signals, [Failure(0, 0.0, "no solution")]))
    code, out, err = run(capsys, "simulate", "filter.cir", "--json")
    assert code == 1
    assert "lane 0 stopped at 0 s: no solution" in err
    assert json.loads(out)["status"]


def test_run_analyses_from_python(folder):
    result = run_analyses(planned(read_spice("sine.cir")), spikes=["out@0.2"])
    assert result.tran is not None
    assert len(result.tran.spikes[0]) == 4
    assert not result.failures
