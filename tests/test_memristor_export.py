"""Memristors and amplifiers from the command line: as subcircuits in ngspice, in circuits, in neurons; and wrong ones."""

import json
import shutil

import numpy as np
import pytest
from command import run

from neuristor.circuits import parse_spice, read_spice, tran, write_spice
from neuristor.circuits.cells import MemristiveALIFCircuit
from neuristor.circuits.engines.deck import comparator_step
from neuristor.circuits.engines.program import run_deck
from neuristor.circuits.spice.for_ngspice import write_ngspice
from neuristor.devices.memristor import GMMS, MEMRISTORS, MMS, PUBLISHED, load_memristor
from neuristor.devices.memristor.saved import memristor_toml
from neuristor.errors import InputError
from neuristor.neurons import MemristiveALIF
from neuristor.stimulus import Sine, Square, Step

NGSPICE = pytest.mark.skipif(shutil.which("ngspice") is None, reason="needs ngspice")
FITTED = MMS(r_on="7 kOhm", r_off="80 kOhm", v_on="0.25 V", v_off="-0.3 V", tau="0.4 ms", temperature=30.0)
MMS_FILE = 'kind = "memristor"\nmodel = "mms"\n[parameters]\n'
# Word of a preset -> peak (V) and frequency (Hz) of a sine that moves it through much of its range
DRIVES = {
    "mms:sdc_agh": (0.5, 100.0),
    "gmms:w_sdc_ostrovskii": (0.3, 500.0),
    "vteam:rs_linear_threshold": (0.5, 500.0),
    "yakopcic:oblea_2010": (0.4, 100.0),
    "linear_drift:biolek_ltspice": (1.2, 2.0),
}


@pytest.fixture
def fitted(tmp_path):
    """A saved device in a file of a name that no subcircuit could have."""
    path = tmp_path / "My sweep 5k.toml"
    path.write_text(memristor_toml(FITTED, "My sweep 5k", {"files": ["a.csv"]}), encoding="utf-8")
    return path


def compare_with_ngspice(path, name, device, peak, hertz):
    """Two periods of a sine across the exported device and across our own: current and state."""
    stop = 2 / hertz
    plot = run_deck(
        f'* by hand\n.include "{path}"\nv1 a 0 sin(0 {peak} {hertz})\nxm a 0 state {name} x0=0.3\n'
        f".options reltol=1e-7 method=gear\n.save all\n.tran {stop / 2e4} {stop} 0 {stop / 2e4} uic\n.end\n"
    )[0]
    found = dict(zip(plot.variables, plot.values, strict=True))
    alone = device.simulate(Sine(f"{peak} V", f"{hertz} Hz"), stop, x0=0.3, samples=20001, rtol=1e-10)
    state, current = (np.interp(found["time"], alone.time, alone[key][0]) for key in "xi")
    assert np.ptp(state) > 0.1
    assert np.abs(state - found["v(state)"]).max() < 2e-4
    assert np.abs(current + found["i(v1)"]).max() < 2e-4 * np.abs(current).max()


@NGSPICE
@pytest.mark.parametrize("word", DRIVES)
def test_an_exported_preset_is_the_device_in_ngspice(capsys, tmp_path, word):
    path = tmp_path / "device.sub"
    assert run(capsys, "export", "spice", word, "--output", path)[0] == 0
    model, _, preset = word.partition(":")
    compare_with_ngspice(path, word.replace(":", "_"), MEMRISTORS[model].preset(preset), *DRIVES[word])


@NGSPICE
def test_an_exported_fit_is_the_device_in_ngspice(capsys, tmp_path, fitted):
    path = tmp_path / "device.sub"
    assert run(capsys, "export", "spice", fitted, "--set", "tau=1 ms", "--output", path)[0] == 0
    compare_with_ngspice(path, "mms_my_sweep_5k", FITTED.with_(tau=1e-3), 0.5, 100.0)


@NGSPICE
@pytest.mark.parametrize(
    ("word", "card", "name"),
    [
        ("opamp:op482", ".model amp opamp preset=op482", "opamp_op482"),
        ("comparator:ad8561", ".model amp comparator preset=ad8561", "comparator_ad8561"),
    ],
)
def test_an_exported_amplifier_is_the_device_in_ngspice(capsys, tmp_path, word, card, name):
    """A sine of 2 V through an amplifier that slews, and through a comparator."""
    path = tmp_path / "amplifier.sub"
    assert run(capsys, "export", "spice", word, "--output", path)[0] == 0
    minus = "out" if "opamp" in word else "0"
    around = "t\nvp vp 0 15\nvn vn 0 {low}\nv1 in 0 sin(0 2 1meg)\nrl out 0 10k\n{call}\n.tran 1n 3u 0 1n uic\n.end\n"
    low = "-15" if minus == "out" else "0"
    ours = tran(parse_spice(around.format(low=low, call=f"u1 in {minus} vp vn out amp\n{card}")), rtol=1e-8)
    call = f'xu in {minus} vp vn out {name}\n.include "{path}"\n.options reltol=1e-6 method=gear'
    plot = run_deck(around.format(low=low, call=call).replace(".tran", ".save all\n.tran"))[0]
    found = dict(zip(plot.variables, plot.values, strict=True))
    time = np.linspace(1e-6, 3e-6, 500)
    mine, theirs = np.interp(time, ours.time, ours["out"][0]), np.interp(time, found["time"], found["v(out)"])
    assert np.ptp(mine) > 1.0
    assert np.mean(np.abs(mine - theirs)) < 2e-3 * np.ptp(mine)


@NGSPICE
@pytest.mark.parametrize("topology", ["ideal", pytest.param("hardware", marks=pytest.mark.slow)])
def test_an_exported_cell_with_a_memristor_runs_unmodified_in_ngspice(capsys, tmp_path, topology):
    path = tmp_path / "cell.cir"
    assert run(capsys, "export", "spice", f"memristive_alif_circuit:{topology}", "--output", path)[0] == 0
    cell = MemristiveALIFCircuit(topology=topology)
    plot = run_deck(path.read_text().replace(".tran", ".save v(vspk) v(x_y1)\n.tran"))[0]
    time, spike = plot.values[plot.variables.index("time")], plot.values[plot.variables.index("v(vspk)")]
    level = float(cell.watch[1])
    rising = np.flatnonzero((spike[:-1] < level) & (spike[1:] >= level))
    theirs = time[rising] + (level - spike[rising]) / (spike[rising + 1] - spike[rising]) * np.diff(time)[rising]
    ours = cell.simulate(Step("1 mA"), "1 ms", record=(), rtol=1e-8).spikes[0]
    assert len(theirs) == len(ours) > 50
    np.testing.assert_allclose(theirs, ours, rtol=1e-3)


@NGSPICE
@pytest.mark.parametrize(
    ("topology", "stop", "count"),
    [("ideal", 0.5e-3, 40), ("hardware", 0.2e-3, 16), pytest.param("hardware", 0.5e-3, 38, marks=pytest.mark.slow)],
)
def test_ngspice_follows_the_cell_without_a_step_from_the_user(topology, stop, count):
    cell = MemristiveALIFCircuit(topology=topology)
    square = Square("1 mA", "1 ms", duration="1 ms")
    ours = cell.simulate(square, stop, record=(), rtol=1e-8).spikes[0]
    theirs = cell.simulate(square, stop, record=(), engine="ngspice").spikes[0]
    assert len(ours) == len(theirs) == count
    np.testing.assert_allclose(theirs, ours, rtol=1e-3)


def test_the_largest_step_follows_the_fastest_comparator():
    text = "t\nv1 a 0 1\nu1 a 0 a 0 b fast\nu2 a 0 a 0 c fast t_delay=40n\n.model fast comparator preset=ad8561\n"
    assert comparator_step(parse_spice(text)) == pytest.approx(1.5 * 7e-9)
    assert comparator_step(parse_spice(text.replace("b fast", "b fast t_delay=20n"))) == pytest.approx(1.5 * 20e-9)
    assert comparator_step(parse_spice("t\nv1 a 0 1\nr1 a 0 1\n")) == np.inf


def test_a_card_may_name_a_saved_device_beside_the_netlist(tmp_path, fitted):
    netlist = "t\nv1 a 0 sin(0 0.5 100)\ny1 a 0 mine x0=0.3\n.model mine memristor {}\n.tran 1u 20m\n"
    path = tmp_path / "circuit.cir"
    path.write_text(netlist.format(f'file="{fitted.name}" tau=1m'))
    ours = tran(read_spice(path), samples=101, rtol=1e-9)
    alone = FITTED.with_(tau=1e-3).simulate(Sine("0.5 V", "100 Hz"), "20 ms", x0=0.3, samples=101, rtol=1e-10)
    np.testing.assert_allclose(ours["x(y1)"][0], alone["x"][0], atol=1e-6)
    assert parse_spice(write_spice(read_spice(path))).models["mine"].params == read_spice(path).models["mine"].params


def test_options_of_a_saved_device_reach_the_circuit(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(memristor_toml(GMMS.preset("w_sdc_ostrovskii"), "a", {}))
    params = parse_spice("t\ny1 a 0 m\nr1 a 0 1\n.model m memristor file=a.toml\n", folder=tmp_path).models["m"].params
    assert (params["model"], params["v_on_law"]) == ("gmms", "ostrovskii")
    assert params["phi"] == 0.88


@pytest.mark.parametrize(
    ("card", "content", "sentence"),
    [
        ("file=none.toml", "", "t.cir:4: the model 'm': {}/none.toml: cannot be read: No such file"),
        ("file=a.toml", "kind =", "cannot be read as a saved memristor"),
        ("file=a.toml", 'model = "behavioural"\n[parameters]\n', "not a saved memristor"),
        ("file=a.toml", 'kind = "memristor"\nmodel = "mns"\n[parameters]\n', "'mns' (did you mean 'mms'?) is none of"),
        ("file=a.toml", 'kind = "memristor"\nmodel = "mss"\n[parameters]\n', "mss draws random numbers"),
        ("file=a.toml", MMS_FILE + 'r_on = [1.0, 2.0]', "r_on = [1.0, 2.0] is no number"),
        ("file=a.toml", MMS_FILE + 'r_on = 1e9', "r_on = 1 GOhm is not below r_off"),
        ("file=a.toml", 'kind = "memristor"\nmodel = "mms"\noptions = 3\n[parameters]\n', "is not a table [options]"),
        ("file=a.toml model=mms", MMS_FILE, "has file= and model="),
        ("file=a.toml tua=1m", MMS_FILE, "no parameter 'tua' (did you mean 'tau'?)"),
    ],
)  # fmt: skip
def test_a_card_with_a_wrong_file_is_one_sentence(capsys, tmp_path, card, content, sentence):
    (tmp_path / "a.toml").write_text(content)
    (tmp_path / "t.cir").write_text(f"t\nv1 a 0 1\ny1 a 0 m\n.model m memristor {card}\n.tran 1u 1m\n")
    code, out, err = run(capsys, "simulate", tmp_path / "t.cir")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence.format(tmp_path) in err


@pytest.mark.parametrize(
    ("name", "kind"), [("memristive_alif", MemristiveALIF), ("memristive_alif_circuit", MemristiveALIFCircuit)]
)
def test_a_neuron_takes_a_fitted_memristor(capsys, fitted, name, kind):
    words = (
        "simulate",
        name,
        "--set",
        f"memristor={fitted}",
        "--set",
        "tau=0.5 ms",
        "--current",
        "1 mA",
        "--stop",
        "0.2 ms",
    )
    told = json.loads(run(capsys, *words, "--rtol", "1e-7", "--json")[1])
    own = kind(**FITTED.values() | {"tau": 0.5e-3}).simulate(Step("1 mA"), 2e-4, rtol=1e-7).spikes[0]
    found = told["spikes"]["vspk"][0] if isinstance(told["spikes"], dict) else told["spikes"][0]
    assert len(own) > 5
    np.testing.assert_allclose(found, own, rtol=1e-12)


def test_an_exported_netlist_is_read_again(capsys, tmp_path):
    """`export netlist`: elements of this package, in which a device can be exchanged by hand."""
    path = tmp_path / "cell.cir"
    assert run(capsys, "export", "netlist", "memristive_alif_circuit", "--output", path)[0] == 0
    cell = MemristiveALIFCircuit()
    ours = tran(read_spice(path), 1e-4, spikes=[cell.watch], rtol=1e-7).spikes[0]
    np.testing.assert_allclose(ours, cell.simulate(Step("1 mA"), 1e-4, rtol=1e-7).spikes[0], rtol=1e-9)


@NGSPICE
def test_a_circuit_with_a_saved_device_runs_in_ngspice_without_its_file(capsys, tmp_path, fitted):
    """A file that is no neuron, with a card that names a device: all of it stands in what is exported."""
    path, exported = tmp_path / "circuit.cir", tmp_path / "exported.cir"
    path.write_text(
        f"t\nv1 a 0 sin(0 0.5 100)\nx1 a cell\n.subckt cell a\nymine a 0 mine x0=0.3\n.model mine memristor "
        f'file="{fitted.name}"\n.ends\n.tran 10u 20m 0 10u uic\n'
    )
    assert run(capsys, "export", "spice", path, "--set", "x1.ymine.tau=1 ms", "--output", exported)[0] == 0
    fitted.unlink()
    plot = run_deck(exported.read_text().replace(".tran", ".save all\n.tran"))[0]
    found = dict(zip(plot.variables, plot.values, strict=True))
    alone = FITTED.with_(tau=1e-3).simulate(Sine("0.5 V", "100 Hz"), "20 ms", x0=0.3, rtol=1e-9)
    state = np.interp(found["time"], alone.time, alone["x"][0])
    assert np.abs(state - found["v(x_x1.ymine)"]).max() < 1e-3 < np.ptp(state)


def test_lists_name_every_device_and_what_takes_it(capsys):
    told = json.loads(run(capsys, "list", "--json")[1])
    uses = {entry["name"]: entry["use"] for entry in told["memristors"]}
    assert list(uses) == [f"{p.model}:{p.name}" for p in PUBLISHED]
    assert "--set memristor=" in uses["mms:sdc_agh"]
    assert "--set memristor=" not in uses["gmms:ge_sb_te"]
    assert "draws random numbers" in uses["mss:ideal_mss"]
    assert [entry["name"] for entry in told["amplifiers"]] == ["opamp:op482", "comparator:ad8561"]
    for word in [w for w in uses if "mss:" not in w] + ["opamp:op482", "comparator:ad8561"]:
        code, out, _ = run(capsys, "export", "spice", word)
        assert (code, out.count(".subckt " + word.replace(":", "_"))) == (0, 1)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["export", "spice", "none.toml"], "none.toml: cannot be read: No such file"),
        (["export", "spice", "mss:ideal_mss"], "mss has no subcircuit: it draws random numbers"),
        (["export", "spice", "mms:sdc_ag"], "has no preset 'sdc_ag' (did you mean 'sdc_agh'?)"),
        (["export", "spice", "sdc_agh"], "'sdc_agh' is a preset's name: write mms:sdc_agh"),
        (["export", "spice", "ideal_mss"], "write mms:ideal_mss or mss:ideal_mss"),
        (["export", "spice", "opamp:ad8561"], "ad8561 is of kind comparator"),
        (["export", "spice", "opmap"], "did you mean 'opamp'?"),
        (["export", "spice", "mms", "--set", "tua=1m"], "did you mean 'tau'?"),
        (["export", "spice", "mms", "--set", "tau=1 V"], "tau"),
        (["export", "spice", "mms", "--set", "on=1"], "x0 of its instance"),
        (["export", "netlist", "mms"], "neuristor export spice mms"),
        (["export", "spcie", "mms"], "did you mean 'spice'?"),
        (["simulate", "mms:sdc_agh"], "memristive_alif --set memristor='mms:sdc_agh'"),
        (["measure", "fi_curve", "yakopcic"], "yakopcic is a device (yakopcic), not a neuron"),
        (["simulate", "memristive_alif", "--set", "memristor=none.toml"], "none.toml: cannot be read"),
        (["simulate", "memristive_alif", "--set", "memristor=opamp"], "opamp, not a memristor"),
        (["simulate", "memristive_alif_circuit", "--set", "memristor=gmms:ge_sb_te"], "model=gmms preset=ge_sb_te"),
        (["simulate", "memristive_alif", "--set", "memristor=mss"], "metastable switch (mms)"),
        (["simulate", "lif", "--set", "memristor=mms"], "lif has no parameter 'memristor'"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_one_sentence(capsys, words, sentence):
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err


def test_a_saved_device_is_no_neuron_but_says_where_it_goes(capsys, fitted):
    code, _, err = run(capsys, "simulate", fitted)
    assert code == 2
    assert f"memristor='{fitted}'" in err
    assert load_memristor(fitted).values() == pytest.approx(FITTED.values())


def test_a_state_that_ngspice_would_not_hold_is_refused():
    netlist = parse_spice("t\nv1 a 0 1\ny1 a 0 m\n.model m memristor model=mms\n.op\n")
    with pytest.raises(InputError, match="would move in .op"):
        write_ngspice(netlist)
