"""Published parameter sets: one file a source, one line here."""

from . import brette_gerstner_2005, izhikevich_2003, izhikevich_2004, memristive_alif, naud_2008, neuromorphic_book
from .base import Preset

PRESETS: tuple[Preset, ...] = (
    *neuromorphic_book.PRESETS,
    *brette_gerstner_2005.PRESETS,
    *naud_2008.PRESETS,
    *izhikevich_2003.PRESETS,
    *izhikevich_2004.PRESETS,
    *memristive_alif.PRESETS,
)

__all__ = ["PRESETS", "Preset"]
