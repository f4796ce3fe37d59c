"""Corners: which way is faster, for every card; lanes against single runs; sweeps of supply and temperature."""

from dataclasses import replace

import numpy as np
import pytest
from circuits_tools import NGSPICE, tight_ngspice

from neuristor.circuits import analyses
from neuristor.circuits.cells import CARDS, CmosLIF
from neuristor.circuits.engines.spikes import crossings
from neuristor.circuits.netlist import Element, Model, Netlist, Tran
from neuristor.circuits.neuron import CircuitNeuron
from neuristor.errors import InputError
from neuristor.experiments.conditions import ConditionSweep, heated, supplied, supply_sweep, temperature_sweep
from neuristor.experiments.corners import CORNERS, cornered, corners
from neuristor.experiments.observation import nominal, run_lanes
from neuristor.neurons import LIF
from neuristor.report.mismatch_figures import corner_figures, corner_tables, sweep_figures
from neuristor.stimulus import Step

CURRENT = 10e-12


def pair(card):
    """One NMOS and one PMOS that conduct, each with its own source; the input current is beside them."""
    size = {"w": 0.7e-6, "l": 0.35e-6}
    return CircuitNeuron(
        Netlist(models={k: Model(k, k, card.models[k]) for k in ("nmos", "pmos")}).add(
            Element("vn", "v", ("n", "0"), {"dc": 1.0}),
            Element("vp", "v", ("p", "0"), {"dc": 1.0}),
            Element("mn", "m", ("n", "n", "0", "0"), size, model="nmos"),
            Element("mp", "m", ("0", "0", "p", "p"), size, model="pmos"),
            Element("iin", "i", ("0", "a"), {"dc": 1e-12}),
            Element("ra", "r", ("a", "0"), {"r": 1e6}),
        ),
        spikes="a@0.5",
    )


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("shift", [{"vth": 0.03, "beta": 0.0}, {"vth": 0.0, "beta": 0.05}])
def test_fast_transistors_conduct_more(card, shift):
    """The first letter is the NMOS: every F carries more current than T, every S less."""
    varied = cornered(pair(CARDS[card]), list(CORNERS), shift, np.array([27.0]))
    point = analyses.op(varied.netlist)
    for k, source in enumerate(("vn", "vp")):
        current = -point.signals[f"i({source})"]
        for lane, name in enumerate(CORNERS):
            assert np.sign(current[lane] / current[0] - 1) == {"T": 0, "F": 1, "S": -1}[name[k]] or name == "TT"
            if name[k] != "T":
                assert abs(current[lane] / current[0] - 1) > 0.02


def test_corners_are_single_runs_with_shifted_transistors():
    cell, steps = CmosLIF(), {"vth": "20 mV", "beta": "3 %"}
    found = corners(cell, steps, names=["FS", "ss"], temperatures=[10, 40], spikes=3, limits=["rate>1.2 kHz"])
    assert found.corner == ["FS", "SS", "FS", "SS"]
    assert found.temperature.tolist() == [10, 10, 40, 40]
    for k in (0, 3):
        n, p = (1, -1) if found.corner[k] == "FS" else (-1, -1)
        moves = {}
        for name in cell.transistors:
            nmos = cell.netlist.elements[name].model == "nmos"
            moves[f"{name}.delvto"] = -0.02 * n if nmos else 0.02 * p
            moves[f"{name}.mulu0"] = 1 + 0.03 * (n if nmos else p)
        alone = run_lanes(cell.with_(temperature=float(found.temperature[k]), **moves), CURRENT, found.duration).values
        for metric in ("rate", "width", "energy"):
            assert found.values[metric][k] == pytest.approx(alone[metric][0], rel=1e-6)
    assert found.passed.tolist() == (found.values["rate"] > 1.2e3).tolist()
    assert found.worst("rate") == (int(np.argmin(found.values["rate"])), int(np.argmax(found.values["rate"])))


def test_silent_corners_are_marked_with_the_reason():
    """At 110 C the reset transistor leaks more than the input brings."""
    found = corners(CmosLIF(), names=["TT"], temperatures=[27, 110], spikes=3)
    assert found.spiking.tolist() == [True, False]
    assert found.passed.tolist() == [True, False]
    assert found.reasons[0] == ""
    assert "m6" in found.reasons[1]
    table = corner_tables(found)[0]
    assert [row[3] for row in table.rows][1] == "silent"
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert [part["x"] for part in corner_figures(found)[0].data] == [["TT"], []]


def test_supplies_are_solved_as_precisely_as_alone():
    """Against tight runs: with 1.0 V and 1.5 V as lanes of one run the lower one would lose digits."""
    found = supply_sweep(CmosLIF(), ["1.5 V", 1.0, 0.8], spikes=3)
    assert found.points.tolist() == [0.8, 1.0, 1.5]
    assert found.ranges == [(0.8, 1.5)]
    for k, volts in enumerate(found.points):
        own = CmosLIF(vdd=volts)
        spikes = own.simulate(Step(CURRENT), found.duration, record=(), rtol=1e-7).spikes[0]
        assert found.values["interval"][k] == pytest.approx(np.diff(spikes)[-1], rel=1e-4)
    assert np.all(np.diff(found.values["energy"]) > 0)


def test_a_netlist_follows_its_supply_as_a_cell_does():
    cell = CmosLIF()
    bare = CircuitNeuron(cell.netlist, input=cell.input, spikes=cell.watch, membrane=cell.membrane)
    ours, theirs = (run_lanes(supplied(s, 1.2), CURRENT, 3e-3).values for s in (bare, cell))
    for metric in ("rate", "width", "energy"):
        assert ours[metric][0] == pytest.approx(theirs[metric][0], rel=1e-9)


@NGSPICE
def test_a_hot_neuron_as_in_ngspice():
    hot = CmosLIF(temperature=60.0)
    stop = 2.2 * nominal(hot, CURRENT, 3).values["interval"]
    netlist = hot.netlist.with_(analyses=(Tran(stop / 100, stop, uic=True),))
    got = tight_ngspice(netlist.set("iin", dc=CURRENT), 2e-5 * stop, reltol=1e-6)
    expected = np.diff(crossings(got.time, got["vspk"], 0.5))[0]
    found = temperature_sweep(CmosLIF(), [27, 60], spikes=3)
    assert found.values["interval"][1] == pytest.approx(expected, rel=2e-4)


def test_where_it_spikes():
    sweep = ConditionSweep(
        "x", "supply", "V", np.arange(6.0), {}, np.array([True, False, False, True, True, True]), [""] * 6, 1e-12, 1.0
    )
    assert sweep.ranges == [(0.0, 0.0), (3.0, 5.0)]
    assert replace(sweep, spiking=np.zeros(6, dtype=bool)).ranges == []


def test_temperatures_are_lanes_and_each_is_itself():
    cell = CmosLIF()
    found = temperature_sweep(cell, [0, 50], spikes=3)
    assert [part["x"].tolist() for part in sweep_figures(found)[0].data] == [[0, 50]]
    for k, degrees in enumerate((0.0, 50.0)):
        alone = run_lanes(heated(cell, degrees), CURRENT, found.duration).values
        assert found.values["rate"][k] == pytest.approx(alone["rate"][0], rel=1e-9)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: corners(LIF()), "is an equation neuron"),
        (lambda: supply_sweep(LIF(), [1.0]), "is an equation neuron"),
        (lambda: temperature_sweep(LIF(), [27]), "is an equation neuron"),
        (lambda: corners(CmosLIF(), {"vt": "30 mV"}), "did you mean 'vth'"),
        (lambda: corners(CmosLIF(), {"vth": "3 pA"}), "is in pA"),
        (lambda: corners(CmosLIF(), {"vth": -0.03}), "is negative"),
        (lambda: corners(CmosLIF(), {"beta": 5}), "no current"),
        (lambda: corners(CmosLIF(), names=["FT"]), "there is no corner 'FT'"),
        (lambda: corners(CmosLIF(), names=[]), "no corner is named"),
        (lambda: supply_sweep(CmosLIF(), [0.0, 1.0]), "is not positive"),
        (lambda: supply_sweep(CmosLIF(), []), "no points"),
        (lambda: temperature_sweep(CmosLIF(), [-300]), "below absolute zero"),
        (lambda: temperature_sweep(CmosLIF(temperature=[0.0, 20.0]), [27]), "starts from one neuron"),
    ],
)
def test_what_cannot_be_asked(call, told):
    with pytest.raises(InputError, match=told):
        call()
