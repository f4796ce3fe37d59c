"""The hardware of a linear-decay layer, simulated clock by clock, against the fixed-point model: every spike and P."""

import importlib
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_digital_fixed_point import layers, noise

from neuristor.digital import FixedPointLayer, simulation
from neuristor.digital.linear_decay_rtl import LinearDecayRTL
from neuristor.digital.simulation import verify
from neuristor.errors import InputError


def firing(seed):
    """Three neurons that reach their floor, their thresholds, the last of them only beyond the top, and lose input."""
    weights = np.random.default_rng(seed).integers(-128, 128, (5, 3))
    return FixedPointLayer(weights, [90, 200, 255], [3, 0, -4], -100, -7, 3, membrane_bits=8)


def adding(seed):
    """Two neurons without a threshold, which stay at the top or at the floor."""
    return FixedPointLayer(np.random.default_rng(seed).integers(-32, 32, (4, 2)), None, 1, -64, 0, 0, 6, 6)


@pytest.mark.parametrize("layer", [firing(0), adding(1)], ids=["firing", "adding"])
def test_ten_thousand_steps_equal_the_fixed_point_model(layer):
    events = noise(7, 1, 10_000, layer.inputs, 0.2)
    model = layer.run(events, membranes=True)
    found = verify(layer, events)
    assert found.equal, found
    assert (found.steps, found.cycles) == (10_000, 10_000 + events.sum())
    assert np.all((model.membranes == layer.floor).any(axis=1)), "a neuron never came to its floor"
    reached = (model.membranes == layer.top) if layer.threshold is None else model.spikes
    assert np.all(reached.any(axis=1)), "a neuron never came to its top, or threshold"


@given(layers(4), st.integers(0, 2**32 - 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_any_layer_equals_the_fixed_point_model(layer, seed, density):
    assert verify(layer, noise(seed, 2, 30, layer.inputs, density)).equal


def test_a_wrong_circuit_is_found(monkeypatch):
    """The same hardware with another leak of one neuron differs there and nowhere else."""
    layer = firing(0)
    other = FixedPointLayer(layer.weights, layer.threshold, [3, 1, -4], -100, -7, 3, membrane_bits=8)
    monkeypatch.setattr(simulation, "LinearDecayRTL", lambda _: LinearDecayRTL(other))
    found = verify(layer, noise(0, 1, 200, 5))
    assert not found.equal
    assert found.first[2] == 1


def test_a_spike_together_with_a_step_belongs_to_the_next_step():
    from amaranth.sim import Simulator

    dut = LinearDecayRTL(FixedPointLayer([[5], [3]], None))
    seen = []

    async def drive(context):
        for spike, source, step in [(1, 0, 0), (1, 1, 1), (0, 0, 1), (0, 0, 0), (0, 0, 0)]:
            context.set(dut.spike, spike)
            context.set(dut.source, source)
            context.set(dut.step, step)
            await context.tick()
            if context.get(dut.valid):
                seen.append(context.get(dut.membrane))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    assert seen == [5, 8]


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "amaranth.hdl", None)
    monkeypatch.delitem(sys.modules, "neuristor.digital.linear_decay_rtl")
    with pytest.raises(InputError, match=r"needs the package amaranth \(the extra neuristor\[rtl\]\)"):
        importlib.import_module("neuristor.digital.linear_decay_rtl")
