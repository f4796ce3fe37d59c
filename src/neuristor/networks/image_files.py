"""MNIST and CIFAR-10 as they are found on disk: arrays of uint8 in the original order.

MNIST: LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/ (the IDX format is described there); the addresses
and MD5s are those of torchvision.datasets.MNIST. CIFAR-10: Krizhevsky, "Learning multiple layers of features from tiny
images", 2009, https://www.cs.toronto.edu/~kriz/cifar.html (layout of the batches and the MD5 are given there).
"""

from __future__ import annotations

import gzip
import io
import math
import pickle
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..errors import InputError
from .dataset_files import Arrays, Remote, Source

DIGITS = tuple("0123456789")
OBJECTS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
IDX = {
    "x_train": ("train-images-idx3-ubyte", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    "y_train": ("train-labels-idx1-ubyte", "d53e105ee54ea40749a09fcbcd1e9432"),
    "x_test": ("t10k-images-idx3-ubyte", "9fb629c4189551a2d022fa330f9573f3"),
    "y_test": ("t10k-labels-idx1-ubyte", "ec29112dd5afa0611ce80d1b7f02629c"),
}
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
TAR = Remote(
    "cifar-10-python.tar.gz",
    "c58f30108f718f92721af3b95e74349a",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
)
BATCHES = "cifar-10-batches-py"
TRAIN_BATCHES = tuple(f"data_batch_{k}" for k in range(1, 6))
TILES = (25, 40)  # images of a WebP sheet, vertically and horizontally
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, pickle.UnpicklingError, zlib.error, EOFError)
UNREADABLE = (
    *DAMAGED,
    OSError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    NotImplementedError,
    SyntaxError,
    MemoryError,
)


def guarded(path: Path, read: Callable[[Path], Any]) -> Any:
    """What `read` gives for a file or folder; InputError naming it where it cannot be read."""
    try:
        return read(path)
    except InputError:
        raise
    except UNREADABLE as why:
        raise InputError(f"{path} cannot be read ({why})") from None


def read_npz(path: Path) -> Arrays:
    """All arrays of a .npz file; InputError naming the file where it cannot be read."""

    def read(file: Path) -> Arrays:
        with np.load(file, allow_pickle=False) as stored:
            if not isinstance(stored, np.lib.npyio.NpzFile):
                raise ValueError("it is no .npz file")
            return {key: stored[key] for key in stored.files}

    return guarded(path, read)


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes, gzipped or not: 0, 0, type 8, number of axes, their lengths (big-endian), data."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    axes = data[3] if len(data) > 3 else 0
    shape = [int(n) for n in np.frombuffer(data, ">u4", axes, 4)]
    if data[:3] != b"\0\0\x08" or len(data) != 4 + 4 * axes + math.prod(shape):
        raise ValueError("it is no IDX file of unsigned bytes, or it is cut short")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read_mnist(folder: Path) -> Arrays | None:
    """mnist.npz or the four IDX files of a folder; images (n, 28, 28)."""
    if (folder / "mnist.npz").is_file():
        return read_npz(folder / "mnist.npz")
    paths = {}
    for key, (name, _) in IDX.items():
        there = [p for p in (folder / f"{name}.gz", folder / name) if p.is_file()]
        if not there:
            return None
        paths[key] = there[0]
    return {key: guarded(path, read_idx) for key, path in paths.items()}


def read_cifar10(folder: Path) -> Arrays | None:
    """The official batches, packed or unpacked, or lossless WebP sheets; images (n, 32, 32, 3)."""
    tar, batches, sheets = folder / TAR.name, folder / BATCHES, folder / "cifar10_webp"
    if (batches / "test_batch").is_file():
        return guarded(batches, lambda found: joined(lambda name: (found / name).open("rb")))
    if tar.is_file():
        return guarded(tar, from_tar)
    if (sheets / "test_labels.u8").is_file():
        return guarded(sheets, from_sheets)
    return None


def from_tar(path: Path) -> Arrays:
    """The batches of the official archive, read in the archive: nothing is unpacked to disk."""
    with tarfile.open(path) as tar:
        files = {m.name.rpartition("/")[2]: io.BytesIO(tar.extractfile(m).read()) for m in tar if m.isfile()}  # type: ignore[union-attr]
    return joined(files.__getitem__)


def joined(opened: Callable[[str], BinaryIO]) -> Arrays:
    parts = [read_batch(opened(name)) for name in TRAIN_BATCHES]
    x_test, y_test = read_batch(opened("test_batch"))
    return {
        "x_train": np.concatenate([x for x, _ in parts]),
        "y_train": np.concatenate([y for _, y in parts]),
        "x_test": x_test,
        "y_test": y_test,
    }


class ArraysOnly(pickle.Unpickler):
    """Pickles of plain Python data and NumPy arrays of numbers: no other code is ever called."""

    allowed = {"_reconstruct": np.empty(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype}

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy" and name in self.allowed:
            return self.allowed[name]
        if (module, name) == ("_codecs", "encode"):
            return lambda text, coding: text.encode(coding)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch of images needs")


def read_batch(file: BinaryIO) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 32, 32, 3) and labels (n,) of one official batch: rows of 3072 bytes, red, green, blue planes."""
    with file:
        batch = ArraysOnly(file, encoding="bytes").load()
    images = np.asarray(batch[b"data"], np.uint8).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(batch[b"labels"], np.uint8)


def from_sheets(folder: Path) -> Arrays:
    """Sheets of 25 x 40 images and their labels, a byte each."""
    try:
        from PIL import Image
    except ImportError:
        raise InputError(f"reading {folder} needs Pillow (the extra neuristor[networks])") from None

    def sheet(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        return pixels.reshape(TILES[0], 32, TILES[1], 32, 3).swapaxes(1, 2).reshape(-1, 32, 32, 3)

    arrays = {}
    for part in ("train", "test"):
        paths = sorted(folder.glob(f"{part}_[0-9][0-9].webp"))
        with ThreadPoolExecutor() as pool:
            arrays[f"x_{part}"] = np.concatenate(list(pool.map(sheet, paths)))
        arrays[f"y_{part}"] = np.fromfile(folder / f"{part}_labels.u8", np.uint8)
    return arrays


MNIST = Source(
    "MNIST",
    read_mnist,
    "mnist.npz, nor the four IDX files (train-images-idx3-ubyte and so on, gzipped or not)",
    ("", "images", "MNIST/raw", "mnist"),
    tuple(Remote(f"{name}.gz", md5, tuple(f"{m}{name}.gz" for m in MIRRORS)) for name, md5 in IDX.values()),
    {
        "x_train": "741c988805d008ac",
        "y_train": "1feba77c54802fa5",
        "x_test": "6d87418db22cc802",
        "y_test": "ddeff807876a9661",
    },
)
CIFAR10 = Source(
    "CIFAR-10",
    read_cifar10,
    f"{TAR.name}, nor a folder {BATCHES} or cifar10_webp",
    ("", "images", "cifar10"),
    (TAR,),
    {
        "x_train": "47af8b02cfcfb6cd",
        "y_train": "2b7cd2f244873176",
        "x_test": "f9b1e2130bab680d",
        "y_test": "cec8a24a1e92aa2e",
    },
)
