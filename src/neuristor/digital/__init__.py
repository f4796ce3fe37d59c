"""Digital neurons: layers in whole numbers, with or without learning, the same in hardware, its simulation and size."""

from .fixed_point import FixedPointLayer, Run, cascade, quantized
from .scaling import balanced
from .shift_stdp import PlasticLayer, ShiftSTDP

__all__ = ["FixedPointLayer", "PlasticLayer", "Run", "ShiftSTDP", "balanced", "cascade", "quantized"]
