"""Published parameter sets: one file a source, one line here."""

from . import neuromorphic_book
from .base import Preset

PRESETS: tuple[Preset, ...] = (*neuromorphic_book.PRESETS,)

__all__ = ["PRESETS", "Preset"]
