"""The benchmark of networks runs through in small; its times are not judged here, its spikes are."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "networks.py"


@pytest.mark.slow
def test_it_prints_its_table(tmp_path):
    told = tmp_path / "told.json"
    sizes = ["--repeats", "1", "--samples", "3", "--steps", "20", "--pictures", "1"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *sizes, "--json", str(told)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "numba" in lines[0]
    rows = json.loads(told.read_text())["rows"]
    assert [row["case"] for row in rows] == ["inference, 3 x 20 steps"] * 2 + ["STDP, one picture"] * 2
    assert len(lines) == 2 + len(rows)
    assert all(row["ours_ms"] > 0 for row in rows)
    for row, package in zip(rows, ("snntorch", "snntorch", "bindsnet", "brian2"), strict=True):
        assert (row["peer"] == "peer not installed") == (importlib.util.find_spec(package) is None)
        assert "not equal" not in row["agreement"]
