"""`neuristor mixed-signal`: words, JSON, a page in a browser, a user's file, and one sentence for what does not fit."""

import json

import numpy as np
import pytest
from browser import charts, needs_browser, open_page
from command import run

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from neuristor.circuits.cells.mixed_signal_mac import MixedSignalMAC  # noqa: E402
from neuristor.networks.mixed_signal import (  # noqa: E402
    evaluate,
    inference_cost,
    mismatch_of,
    reference,
    retrain,
    synapse,
)
from neuristor.networks.mixed_signal.convert import convert  # noqa: E402

SMALL = ["--bits", "2,8", "--noise", "1e-5:1e-3:log:3", "--draws", "3", "--images", "200"]


class Own(nn.Module):
    """A layer that only the user's code knows."""

    def forward(self, x):
        return 2 * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with PyTorch files in it."""
    monkeypatch.chdir(tmp_path)
    torch.save(reference("digits"), "net.pt")
    torch.save(reference("digits").state_dict(), "weights.pt")
    torch.save(nn.Sequential(nn.LSTM(64, 10)), "lstm.pt")
    torch.save(nn.Sequential(nn.Linear(64, 10), Own()), "own.pt")
    (tmp_path / "bad.pt").write_bytes(b"nothing")
    return tmp_path


def test_json_is_what_python_gives(capsys, digits):
    words = ["--mismatch", "20%", "--full-scale", "0.1 V", "--noise-in", "sums", "--saturation", "2", "--seed", "3"]
    retraining = ["--retrain", "chip", "--train-images", "500", "--epochs", "1", "--power", "1nW", "--bandwidth", "1MHz"]
    code, out, _ = run(capsys, "mixed-signal", "digits", *SMALL, *words, *retraining, "--json")
    told, module = json.loads(out), reference("digits", 3)
    chip = {"mismatch": 0.2, "full_scale": 0.1, "noise_in": "sums", "saturation": 2}
    common = {"noise": np.geomspace(1e-5, 1e-3, 3), "draws": 3, "images": 200, "seed": 3}
    expected = evaluate(module, digits, bits=(2, 8), **common, **chip)
    assert code == 0
    assert told["result"]["error"] == expected.error.tolist()
    assert told["result"]["options"]["saturation"] == 2
    samples = torch.from_numpy(digits.x_train[:500])
    made = convert(module, bits=2, noise_power=1e-5, calibration=samples, seed=3, **chip)
    better = retrain(made, digits, "chip", epochs=1, images=500, seed=3)
    assert told["retrained"][0]["error"] == evaluate(better, digits, **common).error.tolist()
    assert told["retrained"][0]["clean"] == expected.clean
    cost = inference_cost(module, (64,), power="1 nW", f_3db="1 MHz", bits=8)
    assert told["costs"][1]["energy"] == pytest.approx(cost.energy)


def test_tables_say_what_the_full_scale_decides(capsys):
    code, out, _ = run(capsys, "mixed-signal", "digits", *SMALL, "--power", "30.6nW", "--bandwidth", "62MHz")
    assert code == 0
    for word in ("full scale 77.59 mV", "float network", "tolerated sigma_w", "Energy and latency", "12.89 %"):
        assert word in out


def test_the_bias_current_gives_noise_energy_and_mismatch(capsys):
    words = ["digits", "--bits", "8", "--noise", "1e-5", "--draws", "2", "--images", "100", "--mismatch", "circuit"]
    code, out, _ = run(capsys, "mixed-signal", *words, "--i-unit", "10 pA", "--json")
    told = json.loads(out)
    one = synapse(MixedSignalMAC(i_unit="10 pA"))
    assert code == 0
    assert told["result"]["noise_power"] == sorted([1e-5, one.noise_power])
    assert told["costs"][0]["power"] == told["synapses"][0]["power"] == one.power
    assert told["result"]["mismatch"] == mismatch_of(MixedSignalMAC(i_unit="10 pA")).relative
    _, out, _ = run(capsys, "mixed-signal", *words[:-2], "--i-unit", "10 pA")
    assert "The circuit at a unit current of 10 pA" in out


def test_a_users_file_is_evaluated(capsys, folder):
    code, out, _ = run(capsys, "mixed-signal", "net.pt", "--data", "digits", *SMALL, "--json")
    assert code == 0
    assert json.loads(out)["result"]["network"] == "net.pt"
    _, own, _ = run(capsys, "mixed-signal", "digits", *SMALL, "--json")
    assert json.loads(own)["result"]["error"] == json.loads(out)["result"]["error"]


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_in_a_browser(capsys, tmp_path, browser, dark):
    page = tmp_path / "page.html"
    words = ["--retrain", "noise", "--epochs", "1", "--power", "30.6nW", "--bandwidth", "62MHz", "--report", page]
    assert run(capsys, "mixed-signal", "digits", *SMALL, *words)[0] == 0
    for width in (1280, 375):
        assert open_page(browser, page, width, dark) == []
        drawn = charts(browser, ".trace, .bars .point")
        assert len(drawn) == 3
        assert all(marks for marks, *_ in drawn)


BAD = [
    (["mnist-fnc"], "did you mean 'mnist-fcn'"),
    (["nothing.pt"], "there is no file nothing.pt"),
    (["net.pt"], "--data tells what net.pt classifies"),
    (["weights.pt", "--data", "digits"], "holds a OrderedDict: save the whole module"),
    (["lstm.pt", "--data", "digits"], "layer '0' is a LSTM"),
    (["own.pt", "--data", "digits"], "holds code of its own, which is not run"),
    (["bad.pt", "--data", "digits"], "cannot be read as a PyTorch file"),
    (["digits", "--bits", "3,x"], "--bits 3,x: whole numbers are needed"),
    (["digits", "--noise", "1e-6:1e-4:log"], "noise"),
    (["digits", "--noise", "1 mV"], "noise"),
    (["digits", "--draws", "1"], "draws = 1"),
    (["digits", "--images", "0"], "images = 0"),
    (["digits", "--full-scale", "2 A"], "full_scale"),
    (["digits", "--mismatch", "lots"], "mismatch"),
    (["digits", "--sign", "none"], "sign='none'"),
    (["digits", "--retrain", "nois", *SMALL], "did you mean 'noise'"),
    (["digits", "--power", "1 nW"], "--power (of a synapse) and --bandwidth"),
    (["digits", "--power", "1 nW", "--bandwidth", "1 MHz", "--i-unit", "1 nA"], "leave --power and --bandwidth out"),
    (["digits", "--i-unit", "1 V"], "i_unit"),
    (["digits", "--report", "/proc/none/x.html"], "cannot be written"),
]


@pytest.mark.parametrize(("words", "told"), BAD, ids=[" ".join(words[:3]) for words, _ in BAD])
def test_bad_words_are_one_sentence(capsys, folder, words, told):
    code, out, err = run(capsys, "mixed-signal", *words)
    assert code == 2
    assert out == ""
    assert told in err
    assert err.count("\n") == 1
