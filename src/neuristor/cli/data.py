"""`neuristor data`: which data sets are here, where, how large, and how the others are obtained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InputError, nearest
from ..networks.dataset_files import data_folders, look
from ..networks.datasets import DATASETS, SOURCES, Dataset, images, load_dataset, recordings
from .screen import Screen


def show_data(name: str, screen: Screen, *, download: bool, folder: Path | None, address: str | None) -> None:
    """One row a data set; with `download` fetch what is missing of the one that is named."""
    names = list(DATASETS) if name == "all" else [name.lower().replace("-", "")]
    if names[0] not in DATASETS:
        raise InputError(f"unknown data set {name!r}{nearest(name, DATASETS)}; there are all, {', '.join(DATASETS)}")
    if (download or address) and (name == "all" or names[0] not in SOURCES):
        raise InputError(f"--download fetches one of {', '.join(SOURCES)}: neuristor data mnist --download")
    if address and not download:
        raise InputError("--address is that of --download")
    rows = []
    with screen.progress("fetching" if download else "reading") as tell:
        for k, one in enumerate(names):
            rows.append(entry(one, folder, download, address, tell if download else None))
            tell((k + 1) / len(names))
    screen.json(rows)
    if not screen.as_json:
        screen.table("data sets", list(rows[0]), [list(row.values()) for row in rows])


def entry(name: str, folder: Path | None, download: bool, address: str | None, progress: Any) -> dict[str, str]:
    """What there is of a data set, read and compared with its digests; InputError if damaged, or not to be fetched."""
    row = {"name": name, "state": "missing", "samples": "", "shape": "", "place": "", "how to obtain": ""}
    if name not in SOURCES or download:
        made = load_dataset(name, flat=False, folder=folder, download=download, address=address, progress=progress)
        return row | present(made) | {"how to obtain": "" if name in SOURCES else "always there"}
    source, folders = SOURCES[name], data_folders(name, folder)
    found = look(source, folders)
    if found is None:
        far = source.remotes[0].addresses[0].rsplit("/", 1)[0]
        places = " or ".join(str(f) for f in folders)
        files = source.wanted.replace(", nor ", " or ")
        told = f"`neuristor data {name} --download` fetches it from {far}/; or put {files} into {places}"
        return row | {"how to obtain": told}
    arrays, home = found
    return row | present(recordings(arrays, str(home)) if name == "nmnist" else images(name, arrays, str(home)))


def present(data: Dataset) -> dict[str, str]:
    samples = f"{len(data.x_train)} to train, {len(data.x_test)} to test"
    return {"state": "present", "samples": samples, "shape": " x ".join(map(str, data.shape)), "place": data.source}
