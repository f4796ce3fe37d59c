"""Studies on a Dask cluster of real processes on this machine: workers that die, workers that come late."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from study_toy import ToyPlan, ToyStudy, fingerprint, write_lif

from neuristor.errors import InputError
from neuristor.studies import dask_runner
from neuristor.studies.chunks import evaluate
from neuristor.studies.manifest import versions
from neuristor.studies.plan import Plan
from neuristor.studies.runner import Crew, Options, run_study
from neuristor.studies.spec import read_study
from neuristor.studies.store import open_store

pytest.importorskip("distributed")


class Cluster:
    """`dask scheduler` and `dask worker` processes, as a user starts them."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.start("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
        self.wait_for(port)

    def wait_for(self, port):
        """Return when the scheduler listens: a busy machine may take long to start it."""
        while self.processes[0].poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)

    def start(self, *words):
        log = (self.folder / f"dask-{len(self.processes)}.log").open("w")
        command = [sys.executable, "-m", "dask", *words]
        environment = os.environ | {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=environment))
        return self.processes[-1]

    def worker(self):
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.end()


@pytest.mark.slow
def test_two_workers_killed_and_one_late_change_no_bit(cluster, tmp_path):
    workers = [cluster.worker() for _ in range(3)]
    study = read_study(write_lif(tmp_path, 2000))
    expected = fingerprint(run_study(study, Plan(study), tmp_path / "here").results())
    events = [
        (0.15, lambda: workers[0].send_signal(signal.SIGKILL)),
        (0.30, lambda: workers.append(cluster.worker())),
        (0.45, lambda: workers[1].send_signal(signal.SIGKILL)),
    ]

    def disturb(share):
        while events and share >= events[0][0]:
            events.pop(0)[1]()

    options = Options(chunk=10, progress=disturb)
    store = run_study(study, Plan(study), tmp_path / "there", Crew(scheduler=cluster.address), options)
    assert not events
    assert fingerprint(store.results()) == expected


@pytest.mark.slow
def test_a_scheduler_that_goes_away_leaves_a_store_that_goes_on(cluster, tmp_path):
    cluster.worker()
    study = read_study(write_lif(tmp_path, 400))

    def end(share):
        if share > 0.3:
            cluster.processes[0].send_signal(signal.SIGKILL)

    with pytest.raises(InputError, match=f"the Dask scheduler at {cluster.address} went away"):
        run_study(study, Plan(study), tmp_path / "a", Crew(scheduler=cluster.address), Options(chunk=10, progress=end))
    assert 0 < open_store(tmp_path / "a").stored < 400
    store = run_study(study, Plan(study), tmp_path / "a")
    assert fingerprint(store.results()) == fingerprint(evaluate(Plan(study), 0, 400).content)


def test_no_scheduler_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_runner, "PATIENCE", 0.3)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9: "):
        run_study(ToyStudy(), ToyPlan(10), tmp_path / "a", Crew(scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(InputError, match=r"no Dask scheduler answers at carrier-pigeon://loft: "):
        run_study(ToyStudy(), ToyPlan(10), tmp_path / "a", Crew(scheduler="carrier-pigeon://loft"))


def test_a_worker_with_other_versions_is_refused():
    expected = versions() | {"numba": "0.1"}
    with pytest.raises(InputError, match=r"the Dask worker on \S+ has numba \S+, here it is 0.1"):
        dask_runner.compute_on_worker("{}", 0, 1, expected)
