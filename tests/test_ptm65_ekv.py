"""The 65 nm sets of EKV: what the docstring states against the card itself in ngspice; fits to measured curves; ETA."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from circuits_tools import NGSPICE
from test_ekv import biases, ekv, evaluate, slopes_are_those_of_the_values

from neuristor.circuits.cards import CARDS, card_of
from neuristor.circuits.curves import capacitances, drain_current, flicker, oxide
from neuristor.devices.mosfet.extraction import (
    FREE,
    Channel,
    Grid,
    Measured,
    extract_measured,
    measured_errors,
)
from neuristor.errors import InputError
from neuristor.presets import ptm65_ekv

EACH = [(name, kind) for name in ptm65_ekv.SETS for kind in ("nmos", "pmos")]
SIGN = {"nmos": 1.0, "pmos": -1.0}
CARD_NAMES = {"analog": "ptm65_ekv", "logic": "ptm65_ekv_logic"}
START = {"vto": 0.4, "gamma": 0.9, "kp": 4e-4, "theta": 1.0, "ucrit": 8e6, "lambda": 1.0, "eta": 0.05}


def grid(name, kind, **changes):
    return replace(Grid((ptm65_ekv.SIZES[name][kind],), ptm65_ekv.V_GS, ptm65_ekv.V_DS, floor=ptm65_ekv.FLOOR), **changes)


def ptm65():
    return card_of(str(Path(os.environ["NEURISTOR_DATA"]) / "models" / "ptm65.lib"))


@pytest.mark.parametrize(("name", "kind"), EACH)
def test_the_cards_are_the_sets(name, kind):
    assert CARDS[CARD_NAMES[name]].models[kind] == ptm65_ekv.SETS[name][kind]
    off = Channel(ptm65_ekv.SETS[name][kind], kind, "set").current(grid(name, kind, v_gs=(0.0,), v_ds=(1.2,)).points())
    assert off[0] == pytest.approx(ptm65_ekv.OFF_CURRENT[name][kind][0], rel=5e-3)


@NGSPICE
@pytest.mark.parametrize(("name", "kind"), EACH)
def test_the_stated_errors_are_those_against_the_card(name, kind):
    """Currents of the BSIM4 card in ngspice; the off-current too."""
    chosen, card = ptm65_ekv.SETS[name][kind], ptm65()
    found = measured_errors(chosen, drain_current(card, kind, grid(name, kind)), kind, ptm65_ekv.FLOOR)
    stated = ptm65_ekv.ERRORS[name][kind]
    assert {r: e.rms for r, e in found.items()} == pytest.approx({r: e[0] for r, e in stated.items()}, rel=0.05)
    assert {r: e.worst for r, e in found.items()} == pytest.approx({r: e[1] for r, e in stated.items()}, rel=0.05)
    off = drain_current(card, kind, grid(name, kind, v_gs=(0.0, 0.1), v_ds=(1.2,))).current[0]
    assert off == pytest.approx(ptm65_ekv.OFF_CURRENT[name][kind][1], rel=5e-3)
    for celsius in (0.0, 85.0):
        warm = drain_current(card, kind, grid(name, kind, celsius=(celsius,)))
        assert all(e.worst < 0.26 for e in measured_errors(chosen, warm, kind, ptm65_ekv.FLOOR).values())


@NGSPICE
@pytest.mark.parametrize(("name", "kind"), EACH)
def test_the_sets_are_what_the_fit_gives(name, kind):
    chosen = ptm65_ekv.SETS[name][kind]
    fixed = {k: v for k, v in chosen.items() if k not in (*ptm65_ekv.FREE, "level", "tcv", "bex", "ucex")}
    start = START | {"vto": SIGN[kind] * 0.4, "kp": 4e-4 if kind == "nmos" else 8e-5}
    curves = drain_current(ptm65(), kind, grid(name, kind))
    found = extract_measured(curves, kind, fixed, free=ptm65_ekv.FREE, start=start, floor=ptm65_ekv.FLOOR)
    loose = {k: found.card[k] for k in ptm65_ekv.FREE if k not in ("ucrit", "lambda", "theta", "eta", "kp")}
    assert loose == pytest.approx({k: chosen[k] for k in loose}, rel=2e-3)
    distance = [abs(found.card[k] - chosen[k]) / max(found.deviation[k], 1e-3 * abs(chosen[k])) for k in ptm65_ekv.FREE]
    assert max(distance) < 1.0


@NGSPICE
@pytest.mark.parametrize(("name", "kind"), EACH)
def test_charge_and_flicker_noise_are_the_cards(name, kind):
    chosen, size, card = ptm65_ekv.SETS[name][kind], ptm65_ekv.SIZES[name][kind], ptm65()
    v_gs = np.linspace(0.0, 1.2, 13)
    c_gg, c_gd = capacitances(card, kind, size, v_gs)
    cox, worst = oxide(chosen, kind, size, v_gs, c_gg)
    assert cox == pytest.approx(chosen["cox"], rel=0.01)
    assert worst < {"analog": 0.034, "logic": 0.015}[name]
    width, length = size[0] + chosen["dw"], size[1] + chosen["dl"]
    assert c_gd[0] / width == pytest.approx(chosen["cgdo"], rel=0.01)
    assert flicker(card, kind, size, 1e-8) * width * length * chosen["cox"] == pytest.approx(chosen["kf"], rel=0.02)


@pytest.mark.parametrize("kind", ["nmos", "pmos"])
def test_measured_currents_of_a_known_card_give_it_back(kind):
    """ETA among them, and the temperature parameters of a second set of points."""
    truth = {"vto": SIGN[kind] * 0.35, "gamma": 0.8, "kp": 3e-4, "theta": 0.7, "ucrit": 6e6, "lambda": 0.4, "eta": 0.09}
    warm = {"tcv": SIGN[kind] * 6e-4, "bex": -1.2, "ucex": 0.5}
    fixed, some = {"cox": 0.02, "phi": 0.98, "xj": 2e-8}, Grid(((2e-7, 1e-7),), np.linspace(-0.1, 1.2, 14), (0.05, 0.3, 1.2))
    target = {"level": 44, **fixed, **truth, **warm}

    def measured(celsius):
        points = replace(some, celsius=celsius).points()
        return Measured(points, Channel(target, kind, "truth").current(points))

    start = {"kp": 1e-4, "vto": SIGN[kind] * 0.5, "eta": 0.01}
    found = extract_measured(
        measured((27.0,)), kind, fixed, free=(*FREE, "eta"), start=start, warm=measured((0.0, 85.0)), floor=1e-14
    )
    assert {k: found.card[k] for k in truth | warm} == pytest.approx(truth | warm, rel=1e-4)
    assert max(e.worst for e in (*found.errors.values(), *found.warm.values())) < 1e-4


def test_measured_currents_must_be_whole():
    points = {k: v[:3] for k, v in Grid().points().items()}
    with pytest.raises(InputError, match="there is no celsius"):
        Measured({k: v for k, v in points.items() if k != "celsius"}, np.ones(3))
    with pytest.raises(InputError, match="one length"):
        Measured(points, np.ones(4))
    with pytest.raises(InputError, match="do not fix 6 parameters"):
        extract_measured(Measured(points, np.ones(3)), "nmos", {})
    with pytest.raises(InputError, match="no parameter 'gama'"):
        extract_measured(Measured(points, np.ones(3)), "nmos", {}, start={"gama": 0.4})


@pytest.mark.parametrize("kind", ["nmos", "pmos"])
def test_eta_moves_the_threshold_by_drain_and_source_alike(kind):
    """Values are those without ETA at a gate moved by ETA (V_DB + V_SB); slopes follow from them; nothing else changes."""
    at, eta = biases(200), 0.12
    moved = at.copy()
    moved[1] += eta * (at[0] + at[2] - 2.0 * at[3])
    bare = {"cgso": 0.0, "cgdo": 0.0, "cj": 0.0, "cjsw": 0.0, "js": 0.0}
    got, plain = evaluate(ekv(kind, eta=eta, **bare), at), evaluate(ekv(kind, **bare), moved)
    scale = np.abs(plain["i"]).max()
    assert np.abs(got["i"] - plain["i"]).max() < 1e-12 * scale
    assert np.abs(got["q"] - plain["q"]).max() < 1e-12 * np.abs(plain["q"]).max()
    assert np.abs(got["q"].sum(axis=0)).max() < 1e-12 * np.abs(got["q"]).max()
    swapped = evaluate(ekv(kind, eta=eta, **bare), at[[2, 1, 0, 3]])
    assert np.abs(got["i"][0] + swapped["i"][0]).max() < 1e-12 * scale


@pytest.mark.parametrize("kind", ["nmos", "pmos"])
def test_derivatives_with_eta_are_those_of_the_values(kind):
    slopes_are_those_of_the_values(ekv(kind, eta=0.12, theta=0.3), biases(200))
