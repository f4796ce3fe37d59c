"""Every field of a study file wrong in turn: one sentence that begins with the file and the path of the key."""

import copy
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuristor import InputError
from neuristor.studies import plan_of, read_study
from neuristor.studies.plan import Plan
from neuristor.studies.spec import Document, study_of

GOOD = """
[study]
title = "t"
notes = "n"
seed = 1
samples = 4
sampling = "monte_carlo"
block = 10
[subject]
neuron = "lif"
[subject.set]
r_mem = "2 kOhm"
[experiment]
name = "simulate"
current = "0.1 mA"
stop = "20 ms"
[[axis]]
name = "c_mem"
values = ["1 uF", 2e-6]
[[axis]]
name = "t_ref"
from = "1 ms"
to = "2 ms"
points = 3
scale = "linear"
[[random]]
name = "v_th"
distribution = "truncated_normal"
mean = "-40 mV"
sigma = "2 mV"
low = "-50 mV"
high = "-30 mV"
[[random]]
name = "current"
distribution = "triangular"
low = "0.1 mA"
mode = "0.15 mA"
high = "0.2 mA"
[[correlation]]
between = ["v_th", "current"]
value = 0.5
[limits]
rate = ">1 Hz"
[outputs]
metrics = ["rate", "spikes"]
waveforms = 3
"""
CIRCUIT = """
[study]
samples = 2
[subject]
neuron = "cmos_lif"
[subject.mismatch.mosfet.nmos]
a_vt = "9 mV um"
[[axis]]
corners = ["TT", "SS"]
shift = { vth = "30 mV" }
"""
REMOVED = object()

# (path, wrong value, what the sentence has after "study.toml: ")
WRONG = [
    ("study.title", 5, "study.title: 5 is not a text"),
    ("study.notes", ["a"], 'study.notes: ["a"] is not a text'),
    ("study.seed", -1, "study.seed: must be at least 0, not -1"),
    ("study.seed", "one", 'study.seed: "one" is not a whole number'),
    ("study.seed", 1.5, "study.seed: 1.5 is not a whole number"),
    ("study.samples", 0, "study.samples: must be at least 1, not 0"),
    ("study.samples", "many", 'study.samples: "many" is not a whole number'),
    ("study.samples", True, "study.samples: true is not a whole number"),
    ("study.samples", 10**10, "study.samples: must be at most 1000000000, not 10000000000"),
    ("study.sampling", "sobel", "study.sampling: \"sobel\" is not known (did you mean 'sobol'?); there are monte_carlo"),
    ("study.sampling", 3, "study.sampling: 3 is not known; there are monte_carlo, latin_hypercube, sobol"),
    ("study.block", 1, "study.block: must be at least 2, not 1"),
    ("study.sample", 4, "study.sample: there is no such key (did you mean 'samples'?); there are title, notes, seed"),
    ("study", 4, "study: 4 is not a table"),
    ("studi", {}, "studi: there is no such key (did you mean 'study'?)"),
    ("subject", REMOVED, "subject: is missing: the table of what is studied, [subject]"),
    ("subject.neuron", 4, "subject.neuron: 4 is not a text"),
    ("subject.neuron", "", "subject.neuron: must not be empty"),
    ("subject.neuron", "lift", "subject.neuron: unknown neuron 'lift' (did you mean 'lif'?)"),
    ("subject.neuron", "izhikevich:RX", "subject.neuron: izhikevich has no preset 'RX' (did you mean"),
    ("subject.neuron", "no_file.cir", "subject.neuron: "),
    ("subject.neuron", "no_model.toml", "subject.neuron: "),
    ("subject.neuron", REMOVED, "subject.neuron: is missing"),
    ("subject.neurn", "lif", "subject.neurn: there is no such key (did you mean 'neuron'?)"),
    ("subject.input", "iin", "subject.input: is for a circuit's file; lif has its own"),
    ("subject.spikes", "vspk@0.5", "subject.spikes: is for a circuit's file"),
    ("subject.membrane", "vmem", "subject.membrane: is for a circuit's file"),
    ("subject.membrane", 3, "subject.membrane: 3 is not a text"),
    ("subject.set", "r_mem", 'subject.set: "r_mem" is not a table'),
    ("subject.set.r_mem", "2 V", "subject.set.r_mem: lif: parameter r_mem: '2 V' is in V, but a quantity in Ohm"),
    ("subject.set.r_mem", -1, "subject.set.r_mem: lif: r_mem = -1 Ohm is not positive"),
    ("subject.set.r_mem", [1, 2], "subject.set.r_mem: one value is needed here; several are an [[axis]]"),
    ("subject.set.r_men", 1, "subject.set.r_men: lif has no parameter 'r_men' (did you mean 'r_mem'?)"),
    ("subject.mismatch", {"capacitor": {"sigma": "1 %"}}, "subject.mismatch: is for circuits; of lif let parameters vary"),
    ("subject.mismatch", "no_file.toml", "subject.mismatch: "),
    ("subject.mismatch", 4, "subject.mismatch: 4 is not a text or a table"),
    ("experiment", "simulate", 'experiment: "simulate" is not a table'),
    ("experiment.name", "simulat", "experiment.name: unknown experiment 'simulat' (did you mean 'simulate'?)"),
    ("experiment.name", "mismatch", "experiment.name: mismatch does not give single numbers"),
    ("experiment.name", 7, "experiment.name: 7 is not a text"),
    ("experiment.current", "5 V", 'experiment.current: "5 V" is not a current (A)'),
    ("experiment.current", "much", "experiment.current: 'much' is not a quantity"),
    ("experiment.current", True, "experiment.current: True is not a current (A)"),
    ("experiment.stop", "20 mA", 'experiment.stop: "20 mA" is not a time (s)'),
    ("experiment.stop", "-1 ms", "experiment.stop: must be positive, not '-1 ms'"),
    ("experiment.stopp", "1 ms", "experiment.stopp: this experiment has no such option (did you mean 'stop'?)"),
    ("experiment.rtol", "1 V", 'experiment.rtol: "1 V" is not a plain number'),
    ("experiment.dt", "1 V", 'experiment.dt: "1 V" is not a time (s)'),
    ("experiment.method", 3, "experiment.method: 3 is not a text"),
    ("experiment.stimulus", {"kind": "sine"}, "experiment: give current or stimulus, not both"),
    ("axis", {"name": "c_mem"}, "axis: is one of several tables, so it is written with two brackets, [[axis]]"),
    ("axis.0.name", "c_men", "axis[0].name: lif has no parameter 'c_men' (did you mean 'c_mem'?)"),
    ("axis.0.name", REMOVED, "axis[0].name: is missing"),
    ("axis.0.name", 3, "axis[0].name: 3 is not a text"),
    ("axis.0", {"name": "t_ref", "values": ["1 ms"]}, "axis[1].name: t_ref is varied by axis[0].name already"),
    ("axis.0", {"name": "current", "values": ["1 A"]}, "random[1].name: current is varied by axis[0].name already"),
    ("axis.0.values", REMOVED, "axis[0]: needs values, from and to, corners or csv"),
    ("axis.0.values", 3, "axis[0].values: 3 is not a text or a list"),
    ("axis.0.values", [], "axis[0].values: give one number or a list of them"),
    ("axis.0.values", ["1 uF", "2 V"], 'axis[0].values[1]: "2 V" is not a capacitance (F)'),
    ("axis.0.values", ["1 uF", "1 uF"], "axis[0].values: a value stands there twice"),
    ("axis.0.values", ["1 uF", "-1 uF"], "axis[0]: lif: c_mem = -1 uF is not positive"),
    ("axis.0.values", "1u:2u:lag:3", "axis[0].values: '1u:2u:lag:3' is not of the form FROM:TO:lin:N"),
    ("axis.0.values", "1 V:2 V:log:3", 'axis[0].values: "1 V" is not a capacitance (F)'),
    ("axis.0.points", 3, "axis[0].points: goes with from, and this axis has values"),
    ("axis.0.from", "1 uF", "axis[0]: has values and from; give one of them"),
    ("axis.0.valuse", [1], "axis[0].valuse: there is no such key (did you mean 'values'?)"),
    ("axis.1.from", "1 V", 'axis[1].from: "1 V" is not a time (s)'),
    ("axis.1.to", "5 V", 'axis[1].to: "5 V" is not a time (s)'),
    ("axis.1.to", REMOVED, "axis[1].to: is missing: a range needs from, to and points"),
    ("axis.1.to", "1 ms", "axis[1]: the range starts and ends at the same value"),
    ("axis.1.points", 1, "axis[1].points: must be at least 2, not 1"),
    ("axis.1.points", REMOVED, "axis[1].points: is missing: a range needs from, to and points"),
    ("axis.1.scale", "lin", "axis[1].scale: \"lin\" is not known (did you mean 'linear'?); there are linear, log"),
    ("axis.1.csv", "points.csv", "axis[1].csv: "),
    ("axis.1.csv", 2, "axis[1].csv: 2 is not a text"),
    ("axis.1.corners", ["TT"], "axis[1]: has from and corners; give one of them"),
    ("random", 3, "random: is one of several tables, so it is written with two brackets, [[random]]"),
    ("random.0.name", "v_tt", "random[0].name: lif has no parameter 'v_tt'"),
    ("random.0.name", REMOVED, "random[0].name: is missing: a parameter of the subject or an option of the experiment"),
    ("random.0.distribution", "gauss", 'random[0].distribution: "gauss" is not known'),
    ("random.0.distribution", "normal", "random[0].low: a normal distribution has mean, sigma"),
    ("random.0.mean", "1 A", 'random[0].mean: "1 A" is not a voltage (V)'),
    ("random.0.mean", "5 V", "random[0]: low to high holds 0 of the normal distribution"),
    ("random.0.sigma", "1 A", 'random[0].sigma: "1 A" is not a voltage (V)'),
    ("random.0.sigma", REMOVED, "random[0].sigma: is missing: a truncated_normal distribution has mean, sigma, low, high"),
    ("random.0.sigma", 0, "random[0].sigma: must be positive, not 0"),
    ("random.0.sigma", "-1 %", "random[0].sigma: must be positive"),
    ("random.0.low", "-20 mV", "random[0].high: must be above low"),
    ("random.0.high", [1], "random[0].high: [1] is not a voltage (V)"),
    ("random.0.mode", "1 V", "random[0].mode: a truncated_normal distribution has mean, sigma, low, high"),
    ("random.1.mode", "0.3 mA", "random[1].mode: must lie from low to high"),
    ("random.0.sigme", "1 V", "random[0].sigme: there is no such key (did you mean 'sigma'?)"),
    ("correlation.0.between", ["v_th", "r_mem"], "correlation[0].between[1]: 'r_mem' is not a random parameter"),
    ("correlation.0.between", ["v_th"], 'correlation[0].between: ["v_th"] does not have 2 entries'),
    ("correlation.0.between", ["v_th", "v_th"], "correlation[0].between: a parameter is correlated with itself"),
    ("correlation.0.between", 3, "correlation[0].between: 3 is not a list"),
    ("correlation.0.value", 1, "correlation[0].value: must be below 1"),
    ("correlation.0.value", -1.5, "correlation[0].value: must be above -1"),
    ("correlation.0.value", "high", 'correlation[0].value: "high" is not a number'),
    ("correlation.0.value", REMOVED, "correlation[0].value: is missing: above -1 and below 1"),
    ("correlation.0.with", "x", "correlation[0].with: there is no such key"),
    ("limits", ["rate>1 kHz"], 'limits: ["rate>1 kHz"] is not a table'),
    ("limits.rat", ">1 kHz", "limits.rat: no such metric is stored (did you mean 'rate'?)"),
    ("limits.rate", ">1 V", "limits.rate: limit 'rate>1 V': '1 V' is in V, but a quantity in Hz is expected"),
    ("limits.rate", 3, "limits.rate: 3 is not a text"),
    ("limits.rate", "2 kHz..1 kHz", "limits.rate: limit 'rate=2 kHz..1 kHz': the range is empty"),
    ("outputs.metrics", ["rat"], "outputs.metrics[0]: this experiment does not give 'rat' (did you mean 'rate'?)"),
    ("outputs.metrics", [], "outputs.metrics: name one metric at least, and each once"),
    ("outputs.metrics", "rate", 'outputs.metrics: "rate" is not a list'),
    ("outputs.waveforms", "all", 'outputs.waveforms: "all" is not a whole number or \'none\''),
    ("outputs.waveforms", -1, "outputs.waveforms: must be at least 0, not -1"),
    ("outputs.waveform", 1, "outputs.waveform: there is no such key (did you mean 'waveforms'?)"),
]  # fmt: skip
WRONG_CIRCUIT = [
    ("axis.0.corners", ["TT", "XX"], "axis[0].corners: corners: there is no corner 'XX'"),
    ("axis.0.corners", ["TT", "tt"], "axis[0].corners: a corner stands there twice"),
    ("axis.0.corners", [], "axis[0].corners: no corner is named"),
    ("axis.0.corners", "TT", 'axis[0].corners: "TT" is not a list'),
    ("axis.0.shift.vth", "1 A", "axis[0].shift: corners: vth: '1 A' is in A"),
    ("axis.0.shift", "30 mV", 'axis[0].shift: "30 mV" is not a table'),
    ("axis.0.name", "vdd", "axis[0].name: goes with values, from or csv, and this axis has corners"),
    ("subject.neuron", "lif", "subject.mismatch: is for circuits"),
    ("subject.neuron", "cmos_lif:xx", "subject.neuron: cmos_lif has no topology 'xx'"),
    ("subject.set", {"m99.w": "1 um"}, "subject.set.m99.w: "),
    ("subject.mismatch.mosfet.nmos.a_vt", "9 mV", "subject.mismatch: [mosfet.nmos] a_vt: '9 mV' is in mV"),
    ("subject.mismatch.mosfet", {"nmosx": {"a_vt": "9 mV um"}}, "subject.mismatch: [mosfet.nmosx]: the circuit has no"),
    ("subject.mismatch.mosfett", {}, "subject.mismatch: there is no table [mosfett] (did you mean 'mosfet'?)"),
]


def written(tables, folder):
    """The tables as a TOML file."""
    lines = [f"{key} = {inline(value)}" for key, value in tables.items()]
    path = folder / "study.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def inline(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {inline(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(inline(v) for v in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else repr(value)


def changed(tables, path, value):
    tables = copy.deepcopy(tables)
    *parents, last = path.split(".")
    at = tables
    for part in parents:
        at = at[int(part)] if isinstance(at, list) else at[part]
    if value is REMOVED:
        del at[last]
    else:
        at[int(last) if isinstance(at, list) else last] = value
    return tables


def sentence_of(tables, path, value, folder):
    with pytest.raises(InputError) as error:
        read_study(written(changed(tables, path, value), folder))
    text = str(error.value)
    assert text.startswith("study.toml: ")
    assert "\n" not in text
    assert "pydantic" not in text
    return text.removeprefix("study.toml: ")


def test_the_good_ones_are_good(tmp_path):
    for text in (GOOD, CIRCUIT):
        study = read_study(written(tomllib.loads(text), tmp_path))
        assert plan_of(study.document()).runs in (24, 4)


@pytest.mark.parametrize(("path", "value", "told"), WRONG, ids=[f"{p}-{str(v)[:20]}" for p, v, _ in WRONG])
def test_a_wrong_field_is_one_sentence(path, value, told, tmp_path):
    assert sentence_of(tomllib.loads(GOOD), path, value, tmp_path).startswith(told)


@pytest.mark.parametrize(("path", "value", "told"), WRONG_CIRCUIT, ids=[f"{p}-{str(v)[:20]}" for p, v, _ in WRONG_CIRCUIT])
def test_a_wrong_field_of_a_circuit_is_one_sentence(path, value, told, tmp_path):
    assert sentence_of(tomllib.loads(CIRCUIT), path, value, tmp_path).startswith(told)


def places(tables, path=()):
    """Paths of everything in nested tables and lists."""
    items = tables.items() if isinstance(tables, dict) else enumerate(tables) if isinstance(tables, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = [(text, path) for text in (GOOD, CIRCUIT) for path in places(tomllib.loads(text))]
WORDS = ["", "x", "1 V", "5 %", "-3 mA", "1:2:lin:3", "1 A:2 A:log:4", "nan", "TT", "lif", "cmos_lif", "metrics", "network"]
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
values = st.recursive(plain, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(WORDS), v, max_size=2))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.sampled_from(PLACES), value=values)
def test_any_value_in_any_place_is_taken_or_refused_in_one_sentence(place, value):
    text, path = place
    tables = tomllib.loads(text)
    at = tables
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    try:
        Plan(study_of(tables, "study.toml"))
    except InputError as error:
        told = str(error)
        assert told.startswith("study.toml: ")
        assert "pydantic" not in told
        assert "\n" not in told.replace(repr(value), "")


def test_the_tables_go_over_every_field():
    seen = {path for path, _, _ in (*WRONG, *WRONG_CIRCUIT)}
    schema = Document.model_json_schema(by_alias=True)
    for key, field in schema["properties"].items():
        name = next((v.rpartition("/")[2] for v in find_references(field)), "")
        for inner in schema["$defs"][name]["properties"] if name else []:
            at = f"{key}.{inner}"
            anyone = {p.replace(".0.", ".").replace(".1.", ".") for p in seen}
            assert any(p == at or p.startswith(f"{at}.") for p in anyone) or at == "subject.network", f"{at} is never wrong"


def find_references(value):
    if isinstance(value, dict):
        return [v for k, v in value.items() if k == "$ref"] + [r for v in value.values() for r in find_references(v)]
    return [r for v in value for r in find_references(v)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[study\n", "is not TOML: "),
        (b"\xff\xfe", "is not TOML: "),
        (b"", "subject: is missing"),
    ],
)
def test_what_is_no_study_file(content, told, tmp_path):
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_study(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_study(tmp_path / "none.toml")


def test_correlations_that_contradict_each_other(tmp_path):
    tables = tomllib.loads(GOOD)
    tables["random"].append({"name": "r_mem", "sigma": "1 %"})
    pairs = (("v_th", "current", 0.9), ("current", "r_mem", 0.9), ("v_th", "r_mem", -0.9))
    tables["correlation"] = [{"between": [a, b], "value": v} for a, b, v in pairs]
    with pytest.raises(InputError, match="correlation: these values contradict each other") as error:
        read_study(written(tables, tmp_path))
    assert "positive definite" in str(error.value)
