"""Tolerance of spike times to a fluctuating input, as synapse devices stuck in one state would give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..quantities import parse, whole_number
from ..stimulus import Step
from ..stimulus.fluctuated import Abreast, affordable
from ..stimulus.spikes import seed_of
from ..subject import Subject
from ..trace import plain
from .base import Result, checked
from .column import Column, column
from .fluctuation_runs import (
    amplitudes,
    changed,
    checked_names,
    constant_factors,
    first_spikes,
    level_of,
    lowest_level,
    number_of_samples,
    rippled,
    run_length,
    spacing_of,
    told_failures,
)
from .inputs import one_lane
from .statistics import Bounded, checked_confidence, coverage, mean_bounds, proportion_bounds, quantile_bounds

if TYPE_CHECKING:
    import xarray

LEVELS = (0.05, 0.50, 0.95)  # quantiles stored


@dataclass(frozen=True)
class Fluctuation(Result):
    """Spike-time shift index, eq. 1 of Shah et al. 2023: 100 (T0 - Tx) / T0 in % for every spike; T from the input's start.

    amplitude  (amplitudes,) ripple amplitude, constant change or share of stuck cells
    reference  (spikes,) spike times without faults (s)
    shift      (amplitudes, samples, spikes) in %; NaN where the spike is lost: not fired before `duration`
    failures   samples whose simulation stopped early, with the reason; their later spikes are lost too
    spacing    between nodes of the ripple (s), else NaN;  column: the cells of shape "column", else None

    Arrays of statistics are (amplitudes, spikes). Where nothing is drawn (`drawn`), there is no spread, no interval and
    no coverage: std, bounds and coverage are NaN there.
    """

    subject: str
    input_unit: str
    current: float
    fault: str
    shape: str
    amplitude: np.ndarray
    reference: np.ndarray
    shift: np.ndarray
    duration: float
    spacing: float
    seed: int
    confidence: float
    column: Column | None = None
    failures: list[str] = field(default_factory=list)

    @property
    def samples(self) -> int:
        return self.shift.shape[1]

    @property
    def drawn(self) -> np.ndarray:
        """(amplitudes,) whether samples were drawn: not of shape "constant", not at amplitude 0 or without a stuck cell."""
        if self.shape == "constant":
            return np.zeros(len(self.amplitude), dtype=bool)
        return np.array([x > 0 and (self.column is None or self.column.stuck(x) > 0) for x in self.amplitude], dtype=bool)

    def only_drawn(self, found: Bounded) -> Bounded:
        """The estimate without bounds where nothing is drawn."""
        drawn = self.drawn.reshape(-1, *[1] * (np.ndim(found.value) - 1))
        return Bounded(found.value, np.where(drawn, found.low, np.nan), np.where(drawn, found.high, np.nan))

    @property
    def lost(self) -> np.ndarray:
        """Number of samples in which a spike did not come before the end of the run."""
        return np.isnan(self.shift).sum(axis=1)

    @property
    def mean(self) -> Bounded:
        """Mean of the spikes that came (see `lost`), with Student's interval."""
        return self.only_drawn(mean_bounds(np.moveaxis(self.shift, 1, 0), self.confidence))

    @property
    def std(self) -> np.ndarray:
        """Standard deviation of the spikes that came, NaN below two and where nothing is drawn."""
        here = ~np.isnan(self.shift)
        n = np.maximum(here.sum(axis=1), 1)
        centre = np.where(here, self.shift, 0.0).sum(axis=1, keepdims=True) / n[:, None]
        squares = np.where(here, (self.shift - centre) ** 2, 0.0).sum(axis=1)
        return np.where((n > 1) & self.drawn[:, None], np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)

    @property
    def largest(self) -> np.ndarray:
        """Largest |shift| of the spikes that came; `coverage` says of how much of the population it is a bound."""
        size = np.where(np.isnan(self.shift), -1.0, np.abs(self.shift)).max(axis=1)
        return np.where(size < 0, np.nan, size)

    @property
    def coverage(self) -> np.ndarray:
        """The share of the population that, with `confidence`, shifts no more than `largest`.

        NaN, no statement, where spikes are lost, whose shift no number bounds, and where nothing is drawn.
        """
        sure = self.drawn[:, None] & (self.lost == 0)
        return np.where(sure, coverage(self.samples, self.confidence), np.nan)

    def quantile(self, p: float) -> Bounded:
        """Quantile of the shift with distribution-free bounds; a lost spike counts as later than all others (-inf)."""
        values = np.where(np.isnan(self.shift), -np.inf, self.shift)
        return self.only_drawn(quantile_bounds(np.moveaxis(values, 1, 0), p, self.confidence))

    def within(self, limit: Any) -> Bounded:
        """The share of samples with |shift| <= limit (in %), with its exact interval; a lost spike is outside."""
        return self.share(self.inside(limit))

    def joint(self, limit: Any) -> Bounded:
        """(amplitudes,) the share of samples all of whose spikes have |shift| <= limit (in %); a lost spike is outside."""
        return self.share(np.all(self.inside(limit), axis=2))

    def inside(self, limit: Any) -> np.ndarray:
        """(amplitudes, samples, spikes) whether |shift| <= limit: a number in %, or "2 %"."""
        bound = parse(limit, "1")
        if np.ndim(bound) or not bound >= 0:
            raise InputError(f"fluctuation: the limit of a shift is one number in %, zero or more, not {limit!r}")
        size = np.abs(np.where(np.isnan(self.shift), np.inf, self.shift))
        return np.asarray(size <= float(bound) * (100 if isinstance(limit, str) and "%" in limit else 1))

    def share(self, kept: np.ndarray) -> Bounded:
        """The share of samples (second axis) that are kept, with Clopper and Pearson's interval."""
        return self.only_drawn(proportion_bounds(kept.sum(axis=1), self.samples, self.confidence))

    def statistics(self) -> dict[str, np.ndarray]:
        """All stored statistics by name, (amplitudes, spikes) each: mean, std, q05, q50, q95, bounds as *_low and *_high."""
        found = {"std": self.std, "largest": self.largest, "lost": self.lost, "coverage": self.coverage}
        for name, b in {"mean": self.mean, **{f"q{100 * p:02.0f}": self.quantile(p) for p in LEVELS}}.items():
            found |= {name: b.value, f"{name}_low": b.low, f"{name}_high": b.high}
        return found

    def to_json_dict(self) -> dict[str, Any]:
        """Settings and statistics; not the shifts of single samples, which `to_xarray` holds."""
        told = plain({k: v for k, v in vars(self).items() if k not in ("shift", "column")})
        made_of = plain(vars(self.column)) if self.column else None
        numbers = plain({**self.statistics(), "samples": self.samples})
        return {**told, "column": made_of, **numbers}

    def to_xarray(self) -> xarray.Dataset:
        import xarray

        per = ("amplitude", "spike")
        data: dict[str, Any] = {"shift": (("amplitude", "sample", "spike"), self.shift, {"units": "%"})}
        data |= {
            name: (per, v, {"units": "1" if name in ("lost", "coverage") else "%"}) for name, v in self.statistics().items()
        }
        data["reference"] = ("spike", self.reference, {"units": "s"})
        names = ("subject", "input_unit", "current", "fault", "shape", "duration", "spacing", "seed", "confidence")
        coords = {"amplitude": self.amplitude, "spike": np.arange(1, len(self.reference) + 1)}
        return xarray.Dataset(data, coords=coords, attrs={k: getattr(self, k) for k in names})


def fluctuation(
    subject: Subject,
    fault: str = "combined",
    amplitude: Any = 0.10,
    *,
    shape: str = "ripple",
    samples: int = 1000,
    current: Any = None,
    spikes: int = 5,
    spacing: Any = None,
    seed: int = 0,
    confidence: float = 0.95,
    cells: int = 100,
    r_on: Any = "10 kOhm",
    r_off: Any = "1 MOhm",
    on_share: Any = 0.5,
    progress: Callable[[float], None] | None = None,
) -> Fluctuation:
    """How far faults of the synapses that feed `subject` move its first spikes.

    fault      stuck_lrs (the current is only raised), stuck_hrs (only lowered), combined (either)
    amplitude  0.1 or "10 %", or a list; every amplitude sees the same random numbers
    shape      ripple: piecewise linear, uniform in 0 .. amplitude at nodes `spacing` apart (`Fluctuated`);
               constant: the whole amplitude all the time, one run (combined: two, raised and lowered); nothing is
               drawn, so `samples` and `seed` do not count and there are no statistics, only shifts;
               column: the share `amplitude` of `cells` cells is stuck, constant in time (see `Column`: on_share of them
               at r_on, the others at r_off; the numbers are chosen, the source gives none)
    current    of the fault-free input; default: a circuit's typical input, twice rheobase of an equation neuron
    spacing    default 20 us for circuits, a fortieth of the mean fault-free interval for equation neurons (chosen)

    The fault-free run is one lane of the same code with the same input; all amplitudes and samples are lanes of one more
    run. It lasts until the slowest sample can be expected to have fired `spikes` times, at most four times the fault-free
    time: what comes later is NaN and counted as lost. A sample's numbers do not depend on how many there are
    (other amplitudes may change the length of the run, and with it a circuit's last digits).

    Raises InputError for arguments that do not fit or take too much memory (see `affordable`), and if the neuron does not
    fire `spikes` times without faults.
    """
    checked_names(fault, shape)
    one_lane(subject, "fluctuation")
    shares, array = amplitudes(amplitude), column(cells, r_on, r_off, on_share) if shape == "column" else None
    wanted, confidence, seed = whole_number(spikes, "fluctuation: spikes"), checked_confidence(confidence), seed_of(seed)
    count = number_of_samples(samples, fault, shape)
    affordable(count, len(shares))
    base = Step(level_of(subject, current), unit=subject.input_unit)
    length, expected = run_length(subject, base, lowest_level(fault, shares, array), wanted)
    gap = spacing_of(spacing, subject, expected / wanted)
    if shape == "ripple":
        parts = rippled(base, fault, shares, count, gap, seed, length)
    else:
        factors = array.factors(fault, shares, count, seed) if array else constant_factors(fault, shares)
        parts = changed(base, shares, factors)
    reference = checked(subject.simulate(base, length, record=()), "fluctuation without faults")
    trace = subject.simulate(Abreast(parts), length, record=(), progress=progress)
    t0 = first_spikes(reference, wanted)[0]
    times = np.split(first_spikes(trace, wanted), np.cumsum([p.lanes for p in parts])[:-1])
    shift = np.array([np.broadcast_to(100 * (t0 - t) / t0, (count, wanted)) for t in times])
    return Fluctuation(
        subject=subject.name, input_unit=subject.input_unit, current=float(base.level), fault=fault, shape=shape,
        amplitude=shares, reference=t0, shift=shift, duration=length, seed=seed, confidence=confidence, column=array,
        spacing=gap if shape == "ripple" else float("nan"), failures=told_failures(trace, parts, shares),
    )  # fmt: skip
