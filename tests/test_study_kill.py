"""`kill -9` at twenty random moments, and what is left is the undisturbed study's to the last bit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from study_toy import fingerprint, write_lif

from neuristor.studies.plan import Plan
from neuristor.studies.runner import Options, run_study
from neuristor.studies.spec import read_study
from neuristor.studies.store import open_store

KILLS = 20
SAMPLES = 30_000
CHUNK = 100


def begin(file, folder):
    """A process that runs the study, forked from one that has compiled its kernels already; returns its number."""
    pid = os.fork()
    if pid == 0:
        study = read_study(file)
        run_study(study, Plan(study), folder, options=Options(chunk=CHUNK))
        os._exit(0)
    return pid


def kill_again_and_again(file, folder, seconds):
    """Kill the study KILLS times, each at a random moment of its first twelfth of `seconds`; runs stored after each."""
    Plan(read_study(file)).table(0, 1)
    stored = []
    for delay in np.random.default_rng(9).uniform(0, seconds / 12, KILLS):
        pid = begin(file, folder)
        time.sleep(delay)
        os.kill(pid, signal.SIGKILL)
        _, how = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(how), "the study ended before it could be killed"
        if (folder / "manifest.json").exists():
            store = open_store(folder)
            assert store.damaged() == []
            stored.append(store.stored)
    return stored


@pytest.mark.slow
def test_twenty_kills_change_no_bit(tmp_path):
    study = read_study(write_lif(tmp_path, SAMPLES))
    plan = Plan(study)
    plan.table(0, 1)
    start = time.perf_counter()
    expected = fingerprint(run_study(study, plan, tmp_path / "undisturbed", options=Options(chunk=CHUNK)).results())
    seconds = time.perf_counter() - start
    words = [sys.executable, __file__, tmp_path / "lif.toml", tmp_path / "killed", str(seconds)]
    told = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    stored = [int(word) for word in told.stdout.split()]
    assert stored == sorted(stored)
    assert 0 < stored[-1] < SAMPLES
    plan = Plan(study)
    store = run_study(study, plan, tmp_path / "killed", options=Options(chunk=777))
    assert fingerprint(store.results()) == expected


if __name__ == "__main__":
    print(*kill_again_and_again(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
