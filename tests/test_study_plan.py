"""Plans: the runs of a study, the same bits however they are cut, and what comes out of them."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pyarrow
import pytest

import neuristor as nr
from neuristor.circuits.cells import CELLS
from neuristor.experiments.base import steady_rates
from neuristor.neurons import NEURONS
from neuristor.neurons.behavioural import Behavioural
from neuristor.studies import plan_of, read_study
from neuristor.studies.spec import study_of

EXAMPLES = Path(__file__).parents[1] / "examples"
LIF = """
[study]
samples = 40
seed = 3
[subject]
neuron = "lif"
[experiment]
stop = "50 ms"
[[axis]]
name = "current"
values = ["0.05 mA", "0.2 mA"]
[[random]]
name = "c_mem"
sigma = "10 %"
[[random]]
name = "v_th"
sigma = "2 mV"
[[correlation]]
between = ["c_mem", "v_th"]
value = 0.5
"""
POISSON = """
[study]
samples = 12
[subject]
neuron = "lif"
[experiment]
stimulus = { kind = "poisson", rate = "2 kHz", duration = "50 ms", weight = "0.2 uC" }
[[axis]]
name = "c_mem"
values = "3u:6u:lin:3"
"""
CMOS = """
[study]
samples = 3
seed = 3
sampling = "sobol"
[subject]
neuron = "cmos_lif"
[subject.mismatch.mosfet.nmos]
a_vt = "9 mV um"
[experiment]
stop = "2 ms"
[[axis]]
name = "vdd"
values = ["0.95 V", "1 V"]
[[axis]]
corners = ["FF", "SS"]
[[random]]
name = "temperature"
distribution = "uniform"
low = 0
high = 60
"""
METRICS = (
    CMOS.replace('stop = "2 ms"', 'name = "metrics"\nspikes = 3')
    .replace("samples = 3", "samples = 2")
    .replace('"vdd"', '"w"')
    .replace('["0.95 V", "1 V"]', '["0.7 um", "1 um"]')
)
AREA = """
[study]
samples = 3
[subject]
neuron = "cmos_lif"
[subject.mismatch.capacitor]
sigma = "5 %"
[experiment]
name = "area"
[[axis]]
corners = ["TT"]
"""
FLUCTUATION = """
[study]
samples = 3
[subject]
neuron = "lif"
[experiment]
name = "fluctuation"
samples = 20
[[axis]]
name = "amplitude"
values = ["5 %", "10 %"]
"""
SUPPLY = """
[study]
samples = 5
[subject]
neuron = "cmos_lif"
[experiment]
stop = "2 ms"
[[random]]
name = "vdd"
sigma = "12 %"
"""
STUDIES = {
    "supply": SUPPLY,
    "lif": LIF,
    "poisson": POISSON,
    "cmos": CMOS,
    "metrics": METRICS,
    "area": AREA,
    "fluctuation": FLUCTUATION,
}


def plan(text, **study):
    tables = tomllib.loads(text)
    tables["study"] |= study
    return plan_of(study_of(tables, "study.toml").document())


def columns(table):
    return {name: table[name].to_numpy() for name in table.column_names}


def same(one, other):
    a, b = columns(one), columns(other)
    assert list(a) == list(b)
    return all(a[k].tolist() == b[k].tolist() if k == "reason" else a[k].tobytes() == b[k].tobytes() for k in a)


@pytest.mark.parametrize("text", STUDIES.values(), ids=STUDIES)
def test_every_cutting_gives_the_same_bits(text):
    p = plan(text)
    whole = p.table(0, p.runs)
    assert set(whole["reason"].to_pylist()) == {""}
    for cuts in ((0, 1, p.runs), (0, p.runs // 2, p.runs - 1, p.runs)):
        parts = [p.table(a, b) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
        assert same(pyarrow.concat_tables(parts), whole)


SAME_ON_ALL_LANES = ("t_clock",)
SLOW_TO_COMPILE = ("cortical_hh", "hodgkin_huxley", "adaptive_lif", "spike_response", "memristive_alif", "adex")
SUBJECTS = [pytest.param(w, marks=[pytest.mark.slow] * (w in SLOW_TO_COMPILE)) for w in (*NEURONS, *CELLS)]


@pytest.mark.parametrize("word", SUBJECTS)
def test_a_run_of_any_subject_does_not_depend_on_its_company(word):
    subject = {**NEURONS, **CELLS}[word]()
    name = next(k for k, v in subject.values().items() if v and k not in SAME_ON_ALL_LANES)
    scales = subject.scales()
    current = [float(scales.input), float(2 * scales.input)] if scales.input else [0.0, 1.0]
    p = plan(
        f'[study]\nsamples = 3\n[subject]\nneuron = "{word}"\n[experiment]\nstop = {4 * scales.time}\n'
        f'[[axis]]\nname = "current"\nvalues = {current}\n[[random]]\nname = "{name}"\nsigma = "1 %"\n'
    )
    whole = p.table(0, 6)
    assert set(whole["reason"].to_pylist()) == {""}
    assert same(pyarrow.concat_tables([p.table(0, 1), p.table(1, 4), p.table(4, 6)]), whole)


@pytest.mark.parametrize("text", [LIF, CMOS], ids=["lif", "cmos"])
def test_more_samples_append_runs(text):
    few, more = plan(text, samples=2), plan(text, samples=3)
    assert same(more.table(0, few.runs), few.table(0, few.runs))
    assert few.study.digest == more.study.digest


def test_every_combination_of_the_axes_sees_the_same_samples():
    c = columns(plan(CMOS).table(0, 12))
    assert c["run"].tolist() == list(range(12))
    assert c["vdd"].tolist() == [0.95, 0.95, 1.0, 1.0] * 3
    assert [plan(CMOS).labels["corner"][int(k)] for k in c["corner"]] == ["FF", "SS"] * 6
    for name in ("temperature", "z(m1.delvto)"):
        assert np.array_equal(c[name], np.repeat(c[name][::4], 4))
        assert len(np.unique(c[name])) == 3


def test_the_numbers_are_those_of_the_simulation():
    p = plan(LIF)
    c = columns(p.table(0, p.runs))
    trace = nr.simulate(nr.LIF(c_mem=c["c_mem"], v_th=c["v_th"]), nr.Step(c["current"]), 0.05, record=())
    assert c["spikes"].tolist() == trace.spike_counts.tolist()
    assert c["rate"] == pytest.approx(steady_rates(trace), rel=1e-9)
    assert c["first_spike"] == pytest.approx([s[0] for s in trace.spikes], rel=1e-9)
    assert c["last_spike"] == pytest.approx([s[-1] for s in trace.spikes], rel=1e-9)
    assert c["total_energy"] == pytest.approx(trace.energy["input"], rel=1e-9)
    assert c["energy_per_spike"] == pytest.approx(trace.energy["input"] / trace.spike_counts, rel=1e-9)
    assert np.mean(c["c_mem"]) == pytest.approx(5e-6, rel=4 * 0.1 / np.sqrt(40))


def test_a_percentage_is_of_the_mean_also_where_the_parameter_is_a_plain_number():
    text = '[study]\nsamples = 2000\n[subject]\nneuron = "izhikevich:RS"\n[[random]]\nname = "b"\nsigma = "5 %"\n'
    drawn = plan(text).values(0, 2000)["b"]
    assert np.std(drawn) == pytest.approx(0.05 * np.mean(drawn), rel=4 / np.sqrt(2 * 2000))


def test_silent_runs_have_a_rate_of_zero():
    c = columns(plan(LIF.replace('"0.05 mA", "0.2 mA"', '"1 uA", "2 uA"')).table(0, 8))
    assert c["spikes"].tolist() == [0] * 8
    assert c["rate"].tolist() == [0] * 8
    assert np.all(np.isnan(c["first_spike"]))
    assert set(c["reason"]) == {""}


def test_a_run_that_cannot_be_tells_its_reason_and_leaves_the_others():
    wide, narrow = LIF.replace('"10 %"', '"60 %"'), plan(LIF.replace('"10 %"', '"60 %"'), samples=1)
    c = columns(plan(wide).table(0, 80))
    bad = c["c_mem"] <= 0
    assert 0 < bad.sum() < 20
    assert np.array_equal(c["reason"] != "", bad)
    assert all("c_mem" in r and "is not positive" in r for r in c["reason"][bad])
    assert np.all(np.isnan(c["rate"][bad]))
    assert np.all(c["rate"][~bad] > 0)
    assert same(narrow.table(0, 2), plan(wide).table(0, 2))


def test_a_random_stimulus_is_drawn_for_every_sample():
    c = columns(plan(POISSON).table(0, 36))
    first = c["first_spike"].reshape(12, 3)
    assert len(np.unique(first[:, 0])) > 6
    assert np.all(first[:, 0] <= first[:, 2])  # the same input charges a smaller capacitor sooner


def test_corners_are_those_of_the_experiment():
    p = plan("""
        [study]
        [subject]
        neuron = "cmos_lif"
        [experiment]
        name = "metrics"
        [[axis]]
        corners = ["TT", "FF", "SS"]
    """)
    c = columns(p.table(0, 3))
    known = nr.corners(nr.cells.CmosLIF(), names=["TT", "FF", "SS"])
    for name in ("rate", "energy", "width"):
        assert c[name] == pytest.approx(known.values[name], rel=1e-6)


def test_mismatch_has_the_sigma_of_pelgrom():
    p = plan(CMOS, sampling="monte_carlo", samples=2000)
    values = p.values(0, p.runs)
    subject = p.variants.made({k: v[::4] for k, v in values.items() if k not in ("corner", "vdd")})
    m1 = subject.netlist.elements["m1"].params
    sigma = 9e-9 / np.sqrt(float(m1["w"]) * float(m1["l"]))
    assert np.std(m1["delvto"]) == pytest.approx(sigma, rel=4 / np.sqrt(2 * 2000))
    assert np.mean(m1["delvto"]) == pytest.approx(0, abs=4 * sigma / np.sqrt(2000))


def test_a_circuit_file_its_mismatch_and_a_csv_travel_with_the_study(tmp_path):
    for name in ("neuron.cir", "pelgrom.toml"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    (tmp_path / "points.csv").write_text("current, cmem\n10 pA, 10 fF\n20 pA, 12 fF\n")
    (tmp_path / "study.toml").write_text(
        '[subject]\nneuron = "neuron.cir"\nspikes = "vspk@0.5"\nmismatch = "pelgrom.toml"\n'
        '[experiment]\nstop = "1 ms"\n[[axis]]\ncsv = "points.csv"\n'
    )
    study = read_study(tmp_path / "study.toml")
    document = json.loads(json.dumps(study.document()))
    for file in tmp_path.iterdir():
        file.unlink()
    far = plan_of(document)
    c = columns(far.table(0, 2))
    assert c["cmem"] == pytest.approx([10e-15, 12e-15], rel=1e-15)
    assert np.all(c["spikes"] >= 1)
    assert far.study.digest == study.digest
    assert len(far.waveforms(1)["vmem"][0]) > 100


def test_a_saved_model_is_a_subject(tmp_path):
    values = "".join(f"{k} = {float(v)!r}\n" for k, v in Behavioural().values().items())
    (tmp_path / "mine.toml").write_text(f'model = "behavioural"\nname = "mine"\n[parameters]\n{values}', encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        '[study]\nsamples = 6\n[subject]\nneuron = "mine.toml"\n[experiment]\nstop = "5 ms"\n'
        '[[axis]]\nname = "current"\nvalues = ["10 pA", "1 A"]\n[[random]]\nname = "q_th"\nsigma = "2 %"\n',
        encoding="utf-8",
    )
    p = plan_of(read_study(tmp_path / "study.toml").document())
    whole = p.table(0, 12)
    c = columns(whole)
    assert np.all(c["spikes"][::2] >= 5)
    assert all("the range in which it was extracted" in reason for reason in c["reason"][1::2])
    assert same(pyarrow.concat_tables([p.table(0, 5), p.table(5, 12)]), whole)


def test_the_digest_is_that_of_what_determines_results():
    def digest(text):
        return study_of(tomllib.loads(text), "study.toml").digest

    own = digest(LIF)
    for same_results in (
        LIF.replace("samples = 40", "samples = 41"),
        LIF.replace("seed = 3", 'seed = 3\nsampling = "monte_carlo"\nblock = 100'),
        LIF.replace("seed = 3", 'seed = 3\ntitle = "t"\nnotes = "n"'),
        LIF + '[limits]\nrate = ">1 Hz"\n',
        LIF + "[outputs]\nwaveforms = 3\n",
        LIF.replace("[[axis]]", "[[axis]]\n# a comment"),
    ):
        assert digest(same_results) == own
    for other in (
        LIF.replace("seed = 3", "seed = 4"),
        LIF.replace("10 %", "11 %"),
        LIF.replace("0.2 mA", "0.3 mA"),
        LIF.replace("50 ms", "60 ms"),
        LIF.replace("samples = 40", 'samples = 40\nsampling = "sobol"'),
        LIF + '[outputs]\nmetrics = ["rate"]\n',
    ):
        assert digest(other) != own


def test_waveforms_are_those_of_the_run():
    p = plan(LIF)
    trace = p.waveforms(5)
    c = columns(p.table(5, 6))
    assert trace.spikes[0][0] == pytest.approx(c["first_spike"][0], rel=1e-12)
    assert trace["v_mem"].shape[1] > 1000
    for run in (-1, p.runs):
        with pytest.raises(nr.InputError, match=f"there is no run {run}"):
            p.waveforms(run)


def test_columns_carry_their_units_and_limits_are_read():
    outputs = '[outputs]\nmetrics = ["rate", "energy_per_spike"]\n'
    p = plan(LIF + outputs + '[limits]\nrate = ">100 Hz"\nenergy_per_spike = "1 nJ..1 uJ"\n')
    assert p.columns == {"current": "A", "c_mem": "F", "v_th": "V", "rate": "Hz", "energy_per_spike": "J"}
    assert p.table(0, 1).column_names == ["run", *p.columns, "reason"]
    assert [(x.name, x.low, x.high) for x in p.limits] == [("rate", 100.0, np.inf), ("energy_per_spike", 1e-9, 1e-6)]
