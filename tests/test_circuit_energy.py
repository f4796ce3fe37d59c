"""Energy and charge of circuits: what sources deliver, what resistors turn to heat, what capacitors keep."""

from dataclasses import replace

import numpy as np
import pytest
from circuits_t2 import t2_netlist
from circuits_tools import CARDS, NGSPICE, cards, parse, run

from neuristor.circuits.compiled import Compiled
from neuristor.circuits.engines import native
from neuristor.circuits.engines.drive import make_drive
from neuristor.circuits.engines.operating_point import initial_state
from neuristor.circuits.netlist import GROUND, Element, Tran, Wave

FINE = {"rtol": 1e-8}


def island_charge(netlist, stop, island, times, rtol=1e-5):
    """Charge on a group of nodes at times, from the devices' own charges at the solver's solution (C, (n_times,)),
    and the sum of the sizes of its parts at the end."""
    c = Compiled(netlist)
    start, _ = initial_state(c, True, make_drive(c, stop, stop / 100))
    result = native.transient(
        c, stop, start, settings=native.Settings(rtol), recorded=range(c.n), times=np.asarray(times, dtype=float)
    )
    assert not result.failures
    x = np.zeros((c.rows, len(times)))
    x[: c.n] = result.signals[0]
    drive = make_drive(c, stop, stop / 100)
    for k, place in enumerate(drive.sources[:, 0]):
        x[(place - c.place[0]) // native.W] = drive.values(k, np.asarray(times, dtype=float))[0]
    total, size = np.zeros(len(times)), np.zeros(len(times))
    for group in c.groups:
        for i in group.instances:
            n = len(i.terminals)
            values = group.kernel.split.full({f"v{k}": x[t] for k, t in enumerate(i.terminals)}, i.values)
            for k, t in enumerate(i.terminals):
                if t in [c.index[node] for node in island]:
                    total += values[n + k]
                    size += np.abs(values[n + k])
    return total, size


def test_charging_a_capacitor_keeps_half():
    trace = run("v1 in 0 1\nr1 in out 1k\nc1 out 0 1n\n.tran 10n 40u uic", **FINE)
    assert trace.energy["v1"][0] == pytest.approx(1e-9, rel=1e-6)
    t, v = trace.time, trace.signals["out"][0]
    assert np.trapezoid((1 - v) ** 2 / 1e3, t) == pytest.approx(0.5e-9, rel=1e-4)
    assert 0.5e-9 * v[-1] ** 2 == pytest.approx(0.5e-9, rel=1e-6)


def test_heat_of_a_resistor_is_what_the_source_delivers():
    trace = run("v1 a 0 sin(0 1 1meg)\nr1 a b 1k\nr2 b 0 3k\n.tran 10n 3u", **FINE)
    assert trace.energy["v1"][0] == pytest.approx(0.5 / 4e3 * 3e-6, rel=1e-6)


def test_an_rlc_circuit_in_steady_state():
    trace = run("v1 in 0 1\nr1 in a 500\nl1 a out 1m\nc1 out 0 1n\n.tran 10n 200u uic", **FINE)
    assert trace.energy["v1"][0] == pytest.approx(1e-9, rel=1e-6)


@pytest.mark.parametrize(
    "body",
    [
        "v1 a 0 1\nr1 a 0 1k",
        "v1 0 a 1\nr1 a 0 1k",
        "v1 a b 1\nv2 b 0 2\nr1 a 0 1k\nr2 b 0 3k",
        "v1 b a 1\nv2 0 b 2\nr1 a 0 1k\nr2 b 0 3k",
        "v1 a b 1\nr1 a 0 1k\nr2 b 0 3k",
        "v1 a 0 2\ni1 a 0 1m\nr1 a 0 1k",
        "v1 a 0 2\ni1 0 a 5m\nr1 a 0 1k",
        "i1 a b 1m\nr1 a 0 1k\nr2 b 0 2k",
        "v1 a 0 2\nv2 b 0 1\nv3 a c 0.5\nr1 c b 1k\nr2 c 0 1k",
        "v1 a 0 2\ne1 b 0 a 0 3\nr1 b 0 1k\nr2 a b 1k",
        "v1 a 0 2\nf1 0 b v1 2\nr1 a 0 1k\nr2 b 0 1k\nh1 c 0 v1 500\nr3 c b 1k\ng1 b 0 a 0 1m",
    ],
)
@NGSPICE
def test_sign_of_energy_is_that_of_the_power_a_source_delivers(body):
    """Compared with ngspice; the sources' energies make up the heat."""
    text = body + "\n.tran 1u 1m"
    ours, theirs = run(text), run(text, engine="ngspice")
    assert set(ours.energy) == set(theirs.energy)
    for name, value in theirs.energy.items():
        assert ours.energy[name] == pytest.approx(value, rel=1e-6, abs=1e-15), name
    if not any(line[0] in "efgh" for line in body.splitlines()):
        netlist, volt = parse(text), {**{n: v[0, -1] for n, v in ours.signals.items()}, "0": 0.0}
        heat = sum(
            (volt[e.nodes[0]] - volt[e.nodes[1]]) ** 2 / e.params["r"] * 1e-3
            for e in netlist.elements.values()
            if e.kind == "r"
        )
        assert sum(e[0] for e in ours.energy.values()) == pytest.approx(heat, rel=1e-9)


@CARDS
def test_a_constant_source_delivers_its_voltage_times_the_charge():
    """The energy meter against the charge that a capacitor in series collects."""
    body = "v1 a 0 1.5\nr1 a b 10k\nm1 b g 0 0 nmos035 w=0.7u l=0.35u\nvg g 0 pulse(0 2 10n 1n 1n 20n 50n)\nc1 b 0 100f"
    trace = run(body + "\nfm 0 sum v1 -1\ncs sum 0 1p\n.tran 1n 500n uic", models=cards(), rtol=1e-7)
    collected = 1e-12 * trace.signals["sum"][0, -1]
    assert trace.energy["v1"][0] == pytest.approx(1.5 * collected, rel=1e-9)


@CARDS
def test_charge_sharing_through_a_transistor():
    """The charge of two capacitors and a transistor's channel between them stays when its gate opens and closes."""
    body = (
        "vg g 0 pulse(0 2.5 1n 1n 1n 20n 50n)\nm1 a g b 0 nmos035 w=2u l=0.35u\nca a 0 50f\ncb b 0 100f\n"
        ".ic v(a)=1 v(b)=0\n.tran 1n 1u uic"
    )
    total, size = island_charge(parse(body, cards()), 1e-6, "ab", np.linspace(0, 1e-6, 41))
    # junctions of the transistor leak less than 1e-21 C in this time
    assert np.max(np.abs(total - total[0])) < 1e-6 * size.max()


def floating(cycles, period=50e-9):
    """A transistor without junctions whose source, drain and bulk float as one island, its gate pulsed."""
    netlist = parse("m1 a g b x nmos035 w=2u l=0.35u\nca a 0 50f\ncb b x 20f\ncx x a 10f", cards())
    card = netlist.models["nmos035"]
    quiet = {**card.params, "js": 0.0, "jsw": 0.0}
    wave = Wave("pulse", (-1.0, 2.0, period / 10, period / 50, period / 50, 0.4 * period, period))
    return netlist.with_(
        models={**netlist.models, "nmos035": type(card)(card.name, card.kind, quiet)}, initial={"a": 0.3, "b": 0.1, "x": 0.0}
    ).add(Element("vg", "v", ("g", GROUND), {}, wave=wave))


@CARDS
def test_an_island_keeps_its_charge_over_a_thousand_pulses():
    times = np.linspace(0, 1000 * 50e-9, 201)
    total, size = island_charge(floating(1000), times[-1], "abx", times)
    assert np.max(np.abs(total[1:] - total[1])) < 1e-12 * size.max()


def gathered(netlist, **capacitors):
    """The netlist with the current of sources into capacitors of their own (F), voltages "q.NAME"."""
    for name, farad in capacitors.items():
        node = f"q.{name}"
        netlist = netlist.add(
            Element(f"f.{name}", "f", (GROUND, node), {"gain": -1.0}, control=name),
            Element(f"c.{name}", "c", (node, GROUND), {"c": farad}),
        )
    return netlist


@CARDS
@pytest.mark.slow
def test_charge_into_the_neuron_comes_out_over_a_thousand_spikes():
    """Its ground is a node with a source of its own; what three sources deliver sums to nothing, spike after spike."""
    neuron, current, stop = t2_netlist(i_in=10e-9), 10e-9, 0.87e-3
    elements = {
        k: replace(e, nodes=tuple("gnd" if n == GROUND else n for n in e.nodes)) if e.kind in "mc" else e
        for k, e in neuron.elements.items()
    }
    neuron = neuron.with_(elements=elements, analyses=(Tran(1e-6, stop, uic=True),))
    neuron = neuron.add(Element("vgnd", "v", ("gnd", GROUND), {"dc": 0.0}))
    trace = run(gathered(neuron, vdd=1e-12, vgnd=1e-12), spikes=["vspk@0.5"], record=["q.vdd", "q.vgnd"])
    assert len(trace.crossings["vspk"][0]) > 1000
    t, supply, ground = trace.time, trace.signals["q.vdd"][0], trace.signals["q.vgnd"][0]
    assert np.max(np.abs(supply + ground + current * t / 1e-12)) < 1e-12 * supply[-1]
    assert trace.energy["vdd"][0] == pytest.approx(1e-12 * supply[-1], rel=1e-12)
