"""From transients of a neuron circuit to its behavioural model, and what that model gets wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..circuits.neuron import CircuitNeuron
from ..errors import InputError
from ..neurons.behavioural import Behavioural
from ..neurons.behavioural_curves import CURVES, NODES
from ..quantities import parse, show
from ..trace import write_whole
from ..version import __version__
from .base import Result
from .extraction_check import Check, checks
from .extraction_fit import Curves, fitted_curves, fitted_numbers, fitted_power, spike_energy
from .extraction_runs import Runs, recorded_runs

GOOD = 0.01  # largest error of an interval at which a form counts as fitting


@dataclass(frozen=True)
class Extraction(Result):
    """A behavioural model and its errors against the circuit.

    neuron      the model, ready to simulate: use it wherever an equation neuron is used
    range       least and largest input current (A) it takes; voltage: least and largest membrane voltage (V) of the fit
    currents    constant currents (A) it was fitted to; residual: largest relative misfit of their charge balance
    checks      stimuli it was not fitted to, each with its errors (see Check)
    dropped     checks with currents below `range`, which was narrowed because one of them failed or none fired
    """

    neuron: Behavioural
    subject: str
    card: str
    range: tuple[float, float]
    voltage: tuple[float, float]
    currents: np.ndarray
    residual: float
    capacitance: np.ndarray
    leak: np.ndarray
    levels: np.ndarray
    checks: list[Check] = field(default_factory=list)
    dropped: list[Check] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """Largest relative error of an interval over all checks in which a spike came; NaN if nothing was compared."""
        return max((c.interval for c in self.checks if c.compared), default=float("nan"))

    @property
    def fits(self) -> bool:
        """Whether every interval compared within `range` is within 1 %, and there is one; see `dropped` for the rest."""
        return self.worst <= GOOD

    def verdict(self) -> str:
        """What can be relied on, in a sentence."""
        low, high = (show(i, "A") for i in self.range)
        bad = [c for c in self.checks if c.compared and c.interval > GOOD]
        told = f"intervals within {100 * self.worst:.2g} % of the circuit at {low} to {high}"
        if bad:
            told = f"the form does not fit this circuit within 1 %: {'; '.join(c.told() for c in bad)}"
        elif np.isnan(self.worst):
            told = f"nothing compared with the circuit at {low} to {high}"
        if silent := [c.name for c in self.checks if not c.compared]:
            told += f"; no spike, so nothing compared: {', '.join(silent)}"
        if self.dropped:
            told += f"; not for currents below {low}, where the checks gave: {'; '.join(c.told() for c in self.dropped)}"
        return told

    def to_json_dict(self) -> dict[str, Any]:
        told = {
            "subject": self.subject, "card": self.card, "range": list(self.range), "voltage": list(self.voltage),
            "currents": self.currents.tolist(), "residual": self.residual, "verdict": self.verdict(),
            "parameters": {k: float(v) for k, v in self.neuron.values().items()},
            "levels": self.levels.tolist(), "capacitance": self.capacitance.tolist(), "leak": self.leak.tolist(),
        }  # fmt: skip
        tried = {"checks": self.checks, "dropped": self.dropped}
        return {**told, **{k: [c.to_json_dict() for c in found] for k, found in tried.items()}}

    def save(self, path: str | Path) -> Path:
        """Write the model with its range and errors as TOML; `neurons.behavioural.load` reads it back."""
        write_whole(Path(path), lambda part: part.write_text(self.toml(), encoding="utf-8"))
        return Path(path)

    def toml(self) -> str:
        """The file's text."""
        lines = [
            "# A behavioural model of a neuron circuit; SI units.",
            f"# {self.verdict()}",
            *entries({
                "model": Behavioural.name, "name": self.neuron.name, "origin": self.neuron.origin, "subject": self.subject,
                "card": self.card, "version": __version__, "range": list(self.range), "voltage": list(self.voltage),
                "currents": self.currents.tolist(), "residual": self.residual,
            }),
            "",
            "[parameters]",
        ]  # fmt: skip
        values = self.neuron.values()
        for key, declared in self.neuron.params.items():
            curve, _, k = key.rpartition("_")
            if curve in CURVES and k.isdigit():
                if k == "0":
                    held = [float(values[f"{curve}_{j}"]) for j in range(NODES)]
                    lines += [f"# {declared.unit}, nodes from x_low to 1", f"{curve} = {json.dumps(held)}"]
            else:
                lines.append(f"{key} = {float(values[key])!r}  # {declared.unit}: {declared.doc}")
        for name, found in (("checks", self.checks), ("dropped", self.dropped)):
            for check in found:
                lines += ["", f"[[{name}]]", *entries(check.to_json_dict())]
        return "\n".join(lines) + "\n"


def entries(values: dict[str, Any]) -> list[str]:
    """Lines of TOML for texts, numbers and lists of numbers."""
    return [f"{k} = {json.dumps(v).replace('Infinity', 'inf').replace('NaN', 'nan')}" for k, v in values.items()]


def extract(
    subject: Any,
    currents: Sequence[Any] = ("1 pA", "1 nA"),
    *,
    points: int = 13,
    check: bool = True,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Extraction:
    """Fit a Behavioural neuron to a circuit and measure its errors on stimuli it was not fitted to.

    currents   least and largest current of the range, or all currents to fit at (then `points` is not used)
    points     fitted constant currents, equally spaced in the logarithm
    check      False leaves the checks out;  seed: of the ripples among them

    InputError if the subject is no circuit or does not fire at the largest current. A circuit that the form cannot
    describe (a second memory beside the membrane) is found by the checks: see `fits` and `verdict`.
    """
    if not isinstance(subject, CircuitNeuron):
        raise InputError(f"extract needs a circuit, and {getattr(subject, 'name', subject)} is none: it is a model already")
    if subject.lanes > 1:
        raise InputError(f"{subject.name}: extract one circuit at a time, not {subject.lanes} lanes")
    levels = wanted_currents(subject, currents, points)
    tell = progress or (lambda done: None)
    runs = recorded_runs(subject, levels, lambda done: tell(0.5 * done))
    curves = fitted_curves(runs)
    neuron = behavioural(subject, runs, curves)
    found = checks(subject, neuron, runs, seed, lambda done: tell(0.5 + 0.5 * done)) if check else []
    neuron, found, dropped = limited(neuron, found, runs)
    tell(1.0)
    return Extraction(
        neuron=neuron,
        subject=subject.name,
        card=str(getattr(getattr(subject, "card", None), "name", "")),
        range=(float(neuron.i_low), float(neuron.i_high)),
        voltage=(float(curves.levels[0]), float(curves.levels[-1])),
        currents=runs.currents,
        residual=curves.residual,
        capacitance=curves.capacitance,
        leak=curves.leak,
        levels=curves.levels,
        checks=found,
        dropped=dropped,
    )


def wanted_currents(subject: CircuitNeuron, currents: Sequence[Any], points: int) -> np.ndarray:
    values = np.array([parse(c, "A") for c in currents], dtype=float)
    if len(values) < 2 or np.any(values <= 0) or np.any(np.diff(values) <= 0):
        raise InputError(f"{subject.name}: currents must be positive and rising, as in ('1 pA', '1 nA')")
    if len(values) > 2:
        return values
    if points < 4:
        raise InputError(f"{subject.name}: at least 4 points are needed to tell leak from capacitance, not {points}")
    return np.geomspace(values[0], values[1], points)


def behavioural(subject: CircuitNeuron, runs: Runs, curves: Curves) -> Behavioural:
    """The neuron of these curves, its numbers fitted to intervals, latencies and energies."""
    typical = float(np.clip(subject.scales().input, runs.currents[0], runs.currents[-1]))
    low = -runs.sunk if runs.sunk else 0.0
    neuron = Behavioural(**curves.parameters(), i_low=low, i_high=runs.currents[-1], i_typical=typical)
    neuron = neuron.with_(**fitted_numbers(neuron, runs))
    neuron = neuron.with_(**fitted_power(neuron, runs.power))
    neuron = neuron.with_(e_spike=spike_energy(neuron, runs))
    topology = getattr(getattr(subject, "topology", None), "name", "")
    card = getattr(getattr(subject, "card", None), "name", "")
    words = [subject.name, *([f"topology {topology}"] if topology else []), *([f"card {card}"] if card else [])]
    span = f"{show(runs.currents[0], 'A')} to {show(runs.currents[-1], 'A')}"
    vars(neuron).update(
        name=f"{subject.name}_model", title=f"Behavioural model of {subject.title}", origin=", ".join([*words, span])
    )
    return neuron


def limited(neuron: Behavioural, found: list[Check], runs: Runs) -> tuple[Behavioural, list[Check], list[Check]]:
    """The neuron with a range no wider than what its checks bear out; the checks within it, and those outside.

    The range begins below zero, at zero, or at the least fitted current: it moves up while a check with currents further
    down fails, or none of these compares a spike.
    """
    low, dropped = float(neuron.i_low), list[Check]()
    for bound in (0.0, float(runs.currents[0])):
        below = [c for c in found if c.least < bound]
        errors = [c.interval for c in below if c.compared]
        if below and (not errors or max(errors) > GOOD):
            low, dropped = bound, [*dropped, *below]
            found = [c for c in found if c.least >= bound]
    return neuron.with_(i_low=low), found, dropped


__all__ = ["Check", "Extraction", "extract"]
