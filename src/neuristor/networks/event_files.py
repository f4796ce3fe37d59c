"""N-MNIST: the digits as events of a moving silicon retina, whole recordings or as counts per pixel.

Orchard et al., "Converting static image datasets to spiking neuromorphic datasets using saccades", Frontiers in
Neuroscience 9:437 (2015): 34 x 34 pixels, two polarities, three saccades of 100 ms. Addresses and MD5s as in Tonic's
loader. An event is five bytes: x, y, and 24 bits whose first is the polarity and the rest the time in microseconds.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .dataset_files import Arrays, Remote, Source
from .image_files import guarded, read_npz

SIDE = 34  # pixels
OVERFLOW = 240  # "row" of a record that only says: the clock has run over
LAP = 1 << 13  # us that such a record adds
ADDRESS = "https://data.mendeley.com/public-files/datasets/468j46mzdv/files/"
TEST_SAMPLES_FROM = 60001  # number of the first test recording in nmnist_small.npz


@dataclass(frozen=True, eq=False)
class Events:
    """Recordings one behind the other: events offsets[k] to offsets[k + 1] are recording k.

    x, y  pixel;  p  polarity, 0 or 1;  t_us  time since the start of the recording in microseconds, rising
    """

    x: np.ndarray
    y: np.ndarray
    p: np.ndarray
    t_us: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def recording(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """(times in s, inputs) of recording `k`; input = (p 34 + y) 34 + x, the order of the flattened counts."""
        own = slice(self.offsets[k], self.offsets[k + 1])
        return self.t_us[own] * 1e-6, pixel(self.x[own], self.y[own], self.p[own])

    def counts(self) -> np.ndarray:
        """(n, 2, 34, 34): events of each recording, polarity and pixel."""
        size = 2 * SIDE * SIDE
        found = np.empty((len(self), size), np.uint16)
        for k in range(len(self)):
            found[k] = np.bincount(self.recording(k)[1], minlength=size)
        return found.reshape(-1, 2, SIDE, SIDE)


def pixel(x: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (p.astype(np.int64) * SIDE + y) * SIDE + x


def read_nmnist(folder: Path) -> Arrays | None:
    """nmnist_small.npz (the first 1,000 and 100 recordings) or the two official archives."""
    small = folder / "nmnist_small.npz"
    if small.is_file():
        return read_npz(small)
    archives = [folder / "train.zip", folder / "test.zip"]
    if not all(a.is_file() for a in archives):
        return None
    parts = [guarded(a, read_archive) for a in archives]
    parts[1]["sample"] += TEST_SAMPLES_FROM - 1
    offsets = [0, *np.cumsum(np.concatenate([p.pop("lengths") for p in parts]))]
    return {"offsets": np.array(offsets), **{key: np.concatenate([p[key] for p in parts]) for key in parts[0]}}


def read_archive(path: Path) -> Arrays:
    """All recordings of an archive, <folder>/<label>/<number>.bin, in the order of their numbers."""
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(".bin") and Path(n).stem.isdigit()]
        names.sort(key=lambda n: int(Path(n).stem))
        events = [decoded(archive.read(n)) for n in names]
    if not events:
        raise ValueError("it holds no recordings")
    columns = (np.concatenate(c) for c in zip(*events, strict=True))
    return {
        **dict(zip(("x", "y", "p", "t_us"), columns, strict=True)),
        "lengths": np.array([len(e[0]) for e in events]),
        "label": np.array([int(Path(n).parent.name) for n in names], np.int8),
        "sample": np.array([int(Path(n).stem) for n in names], np.int32),
    }


def decoded(data: bytes) -> Sequence[np.ndarray]:
    """x, y, polarity and time in us of one recording."""
    x, y, high, middle, low = np.frombuffer(data, np.uint8).reshape(-1, 5).T
    time = ((high & 127).astype(np.uint32) << 16) | (middle.astype(np.uint32) << 8) | low
    time += LAP * np.cumsum(y == OVERFLOW, dtype=np.uint32)
    real = y != OVERFLOW
    return x[real], y[real], high[real] >> 7, time[real]


NMNIST = Source(
    "N-MNIST",
    read_nmnist,
    "nmnist_small.npz, nor train.zip and test.zip",
    ("", "images", "nmnist"),
    (
        Remote(
            "train.zip",
            "20959b8e626244a1b502305a9e6e2031",
            (f"{ADDRESS}39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded",),
        ),
        Remote(
            "test.zip",
            "69ca8762b2fe404d9b9bad1103e97832",
            (f"{ADDRESS}05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded",),
        ),
    ),
)
