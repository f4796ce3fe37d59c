"""Study files: the commented one that `neuristor new` writes, the schema for editors, the examples, networks as subjects."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from command import run

from neuristor import InputError
from neuristor.circuits.cells import CELLS
from neuristor.devices.memristor import MMS
from neuristor.neurons import NEURONS
from neuristor.studies import plan_of, read_study
from neuristor.studies.schema import json_schema
from neuristor.studies.spec import Document, study_of
from neuristor.studies.template import study_text

EXAMPLES = Path(__file__).parents[1] / "examples"
NETWORK = """
[study]
samples = 2
[subject]
network = "digits"
neuron = "lif"
set = {{ {set} }}
[experiment]
name = "network"
images = 40
[[axis]]
name = "{axis}"
values = {values}
"""


@pytest.mark.parametrize("word", [*NEURONS, *CELLS, "izhikevich:RS"])
def test_a_new_study_of_every_subject_can_be_read(word, tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(study_text(word, "new.toml", tmp_path), encoding="utf-8")
    plan = plan_of(read_study(path).document())
    assert plan.runs == 400
    assert plan.limits[0].name == "rate"


def test_a_new_study_runs_as_it_is(tmp_path):
    path = tmp_path / "new.toml"
    path.write_text(study_text("lif", "new.toml", tmp_path), encoding="utf-8")
    table = plan_of(read_study(path).document()).table(0, 400)
    assert set(table["reason"].to_pylist()) == {""}
    assert np.all(table["rate"].to_numpy()[1::2] > 0)


def test_a_new_study_of_a_circuit_file_tells_what_it_needs(tmp_path):
    (tmp_path / "neuron.cir").write_bytes((EXAMPLES / "neuron.cir").read_bytes())
    text = study_text("neuron.cir", "new.toml", tmp_path)
    assert '# spikes = "vspk@0.5"' in text
    (tmp_path / "new.toml").write_text(text, encoding="utf-8")
    assert read_study(tmp_path / "new.toml").samples == 200


def test_new_writes_a_study_and_replaces_nothing(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert run(capsys, "new", path, "--subject", "cmos_lif")[0] == 0
    text = path.read_text(encoding="utf-8")
    assert 'neuron = "cmos_lif"' in text
    code, _, err = run(capsys, "new", path)
    assert code == 2
    assert "exists already" in err
    assert path.read_text(encoding="utf-8") == text
    for words in (("new", tmp_path / "other.toml", "--subject", "lift"), ("new", tmp_path / "study.txt")):
        code, _, err = run(capsys, *words)
        assert code == 2
        assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_wrong_study_ends_with_one_sentence_and_exit_code_2(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text('[subject]\nneuron = "lif"\n[[axis]]\nname = "c_mem"\nfrom = 1e-6\nto = "5 V"\npoints = 2\n')
    code, out, err = run(capsys, "run", path)
    assert (code, out) == (2, "")
    assert err == 'neuristor: mine.toml: axis[0].to: "5 V" is not a capacitance (F)\n'


def test_schema_is_printed_as_json(capsys):
    code, out, _ = run(capsys, "schema")
    assert code == 0
    assert json.loads(out) == json_schema()


def test_the_schema_explains_every_key():
    schema = json_schema()
    assert set(schema["properties"]) == set(Document.model_fields)
    for table in schema["$defs"].values():
        assert table.get("additionalProperties") is (table["title"] == "ExperimentTable")
        assert all("description" in key for key in table["properties"].values())


@pytest.mark.parametrize("name", ["lif_spread", "cmos_yield", "digits_chips"])
def test_examples_are_studies(name):
    study = read_study(EXAMPLES / f"{name}.toml")
    plan = plan_of(study.document())
    assert plan.runs == study.samples * plan.points
    assert plan.limits


def chips(**words):
    text = NETWORK.format(**({"set": "", "axis": "faults.stuck_lrs", "values": '[0, "20 %"]'} | words))
    return plan_of(study_of(tomllib.loads(text), "study.toml").document())


def test_a_chip_a_run_from_stuck_cells_to_accuracy():
    plan = chips(set='"adc.bits" = 6')
    table = plan.table(0, 4)
    assert set(table["reason"].to_pylist()) == {""}
    accuracy = table["accuracy"].to_numpy()
    assert accuracy[0] > accuracy[1] + 0.1  # a fifth of all cells stuck
    assert np.array_equal(plan.table(3, 4)["accuracy"].to_numpy(), accuracy[3:])


def test_a_memristor_is_set_by_its_name(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('[subject]\nneuron = "memristive_alif"\nset = { memristor = "mms:sdc_agh", tau = 1e-3 }\n')
    subject = plan_of(read_study(path).document()).subject
    assert subject.r_on == MMS.preset("sdc_agh").r_on
    assert subject.tau == 1e-3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"set": '"wires.r_wurd" = 1'}, "subject.set.wires.r_wurd: arrays have no option 'wires.r_wurd' that is a number"),
        ({"set": '"adc.bits" = "2 V"'}, "subject.set.adc.bits: "),
        ({"axis": "wires.r_wrd"}, "axis[0].name: arrays have no option 'wires.r_wrd'"),
        ({"axis": "wires.r_word", "values": '["1 V"]'}, 'axis[0].values[0]: "1 V" is not a resistance (Ohm)'),
        ({"values": "[2]"}, "axis[0]: "),
    ],
)
def test_a_wrong_option_of_the_arrays(words, told):
    with pytest.raises(InputError) as error:
        chips(**words)
    assert str(error.value).startswith(f"study.toml: {told}")


@pytest.mark.parametrize(
    ("subject", "experiment", "told"),
    [
        ('network = "digits"', "simulate", "experiment.name: simulate: a network takes the experiment network"),
        ('neuron = "lif"', "network", "experiment.name: network: is for subject.network"),
        ('network = "digit"', "network", "subject.network: there is no reference network 'digit' (did you mean 'digits'?)"),
        ('network = "digits"\nneuron = "lift"', "network", "subject.neuron: unknown neuron 'lift' (did you mean 'lif'?)"),
        ('network = "digits"\nspikes = "a@1"', "network", "subject.spikes: is for circuits"),
        (
            'neuron = "linear_leak_fixed"\n[[axis]]\nname = "t_clock"\nvalues = [1e-4]',
            "simulate",
            "axis[0].name: t_clock is one",
        ),
        (
            'neuron = "cmos_lif"\nset = { card = "my.lib" }',
            "simulate",
            "subject.set.card: card 'my.lib': there is neither such a card",
        ),
    ],
)
def test_subjects_that_do_not_fit(subject, experiment, told, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(f'[subject]\n{subject}\n[experiment]\nname = "{experiment}"\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_study(path)
    assert str(error.value).startswith(f"study.toml: {told}")
