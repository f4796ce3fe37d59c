"""Samples through one chip: arrays, mirrors, neurons, decision, and the energy that went into it by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.crossbar import Crossbar
from .readout import Decisions, by_first_spike, by_rate
from .stages import PATCH_NUMBERS, Stage


@dataclass(frozen=True)
class Inference:
    """What the last stage gave for n samples.

    currents   (n, classes) A from the array;  neuron: (n, classes) A into the neurons;  times: (n, classes) s of first
               spikes, inf after the deadline
    energy     part -> (n,) J up to the decision
    """

    currents: np.ndarray
    neuron: np.ndarray
    times: np.ndarray
    decisions: Decisions
    energy: dict[str, np.ndarray]


def infer(stages: Sequence[Stage], arrays: Sequence[Crossbar], chip: int, x: np.ndarray) -> Inference:
    """All samples x (n, ...), in pieces that fit into memory; read noise goes on from piece to piece."""
    noise = [array.drawn("read") for array in arrays]
    largest = max(stage.layer.patches(np.zeros((1, *stage.shape))).size for stage in stages)
    size = max(1, PATCH_NUMBERS // largest)
    return joined([infer_piece(stages, arrays, noise, chip, x[a : a + size]) for a in range(0, len(x), size)])


def infer_piece(
    stages: Sequence[Stage], arrays: Sequence[Crossbar], noise: Sequence[np.random.Generator], chip: int, x: np.ndarray
) -> Inference:
    energy: dict[str, np.ndarray] = {}
    for stage, array, drawn in zip(stages[:-1], arrays[:-1], noise[:-1], strict=True):
        rows, positions = stage.rows(x)
        i = stage.neuron_currents(array.currents(rows, drawn))
        energy[f"array, {stage.label}"] = stage.deadline * array.power(rows).reshape(-1, positions).sum(axis=1)
        spent = stage.energy.over_window(i).reshape(len(x), -1)
        energy[f"neurons, {stage.label}"] = spent.sum(axis=1)
        x = stage.passed_on(stage.answers(i, chip), positions)
    stage, array = stages[-1], arrays[-1]
    rows, _ = stage.rows(x)
    currents = array.currents(rows, noise[-1])
    return decided(stage, chip, currents, array.power(rows), energy)


def decided(stage: Stage, chip: int, currents: np.ndarray, power: np.ndarray, energy: dict[str, np.ndarray]) -> Inference:
    """The decision of the last neurons, and what they and the array spend until then."""
    i = stage.neuron_currents(currents)
    times = stage.latency.times(i, stage.which(chip))
    if stage.count is None:
        decisions = by_first_spike(times, stage.deadline)
        spent = up_to_decision(stage, i, decisions)
    else:
        decisions = by_rate(stage.answers(i, chip), stage.deadline)
        spent = stage.energy.over_window(i).sum(axis=1)
    parts = {f"array, {stage.label}": power * decisions.times, f"neurons, {stage.label}": spent}
    return Inference(currents, i, times, decisions, {**energy, **parts})


def up_to_decision(stage: Stage, i: np.ndarray, decisions: Decisions) -> np.ndarray:
    """(n,) J of all neurons, the winner's with its spike."""
    own = np.minimum(stage.first.times(i), stage.deadline)
    spent = stage.energy.up_to(i, decisions.times[:, None] / own)
    rows = np.flatnonzero(decisions.decided)
    winner = decisions.classes[rows]
    spent[rows, winner] = stage.energy.of_first_spike(i[rows, winner])
    return spent.sum(axis=1)


def joined(pieces: Sequence[Inference]) -> Inference:
    if len(pieces) == 1:
        return pieces[0]
    currents, neuron, times = (
        np.concatenate([getattr(p, name) for p in pieces]) for name in ("currents", "neuron", "times")
    )
    classes, known = (np.concatenate([getattr(p.decisions, name) for p in pieces]) for name in ("classes", "times"))
    energy = {part: np.concatenate([p.energy[part] for p in pieces]) for part in pieces[0].energy}
    return Inference(currents, neuron, times, Decisions(classes, known), energy)
