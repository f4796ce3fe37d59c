"""Mismatch: its file, the statistics of what is drawn, and which draws belong together."""

import numpy as np
import pytest

from neuristor.circuits.run import Lanes
from neuristor.circuits.spice import parse_spice
from neuristor.circuits.variation import draws, lanes_of, load_mismatch, read_mismatch, vary
from neuristor.cli.circuit_words import with_sweep
from neuristor.errors import InputError


def transistors():
    """Two sizes of two transistors on one card."""
    text = "t\nm1 a a 0 0 n w=1u l=1u\nm2 a a 0 0 n w=4u l=1u m=4\nm3 a a b b p w=1u l=0.25u\nr1 a b 1k\nv1 b 0 3\n"
    return parse_spice(text + ".model n nmos level=44\n.model p pmos level=44\n.end\n")


def test_sigma_follows_the_area():
    """Sample standard deviations are within 4 standard errors of A / sqrt(W L m)."""
    n = 4000
    tables = {
        "mosfet": {"n": {"a_vt": "9 mV um", "a_beta": "2 % um"}, "pmos": {"a_vt": "10 mV um"}},
        "resistor": {"sigma": 0.01},
    }
    varied = vary(transistors(), read_mismatch(tables), n, seed=1)
    expected = {"m1": 9e-3, "m2": 9e-3 / 4, "m3": 10e-3 / 0.5}
    for name, sigma in expected.items():
        values = varied.elements[name].params["delvto"]
        assert abs(np.std(values) / sigma - 1) < 4 / np.sqrt(2 * n)
        assert abs(np.mean(values)) < 4 * sigma / np.sqrt(n)
    assert abs(np.std(varied.elements["m2"].params["mulu0"]) / 0.005 - 1) < 4 / np.sqrt(2 * n)
    assert abs(np.std(varied.elements["r1"].params["r"]) / 10 - 1) < 4 / np.sqrt(2 * n)
    assert "mulu0" not in varied.elements["m3"].params
    assert abs(np.corrcoef(varied.elements["m1"].params["delvto"], varied.elements["m3"].params["delvto"])[0, 1]) < 0.07


def test_draws_depend_on_seed_and_name_alone():
    mismatch = read_mismatch({"mosfet": {"nmos": {"a_vt": "9 mV um"}}})
    few, many = (vary(transistors(), mismatch, n, seed=3).elements["m1"].params["delvto"] for n in (10, 100))
    assert np.array_equal(few, many[:10])
    assert not np.array_equal(few, vary(transistors(), mismatch, 10, seed=4).elements["m1"].params["delvto"])
    assert not np.array_equal(draws(0, "m1", "delvto", 5), draws(0, "m2", "delvto", 5))


def test_samples_of_a_sweep_are_a_product_with_the_same_draws():
    swept, lanes = with_sweep(transistors(), "m1.w=1u:4u:lin:2")
    varied = vary(swept, read_mismatch({"mosfet": {"n": {"a_vt": "9 mV um"}}}), 5)
    assert lanes_of(varied) == 10
    assert varied.elements["m1"].params["w"].tolist() == [1e-6] * 5 + [4e-6] * 5
    first, second = np.split(varied.elements["m1"].params["delvto"], 2)
    np.testing.assert_allclose(first, 2 * second)
    assert Lanes("m1.w", "m", lanes.values, 5).each.tolist() == varied.elements["m1"].params["w"].tolist()


def test_one_element_goes_before_its_kind():
    tables = {
        "mosfet": {"nmos": {"a_vt": "9 mV um"}},
        "element": {"m1": {"delvto_sigma": 0}},
        "source": {"v1": {"sigma": "1 %"}},
    }
    varied = vary(transistors(), read_mismatch(tables), 3)
    assert "delvto" not in varied.elements["m1"].params
    assert np.ptp(varied.elements["m2"].params["delvto"]) > 0
    assert np.ptp(varied.elements["v1"].params["dc"]) > 0


BAD_MISMATCH = [
    ("[mosfet.n]\na_vt = '-9 mV um'", "a_vt = -9 mV um is negative"),
    ("[mosfet.n]\na_vt = '9 mV'", "is in mV"),
    ("[mosfet.n]\na_vth = '9 mV um'", "did you mean 'a_vt'"),
    ("[mosfet]\na_vt = '9 mV um'", "[mosfet.a_vt] is not a table"),
    ("[mosfet.nn]\na_vt = '9 mV um'", "[mosfet.nn]: the circuit has no such model"),
    ("[resistors]\nsigma = '1 %'", "did you mean 'resistor'"),
    ("[resistor]\n", "[resistor] has no sigma"),
    ("[resistor]\nsigma = '1 V'", "is in V"),
    ("[resistor]\nsigma = true", "is not a number"),
    ("[resistor]\nsigma = 0.5\nmean = 1", "mean is not known"),
    ("[source.v9]\nsigma = 0.01", "did you mean 'v1'"),
    ("[element.m9]\ndelvto_sigma = '5 mV'", "no such element"),
    ("[element.r1]\ndelvto_sigma = '5 mV'", "delvto_sigma cannot be given for r1; r_sigma can be"),
    ("[element.m1]\ndelvto = '5 mV'", "delvto is not known"),
    ("[resistor]\nsigma = 5", "the mismatch draws r = "),
    ("resistor = [", "is not TOML"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD_MISMATCH, ids=lambda v: v.replace("\n", " ")[:50])
def test_bad_file_is_one_sentence_with_its_name(tmp_path, text, sentence):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(InputError) as stopped:
        vary(transistors(), load_mismatch(tmp_path / "bad.toml"), 50)
    assert sentence in str(stopped.value)
    assert "bad.toml" in str(stopped.value) or "draws" in str(stopped.value)
    assert "\n" not in str(stopped.value)
