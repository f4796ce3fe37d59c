"""Sampling: what is drawn has the stated distribution and does not depend on how it is asked for."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from neuristor import InputError
from neuristor.studies.random import DISTRIBUTIONS, Random, check_numbers, correlated, correlation_factor
from neuristor.studies.sampling import SAMPLINGS, stream, uniforms

NAMES = ["c_mem", "v_th", "r_mem"]
N = 20_000
# distribution, its numbers, the same in SciPy
KNOWN = [
    ("normal", {"mean": 2.0, "sigma": 0.5}, stats.norm(2, 0.5)),
    ("truncated_normal", {"mean": 2.0, "sigma": 0.5, "low": 1.8, "high": 4.0}, stats.truncnorm(-0.4, 4, 2, 0.5)),
    ("lognormal", {"mean": 2.0, "sigma": 0.3}, stats.lognorm(0.3, scale=2.0)),
    ("uniform", {"low": -1.0, "high": 3.0}, stats.uniform(-1, 4)),
    ("log_uniform", {"low": 0.1, "high": 10.0}, stats.loguniform(0.1, 10)),
    ("triangular", {"low": -1.0, "mode": 0.5, "high": 2.0}, stats.triang(0.5, -1, 3)),
]


@pytest.mark.parametrize("kind", SAMPLINGS)
def test_any_stretch_is_the_same_stretch_of_the_whole(kind):
    whole = uniforms(kind, NAMES, 0, 1000, 7, 64)
    assert whole.shape == (3, 1000)
    assert np.all((whole > 0) & (whole < 1))
    for start, stop in ((0, 1), (1, 2), (3, 700), (63, 65), (128, 192), (999, 1000)):
        assert np.array_equal(uniforms(kind, NAMES, start, stop, 7, 64), whole[:, start:stop])


@pytest.mark.parametrize("kind", SAMPLINGS)
def test_another_seed_draws_other_numbers(kind):
    assert not np.any(uniforms(kind, NAMES, 0, 100, 7, 50) == uniforms(kind, NAMES, 0, 100, 8, 50))


@pytest.mark.parametrize("kind", ["monte_carlo", "latin_hypercube"])
def test_another_name_beside_it_leaves_a_name_as_it_is(kind):
    one, three = uniforms(kind, ["v_th"], 0, 200, 1, 50), uniforms(kind, NAMES, 0, 200, 1, 50)
    assert np.array_equal(one[0], three[1])


@pytest.mark.parametrize("kind", SAMPLINGS)
def test_every_name_is_uniform_and_on_its_own(kind):
    u = uniforms(kind, NAMES, 0, N, 3, 100)
    for row in u:
        assert stats.kstest(row, "uniform").pvalue > 6e-5  # 4 sigma
    assert np.max(np.abs(np.corrcoef(u) - np.eye(3))) < 4 / np.sqrt(N)


def test_far_into_a_stream_it_is_uniform_still():
    assert stats.kstest(stream(5, "c_mem", 10**12, 10**12 + N), "uniform").pvalue > 6e-5


def test_every_stratum_of_a_hypercube_has_one_sample():
    u = uniforms("latin_hypercube", NAMES, 300, 400, 5, 100)
    assert np.array_equal(np.sort(np.floor(u * 100), axis=1), np.tile(np.arange(100), (3, 1)))


def test_a_sobol_sequence_fills_more_evenly_than_chance():
    sobol, chance = (uniforms(kind, NAMES, 0, 1024, 5, 100).T for kind in ("sobol", "monte_carlo"))
    assert qmc.discrepancy(sobol) < 0.1 * qmc.discrepancy(chance)


def test_a_sobol_sequence_has_an_end():
    with pytest.raises(InputError, match="at most"):
        uniforms("sobol", NAMES, 0, 2**30 + 1, 1, 100)


@pytest.mark.parametrize(("name", "numbers", "known"), KNOWN, ids=[k[0] for k in KNOWN])
def test_distributions_are_those_of_scipy(name, numbers, known):
    u = np.linspace(1e-6, 1 - 1e-6, 1001)
    found = Random("x", "1", name, numbers).values(u)
    assert found == pytest.approx(known.ppf(u), rel=1e-9, abs=1e-9)


def test_every_distribution_is_checked():
    assert {name for name, _, _ in KNOWN} == set(DISTRIBUTIONS)


@pytest.mark.parametrize(
    ("name", "numbers", "told"),
    [
        ("normal", {"mean": 1.0, "sigma": 0.0}, "sigma: must be positive"),
        ("uniform", {"low": 1.0, "high": 1.0}, "high: must be above low"),
        ("log_uniform", {"low": 0.0, "high": 1.0}, "low: must be positive"),
        ("lognormal", {"mean": 0.0, "sigma": 0.1}, "mean: must not be zero"),
        ("triangular", {"low": 0.0, "mode": 2.0, "high": 1.0}, "mode: must lie from low to high"),
        ("truncated_normal", {"mean": 0.0, "sigma": 1.0, "low": 20.0, "high": 30.0}, "holds 0 of the normal"),
    ],
)
def test_numbers_that_no_distribution_has(name, numbers, told):
    with pytest.raises(InputError, match=told):
        check_numbers(name, numbers, "random[0]")


def test_a_copula_gives_the_rank_correlation_of_its_normal_scores():
    factor = correlation_factor(NAMES, {("c_mem", "v_th"): 0.8, ("v_th", "r_mem"): -0.5})
    u = correlated(uniforms("monte_carlo", NAMES, 0, N, 2, 100), factor)
    ranks = stats.spearmanr(u.T).statistic
    for i, j, r in ((0, 1, 0.8), (1, 2, -0.5), (0, 2, 0.0)):
        assert ranks[i, j] == pytest.approx(6 / np.pi * np.arcsin(r / 2), abs=4 / np.sqrt(N))
    for row in u:
        assert stats.kstest(row, "uniform").pvalue > 6e-5


def test_correlation_keeps_any_stretch_as_it_is():
    factor = correlation_factor(NAMES, {("c_mem", "v_th"): 0.8})
    u = uniforms("monte_carlo", NAMES, 0, 1000, 2, 100)
    whole = correlated(u, factor)
    for start, stop in ((0, 1), (5, 8), (17, 999)):
        assert np.array_equal(correlated(u[:, start:stop], factor), whole[:, start:stop])


def test_correlations_that_no_numbers_have():
    with pytest.raises(InputError, match="not positive definite"):
        correlation_factor(NAMES, {("c_mem", "v_th"): 0.9, ("v_th", "r_mem"): 0.9, ("c_mem", "r_mem"): -0.9})
