"""Quantities: what people write, what is refused, and the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuristor.errors import InputError, nearest
from neuristor.quantities import base_unit, geomspace, linspace, parse, show, thermal_voltage, unit_of


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("10 pA", "A", 10e-12),
        ("10pA", "A", 10e-12),
        ("0.7u", "F", 0.7e-6),
        ("1meg", "Ohm", 1e6),
        ("1MEG", "Ohm", 1e6),
        ("2 MOhm", "Ohm", 2e6),
        ("3m", "s", 3e-3),
        ("5 mV/ms", "V/s", 5.0),
        ("10 uA/cm2", "A/m2", 0.1),
        ("120 mS/cm^2", "S/m2", 1200.0),
        ("20 Hz", "1/s", 20.0),
        ("5 1/s", "Hz", 5.0),
        ("-70 mV", "V", -0.07),
        ("1e-3", "A", 1e-3),
        (".5 V", "V", 0.5),
        ("10 %", "1", 0.1),
        ("1 µm", "m", 1e-6),
        ("1 V s", "V s", 1.0),
        ("1 nA*s", "C", 1e-9),
        ("4.7 kΩ", "Ohm", 4700.0),
        (3, "V", 3.0),
        ([1, 2], "V", [1.0, 2.0]),
        (["1 pA", "2 nA"], "A", [1e-12, 2e-9]),
    ],
)
def test_reads_what_people_write(text, unit, value):
    np.testing.assert_allclose(parse(text, unit), value, rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "unit", "sentence"),
    [
        ("10 pAmp", "A", "unknown unit 'pAmp'"),
        ("10 pA", "V", "is in pA, but a quantity in V is expected"),
        ("ten pA", "A", "not a quantity"),
        ("", "A", "not a quantity"),
        ("10 mA/", "A", "unknown unit"),
        (float("nan"), "A", "finite"),
        ([1, float("inf")], "A", "finite"),
        ("5 A", "s", "is in A, but a quantity in s is expected"),
        (None, "A", "got None"),
        (True, "A", "got True"),
        (1 + 2j, "A", "expected a quantity"),
        ("1e999 A", "A", "not a finite"),
        ({}, "A", "expected a quantity"),
    ],
)
def test_refuses_with_one_sentence(text, unit, sentence):
    with pytest.raises(InputError) as caught:
        parse(text, unit)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.floats(min_value=1e-17, max_value=1e14),
    st.sampled_from(["A", "V", "F", "s", "Ohm", "S", "Hz", "W", "J"]),
    st.booleans(),
)
def test_show_and_parse_are_inverse(value, unit, negative):
    value = -value if negative else value
    assert abs(parse(show(value, unit, digits=12), unit) / value - 1) < 1e-10


@given(st.text(max_size=30), st.sampled_from(["A", "V/s", "1", "F/m2"]))
def test_any_text_gives_a_number_or_a_sentence(text, unit):
    try:
        number = parse(text, unit)
    except InputError:
        return
    assert np.isfinite(number)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (10e-12, "A", "10 pA"),
        (999.999e-6, "V", "1 mV"),
        (0.0, "V", "0 V"),
        (0.1, "A/m2", "0.1 A/m2"),
        (-0.07, "V", "-70 mV"),
        (1234.5, "Hz", "1.234 kHz"),
        (5.0, "1", "5"),
        (1e-21, "F", "0.001 aF"),
    ],
)
def test_shows_engineering_notation(value, unit, text):
    assert show(value, unit) == text


def test_units():
    assert unit_of("0.2 mA") == "mA"
    assert unit_of("0.2m") is None
    assert unit_of(3) is None
    assert base_unit("mV/ms") == "V/s"
    assert base_unit("uA/cm2") == "A/m2"


def test_thermal_voltage_at_27_celsius():
    assert abs(thermal_voltage(300.15) - 25.8649e-3) < 1e-7


def test_ranges_with_units():
    np.testing.assert_allclose(linspace("1 pA", "3 pA", 3), [1e-12, 2e-12, 3e-12])
    np.testing.assert_allclose(geomspace("1 mV/ms", 100, 3), [1, 10, 100])
    with pytest.raises(InputError, match="quantity in V is expected"):
        linspace("2 V", "1 A", 3)
    with pytest.raises(InputError, match="same sign"):
        geomspace("-1 A", "2 A", 3)


def test_nearest_name():
    assert nearest("lfi", ["lif", "adex"]) == " (did you mean 'lif'?)"
    assert nearest("zzzz", ["lif"]) == ""
