"""From spikes or voltages on the word lines to the currents of the bit lines: piecewise constant, changing only at events.

An array of linear cells and wires adds up: output j carries sum_i a_ij u_i(t) + c_j, where u_i is the voltage of row i as a
share of the read voltage, a_ij the current that row i alone at the full read voltage gives, and c_j that of the bias row.
A current mirror hands it to a neuron: i_j = gain x (...) + bias, kept within `limits` (what mirror and neuron take).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ..errors import InputError
from ..quantities import show
from ..stimulus import Segments, Stimulus
from ..stimulus.base import many_tables, rows_at, seconds
from ..stimulus.spikes import frequency, lane_generator, seed_of

INF = np.inf
Train = Sequence[np.ndarray]  # spike times (s) of every row


@dataclass(frozen=True)
class RowSignal:
    """Voltages of all rows of one sample, as shares of the read voltage.

    times   (n,) s, rising, the first is 0: where a row changes;  shares: (n, rows), held until the next time
    """

    times: np.ndarray
    shares: Any  # an array, or SciPy's sparse one


def row_currents(crossbar: Any) -> tuple[np.ndarray, np.ndarray]:
    """(inputs, outputs) A of each row alone at the read voltage, and (outputs,) A of the bias row; of a Crossbar."""
    inputs = len(crossbar.weights)
    constant = crossbar.currents(np.zeros((1, inputs)))[0]
    return crossbar.currents(np.eye(inputs)) - constant, constant


def pulsed(train: Train, width: Any) -> RowSignal:
    """Every spike switches its row to the read voltage for `width` (s); overlapping pulses of one row are one."""
    width = seconds(width, "pulses: width", positive=True)
    spans = [on_times(np.asarray(times, dtype=float), width) for times in train]
    count = [len(s) for s in spans]
    edges = np.concatenate([*spans, np.empty((0, 2))])
    row = np.repeat(np.arange(len(spans)), count)
    times = np.union1d([0.0], edges)
    first, last = np.searchsorted(times, edges[:, 0]), np.searchsorted(times, edges[:, 1])
    length = last - first
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    at = np.repeat(first, length) + within
    on = csr_array((np.ones(len(at)), (at, np.repeat(row, length))), shape=(len(times), len(spans)))
    return RowSignal(times, on)


def on_times(starts: np.ndarray, width: float) -> np.ndarray:
    """(n, 2) beginning and end of the times in which a row is on: pulses that overlap or touch are one."""
    if len(starts) == 0:
        return np.empty((0, 2))
    starts = np.sort(starts)
    opens = np.append(True, starts[1:] > starts[:-1] + width)
    closes = np.append(opens[1:], True)
    return np.column_stack([starts[opens], starts[closes] + width])


def sampled(times: Any, shares: Any) -> RowSignal:
    """Rows held at sampled voltages: times (n,) s from 0 on, shares (n, rows) of the read voltage."""
    try:
        at, held = np.asarray(times, dtype=float), np.asarray(shares, dtype=float)
    except (TypeError, ValueError):
        raise InputError("row voltages: times and voltages must be numbers, (n,) and (n, rows)") from None
    if at.ndim != 1 or held.ndim != 2 or len(at) != len(held):
        raise InputError(f"row voltages: {at.shape} times and {held.shape} voltages; give (n,) times and (n, rows) voltages")
    if not np.all(np.isfinite(held)):
        raise InputError("row voltages: every voltage must be a finite number")
    if at[0] != 0 or np.any(np.diff(at) <= 0):
        raise InputError("row voltages: times must begin at 0 and rise")
    return RowSignal(at, held)


def dense(shares: Any) -> np.ndarray:
    return shares.toarray() if hasattr(shares, "toarray") else shares


def relative_rates(x: Any, told: str) -> np.ndarray:
    """Rates of the rows (samples, rows) over the highest; InputError unless zero or more."""
    rates = np.asarray(x, dtype=float)
    if rates.ndim != 2 or not np.all((rates >= 0) & (rates < INF)):
        raise InputError(f"{told}: rates (samples, rows) of zero or more are needed")
    return rates


def regular_trains(x: np.ndarray, rate: Any, duration: Any) -> list[Train]:
    """Spikes of every row at `rate` times x, a whole number of periods from 0: x (samples, rows) -> trains."""
    highest, length = frequency(rate, "regular inputs"), seconds(duration, "regular inputs: duration", positive=True)
    with np.errstate(divide="ignore"):
        period = 1 / (highest * relative_rates(x, "regular inputs"))
    return [[np.arange(0.0, length, p) if p < INF else np.empty(0) for p in sample] for sample in period]


def poisson_trains(x: np.ndarray, rate: Any, duration: Any, seed: int = 0) -> list[Train]:
    """Poisson spikes of every row at `rate` times x (samples, rows); a sample's depend on the seed and its number alone."""
    highest, length = frequency(rate, "Poisson inputs"), seconds(duration, "Poisson inputs: duration", positive=True)
    found: list[Train] = []
    for k, sample in enumerate(relative_rates(x, "Poisson inputs")):
        rng = lane_generator(seed_of(seed), k)
        found.append([np.sort(rng.uniform(0.0, length, n)) for n in rng.poisson(highest * length * sample)])
    return found


class BitlineCurrents(Stimulus):
    """The neurons' input currents while rows switch. Lane = sample x outputs + output; tables hold changes only.

    per_row    (rows, outputs) A, constant (outputs,) A: of `row_currents`
    signals    one RowSignal a sample;  duration: s
    gain, bias, limits  of the mirror between bit line and neuron (1, A, A)

    Without limits that bind, the charge of a lane is exactly gain x sum_i a_ij (time that row i is on) + what is constant.
    """

    def __init__(
        self, per_row: Any, signals: Iterable[RowSignal], duration: Any, *, constant: Any = 0.0, gain: float = 1.0,
        bias: float = 0.0, limits: tuple[float, float] = (-INF, INF), unit: str = "A", seed: int | None = None,
    ) -> None:  # fmt: skip
        self.per_row = np.asarray(per_row, dtype=float)
        self.signals = list(signals)
        rows, self.outputs = self.per_row.shape
        for k, signal in enumerate(self.signals):
            if signal.shares.shape[1] != rows:
                raise InputError(f"row signals: sample {k} has {signal.shares.shape[1]} rows, but the array has {rows}")
        if not self.signals:
            raise InputError("row signals: give at least one sample")
        self.constant = np.broadcast_to(np.asarray(constant, dtype=float), self.outputs)
        self.gain, self.bias, self.limits = gain, bias, limits
        self.duration = seconds(duration, "bitline currents: duration", positive=True)
        self.unit, self.seed, self.lanes = unit, seed, len(self.signals) * self.outputs

    @property
    def pulses(self) -> float:
        """Mean number of times that a sample switches a row on."""
        starts = sum(float(np.maximum(np.diff(dense(s.shares), axis=0, prepend=0.0), 0.0).sum()) for s in self.signals)
        return starts / len(self.signals)

    def levels(self, sample: int) -> tuple[np.ndarray, np.ndarray]:
        """Times (n,) s and neuron currents (n, outputs) A of one sample."""
        signal = self.signals[sample]
        currents = self.gain * (signal.shares @ self.per_row + self.constant) + self.bias
        return signal.times, np.clip(currents, *self.limits)

    def segments(self, lanes: range) -> Segments:
        tables = []
        for sample in range(lanes.start // self.outputs, -(-lanes.stop // self.outputs)):
            times, levels = self.levels(sample)
            start = sample * self.outputs
            for j in range(max(lanes.start - start, 0), min(lanes.stop - start, self.outputs)):
                kept = np.append(True, levels[1:, j] != levels[:-1, j])
                tables.append(rows_at(times[kept], c0=levels[kept, j]))
        return many_tables(tables)

    def describe(self) -> str:
        told = f"{len(self.signals)} samples on {self.outputs} bit lines of {len(self.per_row)} rows"
        return f"{told}, {show(self.duration or 0.0, 's')} long"
