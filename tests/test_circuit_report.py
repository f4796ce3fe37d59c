"""The page of a circuit: every analysis has its figure and table, no NaN, drawn by a real browser without an error."""

import json
import re

import numpy as np
import pytest
from browser import charts, needs_browser, open_page

from neuristor.circuits.run import Lanes, planned, run_analyses
from neuristor.circuits.spice import parse_spice, read_spice
from neuristor.circuits.variation import read_mismatch, vary
from neuristor.cli.circuit_words import with_sweep
from neuristor.report.circuit_figures import in_prefix, thinned
from neuristor.report.circuit_page import circuit_page
from neuristor.report.circuit_tables import corner, short
from neuristor.report.page import render, write_page

INVERTER = """inverter & <load>
vdd vdd 0 1.8
vin in 0 dc 0.6 ac 1
mn out in 0 0 n w=1u l=0.5u
mp out in vdd vdd p w=3u l=0.5u
cl out 0 20f
.model n nmos level=44
.model p pmos level=44 vto=-0.5
.op
.dc vin 0 1.8 0.1
.dc vin 0 1.8 0.1 vdd 1 1.8 0.4
.ac dec 5 1k 10g
.noise v(out) vin dec 5 1k 10g
.end
"""
PULSES = """pulses into a load
vin in 0 pulse(0 1 1m 1n 1n 4n 2m)
r1 in out 1k
c1 out 0 0.1p
r2 out 0 100k
vdd rail 0 1
r3 rail 0 1meg
.tran 10u 10m
.end
"""
SINE = "sine\nv1 in 0 sin(0 1 1k)\nr1 in out 1k\nc1 out 0 100n\n.tran 10u 4m\n.end\n"
LEVEL = "an integrator\ni1 0 out 1n\nc1 out 0 1p\nr1 out 0 1g\n.ic v(out)=0\n.tran 1u 2m uic\n.end\n"
VARIED = read_mismatch({"capacitor": {"sigma": "5 %"}, "source": {"i1": {"sigma": "3 %"}}})


def swept(samples=0):
    netlist, lanes = with_sweep(planned(parse_spice(LEVEL)), "i1=0.4n:1n:log:7")
    netlist = vary(netlist, VARIED, samples) if samples else netlist
    return run_analyses(netlist, spikes=["out@0.3"], lanes=Lanes(lanes.name, lanes.unit, lanes.values, samples))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every kind of circuit page, written to disk: name -> (page, path)."""
    folder = tmp_path_factory.mktemp("pages")
    source = folder / "inverter.cir"
    source.write_text(INVERTER)
    monte_carlo = vary(planned(parse_spice(LEVEL)), VARIED, 40, seed=2)
    runs = {
        "static": (run_analyses(read_spice(source)), source),
        "pulses": (run_analyses(planned(parse_spice(PULSES)), spikes=["out@0.5"]), None),
        "sine": (run_analyses(planned(parse_spice(SINE))), None),
        "sweep": (swept(), None),
        "samples": (run_analyses(monte_carlo, spikes=["out@0.3"], lanes=Lanes(samples=40)), None),
        "product": (swept(5), None),
    }
    made = {name: circuit_page(run, source, seed=2) for name, (run, source) in runs.items()}
    return {name: (page, write_page(page, folder / f"{name}.html")) for name, page in made.items()}


NAMES = ["static", "pulses", "sine", "sweep", "samples", "product"]


def titles(page):
    return [f.title for f in page.figures], [t.title for t in page.tables]


def test_static_page_has_every_analysis(pages):
    figures, tables = titles(pages["static"][0])
    assert figures.count("DC sweep of vin: voltages") == 2
    assert {"AC response", "Noise"} <= set(figures)
    assert {"Operating point", "Devices at the operating point", "AC response", "Noise", "Elements"} <= set(tables)
    assert "Text of inverter.cir" in tables
    text = pages["static"][1].read_text()
    assert "inverter &amp; &lt;load&gt;" in text
    assert "mn out in 0 0 n w=1u l=0.5u" in text
    devices = next(t for t in pages["static"][0].tables if t.title.startswith("Devices"))
    assert {"i_d", "gm", "gds", "v_th", "v_dsat", "region"} <= set(devices.columns)
    assert {row[-1] for row in devices.rows} <= {"below threshold", "linear", "saturated"}


def test_transient_page_shows_one_spike_in_detail(pages):
    page = pages["pulses"][0]
    figures, _ = titles(page)
    assert figures[:2] == ["out over time", "One spike"]
    assert "rail 1 V" in page.figures[-1].caption
    zoom = page.figures[1]
    low, high = zoom.layout["xaxis"]["range"]
    assert -20 < low < 0 < high < 100
    assert zoom.layout["xaxis"]["title"]["text"] == "time from the spike (ns)"
    out = next(d for d in zoom.data if d["name"] == "out")
    inside = (np.asarray(out["x"]) > low) & (np.asarray(out["x"]) < high)
    assert inside.sum() > 20
    assert "5 spikes of out in 10 ms" in page.summary


def test_spikes_of_nanoseconds_survive_thinning():
    time = np.linspace(0, 1, 200_001)
    values = np.zeros_like(time)
    values[[777, 123_456]] = 1, -1
    x, y = thinned(time, values, 1000)
    assert len(x) <= 1200
    assert (y.max(), y.min()) == (1, -1)
    assert (x[0], x[-1]) == (0, 1)
    assert np.all(np.diff(x) > 0)


def test_sweep_page(pages):
    page = pages["sweep"][0]
    rate = page.figures[0]
    assert rate.title == "Rate"
    assert rate.layout["xaxis"]["type"] == "log"
    assert rate.layout["xaxis"]["title"]["text"] == "i1.dc (nA)"
    assert len(rate.data[0]["x"]) == 7


def test_monte_carlo_pages(pages):
    figures, tables = titles(pages["samples"][0])
    assert any(t.startswith("First spike of ") for t in figures)
    assert tables[0] == "Transient of 40 lanes"
    assert pages["samples"][0].computed["seed"] == "2"
    spread = pages["product"][0].figures[1].data[0]["error_y"]["array"]
    assert np.all(np.asarray(spread)[-3:] > 0)
    assert pages["product"][0].tables[0].title == "Transient of 35 lanes, 5 samples a value"
    assert len(pages["product"][0].tables[0].rows) == 7


@pytest.mark.parametrize("name", NAMES)
def test_no_nan_and_no_address(pages, name):
    page, path = pages[name]
    text = path.read_text()
    library = text.index("<script>"), text.index("</script>")
    rest = text[: library[0]] + text[library[1] :]
    assert not re.search(r"\bnan\b|\binf\b|NaN|Infinity", rest)
    assert "http" not in rest.replace("http://www.w3.org/", "")
    assert len({f.id for f in page.figures}) == len(page.figures)
    for figure in page.figures:
        assert json.dumps(figure.to_json_dict())


def test_small_helpers():
    assert [short(v) for v in (7e-7, 1e6, 0.0, 5.95e-13)] == ["700n", "1meg", "0", "595f"]
    values, unit = in_prefix([1e-12, 4e-11], "A")
    assert unit == "pA"
    np.testing.assert_allclose(values, [1, 40])
    f = np.geomspace(1, 1e6, 601)
    assert corner(f, 1 / (1 + 1j * f / 1e3)) == pytest.approx(1e3, rel=1e-3)
    assert np.isnan(corner(f, np.ones(601, dtype=complex)))


def test_page_without_figures_renders():
    page = circuit_page(run_analyses(planned(parse_spice("divider\nv1 a 0 1\nr1 a b 1k\nr2 b 0 1k\n.end\n"))))
    assert page.figures == []
    assert "500 mV" in render(page).replace("\u00a0", " ")


@needs_browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (400, "dark")])
@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_drawn(pages, browser, name, width, scheme):
    page, path = pages[name]
    assert open_page(browser, path, width, dark=scheme == "dark") == []
    drawn = charts(browser)
    assert len(drawn) == len(page.figures)
    for traces, _, _ in drawn:
        assert traces >= 1
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0
