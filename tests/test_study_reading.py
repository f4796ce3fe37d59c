"""Reading a study: sensitivities against closed forms, distributions and yields by hand, exports that come back the same."""

import numpy as np
import pytest
from study_made import CURRENTS, HEAD, NORMAL, TEMPLATE, UNIFORM, made, reading_of, two_metrics

from neuristor.errors import InputError
from neuristor.experiments.statistics import proportion_bounds, quantile_bounds
from neuristor.studies.export import export_study
from neuristor.studies.reading import read_results
from neuristor.studies.sensitivity import STUDENT, sensitivities
from neuristor.studies.store import open_store
from neuristor.studies.summaries import along, correlations, distribution, extremes, yield_of, yields

NAMES = ("c_mem", "r_mem", "v_rest")
RANGES = {"c_mem": (1e-6, 9e-6), "r_mem": (500.0, 1500.0), "v_rest": (-0.09, -0.05)}
THREE = HEAD + "".join(UNIFORM.format(name=n, low=RANGES[n][0], high=RANGES[n][1]) for n in NAMES)


def angles(values):
    """The three uniform inputs from -pi to pi."""
    return [np.pi * (2 * (values[n] - RANGES[n][0]) / (RANGES[n][1] - RANGES[n][0]) - 1) for n in NAMES]


def ishigami(values, runs):
    """Ishigami & Homma (1990) with a = 7, b = 0.1: the usual test of sensitivity analysis."""
    x, y, z = angles(values)
    return {"rate": np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x), "first_spike": np.ones(len(runs))}


def ishigami_shares(a=7.0, b=0.1):
    """First-order and total shares in closed form (Sobol' & Levitan, 1999)."""
    v1, v2 = 0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8
    v13 = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = v1 + v2 + v13
    return np.array([v1, v2, 0]) / whole, np.array([v1 + v13, v2, v13]) / whole


def test_shares_of_the_ishigami_function(tmp_path):
    reading = reading_of(made(tmp_path / "a.study", THREE, ishigami, samples=8000))
    found = sensitivities(reading, "rate")
    own = {s.name: s for s in found.inputs}
    for name, first, total in zip(NAMES, *ishigami_shares(), strict=True):
        error = (own[name].first.high - own[name].first.value) / STUDENT
        assert own[name].first.value == pytest.approx(first, abs=4 * error + 0.005)  # bins take off up to 1/90^2 and noise
        assert own[name].total.value == pytest.approx(total, abs=0.03)
        assert own[name].total.low - 0.01 <= total <= own[name].total.high + 0.01
    assert found.samples == 8000
    assert 0.95 < found.explained < 1.03
    assert found.inputs[0].name == "r_mem"
    assert "vary" in sensitivities(reading, "first_spike").note


@pytest.mark.parametrize("seed", range(3))
def test_an_input_without_effect_has_no_share(tmp_path, seed):
    def noise(values, runs):
        return {"rate": np.random.default_rng(seed).standard_normal(len(runs)), "first_spike": np.ones(len(runs))}

    reading = reading_of(made(tmp_path / "a.study", THREE, noise, samples=2000, chunk=2000))
    for own in sensitivities(reading, "rate").inputs:
        assert abs(own.first.value) < 4 * np.sqrt(2 * 45) / 2000  # of K bins: sqrt(2 K) / n
        assert abs(own.rank.value) < 4 / np.sqrt(2000)


def test_shares_at_the_points_of_an_axis(tmp_path):
    """y = current x + z at three currents: shares are those of each point, weighted by its variance."""
    text = THREE + CURRENTS

    def linear(values, runs):
        x, y, _ = angles(values)
        return {"rate": 1e4 * values["current"] * x + y + 1e7 * values["current"], "first_spike": np.ones(len(runs))}

    found = sensitivities(reading_of(made(tmp_path / "a.study", text, linear, samples=4000)), "rate")
    squares = np.array([1.0, 4.0, 16.0])
    expected = {"c_mem": squares.sum() / (squares.sum() + 3), "r_mem": 3 / (squares.sum() + 3), "v_rest": 0.0}
    for own in found.inputs:
        error = (own.first.high - own.first.value) / STUDENT
        assert own.first.value == pytest.approx(expected[own.name], abs=4 * error + 0.005)
    means = 1e7 * np.array([1e-4, 2e-4, 4e-4])
    inside = np.mean(squares + 1) * np.pi**2 / 3
    assert found.axes == pytest.approx(means.var() / (means.var() + inside), rel=1e-3)


def test_correlated_inputs_have_a_share_as_a_group_only(tmp_path):
    text = HEAD + "".join(NORMAL.format(name=n) for n in ("c_mem", "r_mem", "v_th"))
    text += '[[correlation]]\nbetween = ["c_mem", "r_mem"]\nvalue = -0.6\n'

    def tau(values, runs):
        own = values["c_mem"] * values["r_mem"] / 5e-3 - values["v_th"] / 40e-3
        return {"rate": own, "first_spike": np.ones(len(runs))}

    found = sensitivities(reading_of(made(tmp_path / "a.study", text, tau, samples=4000)), "rate")
    own = {s.name: s for s in found.inputs}
    assert own["c_mem"].first is None
    assert own["r_mem"].total is None
    assert own["c_mem"].rank.low > 0 > own["v_th"].rank.high
    group = 0.05**2 * (1 + 1 - 2 * 0.6)
    assert own["c_mem with r_mem"].first.value == pytest.approx(group / (group + 0.05**2), abs=0.03)
    assert own["v_th"].first.value == pytest.approx(0.05**2 / (group + 0.05**2), abs=0.03)
    assert "correlated" in found.note


def test_points_where_most_runs_have_no_value_are_left_out(tmp_path):
    def silent(values, runs):
        found = two_metrics(values, runs)
        dead = (runs % 3 == 2) & (runs % 30 != 2)
        return found | {"first_spike": np.where(dead, np.nan, found["first_spike"])}

    reading = reading_of(made(tmp_path / "a.study", TEMPLATE, silent, samples=500))
    assert "2 of 3 points" in sensitivities(reading, "first_spike").note
    assert sensitivities(reading, "first_spike").samples == 500
    assert correlations(reading, ["rate", "first_spike"])[0, 1] == pytest.approx(-1)
    assert distribution(reading, "first_spike").undefined == 450


def test_too_few_samples_say_so(tmp_path):
    reading = reading_of(made(tmp_path / "a.study", TEMPLATE, two_metrics, samples=30))
    assert "30 samples" in sensitivities(reading, "rate").note


def test_distribution_and_its_bounds(tmp_path):
    text = HEAD + NORMAL.format(name="c_mem") + NORMAL.format(name="r_mem")

    def outliers(values, runs):
        rate = 1e8 * values["c_mem"] + np.where(runs == 77, 1e6, 0.0)
        return {"rate": rate, "first_spike": np.round(1e6 * values["c_mem"])}

    reading = reading_of(made(tmp_path / "a.study", text, outliers, samples=3000, failing={5}))
    own, values = distribution(reading, "rate"), reading.grid("rate")[:, 0]
    good = values[~np.isnan(values)]
    for p, found in own.quantiles.items():
        expected = quantile_bounds(good, p)
        assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
    assert own.mean.value == pytest.approx(good.mean())
    assert own.counts.sum() + own.below + own.above == own.defined == 2999
    assert own.above == 1
    assert own.edges[-1] < 1e6
    whole = distribution(reading, "first_spike")
    assert np.array_equal(
        whole.counts, [np.sum(reading.grid("first_spike") == k) for k in np.arange(*whole.edges[[0, -1]]) + 0.5]
    )


def test_yields_by_hand(tmp_path):
    text = TEMPLATE + '[limits]\nrate = "<820 Hz"\nfirst_spike = "<2.6 ms"\n'
    store = made(tmp_path / "a.study", text, two_metrics, samples=400, failing={0, 4})
    reading = reading_of(store)
    rate, first = reading.grid("rate"), reading.grid("first_spike")
    good = (rate <= 820) & (first <= 2.6e-3)  # NaN compares as false
    own = yields(reading)[-1]
    expected = proportion_bounds(good.sum(axis=0), 400)
    assert np.array_equal(own.points.value, expected.value)
    assert np.array_equal(own.points.low, expected.low)
    assert own.every.value == np.mean(good.all(axis=1))
    assert not good.all(axis=1)[:2].any()
    assert len(yields(reading)) == 3


def test_along_an_axis(tmp_path):
    reading = reading_of(made(tmp_path / "a.study", TEMPLATE, two_metrics, samples=300))
    own = along(reading, "rate", 0)
    assert own.name == "current"
    assert np.allclose(own.values, [1e-4, 2e-4, 4e-4])
    assert np.allclose(own.mean.value, reading.grid("rate").mean(axis=0))
    assert np.allclose(own.quantiles[0.5], np.sort(reading.grid("rate"), axis=0)[149])


def test_worst_runs_follow_the_limit(tmp_path):
    text = TEMPLATE + '[limits]\nrate = "<820 Hz"\n'
    reading = reading_of(made(tmp_path / "a.study", text, two_metrics, samples=200))
    rate = reading.grid("rate").ravel()
    own = extremes(reading, "rate", 4)
    assert list(own.worst) == list(np.argsort(-rate)[:4])
    assert list(own.lowest) == list(np.argsort(rate)[:4])
    assert set(extremes(reading, "first_spike", 2).worst) == {np.argmax(rate), np.argmin(rate)}


def test_a_study_under_way_is_read_as_far_as_it_is(tmp_path):
    store = made(tmp_path / "a.study", TEMPLATE + '[limits]\nrate = "<820 Hz"\n', two_metrics, samples=1000, stop=1000)
    reading = reading_of(store)
    assert reading.stored.sum() == 1000
    assert reading.complete.sum() == 333
    assert distribution(reading, "rate").defined == 1000
    own = yield_of(reading, reading.limits)
    assert own.every.value == np.mean(reading.within(reading.limits)[:333].all(axis=1))
    assert sensitivities(reading, "rate").samples == 333
    assert np.isnan(store.to_xarray()["rate"].values).sum() == 2000


def test_limits_of_the_file_count_while_it_is_the_same_study(tmp_path):
    made(tmp_path / "a.study", TEMPLATE + '[limits]\nrate = "<820 Hz"\n', two_metrics, samples=50)
    file = tmp_path / "a.toml"
    file.write_text(file.read_text().replace("820", "500"))
    assert read_results(file).limits[0].high == 500
    assert read_results(tmp_path / "a.study").limits[0].high == 820
    file.write_text(file.read_text().replace("seed = 1", "seed = 2"))
    assert read_results(file).limits[0].high == 820


@pytest.mark.parametrize("kind", ["csv", "parquet", "nc"])
def test_exports_come_back_the_same(tmp_path, kind):
    import pandas
    import xarray

    store = made(tmp_path / "a.study", TEMPLATE, two_metrics, samples=300, failing={7})
    path = tmp_path / f"runs.{kind}"
    assert export_study(tmp_path / "a.study", path) == 900
    assert [p.name for p in tmp_path.glob(".*")] == []
    expected = store.results().to_pandas()
    if kind == "nc":
        with xarray.open_dataset(path, engine="scipy") as found:
            assert found["rate"].dims == ("sample", "current")
            assert found["rate"].attrs["units"] == "Hz"
            assert np.array_equal(found["rate"].values.ravel(), expected["rate"], equal_nan=True)
            assert np.array_equal(found["c_mem"].values, expected["c_mem"][::3])
            assert found["reason"].values[2, 1] == "too hot"
            assert np.allclose(found["current"], [1e-4, 2e-4, 4e-4])
    else:
        found = pandas.read_csv(path, keep_default_na=True) if kind == "csv" else pandas.read_parquet(path)
        found["reason"] = found["reason"].fillna("")
        pandas.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=0)


def test_exports_that_cannot_be(tmp_path):
    made(tmp_path / "a.study", TEMPLATE, two_metrics, samples=300)
    with pytest.raises(InputError, match=r"\.csv, \.parquet, \.nc"):
        export_study(tmp_path / "a.study", tmp_path / "runs.xls")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        export_study(tmp_path / "a.study", tmp_path / "file" / "runs.csv")
    chunk = open_store(tmp_path / "a.study").chunks[0].path
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 1
    chunk.write_bytes(data)
    with pytest.raises(InputError, match="is damaged; run the study again"):
        export_study(tmp_path / "a.study", tmp_path / "runs.csv")
    assert not (tmp_path / "runs.csv").exists()


def test_corners_are_words_in_the_data_set(tmp_path):
    text = HEAD.replace('"lif"', '"cmos_lif"').replace("first_spike", "width") + '[[axis]]\ncorners = ["TT", "FF"]\n'
    text = text.replace('stop = "20 ms"\n', 'stop = "5 ms"\n') + "shift = {{ vth = '30 mV', beta = '5 %' }}\n"
    store = made(tmp_path / "a.study", text, lambda v, r: {"rate": 1e3 + v["corner"], "width": np.ones(len(r))}, samples=3)
    whole = store.to_xarray()
    assert list(whole["corner"].values) == ["TT", "FF"]
    assert float(whole["rate"].sel(corner="FF")[0]) == 1001
    assert reading_of(store).point_words(1) == "corner FF"
