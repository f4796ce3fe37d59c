"""Comparing two studies: the tests against published examples and their own level, the verdicts against changes we made."""

import json

import numpy as np
import pytest
from command import run
from study_made import CURRENTS, HEAD, NORMAL, TEMPLATE, made, two_metrics

from neuristor.errors import InputError
from neuristor.studies.comparison import compare_studies
from neuristor.studies.two_samples import difference, holm, share_difference, share_test, shift_test, spread_test

LIMITS = '[limits]\nrate = ">350 Hz"\nfirst_spike = "0.6 ms..2.6 ms"\n'


def scaled(factor, spread=1.0):
    """The two metrics with the rate's mean and spread moved; the first spike stays."""

    def metrics(values, runs):
        found = two_metrics(values, runs)
        mean = 4e6 * values["current"]
        return found | {"rate": factor * mean + spread * (found["rate"] - mean)}

    return metrics


def two(folder, text=TEMPLATE + LIMITS, old=two_metrics, new=two_metrics, seeds=(1, 1), **options):
    for name, metrics, seed in (("old", old, seeds[0]), ("new", new, seeds[1])):
        made(folder / f"{name}.study", text, metrics, seed=seed, samples=300, **options)
    return compare_studies(folder / "old.study", folder / "new.study")


def verdicts(comparison, metric):
    return [row.verdict for row in comparison.rows if row.metric == metric]


def test_holm_as_published():
    assert np.allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert len(holm([])) == 0


def test_difference_of_shares_as_newcombe_prints_it():
    """56 of 70 less 48 of 80: 0.0524 to 0.3339 by method 10 (Stat. Med. 17 (1998) 873, table II)."""
    old, new = np.arange(80) < 48, np.arange(70) < 56
    found = share_difference(old, new, paired=False)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_mcnemar_counts_only_pairs_that_differ():
    old = np.array([True] * 40 + [True] * 2 + [False] * 12 + [False] * 30)
    new = np.array([True] * 40 + [False] * 2 + [True] * 12 + [False] * 30)
    exact = 2 * sum(np.array([1, 14, 91])) / 2**14
    assert share_test(old, new, paired=True) == pytest.approx(exact)


@pytest.mark.parametrize("paired", [True, False])
def test_bounds_of_a_change_hold_what_they_say(paired):
    """600 experiments: 95 % of the bounds hold the truth, within 4 sigma."""
    rng, held, shares = np.random.default_rng(3), 0, 0
    for _ in range(600):
        common = rng.standard_normal(60)
        old, new = common + rng.standard_normal(60), 0.3 + (common if paired else 0) + 2 * rng.standard_normal(60)
        means = difference(old, new, paired)
        held += means.low <= 0.3 <= means.high
        u, v = common < 0.5, (common < 0.8) if paired else (rng.standard_normal(60) < 0.8)
        own = share_difference(u, v, paired)
        shares += own.low <= 0.788145 - 0.691462 <= own.high
    sigma = np.sqrt(600 * 0.95 * 0.05)
    assert abs(held - 570) < 4 * sigma
    assert shares > 570 - 4 * sigma  # the share's bounds are a little wider than they need be


@pytest.mark.parametrize("paired", [True, False])
def test_tests_are_quiet_if_nothing_changed_and_see_what_did(paired):
    rng, alarms = np.random.default_rng(4), np.zeros(2)
    for _ in range(400):
        common = rng.standard_normal(50)
        old, new = (common * paired + rng.standard_normal(50) for _ in range(2))
        alarms += [shift_test(old, new, paired) < 0.05, spread_test(old, new, paired) < 0.05]
        assert min(shift_test(old, new + 3, paired), spread_test(old, 6 * new, paired)) < 0.05
    assert np.all(alarms < 20 + 4 * np.sqrt(400 * 0.05 * 0.95))


def test_the_same_study_twice_is_the_same(tmp_path):
    found = two(tmp_path)
    assert found.paired
    assert found.counts == {"same": 9}  # two metrics and the yield, at three points
    assert found.changed == () == found.left_out
    assert all(row.p == 1 for row in found.rows)


def test_last_digits_are_no_change(tmp_path):
    def rounded(values, runs):
        return {name: v * (1 + 1e-7) for name, v in two_metrics(values, runs).items()}

    assert two(tmp_path, new=rounded).counts == {"same": 9}


def test_a_direction_needs_a_limit(tmp_path):
    assert verdicts(two(tmp_path / "a", new=scaled(1.02)), "rate") == ["better"] * 3
    assert verdicts(two(tmp_path / "b", new=scaled(0.98)), "rate") == ["worse"] * 3
    assert verdicts(two(tmp_path / "c", TEMPLATE, new=scaled(0.98)), "rate") == ["changed"] * 3


def test_a_range_is_judged_by_its_yield(tmp_path):
    """Spikes 2.6 times later: at 0.1 and 0.2 mA they leave the range; at 0.4 mA a third of them were too early for it."""

    def later(values, runs):
        found = two_metrics(values, runs)
        return found | {"first_spike": found["first_spike"] * 2.6}

    found = two(tmp_path, new=later)
    assert verdicts(found, "first_spike") == ["worse", "worse", "better"]
    row = next(r for r in found.rows if r.metric == "first_spike" and "200" in r.where)
    assert row.yield_old == 1
    assert row.yield_new < 0.05
    assert row.yield_change.low <= row.yield_new - 1 <= row.yield_change.high < -0.9
    assert verdicts(found, "all limits")[1] == "worse"


@pytest.mark.parametrize("seeds", [(1, 1), (1, 2)])
def test_a_smaller_spread_is_a_change(tmp_path, seeds):
    found = two(tmp_path, TEMPLATE, new=scaled(1.0, 0.6), seeds=seeds)
    assert verdicts(found, "rate") == ["changed"] * 3
    assert verdicts(found, "first_spike") == ["same"] * 3
    assert found.paired == (seeds[0] == seeds[1])
    assert ("study.seed: 1 -> 2" in found.changed) == (not found.paired)


def test_pairs_see_what_independent_samples_do_not(tmp_path):
    small = scaled(1.001)
    assert verdicts(two(tmp_path / "a", new=small), "rate") == ["better"] * 3
    assert verdicts(two(tmp_path / "b", new=small, seeds=(1, 2)), "rate") == ["same"] * 3


def test_failures_are_counted_and_compared(tmp_path):
    def silent(values, runs):
        found = two_metrics(values, runs)
        return found | {"first_spike": np.where(runs % 3 == 1, np.nan, found["first_spike"])}

    found = two(tmp_path / "a", new=silent)
    assert verdicts(found, "first_spike") == ["same", "failed", "same"]
    row = next(r for r in found.rows if r.verdict == "failed")
    assert (row.failed_old, row.failed_new, row.new) == (0, 300, 300)
    few = two(tmp_path / "b", failing={3, 4})
    assert few.counts == {"same": 9}
    assert few.rows[0].failed_old == few.rows[0].failed_new == 1


def test_points_are_matched_by_value_and_by_the_studys_own(tmp_path):
    """One study sweeps the current, the other has LIF's own 0.1 mA: they meet at that point."""
    plain = HEAD + NORMAL.format(name="c_mem") + NORMAL.format(name="r_mem")

    def at_own(values, runs):
        return two_metrics({**values, "current": np.full(len(runs), 1e-4)}, runs)

    made(tmp_path / "old.study", plain.replace('stop = "20 ms"', 'stop = "20 ms"\ncurrent = "0.1 mA"'), at_own, samples=200)
    made(tmp_path / "new.study", TEMPLATE, two_metrics, samples=200)
    found = compare_studies(tmp_path / "old.study", tmp_path / "new.study")
    assert found.points == ((0, 0),)
    assert found.counts == {"same": 2}
    assert any("2 of 3" in told for told in found.left_out)


def test_without_draws_any_difference_counts(tmp_path):
    def slower(values, runs):
        rate = 4e6 * values["current"] * np.where(runs == 1, 0.9, 1.0)
        return {"rate": rate, "first_spike": np.ones(len(runs))}

    text = HEAD.replace("{samples}", "1") + CURRENTS + '[limits]\nrate = ">350 Hz"\n'
    found = two(tmp_path, text, old=lambda v, r: slower(v, r + 10), new=slower)
    assert verdicts(found, "rate") == ["same", "worse", "same"]


def test_what_cannot_be_compared(tmp_path):
    made(tmp_path / "a.study", TEMPLATE, two_metrics, samples=20)
    other = TEMPLATE.replace('["rate", "first_spike"]', '["last_spike"]')
    made(tmp_path / "b.study", other, lambda v, r: {"last_spike": v["current"]}, samples=20)
    far = TEMPLATE.replace('"0.1 mA", "0.2 mA", "0.4 mA"', '"0.3 mA"')
    made(tmp_path / "c.study", far, two_metrics, samples=20)
    drawn = HEAD + '[[random]]\nname = "current"\nmean = "0.1 mA"\nsigma = "5 %"\n'
    made(tmp_path / "d.study", drawn, lambda v, r: {"rate": v["current"], "first_spike": v["current"]}, samples=20)
    for name, told in (("b", "no metric is in both"), ("c", "no point of their axes"), ("d", "random in")):
        with pytest.raises(InputError, match=told):
            compare_studies(tmp_path / "a.study", tmp_path / f"{name}.study")


def test_the_command(tmp_path, capsys):
    two(tmp_path, new=scaled(0.98))
    old, new, page = tmp_path / "old.study", tmp_path / "new.toml", tmp_path / "c.html"
    code, out, err = run(capsys, "compare", old, new, "--report", page)
    assert (code, err) == (0, "")
    assert "worse" in out
    assert "Verdicts" in page.read_text()
    code, out, _ = run(capsys, "compare", old, new, "--json")
    told = json.loads(out)
    assert told["counts"]["worse"] >= 3
    assert {"metric", "p", "verdict", "yield_change"} <= set(told["rows"][0])
    code, _, err = run(capsys, "compare", old, "lif")
    assert code == 2
    assert "two studies" in err
