"""BSIM3v3.3 against ngspice: drain and bulk currents of one card, of variants of it, and what a card may not say."""

import os
import shutil

import numpy as np
import pytest
from bsim3_bench import Case, card, cards, current_errors, sized

from neuristor.devices.mosfet.bsim3 import BSIM3
from neuristor.errors import InputError

needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed")
needs_card = pytest.mark.skipif("NEURISTOR_DATA" not in os.environ, reason="NEURISTOR_DATA is not set")

SIZES = ((0.7e-6, 0.35e-6), (10e-6, 0.35e-6), (0.7e-6, 5e-6), (5e-6, 1e-6))
KINDS = ("nmos", "pmos")
K1_K2 = ("k1", "k2")
EVERYTHING = "everything"  # leave the whole card out
# What differs from the card, what is left out of it.
VARIANTS = {
    "mobmod 2": ({"mobmod": 2.0}, ()),
    "mobmod 3": ({"mobmod": 3.0, "uc": -0.02, "uc1": -0.01}, ()),
    "mobmod 3, uc by default": ({"mobmod": 3.0}, ("uc", "uc1")),
    "negative ua": ({"ua": -5e-9}, ()),
    "u0 in SI": ({"u0": 0.04}, ()),
    "poly depletion": ({"ngate": 5e19}, ()),
    "dopings in SI": ({"nch": 1.5e23, "ngate": 5e25}, ()),
    "a1": ({"a1": 0.05, "a2": 0.8}, ()),
    "a1, little room": ({"a1": 0.05, "a2": 0.99}, ()),
    "negative a1": ({"a1": -0.05, "a2": 0.8}, ()),
    "a2 above 1": ({"a1": 0.1, "a2": 1.2}, ()),
    "negative a2": ({"a1": 0.1, "a2": -0.1}, ()),
    "substrate current": ({"alpha0": 1e-7, "alpha1": 0.5, "beta0": 20.0}, ()),
    "no substrate current": ({"alpha0": 1e-7, "beta0": -1.0}, ()),
    "dvt0w": ({"dvt0w": 0.5}, ()),
    "dvt0w with bias": ({"dvt0w": 0.5, "dvt1w": 5e5, "dvt2w": 0.1}, ()),
    "dvt2": ({"dvt2": 0.4}, ()),
    "pdiblcb, etab, cdscb, cdscd, cit": (
        {"pdiblcb": -0.3, "etab": -0.05, "cdscb": 1e-4, "cdscd": 1e-4, "cit": 1e-4},
        (),
    ),
    "pdiblcb": ({"pdiblcb": 0.5}, ()),
    "negative cdscd": ({"cdscd": -2e-3}, ()),
    "no dibl at the output": ({"pdiblc1": 0.0, "pdiblc2": 0.0}, ()),
    "no resistance": ({"rdsw": 0.0, "prdsw": 0.0, "a2": 1.0}, ()),
    "no resistance, a2": ({"rdsw": 0.0, "prdsw": 0.0, "a2": 0.7}, ()),
    "prwg, prwb, wr": ({"prwg": -0.5, "prwb": -0.2, "wr": 0.8}, ()),
    "negative pvag": ({"pvag": -5.0}, ()),
    "unlimited junction": ({"ijth": 0.0, "jsw": 1e-9, "xti": 4.0}, ()),
    "limited junction": ({"ijth": 1e-3, "js": 1e-3, "nj": 1.3}, ()),
    "no junction current": ({"js": 0.0}, ()),
    "k3b": ({"k3b": 3.0}, ()),
    "no pscbe2": ({"pscbe2": 0.0}, ()),
    "strong pscbe": ({"pscbe1": 1e8, "pscbe2": 1e-6}, ()),
    "length and width terms": (
        {"lln": 1.1, "lwn": 0.9, "ll": 1e-15, "lw": 2e-15, "lwl": 1e-21}
        | {"wln": 1.05, "wwn": 0.95, "wl": -1e-15, "ww": 1e-15, "wwl": 1e-21},
        (),
    ),
    "size terms": ({"lvth0": 0.01, "wu0": 5.0, "pnch": 1e15, "lags": 0.05, "wvsat": 1e3, "lpclm": 0.1, "wdelta": 1e-3}, ()),
    "k1, k2 by default": ({}, K1_K2),
    "only k1": ({}, ("k2",)),
    "only k2": ({}, ("k1",)),
    "gamma1": ({"gamma1": 0.6}, K1_K2),
    "gamma2": ({"gamma2": 0.4}, K1_K2),
    "gamma1, gamma2, vbx": ({"gamma1": 0.6, "gamma2": 0.4, "vbx": -2.0, "vbm": -5.0}, K1_K2),
    "nsub, xt": ({"nsub": 2e16, "xt": 1e-7}, K1_K2),
    "positive vbx": ({"vbx": 2.0, "vbm": 5.0}, K1_K2),
    "vbm": ({"vbm": -2.0, "k2": -0.05}, ()),
    "no body effect": ({"k1": 0.0, "k2": 0.0}, ()),
    "vfb": ({"vfb": -0.9}, ("vth0",)),
    "vth0 by default": ({}, ("vth0",)),
    "vfb and vth0": ({"vfb": -0.9, "ngate": 5e19}, ()),
    "nch from gamma1": ({"gamma1": 0.6}, ("nch",)),
    "nch, k1, k2 from gamma1": ({"gamma1": 0.6}, ("nch", *K1_K2)),
    "toxm": ({"toxm": 7e-9}, ()),
    "tnom": ({"tnom": 50.0}, ()),
    "temperature": ({"kt1l": 1e-8, "kt2": -0.05, "prt": 50.0, "ute": -1.2, "at": 5e4}, ()),
    "dwg, dwb": ({"dwg": 2e-7, "dwb": 1e-7}, ()),
    "keta": ({"keta": -0.3}, ()),
    "ags, b0": ({"ags": 2.0, "b0": -5e-7, "b1": 1e-7}, ()),
    "voff, nfactor, delta": ({"voff": -0.3, "nfactor": 3.0, "delta": 0.1}, ()),
    "defaults": ({}, EVERYTHING),
}


def variant(kind, name):
    changes, drop = VARIANTS[name]
    return card(kind, drop=set(card(kind)) - {"level", "version"} if drop == EVERYTHING else drop, **changes)


@needs_ngspice
@needs_card
def test_currents_equal_those_of_ngspice():
    v_ds, v_gs = np.arange(-3.375, 3.376, 0.1875), np.arange(-0.75, 3.376, 0.1875)
    params = {kind: card(kind) for kind in KINDS}
    bulk = (-3.0, -1.0, -0.3, 0.0, 0.3)
    cases = [Case(kind, params[kind], sized(*size), vb) for kind in KINDS for size in SIZES for vb in bulk]
    compared = 0
    for celsius in (-40.0, 27.0, 125.0):
        worst, n = current_errors(cases, celsius, v_ds, v_gs)
        assert worst.max() < 1e-8
        compared += n
    assert compared > 90_000


def check_variant(name, celsius, instance=None, factor=None):
    v_ds, v_gs = np.arange(-3.0, 3.1, 0.375), np.arange(-0.75, 3.4, 0.375)
    sizes = [sized(*size) | (instance or {}) for size in (SIZES[0], SIZES[3])]
    params = {kind: factor(kind) if factor else variant(kind, name) for kind in KINDS}
    cases = [Case(kind, params[kind], own, vb) for kind in KINDS for own in sizes for vb in (-3.0, -0.5, 0.4)]
    worst, n = current_errors(cases, celsius, v_ds, v_gs)
    assert worst.max() < 1e-8, dict(zip(("drain", "bulk"), worst.max(axis=0), strict=True))
    assert n > 1200


@needs_ngspice
@needs_card
@pytest.mark.parametrize("name", VARIANTS)
def test_variants_of_the_card(name):
    check_variant(name, 27.0)


@pytest.mark.slow
@needs_ngspice
@needs_card
@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("celsius", [-40.0, 125.0])
def test_variants_of_the_card_at_other_temperatures(name, celsius):
    check_variant(name, celsius)


@needs_ngspice
@needs_card
def test_size_terms_in_metres():
    """BINUNIT = 2: the same transistor if the terms of length and width are those of micrometres times 1e-6."""

    def in_metres(kind):
        powers = {"pvth0": 1e-12, "prdsw": 1e-12, "pk2": 1e-12, "wketa": 1e-6, "lketa": 1e-6}
        return card(kind, binunit=2.0, **{k: cards()[kind + "035"].params[k] * f for k, f in powers.items()})

    check_variant("", 27.0, factor=in_metres)
    same = [Case("nmos", made, sized(*SIZES[1])) for made in (card("nmos"), in_metres("nmos"))]
    one, two = (case.evaluate("currents", [1.0, 1.0, 0.0, 0.0], 27.0) for case in same)
    assert two == pytest.approx(one, rel=1e-12)


@needs_ngspice
@needs_card
@pytest.mark.parametrize(
    "instance",
    [{"delvto": 0.05}, {"mulu0": 1.2}, {"m": 3.0}, {"delvto": -0.1, "mulu0": 0.8, "m": 2.0}, {"ad": 0.0, "pd": 0.0}],
)
def test_instance_parameters(instance):
    check_variant("", 27.0, instance, card)


@needs_card
def test_substrate_current_flows_from_drain_to_bulk():
    case = Case("nmos", card("nmos", alpha0=1e-7, beta0=20.0), sized(*SIZES[1]))
    drain, gate, source, bulk = case.evaluate("currents", [3.3, 1.5, 0.0, 0.0], 27.0)
    assert bulk < -1e-7
    assert gate == 0
    assert drain + source + bulk == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"vht0": 0.5}, r"models\.lib:3: BSIM3 has no parameter 'vht0' \(did you mean 'vth0'\?\)"),
        ({"mobmod": 4}, r"mobmod = 4 of BSIM3: not built in; use mobmod = 1 or 2 or 3"),
        ({"nqsmod": 1}, r"nqsmod = 1 of BSIM3: non-quasi-static charge is not built in"),
        ({"acm": 12}, r"acm = 12 of BSIM3: not built in"),
        ({"version": "3.1"}, r"VERSION 3\.1 of BSIM3 is not built in.*write VERSION=3\.3\.0"),
        ({"version": "3.2.4"}, r"VERSION 3\.2\.4 of BSIM3 is not built in"),
        ({"tox": "thin"}, r"tox = thin of BSIM3 is not a number"),
        ({"u0": float("nan")}, r"u0 = nan of BSIM3 is not a number"),
        ({"tox": 0}, r"tox = 0 of BSIM3 must be positive"),
        ({"nch": -1e17}, r"nch = -1e\+17 of BSIM3 must be positive"),
        ({"nsub": 0}, r"nsub = 0 of BSIM3 must be positive"),
        ({"pclm": 0}, r"pclm = 0 of BSIM3 must be positive"),
        ({"drout": -0.1}, r"drout = -0\.1 of BSIM3 must not be negative"),
        ({"dsub": -0.1}, r"dsub = -0\.1 of BSIM3 must not be negative"),
        ({"dvt1": -0.1}, r"dvt1 = -0\.1 of BSIM3 must not be negative"),
        ({"ijth": -0.1}, r"ijth = -0\.1 of BSIM3 must not be negative"),
        ({"cj": -1e-3}, r"cj = -0\.001 of BSIM3 must not be negative"),
        ({"ngate": 5e31}, r"ngate = 5e\+25 of BSIM3 must be at most 1e\+25 cm\^-3"),
        ({"mj": 1.2}, r"mj = 1\.2 of BSIM3 must be below 1"),
        ({"tnom": -300}, r"tnom = -300 of BSIM3, in degrees Celsius, is below the absolute zero"),
    ],
)
def test_bad_cards(params, sentence):
    with pytest.raises(InputError, match=sentence):
        BSIM3({"level": 49, **params}, "nmos", "models.lib:3")


@pytest.mark.parametrize(
    ("params", "instance", "celsius", "sentence"),
    [
        ({}, {"w": None}, 27.0, r"m1: a MOSFET needs W"),
        ({}, {"ps": -1e-6}, 27.0, r"ps = -1e-06 of a MOSFET must not be negative"),
        ({}, {"m": 0.0}, 27.0, r"number of parallel transistors is 0 and must be positive"),
        ({"lint": 1e-6}, {}, 27.0, r"effective channel length \(m\) is -1\.65e-06 and must be positive: see L \+ XL"),
        ({"wint": 1e-6}, {}, 27.0, r"effective channel width \(m\) is -1e-06 and must be positive"),
        ({"dlc": 1e-6}, {}, 27.0, r"effective channel length for charges \(m\) is -1\.65e-06"),
        ({"dwc": 1e-6}, {}, 27.0, r"effective channel width for charges \(m\) is -1e-06"),
        ({}, {"mulu0": -1.0}, 27.0, r"mobility at this temperature is -0\.067 and must be positive: see U0"),
        ({"at": 4e5}, {}, 150.0, r"saturation velocity at this temperature \(m/s\) is -8\d+ and must be positive"),
        ({"nch": 1e9}, {}, 27.0, r"surface potential \(V\) is -0\.\d+ and must be positive: see NCH"),
        ({"nlx": -1e-6}, {}, 27.0, r"NLX of BSIM3 must not be below minus the effective channel length"),
        ({"w0": -1e-6}, {}, 27.0, r"W0 of BSIM3 must not be minus the effective channel width"),
        ({"b1": -1e-6}, {}, 27.0, r"B1 of BSIM3 must not be minus the effective channel width"),
        ({"pclm": 1.0, "lpclm": -0.5}, {}, 27.0, r"pclm = -0\.428571 of BSIM3 must be positive"),
        ({"drout": 0.1, "wdrout": -0.5}, {}, 27.0, r"drout = -0\.4 of BSIM3 must not be negative"),
    ],
)
def test_bad_sizes_and_temperatures(params, instance, celsius, sentence):
    model = BSIM3({"level": 49, **params}, "nmos", "card")
    with pytest.raises(InputError, match=sentence):
        model.check_instance({"w": 1e-6, "l": 0.35e-6, **instance}, celsius, "m1")


def test_a_size_term_may_mend_a_value():
    model = BSIM3({"level": 49, "pclm": -0.1, "lpclm": 0.5}, "nmos", "card")
    model.check_instance({"w": 1e-6, "l": 0.35e-6}, 27.0, "m1")
    model.check_instance({"w": np.array([1e-6, 2e-6]), "l": 0.35e-6}, 27.0, "m1")
    with pytest.raises(InputError, match="pclm"):
        model.check_instance({"w": 1e-6, "l": 10e-6}, 27.0, "m1")
    with pytest.raises(InputError, match="effective channel width"):
        model.check_instance({"w": np.array([1e-6, -2e-6]), "l": 0.35e-6}, 27.0, "m1")


@needs_card
def test_what_the_card_leaves_out():
    for kind in KINDS:
        model = BSIM3(card(kind), kind, "card")
        model.check_instance(sized(*SIZES[0]), 27.0, "m1")
        assert {"js", "jsw", "noia", "kf", "cf", "ngate", "dlc"} <= set(model.defaulted)
        assert not {"vth0", "tox", "cgdo", "pvth0", "cj"} & set(model.defaulted)
    everything = BSIM3({"level": 49, "version": "3.3.0", "vtho": 0.5, "npeak": 1e17}, "nmos", "card")
    assert not {"vth0", "nch"} & set(everything.defaulted)
    assert {"toxm", "dsub", "uc", "u0", "cgdo"} <= set(everything.defaulted)
