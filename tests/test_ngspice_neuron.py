"""The ten-transistor neuron in ngspice against measured numbers, and the crossings they are taken from."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from circuits_t2 import t2_netlist

from neuristor.circuits.engines import ngspice
from neuristor.circuits.engines.spikes import crossings, energy

NEURON = pytest.mark.skipif(
    shutil.which("ngspice") is None or "NEURISTOR_DATA" not in os.environ, reason="needs ngspice and the transistor models"
)


def test_crossings_of_known_waves():
    t = np.linspace(0, 10, 400) ** 1.1
    want = np.arcsin(0.3) + 2 * np.pi * np.arange(2)
    np.testing.assert_allclose(crossings(t, np.sin(t), 0.3), want, atol=2e-6)
    assert crossings(np.array([0.0, 1, 1, 2]), np.array([0.0, 0, 1, 1]), 0.5).tolist() == [1.0]
    assert crossings(np.array([0.0, 1]), np.array([0.0, 1]), 0.25) == pytest.approx([0.25])
    assert len(crossings(t, np.zeros(400), 0.5)) == 0
    assert energy(np.array([0.0, 1, 3]), np.array([1.0, 1, 1]), np.array([0.0, 2, 2])) == pytest.approx(5.0)


@NEURON
def test_it_spikes_as_measured():
    got = ngspice.tran(t2_netlist())
    rises = crossings(got.time, got["vspk"], 0.5)
    falls = crossings(got.time, -got["vspk"], -0.5)
    intervals = np.diff(rises)
    assert np.ptp(intervals) < 1e-4 * intervals.mean()
    assert 1 / intervals.mean() == pytest.approx(0.995 * 1186, rel=2e-3)
    assert (falls - rises[: len(falls)]).mean() == pytest.approx(0.93 * 4.31e-9, rel=0.01)
    within = (got.time >= rises[0]) & (got.time <= rises[-1])
    joule = energy(got.time[within], got["vdd"][within], -got["i(vdd)"][within]) / len(intervals)
    assert joule == pytest.approx(1.087 * 0.310e-9, rel=0.01)
    assert got["vmem"].max() == pytest.approx(0.643, abs=2e-3)


@NEURON
def test_default_options_of_spice_lose_spikes():
    options = {"chgtol": 1e-14, "gmin": 1e-12, "abstol": 1e-12, "vntol": 1e-6, "reltol": 1e-3, "method": "trap"}
    got = ngspice.tran(t2_netlist().with_(options=options))
    assert len(crossings(got.time, got["vspk"], 0.5)) < 5


@NEURON
def test_threshold_shift_slows_it():
    plain, shifted = ngspice.tran_many([t2_netlist(), t2_netlist().set("m1", delvto=0.02)])
    rates = [1 / np.diff(crossings(g.time, g["vspk"], 0.5)).mean() for g in (plain, shifted)]
    assert rates[0] / rates[1] == pytest.approx(1179.9 / 1144.7, rel=2e-3)


@NEURON
def test_a_long_run_keeps_its_spikes():
    got = ngspice.tran(t2_netlist(stop=0.1))
    assert len(crossings(got.time, got["vspk"], 0.5)) == pytest.approx(0.1 * 1180, abs=1)


@NEURON
def test_half_a_picoampere_does_not_fire_it():
    got = ngspice.tran(t2_netlist(i_in=0.5e-12, stop=50e-3))
    assert len(crossings(got.time, got["vspk"], 0.5)) == 0


@NEURON
def test_frequency_against_current():
    """Measured with the cards' own VERSION 3.1 (3.3.0 takes 0.05 to 0.07 pA more)."""
    measured = {1e-12: 75.9, 5e-12: 569.8, 10e-12: 1186, 20e-12: 2417, 100e-12: 12261, 1e-9: 122.5e3, 10e-9: 1.197e6}
    circuits = [t2_netlist(i_in=i, stop=8 / f) for i, f in measured.items()]
    older = {k: replace(m, params={**m.params, "version": "3.1"}) for k, m in circuits[0].models.items()}
    runs = ngspice.tran_many([c.with_(models=older) for c in circuits])
    rates = [1 / np.diff(crossings(g.time, g["vspk"], 0.5)).mean() for g in runs]
    np.testing.assert_allclose(rates, list(measured.values()), rtol=2e-3)
