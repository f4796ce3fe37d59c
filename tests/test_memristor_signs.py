"""Each published sign convention, as its source writes it, against the device that its loader makes."""

import numpy as np
import pytest

from neuristor.devices.memristor import GMMS, MMS, VTEAM, LinearDrift, Yakopcic
from neuristor.errors import InputError

Q, K = 1.602176634e-19, 1.380649e-23
V = np.linspace(-1.5, 1.5, 61)
X = np.linspace(0.0, 1.0, 11)[:, None]
SIZES = {"r_on": 500.0, "r_off": 1500.0}


def sigma(z):
    return 1 / (1 + np.exp(-z))


def test_knowm_counts_v_off_positive():
    beta, v_on, v_off, tau = Q / (K * 298.5), 0.27, 0.3, 1e-4
    published = (sigma(beta * (V - v_on)) * (1 - X) - (1 - sigma(beta * (V + v_off))) * X) / tau
    m = MMS.from_knowm(**SIZES, v_on=v_on, v_off=v_off, tau=tau, temp=298.5)
    assert m.v_off == -0.3
    assert m.rate(V, X) == pytest.approx(published, rel=1e-9, abs=1e-9)


def test_knowm_takes_text_with_units_and_arrays():
    assert MMS.from_knowm(v_off="270 mV").v_off == -0.27
    assert MMS.from_knowm(v_off=np.array([0.2, 0.3])).v_off.tolist() == [-0.2, -0.3]


def test_agh_fit_code_with_its_negative_v_off_is_a_volatile_device():
    beta, v_on, v_off, tau = 38.4615, 0.25, -0.1, 1e-3
    published = (sigma(beta * (V - v_on)) * (1 - X) - (1 - sigma(beta * (V + v_off))) * X) / tau
    m = MMS.from_agh(**SIZES, v_on=v_on, v_off=v_off, tau=tau)
    assert m.v_off == 0.1
    assert m.rate(V, X) == pytest.approx(published, rel=1e-9, abs=1e-9)
    assert m.rate(0.0, 0.5) < -0.4 / tau  # loses its state at rest within about tau


def test_agh_julia_code_is_signed():
    beta, v_on, v_off, tau = 38.4615, 0.2, 0.8, 1e-3
    published = (sigma(beta * (V - v_on)) * (1 - X) - (1 - sigma(beta * (V - v_off))) * X) / tau
    m = MMS.from_agh_julia(**SIZES, v_on=v_on, v_off=v_off, tau=tau)
    assert m.rate(V, X) == pytest.approx(published, rel=1e-9, abs=1e-9)
    assert m.rate(0.5, 1.0) < 0  # switches OFF at +0.5 V: its default as written
    assert MMS.preset("sdc_agh").rate(0.5, 0.5) > 0
    assert MMS.preset("sdc_agh_default").v_off == -MMS.preset("sdc_agh").v_off == 0.8


def test_ostrovskii_is_signed_and_its_threshold_swings_with_the_state():
    beta, tau = Q / (K * 108.5), 60e-6
    x = X[1:]
    v_on = 0.2 + 0.1 * np.cos(4 * np.pi * np.sqrt(x) / (1.7 - x)) / (1 + 10 * np.sqrt(x))
    with np.errstate(over="ignore"):
        published = (sigma(beta * (V - v_on)) * (1 - x) - (1 - sigma(beta * (V + 0.1))) * x) / tau
    m = GMMS.from_ostrovskii(r_on=13e3, r_off=460e3, v_on=0.2, v_off=-0.1, tau=tau, temp=108.5, v_on_law="ostrovskii")
    assert m.rate(V, x) == pytest.approx(published, rel=1e-9, abs=1e-7)
    assert GMMS.preset("w_sdc_ostrovskii").rate(V, x) == pytest.approx(m.rate(V, x), rel=1e-14)


def test_bednarz_prints_the_on_branch_with_a_slip_of_sign():
    beta, tau = Q / (K * 298.15), 1e-4
    off = 1 - sigma(beta * (V + 0.27))
    meant = (sigma(beta * (V - 0.27)) * (1 - X) - off * X) / tau
    printed = (sigma(-beta * (V - 0.27)) * (1 - X) - off * X) / tau
    m = MMS.from_bednarz(**SIZES, v_on=0.27, v_off=-0.27, tau=tau)
    assert m.rate(V, X) == pytest.approx(meant, rel=1e-9, abs=1e-9)
    assert printed[0, -1] < 1e-3 / tau < m.rate(1.5, 0.0)  # as printed 1.5 V would hardly switch ON


def test_loaders_take_text_with_units():
    m = MMS.from_signed(temp="298.5 K", v_on="270 mV")
    assert (m.temperature, m.v_on) == (pytest.approx(25.35), 0.27)
    v = VTEAM.from_kvatinsky(k_off="0.5 mm/s", k_on=-10, v_off="20 mV", v_on="-0.2 V", w_off="3 nm", a_on="0.3 nm")
    assert (v.v_on, v.v_off, v.a_on) == (0.2, -0.02, pytest.approx(0.9))
    assert v.rate_off == pytest.approx(5e-4 / 3e-9)
    assert Yakopcic.from_yakopcic(**{**OBLEA, "vn": "150 mV"}).v_off == -0.15


def test_beta_as_a_source_gives_it():
    m = MMS.from_signed(beta=106.95)
    assert m.temperature + 273.15 == pytest.approx(Q / (K * 106.95), rel=1e-12)
    assert m.temperature + 273.15 == pytest.approx(108.5, abs=0.01)


def test_generalised_current_as_knowm_writes_it():
    phi, a, b = 0.8, 0.8e-3, 4.0
    g = X / 500 + (1 - X) / 1500
    published = phi * g * V + (1 - phi) * (a * np.exp(b * V) - a * np.exp(-b * V))
    m = GMMS.from_knowm(**SIZES, v_on=0.27, v_off=0.27, phi=phi, sfa=a, sfb=b, sra=a, srb=b, temp=298.5)
    assert m.current(V, X) == pytest.approx(published, rel=1e-12, abs=1e-16)
    assert m.rate(V, X) == pytest.approx(GMMS.preset("knowm_xyce").rate(V, X), rel=1e-12)


def test_unequal_diodes_carry_no_current_at_rest():
    """As published the Pd/WO3/W set carries -9.45 nA at 0 V; elsewhere ours differs by that constant alone."""
    m = GMMS.preset("pd_wo3_w")
    g = X / m.r_on + (1 - X) / m.r_off
    published = 0.55 * g * V + 0.45 * (1e-9 * np.exp(8.5 * V) - 22e-9 * np.exp(-6.2 * V))
    assert m.current(V, X) - published == pytest.approx(np.full((11, 61), 9.45e-9), rel=1e-5)
    assert m.current(0.0, 0.5) == 0.0


def test_kvatinsky_counts_from_the_on_side_and_switches_off_at_positive_voltage():
    k_off, k_on, v_off, v_on, alpha_off, alpha_on = 5e-4, -10.0, 0.02, -0.2, 1.0, 3.0
    length, a_on, a_off, w_c = 3e-9, 0.6e-9, 2.4e-9, 0.1e-9
    w = length * (1 - X)  # our x = 1 is w = w_on = 0
    f_off, f_on = np.exp(-np.exp((w - a_off) / w_c)), np.exp(-np.exp(-(w - a_on) / w_c))
    u = -V  # the source's voltage across the same two terminals, seen from the other one
    with np.errstate(invalid="ignore"):
        published = np.where(
            u > v_off, k_off * (u / v_off - 1) ** alpha_off * f_off,
            np.where(u < v_on, k_on * np.maximum(u / v_on - 1, 0) ** alpha_on * f_on, 0.0),
        )  # fmt: skip
    m = VTEAM.from_kvatinsky(
        k_off=k_off, k_on=k_on, v_off=v_off, v_on=v_on, alpha_off=alpha_off, alpha_on=alpha_on, w_off=length,
        a_on=a_on, a_off=a_off, w_c=w_c, window="kvatinsky",
    )  # fmt: skip
    inner = slice(1, -1)  # at the very ends the hard stops hold
    assert m.rate(V, X)[inner] == pytest.approx(-published[inner] / length, rel=1e-9, abs=1e-3)
    assert VTEAM.preset("memtorch_default").values() == pytest.approx(
        VTEAM.from_kvatinsky(k_off=5e-4, k_on=-10.0, v_off=0.02, v_on=-0.2, alpha_off=1.0, alpha_on=3.0, w_off=3e-9).values()
    )


def test_kvatinsky_loader_refuses_our_own_signs():
    with pytest.raises(InputError, match="k_off > 0 > k_on"):
        VTEAM.from_kvatinsky(k_off=5e-4, k_on=10.0, v_off=-0.02, v_on=0.2)


OBLEA = dict(a1=0.17, a2=0.11, b=0.05, vp=0.16, vn=0.15, ap=4000.0, an=3000.0, xp=0.3, xn=0.5, alphap=1.0, alphan=5.0)


def published_yakopcic(v, x, eta, a1, a2, b, vp, vn, ap, an, xp, xn, alphap, alphan):
    """i and dx/dt of the LTspice file of 8/9/2011."""
    w_p, w_n = (xp - x) / (1 - xp) + 1, x / (1 - xn)
    g = np.where(v <= vp, np.where(v >= -vn, 0.0, -an * (np.exp(-v) - np.exp(vn))), ap * (np.exp(v) - np.exp(vp)))
    up = np.where(x >= xp, np.exp(-alphap * (x - xp)) * w_p, 1.0)
    down = np.where(x <= 1 - xn, np.exp(alphan * (x + xn - 1)) * w_n, 1.0)
    f = np.where(eta * v >= 0, up, down)
    return np.where(v >= 0, a1, a2) * x * np.sinh(b * v), eta * f * g


def test_yakopcic_counts_vn_positive():
    m = Yakopcic.from_yakopcic(**OBLEA)
    i, rate = published_yakopcic(V, X, 1, **OBLEA)
    assert m.current(V, X) == pytest.approx(i, rel=1e-12, abs=1e-18)
    assert m.rate(V, X) == pytest.approx(rate, rel=1e-12, abs=1e-9)


def test_yakopcic_with_negative_eta_is_the_device_seen_from_the_other_terminal():
    m = Yakopcic.from_yakopcic(**OBLEA, eta=-1)
    i, rate = published_yakopcic(V, X, -1, **OBLEA)
    assert m.current(-V, X) == pytest.approx(-i, rel=1e-12, abs=1e-18)
    assert m.rate(-V, X) == pytest.approx(rate, rel=1e-12, abs=1e-9)
    with pytest.raises(InputError, match="eta = 0.5 must be 1 or -1"):
        Yakopcic.from_yakopcic(**OBLEA, eta=0.5)


def test_linear_drift_as_strukov_writes_it():
    mu, d, r_on, r_off = 1e-14, 10e-9, 100.0, 16e3
    i = V / (r_on * X + r_off * (1 - X))
    m = LinearDrift.from_strukov(mobility=mu, thickness=d, r_on=r_on, r_off=r_off)
    assert m.rate(V, X)[1:-1] == pytest.approx((mu * r_on / d**2 * i)[1:-1], rel=1e-12)
    with pytest.raises(InputError, match="connect the device the other way"):
        LinearDrift.from_strukov(eta=-1)
