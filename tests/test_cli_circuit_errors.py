"""Bad command lines for circuits: one sentence, exit code 2, nothing on standard output."""

from pathlib import Path

import pytest
from command import FILTER, SINE, run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with circuits in it."""
    monkeypatch.chdir(tmp_path)
    Path("filter.cir").write_text(FILTER)
    Path("sine.cir").write_text(SINE)
    Path("mismatch.toml").write_text("[mosfet.nmos035]\na_vt = '9 mV um'\n")
    return tmp_path


CIRCUIT = ["simulate", "filter.cir"]
BAD = [
    (["simulate", "nowhere.cir"], "nowhere.cir"),
    ([*CIRCUIT, "--method", "exact"], "--method is for neurons"),
    ([*CIRCUIT, "--dt", "1u"], "--dt is for neurons"),
    ([*CIRCUIT, "--current", "1p"], "--current is for neurons"),
    ([*CIRCUIT, "--stimulus", "step"], "--stimulus is for neurons"),
    (["simulate", "lif", "--mismatch", "mismatch.toml"], "--mismatch is for a circuit's file"),
    (["simulate", "lif", "--engine", "native"], "--engine is for circuits"),
    (["simulate", "lif", "--spikes", "v"], "--spikes is for circuits"),
    (["simulate", "lif", "--points", "100"], "--points is for circuits"),
    ([*CIRCUIT, "--engine", "nativ"], "did you mean 'native'"),
    ([*CIRCUIT, "--stop", "5 A"], "--stop"),
    ([*CIRCUIT, "--stop", "-1m"], "more than zero"),
    ([*CIRCUIT, "--spikes", "out"], "spikes are counted in a transient"),
    ([*CIRCUIT, "--stop", "1m", "--spikes", "uot@0.5"], "did you mean 'out'"),
    ([*CIRCUIT, "--stop", "1m", "--spikes", "out@high"], "'high' is not a quantity"),
    ([*CIRCUIT, "--stop", "1m", "--spikes", "out@1", "--spikes", "out@2"], "named twice"),
    ([*CIRCUIT, "--set", "r1"], "not of the form NAME=VALUE"),
    ([*CIRCUIT, "--set", "r2=1k"], "no element 'r2' (did you mean 'r1'?)"),
    ([*CIRCUIT, "--set", "cload=1n"], "names of .param are gone"),
    ([*CIRCUIT, "--set", "r1.w=1"], "the resistor r1 has no parameter 'w'"),
    ([*CIRCUIT, "--set", "r1=1 V"], "is in V"),
    ([*CIRCUIT, "--set", "r1=0"], "a resistor of 0 Ohm is a short"),
    ([*CIRCUIT, "--set", "c1=-1p"], "may not be negative"),
    ([*CIRCUIT, "--set", "temp=-300"], "below absolute zero"),
    (["simulate", "sine.cir", "--set", "v1=2"], "v1 follows SIN"),
    ([*CIRCUIT, "--sweep", "r1=1k:2k"], "FROM:TO:lin:N"),
    ([*CIRCUIT, "--sweep", "r1=-1k:2k:log:5"], "positive ends"),
    ([*CIRCUIT, "--sweep", "r9=1k:2k:lin:5"], "no element 'r9'"),
    ([*CIRCUIT, "--sweep", "temp=-300:85:lin:3"], "below absolute zero"),
    ([*CIRCUIT, "--sweep", "v1.acmag=0:1:lin:3"], "the same in all lanes"),
    ([*CIRCUIT, "--samples", "10"], "--samples and --mismatch go together"),
    ([*CIRCUIT, "--mismatch", "mismatch.toml"], "--samples and --mismatch go together"),
    ([*CIRCUIT, "--mismatch", "mismatch.toml", "--samples", "0"], "at least one lane"),
    ([*CIRCUIT, "--mismatch", "none.toml", "--samples", "5"], "none.toml: cannot be read"),
    ([*CIRCUIT, "--mismatch", "mismatch.toml", "--samples", "5"], "the circuit has no such model"),
    ([*CIRCUIT, "--mismatch", "mismatch.toml", "--samples", "5", "--seed", "-1"], "--seed -1 is negative"),
    ([*CIRCUIT, "--seed", "1"], "--seed is that of --samples"),
    ([*CIRCUIT, "--points", "1"], "at least 2"),
    ([*CIRCUIT, "--rtol", "0"], "--rtol 0"),
    ([*CIRCUIT, "--csv", "/proc/none/x.csv"], "cannot be written"),
    ([*CIRCUIT, "--report", "/proc/none/x.html"], "cannot be written"),
    (["check", "nowhere.cir"], "nowhere.cir"),
    (["check"], "circuit"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda v: " ".join(v)[:60] if isinstance(v, list) else "")
def test_bad_input_is_one_sentence_and_exit_code_two(folder, capsys, words, sentence):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert out == ""
    assert err.startswith("neuristor: ")
    assert err.count("\n") == 1
    assert sentence in err


def test_errors_of_the_circuit_stop_it_before_it_runs(folder, capsys):
    Path("loop.cir").write_text("loop\nv1 a 0 1\nv2 a 0 2\nr1 a 0 1k\n.op\n.end\n")
    code, out, err = run(capsys, "simulate", "loop.cir")
    assert (code, out) == (2, "")
    assert err.startswith("neuristor: loop.cir:3: ")
    assert err.count("\n") == 1
