"""A circuit's transient with derivatives of both edges of its spikes and of the energy of its supplies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..circuits import sensitivity
from ..circuits.netlist import Netlist
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
    netlist = netlist.with_(analyses=(plan_of(netlist, stop),))
    found = sensitivity(netlist, wrt, stop, spikes=[watch], rtol=rtol, inputs={source: stimulus})
    if found.failures:
        raise NoSpikes(f"the run stopped: {found.failures[0].reason}")
    supplies = [name for name in found.delivered if netlist.elements[name].kind == "v"]
    energy, slopes = (np.sum([table[name] for name in supplies], axis=0) for table in (found.delivered, found.energy))
    node = watch[0]
    return Run(found.spikes[node], found.spike_times[node], found.falls[node], found.fall_times[node], energy, slopes)
