"""What an inference costs on mixed-signal neurons: energy and latency from the circuit's power, bandwidth and settling."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import log, pi
from typing import Any

import torch
from torch import nn

from ...circuits.cells.mixed_signal_mac import MixedSignalMAC
from ...errors import InputError
from ...experiments.base import Result
from ...quantities import one_number, whole_number
from .convert import check, is_chip, shown
from .layers import MixedSignalLayer
from .synapse import Synapse, synapse

NEURONS = ("all", "shared")


@dataclass(frozen=True)
class LayerCost(Result):
    """macs: of a sample;  weights;  positions: how often each is used;  latency: s;  energy: J, fetch: J, of the memory"""

    label: str
    macs: int
    weights: int
    positions: int
    latency: float
    energy: float
    fetch: float


@dataclass(frozen=True)
class InferenceCost(Result):
    """Of one sample.

    settling   s, of a neuron within half a step of `bits`;  macs, synapses: of the network, on the chip
    latency    s, layers one after another
    energy     J, synapses biased only while their layer settles;  always_on: J, all biased all the time
    fetch      J, reading every weight from its memory once;  energy_per_mac: J, without fetch
    """

    layers: tuple[LayerCost, ...]
    bits: int
    power: float
    f_3db: float
    neurons: str
    settling: float
    macs: int
    synapses: int
    latency: float
    energy: float
    always_on: float
    fetch: float
    energy_per_mac: float


def inference_cost(
    module: Any, sample_shape: Sequence[int], *, power: Any = None, f_3db: Any = None, bits: int = 0, neurons: str = "all",
    fetch: Any = 0.0, mac: MixedSignalMAC | Synapse | None = None,
) -> InferenceCost:  # fmt: skip
    """The cost of showing one sample of this shape to a module, or a chip of `convert`.

    power     W of one synapse, V_DD (2^N - 1) I_unit;  f_3db: Hz, the neuron's bandwidth;  bits: to which it has to settle
    mac       a neuron of the circuit, or its `synapse`, which tell these three (its own bits, if none are given)
    neurons   "all": every output has its own;  "shared": a channel's neuron computes its positions one after another
    fetch     J a bit of weight read from memory, each weight once an inference

    A neuron of one pole settles within half a step after t = (bits + 1) ln 2 / (2 pi f_3db).
    """
    if (mac is None) == (power is None and f_3db is None):
        raise InputError("inference_cost: either power and f_3db or mac, the neuron that has them, is needed")
    if mac is not None:
        told = mac if isinstance(mac, Synapse) else synapse(mac, bits)
        power, f_3db, bits = told.power, told.f_3db, told.bits
    watt, corner = one_number(power, "W", "inference_cost: power"), one_number(f_3db, "Hz", "inference_cost: f_3db")
    read, count = one_number(fetch, "J", "inference_cost: fetch"), whole_number(bits, "inference_cost: bits")
    if not (watt > 0 and corner > 0 and read >= 0):
        raise InputError("inference_cost: power and f_3db must be above zero, fetch not below")
    if neurons not in NEURONS:
        raise InputError(f"inference_cost: neurons={neurons!r}; there are {' and '.join(NEURONS)}")
    settling = (count + 1) * log(2.0) / (2 * pi * corner)
    layers = tuple(
        LayerCost(
            label, weights * positions, weights, positions, settling * (positions if neurons == "shared" else 1),
            weights * positions * watt * settling, weights * count * read,
        )
        for label, weights, positions in counted(module, sample_shape)
    )  # fmt: skip
    macs = sum(layer.macs for layer in layers)
    synapses = sum(layer.weights if neurons == "shared" else layer.macs for layer in layers)
    latency, energy = sum(layer.latency for layer in layers), sum(layer.energy for layer in layers)
    return InferenceCost(
        layers, count, watt, corner, neurons, settling, macs, synapses, latency, energy, synapses * watt * latency,
        sum(layer.fetch for layer in layers), energy / macs,
    )  # fmt: skip


def counted(module: Any, sample_shape: Sequence[int]) -> list[tuple[str, int, int]]:
    """Label, weights and positions of every Linear and Conv2d that a sample passes, in the order of passing."""
    found: list[tuple[str, int, int]] = []
    if not is_chip(module):
        check(module)
    copy = deepcopy(module).eval().cpu().float()
    kinds = MixedSignalLayer if is_chip(module) else (nn.Linear, nn.Conv2d)
    for label, part in copy.named_modules():
        if isinstance(part, kinds):
            weight = part.layer.weight if isinstance(part, MixedSignalLayer) else part.weight

            def note(_: Any, __: Any, out: torch.Tensor, label: str = label, weight: torch.Tensor = weight) -> None:
                found.append((label or "the module", weight.numel(), out.numel() // len(weight)))

            part.register_forward_hook(note)
    shown(copy, torch.zeros((1, *sample_shape)))
    return found
