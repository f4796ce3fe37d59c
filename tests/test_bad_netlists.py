"""Netlists that cannot be used: each gives one sentence with file and line; no text at all gives anything else."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neuristor.circuits.netlist import Netlist
from neuristor.circuits.spice import parse_spice, read_spice
from neuristor.errors import InputError

NMOS = ".model n nmos level=1\n"
RC = "v1 in 0 1\nr1 in out 1k\nc1 out 0 1p\n"

BAD = [  # body after the title line, line of the mistake, what the sentence says
    # elements
    ("r1 a 1k", 2, "needs two nodes and a value"),
    ("r1 a 0", 2, "needs two nodes and a value"),
    ("r1 a 0 1k 2k", 2, "needs two nodes and a value"),
    ("r1 a 0 1k tc=1", 2, "has no parameter 'tc'"),
    ("r1 a 0 r=1k r=2k", 2, "has r= twice"),
    ("r1 a 0 0", 2, "r1 = 0 is a short: join the nodes or give a value"),
    ("r1 a 0 {1-1}", 2, "is a short"),
    ("r1 a 0 1M", 2, "milliohm (M is milli in SPICE): write meg"),
    ("r1 a 0 1MOhm", 2, "write meg for 1e6"),
    ("r1 a 0 1kk", 2, "is no suffix"),
    ("r1 a 0 10x", 2, "is not a number"),
    ("r1 a 0 4k7", 2, "expected an operator"),
    ("r1 a 0 1e999", 2, "too large"),
    ("r1 a 0 rval", 2, "the parameter 'rval' is not defined"),
    ("r1 a 0 1k\nc1 a 0 1p\nR1 b 0 1k", 4, "two elements named 'r1' (the first on <text>:2)"),
    ("r a 0 1k", 2, "needs a name after its letter"),
    ("c1 a 0 1m", 2, "c1 = 1m is in millifarad (m is milli)"),
    ("c1 a 0 1mF", 2, "millifarad"),
    ("c1 a 0 1F", 2, "F is femto in SPICE"),
    ("c1 a 0 1", 2, "c1 = 1 is in farad"),
    ("c1 a 0 -1p", 2, "the value of this capacitor must be zero or more"),
    ("c1 a 0 1p uic=1", 2, "has no parameter 'uic' (did you mean 'ic'?)"),
    ("l1 a 0 0", 2, "the value of this inductor must be more than zero"),
    ("l1 a 0 -1n", 2, "more than zero"),
    ("v1 a 0", 2, "v1 has no value: write 0"),
    ("v1 a", 2, "lacks node 2 of two"),
    ("v1 a 0 1 2", 2, "it has a dc value already"),
    ("v1 a 0 dc 1 ac 1 0 ac 2", 2, "has ac twice"),
    ("v1 a 0 sin(0 1 1k) pulse(0 1)", 2, "two time courses, sin and pulse"),
    ("v1 a 0 pulse(0)", 2, "pulse takes v1 v2 [td tr tf pw per], not 1 values"),
    ("v1 a 0 pulse(0 1 0 1n 1n 1u 2u 3)", 2, "not 8 values"),
    ("v1 a 0 pulse(0 1 0 -1n)", 2, "may not be negative"),
    ("v1 a 0 pulse(0 1", 2, "unbalanced parenthesis in v1"),
    ("v1 a 0 sin(1)", 2, "sin takes vo va"),
    ("v1 a 0 pwl(0 0 2u 1 1u 0)", 2, "the times of pwl must increase, but 1e-06 follows 2e-06"),
    ("v1 a 0 pwl(0 0 1u)", 2, "pairs of time and value, not 3"),
    ("v1 a 0 pwl(0 0 1u 1 r=0)", 2, "'r'= is not read in the time course"),
    ('v1 a 0 pwl file="none.csv"', 2, "there is no file 'none.csv'"),
    ("v1 a 0 sffm(0 1 1k)", 2, "of kind sffm, which is not read"),
    ("v1 a 0 distof1 1", 2, "parameter 'distof1' is not defined"),
    ("v1 a 0 tran=5", 2, "a voltage source has no parameter 'tran'"),
    ("i1 a 0 5A", 2, "attoampere"),
    ("e1 a 0 b 0", 2, "needs four nodes and a gain"),
    ("e1 a 0 value={v(b)}", 2, "'value' is not read"),
    ("g1 a 0 b 0 1 2", 2, "needs four nodes and a gain"),
    ("f1 a 0 vx 2\nr1 a 0 1k", 2, "no voltage source 'vx'"),
    ("h1 a 0 r1 2\nr1 a 0 1k", 2, "'r1' is not a voltage source"),
    ("s1 a 0 b 0 sw1", 2, "there is no .model 'sw1'"),
    ("s1 a 0 b 0 sw1 maybe\n.model sw1 sw vt=1", 2, "ends with on or off"),
    ("d1 a 0 dx\n.model dy d is=1e-14", 2, "there is no .model 'dx' (did you mean 'dy'?)"),
    ("d1 a 0 n\n" + NMOS, 2, "is of type nmos, but d is needed"),
    ("d1 a 0 dx off\n.model dx d", 2, "parameter 'off' is not defined"),
    ("d1 a 0 dx area=0\n.model dx d", 2, "area = 0, which must be more than zero"),
    ("m1 d g 0 n w=1u l=1u\n" + NMOS, 2, "needs four nodes (drain gate source bulk) and a model"),
    ("m1 d g 0 0 n l=1u\n" + NMOS, 2, "m1 has no w"),
    ("m1 d g 0 0 n w=1u\n" + NMOS, 2, "m1 has no l"),
    ("m1 d g 0 0 n w=1u l=1u wid=1u\n" + NMOS, 2, "a MOSFET has no parameter 'wid'"),
    ("m1 d g 0 0 n w=-1u l=1u\n" + NMOS, 2, "w = -1e-06, which must be more than zero"),
    ("m1 d g 0 0 n w=1u l=1u delvto=0 delvt0=0\n" + NMOS, 2, "both delvt0= and delvto="),
    ("m1 d g 0 0 pch w=1u l=1u\n" + NMOS, 2, "there is no .model 'pch'"),
    ("q1 c b e npn", 2, "unknown element 'q1': bipolar transistors are not read"),
    ("b1 a 0 v=1", 2, "behavioural sources are not read"),
    ("y1 a 0 mem", 2, "there is no .model 'mem'"),
    ("n1 a 0 mem", 2, "memristors are written as y"),
    ("#1 a 0 1", 2, "unknown element '#1': elements begin with one of"),
    ("r1 a{b} 0 1k", 2, "needs two nodes and a value"),
    ("r1 'a' 0 1k", 2, "expected a node of r1"),
    ("r1 (a 0) 1k", 2, "unexpected '('"),
    ("r1 a 0 {1k", 2, "unbalanced '{'"),
    # models
    (".model n nmos (level=1", 2, "')' is missing at its end"),
    (".model n nmos level=1)", 2, "unbalanced parenthesis"),
    (".model n nmos level=1 vto", 2, "unexpected 'vto' in .model"),
    (".model n nmos level=1\n+ vto=0.5\n+ vto=0.6", 4, "has vto= twice"),
    (".model n nmos level=1\n+ vto=0.5\n+ kp=x", 4, "the parameter 'x' is not defined"),
    (".model n nmos level=1.5", 2, "is a whole number"),
    (".model n nmoss level=1", 2, "(did you mean 'nmos'?)"),
    (".model n npn bf=100", 2, "of type 'npn', which is not read"),
    (".model rr r tc1=1", 2, "write the value on the line of the resistor"),
    (".model m1 memristor ron=1", 2, "a memristor needs model=NAME"),
    (".model s1 sw vt=1 von=2", 2, "has no parameter 'von'"),
    (".model s1 sw ron=0", 2, "needs ron > 0"),
    (NMOS + NMOS, 3, "the model 'n' is defined twice (first on <text>:2)"),
    (".model", 2, "lacks a name"),
    # parameters and expressions
    (".param a=b\nr1 x 0 {a}", 2, "the parameter 'b' is not defined"),
    (".param a={b} b={c}\n.param c={a}", 3, "depends on itself: a -> b -> c -> a"),
    (".param a={a+1}", 2, "depends on itself: a -> a"),
    (".param a=1\n.param a=2", 3, "is defined twice (first on <text>:2)"),
    (".param a", 2, ".param needs name=value"),
    (".param a=", 2, "has no value"),
    (".param f(x)=1", 2, ".param needs name=value"),
    (".param a={1/0}", 2, "division by zero"),
    (".param a={exp(1000)}", 2, "too large"),
    (".param a={10**400}", 2, "too large"),
    (".param a={sqrt(-1)}", 2, "outside a function's domain"),
    (".param a={(1+2}", 2, "unbalanced parenthesis, found the end"),
    (".param a={1+2)}", 2, "unbalanced parenthesis, found ')'"),
    (".param a={" + "(" * 10_000 + "1" + ")" * 10_000 + "}", 2, "nested more than"),
    (".param a={" + "-(" * 5_000 + "1}", 2, "nested more than"),
    (".param a={foo(1)}", 2, "unknown function 'foo'"),
    (".param a={sqr(4)}", 2, "(did you mean 'sqrt'?)"),
    (".param a={min(1)}", 2, "min() takes two or more values, not 1"),
    (".param a={2^3^2}", 2, "needs parentheses"),
    (".param a={1 2}", 2, "expected an operator"),
    (".param a={1+}", 2, "expected a number or a name, found the end"),
    (".param a={1 ? 2}", 2, "expected ':'"),
    (".param a={}", 2, "has no value"),
    ("r1 a 0 {}", 2, "an expression is empty"),
    (".param a={@}", 2, "unexpected '@'"),
    (".func f(x) {x}", 2, ".func is not read"),
    # subcircuits
    (".subckt cell a b\nr1 a b 1k", 2, "the subcircuit 'cell' has no .ends"),
    (RC + ".ends", 5, "that no .subckt began"),
    (".subckt cell a\nr1 a 0 1\n.ends sell", 4, "the open subcircuit is 'cell'"),
    (".subckt cell a\nr1 a 0 1\n.ends\nx1 a b cell", 5, "x1 connects 2 nodes, but the subcircuit 'cell' has 1"),
    (".subckt cell a\nr1 a 0 1\n.ends\nx1 a sell", 5, "there is no .subckt 'sell' (did you mean 'cell'?)"),
    (".subckt cell a params: w=1\nr1 a 0 1\n.ends\nx1 a cell v=2", 5, "has no parameter 'v'"),
    (".subckt a1 n\nx1 n b1\n.ends\n.subckt b1 n\nx1 n a1\n.ends\nx0 n a1", 6, "contains itself: a1 -> b1 -> a1"),
    (".subckt cell a\nr1 a 0 {w}\n.ends\nx1 a cell", 3, "the parameter 'w' is not defined"),
    (".subckt cell a\nr1 a 0 {1/w}\n.ends\n.param w=0\nx1 a cell", 3, "division by zero in '1/w' (in 'x1')"),
    (".subckt cell a w=1\n.param v={1/w}\n.ends\nx1 a cell w=1\nx2 a cell w=0", 3, "in '1/w' (in 'x2')"),
    (".subckt cell a w=1\nl1 a 0 w\n.ends\nx1 a cell w=-1", 3, "must be more than zero (in 'x1')"),
    (".subckt cell a\n.model d d\nr1 a 0 1\n.ends\n.model x1.d d\nx1 a cell", 3, "two models named 'x1.d' (in 'x1')"),
    (".subckt cell a a\n.ends", 2, "has the node 'a' twice"),
    (".subckt cell a 0\n.ends", 2, "has 0 among its nodes"),
    (".subckt cell\n.ends", 2, "has no nodes"),
    (".subckt", 2, "lacks a name"),
    (".subckt cell a\n.ends\n.subckt cell a\n.ends", 4, "is defined twice"),
    (".subckt cell a\nr1 a 0 1\n.tran 1n 1u\n.ends\nx1 a cell", 4, "may not stand in a subcircuit"),
    (".subckt cell a\nr1 a 0 1\n.ends\nx1 a cell\nx1 a cell", 6, "two instances named 'x1'"),
    (".subckt cell a gnd\nr1 a gnd 1\n.ends\nx1 a vss cell", 5, "'gnd' of 'cell' is always ground"),
    (".subckt cell a\nr1 a 0 1\nr1 a 0 2\n.ends\nx1 a cell", 4, "two elements named 'x1.r1'"),
    # initial values, options, temperature
    (RC + ".ic v(nowhere)=1", 5, "the circuit has no node 'nowhere'"),
    (RC + ".nodeset v(ou)=1", 5, "no node 'ou' (did you mean 'out'?)"),
    (RC + ".ic v(out)", 5, "expected '='"),
    (RC + ".ic out=1", 5, "expected 'v'"),
    (RC + ".ic v(0)=1", 5, "voltage of ground"),
    (RC + ".ic v(out)=1 v(out)=2", 5, "a second value"),
    (RC + ".ic", 5, "lacks v(node)=value"),
    (RC + ".options reltl=1e-4", 5, "unknown option 'reltl' (did you mean 'reltol'?)"),
    (RC + ".options scale=1u", 5, "write the sizes themselves"),
    (RC + ".options method=gaer", 5, "(did you mean 'gear'?)"),
    (RC + ".options reltol=1e-3\n.options reltol=1e-4", 6, "a second value"),
    (RC + ".temp 27 50", 5, "takes one temperature"),
    (RC + ".temp 300k", 5, "no temperature in degrees Celsius"),
    (RC + ".temp 27\n.options temp=50", 6, "two temperatures, 27 and 50"),
    # analyses
    (RC + ".op 1", 5, "unexpected '1' in .op"),
    (RC + ".dc v1 0 1", 5, "lacks a step"),
    (RC + ".dc v1 0 1 0", 5, "never ends with a step of 0"),
    (RC + ".dc v1 0 1 -0.1", 5, "never ends"),
    (RC + ".dc v2 0 1 0.1", 5, "no voltage or current source 'v2' (did you mean 'v1'?)"),
    (RC + ".dc r1 1 2 1", 5, "'r1' is not a voltage or current source"),
    (RC + ".dc v1 0 1 0.1 v1 0 1 0.1", 5, "sweeps v1 twice"),
    (RC + ".tran 1n", 5, "needs a step and a stop time"),
    (RC + ".tran 0 1u", 5, "of more than zero, not 0 and 1e-06"),
    (RC + ".tran 1n -1u", 5, "of more than zero"),
    (RC + ".tran 1n 1u 2u", 5, "records from 2e-06 s"),
    (RC + ".tran 1n 1u 0 1n startup", 5, "unexpected 'startup'"),
    (RC + ".ac dec 0 1 1k", 5, "at least 1, not 0"),
    (RC + ".ac dec 1.5 1 1k", 5, "a whole number of points"),
    (RC + ".ac log 10 1 1k", 5, "needs dec, oct or lin, found 'log'"),
    (RC + ".ac dec 10 1k 1", 5, "needs 0 < start <= stop"),
    (RC + ".ac dec 10 1 1Mhz", 5, "write meg for 1e6"),
    (RC + ".noise i(v1) v1 dec 10 1 1k", 5, "needs a voltage"),
    (RC + ".noise v(out) r1 dec 10 1 1k", 5, "'r1' is not a voltage or current source"),
    (RC + ".noise v(uot) v1 dec 10 1 1k", 5, "no node 'uot' (did you mean 'out'?)"),
    # measures and outputs
    (RC + ".meas tran a max v(nowhere)", 5, "no node 'nowhere'"),
    (RC + ".meas tran a max i(v9)", 5, "no voltage source 'v9' (did you mean 'v1'?)"),
    (RC + ".meas trans a max v(out)", 5, "needs an analysis"),
    (RC + ".meas tran a maxi v(out)", 5, "(did you mean 'max'?)"),
    (RC + ".meas tran a param='1+1'", 5, "'param' is not read"),
    (RC + ".meas tran a max vdb(out)", 5, "'vdb' is no signal"),
    (RC + ".meas tran a max v(out", 5, "unbalanced parenthesis"),
    (RC + ".meas tran a avg v(out) from=2u to=1u", 5, "to=1e-06 is not after from=2e-06"),
    (RC + ".meas tran a trig v(in) val=0.5 rise=1", 5, "expected 'targ' in .meas, found the end"),
    (RC + ".meas tran a trig v(in) rise=1 targ at=1u", 5, "lacks the level of v(in)"),
    (RC + ".meas tran a when v(in)=v(out)", 5, "is compared with a number only"),
    (RC + ".meas tran a when v(in)=0.5 rise=0", 5, "should be 1, 2, ... or last"),
    (RC + ".meas tran a when v(in)=0.5 rize=1", 5, "(did you mean 'rise'?)"),
    (RC + ".meas tran a find v(out)", 5, "find needs when v(a)=level or at=time"),
    (RC + ".meas tran a max v(out)\n.meas tran a min v(out)", 6, "two measures named 'a'"),
    (RC + ".print tran v(nowhere)", 5, "no node 'nowhere'"),
    (RC + ".plot tran", 5, "lacks signals"),
    (RC + ".save @m1[id]", 5, "which is no signal"),
    # directives, files, text
    (RC + ".trans 1n 1u", 5, "unknown directive '.trans' (did you mean '.tran'?)"),
    (RC + ".control\nrun\n.endc", 5, ".control blocks are not read"),
    (RC + ".step param x 1 2 1", 5, ".step is not read"),
    (RC + ".global", 5, ".global lacks node names"),
    (RC + ".end\nr9 a b 1k", 5, "there is text after .end, on line 6"),
    ('.include "none.lib"', 2, "there is no file 'none.lib'"),
    (".include", 2, "should be .include"),
    ('.include "a.lib" tt', 2, "takes one file name"),
    ('.lib "none.lib" tt', 2, "there is no file 'none.lib'"),
    (".lib tt\nr1 a 0 1k\n.lib ss\n.endl", 2, "the section 'tt' has no .endl"),
    (".endl", 2, "that no .lib began"),
    ("+ r1 a 0 1k", 2, "'+' continues a line, but there is no line before it"),
    (RC + "r2 a\x00b 0 1k", 5, "this is no text"),
    (RC + "\x01\x02\x03", 5, "this is no text"),
]  # fmt: skip
WHOLE = [  # texts with their title line
    ("", 1, "the text is empty"),
    ("\n\n", 1, "the text is empty"),
    ("* only a title", 1, "nothing follows the title"),
    ("r1 a 0 1k\nr2 a 0 1k", 1, "'r1 a 0 1k' looks like a card: put a title line before it"),
    ("v1 a 0 pulse(0 1)\nr2 a 0 1k", 1, "looks like a card"),
    (".param a=1\nr1 a 0 {a}", 1, "looks like a card"),
    ("m1 d g 0 0 n w=1u l=1u\n" + NMOS, 1, "looks like a card"),
]


@pytest.mark.parametrize(
    ("text", "line", "sentence"), [(f"title\n{body}\n", line, s) for body, line, s in BAD] + WHOLE, ids=lambda x: str(x)[:40]
)
def test_one_sentence_with_file_and_line(text, line, sentence):
    with pytest.raises(InputError) as caught:
        parse_spice(text)
    message = str(caught.value)
    assert type(caught.value) is InputError
    assert message.startswith(f"<text>:{line}: "), message
    assert sentence in message
    assert "\n" not in message
    assert len(message) < 300


def files(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.lib").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("body", "texts", "sentence"),
    [
        (".inc a.lib", {"a": ".include b.lib\n", "b": "*\n.include a.lib"}, "b.lib:2: a.lib includes b.lib includes a.lib"),
        (".include a.lib", {"a": "* here\n\nr1 a 0 0\n"}, "a.lib:3: r1 = 0 is a short"),
        (".include a.lib", {"a": ".end\nr1 a 0 1"}, "a.lib:1: there is text after .end"),
        (".include b.lib", {"bb": ""}, "<text>:2: there is no file 'b.lib' (did you mean 'bb.lib'?)"),
        (".lib a.lib ss", {"a": ".lib sf\n.endl sf\n"}, "<text>:2: 'a.lib' has no section 'ss' (did you mean 'sf'?)"),
        (".lib a.lib ss", {"a": ".lib ss\nr1 a 0 1\n"}, "<text>:2: 'a.lib' has no section 'ss'"),
        (".lib a.lib ss", {"a": ".lib ss\n.endl tt\n"}, "a.lib:2: this .endl ends the section 'tt'"),
        (".lib a.lib tt", {"a": ".lib tt\n.lib a.lib tt\n.endl\n"}, "a.lib:2: a.lib includes a.lib, which never ends"),
        ("v1 a 0 pwl file=a.lib", {"a": "t,v\n0,0\n1,x\n"}, "a.lib:3: a row has two finite numbers"),
        ("v1 a 0 pwl file=a.lib", {"a": "0 0 0\n"}, "a.lib:1: a row has two finite numbers"),
        ("v1 a 0 pwl file=a.lib", {"a": "t,v\n"}, "<text>:2: 'a.lib' has no rows of two numbers"),
        ("v1 a 0 pwl(file=a.lib)", {"a": "1,0\n0,1\n"}, "<text>:2: v1: the times of pwl must increase"),
    ],
)  # fmt: skip
def test_mistakes_in_included_files(tmp_path, body, texts, sentence):
    with pytest.raises(InputError) as caught:
        parse_spice(f"title\n{body}\n", folder=files(tmp_path, **texts))
    assert str(caught.value).startswith(sentence)


def test_files_that_are_no_text(tmp_path):
    file = tmp_path / "c.cir"
    for data, sentence in [
        (b"title\nr1 a 0 1k\n\xff\xfe\n", "c.cir:3: this is not UTF-8 text"),
        (b"\x7fELF\x00\x01", "c.cir:1: this is no text"),
        ("title\nr1 a 0 1k\n".encode("utf-16"), "c.cir:1: this is not UTF-8 text"),
        (b"", "c.cir:1: the text is empty"),
    ]:
        file.write_bytes(data)
        with pytest.raises(InputError) as caught:
            read_spice(file)
        assert sentence in str(caught.value)
    for path in (tmp_path, tmp_path / "none.cir"):
        with pytest.raises(InputError, match="there is no file"):
            read_spice(path)
    file.write_text(f"title\n.include {file.name}\n")
    with pytest.raises(InputError, match=r"^c\.cir:2: c\.cir includes c\.cir, which never ends$"):
        read_spice(file)


def test_texts_that_grow_without_end(tmp_path):
    with pytest.raises(InputError, match=r"<text>:1: the text with all it includes is larger than 20 MB"):
        parse_spice("title\n" + "r1 a 0 1k ; and so on\n" * 1_000_000)
    names = [f"a{i}" for i in range(12)]
    texts = {a: f".include {b}.lib\n.include {b}.lib\n" for a, b in zip(names, names[1:], strict=False)}
    with pytest.raises(InputError, match="more than 1000 includes"):
        parse_spice("t\n.include a0.lib\n", folder=files(tmp_path, **texts, a11="* end\n"))
    cells = "".join(f".subckt c{i} a\n" + f"x1 a c{i + 1}\nx2 a c{i + 1}\n.ends\n" for i in range(30))
    with pytest.raises(InputError, match="more than 200000 instances"):
        parse_spice(f"t\n{cells}.subckt c30 a\n.ends\nx1 a c0\n")
    chain = "".join(f".subckt c{i} a\nx1 a c{i + 1}\n.ends\n" for i in range(100))
    with pytest.raises(InputError, match="more than 40 levels deep"):
        parse_spice(f"t\n{chain}.subckt c100 a\n.ends\nx1 a c0\n")


GOOD = """title
.param w=1u l={w/2} x='l*2'
.subckt inv in out params: k=2
m1 out in 0 0 n w={k*w} l=l m=2 ; driver
c1 out 0 10f ic=0.5
.ends
.model n nmos (level=1 vto=0.5
+ kp=100u version=3.3.0)
v1 in 0 dc 0 ac 1 pulse(0 1 0 1n 1n 5n 10n)
x1 in out inv k=3
r1 out vdd 10k
vdd vdd 0 {1.5*2}
.ic v(out)=0.5
.options reltol=1e-4 method=gear
.temp 50
.tran 1n 100n uic
.meas tran t trig v(in) val=0.5 rise=1 targ v(out) val='x*0.5' fall=last
.print tran v(out) i(vdd)
.end
"""
PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [*"(){}='\"+*;$,.\n\x00", ".ends\n", ".subckt a b\n", "\n+", "1e999", "{", "1/0", "params:", "v(", "--", " 0 "]
    ),
    st.sampled_from(GOOD.split()),
)


@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 12), PIECES), min_size=1, max_size=6))
@settings(max_examples=400, deadline=None)
def test_mutated_netlists_give_a_netlist_or_a_sentence(changes):
    text = GOOD
    for at, removed, piece in changes:
        text = text[:at] + piece + text[at + removed :]
    netlist_or_sentence(text)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
@example("t\n.param a={" + "1+" * 50_000 + "1}")
@example("t\n.param " + " ".join(f"a{i}={{a{i + 1}}}" for i in range(5_000)) + " a5000=1")
@example("t\n.param a={" + "1?" * 3_000)
@example("t\n.param a={" + "!" * 9_999 + "1}\n" + "(" * 10_000)
@example("t\nr1 a 0 " + "9" * 10_000)
@example("t\nr1 a 0 1e" + "9" * 10_000)
@example("t\nm1 a b c d \ud800")
def test_any_text_gives_a_netlist_or_a_sentence(text):
    netlist_or_sentence(text)
    netlist_or_sentence(f"t\n{text}")


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_netlist_or_a_sentence(data):
    netlist_or_sentence(data)
    netlist_or_sentence(GOOD.encode()[: len(data)] + data)


def netlist_or_sentence(text):
    try:
        result: Netlist | InputError = parse_spice(text)
    except InputError as error:
        result = error
    if isinstance(result, InputError):
        assert type(result) is InputError
        assert str(result).startswith("<text>:")
        assert "\n" not in str(result)
