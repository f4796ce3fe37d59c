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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A headless Chromium that keeps its log."""
    from browser import CHROMEDRIVER, CHROMIUM
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    quiet = "disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
    for flag in ["headless", "no-sandbox", *quiet.split(), f"user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=CHROMEDRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def digits():
    """The data set that is always there."""
    from neuristor.networks import load_dataset

    return load_dataset("digits")


@pytest.fixture(scope="module")
def network():
    """The reference classifier of the digits."""
    from neuristor.networks import reference_network

    return reference_network("digits")
