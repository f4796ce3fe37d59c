"""Noise and mismatch of the multiply-accumulate neuron as errors of weights and sums.

The circuit states its noise as v_n^2 (V^2), integrated in its band and referred to the input of a synapse. A network knows
weights w up to w_max and inputs x up to x_max. What ties them is the full scale V_fs, the input voltage standing for x_max.

    sigma_w / w_max = sqrt(v_n^2) / V_fs                                                                     (1)

Document 002 does not give V_fs, and its result is worth as much as this number. Where none is given, 2 n U_T is taken, the
voltage scale of a differential pair in weak inversion, tanh(V / (2 n U_T)): a much larger input no longer multiplies.

A voltage v_n at a synapse's input changes the output as a full weight would at the input x_max v_n / V_fs, whatever the
weight is set to, since the bias current flows at every weight. Two readings of it:

weights  the weight itself is wrong by sigma_w, drawn independently for every synapse (document 002: noise "is included as a
         random component in the weights"). The error of a sum is sigma_w sqrt(sum x^2): a silent input brings none.
sums     every synapse adds its noise whether its input is silent or not: the error of a sum is sigma_w x_max sqrt(synapses).
         This is what the circuit does, and never less than the first.

Noise is drawn anew for every multiply-accumulate ("mac"), or once for all images of a draw ("draw": weights stay wrong).
For the first, a normal error of a sum with the sigma above has exactly the distribution that noisy weights give it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from ...errors import InputError
from ...quantities import K_B, Q_E, ZERO_CELSIUS, one_number

FULL_SCALE = 2 * 1.5 * K_B / Q_E * (27.0 + ZERO_CELSIUS)  # V, 2 n U_T at n = 1.5 and 27 degrees: 78 mV
LAYOUT = torch.channels_last
BLOCK = 250  # samples whose noise is drawn together


def relative_noise(noise_power: float, full_scale: float) -> float:
    """sigma_w / w_max of eq. 1; noise_power in V^2, full_scale in V."""
    return float(np.sqrt(noise_power) / full_scale)


def read_power(value: object, where: str) -> float:
    """A noise power in V^2, zero or more."""
    power = one_number(value, "V2", where)
    if not (power >= 0 and np.isfinite(power)):
        raise InputError(f"{where}: a noise power of zero or more is needed, e.g. 1e-6 V2, not {power:g}")
    return power


def read_volts(value: object, where: str) -> float:
    """A voltage above zero."""
    volts = one_number(value, "V", where)
    if not (volts > 0 and np.isfinite(volts)):
        raise InputError(f"{where}: a voltage above zero is needed, e.g. 78 mV, not {value!r}")
    return volts


class NoiseSource:
    """Standard normal numbers for the layers of one chip, the same for the same seed, draw, block of samples and layer.

    Within `held` every pass through a network meets the same numbers, so that powers and bits are compared under the same
    noise; they do not depend on how many samples of the block are shown. Outside, every question gets new ones.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.place: tuple[int, int] | None = None
        self.asked = 0
        self.kept: dict[tuple[int, int], torch.Tensor] = {}
        self.uses: dict[int, int] = {}
        self.samples: torch.Tensor | None = None
        self.chip: Any = None
        self.made: dict[Any, Any] = {}

    @contextmanager
    def held(self, draw: int, block: int, samples: torch.Tensor | None = None) -> Iterator[None]:
        """Noise of this draw for this block of BLOCK samples, which `once` knows by `samples`."""
        self.place, self.samples, self.uses = (draw, block), samples, {}
        yield
        self.place, self.samples, self.chip, self.kept, self.made = None, None, None, {}, {}

    def begin(self, chip: Any) -> None:
        """A new pass through this chip: the numbers begin again; what another chip made of the samples is forgotten."""
        self.uses = {}
        if chip is not self.chip:
            self.chip, self.made = chip, {}

    def once(self, layer: Any, x: torch.Tensor, make: Callable[[torch.Tensor], Any]) -> Any:
        """make(x); where x are the samples held, it is computed in the first pass and stands for the others."""
        if self.samples is None or x.data_ptr() != self.samples.data_ptr() or x.numel() != self.samples.numel():
            return make(x)
        key = (layer, x.shape, x.stride())
        if key not in self.made:
            self.made[key] = make(x)
        return self.made[key]

    def normal(self, layer: int, sums: torch.Tensor) -> torch.Tensor:
        """For the sums of a layer, samples first, in their layout; others for its second use in a pass, and so on."""
        shape = sums.shape
        if self.place is None:
            return self.new(layer, shape)
        use = self.uses[layer] = self.uses.get(layer, -1) + 1
        kept = self.kept.get((layer, use))
        if kept is None or kept.shape[1:] != shape[1:] or len(kept) < shape[0]:
            whole = (max(BLOCK, shape[0]), *shape[1:])
            kept = torch.randn(whole, generator=generator(self.seed, 1, *self.place, layer, use))
            kept = kept.contiguous(memory_format=LAYOUT) if in_channels(sums) else kept
            self.kept[layer, use] = kept
        return kept[: shape[0]]

    def still(self, layer: int, shape: torch.Size) -> torch.Tensor:
        """For the weights of a layer, the same for all samples of a draw."""
        if self.place is None:
            return self.new(layer, shape)
        return torch.randn(shape, generator=generator(self.seed, 2, self.place[0], layer))

    def new(self, layer: int, shape: torch.Size) -> torch.Tensor:
        self.asked += 1
        return torch.randn(shape, generator=generator(self.seed, 0, self.asked, layer))

    def mismatch(self, chip: int, layer: int, shape: torch.Size) -> torch.Tensor:
        """For the synapses of a layer of one chip."""
        return torch.randn(shape, generator=generator(self.seed, 3, chip, layer))


def in_channels(x: torch.Tensor) -> bool:
    """Whether the channels of a pixel lie beside each other, in which PyTorch pools and convolves faster."""
    return x.ndim == 4 and x.is_contiguous(memory_format=LAYOUT)


def generator(*place: int) -> torch.Generator:
    """A generator of its own for every tuple of whole numbers."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0] >> 1))
