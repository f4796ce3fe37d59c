"""Everything that is computed for the document: both neurons as circuits, the design space, and the networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...circuits.cells.mixed_signal_mac import MixedSignalMAC
from ...experiments.digital_mac import DigitalMac, digital_mac
from ...experiments.mac_bias import MacBandwidth
from ...experiments.mac_linearity import MacMismatch, mac_mismatch
from ...experiments.mac_noise import MacNoise, mac_noise
from ...networks.design_space import DesignSpace, design_space
from .networks import BITS, PANELS, Figure3, figure_3, share_of
from .neurons import CURRENTS, WORDS, Analog, analog, counts, switched

Tell = Callable[[float], None]
SAMPLES = 200  # chips of one neuron, each with its own differences between devices


@dataclass(frozen=True, eq=False)
class Runs:
    """All results, by the names that claims and figures use.

    analog      the sizings by (bits, weighting);  digital: its MAC;  counts: transistors of multipliers by (bits, tree)
    switched    "gate" and "tail": MacBandwidth;  noise, mismatch: of the 8-bit neuron by weighting
    space       design space of the 8-bit neuron with equal devices;  figure3: the networks
    """

    analog: dict[tuple[int, str], Analog]
    digital: DigitalMac
    counts: dict[tuple[int, str], int]
    switched: dict[str, MacBandwidth]
    noise: dict[str, MacNoise]
    mismatch: dict[str, MacMismatch]
    space: DesignSpace
    figure3: Figure3


def all_runs(tell: Tell, names: tuple[str, ...] = tuple(PANELS)) -> Runs:
    """Compute everything; names: networks of figure 3."""
    sizings = [(bits, weighting) for bits in WORDS for weighting in CURRENTS]
    neurons = {}
    for k, sizing in enumerate(sizings):
        neurons[sizing] = analog(*sizing)
        tell(0.1 * (k + 1) / len(sizings))
    digital = digital_mac(BITS)
    tell(0.2)
    ways = switched()
    cells = {weighting: MixedSignalMAC(weighting=weighting) for weighting in CURRENTS}
    noise = {weighting: mac_noise(cell) for weighting, cell in cells.items()}
    mismatch = {weighting: mac_mismatch(cell, samples=SAMPLES) for weighting, cell in cells.items()}
    tell(0.25)
    networks = figure_3(share_of(tell, 0.25, 0.6), names)
    accuracy = networks.weights[list(networks.weights)[-1]] if networks.weights else None
    space = design_space(cells["current"], accuracy=accuracy, progress=share_of(tell, 0.85, 0.15))
    return Runs(neurons, digital, counts(), ways, noise, mismatch, space, networks)
