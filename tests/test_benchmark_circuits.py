"""The benchmark of circuits runs through in small and prints its table; the numbers are not judged here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "circuits.py"
SMALL = ["--quick", "--lanes", "8", "--peer-lanes", "1", "--check-lanes", "1", "--repeats", "1"]
NEEDED = shutil.which("ngspice") is None or not Path("/proc/self/status").exists()


@pytest.mark.slow
@pytest.mark.skipif(NEEDED, reason="needs ngspice and Linux")
def test_it_prints_its_table(tmp_path):
    told = tmp_path / "told.json"
    command = [sys.executable, str(SCRIPT), *SMALL, "--json", str(told)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "ngspice" in lines[0]
    assert "numba" in lines[0]
    assert lines[2].split() == ["case", "ours", "peer", "ratio", "(min..max)"]
    found = json.loads(told.read_text())
    cases = [row["case"] for row in found["rows"]]
    for part in ("CPU time a lane and spike", "peak memory", "set-up", "nothing compiled"):
        assert any(part in case for case in cases), part
    for row in found["rows"]:
        assert row["ours"] > 0
        assert row["ratio"] is None or row["ratio"][1] <= row["ratio"][0] <= row["ratio"][2]
    for setting in found["settings"]:
        assert setting["error"] <= 1e-4
        assert setting["peer_error"] <= 1e-4
