"""The report of a study: the command, the page in a browser, and that its size and time do not follow the number of runs."""

import json
import time

import pytest
from browser import charts, needs_browser, open_page
from command import run
from study_made import CURRENTS, HEAD, NORMAL, TEMPLATE, made, reading_of, two_metrics
from study_toy import write_lif

from neuristor.report.figures import Figure
from neuristor.report.study_figures import histogram, study_figures
from neuristor.report.study_page import study_page
from neuristor.report.study_tables import study_tables
from neuristor.studies.comparison import compare_studies
from neuristor.studies.findings import findings
from neuristor.studies.reading import overview, read_results
from neuristor.studies.summaries import distribution

LIMITS = '[limits]\nrate = "<820 Hz"\nfirst_spike = ">1 ms"\n'
SECOND = '[[axis]]\nname = "v_rest"\nvalues = ["-75 mV", "-70 mV"]\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A stored study with limits, two axes, failures and a run that is not there yet."""
    path = tmp_path_factory.mktemp("report") / "a.study"
    made(path, TEMPLATE + SECOND + LIMITS, two_metrics, samples=400, failing={7, 8, 9}, stop=2399)
    return path


def test_the_tables_and_the_page(folder, capsys):
    code, out, err = run(capsys, "report", folder)
    assert (code, err) == (0, "")
    for told in ("2399 of 2400 stored: 2396 good, 3 failed", "too hot", "current (3), v_rest (2)", "every point", "c_mem"):
        assert told in out
    page = folder.with_suffix(".html").read_text()
    assert "Made up" in page
    assert "What moves the rate" in page


def test_the_numbers(folder, capsys, tmp_path):
    code, out, _ = run(capsys, "report", folder, "--json", "--metrics", "rate", "--worst", "2")
    found = json.loads(out)
    assert code == 0
    assert found["written"] == []
    assert (found["runs"], found["stored"], found["failed"]) == (2400, 2399, 3)
    assert found["reasons"] == {"too hot": 3}
    assert list(found["distributions"]) == ["rate"]
    assert len(found["points"]) == 6
    assert [len(a["values"]) for a in found["along"]["rate"]] == [3, 2]
    first = {s["name"]: s["first"]["value"] for s in found["sensitivities"]["rate"]["inputs"]}
    assert first["c_mem"] == pytest.approx(0.8, abs=0.08)  # d ln rate = -d ln c + d ln r / 2
    assert first["r_mem"] == pytest.approx(0.2, abs=0.08)
    worst = found["worst"]["rate"]
    assert len(worst) == 2
    assert worst[0]["metrics"]["rate"] == found["distributions"]["rate"]["most"]
    assert worst[0]["point"]["current"] == "400 uA"
    assert found["seed"] == 1


def test_only_asked_for_things_are_written(folder, capsys, tmp_path):
    page = tmp_path / "deep" / "page.html"
    code, out, _ = run(capsys, "report", folder, "--json", "--output", page)
    assert code == 0
    assert json.loads(out)["written"] == [str(page)]
    assert page.is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--metrics", "rat"], "no metric 'rat'"),
        (["--worst", "0"], "1 at least"),
        (["--waveforms", "-1"], "negative"),
        (["--output", "/proc/none/page.html"], "cannot be written"),
    ],
)
def test_what_is_asked_wrongly(folder, capsys, words, told):
    code, _, err = run(capsys, "report", folder, *words)
    assert code == 2
    assert told in err
    assert err.count("\n") == 1


def test_what_has_no_results(capsys, tmp_path):
    code, _, err = run(capsys, "report", tmp_path / "none.study")
    assert code == 2
    assert "neuristor run none.toml" in err
    made(tmp_path / "empty.study", TEMPLATE, two_metrics, samples=3, stop=0)
    code, _, err = run(capsys, "report", tmp_path / "empty.study")
    assert code == 2
    assert "no runs yet" in err


def test_the_worst_runs_are_run_again(capsys, tmp_path):
    """Of a real study: the spikes of the run drawn are those that its stored metrics tell."""
    from neuristor.studies.findings import waveforms_of

    file = write_lif(tmp_path, 8)
    assert run(capsys, "run", file)[0] == 0
    found = findings(read_results(file), ["last_spike"])
    traces, refused = waveforms_of(found, "last_spike", 1)
    assert refused == []
    own = found.extremes["last_spike"]
    for number, trace in zip((own.worst[0], own.middle), traces.values(), strict=True):
        assert trace.spikes[0][-1] == pytest.approx(found.reading.grid("last_spike")[number, 0], rel=1e-9)
    figures = study_page(found, traces).figures
    assert [f.id for f in figures][1] == "waveforms"
    code, out, err = run(capsys, "report", file, "--waveforms", "1")
    assert (code, err) == (0, "")


@needs_browser
def test_the_page_in_a_browser(browser, folder, capsys):
    assert run(capsys, "report", folder)[0] == 0
    for width, dark in ((1280, False), (390, True)):
        assert open_page(browser, folder.with_suffix(".html"), width, dark) == []
        drawn = charts(browser, ".trace, .point, .hm, .bars path")
        assert len(drawn) == len(study_figures(findings(read_results(folder))))
        assert all(marks for marks, _, _ in drawn)


def drawn_numbers(value):
    """How many numbers a figure holds."""
    if isinstance(value, Figure):
        value = value.to_json_dict()
    if isinstance(value, dict):
        return sum(map(drawn_numbers, value.values()))
    return sum(map(drawn_numbers, value)) if isinstance(value, list) else 1


def test_figures_do_not_grow_with_the_runs(tmp_path):
    sizes = []
    for samples in (500, 20_000):
        text = HEAD + CURRENTS + NORMAL.format(name="c_mem") + NORMAL.format(name="r_mem") + LIMITS
        store = made(tmp_path / f"{samples}.study", text, two_metrics, samples=samples, chunk=30_000)
        sizes.append(sum(map(drawn_numbers, study_figures(findings(reading_of(store))))))
    assert sizes[1] < 1.2 * sizes[0]


def test_figures_and_tables_of_long_axes_stay_short(tmp_path):
    """A sweep without draws: five thousand points, one run each."""
    axis = '[[axis]]\nname = "current"\nvalues = "0.1 mA:1 mA:log:5000"\n'

    def swept(values, runs):
        return {"rate": 4e6 * values["current"], "first_spike": 1e-7 / values["current"]}

    reading = reading_of(made(tmp_path / "a.study", HEAD + axis + LIMITS, swept, samples=1, chunk=30_000))
    found = findings(reading)
    assert sum(map(drawn_numbers, study_figures(found))) < 20_000
    assert max(len(table.rows) for table in study_tables(found)) <= 60
    assert found.sensitivities["rate"].note == "Nothing is drawn."
    assert compare_studies(tmp_path / "a.study", tmp_path / "a.study").counts == {"same": 15_000}


@pytest.mark.parametrize(("samples", "failing"), [(1, ()), (1, (0,)), (3, (0, 1, 2)), (70, tuple(range(1, 70)))])
def test_hardly_any_results_are_a_report_too(tmp_path, capsys, samples, failing):
    text = HEAD + NORMAL.format(name="c_mem") + LIMITS

    def plain(values, runs):
        return {"rate": 1e8 * values["c_mem"], "first_spike": 1e3 * values["c_mem"]}

    made(tmp_path / "a.study", text, plain, samples=samples, failing=failing)
    code, out, err = run(capsys, "report", tmp_path / "a.study")
    assert (code, err) == (0, "")
    assert f"{samples} of {samples} stored: {samples - len(failing)} good" in out
    code, out, _ = run(capsys, "report", tmp_path / "a.study", "--json", "--waveforms", "1")
    assert json.loads(out)["good"] == samples - len(failing)
    assert run(capsys, "compare", tmp_path / "a.study", tmp_path / "a.study", "--report", tmp_path / "c.html")[0] == 0


@pytest.mark.slow
def test_a_million_runs_are_listed_and_drawn_in_three_seconds(tmp_path):
    text = HEAD.replace('["rate", "first_spike"]', '["rate", "first_spike", "spikes"]') + CURRENTS
    text = text.replace(', "0.4 mA"', "") + NORMAL.format(name="c_mem") + NORMAL.format(name="r_mem") + LIMITS

    def three(values, runs):
        found = two_metrics(values, runs)
        return found | {"spikes": found["rate"] // 50}

    made(tmp_path / "a.study", text, three, samples=500_000, chunk=16_384, failing={123_456})
    begun = time.process_time()
    reading = read_results(tmp_path / "a.study")
    assert overview(reading)["failed"] == 1
    found = distribution(reading, "rate")
    assert found.defined == 999_999
    assert histogram(findings(reading, ["rate"]), "rate").data
    assert time.process_time() - begun < 3
