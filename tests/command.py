"""The command line as the tests use it: run a command here, or interrupt one in a process of its own."""

import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from neuristor.cli import main

FILTER = """low pass
.param cload=100n
v1 in 0 dc 1 ac 1
r1 in out 1k
c1 out 0 {cload}
.end
"""
SINE = "sine\nv1 in 0 sin(0 1 1k)\nr1 in out 1k\nc1 out 0 100n\n.tran 10u 4m\n.end\n"


def run(capsys, *words):
    """Exit code, standard output and standard error of a command."""
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, words)))
    out, err = capsys.readouterr()
    return stopped.value.code, out, err


def interrupted(*words):
    """Exit code and standard error of a command that gets Ctrl-C after eight seconds."""
    # A test run in the background of a shell ignores Ctrl-C, and its children would too.
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, "-m", "neuristor", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err
