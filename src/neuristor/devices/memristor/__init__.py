"""Memristors: models of one state, in one sign convention (v > 0 switches ON), with their published sets."""

from ...presets.memristors import PUBLISHED, MemristorPreset
from .alone import Device
from .base import Memristor
from .gmms import GMMS
from .linear_drift import LinearDrift
from .mms import MMS
from .saved import load_memristor
from .stochastic import MSS
from .variation import cycles, vary, with_read_noise
from .vteam import VTEAM
from .yakopcic import Yakopcic

MEMRISTORS: dict[str, type[Device]] = {m.name: m for m in (MMS, GMMS, VTEAM, Yakopcic, LinearDrift, MSS)}

__all__ = [
    "load_memristor",
    "GMMS",
    "MEMRISTORS",
    "MMS",
    "MSS",
    "PUBLISHED",
    "VTEAM",
    "LinearDrift",
    "Memristor",
    "MemristorPreset",
    "Yakopcic",
    "cycles",
    "vary",
    "with_read_noise",
]
