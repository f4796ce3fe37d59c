"""The neuron models: one file a model, one line here."""

from .base import Neuron, Preset, Scales, State
from .lif import LIF

NEURONS: dict[str, type[Neuron]] = {cls.name: cls for cls in (LIF,)}

__all__ = ["NEURONS", "Neuron", "Preset", "Scales", "State", *(cls.__name__ for cls in NEURONS.values())]
