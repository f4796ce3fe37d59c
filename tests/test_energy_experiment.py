"""Energy of a period: closed forms, closure over the devices, ngspice, convergence."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from circuits_tools import NGSPICE, parse, tight_ngspice

import neuristor as nr
from neuristor.circuits.cells import CELLS, AxonHillock, CmosLIF, TwoCapacitorLIF
from neuristor.circuits.engines.dissipation import flows
from neuristor.circuits.engines.spikes import crossings
from neuristor.circuits.netlist import Tran
from neuristor.errors import InputError
from neuristor.experiments.energy import energy
from neuristor.experiments.spike_shape import Period
from neuristor.report.circuit_neuron_figures import energy_figures, energy_table


def test_a_leaky_neuron_in_closed_form():
    current, r, tau, t_ref = 60e-6, 1e3, 5e-3, 1e-3
    ramp = tau * np.log(60 / 30)
    joule = current**2 * r * (ramp - tau * (1 - np.exp(-ramp / tau)))
    found = energy(nr.LIF(), current)
    assert found.energy == pytest.approx(joule, rel=1e-8)
    assert found.period == pytest.approx(ramp + t_ref, rel=1e-9)
    assert found.power == pytest.approx(joule / (ramp + t_ref), rel=1e-8)
    assert found.input == found.energy
    assert found.supply == 0
    assert found.devices == ()
    assert np.isnan(found.closure)


def test_a_perfect_integrator_spends_the_energy_of_its_capacitor():
    """C v_th^2 / 2 is drawn from the source and thrown away by the reset, at any current."""
    for current in ("1 pA", "50 pA"):
        assert energy(nr.PerfectIntegrator(), current).energy == pytest.approx(0.5 * 10e-15 * 0.5**2, rel=1e-9)


def test_flows_of_a_resistor_and_a_capacitor():
    netlist = parse("v1 a 0 1\nr1 a b 2k\nc1 b 0 3n\nr2 b 0 5k\n.tran 1u 1m")
    time = np.sort(np.random.default_rng(1).uniform(0, 1e-3, 4000))
    w = 2 * np.pi * 1e3
    volts = {"a": 1 + np.sin(w * time), "b": 0.5 - 0.2 * np.cos(w * time)}
    found = flows(netlist, time, volts)
    edges = [0.1e-3, 0.35e-3, 0.9e-3]
    heat, moved = found.conduction(edges), found.displacement(edges)

    def integral(square):
        fine = np.linspace(edges[0], edges[1], 200001)
        return np.trapezoid(square(fine), fine)

    assert heat["r2"][0] == pytest.approx(integral(lambda t: (0.5 - 0.2 * np.cos(w * t)) ** 2) / 5e3, rel=1e-7)
    across = integral(lambda t: (0.5 + np.sin(w * t) + 0.2 * np.cos(w * t)) ** 2)
    assert heat["r1"][0] == pytest.approx(across / 2e3, rel=1e-7)
    b = [0.5 - 0.2 * np.cos(w * t) for t in edges]
    assert moved["c1"] == pytest.approx([1.5e-9 * (b[1] ** 2 - b[0] ** 2), 1.5e-9 * (b[2] ** 2 - b[1] ** 2)], rel=1e-6)
    assert np.all(heat["c1"] == 0)
    assert np.all(moved["r1"] == 0)
    assert "v1" not in heat


def test_devices_take_what_sources_deliver():
    found = energy(CmosLIF())
    assert abs(found.closure) < 1e-5
    assert found.drift < 1e-6
    assert found.change < 1e-5
    assert sum(found.by_device.values()) == pytest.approx(found.energy, rel=1e-5)
    assert found.energy == pytest.approx(sum(found.sources.values())) == found.supply + found.input
    assert found.spike + found.ramp == pytest.approx(sum(found.by_device.values()))
    assert abs(found.by_device["cmem"]) < 1e-8 * found.energy
    assert found.power == pytest.approx(found.energy / found.period)


def test_the_ramp_costs_all_but_a_ten_thousandth():
    """M5 feeds M1 while the membrane rises: that is where the energy goes."""
    found = energy(CmosLIF())
    assert found.devices[:2] == ("m1", "m5")
    assert found.by_device["m1"] + found.by_device["m5"] > 0.999 * found.energy
    assert found.spike < 1e-4 * found.energy
    assert found.energy == pytest.approx(0.3367e-9, rel=1e-3)


def test_energy_converges():
    loose, tight = energy(CmosLIF(), rtol=1e-6), energy(CmosLIF(), rtol=1e-9)
    assert loose.energy == pytest.approx(tight.energy, rel=2e-5)
    assert abs(tight.closure) < abs(loose.closure) < 1e-4
    usual = energy(CmosLIF())
    assert usual.energy == pytest.approx(tight.energy, rel=5e-6)
    assert usual.spike == pytest.approx(tight.spike, rel=1e-4)
    moved = [dict(zip(e.devices, e.displacement, strict=True)) for e in (usual, tight)]
    for name in CmosLIF().transistors:  # small, and the charge model's own: not an error of the integral
        assert moved[0][name] == pytest.approx(moved[1][name], rel=1e-3)
        assert abs(moved[0][name]) < 0.02 * usual.spike


@NGSPICE
def test_energy_as_ngspice_sees_it():
    found = energy(CmosLIF())
    plan = Tran(1e-6, 3e-3, uic=True)
    got = tight_ngspice(CmosLIF().netlist.with_(analyses=(plan,)), 1e-7, reltol=1e-6)
    rises = crossings(got.time, got["vspk"], 0.5)
    inside = (got.time >= 0.5 * (rises[0] + rises[1])) & (got.time <= 0.5 * (rises[1] + rises[2]))
    supply = -np.trapezoid((got["vdd"] * got["i(vdd)"])[inside], got.time[inside])
    assert found.supply == pytest.approx(supply, rel=1e-4)
    drawn = np.trapezoid(10e-12 * got["vmem"][inside], got.time[inside])
    assert found.input == pytest.approx(drawn, rel=1e-3)


@pytest.mark.parametrize(
    "subject",
    [CmosLIF(topology="dynamic"), CmosLIF(card="n88y_ekv"), AxonHillock(), TwoCapacitorLIF()],
    ids=lambda s: f"{s.name}:{s.topology.name}:{s.card.name}",
)
def test_other_circuits_close_too(subject):
    found = energy(subject)
    assert abs(found.closure) < 1e-4
    assert found.change < 1e-4
    assert found.drift < 1e-4
    assert found.energy > 0
    assert np.all(found.conduction > -1e-4 * found.energy)


def test_a_higher_supply_and_current_are_the_papers_energy():
    """2.2 nJ and 14.7 uW are those of this circuit near 1.83 V and 97 pA, not of 1 V and 10 pA."""
    found = energy(CmosLIF(vdd=1.83), "97 pA")
    assert found.energy == pytest.approx(2.2e-9, rel=0.05)
    assert found.power == pytest.approx(14.7e-6, rel=0.08)


def test_flows_need_every_node_of_one_lane():
    cell = CmosLIF()
    trace = cell.simulate(nr.Step("10 pA"), 1e-5, samples=3)
    waves = {n: v[0] for n, v in trace.signals.items()}
    with pytest.raises(InputError, match="n1 was not recorded"):
        flows(cell.netlist, trace.time, {n: v for n, v in waves.items() if n != "n1"})
    with pytest.raises(InputError, match="2 lanes"):
        flows(replace(cell.netlist).set("m1", w=np.array([1e-6, 2e-6])), trace.time, waves)


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        (nr.Izhikevich(), "states no electrical power"),
        (CmosLIF(w=[0.7e-6, 0.8e-6]), "2 lanes"),
        (CmosLIF(without=("m4",)), "does not spike: after 1 spike"),
        (CmosLIF(without=("m6",)), "does not keep firing: after 68 spikes"),
        (CELLS["memristive_alif_circuit"](), r"has switches \(s1\)"),
    ],
)
def test_what_has_no_energy(subject, message):
    with pytest.raises(InputError, match=message):
        energy(subject)


@pytest.mark.parametrize("subject", [CmosLIF(), nr.LIF()], ids=lambda s: s.name)
def test_two_spikes_are_no_period(subject, monkeypatch):
    only = Period(subject.scales().input, start=1e-3, end=2e-3, first=1e-3, change=np.inf)
    monkeypatch.setattr(import_module("neuristor.experiments.energy"), "steady_period", lambda *_: only)
    with pytest.raises(InputError, match="only twice"):
        energy(subject)


def test_figure_and_table_hold_the_numbers():
    found = energy(CmosLIF())
    (figure,) = energy_figures(found)
    drawn = sum(v for trace in figure.data for v in trace["y"] if v is not None)
    assert drawn == pytest.approx(1e12 * found.energy, rel=1e-4)  # pJ; what is given back is not drawn
    rows = {row[0]: row for row in energy_table(found).rows}
    assert rows["vdd (source)"][1] == "336.7 pJ"
    assert rows["m1"][2].startswith("81.5")
    assert energy_figures(energy(nr.LIF())) == []
