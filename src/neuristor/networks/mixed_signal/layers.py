"""A layer of analog multiply-accumulate neurons around a Linear or Conv2d: few bits, noise, mismatch, saturation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import linear

from ...errors import InputError
from .mismatch import MismatchModel
from .noise import FULL_SCALE, NoiseSource

READINGS = ("weights", "sums")
REDRAWS = ("mac", "draw")
SIGNS = ("extra", "included")


@dataclass(frozen=True)
class Hardware:
    """How the neurons of a chip are built and how they err.

    bits        of a weight's currents; its sign swaps the differential input and costs no bit ("extra"), or one ("included")
    noise       sigma_w / w_max (noise.py, eq. 1);  full_scale: V, of the largest input
    noise_in    "weights" or "sums";  redraw: "mac" or "draw"
    mismatch    of the synapses' transconductances, drawn once a chip
    saturation  output swing as a multiple of the largest sum met in calibration: z -> s tanh(z / s); None: no limit
    linear_range V, 2 n U_T of the synapses' pairs, which pass a voltage V as tanh(V / linear_range); None: linear synapses
    """

    bits: int
    noise: float = 0.0
    full_scale: float = FULL_SCALE
    noise_in: str = "weights"
    redraw: str = "mac"
    mismatch: MismatchModel = MismatchModel()
    saturation: float | None = None
    sign: str = "extra"
    linear_range: float | None = None

    @property
    def levels(self) -> int:
        """The largest weight in unit currents."""
        return 2 ** (self.bits - (self.sign == "included")) - 1


class MixedSignalLayer(nn.Module):
    """z = sum_i (w_i (1 + e_i) + sigma_w n_i) x_i + b, its w in steps of w_max / levels, then the swing's tanh.

    The load is assumed to give every branch a gain of one, as document 002 asks, however many synapses it carries. The bias
    b is a current at the output, exact. w_max, the largest weight of the layer at conversion, is that of all its neurons. In
    training the gradient passes the rounding unchanged (straight-through, Bengio et al. 2013).
    """

    error: torch.Tensor
    w_max: torch.Tensor
    x_max: torch.Tensor
    z_max: torch.Tensor

    def __init__(self, layer: nn.Linear | nn.Conv2d, number: int, hardware: Hardware, source: NoiseSource) -> None:
        super().__init__()
        self.layer, self.number, self.hardware, self.source = layer, number, hardware, source
        self.calibrating = False
        self.register_buffer("w_max", layer.weight.detach().abs().max())
        self.register_buffer("x_max", torch.tensor(1.0))
        self.register_buffer("z_max", torch.tensor(0.0))
        self.register_buffer("error", torch.zeros_like(layer.weight))

    def __getattr__(self, name: str) -> Any:
        """What else the layer around which it is built has, such as its sizes; its weights are for nobody else's sums."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name in ("weight", "bias"):
                told = f"the module uses the {name} of a {type(self.layer).__name__} in a sum of its own, which is not"
                raise InputError(f"{told} mixed-signal: let its forward call the layer") from None
            return getattr(super().__getattr__("layer"), name)

    def draw_mismatch(self, chip: int) -> None:
        """The relative errors e of chip number `chip`."""
        drawn = self.source.mismatch(chip, self.number, self.error.shape)
        self.error = self.hardware.mismatch.sigma(self.codes()) * drawn

    def codes(self) -> torch.Tensor:
        """The weights as whole numbers of unit currents, -levels .. levels."""
        top = self.hardware.levels
        return torch.round(self.layer.weight.detach() * (top / self.w_max)).clamp(-top, top)

    def weights(self) -> torch.Tensor:
        """The weights that act: rounded, with the chip's mismatch."""
        rounded = self.codes() * (self.w_max / self.hardware.levels) * (1.0 + self.error)
        own = self.layer.weight
        return own + (rounded - own).detach() if self.training else rounded

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hardware, source = self.hardware, self.source
        sigma = hardware.noise * self.w_max
        if self.calibrating:
            self.x_max = larger(self.x_max, x)
        if not hardware.noise:
            z = self.sums(self.passed(x), self.weights())
        elif hardware.redraw == "draw":
            z = self.sums(self.passed(x), self.weights() + sigma * source.still(self.number, self.error.shape))
        else:
            z, gathered = source.once(self, x, self.quiet)
            z = torch.addcmul(z, sigma * gathered, source.normal(self.number, z))
        if self.calibrating:
            self.z_max = larger(self.z_max, z)
        elif hardware.saturation is not None:
            swing = hardware.saturation * self.z_max
            z = swing * torch.tanh(z / swing)
        return z

    def passed(self, x: torch.Tensor) -> torch.Tensor:
        """What the synapses' pairs make of the inputs."""
        if self.hardware.linear_range is None:
            return x
        most = self.x_max * (self.hardware.linear_range / self.hardware.full_scale)
        return most * torch.tanh(x / most)

    def quiet(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sums without noise, and by how much their noise exceeds that of one synapse at an input of one."""
        x = self.passed(x)
        return self.sums(x, self.weights()), self.gathered(x)

    def sums(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """What the layer gives with weights w."""
        if isinstance(self.layer, nn.Linear):
            return linear(x, w, self.layer.bias)
        return self.layer._conv_forward(x, w, self.layer.bias)  # with its stride, padding, dilation and groups

    @torch.no_grad()
    def gathered(self, x: torch.Tensor) -> torch.Tensor:
        """By how much the noise of a neuron's synapses exceeds that of one at an input of one; no gradient passes."""
        layer = self.layer
        if self.hardware.noise_in == "sums":
            return self.x_max * layer.weight[0].numel() ** 0.5
        if isinstance(layer, nn.Linear):
            return torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        groups = layer.groups
        squares = x.square().unflatten(-3, (groups, -1)).sum(-3)
        window = torch.ones((groups, 1, *layer.kernel_size), dtype=x.dtype)
        found = layer._conv_forward(squares, window, None).clamp(min=0.0).sqrt()
        return found if groups == 1 else found.repeat_interleave(layer.out_channels // groups, -3)


def larger(known: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return torch.maximum(known, values.detach().abs().max())
