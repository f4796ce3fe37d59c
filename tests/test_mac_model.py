"""The closed form of the mixed-signal neuron against circuits of either engine, and against its own algebra."""

import numpy as np
import pytest
from circuits_tools import NGSPICE
from mac_tools import bsim3, ideal

from neuristor.circuits.differential_pair import WeakInversion
from neuristor.experiments import mac_bias, mac_point, mac_transfer
from neuristor.quantities import K_B, Q_E

U_T = K_B / Q_E * 300.15


def test_the_invariant_has_its_figure_and_depends_on_nothing_else():
    """16 q (n U_T)^2 V_DD = 4.63e-21 J V^2 at n = 1.5, 1.2 V, 300.15 K; 2.06e-21 at n = 1."""
    for bits, synapses, current, c_out in ((8, 1, 1e-10, 1e-15), (3, 7, 1e-8, 5e-15)):
        model = WeakInversion(bits, synapses, current, 1.2, 1.5, 1.5, c_out)
        assert model.energy * model.output_noise() == pytest.approx(model.invariant, rel=1e-12)
        assert model.invariant == pytest.approx(4.63e-21, rel=2e-3)
    model = WeakInversion(4, 1, 1e-10, 1.2, 1.3, 1.6, 1e-15)
    assert model.energy * model.input_noise(15) == pytest.approx(16 * Q_E * (1.3 * U_T) ** 2 * 1.2, rel=1e-12)
    assert WeakInversion(1, 1, 1.0, 1.2, 1.0, 1.0).invariant == pytest.approx(2.06e-21, rel=2e-3)


def test_small_signals_are_the_slope_of_the_transfer():
    model, h = WeakInversion(4, 2, 1e-10, 1.2, 1.4, 1.6), 1e-7
    slope = (model.output([9, 3], [h, 0.0]) - model.output([9, 3], [-h, 0.0])) / (2 * h)
    assert slope == pytest.approx(model.gain(9), rel=1e-9)
    assert model.output([15, 15], [1.0, 1.0]) > 0.5
    assert model.power == pytest.approx(1.2 * 2 * 15 * 1e-10, rel=1e-15)


@pytest.mark.parametrize("gamma", [0.0, 0.9])
@pytest.mark.parametrize("weighting", ["current", "width"])
def test_the_transfer_is_the_closed_form_in_weak_inversion(tmp_path, gamma, weighting):
    """Within 0.5 % of the range, at inversion coefficients below 0.005; with gamma = 0.9 n moves a little with bias."""
    found = mac_transfer(ideal(tmp_path, gamma, bits=5, i_unit="10 pA", weighting=weighting), points=21)
    assert found.error[:-1] == pytest.approx(0.0, abs=5e-3)
    assert found.error[-1] == pytest.approx(0.0, abs=1e-2)  # weight 1: a range of 3 mV, V_DS of the two sides differ
    if not gamma:
        assert (found.n_n, found.n_p) == pytest.approx((1.0, 1.0), rel=0.02)


def test_several_synapses_share_the_range(tmp_path):
    """Two synapses: half of the gain each, and the same output when both see the same input."""
    one = mac_transfer(ideal(tmp_path, bits=3, i_unit="10 pA"), weights=[7], points=11)
    two = mac_transfer(ideal(tmp_path, bits=3, i_unit="10 pA", weights=[7, 7]), weights=[7], points=11)
    assert two.slope == pytest.approx(0.5 * one.slope, rel=0.02)
    assert two.error[0] < 5e-3


@NGSPICE
def test_ngspice_confirms_the_closed_form():
    """BSIM3 of 0.35 um in weak inversion, by the other program: its slope factor moves with the bias, hence 2 %."""
    found = mac_transfer(bsim3(bits=3, i_unit="30 pA", weighting="width"), weights=[7, 4], points=11, engine="ngspice")
    ours = mac_transfer(bsim3(bits=3, i_unit="30 pA", weighting="width"), weights=[7, 4], points=11)
    assert found.v_out == pytest.approx(ours.v_out, rel=1e-3, abs=1e-6)
    assert max(found.error) < 0.02


def test_energy_times_noise_holds_over_three_decades_of_current(tmp_path):
    """Within 2 % of 16 q (n U_T)^2 V_DD up to an inversion coefficient of 0.005, within 7 % up to 0.05."""
    cell = ideal(tmp_path, bits=3, weighting="width", c_load="10 fF")
    found = mac_bias(cell, i_unit=["10 pA", "100 pA", "1 nA", "10 nA"], f_low="10 mHz")
    error = found.column("invariant") / found.column("invariant_closed") - 1.0
    weak = found.column("inversion") < 0.005
    assert weak.tolist() == [True, True, True, False]
    assert np.abs(error[weak]).max() < 0.02
    assert np.abs(error).max() < 0.07
    assert found.column("bandwidth")[-1] / found.column("bandwidth")[0] > 900


def test_noise_of_one_pole_is_half_pi_of_the_rectangle(tmp_path):
    point = mac_point(ideal(tmp_path, bits=3, weighting="width", i_unit="100 pA", c_load="200 fF"))
    assert point.flicker == pytest.approx(0.0, abs=1e-6 * point.white * point.bandwidth)
    assert point.noise_total / point.noise_rectangular == pytest.approx(np.pi / 2, rel=0.01)
    assert point.noise_own / point.noise_rectangular == pytest.approx(np.pi / 4, rel=0.01)
