"""The junction diode: against ngspice and closed forms."""

import ctypes
import math
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.circuits.engines import ngspice
from neuristor.circuits.netlist import Dc, Element, Model, Netlist, Noise, Sweep
from neuristor.devices.diode import BOLTZMANN, CHARGE, EXP_LIMIT, Diode
from neuristor.errors import InputError
from neuristor.kernel.device import DeviceKernel, Table
from neuristor.kernel.split import Split

CARDS = {
    "plain": {},
    "power": {"is": 2e-9, "n": 1.75, "cjo": 4e-12, "vj": 0.7, "m": 0.4, "tt": 11.5e-9, "eg": 1.15, "xti": 2.5, "fc": 0.6},
    "zener": {"is": 1e-15, "n": 1.1, "bv": 5.6, "ibv": 2e-3, "cjo": 1e-10, "vj": 0.8, "m": 0.33, "fc": 0.3, "tnom": 50.0},
    "leaky zener": {"is": 1e-6, "bv": 8.0, "ibv": 1e-6, "nbv": 1.5, "cjo": 1e-12, "tt": 1e-9},
}
CELSIUS = (-40.0, 27.0, 125.0)
needs_ngspice = pytest.mark.skipif(shutil.which("ngspice") is None, reason="the program ngspice is not installed")


def values(diode, v, celsius=27.0, **instance):
    """Current, charge, conductance and capacitance at voltages v, by NumPy, and everything reported."""
    graph = diode.variant.build()
    wanted = {"i": graph.currents[0], "q": graph.charges[0], "g": graph.g[0][0], "c": graph.c[0][0], **graph.report}
    wanted |= {name: s for name, _, _, s, _ in graph.noise}
    split = Split({"va": graph.voltages[0], "vc": graph.voltages[1]}, graph.params, list(wanted.values()))
    got = split.full({"va": v, "vc": 0.0}, diode.instance_values(instance, celsius))
    return {name: np.broadcast_to(x, np.shape(v)) for name, x in zip(wanted, got, strict=True)}


def circuit(card, *analyses, celsius=27.0, **instance):
    parts = [Element("v1", "v", ("a", "0"), {"dc": 0.0}), Element("d1", "d", ("a", "0"), instance, model="dm")]
    return Netlist(models={"dm": Model("dm", "d", card)}, temperature=celsius, analyses=analyses).add(*parts)


@needs_ngspice
@pytest.mark.parametrize("celsius", CELSIUS)
@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("instance", [{}, {"area": 3.0, "m": 2.0}], ids=["one", "six"])
def test_as_in_ngspice(name, celsius, instance):
    reach = -CARDS[name].get("bv", 9.0) - 0.4
    card = CARDS[name]
    net = circuit(card, Dc((Sweep("v1", reach, 0.9, 0.01),)), celsius=celsius, **instance)
    saved = [f"@d1[{k}]" for k in ("id", "gd", "cd")]
    v, signals = ngspice.dc(net, save=saved, options={"gmin": 1e-30, "reltol": 1e-9})
    got = values(Diode(card), v, celsius, **instance)
    for ours, theirs, tolerance in zip("igc", saved, (1e-6, 1e-6, 1e-5), strict=True):
        np.testing.assert_allclose(got[ours], signals[theirs], rtol=tolerance, atol=1e-25)


@needs_ngspice
@pytest.mark.parametrize("instance", [{}, {"area": 3.0, "m": 2.0}], ids=["one", "six"])
def test_noise_as_in_ngspice(instance):
    card = {"kf": 1e-14, "af": 1.2}
    parts = [Element("v1", "v", ("in", "0"), {"dc": 0.7}), Element("r1", "r", ("in", "a"), {"r": 1e3})]
    parts.append(Element("d1", "d", ("a", "0"), instance, model="dm"))
    net = Netlist(models={"dm": Model("dm", "d", card)}, analyses=(Noise("a", "0", "v1", "dec", 5, 1.0, 1e6),)).add(*parts)
    f, out, _ = ngspice.noise(net, options={"gmin": 1e-30})
    v = ngspice.op(net, options={"gmin": 1e-30})["a"]
    got = values(Diode(card), v, **instance)
    density = got["shot"] + got["flicker"] / f + 4 * BOLTZMANN * 300.15 / 1e3
    np.testing.assert_allclose(out, density / (got["g"] + 1e-3) ** 2, rtol=1e-4)


def run_kernel(graph, at, params, varying, alpha):
    """Residual, charges (n, W), matrix, charge matrix (n^2, W) of a compiled device at terminal voltages `at` (n, W)."""
    kernel = DeviceKernel(graph, frozenset(varying))
    n, w = kernel.n, kernel.width
    at = at[:, :w]
    size = 1 + 3 * n + 2 * n * n
    parts = np.split(w * np.arange(1, size), np.cumsum([n, n, n, n * n]))
    table = Table(*(part.tolist() for part in parts[:3]), *(part.reshape(n, n).tolist() for part in parts[3:]))
    x = np.zeros((size, w))
    x[0], x[1 : 1 + n] = alpha, at
    shared, varying = kernel.hoist([{k: v[:w] if np.ndim(v) else v for k, v in params.items()}], w)
    wide = iter(varying[0])
    h = np.concatenate([next(wide) if per_lane else shared[:1, k] for k, per_lane in enumerate(kernel.per_lane)])
    index = np.array(table.row(), dtype=np.int64)
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, *[ctypes.c_int64] * 2)
    kind(kernel.address)(x.ctypes.data, h.ctypes.data, index.ctypes.data, 1, 0)
    return [x[p // w] for p in parts[1:]]


@pytest.mark.parametrize("name", CARDS)
def test_compiled_kernel(name):
    diode, v, areas, alpha = Diode(CARDS[name]), np.linspace(-6.5, 0.8, 8), np.linspace(1.0, 2.0, 8), 1e9
    params = diode.instance_values({"area": areas}, 27.0)
    got = run_kernel(diode.variant.build(), np.array([v, 0 * v]), params, {"area"}, alpha)
    w = got[0].shape[-1]
    want = {k: x[:w] for k, x in values(diode, v, area=areas).items()}
    residual, matrix = want["i"] + alpha * want["q"], want["g"] + alpha * want["c"]
    np.testing.assert_allclose(got[0], [residual, -residual], rtol=1e-9, atol=1e-20)
    np.testing.assert_allclose(got[1], [want["q"], -want["q"]], rtol=1e-9, atol=1e-28)
    np.testing.assert_allclose(got[2], [matrix, -matrix, -matrix, matrix], rtol=1e-9, atol=1e-20)
    np.testing.assert_allclose(got[3], [want["c"], -want["c"], -want["c"], want["c"]], rtol=1e-9, atol=1e-28)


def test_closed_forms():
    v_t = BOLTZMANN * 300.15 / CHARGE
    diode = Diode({"is": 1e-15, "n": 1.2, "cjo": 1e-12, "vj": 0.8, "m": 0.4, "tt": 2e-9})
    got = values(diode, np.array([0.5, 0.0, -2.0]))
    assert got["i"][0] == pytest.approx(1e-15 * math.expm1(0.5 / (1.2 * v_t)), rel=1e-12)
    assert got["i"][1] == got["q"][1] == 0.0
    assert got["c"][2] == pytest.approx(1e-12 * (1 + 2 / 0.8) ** -0.4, rel=1e-6)
    assert got["q"][2] == pytest.approx(-1e-12 * 0.8 / 0.6 * ((1 + 2 / 0.8) ** 0.6 - 1), rel=1e-6)
    forward = values(diode, np.array([0.5]))
    assert forward["c"][0] - 2e-9 * forward["g"][0] == pytest.approx(1e-12 * 0.5**-1.4 * (0.3 + 0.4 * 0.5 / 0.8), rel=1e-9)
    zener = Diode({"bv": 5.0, "ibv": 1e-3})
    assert values(zener, -5.0)["i"] == pytest.approx(-1e-3, rel=1e-3)


@pytest.mark.parametrize("name", CARDS)
def test_derivatives_are_those_of_the_values(name):
    v = np.random.default_rng(4).uniform(-9, 1, 300)
    h = 1e-5
    got, up, down = (values(Diode(CARDS[name]), v + s) for s in (0.0, h, -h))
    for value, slope in (("i", "g"), ("q", "c")):
        noise = 1e-14 * np.maximum(np.abs(got[value]), 1e-26) / h
        error = np.abs((up[value] - down[value]) / (2 * h) - got[slope]) - noise
        assert (error <= 1e-5 * np.abs(got[slope]) + 1e-20).all()


@given(v=st.floats(-1e4, 1e4), celsius=st.floats(-55, 150), name=st.sampled_from(list(CARDS)))
@settings(max_examples=200, deadline=None)
def test_finite_everywhere_and_dissipating(v, celsius, name):
    got = values(Diode(CARDS[name]), v, celsius)
    assert all(np.isfinite(x) for x in got.values())
    assert got["i"] * v >= 0
    assert got["g"] >= 0


def test_straight_line_only_at_absurd_currents():
    knee = EXP_LIMIT * BOLTZMANN * 300.15 / CHARGE
    got = values(Diode({}), np.array([knee, knee + 1.0, knee + 2.0]))
    assert got["i"][0] > 1e25
    assert got["i"][2] - got["i"][1] == pytest.approx(got["i"][1] - got["i"][0], rel=1e-9)


def test_series_resistance_belongs_to_the_circuit():
    assert Diode({}).series_resistances({})[0] == 0.0
    assert Diode({"rs": 6.0}).series_resistances({"area": 2.0, "m": 3.0})[0] == pytest.approx(1.0)
    assert Diode({"rs": 6.0, "area": 2.0}).series_resistances({})[0] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"iss": 1e-14}, "no parameter 'iss'"),
        ({"cjoo": 1e-12}, "did you mean 'cjo'"),
        ({"ikf": 0.1}, "high injection is not built into the diode"),
        ({"JSW": 1e-15}, "sidewalls are not built into the diode"),
        ({"tcv": 1e-3}, "dependence on temperature"),
        ({"level": 3}, "level 3 of the diode is not built in"),
        ({"m": 1.2}, "between 0 and 0.9"),
        ({"is": -1e-14}, "at least 1e-28"),
        ({"vj": "x"}, "not a number"),
    ],
)
def test_bad_cards(card, words):
    with pytest.raises(InputError, match=words) as error:
        Diode(card, "card.lib:3")
    assert str(error.value).startswith("card.lib:3: ")


def test_cards():
    diode = Diode({"LEVEL": 1, "IS": 2e-14, "CJ0": 1e-12, "PB": 0.7, "ikf": 0.0, "mjsw": 0.4})
    assert (diode.values["is"], diode.values["cjo"], diode.values["vj"]) == (2e-14, 1e-12, 0.7)
    assert "is" not in diode.defaulted
    assert "tt" in diode.defaulted
    assert diode.variant.key != Diode({}).variant.key == Diode({"is": 1e-12}).variant.key
