"""The RTL of layers, run on spikes in Amaranth's simulator and held against the fixed-point model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .fixed_point import FixedPointLayer, Run, cascade, raster
from .linear_decay_rtl import LinearDecayRTL
from .network_rtl import NetworkRTL, check_chain
from .shift_stdp import Learned, PlasticLayer
from .shift_stdp_rtl import PlasticRTL

Progress = Callable[[float], object]
Design = FixedPointLayer | Sequence[FixedPointLayer]
PERIOD = 1e-6  # s, of the clock; nothing depends on it
STEP = 1  # what is on the pins at the end of a step
PER_LAYER = 4  # cycles, at most, that a layer and the queue behind it take for a step without spikes


@dataclass(frozen=True)
class Verification:
    """What a comparison of the RTL with the fixed-point model found.

    steps, cycles   of all samples together: steps, periods of the clock that the inputs take (one a spike, one a step)
    spikes          that the last layer fired
    saturated       times that P stood at its largest or at its floor
    differing       spikes, membranes and learned weights that differ
    first           the first of the spikes or membranes, (sample, step, neuron); None if none does
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


def simulate_rtl(layer: Design, spikes: Any, *, membranes: bool = False, progress: Progress | None = None) -> Run:
    """As `layer.run`, or `cascade(layers)[-1]`, computed by the hardware of one layer, or of several in a row.

    progress  is called with the share of the samples done
    """
    chain, events = read_design(layer, spikes)
    dut = LinearDecayRTL(chain[0]) if isinstance(layer, FixedPointLayer) else NetworkRTL(chain)
    patience = sum(stage.neurons + PER_LAYER for stage in chain)
    fired, p = recorded(dut, play(dut, events, patience, progress), chain[-1])
    shape = (*events.shape[:2], chain[-1].neurons)
    return Run(fired.reshape(shape), p.reshape(shape) if membranes else None)


def simulate_learning(plastic: PlasticLayer, spikes: Any, *, learn: bool = True) -> Learned:
    """As `plastic.run` with membranes, computed by the hardware."""
    layer, events = plastic.layer, raster(spikes, plastic.layer.inputs)
    dut, rows = PlasticRTL(plastic), list[int]()

    def read_weights(context: Any) -> None:
        rows.extend(context.get(dut.weights.data[i]) for i in range(layer.inputs))

    words = play(dut, events, layer.inputs + PER_LAYER, pins={"learn": learn}, after=read_weights)
    return Learned(*recorded(dut, words, layer), fields(rows, layer.weight_bits, layer.neurons, signed=True))


def read_design(layer: Design, spikes: Any) -> tuple[list[FixedPointLayer], np.ndarray]:
    """The layers, and the spikes (samples, steps, inputs) of the first."""
    chain = [layer] if isinstance(layer, FixedPointLayer) else list(layer)
    check_chain(chain)
    return chain, raster(spikes, chain[0].inputs)


def play(
    dut: Any, events: np.ndarray, patience: int, progress: Progress | None = None, *,
    pins: dict[str, int] | None = None, after: Callable[[Any], None] | None = None,
) -> list[tuple[int, int]]:  # fmt: skip
    """`spikes` and `membrane` of a circuit after every step, as words; each sample begins after a reset.

    A step ends where the circuit is `ready`, if it can tell, and has at most `patience` cycles to become so.
    pins   further ones, which keep their values;  after  is called with the simulator's context behind every sample
    """
    from amaranth.hdl import Cat, Const
    from amaranth.sim import Simulator

    simulator = Simulator(dut)
    simulator.add_clock(PERIOD)
    ready = getattr(dut, "ready", Const(1))
    found: list[tuple[int, int]] = []
    words: list[int] = []

    async def drive(context: Any) -> None:
        driven = Cat(dut.step, dut.spike, dut.source)
        for name, value in (pins or {}).items():
            context.set(getattr(dut, name), value)

        async def cycle(word: int) -> None:
            context.set(driven, word)
            await context.tick()
            if context.get(dut.valid):
                found.append((context.get(dut.spikes), context.get(dut.membrane)))

        async def wait() -> None:
            for _ in range(patience):
                if context.get(ready):
                    return
                await cycle(0)

        for word in words:
            if word == STEP or dut.spikes_wait:
                await wait()
            await cycle(word)
        await cycle(0)
        await cycle(0)
        await wait()
        if after:
            after(context)

    simulator.add_testbench(drive)
    for k, sample in enumerate(events):
        words[:] = schedule(sample)
        if k:
            simulator.reset()
        simulator.run()
        if progress:
            progress((k + 1) / len(events))
    return found


def recorded(dut: Any, words: Sequence[tuple[int, int]], layer: FixedPointLayer) -> tuple[np.ndarray, np.ndarray]:
    """Spikes, bool, and membranes, both (steps, neurons), of the words that `play` found."""
    fired = fields([row[0] for row in words], 1, layer.neurons).astype(bool)
    return fired, fields([row[1] for row in words], dut.membrane_shape.width, layer.neurons, signed=layer.floor < 0)


def schedule(sample: np.ndarray) -> list[int]:
    """What is on the pins in every cycle for spikes (steps, inputs): 2 + 4 input for a spike, 1 for a step's end."""
    ends = np.ones((len(sample), 1), bool)
    inputs = np.nonzero(np.hstack([sample, ends]))[1]
    return np.where(inputs == sample.shape[1], STEP, 2 + 4 * inputs).tolist()


def cycle_count(spikes: np.ndarray) -> int:
    """Cycles for spikes (samples, steps, inputs): one for each spike, one for each step."""
    return int(np.count_nonzero(spikes)) + spikes.shape[0] * spikes.shape[1]


def fields(words: Sequence[int], width: int, count: int, *, signed: bool = False) -> np.ndarray:
    """Numbers (words, count) of `width` bits each that stand side by side in words, lowest first."""
    size = (width * count + 7) // 8
    raw = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), np.uint8).reshape(len(words), size)
    bits = np.unpackbits(raw, axis=1, bitorder="little")[:, : width * count].reshape(len(words), count, width)
    numbers = bits.astype(np.int64) @ (1 << np.arange(width, dtype=np.int64))
    return numbers - (numbers >> (width - 1) << width) if signed else numbers  # two's complement


def verify(design: Design | PlasticLayer, spikes: Any, progress: Progress | None = None) -> Verification:
    """Run both and compare every spike and every membrane of the last layer, and the weights at the end if it learns.

    spikes  (samples, steps, inputs); (steps, inputs) for a layer that learns
    """
    if isinstance(design, PlasticLayer):
        last, events = design.layer, raster(spikes, design.layer.inputs)
        trained, built = design.run(events, membranes=True), simulate_learning(design, events)
        weights = int(np.sum(trained.weights != built.weights))
        model, hardware = (Run(run.spikes[None], as_int(run.membranes)[None]) for run in (trained, built))
    else:
        chain, events = read_design(design, spikes)
        last, weights = chain[-1], 0
        model = cascade(chain, events)[-1]
        hardware = simulate_rtl(design, events, membranes=True, progress=progress)
    apart = (model.spikes != hardware.spikes).astype(int) + (as_int(model.membranes) != as_int(hardware.membranes))
    where = np.argwhere(apart)
    return Verification(
        steps=events.shape[0] * events.shape[1],
        cycles=cycle_count(events),
        spikes=int(model.spikes.sum()),
        saturated=int(np.isin(as_int(model.membranes), (last.top, last.floor)).sum()),
        differing=int(apart.sum()) + weights,
        first=tuple(int(n) for n in where[0]) if len(where) else None,  # type: ignore[arg-type]
    )


def as_int(membranes: np.ndarray | None) -> np.ndarray:
    """Membranes that were asked for."""
    assert membranes is not None
    return membranes
