"""What every cell is: parameters that reach the netlist, lanes, cards, devices left out."""

import os
from pathlib import Path

import numpy as np
import pytest
from circuits_tools import CARDS

from neuristor import InputError, Step
from neuristor.circuits.cells import CELLS, CmosLIF
from neuristor.circuits.netlist import lanes_of

CMOS = ("cmos_lif", "two_capacitor_lif", "axon_hillock")


@pytest.mark.parametrize("name", CMOS)
def test_sizes_reach_the_netlist_and_junctions_follow_the_width(name):
    cell = CELLS[name](w="1 um", diffusion="0.5 um", **{"m1.w": "2 um", "m1.l": "0.6 um", "m1.delvto": "10 mV"})
    first, other = (cell.netlist.elements[k].params for k in ("m1", "m6" if name == "cmos_lif" else "xinv1.mn"))
    assert first["w"] == 2e-6
    assert first["l"] == 0.6e-6
    assert first["ad"] == first["as"] == pytest.approx(2e-6 * 0.5e-6)
    assert first["pd"] == pytest.approx(2 * 2.5e-6)
    assert first["delvto"] == 0.01
    assert other["w"] == 1e-6
    assert other["ad"] == pytest.approx(0.5e-12)


def test_a_copy_keeps_all_that_is_not_changed():
    cell = CmosLIF(topology="self_timed", card="n88y_ekv", without=("m5",), c_mem="20 fF", **{"m4.l": "1 um"})
    copy = cell.with_(vdd="1.1 V")
    assert copy.topology.name == "self_timed"
    assert copy.card.name == "n88y_ekv"
    assert copy.without == ("m5",)
    assert copy.c_mem == cell.c_mem == pytest.approx(20e-15)
    assert copy.netlist.elements["m4"].params["l"] == 1e-6
    assert copy.netlist.elements["vdd"].params["dc"] == 1.1
    assert "m5" not in copy.netlist.elements
    assert "self_timed" in repr(copy)


def test_arrays_are_one_value_a_lane_and_equal_single_runs():
    supplies, widths = np.array([0.9, 1.0, 1.1]), np.array([0.7e-6, 0.8e-6, 0.9e-6])
    many = CmosLIF(vdd=supplies, **{"m5.w": widths})
    assert lanes_of(many.netlist) == many.lanes == 3
    trace = many.simulate(Step("10 pA"), "2 ms", record=())
    for k in range(3):
        one = CmosLIF(vdd=supplies[k], **{"m5.w": widths[k]}).simulate(Step("10 pA"), "2 ms", record=())
        assert trace.spikes[k] == pytest.approx(one.spikes[0], rel=2e-5)


@CARDS
def test_a_library_file_is_a_card_like_the_preset():
    path = Path(os.environ["NEURISTOR_DATA"]) / "models" / "tsmc035_n88y_v33.lib"
    own, preset = (CmosLIF(card=card).simulate(Step("10 pA"), "2 ms", record=()) for card in (str(path), "n88y"))
    assert np.array_equal(own.spikes[0], preset.spikes[0])


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"vdd": 0}, "vdd = 0 V is not positive"),
        ({"m1.w": "-1 um"}, "must be more than zero|not positive"),
        ({"m1.x": 1}, "has no parameter 'x'"),
        ({"cmem.c": "1 fF"}, "delvto and mulu0 of transistors can be set"),
        ({"c_men": 1e-15}, "did you mean 'c_mem'"),
        ({"topology": "t3"}, "has no topology 't3'"),
        ({"temperature": -300}, "temperature"),
    ],
)
def test_what_cannot_be_is_said(values, sentence):
    with pytest.raises(InputError, match=sentence):
        CmosLIF(**values)
