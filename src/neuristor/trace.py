"""Trace: the one result of every simulation."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError, nearest
from .quantities import show
from .sketch import sketch

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Failure:
    """A lane that could not be finished: where it stopped and why."""

    lane: int
    time: float
    reason: str

    def __str__(self) -> str:
        return f"lane {self.lane} stopped at {show(self.time, 's')}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a simulation of `lanes` copies gave; all numbers in SI units.

    time           (n_time,) s
    signals        name -> (lanes, n_time); `trace["v_mem"]` is the same; units: name -> unit
    spike_times    (n_spikes,) s, lane after lane, rising within a lane
    spike_offsets  (lanes + 1,) where each lane's spikes start
    energy         source -> (lanes,) J (W s of the model's input; per area where the input is)
    failures       lanes that stopped early, with time and reason; their spikes up to there are kept
    meta           method, tolerance or step, seed, version, stimulus, parameters
    """

    subject: str
    time: np.ndarray
    signals: dict[str, np.ndarray]
    units: dict[str, str]
    spike_times: np.ndarray
    spike_offsets: np.ndarray
    energy: dict[str, np.ndarray]
    duration: float
    failures: list[Failure] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def lanes(self) -> int:
        return len(self.spike_offsets) - 1

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.signals:
            known = ", ".join(self.signals) or "none: run with record=(...)"
            raise InputError(f"no signal {name!r} was recorded{nearest(name, self.signals)}; there are {known}")
        return self.signals[name]

    @cached_property
    def spikes(self) -> list[np.ndarray]:
        """Spike times of every lane (s)."""
        return np.split(self.spike_times, self.spike_offsets[1:-1])

    @property
    def spike_counts(self) -> np.ndarray:
        return np.diff(self.spike_offsets)

    @property
    def rates(self) -> np.ndarray:
        """Spikes per second of every lane, over the whole duration."""
        return self.spike_counts / self.duration

    @property
    def ok(self) -> bool:
        return not self.failures

    @property
    def status(self) -> list[str]:
        """ "ok" or the reason of failure, one a lane."""
        reasons = {f.lane: str(f) for f in self.failures}
        return [reasons.get(lane, "ok") for lane in range(self.lanes)]

    def to_xarray(self) -> xarray.Dataset:
        """Signals on (lane, time), spikes on their own axis with their lane, energies on (lane)."""
        import xarray

        spike_lane = np.repeat(np.arange(self.lanes), self.spike_counts)
        data: dict[str, Any] = {
            name: (("lane", "time"), values, {"units": self.units.get(name, "")}) for name, values in self.signals.items()
        }
        data |= {f"energy_{k}": ("lane", v, {"units": "J"}) for k, v in self.energy.items()}
        data["spike_time"] = ("spike", self.spike_times, {"units": "s"})
        data["spike_lane"] = ("spike", spike_lane)
        attributes = {"subject": self.subject, "duration": self.duration}
        attributes |= {k: v for k, v in self.meta.items() if isinstance(v, (str, int, float))}
        coordinates = {"lane": np.arange(self.lanes), "time": ("time", self.time, {"units": "s"})}
        return xarray.Dataset(data, coords=coordinates, attrs=attributes)

    def to_csv(self, path: str | Path) -> list[Path]:
        """Write signals to `path` and spikes beside it (NAME.spikes.csv); returns the files written."""
        return self._write(Path(path), lambda frame, file: frame.to_csv(file, index=False))

    def to_parquet(self, path: str | Path) -> list[Path]:
        """Write signals to `path` and spikes beside it (NAME.spikes.parquet); returns the files written."""
        return self._write(Path(path), lambda frame, file: frame.to_parquet(file, index=False))

    def _write(self, path: Path, writer: Callable[[Any, Path], None]) -> list[Path]:
        import pandas

        columns: dict[str, Any] = {
            "lane": np.repeat(np.arange(self.lanes), len(self.time)),
            "time_s": np.tile(self.time, self.lanes),
        }
        for name, values in self.signals.items():
            columns[f"{name}_{self.units.get(name, '1').replace('/', '_per_')}"] = np.ravel(values)
        beside = path.with_name(f"{path.stem}.spikes{path.suffix}")
        for frame, file in ((pandas.DataFrame(columns), path), (pandas.DataFrame(self.spike_columns()), beside)):
            write_whole(file, partial(writer, frame))
        return [path, beside]

    def spike_columns(self) -> dict[str, Any]:
        """Columns of the file of spikes: the lane and time of each."""
        return {"lane": np.repeat(np.arange(self.lanes), self.spike_counts), "time_s": self.spike_times}

    def to_json_dict(self) -> dict[str, Any]:
        """Spikes, energy, status and rates as plain lists, for `--json`."""
        return {
            "subject": self.subject,
            "duration": self.duration,
            "spikes": [s.tolist() for s in self.spikes],
            "rates": self.rates.tolist(),
            "energy": {k: np.asarray(v).tolist() for k, v in self.energy.items()},
            "status": self.status,
            "meta": plain(self.meta),
        }

    def __repr__(self) -> str:
        failed = f", {len(self.failures)} failed" if self.failures else ""
        size = f"{self.lanes} lanes, {show(self.duration, 's')}, {len(self.spike_times)} spikes"
        return f"<Trace of {self.subject}: {size}{failed}>"

    def _repr_html_(self) -> str:
        rows = [
            ("subject", self.subject),
            ("stimulus", str(self.meta.get("stimulus", ""))),
            ("duration", show(self.duration, "s")),
            ("lanes", str(self.lanes)),
            ("spikes", f"{len(self.spike_times)} ({np.min(self.rates):.4g} to {np.max(self.rates):.4g} Hz)"),
            *((f"energy, {k}", f"{show(float(np.mean(v)), 'J')} a lane") for k, v in self.energy.items()),
            *(("failed", str(f)) for f in self.failures[:5]),
        ]
        cells = "".join(f"<tr><th style='text-align:left'>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        picture = ""
        name = next(iter(self.signals), None)
        if name is not None:
            shown = range(min(self.lanes, 4))
            lines = [self.signals[name][k] for k in shown]
            picture = sketch(self.time, lines, [self.spikes[k] for k in shown], f"{name} ({self.units.get(name, '')})")
        return f"<div>{picture}<table>{cells}</table></div>"


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file that takes its name only when complete; InputError if it cannot be written."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # its folder may be none
            part.unlink()


def check_writable(path: Path) -> None:
    """InputError if a file of this name could not be written: told before long work, not after it."""
    trial = path.with_name(f".{path.name}.writable")
    try:
        write_whole(trial, lambda part: part.touch())
    except InputError as error:
        raise InputError(str(error).replace(str(trial), str(path))) from None
    trial.unlink()
