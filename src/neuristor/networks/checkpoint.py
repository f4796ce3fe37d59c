"""State of a training on disk: arrays and what they belong to, in one file that appears whole or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .dataset_files import written_whole

FORMAT = 1
NOTE = "about"


def write_state(path: str | Path, about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Path:
    """Write arrays and a JSON note; whoever is killed meanwhile leaves the file as it was."""
    target = Path(path).expanduser()
    note = np.array(json.dumps({"format": FORMAT, **about}))
    with written_whole(target) as file:
        np.savez(file, **{NOTE: note, **arrays})  # type: ignore[arg-type]  # the stubs take keywords for allow_pickle
        file.flush()
        os.fsync(file.fileno())
    return target


def read_state(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The note and the arrays of `write_state`; InputError for what is none."""
    source = Path(path).expanduser()
    try:
        with np.load(source, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
        about = json.loads(str(arrays.pop(NOTE)))
    except FileNotFoundError:
        raise InputError(f"there is no file {source}") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{source} is not a saved network, or it is damaged") from None
    if about.get("format") != FORMAT:
        raise InputError(f"{source} is a saved network of format {about.get('format')!r}; this version reads {FORMAT}")
    return about, arrays


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Names of what differs between two notes."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))
