"""What a study costs beyond its simulations: overhead, memory, first look, scaling over workers, costs of a chunk.

    python benchmarks/studies.py [--runs 1000000] [--repeats 5] [--workers 1,2] [--skip overhead,...] [--json FILE]

overhead  LIF neurons with spread capacitance, their metrics stored, against bare `simulate` calls with the same numbers in
          calls of the same sizes; in turn, CPU time (the wall time of a shared machine says little), the least of each
memory    peak of a process that runs the whole study
look      a fresh process: opening the folder, counting what is stored, and a histogram of one column of all runs
scaling   the same work by 1, 2, ... worker processes of one thread each; wall time from the first to the last chunk
chunk     packing, writing (with fsync) and reading a chunk of the usual size; handing one through worker processes and
          through a Dask scheduler on loopback, without work in it
paper     ten hours of runs of 10 ms on 10, 100 and 1,000 workers, simulated with these costs
"""

from __future__ import annotations

import argparse
import heapq
import io
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import neuristor as nr
from neuristor.studies.chunks import Chunk, evaluate, write_chunk
from neuristor.studies.dispatch import Cuts, dispatch
from neuristor.studies.plan import Plan
from neuristor.studies.runner import Crew, Options, run_study
from neuristor.studies.spec import Study, read_study

FILE = """[study]
samples = {runs}
[subject]
neuron = "lif"
[experiment]
current = "0.1 mA"
stop = "50 ms"
[[random]]
name = "c_mem"
sigma = "5 %"
"""
SCALED_RUNS, SCALED_CHUNK = 100_000, 1000
TASKS, BLOCK = 600, 50  # without work, to time a scheduler; the fastest block counts
PAPER_MEGABYTES = 0.4  # of a minute's chunk of runs of 10 ms, 6,000 rows
TARGETS = {"overhead": 0.02, "memory": 2**30, "look": 3.0}
Told = dict[str, Any]

FIRST_LOOK = """
import sys, time
start = time.perf_counter()
import numpy as np
from neuristor.studies.store import open_store
store = open_store(sys.argv[1])
progress = store.progress()
np.histogram(store.results(["rate"], good=True)["rate"].to_numpy(), bins=60)
print(time.perf_counter() - start, time.process_time())
"""
WHOLE_RUN = """
import resource, sys
from neuristor.studies.plan import Plan
from neuristor.studies.runner import run_study
from neuristor.studies.spec import read_study
study = read_study(sys.argv[1])
run_study(study, Plan(study), sys.argv[2])
print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def study_of(folder: Path, runs: int) -> Study:
    file = folder / f"lif{runs}.toml"
    file.write_text(FILE.format(runs=runs))
    return read_study(file)


def bare(values: np.ndarray, sizes: list[int]) -> None:
    """The simulations alone, in calls of the sizes that the study chose."""
    edges = np.cumsum(sizes)[:-1]
    for c_mem in np.split(values, edges):
        nr.simulate(nr.LIF(c_mem=c_mem), nr.Step(np.full(len(c_mem), 1e-4)), 0.05, record=(), samples=2)


def cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def overhead(folder: Path, runs: int, repeats: int) -> Told:
    """CPU time of a study over that of its simulations."""
    study = study_of(folder, runs)
    plan = Plan(study)
    first = run_study(study, plan, folder / "first")
    sizes = [chunk.stop - chunk.start for chunk in first.chunks]
    values = first.results(["c_mem"])["c_mem"].to_numpy()
    bare(values, sizes)
    pairs = []
    for k in range(repeats):
        alone = cpu(lambda: bare(values, sizes))
        stored = cpu(lambda k=k: run_study(study, plan, folder / f"o{k}"))  # type: ignore[misc]
        pairs.append((alone, stored))
    alone, stored = (min(column) for column in zip(*pairs, strict=True))
    each = [b / a - 1 for a, b in pairs]
    return {"share": stored / alone - 1, "bare_s": alone, "study_s": stored, "chunks": len(sizes), "each": each}


def in_process_of_its_own(script: str, *words: Any) -> list[float]:
    command = [sys.executable, "-c", script, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def scaling(folder: Path, workers: list[int]) -> list[Told]:
    """Runs per second of worker processes, from the first chunk on, when all have started."""
    study, told = study_of(folder, SCALED_RUNS), []
    for count in workers:
        marks: list[tuple[float, float, float]] = []

        def mark(share: float, marks: list[tuple[float, float, float]] = marks) -> None:
            marks.append((time.perf_counter(), time.process_time(), share))

        options = Options(chunk=SCALED_CHUNK, progress=mark)
        os.environ["NEURISTOR_THREADS"] = str(count)
        run_study(study, Plan(study), folder / f"w{count}", Crew(workers=count), options)
        (t0, c0, s0), (t1, c1, s1) = marks[2 * count], marks[-1]
        runs = SCALED_RUNS * (s1 - s0)
        told.append({"workers": count, "runs_per_s": runs / (t1 - t0), "main_cpu_s": (c1 - c0) / (runs / SCALED_CHUNK)})
    del os.environ["NEURISTOR_THREADS"]
    return told


def chunk_costs(folder: Path, repeats: int) -> Told:
    """What a chunk of the usual size costs beside its work (s; the least of all repeats), and its bytes."""
    from pyarrow import parquet

    study = study_of(folder, 1 << 17)
    chunk = evaluate(Plan(study), 0, 1 << 17)
    packed = chunk.packed()
    assert isinstance(packed.content, bytes)

    def least(work: Callable[[], object]) -> float:
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
        return min(times)

    data = packed.content
    return {
        "rows": 1 << 17,
        "bytes": len(data),
        "pack_s": least(chunk.packed),
        "write_s": least(lambda: write_chunk(folder, packed)),
        "write_small_s": least(lambda: write_chunk(folder, Chunk(0, 1, 0.0, data[:4096]))),
        "read_s": least(lambda: parquet.read_table(io.BytesIO(data))),
        "dask_task_s": dask_task(data[:64]),
        "dask_megabyte_s": (dask_task(data[:4_000_000]) - dask_task(data[:64])) / 4,
    }


def handed_through(content: bytes, start: int, stop: int) -> Chunk:
    """A chunk that took no work."""
    return Chunk(start, stop, 1.0, content)


def dask_task(content: bytes) -> float:
    """Seconds that each of many chunks without work takes through a scheduler and one worker."""
    from distributed import Client

    with cluster() as address, Client(address) as client, client.get_executor(pure=False) as executor:
        kept = client.scatter(content)
        cuts = Cuts([range(TASKS)], 1, size=1)
        chunks = dispatch(lambda part: executor.submit(handed_through, kept, part.start, part.stop), cuts, lambda: 4)
        marks = [time.perf_counter() for _ in chunks]
    return min(np.diff(marks[::BLOCK])) / BLOCK


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a scheduler with one worker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    words = [["scheduler", "--host", "127.0.0.1", "--port", str(port)], ["worker", address, "--nthreads", "1", "--no-nanny"]]
    started = [
        subprocess.Popen([sys.executable, "-m", "dask", *w, "--no-dashboard"], stderr=subprocess.DEVNULL) for w in words
    ]
    try:
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def on_paper(workers: int, runs: int, per_run: float, serial: float, packing: float = 0.02) -> Told:
    """A cluster as a queue: the real `Cuts`, workers whose speeds differ by 20 % (sigma), one process that handles chunks.

    per_run (s) of a worker's work, serial (s) that the one process spends on a chunk, packing (s) that the worker does.
    """
    slower = np.random.default_rng(0).lognormal(0, 0.2, workers)
    cuts, free, served, busy, chunks = Cuts([range(runs)], columns=8), np.zeros(workers), 0.0, 0.0, 0
    done: list[tuple[float, int, range, float]] = []

    def hand(worker: int, now: float) -> None:
        if part := cuts.take(workers):
            seconds = len(part) * per_run * float(slower[worker])
            free[worker] = max(free[worker], now) + seconds + packing
            heapq.heappush(done, (free[worker], worker, part, seconds))

    for worker in [*range(workers), *range(workers)]:
        hand(worker, 0.0)
    while done:
        now, worker, part, seconds = heapq.heappop(done)
        served = max(served, now) + serial
        busy, chunks = busy + serial, chunks + 1
        cuts.measured(Chunk(part.start, part.stop, seconds, b""))
        hand(worker, served)
    ideal = runs * per_run / float(np.sum(1 / slower))
    return {
        "workers": workers,
        "hours": served / 3600,
        "efficiency": ideal / served,
        "chunks": chunks,
        "busy": busy / served,
    }


def show(told: Told) -> None:
    if "overhead" in told:
        o = told["overhead"]
        print(f"overhead     {100 * o['share']:.2f} % of {o['bare_s']:.2f} s CPU, {o['chunks']} chunks (target < 2 %)")
    if "memory" in told:
        print(f"memory       {told['memory'] / 2**20:.0f} MiB at most (target < 1024)")
        print(f"first look   {told['look']:.2f} s, {told['look_cpu']:.2f} s of CPU (target < 3)")
    for row in told.get("scaling", []):
        cost = 1e3 * row["main_cpu_s"]
        print(f"{row['workers']:2d} workers   {row['runs_per_s']:.0f} runs/s, {cost:.2g} ms of the main process a chunk")
    for row in told.get("paper", []):
        found = f"{row['hours']:.3g} h, {100 * row['efficiency']:.1f} % of the ideal, {row['chunks']} chunks"
        print(f"on paper     {row['workers']:5d} workers: {found}, one process {100 * row['busy']:.0f} % busy")
    for name, value in told.get("chunk", {}).items():
        print(f"chunk        {name:16s} {value:.4g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--skip", default="")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    skip = asked.skip.split(",")
    told: Told = {
        "machine": platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "runs": asked.runs,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "overhead" not in skip:
            told["overhead"] = overhead(folder, asked.runs, asked.repeats)
        if "memory" not in skip:
            study_of(folder, asked.runs)
            (told["memory"],) = in_process_of_its_own(WHOLE_RUN, folder / f"lif{asked.runs}.toml", folder / "memory")
            told["look"], told["look_cpu"] = in_process_of_its_own(FIRST_LOOK, folder / "memory")
        if "scaling" not in skip:
            told["scaling"] = scaling(folder, [int(word) for word in asked.workers.split(",")])
        if "chunk" not in skip:
            told["chunk"] = chunk_costs(folder, asked.repeats)
            cost = told["chunk"]
            serial = cost["write_small_s"] + cost["dask_task_s"] + PAPER_MEGABYTES * cost["dask_megabyte_s"]
            told["paper"] = [on_paper(count, count * 3_600_000, 0.01, serial) for count in (10, 100, 1000)]
    show(told)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
