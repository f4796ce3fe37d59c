"""Stuck cells in a column of synapses: how far they move the current that the column gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..quantities import one_number, whole_number
from ..stimulus.spikes import lane_generator

LRS, HRS = 1, 0
MOST = 1_000_000  # cells: every sample draws an order of them
SIGMAS = 6.0  # how far out `lowest` looks


@dataclass(frozen=True)
class Column:
    """Cells in parallel on one line, all read at one voltage: the current is proportional to the sum of conductances.

    cells      their number;  on_share: share programmed to the low resistance, exactly round(cells on_share)
    r_on       low resistance (Ohm), conductance 1/r_on;  r_off: high resistance (Ohm). Only their ratio matters here.

    The current of the column without faults counts as one. Wires have no resistance.
    """

    cells: int = 100
    r_on: float = 10e3
    r_off: float = 1e6
    on_share: float = 0.5

    def __post_init__(self) -> None:
        if whole_number(self.cells, "column: cells") > MOST:
            raise InputError(f"column: cells = {self.cells} are too many: take at most {MOST}")
        if not 0 < self.r_on < self.r_off < np.inf:
            raise InputError(f"column: 0 < r_on < r_off must hold, not r_on = {self.r_on:g} and r_off = {self.r_off:g} Ohm")
        if not 0 <= self.on_share <= 1:
            raise InputError(f"column: on_share must lie between 0 and 1, not {self.on_share:g}")

    @property
    def on(self) -> int:
        """Cells programmed to the low resistance; they come first."""
        return round(self.cells * self.on_share)

    def factor(self, on: Any) -> Any:
        """Current with `on` cells at the low resistance, over that without faults; exactly 1 with the programmed number."""
        return (on / self.r_on + (self.cells - on) / self.r_off) / self.factor_unit

    @property
    def factor_unit(self) -> float:
        return self.on / self.r_on + (self.cells - self.on) / self.r_off

    def stuck(self, share: float) -> int:
        """Number of stuck cells: exactly this share of all, rounded."""
        return round(self.cells * share)

    def factors(self, fault: str, shares: Any, samples: int, seed: int) -> np.ndarray:
        """(shares, samples) currents over that without faults.

        Exactly round(share x cells) cells are stuck; which ones is drawn anew for each sample, every set being equally
        likely, and a larger share holds the cells of a smaller one. stuck_lrs: all at r_on; stuck_hrs: all at r_off;
        combined: half each, an odd one by a coin. A sample depends on seed and its own number only.
        """
        on = np.empty((len(shares), samples))
        for k in range(samples):
            rng = lane_generator(seed, k)
            order, coin = rng.permutation(self.cells), int(rng.integers(2))
            state = {"stuck_lrs": np.full(self.cells, LRS), "stuck_hrs": np.full(self.cells, HRS)}.get(fault)
            if state is None:
                state = (np.arange(self.cells) + coin) % 2
            change = np.cumsum(state - (order < self.on))  # of the number of cells at r_on, as more cells are stuck
            counts = [self.stuck(x) for x in shares]
            on[:, k] = [self.on + (change[m - 1] if m else 0) for m in counts]
        return self.factor(on)

    def lowest(self, fault: str, share: float) -> float:
        """A current that hardly a sample falls below: six standard deviations under the mean, or the least possible.

        The cells that stick at the high resistance and were at the low one are hypergeometric in number.
        """
        stuck = self.stuck(share)
        if fault == "stuck_lrs" or stuck == 0:
            return 1.0
        down = stuck if fault == "stuck_hrs" else (stuck + 1) // 2
        n, p = self.cells, self.on / self.cells
        spread = np.sqrt(stuck * p * (1 - p) * (n - stuck) / max(n - 1, 1))
        mean = -stuck * p if fault == "stuck_hrs" else (stuck - down) - stuck * p
        least = max(-min(down, self.on), mean - SIGMAS * spread)
        return float(min(1.0, self.factor(self.on + least)))


def column(cells: Any = 100, r_on: Any = "10 kOhm", r_off: Any = "1 MOhm", on_share: Any = 0.5) -> Column:
    """A Column from numbers or text with unit."""
    low, high = one_number(r_on, "Ohm", "column: r_on"), one_number(r_off, "Ohm", "column: r_off")
    return Column(cells, low, high, one_number(on_share, "1", "column: on_share"))
