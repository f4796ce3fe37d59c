"""Classifiers on analog multiply-accumulate neurons: weights of few bits, noise in volts squared, mismatch, saturation."""

from ...errors import InputError

try:
    import torch  # noqa: F401
except ImportError:
    raise InputError("mixed-signal networks need PyTorch: install the extra neuristor[networks]") from None

from .convert import convert
from .energy import InferenceCost, inference_cost
from .evaluate import calibration_samples, evaluate
from .models import RECIPES, load_module, recipe_of
from .result import NoiseErrors
from .retraining import retrain
from .training import reference

__all__ = [
    "RECIPES",
    "InferenceCost",
    "NoiseErrors",
    "calibration_samples",
    "convert",
    "evaluate",
    "inference_cost",
    "load_module",
    "recipe_of",
    "reference",
    "retrain",
]
