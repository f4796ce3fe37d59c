"""The independent sources of a run as tables: those of the netlist for all lanes, those of a stimulus lane by lane."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...errors import InputError, nearest
from ...kernel import dae
from ...kernel import dae_step as s
from ...quantities import parse
from ...stimulus import Stimulus
from ...stimulus.base import E0, E1, F0, F1, Q
from ..compiled import Compiled
from ..netlist import Netlist
from ..sources import row, row_value, source_rows

W = s.W
Inputs = Mapping[str, Stimulus]  # name of a current source -> what drives it


@dataclass
class Drive:
    """Sources of a run.

    sources   rows (place of the value in X, dae.STILL, dae.HELD or dae.CURRENT)
    columns   (16, n_rows) tables that all lanes share;  spans: (2, sources) first row of each and one past its last
    gain      (sources, lanes) factor of a lane
    stimuli   number of a source -> the stimulus whose tables it reads instead; its gain is then the sign alone
    """

    sources: np.ndarray
    columns: np.ndarray
    spans: np.ndarray
    gain: np.ndarray
    stimuli: dict[int, Stimulus] = field(default_factory=dict)

    def values(self, k: int, times: np.ndarray) -> np.ndarray:
        """(lanes, n_times) values of source k, which no stimulus drives."""
        low, high = self.spans[:, k]
        starts = self.columns[0, low:high]
        rows = low + np.maximum(np.searchsorted(starts, times, side="right") - 1, 0)
        return self.gain[k][:, None] * row_value(self.columns[:, rows], times)

    def at_start(self, k: int) -> np.ndarray:
        """(lanes,) values of source k at t = 0."""
        if k in self.stimuli:
            return self.gain[k] * self.stimuli[k].value(0.0)[:, 0]
        return self.gain[k] * dae.source_value(self.columns, self.spans[0, k], 0.0)

    def of_lanes(self, part: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tables (16, n_rows), spans (2, sources, len(part)) and gains (sources, len(part)) of some lanes."""
        columns, at = [self.columns], self.columns.shape[1]
        spans = np.repeat(self.spans[:, :, None], len(part), axis=2)
        gain = self.gain[:, part.start : part.stop].copy()
        for k, stimulus in self.stimuli.items():
            table = stimulus.segments(part if stimulus.lanes > 1 else range(1))
            spans[:, k] = at + np.array([table.first[table.table], table.first[table.table + 1]])
            gain[k] *= table.gain
            columns.append(table.rows.T)
            at += len(table.rows)
        return np.ascontiguousarray(np.concatenate(columns, axis=1)), spans, gain


def make_drive(c: Compiled, stop: float, step: float, inputs: Inputs | None = None) -> Drive:
    """Tables of all independent sources. A dc value given per lane becomes a table of one with a gain."""
    inputs = inputs or {}
    rows: list[np.ndarray] = []
    sources: list[tuple[int, int]] = []
    spans: list[tuple[int, int]] = []
    gain: list[np.ndarray] = []
    stimuli: dict[int, Stimulus] = {}
    at = 0
    for e in c.netlist.elements.values():
        if e.kind not in "vi":
            continue
        k, sign = c.source_index(e.name)
        dc = np.asarray(e.params.get("dc", 0.0), dtype=float)
        if e.name in inputs:
            stimuli[len(sources)] = inputs[e.name]
            table, factor, moves = np.zeros((0, 16)), np.ones(c.lanes), True
        elif dc.ndim and e.wave is None:
            table, factor, moves = np.array([row(0.0, c0=1.0)]), dc, False
        else:
            table, factor = source_rows(e, stop, step), np.ones(c.lanes)
            moves = len(table) > 1 or bool(np.any(table[:, dae.MOVING]))
        rows.append(table)
        moving = dae.CURRENT if e.kind == "i" else dae.HELD
        sources.append((c.place[s.V_AT] + k * W, moving if moves else dae.STILL))
        gain.append(np.broadcast_to(factor, (c.lanes,)) * sign)
        spans.append((at, at + len(table)))
        at += len(table)
    return Drive(
        np.array(sources, dtype=np.int64).reshape(-1, 2),
        np.concatenate(rows).T.copy() if rows else np.zeros((16, 0)),
        np.array(spans, dtype=np.int64).reshape(-1, 2).T,
        np.array(gain).reshape(len(gain), c.lanes),
        stimuli,
    )


def check_inputs(netlist: Netlist, inputs: Inputs) -> int:
    """How many lanes the stimuli make; InputError for one that cannot drive a source of this circuit."""
    lanes = 1
    for name, stimulus in inputs.items():
        e = netlist.element(name)
        if e.kind != "i":
            known = [x.name for x in netlist.elements.values() if x.kind == "i"]
            raise InputError(
                f"inputs: {name} is not a current source{nearest(name, known)}; a stimulus drives current sources only"
            )
        try:
            parse(f"1 {stimulus.unit}", "A")
        except InputError:
            raise InputError(f"inputs: {name} takes a current in A; the stimulus is in {stimulus.unit}") from None
        table = stimulus.segments(range(1))
        if np.any(table.rows[:, Q]):
            raise InputError(f"inputs: {name} cannot take delta spikes; give them a kernel")
        if np.any(table.rows[:, [E0, E1]].any(axis=1) & table.rows[:, [F0, F1]].any(axis=1)):
            raise InputError(f"inputs: {name} cannot take a sine and a second decay at once")
        if 1 not in (stimulus.lanes, lanes) and stimulus.lanes != lanes:
            raise InputError(f"inputs: stimuli of {lanes} and {stimulus.lanes} lanes")
        lanes = max(lanes, stimulus.lanes)
    return lanes
