"""Any PyTorch module as a chip of mixed-signal neurons: every Linear and Conv2d replaced, all else kept exact."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ...errors import InputError, nearest
from ...quantities import one_number, whole_number
from ..torch_io import is_module
from .layers import READINGS, REDRAWS, SIGNS, Hardware, MixedSignalLayer
from .mismatch import read_mismatch
from .noise import BLOCK, FULL_SCALE, NoiseSource, read_power, read_volts, relative_noise
from .normalisation import NORMS, fold

MOST_BITS = 20  # single precision holds the weights' codes exactly


def convert(
    module: Any, *, bits: int = 8, noise_power: Any = 0.0, full_scale: Any = FULL_SCALE, mismatch: Any = 0.0,
    saturation: Any = None, linear_range: Any = None, noise_in: str = "weights", redraw: str = "mac", sign: str = "extra",
    calibration: Any = None, seed: int = 0,
) -> nn.Module:  # fmt: skip
    """A copy of `module` whose Linear and Conv2d are mixed-signal, in evaluation mode and single precision, on the CPU.

    `module` itself is left alone.

    bits         of the weights, 1 to 20;  sign: "extra" (the differential input swaps) or "included" (one of the bits)
    noise_power  V^2, referred to a synapse's input;  full_scale: V that stand for the largest input (noise.py, eq. 1)
    noise_in     "weights" as in document 002, or "sums";  redraw: "mac" or "draw" (noise.py)
    mismatch     relative sigma of every synapse, or a MismatchModel (mismatch.py, eq. 1), drawn once from `seed`
    saturation   output swing as a multiple of the largest sum at the `calibration` samples, then tanh; None: only the
                 module's own activations
    linear_range V, 2 n U_T of the synapses' pairs, which pass V as tanh(V / linear_range); None: linear synapses
    calibration  samples (n, ...) that settle every layer's largest sum, and its largest input, for which the full scale
                 stands; needed for saturation, linear_range and "sums"

    Batch normalisation is folded into the layer before it (through pools too where its factors are positive), else kept
    digital; activations, pools, Flatten, Dropout and all modules without weights are kept, exact. InputError names a layer
    that cannot be converted and where it is.
    """
    hardware = read_hardware(bits, noise_power, full_scale, mismatch, saturation, linear_range, noise_in, redraw, sign)
    check(module)
    source = NoiseSource(whole_number(seed, "convert: seed", 0))
    chip = deepcopy(module).eval().cpu().float()
    fold(chip)
    chip = replaced(chip, {}, hardware, source)
    if not any(True for _ in layers_of(chip)):
        raise InputError("the module has no Linear or Conv2d: nothing in it could be mixed-signal")
    for layer in layers_of(chip):
        layer.draw_mismatch(0)
    if calibration is not None:
        calibrate(chip, calibration)
    elif saturation is not None or linear_range is not None or noise_in == "sums":
        needing = "saturation, linear_range and noise_in='sums'"
        raise InputError(f"convert: {needing} need calibration=samples, e.g. the first training images")
    return chip


def read_hardware(
    bits: Any, noise_power: Any, full_scale: Any, mismatch: Any, saturation: Any, linear_range: Any, noise_in: str,
    redraw: str, sign: str,
) -> Hardware:  # fmt: skip
    """The numbers behind the words; InputError for what does not fit."""
    for name, word, known in (("noise_in", noise_in, READINGS), ("redraw", redraw, REDRAWS), ("sign", sign, SIGNS)):
        if word not in known:
            raise InputError(f"convert: {name}={word!r}{nearest(str(word), known)}; there are {' and '.join(known)}")
    scale = read_volts(full_scale, "convert: full_scale")
    noise = relative_noise(read_power(noise_power, "convert: noise_power"), scale)
    pairs = None if linear_range is None else read_volts(linear_range, "convert: linear_range")
    spread = read_mismatch(mismatch, "convert: mismatch")
    swing = None if saturation is None else one_number(saturation, "1", "convert: saturation")
    if swing is not None and swing <= 0:
        raise InputError(f"convert: saturation {saturation!r}: a multiple above zero of the largest sum is needed, e.g. 1.5")
    return Hardware(read_bits(bits, sign), noise, scale, noise_in, redraw, spread, swing, sign, pairs)


def read_bits(bits: Any, sign: str) -> int:
    """A number of bits that weights can have."""
    count = whole_number(bits, "convert: bits", 2 if sign == "included" else 1)
    if count > MOST_BITS:
        raise InputError(f"convert: bits = {count}: weights of {MOST_BITS} bits at most can be told apart here")
    return count


def check(module: Any) -> None:
    """InputError, with its path, for a part whose weights no mixed-signal layer can hold."""
    if not is_module(module):
        raise InputError(f"a torch.nn.Module is needed, not a {type(module).__name__}")
    if hasattr(module, "_orig_mod"):
        raise InputError("the module is one that torch.compile made: give the one that it was made from")
    for path, part in module.named_modules():
        where = f"layer {path!r}" if path else "the module"
        if isinstance(part, MixedSignalLayer):
            raise InputError(f"{where} is mixed-signal already: convert the module that it was made from")
        if isinstance(part, nn.Linear | nn.Conv2d) and "weight" not in part._parameters:
            raise InputError(
                f"{where} computes its weights (pruned, normalised or parametrised): make them its own first, e.g. by "
                "torch.nn.utils.prune.remove or torch.nn.utils.parametrize.remove_parametrizations"
            )
        if type(part) in (nn.Linear, nn.Conv2d):
            check_layer(part, f"{where} ({type(part).__name__})")
        elif type(part) not in NORMS and any(True for _ in part.parameters(recurse=False)):
            raise InputError(
                f"{where} is a {type(part).__name__}, whose weights cannot be mixed-signal: Linear and Conv2d can, "
                "BatchNorm1d and BatchNorm2d are folded or kept, modules without weights are kept"
            )


def check_layer(layer: nn.Linear | nn.Conv2d, where: str) -> None:
    """InputError for weights that are no numbers to set currents by, and for hooks, which would be lost."""
    weights = layer.weight.detach()
    if weights.is_meta or not weights.is_floating_point() or not torch.isfinite(weights).all() or not weights.any():
        raise InputError(f"{where}: weights must be real and finite, and not all zero")
    if layer._forward_hooks or layer._forward_pre_hooks:
        raise InputError(f"{where} has forward hooks, which a mixed-signal layer does not run: remove them first")


def replaced(part: nn.Module, known: dict[nn.Module, nn.Module], hardware: Hardware, source: NoiseSource) -> nn.Module:
    """The part with its weights on mixed-signal neurons; a layer used in two places stays one."""
    if part not in known:
        known[part] = part
        if isinstance(part, nn.Linear | nn.Conv2d):
            number = sum(isinstance(m, MixedSignalLayer) for m in known.values())
            known[part] = MixedSignalLayer(part, number, hardware, source).eval()
        else:
            for name, child in list(part._modules.items()):
                if child is not None:
                    part._modules[name] = replaced(child, known, hardware, source)
    return known[part]


def with_bits(chip: nn.Module, bits: Any) -> nn.Module:
    """A copy of a chip whose weights have this many bits; its mismatch is drawn again for them, from the same numbers."""
    copy = deepcopy(chip).eval()
    for layer in layers_of(copy):
        if bits != layer.hardware.bits:
            layer.hardware = replace(layer.hardware, bits=read_bits(bits, layer.hardware.sign))
            layer.draw_mismatch(0)
    return copy


def layers_of(chip: nn.Module) -> Iterator[MixedSignalLayer]:
    """The mixed-signal layers in the order of the module."""
    return (part for part in chip.modules() if isinstance(part, MixedSignalLayer))


def is_chip(module: Any) -> bool:
    return is_module(module) and any(True for _ in layers_of(module))


def calibrate(chip: nn.Module, samples: Any) -> None:
    """Find the largest input and sum of every layer, without noise, from samples (n, ...)."""
    x = torch.as_tensor(samples, dtype=torch.float32)
    for layer in layers_of(chip):
        layer.calibrating, layer.x_max, layer.z_max = True, torch.tensor(0.0), torch.tensor(0.0)
    for block in x.split(BLOCK):
        shown(chip, block)
    for layer in layers_of(chip):
        layer.calibrating = False


@torch.inference_mode(False)
@torch.no_grad()
def shown(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The module's answer; InputError where it does not take the samples, changes them, or answers with no tensor."""
    size, given = " x ".join(map(str, x.shape[1:])), x.clone()
    version = given._version
    try:
        scores = module(given)
    except InputError:
        raise
    except Exception as why:  # a user's own code may raise anything
        told = (str(why).splitlines() or [type(why).__name__])[0]
        raise InputError(f"the module does not take samples of {size}: {told}") from why
    if given._version > version:
        raise InputError("the module changes its samples in place, which are shown again: let its forward work on a copy")
    if not isinstance(scores, torch.Tensor):
        raise InputError(f"the module answers with a {type(scores).__name__}; one tensor of scores is needed")
    return scores
