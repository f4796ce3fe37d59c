"""Reading measured sweeps: every way a file may be written gives the same numbers, and what cannot be read is said."""

import os
from pathlib import Path

import numpy as np
import pytest

from neuristor.errors import InputError
from neuristor.experiments.sweep_files import cycles_a_sample, read_sweeps
from neuristor.experiments.sweep_quality import loop, noise, refuse_resistors, warnings

POINTS, FREQUENCY = 100, 50.0
TIME = np.arange(2 * POINTS) / (POINTS * FREQUENCY)
VOLTAGE = 0.5 * np.sin(2 * np.pi * FREQUENCY * TIME)
CURRENT = VOLTAGE * (1e-4 + 8e-5 * np.cos(2 * np.pi * FREQUENCY * TIME))  # a pinched loop


def write(path: Path, columns, header="", delimiter=",", comma=False) -> Path:
    lines = [header] if header else []
    for row in zip(*columns, strict=True):
        cells = [f"{value:.9g}" for value in row]
        lines.append(delimiter.join(c.replace(".", ",") if comma else c for c in cells))
    path.write_text("\n".join(lines) + "\n")
    return path


WRITTEN = {
    "volts and amperes": ("Time (s),Voltage (V),Current (A)", ",", False, (1, 1, 1)),
    "brackets, milli and micro": ("time [ms];v [mV];i [uA]", ";", False, (1e3, 1e3, 1e6)),
    "decimal comma": ("t [ms];U [V];I [mA]", ";", True, (1e3, 1, 1e3)),
    "tab and underscores": ("time_us\tvoltage_mV\tcurrent_nA", "\t", False, (1e6, 1e3, 1e9)),
    "spaces, no header": ("", "  ", False, (1, 1, 1)),
    "tab and decimal comma, no header": ("", "\t", True, (1, 1, 1e6)),
    "units alone": ("s,V,uA", ",", False, (1, 1, 1e6)),
    "short names": ("t (s),Vdev (V),Imem (A)", ",", False, (1, 1, 1)),
    "slash and micro sign": ("t / s,V / mV,I / µA", ",", False, (1, 1e3, 1e6)),
    "comment as header": ("# Time (ms), Voltage (V), Current (mA)", ",", False, (1e3, 1, 1e3)),
    "instrument's preamble": ("Model 4200\nDate;2021-03-04\nTime(s);V(V);I(A)", ";", False, (1, 1, 1)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_way_of_writing_gives_the_same_sweep(name, tmp_path):
    header, delimiter, comma, sizes = WRITTEN[name]
    columns = [a * size for a, size in zip((TIME, VOLTAGE, CURRENT), sizes, strict=True)]
    (sweep,) = read_sweeps([write(tmp_path / "a.csv", columns, header, delimiter, comma)])
    np.testing.assert_allclose(sweep.voltage, VOLTAGE, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(sweep.current, CURRENT, rtol=1e-7, atol=1e-13)
    assert sweep.frequency == pytest.approx(FREQUENCY, rel=1e-6)
    assert sweep.cycles == pytest.approx(2.0, rel=1e-6)
    assert sweep.series == 0.0


def test_columns_in_another_order_with_some_left_out(tmp_path):
    path = write(tmp_path / "a.csv", (np.arange(len(TIME)), 1e6 * CURRENT, 1e3 * VOLTAGE), "n,y,x")
    (sweep,) = read_sweeps([path], columns="-,current:uA,voltage:mV", frequency="50 Hz")
    np.testing.assert_allclose(sweep.current, CURRENT, rtol=1e-7, atol=1e-13)
    np.testing.assert_allclose(sweep.time, TIME, atol=1e-9)


def test_frequency_and_resistor_come_from_the_name_or_from_options(tmp_path):
    applied = VOLTAGE + 2.2e3 * CURRENT
    path = write(tmp_path / "2.2kohm_0.5V_50Hz_M1_Resistor_Memristor.csv", (applied, 1e6 * CURRENT))
    (named,) = read_sweeps([path])
    assert (named.series, named.frequency) == (2200.0, 50.0)
    np.testing.assert_allclose(named.device_voltage, VOLTAGE, atol=1e-8)
    (told,) = read_sweeps([path], series="1 kOhm", frequency="1 kHz")
    assert (told.series, told.frequency) == (1000.0, 1000.0)
    assert told.time[1] == pytest.approx(1 / (POINTS * 1e3))


def test_device_and_source_voltage_of_one_measurement_become_one_sweep(tmp_path):
    applied = VOLTAGE + 5e3 * CURRENT
    paths = [
        write(tmp_path / "5kohm_50Hz_M1_Memristor.csv", (VOLTAGE, 1e6 * CURRENT)),
        write(tmp_path / "5kohm_50Hz_M1_Resistor_Memristor.csv", (applied, 1e6 * CURRENT)),
    ]
    both, device, source = read_sweeps(paths), read_sweeps(paths[:1]), read_sweeps(paths[1:])
    assert len(both) == 1
    assert len(both[0].files) == 2
    np.testing.assert_allclose(device[0].voltage, applied, atol=1e-8)
    np.testing.assert_allclose(device[0].voltage, source[0].voltage, atol=1e-8)


@pytest.mark.parametrize("shape", ["sine", "triangle"])
@pytest.mark.parametrize(("cycles", "points"), [(1, 200), (3, 240), (5, 101)])
@pytest.mark.parametrize("end_repeated", [False, True])
def test_cycles_are_found_in_equally_spaced_samples(shape, cycles, points, end_repeated):
    a_sample = cycles / (points - 1) if end_repeated else cycles / points
    phase = a_sample * np.arange(points) + 0.13
    v = np.sin(2 * np.pi * phase) if shape == "sine" else 4 * np.abs(phase % 1.0 - 0.5) - 1
    assert cycles_a_sample(v) == pytest.approx(a_sample, rel=1e-9 if shape == "sine" else 0.02)


def test_uneven_times_are_interpolated_and_fine_files_thinned(tmp_path):
    t = np.sort(np.random.default_rng(0).uniform(0, 0.04, 3000))
    v = 0.5 * np.sin(2 * np.pi * FREQUENCY * t)
    (sweep,) = read_sweeps([write(tmp_path / "a.csv", (t, v, v * 1e-4), "t (s),v (V),i (A)")])
    assert sweep.cycle_points < 850
    assert "interpolated" in sweep.describe()
    start = t[0]
    np.testing.assert_allclose(sweep.voltage, 0.5 * np.sin(2 * np.pi * FREQUENCY * (sweep.time + start)), atol=2e-3)


ROWS = (TIME, VOLTAGE, CURRENT)
BAD = {
    "missing column": ((TIME, VOLTAGE), "time (s),voltage (V)", "no current"),
    "two currents": ((VOLTAGE, CURRENT, CURRENT), "voltage (V),current 1 (A),current 2 (A)", "2 columns of current"),
    "one column": ((VOLTAGE,), "", "one column"),
    "swapped": ((CURRENT * 0.1, VOLTAGE * 1.6), "voltage (V),current (A)", "swapped"),
    "name against unit": (ROWS, "time (s),voltage (uA),current (A)", "gives the unit uA"),
    "wrong unit": ((TIME, VOLTAGE, CURRENT * 1e6), "t (s),v (V),i (A)", "seems to be in uA"),
    "less than a cycle": (tuple(a[:45] for a in ROWS), "t (s),v (V),i (A)", "of a cycle"),
    "time runs backwards": ((TIME[::-1], VOLTAGE, CURRENT), "t (s),v (V),i (A)", "time does not rise"),
    "no speed": ((VOLTAGE, CURRENT), "v (V),i (A)", "--frequency"),
    "four nameless columns": ((TIME, VOLTAGE, CURRENT, CURRENT), "", "--columns"),
    "opposite signs": ((TIME, VOLTAGE, -CURRENT), "t (s),v (V),i (A)", "opposite signs"),
    "no current at all": ((TIME, VOLTAGE, 0 * CURRENT), "t (s),v (V),i (A)", "nothing to fit"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_sweep_is_said_in_one_sentence(name, tmp_path):
    columns, header, words = BAD[name]
    with pytest.raises(InputError, match=words) as caught:
        read_sweeps([write(tmp_path / "bad.csv", columns, header)])
    assert "\n" not in str(caught.value)
    assert "bad.csv" in str(caught.value)


def test_rows_without_numbers_are_named(tmp_path):
    v, i = VOLTAGE.copy(), CURRENT.copy()
    v[[3, 10]], i[20] = np.nan, np.nan
    with pytest.raises(InputError, match="rows 5, 12, 22 of the file"):
        read_sweeps([write(tmp_path / "a.csv", (TIME, v, i), "t (s),v (V),i (A)")])


def test_unreadable_files_are_refused(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "words.csv").write_text("voltage,current\nnone here\n")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 4)
    for name, words in {
        "missing.csv": "No such file",
        "empty.csv": "empty",
        "words.csv": "no rows",
        "binary.csv": "text",
    }.items():
        with pytest.raises(InputError, match=words):
            read_sweeps([tmp_path / name])


def test_too_large_a_series_resistor_is_refused(tmp_path):
    path = write(tmp_path / "a.csv", ROWS, "t (s),v (V),i (A)")
    with pytest.raises(InputError, match="100 kOhm in series would drop"):
        read_sweeps([path], series="100 kOhm")


def test_different_units_in_two_files_are_refused(tmp_path):
    a = write(tmp_path / "a.csv", ROWS, "t (s),v (V),i (A)")
    b = write(tmp_path / "b.csv", (TIME, VOLTAGE, CURRENT * 1e-3 * (1 + VOLTAGE)), "t (s),v (V),i (A)")
    with pytest.raises(InputError, match=r"different units"):
        read_sweeps([a, b])


def test_a_resistor_has_no_loop_and_a_loop_is_seen_through_noise(tmp_path):
    rng = np.random.default_rng(0)
    measured = {}
    for name, current in {"resistor": 1e-4 * VOLTAGE, "loop": CURRENT}.items():
        rough = current + 0.03 * 5e-5 * rng.standard_normal(len(TIME))
        (measured[name],) = read_sweeps([write(tmp_path / f"{name}.csv", (TIME, VOLTAGE, rough), "t (s),v (V),i (A)")])
    assert noise(measured["resistor"]) == pytest.approx(0.03 * 5e-5 / measured["resistor"].rms, rel=0.3)
    assert loop(measured["loop"])[0] > 0.1
    with pytest.raises(InputError, match="no hysteresis.*plain resistor.*cannot determine the model"):
        refuse_resistors([measured["resistor"]])
    assert refuse_resistors([measured["loop"]]) == []
    assert "resistor shows no hysteresis" in refuse_resistors(list(measured.values()))[0]


def test_a_capacitance_beside_the_device_is_noticed_with_its_size(tmp_path):
    current = CURRENT + 50e-9 * np.gradient(VOLTAGE, TIME)
    (sweep,) = read_sweeps([write(tmp_path / "a.csv", (TIME, VOLTAGE, current), "t (s),v (V),i (A)")])
    (sentence,) = warnings(sweep)
    assert "not pinched" in sentence
    assert "50 nF" in sentence


@pytest.mark.skipif(not os.environ.get("NEURISTOR_DATA"), reason="the measured sweeps are not part of the package")
def test_the_measured_sweeps_are_six_measurements_of_one_cycle():
    folder = Path(os.environ["NEURISTOR_DATA"]) / "memristor"
    if not folder.is_dir():
        pytest.skip("no measured sweeps")
    sweeps = read_sweeps(sorted(folder.glob("*.csv")))
    assert [(s.series, s.frequency) for s in sweeps] == [(r, f) for r in (47e3, 5e3) for f in (1000.0, 100.0, 10.0)]
    for sweep in sweeps:
        assert sweep.cycles == pytest.approx(1.0, abs=1e-9)
        assert np.max(sweep.voltage) == pytest.approx(0.8, rel=3e-3)
        assert len(sweep.files) == 2
