"""The README's Python runs as printed, and its commands exist."""

import re
import shutil
from pathlib import Path

import pytest

import neuristor as nr

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
STUDY = "examples/cmos_yield.toml"


@pytest.mark.slow
def test_python_blocks_run(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, "README.md", "exec"), scope)
    assert scope["many"].lanes == 10_000
    assert (tmp_path / "run.csv").exists()
    assert scope["shift"].spike_times["vspk"][0].shape == (5, 3)
    trace = nr.simulate(scope["Quadratic"](), nr.Step("1 nA"), 1.0)
    assert trace.ok
    assert len(trace.spikes[0]) >= 1


def commands():
    """The README's commands; those that take long are slow tests."""
    slow = (
        "shah2023", "memristive-alif", "spike-response", "samples=1000", "confirmed=", "optimize", "extract",
        "fit ", "verilog", "synthesize", STUDY, "train ", "design-space", "--published", "fi_curve", "mac_", "digital-mac",
        "mixed-signal", "crossbar", "--fault", "hodgkin_huxley",
    )  # fmt: skip
    for line in re.findall(r"^neuristor (.+?)(?:\s+#.*)?$", TEXT, re.MULTILINE):
        long = any(word in line for word in slow)
        yield pytest.param(line, marks=[pytest.mark.slow] if long else [])


@pytest.mark.parametrize("line", list(commands()))
def test_commands_run(line, tmp_path, monkeypatch):
    import shlex

    from neuristor.cli import main

    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    if STUDY in line and not line.startswith("run "):  # its results
        with pytest.raises(SystemExit):
            main(["run", STUDY, "--samples", "8"])
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(line))
    assert stopped.value.code == 0
