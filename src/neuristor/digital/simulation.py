"""The RTL of a layer run on spikes in Amaranth's simulator, and held against the fixed-point model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .fixed_point import FixedPointLayer, Run, raster
from .linear_decay_rtl import LinearDecayRTL

Progress = Callable[[float], object]
PERIOD = 1e-6  # s, of the clock; nothing depends on it
LATENCY = 2  # cycles from `step` to `valid`


@dataclass(frozen=True)
class Verification:
    """What a comparison of the RTL with the fixed-point model found.

    steps, cycles   of all samples together: steps of the layer, periods of its clock
    spikes          that the layer fired
    saturated       times that P stood at its largest or at its floor
    differing       spikes and membranes that differ;  first: where, (sample, step, neuron), None if nowhere
    """

    steps: int
    cycles: int
    spikes: int
    saturated: int
    differing: int
    first: tuple[int, int, int] | None

    @property
    def equal(self) -> bool:
        return self.differing == 0


def simulate_rtl(layer: FixedPointLayer, spikes: Any, *, membranes: bool = False, progress: Progress | None = None) -> Run:
    """As `layer.run`, computed by the hardware: one cycle for each spike of an input and one for each step.

    progress  is called with the share of the samples done
    """
    from amaranth.hdl import Cat
    from amaranth.sim import Simulator

    events = raster(spikes, layer.inputs)
    dut = LinearDecayRTL(layer)
    simulator = Simulator(dut)
    simulator.add_clock(PERIOD)
    recorded: list[tuple[int, int]] = []
    words: list[int] = []

    async def drive(context: Any) -> None:
        pins = Cat(dut.step, dut.spike, dut.source)
        for word in [*words, *[0] * LATENCY]:
            context.set(pins, word)
            await context.tick()
            if context.get(dut.valid):
                recorded.append((context.get(dut.spikes), context.get(dut.membrane)))

    simulator.add_testbench(drive)
    for k, sample in enumerate(events):
        words[:] = schedule(sample)
        if k:
            simulator.reset()
        simulator.run()
        if progress:
            progress((k + 1) / len(events))
    shape = (*events.shape[:2], layer.neurons)
    fired = fields([row[0] for row in recorded], 1, layer.neurons).astype(bool).reshape(shape)
    if not membranes:
        return Run(fired, None)
    width = dut.membrane_shape.width
    p = fields([row[1] for row in recorded], width, layer.neurons)
    if layer.floor < 0:
        p -= (p >> (width - 1)) << width  # two's complement
    return Run(fired, p.reshape(shape))


def schedule(sample: np.ndarray) -> list[int]:
    """What is on the pins in every cycle for spikes (steps, inputs): 2 + 4 input for a spike, 1 for a step's end."""
    ends = np.ones((len(sample), 1), bool)
    inputs = np.nonzero(np.hstack([sample, ends]))[1]
    return np.where(inputs == sample.shape[1], 1, 2 + 4 * inputs).tolist()


def cycle_count(spikes: np.ndarray) -> int:
    """Cycles for spikes (samples, steps, inputs): one for each spike, one for each step."""
    return int(np.count_nonzero(spikes)) + spikes.shape[0] * spikes.shape[1]


def fields(words: Sequence[int], width: int, count: int) -> np.ndarray:
    """Numbers (words, count) of `width` bits each that stand side by side in words, lowest first."""
    size = (width * count + 7) // 8
    raw = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8).reshape(len(words), size)
    bits = np.unpackbits(raw, axis=1, bitorder="little")[:, : width * count].reshape(len(words), count, width)
    return bits.astype(np.int64) @ (1 << np.arange(width, dtype=np.int64))


def verify(layer: FixedPointLayer, spikes: Any, progress: Progress | None = None) -> Verification:
    """Run both on spikes (samples, steps, inputs) and compare every spike and every membrane."""
    events = raster(spikes, layer.inputs)
    model = layer.run(events, membranes=True)
    hardware = simulate_rtl(layer, events, membranes=True, progress=progress)
    assert model.membranes is not None
    assert hardware.membranes is not None
    apart = (model.spikes != hardware.spikes).astype(int) + (model.membranes != hardware.membranes)
    where = np.argwhere(apart)
    return Verification(
        steps=events.shape[0] * events.shape[1],
        cycles=cycle_count(events),
        spikes=int(model.spikes.sum()),
        saturated=int(np.isin(model.membranes, (layer.top, layer.floor)).sum()),
        differing=int(apart.sum()),
        first=tuple(int(n) for n in where[0]) if len(where) else None,  # type: ignore[arg-type]
    )
