"""Shared settings of the tests."""

import os
from pathlib import Path

import pytest

_shared = Path(__file__).parents[2] / "shared" / "data"
if _shared.is_dir():
    os.environ.setdefault("NEURISTOR_DATA", str(_shared))


def pytest_collection_modifyitems(config, items):
    """Slow tests run in continuous integration (NEURISTOR_SLOW=1) or when asked for with -m slow."""
    if os.environ.get("NEURISTOR_SLOW") or "slow" in (config.getoption("-m") or ""):
        return
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="slow: set NEURISTOR_SLOW=1"))
