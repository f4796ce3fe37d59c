"""A circuit's transient with derivatives of both edges of its spikes and of the energy of its supplies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..circuits.compiled import Compiled
from ..circuits.engines import native
from ..circuits.engines.drive import check_inputs, make_drive
from ..circuits.engines.operating_point import initial_state
from ..circuits.engines.plan import sensitivity_plan
from ..circuits.netlist import GROUND, Netlist
from ..circuits.neuron import plan_of
from ..stimulus import Stimulus


class NoSpikes(Exception):
    """The circuit cannot be measured: it does not spike, latches, or its run fails. The message says which."""


@dataclass(frozen=True)
class Run:
    """Edges of every lane, (n,) s with slopes (n, parameters); energy of the supplies (lanes,) with (lanes, parameters)."""

    rises: list[np.ndarray]
    rise_slopes: list[np.ndarray]
    falls: list[np.ndarray]
    fall_slopes: list[np.ndarray]
    energy: np.ndarray
    energy_slopes: np.ndarray


def run_with_slopes(netlist: Netlist, watch: tuple[str, float], stimulus: Stimulus, source: str, stop: float,
                    wrt: Sequence[str], rtol: float) -> Run:  # fmt: skip
    """A transient with the derivatives of both edges of the watched node and of the supplies' energy by `wrt`."""
    inputs, plan = {source: stimulus}, plan_of(netlist, stop)
    c = Compiled(netlist, check_inputs(netlist, inputs))
    start, failed = initial_state(c, plan.uic, make_drive(c, stop, plan.step, inputs))
    node = c.index[watch[0]]
    result = native.transient(
        c, stop, start, step=plan.step, settings=native.Settings(rtol, 5, plan.max_step or np.inf),
        detectors=[(node, c.index[GROUND])], levels=np.full((1, c.lanes), float(watch[1])),
        plan=sensitivity_plan(c, wrt, [node], not plan.uic), inputs=inputs,
    )  # fmt: skip
    if failed or result.failures:
        raise NoSpikes(f"the run stopped: {[*failed, *result.failures][0].reason}")
    edges: list[tuple[list[np.ndarray], list[np.ndarray]]] = []
    for sign in (1, -1):
        of = [np.flatnonzero((result.event_of == [lane, 0, sign]).all(axis=1)) for lane in range(c.lanes)]
        of = [k[np.argsort(result.events[k])] for k in of]
        edges.append(([result.events[k] for k in of], [result.event_shift[k] for k in of]))
    supplies = [k for k, name in enumerate(c.meters) if netlist.elements[name].kind == "v"]
    slopes = result.energy_shift.reshape(len(wrt), len(c.meters), c.lanes)[:, supplies].sum(axis=1).T
    return Run(*edges[0], *edges[1], result.energy[supplies].sum(axis=0), slopes)
