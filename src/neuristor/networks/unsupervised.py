"""A layer that learns classes of pictures without being told them: competition, plasticity, homeostasis.

After Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015), with lateral inhibition in place of their layer of inhibitory
neurons, and any of four membranes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import exp, inf
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..experiments.statistics import Bounded, proportion_bounds
from ..kernel.threads import cores
from ..parameters import param
from ..quantities import one_number, show, whole_number
from ..stimulus.spikes import seed_of
from .checkpoint import differences, read_state, write_state
from .clocked import present_clocked
from .datasets import Dataset
from .encoding import Encoding, PoissonRate, SpikeList, encoding_of
from .labels import Assignment, assign, decide
from .membranes import FIXED_POINT, UNIT, Neuron, membrane_of, neuron_of
from .plasticity import PairSTDP, Plasticity, Traces, plasticity_from, traces
from .receptive_field import encoding_from
from .samples import Samples, delays_of, fingerprint, fitting, labels_of, order_of
from .settings import Settings, described, parameters
from .spiking import MOST_SPIKES, Competition, Layer, layer_of, normalise, present

Progress = Callable[[float], None]
Room = tuple[Layer, Traces]
TRAINING, ASSIGNING, TESTING = range(3)  # each has its own random numbers
PER_REPORT = 50  # pictures
PRECISIONS = ("float32", "float64")
MOST_WEIGHTS, MOST_CLOCKS = 1 << 28, 10**7  # of a network, of a showing
DIEHL = "Diehl & Cook 2015"


class Homeostasis(Settings):
    """A neuron that fires makes it harder for itself: its threshold rises by theta_plus a spike and forgets slowly."""

    name = "homeostasis"
    theta_plus = param("0.05 mV", unit="V", bounds=(0, inf), strict=False, doc="rise a spike", source=DIEHL)
    tau = param("10 ks", unit="s", bounds=(0, inf), doc="decay of the threshold", source=DIEHL)
    pause = param("150 ms", unit="s", bounds=(0, inf), strict=False, doc="time between pictures", source=DIEHL)
    fewest = param(5, bounds=(0, inf), strict=False, doc="spikes below which a picture is shown again, louder", source=DIEHL)
    showings = param(6, bounds=(1, inf), strict=False, doc="of one picture at most (chosen)")

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        if self.showings % 1:
            raise InputError(f"homeostasis: showings = {self.showings:g}: a whole number is needed")


class UnsupervisedNetwork:
    """Inputs, all connected to neurons that inhibit each other and learn by spike timing.

    inputs, neurons   how many
    membrane          "spike_response", "linear_leak", "linear_leak_fixed", "lif", or such a neuron with numbers of its
                      own; a weight of 1 answers a spike by 1 mV
    plasticity        PairSTDP(...), TripletSTDP(...);  homeostasis  Homeostasis(...)
    encoding          of pictures; default: Poisson rates, 6.4 kHz over all inputs
    inhibition        V, of the others by a spike; infinite: winner takes all
    weight_sum        of a neuron, restored after every picture that it answered; default 0.1 inputs; None: not restored
    delays            s, one an input
    precision         of weights and potentials
    The result depends on the seed and the data alone: not on threads, checkpoints or how often it was interrupted.
    """

    def __init__(
        self, inputs: int = 784, neurons: int = 400, membrane: str | Neuron = "spike_response",
        plasticity: Plasticity | None = None, *, encoding: str | Encoding | None = None,
        homeostasis: Homeostasis | None = None, inhibition: Any = inf, weight_sum: float | str | None = "auto",
        delays: Any = None, seed: int = 0, precision: str = "float32",
    ):  # fmt: skip
        self.inputs, self.neurons = whole_number(inputs, "inputs"), whole_number(neurons, "neurons")
        if self.inputs * self.neurons > MOST_WEIGHTS:
            raise InputError(f"{self.inputs} inputs to {self.neurons} neurons: more than {MOST_WEIGHTS:,} weights")
        self.membrane = neuron_of(membrane)
        for value, kind in ((plasticity, Plasticity), (homeostasis, Homeostasis)):
            if value is not None and not isinstance(value, kind):
                raise InputError(f"{kind.__name__.lower()}={value!r}: {kind.__name__}, or one of its kind, is needed")
        self.plasticity = plasticity or PairSTDP()
        self.encoding = PoissonRate(total_rate="6.4 kHz") if encoding is None else encoding_of(encoding)
        self.homeostasis = homeostasis or Homeostasis()
        self.inhibition = inf if inhibition in (inf, "inf") else one_number(inhibition, "V", "inhibition")
        if self.inhibition < 0:
            raise InputError(f"inhibition = {show(self.inhibition, 'V')}: zero or more is needed, or inf")
        self.weight_sum = 0.1 * self.inputs if weight_sum == "auto" else weight_sum
        self.delays = delays_of(delays, self.inputs)
        self.seed = seed_of(seed)
        if precision not in PRECISIONS:
            raise InputError(f"unknown precision {precision!r}{nearest(str(precision), PRECISIONS)}; float32 or float64")
        self.precision = precision
        self.shown = 0  # pictures in training so far
        self.assignment: Assignment | None = None
        self.theta = np.zeros(self.neurons)  # membranes.UNIT
        self.weights = self.first_weights()
        self.numbers = membrane_of(self.membrane), self.plasticity.rule(), self.competition()

    def first_weights(self) -> np.ndarray:
        """(inputs, neurons), uniform over the lower 30 % of the range as in Diehl & Cook's code, then normalised."""
        low, high = self.plasticity.w_min, self.plasticity.w_max
        draw = np.random.default_rng([self.seed, self.inputs, self.neurons]).random((self.inputs, self.neurons))
        weights = (low + 0.3 * (high - low) * draw).astype(self.precision)
        if self.weight_sum is not None:
            self.check_sum(low, high)
            normalise(weights, np.arange(self.neurons), self.weight_sum, high)
        return weights

    def check_sum(self, low: float, high: float) -> None:
        total = one_number(self.weight_sum, "1", "weight_sum")
        if low < 0 or not 0 < total < high * self.inputs:
            told = f"0 and {high * self.inputs:g}, and no weight may be negative"
            raise InputError(f"weight_sum = {total:g} with weights from {low:g} to {high:g}: it must lie between {told}")

    def competition(self) -> Competition:
        wins = self.inhibition == inf
        return Competition(0.0 if wins else self.inhibition / UNIT, wins, self.homeostasis.theta_plus / UNIT)

    def train(
        self, data: Dataset | Samples, epochs: int = 1, *, shuffled: bool = False, checkpoint: str | Path | None = None,
        every: Any = "60 s", progress: Progress | None = None,
    ) -> UnsupervisedNetwork:  # fmt: skip
        """Show every picture `epochs` times and learn; returns the network itself.

        data        a Dataset (its training part), pictures (n, ...) in [0, 1], or a list of SpikeList
        shuffled    in an order that depends on the seed, another in every epoch; else in the order given
        checkpoint  file that keeps the state `every` so often and at the end; if it is there, the training goes on where it
                    stopped, to the same bits as without a stop;  progress  is called with the share done
        """
        samples, pause = self.samples(data.x_train if isinstance(data, Dataset) else data), one_number(every, "s", "every")
        mark, begun = fingerprint(samples), self.shown
        if checkpoint is not None and Path(checkpoint).expanduser().exists():
            begun = self.resume(checkpoint, mark, shuffled)
        end, n = begun + whole_number(epochs, "epochs") * len(samples), len(samples)
        room, saved, started, self.assignment = self.room(), time.monotonic(), self.shown, None
        order = np.arange(n)
        while self.shown < end:
            k = (self.shown - begun) % n
            if shuffled and (k == 0 or self.shown == started):
                order = order_of(n, self.seed, self.shown - k)
            self.show(samples[order[k]], self.shown, TRAINING, room)
            self.shown += 1
            if checkpoint is not None and (self.shown == end or time.monotonic() - saved > pause):
                self.keep(checkpoint, mark, begun, shuffled)
                saved = time.monotonic()
            if progress and (self.shown % PER_REPORT == 0 or self.shown == end):
                progress((self.shown - begun) / (end - begun))
        return self

    def show(self, sample: Any, number: int, purpose: int, room: Room) -> np.ndarray:
        """Spikes of every neuron while a picture is shown, again and louder while there are too few; learns in training."""
        layer, marks = room
        membrane, rule, competition = self.numbers
        learning, need = purpose == TRAINING, self.homeostasis
        for repeat in range(int(need.showings)):
            spikes = self.spikes_of(sample, number, purpose, repeat)
            if membrane.kind == FIXED_POINT and spikes.duration > MOST_CLOCKS * membrane.period:
                clocks = spikes.duration / membrane.period
                raise InputError(f"{clocks:.3g} clocks in one showing: a longer t_clock is needed")
            shown = spikes.times, spikes.inputs, spikes.duration, self.weights, self.theta
            run = present_clocked if membrane.kind == FIXED_POINT else present
            fired = run(*shown, layer, membrane, competition, rule, marks, learning)
            if fired == MOST_SPIKES:
                raise InputError(f"the layer fired {fired} times in one showing: a higher v_th or more inhibition is needed")
            if learning:
                self.settle(marks.fired[: marks.tally[0]], spikes.duration)
            if fired >= need.fewest or not self.encoding.boosts or isinstance(sample, SpikeList):
                break
        return np.bincount(layer.neurons[:fired], minlength=self.neurons)

    def settle(self, fired: np.ndarray, duration: float) -> None:
        """After a picture: the sums of the weights restored, the thresholds a little lower."""
        if self.weight_sum is not None:
            normalise(self.weights, fired, self.weight_sum, self.plasticity.w_max)
        self.theta *= exp(-(duration + self.homeostasis.pause) / self.homeostasis.tau)

    def spikes_of(self, sample: Any, number: int, purpose: int, repeat: int) -> SpikeList:
        """What the inputs fire when this sample is shown."""
        if isinstance(sample, SpikeList):
            spikes = sample
        else:
            spikes = self.encoding.spikes(sample, number, seed=(self.seed, purpose), repeat=repeat)
        return spikes if self.delays is None else spikes.delayed(self.delays)

    def room(self) -> Room:
        return layer_of(self.neurons, self.weights.dtype), traces(self.inputs, self.neurons)

    def samples(self, x: Any) -> Samples:
        return fitting(x, self.encoding, self.inputs)

    def responses(self, x: Samples, purpose: int = TESTING, progress: Progress | None = None) -> np.ndarray:
        """Spikes of every neuron for every picture, (n, neurons), nothing learned; progress gets the share done."""
        samples, found = self.samples(x), []
        n = len(samples)

        def answer(numbers: range) -> list[np.ndarray]:
            room = self.room()
            return [self.show(samples[k], k, purpose, room) for k in numbers]

        with ThreadPoolExecutor(cores()) as pool:
            for part in pool.map(answer, (range(k, min(k + PER_REPORT, n)) for k in range(0, n, PER_REPORT))):
                found += part
                if progress:
                    progress(len(found) / n)
        return np.array(found)

    def assign(self, x: Samples, y: Any, classes: int | None = None, progress: Progress | None = None) -> Assignment:
        """Learn what the neurons stand for, from pictures of known class."""
        labels = labels_of(y, len(x))
        counts = self.responses(x, ASSIGNING, progress)
        self.assignment = assign(counts, labels, classes or int(labels.max()) + 1)
        return self.assignment

    def classify(self, x: Samples, by: str = "labels") -> np.ndarray:
        """The class of every picture; `by` as in labels.decide."""
        if self.assignment is None:
            raise InputError("the neurons have no classes yet: call assign(x, y) after training")
        return decide(self.responses(x), self.assignment, by)

    def accuracy(self, x: Samples, y: Any, by: str = "labels", confidence: float = 0.95) -> Bounded:
        """Share of pictures classified rightly, with Wilson's bounds."""
        labels = labels_of(y, len(x))
        right = int(np.sum(self.classify(x, by) == labels))
        return proportion_bounds(right, len(labels), confidence, "wilson")

    def with_membrane(self, membrane: str | Neuron) -> UnsupervisedNetwork:
        """The same weights, thresholds and classes in other neurons: what was learned, put into fixed point for instance."""
        other = UnsupervisedNetwork(**built({**self.settings(), "membrane": described(neuron_of(membrane))}))
        other.weights, other.theta = self.weights.copy(), self.theta.copy()
        other.shown, other.assignment = self.shown, self.assignment
        return other

    def settings(self) -> dict[str, Any]:
        """Everything the network was built with, as JSON can hold it."""
        return {
            "inputs": self.inputs, "neurons": self.neurons, "membrane": described(self.membrane),
            "plasticity": self.plasticity.described(), "encoding": self.encoding.described(),
            "homeostasis": described(self.homeostasis), "inhibition": str(self.inhibition), "weight_sum": self.weight_sum,
            "delays": None if self.delays is None else self.delays.tolist(), "seed": self.seed, "precision": self.precision,
        }  # fmt: skip

    def keep(self, path: str | Path, mark: str, begun: int, shuffled: bool) -> None:
        """Write a checkpoint. Random numbers depend on the seed and `shown` alone, so that no generator is kept."""
        about = {"kind": "training", "settings": self.settings(), "data": mark, "shown": self.shown, "begun": begun}
        write_state(path, {**about, "shuffled": shuffled}, {"weights": self.weights, "theta": self.theta})

    def resume(self, path: str | Path, mark: str, shuffled: bool) -> int:
        """Go on from a checkpoint of this training; returns the count of pictures at which it began."""
        about, arrays = read_state(path)
        if about.get("kind") != "training":
            raise InputError(f"{path} is not a checkpoint of a training")
        other = differences(about["settings"], json.loads(json.dumps(self.settings())))
        other += ["data"] if about["data"] != mark else []
        other += ["order"] if about.get("shuffled", False) != shuffled else []
        if other:
            raise InputError(f"checkpoint {path} belongs to another training: different {', '.join(other)}")
        self.weights, self.theta, self.shown = arrays["weights"], arrays["theta"], int(about["shown"])
        return int(about["begun"])

    def save(self, path: str | Path) -> Path:
        """Write the network, with its assignment if it has one."""
        arrays = {"weights": self.weights, "theta": self.theta}
        if self.assignment is not None:
            arrays |= {"rates": self.assignment.rates, "labels": self.assignment.labels}
        return write_state(path, {"kind": "network", "settings": self.settings(), "shown": self.shown}, arrays)

    @classmethod
    def load(cls, path: str | Path) -> UnsupervisedNetwork:
        """The network that `save` or a checkpoint wrote."""
        about, arrays = read_state(path)
        network = cls(**built(about["settings"]))
        network.weights, network.theta, network.shown = arrays["weights"], arrays["theta"], int(about["shown"])
        if "rates" in arrays:
            network.assignment = Assignment(arrays["rates"], arrays["labels"])
        return network


def built(settings: dict[str, Any]) -> dict[str, Any]:
    """The arguments that `UnsupervisedNetwork.settings` describes."""
    return {
        **settings,
        "membrane": neuron_of(settings["membrane"]["name"]).with_(**parameters(settings["membrane"])),
        "plasticity": plasticity_from(settings["plasticity"]),
        "encoding": encoding_from(settings["encoding"]),
        "homeostasis": Homeostasis(**parameters(settings["homeostasis"])),
        "inhibition": float(settings["inhibition"]),
    }
