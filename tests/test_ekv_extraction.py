"""EKV fitted to other cards: known cards come back, stated errors hold, the preset is what the fit gives."""

from dataclasses import replace

import numpy as np
import pytest
from circuits_t2 import t2_netlist

from neuristor.circuits import analyses
from neuristor.circuits.netlist import Model
from neuristor.devices import model_of
from neuristor.devices.base import graph_of
from neuristor.devices.mosfet.ekv_card import CARD
from neuristor.devices.mosfet.extraction import (
    FREE,
    WARM,
    Channel,
    Grid,
    current_errors,
    extract_ekv,
    gate_charge_error,
)
from neuristor.errors import InputError
from neuristor.kernel.split import Split
from neuristor.presets import mosis_n88y, n88y_ekv

KINDS = ("nmos", "pmos")
SIGN = {"nmos": 1.0, "pmos": -1.0}
BSIM3 = {"nmos": mosis_n88y.NMOS, "pmos": mosis_n88y.PMOS}
EKV = {"nmos": n88y_ekv.NMOS, "pmos": n88y_ekv.PMOS}
MICRO = 1e-6
SIZE = {"w": 0.7e-6, "l": 0.35e-6, "ad": 0.595e-12, "as": 0.595e-12, "pd": 3.1e-6, "ps": 3.1e-6}
COARSE = Grid(v_gs=np.linspace(-0.1, 1.6, 18), v_ds=(0.05, 0.3, 1.5))
CHOSEN = {
    "nmos": {"vto": 0.41, "gamma": 0.62, "kp": 1.7e-4, "theta": 0.13, "ucrit": 4e6, "lambda": 0.8},
    "pmos": {"vto": -0.55, "gamma": 0.41, "kp": 4e-5, "theta": 0.3, "ucrit": 9e6, "lambda": 0.3},
}


def told(errors):
    return {region: (e.rms, e.worst) for region, e in errors.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_of_ekv_comes_back(kind):
    """Every parameter, those of temperature too, starting from the defaults; the errors are then zero."""
    warm = {"tcv": SIGN[kind] * 6e-4, "bex": -1.2, "ucex": 0.5}
    target = {"level": 44, **CHOSEN[kind], **warm}
    found = extract_ekv(target, kind, COARSE)
    assert {k: found.card[k] for k in CHOSEN[kind] | warm} == pytest.approx(CHOSEN[kind] | warm, rel=1e-5)
    assert set(found.errors) == {"weak", "moderate", "strong"}
    assert max(e.worst for e in (*found.errors.values(), *found.warm.values())) < 1e-5


def test_size_corrections_can_be_fitted_over_several_sizes():
    target = {"level": 44, **CHOSEN["nmos"], "dl": -5e-8, "dw": -1e-7}
    sizes = [(w * MICRO, length * MICRO) for w in (0.5, 5.0) for length in (0.35, 1.0)]
    found = extract_ekv(target, "nmos", replace(COARSE, sizes=sizes), free=(*FREE, "dl", "dw"), warm=())
    assert {k: found.card[k] for k in ("dl", "dw", "vto")} == pytest.approx(
        {"dl": -5e-8, "dw": -1e-7, "vto": 0.41}, rel=1e-5
    )
    assert not found.warm


def test_errors_are_relative_errors_of_the_current():
    target = {"level": 44, **CHOSEN["nmos"]}
    grid = replace(COARSE, floor=1e-10)
    errors = current_errors(target | {"kp": 1.1 * target["kp"]}, target, "nmos", grid)
    for error in errors.values():
        assert error.rms == pytest.approx(0.1, rel=1e-9)
        assert error.worst == pytest.approx(0.1, rel=1e-9)
    above = Channel(target, "nmos", "card").current(grid.points()) > grid.floor
    assert sum(e.points for e in errors.values()) == np.count_nonzero(above) < len(above)


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_by_parameters_are_those_of_the_current(kind):
    channel, points, h = Channel(EKV[kind] | {"theta": 0.2}, kind, "card"), COARSE.points(), 1e-5
    for name in ("vto", "gamma", "kp", "theta", "ucrit", "lambda", "bex"):
        value = channel.device.values[name]
        step = h * (abs(value) or 1.0)
        up, down = (channel.at(("i_d",), points, **{name: value + s * step})[0] for s in (1, -1))
        (slope,) = channel.at((), points, (name,))
        np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-5, atol=1e-6 * np.abs(slope).max())


def drain_of(card, kind, v_d, v_g):
    """Current into the drain and its capacitance (all of d q_d / d v_d) with junctions, of an NMOS's sign."""
    device = model_of("m", kind, card, "card")
    graph = graph_of(device.variant)
    split = Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, [graph.currents[3], graph.c[0][0]])
    volts = SIGN[kind] * np.array([v_d, v_g, 0.0, 0.0])
    values = split.full({f"v{k}": volts[k : k + 1] for k in range(4)}, device.instance_values(SIZE, 27.0))
    bulk, capacitance = (float(np.ravel(v)[0]) for v in values)
    return SIGN[kind] * bulk, capacitance


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("v_d", [0.0, 0.5, 1.8])
def test_junctions_and_overlaps_are_taken_over(kind, v_d):
    """Off, the drain has nothing but its junction and its overlap; the bulk draws the junctions' leakage."""
    ours, theirs = drain_of(EKV[kind], kind, v_d, -0.6), drain_of(BSIM3[kind], kind, v_d, -0.6)
    assert ours[1] == pytest.approx(theirs[1], rel=2e-3)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_errors_that_the_preset_states(kind):
    for (v_sb, celsius), stated in n88y_ekv.ERRORS[kind].items():
        found = told(current_errors(EKV[kind], BSIM3[kind], kind, Grid(v_sb=(v_sb,), celsius=celsius)))
        for region, figures in stated.items():
            assert found[region] == pytest.approx(figures, abs=6e-4, rel=1e-3), (v_sb, celsius, region)


@pytest.mark.parametrize("kind", KINDS)
def test_the_errors_at_other_sizes_that_the_preset_states(kind):
    for (w, length), stated in n88y_ekv.SIZES[kind].items():
        grid = Grid(sizes=((w * MICRO, length * MICRO),))
        found = [e.rms for e in current_errors(EKV[kind], BSIM3[kind], kind, grid).values()]
        assert found == pytest.approx(stated, abs=6e-4, rel=4e-3), (w, length)
    supplies = (0.6, 1.0, 1.8)
    charge = [gate_charge_error(EKV[kind], BSIM3[kind], kind, (SIZE["w"], SIZE["l"]), v) for v in supplies]
    assert charge == pytest.approx(n88y_ekv.GATE_CHARGE[kind], abs=6e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_extraction_gives_the_preset(kind):
    """Every number as rounded: what was fitted within a fifth of its deviation, what was taken over to five digits."""
    found = extract_ekv(BSIM3[kind], kind, free=n88y_ekv.FREE[kind])
    assert set(found.card) == set(EKV[kind])
    for name, value in EKV[kind].items():
        margin = 0.2 * found.deviation.get(name, 0.0)
        assert found.card[name] == pytest.approx(value, rel=5e-5, abs=margin or None), name
    for name in set(found.deviation) - {k for k, v in found.deviation.items() if v == 0.0}:
        assert found.deviation[name] < 0.6 * abs(found.card[name]) or name in WARM, name


@pytest.mark.parametrize("kind", KINDS)
def test_no_single_change_of_a_parameter_improves_the_fit(kind):
    """The sum of squared logarithms at the preset is lowest in every direction by two standard deviations."""
    found, points = extract_ekv(BSIM3[kind], kind, free=n88y_ekv.FREE[kind]), Grid().points()
    target = Channel(BSIM3[kind], kind, "card").current(points)
    keep = target > Grid().floor

    def cost(card):
        return np.sum(np.log(Channel(card, kind, "card").current(points)[keep] / target[keep]) ** 2)

    for name in n88y_ekv.FREE[kind]:
        value, step = EKV[kind][name], 2.0 * found.deviation[name] or 0.1 * max(EKV[kind][name], 0.1 * CARD[name][3])
        for changed in (value - step, value + step):
            if CARD[name][2] <= changed <= CARD[name][3]:
                assert cost(EKV[kind] | {name: changed}) > cost(EKV[kind]), (name, changed)


def neuron(cards):
    """Rate (Hz), spike width (s), energy per spike (J) and highest membrane voltage (V) at 1 V, 10 fF, 10 pA."""
    models = {kind + "035": Model(kind + "035", kind, card) for kind, card in cards.items()}
    netlist = t2_netlist(stop=3.6e-3).with_(models=models)
    whole = analyses.tran(netlist, spikes=["vspk@0.5"])
    rises, widths = whole.crossings["vspk"][0], whole.widths["vspk"][0]
    assert len(rises) >= 4
    after = 5.0 * widths[0]
    joule = [analyses.tran(netlist, t + after, spikes=["vspk@0.5"]).energy["vdd"][0] for t in (rises[0], rises[-1])]
    interval = np.diff(rises).mean()
    return np.array([1.0 / interval, widths.mean(), (joule[1] - joule[0]) / (len(rises) - 1), whole["vmem"].max()])


def test_what_the_preset_costs_a_neuron(monkeypatch):
    """The errors that the preset states for ten transistors; BSIM3 itself stands beside ngspice elsewhere."""
    monkeypatch.setattr("circuits_t2.models", dict)
    theirs, ours = neuron(BSIM3), neuron(EKV)
    rate, width, energy, _ = ours / theirs - 1.0
    found = {"rate": rate, "width": width, "energy": energy, "threshold": ours[3] - theirs[3]}
    assert found == pytest.approx(n88y_ekv.NEURON, abs=1e-3)
    assert abs(found["threshold"]) < 0.03 * theirs[3]


def test_unknown_parameters_are_named():
    with pytest.raises(InputError, match=r"no parameter 'gama'.*gamma"):
        extract_ekv(BSIM3["nmos"], "nmos", free=("vto", "gama"))
    with pytest.raises(InputError, match="no parameter 'kpp'"):
        extract_ekv(BSIM3["nmos"], "nmos", fixed={"kpp": 1e-4})


def test_a_fit_needs_currents():
    off = Grid(v_gs=(-0.5, -0.4), v_ds=(0.1, 1.0))
    with pytest.raises(InputError, match="0 currents above 1e-13 A do not fix 6 parameters"):
        extract_ekv(BSIM3["nmos"], "nmos", off)
    with pytest.raises(InputError, match="take higher v_gs"):
        current_errors(EKV["nmos"], BSIM3["nmos"], "nmos", off)


def test_the_kind_and_the_level_are_checked():
    with pytest.raises(InputError, match="'nmos' or 'pmos'"):
        extract_ekv(BSIM3["nmos"], "npn")
    with pytest.raises(InputError, match="LEVEL 1 is not built in"):
        extract_ekv({"level": 1}, "nmos")
    with pytest.raises(InputError, match="level 49, not 44"):
        current_errors(BSIM3["nmos"], BSIM3["nmos"], "nmos")
