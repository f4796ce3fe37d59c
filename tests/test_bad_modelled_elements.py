"""Memristors, op-amps and comparators in SPICE text: each mistake is one sentence that names its line."""

import pytest

from neuristor.circuits import parse_spice
from neuristor.circuits.check import errors, warnings
from neuristor.errors import InputError

MEMRISTOR = ".model mr memristor model=mms\n"
BAD = [
    # cards of memristors
    (".model m memristor", 2, "needs model=NAME; there are mms, gmms"),
    (".model m memristor model=mm", 2, "no memristor model 'mm' (did you mean 'mms'?)"),
    (".model m memristor model=mss", 2, "draws random numbers"),
    (".model m memristor level=2", 2, "level 2 of a memristor is not built in; there are 3 (yakopcic)"),
    (".model m memristor level=5 model=vteam", 2, "level 5 is mms, but model = vteam"),
    (".model m memristor model=mms r_om=1k", 2, "no parameter 'r_om' (did you mean 'r_on'?)"),
    (".model m memristor model=mms voff=0.27", 2, "write v_off, which is signed here: Knowm's VOFF = 0.27 is v_off = -0.27"),
    (".model m memristor model=mms r_on=2k", 2, "r_on = 2 kOhm is not below r_off = 1.5 kOhm"),
    (".model m memristor model=mms tau=0", 2, "tau = 0 s is not positive"),
    (".model m memristor model=vteam v_off=0.3", 2, "v_off = 300 mV is not below 0 V"),
    (".model m memristor model=vteam window=jog", 2, "window = 'jog' (did you mean 'joglekar'?)"),
    (".model m memristor model=mms window=joglekar", 2, "no parameter 'window'"),
    (".model m memristor model=mms preset=knowm", 2, "no preset 'knowm' (did you mean 'knowm_default'?)"),
    (".model m memristor model=mms tau=fast", 2, "the parameter 'fast' is not defined"),
    ('.model m memristor model=mms tau="1m"s', 2, "unexpected 's'"),
    # their instances
    ("y1 a 0 mrr\n" + MEMRISTOR, 2, "no .model 'mrr' (did you mean 'mr'?)"),
    ("y1 a 0\n" + MEMRISTOR, 2, "y1 needs two nodes and a model"),
    ("y1 a b 0 mr\n" + MEMRISTOR, 2, "y1 needs two nodes and a model"),
    ("y1 a 0 mr x0=2\n" + MEMRISTOR, 2, "x0 = 2 is not between 0 (fully OFF) and 1 (fully ON)"),
    ("y1 a 0 mr x0=-1m\n" + MEMRISTOR, 2, "x0 = -0.001 is not between"),
    ("y1 a 0 mr tua=1m\n" + MEMRISTOR, 2, "no parameter 'tua' (did you mean 'tau'?)"),
    ("y1 a 0 mr tau=0\n" + MEMRISTOR, 2, "tau = 0 s is not positive"),
    ("y1 a 0 mr x0=0.1 x0=0.2\n" + MEMRISTOR, 2, "has x0= twice"),
    ("ymemristor\n" + MEMRISTOR, 2, "ymemristor lacks a name"),
    ("ymemristor mr1 a 0\n" + MEMRISTOR, 2, "ymr1 needs two nodes and a model"),
    ("ymemristor r1 a 0 mr\nyr1 a 0 mr\n" + MEMRISTOR, 3, "two elements named 'yr1'"),
    ("y1 a 0 dd\n.model dd d", 2, "is of type d, but memristor is needed"),
    ("d1 a 0 mr\n" + MEMRISTOR, 2, "is of type memristor, but d is needed"),
    # amplifiers
    (".model o opamp gwb=1meg", 2, "opamp has no parameter 'gwb' (did you mean 'gbw'?)"),
    (".model o opamp gbw=-1", 2, "gbw = -1 Hz is not positive"),
    (".model o opamp gain=0.5", 2, "gain = 0.5 is not above 1"),
    (".model o opamp preset=op428", 2, "no preset 'op428' (did you mean 'op482'?)"),
    (".model o opamp preset=ad8561", 2, "(ad8561 is of kind comparator)"),
    (".model c comparator v_fall=1", 2, "v_fall = 1 may not be above v_rise = 0"),
    (".model c comparator t_edge=1u", 2, "t_edge may be at most 1.5 t_delay"),
    ("u1 a b p 0 o\n.model o opamp", 2, "u1 needs five nodes (in+ in- v+ v- out) and a model"),
    ("u1 a b p 0 o amp\n.model o opamp", 2, "no .model 'amp'"),
    ("u1 a b p 0 o o on=1\n.model o opamp", 2, "opamp has no parameter 'on'"),
    ("u1 a b p 0 o c on=2\n.model c comparator", 2, "on must be 0 (the output was low) or 1 (it was high)"),
    ("u1 a b p 0 o c v_fall=1\n.model c comparator", 2, "v_fall = 1 may not be above v_rise = 0"),
    ("u1 a b p 0 o mr\n" + MEMRISTOR, 2, "is of type memristor, but opamp or comparator is needed"),
]


@pytest.mark.parametrize(("text", "line", "sentence"), BAD)
def test_mistakes_are_one_sentence_with_their_line(text, line, sentence):
    with pytest.raises(InputError) as caught:
        parse_spice(f"title\n{text}\nr99 a 0 1k\n")
    message = str(caught.value)
    assert message.startswith(f"<text>:{line}: ")
    assert sentence in message
    assert "\n" not in message


def test_a_state_that_its_window_holds_for_ever_is_doubted():
    text = "t\n.model mr memristor model=vteam window=joglekar\nv1 a 0 1\ny1 a 0 mr{}\n.tran 1n 1u\n"
    assert "begins at x0 = 0, which the joglekar window never leaves" in " ".join(
        map(str, warnings(parse_spice(text.format(""))))
    )
    assert not warnings(parse_spice(text.format(" x0=0.1")))


def test_a_memristor_conducts():
    hanging = "t\n.model mr memristor model=mms\nv1 a 0 1\n{} a b mr\nc1 b 0 1n\n.op\n"
    assert not errors(parse_spice(hanging.format("y1")))
    apart = parse_spice("t\n.model mr memristor model=mms\nv1 a 0 1\nr1 a 0 1k\ny1 b c mr\nc1 b 0 1n\n.op\n")
    assert "no DC path to ground" in str(errors(apart)[0])


def test_a_missing_card_is_named():
    netlist = parse_spice("t\n.model mr memristor model=mms\nv1 a 0 1\ny1 a 0 mr\n.op\n")
    missing = netlist.with_(models={})
    assert "there is no model 'mr'" in str(errors(missing)[0])
