"""One self-contained HTML page: works offline, in light and dark, on a phone and on paper."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from ..papers.base import Claim
from ..trace import write_whole
from ..version import __version__
from .figures import Figure
from .tables import Table, claim_value


@dataclass
class Page:
    """What a report shows, in this order."""

    title: str
    subtitle: str = ""
    summary: str = ""
    claims: Sequence[Claim] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    chosen: Sequence[str] = ()
    computed: dict[str, str] = field(default_factory=dict)


def write_page(page: Page, path: str | Path) -> Path:
    """Render `page` to a file, complete or not at all; InputError if it cannot be written."""
    path = Path(path)
    html = render(page)
    write_whole(path, lambda part: part.write_text(html, encoding="utf-8"))
    return path


def render(page: Page) -> str:
    """The page as HTML with Plotly inside."""
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=PackageLoader("neuristor", "report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    counts = {v: sum(c.verdict == v for c in page.claims) for v in ("reproduced", "partly", "not reproducible")}
    return environment.get_template("page.html.j2").render(
        page=page,
        counts=counts,
        claim_value=claim_value,
        plotly=get_plotlyjs(),
        figures={f.id: script_json(f.to_json_dict()) for f in page.figures},
        computed={**page.computed, **versions()},
    )


def script_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, allow_nan=True)
    for word in ("NaN", "-Infinity", "Infinity"):
        text = text.replace(word, "null")
    return text.replace("<", "\\u003c")


def versions() -> dict[str, str]:
    """What computed the numbers: program versions, machine and day."""
    names = ("numpy", "scipy", "numba", "casadi", "plotly")
    told = ", ".join(f"{name} {version(name)}" for name in names)
    return {
        "neuristor": __version__,
        "Python": f"{platform.python_version()} with {told}",
        "machine": f"{processor()}, {platform.system()}",
        "date": date.today().isoformat(),
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.machine()
