"""The result of `array_to_accuracy`: everything a report needs, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..experiments.base import Result
from .event_inputs import EventInputs
from .spot_check import SpotCheck


@dataclass(frozen=True)
class StageRecord(Result):
    """The scaling chosen for one layer.

    label            of the layer;  inputs, outputs: of its array (a bias row is one more);  positions: how often it is read
    unit_current     A of array current that stands for a weighted sum of one
    gain             of the mirror: neuron current (A) over array current (A);  full_current: A into the neuron, above the
                     bias current, at `full_activation` (1), the quantile of the training data's positive sums
    rheobase         A, least current at which the nominal neuron spikes by the deadline;  top_current: A, the mirror's end
    deadline         s (of a rate: the window);  full_latency: s, nominal first spike at the full current
    interpolation    largest relative error of the neurons' curves against simulation;  nodes: of them;  neurons: simulated
    """

    label: str
    inputs: int
    outputs: int
    positions: int
    unit_current: float
    gain: float
    full_current: float
    full_activation: float
    rheobase: float
    top_current: float
    deadline: float
    full_latency: float
    interpolation: float
    nodes: int
    neurons: int


@dataclass(frozen=True)
class ArrayToAccuracy(Result):
    """Accuracy, spike times and energy of a classifier on faulty arrays. Axes: F faults, S shares, K seeds, L levels.

    network, dataset, neuron, readout, inputs   names;  classes: names;  images: number of test samples classified
    faults           F names;  shares: (S,) of all cells (or values of the option that is swept);  seeds: K
    accuracy         (F, S, K) share of the images classified right; what is undecided is wrong
    accuracy_mean, accuracy_low, accuracy_high  (F, S) over seeds, Student's interval within [0, 1] (NaN for one seed)
    image_low, image_high                       (F, S) Wilson's interval of the mean for this number of images
    network_accuracy the trained network's own on these images, in float64
    array_accuracy   (F, S) mean accuracy of the largest array current, without neurons
    agreement        (F, S) share of the decided images whose class is that of the largest array current
    undecided        (F, S) share of images without a spike by the deadline: `missed`, if the largest current would still
                     have brought the nominal neuron to spike within ten deadlines, else `silent`;  both (F, S)
    saturated        (F, S) share of last-layer currents beyond the mirror's end
    levels           (L,) of the quantiles below, over images and seeds
    latency          (F, S, L) s, time of decision of decided images, since the last layer's rows are on (every layer before
                     takes its deadline)
    shift            (F, S, L) %, eq. 1 of Shah et al. 2023: 100 (T0 - Tx) / T0 of the neuron that decides in the chip
                     without the fault, T its first spike; -inf: lost, not before the deadline;  lost: (F, S) their share
    change           (F, S, L) relative change of the array current of that neuron, where it was positive
    ripple_change    (F, S, L) the same of the ripple of Shah et al. 2023 of this amplitude at a node: uniform; else NaN
    ripple_shift     (F, S, L) %, first spike of this neuron under that ripple (`fluctuation`), at `ripple_current` (A), the
                     median current of the deciding neurons; NaN where it was not run
    change_edges     (B + 1,);  change_density, ripple_density: (F, S, B), of the relative change; each sums, times the bin
                     width, to the share that lies within the edges
    energy           part -> (F, S) J, mean of an inference: reading each array (from the row drivers) and its neurons;
                     mirrors, DAC and ADC are not part of it.  energy_total: (F, S)
    stages           the scaling chosen, a layer each;  spot_check: None if no circuit is behind the neuron or none is asked
    events           what pulsed inputs give, None for static ones
    crossbar         option -> words;  mismatch: parameter -> relative sigma of the neurons
    seed, confidence;  timing: part -> s of computing
    """

    network: str
    dataset: str
    neuron: str
    readout: str
    inputs: str
    classes: tuple[str, ...]
    images: int
    faults: tuple[str, ...]
    shares: np.ndarray
    seeds: int
    accuracy: np.ndarray
    accuracy_mean: np.ndarray
    accuracy_low: np.ndarray
    accuracy_high: np.ndarray
    image_low: np.ndarray
    image_high: np.ndarray
    network_accuracy: float
    array_accuracy: np.ndarray
    agreement: np.ndarray
    undecided: np.ndarray
    missed: np.ndarray
    silent: np.ndarray
    saturated: np.ndarray
    levels: np.ndarray
    latency: np.ndarray
    shift: np.ndarray
    lost: np.ndarray
    change: np.ndarray
    ripple_change: np.ndarray
    ripple_shift: np.ndarray
    ripple_current: float
    change_edges: np.ndarray
    change_density: np.ndarray
    ripple_density: np.ndarray
    energy: dict[str, np.ndarray]
    energy_total: np.ndarray
    stages: tuple[StageRecord, ...]
    spot_check: SpotCheck | None
    events: EventInputs | None
    crossbar: dict[str, str]
    mismatch: dict[str, float]
    seed: int
    confidence: float
    timing: dict[str, float] = field(default_factory=dict)
