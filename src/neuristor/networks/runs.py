"""All chips at all shares of all faults: what is kept of every inference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .axis import Axis, check_axis
from .inference import Inference, infer
from .population import Population
from .response import least_firing
from .stages import Settings, Stage

SHARES = ("correct", "argmax", "agreement", "undecided", "missed", "saturated")
LATE = 10.0  # times the deadline: a spike until then was missed, a later one never comes


@dataclass(frozen=True)
class Runs:
    """Axes: F faults, S shares, K chips, n images.

    correct, argmax    (F, S, K) share of images right, by the neurons and by the largest array current
    agreement, undecided, missed, saturated  (F, S, K) shares
    times    (F, S, K, n) s of decision, NaN where undecided
    shift    (F, S, K, n) % of the neuron that decides without the fault, -inf where it does not spike, NaN where none did
    change   (F, S, K, n) relative change of its array current, NaN where that was not positive
    energy   part -> (F, S, K) J, mean of an inference
    picked   neuron currents (decisions, classes) A of decisions drawn at random
    typical  A, median neuron current of the neurons that decide without faults
    """

    correct: np.ndarray
    argmax: np.ndarray
    agreement: np.ndarray
    undecided: np.ndarray
    missed: np.ndarray
    saturated: np.ndarray
    times: np.ndarray
    shift: np.ndarray
    change: np.ndarray
    energy: dict[str, np.ndarray]
    picked: np.ndarray
    typical: float


def run_all(
    stages: Sequence[Stage],
    settings: Settings,
    axes: Sequence[Axis],
    values: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    picks: int,
    progress: Callable[[float], None] | None = None,
) -> Runs:
    """Chip after chip; each first without the fault, which is the reference of its shifts."""
    for axis in axes:
        check_axis(axis, stages[0].crossbar)
    shape = (len(axes), len(values), settings.chips)
    found = {name: np.zeros(shape) for name in SHARES}
    each = {name: np.full((*shape, len(x)), np.nan) for name in ("times", "shift", "change")}
    energy: dict[str, np.ndarray] = {}
    chosen = picked_places((*shape, len(x)), picks, settings.seed)
    picked = np.zeros((picks, stages[-1].layer.weights.shape[1]))
    least, typical = least_late(stages[-1], settings), []
    for chip in range(settings.chips):
        arrays = [stage.crossbar.with_(sample=chip) for stage in stages]
        reference = infer(stages, arrays, chip, x)
        typical.append(deciding(reference, reference.neuron))
        for f, s in np.ndindex(*shape[:2]):
            faulty = [axes[f].applied(a, float(values[s])) for a in arrays]
            same = all(a is b for a, b in zip(arrays, faulty, strict=True))
            one = reference if same else infer(stages, faulty, chip, x)
            for name, number in told(one, y, stages[-1], least).items():
                found[name][f, s, chip] = number
            each["times"][f, s, chip] = np.where(one.decisions.decided, one.decisions.times, np.nan)
            each["shift"][f, s, chip], each["change"][f, s, chip] = moved(reference, one)
            for part, joule in one.energy.items():
                energy.setdefault(part, np.zeros(shape))[f, s, chip] = joule.mean()
            mine = np.flatnonzero(np.all(chosen[:, :3] == (f, s, chip), axis=1))
            picked[mine] = one.neuron[chosen[mine, 3]]
        if progress:
            progress((chip + 1) / settings.chips)
    known = np.concatenate(typical)
    known = known[np.isfinite(known)]
    middle = float(np.median(known)) if len(known) else float("nan")
    return Runs(**found, **each, energy=energy, picked=picked, typical=middle)


def picked_places(shape: tuple[int, ...], picks: int, seed: int) -> np.ndarray:
    """(picks, 4): fault, share, chip and image of decisions drawn at random."""
    rng = np.random.default_rng([seed, 1])
    return np.column_stack([rng.integers(0, n, picks) for n in shape])


def least_late(stage: Stage, settings: Settings) -> float:
    """The least current (A) at which the nominal neuron spikes within LATE deadlines."""
    return float(least_firing(Population(settings.subject), LATE * stage.deadline, stage.high)[0])


def told(one: Inference, y: np.ndarray, stage: Stage, least: float) -> dict[str, float]:
    """Shares of the images."""
    decided, best = one.decisions.decided, np.argmax(one.currents, axis=1)
    missed = ~decided & (one.neuron.max(axis=1) >= least)
    return {
        "correct": float(np.mean(one.decisions.correct(y))),
        "argmax": float(np.mean(best == y)),
        "agreement": float(np.mean(one.decisions.classes[decided] == best[decided])) if decided.any() else np.nan,
        "undecided": float(np.mean(~decided)),
        "missed": float(np.mean(missed)),
        "saturated": float(np.mean(one.neuron >= stage.high)),
    }


def deciding(one: Inference, values: np.ndarray) -> np.ndarray:
    """(n,) the value (n, classes) of the neuron that decides, NaN where none does."""
    rows = np.arange(len(values))
    return np.where(one.decisions.decided, values[rows, one.decisions.classes], np.nan)


def moved(reference: Inference, one: Inference) -> tuple[np.ndarray, np.ndarray]:
    """(n,) shift index (%) and relative change of the array current, of the neuron that decides in the reference."""
    rows, winner = np.arange(len(one.times)), reference.decisions.classes
    before, after = deciding(reference, reference.times), one.times[rows, winner]
    shift = 100 * (before - after) / before
    was, now = deciding(reference, reference.currents), one.currents[rows, winner]
    was = np.where(was > 0, was, np.nan)  # else the bias current alone made it spike
    return np.where(np.isnan(before), np.nan, shift), (now - was) / was
