"""Confidence bounds: exact coverage by summing the binomial distribution, classical table values, known inverses."""

import numpy as np
import pytest
from scipy.stats import beta, binom, norm, t

from neuristor.errors import InputError
from neuristor.experiments.statistics import coverage, mean_bounds, proportion_bounds, quantile_bounds, quantile_ranks


@pytest.mark.parametrize("n", [20, 59, 1000])
@pytest.mark.parametrize("p", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_ranks_cover_and_are_the_closest(n, p, confidence):
    """The quantile lies between samples `low` and `high` if low .. high - 1 samples lie below it: binomial, exactly."""
    low, high = quantile_ranks(n, p, confidence)
    tail = (1 - confidence) / 2
    assert binom.cdf(low - 1, n, p) <= tail < binom.cdf(low, n, p)
    assert binom.sf(high - 1, n, p) <= tail < binom.sf(high - 2, n, p)
    if low > 0 and high <= n:
        assert binom.cdf(high - 1, n, p) - binom.cdf(low - 1, n, p) >= confidence


def test_median_of_ten_as_in_tables():
    """The sign test's interval: samples 2 and 9 of 10 bound the median with 97.9 %."""
    assert quantile_ranks(10, 0.5, 0.95) == (2, 9)
    found = quantile_bounds(np.arange(10.0, 0, -1), 0.5)
    assert (found.value, found.low, found.high) == (5.0, 2.0, 9.0)


def test_too_few_samples_have_no_bound():
    found = quantile_bounds([1.0, 2.0, 3.0], 0.95)
    assert found.value == 3.0
    assert found.low == 2.0
    assert found.high == np.inf


def test_an_infinite_sample_is_only_last_in_order():
    values = np.r_[-np.inf, np.arange(1.0, 100.0)]
    assert quantile_bounds(values, 0.05).value == 4.0
    assert quantile_bounds(values, 0.005).value == -np.inf
    with pytest.raises(InputError, match="NaN"):
        quantile_bounds([1.0, np.nan], 0.5)


def test_quantiles_of_a_skewed_law_are_covered_as_often_as_said():
    """2000 sets of 50 from a lognormal law: its median lies inside in the exact share of cases, within 4 sigma."""
    sets = np.random.default_rng(7).lognormal(size=(50, 2000))
    found = quantile_bounds(sets, 0.5, 0.9)
    low, high = quantile_ranks(50, 0.5, 0.9)
    exact = binom.cdf(high - 1, 50, 0.5) - binom.cdf(low - 1, 50, 0.5)
    seen = np.mean((found.low <= 1.0) & (found.high > 1.0))
    assert abs(seen - exact) < 4 * np.sqrt(exact * (1 - exact) / 2000)


@pytest.mark.parametrize("n", [1, 12, 100])
def test_exact_interval_covers_at_every_proportion(n):
    k = np.arange(n + 1)
    found = proportion_bounds(k, n, 0.95)
    for p in np.linspace(0.001, 0.999, 201):
        inside = (found.low <= p) & (p <= found.high)
        assert binom.pmf(k, n, p)[inside].sum() >= 0.95 - 1e-12


def test_exact_interval_is_clopper_and_pearsons():
    found = proportion_bounds([0, 3, 10], 10, 0.95)
    np.testing.assert_allclose(found.value, [0, 0.3, 1])
    np.testing.assert_allclose(found.low, [0, beta.ppf(0.025, 3, 8), 0.025**0.1], rtol=1e-12)
    np.testing.assert_allclose(found.high, [1 - 0.025**0.1, beta.ppf(0.975, 4, 7), 1], rtol=1e-12)


def test_wilson_bounds_solve_their_equation_and_are_shorter():
    k, n, z = np.array([0, 1, 7, 20]), 20, norm.ppf(0.975)
    found, wide = proportion_bounds(k, n, method="wilson"), proportion_bounds(k, n)
    for bound in (found.low, found.high):
        assert np.all((bound >= 0) & (bound <= 1))
        met = np.abs(k / n - bound) - z * np.sqrt(bound * (1 - bound) / n)
        np.testing.assert_allclose(met, 0, atol=1e-12)
    assert np.all(found.high - found.low < wide.high - wide.low)


def test_mean_interval_is_students_and_leaves_out_what_is_missing():
    x = np.random.default_rng(1).normal(2.0, 3.0, size=(30, 2))
    x[5, 1] = np.nan
    found = mean_bounds(x, 0.9)
    for k, column in enumerate((x[:, 0], x[~np.isnan(x[:, 1]), 1])):
        low, high = t.interval(0.9, len(column) - 1, column.mean(), column.std(ddof=1) / np.sqrt(len(column)))
        np.testing.assert_allclose([found.value[k], found.low[k], found.high[k]], [column.mean(), low, high], rtol=1e-12)
    lonely = mean_bounds([4.0])
    assert lonely.value == 4.0
    assert np.isnan(lonely.low)
    assert np.isnan(lonely.high)


def test_fifty_nine_samples_cover_ninety_five_percent():
    """Wilks 1941: the smallest number whose largest value bounds 95 % of the population with confidence 95 % is 59."""
    assert coverage(58) < 0.95 <= coverage(59)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: quantile_ranks(0, 0.5), "at least one sample"),
        (lambda: quantile_ranks(5, 1.0), "between 0 and 1"),
        (lambda: quantile_bounds([1.0], 0.5, 95), "95 % is 0.95"),
        (lambda: proportion_bounds(3, 2), "between 0 and the number"),
        (lambda: proportion_bounds(1, 2, method="wilsn"), "did you mean 'wilson'"),
    ],
)
def test_bad_input_is_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()
