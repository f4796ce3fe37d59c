"""The chain's hardware, layer by layer: array, current mirror, neurons, read-out, and the voltages of the next array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..errors import InputError
from ..quantities import number_list, show
from .layers import Flatten, Layer, MaxPool2d, ReLU, Shape, SumPool2d, WeightedLayer
from .network import Network
from .neuron_energy import NeuronEnergy, neuron_energy
from .population import Population, drawn, nominal_latency
from .readout import Decisions, by_first_spike, by_rate
from .response import Response, count_response, latency_response

INF = np.inf
CALIBRATION = 500  # training samples that set gains and deadlines
LATEST = 20.0  # of the nominal latency at full current: default deadline of hidden neurons, at most that of the last
WINNERS, MARGIN = 0.01, 2.0  # the last deadline: MARGIN times the latency of this quantile of the winners' currents
RESOLUTION = 64  # intervals at full current in the default window of a rate
PATCH_NUMBERS = 1 << 23  # numbers of the row vectors worked on at a time


@dataclass(frozen=True)
class Settings:
    """What holds for every stage; see `array_to_accuracy`."""

    subject: Any
    readout: str
    deadline: tuple[float, ...] | None
    sigmas: Mapping[str, float]
    chips: int
    seed: int
    quantile: float
    full_current: float
    headroom: float
    bias_current: float
    crossbar: Mapping[str, Any]


@dataclass(frozen=True)
class Stage:
    """One layer with weights as hardware, and the layers without weights in front of it.

    label      of the layer;  shape: of its input;  crossbar: the array of the first chip, without the fault that is varied
    scale      activation that a row at the full read voltage stands for
    gain       of the mirror: neuron current over array current;  full: neuron current (A) of activation `next_scale`,
               which the next row's full voltage stands for, above `bias`;  high: A, where the mirror saturates
    first, nominal  responses of the nominal neuron: of its first spike, and of what is read out (that, or its count)
    latency, count  of the drawn neurons; count: None where the first spike is read out
    """

    label: str
    before: tuple[Layer, ...]
    layer: WeightedLayer
    shape: Shape
    crossbar: Crossbar
    scale: float
    next_scale: float
    gain: float
    bias: float
    full: float
    high: float
    deadline: float
    first: Response
    nominal: Response
    latency: Response
    count: Response | None
    energy: NeuronEnergy

    @property
    def matched(self) -> Stage:
        """The same with nominal neurons."""
        return replace(self, latency=self.first, count=self.nominal if self.count else None)

    def rows(self, x: np.ndarray) -> tuple[np.ndarray, int]:
        """Row voltages (n positions, inputs) as shares of the read voltage, and the positions, of inputs (n, ...)."""
        return row_shares(self.before, self.layer, x)

    def neuron_currents(self, currents: np.ndarray) -> np.ndarray:
        """Of output currents (n, outputs): mirrored, shifted, and kept from 0 (a mirror does not pull) to `high`."""
        return np.clip(self.gain * currents + self.bias, 0.0, self.high)

    def which(self, chip: int) -> np.ndarray | None:
        """Rows of the responses that are the neurons of a chip."""
        n = self.layer.weights.shape[1]
        return None if len(self.latency.low) == 1 else np.arange(chip * n, (chip + 1) * n)

    def answers(self, i: np.ndarray, chip: int) -> np.ndarray:
        """deadline / first spike, or whole counts (n, outputs), of neuron currents."""
        if self.count is None:
            return self.latency(i, self.which(chip))
        return np.floor(self.count(i, self.which(chip)))

    def decisions(self, times: np.ndarray, counts: np.ndarray) -> Decisions:
        """By what is read out: first spikes (n, neurons) s, or spikes in the window."""
        return by_first_spike(times, self.deadline) if self.count is None else by_rate(counts, self.deadline)

    def passed_on(self, answers: np.ndarray, positions: int) -> np.ndarray:
        """The next rows' voltages, as shares: what the nominal neuron's curve makes of the answers, clipped to [0, 1]."""
        y = answers if self.count is None else np.where(answers > 0, answers + 0.5, 0.0)
        share = np.where(y > 0, (self.nominal.current_of(y) - self.bias) / self.full, 0.0)
        columns = np.clip(share, 0.0, 1.0).reshape(-1, positions, share.shape[1])
        return self.layer.place(columns, self.shape)


def row_shares(before: tuple[Layer, ...], layer: WeightedLayer, x: np.ndarray) -> tuple[np.ndarray, int]:
    """See `Stage.rows`; sums over windows are divided by the size of the windows, so that they are shares too."""
    for one in before:
        x = one.forward(x)
    patches = layer.patches(x)
    return np.clip(patches.reshape(-1, patches.shape[-1]) / summed(before), 0.0, 1.0), patches.shape[1]


def summed(before: tuple[Layer, ...]) -> int:
    """How many numbers of the layer before are added up in front of a row."""
    return int(np.prod([np.prod(one.size) for one in before if isinstance(one, SumPool2d)], initial=1))


def split(network: Network) -> list[tuple[int, tuple[Layer, ...]]]:
    """Place of every layer with weights, and the layers in front of it; InputError for what neurons cannot do."""
    found: list[tuple[int, tuple[Layer, ...]]] = []
    before: list[Layer] = []
    for k, layer in enumerate(network.layers):
        if isinstance(layer, WeightedLayer):
            found.append((k, tuple(before)))
            before = []
        else:
            before.append(layer)
    last = found[-1][0]
    if before and not all(isinstance(layer, Flatten) for layer in before) or len(network.shapes[last + 1]) != 1:
        raise InputError(
            f"array_to_accuracy: the network must end with a Dense layer, not with {network.label(len(network.layers) - 1)}"
        )
    for k, _ in found[:-1]:
        following = next((x for x in network.layers[k + 1 :] if not isinstance(x, (MaxPool2d, Flatten))), None)
        if network.layers[k].activation != "relu" and not isinstance(following, ReLU):
            raise InputError(f"array_to_accuracy: {network.label(k)} is linear, but its neurons rectify: train it with ReLU")
    return found


def build(network: Network, x_train: np.ndarray, settings: Settings) -> list[Stage]:
    """The stages, calibrated one after another on training samples through the first chip without the varied fault."""
    x = network.samples(x_train[:CALIBRATION])
    stages: list[Stage] = []
    scale = 1.0
    places = split(network)
    if settings.deadline is not None and len(settings.deadline) not in (1, len(places)):
        raise InputError(
            f"deadline: {len(settings.deadline)} are given; one is needed, or {len(places)}, one a layer with weights"
        )
    for number, (k, before) in enumerate(places):
        layer = network.layers[k]
        assert isinstance(layer, WeightedLayer)
        shape, scale = network.shapes[k], scale * summed(before)
        options = {"bias": layer.bias / scale, "seed": layer_seed(settings.seed, number), **settings.crossbar}
        crossbar = Crossbar(layer.weights, name=network.label(k), **options)
        final = number == len(places) - 1
        stage = calibrated(network.label(k), before, layer, shape, crossbar, scale, x, settings, number, final)
        stages.append(stage)
        if not final:
            x, scale = forwarded(stage, stage.crossbar, 0, x), stage.next_scale
    return stages


def layer_seed(seed: int, number: int) -> int:
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def calibrated(
    label: str, before: tuple[Layer, ...], layer: WeightedLayer, shape: Shape, crossbar: Crossbar, scale: float,
    x: np.ndarray, settings: Settings, number: int, final: bool,
) -> Stage:  # fmt: skip
    """Gain, deadline and curves of one stage."""
    currents = crossbar.currents(row_shares(before, layer, x)[0])
    positive = currents[currents > 0]
    if not len(positive):
        raise InputError(f"{label}: no output current of the array is positive without faults, so that no neuron can fire")
    reference = float(np.quantile(positive, settings.quantile))
    subject, bias, full = settings.subject, settings.bias_current, settings.full_current
    gain, high = full / reference, top_current(settings)
    deadline = deadline_of(settings, number, np.clip(gain * currents + bias, 0.0, high), final, label)
    population = drawn(subject, settings.sigmas, settings.chips, layer.weights.shape[1], settings.seed, number)
    plain = Population(subject)
    first = latency_response(plain, deadline, high)
    nominal = count_response(plain, deadline, high) if settings.readout == "rate" else first
    latency, count = first, nominal if nominal is not first else None
    if settings.sigmas:
        latency = latency_response(population, deadline, high, first.nodes)
        count = count_response(population, deadline, high, nominal.nodes) if count else None
    return Stage(
        label=label, before=before, layer=layer, shape=shape, crossbar=crossbar, scale=scale,
        next_scale=scale * reference / crossbar.unit_current, gain=gain, bias=bias, full=full, high=high,
        deadline=deadline, first=first, nominal=nominal, latency=latency, count=count, energy=neuron_energy(subject, first),
    )  # fmt: skip


def top_current(settings: Settings) -> float:
    """Where the mirror saturates: `headroom` times the full current, or the end of the neuron's own range."""
    wanted = settings.headroom * settings.full_current + settings.bias_current
    return min(wanted, float(np.min(getattr(settings.subject, "i_high", INF))))


def deadline_of(settings: Settings, number: int, currents: np.ndarray, final: bool, label: str) -> float:
    """The deadline as given or from nominal latencies (see `array_to_accuracy`); InputError if none could spike by then."""
    subject, full = settings.subject, settings.full_current + settings.bias_current
    fastest = nominal_latency(subject, full)
    if settings.deadline is not None:
        given = settings.deadline[min(number, len(settings.deadline) - 1)]
        if given < fastest:
            told = f"{show(fastest, 's')} at the full current of {show(full, subject.input_unit)}"
            raise InputError(
                f"{label}: the deadline of {show(given, 's')} is too short for a spike: the nominal latency is {told}"
            )
        return given
    if settings.readout == "rate":
        return RESOLUTION * fastest
    if not final:
        return LATEST * fastest
    winner = float(np.quantile(currents.max(axis=1), WINNERS))
    slow = Population(subject).first_spikes(np.array([[winner]]), LATEST * fastest)[0, 0]
    return float(min(MARGIN * slow, LATEST * fastest))


def forwarded(stage: Stage, crossbar: Crossbar, chip: int, x: np.ndarray) -> np.ndarray:
    """The next stage's input of samples x, through one chip's array and neurons."""
    rows, positions = stage.rows(x)
    i = stage.neuron_currents(crossbar.currents(rows))
    return stage.passed_on(stage.answers(i, chip), positions)


def deadlines(value: Any) -> tuple[float, ...] | None:
    """One deadline (s) for all stages, or one each; None: from the neurons."""
    if value is None:
        return None
    found = tuple(float(v) for v in number_list(value, "s", "deadline"))
    if min(found) <= 0:
        raise InputError(f"array_to_accuracy: a deadline must be positive, not {value!r}")
    return found
