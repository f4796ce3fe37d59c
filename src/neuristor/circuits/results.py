"""What the analyses of a circuit give, whatever engine computed it; all numbers in SI units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError, nearest
from ..trace import Failure, Trace, plain
from ..version import __version__
from .netlist import Netlist


class Signals:
    """Named arrays with a helpful error for a name that is not there."""

    signals: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.signals:
            raise InputError(
                f"there is no signal {name!r}{nearest(name, self.signals)}; there are {', '.join(self.signals)}"
            )
        return self.signals[name]


@dataclass(frozen=True)
class OperatingPoint(Signals):
    """signals: node voltages by node name, branch currents as "i(name)", each (lanes,); devices: element -> quantities."""

    signals: dict[str, np.ndarray]
    failures: list[Failure] = field(default_factory=list)
    devices: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        return {"signals": plain(self.signals), "devices": plain(self.devices), "status": [str(f) for f in self.failures]}


@dataclass(frozen=True)
class DcSweep(Signals):
    """axis (n,) of the first sweep; second (n_second,) or empty; signals (n,) or (n_second, n); measures of `.meas dc`."""

    axis_name: str
    axis: np.ndarray
    second: np.ndarray
    signals: dict[str, np.ndarray]
    failures: list[Failure] = field(default_factory=list)
    measures: dict[str, np.ndarray] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        return {
            "sweep": self.axis_name,
            "axis": plain(self.axis),
            "second": plain(self.second),
            "signals": plain(self.signals),
            "measures": plain(self.measures),
        }


@dataclass(frozen=True)
class AcResponse(Signals):
    """frequency (n,) Hz; signals: complex (n,) for the sources' AC magnitudes; measures of `.meas ac`, on magnitudes."""

    frequency: np.ndarray
    signals: dict[str, np.ndarray]
    measures: dict[str, np.ndarray] = field(default_factory=dict)

    def to_json_dict(self) -> dict[str, Any]:
        both = {k: {"magnitude": plain(np.abs(v)), "phase": plain(np.angle(v, deg=True))} for k, v in self.signals.items()}
        return {"frequency": plain(self.frequency), "signals": both, "measures": plain(self.measures)}


@dataclass(frozen=True)
class NoiseDensity:
    """frequency (n,) Hz; output (n,) V^2/Hz, referred to the input (V^2/Hz or A^2/Hz); shares: "m1.thermal" -> (n,)."""

    frequency: np.ndarray
    output: np.ndarray
    input: np.ndarray
    shares: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Noise voltage squared at the output between the first and the last frequency (V^2), trapezoidal."""
        return float(np.trapezoid(self.output, self.frequency))

    def to_json_dict(self) -> dict[str, Any]:
        return {k: plain(getattr(self, k)) for k in ("frequency", "output", "input", "shares")} | {"total": self.total}


@dataclass(frozen=True, kw_only=True, repr=False)
class CircuitTrace(Trace):
    """A transient: a Trace whose spikes are the rising crossings of the first watched node.

    crossings   "vspk" -> one array of rising crossing times a lane;  widths: -> time above the level of each spike
    measures    name of `.meas` -> (lanes,) values
    """

    crossings: dict[str, list[np.ndarray]] = field(default_factory=dict)
    widths: dict[str, list[np.ndarray]] = field(default_factory=dict)
    measures: dict[str, np.ndarray] = field(default_factory=dict)

    def spike_columns(self) -> dict[str, Any]:
        """Columns of the file of spikes; of several watched nodes also the node of each."""
        if len(self.crossings) < 2:
            return super().spike_columns()
        parts = [(node, lane, times) for node, lanes in self.crossings.items() for lane, times in enumerate(lanes)]
        return {
            "node": np.repeat([node for node, _, _ in parts], [len(t) for _, _, t in parts]),
            "lane": np.repeat([lane for _, lane, _ in parts], [len(t) for _, _, t in parts]),
            "time_s": np.concatenate([t for _, _, t in parts]),
        }

    def to_json_dict(self) -> dict[str, Any]:
        told = super().to_json_dict()
        told["spikes"] = {name: [t.tolist() for t in lanes] for name, lanes in self.crossings.items()}
        told["widths"] = {name: [t.tolist() for t in lanes] for name, lanes in self.widths.items()}
        told["measures"] = plain(self.measures)
        return told


def circuit_trace(
    netlist: Netlist, duration: float, engine: str, method: str, rtol: float, lanes: int, *, signals: dict[str, np.ndarray],
    crossings: dict[str, list[np.ndarray]], meta: Mapping[str, Any] | None = None, **fields: Any,
) -> CircuitTrace:  # fmt: skip
    """A CircuitTrace with what follows from the rest: spikes of the first watched node, units, title, meta."""
    spikes = next(iter(crossings.values()), [np.zeros(0)] * lanes)
    return CircuitTrace(
        subject=netlist.title or "circuit",
        signals=signals,
        units={name: {"i(": "A", "x(": "1"}.get(name[:2], "V") for name in signals},
        spike_times=np.concatenate(spikes),
        spike_offsets=np.concatenate([[0], np.cumsum([len(t) for t in spikes])]).astype(np.int64),
        duration=duration,
        crossings=crossings,
        meta={
            "method": method,
            "engine": engine,
            "rtol": rtol,
            "stimulus": "the circuit's own sources",
            **(meta or {}),
            "version": __version__,
        },
        **fields,
    )
