"""EKV: what the physics demands of a transistor at all biases, closed limits, the compiled form, bad cards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_diode import run_kernel

from neuristor.devices.mosfet.ekv import EKV
from neuristor.errors import InputError
from neuristor.kernel.device import DeviceKernel
from neuristor.kernel.split import Split
from neuristor.quantities import K_B, Q_E

D, G, S, B = range(4)
BARE = {"theta": 0.0, "lambda": 0.0, "ucrit": 1e18, "cgso": 0.0, "cgdo": 0.0, "cj": 0.0, "cjsw": 0.0, "js": 0.0}
SIZE = {"w": 2e-6, "l": 1e-6, "ad": 2e-12, "as": 2e-12, "pd": 6e-6, "ps": 6e-6}
KINDS = ("nmos", "pmos")
UT = K_B * 300.15 / Q_E
BIAS = st.tuples(*[st.floats(-3.5, 3.5)] * 4)
SPLITS = {}


def ekv(kind="nmos", **card):
    return EKV(card, kind, "test")


def evaluate(device, volts, celsius=27.0, **instance):
    """Everything of a transistor at terminal voltages (4, ...): i, q (4, ...), g, c (4, 4, ...), report, noise."""
    variant = device.variant
    if variant.key not in SPLITS:
        graph = variant.build()
        more = {**graph.report, **{name: s for name, _, _, s, _ in graph.noise}}
        flat = [*graph.currents, *graph.charges, *sum(graph.g, []), *sum(graph.c, []), *more.values()]
        SPLITS[variant.key] = Split({f"v{k}": v for k, v in enumerate(graph.voltages)}, graph.params, flat), list(more)
    split, names = SPLITS[variant.key]
    volts = np.asarray(volts, dtype=float)
    values = split.full({f"v{k}": volts[k] for k in range(4)}, device.instance_values(SIZE | instance, celsius))
    values = [np.broadcast_to(v, volts.shape[1:]) for v in values]
    i, q, g, c = (np.array(values[a:b]) for a, b in ((0, 4), (4, 8), (8, 24), (24, 40)))
    shape = (4, 4, *volts.shape[1:])
    return {"i": i, "q": q, "g": g.reshape(shape), "c": c.reshape(shape), **dict(zip(names, values[40:], strict=True))}


def biases(n=400, seed=1):
    return np.random.default_rng(seed).uniform(-3.3, 3.3, (4, n))


def slopes_are_those_of_the_values(device, at, h=3e-5):
    got = evaluate(device, at)
    for k in range(4):
        step = h * np.eye(4)[k][:, None]
        up, down = evaluate(device, at + step), evaluate(device, at - step)
        for value, slope in (("i", "g"), ("q", "c")):
            expected = (up[value] - down[value]) / (2 * h)
            scale = np.abs(got[slope][:, k]).max(axis=0) + 1e-5 * np.abs(got[slope]).max()
            assert np.abs((got[slope][:, k] - expected) / scale).max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("card", [{}, BARE], ids=["full", "bare"])
def test_derivatives_are_those_of_the_values(kind, card):
    slopes_are_those_of_the_values(ekv(kind, **card), biases())


@pytest.mark.parametrize("kind", KINDS)
def test_currents_and_charges_sum_to_zero_and_only_differences_of_voltage_count(kind):
    got = evaluate(ekv(kind), biases())
    for name in "iqgc":
        rows = np.abs(got[name]).max(axis=0)
        assert (np.abs(got[name].sum(axis=0)) <= 1e-13 * rows.max()).all()
    for name in "gc":
        assert np.abs(got[name].sum(axis=1)).max() <= 1e-13 * np.abs(got[name]).max()


@pytest.mark.parametrize("kind", KINDS)
def test_drain_and_source_can_be_exchanged(kind):
    at = biases()
    turn = [S, G, D, B]
    one, other = evaluate(ekv(kind), at), evaluate(ekv(kind), at[turn])
    for name, size in (("i", 1e-3), ("q", 1e-14)):
        np.testing.assert_allclose(one[name], other[name][turn], rtol=1e-12, atol=1e-14 * size)
    for name, size in (("g", 1e-3), ("c", 1e-14)):
        np.testing.assert_allclose(one[name], other[name][turn][:, turn], rtol=1e-11, atol=1e-13 * size)


def test_a_pmos_is_an_nmos_with_all_signs_turned():
    card = dict(kp=1e-4, gamma=0.5, phi=0.8, cj=1e-3, cgso=1e-10, cgdo=1e-10, ucrit=3e6, pb=0.8, mj=0.4, cjsw=1e-10)
    card |= dict(pbsw=0.8, mjsw=0.2)
    n, p = (
        evaluate(ekv(kind, vto=s * 0.5, tcv=s * 1e-3, **card), s * biases(), 60.0) for kind, s in (("nmos", 1), ("pmos", -1))
    )
    for name, sign in (("i", -1), ("q", -1), ("g", 1), ("c", 1)):
        np.testing.assert_allclose(n[name], sign * p[name], rtol=1e-12)


def test_weak_inversion_slope():
    gate = np.linspace(-0.1, 0.05, 31)
    at = np.array([1.0 + 0 * gate, gate, 0 * gate, 0 * gate])
    got = evaluate(ekv(**BARE), at)
    log_current = np.log10(got["i"][D] / got["n"])  # the factor n before the exponential varies a little by itself
    swing = 1 / (np.gradient(log_current, gate)[1:-1])
    d_v_p = np.gradient(got["v_p"], gate)[1:-1]
    np.testing.assert_allclose(swing, UT * np.log(10) / d_v_p, rtol=1e-3)
    np.testing.assert_allclose(swing, got["n"][1:-1] * UT * np.log(10), rtol=0.05)  # n is taken at V_P + 4 U_T
    np.testing.assert_allclose(1 / np.gradient(np.log10(got["i"][D]), gate)[1:-1], swing, rtol=0.01)


def test_weak_inversion_follows_the_source_by_the_thermal_voltage():
    source = np.linspace(0.4, 0.6, 21)
    i = evaluate(ekv(**BARE), [2.0 + 0 * source, 0.5 + 0 * source, source, 0 * source])["i"][D]
    np.testing.assert_allclose(-np.gradient(np.log(i), source)[1:-1], 1 / UT, rtol=1e-3)


def test_strong_inversion_is_the_square_law():
    kp, w_l = 2.02e-4, 2.0
    got = evaluate(ekv(**BARE), [3.0, 2.5, 0.0, 0.0])
    n, v_p = got["n"], got["v_p"]
    assert got["i"][D] == pytest.approx(0.5 * n * kp * w_l * v_p**2, rel=0.01)
    assert v_p == pytest.approx((2.5 - 0.496) / n, rel=0.07)
    linear = evaluate(ekv(**BARE), [0.05, 2.5, 0.0, 0.0])
    assert linear["i"][D] == pytest.approx(kp * w_l * n * (v_p - 0.025) * 0.05, rel=0.01)


def test_threshold_and_body_effect():
    """At V_S = V_P the gate stands at VTO + GAMMA (sqrt(PHI + V_S) - sqrt(PHI)) + V_S over the bulk."""
    for v_s in (0.0, 0.5, 1.5):
        gate = 0.496 + 0.531 * (np.sqrt(0.84 + v_s) - np.sqrt(0.84)) + v_s
        assert evaluate(ekv(**BARE), [3.0, gate, v_s, 0.0])["v_p"] == pytest.approx(v_s, abs=2e-4)
        assert evaluate(ekv(**BARE), [3.0, gate, v_s, 0.0])["v_th"] == pytest.approx(gate - v_s)


def test_no_jumps_along_random_lines():
    device, rng = ekv(js=0.0), np.random.default_rng(3)
    s = np.linspace(-1, 1, 20001)
    for _ in range(20):
        middle, way = rng.uniform(-1.5, 1.5, 4), rng.uniform(-2, 2, 4)
        middle[S] = middle[D]  # through v_ds = 0
        got = evaluate(device, middle[:, None] + way[:, None] * s)
        for name in "iqg":  # second differences of a smooth function fall fourfold with half the step, those of a jump stay
            fine, coarse = (np.abs(np.diff(got[name][..., ::k], 2, axis=-1)).max() for k in (1, 2))
            assert fine < 0.4 * coarse


@pytest.mark.parametrize("gate", [0.2, 0.5, 0.8, 1.5, 3.0])
def test_gummel_symmetry(gate):
    """I_D(v) for v_d = v/2, v_s = -v/2 is odd, and its even derivatives vanish."""
    v = np.linspace(-0.02, 0.02, 81)
    i = evaluate(ekv(js=0.0), [v / 2, gate + 0 * v, -v / 2, -0.5 + 0 * v])["i"][D]
    np.testing.assert_allclose(i, -i[::-1], rtol=1e-9, atol=1e-12 * np.abs(i).max())
    terms = np.polynomial.Polynomial.fit(v, i, 7, domain=[-0.02, 0.02], window=[-1, 1]).coef
    assert abs(terms[2]) < 1e-9 * abs(terms[1])
    assert abs(terms[4]) < 1e-9 * abs(terms[1])
    assert terms[1] > 0


def test_partition_of_the_charge():
    for gate in (0.3, 0.7, 2.0):
        even = evaluate(ekv(**BARE), [0.2, gate, 0.2, 0.0])
        assert even["q"][D] == pytest.approx(even["q"][S], rel=1e-12)
    far = evaluate(ekv(**BARE, vto=-40.0, gamma=0.0), [60.0, 0.0, 0.0, 0.0])["q"]
    assert far[D] / (far[D] + far[S]) == pytest.approx(0.4, abs=1e-3)


def test_gate_capacitance():
    c_ox = 4.54e-3 * 2e-12
    strong = evaluate(ekv(**BARE), [0.0, 3.3, 0.0, 0.0])["c"][G, G]
    assert strong == pytest.approx(c_ox, rel=2e-3)
    accumulated = evaluate(ekv(**BARE), [0.0, -3.0, 0.0, 0.0])["c"][G, G]
    assert accumulated == pytest.approx(c_ox, rel=1e-3)
    saturated = evaluate(ekv(**BARE, vto=-40.0, gamma=0.0), [60.0, 0.0, 0.0, 0.0])["c"]
    assert -saturated[G, S] == pytest.approx(2 / 3 * c_ox, rel=2e-3)
    gate = np.linspace(-3.3, 3.3, 400)
    all_gates = evaluate(ekv(**BARE), [0 * gate, gate, 0 * gate, 0 * gate])["c"][G, G]
    assert (all_gates > 0).all()
    assert all_gates.max() < 1.001 * c_ox


def test_dissipates():
    at = biases(4000)
    got = evaluate(ekv(), at)
    assert ((got["i"] * at).sum(axis=0) >= 0).all()
    bare = evaluate(ekv(**BARE | {"lambda": 0.5, "theta": 0.2, "ucrit": 2e6}), at)
    assert (bare["i"][D] * (at[D] - at[S]) >= 0).all()
    assert (bare["g"][D][D] >= 0).all()


def test_nyquist_noise():
    """Without a drain voltage the noise is that of the conductance; in saturated strong inversion 2/3 n g_ms/n of it."""
    gate = np.linspace(-0.2, 3.3, 50)
    got = evaluate(ekv(js=0.0), [0 * gate, gate, 0 * gate, 0 * gate], 77.0)
    np.testing.assert_allclose(got["thermal"], 4 * K_B * 350.15 * got["gds"], rtol=1e-9)
    far = evaluate(ekv(**BARE, vto=-40.0, gamma=0.0), [60.0, 0.0, 0.0, 0.0])
    assert far["thermal"] == pytest.approx(2 / 3 * 4 * K_B * 300.15 * far["gms"], rel=2e-3)


def test_weak_inversion_noise_is_shot_noise_beside_flicker():
    got = evaluate(ekv(kf=1e-26, **BARE), [1.0, 0.1, 0.0, 0.0])
    assert got["thermal"] == pytest.approx(2 * Q_E * got["i"][D], rel=5e-3)
    assert got["flicker"] == pytest.approx(1e-26 * got["gm"] ** 2 / (2e-12 * 4.54e-3))


def test_temperature():
    def drain(gate, celsius):
        return evaluate(ekv(**BARE), [0.05, gate, 0.0, 0.0], celsius)["i"][D]

    assert drain(0.2, 100.0) > 5 * drain(0.2, 27.0)  # more current below threshold, less above
    assert drain(3.0, 100.0) < 0.9 * drain(3.0, 27.0)


def test_short_channels():
    """Velocity saturation takes current, shortening gives an output conductance that falls with length."""
    at = [2.0, 2.0, 0.0, 0.0]
    ideal, slow, slowest = (evaluate(ekv(**BARE | {"ucrit": u}), at, l=0.35e-6) for u in (1e18, 2.5e6, 1e4))
    assert 0.5 * ideal["i"][D] < slow["i"][D] < 0.9 * ideal["i"][D]
    mobile = 2.02e-4 * 2e-6 * ideal["n"] * ideal["v_p"]  # mu C_ox n W V_P
    assert slowest["i"][D] == pytest.approx(mobile * 1e4, rel=0.02)
    early = []
    for length in (0.35e-6, 0.7e-6, 1.4e-6):
        got = evaluate(ekv(js=0.0), at, l=length)
        early.append(got["i"][D] / got["gds"])
    assert 2 < early[0] < early[1] < early[2] < 200


def test_junctions():
    """Reverse and forward current of the drain's diode, capacitance at rest and in reverse."""
    card = BARE | {"js": 1e-3, "cj": 1e-3, "pb": 0.8, "mj": 0.4, "jsw": 1e-9, "cjsw": 2e-10, "pbsw": 0.7, "mjsw": 0.2}
    isat = 1e-3 * 2e-12 + 1e-9 * 6e-6
    for v in (-0.5, 0.3, 2.0):
        got = evaluate(ekv(**card), [v, -1.0, v, 0.0])
        assert got["i"][D] == pytest.approx(-isat * np.expm1(-v / UT), rel=1e-9)
    bulk = 1e-3 * 2e-12 * (1 + 2.0 / 0.8) ** -0.4 + 2e-10 * 6e-6 * (1 + 2.0 / 0.7) ** -0.2
    channel = evaluate(ekv(**BARE), [2.0, -1.0, 0.0, 0.0])["c"][D, D]
    assert evaluate(ekv(**card), [2.0, -1.0, 0.0, 0.0])["c"][D, D] == pytest.approx(bulk + channel, rel=1e-9)


def test_multiplier_and_shifts():
    at = biases(50)
    one, three = evaluate(ekv(), at), evaluate(ekv(), at, m=3.0)
    for name in "iqgc":
        np.testing.assert_allclose(three[name], 3 * one[name], rtol=1e-12, atol=1e-13 * np.abs(one[name]).max())
    higher = at + 0.03 * np.eye(4)[G][:, None]
    card = {"cgso": 0.0, "cgdo": 0.0}
    np.testing.assert_allclose(evaluate(ekv(**card), at)["i"], evaluate(ekv(**card), higher, delvto=0.03)["i"], rtol=1e-9)
    faster = evaluate(ekv(js=0.0), at, mulu0=1.2)["i"]
    np.testing.assert_allclose(faster, 1.2 * evaluate(ekv(js=0.0), at)["i"], rtol=1e-12)


@given(bias=BIAS, celsius=st.floats(-55, 150), kind=st.sampled_from(KINDS), stretched=st.sampled_from([1.0, 10.0, 1000.0]))
@settings(max_examples=150, deadline=None)
def test_finite_everywhere(bias, celsius, kind, stretched):
    got = evaluate(ekv(kind), stretched * np.array(bias), celsius)
    assert all(np.isfinite(v).all() for v in got.values())


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_kernel(kind):
    device = ekv(kind)
    at, shifts, alpha = biases(8, seed=8), np.linspace(-0.05, 0.05, 8), 1e6
    params = device.instance_values(SIZE | {"delvto": shifts}, 27.0)
    got = run_kernel(device.variant.build(), at, params, {"delvto"}, alpha)
    want = evaluate(device, at, delvto=shifts)
    expected = [want["i"] + alpha * want["q"], want["q"], want["g"] + alpha * want["c"], want["c"]]
    for ours, numpy in zip(got, expected, strict=True):
        numpy = numpy[..., : ours.shape[-1]]
        np.testing.assert_allclose(ours.reshape(numpy.shape), numpy, rtol=1e-9, atol=1e-12 * np.abs(numpy).max())


@pytest.mark.parametrize(
    ("card", "most"), [({}, 370), ({"js": 0.0, "cj": 0.0, "cjsw": 0.0}, 270), (BARE | {"cjsw": 0.0}, 215)]
)
def test_size_of_the_kernel(card, most):
    kernel = DeviceKernel(ekv(**card).variant.build(), frozenset())
    assert sum(i.is_dynamic for i in kernel.split.instructions) <= most


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ({"gama": 0.5}, "did you mean 'gamma'"),
        ({"vto": "high"}, "not a number"),
        ({"kp": float("nan")}, "not a number"),
        ({"phi": -1.0}, "between 0.2 and 2"),
        ({"leta": 0.3}, "short-channel effect is not built into EKV"),
        ({"e0": 88e6}, "use THETA"),
        ({"u0": 400.0, "kp": 1e-4}, "not both"),
        ({"tox": 0.0}, "must be positive"),
    ],
)
def test_bad_cards(card, words):
    with pytest.raises(InputError, match=words) as error:
        EKV(card, "nmos", "card.lib:3")
    assert str(error.value).startswith("card.lib:3: ")


def test_cards():
    device = EKV({"LEVEL": 44, "VTO": 0.6, "tox": 7.6e-9, "u0": 400.0, "leta": 0.0, "avto": 1e-8}, "nmos", "here")
    assert device.values["vto"] == 0.6
    assert device.values["cox"] == pytest.approx(4.5436e-3, rel=1e-4)
    assert device.values["kp"] == pytest.approx(0.04 * 4.5436e-3, rel=1e-4)
    assert {"vto", "cox", "kp"}.isdisjoint(device.defaulted)
    assert EKV.levels == (44,)
    assert ekv("pmos").values["vto"] < 0
    assert ekv().variant.key == ekv(vto=0.6).variant.key != ekv(theta=0.0).variant.key
