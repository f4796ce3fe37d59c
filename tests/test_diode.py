"""The junction diode: against ngspice and closed forms."""

import math
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuristor.circuits.engines import ngspice
from neuristor.circuits.netlist import Ac, Dc, Element, Model, Netlist, Noise, Sweep
from neuristor.devices.diode import BOLTZMANN, CHARGE, Diode
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
    # a diode without a junction capacitance is still a model
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
