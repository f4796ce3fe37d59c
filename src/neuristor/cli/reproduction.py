"""`neuristor reproduce`: run a paper, write its report and its claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError, nearest
from ..papers import PAPERS, Paper, Reproduction
from ..report.page import write_page
from ..report.paper import paper_page
from ..trace import check_writable, write_whole


def chosen_papers(names: list[str]) -> list[Paper]:
    """The papers of these names, "all" meaning every one."""
    if "all" in names:
        return list(PAPERS.values())
    for name in names:
        if name not in PAPERS:
            raise InputError(f"unknown paper {name!r}{nearest(name, PAPERS)}; there are {', '.join(PAPERS)}")
    return [PAPERS[name] for name in dict.fromkeys(names)]


def reproduce_paper(paper: Paper, folder: Path, tell: Callable[[float], None]) -> tuple[Reproduction, list[Path]]:
    """Run a paper and write FOLDER/NAME.html and FOLDER/NAME.claims.json, each whole or not at all."""
    check_writable(folder / f"{paper.name}.claims.json")
    result = paper.reproduce(tell)
    claims = folder / f"{paper.name}.claims.json"
    text = json.dumps(result.to_json_dict(), indent=2)
    write_whole(claims, lambda part: part.write_text(text, encoding="utf-8"))
    return result, [write_page(paper_page(result), folder / f"{paper.name}.html"), claims]
