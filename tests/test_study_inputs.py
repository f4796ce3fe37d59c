"""What a study takes in: files that travel with it, inputs of any shape; and what it refuses before a folder is made."""

import json

import numpy as np
import pytest
from command import run

import neuristor as nr
from neuristor.circuits.cards import CARDS
from neuristor.devices.memristor import MMS, VTEAM
from neuristor.devices.memristor.saved import memristor_toml
from neuristor.kernel import adaptive
from neuristor.studies import plan_of, read_study

SPREAD = '[[random]]\nname = "c_mem"\nsigma = "5 %"\n'
PULSES = """
[study]
samples = 3
[subject]
neuron = "lif"
[experiment]
stimulus = STIMULUS
"""


def far_plan(folder, text):
    """The plan as another machine has it, without the files of this one."""
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    document = json.loads(json.dumps(read_study(path).document()))
    for file in folder.iterdir():
        file.unlink()
    return plan_of(document)


def column(plan, name, runs):
    return plan.table(0, runs)[name].to_numpy()


def test_a_library_of_transistors_travels_with_the_study(tmp_path):
    cards = [
        f".model {kind} {kind} " + " ".join(f"{k}={v}" for k, v in model.items())
        for kind, model in CARDS["n88y_ekv"].models.items()
    ]
    (tmp_path / "inner.lib").write_text("\n".join(["* models", *cards, ""]))
    (tmp_path / "mine.lib").write_text("* what it includes\n.include inner.lib\n")
    text = (
        '[study]\nsamples = 2\n[subject]\nneuron = "cmos_lif"\nset = { card = "CARD" }\n[experiment]\nstop = "2 ms"\n'
        + SPREAD
    )
    mine = far_plan(tmp_path, text.replace("CARD", "mine.lib"))
    named = far_plan(tmp_path, text.replace("CARD", "n88y_ekv"))
    other = far_plan(tmp_path, text.replace("CARD", "n88y"))
    assert column(mine, "rate", 2) == pytest.approx(column(named, "rate", 2), rel=1e-9)
    assert column(mine, "rate", 2) != pytest.approx(column(other, "rate", 2), rel=1e-3)
    assert mine.study.digest != named.study.digest


def test_a_fitted_memristor_travels_with_the_study(tmp_path):
    device = MMS.preset("sdc_agh").with_(tau="3 us")
    text = '[subject]\nneuron = "memristive_alif"\nset = { memristor = "fit.toml", r_on = "6 kOhm" }\n'
    (tmp_path / "fit.toml").write_text(memristor_toml(device, "fit", {}), encoding="utf-8")
    subject = far_plan(tmp_path, text).subject
    assert subject.tau == device.tau
    assert subject.r_off == device.r_off
    assert subject.r_on == 6e3
    (tmp_path / "fit.toml").write_text(memristor_toml(VTEAM(), "fit", {}), encoding="utf-8")
    with pytest.raises(nr.InputError, match="subject.set.memristor: fit.toml is a vteam device; memristive_alif needs mms"):
        far_plan(tmp_path, text)
    (tmp_path / "fit.toml").write_text("kind = 3\n")
    with pytest.raises(nr.InputError, match="subject.set.memristor: fit.toml: not a saved memristor"):
        far_plan(tmp_path, text)


def test_a_piecewise_linear_input_is_that_of_the_simulation(tmp_path):
    table = '{ kind = "pwl", times = [0, "10 ms", 0.03], values = ["0 A", "0.2 mA", "0.2 mA"] }'
    plan = far_plan(tmp_path, PULSES.replace("STIMULUS", table))
    trace = nr.simulate(nr.LIF(), nr.PWL([0, 0.01, 0.03], [0, 2e-4, 2e-4]))
    assert column(plan, "first_spike", 3) == pytest.approx(np.full(3, trace.spikes[0][0]), rel=1e-9)


def test_a_fluctuated_input_is_drawn_for_every_sample(tmp_path):
    table = (
        '{ kind = "fluctuated", waveform = { kind = "step", amplitude = "0.1 mA" }, duration = "30 ms", amplitude = "20 %" }'
    )
    plan = far_plan(tmp_path, PULSES.replace("STIMULUS", table))
    first = column(plan, "first_spike", 3)
    alone = nr.simulate(nr.LIF(), nr.Fluctuated(nr.Step("0.1 mA"), "20 %", duration="30 ms", lanes=3))
    assert first == pytest.approx([s[0] for s in alone.spikes], rel=1e-9)
    assert len(np.unique(first)) == 3


def test_a_table_of_points_may_begin_with_the_mark_of_spreadsheets(tmp_path):
    (tmp_path / "points.csv").write_bytes(b"\xef\xbb\xbfc_mem,r_mem\n1 uF,1 kOhm\n2 uF,2 kOhm\n")
    plan = far_plan(tmp_path, '[subject]\nneuron = "lif"\n[[axis]]\ncsv = "points.csv"\n')
    assert column(plan, "c_mem", 2).tolist() == [1e-6, 2e-6]


REFUSED = [
    ("lif", 'name = "area"', "experiment: lif is a set of equations: only a circuit has an area"),
    ("lif", 'name = "fluctuation"\nfault = "stuck"', "experiment.fault: fluctuation: unknown fault 'stuck'"),
    ("lif", 'name = "fluctuation"\namplitude = -0.1', "experiment.amplitude: fluctuation: amplitudes lie between 0 and 1"),
    ("lif", 'method = "eulr"', "experiment.method: unknown method 'eulr' (did you mean 'euler'?)"),
    ("lif", "rtol = -1", "experiment.rtol: rtol must lie between 1e-14 and 1e-2"),
    ("lif", 'method = "euler"\ndt = "1 s"\nstop = "1 ms"', "experiment.dt: dt = 1 s is larger than the duration"),
    ("lif", 'name = "metrics"\ncurrent = "1 nA"', "experiment: metrics: lif does not spike steadily"),
    (
        "lif",
        'stimulus = { kind = "pwl", times = [0, 1], values = [[1, 2], [2, 3]] }',
        "experiment.stimulus: one input for all",
    ),
    ("lif", 'stimulus = { kind = "pwl", times = [[0, 1], [1]], values = [1] }', "experiment.stimulus: expected a quantity"),
    ("lif", 'stimulus = { kind = "step", amplitude = [1, 2] }', "experiment.stimulus: one input for all runs is needed"),
    ("lif", 'stimulus = { kind = "fluctuated", waveform = "step" }', "experiment.stimulus.waveform: write a table"),
    ("lif", 'stimulus = { kind = "trianglee" }', "experiment.stimulus.kind: unknown stimulus 'trianglee' (did you mean"),
    ("cmos_lif", 'method = "euler"\ndt = "1 us"', "experiment.method: cmos_lif is a circuit"),
]


@pytest.mark.parametrize(("neuron", "experiment", "told"), REFUSED, ids=[told[:40] for _, _, told in REFUSED])
def test_what_no_run_can_do_is_told_before_a_folder_is_made(neuron, experiment, told, tmp_path, capsys):
    path = tmp_path / "study.toml"
    path.write_text(f'[study]\nsamples = 100\n[subject]\nneuron = "{neuron}"\n[experiment]\n{experiment}\n{SPREAD}')
    code, _, err = run(capsys, "run", path)
    assert code == 2
    assert err.startswith(f"neuristor: study.toml: {told}")
    assert err.count("\n") == 1
    assert not (tmp_path / "study.study").exists()


def test_runs_that_fail_each_for_itself_are_stored_with_their_reasons(tmp_path, capsys):
    """Every run has a negative capacitance of its own: a result, though a poor one, and not a wrong file."""
    path = tmp_path / "study.toml"
    draw = '[[random]]\nname = "c_mem"\nmean = "-50 uF"\nsigma = "5 uF"\n'
    path.write_text(f'[study]\nsamples = 5\n[subject]\nneuron = "lif"\n{draw}')
    code, out, _ = run(capsys, "run", path, "--json")
    told = json.loads(out)
    assert code == 1
    assert told["failed"] == 5
    assert len(told["reasons"]) == 5


def test_a_run_without_end_fails_and_leaves_the_others(tmp_path, monkeypatch):
    """At 1e6 V/s the neuron spikes three million times a second; the rheobase of this one is near 4 V/s."""
    monkeypatch.setattr(adaptive, "MOST", 20_000)
    monkeypatch.setattr(adaptive, "MOST_A_SCALE", 100)
    text = (
        '[study]\nsamples = 2\n[subject]\nneuron = "izhikevich:RS"\n[experiment]\nstop = "1 s"\n'
        '[[axis]]\nname = "current"\nvalues = [10, 1e6]\n'
    )
    table = far_plan(tmp_path, text).table(0, 4)
    reasons = table["reason"].to_pylist()
    assert reasons[0] == reasons[2] == ""
    assert "it moves too fast" in reasons[1]
    assert reasons[1] == reasons[3]
    assert table["spikes"][0].as_py() > 10
