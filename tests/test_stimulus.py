"""Stimuli: the table says what the formula says, on every lane, whatever lanes are asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neuristor as nr
from neuristor.stimulus.base import T0, Q

T = np.linspace(0, 0.0999, 2003)


@pytest.mark.parametrize(
    ("stimulus", "formula"),
    [
        (nr.Step("2 A", start=0.03, baseline=1), lambda t: 1 + 2 * (t >= 0.03)),
        (nr.Pulse(3, 0.02, 0.01, baseline=-1, unit="V"), lambda t: -1 + 3 * ((t >= 0.02) & (t < 0.03))),
        (nr.Square(2, 0.02, duty=0.25, low=-1, duration=0.1), lambda t: np.where((t / 0.02) % 1 < 0.25, 2, -1)),
        (nr.Triangle(2, 0.05, start=0.01), lambda t: np.interp(t, [0, 0.01, 0.035, 0.06], [0, 0, 2, 0])),
        (nr.Ramp(1, 3, 0.05), lambda t: np.interp(t, [0, 0.05], [1, 3])),
        (nr.Sine(2, 30, offset=1, phase=0.5), lambda t: 1 + 2 * np.sin(2 * np.pi * 30 * t + 0.5)),
        (nr.PWL([0.01, 0.02, 0.05], [1, 5, -1]), lambda t: np.interp(t, [0.01, 0.02, 0.05], [1, 5, -1])),
        (
            nr.SpikeTrain([0.01, 0.012, 0.05], 2, kernel="exponential", tau=0.004),
            lambda t: sum(2 * np.exp(-np.maximum(t - a, 0) / 0.004) * (t >= a) for a in (0.01, 0.012, 0.05)),
        ),
        (
            nr.SpikeTrain([[0.01], [0.012, 0.05]], [2, -1], delays=[0, 0.001], kernel="alpha", tau=0.004),
            lambda t: sum(
                w * np.maximum(t - a, 0) / 0.004 * np.exp(1 - np.maximum(t - a, 0) / 0.004)
                for w, a in ((2, 0.01), (-1, 0.013), (-1, 0.051))
            ),
        ),
        (nr.Sine(2, 30) + nr.Step(1, start=0.03), lambda t: 2 * np.sin(2 * np.pi * 30 * t) + (t >= 0.03)),
        (-2 * nr.Step(1, start=0.03), lambda t: -2.0 * (t >= 0.03)),
    ],
    ids=lambda s: s.describe() if isinstance(s, nr.Stimulus) else "",
)
def test_value_equals_the_formula(stimulus, formula):
    clear = T[np.all(np.abs(T[:, None] - np.concatenate([stimulus.breakpoints(), [-1]])) > 1e-9, axis=1)]
    np.testing.assert_allclose(stimulus.value(clear)[0], formula(clear), atol=1e-12)


def test_double_exponential_peaks_at_its_weight():
    train = nr.SpikeTrain([0.0], 3, kernel="double_exponential", tau=0.01, tau_rise=0.002)
    assert abs(train.value(np.linspace(0, 0.05, 200_001)).max() / 3 - 1) < 1e-8


def test_delta_spikes_are_impulses_in_order_with_delays():
    rows = nr.SpikeTrain([[0.02, 0.01], [0.01]], [1e-9, 2e-9], delays=[0, 0.01]).segments(range(1)).rows
    np.testing.assert_allclose(rows[:, T0], [0, 0.01, 0.02])
    np.testing.assert_allclose(rows[:, Q], [0, 1e-9, 3e-9])


RANDOM = [
    nr.Poisson("200 Hz", 0.1, "1 pA", kernel="exponential", tau="2 ms", seed=5, lanes=16),
    nr.WhiteNoise(1e-9, 1e-3, 0.1, seed=5, lanes=16),
    nr.OrnsteinUhlenbeck("1 nA", "0.2 nA", "5 ms", "1 ms", 0.1, seed=5, lanes=16),
    nr.Fluctuated(nr.Triangle("1 nA", 0.1), 0.1, spacing="3 ms", seed=5, lanes=16),
]


@pytest.mark.parametrize("stimulus", RANDOM, ids=lambda s: type(s).__name__)
def test_a_lane_does_not_depend_on_its_company(stimulus):
    whole = stimulus.segments(range(0, 16))
    part = stimulus.segments(range(5, 9))
    np.testing.assert_array_equal(part.value(T), whole.value(T)[5:9])
    assert len(np.unique(whole.value(T)[:, 500])) == 16


def test_statistics_of_noise():
    """Mean and deviation of OU noise, its correlation over one time constant, and the rate of Poisson spikes."""
    noise = nr.OrnsteinUhlenbeck("1 A", "0.2 A", "5 ms", "1 ms", 1.0, lanes=200)
    v = noise.value(np.arange(1000) * 1e-3)
    assert abs(v.mean() - 1) < 0.005
    assert abs(v.std() / 0.2 - 1) < 0.02
    lag = np.mean((v[:, :-5] - 1) * (v[:, 5:] - 1)) / 0.04
    assert abs(lag - np.exp(-1)) < 0.02
    poisson = nr.Poisson("100 Hz", 1.0, 1e-9, lanes=400)
    counts = np.array([len(poisson.times(k)) for k in range(400)])
    assert abs(counts.mean() - 100) < 2
    assert abs(counts.var() / 100 - 1) < 0.25
    white = nr.WhiteNoise(1e-3, 1e-4, 1.0, mean="0 A", lanes=20)
    assert abs(white.value(np.arange(10_000) * 1e-4 + 1e-9).std() / 0.1 - 1) < 0.02


@pytest.mark.parametrize(("sign", "low", "high"), [("both", 0.9, 1.1), ("up", 1.0, 1.1), ("down", 0.9, 1.0)])
def test_ripple_stays_in_its_bounds(sign, low, high):
    base = nr.Sine("1 nA", "40 Hz", offset="2 nA", duration=0.1)
    ratio = nr.Fluctuated(base, 0.1, spacing="1 ms", sign=sign, lanes=8).value(T) / base.value(T)
    assert low - 1e-12 <= ratio.min() < low + 0.01
    assert high - 0.01 < ratio.max() <= high + 1e-12


def test_no_ripple_is_the_waveform_bit_for_bit():
    base = nr.Triangle("1 nA", 0.1)
    np.testing.assert_array_equal(nr.Fluctuated(base, 0.0, lanes=3).value(T), np.repeat(base.value(T), 3, axis=0))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-5, 5)), min_size=1, max_size=12))
def test_pwl_of_any_points(points):
    points = sorted(points)
    times, values = np.array(points).T
    stimulus = nr.PWL(times, values)
    t = np.linspace(0, 1.2, 97)
    clear = t[np.all(np.abs(t[:, None] - times) > 1e-9, axis=1)]
    keep = np.append(np.diff(times) > 0, True)
    expected = [values[0] if a < times[0] else np.interp(a, times, values) for a in clear]
    if np.all(keep):
        np.testing.assert_allclose(stimulus.value(clear)[0], expected, atol=1e-9)
    assert np.all(np.isfinite(stimulus.value(t)))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: nr.PWL([0, 2, 1], [0, 1, 2]), "must not run backwards"),
        (lambda: nr.PWL([0, 1], [0, 1, 2]), "2 times but 3 values"),
        (lambda: nr.PWL([-1, 1], [0, 1]), "not be negative"),
        (lambda: nr.Pulse(1, 0, 0), "width must be positive"),
        (lambda: nr.Triangle(1, -1), "duration must be"),
        (lambda: nr.Square(1, 1, duty=2, duration=5), "duty"),
        (lambda: nr.Square(1, 1), "how long"),
        (lambda: nr.Sine(1, 0), "frequency must be positive"),
        (lambda: nr.Step("1 mV", unit="A"), "is in mV"),
        (lambda: nr.SpikeTrain([1], kernel="gamma"), "unknown kernel 'gamma'"),
        (lambda: nr.SpikeTrain([1], kernel="alpha"), "needs a time constant"),
        (lambda: nr.SpikeTrain([[1], [2]], weights=[1, 2, 3]), "3 weights for 2 synapses"),
        (lambda: nr.SpikeTrain([-1.0]), "negative"),
        (lambda: nr.SpikeTrain([1], weights="1 nA"), "weights"),
        (lambda: nr.Poisson(-5, 1), "rate"),
        (lambda: nr.Poisson(5, 1, seed=-1), "seed"),
        (lambda: nr.WhiteNoise(1, 0, 1), "dt must be positive"),
        (lambda: nr.OrnsteinUhlenbeck("1 A", "-1 A", 1, 1, 1), "sigma"),
        (lambda: nr.Fluctuated(nr.Step(1), 0.1), "how long"),
        (lambda: nr.Fluctuated(nr.Step(1, duration=1), 2), "between 0 and 1"),
        (lambda: nr.Fluctuated(nr.Step(1, duration=1), 0.1, sign="sideways"), "both, up or down"),
        (lambda: nr.Step("1 A") + nr.Step("1 V"), "cannot add"),
        (lambda: (nr.Sine(1, 1) + nr.Sine(1, 2)).value([0]), "one sine"),
    ],
)
def test_bad_stimuli_say_what_is_wrong(make, sentence):
    with pytest.raises(nr.InputError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("t,i\n0,1\n1,nan\n", "line 3.*not finite"),
        ("t,i\n0,1\n1,x\n", "line 3.*not a row of numbers"),
        ("0,1\n1\n", "line 2: 1 columns"),
        ("time,current\n", "no rows of numbers"),
        ("1,0\n0,1\n", "run backwards"),
    ],
)
def test_bad_csv_names_file_and_line(tmp_path, text, sentence):
    path = tmp_path / "input.csv"
    path.write_text(text)
    with pytest.raises(nr.InputError, match=sentence) as caught:
        nr.PWL.from_csv(path)
    assert "input.csv" in str(caught.value)


def test_csv_with_header_semicolons_and_lanes(tmp_path):
    path = tmp_path / "input.csv"
    path.write_text("t;a;b\n0;1;2\n1;3;4\n")
    np.testing.assert_allclose(nr.PWL.from_csv(path).value([0.5]), [[2], [3]])


def test_missing_and_binary_csv(tmp_path):
    with pytest.raises(nr.InputError, match="cannot be read"):
        nr.PWL.from_csv(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(nr.InputError, match="not text"):
        nr.PWL.from_csv(tmp_path / "b.csv")
