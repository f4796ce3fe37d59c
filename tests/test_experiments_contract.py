"""Every experiment on every neuron: a result that JSON can hold and a page can draw, or one sentence that says why not."""

import json

import numpy as np
import pytest

from neuristor import NEURONS, InputError, parse_spice
from neuristor.circuits import CircuitNeuron
from neuristor.circuits.cells import CELLS
from neuristor.cli.screen import no_nan
from neuristor.experiments import EXPERIMENTS
from neuristor.report.experiment_page import experiment_page
from neuristor.report.page import render

SMALL = {
    "fluctuation": {"samples": 4, "spikes": 2},
    "mismatch": {"samples": 12, "spikes": 3},
    "ranking": {"spikes": 3},
    "supply_sweep": {"supplies": [0.9, 1.0]},
    "temperature_sweep": {"temperatures": [20, 27]},
    "device_spread": {"devices": 8},
    "feasibility": {"points": 3},
}
# What makes no sense for an equation neuron, and says so.
CIRCUITS_ONLY = {"area", "corners", "supply_sweep", "temperature_sweep"}
MEMRISTIVE_ONLY = {"feasibility", "device_spread"}
# Of an equation neuron there is no waveform and no device to draw.
TABLES_ONLY = {"energy", "spike_shape"}
FAST = ("lif", "perfect_integrator")


def circuit():
    """A user's circuit: two inverters of EKV transistors behind a membrane that a third transistor empties."""
    return CircuitNeuron(
        parse_spice(
            "user\nvdd vdd 0 1\niin 0 vmem 20p\ncmem vmem 0 10f\ncf vmem vspk 4f\n"
            "m1 n1 vmem 0 0 nch w=1u l=1u\nm2 n1 vmem vdd vdd pch w=2u l=1u\n"
            "m3 vspk n1 0 0 nch w=1u l=1u\nm4 vspk n1 vdd vdd pch w=2u l=1u\n"
            "m5 vmem vspk x 0 nch w=1u l=1u\nm6 x vb 0 0 nch w=1u l=1u\nvb vb 0 0.35\n"
            ".model nch nmos level=44\n.model pch pmos level=44\n"
            ".ic v(vmem)=0 v(n1)=1 v(vspk)=0\n.tran 1u 2m uic\n"
        )
    )


def subject_of(name):
    return circuit() if name == "circuit" else CELLS[name]() if name in CELLS else NEURONS[name]()


def names():
    for name in [*NEURONS, *CELLS, "circuit"]:
        for experiment in EXPERIMENTS:
            marks = [] if name in FAST or (name == "circuit" and experiment != "ranking") else [pytest.mark.slow]
            if experiment != "compare":
                yield pytest.param(name, experiment, marks=marks)


def tried(subject, experiment):
    """The result, or the sentence that says why there is none."""
    options = dict(SMALL.get(experiment, {}))
    if experiment in ("mismatch", "ranking") and subject.name in NEURONS:
        first = next(iter(subject.params))
        options["spread"] = {first: "1 %"}
    try:
        return EXPERIMENTS[experiment](subject, **options), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize(("name", "experiment"), list(names()))
def test_it_gives_a_result_or_a_sentence(name, experiment):
    subject = subject_of(name)
    result, sentence = tried(subject, experiment)
    if result is None:
        assert "\n" not in sentence
        assert len(sentence) > 20
        assert name not in ("lif", "perfect_integrator") or experiment in {
            *CIRCUITS_ONLY,
            *MEMRISTIVE_ONLY,
            "phase_plane",
        }, sentence
        return
    assert name not in NEURONS or experiment not in CIRCUITS_ONLY
    if experiment == "rheobase":
        assert np.isfinite(result)
        return
    assert result.subject == subject.name
    text = json.dumps(no_nan(result.to_json_dict()))
    assert len(text) < (4e6 if experiment == "phase_plane" else 4e5)
    page = render(experiment_page(experiment, subject, result))
    assert "<figure" in page or (name in NEURONS and experiment in TABLES_ONLY)
    assert "<td" in page
