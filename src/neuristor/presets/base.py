"""What a preset is: plain data, one file a published set, every number with the place it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..stimulus import Stimulus


@dataclass(frozen=True)
class Preset:
    """A published parameter set of one model.

    values   parameters as text with unit, or SI numbers
    source   paper with table or figure
    note     valid range, what was chosen where the source is silent
    input    a typical input (text with unit), if the source gives one
    initial  initial states that differ from the model's
    protocol the stimulus with which the source shows this set
    """

    name: str
    neuron: str
    values: Mapping[str, Any]
    source: str
    note: str = ""
    input: str | None = None
    initial: Mapping[str, Any] = field(default_factory=dict)
    protocol: Callable[[], Stimulus] | None = None
