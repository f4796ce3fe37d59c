"""The reproduction of Shah et al. 2023: verdicts that follow from the runs, and the spot checks behind them."""

import json

import numpy as np
import pytest
from circuits_tools import NGSPICE
from command import run

from neuristor import Step, rheobase
from neuristor.circuits import tran
from neuristor.circuits.cells import CmosLIF
from neuristor.circuits.netlist import Tran
from neuristor.experiments import capacitance_sweep, fi_curve
from neuristor.papers.shah2023 import PAPER
from neuristor.papers.shah2023.runs import FAULTS, SAMPLES, published_condition, supply_limit

SPOTS = [
    ("1 pA", "10 fF", 1.0), ("2 pA", "10 fF", 1.0), ("5 pA", "10 fF", 1.0), ("10 pA", "10 fF", 1.0), ("20 pA", "10 fF", 1.0),
    ("50 pA", "10 fF", 1.0), ("100 pA", "10 fF", 1.0), ("10 pA", "1 fF", 1.0), ("10 pA", "5 fF", 1.0),
    ("10 pA", "20 fF", 1.0), ("10 pA", "50 fF", 1.0), ("10 pA", "10 fF", 1.2),
]  # fmt: skip


@NGSPICE
@pytest.mark.parametrize(("current", "c_mem", "vdd"), SPOTS)
def test_points_of_the_curves_agree_with_ngspice(current, c_mem, vdd):
    cell, stimulus = CmosLIF(c_mem=c_mem, vdd=vdd), Step(current)
    guess = float(cell.c_mem + 2.5e-15) * vdd / float(stimulus.level)
    length = 1.02 * cell.simulate(stimulus, 6 * guess, record=()).spikes[0][2]
    ours = cell.simulate(stimulus, length, record=())
    plan = Tran(1e-6, length, max_step=length / 20_000, uic=True)
    theirs = tran(
        cell.netlist.with_(analyses=(plan,)), length, spikes=[cell.watch], record=(), engine="ngspice", rtol=1e-5,
        inputs={"iin": stimulus},
    )  # fmt: skip
    assert len(ours.spikes[0]) == len(theirs.spikes[0]) == 3
    assert np.diff(ours.spikes[0]) == pytest.approx(np.diff(theirs.spikes[0]), rel=1e-4)


def test_the_rate_is_affine_in_the_current_with_a_rheobase_below_one_picoampere():
    cell = CmosLIF()
    assert 0.5e-12 < rheobase(cell, duration=0.2, low=0.0, high=2e-12) < 1e-12
    curve = fi_curve(cell, np.array([5, 10, 30, 60, 100]) * 1e-12, duration=20e-3)
    slope, offset = np.polyfit(curve.currents, curve.rates, 1)
    assert curve.rates == pytest.approx(slope * curve.currents + offset, rel=5e-3)
    assert 0 < -offset / slope < 1e-12


def test_the_rate_falls_as_one_over_the_capacitance_and_the_transistors_own():
    sweep = capacitance_sweep(CmosLIF(), np.array([1, 2, 5, 10, 20, 40]) * 1e-15, current="10 pA")
    assert 2e-15 < sweep.c_par < 3e-15
    assert sweep.largest < 0.02


def test_the_published_energy_and_power_meet_at_one_supply_and_current():
    found = published_condition(CmosLIF())
    assert found.power == pytest.approx(14.7e-6, rel=1e-3)
    assert found.energy == pytest.approx(2.2e-9, rel=1e-3)
    assert 1.7 < found.vdd < 1.9
    assert supply_limit(CmosLIF()) < 14.7e-6


@pytest.fixture(scope="module")
def reproduction():
    return PAPER.reproduce(None)


@pytest.mark.slow
def test_every_figure_and_claim_is_there(reproduction):
    from neuristor.report.paper import paper_page

    page = paper_page(reproduction)
    names = {f.id for f in page.figures}
    assert {f"fig3{k}" for k in "abc"} | {f"fig4{k}" for k in "abcdef"} | {f"fig5{k}" for k in "abc"} <= names
    assert {"table1", "area", "energy"} <= names
    assert all(f.caption.rstrip().endswith(".") for f in page.figures)
    ids = [c.id for c in reproduction.claims]
    assert len(ids) == len(set(ids)) >= 20
    assert all(found.samples >= SAMPLES >= 1000 for found in reproduction.results["ripple"].values())


@pytest.mark.slow
def test_verdicts_follow_from_what_was_measured(reproduction):
    verdict = {c.id: c.verdict for c in reproduction.claims}
    assert verdict["capacitor-area"] == "reproduced"
    assert verdict["rate"] == verdict["energy"] == verdict["power"] == "not reproducible"
    assert [verdict[f"direction-{f}"] for f in FAULTS] == ["reproduced"] * 3
    spread = next(c for c in reproduction.claims if c.id == "enhanced-robustness")
    assert np.all(np.array(spread.measured) > 1)  # no better than an integrator without a leak


@pytest.mark.slow
def test_the_command_gives_every_claim_as_json(capsys, tmp_path, reproduction):
    code, out, _ = run(capsys, "reproduce", "shah2023", "--output", str(tmp_path), "--json")
    told = json.loads(out)
    assert code == 0
    assert [c["id"] for c in told["claims"]] == [c.id for c in reproduction.claims]
    assert (tmp_path / "shah2023.html").exists()
    again = {c["id"]: c["measured"] for c in told["claims"]}
    first = {c.id: c.to_json_dict()["measured"] for c in reproduction.claims}
    assert again == json.loads(json.dumps(first))
