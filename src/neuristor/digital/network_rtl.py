"""A chain of linear-decay layers as one circuit (Amaranth), equal to `cascade` of their fixed-point models bit for bit.

    spike, source, step   inputs, as of one layer (`linear_decay_rtl`); `step` only where `ready` is high
    ready                 no step is under way; spikes of the next one may come before
    valid, spikes         for one cycle, when a step has passed all layers: who fired in the last one
    membrane              every P of the last layer, side by side, neuron 0 lowest
    counts                spikes of every neuron of the last layer since the reset, up to the largest number that the bits
                          hold; only where the last layer has a threshold

Between two layers a queue sends the spikes of a step one by one, lowest neuron first, then the step's end: `valid` follows
`step` after 2 cycles, 3 more for each queue and one for each spike in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InputError
from .fixed_point import FixedPointLayer
from .linear_decay_rtl import In, LinearDecayRTL, Module, Mux, Out, Signal, wiring

COUNT_BITS = 8


class SpikeQueue(wiring.Component):
    """Spikes side by side, `valid` for one cycle, become a spike a cycle and then the end of the step."""

    def __init__(self, neurons: int) -> None:
        super().__init__(
            {
                "valid": In(1),
                "spikes": In(neurons),
                "spike": Out(1),
                "source": Out(max(1, (neurons - 1).bit_length())),
                "step": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        waiting, busy = Signal.like(self.spikes), Signal()
        m.d.comb += [self.spike.eq(waiting != 0), self.step.eq(busy & (waiting == 0))]
        for j in reversed(range(len(waiting))):
            with m.If(waiting[j]):
                m.d.comb += self.source.eq(j)  # the last one counts: the lowest
        m.d.sync += waiting.eq(waiting & (waiting - 1))
        with m.If(self.step):
            m.d.sync += busy.eq(0)
        with m.If(self.valid):
            m.d.sync += [waiting.eq(self.spikes), busy.eq(1)]
        return m


class NetworkRTL(wiring.Component):
    """The hardware of layers in a row (`check_chain`); counts of spikes have `count_bits`."""

    spikes_wait = False  # inputs may spike while a step is under way

    def __init__(self, layers: Sequence[FixedPointLayer], count_bits: int = COUNT_BITS) -> None:
        self.layers = [LinearDecayRTL(layer) for layer in layers]
        first, last = self.layers[0], self.layers[-1]
        self.membrane_shape, self.count_bits = last.membrane_shape, count_bits
        ports = {
            "spike": In(1), "source": In(len(first.source)), "step": In(1), "ready": Out(1, init=1), "valid": Out(1),
            "spikes": Out(len(last.spikes)), "membrane": Out(len(last.membrane)),
        }  # fmt: skip
        if layers[-1].threshold is not None:
            ports["counts"] = Out(len(last.spikes) * count_bits)
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        source: Any = self
        for k, layer in enumerate(self.layers, 1):
            m.submodules[f"layer_{k}"] = layer
            m.d.comb += [layer.spike.eq(source.spike), layer.source.eq(source.source), layer.step.eq(source.step)]
            if k < len(self.layers):
                source = SpikeQueue(len(layer.spikes))
                m.submodules[f"queue_{k}"] = source
                m.d.comb += [source.valid.eq(layer.valid), source.spikes.eq(layer.spikes)]
        m.d.comb += [self.valid.eq(layer.valid), self.spikes.eq(layer.spikes), self.membrane.eq(layer.membrane)]
        with m.If(self.step):
            m.d.sync += self.ready.eq(0)
        with m.Elif(self.valid):
            m.d.sync += self.ready.eq(1)
        if "counts" in self.signature.members:
            self._count(m)
        return m

    def _count(self, m: Module) -> None:
        bits = self.count_bits
        with m.If(self.valid):
            for j in range(len(self.spikes)):
                count = self.counts.word_select(j, bits)
                m.d.sync += count.eq(Mux(count == 2**bits - 1, count, count + self.spikes[j]))


def check_chain(layers: Sequence[FixedPointLayer]) -> None:
    """InputError where layers cannot follow one another."""
    if not layers:
        raise InputError("a network needs at least one layer")
    for k, (one, other) in enumerate(zip(layers, layers[1:], strict=False), 1):
        if one.neurons != other.inputs:
            raise InputError(f"layer {k} has {one.neurons} neurons, layer {k + 1} takes {other.inputs} inputs")
        if one.threshold is None:
            raise InputError(f"layer {k} has no threshold: it never fires, and layer {k + 1} gets nothing")
