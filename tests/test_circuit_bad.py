"""Circuits that cannot be solved: one sentence, never a traceback of the solver and never a hang."""

import numpy as np
import pytest
from circuits_tools import parse

from neuristor.circuits import analyses
from neuristor.circuits.netlist import Netlist
from neuristor.errors import InputError

NO_POINT = {
    "two sources on a node": "v1 a 0 1\nv2 a 0 2\nr1 a 0 1k",
    "loop of sources": "v1 a 0 1\nv2 b a 1\nv3 b 0 3\nr1 b 0 1k",
    "loop of floating sources": "v1 a b 1\nv2 b c 1\nv3 c a 1\nr1 a 0 1k",
    "controlled source in a loop": "v1 a 0 1\ne1 a 0 b 0 2\nr1 a b 1k\nr2 b 0 1k",
    "current without a way": "i1 0 a 1m\nr1 b 0 1k\nv1 b 0 1",
    "two currents in series": "v1 b 0 1\nr1 b 0 1k\ni1 b a 1m\ni2 a 0 2m",
    "current into a capacitor": "i1 0 a 1m\nc1 a 0 1n",
    "floating node": "v1 a 0 1\nr1 a 0 1k\nr2 b c 1k\nr3 b c 2k",
    "loop of inductors": "v1 a 0 1\nr1 a b 1\nl1 b 0 1m\nl2 b 0 2m",
    "inductor across a source": "v1 a 0 1\nl1 a 0 1m\nr1 a 0 1k",
    "source on one node": "v1 a a 1\nr1 a 0 1k",
    "no ground": "v1 a b 1\nr1 a b 1k",
    "singular by value": "v1 a 0 1\nr1 a b 1k\nr2 b 0 1k\ng1 b 0 b 0 -2m",
    "gain of one upon itself": "v1 a 0 1\nr1 a b 1k\ne1 b 0 b 0 1",
}


def test_nothing_at_all():
    for ask in (analyses.op, lambda n: analyses.tran(n, 1e-6)):
        with pytest.raises(InputError):
            ask(Netlist())


def refused(ask, netlist):
    """Whether an analysis ends in one sentence: an InputError, or failures of lanes."""
    try:
        return bool(ask(netlist).failures)
    except InputError as error:
        return "\n" not in str(error) and 10 < len(str(error)) < 400


@pytest.mark.parametrize("name", NO_POINT)
@pytest.mark.timeout(60)
def test_no_operating_point(name):
    assert refused(analyses.op, parse(NO_POINT[name]))


@pytest.mark.parametrize("name", NO_POINT)
@pytest.mark.timeout(60)
def test_no_transient_from_an_operating_point(name):
    assert refused(analyses.tran, parse(NO_POINT[name] + "\n.tran 1n 1u"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("two sources on a node", ("v1", "v2")),
        ("current without a way", ("node a", "i1")),
        ("floating node", ("node b", "nodes b")),
        ("loop of inductors", ("l1", "l2")),
    ],
)
def test_the_sentence_names_what_is_wrong(name, words):
    with pytest.raises(InputError) as error:
        analyses.op(parse(NO_POINT[name]))
    assert any(word in str(error.value) for word in words)


@pytest.mark.parametrize("name", NO_POINT)
def test_small_signals_and_sweeps_refuse_as_well(name):
    body = NO_POINT[name]
    source = next(line.split()[0] for line in body.splitlines() if line[0] in "vi")
    with pytest.raises(InputError):
        analyses.ac(parse(f"{body}\n.ac dec 1 1 10"))
    assert refused(analyses.dc, parse(f"{body}\n.dc {source} 0 1 0.5"))


@pytest.mark.timeout(60)
def test_lanes_that_cannot_be_solved_do_not_spoil_the_others():
    """A negative conductance that grows without bound in one lane."""
    gains = np.array([1e-4, -20e-3, 1e-3])
    netlist = parse("i1 0 a 1u\nr1 a 0 1k\nc1 a 0 1n\ng1 a 0 a 0 1m\n.ic v(a)=0\n.tran 1u 1m uic").set("g1", gain=gains)
    trace = analyses.tran(netlist, samples=11)
    assert [f.lane for f in trace.failures] == [1]
    for lane in (0, 2):
        np.testing.assert_allclose(trace.signals["a"][lane, -1], 1e-6 / (1e-3 + gains[lane]), rtol=1e-6)


@pytest.mark.timeout(60)
def test_a_diode_that_explodes_does_not_hang():
    got = analyses.op(parse("v1 a 0 1000\nd1 a 0 d1", ".model d1 d(is=1e-14)"))
    assert got.failures or np.isfinite(got["i(v1)"][0])


@pytest.mark.timeout(60)
def test_a_resistance_of_zero_is_refused():
    with pytest.raises(InputError):
        analyses.op(parse("v1 a 0 1\nr1 a b 0\nr2 b 0 1k"))
