"""Mismatch against closed forms of every draw; which draws belong together; yield and its bounds; time of a large run."""

import json
import time

import numpy as np
import pytest

from neuristor.circuits.cells import CmosLIF
from neuristor.circuits.variation import draws, load_mismatch
from neuristor.errors import InputError
from neuristor.experiments.mismatch import mismatch, sigma_bounds
from neuristor.experiments.spread import TYPICAL_035, factors, read_spread
from neuristor.experiments.statistics import proportion_bounds
from neuristor.neurons import LIF, PerfectIntegrator
from neuristor.report.mismatch_figures import mismatch_figures, mismatch_tables
from neuristor.stimulus import Step


def test_every_sample_of_a_perfect_integrator():
    """Interval C V / I and energy C V^2 / 2 of each drawn C and V."""
    found = mismatch(PerfectIntegrator(), {"c_mem": "1 %", "v_th": "5 mV"}, 200, current="10 pA", seed=4)
    c = 10e-15 * (1 + 0.01 * draws(4, "perfect_integrator", "c_mem", 200))
    v = 0.5 + 5e-3 * draws(4, "perfect_integrator", "v_th", 200)
    np.testing.assert_allclose(found.values["interval"], c * v / 10e-12, rtol=1e-9)
    np.testing.assert_allclose(found.values["energy"], c * v**2 / 2, rtol=1e-4)
    assert found.statistics["interval"].sigma.value == pytest.approx(np.std(c * v / 10e-12, ddof=1))
    assert "width" not in found.statistics
    assert found.nominal["interval"] == pytest.approx(0.5e-3)


def test_samples_do_not_depend_on_their_number_or_on_threads(monkeypatch):
    cell = CmosLIF()
    many = mismatch(cell, None, 21, spikes=3)
    monkeypatch.setenv("NEURISTOR_THREADS", "1")
    few = mismatch(cell, None, 5, spikes=3)
    for name, values in few.values.items():
        assert np.array_equal(values, many.values[name][:5]), name
    assert not np.array_equal(few.values["rate"], mismatch(cell, None, 5, spikes=3, seed=1).values["rate"])


def test_yield_counts_what_spikes_and_meets_every_limit():
    """A leaky neuron is silent where v_th - v_rest exceeds R I."""
    neuron, current = LIF(), 31e-6
    found = mismatch(neuron, {"v_th": "2 mV"}, 300, current=current, limits=["rate>40 Hz", "first_spike<30 ms"])
    v = neuron.v_th + 2e-3 * draws(0, "lif", "v_th", 300)
    drive = neuron.r_mem * current
    spikes = v - neuron.v_rest < drive
    tau = neuron.r_mem * neuron.c_mem
    with np.errstate(invalid="ignore"):
        interval = neuron.t_ref + tau * np.log(drive / (drive - (v - neuron.v_rest)))
    lasting = 16 * found.duration
    slow = spikes & ~(3 * interval < lasting)
    assert slow.sum() <= 3  # within a hair of the threshold
    assert np.array_equal(np.isfinite(found.values["rate"]) | slow, spikes)
    np.testing.assert_allclose(found.values["interval"][spikes & ~slow], interval[spikes & ~slow], rtol=1e-8)
    good = spikes & (interval < 1 / 40) & (interval - neuron.t_ref < 30e-3)
    assert np.array_equal(found.passed, good)
    assert 50 < found.silent < 150
    assert found.failed == 0
    assert found.yield_ == proportion_bounds(int(good.sum()), 300, 0.95)
    assert found.yield_of(found.limits[0]).value == pytest.approx(np.mean(spikes & (interval < 1 / 40)))


def test_default_spread_is_that_of_the_example(tmp_path):
    text = "".join(
        f"[mosfet.{kind}]\n" + "".join(f'{k} = "{v}"\n' for k, v in keys.items())
        for kind, keys in TYPICAL_035["mosfet"].items()
    )
    path = tmp_path / "pelgrom.toml"
    path.write_text(text + '[capacitor]\nsigma = "1 %"\n')
    cell = CmosLIF()
    ours, read = read_spread(cell, None), load_mismatch(path)
    assert (ours.mosfet, ours.passive) == (read.mosfet, read.passive)
    by_name = {f.name: f for f in factors(cell, ours)}
    assert by_name["m1.delvto"].sigma == pytest.approx(9e-3 / np.sqrt(0.70 * 0.35))
    assert by_name["m5.mulu0"].sigma == pytest.approx(0.0225 / np.sqrt(0.70 * 0.35))
    assert by_name["cmem.c"].sigma == pytest.approx(1e-16)
    assert len(by_name) == 2 * len(cell.transistors) + 1


def test_single_devices_by_name():
    cell = CmosLIF()
    found = mismatch(cell, {"m1.delvto": "5 mV", "cmem": "2 %"}, 4, spikes=3, seed=2)
    c = 10e-15 * (1 + 0.02 * draws(2, "cmem", "c", 4))
    varied = cell.with_(c_mem=c, **{"m1.delvto": 5e-3 * draws(2, "m1", "delvto", 4)})
    times = varied.simulate(Step(10e-12), found.duration, record=()).spikes
    np.testing.assert_allclose(found.values["interval"], [np.diff(t)[-1] for t in times], rtol=3e-5)


def test_spread_as_text_and_progress():
    told = []
    text = mismatch(PerfectIntegrator(), "c_mem=1 %, v_th = 5 mV", 30, current="10 pA", progress=told.append)
    table = mismatch(PerfectIntegrator(), {"c_mem": 0.01 * 10e-15, "v_th": 5e-3}, 30, current="10 pA")
    np.testing.assert_allclose(text.values["rate"], table.values["rate"], rtol=1e-12)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


def test_figures_hold_every_sample_and_the_limits():
    found = mismatch(PerfectIntegrator(), {"c_mem": "1 %"}, 200, current="10 pA", limits="rate=1.98kHz..2.02kHz")
    figure = mismatch_figures(found)[0]
    assert figure.id == "mismatch-rate"
    assert [np.sum(bars["y"]) for bars in figure.data] == [found.passed.sum(), 200 - found.passed.sum()]
    assert [shape["x0"] for shape in figure.layout["shapes"]] == pytest.approx([1.98, 2.02])
    metrics, shares = mismatch_tables(found)
    assert {row[0] for row in metrics.rows} == {"rate", "interval", "first spike", "energy", "power"}
    assert shares.rows[-1][1].startswith(f"{found.passed.mean() * 100:.2f} %")
    assert json.loads(json.dumps(found.to_json_dict()))["yield"][0] == found.passed.mean()


@pytest.mark.parametrize("shape", ["normal", "lognormal"])
def test_bounds_of_sigma_cover_it(shape):
    """400 repetitions at 90 %: what covers the true sigma is binomial; a skewed distribution covers somewhat less."""
    rng, n, repeats = np.random.default_rng(1), 2000, 400
    true = 1.0 if shape == "normal" else np.sqrt((np.exp(0.16) - 1) * np.exp(0.16))
    hits = 0
    for _ in range(repeats):
        x = rng.standard_normal(n) if shape == "normal" else np.exp(0.4 * rng.standard_normal(n))
        b = sigma_bounds(x, 0.9)
        hits += b.low <= true <= b.high
    least = 0.9 - 4 * np.sqrt(0.09 / repeats) - (0.05 if shape == "lognormal" else 0.0)
    assert least < hits / repeats < 0.9 + 4 * np.sqrt(0.09 / repeats)


@pytest.mark.parametrize(
    ("subject", "arguments", "told"),
    [
        (LIF(), {}, "say how much which parameters of lif vary"),
        (LIF(), {"spread": {"c_men": "1 %"}}, "did you mean 'c_mem'"),
        (LIF(), {"spread": {"c_mem": "1 mV"}}, "c_mem: '1 mV' is in mV"),
        (LIF(), {"spread": {"c_mem": "-1 %"}}, "is negative"),
        (LIF(), {"spread": {"c_mem": "90 %"}}, "a draw cannot be"),
        (LIF(c_mem=[1e-6, 2e-6]), {"spread": {"c_mem": "1 %"}}, "starts from one neuron"),
        (LIF(), {"spread": {"c_mem": "1 %"}, "samples": 1}, "at least 2"),
        (LIF(), {"spread": {"c_mem": "1 %"}, "limits": "speed>1"}, "there is no metric 'speed'"),
        (LIF(), {"spread": {"c_mem": "1 %"}, "confidence": 95}, "between 0 and 1"),
        (LIF(), {"spread": {"c_mem": "1 %"}, "spikes": 1}, "at least 3"),
        (LIF(), {"spread": {"c_mem": "1 %"}, "current": "1 nA"}, "does not spike steadily"),
        (CmosLIF(), {"spread": {"m9.delvto": "5 mV"}}, "no element 'm9'"),
        (CmosLIF(), {"spread": "none.toml"}, "none.toml: cannot be read"),
        (CmosLIF(), {"spread": {"element": {}}}, "nothing of cmos_lif varies"),
    ],
)
def test_what_cannot_be_asked(subject, arguments, told):
    with pytest.raises(InputError, match=told):
        mismatch(subject, **{"samples": 20, **arguments})


@pytest.mark.slow
def test_ten_thousand_samples_within_a_minute():
    """All of it by the processor's clock, which another load on the machine does not move, on two cores."""
    start = time.process_time()
    found = mismatch(CmosLIF(), samples=10_000, limits=["rate=1.1kHz..1.3kHz", "energy<0.4 nJ"])
    assert (time.process_time() - start) / 2 < 60
    assert found.failed == found.silent == 0
    assert found.yield_.high - found.yield_.low < 0.02
