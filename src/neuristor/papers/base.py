"""Claims: what a paper says, what was measured here, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ..trace import plain

Verdict = Literal["reproduced", "partly", "not reproducible"]


@dataclass(frozen=True)
class Claim:
    """One statement of a paper with its verdict.

    where      section, figure or listing
    published  the number or text in the paper; measured: ours, in `unit`
    note       how it was tested, and why it does not hold where it does not
    """

    id: str
    where: str
    statement: str
    published: Any
    unit: str
    measured: Any
    verdict: Verdict
    note: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in get_args(Verdict):
            raise ValueError(f"claim {self.id}: unknown verdict {self.verdict!r}")

    def to_json_dict(self) -> dict[str, Any]:
        return {k: plain(v) for k, v in vars(self).items()}


@dataclass
class Reproduction:
    """All that a reproduction leaves behind: claims, and named results that a report draws.

    chosen: what the paper leaves open and what was taken, one sentence each.
    """

    paper: str
    title: str
    source: str
    summary: str
    claims: list[Claim]
    results: dict[str, Any] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    parameters: list[tuple[str, Any]] = field(default_factory=list)

    def to_json_dict(self) -> dict[str, Any]:
        return {"paper": self.paper, "title": self.title, "claims": [c.to_json_dict() for c in self.claims]}


@dataclass(frozen=True)
class Paper:
    """A document that the package reproduces; `reproduce(progress)` runs everything."""

    name: str
    title: str
    source: str
    reproduce: Callable[[Callable[[float], None] | None], Reproduction]

    def reproduction(self, summary: str, claims: list[Claim], results: dict[str, Any], **told: Any) -> Reproduction:
        """What running it has left behind; `told`: chosen and parameters."""
        return Reproduction(self.name, self.title, self.source, summary, claims, results, **told)


def holds(condition: bool, otherwise: Verdict = "not reproducible") -> Verdict:
    """`reproduced` if the measured value meets the claim."""
    return "reproduced" if condition else otherwise
