"""The report in a real browser: no error, every chart drawn, readable at 1280 and 400 pixels, printable, offline."""

import re

import numpy as np
import pytest
from browser import charts, needs_browser, open_page

import neuristor as nr
from neuristor.papers import PAPERS
from neuristor.report.figures import adaptation_figure, fi_figure, phase_figure, waveform
from neuristor.report.page import Page, render, write_page
from neuristor.report.paper import paper_page
from neuristor.report.trace_page import comparison_page, trace_page


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Every kind of page, written to disk."""
    folder = tmp_path_factory.mktemp("pages")
    neuron = nr.AdEx()
    trace = nr.simulate(neuron, nr.Step("1 nA"), 0.3)
    many = nr.simulate(nr.LIF(), nr.Step(np.linspace(0, 1e-4, 30)), 0.1)
    neurons = [nr.LIF(), nr.Izhikevich()]
    extra = Page(
        title="Figures",
        figures=[
            waveform(trace, caption="a"),
            fi_figure(nr.fi_curve(nr.LIF()), caption="b"),
            phase_figure(nr.phase_plane(neuron, "0.6 nA"), caption="c"),
            adaptation_figure(nr.adaptation(neuron), caption="d"),
        ],
    )
    made = {
        "paper": paper_page(PAPERS["lif-tutorial"].reproduce(None)),
        "trace": trace_page(neuron, trace),
        "lanes": trace_page(nr.LIF(), many),
        "comparison": comparison_page(nr.compare(neurons), [nr.fi_curve(n) for n in neurons]),
        "figures": extra,
    }
    return {name: (page, write_page(page, folder / f"{name}.html")) for name, page in made.items()}


NAMES = ["paper", "trace", "lanes", "comparison", "figures"]


@pytest.mark.parametrize("name", NAMES)
def test_page_needs_no_network(pages, name):
    """Outside the drawing library and SVG names there is no address at all."""
    page, path = pages[name]
    text = path.read_text()
    library = text.index("<script>"), text.index("</script>")
    rest = text[: library[0]] + text[library[1] :]
    assert not re.findall(r"(?:src|href)\s*=\s*[\"'](?!data:)[^\"'#]+", rest)
    assert "http" not in rest.replace("http://www.w3.org/", "")


def test_page_escapes_what_it_is_given():
    page = Page(title="<b>&", summary="</script><script>alert(1)</script>")
    html = render(page)
    assert "<b>&</h1>" not in html
    assert "alert(1)</script>" not in html


@needs_browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", NAMES)
def test_every_chart_is_drawn(pages, browser, name, width):
    page, path = pages[name]
    assert open_page(browser, path, width) == []
    drawn = charts(browser, ".trace, .contour")
    assert len(drawn) == len(page.figures)
    for traces, _, _ in drawn:
        assert traces >= 1
    wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    small = browser.execute_script(
        "return [...document.querySelectorAll('p, td, th, li, figcaption, dd')].filter(e => e.innerText.trim() &&"
        " parseFloat(getComputedStyle(e).fontSize) < 12).length"
    )
    assert small == 0


@needs_browser
def test_dark_colours_have_contrast(pages, browser):
    def luminance(colour):
        parts = np.array([int(v) for v in re.findall(r"\d+", colour)[:3]]) / 255
        linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    for dark in (False, True):
        assert open_page(browser, pages["paper"][1], 1280, dark) == []
        for selector in ("body", ".subtitle", ".badge.reproduced", ".badge.partly", ".badge.not", "figcaption"):
            ink, paper = browser.execute_script(
                "const e = document.querySelector(arguments[0]); let b = e;"
                " const s = x => getComputedStyle(x).backgroundColor;"
                " while (b && s(b) === 'rgba(0, 0, 0, 0)') b = b.parentElement; return [getComputedStyle(e).color, s(b)]",
                selector,
            )
            light, low = sorted((luminance(ink), luminance(paper)), reverse=True)
            assert (light + 0.05) / (low + 0.05) > 4.5, (dark, selector, ink, paper)


@needs_browser
def test_prints(pages, browser):
    import base64

    open_page(browser, pages["paper"][1], 1280)
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    count = len(re.findall(rb"/Type\s*/Page[^s]", pdf))
    assert 2 <= count <= 12
