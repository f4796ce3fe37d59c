"""Fitting a memristor model to a user's own sweeps: parameters, how sure they are, and what the model cannot follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..devices.memristor import MMS
from ..devices.memristor.alone import Device
from ..devices.memristor.saved import memristor_toml
from ..errors import InputError
from ..quantities import show
from ..trace import plain, write_whole
from ..version import __version__
from .base import Result
from .memristor_fit_checks import each_alone, errors_of, leave_one_out, nested, within
from .memristor_fit_information import Estimate, Information, Pair, Profile, information, profiles
from .memristor_fit_run import currents, periodic_state, ready
from .memristor_fit_search import Found, Problem, search
from .memristor_fit_space import WHY_HELD, read_model, space
from .sweep_files import Sweep
from .sweep_quality import noise, refuse_resistors, warnings

STABLE = 0.02  # spread of the losses of several seeds up to which the search counts as stable
CONFLICT = 2.0  # ratio of a sweep's error in the joint fit to that alone, from which it is said to conflict
VISIBLE_ERROR = 0.05  # joint error of a sweep below which nothing conflicts
ROOM = 25.0  # C; a fitted temperature further than this from a real one is remarked
START = ("periodic", "free")


@dataclass(frozen=True)
class SweepMisfit:
    """Normalised error of one sweep (rms of model minus measured current over rms of the measured current).

    joint  fitted with all others;  alone  by itself;  held_out  predicted from the others;  noise  of the measurement;
    x0     state at its start
    """

    name: str
    joint: float
    alone: float
    held_out: float
    noise: float
    x0: float


@dataclass(frozen=True)
class MemristorFit(Result):
    """A memristor model fitted to sweeps.

    device     the fitted device, ready to simulate
    currents   of the model under each sweep, A
    error      root of the mean over the sweeps of the squared normalised error;  loss: its square as minimised
    estimates  parameters with 95 % intervals;  correlation  of `keys`;  pairs, profiles  of what is hardly determined
    effective  points that count as independent;  aic, bic  from them (compare only fits of the same sweeps)
    losses     least loss of each seed;  candidates  devices simulated in the global searches
    notes      what to beware of, in sentences
    """

    device: Device
    sweeps: list[Sweep]
    currents: list[np.ndarray]
    errors: list[SweepMisfit]
    loss: float
    estimates: list[Estimate]
    keys: list[str]
    correlation: np.ndarray
    pairs: list[Pair]
    profiles: list[Profile]
    effective: float
    losses: list[float]
    candidates: int
    start: str
    notes: list[str] = field(default_factory=list)

    @property
    def model(self) -> str:
        """The model's word with its options, as of --model."""
        words = [w for key, w in self.device.choices.items() if w != self.device.options[key][0]]
        return ":".join([self.device.name, *words])

    @property
    def error(self) -> float:
        return float(np.sqrt(np.mean([e.joint**2 for e in self.errors])))

    @property
    def stable(self) -> bool:
        """Whether all seeds end within 2 % of the least loss."""
        return max(self.losses) <= (1 + STABLE) * min(self.losses) + 1e-12

    @property
    def free(self) -> int:
        return sum(e.free for e in self.estimates)

    def criteria(self, effective: float | None = None) -> tuple[float, float]:
        """AIC and BIC for this many independent points (default: the fit's own)."""
        n = effective or self.effective
        fit = n * float(np.log(max(self.loss, 1e-300)))
        return fit + 2 * self.free, fit + float(np.log(n)) * self.free

    def verdict(self) -> str:
        """The fit in a sentence."""
        least, most = min(e.joint for e in self.errors), max(e.joint for e in self.errors)
        span = f" ({100 * least:.2g} % to {100 * most:.2g} % a sweep)" if len(self.errors) > 1 else ""
        seeds = len(self.losses)
        agree = (
            f"; {seeds} seeds agree within {100 * (max(self.losses) / max(min(self.losses), 1e-300) - 1):.2g} % of the loss"
        )
        return f"{self.device.title}: {100 * self.error:.3g} % of the rms current{span}{agree if seeds > 1 else ''}"

    def to_json_dict(self) -> dict[str, Any]:
        aic, bic = self.criteria()
        estimates = [{**vars(e), "unit": self.device.params[e.key].unit} for e in self.estimates]
        return plain({
            "model": self.model, "options": self.device.choices, "parameters": self.device.values(), "error": self.error,
            "loss": self.loss, "aic": aic, "bic": bic, "effective_points": self.effective, "start": self.start,
            "estimates": estimates, "keys": self.keys, "correlation": self.correlation,
            "pairs": [vars(p) for p in self.pairs], "profiles": [vars(p) for p in self.profiles],
            "sweeps": [{**vars(e), **facts(s)} for e, s in zip(self.errors, self.sweeps, strict=True)],
            "seed_losses": self.losses, "stable": self.stable, "candidates": self.candidates, "notes": self.notes,
            "verdict": self.verdict(),
        })  # fmt: skip

    def save(self, path: str | Path) -> Path:
        """Write the fitted device as TOML; `devices.memristor.saved.load_memristor` reads it back."""
        path = Path(path)
        write_whole(path, lambda part: part.write_text(self.toml(path.stem), encoding="utf-8"))
        return path

    def toml(self, name: str) -> str:
        """The file's text."""
        sure = {e.key: interval_text(e, self.device.params[e.key].unit) for e in self.estimates}
        told = {
            "version": __version__, "verdict": self.verdict(), "files": [f for s in self.sweeps for f in s.files],
            "notes": self.notes, "errors": {e.name: e.joint for e in self.errors},
            "initial_states": {e.name: e.x0 for e in self.errors},
        }  # fmt: skip
        return memristor_toml(self.device, name, told, sure)


def facts(sweep: Sweep) -> dict[str, Any]:
    return {
        "files": list(sweep.files), "frequency": sweep.frequency, "series": sweep.series, "cycles": sweep.cycles,
        "amplitude": 0.5 * float(np.ptp(sweep.voltage)), "points": len(sweep.time),
    }  # fmt: skip


def value_text(key: str, value: float, unit: str) -> str:
    """A parameter's value with its unit."""
    return f"{value:.4g} C" if key == "temperature" else show(value, unit)


def interval_text(e: Estimate, unit: str) -> str:
    """How sure a parameter is, in words."""
    if not e.free:
        return "fixed"
    if e.bound:
        return f"at the {e.bound} end of the range searched"
    if not e.determined:
        return "not determined by these data"
    return f"95 %: {value_text(e.key, e.low, unit)} to {value_text(e.key, e.high, unit)}"


def fit_memristor(
    sweeps: Sequence[Sweep],
    model: str = "mms",
    *,
    fixed: Mapping[str, Any] | None = None,
    start: str = "periodic",
    robust: bool = False,
    seeds: int = 3,
    seed: int = 0,
    generations: int = 40,
    checks: bool = True,
    progress: Callable[[float], None] | None = None,
) -> MemristorFit:
    """Fit a model to one or several sweeps at once.

    sweeps       of `read_sweeps`; the source voltage behind the series resistor drives the device where it is known
    model        mms, gmms, vteam, yakopcic; with words of its options: "vteam:exponential"
    fixed        parameters that keep a value, e.g. {"temperature": 25}
    start        "periodic": every sweep had been repeated for long, x at its start follows from the parameters;
                 "free": x at the start of every sweep is fitted
    robust       large residuals count linearly (soft l1 from 10 % of the rms current)
    seeds        global searches, from `seed` on; generations  of each at most, more for a model of
                 more than six free parameters
    checks       held-out errors, each sweep alone, and profiles

    What is minimised is the mean over the sweeps of the squared normalised error: each sweep counts alike.
    """
    if start not in START:
        raise InputError(f"--start {start!r} is none of {', '.join(START)}")
    if seeds < 1:
        raise InputError(f"at least one seed is needed, not {seeds}")
    sweeps = list(sweeps)
    kind, options = read_model(model)
    notes = [*refuse_resistors(sweeps), *(w for s in sweeps for w in warnings(s))]
    where = space(kind, options, sweeps, fixed or {}, len(sweeps) if start == "free" else 0)
    problem = Problem(where, [ready(s, True) for s in sweeps], [ready(s, False) for s in sweeps], robust)
    tell = progress or (lambda done: None)
    share = 0.7 if checks else 0.95
    first = None if where.starts else nested(where, sweeps, robust, seed)
    found = []
    for k in range(seeds):
        part = within(tell, share * k / seeds, share * (k + 1) / seeds)
        found.append(search(problem, seed + k, generations, part, None if k else first))
    best = min(found, key=lambda f: f.loss)
    known = information(problem, best.u)
    others = leave_one_out(problem, best.u, within(tell, share, 0.8)) if checks else [float("nan")] * len(sweeps)
    alone = each_alone(problem, best.u, seed, within(tell, 0.8, 0.92)) if checks else [float("nan")] * len(sweeps)
    shapes = profiles(problem, best.u, known, 2, within(tell, 0.92, 1.0)) if checks else []
    tell(1.0)
    return result(problem, found, best, known, others, alone, shapes, start, notes)


def result(
    problem: Problem, found: list[Found], best: Found, known: Information, others: list[float], alone: list[float],
    shapes: list[Profile], start: str, notes: list[str],
) -> MemristorFit:  # fmt: skip
    """Everything that a fit tells, collected."""
    where, runs = problem.space, problem.fine
    device = where.device(best.u)
    joint = errors_of(problem, best.u)
    states = where.first_states(best.u)
    x0 = [float(periodic_state(device, run, 1)[0]) for run in runs] if states is None else [float(x) for x in states]
    rows = [
        SweepMisfit(run.sweep.name, error, min(by_itself, error), unseen, noise(run.sweep), x)
        for run, x, error, by_itself, unseen in zip(runs, x0, joint, alone, others, strict=True)
    ]
    held = [Estimate(k, v, v, v, free=False) for k, v in where.fixed.items()]
    order = list(device.params)
    estimates = sorted([*known.estimates, *held], key=lambda e: order.index(e.key))
    fit = MemristorFit(
        device=device,
        sweeps=[run.sweep for run in runs],
        currents=[c[0] for c in currents(where, best.u, runs)],
        errors=rows,
        loss=best.loss,
        estimates=estimates,
        keys=known.keys,
        correlation=known.correlation,
        pairs=known.pairs,
        profiles=shapes,
        effective=known.effective,
        losses=[f.loss for f in found],
        candidates=sum(f.candidates for f in found),
        start=start,
    )
    return replace(fit, notes=[*notes, *remarks(fit)])


def remarks(fit: MemristorFit) -> list[str]:
    """What to beware of in this fit, in sentences."""
    told = [p.sentence + f" (correlation {p.correlation:.3f})" for p in fit.pairs]
    for p in fit.profiles:
        ends = [word for word, end in (("lower", p.low), ("upper", p.high)) if not np.isfinite(end)]
        if ends:
            told.append(
                f"{p.key} has no {' and no '.join(ends)} limit found by profile likelihood, whatever the curvature says"
            )
    for e in fit.errors:
        if e.joint > VISIBLE_ERROR and e.joint > CONFLICT * e.alone:
            told.append(
                f"{e.name} conflicts with the others: {100 * e.joint:.3g} % in the joint fit, {100 * e.alone:.3g} % alone"
            )
    edges = [e for e in fit.estimates if e.bound]
    if edges:
        where = ", ".join(f"{e.key} ({e.bound})" for e in edges)
        told.append(f"at the end of the range searched, without an interval: {where}")
    unknown = [e.key for e in fit.estimates if e.free and not e.bound and not e.determined]
    if unknown:
        told.append(f"not determined by these data: {', '.join(unknown)}")
    told += [WHY_HELD[e.key] for e in fit.estimates if not e.free and e.key in WHY_HELD]
    warmth = next((e for e in fit.estimates if e.key == "temperature" and e.free), None)
    if warmth and abs(warmth.value - ROOM) > ROOM:
        told.append(
            f"the fitted temperature of {warmth.value:.3g} C stands for the slope of the switching rates over voltage, "
            "not for heat; --fix temperature=25 holds it at the laboratory's"
        )
    if isinstance(fit.device, MMS) and fit.device.choices.get("v_on_law", "constant") == "constant":
        told.append(
            f"at 0 V the fitted device forgets with a time constant of {show(float(fit.device.retention()), 's', 3)}: "
            "a property of this model, which sweeps alone do not test"
        )
    floor = float(np.sqrt(np.mean([e.noise**2 for e in fit.errors])))
    if fit.error > 3 * floor:
        told.append(
            f"the misfit ({100 * fit.error:.2g} %) is far above the noise ({100 * floor:.2g} %): the intervals say how "
            "tightly these data hold the parameters of this model, not that the model is right"
        )
    if not fit.stable:
        spread = max(fit.losses) / min(fit.losses) - 1
        told.append(f"the seeds end {100 * spread:.3g} % apart in loss: the search is not settled; give more --seeds")
    return told


def compared(fits: Sequence[MemristorFit]) -> list[tuple[MemristorFit, float, float]]:
    """Fits of the same sweeps by BIC, the least first, with AIC and BIC for the same number of independent points."""
    if not fits:
        return []
    effective = min(f.effective for f in fits)
    rows = [(f, *f.criteria(effective)) for f in fits]
    return sorted(rows, key=lambda row: row[2])
