"""The benchmark of fault studies runs through in small; the numbers are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "fault_studies.py"


@pytest.mark.slow
def test_it_prints_its_table(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(SCRIPT), "--lanes", "32", "--peer-lanes", "1", "--repeats", "1", "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(told.read_text())
    assert found["worst"] < 0.01
    assert all(row["ratio"][1] <= row["ratio"][0] <= row["ratio"][2] for row in found["rows"])
    assert "times less" in done.stdout
