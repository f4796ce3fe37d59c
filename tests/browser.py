"""Pages in a real browser: whether there is one, and opening a page as a person of a given screen would."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="Chromium is not installed")


def open_page(browser, path, width, dark=False):
    """Load a page at a width, light or dark; return the browser's complaints."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    browser.get(path.as_uri())
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 300))")
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def charts(browser, marks=".trace"):
    """Of every chart on the open page: its marks (by selector), and the widths of drawing and frame; none may stick out."""
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('.chart')].map(c => [c.querySelectorAll(arguments[0]).length,"
        " c.querySelector('svg.main-svg') ? c.querySelector('svg.main-svg').getBoundingClientRect().width : 0,"
        " c.getBoundingClientRect().width])",
        marks,
    )
    for _, svg, box in drawn:
        assert 0.9 * box < svg <= box + 1
    return drawn
