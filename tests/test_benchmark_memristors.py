"""The benchmark of memristors runs through in small; the numbers are not judged here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "memristors.py"


@pytest.mark.slow
def test_it_prints_its_table(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(SCRIPT), "--lanes", "16", "--peer-lanes", "1", "--repeats", "1", "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "SciPy" in lines[0]
    assert "numba" in lines[0]
    rows = json.loads(told.read_text())["rows"]
    peers = {(r["case"], r["peer"]) for r in rows}
    assert {("16 neurons", "solve_ivp"), ("16 devices", "solve_ivp")} <= peers
    assert (("16 devices", "ngspice") in peers) == (shutil.which("ngspice") is not None)
    for row in rows:
        assert row["ours_ms"] > 0
        assert row["ratio"][1] <= row["ratio"][0] <= row["ratio"][2]
