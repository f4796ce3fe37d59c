"""Classification error of a network on mixed-signal neurons, against the circuit's noise and the bits of the weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from itertools import count, product
from threading import Event
from typing import Any

import numpy as np
import torch
from torch import nn

from ...errors import InputError, nearest
from ...experiments.statistics import mean_bounds, proportion_bounds
from ...kernel.threads import cores
from ...quantities import number_list, whole_number
from ..dataset_files import Progress
from ..datasets import Dataset, load_dataset
from .convert import MOST_BITS, check, convert, is_chip, layers_of, shown, with_bits
from .layers import Hardware
from .noise import BLOCK, LAYOUT, NoiseSource, read_power, relative_noise
from .result import NoiseErrors
from .threads import one_thread

OPTIONS = ("noise_in", "redraw", "saturation", "linear_range", "sign")  # of `convert`, beside bits, full scale, mismatch
BITS = (3, 8, 16)  # of document 002, figure 3
CALIBRATED = 500  # training samples that settle the largest inputs and sums
NOISE = tuple(10.0 ** (-7 + k / 2) for k in range(9))  # V^2: 1e-7 to 1e-3, around the 1e-6 of document 002


def evaluate(
    module: Any, dataset: Dataset | str, *, bits: Any = None, noise: Any = NOISE, full_scale: Any = None,
    draws: int = 20, images: int | None = None, mismatch: Any = 0.0, seed: int = 0, confidence: float = 0.95,
    clean: float | None = None, name: str = "", progress: Progress | None = None, **options: Any,
) -> NoiseErrors:  # fmt: skip
    """Show the test images (the first `images`) to `module` at all bits, noise powers (V^2) and draws of the noise.

    module      a torch Module, or a chip of `convert`, which keeps its full scale, mismatch and options
    bits        of the weights, one or several (default: 3, 8 and 16, of a chip its own)
    dataset     a Dataset, or the name of one;  name: of the network, in the result
    clean       error that the increase is counted from (default: that of the float network, found here)
    full_scale  V that stand for the largest input (2 n U_T, 78 mV)
    options     noise_in, redraw, saturation, linear_range, sign as in `convert`
    mismatch    relative sigma, or a MismatchModel: with it every draw is another chip

    Draw k meets image i with the same noise at every power and all bits, and whatever the number of draws and images.
    """
    begun = time.perf_counter()
    data = load_dataset(dataset, flat=False) if isinstance(dataset, str) else dataset
    powers = np.array([read_power(p, "evaluate: noise") for p in number_list(noise, "V2", "evaluate: noise")])
    given = {"full_scale": full_scale, "mismatch": mismatch or None, **options}
    chips = chips_of(module, data, bits, {key: value for key, value in given.items() if value is not None})
    whole_number(seed, "evaluate: seed", 0)
    whole_number(draws, "evaluate: draws", 2)
    x, y = pictures(data, "test", images, chips[0])
    used = hardware_of(chips[0])
    redrawn = not is_chip(module) and used.mismatch.present
    sigmas = [0.0, *(relative_noise(p, used.full_scale) for p in powers)]
    missed = count_missed(chips, x, y, sigmas, draws, seed, redrawn, progress)
    if clean is None:
        clean = mean_missed(float_network(module), x, y)
    error = missed[:, 1:] / len(x)
    spread, mean = mean_bounds(np.moveaxis(error, 2, 0), confidence), error.mean(axis=2)
    by_images = proportion_bounds(missed[:, 1:].mean(axis=2), len(x), confidence, method="wilson")
    return NoiseErrors(
        network=name or type(module).__name__, dataset=data.name, images=len(x),
        bits=tuple(hardware_of(chip).bits for chip in chips), noise_power=powers, full_scale=used.full_scale,
        relative_noise=np.array(sigmas[1:]), draws=draws, clean=clean, quantised=missed[:, 0].mean(axis=1) / len(x),
        error=error, error_mean=mean, error_low=np.maximum(spread.low, 0.0), error_high=np.minimum(spread.high, 1.0),
        image_low=by_images.low, image_high=by_images.high, increase=mean - clean, mismatch=used.mismatch.relative,
        options={key: getattr(used, key) for key in OPTIONS},
        seed=seed, confidence=confidence, seconds=time.perf_counter() - begun,
        mismatch_unit=used.mismatch.unit,
    )  # fmt: skip


def chips_of(module: Any, data: Dataset, bits: Any, options: dict[str, Any]) -> list[nn.Module]:
    """One chip for every number of bits, copies of the one that `module` is, or converted."""
    converted = is_chip(module)
    if converted and options:
        raise InputError(f"evaluate: a converted chip keeps its own {next(iter(options))}: give it to convert")
    if bits is None:
        bits = hardware_of(module).bits if converted else BITS
    given = list(bits) if isinstance(bits, Sequence | np.ndarray) else [bits]
    if not given or len(set(given)) < len(given):
        raise InputError(f"evaluate: bits {bits!r}: give numbers such as (3, 8, 16), each once")
    if converted:
        return [with_bits(module, b) for b in given]
    check(module)
    unknown = [key for key in options if key not in (*OPTIONS, "mismatch", "full_scale")]
    if unknown:
        raise InputError(
            f"evaluate: unknown option {unknown[0]!r}{nearest(unknown[0], OPTIONS)}; there are {', '.join(OPTIONS)}"
        )
    samples = calibration_samples(module, data)
    return [convert(module, bits=b, calibration=samples, **options) for b in given]


def calibration_samples(module: nn.Module, data: Dataset) -> torch.Tensor:
    """The training samples that `evaluate` calibrates with, in the shape that the module takes."""
    return fitted(data.x_train[:CALIBRATED], module)


def hardware_of(chip: nn.Module) -> Hardware:
    return next(layers_of(chip)).hardware


def float_network(module: Any) -> nn.Module:
    """The module as it is; of a chip the same weights without rounding, noise, mismatch and swing."""
    copy = deepcopy(module).eval().cpu().float()
    for layer in layers_of(copy):
        layer.hardware, layer.error = Hardware(MOST_BITS), torch.zeros_like(layer.error)
    return copy


def pictures(data: Dataset, part: str, count: int | None, module: nn.Module) -> tuple[torch.Tensor, torch.Tensor]:
    """The first `count` samples of "train" or "test" in the shape that the module takes, and their labels."""
    if count is not None:
        whole_number(count, "images")
    x = fitted(getattr(data, f"x_{part}")[:count], module)
    scores = shown(module, x[:1])
    if scores.ndim != 2 or scores.shape[1] != len(data.classes):
        told = " x ".join(map(str, scores.shape[1:]))
        raise InputError(f"the module answers a sample with {told} scores; {data.name} has {len(data.classes)} classes")
    return x, torch.from_numpy(getattr(data, f"y_{part}")[:count])


def fitted(samples: np.ndarray, module: nn.Module) -> torch.Tensor:
    """Samples flat where the first layer with weights is a Linear that takes them so, else as they are."""
    x = torch.from_numpy(np.ascontiguousarray(samples))
    first = next((part for part in module.modules() if type(part) in (nn.Linear, nn.Conv2d)), None)
    return x.flatten(1) if isinstance(first, nn.Linear) and x.flatten(1).shape[1] == first.in_features else x


def count_missed(
    chips: Sequence[nn.Module], x: torch.Tensor, y: torch.Tensor, sigmas: Sequence[float], draws: int, seed: int,
    redrawn: bool, progress: Progress | None,
) -> np.ndarray:  # fmt: skip
    """Images classified wrong, (chips, sigmas, draws); without noise and new mismatch one draw stands for all.

    Draws run beside each other, each on one thread with its own copy of the chips, so that their number changes nothing.
    """
    x = x.to(memory_format=LAYOUT) if x.ndim == 4 else x  # contiguous() would not mark images of one channel
    blocks = list(zip(x.split(BLOCK), y.split(BLOCK), strict=True))
    done, stop = count(1), Event()

    def one_draw(d: int) -> np.ndarray:
        own = [deepcopy(chip).to(memory_format=LAYOUT) for chip in chips]  # type: ignore[call-overload]
        missed, source = np.zeros((len(chips), len(sigmas)), int), NoiseSource(seed)
        for layer in (layer for chip in own for layer in layers_of(chip)):
            layer.source = source
            if redrawn:
                layer.draw_mismatch(d)
        for k, (images, labels) in enumerate(blocks):
            with source.held(d, k, images), torch.inference_mode():
                for c, p in product(range(len(own)), range(len(sigmas))):
                    if sigmas[p] or redrawn or d == 0:
                        source.begin(own[c])
                        missed[c, p] += wrong(with_noise(own[c], sigmas[p]), images, labels)
            if stop.is_set():
                break
            if progress:
                progress(next(done) / (draws * len(blocks)))
        return missed

    with one_thread(), ThreadPoolExecutor(min(cores(), draws)) as pool:
        try:
            missed = np.stack(list(pool.map(one_draw, range(draws))), axis=2)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    if not redrawn:
        still = [p for p, sigma in enumerate(sigmas) if not sigma]
        missed[:, still] = missed[:, still, :1]
    return missed


def with_noise(chip: nn.Module, sigma: float) -> nn.Module:
    for layer in layers_of(chip):
        layer.hardware = replace(layer.hardware, noise=sigma)
    return chip


def wrong(module: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> int:
    """Samples whose largest score is not their class's."""
    return int((module(x).argmax(1) != y).sum())


def mean_missed(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Share of the samples classified wrong."""
    with one_thread(), torch.inference_mode():
        return sum(wrong(module, *block) for block in zip(x.split(BLOCK), y.split(BLOCK), strict=True)) / len(x)
