"""Experiments: each takes anything that can be simulated. One file an experiment, one line here."""

from .adaptation import Adaptation, adaptation
from .area import Area, Saving, area, one_against_two
from .burst_adaptation import BurstAdaptation, burst_adaptation
from .capacitance_sweep import CapacitanceSweep, capacitance_sweep
from .compare import Row, compare
from .conditions import ConditionSweep, supply_sweep, temperature_sweep
from .corners import CornerResult, corners
from .diagnosis import require_spikes, why_silent
from .energy import Energy, energy
from .extraction import Extraction, extract
from .feasibility import DeviceSpread, FeasibilityMap, device_spread, feasibility
from .fi_curve import FICurve, fi_curve, rheobase
from .fluctuation import Fluctuation, fluctuation
from .mismatch import MismatchResult, mismatch
from .optimize import Optimization, optimize
from .phase_plane import FixedPoint, PhasePlane, phase_plane
from .ranking import Confirmation, Ranking, confirm, ranking
from .spike_energy import SpikeEnergy, spike_energy
from .spike_shape import SpikeShape, spike_shape

EXPERIMENTS = {
    "fi_curve": fi_curve,
    "rheobase": rheobase,
    "capacitance_sweep": capacitance_sweep,
    "adaptation": adaptation,
    "phase_plane": phase_plane,
    "spike_shape": spike_shape,
    "energy": energy,
    "area": area,
    "fluctuation": fluctuation,
    "mismatch": mismatch,
    "ranking": ranking,
    "corners": corners,
    "supply_sweep": supply_sweep,
    "temperature_sweep": temperature_sweep,
    "burst_adaptation": burst_adaptation,
    "spike_energy": spike_energy,
    "feasibility": feasibility,
    "device_spread": device_spread,
    "compare": compare,
}

__all__ = [
    "EXPERIMENTS",
    "Adaptation",
    "Area",
    "BurstAdaptation",
    "CapacitanceSweep",
    "ConditionSweep",
    "Confirmation",
    "CornerResult",
    "DeviceSpread",
    "Energy",
    "Extraction",
    "FICurve",
    "FeasibilityMap",
    "FixedPoint",
    "Fluctuation",
    "MismatchResult",
    "Optimization",
    "PhasePlane",
    "Ranking",
    "Row",
    "Saving",
    "SpikeEnergy",
    "SpikeShape",
    "adaptation",
    "area",
    "burst_adaptation",
    "capacitance_sweep",
    "compare",
    "confirm",
    "corners",
    "device_spread",
    "energy",
    "extract",
    "feasibility",
    "fi_curve",
    "fluctuation",
    "mismatch",
    "one_against_two",
    "optimize",
    "phase_plane",
    "ranking",
    "require_spikes",
    "rheobase",
    "spike_energy",
    "spike_shape",
    "supply_sweep",
    "temperature_sweep",
    "why_silent",
]
