"""`neuristor array` and `neuristor data`: words, JSON, files, and one sentence for everything that does not fit."""

import json
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from command import run

from neuristor.arrays import ADC, DAC, Cell, PowerLawDrift, Relaxation, Slices, UpdateCurve, Variation, Wires, WriteVerify
from neuristor.arrays.crossbar import KINDS, Crossbar
from neuristor.cli.array_words import PARTS, WORDLESS, axis_name, entries, read_array_words, readers
from neuristor.networks import Dense, Network, reference_network, save_network
from neuristor.networks.array_to_accuracy import array_to_accuracy
from neuristor.networks.chain_result import ArrayToAccuracy

SMALL = ["--images", "40", "--seeds", "2", "--shares", "0,5%", "--spot-check", "0"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with networks in it."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    save_network(reference_network("digits"), "digits.npz")
    save_network(Network([Dense(rng.normal(size=(20, 10)), np.zeros(10))], (20,)), "narrow.npz")
    np.savez("nan.npz", w0=np.full((64, 10), np.nan), b0=np.zeros(10))
    (tmp_path / "empty.npz").write_bytes(b"")
    return tmp_path


WORDS = [
    (["r_word=2 Ohm", "r_bit=1.5"], {"wires": Wires(2.0, 1.5)}),
    (["r_on=5k", "r_off=inf", "levels=16"], {"cell": Cell(5e3, np.inf, 16)}),
    (["mapping=slices", "weight_bits=6"], {"mapping": Slices(weight_bits=6)}),
    (["weight_bits=6"], {"mapping": Slices(weight_bits=6)}),
    (["sigma_d2d=20 %", "read_noise=1%"], {"variation": Variation(sigma_d2d=0.2, read_noise=0.01)}),
    (["dac=8", "adc.bits=6", "place=column"], {"dac": DAC(8), "adc": ADC(6, place="column")}),
    (["nu=0.1", "time=60 min"], {"retention": PowerLawDrift(0.1), "time": "60 min"}),
    (["tau=3 s"], {"retention": Relaxation(3.0)}),
]


@pytest.mark.parametrize(("words", "options"), WORDS, ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_words_are_the_parts_that_they_name(words, options):
    assert read_array_words(words) == options


def test_what_is_varied_has_its_part():
    assert read_array_words(["time=60 min"], ["retention.nu"])["retention"] == PowerLawDrift()
    assert read_array_words(["adc=6"], ["adc.bits", "stuck_lrs", "time"])["adc"] == ADC(6)


def test_words_of_write_verify_reach_its_curve():
    found = read_array_words(["tolerance=2%", "pulses_up=30", "curve.sigma=0.1"])["programming"]
    assert isinstance(found, WriteVerify)
    assert (found.tolerance, found.curve.pulses_up, found.curve.sigma) == (0.02, 30, 0.1)
    assert read_array_words(["programming=3%"])["programming"].sigma == 0.03


def test_phase_change_cells_by_one_word():
    options = read_array_words(["cell=phase_change", "time=60 min", "levels=8"])
    array = Crossbar(np.eye(4), **options)
    assert array.time == 3600.0
    assert array.cell.levels == 8
    assert array.conductances.max() < 1.2 * 25e-6


def test_every_part_of_a_crossbar_has_words():
    assert set(KINDS) | {"mapping"} <= set(PARTS)
    wordless = {("UpdateCurve", "tables"), ("UpdateCurve", "source"), ("Faults", "cells"), ("WriteVerify", "curve")}
    for kind in {kind for kinds in PARTS.values() for kind in kinds.values() if is_dataclass(kind)}:
        own = {(kind.__name__, f.name) for f in fields(kind) if f.name not in readers(kind)}
        assert own <= wordless
    assert "source" in WORDLESS
    assert UpdateCurve in PARTS["curve"].values()
    assert {"wires", "mapping=offset", "retention=drift", "cell=phase_change", "v_read=0.2 V"} <= {
        e["name"] for e in entries()
    }


def test_a_cause_has_the_name_of_the_chain():
    names = [axis_name(name) for name in ("stuck_lrs", "r_word", "sigma_d2d", "wires.r_bit", "time", "adc")]
    assert names == ["stuck_lrs", "wires.r_word", "variation.sigma_d2d", "wires.r_bit", "time", "adc.bits"]


def test_json_is_the_result_of_the_chain(capsys):
    words = ["array", "digits", "r_word=2", "--fault", "stuck_lrs,stuck_hrs", "--seed", "3", *SMALL, "--json"]
    code, out, err = run(capsys, *words)
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert set(told) == {f.name for f in fields(ArrayToAccuracy)}
    own = array_to_accuracy(
        None, "digits", fault=["stuck_lrs", "stuck_hrs"], shares=(0, 0.05), seeds=2, images=40, spot_check=0, seed=3,
        wires=Wires(r_word=2.0),
    )  # fmt: skip
    assert told["accuracy"] == own.accuracy.tolist()
    assert told["energy_total"] == own.energy_total.tolist()
    assert told["crossbar"]["wires"] == "r_word 2 Ohm"


def test_terminal_shows_tables_and_writes_the_page(capsys, tmp_path):
    page = tmp_path / "array.html"
    words = ["array", "digits", "--fault", "r_bit", "--shares", "1 Ohm:100 Ohm:log:3", "--images", "20", "--seeds", "2"]
    code, out, _ = run(capsys, *words, "--spot-check", "10", "--report", page)
    assert code == 0
    for words in ("wires.r_bit", "100 Ohm", "Spot check with the transistor circuit", "Scaling of the layers"):
        assert words in out
    assert out.rstrip().endswith(f"written: {page}")
    assert "on faulty arrays" in page.read_text()


def test_a_file_is_the_network_in_it(capsys, folder):
    by_name, by_file = (
        json.loads(run(capsys, "array", *network, *SMALL, "--json")[1])
        for network in (["digits"], ["digits.npz", "--data", "digits"])
    )
    assert by_name["accuracy"] == by_file["accuracy"]


def test_hidden_layers_of_a_reference_network(capsys):
    told = json.loads(run(capsys, "array", "digits", "--hidden", "12", "--neuron", "lif", *SMALL, "--json")[1])
    assert [(s["inputs"], s["outputs"]) for s in told["stages"]] == [(64, 12), (12, 10)]


def test_crossbar_tells_its_error_by_cause(capsys, tmp_path):
    words = ["crossbar", "digits", "levels=16", "r_word=2", "stuck_hrs=5%", "--images", "50"]
    code, out, err = run(capsys, *words, "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert [cause["name"] for cause in told["error"]["causes"]] == ["quantisation", "stuck cells", "wires"]
    assert (told["shape"], told["stuck_hrs"], told["error"]["vectors"]) == ([65, 20], 65, 50)
    code, out, _ = run(capsys, *words, "--report", tmp_path / "array.html")
    assert code == 0
    assert "stuck cells" in out
    assert "Loss in the wires" in (tmp_path / "array.html").read_text()


ARRAY = ["array", "digits"]
BAD = [
    (["array", "digit"], "there is no reference network 'digit'"),
    (["array", "nowhere.npz", "--data", "digits"], "there is no file nowhere.npz"),
    (["array", "digits.npy", "--data", "digits"], "a network file ends in .npz"),
    (["array", "digits.npz"], "--data tells what digits.npz classifies"),
    (["array", "digits.npz", "--data", "digts"], "did you mean 'digits'"),
    (["array", "digits.npz", "--data", "digits", "--hidden", "10"], "a file has its own layers"),
    (["array", "narrow.npz", "--data", "digits"], "takes 20 inputs, but the samples of digits have 64"),
    (["array", "nan.npz", "--data", "digits"], "nan.npz"),
    (["array", "empty.npz", "--data", "digits"], "empty.npz cannot be read"),
    ([*ARRAY, "--hidden", "many"], "--hidden: 'many' is not a number of neurons"),
    ([*ARRAY, "--neuron", "cmos_lfi"], "did you mean 'cmos_lif'"),
    ([*ARRAY, "--neuron", "mms"], "not a neuron"),
    ([*ARRAY, "--set", "c_mem=-5u", "--neuron", "lif"], "is not positive"),
    ([*ARRAY, "--fault", "stuck_lsr"], "no option 'stuck_lsr' (did you mean 'stuck_lrs'?)"),
    ([*ARRAY, "--fault", "stuck_lrs,"], "a value is missing"),
    ([*ARRAY, "--fault", "stuck_lrs,stuck_lrs"], "a list of different ones"),
    ([*ARRAY, "stuck_lrs=1%", "--fault", "stuck_lrs"], "stuck_lrs=1% is what --fault varies"),
    ([*ARRAY, "--shares", "0,200%"], "lie between 0 and 1"),
    ([*ARRAY, "--shares", "some"], "'some' is not a quantity"),
    ([*ARRAY, "--shares", "0:1:lin:1"], "at least 2 values"),
    ([*ARRAY, "--seeds", "0"], "0"),
    ([*ARRAY, "--seed", "-1"], "-1"),
    ([*ARRAY, "--readout", "rates"], "did you mean 'rate'"),
    ([*ARRAY, "--deadline", "1 us"], "too short for a spike"),
    ([*ARRAY, "--deadline", "5 V"], "'5 V' is in V"),
    ([*ARRAY, "--mismatch", "q_th"], "--mismatch: 'q_th' is not of the form NAME=VALUE"),
    ([*ARRAY, "--mismatch", "qth=1%"], "did you mean 'q_th'"),
    ([*ARRAY, "--images", "0"], "images: a whole number"),
    ([*ARRAY, "--inputs", "possion"], "did you mean 'poisson'"),
    ([*ARRAY, "r_wrd=2"], "no option 'r_wrd' (did you mean 'r_word'?)"),
    ([*ARRAY, "r_word"], "not of the form NAME=VALUE, e.g. r_word=2"),
    ([*ARRAY, "r_word=2 F"], "wires: '2 F' is in F, but a quantity in Ohm is expected"),
    ([*ARRAY, "r_word=-2"], "wires: r_word = -2.0 is not one resistance of 0 Ohm or more"),
    ([*ARRAY, "r_word=1", "r_word=2"], "r_word is given twice"),
    ([*ARRAY, "bits=8"], "write dac.bits= or adc.bits="),
    ([*ARRAY, "wires=2"], "set its fields r_word="),
    ([*ARRAY, "levels=3.5"], "levels: '3.5' is not a whole number"),
    ([*ARRAY, "levels=1"], "levels must be a whole number from 2 up"),
    ([*ARRAY, "radius=2 Ohm"], "radius: '2 Ohm' is in Ohm"),
    ([*ARRAY, "pattern=clusterd"], "did you mean 'clustered'"),
    ([*ARRAY, "mapping=direct"], "there are differential, balanced, offset, slices"),
    ([*ARRAY, "nu=0.1", "tau=3"], "no kind of it has all of nu, tau"),
    ([*ARRAY, "time=60 min"], "changes nothing without retention"),
    ([*ARRAY, "clip=maybe"], "neither yes nor no"),
    ([*ARRAY, "w_max=0.1"], "outside the device's range of conductances"),
    ([*ARRAY, "r_on=2meg"], "0 < r_on < r_off must hold"),
    ([*ARRAY, "device=lif"], "there is no device 'lif'"),
    ([*ARRAY, "table=nowhere.csv"], "nowhere.csv: cannot be read"),
    ([*ARRAY, "headroom=0.5"], "headroom must lie above 1"),
    ([*ARRAY, "headroom=2", "headroom=3"], "headroom is given twice"),
    ([*ARRAY, *SMALL, "--report", "/proc/none/x.html"], "cannot be written"),
    (["crossbar", "digits", "--layer", "2"], "the network has 1 with weights, numbered from 1"),
    (["crossbar", "digits", "--images", "0"], "--images 0: one or more are needed"),
    (["crossbar", "digits", "r_bit=2", "--report", "/proc/none/x.html"], "cannot be written"),
    (["data", "mnits"], "did you mean 'mnist'"),
    (["data", "--download"], "--download fetches one of mnist, cifar10, nmnist"),
    (["data", "digits", "--download"], "--download fetches one of"),
    (["data", "mnist", "--address", "http://localhost"], "--address is that of --download"),
]


@pytest.mark.parametrize(("words", "sentence"), BAD, ids=lambda v: " ".join(v)[:40] if isinstance(v, list) else "")
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, folder, words, sentence):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert out == ""
    assert err.startswith("neuristor: ")
    assert err.count("\n") == 1
    assert sentence in err


@pytest.fixture
def nothing(tmp_path, monkeypatch):
    """No data, and an empty cache."""
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_data_are_listed_with_how_to_obtain_them(capsys, nothing):
    code, out, _ = run(capsys, "data", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert [row["state"] for row in rows.values()] == ["present", "missing", "missing", "missing"]
    assert (rows["digits"]["samples"], rows["digits"]["shape"]) == ("1437 to train, 360 to test", "1 x 8 x 8")
    for name in ("mnist", "cifar10", "nmnist"):
        assert f"neuristor data {name} --download" in rows[name]["how to obtain"]
        assert str(nothing / "data") in rows[name]["how to obtain"]


def test_missing_data_are_one_sentence(capsys, nothing):
    for words in (["array", "mnist"], ["data", "mnist", "--download", "--address", "http://127.0.0.1:9/"]):
        code, out, err = run(capsys, *words)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "download" in err or "could not be fetched" in err
