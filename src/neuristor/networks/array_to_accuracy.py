"""From faulty synapse cells to spike times to accuracy: a trained network on arrays, with any neuron behind them.

result = array_to_accuracy(reference_network("digits"), "digits", fault=["stuck_lrs", "stuck_hrs"], seeds=20)
result.accuracy_mean, result.shift, result.energy, result.spot_check.largest
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..arrays.description import described
from ..errors import InputError, nearest
from ..experiments.statistics import checked_confidence
from ..quantities import one_number, show, whole_number
from ..stimulus.spikes import seed_of
from .axis import read_axes, read_shares
from .chain_result import ArrayToAccuracy
from .datasets import Dataset, load_dataset
from .event_inputs import checked_inputs, event_inputs
from .network import Network
from .neuron_choice import chosen_neuron
from .population import Population, nominal_latency, read_mismatch
from .readout import checked_readout
from .reference import reference_network
from .response import least_firing
from .runs import run_all
from .spot_check import compared
from .stages import LATEST, Settings, build, deadlines
from .summary import distributions, record, ripples, statistics

FULL = 4.0  # times the neuron's typical input: the default full current


def array_to_accuracy(
    network: Network | str | None = None,
    dataset: Dataset | str = "digits",
    *,
    neuron: Any = "cmos_lif",
    fault: str | Sequence[str] = "stuck_lrs",
    shares: Any = (0.0, 0.01, 0.02, 0.05, 0.10),
    seeds: int = 20,
    readout: str = "first_spike",
    deadline: Any = None,
    mismatch: Mapping[str, Any] | None = None,
    images: int | None = None,
    inputs: str = "static",
    spot_check: int = 200,
    circuit: Any = None,
    quantile: float = 0.999,
    full_current: Any = None,
    headroom: float = 10.0,
    bias_current: Any = 0.0,
    seed: int = 0,
    confidence: float = 0.95,
    progress: Callable[[float], None] | None = None,
    **crossbar: Any,
) -> ArrayToAccuracy:
    """Classify the test images with arrays of `seeds` chips at every share of every fault.

    network     a Network (default: the reference network of the data set);  dataset: a Dataset or its name
    neuron      an equation neuron or its name; a circuit or its name, which is stood for by its behavioural model
                (cmos_lif: the one that comes with the package; others are extracted) and checked against it
    fault       stuck_lrs, stuck_hrs, combined (half each), or an option of the crossbar such as "wires.r_word",
                "variation.sigma_d2d"; or a list.  shares: of all cells, or values of that option
    seeds       chips: faults, spread and neuron mismatch drawn anew; fewer are the first of more. A chip with a fault has
                the spread, mismatch and read noise of the same chip without it
    readout     first_spike: the class is the neuron that spikes first, decided then;  rate: that spikes most in the window
    deadline    s, one for all layers or one each; default for hidden neurons 20 times the nominal latency at the full
                current; for the last 2 times that of the slowest 1 % of the winners on training data, at most 20 times
                that at the full current; window of a rate: 64 intervals at the full current
    mismatch    {"q_th": 0.02}: relative sigma of the neuron's parameters, drawn for every neuron of every chip
    images      first test images taken (default all);  inputs: static voltages, or poisson, regular: beside them the first
                images and the first chip with pulsed rows (see EventInputs)
    spot_check  circuit runs to compare with the model (0: none), of `circuit` (default: what the model stands for)
    quantile    of the positive output currents on training data that is mapped to the `full_current` of a neuron (default
                4 times its typical input); the mirror saturates at `headroom` times that
    bias_current  added to all neurons' currents; "rheobase" (see `bias_of`) lets hidden neurons answer small sums, which
                they otherwise cut
    crossbar    options of Crossbar: cell, mapping, wires, variation, programming, retention, dac, adc, v_read, ...

    Negative currents leave a neuron without input. An image without any spike by the deadline is undecided and wrong.
    The next layer's rows get the voltage that the nominal neuron's curve assigns to the answer, so that identical neurons
    pass on a ReLU of the currents: cut below rheobase and at full scale.
    Raises InputError for what does not fit.
    """
    clock = Clock()
    data = load_dataset(dataset) if isinstance(dataset, str) else dataset
    net = read_network(network, data)
    chosen = chosen_neuron(neuron, circuit)
    axes, checks = read_axes(fault), whole_number(spot_check, "spot_check", 0)
    values = read_shares(shares, axes)
    checked_inputs(inputs)
    level = checked_confidence(confidence)
    full = full_of(chosen.model, full_current)
    tell = progress or (lambda done: None)
    settings = Settings(
        subject=chosen.model, readout=checked_readout(readout), deadline=deadlines(deadline),
        sigmas=read_mismatch(chosen.model, mismatch), chips=whole_number(seeds, "seeds"), seed=seed_of(seed),
        quantile=within(quantile, "quantile", 1.0), full_current=full,
        headroom=within(headroom, "headroom", np.inf, 1.0), bias_current=bias_of(chosen.model, bias_current, full),
        crossbar=known_options(crossbar),
    )  # fmt: skip
    clock("network and data")
    x, y = test_images(net, data, images)
    stages = build(net, data.x_train, settings)
    clock("calibration")
    runs = run_all(stages, settings, axes, values, x, y, 2 * checks, lambda done: tell(0.9 * done))
    clock("chips")
    ripple = ripples(chosen.model, axes, values, runs.typical, settings.seed)
    clock("ripple")
    check = None
    if chosen.circuit is not None and checks:
        check = compared(chosen, stages[-1], runs.picked, checks)
        clock("spot check")
    events = None
    if inputs != "static":
        events = event_inputs(stages, chosen.model, axes, values, x, y, inputs, settings.seed)
        clock("events")
    tell(1.0)
    return ArrayToAccuracy(
        network=net.name or str(net), dataset=data.name, neuron=chosen.name, readout=readout, inputs=inputs,
        classes=tuple(data.classes), images=len(x), faults=tuple(a.name for a in axes), shares=values,
        seeds=settings.chips, network_accuracy=net.accuracy(x, y), **statistics(runs, len(x), level),
        **distributions(runs, axes, values), **ripple, stages=tuple(record(s) for s in stages), spot_check=check,
        events=events, crossbar=dict(described(stages[0].crossbar)), mismatch=dict(settings.sigmas), seed=settings.seed,
        confidence=level, timing=clock.parts,
    )  # fmt: skip


class Clock:
    """Seconds of each part of the work, in order."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.last = time.perf_counter()

    def __call__(self, part: str) -> None:
        now = time.perf_counter()
        self.parts[part], self.last = now - self.last, now


def read_network(network: Network | str | None, data: Dataset) -> Network:
    """The network given, or the reference network of the data set; InputError if it does not fit the data."""
    if not isinstance(data, Dataset) or not (network is None or isinstance(network, (str, Network))):
        wrong = data if not isinstance(data, Dataset) else network
        raise InputError(f"array_to_accuracy needs a Network and a Dataset, or their names, not a {type(wrong).__name__}")
    net = network if isinstance(network, Network) else reference_network(network or data.name)
    if int(np.prod(net.input_shape)) != int(np.prod(data.shape)):
        told = (
            f"takes {int(np.prod(net.input_shape))} inputs, but the samples of {data.name} have {int(np.prod(data.shape))}"
        )
        raise InputError(f"the network {net.name or net} {told}")
    if net.classes != len(data.classes):
        raise InputError(f"the network {net.name or net} has {net.classes} classes, but {data.name} {len(data.classes)}")
    return net


def test_images(net: Network, data: Dataset, images: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The first test images in the network's shape, and their classes."""
    if images is not None and (isinstance(images, bool) or not isinstance(images, (int, np.integer)) or images < 1):
        raise InputError(f"images: a whole number, one or more, or None for all {len(data.x_test)}, not {images!r}")
    return net.samples(data.x_test[:images]), data.y_test[:images]


def known_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of the arrays; InputError for what they do not have or what the chain sets itself."""
    own = ("self", "weights", "bias", "seed", "sample", "cycle", "name")
    known = [name for name in signature(Crossbar.__init__).parameters if name not in own]
    for name in given:
        if name not in known:
            raise InputError(
                f"array_to_accuracy has no option {name!r}{nearest(name, known)}; arrays have {', '.join(known)}"
            )
    return dict(given)


def full_of(subject: Any, current: Any) -> float:
    """The neuron current of full activation; InputError unless the neuron can take it."""
    full = FULL * subject.scales().input if current is None else one_number(current, subject.input_unit, "full_current")
    top = float(np.min(getattr(subject, "i_high", np.inf)))
    if not 0 < full <= top:
        right = "positive" if top == np.inf else f"above zero and at most {show(top, subject.input_unit)}"
        raise InputError(f"full_current must be {right}, not {show(full, subject.input_unit)}")
    return full


def bias_of(subject: Any, current: Any, full: float) -> float:
    """The common bias current; "rheobase": the least that makes the nominal neuron spike within LATEST full latencies."""
    if current == "rheobase":
        return float(least_firing(Population(subject), LATEST * nominal_latency(subject, full), full)[0])
    bias = one_number(current, subject.input_unit, "bias_current")
    if bias < 0:
        raise InputError(f"bias_current must not be negative, not {show(bias, subject.input_unit)}")
    return bias


def within(value: Any, name: str, most: float, least: float = 0.0) -> float:
    number = one_number(value, "1", name)
    if not least < number <= most:
        raise InputError(
            f"{name} must lie above {least:g}{f' and at most {most:g}' if most < np.inf else ''}, not {value!r}"
        )
    return number
