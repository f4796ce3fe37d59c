"""What a study costs beyond its simulations: overhead, memory, first look, scaling over workers, costs of a chunk.

    python benchmarks/studies.py [--runs 1000000] [--repeats 5] [--workers 1,2] [--skip overhead,...] [--json FILE]

overhead  LIF neurons with spread capacitance, their metrics stored, against bare `simulate` calls with the same numbers in
          calls of the same sizes; in turn, CPU time (the wall time of a shared machine says little), medians
memory    peak of a process that runs the whole study
look      a fresh process: opening the folder, counting what is stored, and a histogram of one column of all runs
scaling   the same work by 1, 2, ... worker processes of one thread each; wall time from the first to the last chunk
chunk     packing, writing (with fsync) and reading a chunk of the usual size; handing one through worker processes and
          through a Dask scheduler on loopback, both without work in it
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import socket
import statistics
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
SCALED_RUNS = 100_000
TASKS = 300  # without work, to time a scheduler
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
print(time.perf_counter() - start)
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
        pairs.append((stored / alone - 1, alone, stored))
    share, alone, stored = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {"share": share, "bare_s": alone, "study_s": stored, "chunks": len(sizes), "all": [pair[0] for pair in pairs]}


def in_process_of_its_own(script: str, *words: Any) -> float:
    command = [sys.executable, "-c", script, *map(str, words)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def scaling(folder: Path, workers: list[int]) -> list[Told]:
    """Runs per second of worker processes, from the first chunk on, when all have started."""
    study, told = study_of(folder, SCALED_RUNS), []
    for count in workers:
        marks: list[tuple[float, float]] = []
        options = Options(chunk=1000, progress=lambda share, marks=marks: marks.append((time.perf_counter(), share)))  # type: ignore[misc]
        os.environ["NEURISTOR_THREADS"] = str(count)
        run_study(study, Plan(study), folder / f"w{count}", Crew(workers=count), options)
        (t0, s0), (t1, s1) = marks[2 * count], marks[-1]
        told.append({"workers": count, "runs_per_s": SCALED_RUNS * (s1 - s0) / (t1 - t0)})
    del os.environ["NEURISTOR_THREADS"]
    return told


def chunk_costs(folder: Path, repeats: int) -> Told:
    """What a chunk of the usual size costs beside its work (s), and its bytes."""
    from pyarrow import parquet

    study = study_of(folder, 1 << 17)
    chunk = evaluate(Plan(study), 0, 1 << 17)
    packed = chunk.packed()
    assert isinstance(packed.content, bytes)

    def median(work: Callable[[], object]) -> float:
        times = []
        for _ in range(repeats):
            begun = time.perf_counter()
            work()
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    data = packed.content
    return {
        "rows": 1 << 17,
        "bytes": len(data),
        "pack_s": median(chunk.packed),
        "write_s": median(lambda: write_chunk(folder, packed)),
        "write_small_s": median(lambda: write_chunk(folder, Chunk(0, 1, 0.0, data[:4096]))),
        "read_s": median(lambda: parquet.read_table(io.BytesIO(data))),
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
        next(chunks)
        begun = time.perf_counter()
        for _ in chunks:
            pass
        return (time.perf_counter() - begun) / (TASKS - 1)


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


def show(told: Told) -> None:
    if "overhead" in told:
        o = told["overhead"]
        print(f"overhead     {100 * o['share']:.2f} % of {o['bare_s']:.2f} s CPU, {o['chunks']} chunks (target < 2 %)")
    if "memory" in told:
        print(f"memory       {told['memory'] / 2**20:.0f} MiB at most (target < 1024)")
        print(f"first look   {told['look']:.2f} s (target < 3)")
    for row in told.get("scaling", []):
        print(f"{row['workers']:2d} workers   {row['runs_per_s']:.0f} runs/s")
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
            told["memory"] = in_process_of_its_own(WHOLE_RUN, folder / f"lif{asked.runs}.toml", folder / "memory")
            told["look"] = in_process_of_its_own(FIRST_LOOK, folder / "memory")
        if "scaling" not in skip:
            told["scaling"] = scaling(folder, [int(word) for word in asked.workers.split(",")])
        if "chunk" not in skip:
            told["chunk"] = chunk_costs(folder, asked.repeats)
    show(told)
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
