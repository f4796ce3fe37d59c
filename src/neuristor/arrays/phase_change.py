"""Phase-change cells as measured on an array of a million: errors of programming, drift and read noise by conductance.

g is the conductance over that at full range, g_on; ln is the natural logarithm.

    sigma_prog = max(-1.1731 g^2 + 1.9650 g + 0.2635, 0) uS at g_on = 25 uS, in proportion at another range
    nu normal with mean min(max(-0.0155 ln g + 0.0244, 0.049), 0.1) and
                   standard deviation min(max(-0.0125 ln g - 0.0059, 0.008), 0.045)
    sigma_read / G = min(0.0088 / g^0.65, 0.2) sqrt(ln((t + t_read) / (2 t_read))),  t_read = 250 ns

Source: Nandakumar et al., ICECS 2019, 727, after measurements of Joshi et al., Nature Communications 11 (2020) 2473; the
numbers as in the documentation of IBM's aihwkit ("Inference and PCM statistical model"). There nu and the read noise go
by the wanted conductance, here by the programmed one, and |nu| is taken. Valid: differential pairs whose low end is a
conductance of zero, read from 20 s after programming on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .cell import Cell
from .programming import Programming
from .retention import PowerLawDrift
from .variation import Variation

G_MEASURED = 25e-6  # S, full range of the cells measured
PROGRAMMING = (0.2635e-6, 1.9650e-6, -1.1731e-6)  # S, by powers of g
T_READ = 250e-9  # s, pulse of a read
SMALLEST = 1e-7  # g below which the logarithm stands still


def phase_change(time: Any = "20 s") -> dict[str, Any]:
    """Options of a Crossbar of such cells, `time` after programming: `Crossbar(weights, **phase_change("60 min"))`."""
    return {
        "cell": Cell(1.0 / G_MEASURED, np.inf),
        "programming": PhaseChangeProgramming(),
        "retention": PhaseChangeDrift(t0="20 s"),
        "variation": PhaseChangeNoise(),
        "time": time,
    }


class PhaseChangeProgramming(Programming):
    """Normal error of iterative programming, by conductance."""

    def error_of(self, targets: np.ndarray, cell: Cell) -> np.ndarray:
        size = np.polynomial.polynomial.polyval(targets / cell.g_on, PROGRAMMING)
        return np.maximum(size, 0.0) * cell.g_on / G_MEASURED

    def describe(self) -> str:
        return "error of phase-change cells, by conductance"


class PhaseChangeDrift(PowerLawDrift):
    """Drift exponents by conductance; the fields nu and sigma_nu have no effect."""

    def exponents(self, g: np.ndarray, cell: Cell, rng: np.random.Generator) -> np.ndarray:
        log = np.log(np.maximum(g / cell.g_on, SMALLEST))
        mean, sigma = np.clip(-0.0155 * log + 0.0244, 0.049, 0.1), np.clip(-0.0125 * log - 0.0059, 0.008, 0.045)
        return np.abs(mean + sigma * rng.standard_normal(g.shape))

    def describe(self) -> str:
        return "drift of phase-change cells, by conductance"


@dataclass(frozen=True)
class PhaseChangeNoise(Variation):
    """1/f noise integrated up to the time of the read, beside what the fields of a Variation say (read_noise apart)."""

    @property
    def reads_noisily(self) -> bool:
        return True

    def read_noise_of(self, g: np.ndarray, cell: Cell, time: float) -> np.ndarray:
        share = np.maximum(g / cell.g_on, SMALLEST)
        growth = np.sqrt(np.log((max(time, T_READ) + T_READ) / (2.0 * T_READ)))
        return np.minimum(0.0088 / share**0.65, 0.2) * growth

    def describe(self) -> str:
        return f"{super().describe()}, read noise of phase-change cells"
