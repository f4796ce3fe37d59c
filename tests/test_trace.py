"""Trace: shapes, files and notebooks."""

import numpy as np
import pandas
import pytest

import neuristor as nr
from neuristor.trace import write_whole


@pytest.fixture(scope="module")
def trace():
    return nr.simulate(nr.LIF(), nr.Step([0.0, 0.1e-3, 0.2e-3], duration=0.02), samples=101)


def test_shapes_and_names(trace):
    assert trace.lanes == 3
    assert trace["v_mem"].shape == (3, 101)
    assert trace["i_in"][2, 5] == 0.2e-3
    assert [len(s) for s in trace.spikes] == trace.spike_counts.tolist()
    np.testing.assert_allclose(trace.rates, trace.spike_counts / 0.02)
    assert trace.status == ["ok"] * 3
    assert "3 lanes" in repr(trace)
    with pytest.raises(nr.InputError, match="did you mean 'v_mem'"):
        trace["v_men"]


def test_to_xarray(trace):
    data = trace.to_xarray()
    assert data["v_mem"].dims == ("lane", "time")
    assert data["v_mem"].attrs["units"] == "V"
    assert int((data["spike_lane"] == 2).sum()) == trace.spike_counts[2]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_hold_everything(trace, tmp_path, kind):
    path = tmp_path / "deep" / f"run.{kind}"
    files = getattr(trace, f"to_{kind}")(path)
    frames = [getattr(pandas, f"read_{kind}")(f) for f in files]
    np.testing.assert_allclose(frames[0]["v_mem_V"].to_numpy().reshape(3, 101), trace["v_mem"], rtol=1e-12)
    np.testing.assert_allclose(frames[1]["time_s"], trace.spike_times, rtol=1e-12)
    assert not list(path.parent.glob(".*"))


def test_a_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old")

    def half(part):
        part.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(nr.InputError, match="No space left"):
        write_whole(path, half)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_notebook_picture_is_escaped_and_has_every_spike(trace):
    html = trace._repr_html_()
    assert html.count("<polyline") == 3
    assert html.count("v6") == trace.spike_counts.sum()
    odd = nr.Trace(
        subject="<script>", time=np.array([0.0, 1.0]), signals={"x": np.zeros((1, 2))}, units={"x": "V"},
        spike_times=np.empty(0), spike_offsets=np.array([0, 0]), energy={}, duration=1.0,
    )  # fmt: skip
    assert "<script>" not in odd._repr_html_()


def test_a_million_lanes_are_cheap():
    lanes = 1_000_000
    trace = nr.Trace(
        subject="many", time=np.empty(0), signals={}, units={}, spike_times=np.arange(lanes) * 1e-6,
        spike_offsets=np.arange(lanes + 1), energy={}, duration=1.0,
    )  # fmt: skip
    assert trace.lanes == lanes
    assert trace.rates.sum() == lanes


def test_json(trace):
    data = trace.to_json_dict()
    assert data["spikes"][1] == trace.spikes[1].tolist()
    assert data["energy"]["input"][0] == 0
    assert data["status"] == ["ok"] * 3
