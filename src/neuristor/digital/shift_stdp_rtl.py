"""A layer that learns as registers and adders (Amaranth), equal to `PlasticLayer` bit for bit.

Pins as of `linear_decay_rtl`, and:

    ready   nothing is under way; `spike` and `step` only where it is high, and not both in one cycle
    learn   read with `step`: whether the weights change after it

After each step all rows of weights pass by, one a cycle: row i is read with the count x_i of its input, and written back
a cycle later, changed for every neuron by one adder. A step takes inputs + 4 cycles, and one for each spike before it.
The weights and the counts x are two memories of a read and a write port each; the counts y are registers.
"""

from __future__ import annotations

from typing import Any

from .fixed_point import signed_bits
from .linear_decay_rtl import Cat, In, LinearDecayRTL, Memory, Module, Mux, Out, Signal, Value, rows, signed, unsigned
from .shift_stdp import PlasticLayer


class PlasticRTL(LinearDecayRTL):
    """The hardware of one layer that learns."""

    spikes_wait = True

    def __init__(self, plastic: PlasticLayer) -> None:
        self.plastic, self.rule = plastic, plastic.rule
        super().__init__(plastic.layer, ready=Out(1, init=1), learn=In(1))
        layer = plastic.layer
        self.weights = Memory(shape=unsigned(layer.neurons * layer.weight_bits), depth=layer.inputs, init=rows(layer))

    def sum_bits(self, j: int) -> int:
        """Width of the sum of any inputs' weights, whatever is learned."""
        return max(signed_bits(self.layer.inputs * level) for level in (self.rule.w_min, self.rule.w_max))

    def elaborate(self, platform: Any) -> Module:
        m, rule = Module(), self.rule
        counts = self._counts()
        m.submodules.weights, m.submodules.counts = self.weights, counts
        row, x = self.weights.read_port(), counts.read_port()
        row_out, x_out = self.weights.write_port(), counts.write_port()
        added, ended, sweeping, learning = Signal(), Signal(), Signal(), Signal()
        index = Signal.like(self.source)
        at, passing = Signal.like(index), Signal()
        m.d.comb += [
            row.addr.eq(Mux(sweeping, index, self.source)), row.en.eq(self.spike | sweeping),
            x.addr.eq(index), x.en.eq(sweeping),
            row_out.addr.eq(at), row_out.en.eq(passing & learning),
            x_out.addr.eq(Mux(passing, at, self.source)), x_out.en.eq(passing | self.spike),
            x_out.data.eq(Mux(passing, Mux(x.data == rule.last, x.data, x.data + 1), 0)),
        ]  # fmt: skip
        m.d.sync += [added.eq(self.spike), ended.eq(self.step), self.valid.eq(ended), passing.eq(sweeping), at.eq(index)]
        with m.If(self.step):
            m.d.sync += [self.ready.eq(0), learning.eq(self.learn)]
        with m.If(self.valid):
            m.d.sync += [sweeping.eq(1), index.eq(0)]
        with m.Elif(sweeping):
            m.d.sync += [index.eq(index + 1), sweeping.eq(index != self.layer.inputs - 1)]
        with m.If(passing & (at == self.layer.inputs - 1)):
            m.d.sync += self.ready.eq(1)
        self.connect_neurons(m, added, row.data, ended)
        bits = self.layer.weight_bits
        words = [self._changed(m, j, row.data.word_select(j, bits).as_signed(), x.data) for j in range(self.layer.neurons)]
        m.d.comb += row_out.data.eq(Cat(*(word[:bits] for word in words)))
        return m

    def _counts(self) -> Memory:
        """x of every input."""
        bits = self.plastic.stdp.trace_bits
        return Memory(shape=unsigned(bits), depth=self.layer.inputs, init=[self.rule.last] * self.layer.inputs)

    def _changed(self, m: Module, j: int, w: Value, x: Value) -> Value:
        """The weight w of neuron j and of an input of count x after a step, and the neuron's own count."""
        rule, fires = self.rule, self.spikes[j]
        y = Signal(unsigned(self.plastic.stdp.trace_bits), init=rule.last, name=f"y_{j}")
        with m.If(self.valid):
            m.d.sync += y.eq(Mux(fires, 0, Mux(y == rule.last, y, y + 1)))
        whole = rule.w_max - rule.w_min
        up, down = (rule.w_max - w, w - rule.w_min) if rule.soft else (whole, whole)
        risen = w + (up >> (rule.rise + (x >> rule.half_life)))
        fallen = w - (down >> (rule.fall + (y >> rule.half_life)))
        unused = w if rule.idle < 0 else w - (down >> rule.idle)
        rested = Mux((x == 0) & (y != rule.last), fallen, w)
        after = Signal(signed(len(w) + 2), name=f"after_{j}")
        m.d.comb += after.eq(Mux(fires, Mux(x == rule.last, unused, risen), rested))
        return after if rule.soft else Mux(after < rule.w_min, rule.w_min, Mux(after > rule.w_max, rule.w_max, after))
