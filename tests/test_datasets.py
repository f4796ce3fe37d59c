"""Data sets: the formats as they are published, what is fetched and what is refused."""

import gzip
import hashlib
import io
import os
import pickle
import sys
import tarfile
import threading
import zipfile
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from neuristor.errors import InputError
from neuristor.networks import Dataset, load_dataset
from neuristor.networks.dataset_files import Remote, fetch
from neuristor.networks.datasets import SOURCES
from neuristor.networks.event_files import decoded, read_nmnist
from neuristor.networks.image_files import IDX, TAR, read_cifar10, read_idx

IMAGES = Path(os.environ.get("NEURISTOR_DATA", "/nowhere")) / "images"


def needs(name):
    return pytest.mark.skipif(not (IMAGES / name).exists(), reason=f"no {name} in NEURISTOR_DATA")


def idx(array):
    """The bytes of an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def tiny_mnist(seed=0):
    draw = np.random.default_rng(seed)
    sizes = {"train": 20, "test": 10}
    arrays = {}
    for part, n in sizes.items():
        arrays[f"x_{part}"] = draw.integers(0, 256, (n, 28, 28), np.uint8)
        arrays[f"y_{part}"] = np.arange(n, dtype=np.uint8) % 10
    return arrays


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A small MNIST in the official format: (arrays, folder with its files), its checksums known to the loader."""
    arrays, folder = tiny_mnist(), tmp_path / "web"
    folder.mkdir()
    remotes, digests = [], {}
    for key, (name, _) in IDX.items():
        data = gzip.compress(idx(arrays[key]))
        (folder / f"{name}.gz").write_bytes(data)
        remotes.append(Remote(f"{name}.gz", hashlib.md5(data).hexdigest(), ("http://127.0.0.1:9/nobody",)))
        digests[key] = hashlib.sha256(arrays[key].tobytes()).hexdigest()[:16]
    monkeypatch.setitem(SOURCES, "mnist", replace(SOURCES["mnist"], remotes=tuple(remotes), digests=digests))
    return arrays, folder


@pytest.fixture
def served(tiny):
    """The address of a server that has the small MNIST, and what it was asked for."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args, **more):
            super().__init__(*args, directory=str(tiny[1]), **more)

        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_digits_are_always_there(monkeypatch):
    monkeypatch.delenv("NEURISTOR_DATA", raising=False)
    data = load_dataset("digits")
    assert data.x_train.shape == (1437, 64)
    assert data.x_test.shape == (360, 64)
    assert data.x_train.dtype == np.float32
    assert data.x_train.max() == 1.0
    assert data.x_train.min() == 0.0
    assert list(data.y_train[:10]) == list(range(10))
    assert load_dataset("digits", flat=False).shape == (1, 8, 8)


@needs("mnist.npz")
def test_mnist_as_published():
    """Labels of the published set, and its mean and deviation as everybody quotes them (0.1307, 0.3081)."""
    data = load_dataset("mnist", flat=False)
    assert data.x_train.shape == (60000, 1, 28, 28)
    assert list(data.y_train[:5]) == [5, 0, 4, 1, 9]
    assert np.bincount(data.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert data.x_train.mean(dtype=float) == pytest.approx(0.1307, abs=5e-5)
    assert data.x_train.std(dtype=float) == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.slow
@needs("cifar10_webp")
def test_cifar10_as_published():
    """Ten equal classes; mean and deviation of the channels as everybody quotes them."""
    pytest.importorskip("PIL")
    data = load_dataset("CIFAR-10", flat=False)
    assert data.x_train.shape == (50000, 3, 32, 32)
    assert np.bincount(data.y_train).tolist() == [5000] * 10
    assert data.classes[data.y_train[0]] == "frog"
    means = [data.x_train[:, c].mean(dtype=float) for c in range(3)]
    assert means == pytest.approx([0.4914, 0.4822, 0.4465], abs=1e-4)


@needs("nmnist_small.npz")
def test_nmnist_shows_three_saccades():
    """Recordings last about 0.3 s (three saccades of 0.1 s), their counts add up, and both polarities occur alike."""
    data = load_dataset("nmnist", flat=False)
    assert data.x_train.shape == (1000, 2, 34, 34)
    events = data.events_train
    assert len(events) == 1000
    last = []
    for k in range(0, 1000, 50):
        times, inputs = events.recording(k)
        assert np.all(np.diff(times) >= 0)
        last.append(times[-1])
        counts = np.bincount(inputs, minlength=2 * 34 * 34).reshape(2, 34, 34)
        assert counts.sum() == events.offsets[k + 1] - events.offsets[k]
        assert np.allclose(data.x_train[k], counts / counts.max())
    assert 0.28 < np.median(last) < 0.34
    assert events.p.mean() == pytest.approx(0.5, abs=0.05)
    if (IMAGES / "mnist.npz").exists():
        assert np.array_equal(data.y_train, load_dataset("mnist").y_train[:1000])


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files_in_a_folder(tiny, packed):
    arrays, folder = tiny
    if not packed:
        for file in folder.glob("*.gz"):
            file.with_suffix("").write_bytes(gzip.decompress(file.read_bytes()))
            file.unlink()
    data = load_dataset("mnist", folder=folder)
    assert np.array_equal(np.rint(data.x_train * 255), arrays["x_train"].reshape(20, -1))
    assert np.array_equal(data.y_test, arrays["y_test"])


def test_an_altered_pixel_is_noticed(tiny):
    arrays, folder = tiny
    arrays["x_test"][3, 14, 14] ^= 1
    (folder / f"{IDX['x_test'][0]}.gz").write_bytes(gzip.compress(idx(arrays["x_test"])))
    with pytest.raises(InputError, match="x_test is not the original"):
        load_dataset("mnist", folder=folder)


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b\x08", b"\0\0\x08\x03", idx(np.zeros((3, 2), np.uint8))[:-1], b"\0\0\x0d\x01" + bytes(8)]
)
def test_damaged_idx_file(tmp_path, data):
    for name, _ in IDX.values():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match="train-images-idx3-ubyte cannot be read"):
        load_dataset("mnist", folder=tmp_path)


def test_idx_of_any_number_of_axes(tmp_path):
    for shape in [(7,), (2, 3), (2, 1, 3, 2)]:
        array = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
        (tmp_path / "a").write_bytes(idx(array))
        assert np.array_equal(read_idx(tmp_path / "a"), array)


def test_missing_data_say_what_where_and_how(tmp_path, monkeypatch):
    monkeypatch.setenv("NEURISTOR_DATA", str(tmp_path / "mine"))
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    for name, file in [("mnist", "mnist.npz"), ("cifar10", "cifar-10-python.tar.gz"), ("nmnist", "nmnist_small.npz")]:
        with pytest.raises(InputError) as told:
            load_dataset(name)
        message = str(told.value)
        assert file in message
        assert str(tmp_path / "mine") in message
        assert str(tmp_path / "cache") in message
        assert "download=True" in message
        assert "https://" in message
        assert "NEURISTOR_DATA" in message
        assert "\n" not in message


def test_unknown_name():
    with pytest.raises(InputError, match="did you mean 'mnist'"):
        load_dataset("mnits")


def test_fetched_once_checked_and_complete(tiny, served, tmp_path, monkeypatch):
    monkeypatch.delenv("NEURISTOR_DATA", raising=False)
    monkeypatch.setenv("NEURISTOR_CACHE", str(tmp_path / "cache"))
    address, asked = served
    told = []
    data = load_dataset("mnist", download=True, address=address, progress=told.append)
    assert np.array_equal(data.y_train, tiny[0]["y_train"])
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(asked) == 4
    assert load_dataset("mnist").y_test.tolist() == tiny[0]["y_test"].tolist()
    load_dataset("mnist", download=True, address=address)
    assert len(asked) == 4
    assert sorted(p.name for p in (tmp_path / "cache" / "data" / "mnist").iterdir()) == sorted(
        f"{n}.gz" for n, _ in IDX.values()
    )


def test_what_is_not_the_original_is_not_kept(tiny, served, tmp_path):
    name = f"{IDX['y_train'][0]}.gz"
    (tiny[1] / name).write_bytes(gzip.compress(idx(np.zeros(20, np.uint8))))
    with pytest.raises(InputError, match=f"{name} could not be fetched .*MD5"):
        load_dataset("mnist", folder=tmp_path / "new", download=True, address=served[0])
    assert [p.name for p in (tmp_path / "new").iterdir()] == [f"{IDX['x_train'][0]}.gz"]


def test_a_cut_transfer_leaves_nothing(tmp_path):
    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 500)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    remote = Remote("file", hashlib.md5(b"x" * 1000).hexdigest(), (f"http://127.0.0.1:{server.server_port}/file",))
    with pytest.raises(InputError, match="file could not be fetched"):
        fetch(remote, tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.shutdown()
    server.server_close()


def test_the_second_address_is_asked_when_the_first_fails(tiny, served, tmp_path):
    name = f"{IDX['y_test'][0]}.gz"
    good = next(r for r in SOURCES["mnist"].remotes if r.name == name)
    both = replace(good, addresses=(f"{served[0]}/nothing-here", f"{served[0]}/{name}"))
    assert fetch(both, tmp_path).read_bytes() == (tiny[1] / name).read_bytes()
    with pytest.raises(InputError, match=r"could not be fetched .*404"):
        fetch(replace(good, addresses=(f"{served[0]}/nothing-here",)), tmp_path / "other")


def cifar_batches(arrays):
    """The official batches (Python 2 pickles with byte keys) of images (n, 32, 32, 3): name -> bytes."""
    parts = {f"data_batch_{k + 1}": slice(2 * k, 2 * k + 2) for k in range(5)}
    files = {}
    for name, own in [*parts.items(), ("test_batch", slice(None))]:
        part = "test" if name == "test_batch" else "train"
        x = arrays[f"x_{part}"][own].transpose(0, 3, 1, 2).reshape(-1, 3072)
        batch = {b"data": x, b"labels": arrays[f"y_{part}"][own].tolist(), b"batch_label": b"a batch"}
        files[name] = pickle.dumps(batch, protocol=2).replace(b"numpy._core", b"numpy.core")
    return files


@pytest.fixture
def tiny_cifar():
    draw = np.random.default_rng(3)
    x = draw.integers(0, 256, (13, 32, 32, 3), np.uint8)
    y = draw.integers(0, 10, 13).astype(np.uint8)
    return {"x_train": x[:10], "y_train": y[:10], "x_test": x[10:], "y_test": y[10:]}


def write_tar(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("packed", [True, False])
def test_official_cifar_batches(tiny_cifar, tmp_path, packed):
    files = cifar_batches(tiny_cifar)
    if packed:
        write_tar(tmp_path / TAR.name, files)
    else:
        (tmp_path / "cifar-10-batches-py").mkdir()
        for name, data in files.items():
            (tmp_path / "cifar-10-batches-py" / name).write_bytes(data)
    found = read_cifar10(tmp_path)
    assert all(np.array_equal(found[key], tiny_cifar[key]) for key in tiny_cifar)


def test_webp_sheets(tmp_path):
    """1,000 images a sheet, 25 x 40, row by row."""
    image = pytest.importorskip("PIL.Image")
    folder = tmp_path / "cifar10_webp"
    folder.mkdir()
    x = np.random.default_rng(4).integers(0, 256, (1000, 32, 32, 3), np.uint8)
    x[:, 8:] = 0  # quick to compress
    for part in ("train", "test"):
        sheet = x.reshape(25, 40, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(800, 1280, 3)
        image.fromarray(sheet).save(folder / f"{part}_00.webp", lossless=True, method=0)
        (np.arange(1000) % 10).astype(np.uint8).tofile(folder / f"{part}_labels.u8")
    found = read_cifar10(tmp_path)
    assert np.array_equal(found["x_train"], x)
    assert found["y_test"][:3].tolist() == [0, 1, 2]


def test_sheets_without_pillow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "cifar10_webp").mkdir()
    (tmp_path / "cifar10_webp" / "test_labels.u8").write_bytes(b"\0")
    with pytest.raises(InputError, match=r"needs Pillow \(the extra neuristor\[networks\]\)"):
        load_dataset("cifar10", folder=tmp_path)


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_a_pickle_can_run_nothing(tiny_cifar, tmp_path):
    files = cifar_batches(tiny_cifar)
    files["data_batch_3"] = pickle.dumps({b"data": Harm(tmp_path / "harm"), b"labels": []}, protocol=2)
    write_tar(tmp_path / TAR.name, files)
    with pytest.raises(InputError, match="which no batch of images needs"):
        read_cifar10(tmp_path)
    assert not (tmp_path / "harm").exists()


def test_a_cut_archive(tiny_cifar, tmp_path):
    write_tar(tmp_path / TAR.name, cifar_batches(tiny_cifar))
    data = (tmp_path / TAR.name).read_bytes()
    for length in (0, 10, len(data) // 2):
        (tmp_path / TAR.name).write_bytes(data[:length])
        with pytest.raises(InputError, match="cannot be read"):
            read_cifar10(tmp_path)


def event(x, y, p, t):
    return bytes([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255])


def test_events_of_five_bytes():
    """Polarity in the first bit of the third byte, 23 bits of time, and a row of 240 adds 2^13 us."""
    data = event(3, 5, 1, 70000) + event(0, 240, 0, 0) + event(33, 0, 0, 70001)
    x, y, p, t = decoded(data)
    assert (x.tolist(), y.tolist(), p.tolist()) == ([3, 33], [5, 0], [1, 0])
    assert t.tolist() == [70000, 70001 + 8192]


def test_official_nmnist_archives(tmp_path):
    for part, count in (("train", 12), ("test", 3)):
        with zipfile.ZipFile(tmp_path / f"{part}.zip", "w") as archive:
            for k in reversed(range(1, count + 1)):
                archive.writestr(f"{part.title()}/{k % 10}/{k:05d}.bin", event(k, 2, 1, 10) * k)
    found = load_dataset("nmnist", folder=tmp_path)
    assert found.y_train.tolist() == [k % 10 for k in range(1, 13)]
    assert found.y_test.tolist() == [1, 2, 3]
    times, inputs = found.events_train.recording(4)
    assert times == pytest.approx(np.full(5, 10e-6), rel=1e-12)
    assert inputs.tolist() == [(34 + 2) * 34 + 5] * 5
    assert found.x_test[2].max() == 1.0
    (tmp_path / "test.zip").write_bytes(b"PK")
    with pytest.raises(InputError, match="test.zip cannot be read"):
        read_nmnist(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": np.full((4, 2), 1.5)}, r"they must lie in \[0, 1\]"),
        ({"x_train": np.full((4, 2), np.nan)}, r"they must lie in \[0, 1\]"),
        ({"y_train": np.array([0, 1, 2, 3])}, "whole numbers from 0 to 2"),
        ({"y_train": np.array([0, 1])}, "do not fit"),
        ({"x_test": np.zeros((4, 3))}, "differ in shape"),
    ],
)
def test_own_data_are_checked(change, message):
    good = {"x_train": np.zeros((4, 2)), "y_train": np.array([0, 1, 2, 0])}
    good |= {"x_test": good["x_train"], "y_test": good["y_train"], "name": "own", "classes": ("a", "b", "c")}
    assert str(Dataset(**good)) == "own: 4 samples to train, 4 to test, 2, 3 classes"
    with pytest.raises(InputError, match=message):
        Dataset(**(good | change))
