"""Classifiers on analog multiply-accumulate neurons: weights of few bits, noise in volts squared, mismatch, saturation."""

from ...errors import InputError

try:
    import torch  # noqa: F401
except ImportError:
    raise InputError("mixed-signal networks need PyTorch: install the extra neuristor[networks]") from None

from .convert import convert
from .energy import InferenceCost, inference_cost
from .evaluate import calibration_samples, evaluate
from .mismatch import MismatchModel, mirror_tail, mismatch_of
from .models import RECIPES, load_module, recipe_of
from .result import NoiseErrors
from .retraining import check_retraining, retrain
from .synapse import Synapse, synapse
from .training import reference

__all__ = [
    "RECIPES",
    "InferenceCost",
    "MismatchModel",
    "NoiseErrors",
    "Synapse",
    "calibration_samples",
    "check_retraining",
    "convert",
    "evaluate",
    "inference_cost",
    "load_module",
    "mirror_tail",
    "mismatch_of",
    "recipe_of",
    "reference",
    "retrain",
    "synapse",
]
