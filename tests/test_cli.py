"""The command line: JSON for machines, sentences for people, exit codes for scripts."""

import json
import subprocess
import sys

import numpy as np
import pandas
import pytest
from command import interrupted, run

import neuristor as nr


def test_help_is_instant_and_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from neuristor.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "print(*[m for m in ('numba', 'casadi', 'plotly', 'pandas', 'xarray', 'scipy') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
    assert "reproduce" in done.stdout


@pytest.mark.parametrize("what", ["all", "neurons", "presets", "stimuli", "experiments", "papers"])
def test_list(capsys, what):
    code, out, _ = run(capsys, "list", what, "--json")
    groups = json.loads(out)
    assert code == 0
    assert all(entries and entries[0]["name"] for entries in groups.values())
    assert run(capsys, "list", what)[0] == 0


def test_simulate_json_is_the_simulation(capsys):
    code, out, err = run(capsys, "simulate", "lif", "--current", "0.1 mA", "--stop", "20 ms", "--json")
    data = json.loads(out)
    trace = nr.simulate(nr.LIF(), nr.Step("0.1 mA"), "20 ms")
    assert (code, err) == (0, "")
    assert data["spikes"] == [trace.spikes[0].tolist()]
    assert data["energy"]["input"] == trace.energy["input"].tolist()
    assert data["status"] == ["ok"]


def test_simulate_sweeps_presets_and_stimuli(capsys):
    words = [
        "simulate",
        "lif",
        "--sweep",
        "c_mem=1u:10u:log:5",
        "--stimulus",
        "triangle:peak=0.2 mA,duration=50 ms",
        "--json",
    ]
    assert len(json.loads(run(capsys, *words)[1])["spikes"]) == 5
    words = ["simulate", "lif", "--current", "40u:80u:lin:3", "--stop", "0.1", "--set", "t_ref=0", "--json"]
    assert len(json.loads(run(capsys, *words)[1])["spikes"]) == 3
    resonator = json.loads(run(capsys, "simulate", "izhikevich:resonator", "--json")[1])
    assert len(resonator["spikes"][0]) == 1
    noise = "ornstein_uhlenbeck:mean=60 uA,sigma=20 uA,tau=5 ms,dt=0.1 ms,duration=0.1,lanes=3"
    first, second, third = (
        json.loads(run(capsys, "simulate", "lif", "--stimulus", noise, "--seed", s, "--json")[1])["spikes"]
        for s in ("1", "1", "2")
    )
    assert first == second != third


def test_simulate_writes_files(capsys, tmp_path):
    names = {k: str(tmp_path / f"run.{k}") for k in ("csv", "parquet")}
    page = tmp_path / "run.html"
    code, out, _ = run(
        capsys,
        "simulate",
        "adex",
        "--stop",
        "0.2",
        "--csv",
        names["csv"],
        "--parquet",
        names["parquet"],
        "--report",
        str(page),
    )
    assert code == 0
    assert len(pandas.read_csv(names["csv"])) == len(pandas.read_parquet(names["parquet"])) == 2001
    assert "Adaptive exponential" in page.read_text()
    assert out.count("written: ") == 5


def test_failing_lane_exits_one_with_time_and_reason(capsys):
    code, out, err = run(capsys, "simulate", "lif", "--set", "v_reset=-30 mV", "--set", "t_ref=0", "--json")
    assert code == 1
    assert "lane 0 stopped at" in err
    assert "above its threshold" in json.loads(out)["status"][0]


def test_reproduce_prints_every_claim_and_writes_the_report(capsys, tmp_path):
    code, out, err = run(capsys, "reproduce", "lif-tutorial", "--output", str(tmp_path), "--json")
    data = json.loads(out)
    assert (code, err, data["paper"]) == (0, "", "lif-tutorial")
    keys = {"id", "where", "statement", "published", "unit", "measured", "verdict", "note"}
    assert all(set(c) == keys for c in data["claims"])
    assert json.loads((tmp_path / "lif-tutorial.claims.json").read_text()) == data
    assert (tmp_path / "lif-tutorial.html").stat().st_size > 1e6
    assert len(list(tmp_path.iterdir())) == 2


def test_compare(capsys, tmp_path):
    code, out, _ = run(capsys, "compare", "lif", "izhikevich:RS", "--json", "--report", str(tmp_path / "c.html"))
    rows = json.loads(out)
    assert code == 0
    assert abs(rows[0]["rheobase"] / 30e-6 - 1) < 1e-8
    assert rows[1]["energy_per_spike"] is None
    assert run(capsys, "compare", "lif", "adex")[0] == 0


BAD = [
    (["simulate", "lfi"], "unknown neuron 'lfi' (did you mean 'lif'?)"),
    (["simulate", "lif", "--set", "c_mem=-5u"], "lif: c_mem = -5 uF is not positive"),
    (["simulate", "lif", "--set", "c_mem"], "not of the form NAME=VALUE"),
    (["simulate", "lif", "--set", "cmem=1u"], "did you mean 'c_mem'"),
    (["simulate", "lif", "--current", "10 pAmp"], "--current: '10 pAmp': unknown unit 'pAmp'"),
    (["simulate", "lif", "--current", "10 mV"], "--current: '10 mV' is in mV, but a quantity in A is expected"),
    (["simulate", "lif", "--current", "1u:2u:log"], "FROM:TO:lin:N"),
    (["simulate", "lif", "--current", "-1u:2u:log:5"], "positive ends"),
    (["simulate", "lif", "--sweep", "c_mem=1u:2u:lin:1"], "at least 2 values"),
    (["simulate", "lif", "--sweep", "x=1u:2u:lin:3"], "no parameter 'x'"),
    (["simulate", "lif", "--stop", "5 A"], "--stop"),
    (
        ["simulate", "lif", "--stop", "50 ms", "--method", "euler", "--dt", "1 s"],
        "dt = 1 s is larger than the duration 50 ms",
    ),
    (["simulate", "lif", "--method", "eulr"], "did you mean 'euler'"),
    (["simulate", "lif", "--stimulus", "trangle"], "did you mean 'triangle'"),
    (["simulate", "lif", "--stimulus", "triangle:peak=1 mA"], "needs 'duration'"),
    (["simulate", "lif", "--stimulus", "triangle:peek=1 mA"], "did you mean 'peak'"),
    (["simulate", "lif", "--stimulus", "triangle:peak=1 mV,duration=1"], "is in mV"),
    (["simulate", "lif", "--stimulus", "pwl:nowhere.csv"], "nowhere.csv: cannot be read"),
    (["simulate", "lif", "--current", "1u", "--stimulus", "step"], "not both"),
    (["simulate", "lif:tutoral"], "did you mean 'tutorial'"),
    (["simulate", "lif", "--samples", "many"], "--samples"),
    (["simulate", "lif", "--bogus"], "--bogus"),
    (["simulate", "lif", "--csv", "/proc/none/x.csv"], "cannot be written"),
    (["simulate", "lif", "--csv", "/dev/null/x.csv"], "cannot be written"),
    (["reproduce", "lif-tutorail"], "did you mean 'lif-tutorial'"),
    (["reproduce", "lif-tutorial", "--output", "/proc/none"], "cannot be written"),
    (["compare", "lif", "adexx"], "did you mean 'adex'"),
    (["list", "nuerons"], "did you mean 'neurons'"),
    (["simulat"], "simulat"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else "")
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, words, sentence):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert out == ""
    assert err.startswith("neuristor: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("t,i\n0,0\n0.01,nan\n", "line 3"), ("0.02,0\n0.01,1\n", "must not run backwards"), ("", "no rows of numbers")],
)
def test_bad_csv_stimulus(capsys, tmp_path, text, sentence):
    path = tmp_path / "in.csv"
    path.write_text(text)
    code, _, err = run(capsys, "simulate", "lif", "--stimulus", f"pwl:{path}")
    assert code == 2
    assert sentence in err
    assert "in.csv" in err


def test_interrupt_exits_130_and_leaves_nothing(tmp_path):
    """Ctrl-C during a long run: one line, code 130, no file."""
    target = tmp_path / "long.csv"
    words = ["hodgkin_huxley", "--current", "0.1:0.5:lin:4000", "--stop", "100 s", "--csv", str(target)]
    code, err = interrupted("simulate", *words)
    assert code == 130
    assert "stopped" in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_numbers_in_json_are_never_nan(capsys):
    out = run(capsys, "compare", "izhikevich", "--json")[1]
    assert "NaN" not in out
    assert np.isfinite(json.loads(out)[0]["rate"])
