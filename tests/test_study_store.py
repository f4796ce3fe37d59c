"""The folder of a study: whole chunks or nothing, found damage, one writer, no mixture of two studies."""

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from study_toy import ToyPlan, ToyStudy, fingerprint

from neuristor.errors import InputError
from neuristor.studies import chunks, lock, manifest
from neuristor.studies.runner import Options, run_study
from neuristor.studies.store import open_store

RUNS = 1000


def run_toy(folder, runs=RUNS, study=None, plan=None, **options):
    return run_study(study or ToyStudy(), plan or ToyPlan(runs), folder, options=Options(**options))


@pytest.fixture
def undisturbed(tmp_path):
    return fingerprint(run_toy(tmp_path / "undisturbed").results())


def test_results_are_the_plans_own_table(tmp_path):
    plan = ToyPlan(RUNS, failing=frozenset({7, 999}))
    table = run_toy(tmp_path / "a", plan=plan, chunk=77).results()
    expected = plan.table(0, RUNS)
    assert fingerprint(table) == fingerprint(expected)
    assert table.schema.field("y").metadata == {b"unit": b"Hz"}
    assert np.isnan(table["y"].to_numpy()[7])


def test_columns_and_good_runs_alone(tmp_path):
    store = run_toy(tmp_path / "a", plan=ToyPlan(RUNS, failing=frozenset({7, 999})), chunk=100)
    good = store.results(["run", "y"], good=True)
    assert good.column_names == ["run", "y"]
    assert set(range(RUNS)) - set(good["run"].to_pylist()) == {7, 999}
    assert store.results(["y"], good=True).num_rows == RUNS - 2
    assert store.progress().failed == 2
    assert store.reasons() == {"too hot": 2}
    with pytest.raises(InputError, match=r"no column 'z'.*run, x, y, reason"):
        store.results(["z"])


@pytest.mark.parametrize("size", [1, 3, 64, 999, 5000])
def test_any_chunk_size_gives_the_same_bits(tmp_path, undisturbed, size):
    runs = 20 * size if size < 10 else RUNS
    expected = undisturbed if runs == RUNS else fingerprint(ToyPlan(runs).table(0, runs))
    assert fingerprint(run_toy(tmp_path / "a", runs, chunk=size).results()) == expected


def test_more_samples_compute_only_what_is_missing(tmp_path, undisturbed):
    run_toy(tmp_path / "a", 300, chunk=70)
    plan = ToyPlan(RUNS)
    store = run_toy(tmp_path / "a", plan=plan, chunk=250)
    assert min(part.start for part in plan.asked) == 300
    assert fingerprint(store.results()) == undisturbed
    fewer = run_toy(tmp_path / "a", 200)
    assert fewer.stored == fewer.results().num_rows == 200


def test_nothing_is_computed_twice(tmp_path):
    run_toy(tmp_path / "a")
    again = ToyPlan(RUNS)
    run_toy(tmp_path / "a", plan=again)
    assert again.asked == []


def test_gaps_of_all_kinds():
    files = [chunks.ChunkFile(Path("x"), a, b, "") for a, b in [(2, 4), (4, 5), (8, 20)]]
    assert chunks.gaps(files, 30) == [range(0, 2), range(5, 8), range(20, 30)]
    assert chunks.gaps(files, 9) == [range(0, 2), range(5, 8)]
    assert chunks.gaps(files, 3) == [range(0, 2)]
    assert chunks.gaps([], 0) == []


def test_another_study_is_not_mixed_in(tmp_path):
    run_toy(tmp_path / "a")
    with pytest.raises(InputError, match=r"another study \(subject.number: 1.0 -> 2.0\); choose another folder"):
        run_toy(tmp_path / "a", study=ToyStudy(2.0))
    run_toy(tmp_path / "a", study=ToyStudy(1.0, title="a better title"))
    said = []
    run_toy(tmp_path / "a", study=ToyStudy(2.0), fresh=True, say=said.append)
    assert open_store(tmp_path / "a").manifest.document["tables"]["subject"]["number"] == 2.0
    assert open_store(tmp_path / "a.old1").stored == RUNS
    assert said == [f"old results are now in {tmp_path / 'a.old1'}"]


def test_a_folder_without_results_is_free_for_a_changed_study(tmp_path):
    def stop(start, stop):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path / "a", plan=ToyPlan(RUNS, before=stop))
    store = run_toy(tmp_path / "a", study=ToyStudy(2.0))
    assert store.stored == RUNS
    assert open_store(tmp_path / "a").manifest.document["tables"]["subject"]["number"] == 2.0


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("all of it")
    with pytest.raises(InputError, match=r"no folder of a study: it holds thesis.tex"):
        run_toy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="holds no results of a study"):
        open_store(tmp_path)


def test_the_manifest_says_what_where_and_by_what(tmp_path):
    run_toy(tmp_path / "a")
    told = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert told["document"] == ToyStudy().document()
    (session,) = told["sessions"]
    assert session["host"]
    assert {"neuristor", "numpy", "numba", "python"} <= session["versions"].keys()
    for damaged in ("{", "[]", json.dumps(told | {"runs": "x"}), json.dumps(told | {"columns": 3})):
        (tmp_path / "a" / "manifest.json").write_text(damaged)
        with pytest.raises(InputError, match="manifest.json is damaged"):
            open_store(tmp_path / "a")


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.97])
def test_a_flipped_byte_is_found_and_that_chunk_alone_computed_anew(tmp_path, undisturbed, where):
    store = run_toy(tmp_path / "a", chunk=100)
    victim = store.chunks[3]
    data = bytearray(victim.path.read_bytes())
    data[int(where * len(data))] ^= 0x10
    victim.path.write_bytes(bytes(data))
    assert [chunk.path for chunk in store.damaged()] == [victim.path]
    plan, said = ToyPlan(RUNS), []
    mended = run_toy(tmp_path / "a", plan=plan, say=said.append, chunk=1000)
    assert plan.asked == [range(300, 400)]
    assert said == [f"{victim.path.name} is damaged; runs 300 to 399 are computed anew"]
    assert fingerprint(mended.results()) == undisturbed


def test_damage_is_noticed_by_who_reads_that_column_only(tmp_path):
    store = run_toy(tmp_path / "a", chunk=100)
    victim = store.chunks[3].path
    place = pq.read_metadata(victim).row_group(0).column(2)
    data = bytearray(victim.read_bytes())
    data[place.data_page_offset + place.total_compressed_size - 5] ^= 1
    victim.write_bytes(bytes(data))
    assert store.results(["x"]).num_rows == RUNS
    with pytest.raises(InputError, match=f"{victim.name} is damaged; run the study again"):
        store.results(["y"])


def test_a_file_cut_short_is_one_sentence_for_every_reader(tmp_path, undisturbed):
    store = run_toy(tmp_path / "a", chunk=100)
    victim = store.chunks[3].path
    victim.write_bytes(victim.read_bytes()[:-100])
    for read in (store.progress, store.reasons, store.results):
        with pytest.raises(InputError, match=f"{victim.name} is damaged; run the study again"):
            read()
    assert fingerprint(run_toy(tmp_path / "a").results()) == undisturbed


def test_left_overs_of_a_kill_are_removed(tmp_path):
    run_toy(tmp_path / "a", 300)
    part = tmp_path / "a" / "chunks" / ".000000000300-000000000400-0123456789abcdef.parquet.99.part"
    part.write_bytes(b"PAR1 half of")
    store = run_toy(tmp_path / "a", RUNS)
    assert not part.exists()
    assert store.stored == RUNS


def test_chunks_that_hold_the_same_runs_are_refused(tmp_path):
    store = run_toy(tmp_path / "a", chunk=100)
    store.add(chunks.evaluate(ToyPlan(RUNS), 150, 160))
    with pytest.raises(InputError, match="hold the same runs; remove one of them"):
        store.results()


def test_a_run_that_raises_fails_with_its_reason_alone(tmp_path):
    plan = ToyPlan(RUNS, raising=frozenset({0, 123, 124}))
    store = run_toy(tmp_path / "a", plan=plan, chunk=400)
    table = store.results()
    reasons = table["reason"].to_pylist()
    assert {k: r for k, r in enumerate(reasons) if r} == {k: f"run {k} divides by zero" for k in (0, 123, 124)}
    good = ToyPlan(RUNS).table(0, RUNS)["y"].to_numpy()
    y = table["y"].to_numpy()
    assert np.isnan(y[[0, 123, 124]]).all()
    assert np.array_equal(np.delete(y, [0, 123, 124]), np.delete(good, [0, 123, 124]))


def test_what_is_no_runs_fault_stops_the_study_and_is_stored_nowhere(tmp_path, undisturbed):
    """No space under the kernels' cache, say: the runs themselves are good."""

    def full(start, stop):
        if start >= 300:
            raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="runs from 300 on cannot be computed: .* No space left on device"):
        run_toy(tmp_path / "a", plan=ToyPlan(RUNS, before=full), chunk=100)
    store = open_store(tmp_path / "a")
    assert store.stored == 300
    assert store.progress().failed == 0
    assert fingerprint(run_toy(tmp_path / "a").results()) == undisturbed


def test_a_full_disk_stops_with_one_sentence_and_goes_on_with_room(tmp_path, undisturbed, monkeypatch):
    """A disk that has room for 20 kB more stands in for a small one."""
    room, write = [20_000], os.fsync

    def fsync(descriptor):
        room[0] -= os.fstat(descriptor).st_size
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(InputError, match=r"No space left on device; \d+ of 1000 runs are stored; when this is mended"):
        run_toy(tmp_path / "a", chunk=50)
    store = open_store(tmp_path / "a")
    assert 0 < store.stored < RUNS
    assert store.damaged() == []
    assert not list((tmp_path / "a").rglob("*.part"))
    room[0] = 10**9
    assert fingerprint(run_toy(tmp_path / "a", chunk=50).results()) == undisturbed


def test_versions_that_changed_on_the_way_are_told(tmp_path, monkeypatch):
    run_toy(tmp_path / "a", 300)
    run_toy(tmp_path / "a", 400)
    old = manifest.versions()
    monkeypatch.setattr(manifest, "versions", lambda: old | {"numpy": "9.9"})
    store = run_toy(tmp_path / "a", RUNS)
    assert len(store.manifest.sessions) == 2
    assert manifest.version_changes(store.manifest.sessions) == [f"numpy {old['numpy']}, 9.9"]


def test_a_small_file_system(tmp_path, undisturbed):
    """The same on a real one, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    try:
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no right to mount")
    except FileNotFoundError:
        pytest.skip("no mount")
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(92_000))
        with pytest.raises(InputError, match="No space left on device"):
            run_toy(disk / "a", chunk=50)
        assert open_store(disk / "a").damaged() == []
        ballast.unlink()
        assert fingerprint(run_toy(disk / "a", chunk=50).results()) == undisturbed
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_the_second_process_is_told_who_is_first(tmp_path):
    run_toy(tmp_path / "a", 300)
    script = f"""
import pathlib, sys
from neuristor.studies.lock import locked
with locked(pathlib.Path({str(tmp_path / "a")!r})) as begin:
    begin(300)
    print("held", flush=True)
    sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match=rf"in use by process {other.pid} on \S+, which runs this study"):
            run_toy(tmp_path / "a")
        assert open_store(tmp_path / "a").progress().holder.pid == other.pid
    finally:
        other.kill()
        other.wait()
    assert lock.holder_of(tmp_path / "a") is None
    assert run_toy(tmp_path / "a").stored == RUNS  # the lock of a killed process holds nobody up


def test_partial_results_are_readable_while_it_runs(tmp_path):
    seen, reached, go_on = [], threading.Event(), threading.Event()

    def pause(start, stop):
        if start == 500:
            reached.set()
            assert go_on.wait(20)

    study = threading.Thread(
        target=run_toy, args=(tmp_path / "a",), kwargs={"plan": ToyPlan(RUNS, before=pause), "chunk": 50}
    )
    study.start()
    assert reached.wait(20)
    store = open_store(tmp_path / "a")
    while not seen or seen[-1].stored < 450:
        seen.append(store.progress())
    assert fingerprint(store.results(["run", "x"]).slice(0, 450)) == fingerprint(
        ToyPlan(RUNS).table(0, 450).select(["run", "x"])
    )
    assert seen[-1].holder.pid == os.getpid()
    assert seen[-1].left > 0
    go_on.set()
    study.join()
    assert store.progress().holder is None
    assert store.stored == RUNS


def test_an_empty_store_has_an_empty_table(tmp_path):
    def stop(start, stop):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_toy(tmp_path / "a", plan=ToyPlan(RUNS, before=stop))
    table = open_store(tmp_path / "a").results()
    assert table.num_rows == 0
    assert table.schema.field("x").type == pa.float64()
