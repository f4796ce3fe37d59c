"""Rate against capacitance: exact laws of equation neurons, the CMOS neuron's parasitic, and spikes that empty nothing."""

import numpy as np
import pytest

import neuristor as nr
from neuristor.circuits.cells import CmosLIF
from neuristor.circuits.neuron import CircuitNeuron
from neuristor.errors import InputError
from neuristor.experiments.capacitance_sweep import capacitance_sweep, fit
from neuristor.report.circuit_neuron_figures import capacitance_figure, capacitance_table


def test_a_perfect_integrator_has_no_parasitic():
    found = capacitance_sweep(nr.PerfectIntegrator(), current="10 pA")
    assert found.rates == pytest.approx(10e-12 / (found.capacitances * 0.5), rel=1e-9)
    assert found.a == pytest.approx(10e-12 / 0.5, rel=1e-9)
    assert abs(found.c_par) < 1e-9 * 10e-15
    assert found.fitted.all()
    assert found.note == ""


def test_a_refractory_period_looks_like_a_parasitic():
    """1/f = t_ref + C R ln(...) of a leaky neuron: C_par = t_ref / (R ln(...))."""
    neuron, current = nr.LIF(), 60e-6
    log = np.log(current * 1e3 / (current * 1e3 - 30e-3))
    found = capacitance_sweep(neuron, current=current)
    assert found.c_par == pytest.approx(1e-3 / (1e3 * log), rel=1e-8)
    assert found.a == pytest.approx(1 / (1e3 * log), rel=1e-8)
    assert found.largest < 1e-9


def test_the_fit_against_its_own_covariance():
    """Rates with 1 % noise: over many draws the estimate scatters by what is told as its standard error."""
    rng = np.random.default_rng(5)
    c = np.geomspace(1e-15, 1e-13, 15)
    draws = [fit(c, 1e-11 / (c + 2.5e-15) * (1 + 0.01 * rng.standard_normal(len(c)))) for _ in range(400)]
    estimates, errors = np.array(draws)[:, 1], np.array(draws)[:, 2]
    assert estimates.mean() == pytest.approx(2.5e-15, rel=0.01)
    assert estimates.std() == pytest.approx(errors.mean(), rel=0.15)


def test_too_few_points_leave_the_fit_undefined():
    assert np.isnan(fit(np.array([1e-15]), np.array([10.0]))).all()
    a, c_par, error = fit(np.array([1e-15, 3e-15]), np.array([2.0, 1.0]))
    assert (a, c_par) == pytest.approx((4e-15, 1e-15))
    assert np.isnan(error)


def test_the_cmos_neuron_over_two_decades():
    """About 2.5 fF of its own; from 100 fF on the 4 ns spike leaves a voltage, which is told and not fitted."""
    c = np.array([1, 2, 5, 10, 20, 50, 100, 1000]) * 1e-15
    parts = []
    found = capacitance_sweep(CmosLIF(), c, progress=parts.append)
    assert found.c_par == pytest.approx(2.5e-15, abs=0.1e-15)
    assert found.c_par_error < 0.05e-15
    assert found.largest < 0.01
    assert found.fitted.tolist() == [True] * 6 + [False] * 2
    assert found.residual[3] == pytest.approx(-9.04e-3, abs=0.1e-3)  # not the -13.9 mV to which the edge then pulls it
    assert found.residual[6] == pytest.approx(0.105, abs=0.002)
    assert found.residual[7] > 0.3
    assert np.all(found.deviation[6:] > 0.15)
    assert "at 100 fF, 1 pF: the spike is too short" in found.note
    assert parts[-1] == 1.0
    assert np.all(np.diff(parts[-8:]) >= 0)


def test_a_longer_m4_empties_the_membrane_again():
    found = capacitance_sweep(CmosLIF(**{"m4.l": "1 um"}), ["100 fF"])
    assert found.emptied.all()
    assert found.residual[0] < 2e-3


def test_a_rate_does_not_depend_on_the_other_capacitances():
    alone = capacitance_sweep(CmosLIF(), [20e-15])
    among = capacitance_sweep(CmosLIF(), [2e-15, 20e-15, 40e-15])
    assert alone.rates[0] == pytest.approx(among.rates[1], rel=1e-5)
    assert np.isnan(alone.c_par)
    assert np.isfinite(among.c_par)


def test_a_users_circuit_by_the_name_of_its_capacitor():
    cell = CmosLIF()
    circuit = CircuitNeuron(cell.netlist, input=cell.input, spikes=cell.watch, membrane=cell.membrane, name="mine")
    values = [5e-15, 10e-15, 20e-15]
    expected = capacitance_sweep(cell, values)
    for parameter in ("c_mem", "cmem", "cmem.c"):
        found = capacitance_sweep(circuit, values, parameter=parameter)
        assert found.parameter == "cmem.c"
        assert found.rates == pytest.approx(expected.rates, rel=1e-5)


def test_an_adaptive_neuron_runs_until_its_intervals_are_steady():
    found = capacitance_sweep(nr.AdaptiveLIF(), np.array([150, 200, 300]) * 1e-12)
    assert np.all(found.spread < 1e-3)
    assert found.fitted.all()


@pytest.mark.parametrize(
    ("subject", "options", "message"),
    [
        (nr.Izhikevich(), {}, "no parameter 'c_mem'"),
        (CmosLIF(), {"parameter": "vdd"}, "not a capacitance"),
        (CmosLIF(), {"capacitances": [0.0, 1e-15]}, "more than zero"),
        (CmosLIF(), {"capacitances": ["1 V"]}, "V"),
        (CmosLIF(without=("m4",)), {"capacitances": [10e-15]}, "does not spike: after 1 spike"),
        (nr.LIF(), {"current": "10 uA"}, "does not spike: v_mem settles at -60 mV"),
    ],
)
def test_what_cannot_be_swept(subject, options, message):
    with pytest.raises(InputError, match=message):
        capacitance_sweep(subject, **options)


def test_the_figure_shows_what_is_not_fitted():
    found = capacitance_sweep(CmosLIF(), [5e-15, 10e-15, 20e-15, 100e-15])
    figure = capacitance_figure(found)
    by_name = {trace["name"]: trace for trace in figure.data}
    assert len(by_name["simulated"]["x"]) == 3
    assert by_name["membrane not emptied"]["x"] == pytest.approx([100.0])
    assert "Not fitted: at 100 fF" in figure.caption
    assert [row[-1] for row in capacitance_table(found).rows] == ["yes", "yes", "yes", "no"]
