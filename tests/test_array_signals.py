"""Pulsed rows to bitline currents: charge, superposition, and the same stimulus for equations and transistors."""

import numpy as np
import pytest

from neuristor import LIF, InputError, Step
from neuristor.arrays.crossbar import Crossbar
from neuristor.arrays.faults import Faults
from neuristor.arrays.signals import BitlineCurrents, poisson_trains, pulsed, regular_trains, row_currents, sampled
from neuristor.arrays.wire_resistance import Wires
from neuristor.circuits.cells import CmosLIF
from neuristor.neurons.behavioural import Behavioural

WIDTH, END = 1e-6, 1e-3


def charge(stimulus, lane):
    """Integral over the duration of a lane's rows."""
    table = stimulus.segments(range(lane, lane + 1))
    times = np.append(table.rows[:, 0], stimulus.duration)
    return float(np.sum(np.diff(times) * table.rows[:, 2]))


def apart(rng, rows, count):
    """Spike times of every row, no two of a row closer than two widths."""
    return [np.sort(rng.choice(np.arange(1, int(END / (3 * WIDTH))), count, replace=False) * 3 * WIDTH) for _ in range(rows)]


@pytest.fixture
def array():
    rng = np.random.default_rng(1)
    return Crossbar(rng.normal(size=(12, 3)), wires=Wires(r_word=2.0, r_bit=2.0), faults=Faults(stuck_lrs=0.1))


def test_the_charge_is_that_of_the_pulses():
    rng = np.random.default_rng(0)
    per_row = rng.normal(size=(12, 3)) * 1e-6
    trains = [apart(rng, 12, n) for n in (5, 40)]
    stimulus = BitlineCurrents(per_row, [pulsed(t, WIDTH) for t in trains], END, gain=2.0)
    for sample, train in enumerate(trains):
        wanted = 2.0 * sum(len(t) * WIDTH * row for t, row in zip(train, per_row, strict=True))
        found = [charge(stimulus, 3 * sample + j) for j in range(3)]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_overlapping_pulses_of_a_row_are_one():
    signal = pulsed([np.array([0.0, 0.5, 3.0, 4.0])], 1.0)
    stimulus = BitlineCurrents([[1.0]], [signal], 10.0)
    rows = stimulus.segments(range(1)).rows
    assert rows[:, 0].tolist() == [0.0, 1.5, 3.0, 5.0]
    assert rows[:, 2].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_only_changes_are_stored_and_the_current_returns_to_nothing():
    rng = np.random.default_rng(2)
    per_row = np.column_stack([rng.normal(size=20), np.zeros(20), np.where(np.arange(20) == 3, 1.0, 0.0)])
    train = apart(rng, 20, 30)
    stimulus = BitlineCurrents(per_row, [pulsed(train, WIDTH)], END)
    tables = [stimulus.segments(range(j, j + 1)).rows for j in range(3)]
    assert len(tables[1]) == 1
    assert len(tables[2]) == 61
    assert len(tables[0]) == 1 + 2 * len(np.unique(np.concatenate(train)))
    assert tables[0][-1, 2] == 0.0
    assert np.all(np.diff(tables[0][:, 2]) != 0)


def test_a_lane_does_not_depend_on_which_are_asked_for():
    rng = np.random.default_rng(3)
    signals = [pulsed(t, WIDTH) for t in poisson_trains(rng.uniform(size=(4, 6)), 1e5, END, seed=5)]
    stimulus = BitlineCurrents(rng.normal(size=(6, 5)), signals, END, constant=0.1, bias=0.3, limits=(-1.0, 1.0))
    whole, part = stimulus.segments(range(20)), stimulus.segments(range(7, 13))
    times = np.linspace(0, END, 500)
    assert np.array_equal(whole.value(times)[7:13], part.value(times))
    assert np.all(np.abs(whole.value(times)) <= 1.0)


def test_levels_are_what_the_array_gives_for_the_rows_that_are_on(array):
    """Faults, wires and a bias row: a read with the same voltages at once."""
    array = array.with_(bias=np.array([0.1, -0.2, 0.3]))
    per_row, constant = row_currents(array)
    train = poisson_trains(np.full((1, 12), 0.8), 5e4, END, seed=1)[0]
    stimulus = BitlineCurrents(per_row, [pulsed(train, 20 * WIDTH)], END, constant=constant)
    for time in np.random.default_rng(0).uniform(0, END, 50):
        on = [float(np.any((t <= time) & (time < t + 20 * WIDTH))) for t in train]
        found = stimulus.value([time])[:, 0]
        np.testing.assert_allclose(found, array.currents(np.array([on]))[0], rtol=1e-9, atol=1e-15)


def test_sampled_voltages_are_held():
    stimulus = BitlineCurrents([[1.0, 2.0]], [sampled([0.0, 1.0, 2.0], [[0.0], [0.5], [0.5]])], 3.0)
    assert stimulus.value([0.5, 1.5, 2.5]).tolist() == [[0.0, 0.5, 0.5], [0.0, 1.0, 1.0]]
    assert stimulus.breakpoints(0).tolist() == [1.0]


def test_constant_rows_make_the_spikes_of_a_step():
    per_row = np.array([[2e-4, 1e-4]])
    stimulus = BitlineCurrents(per_row, [sampled([0.0], [[1.0]])], 50e-3)
    ours, wanted = LIF().simulate(stimulus), LIF().simulate(Step(per_row[0]), 50e-3)
    np.testing.assert_allclose(ours.spike_times, wanted.spike_times, rtol=1e-12)


def test_a_circuit_takes_the_same_pulses_as_its_model():
    """Model and circuit agree within the 1 % that the model claims."""
    per_row = np.full((4, 2), 1.0) * np.array([80e-12, 140e-12])
    signals = [pulsed(regular_trains(np.array([[1.0, 0.8, 0.6, 0.9]]), 5e4, 3e-4)[0], 4e-6)]
    stimulus = BitlineCurrents(per_row, signals, 3e-4, limits=(0.0, 1e-9))
    circuit, model = (n.simulate(stimulus, record=()) for n in (CmosLIF(), Behavioural()))
    assert circuit.spike_counts.tolist() == model.spike_counts.tolist()
    assert circuit.spike_counts.min() >= 1
    np.testing.assert_allclose(model.spike_times, circuit.spike_times, rtol=0.01)


def test_poisson_rows_have_their_rate_and_do_not_depend_on_each_other():
    x = np.linspace(0, 1, 200)[None, :].repeat(20, axis=0)
    trains = poisson_trains(x, 1e4, 0.02, seed=3)
    counts = np.array([[len(t) for t in train] for train in trains])
    wanted = 1e4 * 0.02 * x
    assert abs(counts.sum() - wanted.sum()) < 4 * np.sqrt(wanted.sum())
    assert counts[:, 0].sum() == 0
    chi = np.sum((counts - wanted)[:, 1:] ** 2 / wanted[:, 1:])
    n = 20 * 199
    assert abs(chi - n) < 4 * np.sqrt(2 * n + np.sum(1 / wanted[:, 1:]))
    again = poisson_trains(x[:5], 1e4, 0.02, seed=3)
    assert all(np.array_equal(a, b) for s, t in zip(again, trains, strict=False) for a, b in zip(s, t, strict=True))


def test_regular_rows_have_whole_periods():
    (train,) = regular_trains(np.array([[1.0, 0.5, 0.0]]), 1e3, 10e-3)
    assert [len(t) for t in train] == [10, 5, 0]
    np.testing.assert_allclose(np.diff(train[1]), 2e-3)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: BitlineCurrents(np.ones((3, 2)), [pulsed([[0.0]], 1.0)], 1.0), "1 rows, but the array has 3"),
        (lambda: BitlineCurrents(np.ones((3, 2)), [], 1.0), "at least one sample"),
        (lambda: sampled([0.0, 0.0], [[1.0], [1.0]]), "begin at 0 and rise"),
        (lambda: sampled([0.0], [[np.nan]]), "finite"),
        (lambda: sampled([0.0, 1.0], [[1.0]]), "times and"),
        (lambda: sampled(["a"], [[1.0]]), "must be numbers"),
        (lambda: pulsed([[0.0]], -1.0), "width must be positive"),
        (lambda: poisson_trains(np.ones((1, 1)), "-1 Hz", 1.0), "positive"),
        (lambda: poisson_trains([[-1.0]], 1.0, 1.0), "zero or more are needed"),
        (lambda: regular_trains([[np.nan]], 1.0, 1.0), "zero or more are needed"),
    ],
)
def test_bad_input(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
