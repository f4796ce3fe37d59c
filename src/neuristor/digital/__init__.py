"""Digital neurons: layers in whole numbers, the same in hardware (`linear_decay_rtl`), its simulation and its size."""

from .fixed_point import FixedPointLayer, Run, cascade, quantized

__all__ = ["FixedPointLayer", "Run", "cascade", "quantized"]
