"""Metastable switches one by one: the population of the MMS with its own noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import InputError
from ...parameters import param
from ...presets.memristors import published
from ...quantities import base_unit, parse, show
from ...stimulus import Stimulus
from ...stimulus.spikes import lane_generator, seed_of
from ...trace import Trace
from ...version import __version__
from .alone import SIGNALS, Driven, start_state, wanted
from .mms import MMS

INF = np.inf
INCREMENTS = ("binomial", "normal")


class MSS(MMS):
    """N switches, each ON or OFF, that flip by chance; the mean over many devices is the MMS.

    Over a clock tick dt at voltage v a switch that is OFF turns ON with the probability p_on = x_inf (1 - e^(-r dt)),
    one that is ON turns OFF with p_off = (1 - x_inf) (1 - e^(-r dt)), r = (a + b) / tau: exact for any dt at constant v.
    increments "binomial" draws the two numbers of flips exactly; "normal" is the source's approximation, with
    p_on = a dt / tau, p_off = b dt / tau, which needs dt far below tau and N far above 1.
    At equilibrium the number of switches ON is binomial: variance N x_inf (1 - x_inf).
    Valid: as the MMS. Each lane draws from its own generator, by seed and number of the lane.
    Source: Nugent & Molter, PLoS ONE 9 (2014) e85175; MSSMemristor.java of knowm/jspice.
    Checked against: mean and variance of the binomial, the MMS.
    """

    name = "mss"
    title = "Stochastic metastable switches"
    source = "Nugent & Molter 2014, PLoS ONE 9, e85175"
    options = {"increments": INCREMENTS}
    presets = published("mss")
    draws = True
    increments: str

    switches = param(10_000.0, symbol="N", bounds=(1, INF), strict=False, doc="number of switches")

    def check(self, told: str) -> None:
        super().check(told)
        if np.any(np.asarray(self.switches) % 1):
            raise InputError(f"{told}: switches = {np.ravel(self.switches)[0]:g} must be a whole number")

    def mean(self) -> MMS:
        """The device that the mean of many of these follows."""
        return MMS(**{key: value for key, value in self.values().items() if key in MMS.params})

    def chances(self, v: Any, dt: float) -> tuple[Any, Any]:
        """Probabilities of turning ON and OFF within dt at voltage v."""
        if self.increments == "normal":
            a, b = self.switching(v)
            return np.minimum(a * dt / self.tau, 1.0), np.minimum(b * dt / self.tau, 1.0)
        x_inf, moved = self.x_inf(v), -np.expm1(-self.relaxation(v) * dt)
        return x_inf * moved, (1.0 - x_inf) * moved

    def simulate(  # type: ignore[override]
        self,
        stimulus: Stimulus,
        duration: float | str | None = None,
        *,
        dt: float | str,
        seed: int = 0,
        lanes: int = 1,
        x0: Any = None,
        r0: Any = None,
        r_series: Any = 0.0,
        record: str | tuple[str, ...] = "auto",
        samples: int = 2001,
        progress: Callable[[float], None] | None = None,
    ) -> Trace:
        """Run `lanes` copies with a clock of dt; the voltage of a tick is the stimulus at its middle.

        Other arguments and the result as of the mean model's `simulate`; a current, or a resistor in series, divides
        by the state at the start of the tick. Times of the samples are ticks. InputError for what does not fit.
        """
        step, length = float(parse(dt, "s")), stimulus.duration if duration is None else float(parse(duration, "s"))
        if length is None or not 0 < step <= length < INF:
            told = "no end" if length is None else show(length, "s")
            raise InputError(f"{self.name}: dt = {show(step, 's')} must be positive and within the duration ({told})")
        n = max(lanes, self.lanes, stimulus.lanes, np.size(start_state(self, x0, r0)))
        names = wanted(self.name, record, n)
        steps = round(length / step)
        stride = max(1, -(-steps // (samples - 1)))
        start, series = np.broadcast_to(start_state(self, x0, r0), n), np.broadcast_to(self._series(r_series), n)
        unit = base_unit(stimulus.unit)
        if unit not in ("V", "A"):
            raise InputError(f"{self.name}: a memristor is driven by a voltage or a current, not by a stimulus in {unit}")
        ticks = np.arange(steps + 1) * step
        drive = stimulus.value(np.minimum(ticks + 0.5 * step, length))
        x = np.empty((n, steps + 1))
        for k in range(n):
            device = self.lane(k)
            source = drive[k if len(drive) > 1 else 0]
            x[k] = device.walk(source, unit, float(series[k]), float(start[k]), step, lane_generator(seed_of(seed), k))
            if progress:
                progress((k + 1) / n)
        kept = x[:, ::stride]
        at = stimulus.value(ticks[::stride])
        column = self.column()
        v = column.across(at, kept, unit, series[:, None])
        known = {"x": kept, "v": np.broadcast_to(v, kept.shape), "i": column.current(v, kept)}
        return Trace(
            subject=self.name, time=ticks[::stride] if names else np.empty(0), signals={k: known[k] for k in names},
            units={k: SIGNALS[k] for k in names}, spike_times=np.empty(0), spike_offsets=np.zeros(n + 1, dtype=np.int64),
            energy={}, duration=length,
            meta={
                "method": "clocked", "dt": step, "stimulus": stimulus.describe(), "seed": seed, "x_end": x[:, -1],
                "parameters": self.values(), "options": self.choices, "preset": self.preset_used, "version": __version__,
            },
        )  # fmt: skip

    def _series(self, value: Any) -> Any:
        return Driven.r_series.read(value, self.name)

    def lane(self, k: int) -> MSS:
        """The device of one lane."""
        return self.with_(**{key: float(value[k]) for key, value in self.values().items() if np.ndim(value)})

    def column(self) -> MSS:
        """The device with parameters of shape (lanes, 1)."""
        copy = type(self).__new__(type(self))
        copy.__dict__.update({k: v[:, None] if np.ndim(v) else v for k, v in self.values().items()})
        return copy

    def across(self, source: Any, x: Any, unit: str, r_series: Any) -> Any:
        """The voltage across the device."""
        return self.voltage(source, x) if unit == "A" else self.voltage_behind(source, x, r_series)

    def walk(
        self, source: np.ndarray, unit: str, r_series: float, x0: float, dt: float, rng: np.random.Generator
    ) -> np.ndarray:
        """x at every tick, the first included."""
        total = int(self.switches)
        n = round(x0 * total)
        path = np.empty(len(source))
        path[0] = n / total
        fixed = unit == "V" and r_series == 0.0
        p_on, p_off = self.chances(source, dt) if fixed else (np.empty(0), np.empty(0))
        for k in range(len(source) - 1):
            if fixed:
                on, off = p_on[k], p_off[k]
            else:
                on, off = self.chances(self.across(source[k], n / total, unit, r_series), dt)
            if self.increments == "binomial":
                n += rng.binomial(total - n, on) - rng.binomial(n, off)
            else:
                n += normal_flips(rng, total - n, on) - normal_flips(rng, n, off)
                n = min(max(n, 0), total)
            path[k + 1] = n / total
        return path


def normal_flips(rng: np.random.Generator, n: int, chance: float) -> int:
    """A number of flips from the normal law of the same mean and variance, rounded."""
    return round(n * chance + np.sqrt(n * chance * (1.0 - chance)) * rng.standard_normal())
