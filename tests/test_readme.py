"""The README's Python runs as printed, and its commands exist."""

import re
from pathlib import Path

import pytest

import neuristor as nr

TEXT = (Path(__file__).parents[1] / "README.md").read_text()


def test_python_blocks_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(block, "README.md", "exec"), scope)
    assert scope["many"].lanes == 10_000
    assert (tmp_path / "run.csv").exists()
    trace = nr.simulate(scope["Quadratic"](), nr.Step("1 nA"), 1.0)
    assert trace.ok
    assert len(trace.spikes[0]) >= 1


@pytest.mark.parametrize("line", re.findall(r"^neuristor (.+?)(?:\s+#.*)?$", TEXT, re.MULTILINE))
def test_commands_run(line, tmp_path, monkeypatch):
    import shlex

    from neuristor.cli import main

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(line))
    assert stopped.value.code == 0
