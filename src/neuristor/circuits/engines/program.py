"""Runs the program ngspice on one deck, in a folder of its own, and turns its complaints into one sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from ...errors import InputError
from .raw import Plot, read_raw

LOOK_EVERY = 0.2  # s between two looks at the clock and at `halt` while ngspice runs
MISSING = "the program ngspice was not found: install ngspice, e.g. apt install ngspice, or use engine='native'"
TOO_SMALL = re.compile(
    r"Timestep too small; (?:time = ([^,\s]+), timestep = [^:\s]+|initial timepoint|cause unrecorded)(.*)"
)
TROUBLE = re.compile(r'trouble with (?:node "?([^"\s]+)"?|.*instance "?([^"\s]+)"?)')
UNKNOWN = re.compile(r"unrecognized variable - (@\S+)")


class NgspiceError(InputError):
    """ngspice could not simulate a circuit; the message is one sentence in the circuit's own names."""


class NgspiceTimeout(NgspiceError):
    """ngspice was ended before it had finished."""


def check_installed() -> None:
    """InputError if the program is missing."""
    if shutil.which("ngspice") is None:
        raise InputError(MISSING)


def run_deck(deck: str, timeout: float | None = None, halt: threading.Event | None = None) -> list[Plot]:
    """The plots that ngspice makes of a deck.

    timeout   s of wall time after which the run is ended with NgspiceTimeout
    halt      ends the run with NgspiceTimeout once it is set (by another thread)
    Raises InputError if the program is missing, NgspiceError (in ngspice's names) if the simulation fails.
    Neither folder nor process outlives the call, however it ends.
    """
    with tempfile.TemporaryDirectory(prefix="neuristor-ngspice-") as folder:
        Path(folder, "deck.cir").write_text(deck)
        status, messages = run_program(folder, timeout, halt)
        if status or re.search(r"simulation\(s\) aborted|circuit not parsed", messages):
            raise NgspiceError(f"ngspice: {complaint(messages)}")
        unknown = UNKNOWN.search(messages)
        if unknown:
            raise NgspiceError(f"ngspice: there is no quantity no quantity {unknown[1]} here")
        raw = Path(folder, "out.raw")
        plots = [p for p in read_raw(raw) if p.values.shape[1]] if raw.exists() else []
        if not plots:
            raise NgspiceError(f"ngspice: {complaint(messages)}")
        return plots


def run_program(folder: str, timeout: float | None, halt: threading.Event | None) -> tuple[int, str]:
    """Exit status and messages of `ngspice` on deck.cir in `folder`, which leaves out.raw there."""
    # One thread: two make BSIM3 and BSIM4 many times slower. -n: the user's own .spiceinit shall not change results.
    environment = os.environ | {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1", "LC_ALL": "C"}
    environment.pop("SPICE_ASCIIRAWFILE", None)
    try:
        process = subprocess.Popen(
            ["ngspice", "-n", "-b", "-r", "out.raw", "deck.cir"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except FileNotFoundError:
        raise InputError(MISSING) from None
    except OSError as error:
        raise InputError(f"the program ngspice cannot be started: {error.strerror or error}") from None
    with process:
        try:
            return wait_for(process, timeout, halt)
        except BaseException:
            process.kill()
            raise


def wait_for(process: subprocess.Popen[bytes], timeout: float | None, halt: threading.Event | None) -> tuple[int, str]:
    """Exit status and messages of a process; NgspiceTimeout when its time is over or `halt` is set."""
    end = time.monotonic() + (float("inf") if timeout is None else timeout)
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise NgspiceTimeout(f"ngspice: not finished within {timeout:g} s")
        if halt is not None and halt.is_set():
            raise NgspiceTimeout("ngspice: stopped before it had finished")
        try:
            messages, _ = process.communicate(timeout=min(left, LOOK_EVERY))
            return process.returncode, messages.decode(errors="replace")
        except subprocess.TimeoutExpired:
            continue


def complaint(messages: str) -> str:
    """The reason of a failure in ngspice's messages, without its preludes, on one line."""
    small = TOO_SMALL.search(messages)
    if small:
        place = TROUBLE.search(small[2])
        near = "" if place is None else f" near node {place[1]}" if place[1] else f" near {place[2]}"
        near = re.sub(r"node (\S+)#branch", r"\1", near)
        what = f"timestep too small at {float(small[1]):g} s" if small[1] else "no operating point was found"
        return what + near
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    for k, line in enumerate(lines):
        if re.match(r"Error on line \d+", line):  # then: the line itself, the reason
            card, reason = [*lines[k + 1 : k + 3], "", ""][:2]
            return f"{reason.removeprefix('Error: ').rstrip('.')} ({card})"
    for pattern in (r"(?:Fatal error|Error): (.*)", r"doAnalyses: (.*)"):
        for line in lines:
            match = re.match(pattern, line, re.IGNORECASE)
            if match:
                return match[1].rstrip(".")
    return "it gave no result: " + " | ".join(lines[-3:])
