"""SPICE text to netlists and back: every element, card and model, hierarchical names, what ngspice makes of the text."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor.circuits.netlist import (
    KINDS,
    Ac,
    Crossing,
    Dc,
    Element,
    Measure,
    Model,
    Netlist,
    Noise,
    Op,
    Place,
    Signal,
    Sweep,
    Tran,
    Wave,
)
from neuristor.circuits.spice import parse_spice, read_spice, write_spice
from neuristor.circuits.spice.expressions import parse_expression, read_number
from neuristor.errors import InputError


def bare(netlist: Netlist) -> Netlist:
    """Without places, which a round trip changes."""
    return replace(
        netlist,
        elements={k: replace(e, place=None) for k, e in netlist.elements.items()},
        models={k: replace(m, place=None) for k, m in netlist.models.items()},
        measures=tuple(replace(m, place=None) for m in netlist.measures),
    )


def only(line: str, more: str = "") -> Element:
    """The first element of a circuit with this line."""
    netlist = parse_spice(f"title\n{line}\n{more}")
    return replace(next(iter(netlist.elements.values())), place=None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10pF", 10e-12),
        ("0.7u", 0.7e-6),
        ("1kohm", 1e3),
        ("1MEG", 1e6),
        ("1.5megohm", 1.5e6),
        ("3m", 3e-3),
        ("-2.5e-3V", -2.5e-3),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1e3k", 1e6),
        ("2mil", 50.8e-6),
        ("1T", 1e12),
        ("1g", 1e9),
        ("7n", 7e-9),
        ("8f", 8e-15),
        ("9a", 9e-18),
        ("2µ", 2e-6),
        ("3V", 3.0),
        ("50Hz", 50.0),
        ("0.35um", 0.35e-6),
        ("4ms", 4e-3),
        ("abc", None),
        ("", None),
        ("1e", "is no suffix"),
        ("10pp", "is no suffix"),
        ("1Mohm", "write meg"),
        ("1e400", "too large"),
    ],
)
def test_numbers(text, value):
    if isinstance(value, str):
        with pytest.raises(InputError, match=value):
            read_number(text)
    else:
        assert read_number(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("6/2*3", 9),
        ("7-2-1", 4),
        ("2**3", 8),
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("2*-3", -6),
        ("2*3**2", 18),
        ("--3", 3),
        ("1k*2u", 1e3 * 2e-6),
        ("a > b ? 10 : 20", 20),
        ("a < b ? b < a ? 1 : 2 : 3", 2),
        ("a == 3 ? 1/(a-3) : 5", 5),
        ("!(a==b) && 1 || 0", 1),
        ("a >= 2 && b <= 5", 1),
        ("a != b", 1),
        ("sqrt(a*8)+abs(-b)", 9),
        ("ln(exp(2))", 2),
        ("log(exp(1))", 1),
        ("log10(1meg)", 6),
        ("min(a,b)", 2),
        ("max(1,b,3)", 5),
        ("pow(-2,3)", -8),
        ("pwr(-2,3)", 8),
        ("sin(pi/2)+cos(0)+tan(0)+atan(0)", 2),
        ("sinh(0)+cosh(0)+tanh(0)", 1),
        ("floor(-2.5)+ceil(2.1)+int(-2.5)", -2),
        ("sgn(-4)+sgn(0)", -1),
        ("A*B", 10),
    ],
)
def test_expressions(text, value):
    assert parse_expression(text).value({"a": 2.0, "b": 5.0, "pi": np.pi}.__getitem__) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("line", "element"),
    [
        ("R1 A gnd 1k", Element("r1", "r", ("a", "0"), {"r": 1e3})),
        ("r1 a 0 r={2*3}", Element("r1", "r", ("a", "0"), {"r": 6.0})),
        ("r1 a 0 -1k", Element("r1", "r", ("a", "0"), {"r": -1e3})),
        ("c1 a b 0", Element("c1", "c", ("a", "b"), {"c": 0.0})),
        ("c1 a b 10p ic=0.5", Element("c1", "c", ("a", "b"), {"c": 10e-12, "ic": 0.5})),
        ("c1 a b 1e-3", Element("c1", "c", ("a", "b"), {"c": 1e-3})),
        ("c1 a b 1.0", Element("c1", "c", ("a", "b"), {"c": 1.0})),
        ("c1 a b wn", Element("c1", "c", ("a", "b"), {"c": 1e-6})),
        ("c1 a b 1f", Element("c1", "c", ("a", "b"), {"c": 1e-15})),
        ("l1 a b 1uH ic=1m", Element("l1", "l", ("a", "b"), {"l": 1e-6, "ic": 1e-3})),
        ("v1 a 0 5", Element("v1", "v", ("a", "0"), {"dc": 5.0})),
        ("v1 a 0 dc=5 ac 2 90", Element("v1", "v", ("a", "0"), {"dc": 5.0, "acmag": 2.0, "acphase": 90.0})),
        ("v1 a 0 ac", Element("v1", "v", ("a", "0"), {"acmag": 1.0})),
        ("i1 a 0 10pA", Element("i1", "i", ("a", "0"), {"dc": 10e-12})),
        ("v1 a 0 pulse(0 1)", Element("v1", "v", ("a", "0"), wave=Wave("pulse", (0.0, 1.0)))),
        (
            "v1 a 0 PULSE ( 0, 1, 0, 1n, 1n, 5u, 10u ) dc 1",
            Element("v1", "v", ("a", "0"), {"dc": 1.0}, wave=Wave("pulse", (0.0, 1.0, 0.0, 1e-9, 1e-9, 5e-6, 10e-6))),
        ),
        ("v1 a 0 sin 0 1 1k ac 1", Element("v1", "v", ("a", "0"), {"acmag": 1.0}, wave=Wave("sin", (0.0, 1.0, 1e3)))),
        ("i1 a 0 exp(0 1n 0 1u 3 2)", Element("i1", "i", ("a", "0"), wave=Wave("exp", (0.0, 1e-9, 0.0, 1e-6, 3.0, 2.0)))),
        ("i1 a 0 pwl(0 0 1u {2*3n})", Element("i1", "i", ("a", "0"), wave=Wave("pwl", (0.0, 0.0, 1e-6, 6e-9)))),
        ("e1 a 0 b c 10", Element("e1", "e", ("a", "0", "b", "c"), {"gain": 10.0})),
        ("g1 a 0 b c gain=1m", Element("g1", "g", ("a", "0", "b", "c"), {"gain": 1e-3})),
        ("f1 a 0 VX 2", Element("f1", "f", ("a", "0"), {"gain": 2.0}, control="vx")),
        ("h1 a 0 vx 2k", Element("h1", "h", ("a", "0"), {"gain": 2e3}, control="vx")),
        ("s1 a b c d sm ON", Element("s1", "s", ("a", "b", "c", "d"), {"on": 1.0}, model="sm")),
        ("s1 a b c d sm off", Element("s1", "s", ("a", "b", "c", "d"), {"on": 0.0}, model="sm")),
        ("s1 a b c d sm", Element("s1", "s", ("a", "b", "c", "d"), model="sm")),
        ("d1 a 0 dm 2 m=3", Element("d1", "d", ("a", "0"), {"m": 3.0, "area": 2.0}, model="dm")),
        ("d1 a 0 dm area='1+1'", Element("d1", "d", ("a", "0"), {"area": 2.0}, model="dm")),
        ("m1 d g s b NM w=1u l=0.35u", Element("m1", "m", ("d", "g", "s", "b"), {"w": 1e-6, "l": 0.35e-6}, model="nm")),
        (
            "m1 d g s b nm w=wn l=2*wn ad=1p as=1p pd=4u ps=4u nrd=0.1 nrs=0.1 m=2 delvt0=1m mulu0=0.9",
            Element(
                "m1", "m", ("d", "g", "s", "b"),
                {"w": 1e-6, "l": 2e-6, "ad": 1e-12, "as": 1e-12, "pd": 4e-6, "ps": 4e-6, "nrd": 0.1, "nrs": 0.1, "m": 2.0,
                 "delvto": 1e-3, "mulu0": 0.9}, model="nm",
            ),
        ),
    ],
)  # fmt: skip
def test_elements(line, element):
    more = ".model sm sw vt=0.5\n.model dm d is=1f\n.model nm nmos level=1\n.param wn=1u\nvx x 0 0\n"
    assert only(line, more) == element


def test_models_keep_every_parameter():
    netlist = parse_spice(
        "t\n.param v0=0.4\n.model A nmos (LEVEL = 49 ; level\n+ version=3.3.0 vth0={v0+0.1})\n"
        '.model b PMOS level=54 version=4.7 binunit = 1 vth0=-v0\n.model c d(is=1e-14 n=1.05 mfg=Maker)\n'
        '.model s sw(vt=0.5 vh=0.1 ron=1k roff=1g)\n.model e nmos\n'
    )  # fmt: skip
    assert netlist.models == {
        "a": Model("a", "nmos", {"level": 49.0, "version": "3.3.0", "vth0": 0.5}, Place("<text>", 3)),
        "b": Model("b", "pmos", {"level": 54.0, "version": 4.7, "binunit": 1.0, "vth0": -0.4}, Place("<text>", 5)),
        "c": Model("c", "d", {"is": 1e-14, "n": 1.05, "mfg": "Maker"}, Place("<text>", 6)),
        "s": Model("s", "sw", {"vt": 0.5, "vh": 0.1, "ron": 1e3, "roff": 1e9}, Place("<text>", 7)),
        "e": Model("e", "nmos", {}, Place("<text>", 8)),
    }
    assert [m.level for m in netlist.models.values()][:2] == [49, 54]


def test_parameters_in_any_order():
    netlist = parse_spice("t\nr1 a 0 {c}\n.param c='b*2', b = a + 1 a={3}\n.param d=c>7?1:2\nr2 a 0 d\n")
    assert [e.params["r"] for e in netlist.elements.values()] == [8.0, 1.0]
    chain = " ".join(f"a{i}=a{i + 1}+1" for i in range(3000))
    assert only("r1 a 0 a0", f".param {chain} a3000=1").params["r"] == 3001


HIERARCHY = """* two levels, local models and parameters
.global vdd
.param wn=1u
vdd vdd 0 3.3
vin in 0 pulse(0 3.3 1u 1n 1n 5u 10u)
.subckt inv a y params: w={wn} ratio=2
.param wp={w*ratio}
.model loc nmos level=1 vto={vt} kp=100u
.param vt=0.5
mn y a 0 0 loc w=w l=1u
mp y a vdd vdd p w={wp} l=1u
r1 y inner 1k
c1 inner gnd 10f ic=0
.ends inv
.subckt buffer a y
.subckt load n
r1 n 0 100k
vm n far 0
r2 far 0 1meg
fm n 0 vm 0.5
.ends
x1 a m inv
x2 m y inv params: ratio=3 w={2*wn}
xl y load
.ic v(m)=1
.ends
.model p pmos level=1 vto=-0.6 kp=40u
x1 in out buffer
x2 out out2 inv w=3u
.tran 10n 20u
.meas tran delay trig v(in) val=1.65 rise=1 targ v(out) val=1.65 rise=1
.meas tran mean avg v(out) from=1u to=11u
.meas tran high max v(x1.m)
.meas tran late find v(out2) at=4u
.meas tran cross when v(x1.x2.inner)=1.65 fall=last
.meas tran charge integ i(vdd) from=0 to=20u
.end
"""


def test_hierarchy_is_flattened():
    netlist = parse_spice(HIERARCHY)
    e = netlist.elements
    assert list(e)[:6] == ["vdd", "vin", "x1.x1.mn", "x1.x1.mp", "x1.x1.r1", "x1.x1.c1"]
    assert e["x1.x2.mn"].nodes == ("out", "x1.m", "0", "0")
    assert e["x1.x1.mp"].nodes == ("x1.m", "in", "vdd", "vdd")
    assert e["x1.x1.c1"].nodes == ("x1.x1.inner", "0")
    assert (e["x1.x1.mn"].model, e["x1.x1.mp"].model) == ("x1.x1.loc", "p")
    assert [e[f"{x}.mn"].params["w"] for x in ("x1.x1", "x1.x2", "x2")] == [1e-6, 2e-6, 3e-6]
    assert [e[f"{x}.mp"].params["w"] for x in ("x1.x1", "x1.x2", "x2")] == pytest.approx([2e-6, 6e-6, 6e-6], rel=1e-15)
    assert e["x1.xl.fm"].control == "x1.xl.vm"
    assert netlist.initial == {"x1.m": 1.0}
    assert netlist.models["x1.x1.loc"].params["vto"] == 0.5
    assert e["x1.x1.mn"].place == Place("<text>", 10)


def test_parameters_of_the_caller_are_seen_inside_as_in_ngspice():
    netlist = parse_spice(
        "t\n.param r=1k\n.subckt in a\nr1 a 0 r\n.ends\n.subckt out a params: r=2k\nx1 a in\n.ends\nx1 a out"
    )
    assert netlist.elements["x1.x1.r1"].params["r"] == 2e3


def test_cards():
    netlist = parse_spice(
        "t\nv1 in 0 1\nr1 in out 1k\nc1 out 0 1p\ni1 0 out 0\n.ic v(out)=0.5 V(IN)={1/2}\n.nodeset v(out)=1\n"
        ".options RELTOL=1e-4 method=Gear noacct\n.option abstol=1p\n.temp 50\n"
        ".op\n.dc v1 0 1 0.1\n.dc v1 0 1 0.1 temp -40 125 5\n.dc i1 1n -1n -0.1n\n.tran 1n 1u\n.tran 1n 1u 0.5u 2n UIC\n"
        ".ac dec 10 1 1meg\n.noise v(out,in) v1 lin 5 1 1k\n.print tran v(out) v(in,out) i(v1)\n"
        ".plot v(out)\n.save all v(in)\n.probe v(in)\n.backanno\n"
    )  # fmt: skip
    assert netlist.initial == {"out": 0.5, "in": 0.5}
    assert netlist.nodeset == {"out": 1.0}
    assert netlist.options == {"reltol": 1e-4, "method": "gear", "noacct": "", "abstol": 1e-12}
    assert netlist.temperature == 50.0
    sweep = Sweep("v1", 0.0, 1.0, 0.1)
    assert netlist.analyses == (
        Op(), Dc((sweep,)), Dc((sweep, Sweep("temp", -40.0, 125.0, 5.0))), Dc((Sweep("i1", 1e-9, -1e-9, -1e-10),)),
        Tran(1e-9, 1e-6), Tran(1e-9, 1e-6, 0.5e-6, 2e-9, True), Ac("dec", 10, 1.0, 1e6),
        Noise("out", "in", "v1", "lin", 5, 1.0, 1e3),
    )  # fmt: skip
    assert parse_spice("t\nr1 a 0 1\n.options temp=85").temperature == 85.0


IN, OUT = Signal("v", "in"), Signal("v", "out")


@pytest.mark.parametrize(
    ("card", "measure"),
    [
        (
            "trig v(in) val=0.5 rise=1 targ v(out) val='1/4' td=1n fall=last",
            {"kind": "trig_targ", "trigger": Crossing(IN, 0.5, "rise"), "target": Crossing(OUT, 0.25, "fall", -1, 1e-9)},
        ),
        (
            "trig at=1u targ v(out,in)=0.5 cross=3",
            {
                "kind": "trig_targ",
                "trigger": Crossing(None, at=1e-6),
                "target": Crossing(Signal("v", "out", "in"), 0.5, "cross", 3),
            },
        ),
        ("find v(out) when v(in)=0.5 fall=2", {"kind": "find", "signal": OUT, "target": Crossing(IN, 0.5, "fall", 2)}),
        ("find i(v1) at=2u", {"kind": "find", "signal": Signal("i", "v1"), "target": Crossing(None, at=2e-6)}),
        ("when v(out)=0.1", {"kind": "when", "target": Crossing(OUT, 0.1)}),
        ("integral i(v1) from=1u to=2u", {"kind": "integ", "signal": Signal("i", "v1"), "start": 1e-6, "stop": 2e-6}),
        ("pp v(out)", {"kind": "pp", "signal": OUT}),
        ("rms v(out) to=1u", {"kind": "rms", "signal": OUT, "stop": 1e-6}),
    ],
)
def test_measures(card, measure):
    netlist = parse_spice(f"t\nv1 in 0 1\nr1 in out 1k\nc1 out 0 1p\n.measure TRAN Name {card}\n")
    assert netlist.measures[0] == Measure("name", "tran", place=Place("<text>", 5), **measure)


def test_comments_continuations_and_title():
    text = "\ufeff** The title \r\nr1 a $ first\r\n\r\n* between\r\n+ 0 ; second\r\n  + 1k\r\nr2 a 0 {1k} $\n.END\n* after"
    netlist = parse_spice(text)
    assert netlist.title == "The title"
    assert netlist.elements["r1"] == Element("r1", "r", ("a", "0"), {"r": 1e3}, place=Place("<text>", 2))
    assert netlist.elements["r2"].place == Place("<text>", 7)
    assert parse_spice("R1 test circuit of mine\nr1 a 0 1").title == "R1 test circuit of mine"


def test_includes_and_sections(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "inner.inc").write_text("r2 b 0 2k\n")
    (tmp_path / "lib" / "outer.inc").write_text("r1 a b 1k\n.include inner.inc\n.end\n")
    (tmp_path / "corners.lib").write_text(
        ".lib tt\n.param v=1\n.lib 'corners.lib' common\n.endl tt\n.lib ff\n.param v=2\n.endl\n"
        ".lib common\n.param u={v+1}\n.endl common\n"
    )
    file = tmp_path / "top.cir"
    file.write_text("title\n.include \"lib/outer.inc\"\n.lib corners.lib TT\nr3 a 0 {u}\n.lib 'lib/more.lib'\n")
    (tmp_path / "lib" / "more.lib").write_text("r4 a 0 4\n")
    netlist = read_spice(file)
    assert {n: e.params["r"] for n, e in netlist.elements.items()} == {"r1": 1e3, "r2": 2e3, "r3": 2.0, "r4": 4.0}
    assert str(netlist.elements["r2"].place) == "inner.inc:1"
    assert str(netlist.elements["r3"].place) == "top.cir:4"


def test_pwl_from_a_file(tmp_path):
    (tmp_path / "x.csv").write_text("# made by hand\ntime (s),current (A)\n0, 0\n1e-6, 1e-9 # up\n\n2e-6;0\n")
    for card in ('pwl file="x.csv"', "PWL(file=x.csv)", "pwl file='x.csv' ac 1"):
        element = parse_spice(f"t\ni1 a 0 {card}\n", folder=tmp_path).elements["i1"]
        assert element.wave == Wave("pwl", (0.0, 0.0, 1e-6, 1e-9, 2e-6, 0.0))


@pytest.mark.skipif("NEURISTOR_DATA" not in os.environ, reason="set NEURISTOR_DATA")
def test_a_foundry_card_is_read_with_every_parameter():
    path = Path(os.environ["NEURISTOR_DATA"]) / "models" / "tsmc035_n88y_v33.lib"
    netlist = read_spice(path)
    for kind, text in zip(("nmos", "pmos"), path.read_text().split(".MODEL")[1:], strict=True):
        model = netlist.models[f"{kind}035"]
        written = {k.lower(): v for k, v in re.findall(r"(\w+)\s*=\s*([^\s()]+)", text)}
        assert model.kind == kind
        assert model.level == 49
        assert model.params == {k: v if k == "version" else float(v) for k, v in written.items()}
        assert len(written) == 94
    assert bare(parse_spice(write_spice(netlist))) == bare(netlist)


def test_written_names_begin_with_their_letter():
    netlist = parse_spice(HIERARCHY)
    text = write_spice(netlist)
    assert "m.x1.x1.mn x1.m in 0 0 x1.x1.loc w=1e-06 l=1e-06" in text
    assert "f.x1.xl.fm out 0 v.x1.xl.vm 0.5" in text
    assert all(len(line) <= 100 for line in text.splitlines())
    assert bare(parse_spice(text)) == bare(netlist)


@pytest.mark.parametrize(
    ("element", "sentence"),
    [
        (Element("load", "r", ("a", "0"), {"r": 1.0}), "its name begins with 'r'"),
        (Element("r1", "r", ("a b", "0"), {"r": 1.0}), "'a b' cannot be a name"),
        (Element("r1", "r", ("a", "0"), {"r": float("nan")}), "nan cannot be written"),
        (Element("f1", "f", ("a", "0"), {"gain": 1.0}, control="vx"), "no element 'vx'"),
        (Element("r1", "r", ("a", "0")), "r1 needs a value for 'r'"),
    ],
)
def test_what_text_cannot_hold_is_refused(element, sentence):
    with pytest.raises(InputError, match=sentence):
        write_spice(Netlist().add(element))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 1e300)
POSITIVE = st.floats(min_value=1e-300, max_value=1e300)
WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
NODES = st.one_of(st.just("0"), st.builds("n{}".format, WORDS), st.builds("x1.n{}".format, WORDS))
MODELS = {
    "nm": Model("nm", "nmos", {"level": 49.0, "version": "3.3.0", "vth0": 0.123456789012345}),
    "x1.dm": Model("x1.dm", "d", {"is": 1e-14}),
    "sm": Model("sm", "sw", {"vt": 0.5, "ron": 1e3}),
}
OF_KIND = {"m": "nm", "d": "x1.dm", "s": "sm"}


@st.composite
def elements(draw, kind):
    """A legal element of one kind with any name and numbers; controlled by "vs"."""
    name = draw(st.sampled_from(["", "x1.", "x1.xcell."])) + kind + draw(WORDS)
    optional = {
        "c": {"ic": NUMBERS}, "l": {"ic": NUMBERS}, "d": {"area": POSITIVE, "m": POSITIVE},
        "s": {"on": st.sampled_from([0.0, 1.0])},
        "m": dict.fromkeys(["ad", "m", "mulu0"], POSITIVE) | {"delvto": NUMBERS},
        "v": {"acmag": NUMBERS}, "i": {"acmag": NUMBERS},
    }.get(kind, {})  # fmt: skip
    needed = {"r": {"r": POSITIVE}, "c": {"c": POSITIVE}, "l": {"l": POSITIVE}, "m": {"w": POSITIVE, "l": POSITIVE}}.get(
        kind, {}
    )
    if kind in "efgh":
        needed = {"gain": NUMBERS}
    if kind in "vi":
        needed = {"dc": NUMBERS}
    params = draw(st.fixed_dictionaries(needed, optional=optional))
    wave = draw(st.none() | waves()) if kind in "vi" else None
    nodes = tuple(draw(NODES) for _ in range(KINDS[kind][1]))
    return Element(name, kind, nodes, params, OF_KIND.get(kind, ""), wave, "vs" if kind in "fh" else "")


@st.composite
def waves(draw):
    if draw(st.booleans()):
        times = sorted(draw(st.sets(POSITIVE, min_size=1, max_size=5)))
        return Wave("pwl", tuple(v for t in times for v in (t, draw(NUMBERS))))
    return Wave("pulse", (draw(NUMBERS), draw(NUMBERS), draw(NUMBERS), draw(POSITIVE)))


@st.composite
def netlists(draw):
    parts = draw(st.lists(st.sampled_from("rclviegfhsdm").flatmap(elements), max_size=8, unique_by=lambda e: e.name))
    parts = [Element("vs", "v", ("na", "0"), {"dc": 0.0}), *(e for e in parts if e.name != "vs")]
    node, level = Signal("v", "na"), draw(NUMBERS)
    crossing = Crossing(node, level, draw(st.sampled_from(["rise", "fall", "cross"])), draw(st.sampled_from([-1, 1, 7])))
    return Netlist(
        draw(WORDS), {e.name: e for e in parts}, MODELS, {"na": draw(NUMBERS)}, draw(st.just({}) | st.just({"na": level})),
        {"reltol": draw(POSITIVE), "method": "gear", "noacct": ""}, draw(st.floats(-200, 900)),
        (Op(), Tran(1e-9, 1e-6, 0.0, draw(st.sampled_from([0.0, 1e-9])), draw(st.booleans())),
         Dc((Sweep("vs", 0.0, 1.0, 0.1),)),         Ac("oct", 3, 1.0, 1e6), Noise("na", "0", "vs", "dec", 2, 1.0, 10.0)),
        (Measure("a", "tran", "trig_targ", trigger=crossing, target=Crossing(None, at=1e-6)),
         Measure("b", "tran", "find", node, target=crossing), Measure("c", "tran", "when", target=crossing),
         Measure("d", "tran", "find", Signal("i", "vs"), target=Crossing(None, at=1e-6)),
         Measure("e", "dc", "rms", node, start=1e-6, stop=draw(st.none() | st.just(2e-6)))),
    )  # fmt: skip


@given(netlists())
@settings(max_examples=150, deadline=None)
def test_text_and_netlist_are_inverse(netlist):
    text = write_spice(netlist)
    again = bare(parse_spice(text))
    assert again == netlist
    assert list(again.elements) == list(netlist.elements)
    assert write_spice(again) == text


def measured(text: str, folder: Path) -> dict[str, float]:
    """What ngspice measures in a circuit."""
    (folder / "c.cir").write_text(text)
    run = subprocess.run(["ngspice", "-n", "-b", "c.cir"], cwd=folder, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    return {name: float(value) for name, value in re.findall(r"^(\w+)\s+=\s+(\S+)", run.stdout, re.MULTILINE)}


@pytest.mark.skipif(not shutil.which("ngspice"), reason="ngspice is not installed")
def test_ngspice_measures_the_same_in_the_text_and_in_what_is_written(tmp_path):
    flat = write_spice(parse_spice(HIERARCHY))
    there = measured(HIERARCHY, tmp_path)
    assert set(there) >= {"delay", "mean", "high", "late", "cross", "charge"}
    assert measured(flat, tmp_path) == pytest.approx(there, rel=1e-6)


@pytest.mark.skipif(not shutil.which("ngspice"), reason="ngspice is not installed")
def test_ngspice_accepts_every_element_and_card(tmp_path):
    text = """every element
v1 a 0 dc 1 ac 1 45 sin(0.5 0.4 1meg)
v2 p 0 pwl(0 0 1u 1 2u 0.5)
i1 0 q exp(0 1n 0 1u 5u 2u)
r1 a b 1k
l1 b c 1u ic=0
c1 c 0 1n ic=0.1
e1 e 0 a b 2
re e 0 1k
g1 0 q b 0 1u
rq q 0 1k
f1 0 q v2 0.5
h1 h 0 v2 10
rh h 0 1k
rp p 0 1k
s1 a s p 0 sw off
rs s 0 1k
d1 a d dm area=2 m=2
rd d 0 1k
m1 n a 0 0 nm w=10u l=1u ad=10p as=10p pd=20u ps=20u nrd=0.1 nrs=0.1 m=2
rn n a 10k
.model sw sw(vt=0.5 vh=0.1 ron=1 roff=1meg)
.model dm d is=1e-14 n=1.05
.model nm nmos level=1 vto=0.4 kp=100u
.nodeset v(n)=0.5
.ic v(c)=0.1
.options reltol=1e-4 method=gear noacct
.temp 35
.tran 10n 3u
.meas tran top max v(n)
.meas tran ratio find v(s) when v(p)=0.4 rise=1
.meas tran mean avg v(d) from=1u to=2u
.meas tran rms rms v(q)
.meas tran low min v(h)
.meas tran swing pp v(c)
.end
"""
    there = measured(text, tmp_path)
    assert set(there) >= {"top", "ratio", "mean", "rms", "low", "swing"}
    assert measured(write_spice(parse_spice(text)), tmp_path) == pytest.approx(there, rel=1e-6)
