"""The documents that the package reproduces: one file a document, one line here."""

from . import lif_tutorial, memristive_alif, mixed_signal, shah2023, spike_response
from .base import Claim, Paper, Reproduction

PAPERS: dict[str, Paper] = {
    p.name: p for p in (lif_tutorial.PAPER, shah2023.PAPER, memristive_alif.PAPER, spike_response.PAPER, mixed_signal.PAPER)
}

__all__ = ["PAPERS", "Claim", "Paper", "Reproduction"]
