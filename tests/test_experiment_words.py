"""Values at the border of the experiments, and what their tables say in words."""

from dataclasses import replace

import numpy as np
import pytest

from neuristor import InputError
from neuristor.circuits.cells import CmosLIF
from neuristor.experiments import SpikeShape, extract, fluctuation, mismatch, spike_shape
from neuristor.experiments.extraction_check import Check
from neuristor.experiments.faults import DIRECTIONS, SIGNS
from neuristor.quantities import named_values, number_list, one_number, parse, whole_number
from neuristor.report.circuit_neuron_figures import spike_shape_table
from neuristor.report.experiment_page import experiment_figures, experiment_tables
from neuristor.report.extraction_figures import extraction_tables
from neuristor.report.mismatch_figures import mismatch_tables
from neuristor.stimulus import Fluctuated, Step


@pytest.mark.parametrize("value", ["10 pA", 10e-12, np.float64(10e-12), "10p"])
def test_one_number(value):
    assert one_number(value, "A", "here") == parse(value, "A")
    assert number_list(value, "A", "here").tolist() == [parse(value, "A")]


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: one_number(["1 pA", "2 pA"], "A", "area: x"), "area: x must be one number, not 2"),
        (lambda: one_number("1 V", "A", "area: x"), "area: x: '1 V' is in V"),
        (lambda: one_number(None, "A", "area: x"), "area: x: expected a quantity in A, got None"),
        (lambda: number_list([], "A", "x"), "x: give one number or a list"),
        (lambda: number_list([[1.0]], "A", "x"), "x: give one number or a list"),
        (lambda: whole_number(2.0, "x"), "x = 2.0: a whole number, one or more, is needed"),
        (lambda: whole_number(True, "x"), "x = True: a whole number"),
        (lambda: whole_number(2, "x", least=3), "x = 2: a whole number, at least 3, is needed"),
        (lambda: named_values("a=1,b", "x"), "x: 'b' in 'a=1,b' is not of the form NAME=VALUE"),
        (lambda: named_values("a=1,a=2", "x"), "x: a is given twice"),
        (lambda: parse("1 TV^99", "V"), "unknown unit"),
        (lambda: parse("ten", "1"), "'ten' is not a quantity; write a number such as '0.1' or '10 %'"),
    ],
)
def test_a_value_that_does_not_belong_is_one_sentence(read, sentence):
    with pytest.raises(InputError) as told:
        read()
    assert sentence in str(told.value)


def test_named_values():
    assert named_values(" vth = 20 mV ,beta=3 %", "x") == {"vth": "20 mV", "beta": "3 %"}


@pytest.mark.parametrize("fault", SIGNS)
def test_the_directions_of_a_fault_are_those_of_its_ripple(fault):
    ripple = Fluctuated(Step(1.0), 0.1, 1e-3, SIGNS[fault], duration=1.0).nodes(0)[1]
    assert {np.sign(x) for x in ripple} == set(DIRECTIONS[fault])


def test_a_table_says_where_nothing_was_compared_and_what_was_dropped():
    found = extract(CmosLIF(), ("5 pA", "50 pA"), points=4, check=False)
    good = Check("constant 10 pA", "constant", 1e-11, 5, 0.001, 0.001, 0.002, 0.003)
    silent = replace(good, name="constant 1 pA", interval=np.nan, rms=np.nan, time=np.nan)
    lost = replace(good, name="ramp", interval=np.inf, rms=np.inf, time=np.inf)
    (table,) = extraction_tables(replace(found, checks=[good, silent]))
    assert [row[2:] for row in table.rows] == [["0.1 %", "0.1 %", "0.2 %", "0.3 %"], [*["nothing compared"] * 3, "0.3 %"]]
    _, dropped = extraction_tables(replace(found, checks=[good], dropped=[lost]))
    assert dropped.rows == [["ramp", "5", *["spikes differ"] * 3, "0.3 %"]]


def test_the_page_of_a_constant_change_has_no_histogram():
    constant = fluctuation(CmosLIF(), amplitude=[0.0, 0.1], shape="constant")
    assert [f.id for f in experiment_figures(constant)] == ["shift-combined"]


def test_what_a_spike_leaves_is_in_its_table():
    shape = spike_shape(CmosLIF())
    assert isinstance(shape, SpikeShape)
    cells = dict(experiment_tables(shape)[0].rows)
    assert cells == dict(spike_shape_table([shape]).rows)
    assert cells["membrane at the end of the spike"] != cells["lowest membrane after the spike"]
    assert parse(cells["membrane at the end of the spike"], "V") == pytest.approx(shape.left, rel=1e-3)


def test_the_note_of_the_yield_says_what_became_of_the_samples():
    found = mismatch(CmosLIF(), samples=4)
    assert mismatch_tables(found)[1].note == "4 samples. All of them spike."
    silent = replace(found, values={k: np.where([0, 1, 0, 1], np.nan, v) for k, v in found.values.items()})
    assert mismatch_tables(silent)[1].note == "4 samples. 2 fell silent; these meet no limit."
    failed = replace(silent, failures=["lane 1 stopped at 1 ms: ..."])
    assert mismatch_tables(failed)[1].note == "4 samples. 1 fell silent and 1 could not be simulated; these meet no limit."
