"""The inputs of a fluctuation experiment and how long it runs: what `fluctuation` simulates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError, nearest
from ..quantities import number_list, show, whole_number
from ..stimulus import Fluctuated, Step, Stimulus
from ..stimulus.base import seconds
from ..stimulus.fluctuated import affordable
from ..subject import Subject
from ..trace import Trace
from .base import checked
from .column import Column
from .diagnosis import why_silent
from .faults import DIRECTIONS, SIGNS, SPACING, check_fault
from .inputs import firing_input

SHAPES = ("ripple", "constant", "column")
NODES = 40  # of the ripple in one interval of an equation neuron, as 20 us makes of 0.85 ms
LONGEST = 4.0  # times the fault-free time: a spike later than this is lost
MARGIN = 1.05  # of the run after the last spike expected
DOUBLINGS = 12


def checked_names(fault: str, shape: str) -> None:
    """InputError for a fault or a shape that there is not."""
    check_fault(fault, "fluctuation")
    if shape not in SHAPES:
        raise InputError(f"fluctuation: unknown shape {shape!r}{nearest(str(shape), SHAPES)}; there are {', '.join(SHAPES)}")


def amplitudes(value: Any) -> np.ndarray:
    """One or several amplitudes as shares of one."""
    found = number_list(value, "1", "fluctuation: amplitude") if np.size(value) else np.zeros(0)
    if not len(found) or not np.all((found >= 0) & (found < 1)):
        raise InputError(f"fluctuation: amplitudes lie between 0 and 1 (10 % is 0.1), not {value!r}")
    return found


def number_of_samples(samples: Any, fault: str, shape: str) -> int:
    """The samples asked for; of shape "constant" one for each direction."""
    count = whole_number(samples, "fluctuation: samples")
    return len(DIRECTIONS[fault]) if shape == "constant" else count


def level_of(subject: Subject, current: Any) -> float:
    """The fault-free input: as given, a circuit's typical one, or twice rheobase; not zero."""
    level = firing_input(subject, current, "fluctuation")
    if level == 0:
        raise InputError(f"fluctuation: an input of 0 {subject.input_unit} has nothing that could fluctuate: give a current")
    return level


def spacing_of(spacing: Any, subject: Subject, interval: float) -> float:
    """Between the nodes of the ripple (s): as given, or by the kind of the subject."""
    if spacing is not None:
        return seconds(spacing, "fluctuation: the spacing of the nodes", positive=True)
    return SPACING if isinstance(subject, CircuitNeuron) else interval / NODES


def rippled(base: Step, fault: str, shares: np.ndarray, count: int, gap: float, seed: int, length: float) -> list[Stimulus]:
    """`count` ripples of every amplitude, one lane without ripple for amplitude 0."""
    affordable(count, int(np.count_nonzero(shares)), length, gap)
    return [Fluctuated(base, x, gap, SIGNS[fault], seed, count if x else 1, length) for x in shares]


def changed(base: Step, shares: np.ndarray, factors: np.ndarray) -> list[Stimulus]:
    """Constant inputs changed by `factors` (amplitudes, samples), one lane without a change for amplitude 0."""
    return [Step(base.level * f, unit=base.unit) if x else base for x, f in zip(shares, factors, strict=True)]


def lowest_level(fault: str, shares: np.ndarray, array: Column | None) -> float:
    """The least constant factor of the current that a sample is expected to see."""
    if array:
        return min(array.lowest(fault, float(x)) for x in shares)
    return 1.0 if fault == "stuck_lrs" else float(1 - shares.max())


def run_length(subject: Subject, base: Step, lowest: float, spikes: int) -> tuple[float, float]:
    """How long to run, and the fault-free time of the last spike wanted (s).

    A sample is expected to be no slower than a constant input of `lowest` times the fault-free one, but not waited for
    longer than LONGEST times the fault-free time.
    """
    both = Step(base.level * np.array([1.0, lowest]), unit=base.unit)
    length = (spikes + 1) * subject.scales().time
    for _ in range(DOUBLINGS):
        trace = checked(subject.simulate(both, length, record=()), "fluctuation")
        last, slow = first_spikes(trace, spikes)[:, -1]
        if np.isfinite(slow) or length >= LONGEST * last:
            expected = max(last, slow) if np.isfinite(slow) else np.inf
            return float(min(MARGIN * expected, LONGEST * last)), float(last)
        length *= 2
    told = f"{base.told()} within {show(length / 2, 's')}"
    why = why_silent(subject, float(base.level))
    raise InputError(f"fluctuation: {subject.name} does not fire {spikes} spikes at {told}: {why}")


def constant_factors(fault: str, shares: np.ndarray) -> np.ndarray:
    """(amplitudes, 1 or 2) factors of the current: all of the amplitude, up, down, or up and down."""
    return 1 + shares[:, None] * np.array(DIRECTIONS[fault])


def first_spikes(trace: Trace, count: int) -> np.ndarray:
    """(lanes, count) times of the first spikes, NaN where there are fewer."""
    found = np.full((trace.lanes, count), np.nan)
    for row, times in zip(found, trace.spikes, strict=True):
        row[: min(count, len(times))] = times[:count]
    return found


def told_failures(trace: Trace, parts: Sequence[Stimulus], shares: np.ndarray) -> list[str]:
    """What stopped early, by amplitude and sample."""
    starts = np.cumsum([0, *(p.lanes for p in parts)])
    told = []
    for failure in trace.failures:
        k = int(np.searchsorted(starts, failure.lane, side="right")) - 1
        where = f"amplitude {100 * shares[k]:g} %, sample {failure.lane - starts[k]}"
        told.append(f"{where} stopped at {show(failure.time, 's')}: {failure.reason}")
    return told
