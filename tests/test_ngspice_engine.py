"""The engine that runs the program ngspice: closed forms, sources, names and failures."""

import math
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from neuristor.circuits.engines import ngspice
from neuristor.circuits.netlist import Ac, Dc, Element, Model, Netlist, Noise, Sweep, Tran, Wave
from neuristor.errors import InputError

pytestmark = pytest.mark.skipif(shutil.which("ngspice") is None, reason="the program ngspice is not installed")
BOLTZMANN, CHARGE = 1.38064852e-23, 1.6021766208e-19  # as the program has them
KELVIN = 300.15


def v(name, plus, dc=None, wave=None, **params):
    return Element(name, "v", (plus, "0"), params | ({} if dc is None else {"dc": dc}), wave=wave)


def r(name, a, b, ohm):
    return Element(name, "r", (a, b), {"r": ohm})


def c(name, a, b, farad, **params):
    return Element(name, "c", (a, b), {"c": farad, **params})


def rc(source, *analyses, ohm=1e3, farad=1e-9, **more):
    return Netlist(analyses=analyses, **more).add(source, r("r1", "in", "out", ohm), c("c1", "out", "0", farad))


@pytest.fixture
def leftovers(tmp_path, monkeypatch):
    """What is left of the engine's folders and processes; fails if they were not where they are looked for."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    processes, folders, start = [], [], subprocess.Popen

    def popen(*words, **settings):
        folders.append(Path(settings["cwd"]))
        processes.append(start(*words, **settings))
        return processes[-1]

    def left():
        assert {f.parent for f in folders} == {tmp_path}
        return [*tmp_path.iterdir(), *(p for p in processes if p.returncode is None)]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return left


def test_step_into_rc_follows_the_exponential():
    got = ngspice.tran(rc(v("v1", "in", 1.0), Tran(1e-8, 5e-6, uic=True), initial={"in": 1.0, "out": 0.0}), {"reltol": 1e-7})
    assert got.time[-1] == pytest.approx(5e-6)
    np.testing.assert_allclose(got["out"], 1 - np.exp(-got.time / 1e-6), atol=1e-4)
    np.testing.assert_allclose(got["i(v1)"][1:], -np.exp(-got.time[1:] / 1e-6) / 1e3, atol=1e-7)


def test_capacitor_starts_at_its_own_voltage():
    circuit = Netlist(analyses=(Tran(1e-8, 1e-6, uic=True),)).add(
        r("r1", "out", "0", 1e3), c("c1", "out", "0", 1e-9, ic=2.0)
    )
    got = ngspice.tran(circuit)
    np.testing.assert_allclose(got["out"], 2 * np.exp(-got.time / 1e-6), atol=2e-4)


def test_divider_is_exact():
    got = ngspice.op(Netlist().add(v("v1", "a", 3.0), r("r1", "a", "b", 2e3), r("r2", "b", "0", 1e3)))
    assert got == pytest.approx({"a": 3.0, "b": 1.0, "i(v1)": -1e-3}, rel=1e-14)


def test_diode_follows_shockley():
    circuit = Netlist(
        models={"dm": Model("dm", "d", {"is": 1e-14, "n": 1.2})}, analyses=(Dc((Sweep("v1", 0.3, 0.8, 0.05),)),)
    )
    circuit = circuit.add(v("v1", "a", 0.0), Element("d1", "d", ("a", "0"), {"area": 2.0}, model="dm"))
    axis, got = ngspice.dc(circuit)
    np.testing.assert_allclose(axis, 0.3 + 0.05 * np.arange(11), rtol=1e-12)
    current = 2e-14 * np.expm1(axis * CHARGE / (1.2 * BOLTZMANN * KELVIN))
    np.testing.assert_allclose(-got["i(v1)"], current, rtol=1e-4)


def test_two_axes_give_a_table():
    circuit = Netlist(analyses=(Dc((Sweep("v1", 0, 2, 1), Sweep("i1", 0, 3e-3, 1e-3))),))
    circuit = circuit.add(v("v1", "a", 0.0), r("r1", "a", "b", 1e3), r("r2", "b", "0", 1e3), Element("i1", "i", ("0", "b")))
    axis, got = ngspice.dc(circuit)
    np.testing.assert_allclose(axis, [0, 1, 2])
    np.testing.assert_allclose(got["b"], axis / 2 + np.arange(4)[:, None] / 2, atol=1e-12)


def test_temperature_and_its_sweep():
    models = {"dm": Model("dm", "d", {"is": 1e-14})}
    diode = (Element("i1", "i", ("0", "a"), {"dc": 1e-6}), Element("d1", "d", ("a", "0"), model="dm"))
    circuit = Netlist(models=models, analyses=(Dc((Sweep("temp", 0, 100, 50),)),)).add(*diode)
    axis, got = ngspice.dc(circuit)
    assert axis.tolist() == [0, 50, 100]
    assert got["a"][1] == pytest.approx(ngspice.op(circuit.with_(temperature=50.0))["a"], rel=1e-9)
    assert -2.5e-3 < (got["a"][2] - got["a"][0]) / 100 < -1.5e-3


def test_low_pass_in_frequency():
    f, got = ngspice.ac(rc(v("v1", "in", 0.0, acmag=2.0, acphase=30.0), Ac("dec", 10, 1e3, 1e7)))
    assert f.dtype == float
    assert len(f) == 41
    want = 2 * np.exp(1j * np.pi / 6) / (1 + 2j * np.pi * f * 1e-6)
    np.testing.assert_allclose(got["out"], want, rtol=1e-9)


def test_noise_of_a_resistor():
    analysis = Noise("out", "0", "v1", "dec", 2, 1e3, 1e7)
    other = v("v2", "far", 0.0, acmag=1.0)  # must not count in the gain
    f, output, source = ngspice.noise(rc(v("v1", "in", 0.0, acmag=3.0), analysis).add(other, r("r2", "far", "0", 1.0)))
    white = 4 * BOLTZMANN * KELVIN * 1e3
    np.testing.assert_allclose(output, white / (1 + (2 * np.pi * f * 1e-6) ** 2), rtol=1e-5)
    np.testing.assert_allclose(source, white, rtol=1e-5)


def sine(t):
    since = np.maximum(t - 1e-6, 0)
    return 0.2 + np.exp(-since * 1e5) * np.sin(2e5 * 2 * np.pi * since + math.pi / 6)


def rise_and_fall(t):
    return 0.1 - 0.9 * np.expm1(-np.maximum(t - 1e-6, 0) / 1e-6) + 0.9 * np.expm1(-np.maximum(t - 5e-6, 0) / 2e-6)


def through(times, values):
    return lambda t: np.interp(t, np.array(times) * 1e-6, values)


WAVES = [
    (Wave("pwl", (0, 0, 2e-6, 1, 5e-6, -1, 9e-6, 0.5)), through([0, 2, 5, 9], [0, 1, -1, 0.5])),
    (Wave("pulse", (0.1, 1, 1e-6, 1e-6, 2e-6, 2e-6, 8e-6)), through([1, 2, 4, 6, 9, 10], [0.1, 1, 1, 0.1, 0.1, 1])),
    (Wave("sin", (0.2, 1, 2e5, 1e-6, 1e5, 30)), sine),
    (Wave("exp", (0.1, 1, 1e-6, 1e-6, 5e-6, 2e-6)), rise_and_fall),
]


@pytest.mark.parametrize(("wave", "want"), WAVES, ids=[w.kind for w, _ in WAVES])
def test_waves_of_sources(wave, want):
    circuit = Netlist(analyses=(Tran(1e-8, 1e-5, max_step=1e-7),)).add(v("v1", "a", wave=wave), r("r1", "a", "0", 1e3))
    got = ngspice.tran(circuit)
    np.testing.assert_allclose(got["a"], want(got.time), atol=1e-9)


def test_long_pwl_and_late_start():
    times = np.linspace(0, 1e-5, 500)
    values = np.sin(times * 1e6)
    wave = Wave("pwl", tuple(np.ravel(np.column_stack([times, values])).tolist()))
    circuit = Netlist(analyses=(Tran(1e-8, 1e-5, start=5e-6),)).add(v("v1", "a", wave=wave), r("r1", "a", "0", 1e3))
    got = ngspice.tran(circuit)
    assert got.time[0] >= 5e-6
    np.testing.assert_allclose(got["a"], np.interp(got.time, times, values), atol=1e-9)


def test_controlled_sources():
    circuit = Netlist().add(
        v("v1", "a", 1.0),
        r("r1", "a", "0", 1e3),  # 1 mA through v1
        Element("e1", "e", ("b", "0", "a", "0"), {"gain": 3.0}),
        r("r2", "b", "0", 1e3),
        Element("g1", "g", ("0", "c", "a", "0"), {"gain": 2e-3}),
        r("r3", "c", "0", 1e3),
        Element("f1", "f", ("0", "d"), {"gain": -4.0}, control="v1"),
        r("r4", "d", "0", 1e3),
        Element("h1", "h", ("e", "0"), {"gain": 5e3}, control="v1"),
        r("r5", "e", "0", 1e3),
    )
    got = ngspice.op(circuit)
    assert {n: got[n] for n in "abcde"} == pytest.approx({"a": 1, "b": 3, "c": 2, "d": 4, "e": -5}, rel=1e-12)
    assert got["i(e1)"] == pytest.approx(-3e-3)
    assert got["i(h1)"] == pytest.approx(5e-3)


def test_switch_and_inductor():
    models = {"sw": Model("sw", "sw", {"vt": 0.5, "vh": 0.1, "ron": 10.0, "roff": 1e9})}
    wave = Wave("pulse", (0, 1, 1e-6, 1e-8, 1e-8, 1.0, 2.0))
    circuit = Netlist(models=models, analyses=(Tran(1e-8, 2e-6),)).add(
        v("v1", "a", 1.0),
        v("vc", "gate", wave=wave),
        r("r1", "a", "b", 90.0),
        Element("s1", "s", ("b", "c", "gate", "0"), model="sw"),
        Element("l1", "l", ("c", "0"), {"l": 1e-5}),
    )
    got = ngspice.tran(circuit)
    assert abs(got["i(l1)"][got.time < 1e-6]).max() < 2e-9
    closed = 1e-6 + 0.6e-8
    late = got.time > 1.1e-6
    np.testing.assert_allclose(got["i(l1)"][late], -0.01 * np.expm1(-(got.time[late] - closed) / 1e-7), atol=2e-5)


def test_any_name_survives():
    circuit = Netlist(initial={"x1.out": 0.0}, analyses=(Tran(1e-8, 1e-6),)).add(
        v("x1.v1", "time", 1.0),
        r("x1.x2.r1", "time", "x1.out", 1e3),
        r("rload", "x1.out", "gnd", 1e3),
        r("0", "gnd", "0", 2e3),
    )
    got = ngspice.op(circuit)
    assert got == pytest.approx({"time": 1.0, "x1.out": 0.75, "gnd": 0.5, "i(x1.v1)": -2.5e-4}, rel=1e-12)
    assert list(ngspice.tran(circuit).signals) == list(got)


def test_quantities_inside_devices():
    models = {"n": Model("n", "nmos", {"level": 1, "vto": 0.5, "kp": 1e-4})}
    transistor = Element("x1.m1", "m", ("d", "g", "0", "0"), {"w": 2e-6, "l": 1e-6, "m": 1.0, "delvto": 0.0}, model="n")
    circuit = Netlist(models=models, analyses=(Dc((Sweep("vg", 1.0, 1.5, 0.5),)),))
    circuit = circuit.add(v("vd", "d", 2.0), v("vg", "g", 1.0), transistor)
    assert ngspice.op(circuit, save=["@x1.m1[id]", "@x1.m1[gm]"])["@x1.m1[gm]"] == pytest.approx(1e-4)
    _, got = ngspice.dc(circuit, save=["@x1.m1[id]"])
    np.testing.assert_allclose(got["@x1.m1[id]"], [2.5e-5, 1e-4], rtol=1e-6)
    for wrong in ("@x1.m1[nonsense]", "@x1.m2[id]", "m1"):
        with pytest.raises(InputError):
            ngspice.op(circuit, save=[wrong])
    with pytest.raises(ngspice.NgspiceError, match="delvto.*"):
        ngspice.op(circuit.set("x1.m1", delvto=0.01))


def test_missing_program_says_how_to_get_it(monkeypatch, tmp_path, leftovers):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="was not found"):
        ngspice.tran_many([rc(v("v1", "in", 1.0))])
    with pytest.raises(InputError, match=r"install ngspice.*engine='native'") as caught:
        ngspice.op(rc(v("v1", "in", 1.0)))
    assert not isinstance(caught.value, ngspice.NgspiceError)
    assert not leftovers()


def unstable():
    """Two voltage sources in parallel that disagree."""
    return Netlist(analyses=(Tran(1e-8, 1e-6),)).add(v("va", "a.x", 1.0), v("vb", "a.x", 2.0), r("r1", "a.x", "0", 1e3))


def chattering():
    """A switch without hysteresis that opens itself as soon as it closes."""
    models = {"sm": Model("sm", "sw", {"vt": 0.5, "vh": 0.0, "ron": 1e-6, "roff": 1e12})}
    wave = Wave("pwl", (0, 0, 1e-6, 1))
    opener = Element("s1", "s", ("out", "0", "out", "0"), model="sm")
    return Netlist(models=models, analyses=(Tran(1e-8, 1e-6),)).add(
        v("v1", "in", wave=wave), r("r1", "in", "out", 1e3), opener
    )


def test_failures_are_one_sentence(leftovers):
    with pytest.raises(ngspice.NgspiceError, match=r"^ngspice: no operating point was found"):
        ngspice.op(unstable())
    with pytest.raises(ngspice.NgspiceError, match=r"^ngspice: timestep too small at 5\S*e-07 s near \S*s1$"):
        ngspice.tran(chattering())
    with pytest.raises(InputError, match="no .tran analysis"):
        ngspice.tran(Netlist())
    with pytest.raises(InputError, match="no elements"):
        ngspice.op(Netlist())
    with pytest.raises(InputError, match="has no node 'outt'.*did you mean 'out'"):
        ngspice.op(rc(v("v1", "in", 1.0), initial={"outt": 1.0}))
    assert not leftovers()


def endless():
    return rc(v("v1", "in", 1.0), Tran(1e-9, 1.0, max_step=1e-10))


def test_a_timeout_ends_the_program(leftovers):
    began = time.monotonic()
    with pytest.raises(ngspice.NgspiceError, match="not finished within 0.3 s"):
        ngspice.tran(endless(), timeout=0.3)
    assert time.monotonic() - began < 3
    assert not leftovers()


def test_interruption_ends_the_programs(leftovers):
    quick = rc(v("v1", "in", 1.0), Tran(1e-8, 1e-6))

    def interrupt(fraction):
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        ngspice.tran_many([endless(), quick, endless(), endless()], workers=2, progress=interrupt)
    assert time.monotonic() - began < 5
    assert not leftovers()
    assert not [t for t in threading.enumerate() if t.name.startswith("ThreadPool")]


def test_many_keep_their_order_and_survive_a_failure(leftovers):
    times = np.array([1e-6, 2e-6, 3e-6, 4e-6, 5e-6])
    circuits = [rc(v("v1", "in", 1.0), Tran(1e-8, t, uic=True)) for t in times]
    circuits[2:2] = [unstable(), Netlist()]
    fractions = []
    got = ngspice.tran_many(circuits, workers=3, progress=fractions.append)
    assert [isinstance(g, ngspice.NgspiceError) for g in got] == [False, False, True, True, False, False, False]
    np.testing.assert_allclose([g.time[-1] for g in got if isinstance(g, ngspice.TranResult)], times)
    assert fractions == pytest.approx([k / 7 for k in range(1, 8)])
    assert not leftovers()
