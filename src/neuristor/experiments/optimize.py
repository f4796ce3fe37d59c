"""Design: the sizes of transistors that make a metric least while others keep their limits, checked in ngspice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..circuits.netlist import Netlist
from ..errors import InputError
from ..quantities import whole_number
from ..stimulus.spikes import seed_of
from ..trace import plain
from .base import Result
from .design_check import Verification, verify
from .design_limits import Constraint, known_metric, read_limit, told
from .design_metrics import SHIFTS, Bench, Metrics, measured, resized
from .design_runs import NoSpikes
from .design_search import Look, search
from .design_sizes import bench_of, ranges, settings, sizes_of
from .faults import SPACING

Progress = Callable[[float], None]
SEARCH_SHARE = 0.9  # of the time, the rest is the verification
ROOM = 1.3  # a design may be so much slower than the last one before its run is repeated longer
# Unless limits or the goal speak of these: a spike too short to empty the membrane costs little and is none
GUARDS = ("rate=start+-20%", "width>0.5*start")
MOST = 100_000  # samples of ripple: every design runs all of them with their derivatives
TOUCHES = 2e-3  # a limit or bound that is nearer than this is active


@dataclass(frozen=True)
class Evaluation:
    """One design on the way: sizes (m), metrics (empty with a `note` if it cannot be measured), excess over the limits."""

    sizes: tuple[float, ...]
    metrics: dict[str, float]
    excess: float
    note: str = ""


@dataclass(frozen=True)
class Optimization(Result):
    """The best design found, and how it was found.

    names                   the sizes, "m4.l"; start, best, low, high: (n,) m
    before, after           metric -> SI value (shifts as fractions) at the start and of the best design
    gain                    minimised metric before over after
    limits, active          what had to hold, and which of it the best design touches, bounds included
    sensitivity             metric -> (n,) d ln(metric) / d ln(size) of the best design
    path                    every evaluated design in order
    ended                   why the search ended
    settings                what to set to get the best design: "m4.l" -> m (of netlists also areas and edges, m2 and m)
    verification            the same two designs in ngspice
    """

    subject: str
    minimize: str
    names: tuple[str, ...]
    start: np.ndarray
    best: np.ndarray
    low: np.ndarray
    high: np.ndarray
    before: dict[str, float]
    after: dict[str, float]
    gain: float
    limits: tuple[str, ...]
    active: tuple[str, ...]
    sensitivity: dict[str, np.ndarray]
    path: tuple[Evaluation, ...]
    ended: str
    settings: dict[str, float]
    verification: Verification
    current: float
    fault: str
    amplitude: float
    samples: int
    spikes: int
    seed: int

    @property
    def words(self) -> list[str]:
        """The settings as words of `--set`: "m4.l=1u"."""
        return [f"{name}={value:.6g}" for name, value in self.settings.items()]

    def to_json_dict(self) -> dict[str, Any]:
        difference = {} if self.verification.note else {"difference": self.verification.difference}
        told = plain(asdict(self))
        return {**told, "words": self.words, "verification": {**told["verification"], **difference}}


def optimize(
    subject: Any,
    minimize: str = "energy",
    subject_to: str | Sequence[str] = ("shift_index<2%",),
    vary: str | Sequence[str] = ("m4.l", "m5.w"),
    *,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    current: Any = None,
    fault: str = "combined",
    amplitude: float = 0.10,
    samples: int = 32,
    spikes: int = 5,
    spacing: Any = SPACING,
    seed: int = 0,
    guards: str | Sequence[str] = GUARDS,
    verify_with: str = "ngspice",
    evaluations: int = 60,
    progress: Progress | None = None,
) -> Optimization:
    """Sizes of a circuit neuron that make `minimize` least under the limits.

    minimize    energy (of a spike), power, width, area, interval, rate, shift_index (root mean square of the samples),
                shift_mean or shift_max (largest of the samples)
    subject_to  "shift_index<2%", "rate>1kHz", "width<5ns", "area<50um2", "energy<0.5*start", "rate=start+-5%"
    vary        widths and lengths of transistors: "m4.l", "xinv1.mp.w"; areas of source and drain follow the width
    bounds      name -> (lowest, highest), m or text (default: 1 to 10 times the drawn length, 0.5 to 10 times the width)
    current     constant input (default: the circuit's own)
    fault, amplitude, samples, spacing, seed   the ripple of the shift index, the same for all designs
    spikes      that are looked at;  verify_with: "ngspice" or "";  evaluations: at most so many designs
    guards      limits of metrics that `subject_to` and `minimize` do not name (rate and interval are one); () for none

    Texts may hold several parts, separated by commas.

    The search follows gradients from the given sizes, so it finds the best design near them, not the best of all.
    InputError for what cannot be varied or limited, a circuit that does not spike, or limits that no design met.
    """
    bench = bench_of(subject, current, fault, amplitude, samples, spikes, spacing, seed_of(seed))
    whole_number(evaluations, "optimize: evaluations")
    if samples > MOST:
        raise InputError(f"optimize: samples = {samples} are too many for every design: take at most {MOST}")
    goal, limits = known_metric(minimize, "minimize"), with_guards(several(subject_to), several(guards), minimize)
    names = sizes_of(bench.subject.netlist, several(vary))
    low, start, high = ranges(bench.subject.netlist, names, bounds or {})
    if verify_with not in ("", "ngspice"):
        raise InputError(f"verify_with={verify_with!r}: a design is verified with 'ngspice', or '' for no verification")
    designs = Designs(bench, names, goal, limits)
    first = designs.begin(start)
    edges = np.log(low), np.log(high)
    x, found, ended = search(designs.look, np.log(start), *edges, evaluations, share(progress, 0.0, SEARCH_SHARE))
    best = np.clip(np.where(np.abs(x - np.log(start)) < 1e-12, start, np.exp(x)), low, high)
    require_kept(designs.limits, designs.metrics_of(found))
    before = designs.with_shift(start, first)
    after = designs.with_shift(best, designs.metrics_of(found))
    netlists = designs.at(start), designs.at(best)
    checked = verify(bench, netlists, (before, after), verify_with, share(progress, SEARCH_SHARE, 1.0))
    return outcome(designs, (low, start, best, high), before, after, ended, settings(subject, netlists[1], names), checked)


def outcome(
    designs: Designs, sizes: tuple[np.ndarray, ...], before: Metrics, after: Metrics, ended: str,
    words: dict[str, float], checked: Verification,
) -> Optimization:  # fmt: skip
    """The result of a search; sizes: lowest, drawn, best and highest."""
    low, start, best, high = sizes
    bench, names, goal = designs.bench, designs.names, designs.goal
    return Optimization(
        subject=bench.subject.name,
        minimize=goal,
        names=tuple(names),
        start=start,
        best=best,
        low=low,
        high=high,
        before=before.values,
        after=after.values,
        gain=before.values[goal] / after.values[goal],
        limits=tuple(str(k) for k in designs.limits),
        active=(*touched(designs.limits, after), *at_bounds(names, best, low, high)),
        sensitivity={k: after.slopes[k] / v for k, v in after.values.items() if v},
        path=tuple(designs.path),
        ended=ended,
        settings=words,
        verification=checked,
        current=bench.current,
        fault=bench.fault,
        amplitude=bench.amplitude,
        samples=bench.samples,
        spikes=bench.spikes,
        seed=bench.seed,
    )


class Designs:
    """The designs of one search: measures each once and says what it means for goal and limits."""

    def __init__(self, bench: Bench, names: Sequence[str], goal: str, limits: Sequence[Constraint]) -> None:
        self.bench, self.names, self.goal, self.limits = bench, list(names), goal, list(limits)
        self.ripple = any(name in SHIFTS for name in (goal, *(k.metric for k in limits)))
        self.path: list[Evaluation] = []
        self.length = (bench.spikes + 2) * bench.subject.scales().time
        self.scale = 1.0  # the goal at the start
        self.last: tuple[np.ndarray, Look] | None = None

    def at(self, sizes: np.ndarray) -> Netlist:
        return resized(self.bench.subject.netlist, dict(zip(self.names, sizes, strict=True)))

    def begin(self, start: np.ndarray) -> Metrics:
        """Measure the start, which "start" in limits means; InputError if that is impossible."""
        try:
            m = self.measure(start, self.ripple)
        except NoSpikes as error:
            raise InputError(f"{self.bench.subject.name} cannot be the start of a search: {error}") from None
        self.limits = [k.fixed(m.values) for k in self.limits]
        self.scale = m.values[self.goal]
        self.last = np.log(start), self.judged(start, m)
        return m

    def measure(self, sizes: np.ndarray, ripple: bool) -> Metrics:
        m = measured(self.bench, self.at(sizes), self.names, self.length, ripple)
        self.length = ROOM * (m.first + (self.bench.spikes + 0.5) * m.values["interval"])
        return m

    def look(self, x: np.ndarray) -> Look | None:
        """The design of these ln(size), None where it cannot be measured."""
        if self.last is not None and np.array_equal(x, self.last[0]):
            return self.last[1]
        sizes = np.exp(x)
        try:
            return self.judged(sizes, self.measure(sizes, self.ripple))
        except NoSpikes as error:
            self.path.append(Evaluation(tuple(sizes), {}, float("nan"), str(error)))
            return None

    def judged(self, sizes: np.ndarray, m: Metrics) -> Look:
        parts = [k.excess(m) for k in self.limits]
        goals, slopes = Constraint(self.goal, "<", self.scale).excess(m)
        empty = np.zeros((0, len(self.names)))
        found = Look(
            goals,
            slopes,
            np.concatenate([np.zeros(0), *(v for v, _ in parts)]),
            np.vstack([empty, *(s for _, s in parts)]),
            m,
        )
        self.path.append(Evaluation(tuple(sizes), dict(m.values), found.excess))
        return found

    @staticmethod
    def metrics_of(look: Look) -> Metrics:
        assert isinstance(look.what, Metrics)
        return look.what

    def with_shift(self, sizes: np.ndarray, m: Metrics) -> Metrics:
        """All metrics of a design, where the search did without the ripple; without the shift where that loses spikes."""
        if self.ripple:
            return m
        try:
            return self.measure(sizes, ripple=True)
        except NoSpikes:
            return m


def several(words: str | Sequence[str]) -> list[str]:
    """All parts of words that may hold several, separated by commas."""
    given = [words] if isinstance(words, str) else words
    return [part.strip() for word in given for part in word.split(",") if part.strip()]


def with_guards(texts: Sequence[str], guards: Sequence[str], goal: str) -> list[Constraint]:
    """The limits, and those guards whose metric neither they nor the goal name."""
    limits = [read_limit(text) for text in texts]
    named = {"rate" if name == "interval" else name for name in (goal.lower(), *(k.metric for k in limits))}
    return [*limits, *(k for k in map(read_limit, guards) if k.metric not in named)]


def share(progress: Progress | None, first: float, last: float) -> Progress | None:
    """Progress of a part of the work as that of the whole."""
    if progress is None:
        return None
    return lambda fraction: progress(first + fraction * (last - first))


def require_kept(limits: Sequence[Constraint], m: Metrics) -> None:
    """InputError with the limits that the best design exceeds, and by how much."""
    missed = [k for k in limits if np.max(k.excess(m)[0]) > 1e-9]
    if missed:
        where = "; ".join(f"{k}, where the nearest has {told(k.metric, m.values[k.metric])}" for k in missed)
        raise InputError(f"no sizes within their bounds were found that keep {where}")


def touched(limits: Sequence[Constraint], m: Metrics) -> list[str]:
    """The limits that hold a design back."""
    return [str(k) for k in limits if np.max(k.excess(m)[0]) > -TOUCHES]


def at_bounds(names: Sequence[str], best: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[str]:
    """The sizes that stand at a bound, in words."""
    found = []
    for name, x, a, b in zip(names, best, low, high, strict=True):
        for edge, word in ((a, "lowest"), (b, "highest")):
            if abs(x / edge - 1) < TOUCHES:
                found.append(f"{name} at its {word}, {1e6 * edge:.4g} um")
    return found
