"""The layer of linear-decay neurons as registers and adders (Amaranth), equal to `FixedPointLayer` bit for bit.

Inputs come one by one, as addresses of those that spike; every neuron adds its weight in the same cycle:

    spike, source   input `source` spikes: its row of weights, one for each neuron, is read and added to the sums
    step            the step ends: leak, floor, saturation, threshold, reset and refractory count, all neurons at once
    valid, spikes   two cycles later `valid` for one cycle: `spikes` tells who fired in that step
    membrane        every P, side by side, neuron 0 lowest

A step takes one cycle for each spike and one for its end, whatever the number of neurons, and nothing ever stalls. A
spike in the cycle of `step` belongs to the next step; an input spikes at most once a step (the sums are as wide as these
weights can make them). Weights are the first contents of a memory of one row an input, which becomes block RAM.
"""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from .fixed_point import FixedPointLayer, signed_bits

try:
    from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed, unsigned
    from amaranth.lib import wiring
    from amaranth.lib.memory import Memory
    from amaranth.lib.wiring import In, Out
except ImportError:
    raise InputError("RTL needs the package amaranth (the extra neuristor[rtl])") from None


class LinearDecayRTL(wiring.Component):
    """The hardware of one layer; `ports` are further ones of a layer that does more."""

    spikes_wait = False  # whether inputs may spike only while `ready`

    def __init__(self, layer: FixedPointLayer, **ports: Any) -> None:
        self.layer = layer
        self.membrane_shape = signed(layer.membrane_bits + 1) if layer.floor < 0 else unsigned(layer.membrane_bits)
        super().__init__(
            {
                "spike": In(1),
                "source": In(max(1, (layer.inputs - 1).bit_length())),
                "step": In(1),
                "valid": Out(1),
                "spikes": Out(layer.neurons),
                "membrane": Out(layer.neurons * self.membrane_shape.width),
                **ports,
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bits = self.layer.weight_bits
        m.submodules.weights = memory = Memory(
            shape=unsigned(self.layer.neurons * bits), depth=self.layer.inputs, init=rows(self.layer)
        )
        port = memory.read_port()
        added, ended = Signal(), Signal()
        m.d.comb += [port.addr.eq(self.source), port.en.eq(self.spike)]
        m.d.sync += [added.eq(self.spike), ended.eq(self.step), self.valid.eq(ended)]
        self.connect_neurons(m, added, port.data, ended)
        return m

    def connect_neurons(self, m: Module, added: Signal, row: Value, ended: Signal) -> None:
        """All neurons, fed by a row of weights where `added`."""
        bits = self.layer.weight_bits
        words = [row.word_select(j, bits).as_signed() for j in range(self.layer.neurons)]
        m.d.comb += self.membrane.eq(Cat(*(self._neuron(m, j, added, word, ended) for j, word in enumerate(words))))

    def sum_bits(self, j: int) -> int:
        """Width of the sum of any of neuron j's weights."""
        w = self.layer.weights[:, j]
        return max(signed_bits(int(w[w > 0].sum())), signed_bits(int(w[w < 0].sum())))

    def _neuron(self, m: Module, j: int, added: Signal, weight: Value, ended: Signal) -> Signal:
        """The registers of neuron j; its membrane."""
        layer, threshold = self.layer, int(self.layer.thresholds[j])
        fires = threshold <= layer.top  # then P never comes to stand at the top: it fires before
        total = Signal(signed(self.sum_bits(j)), name=f"sum_{j}")
        p = Signal(self.membrane_shape, init=layer.reset, name=f"p_{j}")
        wait = Signal(range(layer.refractory + 1), name=f"wait_{j}")
        moved = p + total - int(layer.leak[j])
        kept = Mux(moved < layer.floor, layer.floor, moved if fires else Mux(moved > layer.top, layer.top, moved))
        with m.If(ended):
            m.d.sync += [total.eq(Mux(added, weight, 0)), self.spikes[j].eq(0)]
            with m.If(wait != 0):
                m.d.sync += wait.eq(wait - 1)
            with m.Elif((moved >= threshold) if fires else 0):
                m.d.sync += [self.spikes[j].eq(1), p.eq(layer.reset), wait.eq(layer.refractory)]
            with m.Else():
                m.d.sync += p.eq(kept)
        with m.Elif(added):
            m.d.sync += total.eq(total + weight)
        return p


def rows(layer: FixedPointLayer) -> list[int]:
    """The memory's words: the weights of an input, neuron 0 lowest, each in two's complement."""
    bits = layer.weight_bits
    words = (layer.weights & (2**bits - 1)).tolist()
    return [sum(word << (j * bits) for j, word in enumerate(row)) for row in words]
