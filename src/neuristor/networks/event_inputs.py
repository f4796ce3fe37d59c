"""Pixels as spikes on the rows of the first array instead of constant voltages: what its neurons make of the pulses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.crossbar import Crossbar
from ..arrays.signals import BitlineCurrents, poisson_trains, pulsed, regular_trains, row_currents
from ..errors import InputError, nearest
from ..experiments.base import Result, checked
from ..stimulus import Stimulus
from .axis import Axis
from .inference import infer
from .population import of_first
from .readout import Decisions
from .stages import Stage

INF = np.inf
INPUTS = ("static", "poisson", "regular")
PULSES = 100  # of a full pixel until the first layer's deadline
IMAGES = 60
DUTY = 0.1  # share of the time in which a full pixel's row is on (regular pulses)


@dataclass(frozen=True)
class EventInputs(Result):
    """Decisions on pulsed rows, of the first chip's arrays and nominal neurons, for the first images. F faults, S shares.

    kind       poisson or regular;  rate: Hz of a full pixel;  width: s of a pulse;  duty: rate x width, the share of the
               time in which a full pixel's row is on (Poisson: with 5 % more pulses, as those that overlap are one)
    accuracy   (F, S);  static_accuracy: (F, S) the same chip, neurons and images with constant voltages
    agreement  (F, S) share of images of one class with pulses and with constant voltages;  undecided: (F, S) with pulses
    pulses     mean number of row pulses of an image (position) until the deadline
    """

    kind: str
    images: int
    rate: float
    width: float
    duty: float
    accuracy: np.ndarray
    static_accuracy: np.ndarray
    agreement: np.ndarray
    undecided: np.ndarray
    pulses: float


def checked_inputs(kind: str) -> str:
    if kind not in INPUTS:
        raise InputError(f"unknown inputs {kind!r}{nearest(str(kind), INPUTS)}; there are {', '.join(INPUTS)}")
    return kind


def pulsed_inputs(
    stage: Stage, array: Crossbar, subject: Any, rows: np.ndarray, kind: str, seed: int, rate: float
) -> BitlineCurrents:
    """Neuron currents of row shares (n, inputs): pulses of the read voltage whose mean is `DUTY` times the share.

    The mirror's gain is larger by 1 / DUTY, so that a mean current is that of constant voltages; the bias row's current is
    its mean. Mirror and neurons take currents of either sign here, as far as the neuron's own range goes.
    """
    length = stage.deadline
    if kind == "poisson":  # a row is on for 1 - e^(-rate width) of the time
        trains = poisson_trains(-np.log1p(-DUTY * rows) / DUTY, rate, length, seed)
    else:
        trains = regular_trains(rows, rate, length)
    per_row, constant = row_currents(array)
    limits = (float(np.min(getattr(subject, "i_low", -INF))), float(np.max(getattr(subject, "i_high", INF))))
    signals = [pulsed(train, DUTY / rate) for train in trains]
    return BitlineCurrents(
        per_row, signals, length, constant=DUTY * constant, gain=stage.gain / DUTY, bias=stage.bias, limits=limits,
        unit=subject.input_unit, seed=seed,
    )  # fmt: skip


def decide(
    stages: Sequence[Stage], arrays: Sequence[Crossbar], subject: Any, x: np.ndarray, kind: str, seed: int, rate: float
) -> tuple[Decisions, BitlineCurrents]:
    """Decisions on samples x (n, ...), and the currents that the first neurons got."""
    stage = stages[0]
    rows, positions = stage.rows(x)
    stimulus = pulsed_inputs(stage, arrays[0], subject, rows, kind, seed, rate)
    times, counts = answers(subject, stimulus, stage)
    if len(stages) > 1:
        found = counts if stage.count else np.where(np.isfinite(times), stage.deadline / times, 0.0)
        return infer(stages[1:], arrays[1:], 0, stage.passed_on(found, positions)).decisions, stimulus
    return stage.decisions(times, counts), stimulus


def answers(subject: Any, stimulus: Stimulus, stage: Stage) -> tuple[np.ndarray, np.ndarray]:
    """First spikes (s) and counts (n, outputs) until the deadline."""
    trace = checked(subject.simulate(stimulus, stage.deadline, record=()), "pulsed inputs")
    shape = (-1, stage.layer.weights.shape[1])
    return of_first(trace).reshape(shape), trace.spike_counts.reshape(shape)


def event_inputs(
    stages: Sequence[Stage], subject: Any, axes: Sequence[Axis], values: np.ndarray, x: np.ndarray, y: np.ndarray, kind: str,
    seed: int,
) -> EventInputs:  # fmt: skip
    """The first images with pulsed rows at every share of every fault, beside the same with constant voltages."""
    x, y, stages = x[:IMAGES], y[:IMAGES], [stage.matched for stage in stages]
    rate = PULSES / stages[0].deadline
    shape = (len(axes), len(values))
    found = {name: np.zeros(shape) for name in ("accuracy", "static_accuracy", "agreement", "undecided")}
    for f, s in np.ndindex(*shape):
        arrays = [axes[f].applied(stage.crossbar, float(values[s])) for stage in stages]
        pulses, stimulus = decide(stages, arrays, subject, x, kind, seed, rate)
        still = infer(stages, arrays, 0, x).decisions
        found["accuracy"][f, s], found["static_accuracy"][f, s] = pulses.correct(y).mean(), still.correct(y).mean()
        found["agreement"][f, s] = np.mean(pulses.classes == still.classes)
        found["undecided"][f, s] = np.mean(~pulses.decided)
    return EventInputs(kind=kind, images=len(x), rate=rate, width=DUTY / rate, duty=DUTY, pulses=stimulus.pulses, **found)
