"""Experiments: each takes anything that can be simulated. One file an experiment, one line here."""

from .adaptation import Adaptation, adaptation
from .area import Area, Saving, area, one_against_two
from .burst_adaptation import BurstAdaptation, burst_adaptation
from .capacitance_sweep import CapacitanceSweep, capacitance_sweep
from .compare import Row, compare
from .conditions import ConditionSweep, supply_sweep, temperature_sweep
from .corners import CornerResult, corners
from .diagnosis import require_spikes, why_silent
from .digital_mac import CellLibrary, DigitalMac, cell_library, digital_mac
from .energy import Energy, energy
from .extraction import Extraction, extract
from .feasibility import DeviceSpread, FeasibilityMap, device_spread, feasibility
from .fi_curve import FICurve, fi_curve, rheobase
from .flip_flop_energy import FlipFlopEnergy, flip_flop
from .fluctuation import Fluctuation, fluctuation
from .gate_check import GateCheck, gate_check
from .logic_energy import CellEnergy, characterise
from .logic_supply import LogicSupply, logic_supply
from .mac_bias import MacBandwidth, MacBias, mac_bandwidth, mac_bias
from .mac_linearity import MacLinearity, MacMismatch, mac_linearity, mac_mismatch
from .mac_noise import MacNoise, mac_noise
from .mac_point import MacPoint, mac_point
from .mac_transfer import MacTransfer, mac_transfer
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
# Of mixed-signal neurons, which do not spike
MAC_EXPERIMENTS = {
    "mac_transfer": mac_transfer,
    "mac_linearity": mac_linearity,
    "mac_bandwidth": mac_bandwidth,
    "mac_noise": mac_noise,
    "mac_bias": mac_bias,
    "mac_mismatch": mac_mismatch,
}

__all__ = [
    "EXPERIMENTS",
    "MAC_EXPERIMENTS",
    "Adaptation",
    "Area",
    "BurstAdaptation",
    "CapacitanceSweep",
    "CellEnergy",
    "CellLibrary",
    "ConditionSweep",
    "Confirmation",
    "CornerResult",
    "DeviceSpread",
    "DigitalMac",
    "Energy",
    "Extraction",
    "FICurve",
    "FeasibilityMap",
    "FixedPoint",
    "FlipFlopEnergy",
    "Fluctuation",
    "GateCheck",
    "LogicSupply",
    "MacBandwidth",
    "MacBias",
    "MacLinearity",
    "MacMismatch",
    "MacNoise",
    "MacPoint",
    "MacTransfer",
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
    "cell_library",
    "characterise",
    "compare",
    "confirm",
    "corners",
    "device_spread",
    "digital_mac",
    "energy",
    "extract",
    "feasibility",
    "fi_curve",
    "flip_flop",
    "fluctuation",
    "gate_check",
    "logic_supply",
    "mac_bandwidth",
    "mac_bias",
    "mac_linearity",
    "mac_mismatch",
    "mac_noise",
    "mac_point",
    "mac_transfer",
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
