"""The experiments of a study that have a way of their own, one line each; others run one run at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InputError
from .measuring import Measuring
from .observed_runs import ObservedRuns
from .one_by_one import one_by_one
from .simulated import Simulated
from .subjects import is_network

NETWORK = "network"


def chip_runs(subject: Any, given: Mapping[str, Any], where: str) -> Measuring:
    from .chips import ChipRuns

    return ChipRuns(subject, given, where)


KINDS: dict[str, Callable[[Any, Mapping[str, Any], str], Measuring]] = {
    "simulate": Simulated,
    "metrics": ObservedRuns,
    NETWORK: chip_runs,
}


def measuring_of(name: str, subject: Any, options: Mapping[str, Any], where: str) -> Measuring:
    """The experiment of this name on a subject; InputError with the path of the key for an option that cannot be."""
    if (name == NETWORK) != is_network(subject):
        told = f"a network takes the experiment {NETWORK}" if is_network(subject) else "is for subject.network"
        raise InputError(f"{where}.name: {name}: {told}")
    kind = KINDS.get(name) or one_by_one(name, f"{where}.name")
    return kind(subject, options, where)
