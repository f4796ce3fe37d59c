"""The page of a classifier on faulty arrays: every chart is drawn from the stored result, and tells what it holds."""

from dataclasses import replace

import numpy as np
import pytest
from browser import charts, needs_browser, open_page

from neuristor.arrays import Cell, Faults, Wires
from neuristor.networks import load_dataset, reference_network
from neuristor.networks.array_to_accuracy import array_to_accuracy
from neuristor.networks.layer_array import layer_array
from neuristor.report.array_figures import accuracy_figure, array_figures, change_figure, shift_figure
from neuristor.report.array_page import array_page, summary
from neuristor.report.array_tables import accuracy_table, array_tables, times_table
from neuristor.report.crossbar_figures import conductance_figure, crossbar_page, wires_figure
from neuristor.report.page import write_page

SMALL = {"images": 30, "seeds": 2, "shares": (0.0, 0.05, 0.2)}


@pytest.fixture(scope="module")
def results():
    """A first spike with a circuit behind it, a rate with pulsed rows, an option of the array."""
    return {
        "stuck": array_to_accuracy(None, "digits", fault=["stuck_lrs", "stuck_hrs"], spot_check=20, **SMALL),
        "rate": array_to_accuracy(None, "digits", neuron="lif", readout="rate", inputs="regular", **SMALL),
        "wires": array_to_accuracy(
            None, "digits", fault="wires.r_word", shares=(0.1, 1.0, 10.0), images=30, seeds=1, spot_check=0
        ),
    }


@pytest.fixture(scope="module")
def array():
    """The array of a hidden layer's successor with stuck cells, levels and wires, and its inputs."""
    options = {"cell": Cell(levels=16), "faults": Faults(0.02, 0.03), "wires": Wires(2.0, 2.0)}
    return layer_array(reference_network("digits", (12,)), load_dataset("digits").x_test[:50], 2, **options)


@pytest.fixture(scope="module")
def pages(results, array, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    made = {name: array_page(result) for name, result in results.items()}
    made["crossbar"] = crossbar_page(array[0], array[0].error(array[1]))
    return {name: (page, write_page(page, folder / f"{name}.html")) for name, page in made.items()}


NAMES = ["stuck", "rate", "wires", "crossbar"]


@needs_browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_drawn(pages, browser, name, width):
    page, path = pages[name]
    assert open_page(browser, path, width) == []
    drawn = charts(browser, ".trace, .hm")
    assert len(drawn) == len(page.figures)
    for figure, (traces, _, _) in zip(page.figures, drawn, strict=True):
        assert traces == len(figure.data), figure.id
    assert browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_figures_and_tables_follow_what_was_run(results):
    ids = {name: [figure.id for figure in array_figures(result)] for name, result in results.items()}
    always = ["accuracy", "shift", "change", "undecided"]
    assert ids == {
        "stuck": [*always, "latency", "energy", "spot-check"],
        "rate": [*always, "energy", "events"],
        "wires": [*always, "latency", "energy"],
    }
    titles = {name: len(array_tables(result)) for name, result in results.items()}
    assert titles == {"stuck": 5, "rate": 5, "wires": 4}


def test_every_figure_has_a_caption_of_one_sentence(results):
    for result in results.values():
        for figure in array_figures(result):
            assert figure.caption.endswith(".")
            assert figure.caption.count(". ") <= figure.caption.count("eq. ")


def test_accuracy_is_drawn_as_stored(results):
    result = results["stuck"]
    drawn = {trace["name"]: trace for trace in accuracy_figure(result).data if trace.get("mode") == "lines+markers"}
    np.testing.assert_array_equal(drawn["stuck-HRS"]["y"], 100 * result.accuracy_mean[1])
    np.testing.assert_array_equal(drawn["stuck-HRS"]["x"], [0, 5, 20])
    band = next(trace for trace in accuracy_figure(result).data if trace.get("fill") == "toself")
    np.testing.assert_allclose(band["y"][:3], 100 * np.clip(result.accuracy_low[0], 0, 1))
    assert not [trace for trace in accuracy_figure(results["wires"]).data if trace.get("fill")]  # one chip has no interval


def test_distribution_holds_the_stored_share(results):
    """Bins may be merged, but what lies within the edges is all there."""
    result = results["stuck"]
    within = 100 * result.change_density[:, -1].sum(axis=1) * np.diff(result.change_edges)[0]
    solid = [trace for trace in change_figure(result).data if trace["name"].endswith("array")]
    np.testing.assert_allclose([np.sum(trace["y"]) for trace in solid], within)
    assert not [trace for trace in change_figure(results["wires"]).data if trace["name"].endswith("ripple")]


def test_lost_spikes_are_told_and_cut(results):
    result = results["stuck"]
    lost = replace(result, shift=np.where(result.shares[:, None] > 0, -np.inf, result.shift), lost=np.ones((2, 3)))
    assert "lost" in times_table(lost).rows[1][4]
    figure = shift_figure(lost)
    assert "late or never" in figure.caption
    assert min(np.min(trace["lowerfence"]) for trace in figure.data) >= -200


def test_summary_and_table_tell_the_numbers(results):
    result = results["stuck"]
    assert f"With 20 % stuck-LRS cells the chips reach {100 * result.accuracy_mean[0, 2]:.2f} %" in summary(result)
    assert "run again as circuits" in summary(result)
    assert "wires.r_word = 10 Ohm" in summary(results["wires"])
    rows = accuracy_table(results["wires"]).rows
    assert [row[1] for row in rows] == ["100 mOhm", "1 Ohm", "10 Ohm"]
    assert all(row[3] == "-" for row in rows)


def test_layer_array_gives_the_layer_of_the_network(array):
    """Without faults and wires the array's outputs are the layer's, over its largest input."""
    held, inputs = array
    network = reference_network("digits", (12,))
    hidden, scores = network.outputs(load_dataset("digits").x_test[:50])
    perfect = held.with_(cell=None, faults=None, wires=None)
    np.testing.assert_allclose(inputs * hidden.max(), hidden)
    np.testing.assert_allclose(perfect.currents(inputs) / perfect.unit_current * hidden.max(), scores, rtol=1e-9, atol=1e-9)


def test_heat_maps_show_the_cells(array):
    held = array[0]
    cells, lrs, hrs = conductance_figure(held).data
    np.testing.assert_allclose(cells["z"], 1e6 * held.conductances, rtol=1e-3)
    assert [len(lrs["x"]), len(hrs["x"])] == [round(share * held.stuck.size) for share in (0.02, 0.03)]
    assert np.all(held.conductances[lrs["y"], lrs["x"]] == held.cell.g_on)
    np.testing.assert_allclose(wires_figure(held).data[0]["z"], 100 * held.effective / held.conductances, rtol=1e-3)
