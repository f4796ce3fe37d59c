"""The benchmark of arrays runs through in small; its times are not judged here, its currents are."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "arrays.py"


@pytest.mark.slow
def test_it_prints_its_table(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(SCRIPT), "--repeats", "1", "--vectors", "3", "--case", "2x9x5", "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "SciPy" in lines[0]
    assert "numba" in lines[0]
    (row,) = json.loads(told.read_text())["rows"]
    assert row["case"] == "2 x (9 x 5)"
    peers = {p["peer"] for p in row["peers"]}
    assert {"splu", "spsolve"} <= peers
    assert ("badcrossbar" in peers) == (importlib.util.find_spec("badcrossbar") is not None)
    assert all(p["off"] < 1e-11 and p["ratio"][1] <= p["ratio"][0] <= p["ratio"][2] for p in row["peers"])
    assert sum("2 x (9 x 5)" in line for line in lines) == len(peers)
