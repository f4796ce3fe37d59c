"""Faults of the synapses that feed a neuron: which way each moves the neuron's input."""

from __future__ import annotations

from ..errors import InputError, nearest

# Stuck in the low-resistance state a device only adds current, in the high-resistance state it only removes some.
SIGNS = {"combined": "both", "stuck_lrs": "up", "stuck_hrs": "down"}  # of the ripple, as `Fluctuated` names them
DIRECTIONS: dict[str, tuple[float, ...]] = {"combined": (1.0, -1.0), "stuck_lrs": (1.0,), "stuck_hrs": (-1.0,)}
SPACING = 20e-6  # s, between the nodes of a circuit's ripple: the source (Shah et al. 2023, section 4) states none


def check_fault(fault: str, what: str) -> None:
    """InputError for a fault that there is not."""
    if fault not in SIGNS:
        raise InputError(f"{what}: unknown fault {fault!r}{nearest(str(fault), SIGNS)}; there are {', '.join(SIGNS)}")
