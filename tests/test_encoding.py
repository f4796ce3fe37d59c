"""Encodings: what a decoder gets back, the statistics of what is random, and that it depends on seed and picture alone."""

import numpy as np
import pytest
from scipy import stats

from neuristor.errors import InputError
from neuristor.networks.datasets import load_dataset
from neuristor.networks.encoding import (
    ENCODINGS,
    Latency,
    PoissonRate,
    RankOrder,
    RegularRate,
    SpikeList,
    encoding_of,
    recordings,
    round_trip,
)
from neuristor.networks.event_files import Events
from neuristor.networks.receptive_field import ReceptiveField, difference_of_gaussians, encoding_from, on_centre


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits").x_train[:40].astype(float)


def test_poisson_counts_are_poisson_and_times_uniform():
    encoding = PoissonRate(rate_max=100, duration=0.5)
    image = np.array([1.0, 0.5, 0.1, 0.0])
    n = 2000
    lists = [encoding.spikes(image, k) for k in range(n)]
    counts = np.array([one.counts() for one in lists])
    expected = image * 50
    assert np.all(np.abs(counts.mean(axis=0) - expected) <= 4 * np.sqrt(expected / n))
    assert np.all(counts[:, 3] == 0)
    spread = counts[:, 0].var(ddof=1) / expected[0]  # the variance of a Poisson variable is its mean
    assert abs(spread - 1) < 4 * np.sqrt(2 / n)
    times = np.concatenate([one.times[one.inputs == 1] for one in lists])
    assert stats.kstest(times / 0.5, "uniform").pvalue > 6e-5  # 4 sigma
    pairs = np.corrcoef(counts[:, 0], counts[:, 1])[0, 1]
    assert abs(pairs) < 4 / np.sqrt(n)


def test_poisson_decodes_without_bias(digits):
    encoding = PoissonRate(rate_max=200, duration=1.0)
    back = np.mean([encoding.decode(encoding.spikes(digits[0], k)) for k in range(400)], axis=0)
    assert np.all(np.abs(back - digits[0]) <= 4.5 * np.sqrt(digits[0] / 200 / 400))


def test_random_spikes_depend_on_seed_number_and_showing_alone(digits):
    encoding = PoissonRate()
    alone = encoding.spikes(digits[3], 3, seed=5)
    for k in range(3):
        encoding.spikes(digits[k], k, seed=5)
    again = encoding.spikes(digits[3], 3, seed=5)
    assert np.array_equal(alone.times, again.times)
    assert np.array_equal(alone.inputs, again.inputs)
    for other in (
        encoding.spikes(digits[3], 4, seed=5),
        encoding.spikes(digits[3], 3, seed=6),
        encoding.spikes(digits[3], 3, seed=5, repeat=1),
    ):
        assert not np.array_equal(alone.times[:20], other.times[:20])


def test_a_total_rate_takes_the_ink_out():
    encoding = PoissonRate(total_rate="1 kHz")
    for ink in (0.1, 1.0):
        assert encoding.rates(np.full(20, ink)).sum() == pytest.approx(1000)
    assert encoding.rates(np.full(20, 0.4), repeat=2).sum() == pytest.approx(1000 * 1.5**2)
    assert encoding.spikes(np.zeros(20)).times.size == 0


def test_regular_spikes_are_equally_spaced_and_decode_exactly(digits):
    encoding = RegularRate(rate_max=100, duration=1.0)
    spikes = encoding.spikes(digits[0])
    brightest = int(np.argmax(digits[0]))
    gaps = np.diff(spikes.times[spikes.inputs == brightest])
    assert gaps == pytest.approx(1 / (100 * digits[0, brightest]))
    assert np.array_equal(spikes.counts(), np.floor(100 * digits[0] + 0.5))
    assert encoding.decode(spikes) == pytest.approx(digits[0], abs=1e-12)


def test_latency_decodes_exactly(digits):
    encoding = Latency()
    spikes = encoding.spikes(digits[0])
    assert spikes.times[0] == pytest.approx(encoding.duration * (1 - digits[0].max()))
    assert encoding.decode(spikes) == pytest.approx(digits[0], abs=1e-12)
    assert round_trip(encoding, digits).error < 1e-12


def test_rank_order_tells_the_order_and_nothing_else():
    rng = np.random.default_rng(1)
    x = rng.random(50)
    encoding = RankOrder()
    assert np.array_equal(encoding.spikes(x).inputs, np.argsort(-x))
    squeezed = encoding.spikes(0.2 + 0.1 * x)
    assert np.array_equal(encoding.spikes(x).times, squeezed.times)
    assert stats.spearmanr(encoding.decode(squeezed), x).statistic == pytest.approx(1.0)


def test_the_measured_table_is_the_best_decoder_of_ranks(digits):
    encoding, table = RankOrder(), RankOrder.table_of(digits)
    measured = round_trip(encoding, digits, decode=lambda s: encoding.decode(s, table)).error
    assert measured < round_trip(encoding, digits).error
    for other in (1.1 * table, 0.9 * table):  # ranks of black pixels are silent: least squares over all the others
        assert measured < round_trip(encoding, digits, decode=lambda s, t=other: encoding.decode(s, t)).error


def test_the_field_of_document_003():
    field = on_centre()
    assert field.shape == (5, 5)
    assert field[2, 2] == 1.0
    assert field[2, 1] == field[1, 2] == 0.625
    assert field[1, 1] == field[2, 0] == 0.125
    assert field[0, 1] == -0.125
    assert field[0, 0] == -0.5
    assert np.array_equal(field, field.T)


def test_difference_of_gaussians_ignores_a_constant():
    field = difference_of_gaussians(9, 1.0)
    assert field.sum() == pytest.approx(0.0, abs=1e-15)
    flat = ReceptiveField(field, "both").seen(np.full(20 * 20, 0.7))
    assert flat[5:-5, 5:-5] == pytest.approx(0.0, abs=1e-14)


def test_receptive_fields_see_a_dot_as_their_own_mirror_image():
    rng = np.random.default_rng(2)
    field = rng.normal(size=(5, 3))
    image = np.zeros((9, 8))
    image[4, 3] = 1.0
    coding = ReceptiveField(field, shape=(9, 8))
    assert coding.seen(image)[2:7, 2:5] * coding.full == pytest.approx(field[::-1, ::-1])
    assert coding.matrix(72) @ image.ravel() == pytest.approx(coding.seen(image).ravel())


@pytest.mark.parametrize("side", [28, 16])
def test_on_and_off_cells_share_the_picture_between_them(side):
    image = np.random.default_rng(3).random((side, side))
    on, off, both = (ReceptiveField(cells=cells) for cells in ("on", "off", "both"))
    told = both.intensities(image)
    assert np.array_equal(told, np.concatenate([on.intensities(image), off.intensities(image)]))
    assert told[: side**2] - told[side**2 :] == pytest.approx(both.seen(image).ravel())
    assert told.max() <= 1.0
    assert both.inputs(side**2) == 2 * side**2 == both.spikes(image).size


@pytest.mark.parametrize("field", ["on_centre", "difference_of_gaussians"])
def test_a_picture_comes_back_from_on_and_off_cells(digits, field):
    coding = ReceptiveField(field, "both", RegularRate(duration=20.0))
    assert round_trip(coding, digits[:4]).correlation > 0.999
    half = ReceptiveField(field, "on", RegularRate(duration=20.0))
    assert 0.5 < round_trip(half, digits[:4]).correlation < 0.999


def test_events_go_straight_in():
    events = Events(
        np.array([0, 3, 33]), np.array([0, 1, 33]), np.array([0, 1, 1]), np.array([5, 10, 400_000]), np.array([0, 2, 3])
    )
    first, second = recordings(events)
    assert first.times == pytest.approx([5e-6, 10e-6])
    assert first.inputs.tolist() == [0, 34 * 34 + 34 + 3]
    assert second.size == 2 * 34 * 34
    assert np.array_equal(np.array([first.counts(), second.counts()]), events.counts().reshape(2, -1))


def test_delays_keep_every_spike_and_its_input():
    spikes = SpikeList([0.0, 0.1, 0.2], [0, 1, 0], 2, 0.2)
    late = spikes.delayed(np.array([0.15, 0.0]))
    assert late.times == pytest.approx([0.1, 0.15, 0.35])
    assert late.inputs.tolist() == [1, 0, 0]


@pytest.mark.parametrize("coding", [*(e() for e in ENCODINGS.values()), ReceptiveField(cells="both", rate="regular")])
def test_an_encoding_is_rebuilt_from_its_description(coding, digits):
    again = encoding_from(coding.described())
    assert np.array_equal(again.spikes(digits[0], 7).times, coding.spikes(digits[0], 7).times)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: encoding_of("poison"), "did you mean 'poisson'"),
        (lambda: PoissonRate().spikes([0.5, 1.5]), r"must lie in \[0, 1\]"),
        (lambda: PoissonRate(rate_max="-3 Hz"), "positive"),
        (lambda: RegularRate(duration="1 Gs").spikes([0.5]), "spikes a picture; lower rates or a shorter duration"),
        (lambda: PoissonRate(rate_max=[1.0, 2.0]), "must be one number"),
        (lambda: ReceptiveField(rate="latency"), "need a rate code"),
        (lambda: ReceptiveField(np.ones((4, 4))), "two odd sides"),
        (lambda: ReceptiveField(cells="onn"), "did you mean 'on'"),
        (lambda: ReceptiveField().spikes(np.ones(20)), "not square"),
        (lambda: difference_of_gaussians(4), "odd size"),
        (lambda: SpikeList([0.2, 0.1], [0, 0], 1, 1.0), "must rise"),
        (lambda: SpikeList([0.1], [3], 2, 1.0), "input 3 of 2"),
    ],
)
def test_bad_input_is_told(attempt, told):
    with pytest.raises(InputError, match=told):
        attempt()
