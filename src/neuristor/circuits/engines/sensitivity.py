"""Derivatives of spike times, energies and operating points by device parameters (forward mode, native engine)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...devices.base import graph_of
from ...errors import InputError
from ...kernel.device import SensitivityKernel
from ...trace import Failure, plain
from ..compiled import Compiled, first
from ..netlist import GROUND, Netlist, Tran
from . import native
from .drive import Inputs, check_inputs, make_drive
from .operating_point import initial_state, operating_point
from .plan import read_parameter, sensitivity_plan
from .small_signal import jacobians


@dataclass(frozen=True)
class Sensitivities:
    """Derivatives by the parameters `names` (SI per SI of the parameter).

    spikes       watched node -> per lane the crossing times (n,) s
    spike_times  watched node -> per lane (n, parameters) d t / d p
    falls, fall_times   the same of the falling crossings that end them
    energy       source -> (lanes, parameters) dE/dp of the whole run, J per unit of p;  delivered: -> (lanes,) J
    """

    names: list[str]
    spikes: dict[str, list[np.ndarray]]
    spike_times: dict[str, list[np.ndarray]]
    falls: dict[str, list[np.ndarray]]
    fall_times: dict[str, list[np.ndarray]]
    energy: dict[str, np.ndarray]
    delivered: dict[str, np.ndarray]
    failures: list[Failure]

    def to_json_dict(self) -> dict[str, Any]:
        return {
            "parameters": self.names,
            "spikes": {k: [t.tolist() for t in v] for k, v in self.spikes.items()},
            "spike_times": {k: [t.tolist() for t in v] for k, v in self.spike_times.items()},
            "energy": plain(self.energy),
            "status": [str(f) for f in self.failures],
        }


def transient(
    netlist: Netlist, plan: Tran, wrt: Sequence[str], watches: Sequence[tuple[str, float]], rtol: float, inputs: Inputs
) -> Sensitivities:
    """Run the transient with derivatives by every parameter of `wrt` ("m1.w", "m2.delvto", "c1.c", "iin.dc")."""
    c = Compiled(netlist, check_inputs(netlist, inputs))
    for node, _ in watches:
        if node not in c.nodes:
            raise InputError(f"spikes: node {node!r} is held by a source, so its crossings do not depend on parameters")
    drive = make_drive(c, plan.stop, plan.step, inputs)
    start, failed = initial_state(c, plan.uic, drive)
    indices = [c.index[node] for node, _ in watches]
    levels = np.array([np.broadcast_to(level, (c.lanes,)) for _, level in watches]).reshape(len(watches), c.lanes)
    result = native.transient(
        c,
        plan.stop,
        start,
        step=plan.step,
        settings=native.Settings(rtol, 5, plan.max_step or np.inf),
        detectors=[(k, c.index[GROUND]) for k in indices],
        levels=levels,
        plan=sensitivity_plan(c, wrt, indices, not plan.uic),
        inputs=inputs,
    )
    rises, falls = ({node: crossings(result, d, sign, c.lanes) for d, (node, _) in enumerate(watches)} for sign in (1, -1))
    by_source = result.energy_shift.reshape(len(wrt), len(c.meters), c.lanes)
    energy = {name: by_source[:, k].T for k, name in enumerate(c.meters)}
    delivered = {name: result.energy[k] for k, name in enumerate(c.meters)}
    failures = [*failed, *result.failures]
    return Sensitivities(
        list(wrt),
        {node: times for node, (times, _) in rises.items()},
        {node: slopes for node, (_, slopes) in rises.items()},
        {node: times for node, (times, _) in falls.items()},
        {node: slopes for node, (_, slopes) in falls.items()},
        energy,
        delivered,
        failures,
    )


def crossings(result: native.TranResult, d: int, sign: int, lanes: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Times (n,) of one detector's rising (+1) or falling (-1) crossings per lane, and their derivatives (n, parameters)."""
    times, slopes = [], []
    for lane in range(lanes):
        ours = np.flatnonzero((result.event_of == [lane, d, sign]).all(axis=1))
        ours = ours[np.argsort(result.events[ours])]
        times.append(result.events[ours])
        slopes.append(result.event_shift[ours])
    return times, slopes


def of_operating_point(netlist: Netlist, wrt: Sequence[str]) -> dict[str, np.ndarray]:
    """signal -> (parameters,) derivatives of the operating point: -G^-1 di/dp."""
    c = Compiled(netlist)
    x, failures = operating_point(c)
    if failures:
        raise InputError(f"derivatives need an operating point: {failures[0].reason}")
    g, _ = jacobians(c, x[:, 0])
    columns = np.zeros((c.rows, len(wrt)))
    for k, name in enumerate(wrt):
        i, parameter = read_parameter(c, name)
        kernel = SensitivityKernel(graph_of(i.model.variant), frozenset(), (parameter,))
        at = {f"v{j}": x[t, 0] for j, t in enumerate(i.terminals)}
        values = kernel.split.full(at, {key: first(v) for key, v in i.values.items()})
        for j, t in enumerate(i.terminals):
            columns[t, k] += float(np.ravel(values[j])[0])
    slopes = -np.linalg.solve(g[: c.n, : c.n], columns[: c.n])
    return {name: slopes[k] for name, k in c.index.items() if k < c.n}
