"""Findings of `check`: each circuit with its exact findings, clean circuits with none."""

import os
from pathlib import Path

import numpy as np
import pytest
from circuits_t2 import t2_netlist

from neuristor.circuits.check import Finding, errors, report, require_sound, warnings
from neuristor.circuits.netlist import GROUND, Element, Netlist, Place
from neuristor.circuits.spice import parse_spice
from neuristor.errors import InputError

MODELS = ".model n nmos level=1 vto=0.5\n.model p pmos level=1 vto=-0.5\n"
INVERTER = (
    "m1 out in 0 0 n w=1u l=0.35u\nm2 out in vdd vdd p w=2u l=0.35u\nvdd vdd 0 1\nvin in 0 pulse(0 1 0 1n 1n 5n 10n)\n"
)
WELL = "m1 out in 0 {} n w=1u l=1u\nm2 out in vdd {} p w=2u l=1u\nvdd vdd 0 1\nvlow low 0 -1\nrlow low 0 1k\nvin in 0 0.5\n"
UIC = "\n.tran 1n 1u uic"
FINE = ".options chgtol=1e-19 abstol=1e-18 gmin=1e-18\n"

ERRORS = [  # body, line, what the sentence says
    # loops of voltage sources and inductors
    (
        "v1 a 0 1\nv2 a 0 2\nr1 a 0 1k",
        3,
        "v1 and v2 form a loop of voltage sources (nodes a and 0): nothing limits the current",
    ),
    ("v1 a 0 1\nv2 b a 1\nv3 b 0 1\nr1 b 0 1", 4, "v1, v2 and v3 form a loop of voltage sources (nodes a, 0 and b)"),
    ("v1 a 0 1\ne1 a 0 b 0 2\nr1 b 0 1", 3, "v1 and e1 form a loop of voltage sources"),
    ("v1 a 0 1\nh1 a 0 v2 2\nr1 b 0 1\nv2 b 0 1", 3, "v1 and h1 form a loop of voltage sources"),
    ("v1 a 0 1\nl1 a 0 1u", 3, "v1 and l1 form a loop of voltage sources and inductors (nodes a and 0)"),
    ("l1 a 0 1u\nr1 a 0 1\nl2 a 0 1u", 4, "l1 and l2 form a loop of inductors (nodes a and 0): nothing limits the current"),
    ("l1 a 0 1u\nr1 a 0 1\nl2 a 0 1u" + UIC, 4, "at DC, where an inductor is a short; put a resistor into the loop"),
    ("l1 a 0 1u\nl2 a b 1u\nl3 b 0 1u\nr1 b 0 1", 4, "l1, l2 and l3 form a loop of inductors (nodes a, 0 and b)"),
    ("v1 a a 1\nr1 a 0 1k", 2, "v1 is a voltage source with both ends on node a"),
    ("v1 a a 0\nr1 a 0 1k", 2, "both ends on node a: its current is undetermined"),
    ("l1 a a 1u\nr1 a 0 1k", 2, "l1 is an inductor with both ends on node a"),
    ("r1 a 0 1\n.subckt cell p\nv1 p 0 1\nv2 p 0 1\n.ends\nx1 a cell", 5, "x1.v1 and x1.v2 form a loop"),
    # no path to ground
    (
        "i1 0 a 1u\nc1 a 0 1p\n.op",
        2,
        "in an operating point the current of i1 has nowhere to go; connect a resistor, or start",
    ),
    ("i1 0 a 1u\nc1 a 0 1p\n.tran 1n 1u", 2, "node a has no DC path to ground (only i1 and c1): in an operating point"),
    ("i1 0 a 1u\nc1 a 0 1p\n.ic v(a)=0\n.tran 1n 1u\n.ac dec 10 1 1k", 2, "the current of i1 has nowhere to go"),
    (
        "v1 in 0 1\nc1 in a 1p\nc2 a 0 1p\n.op",
        3,
        "node a has no DC path to ground (only c1 and c2): its voltage is undetermined",
    ),
    ("i1 0 a 1u\nr1 a b 1k\nc1 b 0 1p\n.op", 2, "nodes a and b have no DC path to ground (only i1 and c1)"),
    ("v1 b 0 1\nr1 b 0 1\ng1 0 a b 0 1m\nc1 a 0 1p\n.op", 4, "the current of g1 has nowhere to go"),
    ("v1 b 0 1\nr1 b 0 1\nf1 0 a v1 1\nc1 a 0 1p\n.op", 4, "the current of f1 has nowhere to go"),
    ("v1 d 0 1\ni1 0 a 1u\nm1 d a 0 0 n w=1u l=1u\n.op\n" + MODELS, 3, "(only i1 and gate of m1)"),
    (
        "i1 0 a 1u\nr1 b 0 1k\ni2 0 b 1u" + UIC,
        2,
        "node a has no path to ground, so that the current of i1 has nowhere to go",
    ),
    ("v1 a b 1\nr1 a b 1k\nr2 c 0 1k\ni1 c 0 1" + UIC, 2, "nodes a and b have no connection to ground, so that nothing"),
    ("r1 c 0 1k\ne1 c 0 a 0 2" + UIC, 3, "node a has no connection to ground"),
    ("r1 c 0 1k\ns1 c 0 a 0 sw1\n.model sw1 sw vt=1", 3, "node a has no connection to ground"),
    # gates alone
    (
        "v1 d 0 1\nm1 d a 0 0 n w=1u l=1u\n" + MODELS,
        3,
        "node a connects to nothing but gates (gate of m1): nothing determines",
    ),
    (
        "v1 d 0 1\nm1 d a 0 0 n w=1u l=1u\nm2 d a 0 0 n w=1u l=1u" + UIC + "\n" + MODELS,
        3,
        "nothing but gates (gate of m1 and gate of m2): nothing determines its voltage",
    ),
    # no ground
    ("v1 a b 1\nr1 a b 1k", 2, "the circuit has no ground: connect a node that is named 0 or gnd"),
]
WARNINGS = [  # body, line, what the sentence says
    ("i1 0 a 1u\nc1 a 0 1p" + UIC, 2, "node a has no DC path to ground (only i1 and c1): its voltage keeps every error"),
    ("i1 0 a 1u\nc1 a 0 1p\n.ic v(a)=0\n.tran 1n 1u", 2, "no DC path to ground"),
    ("v1 d 0 1\nm1 d a 0 0 n w=1u l=1u\n.ic v(a)=1\n" + FINE + MODELS.split("\n")[0] + UIC, 3, "is that of .ic for ever"),
    ("v1 a 0 1\nr1 a b 1k", 3, "node b has a single connection, to r1: is its name right?"),
    ("v1 a 0 1\nr1 a 0 1k\nv2 b 0 1", 4, "node b has a single connection, to v2"),
    # sizes
    ("v1 a 0 1\nc1 a 0 1e-3", 3, "c1 has 1 mF, which is unusual: write u, n, p or f"),
    ("v1 a 0 1\nc1 a 0 0.5a", 3, "c1 has 0.5 aF, which is unusual"),
    ("v1 a 0 1\nr1 a 0 0.5m", 3, "r1 has 500 uOhm, which is unusual: m is milli and meg is mega"),
    ("v1 a 0 1\nr1 a 0 2e15", 3, "which is unusual"),
    ("v1 a 0 1\nm1 a a 0 0 n w=10 l=1u\n.model n nmos", 3, "m1 has w = 10 m, which is unusual: sizes are in metres"),
    ("v1 a 0 1\nm1 a a 0 0 n w=1u l=1n\n.model n nmos", 3, "m1 has l = 1e-09 m, which is unusual"),
    ("v1 a 0 1001\nr1 a 0 1k", 2, "v1 reaches 1.001 kV, which is unusual"),
    ("v1 a 0 sin(0 2k 50)\nr1 a 0 1k", 2, "v1 reaches 2 kV"),
    (".subckt cell p\nr1 p 0 0.1m\n.ends\nv1 a 0 1\nx1 a cell\nx2 a cell", 3, "x1.r1 has 100 uOhm"),
    # edges and steps
    ("v1 a 0 pulse(0 1 0 2n 1n 1n 10n)\nr1 a 0 1k", 2, "the rise time of its pulse, 2 ns, exceeds its width, 1 ns"),
    ("v1 a 0 pulse(0 1 0 1n 3n 2n 10n)\nr1 a 0 1k", 2, "the fall time of its pulse, 3 ns, exceeds its width, 2 ns"),
    ("v1 a 0 pulse(0 1 0 2u)\nr1 a 0 1k\n.tran 1n 1u", 2, "the rise time of its pulse, 2 us, exceeds the whole run, 1 us"),
    (
        "v1 a 0 pulse(0 1 0 1n 5n 9n 20n)\nr1 a 0 1k\n.tran 2n 1u",
        2,
        "the step of .tran, 2 ns, is longer than the fastest edge",
    ),
    ("v1 a 0 pwl(0 0 1n 0 1.5n 1)\nr1 a 0 1k\n.tran 1n 1u", 2, "the fastest edge, 500 ps of v1"),
    # options against the signal
    ("v1 a 0 1\nr1 a b 1meg\nc1 b 0 10f\n.tran 1n 1u", 4, "chgtol is not set, and SPICE's default of 10 fC is 100 % of the"),
    ("v1 a 0 1\nr1 a b 1meg\nc1 b 0 1p\n.tran 1n 1u\n.options chgtol=1e-13", 4, "the option chgtol = 100 fC is 10 % of the"),
    ("v1 a 0 1\nr1 a b 1meg\nc1 b 0 10f\n.tran 1n 1u", 4, "the charge of c1, 10 fF x 1 V = 10 fC"),
    ("v1 a 0 1\nr1 a b 1meg\nc1 b 0 10f\n.tran 1n 1u", 4, "set chgtol=1e-19"),
    ("v1 a 0 2\nm1 a a 0 0 n w=1u l=1u\n.model n nmos\n.tran 1n 1u", 3, "the charge of m1, 5 fF x 2 V = 10 fC"),
    ("i1 0 a 10p\nr1 a 0 1g\n.op", 2, "abstol is not set, and SPICE's default of 1 pA is 10 % of the current of i1, 10 pA"),
    ("i1 0 a 1n\nr1 a 0 1g\n.op\n.options abstol=1e-9", 2, "the option abstol = 1 nA is 100 % of the current of i1, 1 nA"),
    (
        "v1 d 0 0.6\ni1 0 a 10p\nd1 a 0 dd\nr1 d 0 1k\n.model dd d\n.options abstol=1e-16",
        3,
        "gmin is not set, and SPICE's default of 1 pS leaks 6 % of the current of i1, 10 pA",
    ),
    (
        "i1 0 a 1n\nd1 a 0 dd\n.model dd d\n.options gmin=1e-10",
        2,
        "the option gmin = 100 pS leaks 10 % of the current of i1, 1 nA, which may vanish: set gmin=1e-14",
    ),
    # what is without effect
    ("v1 a 0 1\nr1 a 0 1k\n.ic v(a)=0.5", 2, ".ic v(a)=0.5 is without effect: v1 holds the node at 1 V"),
    ("v1 a 0 1\nv2 b a pulse(0.5 1)\nr1 b 0 1k\n.ic v(b)=0", 3, "v2 holds the node at 1.5 V"),
    ("v1 a 0 1\nr1 a 0 1k\n.model dd d", 4, "no element uses the model 'dd'"),
    # bulks
    (
        WELL.format("vdd", "vdd") + MODELS,
        2,
        "the bulk of m1 (nmos) is on node vdd at 1 V, but the lowest supply is node 0 at 0 V",
    ),
    (
        WELL.format("0", "0") + MODELS,
        3,
        "the bulk of m2 (pmos) is on node 0 at 0 V, but the highest supply is node vdd at 1 V",
    ),
    (WELL.format("0", "in2") + "r2 in2 vdd 1\n" + MODELS, 3, "the bulk of m2 is on node in2, which no supply holds"),
]
CLEAN = {
    "rc": "v1 in 0 pulse(0 1 0 1n 1n 5n 10n)\nr1 in out 1k\nc1 out 0 1p\n.tran 0.1n 100n\n.ac dec 10 1 1g",
    "rlc": "v1 in 0 sin(0 1 1k)\nr1 in a 1k\nl1 a out 1u\nc1 out 0 1u\n.tran 1u 10m",
    "inverter": INVERTER + "c1 out 0 1p\n.tran 0.1n 100n\n.dc vin 0 1 0.1\n" + MODELS,
    "ring oscillator": ".subckt inv in out vdd\nm1 out in 0 0 n w=1u l=0.35u\nm2 out in vdd vdd p w=2u l=0.35u\n.ends\n"
    "x1 a b vdd inv\nx2 b c vdd inv\nx3 c a vdd inv\nvdd vdd 0 1\n.ic v(a)=0\n.tran 1p 10n uic\n" + FINE + MODELS,
    "negative supply": WELL.format("low", "vdd") + MODELS,
    "two supplies": INVERTER + "v33 high 0 3.3\nm3 far out high high p w=1u l=1u\nr3 far 0 1meg\n" + MODELS,
    "source follower in its own well": "m1 0 in out out p w=1u l=1u\ni1 0 out 1u\nvin in 0 0.5\nvdd vdd 0 1\nr1 vdd 0 1k\n"
    ".model p pmos",
    "integrator with an amplifier": "v1 in 0 1\nr1 in x 1k\nc1 x out 1u\ne1 out 0 0 x 1e6\nr2 out 0 1k\n.op",
    "conductance of a controlled source": "i1 0 a 1u\ng1 a 0 a 0 1m\n.op",
    "gyrator": "i1 0 a 1u\ng1 a 0 b 0 1m\ng2 0 b a 0 1m\nc1 b 0 1u\nr1 a 0 1k\n.op",
    "resistance of a controlled source": "r1 a 0 1k\nv1 a 0 1\nh1 a 0 v1 50\n.op",
    "measured output": "v1 a 0 1\nr1 a b 1k\n.tran 1n 1u\n.meas tran x max v(b)",
    "starts where its source holds it": "v1 a 0 1\nr1 a 0 1k\n.ic v(a)=1\n.tran 1n 1u uic",
}


def circuit(body):
    return parse_spice(f"title\n{body}\n")


@pytest.mark.parametrize(("body", "line", "sentence"), ERRORS, ids=lambda x: str(x)[:40])
def test_errors(body, line, sentence):
    netlist = circuit(body)
    found = errors(netlist)
    assert len(found) == 1, [str(f) for f in found]
    assert found[0].severity == "error"
    assert str(found[0]).startswith(f"<text>:{line}: ")
    assert sentence in found[0].sentence, str(found[0])
    assert len(str(found[0])) < 300
    with pytest.raises(InputError) as caught:
        require_sound(netlist, needs_op=True)
    assert str(caught.value) == str(found[0])


@pytest.mark.parametrize(("body", "line", "sentence"), WARNINGS, ids=lambda x: str(x)[:40])
def test_warnings(body, line, sentence):
    netlist = circuit(body)
    assert not errors(netlist)
    found = warnings(netlist)
    hits = [f for f in found if sentence in f.sentence]
    assert len(hits) == 1, [str(f) for f in found]
    assert hits[0].severity == "warning"
    assert str(hits[0]).startswith(f"<text>:{line}: ")
    assert len(str(hits[0])) < 300


@pytest.mark.parametrize("name", CLEAN)
def test_clean_circuits(name):
    netlist = circuit(CLEAN[name])
    assert report(netlist) == []
    require_sound(netlist, needs_op=not any(getattr(a, "uic", False) for a in netlist.analyses))


def test_all_errors_come_with_their_places():
    netlist = circuit("v1 a 0 1\nv2 a 0 2\nr1 b 0 1\nr2 a 0 1e-9\ni1 0 c 1u\n.op")
    assert [(f["severity"], f["file"], f["line"]) for f in report(netlist)] == [
        ("error", "<text>", 3),
        ("error", "<text>", 6),
        ("warning", "<text>", 4),
        ("warning", "<text>", 5),
    ]


def test_without_an_operating_point_charge_and_inductors_are_enough():
    for body in ("i1 0 a 1u\nc1 a 0 1p", "v1 a 0 1\nl1 a 0 1u", "v1 a 0 1\nr1 a 0 1\nc1 a b 1p\nc2 b 0 1p"):
        netlist = circuit(body)
        require_sound(netlist, needs_op=False)
        with pytest.raises(InputError, match=r"^<text>:[234]: "):
            require_sound(netlist, needs_op=True)


def test_a_held_node_needs_no_path_in_the_operating_point_of_a_transient():
    require_sound(circuit("i1 0 a 1u\nc1 a 0 1p\n.ic v(a)=0\n.tran 1n 1u"), needs_op=True)


def test_circuits_that_no_text_gives():
    assert [str(f) for f in errors(Netlist())] == ["the circuit has no elements"]
    assert report(Netlist()) == [
        {"severity": "error", "file": None, "line": None, "sentence": "the circuit has no elements"}
    ]
    r = Element("r1", "r", ("a", GROUND), {"r": 1e3})
    f = Element("f1", "f", ("a", GROUND), {"gain": 1.0}, control="vx", place=Place("x.cir", 7))
    v = Element("vy", "v", ("a", GROUND), {"dc": 1.0})
    d = Element("d1", "d", ("a", GROUND), model="dd")
    assert [str(f) for f in errors(Netlist().add(r, v, f, d))] == [
        "x.cir:7: f1 is controlled by the current of a voltage source 'vx', which does not exist (did you mean 'vy'?)",
        "d1: there is no model 'dd'",
    ]
    assert str(Finding("warning", None, "so it is")) == "so it is"


def test_lanes_are_looked_at_one_by_one():
    netlist = circuit("v1 a 0 1\nr1 a 0 1k\ni1 0 a 1u\n.op")
    lanes = netlist.set("r1", r=np.array([1e3, 1e-6])).set("i1", dc=np.array([0.0, 1e-6])).set("v1", dc=np.array([1.0, 2e3]))
    assert [f.sentence.split(",")[0] for f in warnings(lanes)] == ["r1 has 1 uOhm", "v1 reaches 2 kV"]


def test_libraries_may_offer_more_than_is_used(tmp_path):
    (tmp_path / "all.lib").write_text(MODELS)
    text = "t\n.include all.lib\nv1 a 0 1\nm1 a a 0 0 n w=1u l=1u\n"
    assert not report(parse_spice(text, folder=tmp_path))
    assert len(report(parse_spice(text.replace(".include all.lib\n", MODELS)))) == 1


def test_long_lists_are_cut():
    body = "i1 0 a0 1u\nc1 a0 0 1n\n" + "".join(f"r{k} a{k} a{k + 1} 1k\n" for k in range(9)) + "c2 a9 0 1n" + UIC
    assert [f.sentence.startswith("nodes a0, a1, a2, a3 and 6 more have no DC path") for f in warnings(circuit(body))] == [
        True
    ]


def test_large_circuits_take_a_moment():
    body = "".join(f"r{k} n{k} n{k + 1} 1k\nc{k} n{k} 0 1p\n" for k in range(20_000))
    assert not errors(circuit(body + "v1 n0 0 1\nrlast n20000 0 1k\n"))


@pytest.mark.skipif(
    not (Path(os.environ.get("NEURISTOR_DATA", "/nowhere")) / "models").is_dir(), reason="no model cards in NEURISTOR_DATA"
)
def test_the_ten_transistor_neuron():
    neuron = t2_netlist()
    chosen = neuron.with_(options={"chgtol": 1e-19, "abstol": 1e-16, "gmin": 1e-16, "reltol": 1e-4})
    assert report(chosen) == []
    require_sound(chosen, needs_op=False)
    found = [f.sentence for f in warnings(neuron)]
    assert [s.split()[0] for s in found] == ["chgtol", "abstol", "gmin"]
    assert "100 % of the charge of cmem, 10 fF x 1 V" in found[0]
    assert found[0].endswith("set chgtol=1e-19")
    assert "leaks 10 % of the current of iin, 10 pA" in found[2]
    assert found[2].endswith("set gmin=1e-16")
    default = neuron.with_(options={"chgtol": 1e-14, "abstol": 1e-12, "gmin": 1e-12})
    assert [f.sentence.split()[2] for f in warnings(default)] == ["chgtol", "abstol", "gmin"]
