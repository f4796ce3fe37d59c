"""Compiled kernels on disk: generated source is named after its content, so that Numba's cache finds it again."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import numba

from . import vector_math


def cache_folder() -> Path:
    """Folder of compiled kernels: $NEURISTOR_CACHE, else the user's cache folder, else a temporary one."""
    chosen = os.environ.get("NEURISTOR_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neuristor"
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base):
            return base
    except OSError:
        return Path(tempfile.mkdtemp(prefix="neuristor-"))


def load_source(text: str) -> ModuleType:
    """Import generated source from a file named after its content, so that Numba's disk cache finds it again."""
    stamp = f"{numba.__version__} {vector_math.__file__} {Path(vector_math.__file__).read_text()}"
    key = hashlib.sha256((stamp + text).encode()).hexdigest()[:24]
    name = f"neuristor_lanes_{key}"
    if name in sys.modules:
        return sys.modules[name]
    path = cache_folder() / f"{name}.py"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(text)
        os.replace(part, path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
