"""Stimuli: what is applied to a neuron, as tables that every solver reads."""

from .base import Segments, Stimulus
from .fluctuated import Fluctuated
from .noise import OrnsteinUhlenbeck, WhiteNoise
from .spikes import Poisson, Regular, SpikeTrain
from .waveforms import PWL, Pulse, Ramp, Sine, Square, Step, Triangle

STIMULI: dict[str, type[Stimulus]] = {
    "step": Step,
    "pulse": Pulse,
    "square": Square,
    "triangle": Triangle,
    "ramp": Ramp,
    "sine": Sine,
    "pwl": PWL,
    "spikes": SpikeTrain,
    "regular": Regular,
    "poisson": Poisson,
    "white_noise": WhiteNoise,
    "ornstein_uhlenbeck": OrnsteinUhlenbeck,
    "fluctuated": Fluctuated,
}

__all__ = ["STIMULI", "Segments", "Stimulus", *(cls.__name__ for cls in STIMULI.values())]
