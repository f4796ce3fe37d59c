"""Experiments: each takes anything that can be simulated. One file an experiment, one line here."""

from .adaptation import Adaptation, adaptation
from .compare import Row, compare
from .fi_curve import FICurve, fi_curve, rheobase
from .phase_plane import FixedPoint, PhasePlane, phase_plane

EXPERIMENTS = {
    "fi_curve": fi_curve,
    "rheobase": rheobase,
    "adaptation": adaptation,
    "phase_plane": phase_plane,
    "compare": compare,
}

__all__ = [
    "EXPERIMENTS",
    "Adaptation",
    "FICurve",
    "FixedPoint",
    "PhasePlane",
    "Row",
    "adaptation",
    "compare",
    "fi_curve",
    "phase_plane",
    "rheobase",
]
