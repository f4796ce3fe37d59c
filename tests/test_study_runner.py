"""Who computes does not matter: this process or workers, any cutting, any number of deaths between."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

import psutil
import pytest
from command import run
from pyarrow import parquet
from study_toy import ToyPlan, ToyStudy, fingerprint, write_lif

from neuristor.errors import InputError
from neuristor.studies import dispatch
from neuristor.studies.chunks import Chunk
from neuristor.studies.plan import Plan
from neuristor.studies.runner import Crew, Options, run_study
from neuristor.studies.spec import read_study
from neuristor.studies.store import open_store


@pytest.fixture(scope="module")
def lif(tmp_path_factory):
    """A study of a real neuron and what it gives undisturbed."""
    folder = tmp_path_factory.mktemp("lif")
    study = read_study(write_lif(folder, 600))
    return study, fingerprint(run_study(study, Plan(study), folder / "undisturbed").results())


def children(pid):
    """Process numbers of a process's workers."""
    found = []
    for one in psutil.Process(pid).children():
        with suppress(psutil.Error):  # it has ended meanwhile
            found += [one.pid] if "spawn_main" in " ".join(one.cmdline()) else []
    return found


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_two_workers_give_the_same_bits_though_one_is_killed(lif, tmp_path):
    study, expected = lif
    killed = []

    def kill_one(share):
        if share > 0.2 and not killed:
            killed.extend(children(os.getpid())[:1])
            os.kill(killed[0], signal.SIGKILL)

    store = run_study(study, Plan(study), tmp_path / "a", Crew(workers=2), Options(chunk=20, progress=kill_one))
    assert killed
    assert fingerprint(store.results()) == expected


def test_workers_that_always_die_end_in_one_sentence(lif, tmp_path):
    study, _ = lif
    stop = threading.Event()

    def kill_all():
        while not stop.is_set():
            for pid in children(os.getpid()):
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with pytest.raises(InputError, match="worker processes died 3 times at run 0 or soon after it"):
            run_study(study, Plan(study), tmp_path / "a", Crew(workers=2))
    finally:
        stop.set()
        killer.join()
    assert open_store(tmp_path / "a").stored == 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 7])
def test_any_number_of_workers_gives_the_same_bits(lif, tmp_path, workers):
    study, expected = lif
    store = run_study(study, Plan(study), tmp_path / "a", Crew(workers=workers), Options(chunk=37))
    assert fingerprint(store.results()) == expected


def test_who_computes_is_one_of_three():
    with pytest.raises(InputError, match="0 workers: one or more are needed"):
        Crew(workers=0)
    with pytest.raises(InputError, match="give one of the two"):
        Crew(workers=2, scheduler="tcp://127.0.0.1:8786")
    with pytest.raises(InputError, match="chunks of 0 runs"):
        Options(chunk=0)


def interrupted(words, when, send):
    """Exit code, message and worker processes of a command that gets a signal as soon as `when()`."""
    ready = ["env", "--default-signal=INT"]  # a test run in the background of a shell ignores Ctrl-C
    process = subprocess.Popen(
        [*ready, sys.executable, "-m", "neuristor", *map(str, words)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    while not when() and process.poll() is None:
        time.sleep(0.02)
    workers = children(process.pid)
    send(process.pid)
    _, said = process.communicate(timeout=60)
    return process.returncode, said, workers


def ctrl_c(pid):
    """What a terminal does: the signal goes to the process and to all that it started."""
    os.killpg(pid, signal.SIGINT)


def terminate(pid):
    os.kill(pid, signal.SIGTERM)


def kill(pid):
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("options", "send"),
    [
        ([], ctrl_c),
        pytest.param(["--workers", 2], ctrl_c, marks=pytest.mark.slow),
        pytest.param([], terminate, marks=pytest.mark.slow),
    ],
)
def test_ctrl_c_says_how_far_it_is_and_leaves_a_whole_store(tmp_path, options, send):
    file, folder = write_lif(tmp_path, 100_000_000), tmp_path / "lif.study"
    begun = lambda: len(list((folder / "chunks").glob("*.parquet"))) > 2  # noqa: E731
    code, said, workers = interrupted(["run", file, *options], begun, send)
    store = open_store(folder)
    assert code == 130
    assert f"stopped; {store.stored} of 100000000 runs are stored in {folder}; the same command goes on" in said
    assert "Traceback" not in said
    assert store.damaged() == []
    assert store.progress().holder is None
    assert not [pid for pid in workers if alive(pid)]


@pytest.mark.slow
def test_workers_end_with_their_process(tmp_path):
    file, folder = write_lif(tmp_path, 100_000_000), tmp_path / "lif.study"
    begun = lambda: len(list((folder / "chunks").glob("*.parquet"))) > 2  # noqa: E731
    _, _, workers = interrupted(["run", file, "--workers", 2], begun, kill)
    assert len(workers) == 2
    for _ in range(200):
        if not any(map(alive, workers)):
            break
        time.sleep(0.05)
    assert not any(map(alive, workers))


def test_run_and_status_on_the_command_line(capsys, tmp_path):
    file = write_lif(tmp_path, 50)
    assert run(capsys, "status", file)[0] == 2
    code, out, _ = run(capsys, "run", file, "--chunk", 20)
    assert code == 0
    assert "50 of 50 (100 %) in 3 chunks" in out
    code, out, _ = run(capsys, "status", tmp_path / "lif.study", "--json")
    assert code == 0
    assert '"stored": 50' in out
    assert '"holder": null' in out
    code, out, _ = run(capsys, "run", file, "--samples", 60, "--json")
    assert '"stored": 60' in out
    file.write_text(file.read_text().replace("5 %", "6 %"))
    code, out, said = run(capsys, "run", file)
    assert code == 2
    assert "random.0.sigma: 5 % -> 6 %" in said
    code, out, said = run(capsys, "run", file, "--fresh", "--workers", 0)
    assert (code, said) == (2, "neuristor: 0 workers: one or more are needed\n")


def test_chunks_follow_the_measured_speed():
    cuts = dispatch.Cuts([range(10**7)], columns=5)
    sizes = []
    while part := cuts.take(1):
        cuts.measured(Chunk(part.start, part.stop, 1e-3 + 1e-5 * len(part), b""))
        sizes.append(len(part))
    assert sizes[0] == dispatch.FIRST
    assert all(b <= dispatch.GROWTH * max(sizes[:k]) for k, b in enumerate(sizes[1:], 1))
    assert max(sizes) == pytest.approx(1.5 / 1e-5, rel=0.15)
    assert len(sizes) < 10**7 / dispatch.ROWS + 5
    assert sum(sizes) == 10**7


def test_long_studies_have_longer_chunks_but_none_of_hours():
    for seconds, expected in ((0.1, 5.0), (100.0, 60.0)):  # a run of 0.1 s: 100,000 of them in 2,000 chunks
        cuts = dispatch.Cuts([range(100_000)], columns=5)
        cuts.largest, cuts.speed = 10**6, 1 / seconds
        assert len(cuts.take(1)) * seconds == pytest.approx(max(expected, seconds), rel=0.01)


def test_chunks_shrink_towards_the_end_so_that_workers_end_together():
    cuts = dispatch.Cuts([range(100_000)], columns=5)
    cuts.measured(Chunk(0, 1000, 1.0, b""))
    cuts.largest = 10**6
    sizes = []
    while part := cuts.take(8):
        sizes.append(len(part))
    assert sizes[0] == int(1000 * (dispatch.SECONDS + 8 * dispatch.PER_WORKER))
    assert sizes == sorted(sizes, reverse=True)
    assert 100 <= sizes[-2] <= 160
    assert sum(sizes) == 100_000


def test_what_is_given_back_is_handed_out_again():
    cuts = dispatch.Cuts([range(0, 10), range(20, 40)], columns=1, size=8)
    assert [cuts.take(1), cuts.take(1), cuts.take(1)] == [range(0, 8), range(8, 10), range(20, 28)]
    cuts.back(range(8, 10))
    assert [cuts.take(1), cuts.take(1), cuts.take(1), cuts.take(1)] == [range(8, 10), range(28, 36), range(36, 40), None]


def test_no_chunk_is_lost_when_workers_break_while_they_are_supplied():
    cuts, asked = dispatch.Cuts([range(100)], columns=1, size=10), []

    def submit(part):
        asked.append(part)
        if len(asked) == 3:
            raise BrokenProcessPool
        future = Future()
        if len(asked) == 1:
            future.set_result(Chunk(part.start, part.stop, 1.0, b""))
        return future

    with pytest.raises(BrokenProcessPool):
        list(dispatch.dispatch(submit, cuts, lambda: 1))
    assert asked == [range(0, 10), range(10, 20), range(20, 30)]
    assert sum(map(len, cuts.left)) == 90


def test_chunks_of_many_workers_have_room_together():
    cuts = dispatch.Cuts([range(10**9)], columns=7)
    cuts.largest, cuts.speed = 10**9, 1e9
    assert len(cuts.take(1)) == dispatch.ROWS
    assert len(cuts.take(1000)) * 64 * 2000 <= dispatch.ALL_BYTES


def test_progress_is_of_what_this_run_has_to_do(tmp_path):
    run_study(ToyStudy(), ToyPlan(500), tmp_path / "a", options=Options(chunk=100))
    told = []
    run_study(ToyStudy(), ToyPlan(1000), tmp_path / "a", options=Options(chunk=100, progress=told.append))
    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_waveforms_of_the_first_runs_are_stored_apart(lif, tmp_path):
    study, _ = lif
    plan = Plan(study.with_samples(5))
    store = run_study(study, plan, tmp_path / "a", options=Options(waveforms=2))
    assert list(store.waveforms()) == [0, 1]
    signals, spikes = (
        parquet.read_table(store.folder / "waveforms" / f"{1:012d}{end}") for end in (".parquet", ".spikes.parquet")
    )
    assert signals["time_s"].to_numpy()[-1] == pytest.approx(20e-3)
    assert spikes.num_rows == store.results(["spikes"])["spikes"][1].as_py()
    before = store.waveforms()[0].stat().st_mtime_ns
    store.waveforms()[1].with_name(f"{1:012d}.spikes.parquet").unlink()  # a kill between the two files
    again = run_study(study, plan, tmp_path / "a", options=Options(waveforms=3))
    assert list(again.waveforms()) == [0, 1, 2]
    assert again.waveforms()[0].stat().st_mtime_ns == before


MILLION = """
import sys
from pathlib import Path
from neuristor.studies.plan import Plan
from neuristor.studies.runner import run_study
from neuristor.studies.spec import read_study
study = read_study(sys.argv[1])
run_study(study, Plan(study), sys.argv[2])
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])  # ru_maxrss counts the parent before exec
"""
LOOK = """
import sys, time
import numpy as np
from neuristor.studies.store import open_store
store = open_store(sys.argv[1])
counts, _ = np.histogram(store.results(["rate"], good=True)["rate"].to_numpy(), bins=60)
print(store.progress().stored, counts.sum(), time.process_time())
"""


@pytest.mark.slow
def test_a_million_runs_in_less_than_a_gibibyte_and_seen_in_three_seconds(tmp_path):
    def told(script, *words):
        done = subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=True)
        return [float(word) for word in done.stdout.split()]

    (kibibytes,) = told(MILLION, write_lif(tmp_path, 1_000_000), tmp_path / "a")
    assert kibibytes < 2**20
    stored, counted, seconds = told(LOOK, tmp_path / "a")
    assert stored == counted == 1_000_000
    assert seconds < 3
